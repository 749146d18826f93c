"""Many sets of givens of one plan with the tables of their numbers, each worked out when it is asked for."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from backproptable.numbers.evaluate import Calculator, Table

__all__ = ["SheetNumbers"]


class SheetNumbers:
    """The numbers of several sheets: every table has a row per cell of the plan and a column per sheet."""

    def __init__(self, calculator: Calculator, givens: Table, figures: int) -> None:
        self.calculator, self.givens, self.figures = calculator, givens, figures
        self.plan = calculator.plan

    @property
    def count(self) -> int:
        """How many sheets there are."""
        return int(self.givens.shape[1])

    @cached_property
    def exact(self) -> Table:
        """The exact calculation."""
        return self.calculator.exact(self.givens)

    @cached_property
    def _on_paper(self) -> tuple[Table, Table]:
        return self.calculator.paper_and_lines(self.givens, self.figures)

    @property
    def printed(self) -> Table:
        """Every number as printed on paper."""
        return self._on_paper[0]

    @property
    def lines(self) -> Table:
        """Every printed line as a calculator gives it."""
        return self._on_paper[1]

    @cached_property
    def shown(self) -> Table:
        """The exact numbers, rounded for show."""
        return self.calculator.shown(self.exact, self.figures)

    def some(self, chosen: NDArray[np.intp]) -> SheetNumbers:
        """Only these sheets, with the tables that are there already."""
        part = SheetNumbers(self.calculator, self.givens[:, chosen], self.figures)
        for name in ("exact", "shown"):
            if name in self.__dict__:
                part.__dict__[name] = self.__dict__[name][:, chosen]
        if "_on_paper" in self.__dict__:
            part.__dict__["_on_paper"] = (self.printed[:, chosen], self.lines[:, chosen])
        return part
