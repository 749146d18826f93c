"""What an honest way of working can give: the range of each cell over all ways of rounding on the way.

A course system marks a number against fixed limits; it does not know the student's own numbers above.
So the limits have to hold for everybody who makes no mistake: who rounds every line to the figures that
are asked for, carries all digits, or does now the one and now the other. Every number on the way may be
off by up to half a unit of its last place, each by itself, and that adds up.

It is worked out by affine arithmetic: a number is its exact value, plus a share of each rounding that
came before, plus a rest that bounds what is not linear. Two mentions of one cell keep what they have in
common, so that a (1 - a) is not wider than it can be, and the range holds for certain. Plain ranges
(`backproptable.numbers.ranges`), which hold for certain, too, are narrower where a formula bends: a square is
never below 0. A number lies in both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import Final

import numpy as np
from numpy.typing import NDArray

from backproptable.basics.errors import PlanError
from backproptable.formulas.digits import half_unit
from backproptable.formulas.formula import Call, Choice, Formula, Neg, Num, Power, Product, Quotient, Ref, Sum
from backproptable.nets.plan import Digits, Plan
from backproptable.numbers.evaluate import Rows, Table, by_shape
from backproptable.numbers.ranges import Ranges

__all__ = ["Tolerances"]

_SLACK: Final = 1e-9
"""Limits are inclusive: this much, relatively, is binary arithmetic and no difference."""
_NOISE: Final = 1e-13
"""A sum that is smaller than this share of its terms is 0."""
_MOST_NUMBERS: Final = 4_000_000
"""Shares of roundings that are held at once; so many sheets as fit are worked out together."""
_TANH_BENDS: Final = 4 / 27**0.5
"""The largest second derivative of tanh."""


@dataclass(frozen=True, slots=True)
class _Spread:
    """Numbers with what they can be off: a row per formula, a column per sheet."""

    value: Table
    """The exact calculation."""
    shares: NDArray[np.float64]
    """How much each rounding moves it: formulas, roundings, sheets."""
    rest: Table
    """What it can be off besides."""

    @property
    def reach(self) -> Table:
        """What it can be off at most."""
        reach: Table = np.abs(self.shares).sum(axis=1) + self.rest
        return reach


_Program = Callable[[_Spread], _Spread]
"""From the spreads of all cells to those of some formulas."""


class Tolerances:
    """The limits of every cell of a plan, for numbers that are rounded to so many figures."""

    def __init__(self, plan: Plan, figures: int) -> None:
        self.plan, self.figures = plan, figures
        self._steps = [
            (
                [plan.row[cell.address] for cell in step.cells],
                [len(cell.formulas) for cell in step.cells],
                [
                    (numbers, _compile(shape, rows))
                    for numbers, shape, rows in by_shape(
                        enumerate(formula for cell in step.cells for formula in cell.formulas), plan
                    )
                ],
                Ranges([formula for cell in step.cells for formula in cell.formulas], plan),
            )
            for step in plan.steps
        ]
        rounded = [plan.row[cell.address] for _, cell in plan.worked if cell.digits is not Digits.EXACT]
        self._rounding = {row: place for place, row in enumerate(rounded)}
        """The cells that somebody may round, each with the number of its rounding."""

    def of(self, givens: Table) -> tuple[Table, Table]:
        """The least and the most that each cell can honestly be, from givens (one row per given cell).

        Infinite where there is no limit. A number that is exactly 0 whatever is rounded has 0 for both.
        """
        at_once = max(1, _MOST_NUMBERS // max(1, len(self.plan.cells) * len(self._rounding)))
        parts = [self._some(givens[:, start : start + at_once]) for start in range(0, givens.shape[1], at_once)]
        return np.hstack([low for low, _ in parts]), np.hstack([high for _, high in parts])

    def _some(self, givens: Table) -> tuple[Table, Table]:
        cells, sheets = len(self.plan.cells), givens.shape[1]
        all_cells = _Spread(
            np.zeros((cells, sheets)), np.zeros((cells, len(self._rounding), sheets)), np.zeros((cells, sheets))
        )
        all_cells.value[: len(givens)] = givens
        low, high = all_cells.value.copy(), all_cells.value.copy()
        with np.errstate(all="ignore"):
            for rows, counts, programs, ranges in self._steps:
                first = np.cumsum([0, *counts])
                least, most = ranges.of(low, high)
                formulas = _empty(int(first[-1]), all_cells)
                for numbers, program in programs:
                    _put(formulas, numbers, program(all_cells))
                for place, row in enumerate(rows):
                    ways = slice(first[place], first[place + 1])
                    one = _joined(_Spread(formulas.value[ways], formulas.shares[ways], formulas.rest[ways]))
                    self._round(row, one)
                    all_cells.value[row], all_cells.shares[row], all_cells.rest[row] = (
                        one.value[0],
                        one.shares[0],
                        one.rest[0],
                    )
                    low[row], high[row] = self._limits(row, one, least[ways].min(axis=0), most[ways].max(axis=0))
        undefined = np.isnan(low) | np.isnan(high)
        return np.where(undefined, -np.inf, low), np.where(undefined, np.inf, high)

    def _round(self, row: int, one: _Spread) -> None:
        """Let the number be off by half a unit of its last place, if it is one that somebody may round."""
        if row in self._rounding:
            one.shares[0, self._rounding[row]] = self._half(np.abs(one.value[0]) + one.reach[0])

    def _half(self, size: Table) -> Table:
        half: Table = np.where(np.isfinite(size), half_unit(size, self.figures), np.inf)
        return half

    def _limits(self, row: int, one: _Spread, least: Table, most: Table) -> tuple[Table, Table]:
        """The limits of a cell by its spread, and by the plain range from `least` to `most` of its formulas."""
        value, reach = one.value[0], one.reach[0]
        if row in self._rounding:
            half = self._half(np.maximum(np.abs(least), np.abs(most)))
            least, most = least - half, most + half
        low, high = np.fmax(value - reach, least), np.fmin(value + reach, most)
        slack = _SLACK * np.maximum(np.abs(low), np.abs(high))
        exactly = (value == 0) & ((reach == 0) | (least == 0) & (most == 0))
        return np.where(exactly, 0.0, low - slack), np.where(exactly, 0.0, high + slack)


def _empty(count: int, like: _Spread) -> _Spread:
    _, roundings, sheets = like.shares.shape
    return _Spread(np.zeros((count, sheets)), np.zeros((count, roundings, sheets)), np.zeros((count, sheets)))


def _put(into: _Spread, numbers: Rows, found: _Spread) -> None:
    into.value[numbers], into.shares[numbers], into.rest[numbers] = found.value, found.shares, found.rest


def _joined(ways: _Spread) -> _Spread:
    """One spread that holds what any of several formulas of one cell can give; the first is the printed one."""
    if len(ways.value) == 1:
        return _Spread(ways.value, ways.shares.copy(), ways.rest)
    value = ways.value[:1]
    least, most = ways.shares.min(axis=0), ways.shares.max(axis=0)
    common = np.where(least > 0, least, np.where(most < 0, most, 0.0))[None]
    beside = np.abs(ways.shares - common).sum(axis=1) + ways.rest + np.abs(ways.value - value)
    return _Spread(value, common, beside.max(axis=0)[None])


# --- arithmetic --------------------------------------------------------------------------------


def _compile(formula: Formula, rows: Rows) -> _Program:
    def compiled(part: Formula) -> _Program:
        return _compile(part, rows)

    match formula:
        case Num(text):
            return _constant(float(text), rows.shape[1])
        case Ref(str() as place):
            used = rows[int(place)]
            return lambda cells: _Spread(cells.value[used], cells.shares[used], cells.rest[used])
        case Neg(arg):
            return _negated(compiled(arg))
        case Sum(terms):
            return _folded(_sum, [compiled(term) for term in terms])
        case Product(factors):
            return _folded(lambda ones: reduce(_product, ones), [compiled(factor) for factor in factors])
        case Quotient(top, bottom):
            return _folded(
                lambda ones: _product(ones[0], _bent(ones[1], _reciprocal)), [compiled(top), compiled(bottom)]
            )
        case Power(base, exponent):
            return _folded(lambda ones: _bent(ones[0], _power(exponent)), [compiled(base)])
        case Call("max", args):
            return _folded(lambda ones: reduce(_higher, ones), [compiled(arg) for arg in args])
        case Call(name, (arg,)) if name in _FUNCTIONS:
            return _folded(lambda ones: _bent(ones[0], _FUNCTIONS[name]), [compiled(arg)])
        case Choice(arg, then, otherwise, Num(above)):
            limit = float(above)
            return _folded(lambda ones: _chosen(limit, *ones), [compiled(arg), compiled(then), compiled(otherwise)])
    raise PlanError(f"no tolerance of {formula}")


def _folded(fold: Callable[[list[_Spread]], _Spread], parts: list[_Program]) -> _Program:
    return lambda cells: fold([part(cells) for part in parts])


def _constant(value: float, count: int) -> _Program:
    def run(cells: _Spread) -> _Spread:
        spread = _empty(count, cells)
        spread.value[:] = value
        return spread

    return run


def _negated(inner: _Program) -> _Program:
    def run(cells: _Spread) -> _Spread:
        one = inner(cells)
        return _Spread(-one.value, -one.shares, one.rest)

    return run


def _sum(terms: list[_Spread]) -> _Spread:
    value = sum(term.value for term in terms)
    size = sum(np.abs(term.value) for term in terms)
    value = np.where(np.abs(value) <= _NOISE * size, 0.0, value)
    return _Spread(value, sum(term.shares for term in terms), sum(term.rest for term in terms))  # type: ignore[arg-type]


def _product(one: _Spread, other: _Spread) -> _Spread:
    reach, other_reach = one.reach, other.reach
    shares = one.value[:, None] * other.shares + other.value[:, None] * one.shares
    rest = np.abs(one.value) * other.rest + np.abs(other.value) * one.rest + reach * other_reach
    nothing = (one.value == 0) & (reach == 0) | (other.value == 0) & (other_reach == 0)  # whatever is beside it
    return _Spread(
        np.where(nothing, 0.0, one.value * other.value),
        np.where(nothing[:, None], 0.0, shares),
        np.where(nothing, 0.0, rest),
    )


_Bend = Callable[[Table, Table], tuple[Table, Table, Table]]
"""From numbers and what they can be off: the function, its slope, and the most that the slope changes per unit."""


def _bent(inner: _Spread, bend: _Bend) -> _Spread:
    """A function of one number: its tangent, and the rest by Taylor's theorem."""
    reach = inner.reach
    value, slope, curve = bend(inner.value, reach)
    exactly = reach == 0
    shares = np.where(exactly[:, None], 0.0, slope[:, None] * inner.shares)
    rest = np.where(exactly, 0.0, np.abs(slope) * inner.rest + curve * reach**2 / 2)
    return _Spread(value, shares, rest)


def _exp(value: Table, reach: Table) -> tuple[Table, Table, Table]:
    power = np.exp(value)
    return power, power, np.exp(value + reach)


def _ln(value: Table, reach: Table) -> tuple[Table, Table, Table]:
    least = value - reach
    return np.log(value), 1 / value, np.where(least > 0, 1 / least**2, np.inf)


def _sqrt(value: Table, reach: Table) -> tuple[Table, Table, Table]:
    root, least = np.sqrt(value), value - reach
    return root, 0.5 / root, np.where(least > 0, 0.25 * least**-1.5, np.inf)


def _tanh(value: Table, reach: Table) -> tuple[Table, Table, Table]:
    del reach
    height = np.tanh(value)
    return height, 1 - height**2, np.full_like(value, _TANH_BENDS)


def _reciprocal(value: Table, reach: Table) -> tuple[Table, Table, Table]:
    least = np.abs(value) - reach
    return 1 / value, -1 / value**2, np.where(least > 0, 2 / least**3, np.inf)


def _power(exponent: int) -> _Bend:
    def bend(value: Table, reach: Table) -> tuple[Table, Table, Table]:
        if exponent < 0:
            least = np.abs(value) - reach
            curve = np.where(least > 0, abs(exponent * (exponent - 1)) * least ** (exponent - 2.0), np.inf)
        elif exponent < 2:
            curve = np.zeros_like(value)
        else:
            curve = exponent * (exponent - 1) * (np.abs(value) + reach) ** (exponent - 2.0)
        return value**exponent, exponent * value ** (exponent - 1.0), curve

    return bend


_FUNCTIONS: Final[dict[str, _Bend]] = {"exp": _exp, "ln": _ln, "sqrt": _sqrt, "tanh": _tanh}


def _higher(one: _Spread, other: _Spread) -> _Spread:
    reach, other_reach = one.reach, other.reach
    value = np.maximum(one.value, other.value)
    low = np.maximum(one.value - reach, other.value - other_reach)
    high = np.maximum(one.value + reach, other.value + other_reach)
    first, second = one.value - reach >= other.value + other_reach, other.value - other_reach >= one.value + reach
    return _either(first, one, second, other, _between(value, low, high, one))


def _chosen(limit: float, tested: _Spread, then: _Spread, otherwise: _Spread) -> _Spread:
    reach = tested.reach
    value = np.where(tested.value > limit, then.value, otherwise.value)
    low = np.minimum(then.value - then.reach, otherwise.value - otherwise.reach)
    high = np.maximum(then.value + then.reach, otherwise.value + otherwise.reach)
    unclear = _between(value, low, high, then)
    return _either(tested.value - reach > limit, then, tested.value + reach <= limit, otherwise, unclear)


def _between(value: Table, low: Table, high: Table, like: _Spread) -> _Spread:
    return _Spread(value, np.zeros_like(like.shares), np.maximum(high - value, value - low))


def _either(
    first: NDArray[np.bool_], one: _Spread, second: NDArray[np.bool_], other: _Spread, unclear: _Spread
) -> _Spread:
    def choose(a: Table, b: Table, c: Table) -> Table:
        return np.where(first, a, np.where(second, b, c))

    shares = np.where(first[:, None], one.shares, np.where(second[:, None], other.shares, unclear.shares))
    return _Spread(choose(one.value, other.value, unclear.value), shares, choose(one.rest, other.rest, unclear.rest))
