"""A step of the plan made ready to be judged: the formulas of its cells, and what each of them is over."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from backproptable.formulas.digits import without_noise
from backproptable.formulas.formula import Formula, Neg, Product, Ref, Sum, references
from backproptable.marking.papers import Flags
from backproptable.nets.plan import Plan, Reason, Step
from backproptable.numbers.evaluate import Table, compile_formulas
from backproptable.numbers.ranges import Ranges

__all__ = ["StepFormulas"]


class StepFormulas:
    """The formulas of a step's cells, the printed one of each first and its equivalents behind it.

    Tables of formulas have a row per formula, tables of cells a row per cell of the step.
    """

    def __init__(self, plan: Plan, step: Step) -> None:
        variants = [(place, formula) for place, cell in enumerate(step.cells) for formula in cell.formulas]
        self.formulas = tuple(formula for _, formula in variants)
        self.rows = np.array([plan.row[cell.address] for cell in step.cells])
        """Where the cells stand in the plan."""
        self.cell = np.array([place for place, _ in variants])
        """Which cell of the step each formula belongs to."""
        self.first = np.searchsorted(self.cell, np.arange(len(step.cells)))
        """The printed formula of each cell."""
        self.uses = _incidence(plan, self.formulas)
        self.before = _before_the_update(plan, step)
        """The row of the number that each cell is the next state of; -1 where it is no update."""
        self._ranges = Ranges(self.formulas, plan)
        self._programs = compile_formulas(enumerate(self.formulas), plan, without_noise)

    def points(self, values: Table) -> Table:
        """Each formula on the numbers themselves."""
        result = np.empty((len(self.cell), values.shape[1]))
        with np.errstate(all="ignore"):
            for places, program in self._programs:
                result[places] = program(values)
        return result

    def ranges(self, low: Table, high: Table) -> tuple[Table, Table]:
        """The least and the most that each formula can be; NaN where that has no end or no sense."""
        lows, highs = self._ranges.of(low, high)
        defined = np.isfinite(lows) & np.isfinite(highs)
        return np.where(defined, lows, np.nan), np.where(defined, highs, np.nan)

    def over(self, flags: Flags) -> Flags:
        """Whether each formula is over any of these cells (a row per cell of the plan)."""
        over: Flags = self.uses @ flags.astype(float) > 0
        return over

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


def _before_the_update(plan: Plan, step: Step) -> NDArray[np.intp]:
    rows = np.full(len(step.cells), -1, dtype=np.intp)
    if step.reason is Reason.UPDATE:
        for place, cell in enumerate(step.cells):
            match cell.formula:
                case Sum((Ref() as old, Neg(Product()))):
                    rows[place] = plan.row[old.address]
    return rows
