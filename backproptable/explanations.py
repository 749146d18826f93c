"""What a wrong number comes from: registered mistakes, slips, lines that stop one operation early.

All wrong lines of a plan are compiled together and held against the written numbers of many sheets;
what is left is looked at line by line.
"""

from __future__ import annotations

import numpy as np

from backproptable.answers import Answer
from backproptable.as_written import AsWritten
from backproptable.digits import half_unit
from backproptable.evaluate import Table
from backproptable.judge import Judge, Judged
from backproptable.marked import Verdict
from backproptable.mistakes import WrongLine, wrong_lines
from backproptable.one_reading import Truth
from backproptable.papers import Flags, Papers, meet
from backproptable.ranges import Ranges
from backproptable.slips import slips_of
from backproptable.unfinished import UNFINISHED, unfinished_lines

__all__ = ["Explained", "Explanations"]


class Explanations:
    """The wrong lines of a judge's plan, made ready."""

    def __init__(self, judge: Judge, as_written: AsWritten) -> None:
        self.plan = plan = judge.plan
        self.as_written = as_written
        self._figures, self._rounds = judge.figures, judge.rounds
        self.lines: tuple[WrongLine, ...] = tuple(wrong_lines(plan))
        self.rows = np.array([plan.row[line.cell.address] for line in self.lines], dtype=np.intp)
        """Where the cells of the wrong lines stand in the plan."""
        self._wrong = Ranges([line.formula for line in self.lines], plan)
        unfinished = unfinished_lines(plan)
        self._unfinished = Ranges([line.formula for line in unfinished], plan)
        self._unfinished_rows = np.array([plan.row[line.cell.address] for line in unfinished], dtype=np.intp)
        self.step_rows = {
            plan.row[cell.address]: [plan.row[other.address] for other in step.cells]
            for step in plan.steps
            for cell in step.cells
        }
        """For each worked row the rows of its step."""

    def of(self, papers: Papers, judged: Judged, truth: Truth) -> Explained:
        """The explanations of what is wrong on these sheets."""
        return Explained(self, papers, judged, truth)

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


class Explained:
    """The explanations of several sheets: a row per cell of the plan, a column per sheet."""

    def __init__(self, explanations: Explanations, papers: Papers, judged: Judged, truth: Truth) -> None:
        self._all, self._papers = explanations, papers
        self._on_own, self._on_true = explanations.mistakes(papers, judged, truth)
        self._unfinished = explanations.unfinished(papers, judged)

    def line(
        self, answer: Answer, row: int, column: int, *, low: float, high: float, expected: str
    ) -> tuple[Verdict, tuple[str, ...]]:
        """What is said of a wrong line, and the codes of what it comes from.

        The right number lies between `low` and `high`, and a sheet would print it as `expected`.
        """
        if self._all.plan.cells[row].formula is None:
            return Verdict.SLIP, ("miscopied",)
        for flags in (self._on_own, self._on_true):
            of_this = np.flatnonzero(flags[:, column] & (self._all.rows == row)).tolist()
            if codes := tuple(dict.fromkeys(self._all.lines[number].mistake for number in of_this)):
                return Verdict.MISTAKE, codes
        slips = slips_of(answer, low, high, expected=expected, others=self._others(row, column))
        if self._unfinished[row, column]:
            slips = (UNFINISHED, *slips)
        return (Verdict.SLIP, slips) if slips else (Verdict.WRONG, ())

    def _others(self, row: int, column: int) -> dict[str, list[float]]:
        """The numbers that could have been copied in its place, as they stand on the sheet."""
        papers, sign = self._papers, self._all.as_written.sign
        on_page = np.flatnonzero(papers.answered[:, column] | papers.given[:, column]).tolist()
        numbers = {place: float(sign[place, 0] * papers.value[place, column]) for place in on_page if place != row}
        step = self._all.step_rows.get(row, [])
        return {
            "neighbour": [number for place, number in numbers.items() if place in step],
            "line_above": [number for place, number in numbers.items() if place == row - 1],
            "other_line": [number for place, number in numbers.items() if place not in (row - 1, *step)],
        }


def _accused(papers: Papers, judged: Judged) -> Flags:
    return papers.answered & ~judged.verdicts.fits & ~judged.verdicts.undefined
