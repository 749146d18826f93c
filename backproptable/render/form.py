"""A finished text with slots for numbers: made once per plan, filled once per sheet."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import Final

from backproptable.basics.errors import PlanError

__all__ = ["Form", "slot"]

_OPEN, _CLOSE = "\ue000", "\ue001"  # private use: in no template, name or number
_SLOT: Final = re.compile(f"{_OPEN}(\\d+) (\\w+){_CLOSE}")


def slot(row: int, style: str) -> str:
    """A place for the number in `row` of the plan, to be written in `style`."""
    return f"{_OPEN}{row} {style}{_CLOSE}"


class Form:
    """Text with slots. `styles` says how a number's text is written in each style."""

    def __init__(self, text: str, styles: Mapping[str, Callable[[str], str]]) -> None:
        pieces = _SLOT.split(text)
        wanted = [(style, int(row)) for row, style in zip(pieces[1::3], pieces[2::3], strict=True)]
        if unknown := {style for style, _ in wanted} - set(styles):
            raise PlanError(f"slots of unknown style: {', '.join(sorted(unknown))}")
        distinct = sorted(set(wanted))
        place = {key: number for number, key in enumerate(distinct)}
        self._literals = pieces[0::3]
        self._rows = [row for _, row in distinct]
        self._runs = [(styles[style], len(list(run))) for style, run in groupby(distinct, key=lambda key: key[0])]
        self._order = [place[key] for key in wanted]

    def fill(self, texts: Sequence[str | None]) -> str:
        """The text with every slot filled; `texts` has one entry per row of the plan.

        Raises `PlanError` where a slot asks for a number that this view was not given: a blank
        sheet is filled without the computed numbers, so that no template can give one away.
        """
        chosen = [text for row in self._rows if (text := texts[row]) is not None]
        if len(chosen) < len(self._rows):
            row = next(row for row in self._rows if texts[row] is None)
            raise PlanError(f"a template asks for the number in row {row}, which this view must not show")
        written: list[str] = []
        for style, length in self._runs:  # every number once in every style it stands in
            start = len(written)
            written += map(style, chosen[start : start + length])
        whole = [""] * (2 * len(self._literals) - 1)
        whole[0::2] = self._literals
        whole[1::2] = map(written.__getitem__, self._order)
        return "".join(whole)
