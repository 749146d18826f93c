"""Wrong formulas of functions: another activation, another slope, softmax done halfway, another unit's number.

Only verifying looks for these.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
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
    difference,
    put_in,
)
from backproptable.formulas.names import Address
from backproptable.mistakes.wrong_formulas import Line
from backproptable.nets.draft import sum_of
from backproptable.nets.plan import Reason

__all__ = [
    "diagonal_twice",
    "leak_forgotten",
    "neighbours_slope",
    "neighbours_target",
    "other_activation",
    "other_slope",
    "output_without_exp",
    "size_for_relu",
    "softmax_index",
    "tan_for_tanh",
]

_ONE: Final = Num("1")


def _sigmoid(z: Formula) -> Formula:
    return Quotient(_ONE, Sum((_ONE, Call("exp", (Neg(z),)))))


def _z(line: Line) -> Ref:
    return line.ref("z", line.layer, *map(int, line.cell.address.units))


def _a(line: Line) -> Ref:
    return line.ref("a", line.layer, *map(int, line.cell.address.units))


def tan_for_tanh(line: Line) -> Iterator[Formula]:
    """The tangent where the hyperbolic one belongs."""
    if line.activation == "tanh" and line.family == "a":
        yield Call("tan", (_z(line),))


def other_activation(line: Line) -> Iterator[Formula]:
    """Another activation than the layer's."""
    others: dict[str, list[Formula]] = {
        "sigmoid": [Call("tanh", (_z(line),))],
        "tanh": [_sigmoid(_z(line))],
        "relu": [_sigmoid(_z(line)), Call("tanh", (_z(line),))],
        "leaky_relu": [_sigmoid(_z(line)), Call("tanh", (_z(line),))],
        "softmax": [_sigmoid(_z(line))],
    }
    if line.family == "a":
        yield from others.get(line.activation, [])


def size_for_relu(line: Line) -> Iterator[Formula]:
    """|z| where max(0, z) belongs."""
    if line.activation == "relu" and line.family == "a":
        yield Call("sqrt", (Power(_z(line), 2),))


def leak_forgotten(line: Line) -> Iterator[Formula]:
    """ReLU where leaky ReLU belongs, or its slope."""
    if line.activation != "leaky_relu":
        return
    if line.family == "a":
        yield Call("max", (Num("0"), _z(line)))
    elif isinstance(line.formula, Choice):
        yield Choice(line.formula.arg, line.formula.then, Num("0"))


def other_slope(line: Line) -> Iterator[Formula]:
    """The derivative of another activation, over the layer's own output."""
    if line.family != "da/dz":
        return
    a = _a(line)
    if line.activation == "sigmoid":
        yield difference(_ONE, Power(a, 2))
        yield difference(_ONE, a)
    elif line.activation == "tanh":
        yield Product((a, difference(_ONE, a)))
        yield difference(_ONE, a)


def softmax_index(line: Line) -> Iterator[Formula]:
    """A derivative of softmax with the output of another unit in it, or that of another place of the table."""
    address = line.cell.address
    if line.family != "da/dz" or line.activation != "softmax" or len(address.units) != 2:
        return
    k, m = map(int, address.units)
    units = list(line.net.units(line.layer))
    for other in units:
        if other not in (k, m):
            for source in (k, m):
                yield put_in(line.formula, partial(_moved, source=source, other=other))
    if k != m:
        yield Product((line.ref("a", line.layer, k), difference(_ONE, line.ref("a", line.layer, m))))
        yield Product((line.ref("a", line.layer, m), difference(_ONE, line.ref("a", line.layer, k))))
    else:
        yield Neg(Power(line.ref("a", line.layer, k), 2))


def _moved(ref: Ref, *, source: int, other: int) -> Ref:
    to = ref.address
    return Ref(to._replace(units=(other,))) if to.family == "a" and to.units == (source,) else ref


def diagonal_twice(line: Line) -> Iterator[Formula]:
    """Of softmax's derivatives only that of the output itself, and that twice."""
    if line.step.reason is Reason.CHAIN_PRODUCT and line.activation == "softmax" and "da/dz" in line.uses:
        unit = int(line.cell.address.units[0])
        slope = line.ref("da/dz", line.layer, unit, unit)
        yield Product((line.ref("dL/da", line.layer, unit), slope, slope))


def output_without_exp(line: Line) -> Iterator[Formula]:
    """In a derivative of the loss, softmax as shares of z, not of e^z."""
    if line.net.activation_of(line.net.last) != "softmax" or not line.is_of_the_loss:
        return
    layer = line.net.last

    def share(ref: Ref) -> Formula:
        to = ref.address
        if to.family != "a" or to.layer != layer:
            return ref
        sums = [Ref(to._replace(family="z", units=(unit,))) for unit in line.net.units(layer)]
        return Quotient(Ref(to._replace(family="z")), sum_of(sums))

    yield put_in(line.formula, share)


def neighbours_target(line: Line) -> Iterator[Formula]:
    """The target of another output."""
    if not line.is_of_the_loss or line.net.loss == "output":
        return
    count = len(line.net.units(line.net.last))
    for by in range(1, count):
        yield from line.moved(partial(_next_unit, family="y", by=by, count=count))


def neighbours_slope(line: Line) -> Iterator[Formula]:
    """The slope, or what reaches the unit, of another unit of the layer."""
    if line.step.reason is not Reason.CHAIN_PRODUCT or "da/dz" not in line.uses or line.activation == "softmax":
        return
    count = len(line.net.units(line.layer))
    for family in ("da/dz", "dL/da"):
        for by in range(1, count):
            yield from line.moved(partial(_next_unit, family=family, by=by, count=count))


def _next_unit(to: Address, *, family: str, by: int, count: int) -> Address:
    """The unit so many places further on, in cells of this family; after the last comes the first."""
    return to._replace(units=((int(to.units[0]) - 1 + by) % count + 1,)) if to.family == family else to
