"""What stands on several sheets of one plan, and what a written number can mean.

A written number means anything within half a unit of its last place: on both sides of it where it
was rounded, beyond it (away from zero) by a whole unit where it was cut off.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from backproptable.numbers.evaluate import Table

__all__ = ["Flags", "Meaning", "Papers", "as_cut", "as_rounded", "meet"]

Flags = NDArray[np.bool_]
Meaning = Callable[[Table, Table], tuple[Table, Table]]
"""The least and the most that numbers can mean, from them and half a unit of their last place."""

_SLACK: Final = 1e-9
"""Comparisons are inclusive: this much, relatively, is binary arithmetic and no difference."""


@dataclass(frozen=True, slots=True)
class Papers:
    """What stands on several sheets of one plan: a row per cell, a column per sheet."""

    value: Table
    """The written (or printed) number; NaN where there is none that can be read."""
    half: Table
    """Half a unit of its last place; 0 for what is exact."""
    padded: Table
    """Half a unit at the number of figures that was asked for, where fewer were written; else as written."""
    figures: NDArray[np.int64]
    """How many significant figures were written; 0 where there is no number with digits."""
    expression: Flags
    """Where an expression without its result was written, such as 1/(1 + e^(-0.6)): its own number is its exact
    value, but who wrote it went on with a number of the figures that are asked for."""
    answered: Flags
    """Where the student was asked and has written a number that can be read."""
    given: Flags
    """Where the sheet itself has printed the number."""

    @property
    def short(self) -> Flags:
        """Where fewer figures were written than were asked for."""
        return self.answered & (self.padded < self.half)

    @property
    def unwritten(self) -> Flags:
        """Where there is no number: blank, unreadable, not asked."""
        return ~(self.answered | self.given)

    def some(self, columns: NDArray[np.intp]) -> Papers:
        """Only these sheets."""
        return Papers(*(getattr(self, field.name)[:, columns] for field in fields(self)))


def as_rounded(value: Table, half: Table) -> tuple[Table, Table]:
    """What rounded numbers can mean."""
    with np.errstate(over="ignore"):
        return value - half, value + half


def as_cut(value: Table, half: Table) -> tuple[Table, Table]:
    """What numbers can mean whose further digits were left out."""
    with np.errstate(over="ignore"):
        further = value + np.copysign(2 * half, value)
    return np.minimum(value, further), np.maximum(value, further)


def meet(low: Table, high: Table, lows: Table, highs: Table) -> Flags:
    """Whether two ranges have a number in common; one without ends, or that is not there, has none with any."""
    with np.errstate(all="ignore"):
        slack = _SLACK * np.maximum(np.abs(low), np.abs(high))
        both: Flags = (high + slack >= lows) & (low - slack <= highs) & np.isfinite(lows) & np.isfinite(highs)
    return both
