"""What a cell can be: the range of its formula over what the written numbers above it can mean.

A written number means anything within half a unit of its last place; a formula over such numbers
has a range, worked out here by interval arithmetic. Nothing else decides whether two numbers can
be confused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

import numpy as np

from backproptable.basics.errors import PlanError
from backproptable.formulas.formula import Call, Choice, Formula, Neg, Num, Power, Product, Quotient, Ref, Sum
from backproptable.nets.plan import Plan
from backproptable.numbers.evaluate import Rows, Table, by_shape

__all__ = ["Ranges"]

Range = tuple[Table, Table]
"""Lowest and highest value."""
RangeProgram = Callable[[Table, Table], Range]


class Ranges:
    """The ranges of some formulas over the cells of a plan, compiled once.

    A formula that names a cell twice, like a (1 - a), gets a range that is a little too wide: each
    mention counts as a number of its own.
    """

    def __init__(self, formulas: Iterable[Formula], plan: Plan) -> None:
        formulas = list(formulas)
        self._count = len(formulas)
        self._programs = [
            (numbers, _compile(shape, rows)) for numbers, shape, rows in by_shape(enumerate(formulas), plan)
        ]

    def of(self, low: Table, high: Table) -> Range:
        """Lowest and highest value of each formula, where each cell lies between `low` and `high`."""
        lowest, highest = np.empty((self._count, low.shape[1])), np.empty((self._count, low.shape[1]))
        with np.errstate(all="ignore"):
            for numbers, program in self._programs:
                lowest[numbers], highest[numbers] = program(low, high)
        return lowest, highest


def _tangent(inner: RangeProgram) -> RangeProgram:
    """Tan rises from one pole to the next; a range with a pole in it has no ends."""

    def run(low: Table, high: Table) -> Range:
        lowest, highest = inner(low, high)
        same_branch = np.floor(lowest / np.pi + 0.5) == np.floor(highest / np.pi + 0.5)
        return np.where(same_branch, np.tan(lowest), -np.inf), np.where(same_branch, np.tan(highest), np.inf)

    return run


_RISING: Final[dict[str, Callable[[Table], Table]]] = {
    "exp": np.exp,
    "ln": lambda values: np.log(np.maximum(values, 0.0)),
    "sqrt": np.sqrt,
    "tanh": np.tanh,
}


def _compile(formula: Formula, rows: Rows) -> RangeProgram:
    def compiled(part: Formula) -> RangeProgram:
        return _compile(part, rows)

    match formula:
        case Num(text):
            constant = np.full((rows.shape[1], 1), float(text))
            return lambda *_: (constant, constant)
        case Ref(str() as place):
            used = rows[int(place)]
            return lambda low, high: (low[used], high[used])
        case Neg(arg):
            return _negated(compiled(arg))
        case Sum(terms):
            return _sum([compiled(term) for term in terms])
        case Product(factors):
            return _product([compiled(factor) for factor in factors])
        case Quotient(top, bottom):
            return _product([compiled(top), _reciprocal(compiled(bottom))])
        case Power(base, exponent):
            return _power(compiled(base), exponent)
        case Call("max", args):
            return _highest([compiled(arg) for arg in args])
        case Call("tan", (arg,)):
            return _tangent(compiled(arg))
        case Call(name, (arg,)) if name in _RISING:
            return _rising(_RISING[name], compiled(arg))
        case Choice(arg, then, otherwise, Num(above)):
            return _either(compiled(arg), float(above), compiled(then), compiled(otherwise))
    raise PlanError(f"no range of {formula}")


def _negated(inner: RangeProgram) -> RangeProgram:
    def run(low: Table, high: Table) -> Range:
        lowest, highest = inner(low, high)
        return -highest, -lowest

    return run


def _sum(terms: list[RangeProgram]) -> RangeProgram:
    def run(low: Table, high: Table) -> Range:
        lowest, highest = terms[0](low, high)
        for term in terms[1:]:
            below, above = term(low, high)
            lowest, highest = lowest + below, highest + above
        return lowest, highest

    return run


def _product(factors: list[RangeProgram]) -> RangeProgram:
    def run(low: Table, high: Table) -> Range:
        lowest, highest = factors[0](low, high)
        for factor in factors[1:]:
            below, above = factor(low, high)
            nothing = (lowest == 0) & (highest == 0) | (below == 0) & (above == 0)  # 0, whatever has no end beside it
            corners = (lowest * below, lowest * above, highest * below, highest * above)
            least = np.minimum(np.minimum(corners[0], corners[1]), np.minimum(corners[2], corners[3]))
            most = np.maximum(np.maximum(corners[0], corners[1]), np.maximum(corners[2], corners[3]))
            lowest, highest = np.where(nothing, 0.0, least), np.where(nothing, 0.0, most)
        return lowest, highest

    return run


def _reciprocal(inner: RangeProgram) -> RangeProgram:
    def run(low: Table, high: Table) -> Range:
        lowest, highest = inner(low, high)
        around_zero = (lowest <= 0) & (highest >= 0)
        return np.where(around_zero, -np.inf, 1 / highest), np.where(around_zero, np.inf, 1 / lowest)

    return run


def _power(inner: RangeProgram, exponent: int) -> RangeProgram:
    def run(low: Table, high: Table) -> Range:
        lowest, highest = inner(low, high)
        below, above = lowest**exponent, highest**exponent
        if exponent % 2:
            return below, above
        around_zero = (lowest <= 0) & (highest >= 0)
        return np.where(around_zero, 0.0, np.minimum(below, above)), np.maximum(below, above)

    return run


def _highest(args: list[RangeProgram]) -> RangeProgram:
    def run(low: Table, high: Table) -> Range:
        lowest, highest = args[0](low, high)
        for arg in args[1:]:
            below, above = arg(low, high)
            lowest, highest = np.maximum(lowest, below), np.maximum(highest, above)
        return lowest, highest

    return run


def _rising(function: Callable[[Table], Table], inner: RangeProgram) -> RangeProgram:
    def run(low: Table, high: Table) -> Range:
        lowest, highest = inner(low, high)
        return function(lowest), function(highest)

    return run


def _either(tested: RangeProgram, limit: float, then: RangeProgram, otherwise: RangeProgram) -> RangeProgram:
    def run(low: Table, high: Table) -> Range:
        lowest, highest = tested(low, high)
        yes, no = then(low, high), otherwise(low, high)
        below = np.where(lowest > limit, yes[0], np.where(highest > limit, np.minimum(yes[0], no[0]), no[0]))
        above = np.where(lowest > limit, yes[1], np.where(highest > limit, np.maximum(yes[1], no[1]), no[1]))
        return below, above

    return run
