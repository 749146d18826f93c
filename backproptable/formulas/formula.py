"""The expression tree of every formula on a sheet.

Why a small tree of our own and not SymPy's expressions: both were tried on the sigmoid and the
softmax step. SymPy keeps a textbook's order only while an expression is built unevaluated and
never touched again; putting one number into ``x_1 w_1 + x_2 w_2 + b`` moves the bias to the
front, and putting z into ``1/(1 + e^{-z})`` gives the answer instead of the line. This tree
keeps the order it is written in. SymPy still does the calculus (`backproptable.nets.calculus`), where
a formula is converted to SymPy, differentiated, and converted back through a whitelist.

A formula has no numbers of a sheet in it: it refers to cells, and its printers and evaluators ask
for what stands there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from backproptable.formulas.names import Address

__all__ = [
    "Call",
    "Choice",
    "Formula",
    "Neg",
    "Num",
    "Partial",
    "Power",
    "Product",
    "Quotient",
    "Ref",
    "Sigma",
    "Sum",
    "changed_once",
    "children",
    "difference",
    "put_in",
    "rebuilt",
    "references",
    "with_part",
    "with_parts",
]


@dataclass(frozen=True, slots=True)
class Num:
    """A constant of the rule itself, such as the 1 and the 2 of ``(y - a)^2 / 2``; only a limit may be negative."""

    text: str


@dataclass(frozen=True, slots=True)
class Ref:
    """The number in another cell. A plain string is a placeholder in a general formula."""

    to: Address | str

    @property
    def address(self) -> Address:
        """The cell it leads to. Raises `TypeError` for a placeholder."""
        if isinstance(self.to, str):
            raise TypeError(f"{self.to!r} is a placeholder, not a cell")
        return self.to


@dataclass(frozen=True, slots=True)
class Neg:
    """-x"""

    arg: Formula


@dataclass(frozen=True, slots=True)
class Sum:
    """x + y + ...; a `Neg` among the terms prints as a subtraction."""

    terms: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Product:
    """x * y * ..."""

    factors: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Quotient:
    """top / bottom"""

    top: Formula
    bottom: Formula


@dataclass(frozen=True, slots=True)
class Power:
    """base ^ exponent, with a whole exponent."""

    base: Formula
    exponent: int


@dataclass(frozen=True, slots=True)
class Call:
    """One of the functions exp, ln, sqrt, tanh, max; in wrong formulas tan, too."""

    function: str
    args: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """`then` where arg > above, else `otherwise`: the slope of ReLU, and the step function."""

    arg: Formula
    then: Formula
    otherwise: Formula
    above: Formula = Num("0")


@dataclass(frozen=True, slots=True)
class Sigma:
    """A sum over the letter `index`. Only in rules, never in a cell."""

    index: str
    body: Formula


@dataclass(frozen=True, slots=True)
class Partial:
    """The partial derivative of one cell by another, as a symbol. Only in rules."""

    of: Ref
    by: Ref


Formula = Num | Ref | Neg | Sum | Product | Quotient | Power | Call | Choice | Sigma | Partial


def children(formula: Formula) -> tuple[Formula, ...]:
    """The direct parts of a formula, in reading order."""
    match formula:
        case Num() | Ref():
            return ()
        case Neg(arg):
            return (arg,)
        case Sum(parts) | Product(parts) | Call(_, parts):
            return parts
        case Quotient(top, bottom):
            return (top, bottom)
        case Power(base, _):
            return (base,)
        case Choice(arg, then, otherwise, above):
            return (arg, then, otherwise, above)
        case Sigma(_, body):
            return (body,)
        case Partial(of, by):
            return (of, by)


def references(formula: Formula) -> Iterator[Address | str]:
    """What the formula refers to, in reading order, repeats included."""
    left = [formula]  # a stack, not recursion: every plan asks this of every formula, several times
    while left:
        part = left.pop()
        if isinstance(part, Ref):
            yield part.to
        else:
            left.extend(reversed(children(part)))


def rebuilt(formula: Formula, walk: Callable[[Formula], Formula]) -> Formula:
    """The same kind of node over what `walk` gives for each of its parts; a leaf is left alone."""
    match formula:
        case Neg(arg):
            return Neg(walk(arg))
        case Sum(terms):
            return Sum(tuple(map(walk, terms)))
        case Product(factors):
            return Product(tuple(map(walk, factors)))
        case Quotient(top, bottom):
            return Quotient(walk(top), walk(bottom))
        case Power(base, exponent):
            return Power(walk(base), exponent)
        case Call(function, args):
            return Call(function, tuple(map(walk, args)))
        case Choice(arg, then, otherwise, above):
            return Choice(walk(arg), walk(then), walk(otherwise), walk(above))
        case Sigma(index, body):
            return Sigma(index, walk(body))
        case Num() | Ref() | Partial():
            return formula


def changed_once(formula: Formula, change: Callable[[Formula], Iterable[Formula]]) -> Iterator[Formula]:
    """The formula with one of its parts, or the whole of it, changed: everything that `change` gives, in turn."""
    yield from change(formula)
    for place, part in enumerate(children(formula)):
        for other in changed_once(part, change):
            yield with_part(formula, place, other)


def with_part(formula: Formula, place: int, part: Formula) -> Formula:
    """The same formula with another of its direct parts, counted as `children` gives them."""
    places = iter(range(len(children(formula))))
    return rebuilt(formula, lambda own: part if next(places) == place else own)


def with_parts(formula: Formula, parts: Iterable[Formula]) -> Formula:
    """The same kind of node over other parts, in the order that `children` gives its own."""
    rest = iter(parts)
    return rebuilt(formula, lambda _: next(rest))


def put_in(formula: Formula, replace: Callable[[Ref], Formula]) -> Formula:
    """The same formula with every `Ref` replaced by what `replace` gives for it."""

    def walk(node: Formula) -> Formula:
        return replace(node) if isinstance(node, Ref) else rebuilt(node, walk)

    return walk(formula)


def difference(first: Formula, second: Formula) -> Sum:
    """First - second"""
    return Sum((first, Neg(second)))
