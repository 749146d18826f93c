"""The error of each epoch of an online run as a small plot: a bar a line, next to the number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from backproptable.formulas.names import Address
from backproptable.nets.plan import Part, Plan
from backproptable.render.form import slot
from backproptable.sheets.notation import Notation

__all__ = ["BAR", "Epoch", "bars", "error_rows", "lay_out_epochs"]

BAR: Final = "bar"
"""The slot style of a bar; its text is its length, from 0 to `_LONGEST`."""
_LONGEST: Final = 30
_VALUE: Final = "value"


@dataclass(frozen=True, slots=True)
class Epoch:
    """One epoch: its number, symbol and error, and a slot for its bar."""

    number: int
    symbol: str
    value: str
    bar: str


def _errors(plan: Plan) -> list[Address]:
    return [cell.address for step, cell in plan.worked if step.part is Part.EPOCH]


def lay_out_epochs(plan: Plan, notation: Notation, first: int) -> list[Epoch]:
    """The epochs of a run; none where there are none. Their bars are the texts from number `first` on."""
    return [
        Epoch(number, notation.symbol(to), slot(plan.row[to], _VALUE), slot(first + number - 1, BAR))
        for number, to in enumerate(_errors(plan), start=1)
    ]


def error_rows(plan: Plan) -> list[int]:
    """The rows of the errors of the epochs."""
    return [plan.row[to] for to in _errors(plan)]


def bars(errors: Sequence[int], texts: Sequence[str | None]) -> list[str | None]:
    """The length of every epoch's bar, as a text; the largest error has the longest. None where it is not shown.

    `errors` are their rows.
    """
    shown = [texts[row] for row in errors]
    if any(text is None for text in shown):
        return [None] * len(shown)
    sizes = [abs(float(text)) for text in shown if text is not None]
    largest = max(sizes, default=0.0) or 1.0
    return [str(round(_LONGEST * size / largest)) for size in sizes]
