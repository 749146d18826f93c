"""Wrong formulas of school algebra: brackets lost, fractions turned over, one operation for another.

They can happen in any line, whatever it is about. Like all wrong formulas they take the line somebody
is working out and give what comes out instead; only verifying looks for them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from backproptable.formulas.formula import (
    Call,
    Formula,
    Neg,
    Num,
    Power,
    Product,
    Quotient,
    Ref,
    Sum,
    changed_once,
    rebuilt,
)
from backproptable.mistakes.wrong_formulas import Line
from backproptable.nets.draft import sum_of

__all__ = [
    "bracket_lost",
    "doubled_for_squared",
    "plus_for_times",
    "power_of_ten",
    "quotient_inverted",
    "sizes_added_up",
    "squares_added_wrongly",
    "term_missing",
    "term_moved",
    "term_turned",
    "times_for_plus",
]

_LN_TEN: Final = Call("ln", (Num("10"),))
_FACTORS: Final = (Num("10"), Num("100"))

Change = Callable[[Formula], Formula]


def bracket_lost(line: Line) -> Iterator[Formula]:
    """Worked from left to right as if there were no brackets: a (1 - b) as a · 1 - b."""

    def change(part: Formula) -> Iterator[Formula]:
        match part:
            case Product((*before, Sum((first, *others)))) if before:
                yield Sum((Product((*before, first)), *others))
            case Product((Sum((*others, last)), *behind)) if behind:
                yield Sum((*others, _behind(last, lambda arg: Product((arg, *behind)))))
            case Quotient(top, Sum((first, *others))):
                yield Sum((Quotient(top, first), *others))
            case Quotient(Sum((*others, last)), bottom):
                yield Sum((*others, _behind(last, lambda arg: Quotient(arg, bottom))))
            case Quotient(top, Product((first, *others))):
                yield Product((Quotient(top, first), *others))
            case Power(Sum((*others, last)), exponent):
                yield Sum((*others, _behind(last, lambda arg: Power(arg, exponent))))
            case Neg(Sum((first, *others))):
                yield Sum((Neg(first), *others))

    yield from changed_once(line.formula, change)


def _behind(last: Formula, work: Change) -> Formula:
    """The last term with what comes behind its bracket; its minus stays before it."""
    return Neg(work(last.arg)) if isinstance(last, Neg) else work(last)


def quotient_inverted(line: Line) -> Iterator[Formula]:
    """Below what belongs above."""

    def change(part: Formula) -> Iterator[Formula]:
        match part:
            case Quotient(top, bottom):
                yield Quotient(bottom, top)

    yield from changed_once(line.formula, change)


def doubled_for_squared(line: Line) -> Iterator[Formula]:
    """2 x where x^2 belongs."""

    def change(part: Formula) -> Formula:
        return Product((Num("2"), part.base)) if isinstance(part, Power) and part.exponent == 2 else part

    yield _everywhere(line.formula, change)


def power_of_ten(line: Line) -> Iterator[Formula]:
    """10^x where e^x belongs."""

    def change(part: Formula) -> Formula:
        match part:
            case Call("exp", (arg,)):
                return Call("exp", (Product((arg, _LN_TEN)),))
        return part

    yield _everywhere(line.formula, change)


def _everywhere(formula: Formula, change: Change) -> Formula:
    return change(rebuilt(formula, lambda part: _everywhere(part, change)))


def plus_for_times(line: Line) -> Iterator[Formula]:
    """A sum where a product belongs: in one place, or in every term."""

    def change(part: Formula) -> Iterator[Formula]:
        match part:
            case Product(factors):
                yield Sum(factors)

    yield from changed_once(line.formula, change)
    if isinstance(line.formula, Sum):
        parts = tuple(Sum(term.factors) if isinstance(term, Product) else term for term in line.formula.terms)
        yield Sum(parts)


def times_for_plus(line: Line) -> Iterator[Formula]:
    """A product where a sum belongs."""

    def change(part: Formula) -> Iterator[Formula]:
        match part:
            case Sum(terms):
                yield Product(terms)

    yield from changed_once(line.formula, change)


# --- one term of a sum ------------------------------------------------------------------------


def _changed_terms(line: Line, *changes: Change) -> Iterator[Formula]:
    """The sum with one of its terms changed."""
    match line.formula:
        case Sum(terms) if len(terms) > 1:
            for place, term in enumerate(terms):
                for change in changes:
                    yield Sum((*terms[:place], change(term), *terms[place + 1 :]))


def term_missing(line: Line) -> Iterator[Formula]:
    """One term left out."""
    match line.formula:
        case Sum(terms) if len(terms) > 2:
            yield from (sum_of([*terms[:place], *terms[place + 1 :]]) for place in range(len(terms)))


def term_turned(line: Line) -> Iterator[Formula]:
    """One term with the other sign."""
    yield from _changed_terms(line, lambda term: term.arg if isinstance(term, Neg) else Neg(term))


def term_moved(line: Line) -> Iterator[Formula]:
    """One term with its point moved, by one place or by two."""
    for factor in _FACTORS:
        yield from _changed_terms(line, partial(_times, factor), partial(_over, factor))


def _times(factor: Formula, term: Formula) -> Formula:
    return Product((factor, term))


def _over(factor: Formula, term: Formula) -> Formula:
    return Quotient(term, factor)


# --- sizes ------------------------------------------------------------------------------------


def sizes_added_up(line: Line) -> Iterator[Formula]:
    """The sum of the sizes |x| where the root of the sum of squares belongs."""
    match line.formula:
        case Call("sqrt", (Sum(terms),)):
            yield Sum(tuple(Call("sqrt", (term,)) for term in terms))


def squares_added_wrongly(line: Line) -> Iterator[Formula]:
    """The square of the sum where the sum of the squares belongs: what is left is |x + y|."""
    match line.formula:
        case Call("sqrt", (Sum(terms),)) if all(isinstance(term, Power) for term in terms):
            bases = tuple(term.base for term in terms if isinstance(term, Power) and isinstance(term.base, Ref))
            if len(bases) == len(terms):
                yield Call("sqrt", (Power(Sum(bases), 2),))
