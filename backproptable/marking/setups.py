"""The set-up of a wrong line: the formula, one change away from the right one, that gives the number.

This is what is left to say of a line that no registered mistake and no slip explains. The more
formulas are tried, the more easily a plain wrong number fits one by chance: so nothing is said where
all of them together fill more than a small share of the decade that the number lies in.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Final

import numpy as np

from backproptable.formulas.formula import (
    Call,
    Choice,
    Formula,
    Neg,
    Num,
    Power,
    Product,
    Quotient,
    Ref,
    Sum,
    changed_once,
)
from backproptable.formulas.names import Address
from backproptable.marking.chance import share_of_decade
from backproptable.marking.papers import meet
from backproptable.nets.plan import Cell, Plan
from backproptable.numbers.evaluate import Table
from backproptable.numbers.ranges import Ranges

__all__ = ["FEWEST_FIGURES", "SET_UP", "SetUps", "edits"]

SET_UP: Final = "set_up"
"""The code of a line for which another formula than the right one was worked out."""
_BY_CHANCE: Final = 0.1
"""The share of a decade that all formulas tried may fill together."""
FEWEST_FIGURES: Final = 3
"""A number with fewer fits many formulas."""
_MOST: Final = 400
"""Formulas tried for one line: those of long sums have more."""

_BESIDE: Final = {
    "a": ("z", "d"),
    "z": ("a",),
    "d": ("a",),
    "e": ("z", "a"),
    "dL/da": ("dL/dz", "a"),
    "dL/dz": ("dL/da", "da/dz"),
    "dL/dd": ("dL/da",),
    "da/dz": ("a", "dL/da"),
    "dL/dW": ("W",),
    "W": ("dL/dW",),
    "x": ("a",),
}
"""The families of cells that are taken for one another."""


class SetUps:
    """A plan and its lines, each made ready when it is first asked for."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._ready: dict[int, tuple[tuple[Formula, ...], Ranges]] = {}

    def ranges(self, row: int, low: Table, high: Table) -> tuple[Table, Table]:
        """What each formula one change away can be, where the numbers of some sheets lie between `low` and `high`."""
        return self._of(row)[1].of(low, high)

    def nearest(
        self,
        row: int,
        window: tuple[float, float],
        half: float,
        ranges: tuple[Table, Table],
        right: tuple[float, float],
    ) -> Formula | None:
        """The likeliest formula that gives a number in the `window`; None where that says nothing.

        `ranges` are those of the formulas on one sheet, `right` what the line itself can be: a formula that
        could give the right number just as well explains nothing.
        """
        lows, highs = ranges
        if share_of_decade(max(window, key=abs), lows, highs, half) > _BY_CHANCE:
            return None
        low, high = (np.full(len(lows), end) for end in window)
        could_be_right = meet(
            np.full(len(lows), right[0]), np.full(len(lows), right[1]), lows - 2 * half, highs + 2 * half
        )
        found = np.flatnonzero(meet(low, high, lows, highs) & ~could_be_right)
        return self._of(row)[0][found[0]] if found.size else None

    def _of(self, row: int) -> tuple[tuple[Formula, ...], Ranges]:
        if row not in self._ready:
            formulas = tuple(edits(self._plan, self._plan.cells[row]))
            self._ready[row] = formulas, Ranges(formulas, self._plan)
        return self._ready[row]


def edits(plan: Plan, cell: Cell) -> Iterator[Formula]:
    """The formulas one change away from a cell's, the likeliest first, each once, the right ones left out."""
    if cell.formula is None:
        return
    seen = set(cell.formulas)
    likeliest_first = (_of_signs, _of_parts, _of_operations, _of_functions, lambda part: _of_cells(plan, cell, part))
    count = 0
    for change in likeliest_first:
        for formula in changed_once(cell.formula, change):
            if formula not in seen and count < _MOST:
                seen.add(formula)
                count += 1
                yield formula


def _of_signs(part: Formula) -> Iterator[Formula]:
    match part:
        case Neg(arg):
            yield arg
        case Num():
            return
        case _:
            yield Neg(part)


def _of_parts(part: Formula) -> Iterator[Formula]:
    """A term, factor or function left out, or there twice; a constant that is another."""
    match part:
        case Sum(terms):
            for place, term in enumerate(terms):
                rest = (*terms[:place], *terms[place + 1 :])
                yield rest[0] if len(rest) == 1 else Sum(rest)
                yield Sum((*terms, term))
        case Product(factors):
            for place, factor in enumerate(factors):
                rest = (*factors[:place], *factors[place + 1 :])
                yield rest[0] if len(rest) == 1 else Product(rest)
                yield Product((*factors, factor))
        case Quotient(top, bottom):
            yield top
            yield Quotient(Num("1"), bottom)
        case Power(base, exponent):
            yield base
            yield Power(base, exponent + 1)
        case Call(_, (arg,)):
            yield arg
        case Num("1"):
            yield from (Num("0"), Num("2"))
        case Num("2"):
            yield from (Num("1"), Num("4"))
        case Choice(arg, then, otherwise, above):
            yield Choice(arg, otherwise, then, above)


def _of_operations(part: Formula) -> Iterator[Formula]:
    """One operation for another."""
    match part:
        case Sum((first, Neg(second))):
            yield from (Product((first, second)), Quotient(first, second), Quotient(second, first))
        case Sum(terms):
            yield Product(terms)
            if len(terms) == 2:
                yield from (Quotient(*terms), Quotient(*terms[::-1]))
        case Product(factors):
            yield Sum(factors)
            if len(factors) == 2:
                first, second = factors
                yield from (Quotient(first, second), Quotient(second, first))
                yield from (Sum((first, Neg(second))), Sum((second, Neg(first))))
        case Quotient(top, bottom):
            yield from (Product((top, bottom)), Quotient(bottom, top), Sum((top, Neg(bottom))), Sum((top, bottom)))
        case Power(base, 2):
            yield from (Product((Num("2"), base)), Call("sqrt", (base,)))


def _of_functions(part: Formula) -> Iterator[Formula]:
    """One function for another, or one where none belongs."""
    match part:
        case Call(function, (arg,)):
            for other in ("exp", "ln", "tanh", "sqrt"):
                if other != function:
                    yield Call(other, (arg,))
            yield Call(function, (Neg(arg),))
            yield Quotient(Num("1"), Sum((Num("1"), Call("exp", (Neg(arg),)))))
        case Call("max", (first, second)):
            yield from (first, second)
            yield Call("tanh", (second,))
            yield Quotient(Num("1"), Sum((Num("1"), Call("exp", (Neg(second),)))))
    if not isinstance(part, Num | Ref):
        yield from (Product((Num("2"), part)), Quotient(part, Num("2")), Power(part, 2), Call("sqrt", (part,)))
    elif isinstance(part, Ref):
        yield from (Product((Num("2"), part)), Quotient(part, Num("2")), Power(part, 2), Sum((Num("1"), Neg(part))))


def _of_cells(plan: Plan, cell: Cell, part: Formula) -> Iterator[Formula]:
    """A number of another cell: of another unit, layer, sample or time, or one that stands beside it."""
    if not isinstance(part, Ref) or isinstance(part.to, str):
        return
    own = plan.row[cell.address]
    for to in _alike(plan)[part.to]:
        if plan.row[to] < own:  # what comes later nobody has yet
            yield Ref(to)


@cache
def _alike(plan: Plan) -> dict[Address, tuple[Address, ...]]:
    """For each cell those that are taken for it, the nearest first."""
    groups: dict[tuple[object, ...], list[Address]] = {}
    for cell in plan.cells:
        to = cell.address
        groups.setdefault((to.family, to.layer, to.primed, to.update, len(to.units)), []).append(to)
    alike: dict[Address, tuple[Address, ...]] = {}
    for cell in plan.cells:
        to = cell.address
        beside = [to._replace(family=family) for family in _BESIDE.get(to.family, ())]
        moved = [to._replace(primed=not to.primed)]
        moved += [to._replace(layer=to.layer + by) for by in (-1, 1) if isinstance(to.layer, int)]
        same = groups[to.family, to.layer, to.primed, to.update, len(to.units)]
        near = sorted(same, key=lambda other: _distance(to, other))
        found = dict.fromkeys([*beside, *near[:_NEAREST], *moved])
        alike[to] = tuple(other for other in found if other != to and other in plan.row)
    return alike


_NEAREST: Final = 9
"""Cells of the same kind that are taken for one another: those whose indices differ least."""


def _distance(first: Address, second: Address) -> int:
    ones, others = (first.case, *first.units), (second.case, *second.units)
    return sum(one != other for one, other in zip(ones, others, strict=True))
