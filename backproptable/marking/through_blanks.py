"""Mistakes that were made in a line nobody wrote down, and show in the next one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np

from backproptable.formulas.digits import DEFAULT_FIGURES, half_unit
from backproptable.formulas.formula import references
from backproptable.formulas.names import Address
from backproptable.marking.chance import share_of_decade
from backproptable.marking.judge import Judged
from backproptable.marking.papers import Flags, Papers, meet
from backproptable.mistakes.registry import WrongLine
from backproptable.nets.plan import Plan
from backproptable.numbers.evaluate import Table
from backproptable.numbers.ranges import Ranges

__all__ = ["ThroughBlanks"]

_OF_TERMS: Final = ("term_missing", "term_moved", "term_turned", "plus_for_times", "step_moved")
"""Mistakes with a formula for every term: so many that one of them would often fit by chance."""
_BY_CHANCE: Final = 0.05
"""The share of its decade that all cases may fill together."""
_Replaced = dict[int, WrongLine]
"""By row of the plan: by which wrong line a number nobody wrote was worked out."""
_ByRow = dict[int, list[WrongLine]]


class ThroughBlanks:
    """A plan whose unwritten lines may have been worked out wrongly."""

    def __init__(self, plan: Plan, kept_apart: Iterable[WrongLine], further: Iterable[WrongLine]) -> None:
        """The wrong lines that drawing keeps apart, and those that only verifying knows."""
        self._plan = plan
        self._kept = _by_row(plan, kept_apart)
        self._further = _by_row(plan, (line for line in further if line.mistake not in _OF_TERMS))
        self._ranges: dict[WrongLine | int, Ranges] = {}

    def codes(
        self, row: int, column: int, papers: Papers, judged: Judged, window: tuple[Table, Table], figures: int | None
    ) -> tuple[str, ...]:
        """The mistakes in unwritten lines above a wrong line that give its number.

        Each unwritten number is tried with each of its mistakes, and all of them with the same one: who
        forgets something in a step mostly forgets it in the whole step.
        """
        for wrong in (self._kept, self._further):
            cases = self._cases(row, papers.unwritten[:, column], wrong)
            if cases and (codes := self._fitting(cases, row, column, papers, judged, window, figures)):
                return codes
        return ()

    def _fitting(
        self,
        cases: list[tuple[str, _Replaced]],
        row: int,
        column: int,
        papers: Papers,
        judged: Judged,
        window: tuple[Table, Table],
        figures: int | None,
    ) -> tuple[str, ...]:
        own = next(own for own in judged.own if own.lines[row, column])
        low, high = (np.repeat(end[:, [column]], len(cases), axis=1) for end in (own.low, own.high))
        for trial, (_, replaced) in enumerate(cases):
            for place, line in replaced.items():
                lowest, highest = self._range(line, own.low[:, [column]], own.high[:, [column]])
                room = half_unit(np.nan_to_num([lowest, highest]), figures or DEFAULT_FIGURES)
                low[place, trial], high[place, trial] = lowest - room[0], highest + room[1]
        lows, highs = self._formulas(row).of(low, high)
        value, half = float(papers.value[row, column]), float(papers.half[row, column])
        if share_of_decade(value, lows[0], highs[0], half) > _BY_CHANCE:
            return ()
        fitting = np.flatnonzero(meet(window[0][row, column], window[1][row, column], lows[0], highs[0]))
        return tuple(dict.fromkeys(cases[trial][0] for trial in fitting.tolist()))

    def _cases(self, row: int, unwritten: Flags, wrong: _ByRow) -> list[tuple[str, _Replaced]]:
        cell = self._plan.cells[row]
        above = dict.fromkeys(self._plan.row[to] for to in references(cell.formulas[0]) if isinstance(to, Address))
        blanks = [place for place in above if unwritten[place] and place in wrong]
        cases: list[tuple[str, _Replaced]] = []
        together: dict[str, _Replaced] = {}
        for place in blanks:
            for line in wrong[place]:
                cases.append((line.mistake, {place: line}))
                together.setdefault(line.mistake, {}).setdefault(place, line)
        return cases + [(code, replaced) for code, replaced in together.items() if len(replaced) > 1]

    def _formulas(self, row: int) -> Ranges:
        if row not in self._ranges:
            self._ranges[row] = Ranges(self._plan.cells[row].formulas[:1], self._plan)
        return self._ranges[row]

    def _range(self, line: WrongLine, low: Table, high: Table) -> tuple[float, float]:
        if line not in self._ranges:
            self._ranges[line] = Ranges([line.formula], self._plan)
        lowest, highest = self._ranges[line].of(low, high)
        return float(lowest[0, 0]), float(highest[0, 0])


def _by_row(plan: Plan, lines: Iterable[WrongLine]) -> _ByRow:
    found: _ByRow = {}
    for line in lines:
        found.setdefault(plan.row[line.cell.address], []).append(line)
    return found
