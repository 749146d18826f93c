"""Which mistakes would go unseen on a sheet: their number could be the right one.

Somebody who makes one mistake, in one line, writes a number w. It can be confused with the right
one if it lies, within its own half unit, in the range of the right formula, or of an equivalent one,
over what the numbers above it can mean, or fits the right value itself. That is asked for a student
who works on the printed numbers, and for one who carries all digits and writes them down rounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from backproptable.formulas.digits import half_unit, rounded, without_noise
from backproptable.mistakes.registry import WrongLine
from backproptable.nets.plan import Digits, Plan
from backproptable.numbers.evaluate import Table, compile_formulas
from backproptable.numbers.ranges import Ranges
from backproptable.numbers.sheet_numbers import SheetNumbers

__all__ = ["Confusion"]

_SAME: Final = 1e-9
"""Relative difference below which a mistake has changed nothing."""
Flags = NDArray[np.bool_]


class Confusion:
    """Wrong lines of a plan, compiled to be held against the right ones on many sheets at once."""

    def __init__(self, plan: Plan, lines: Sequence[WrongLine], figures: int, carry: str) -> None:
        self.lines, self.figures = tuple(lines), figures
        rounds = {Digits.FIGURES: True, Digits.EXACT: False, Digits.EVERY_DECIMAL: carry == "full"}
        self._rounds = np.array([[rounds[cell.digits] and cell.formula is not None] for cell in plan.cells])
        self._rows = np.array([plan.row[line.cell.address] for line in self.lines], dtype=np.intp)
        wanted = sorted(set(self._rows.tolist()))
        formulas = [plan.cells[row].formulas for row in wanted]
        self._right = Ranges([formula for alternatives in formulas for formula in alternatives], plan)
        first = np.cumsum([0, *map(len, formulas)])
        place = np.searchsorted(wanted, self._rows)
        # A line that has fewer formulas than others has its first one again.
        self._ranges = [
            first[place] + np.where(number < np.diff(first)[place], number, 0)
            for number in range(max(map(len, formulas), default=0))
        ]
        self._wrong = compile_formulas(
            ((place, line.formula) for place, line in enumerate(self.lines)), plan, without_noise
        )

    def of(self, sheets: SheetNumbers) -> Flags:
        """Which wrong lines change their number to one that can be confused: shape (wrong lines, sheets)."""
        if not self.lines:
            return np.zeros((0, sheets.count), dtype=bool)
        truth = sheets.exact[self._rows], sheets.printed[self._rows]
        on_paper = self._held_against(sheets.printed, sheets.printed, sheets.lines[self._rows], truth)
        in_full = self._held_against(sheets.exact, np.where(self._rounds, sheets.shown, sheets.exact), truth[0], truth)
        return on_paper | in_full

    def _held_against(self, worked_on: Table, written: Table, right: Table, truth: tuple[Table, Table]) -> Flags:
        half_units = np.where(self._rounds, half_unit(written, self.figures), 0.0)
        low, high = self._right.of(written - half_units, written + half_units)
        spans = [(low[of], high[of]) for of in self._ranges] + [(values, values) for values in truth]
        lowest = np.minimum.reduce([low for low, _ in spans])
        highest = np.maximum.reduce([high for _, high in spans])
        wrong = np.empty(right.shape)
        with np.errstate(all="ignore"):
            for places, program in self._wrong:
                wrong[places] = program(worked_on)
            # A written number differs from w by its rounding and may mean half a unit more: this much at most.
            room = np.abs(wrong) * 10.0 ** (1.0 - self.figures)
            near = np.flatnonzero((wrong + room >= lowest) & (wrong - room <= highest))
        flags = np.zeros(right.shape, dtype=bool)
        rounds = self._rounds[self._rows[near // right.shape[1]], 0]
        near_spans = [(low.flat[near], high.flat[near]) for low, high in spans]
        flags.flat[near] = self._fits(wrong.flat[near], right.flat[near], near_spans, rounds)
        return flags

    def _fits(
        self,
        wrong: NDArray[np.float64],
        right: NDArray[np.float64],
        spans: Sequence[tuple[NDArray[np.float64], NDArray[np.float64]]],
        rounds: Flags,
    ) -> Flags:
        changes = np.abs(wrong - right) > _SAME * np.maximum(np.abs(wrong), np.abs(right))
        number = np.where(rounds, rounded(wrong, self.figures), wrong)
        room = np.where(rounds, half_unit(number, self.figures), 0.0) + _SAME * np.abs(number)
        fits = [(number + room >= low) & (number - room <= high) for low, high in spans]
        confused: Flags = changes & np.logical_or.reduce(fits)
        return confused
