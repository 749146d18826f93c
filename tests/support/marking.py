"""Sheets of one plan with answers on them, marked: what most tests of verdicts need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache

from backproptable.formulas.names import Address
from backproptable.marking.marked import MarkedCell, MarkedSheet, Verdict
from backproptable.marking.marker import Answered, Marker
from backproptable.marking.scoring import Policy
from backproptable.nets.plan import Plan
from backproptable.numbers.evaluate import solve
from backproptable.returned.files import Written

__all__ = ["EARNS", "Answers", "cells", "marker", "on_paper", "right_answers"]

EARNS = {verdict: Decimal(verdict in (Verdict.RIGHT, Verdict.FOLLOWS)) for verdict in Verdict}
"""The policy of these tests: one point for each number that is right or follows."""

Answers = Mapping[str, str | Sequence[str]]
"""By the name of the cell; several texts where it stands several times."""


def right_answers(plan: Plan, givens: Mapping[str, str], figures: int = 4, carry: str = "paper") -> dict[str, str]:
    """Every computed number as the key has it."""
    solution = solve(plan, {name: Decimal(text) for name, text in givens.items()}, figures=figures, carry=carry)
    texts = dict(zip((cell.name for cell in plan.cells), solution.text, strict=True))
    return {cell.name: texts[cell.name] for _, cell in plan.worked}


def marker(
    plan: Plan,
    *,
    figures: int | None = 4,
    asked: Iterable[str] | None = None,
    shown: Iterable[str] = (),
    carry: str = "paper",
    points: Mapping[Verdict, Decimal] = EARNS,
) -> Marker:
    """What marks sheets of this plan; all computed numbers are asked for, unless they are named.

    The same one is given again for the same plan: making it costs more than marking many sheets.
    """
    names = [cell.name for _, cell in plan.worked] if asked is None else asked
    asked_for, printed = (frozenset(plan.by_name[name].address for name in some) for some in (names, shown))
    return _marker(plan, asked_for, printed, figures, carry, tuple(points.items()))


@lru_cache(maxsize=32)
def _marker(
    plan: Plan,
    asked: frozenset[Address],
    shown: frozenset[Address],
    figures: int | None,
    carry: str,
    points: tuple[tuple[Verdict, Decimal], ...],
) -> Marker:
    policy = Policy(plan, dict(points))
    return Marker(plan, asked=asked, shown=shown, figures=figures, carry=carry, policy=policy)


def on_paper(givens: Mapping[str, str], answers: Answers, sheet: str = "sheet.md") -> Answered:
    """A sheet on which these answers stand, each on a line of its own."""
    lines = ((name, [texts] if isinstance(texts, str) else texts) for name, texts in answers.items())
    written = {name: tuple(Written(text, 10 + number) for number, text in enumerate(texts)) for name, texts in lines}
    return Answered(sheet, givens, written)


def cells(sheet: MarkedSheet) -> dict[str, MarkedCell]:
    """The numbers of a sheet by name."""
    return {cell.name: cell for cell in sheet.cells}
