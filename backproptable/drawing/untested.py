"""What a sheet cannot test: mistakes that change none of its numbers, so that nobody can be found to make them.

With no unit dead, ReLU is the identity on every sheet and its slope 1: who leaves it out gets every
number right.
"""

from __future__ import annotations

from collections.abc import Set

import numpy as np

from backproptable.formulas.digits import without_noise
from backproptable.formulas.names import Address
from backproptable.mistakes.registry import wrong_lines
from backproptable.nets.plan import Plan
from backproptable.numbers.evaluate import Table, compile_formulas
from backproptable.numbers.sheet_numbers import SheetNumbers

__all__ = ["Untested"]

_SAME = 1e-9
"""Relative difference below which a mistake has changed nothing."""


class Untested:
    """The registered mistakes that can be made in the asked cells of a plan."""

    def __init__(self, plan: Plan, asked: Set[Address]) -> None:
        lines = [line for line in wrong_lines(plan) if line.cell.address in asked]
        self.codes = tuple(dict.fromkeys(line.mistake for line in lines))
        places = {code: place for place, code in enumerate(self.codes)}
        self._code = np.array([places[line.mistake] for line in lines], dtype=np.intp)
        self._rows = np.array([plan.row[line.cell.address] for line in lines], dtype=np.intp)
        self._wrong = compile_formulas(((place, line.formula) for place, line in enumerate(lines)), plan, without_noise)

    def of(self, sheets: SheetNumbers) -> list[list[str]]:
        """For each sheet the codes of the mistakes that change none of its numbers, in the order of the registry."""
        right = sheets.exact[self._rows]
        wrong: Table = np.empty(right.shape)
        with np.errstate(all="ignore"):
            for places, program in self._wrong:
                wrong[places] = program(sheets.exact)
            changes = ~(np.abs(wrong - right) <= _SAME * np.maximum(np.abs(wrong), np.abs(right)))
        tested = np.zeros((len(self.codes), sheets.count), dtype=bool)
        np.logical_or.at(tested, self._code, changes)
        return [[self.codes[place] for place in np.flatnonzero(~column).tolist()] for column in tested.T]
