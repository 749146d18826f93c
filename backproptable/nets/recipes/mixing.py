"""Functions each of whose outputs depends on several inputs: softmax, normalisations, maxima.

They are worked in lines of their own (the exponentials, their sum, the shares), and on the way back
each has a matrix of derivatives, a Jacobian, over numbers that are there already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

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
    Sum,
    difference,
    put_in,
)
from backproptable.nets.calculus import softmax_derivative
from backproptable.nets.plan import Reason
from backproptable.nets.recipes.arrays import Entries, RecipeFault, pooled, shown_shape
from backproptable.nets.recipes.syntax import At, Option

__all__ = ["MIXING", "Entry", "Mixed", "Mixing"]

Place = tuple[int, ...]
"""The index of an entry, counted from 0."""


class Entry(NamedTuple):
    """One entry of a Jacobian that is not 0 everywhere."""

    output: Place
    source: Place
    formula: Formula


New = Callable[[str, Reason, Entries], Entries]
"""Gives lines of their own to helping numbers, named by a letter: returns what refers to them."""
Jacobian = Callable[[Entries], Iterator[Entry]]
"""Of what refers to the outputs."""


class Mixed(NamedTuple):
    """A function worked out for one array."""

    outputs: Entries
    jacobian: Jacobian


@dataclass(frozen=True, slots=True)
class Mixing:
    """A row of the table."""

    build: Callable[..., Mixed]
    """Takes what refers to the inputs, `New`, the place in the text, and the options."""
    options: dict[str, Option]
    """With what they are otherwise."""
    slopes_are_exact: bool = False
    """Whether its derivatives are 0 and 1, as those of a maximum."""


def _rows(entries: Entries) -> Iterator[Place]:
    """The places of the rows along the last index."""
    return np.ndindex(entries.shape[:-1])


def _softmax(inputs: Entries, new: New, at: At, *, causal: bool) -> Mixed:
    """Along the last index; `causal`: entry j of row i counts only up to j = i, as in a decoder's attention."""
    if not inputs.ndim or (causal and (inputs.ndim != 2 or inputs.shape[0] != inputs.shape[1])):
        wanted = "a square matrix" if causal else "a row or a matrix"
        raise RecipeFault(at, f"softmax is of {shown_shape(inputs)}.", f"It takes {wanted}.")

    def counts(place: Place) -> bool:
        return not causal or place[-1] <= place[-2]

    exponentials = np.empty(inputs.shape, dtype=object)
    for place in np.ndindex(inputs.shape):
        exponentials[place] = Call("exp", (inputs[place],)) if counts(place) else None
    e = new("e", Reason.EXPONENTIAL, exponentials)
    sums = np.empty(inputs.shape[:-1], dtype=object)
    for row in _rows(inputs):
        sums[row] = _sum([one for one in e[row] if one is not None])
    totals = new("S", Reason.EXP_SUM, sums)
    outputs = np.empty(inputs.shape, dtype=object)
    for place in np.ndindex(inputs.shape):
        outputs[place] = Quotient(e[place], totals[place[:-1]]) if counts(place) else Num("0")

    def jacobian(a: Entries) -> Iterator[Entry]:
        for row in _rows(inputs):
            width = [k for k in range(inputs.shape[-1]) if counts((*row, k))]
            for k in width:
                for m in width:
                    form = softmax_derivative(k == m).forms[-1]
                    cells = {"a_k": a[(*row, k)], "a_m": a[(*row, m)]}
                    yield Entry((*row, k), (*row, m), put_in(form, lambda ref, cells=cells: cells[str(ref.to)]))  # type: ignore[misc]

    return Mixed(outputs, jacobian)


def _sum(terms: list[Formula]) -> Formula:
    return terms[0] if len(terms) == 1 else Sum(tuple(terms))


def _mean(terms: list[Formula]) -> Formula:
    return _sum(terms) if len(terms) == 1 else Quotient(_sum(terms), Num(str(len(terms))))


def _normalised(axis: int) -> Callable[..., Mixed]:
    """(z - mean) / sd along an index; the variance is divided by the count (Ba et al. 2016; Ioffe and Szegedy 2015)."""

    def build(inputs: Entries, new: New, at: At, *, epsilon: str | int) -> Mixed:
        if inputs.ndim not in (1, 2) or (axis == 0 and inputs.ndim != 2) or inputs.shape[axis] < 2:
            wanted = "a row or a matrix with two columns or more" if axis else "a matrix with two rows or more"
            raise RecipeFault(at, f"a normalisation is of {shown_shape(inputs)}.", f"It takes {wanted}.")
        lines = inputs if axis else inputs.T
        lines = lines.reshape(-1, lines.shape[-1])
        count = Num(str(lines.shape[1]))
        means = new("mean", Reason.WEIGHTED_SUM, _column([_mean(list(row)) for row in lines]))
        squares = [
            _mean([Power(difference(one, mean), 2) for one in row]) for row, mean in zip(lines, means, strict=True)
        ]
        variances = new("var", Reason.WEIGHTED_SUM, _column(squares))
        inner = [one if str(epsilon) == "0" else Sum((one, Num(str(epsilon)))) for one in variances]
        deviations = new("sd", Reason.ACTIVATION, _column([Call("sqrt", (one,)) for one in inner]))
        outputs = np.empty(lines.shape, dtype=object)
        for row, column in np.ndindex(lines.shape):
            outputs[row, column] = Quotient(difference(lines[row, column], means[row]), deviations[row])

        def placed(row: int, column: int) -> Place:
            return (column,) if inputs.ndim == 1 else (row, column) if axis else (column, row)

        def jacobian(n: Entries) -> Iterator[Entry]:
            for row in range(lines.shape[0]):
                for k in range(lines.shape[1]):
                    for m in range(lines.shape[1]):
                        product = Product((n[placed(row, k)], n[placed(row, m)]))
                        share, less = Quotient(Num("1"), count), Quotient(product, count)
                        top = Sum((Num("1"), Neg(share), Neg(less))) if k == m else Neg(Sum((share, less)))
                        yield Entry(placed(row, k), placed(row, m), Quotient(top, deviations[row]))

        shaped = outputs[0] if inputs.ndim == 1 else outputs if axis else outputs.T
        return Mixed(shaped, jacobian)

    return build


def _column(formulas: list[Formula]) -> Entries:
    entries = np.empty(len(formulas), dtype=object)
    entries[:] = formulas
    return entries


def _variance(inputs: Entries, new: New, at: At) -> Mixed:
    """Divided by the count of the entries."""
    if inputs.size < 2:
        raise RecipeFault(at, "the variance of one number is 0.", "Give it an array.")
    mean = new("mean", Reason.WEIGHTED_SUM, _column([_mean(list(inputs.reshape(-1)))]))[0]
    squares: list[Formula] = [Power(difference(one, mean), 2) for one in inputs.reshape(-1)]
    share = Quotient(Num("2"), Num(str(inputs.size)))
    output = np.empty((), dtype=object)
    output[()] = _mean(squares)

    def jacobian(_: Entries) -> Iterator[Entry]:
        for place in np.ndindex(inputs.shape):
            yield Entry((), place, Product((share, difference(inputs[place], mean))))

    return Mixed(output, jacobian)


def _largest(ones: list[Formula]) -> Formula:
    return ones[0] if len(ones) == 1 else Call("max", tuple(ones))


def _slopes(output: Place, members: dict[Place, Formula]) -> Iterator[Entry]:
    """1 for the largest, else 0; where several are the largest nobody can say, and sheets avoid it."""
    for place, one in members.items():
        others = [other for at, other in members.items() if at != place]
        formula = Choice(difference(one, _largest(others)), Num("1"), Num("0")) if others else Num("1")
        yield Entry(output, place, formula)


def _maximum(inputs: Entries, new: New, at: At) -> Mixed:
    del new, at
    output = np.empty((), dtype=object)
    output[()] = _largest(list(inputs.reshape(-1)))
    members = {place: inputs[place] for place in np.ndindex(inputs.shape)}
    return Mixed(output, lambda _: _slopes((), members))


def _max_pool(inputs: Entries, new: New, at: At, *, size: int, stride: int) -> Mixed:
    del new
    where = {id(inputs[place]): place for place in np.ndindex(inputs.shape)}
    outputs = pooled(inputs, size, stride, at, _largest)

    def jacobian(_: Entries) -> Iterator[Entry]:
        for place in np.ndindex(outputs.shape):
            formula = outputs[place]
            members: tuple[Formula, ...] = formula.args if isinstance(formula, Call) else (formula,)
            yield from _slopes(place, {where[id(one)]: one for one in members})

    return Mixed(outputs, jacobian)


MIXING: Final[dict[str, Mixing]] = {
    "softmax": Mixing(_softmax, {"causal": False}),
    "layer_norm": Mixing(_normalised(-1), {"epsilon": "0"}),
    "batch_norm": Mixing(_normalised(0), {"epsilon": "0"}),
    "var": Mixing(_variance, {}),
    "max": Mixing(_maximum, {}, slopes_are_exact=True),
    "max_pool": Mixing(_max_pool, {"size": 2, "stride": 0}, slopes_are_exact=True),
}
"""By the name that stands in a recipe."""
