"""Verdicts: what becomes of each written number, held against what it can be on the student's own numbers.

Many sheets of one plan are judged at once (`backproptable.marking.one_reading` says how a line is tried). A
written number means anything within half a unit of its last place; there is no tolerance besides.

Whether a student rounds or cuts numbers off is asked of each sheet: it is read as cut off if that
leaves fewer lines flagged, none that was not flagged before, and rescues at least three.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from backproptable.formulas.digits import DEFAULT_FIGURES
from backproptable.marking.one_reading import OneReading, Truth, Verdicts
from backproptable.marking.papers import Flags, Meaning, Papers, as_cut, as_rounded
from backproptable.marking.step_formulas import StepFormulas
from backproptable.nets.plan import Digits, Plan
from backproptable.numbers.evaluate import Table

__all__ = ["Judge", "Judged", "Own"]

_FEWEST_RESCUED: Final = 3
"""Lines that a sheet must gain by being read as cut off: one or two are a student's real mistakes."""


class Own(NamedTuple):
    """What the student's own numbers can mean, for some of the lines that stand on them."""

    lines: Flags
    low: Table
    high: Table


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdicts of several sheets, each in the reading that is its own."""

    verdicts: Verdicts
    own: list[Own]
    """Every line stands on one of these. Where no figures were asked for, numbers that nobody wrote have those of
    the line; else there is but one."""
    as_cut: Flags
    """Which sheets are read as cut off: an entry per sheet."""
    rescued: Flags
    """The lines that this rescues: a row per cell."""

    def some(self, columns: NDArray[np.intp]) -> Judged:
        """Only these sheets."""
        verdicts = Verdicts(*(getattr(self.verdicts, field.name)[:, columns] for field in fields(Verdicts)))
        own = [Own(one.lines[:, columns], one.low[:, columns], one.high[:, columns]) for one in self.own]
        return Judged(verdicts, own, self.as_cut[columns], self.rescued[:, columns])

    def window(self, papers: Papers) -> tuple[Table, Table]:
        """What each written number can mean by itself, in the sheet's own reading."""
        rounded, cut = as_rounded(papers.value, papers.half), as_cut(papers.value, papers.half)
        return np.where(self.as_cut, cut[0], rounded[0]), np.where(self.as_cut, cut[1], rounded[1])


class Judge:
    """A plan made ready to judge sheets. `figures` is None where no number of figures was asked for."""

    def __init__(self, plan: Plan, figures: int | None, carry: str) -> None:
        self.plan, self.figures = plan, figures
        self._steps = [StepFormulas(plan, step) for step in plan.steps]
        rounds = {Digits.FIGURES: True, Digits.EXACT: False, Digits.EVERY_DECIMAL: carry == "full"}
        self.rounds = np.array([[rounds[cell.digits]] for cell in plan.cells])
        """Which cells a sheet prints with their last place rounded."""
        self.before = np.full(len(plan.cells), -1, dtype=np.intp)
        """For each updated number the row of the one before it; else -1."""
        for step in self._steps:
            self.before[step.rows] = step.before

    def judge(self, papers: Papers, truth: Truth) -> Judged:
        """Judge all sheets, each in its own reading. Numbers out of all reach raise nothing and warn of nothing."""
        with np.errstate(all="ignore"):
            return self._judged(papers, truth)

    def _judged(self, papers: Papers, truth: Truth) -> Judged:
        of_lines = np.unique(_of_lines(papers)[papers.answered]).tolist()
        several = [self.figures] if self.figures else of_lines or [DEFAULT_FIGURES]
        judged = self._read(papers, truth, as_rounded, several)
        flagged = papers.answered & ~judged.verdicts.fits
        columns = np.flatnonzero(flagged.sum(axis=0) >= _FEWEST_RESCUED)
        if columns.size:
            some = papers.some(columns)
            cut = self._read(some, truth.some(columns), as_cut, several)
            still = some.answered & ~cut.verdicts.fits
            gained = flagged[:, columns] & ~still
            taken = ~(still & ~flagged[:, columns]).any(axis=0) & (gained.sum(axis=0) >= _FEWEST_RESCUED)
            _put(judged.verdicts, cut.verdicts, columns, taken)
            for ours, theirs in zip(judged.own, cut.own, strict=True):
                ours.low[:, columns[taken]], ours.high[:, columns[taken]] = theirs.low[:, taken], theirs.high[:, taken]
            judged.as_cut[columns[taken]] = True
            judged.rescued[:, columns[taken]] = (gained & ~cut.verdicts.too_few)[:, taken]
        return judged

    def _read(self, papers: Papers, truth: Truth, meaning: Meaning, several: list[int]) -> Judged:
        """All sheets in one reading.

        Where no figures were asked for, a number that nobody wrote has those of the line that is judged, so
        that each of `several` numbers of figures is tried.
        """
        shape = papers.value.shape
        nothing = np.zeros(shape[1], dtype=bool), np.zeros(shape, dtype=bool)
        readings = [self._to_figures(papers, truth, meaning, figures) for figures in several]
        if len(several) == 1:
            (verdicts,) = readings
            return Judged(verdicts, [Own(np.ones(shape, dtype=bool), verdicts.own_low, verdicts.own_high)], *nothing)
        lines = [_of_lines(papers) == number for number in several]
        verdicts = Verdicts(*(getattr(readings[-1], field.name).copy() for field in fields(Verdicts)))
        for here, reading in zip(lines, readings, strict=True):
            for field in fields(Verdicts):
                table = getattr(verdicts, field.name)
                table[:] = np.where(papers.answered & here, getattr(reading, field.name), table)
        own = [Own(here, one.own_low, one.own_high) for here, one in zip(lines, readings, strict=True)]
        return Judged(verdicts, own, *nothing)

    def _to_figures(self, papers: Papers, truth: Truth, meaning: Meaning, figures: int) -> Verdicts:
        """In this reading, and once more with short numbers meaning anything where lines fail beside such."""
        verdicts = OneReading(self.plan, self._steps, papers, truth, meaning, figures=figures, wide=False).found
        failing = (papers.answered & ~verdicts.fits).any(axis=0)
        columns = np.flatnonzero(failing & papers.short.any(axis=0))
        if columns.size:
            some = papers.some(columns), truth.some(columns)
            again = OneReading(self.plan, self._steps, *some, meaning, figures=figures, wide=True).found
            _put(verdicts, again, columns, np.full(columns.size, fill_value=True))
        return verdicts


def _of_lines(papers: Papers) -> NDArray[np.int64]:
    """How many figures each line has; for expressions and zeros, which have none, the usual number."""
    return np.where(papers.figures > 0, papers.figures, DEFAULT_FIGURES)


def _put(into: Verdicts, verdicts: Verdicts, columns: NDArray[np.intp], taken: Flags) -> None:
    """Replace the verdicts of sheets (`columns`) by those of others, where they are `taken`."""
    for field in fields(Verdicts):
        getattr(into, field.name)[:, columns[taken]] = getattr(verdicts, field.name)[:, taken]
