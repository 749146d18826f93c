"""Verdicts: what becomes of each written number, held against what it can be on the student's own numbers.

Many sheets of one plan are judged at once, step by step, so that every number above a line has its
verdict and its range when the line is reached. A written number means anything within half a unit of
its last place. A line is right if its number agrees with the true one, or with one of the cell's
formulas over what the student's own right numbers can mean; it follows if it agrees over own numbers
of which one is not right. There is no tolerance besides.

Where lines of a sheet fail, the sheet is read once more as if its numbers were cut off instead of
rounded. If all of them pass then, that is what the student has done.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from backproptable.digits import half_unit, without_noise
from backproptable.evaluate import Table, compile_formulas
from backproptable.formula import Formula, references
from backproptable.mistakes import WrongLine, wrong_lines
from backproptable.plan import Digits, Plan, Step
from backproptable.ranges import Ranges
from backproptable.unfinished import unfinished_lines

__all__ = ["Judge", "Papers", "Verdicts"]

_SLACK: Final = 1e-9
"""Comparisons are inclusive: this much, relatively, is binary arithmetic and no difference."""

Flags = NDArray[np.bool_]
Meaning = Callable[[Table, Table], tuple[Table, Table]]
"""The least and the most that numbers can mean, from them and half a unit of their last place."""


@dataclass(frozen=True, slots=True)
class Papers:
    """What stands on several sheets of one plan: a row per cell, a column per sheet."""

    value: Table
    """The written (or printed) number; NaN where there is none that can be read."""
    half: Table
    """Half a unit of its last place; 0 for what is exact."""
    padded: Table
    """Half a unit at the number of figures that was asked for, where fewer were written; else as written."""
    answered: Flags
    """Where the student was asked and has written a number that can be read."""
    given: Flags
    """Where the sheet itself has printed the number."""


@dataclass(frozen=True, slots=True)
class Verdicts:
    """The verdicts of the answered numbers, and what each was held against."""

    fits: Flags
    """Agrees: right, follows or too few digits."""
    right: Flags
    too_few: Flags
    trivial: Flags
    """Follows only because an own wrong number above is 0, or makes the step 0."""
    expected: Table
    """The cell's formula on the student's own numbers."""
    low: Table
    """The range it was held against, without the written number's own half unit."""
    high: Table
    point: Table
    """The numbers the student went on with; for blank lines what would follow."""
    own_low: Table
    own_high: Table
    """And what these can mean."""


class Judge:
    """A plan made ready to judge sheets. `figures` is None where no number of figures was asked for."""

    def __init__(self, plan: Plan, figures: int | None, carry: str) -> None:
        self.plan, self.figures = plan, figures
        self._steps = [_Step(plan, step) for step in plan.steps]
        rounds = {Digits.FIGURES: True, Digits.EXACT: False, Digits.EVERY_DECIMAL: carry == "full"}
        self.rounds = np.array([[rounds[cell.digits]] for cell in plan.cells])
        """Which cells a sheet prints with their last place rounded."""
        self._may_round = np.array([[cell.digits is not Digits.EXACT] for cell in plan.cells])
        """Which cells a student may round."""
        self.lines: tuple[WrongLine, ...] = tuple(wrong_lines(plan))
        self._wrong = Ranges([line.formula for line in self.lines], plan)
        self.line_rows = np.array([plan.row[line.cell.address] for line in self.lines], dtype=np.intp)
        unfinished = unfinished_lines(plan)
        self._unfinished = Ranges([line.formula for line in unfinished], plan)
        self._unfinished_rows = np.array([plan.row[line.cell.address] for line in unfinished], dtype=np.intp)

    def judge(self, papers: Papers, exact: Table, printed: Table) -> Verdicts:
        """Judge all sheets. `exact` and `printed` are the true numbers, at full precision and on paper."""
        return self._pass(papers, exact, printed, _as_rounded)

    def judge_as_cut(self, papers: Papers, exact: Table, printed: Table) -> Verdicts:
        """The same, with every answered number read as cut off after its last place."""
        return self._pass(papers, exact, printed, _as_cut)

    def _pass(self, papers: Papers, exact: Table, printed: Table, meaning: Meaning) -> Verdicts:
        shape = papers.value.shape
        fits, right, too_few, trivial = (np.zeros(shape, dtype=bool) for _ in range(4))
        expected, lowest, highest = (np.full(shape, np.nan) for _ in range(3))
        read, as_printed = meaning(papers.value, papers.half), _as_rounded(papers.value, papers.half)
        own_low, own_high = (np.where(papers.answered, *both) for both in zip(read, as_printed, strict=True))
        point = papers.value.copy()
        found = Verdicts(fits, right, too_few, trivial, expected, lowest, highest, point, own_low, own_high)
        sound = papers.given.copy()
        self._judge_copies(papers, exact, found, sound)
        for step in self._steps:
            self._judge_step(step, papers, exact, printed, found, sound, meaning)
        return found

    def _judge_copies(self, papers: Papers, exact: Table, found: Verdicts, sound: Flags) -> None:
        """Givens that were copied out: right where they are what was given."""
        rows = slice(len(self.plan.givens))
        same = papers.answered[rows] & _meet(found.own_low[rows], found.own_high[rows], exact[rows], exact[rows])
        found.fits[rows] = found.right[rows] = same
        found.expected[rows] = found.low[rows] = found.high[rows] = exact[rows]
        sound[rows] |= same

    def _judge_step(
        self,
        step: _Step,
        papers: Papers,
        exact: Table,
        printed: Table,
        found: Verdicts,
        sound: Flags,
        meaning: Meaning,
    ) -> None:
        rows, first = step.rows, step.first
        points = step.points(found.point)
        lows, highs = step.ranges.of(found.own_low, found.own_high)
        unsound = (~sound).astype(float)
        untainted = step.uses @ unsound == 0
        over_zero = step.uses @ (unsound * (found.point == 0)) > 0
        value, answered = papers.value[rows], papers.answered[rows]
        zero = value == 0  # right only where the formula gives exactly 0
        found.expected[rows], found.low[rows], found.high[rows] = points[first], lows[first], highs[first]

        def held(half: Table) -> tuple[Flags, Flags, Flags]:
            """Which numbers agree with anything, which are right, which follow for nothing, if this is half a unit."""
            low, high = meaning(value, half)
            agrees = np.where(zero[step.cell], points == 0, _meet(low[step.cell], high[step.cell], lows, highs))
            right = step.in_any(agrees & untainted)
            for truth in (exact[rows], printed[rows]):
                right |= _meet(low, high, truth, truth) & ~(zero & (truth != 0))
            follows = step.in_any(agrees) & ~right
            return right | follows, right, follows & (zero | ~step.in_any(agrees & ~over_zero))

        padded, as_written = held(papers.padded[rows]), held(papers.half[rows])
        full = answered & padded[0]  # then zeros were left out; else it has the figures that it has
        fits, right, trivial = (np.where(full, *both) for both in zip(padded, as_written, strict=True))
        found.fits[rows], found.right[rows], found.trivial[rows] = answered & fits, answered & right, answered & trivial
        found.too_few[rows] = answered & fits & ~full
        reach = step.hull(lows, highs)
        self._narrow_the_short(step, papers, found, reach, meaning)
        self._go_on(step, papers, found, sound, reach, meaning)

    def _narrow_the_short(
        self, step: _Step, papers: Papers, found: Verdicts, reach: tuple[Table, Table], meaning: Meaning
    ) -> None:
        """What numbers with too few figures mean to the next lines: no more than they have to.

        Each is read with the zeros that it lacks. One that agrees may stand for what the calculator has, too,
        which is within the formulas' reach; one that does not may not, so that a single digit is no way to follow.
        """
        rows, value, fits = step.rows, papers.value[step.rows], found.fits[step.rows]
        short = papers.answered[rows] & (papers.padded[rows] < papers.half[rows])
        low, high = meaning(value, papers.padded[rows])
        lowest, highest = meaning(value, papers.half[rows])
        least = np.where(fits, np.fmin(low, np.fmax(lowest, reach[0])), low)
        most = np.where(fits, np.fmax(high, np.fmin(highest, reach[1])), high)
        found.own_low[rows] = np.where(short, least, found.own_low[rows])
        found.own_high[rows] = np.where(short, most, found.own_high[rows])

    def _go_on(
        self,
        step: _Step,
        papers: Papers,
        found: Verdicts,
        sound: Flags,
        reach: tuple[Table, Table],
        meaning: Meaning,
    ) -> None:
        """What the next steps find: own numbers as written, and what would follow where nothing can be read.

        There the student may have gone on with any number within the formulas' reach, as it is or rounded.
        """
        rows, expected = step.rows, found.expected[step.rows]
        known = papers.answered[rows] | papers.given[rows]
        number = np.where(self._may_round[rows] & np.isfinite(expected), expected, 0.0)
        room = half_unit(number, self.figures) if self.figures else np.zeros_like(number)
        low, high = meaning(number, room)  # a number that means up to `high` may stand for one as far below
        found.point[rows] = np.where(known, papers.value[rows], expected)
        found.own_low[rows] = np.where(known, found.own_low[rows], reach[0] - (high - number))
        found.own_high[rows] = np.where(known, found.own_high[rows], reach[1] + (number - low))
        follows_soundly = step.uses[step.first] @ (~sound).astype(float) == 0
        sound[rows] = papers.given[rows] | found.right[rows] | (~known & follows_soundly)

    def mistakes(self, papers: Papers, verdicts: Verdicts, printed: Table) -> tuple[Flags, Flags]:
        """Which wrong lines give the written number: on the student's own numbers, and on the true ones."""
        half = np.where(self.rounds, half_unit(printed, self.figures), 0.0) if self.figures else 0.0
        window = _as_rounded(papers.value[self.line_rows], papers.half[self.line_rows])
        wrong = (papers.answered & ~verdicts.fits)[self.line_rows]
        own = _meet(*window, *self._wrong.of(verdicts.own_low, verdicts.own_high))
        true = _meet(*window, *self._wrong.of(printed - half, printed + half))
        return wrong & own, wrong & true

    def unfinished(self, papers: Papers, verdicts: Verdicts) -> Flags:
        """Where a wrong number is what the student's own numbers give before the last operation: per cell."""
        rows = self._unfinished_rows
        window = _as_rounded(papers.value[rows], papers.half[rows])
        early = _meet(*window, *self._unfinished.of(verdicts.own_low, verdicts.own_high))
        found = np.zeros_like(papers.answered)
        np.logical_or.at(found, rows, early)
        return found & papers.answered & ~verdicts.fits


class _Step:
    """A step made ready: the formulas of its cells, the printed one of each first, and what each is over."""

    def __init__(self, plan: Plan, step: Step) -> None:
        self.rows = np.array([plan.row[cell.address] for cell in step.cells])
        variants = [(place, formula) for place, cell in enumerate(step.cells) for formula in cell.formulas]
        formulas = [formula for _, formula in variants]
        self.cell = np.array([place for place, _ in variants])
        """Which cell of the step each formula belongs to."""
        self.first = np.searchsorted(self.cell, np.arange(len(step.cells)))
        """The printed formula of each cell."""
        self.ranges = Ranges(formulas, plan)
        self.uses = _incidence(plan, formulas)
        self._programs = compile_formulas(enumerate(formulas), plan, without_noise)

    def points(self, values: Table) -> Table:
        """Each formula on the numbers themselves."""
        result = np.empty((len(self.cell), values.shape[1]))
        with np.errstate(all="ignore"):
            for places, program in self._programs:
                result[places] = program(values)
        return result

    def hull(self, lows: Table, highs: Table) -> tuple[Table, Table]:
        """Per cell: the least and the most that any of its formulas gives."""
        return np.fmin.reduceat(lows, self.first, axis=0), np.fmax.reduceat(highs, self.first, axis=0)

    def in_any(self, flags: Flags) -> Flags:
        """Per cell: whether it holds for any of its formulas."""
        return np.logical_or.reduceat(flags, self.first, axis=0)


def _incidence(plan: Plan, formulas: Sequence[Formula]) -> Table:
    """1 where a formula (row) is over a cell of the plan (column), else 0."""
    table = np.zeros((len(formulas), len(plan.cells)))
    for number, formula in enumerate(formulas):
        for to in references(formula):
            table[number, plan.row[to]] = 1.0  # type: ignore[index]
    return table


def _as_rounded(value: Table, half: Table) -> tuple[Table, Table]:
    return value - half, value + half


def _as_cut(value: Table, half: Table) -> tuple[Table, Table]:
    further = value + np.copysign(2 * half, value)
    return np.minimum(value, further), np.maximum(value, further)


def _meet(low: Table, high: Table, lows: Table, highs: Table) -> Flags:
    """Whether two ranges have a number in common."""
    with np.errstate(invalid="ignore"):
        slack = _SLACK * np.maximum(np.abs(low), np.abs(high))
        meet: Flags = (high + slack >= lows) & (low - slack <= highs)
    return meet
