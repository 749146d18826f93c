"""The numbers of the plan as a sheet writes them: with the signs of its notation, to its figures."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from typing import Final

import numpy as np

from backproptable.formulas.digits import rounded, show, show_exact
from backproptable.nets.plan import Digits, Plan
from backproptable.numbers.evaluate import Table

__all__ = ["AsWritten"]

_DIGITS_SHOWN: Final = 6
"""Figures where no number of figures was asked for."""
_CERTAIN: Final = 12
"""Digits that double precision is certain of."""


class AsWritten:
    """How the sheets of one plan write numbers. `opposite` are the families of cells whose sign is turned round."""

    def __init__(self, plan: Plan, figures: int | None, carry: str, opposite: Collection[str] = ()) -> None:
        self.figures = figures or _DIGITS_SHOWN
        self.sign = np.array([[-1.0 if cell.address.family in opposite else 1.0] for cell in plan.cells])
        """From the numbers of the plan to those on the sheet, and back: a row per cell."""
        every_decimal = () if carry == "full" or figures is None else (Digits.EVERY_DECIMAL,)
        self._whole = [cell.digits in (Digits.EXACT, *every_decimal) for cell in plan.cells]
        """Which cells are written with every decimal that they have."""

    def ends(self, low: Table, high: Table) -> tuple[Table, Table]:
        """The least and the most that numbers can be, on the sheet."""
        one, other = self.sign * low, self.sign * high
        return np.fmin(one, other), np.fmax(one, other)

    def texts(self, numbers: Table) -> list[list[str]]:
        """Numbers of the plan as they are written, a list per cell; nothing where there is no finite number."""
        with np.errstate(all="ignore"):
            on_sheet = self.sign * numbers
            to_figures = rounded(on_sheet, self.figures)
            in_full = rounded(on_sheet, _CERTAIN)
        return [
            [self._whole_text(value) for value in in_full[row].tolist()]
            if whole
            else [show(value, self.figures) if abs(value) < np.inf else "" for value in to_figures[row].tolist()]
            for row, whole in enumerate(self._whole)
        ]

    def text(self, row: int, number: float) -> str:
        """One number of the plan as it is written in this row."""
        on_sheet = float(self.sign[row, 0]) * number + 0.0
        if self._whole[row]:
            return self._whole_text(float(rounded(on_sheet, _CERTAIN)))
        return show(float(rounded(on_sheet, self.figures)), self.figures)

    def _whole_text(self, value: float) -> str:
        return show_exact(Decimal(repr(value)), self.figures) if abs(value) < np.inf else ""
