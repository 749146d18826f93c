"""Formulas set up wrongly: one or two random changes anywhere in the tree of a right one.

The kinds of changes are those of school, and know nothing of what `backproptable` can name: first a kind
is drawn, then one of the places where the formula admits it, then one of the things that it can do there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from random import Random
from typing import Final

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
    children,
    with_part,
)
from backproptable.formulas.names import Address
from backproptable.nets.plan import Plan

__all__ = ["CHANGES", "Changes"]

Place = tuple[int, ...]
"""Which child, of which child, of which child..."""
Options = Callable[["Changes", int, Formula], Iterator[Formula]]
"""What one part of the formula of the cell in this row may become."""


class Changes:
    """The wrong formulas of one plan."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    def drawn(self, row: int, random: Random, times: int = 1) -> tuple[str, Formula]:
        """A kind of change, and what the printed formula of the cell in this row becomes by it."""
        formula = self.plan.cells[row].formula
        assert formula is not None
        kinds = []
        for _ in range(times):
            kind, formula = self._changed(row, formula, random)
            kinds.append(kind)
        return kinds[0] if times == 1 else "two changes", formula

    def _changed(self, row: int, formula: Formula, random: Random) -> tuple[str, Formula]:
        kinds = list(CHANGES)
        random.shuffle(kinds)
        for kind in kinds:
            found = [
                (place, option)
                for place, part in _parts(formula)
                for option in dict.fromkeys(CHANGES[kind](self, row, part))
                if option != part
            ]
            if found:
                places = sorted({place for place, _ in found})
                chosen = random.choice(places)
                return kind, _put(
                    formula, chosen, random.choice([option for place, option in found if place == chosen])
                )
        raise AssertionError(f"{formula} admits no change")

    # --- numbers of other cells: only such as stand above the line, for others are not there yet

    def other_index(self, row: int, part: Formula) -> Iterator[Formula]:
        """The same quantity of another unit, layer, sample or time."""
        yield from self._others(row, part, lambda own, other: own.family == other.family)

    def other_quantity(self, row: int, part: Formula) -> Iterator[Formula]:
        """Another quantity of the same unit."""
        yield from self._others(
            row, part, lambda own, other: own.family != other.family and own.units == other.units != ()
        )

    def _others(self, row: int, part: Formula, alike: Callable[[Address, Address], bool]) -> Iterator[Formula]:
        if not isinstance(part, Ref):
            return
        above = (cell.address for cell in self.plan.cells[:row])
        found = [to for to in above if to != part.to and alike(part.address, to)]
        nearest = min((_apart(part.address, to) for to in found), default=0)
        yield from (Ref(to) for to in found if _apart(part.address, to) <= nearest)


def _apart(one: Address, other: Address) -> int:
    """In how many respects two addresses differ."""
    return sum(mine != its for mine, its in zip(one, other, strict=True)) + (
        sum(mine != its for mine, its in zip(one.units, other.units, strict=True))
        if len(one.units) == len(other.units)
        else 5
    )


def _parts(formula: Formula, at: Place = ()) -> Iterator[tuple[Place, Formula]]:
    yield at, formula
    for number, part in enumerate(children(formula)):
        yield from _parts(part, (*at, number))


def _put(formula: Formula, place: Place, part: Formula) -> Formula:
    if not place:
        return part
    first, *rest = place
    return with_part(formula, first, _put(children(formula)[first], tuple(rest), part))


# --- operations

_Two = Callable[[Formula, Formula], Formula]
_OPERATIONS: Final[Mapping[str, _Two]] = {
    "+": lambda one, two: Sum((one, two)),
    "-": lambda one, two: Sum((one, Neg(two))),
    "*": lambda one, two: Product((one, two)),
    "/": Quotient,
}


def _other_operation(_: Changes, row: int, part: Formula) -> Iterator[Formula]:  # noqa: ARG001
    """Another operation between two neighbours, which are worked out first."""
    match part:
        case Sum(parts) | Product(parts):
            for first in range(len(parts) - 1):
                one, two = parts[first : first + 2]
                usual = "*"
                if isinstance(part, Sum):
                    usual, two = ("-", two.arg) if isinstance(two, Neg) else ("+", two)
                for sign, operation in _OPERATIONS.items():
                    if sign != usual:
                        yield _joined(part, (*parts[:first], operation(one, two), *parts[first + 2 :]))
        case Quotient(top, bottom):
            yield from (operation(top, bottom) for sign, operation in _OPERATIONS.items() if sign != "/")


def _joined(like: Formula, parts: tuple[Formula, ...]) -> Formula:
    if len(parts) == 1:
        return parts[0]
    return Sum(parts) if isinstance(like, Sum) else Product(parts)


def _sign(_: Changes, row: int, part: Formula) -> Iterator[Formula]:  # noqa: ARG001
    yield part.arg if isinstance(part, Neg) else Neg(part)


def _upside_down(_: Changes, row: int, part: Formula) -> Iterator[Formula]:  # noqa: ARG001
    if isinstance(part, Quotient):
        yield Quotient(part.bottom, part.top)


def _without_brackets(_: Changes, row: int, part: Formula) -> Iterator[Formula]:  # noqa: ARG001
    """What is in brackets worked out as if there were none: only what stands next to them is touched."""
    match part:
        case Product(factors):
            for place, factor in enumerate(factors):
                if isinstance(factor, Sum):
                    before, behind = factors[:place], factors[place + 1 :]
                    inner = list(factor.terms)
                    inner[0] = _times((*before, inner[0]))
                    inner[-1] = _times((inner[-1], *behind))
                    yield Sum(tuple(inner))
        case Quotient(top, Sum((first, *others))):
            yield Sum((Quotient(top, first), *others))
        case Power(Sum((*others, Neg(last))), exponent):
            yield Sum((*others, Neg(Power(last, exponent))))
        case Power(Sum((*others, last)), exponent):
            yield Sum((*others, Power(last, exponent)))
        case Neg(Sum((first, *others))):
            yield Sum((Neg(first), *others))


def _times(factors: tuple[Formula, ...]) -> Formula:
    """A product; the minus of its last factor stands before it."""
    if len(factors) == 1:
        return factors[0]
    if isinstance(factors[0], Neg):
        return Neg(Product((factors[0].arg, *factors[1:])))
    return Product(factors)


# --- parts


def _left_out(_: Changes, row: int, part: Formula) -> Iterator[Formula]:  # noqa: ARG001
    match part:
        case Sum(parts) | Product(parts):
            for place in range(len(parts)):
                yield _joined(part, (*parts[:place], *parts[place + 1 :]))
        case Quotient(top, bottom):
            yield from (top, Quotient(Num("1"), bottom))
        case Power(base, _):
            yield base


def _there_twice(_: Changes, row: int, part: Formula) -> Iterator[Formula]:  # noqa: ARG001
    match part:
        case Sum(parts) | Product(parts):
            for place in range(len(parts)):
                yield _joined(part, (*parts[: place + 1], *parts[place:]))


def _other_power(_: Changes, row: int, part: Formula) -> Iterator[Formula]:  # noqa: ARG001
    match part:
        case Power(base, exponent):
            yield from (Power(base, exponent + 1), Product((Num(str(exponent)), base)), Call("sqrt", (base,)))
        case Ref():
            yield from (Power(part, 2), Call("sqrt", (part,)))


def _other_function(_: Changes, row: int, part: Formula) -> Iterator[Formula]:  # noqa: ARG001
    """Another function, none, or the same one of the opposite number."""
    match part:
        case Call("max", (_, arg)):
            yield from (arg, Call("tanh", (arg,)), _sigmoid(arg), Neg(arg), Call("max", (Num("0"), Neg(arg))))
        case Call(function, (arg,)):
            yield from (arg, Call(function, (Neg(arg),)), _sigmoid(arg))
            yield from (Call(other, (arg,)) for other in ("exp", "ln", "sqrt", "tanh") if other != function)
        case Choice(arg, then, otherwise, above):
            yield from (then, otherwise, arg, Choice(arg, otherwise, then, above))


def _sigmoid(arg: Formula) -> Formula:
    return Quotient(Num("1"), Sum((Num("1"), Call("exp", (Neg(arg),)))))


def _other_constant(_: Changes, row: int, part: Formula) -> Iterator[Formula]:  # noqa: ARG001
    """Another constant where one stands, or a factor 2 or 1/2 too many."""
    if isinstance(part, Num):
        yield from (Num(text) for text in ("0", "1", "2", "3") if text != part.text)
    else:
        yield from (Product((Num("2"), part)), Quotient(part, Num("2")))


def _point_moved(_: Changes, row: int, part: Formula) -> Iterator[Formula]:  # noqa: ARG001
    """A number read, or a part worked out, ten or a hundred times too large or too small."""
    if not isinstance(part, Num):
        yield from (Product((Num(text), part)) for text in ("0.01", "0.1", "10", "100"))


CHANGES: Final[Mapping[str, Options]] = {
    "another operation": _other_operation,
    "a sign turned": _sign,
    "upside down": _upside_down,
    "without brackets": _without_brackets,
    "a part left out": _left_out,
    "a part there twice": _there_twice,
    "another power": _other_power,
    "another function": _other_function,
    "another constant": _other_constant,
    "the point moved in a part": _point_moved,
    "the number of another unit": Changes.other_index,
    "another number of the unit": Changes.other_quantity,
}
"""The kinds of changes; `Changes` has those that need the plan."""
