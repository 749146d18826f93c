r"""Formulas as text: TeX that survives GitHub's Markdown and compiles in LaTeX, and plain text.

A printer walks a formula in the order it is written and asks `ref` what to put for each cell: its
symbol, or a slot that a sheet's number will fill. `ref` is told the `Place` it stands in, because a
negative number needs brackets in most places and a symbol only under a power.

TeX is written once for both outputs. It avoids what Markdown parsers eat: no ``}_{`` (a space
after the underscore), no bars, no starred commands, no ``\,``, no row breaks, no bare < and >.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from itertools import pairwise
from typing import Final, Protocol

from backproptable.basics.errors import PlanError
from backproptable.formulas.formula import (
    Call,
    Choice,
    Formula,
    Neg,
    Num,
    Partial,
    Power,
    Product,
    Quotient,
    Ref,
    Sigma,
    Sum,
    children,
    difference,
)

__all__ = ["Place", "PrintRef", "RulePrinter", "plain", "tex"]


class Place(StrEnum):
    """Where in a formula a number or symbol stands."""

    OPEN = "open"
    """Nothing before it that a minus sign could collide with."""
    TIGHT = "tight"
    """After an operator: a negative number stands in brackets."""
    BASE = "base"
    """Under a power: anything but a plain number stands in brackets."""


PrintRef = Callable[[Ref, Place], str]

_LONG_ROOT: Final = 2
"""A root over more terms than this is written as a power of 1/2, which can run over a line's end."""
_LONG_TOP: Final = 3
"""A fraction over more numbers than these is written with a slash: a bar cannot run over a line's end."""
_LONGEST_WHOLE: Final = 3
"""A product of more factors may run over a line's end."""


class RulePrinter(Protocol):
    """Prints what only rules have: partial derivatives as symbols, and sums over letters."""

    def partial(self, of: Ref, by: Ref) -> str:
        """One cell's derivative by another."""

    def summed(self, index: str) -> str:
        """What stands below (and above) the sign of a sum over a letter, with its own ``_`` and ``^``."""


def tex(formula: Formula, ref: PrintRef, rules: RulePrinter | None = None) -> str:
    """The formula in TeX, without dollars."""

    def walk(node: Formula, place: Place = Place.OPEN) -> str:
        match node:
            case Num(text):
                return text
            case Ref():
                return ref(node, place)
            case Neg(arg):
                return f"-{operand(arg)}"
            case Sum(terms):
                return _signed(terms, leading, operand, keep_together=True)
            case Product(factors):
                return r" \cdot ".join(
                    factor(part, place if number == 0 else Place.TIGHT, last=number == len(factors) - 1)
                    for number, part in enumerate(factors)
                )
            case Quotient(top, bottom):
                return _fraction(walk(top), walk(bottom), long=_is_long(top) and isinstance(bottom, Num | Ref))
            case Power(base, exponent):
                inner = walk(base, Place.BASE) if isinstance(base, Num | Ref) else brackets(base)
                return f"{inner}^{{{exponent}}}"
            case Call("exp", (arg,)):
                return f"e^{{{walk(arg)}}}"
            case Call("sqrt", (Sum(terms) as arg,)) if len(terms) > _LONG_ROOT:
                return f"{brackets(arg)}^{{1/2}}"
            case Call("sqrt", (arg,)):
                return rf"\sqrt{{{walk(arg)}}}"
            case Call("ln" | "tanh" | "max" as function, args):
                inner = ", ".join(map(walk, args))
                return rf"\{function}\Bigl({inner}\Bigr)" if any(map(_tall, args)) else rf"\{function}({inner})"
            case Choice(arg, then, otherwise, above):
                return rf"{walk(then)} \text{{ if }} {walk(arg)} \gt {walk(above)} \text{{ else }} {walk(otherwise)}"
            case Sigma(index, body) if rules is not None:
                return rf"\sum{rules.summed(index)} {factor(body, Place.TIGHT, last=True)}"
            case Partial(of, by) if rules is not None:
                return rules.partial(of, by)
        raise PlanError(f"no TeX for {node}")

    def leading(term: Formula) -> str:
        """The first term of a sum: of a choice, what follows would belong to its last branch."""
        return brackets(term) if isinstance(term, Choice) else walk(term)

    def factor(node: Formula, place: Place, *, last: bool) -> str:
        loose = isinstance(node, Sum | Neg | Choice) or (isinstance(node, Sigma) and not last)
        return brackets(node) if loose else walk(node, place)

    def operand(node: Formula) -> str:
        return factor(node, Place.TIGHT, last=True)

    def brackets(node: Formula) -> str:
        return rf"\Bigl({walk(node)}\Bigr)" if _tall(node) else f"({walk(node)})"

    return walk(formula)


def _fraction(top: str, bottom: str, *, long: bool) -> str:
    """With a bar, or in a line, which can run over its end."""
    return rf"({top}) / {bottom}" if long else rf"\dfrac{{{top}}}{{{bottom}}}"


def _is_long(formula: Formula) -> bool:
    """Whether it is a sum that has to be able to run over a line's end."""
    return isinstance(formula, Sum) and _leaves(formula) > _LONG_TOP


def _leaves(formula: Formula) -> int:
    """How many numbers and symbols a formula is written with."""
    return sum(map(_leaves, children(formula))) or 1


def _tall(formula: Formula) -> bool:
    """Whether ordinary brackets look too small around it. (TeX never breaks lines inside a fitted pair.)"""
    return isinstance(formula, Quotient | Sigma | Partial) or any(map(_tall, children(formula)))


def plain(formula: Formula, ref: PrintRef) -> str:
    """The formula as plain text, in the arithmetic that the answer reader knows.

    That arithmetic has no "if": x > 0 is written 1 - 0^max(0, x), which is 1 above 0 and else 0.
    """

    def walk(node: Formula, place: Place = Place.OPEN) -> str:
        match node:
            case Num(text):
                return text
            case Ref():
                return ref(node, place)
            case Neg(arg):
                return f"-{factor(arg, Place.TIGHT)}"
            case Sum(terms):
                return _signed(terms, walk, lambda term: factor(term, Place.TIGHT))
            case Product(factors):
                first, *others = factors
                return " * ".join([factor(first, place), *(factor(other, Place.TIGHT) for other in others)])
            case Quotient(top, bottom):
                below = (
                    walk(bottom, Place.TIGHT) if isinstance(bottom, Num | Ref | Power | Call) else f"({walk(bottom)})"
                )
                return f"{factor(top, place)} / {below}"
            case Power(base, exponent):
                inner = walk(base, Place.BASE) if isinstance(base, Num | Ref) else f"({walk(base)})"
                return f"{inner}^{exponent}"
            case Call("exp", (arg,)):
                return f"e^({walk(arg)})"
            case Call("ln" | "sqrt" | "tanh" | "max" as function, args):
                return f"{function}({', '.join(map(walk, args))})"
            case Choice(arg, then, otherwise, above):
                above_zero = f"(1 - 0^max(0, {walk(_over(arg, above))}))"
                if (then, otherwise) == (Num("1"), Num("0")):
                    return above_zero[1:-1]
                return f"{walk(otherwise)} + ({walk(then)} - {walk(otherwise)}) * {above_zero}"
        raise PlanError(f"no plain text for {node}")

    def factor(node: Formula, place: Place) -> str:
        return f"({walk(node)})" if isinstance(node, Sum | Neg | Choice) else walk(node, place)

    return walk(formula)


def _over(arg: Formula, limit: Formula) -> Formula:
    """By how much `arg` is above a limit, which is the one constant that may be negative."""
    match limit:
        case Num("0"):
            return arg
        case Num(text) if text.startswith("-"):
            return Sum((arg, Num(text[1:])))
    return difference(arg, limit)


def _signed(
    terms: tuple[Formula, ...],
    first: Callable[[Formula], str],
    operand: Callable[[Formula], str],
    *,
    keep_together: bool = False,
) -> str:
    """Terms joined by + and -. In TeX a braced product is not broken at the end of a line."""

    def whole(term: Formula, text: str) -> str:
        is_short = isinstance(term, Product) and len(term.factors) <= _LONGEST_WHOLE
        is_short = is_short and not any(map(_is_long, children(term)))
        return f"{{{text}}}" if keep_together and is_short else text

    parts = [whole(terms[0], first(terms[0]))]
    for _, term in pairwise(terms):
        if isinstance(term, Neg):
            parts.append(f" - {whole(term.arg, operand(term.arg))}")
        else:
            parts.append(f" + {whole(term, operand(term))}")
    return "".join(parts)
