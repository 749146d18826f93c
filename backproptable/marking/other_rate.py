"""Updates with another learning rate than the given one: the same wrong rate in several lines of a step."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from backproptable.formulas.formula import Neg, Product, Ref, Sum
from backproptable.marking.judge import Judged
from backproptable.marking.papers import Flags, Papers
from backproptable.nets.plan import Plan, Reason
from backproptable.numbers.evaluate import Table

__all__ = ["OTHER_RATE", "OtherRates"]

OTHER_RATE: Final = "other_rate"
"""The code of this mistake."""
_FEWEST: Final = 2
"""Lines that must agree on a rate."""
_NARROW: Final = 0.05
"""How well each of them must tell it: the width of its range as a share of the rate."""


class OtherRates:
    """The updates of a plan, step by step."""

    def __init__(self, plan: Plan) -> None:
        self._steps: list[NDArray[np.intp]] = []
        """Per step of updates the rows of: the new number, the old one, the gradient."""
        for step in plan.steps:
            rows = []
            for cell in step.cells if step.reason is Reason.UPDATE else ():
                match cell.formula:
                    case Sum((Ref() as old, Neg(Product((_, Ref() as gradient))))):
                        rows.append([plan.row[to] for to in (cell.address, old.address, gradient.address)])
            if len(rows) >= _FEWEST:
                self._steps.append(np.array(rows, dtype=np.intp).T)

    def found(self, papers: Papers, judged: Judged, wrong: Flags) -> Flags:
        """The wrong updated numbers that one and the same other rate gives: a row per cell, a column per sheet."""
        found = np.zeros_like(wrong)
        low, high = judged.window(papers)
        own = judged.own[-1]
        for new, old, gradient in self._steps:
            for column in np.flatnonzero(wrong[new].sum(axis=0) >= _FEWEST).tolist():
                step = own.low[old, column] - high[new, column], own.high[old, column] - low[new, column]
                rates = _quotient(step, (own.low[gradient, column], own.high[gradient, column]))
                found[new, column] = wrong[new, column] & _agreeing(*rates, wrong[new, column])
        return found


def _quotient(top: tuple[Table, Table], bottom: tuple[Table, Table]) -> tuple[Table, Table]:
    """The range of a quotient; NaN where it is divided by what may be 0."""
    with np.errstate(all="ignore"):
        corners = np.array([above / below for above in top for below in bottom])
    sound = bottom[0] * bottom[1] > 0
    return np.where(sound, corners.min(axis=0), np.nan), np.where(sound, corners.max(axis=0), np.nan)


def _agreeing(low: Table, high: Table, wrong: Flags) -> Flags:
    """The lines whose rates have a number in common, as many as can be; none where too few do."""
    told = wrong & np.isfinite(low) & (high - low <= _NARROW * np.maximum(np.abs(low), np.abs(high)))
    best = np.zeros_like(told)
    for end in high[told].tolist():
        agreeing = told & (low <= end) & (high >= end)
        if agreeing.sum() > best.sum():
            best = agreeing
    return best if best.sum() >= _FEWEST else np.zeros_like(told)
