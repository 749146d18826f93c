"""What a wrong number comes from: the registered mistakes, and lines that stop one operation early.

All wrong lines of a plan are compiled together and held against the written numbers of many sheets.
"""

from __future__ import annotations

import numpy as np

from backproptable.digits import half_unit
from backproptable.evaluate import Table
from backproptable.judge import Judge, Judged
from backproptable.mistakes import WrongLine, wrong_lines
from backproptable.one_reading import Truth
from backproptable.papers import Flags, Papers, meet
from backproptable.ranges import Ranges
from backproptable.unfinished import unfinished_lines

__all__ = ["Explanations"]


class Explanations:
    """The wrong lines of a judge's plan."""

    def __init__(self, judge: Judge) -> None:
        plan = judge.plan
        self._figures, self._rounds = judge.figures, judge.rounds
        self.lines: tuple[WrongLine, ...] = tuple(wrong_lines(plan))
        self.rows = np.array([plan.row[line.cell.address] for line in self.lines], dtype=np.intp)
        """Where the cells of the wrong lines stand in the plan."""
        self._wrong = Ranges([line.formula for line in self.lines], plan)
        unfinished = unfinished_lines(plan)
        self._unfinished = Ranges([line.formula for line in unfinished], plan)
        self._unfinished_rows = np.array([plan.row[line.cell.address] for line in unfinished], dtype=np.intp)

    def mistakes(self, papers: Papers, judged: Judged, truth: Truth) -> tuple[Flags, Flags]:
        """Which wrong lines (rows) give the written number: on the student's own numbers, and on the true ones."""
        low, high = (end[self.rows] for end in judged.window(papers))
        wrong = _accused(papers, judged)[self.rows]
        true = meet(low, high, *self._wrong.of(*self._true_range(truth)))
        own = np.zeros_like(wrong)
        for numbers in judged.own:
            own |= numbers.lines[self.rows] & meet(low, high, *self._wrong.of(numbers.low, numbers.high))
        return wrong & own, wrong & true

    def unfinished(self, papers: Papers, judged: Judged) -> Flags:
        """Where a wrong number is what the student's own numbers give before the last operation: per cell."""
        rows = self._unfinished_rows
        low, high = (end[rows] for end in judged.window(papers))
        found = np.zeros_like(papers.answered)
        for numbers in judged.own:
            early = numbers.lines[rows] & meet(low, high, *self._unfinished.of(numbers.low, numbers.high))
            np.logical_or.at(found, rows, early)
        return found & _accused(papers, judged)

    def _true_range(self, truth: Truth) -> tuple[Table, Table]:
        """The numbers as the sheet's key has them, rounded."""
        if not self._figures:
            return truth.printed, truth.printed
        half = np.where(self._rounds, half_unit(truth.printed, self._figures), 0.0)
        return truth.printed - half, truth.printed + half


def _accused(papers: Papers, judged: Judged) -> Flags:
    return papers.answered & ~judged.verdicts.fits & ~judged.verdicts.undefined
