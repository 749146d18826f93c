"""How hard a sheet is to work by hand: a few counts that should be alike all over a class."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from backproptable.formulas.digits import without_noise
from backproptable.formulas.formula import Formula, Product, children
from backproptable.nets.plan import Plan
from backproptable.numbers.evaluate import compile_formulas
from backproptable.numbers.sheet_numbers import SheetNumbers

__all__ = ["HARDNESS", "Hardness"]

HARDNESS: Final = {
    "dead_units": "dead ReLU units",
    "negative_numbers": "negative numbers",
    "smallest_gradient": "smallest gradient of a weight",
    "multiplications": "multiplications (by other than 0)",
}
"""What is counted, with its words."""


class Hardness:
    """Counts what makes the sheets of one plan hard."""

    def __init__(self, plan: Plan) -> None:
        products = [part for _, cell in plan.worked if cell.formula for part in _products(cell.formula)]
        self._products = compile_formulas(enumerate(products), plan, without_noise)
        self._times = np.array([[len(product.factors) - 1] for product in products]).reshape(-1, 1)
        self._worked = np.array([plan.row[cell.address] for _, cell in plan.worked])
        self._gradients = np.array(
            [row for row, cell in enumerate(plan.cells) if cell.address.family == "dL/dW"], dtype=np.intp
        )
        self._outputs = np.array(_relu_outputs(plan), dtype=np.intp)

    def of(self, sheets: SheetNumbers) -> dict[str, NDArray[np.float64]]:
        """The counts of `HARDNESS`, one number per sheet; of gradients that are 0, the smallest other one."""
        printed = sheets.printed
        gradients = np.abs(printed[self._gradients])
        smallest = np.min(np.where(gradients > 0, gradients, np.inf), axis=0, initial=np.inf)
        times = np.zeros((len(self._times), sheets.count))
        for places, program in self._products:
            times[places] = program(printed) != 0
        dead = (printed[self._outputs] == 0).all(axis=1) if self._outputs.size else np.zeros((1, sheets.count))
        return {
            "dead_units": dead.sum(axis=0),
            "negative_numbers": (printed[self._worked] < 0).sum(axis=0),
            "smallest_gradient": smallest,
            "multiplications": (times * self._times).sum(axis=0),
        }


def _relu_outputs(plan: Plan) -> list[list[int]]:
    """For each ReLU unit the rows of its outputs in the first pass, one per sample or time step."""
    rows: dict[object, list[int]] = {}
    for _, cell in plan.worked:
        address = cell.address
        is_first = address.family == "a" and not address.primed and address.update == 1
        if is_first and address.layer and plan.net.activation_of(address.layer) == "relu":
            rows.setdefault((address.layer, address.units), []).append(plan.row[address])
    return list(rows.values())


def _products(formula: Formula) -> Iterator[Product]:
    if isinstance(formula, Product):
        yield formula
    for part in children(formula):
        yield from _products(part)
