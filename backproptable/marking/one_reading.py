"""One reading of several sheets: step by step, each line held against what it can be.

The numbers of all sheets are read alike, as rounded or as cut off. When a line is reached, every
number above it has its verdict and its range. A line is tried, in this order,

1. against the true numbers and on the student's own numbers above it;
2. the same with its own number taken only as far as it was written: then it has too few digits;
3. where a number above it is flagged, with that number replaced by what it should have been, and by
   the true one: somebody wrote a wrong number down and went on with the right one;
4. with the short numbers above it meaning anything within their own last place: then it has too few
   digits itself.

A range without ends, or without sense, agrees with nothing; a line that has none is not accused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from backproptable.formulas.digits import half_unit
from backproptable.marking.papers import Flags, Meaning, Papers, as_rounded, meet
from backproptable.marking.step_formulas import StepFormulas
from backproptable.marking.trivial import is_trivial
from backproptable.nets.plan import Digits, Plan
from backproptable.numbers.evaluate import Table

__all__ = ["OneReading", "Truth", "Verdicts"]

_EXACTLY: Final = 1e-12
"""Relative difference up to which binary arithmetic has hit a short decimal."""


class Truth(NamedTuple):
    """The true numbers: what a line is right against, whatever stands above it."""

    exact: Table
    printed: Table
    """As the sheet prints them, in its own carry."""
    paper: Table
    """On paper, each line worked on the printed numbers above it."""

    def some(self, columns: NDArray[np.intp]) -> Truth:
        """Those of some sheets."""
        return Truth(*(table[:, columns] for table in self))


@dataclass(frozen=True, slots=True)
class Verdicts:
    """The verdicts of the answered numbers, and what each was held against: a row per cell, a column per sheet."""

    fits: Flags
    """Agrees: right, follows or too few digits."""
    right: Flags
    too_few: Flags
    trivial: Flags
    """Follows only because own wrong numbers above are 0, or make it 0."""
    corrected: Flags
    """Agrees only where a flagged number above is replaced by what it should have been."""
    undefined: Flags
    """Agrees with nothing, and cannot be accused of it: its range has no ends or no sense."""
    expected: Table
    """The cell's formula on the student's own numbers."""
    low: Table
    """The range it was held against, without the written number's own half unit."""
    high: Table
    point: Table
    """The numbers the student went on with; for lines without a number what would follow."""
    own_low: Table
    own_high: Table
    """And what these can mean."""

    @classmethod
    def empty(cls, shape: tuple[int, ...]) -> Verdicts:
        """Nothing judged yet."""
        flags, numbers = (np.zeros(shape, dtype=bool) for _ in range(6)), (np.full(shape, np.nan) for _ in range(6))
        return cls(*flags, *numbers)


class OneReading:
    """The sheets in one reading.

    `figures` is what numbers that nobody wrote are rounded to. Only if `wide` is set are lines tried with the
    short numbers above them meaning anything within their own last place.
    """

    def __init__(
        self,
        plan: Plan,
        steps: list[StepFormulas],
        papers: Papers,
        truth: Truth,
        meaning: Meaning,
        *,
        figures: int,
        wide: bool,
    ) -> None:
        self._plan, self._steps, self._papers, self._truth = plan, steps, papers, truth
        self._meaning, self._figures = meaning, figures
        self._may_round = np.array([[cell.digits is not Digits.EXACT] for cell in plan.cells])
        """Which cells a student may round."""
        shape = papers.value.shape
        self.found = found = Verdicts.empty(shape)
        found.point[:] = papers.value
        half = np.where(papers.expression, self._room(papers.value), papers.padded)
        own, printed = meaning(papers.value, half), as_rounded(papers.value, papers.half)
        found.own_low[:], found.own_high[:] = (
            np.where(papers.answered, *both) for both in zip(own, printed, strict=True)
        )
        self._sound = papers.given.copy()
        self._astray = np.zeros(shape, dtype=bool)
        """Flagged numbers, and lines without a number that stand on such."""
        self._mended_low, self._mended_high, self._mended = (np.full(shape, np.nan) for _ in range(3))
        """What astray numbers should have been, on own numbers."""
        self._mended_soundly = np.zeros(shape, dtype=bool)
        self._wide: tuple[Table, Table] | None = None
        if wide:
            ends = zip(meaning(papers.value, papers.half), (found.own_low, found.own_high), strict=True)
            low, high = (np.where(papers.short, *both) for both in ends)
            self._wide = low, high
        self._judge_copies()
        for step in steps:
            self._judge(step)

    # --- what numbers can mean

    def _room(self, number: Table) -> Table:
        """Half a unit at the figures that are asked for."""
        return half_unit(np.where(np.isfinite(number), number, 0.0), self._figures)

    def _unwritten(self, step: StepFormulas, number: Table, reach: tuple[Table, Table]) -> tuple[Table, Table]:
        """What a number within `reach` that nobody wrote down stands for: as it is, or rounded."""
        near = np.where(self._may_round[step.rows] & np.isfinite(number), number, 0.0)
        low, high = self._meaning(near, self._room(near))  # one that means up to `high` may stand for one as far below
        return reach[0] - (high - near), reach[1] + (near - low)

    def _true_range(self, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> tuple[Table, Table]:
        """What the true numbers can be, as they are or rounded."""
        at = np.ix_(rows, columns)
        truths = [table[at] for table in self._truth]
        room = np.where(self._may_round[rows], self._room(truths[0]), 0.0)
        return np.minimum.reduce(truths) - room, np.maximum.reduce(truths) + room

    # --- the lines

    def _judge_copies(self) -> None:
        """Givens that were copied out: right where they are what was given."""
        rows, found = slice(len(self._plan.givens)), self.found
        exact = self._truth.exact[rows]
        answered = self._papers.answered[rows]
        same = answered & meet(found.own_low[rows], found.own_high[rows], exact, exact)
        found.fits[rows] = found.right[rows] = same
        found.expected[rows] = found.low[rows] = found.high[rows] = exact
        self._sound[rows] |= same
        self._astray[rows] = answered & ~same
        self._mended_low[rows] = self._mended_high[rows] = self._mended[rows] = exact
        self._mended_soundly[rows] = True

    def _judge(self, step: StepFormulas) -> None:
        papers, found, rows, first = self._papers, self.found, step.rows, step.first
        value, answered = papers.value[rows], papers.answered[rows]
        zero = value == 0  # right only where the formula gives exactly 0
        lows, highs = step.ranges(found.own_low, found.own_high)
        points = np.where(np.isnan(lows), np.nan, step.points(found.point))  # without end: it is no 0 of mere noise
        found.expected[rows], found.low[rows], found.high[rows] = points[first], lows[first], highs[first]
        untainted = ~step.over(~self._sound)
        is_zero = (points == 0) | (np.isnan(points) & (lows <= 0) & (highs >= 0))  # 0 ln 0 has a range, and no value

        def held(half: Table) -> tuple[Flags, Flags, Flags]:
            """What agrees with the truth, on right numbers and on any, if this is half a unit."""
            low, high = self._meaning(value, half)
            agrees = np.where(zero[step.cell], is_zero, meet(low[step.cell], high[step.cell], lows, highs))
            true = np.zeros_like(answered)
            for table in self._truth:
                true |= meet(low, high, table[rows], table[rows]) & ~(zero & (table[rows] != 0))
            return true | step.in_any(agrees & untainted), step.in_any(agrees), agrees

        right, any_, agreeing = held(papers.padded[rows])
        fits = right | any_
        short_right, short_any, _ = held(papers.half[rows])
        too_few = ~fits & (short_right | short_any) & ~self._copied(step)
        right |= short_right & too_few
        found.fits[rows], found.too_few[rows] = answered & (fits | too_few), answered & too_few
        found.right[rows] = answered & right
        found.trivial[rows] = self._trivial(step, agreeing, answered & fits & ~right, zero)
        mended = self._try_corrected(step)
        unclear = np.isnan(lows)
        if self._wide is not None:
            unclear |= self._try_wide(step, *self._wide)
        found.undefined[rows] = answered & ~found.fits[rows] & step.in_any(unclear)
        self._go_on(step, step.hull(lows, highs), mended)

    def _copied(self, step: StepFormulas) -> Flags:
        """Updated numbers that were written as the old ones: a copy is no number with too few digits.

        Unless the student writes so few everywhere: then no small step would show.
        """
        papers = self._papers
        old = np.where((step.before >= 0)[:, None], self.found.point[step.before], np.nan)
        always_short = 2 * papers.short.sum(axis=0) > papers.answered.sum(axis=0)
        copied: Flags = (papers.value[step.rows] == old) & ~always_short
        return copied

    def _trivial(self, step: StepFormulas, agreeing: Flags, follows: Flags, zero: Flags) -> Flags:
        """Which lines that follow are 0 or one number taken over, by every formula that agrees.

        A written 0 that follows leaves no work in it, whatever wrong number made it 0: a slope of an own 1.000.
        Beside a wrong zero the right ones are put in, too: they leave no work either.
        """
        zeros = self.found.point == 0
        over = step.over(zeros & ~self._sound) & agreeing
        trivial = follows & zero
        doubtful = follows & ~zero & step.in_any(over) & ~step.in_any(agreeing & ~over)
        cells = self._plan.cells
        for place, column in np.argwhere(doubtful).tolist():
            put_in = {cells[row].address for row in np.flatnonzero(zeros[:, column]).tolist()}
            formulas = np.flatnonzero((step.cell == place) & agreeing[:, column]).tolist()
            trivial[place, column] = all(is_trivial(step.formulas[number], put_in) for number in formulas)
        return trivial

    # --- with flagged numbers replaced

    def _try_corrected(self, step: StepFormulas) -> tuple[NDArray[np.intp], Table, tuple[Table, Table]] | None:
        """Try failing lines with the astray numbers above them replaced, all of them and then each.

        Gives the columns in which anything is astray above this step, with the formulas' numbers and ranges there.
        """
        astray = step.over(self._astray)
        failing = self._papers.answered[step.rows] & ~self.found.fits[step.rows]
        columns = np.flatnonzero(astray.any(axis=0))
        columns = columns[(failing | self._papers.unwritten[step.rows])[:, columns].any(axis=0)]
        if not columns.size:
            return None
        everything = self._astray[:, columns]
        points, ranges = self._with_replaced(step, columns, everything, mended=True)
        if (failing[:, columns] & step.in_any(astray[:, columns])).any():
            self._accept(step, columns, everything, points, ranges, mended=True)
            by_truth = self._with_replaced(step, columns, everything, mended=False)
            self._accept(step, columns, everything, *by_truth, mended=False)
            for mended in (True, False):
                self._try_each(step, astray, mended=mended)
        return columns, points, ranges

    def _with_replaced(
        self, step: StepFormulas, columns: NDArray[np.intp], replaced: Flags, *, mended: bool
    ) -> tuple[Table, tuple[Table, Table]]:
        """The formulas on the sheets `columns` (which may repeat), with some numbers replaced: as points and ranges."""
        found = self.found
        if mended:
            point, low, high = (table[:, columns] for table in (self._mended, self._mended_low, self._mended_high))
        else:
            low, high = self._true_range(np.arange(len(self._plan.cells)), columns)
            point = self._truth.exact[:, columns]
        own = (found.point, found.own_low, found.own_high)
        point, low, high = (
            np.where(replaced, new, table[:, columns]) for new, table in zip((point, low, high), own, strict=True)
        )
        return step.points(point), step.ranges(low, high)

    def _accept(
        self,
        step: StepFormulas,
        columns: NDArray[np.intp],
        replaced: Flags,
        points: Table,
        ranges: tuple[Table, Table],
        *,
        mended: bool,
    ) -> None:
        """Take the failing lines that agree with the formulas on numbers some of which are `replaced`."""
        papers, found, rows = self._papers, self.found, step.rows
        at = np.ix_(rows, columns)
        value, failing = papers.value[at], papers.answered[at] & ~found.fits[at]
        low, high = self._meaning(value, papers.padded[at])
        zero = value == 0
        is_zero = (points == 0) & ~np.isnan(ranges[0])
        agrees = np.where(zero[step.cell], is_zero, meet(low[step.cell], high[step.cell], *ranges))
        agrees &= step.over(replaced) & failing[step.cell]
        unsound = ~self._sound[:, columns] & ~replaced
        if mended:
            unsound |= replaced & ~self._mended_soundly[:, columns]
        right = agrees & ~step.over(unsound)
        for number, place in np.argwhere(agrees).tolist():
            cell, column = (int(rows[step.cell[number]]), int(columns[place]))
            found.fits[cell, column] = found.corrected[cell, column] = True
            found.right[cell, column] |= right[number, place]
            found.expected[cell, column] = points[number, place]
            found.low[cell, column], found.high[cell, column] = ranges[0][number, place], ranges[1][number, place]

    def _try_each(self, step: StepFormulas, astray: Flags, *, mended: bool) -> None:
        """Try lines that still fail with each single one of the numbers replaced that are astray above them."""
        failing = self._papers.answered[step.rows] & ~self.found.fits[step.rows]
        trials: list[tuple[int, int]] = []
        for place, column in np.argwhere(failing & step.in_any(astray)).tolist():
            over = self._astray[:, column] & (step.uses[step.cell == place].sum(axis=0) > 0)
            if over.sum() > 1:
                trials += [(row, column) for row in np.flatnonzero(over).tolist()]
        if not trials:
            return
        rows, columns = np.array(trials, dtype=np.intp).T
        replaced = np.zeros((len(self._plan.cells), len(trials)), dtype=bool)
        replaced[rows, np.arange(len(trials))] = True
        by_one = self._with_replaced(step, columns, replaced, mended=mended)
        self._accept(step, columns, replaced, *by_one, mended=mended)

    # --- with short numbers meaning anything

    def _try_wide(self, step: StepFormulas, wide_low: Table, wide_high: Table) -> Flags:
        """Lines that agree only if short numbers above them mean anything within their own last place.

        Gives the formulas that have no range on such numbers.
        """
        papers, found, rows = self._papers, self.found, step.rows
        lows, highs = step.ranges(wide_low, wide_high)
        value = papers.value[rows]
        low, high = self._meaning(value, papers.half[rows])
        exactly_zero = (lows == 0) & (highs == 0)
        zero = (value == 0)[step.cell]
        agrees = step.in_any(np.where(zero, exactly_zero, meet(low[step.cell], high[step.cell], lows, highs)))
        few = papers.answered[rows] & ~found.fits[rows] & agrees & ~self._copied(step)
        found.fits[rows] |= few
        found.too_few[rows] |= few
        reach = self._unwritten(step, found.expected[rows], step.hull(lows, highs))
        for wide, end in zip((wide_low, wide_high), reach, strict=True):
            wide[rows] = np.where(papers.unwritten[rows], end, wide[rows])
        undefined: Flags = np.isnan(lows)
        return undefined

    # --- going on

    def _go_on(
        self,
        step: StepFormulas,
        reach: tuple[Table, Table],
        mended: tuple[NDArray[np.intp], Table, tuple[Table, Table]] | None,
    ) -> None:
        """What the next steps find: own numbers as written, and what would follow where there is none."""
        papers, found, rows = self._papers, self.found, step.rows
        unwritten, flagged = papers.unwritten[rows], papers.answered[rows] & ~found.fits[rows]
        on_own = found.expected[rows]
        stands_for = self._unwritten(step, on_own, reach)
        soundly = ~step.over(~self._sound)[step.first]
        self._take_exactly(step)
        found.point[rows] = np.where(unwritten, on_own, papers.value[rows])
        for own, end in zip((found.own_low, found.own_high), stands_for, strict=True):
            own[rows] = np.where(unwritten, end, own[rows])
        self._sound[rows] = papers.given[rows] | found.right[rows] | (unwritten & soundly)
        self._astray[rows] = flagged
        self._mended[rows], self._mended_soundly[rows] = on_own, soundly
        printed = found.low[rows], found.high[rows]  # where own numbers are wrong, equivalents differ widely
        self._mended_low[rows], self._mended_high[rows] = self._unwritten(step, on_own, printed)
        if mended is not None:
            columns, points, ranges = mended
            at = np.ix_(rows, columns)
            over = unwritten[:, columns] & step.over(self._astray[:, columns])[step.first]
            instead = self._unwritten(step, points[step.first], step.hull(*ranges))
            self._astray[at] |= over
            tables = (self._mended, self._mended_low, self._mended_high)
            for table, better in zip(tables, (points[step.first], *instead), strict=True):
                table[at] = np.where(over, better, table[at])

    def _take_exactly(self, step: StepFormulas) -> None:
        """Written numbers that are exactly their formula's value over exact numbers have no half unit."""
        papers, found, rows = self._papers, self.found, step.rows
        inexact = ~(found.own_low == found.own_high)
        over_exact = ~step.over(inexact)[step.first]
        value, expected = papers.value[rows], found.expected[rows]
        with np.errstate(all="ignore"):
            same = np.abs(value - expected) <= _EXACTLY * np.abs(expected)
        exactly = over_exact & same & ~papers.expression[rows] & ~papers.unwritten[rows]
        for own in (found.own_low, found.own_high):
            own[rows] = np.where(exactly, value, own[rows])
