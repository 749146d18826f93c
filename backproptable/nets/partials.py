"""How a line's formula depends on one of its numbers.

Sums, products and quotients fold their derivatives: what stands beside the number is its derivative.
Where the number stands in a power, below a line or in a function, SymPy differentiates that part.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from backproptable.formulas.formula import Formula, Neg, Num, Product, Quotient, Ref, Sum, put_in, references
from backproptable.formulas.names import Address

__all__ = ["Part", "added", "is_constant", "multiplied", "partial"]

_ONE = Num("1")


class Part(NamedTuple):
    """A partial derivative."""

    formula: Formula
    folds: bool
    """Whether it is made of what stands beside the number, so that it needs no line of its own."""


def partial(formula: Formula, by: Address) -> Part | None:
    """The derivative of a line by a cell; None where the line does not depend on it."""
    match formula:
        case Ref(to):
            return Part(_ONE, folds=True) if to == by else None
        case Num():
            return None
        case Neg(arg):
            return _turned(partial(arg, by))
        case Sum(terms):
            parts = [part for term in terms if (part := partial(term, by))]
            return Part(added([part.formula for part in parts]), all(part.folds for part in parts)) if parts else None
        case Product(factors):
            depending = [place for place, factor in enumerate(factors) if by in references(factor)]
            if len(depending) == 1:
                inner = partial(factors[depending[0]], by)
                others = factors[: depending[0]] + factors[depending[0] + 1 :]
                return inner and Part(multiplied(*others, inner.formula), inner.folds)
        case Quotient(top, bottom) if by not in references(bottom):
            inner = partial(top, by)
            return inner and Part(_divided(inner.formula, bottom), inner.folds)
    return Part(_by_sympy(formula, by), folds=False) if by in references(formula) else None


def _turned(part: Part | None) -> Part | None:
    if part is None:
        return None
    return Part(part.formula.arg if isinstance(part.formula, Neg) else Neg(part.formula), part.folds)


def _divided(top: Formula, bottom: Formula) -> Formula:
    if isinstance(top, Neg):
        return Neg(_divided(top.arg, bottom))
    if isinstance(top, Product) and isinstance(bottom, Num) and bottom in top.factors:
        rest = list(top.factors)
        rest.remove(bottom)
        return multiplied(*rest)  # 2 (y - a) / 2 reads y - a
    return Quotient(top, bottom)


def added(terms: list[Formula]) -> Formula:
    """A sum, or its only term."""
    flat = [part for term in terms for part in (term.terms if isinstance(term, Sum) else (term,))]
    return flat[0] if len(flat) == 1 else Sum(tuple(flat))


def multiplied(*factors: Formula) -> Formula:
    """A product without factors of 1, its sign before it and what it is divided by below it."""
    signs = 0
    tops: list[Formula] = []
    bottoms: list[Formula] = []
    for factor in factors:
        one = factor
        while isinstance(one, Neg):
            signs += 1
            one = one.arg
        if isinstance(one, Quotient):
            bottoms.append(one.bottom)
            one = one.top
            while isinstance(one, Neg):
                signs += 1
                one = one.arg
        tops += one.factors if isinstance(one, Product) else (one,)
    tops = [one for one in tops if one != _ONE] or [_ONE]
    result: Formula = tops[0] if len(tops) == 1 else Product(tuple(tops))
    if bottoms:
        result = Quotient(result, bottoms[0] if len(bottoms) == 1 else Product(tuple(bottoms)))
    return Neg(result) if signs % 2 else result


def is_constant(formula: Formula) -> bool:
    """Whether it refers to no cell."""
    return next(references(formula), None) is None


def _by_sympy(formula: Formula, by: Address) -> Formula:
    """By SymPy, once for each shape of formula."""
    used = list(dict.fromkeys(to for to in references(formula) if isinstance(to, Address)))
    letters = {to: _letter(number) for number, to in enumerate(used)}
    shape = put_in(formula, lambda ref: Ref(letters[ref.address]))
    cells = {letter: Ref(to) for to, letter in letters.items()}
    return put_in(_of_shape(shape, letters[by]), lambda ref: cells[str(ref.to)])


def _letter(number: int) -> str:
    return f"r{number:03d}"


@lru_cache(maxsize=1000)
def _of_shape(shape: Formula, by: str) -> Formula:
    from backproptable.nets.by_sympy import derivative_of  # noqa: PLC0415 - heavy

    return derivative_of(shape, by)
