"""The numbers of a sheet as it prints them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, localcontext
from typing import Final

from backproptable.basics.errors import PlanError
from backproptable.basics.remembered import Remembered
from backproptable.formulas.digits import show_all, show_exact
from backproptable.formulas.formula import Formula, Neg, Product, Ref, Sum
from backproptable.formulas.names import Address
from backproptable.nets.plan import Digits, Plan

__all__ = ["Numerals"]

_ENOUGH: Final = 200
"""Digits that decimals are worked with: after many updates a weight has that many."""

ExactNumber = Callable[[Sequence[str]], Decimal]


class Numerals:
    """Writes the numbers of any sheet of one plan."""

    def __init__(self, plan: Plan, figures: int, carry: str) -> None:
        self._figures = figures
        self._exact = Remembered[float](lambda number: show_exact(Decimal(repr(number)), figures))
        worked = [(plan.row[cell.address], cell) for _, cell in plan.worked]
        self._exact_rows = [row for row, cell in worked if cell.digits is Digits.EXACT]
        self._decimal_rows: list[tuple[int, ExactNumber]] = [
            (row, _decimal(cell.formula, plan.row))
            for row, cell in worked
            if cell.formula is not None and cell.digits is Digits.EVERY_DECIMAL and carry == "paper"
        ]

    def texts(self, givens: Sequence[str], numbers: Sequence[float]) -> list[str]:
        """A text for every cell: the givens as they are written, the others as the sheet has them.

        `numbers` has an entry per cell, rounded already (by `Calculator.paper` or `Calculator.shown`).
        """
        texts = [*givens, *show_all(numbers[len(givens) :], self._figures)]
        for row in self._exact_rows:
            texts[row] = self._exact[numbers[row]]
        with localcontext(prec=_ENOUGH):
            for row, value in self._decimal_rows:
                texts[row] = show_exact(value(texts), self._figures)
        return texts


def _decimal(formula: Formula, row: Mapping[Address, int]) -> ExactNumber:
    """What gives the exact decimal that a formula of sums and products has on printed numbers."""
    match formula:
        case Ref(Address() as to):
            place = row[to]
            return lambda texts: Decimal(texts[place])
        case Neg(arg):
            inner = _decimal(arg, row)
            return lambda texts: -inner(texts)
        case Sum((first, second)):
            left, right = _decimal(first, row), _decimal(second, row)
            return lambda texts: left(texts) + right(texts)
        case Product((first, second)):
            left, right = _decimal(first, row), _decimal(second, row)
            return lambda texts: left(texts) * right(texts)
    raise PlanError(f"{formula} has no exact decimal")
