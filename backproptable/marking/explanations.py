"""What a wrong number comes from: registered mistakes, slips, lines that stop one operation early.

The wrong lines of a plan are compiled together and held against the written numbers of all sheets
that have a wrong one. A wrong line is explained, in this order, by a mistake that drawing keeps apart
(on the student's own numbers, then on the true ones), by one that only verifying knows, by a mistake
in a line that was left out above it, by another learning rate, by a slip.

A name explains nothing where the number is as near to the right one as rounding twice would bring
it: then `near_miss` stands before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from backproptable.formulas.digits import half_unit
from backproptable.formulas.formula import Formula, references
from backproptable.marking.as_written import AsWritten
from backproptable.marking.chance import share_of_decade
from backproptable.marking.judge import Judge, Judged, Own
from backproptable.marking.marked import Verdict
from backproptable.marking.one_reading import Truth
from backproptable.marking.other_rate import OTHER_RATE, OtherRates
from backproptable.marking.papers import Flags, Papers, meet
from backproptable.marking.setups import FEWEST_FIGURES, SET_UP, SetUps
from backproptable.marking.slips import NEAR_MISS, slips_of
from backproptable.marking.through_blanks import ThroughBlanks
from backproptable.marking.unfinished import UNFINISHED, unfinished_lines
from backproptable.mistakes.registry import NOT_UPDATED, WrongLine, further_lines, wrong_lines
from backproptable.nets.plan import Plan
from backproptable.numbers.evaluate import Table
from backproptable.numbers.ranges import Ranges
from backproptable.returned.answers import Answer

__all__ = ["Explained", "Explanations"]

_KEPT_BY_CHANCE: Final = 0.25
"""The share of its decade that a line's mistakes may fill together, for one to be named: one digit fits anything."""
_BY_CHANCE: Final = 0.05
"""The same for mistakes that only verifying knows, of which there are many more."""


class WrongLines:
    """Wrong lines of a plan, compiled."""

    def __init__(self, lines: Sequence[WrongLine], plan: Plan) -> None:
        self.lines = tuple(lines)
        self.rows = np.array([plan.row[line.cell.address] for line in self.lines], dtype=np.intp)
        """Where their cells stand in the plan."""
        self._ranges = Ranges([line.formula for line in self.lines], plan)
        self._of_row: dict[int, NDArray[np.intp]] = {
            row: np.flatnonzero(self.rows == row) for row in dict.fromkeys(self.rows.tolist())
        }

    def of_row(self, row: int) -> NDArray[np.intp]:
        """Which of the lines are those of a cell."""
        return self._of_row.get(row, np.zeros(0, dtype=np.intp))

    def ranges(self, numbers: Iterable[Own]) -> tuple[Table, Table]:
        """What each can be on the student's own numbers."""
        low, high = np.full((2, len(self.lines), 0), np.nan)
        for place, own in enumerate(numbers):
            lows, highs = self._ranges.of(own.low, own.high)
            here = own.lines[self.rows]
            low, high = (lows, highs) if not place else (np.where(here, lows, low), np.where(here, highs, high))
        return low, high

    def on(self, low: Table, high: Table) -> tuple[Table, Table]:
        """What each can be on these numbers."""
        return self._ranges.of(low, high)


class Explanations:
    """The wrong lines of a judge's plan, made ready."""

    def __init__(self, judge: Judge, as_written: AsWritten) -> None:
        self.plan = plan = judge.plan
        self.as_written = as_written
        self.figures, self.before, self._rounds = judge.figures, judge.before, judge.rounds
        self.kept_apart = WrongLines(wrong_lines(plan), plan)
        self.further = WrongLines(further_lines(plan), plan)
        self.unfinished = WrongLines(unfinished_lines(plan), plan)
        self.through_blanks = ThroughBlanks(plan, self.kept_apart.lines, self.further.lines)
        self.other_rates = OtherRates(plan)
        self.set_ups = SetUps(plan)
        self.step_rows = {
            plan.row[cell.address]: [plan.row[other.address] for other in step.cells]
            for step in plan.steps
            for cell in step.cells
        }
        """For each worked row the rows of its step."""
        self.stands_on = _stands_on(plan)

    def of(self, papers: Papers, judged: Judged, truth: Truth) -> Explained:
        """The explanations of what is wrong on these sheets."""
        return Explained(self, papers, judged, truth)

    def mistakes(self, papers: Papers, judged: Judged, truth: Truth) -> tuple[Flags, Flags]:
        """Which of the lines that drawing keeps apart give the written number: on own numbers, and on the true ones."""
        lines = self.kept_apart
        low, high = (end[lines.rows] for end in judged.window(papers))
        wrong = accused(papers, judged)[lines.rows]
        on_own = meet(low, high, *lines.ranges(judged.own))
        return wrong & on_own, wrong & meet(low, high, *lines.on(*self.true_range(truth)))

    def true_range(self, truth: Truth) -> tuple[Table, Table]:
        """The numbers as the sheet's key has them, rounded."""
        if not self.figures:
            return truth.printed, truth.printed
        half = np.where(self._rounds, half_unit(truth.printed, self.figures), 0.0)
        return truth.printed - half, truth.printed + half


class Explained:
    """The explanations of several sheets; tables have a column per sheet with a wrong line on it."""

    @np.errstate(all="ignore")
    def __init__(self, explanations: Explanations, papers: Papers, judged: Judged, truth: Truth) -> None:
        self._all = explanations
        wrong = accused(papers, judged)
        columns = np.flatnonzero(wrong.any(axis=0))
        self._place = {column: place for place, column in enumerate(columns.tolist())}
        self._papers = papers = papers.some(columns)
        self._judged = judged = judged.some(columns)
        self._window = judged.window(papers)
        self._kept = explanations.kept_apart.ranges(judged.own)
        self._kept_on_true = explanations.kept_apart.on(*explanations.true_range(truth.some(columns)))
        self._further = explanations.further.ranges(judged.own)
        self._early = explanations.unfinished.ranges(judged.own)
        self._wrong = wrong[:, columns]
        self._rates = explanations.other_rates.found(papers, judged, self._wrong)
        self._set_ups: dict[int, tuple[dict[int, int], list[tuple[Table, Table]]]] = {}
        """By row: the places of the sheets on which it is wrong, and what its set-ups can be there."""

    @np.errstate(all="ignore")
    def line(
        self, answer: Answer, row: int, column: int, *, low: float, high: float, expected: str
    ) -> tuple[Verdict, tuple[str, ...], Formula | None]:
        """What is said of a wrong line, the codes of what it comes from, and another formula that gives it.

        The right number lies between `low` and `high`, and a sheet would print it as `expected`.
        """
        if self._all.plan.cells[row].formula is None:
            return Verdict.SLIP, ("miscopied",), None
        place = self._place[column]
        codes, is_near = self._mistakes(answer, row, place)
        if codes and not is_near:
            return Verdict.SLIP if codes == (UNFINISHED,) else Verdict.MISTAKE, codes, None
        slips = slips_of(answer, low, high, expected=expected, others=self._others(row, place))
        if codes:
            slips = (NEAR_MISS, *(slip for slip in slips if slip != NEAR_MISS), *codes)
        if slips:
            return Verdict.SLIP, slips, None
        nearest = self._set_up(row, place) if (answer.figures or FEWEST_FIGURES) >= FEWEST_FIGURES else None
        return Verdict.WRONG, (SET_UP,) if nearest is not None else (), nearest

    def _set_up(self, row: int, place: int) -> Formula | None:
        """The formula, one change away from the right one, that gives the number."""
        if row not in self._set_ups:  # for all sheets at once: there are hundreds of formulas
            columns = np.flatnonzero(self._wrong[row])
            places = {column: number for number, column in enumerate(columns.tolist())}
            ranges = [
                self._all.set_ups.ranges(row, own.low[:, columns], own.high[:, columns]) for own in self._judged.own
            ]
            self._set_ups[row] = places, ranges
        places, ranges = self._set_ups[row]
        number = next(number for number, own in enumerate(self._judged.own) if own.lines[row, place])
        lows, highs = (table[:, places[place]] for table in ranges[number])
        window = float(self._window[0][row, place]), float(self._window[1][row, place])
        verdicts = self._judged.verdicts
        right = float(verdicts.low[row, place]), float(verdicts.high[row, place])
        return self._all.set_ups.nearest(row, window, float(self._papers.padded[row, place]), (lows, highs), right)

    def _mistakes(self, answer: Answer, row: int, place: int) -> tuple[tuple[str, ...], bool]:
        """The mistakes that give the number, and whether it is too near to the right one for them to explain it."""
        before = int(self._all.before[row])
        if before >= 0 and self._papers.value[row, place] == self._judged.verdicts.point[before, place]:
            return self._copied(row, place), False
        kept, early, further = self._all.kept_apart, self._all.unfinished, self._all.further
        tried = (
            (kept, self._kept, _KEPT_BY_CHANCE),
            (kept, self._kept_on_true, _KEPT_BY_CHANCE),
            (early, self._early, _KEPT_BY_CHANCE),
            (further, self._further, _BY_CHANCE),
        )
        for lines, ranges, limit in tried:
            if self._chance(lines, ranges, row, place) > limit:
                continue
            found = self._fitting(lines, ranges, row, place)
            if found.size:
                codes = tuple(dict.fromkeys(lines.lines[number].mistake for number in found.tolist()))
                return codes, self._is_near(row, place, [ranges[0][found, place], ranges[1][found, place]])
        figures = self._all.figures or answer.figures
        codes = self._all.through_blanks.codes(row, place, self._papers, self._judged, self._window, figures)
        if not codes and self._rates[row, place]:
            codes = (OTHER_RATE,)
        return codes, False

    def _copied(self, row: int, place: int) -> tuple[str, ...]:
        """A copy is one, however few digits it has; other mistakes beside it if they give it with all its zeros."""
        lines, numbers = self._all.kept_apart.lines, self._all.kept_apart.of_row(row)
        value, half = self._papers.value[row, place], self._papers.padded[row, place]
        low, high = (end[numbers, place] for end in self._kept)
        also = numbers[meet(np.full(len(low), value - half), np.full(len(low), value + half), low, high)]
        return tuple(dict.fromkeys((NOT_UPDATED, *(lines[number].mistake for number in also.tolist()))))

    def _fitting(self, lines: WrongLines, ranges: tuple[Table, Table], row: int, place: int) -> NDArray[np.intp]:
        """Which wrong lines of a cell give the written number."""
        numbers = lines.of_row(row)
        low, high = (end[row, place] for end in self._window)
        return numbers[meet(low, high, ranges[0][numbers, place], ranges[1][numbers, place])]

    def _chance(self, lines: WrongLines, ranges: tuple[Table, Table], row: int, place: int) -> float:
        """With what chance a plain wrong number would fit some of a cell's wrong lines."""
        lows, highs = (end[lines.of_row(row), place] for end in ranges)
        value, half = float(self._papers.value[row, place]), float(self._papers.half[row, place])
        return share_of_decade(value, lows, highs, half) if value else 0.0

    def _is_near(self, row: int, place: int, named: Sequence[Table]) -> bool:
        """Whether the number, or one that its name fits, is within one unit of its last place of the right one."""
        right = self._judged.verdicts.low[row, place], self._judged.verdicts.high[row, place]
        half = self._papers.padded[row, place]
        low, high = (end[row, place] for end in self._window)
        near = meet(
            np.append(named[0] - 3 * half, low - 2 * half), np.append(named[1] + 3 * half, high + 2 * half), *right
        )
        return bool(near.any())

    def _others(self, row: int, place: int) -> dict[str, list[float]]:
        """The numbers that could have been copied in its place, as they stand on the sheet.

        Not those that come from this one: what takes it over as it is holds the same number, whatever was wrong.
        """
        papers, sign = self._papers, self._all.as_written.sign
        there = (papers.answered[:, place] | papers.given[:, place]) & ~self._all.stands_on[:, row]
        on_page = np.flatnonzero(there).tolist()
        numbers = {other: float(sign[other, 0] * papers.value[other, place]) for other in on_page if other != row}
        step = self._all.step_rows.get(row, [])
        return {
            "neighbour": [number for other, number in numbers.items() if other in step],
            "line_above": [number for other, number in numbers.items() if other == row - 1],
            "other_line": [number for other, number in numbers.items() if other not in (row - 1, *step)],
        }


def _stands_on(plan: Plan) -> Flags:
    """Which rows (the first index) come from which others."""
    found = np.zeros((len(plan.cells), len(plan.cells)), dtype=bool)
    for row, cell in enumerate(plan.cells):
        for other in {plan.row[to] for formula in cell.formulas for to in references(formula) if to in plan.row}:
            found[row] |= found[other]
            found[row, other] = True
    return found


def accused(papers: Papers, judged: Judged) -> Flags:
    """The lines that are wrong: what agrees with nothing because it has no range is not."""
    wrong: Flags = papers.answered & ~judged.verdicts.fits & ~judged.verdicts.undefined
    return wrong
