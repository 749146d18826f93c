"""Array expressions as arrays of formulas, one per entry, in the order a textbook writes them.

The shapes come with the arrays: what does not fit is told with both shapes and its place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product
from typing import Any, Final

import numpy as np

from backproptable.formulas.formula import Call, Choice, Formula, Neg, Num, Power, Product, Quotient, Sum, difference
from backproptable.nets.recipes.syntax import (
    Add,
    Apply,
    At,
    Divide,
    Expression,
    Index,
    MatMul,
    Name,
    Negative,
    Number,
    Option,
    Raised,
    Times,
    Transposed,
)

__all__ = ["ARRAY_FUNCTIONS", "ELEMENTARY", "Entries", "RecipeFault", "as_entries", "entries_of", "shown_shape"]

Entries = Any
"""A NumPy array of formulas, whose types know nothing of what is in it; a scalar has the shape ()."""

ELEMENTARY: Final = ("exp", "ln", "sqrt")
"""Functions that may stay inside a longer line, as textbooks write them: -y ln(a)."""

Look = Callable[[Name | Index], Entries]
"""What stands under a name."""


class RecipeFault(Exception):  # noqa: N818 - told as a `Problem`, never raised to the user
    """What does not fit in a line, and where."""

    def __init__(self, at: At, what: str, remedy: str = "") -> None:
        super().__init__(what)
        self.at, self.what, self.remedy = at, what, remedy


def shown_shape(entries: Entries) -> str:
    """A shape as people write it: ``a number``, ``[3]``, ``[2, 3]``."""
    return str(list(entries.shape)) if entries.shape else "a number"


def as_entries(shape: tuple[int, ...], make: Callable[[tuple[int, ...]], Formula]) -> Entries:
    """An array of what `make` gives for each index, counted from 1."""
    entries = np.empty(shape, dtype=object)
    for place in np.ndindex(shape):
        entries[place] = make(tuple(one + 1 for one in place))
    return entries


def entries_of(expression: Expression, look: Look) -> Entries:
    """The formula of every entry. Raises `RecipeFault` for shapes that do not fit."""

    def walk(part: Expression) -> Entries:
        return entries_of(part, look)

    match expression:
        case Number(text):
            return _scalar(Num(text))
        case Name() | Index():
            return look(expression)
        case Negative(arg):
            return _each(Neg, walk(arg))
        case Transposed(arg, at):
            entries = walk(arg)
            if entries.ndim not in (1, 2):
                raise RecipeFault(at, f"{shown_shape(entries)} cannot be transposed.", "Only a matrix can.")
            return entries.reshape(-1, 1) if entries.ndim == 1 else entries.T
        case Add(left, right, minus, at):
            return _pairwise(_minus if minus else _plus, walk(left), walk(right), "-" if minus else "+", at)
        case Times(left, right, at):
            return _pairwise(_times, walk(left), walk(right), "*", at)
        case Divide(top, bottom, at):
            return _pairwise(Quotient, walk(top), walk(bottom), "/", at)
        case Raised(base, exponent):
            return _each(lambda one: one if exponent == 1 else Power(one, exponent), walk(base))
        case MatMul(left, right, at):
            return _matmul(walk(left), walk(right), at)
        case Apply(function, (arg,)) if function in ELEMENTARY:
            return _each(lambda one: Call(function, (one,)), walk(arg))
        case Apply(function, args, options, at, rows):
            if function not in ARRAY_FUNCTIONS:
                raise RecipeFault(at, f"{function} is of {len(args)} arrays.", "It takes 1.")
            build = ARRAY_FUNCTIONS[function]
            return build([walk(arg) for arg in args], dict(options), at, rows)
    raise TypeError(f"no entries for {expression}")


def _scalar(formula: Formula) -> Entries:
    entries = np.empty((), dtype=object)
    entries[()] = formula
    return entries


def _each(function: Callable[[Any], Formula], entries: Entries) -> Entries:
    result = np.empty(entries.shape, dtype=object)
    for place in np.ndindex(entries.shape):
        result[place] = function(entries[place])
    return result


def _pairwise(function: Callable[[Any, Any], Formula], left: Entries, right: Entries, sign: str, at: At) -> Entries:
    if left.shape != right.shape and 1 not in (left.size, right.size):
        what = f"{sign!r} stands between {shown_shape(left)} and {shown_shape(right)}."
        remedy = "Both must have one shape, or one of them be a number."
        if sign == "*" and left.shape[-1:] == right.shape[:1]:
            remedy += " The product of matrices has no sign: A B."
        raise RecipeFault(at, what, remedy)
    shape = left.shape if left.size > 1 or (right.size == 1 and left.ndim >= right.ndim) else right.shape
    result = np.empty(shape, dtype=object)
    for place in np.ndindex(shape):
        one = left[place] if left.size > 1 else left.reshape(-1)[0]
        other = right[place] if right.size > 1 else right.reshape(-1)[0]
        result[place] = function(one, other)
    return result


def _terms(formula: Formula) -> tuple[Formula, ...]:
    return formula.terms if isinstance(formula, Sum) else (formula,)


def _plus(left: Formula, right: Formula) -> Formula:
    return Sum((*_terms(left), *_terms(right)))


def _minus(left: Formula, right: Formula) -> Formula:
    if isinstance(right, Neg):
        return _plus(left, right.arg)
    return Sum((*_terms(left), Neg(right)))


_NOTHING: Final = Num("0")
"""What a mask leaves: it drops out of products and sums."""


def _times(left: Formula, right: Formula) -> Formula:
    if _NOTHING in (left, right):
        return _NOTHING
    first = left.factors if isinstance(left, Product) else (left,)
    second = right.factors if isinstance(right, Product) else (right,)
    return Product((*first, *second))


def _sum(formulas: list[Formula]) -> Formula:
    terms = [term for formula in formulas for term in _terms(formula) if term != _NOTHING] or [_NOTHING]
    return terms[0] if len(terms) == 1 else Sum(tuple(terms))


def _matmul(left: Entries, right: Entries, at: At) -> Entries:
    if left.ndim not in (1, 2) or right.ndim not in (1, 2) or left.shape[-1] != right.shape[0]:
        what = f"the product of matrices stands between {shown_shape(left)} and {shown_shape(right)}."
        remedy = "The last number of the first must be the first of the second; entry by entry is A * B."
        raise RecipeFault(at, what, remedy)
    rows = left.reshape(1, -1) if left.ndim == 1 else left
    columns = right.reshape(-1, 1) if right.ndim == 1 else right
    result = np.empty((rows.shape[0], columns.shape[1]), dtype=object)
    for row, column in np.ndindex(result.shape):
        result[row, column] = _sum([_times(*pair) for pair in zip(rows[row], columns[:, column], strict=True)])
    return result.reshape(left.shape[:-1] + right.shape[1:])


# --- functions of whole arrays -----------------------------------------------------------------

Build = Callable[[list[Entries], dict[str, Option], At, tuple[int, ...]], Entries]


def _checked(
    name: str, count: int | None, options: Mapping[str, Option] | None = None, *, listed: bool = False
) -> Callable[[Callable[..., Entries]], Build]:
    """A builder that is called with as many arrays as it takes, and with the options it knows."""

    def wrap(build: Callable[..., Entries]) -> Build:
        def checked(args: list[Entries], given: dict[str, Option], at: At, rows: tuple[int, ...]) -> Entries:
            if (count is None and not args) or (count is not None and len(args) != count):
                raise RecipeFault(at, f"{name} is of {len(args)} arrays.", f"It takes {count or 'one or more'}.")
            if bool(rows) != listed:
                raise RecipeFault(at, f"{name} {'needs' if listed else 'takes no'} list of rows.", "")
            if unknown := given.keys() - (options or {}).keys():
                known = f"Known: {', '.join(options)}." if options else "It has none."
                raise RecipeFault(at, f"{name} has no option {sorted(unknown)[0]}.", known)
            for key, value in given.items():
                usual = (options or {})[key]
                if type(value) is not type(usual):
                    raise RecipeFault(at, f"{key} is {value!r}.", f"Write it like {key}={usual}.")
            extra = {"at": at, "rows": rows} if listed else {"at": at}
            return build(*([args] if count is None else args), **{**(options or {}), **given}, **extra)

        ARRAY_FUNCTIONS[name] = checked
        return checked

    return wrap


ARRAY_FUNCTIONS: dict[str, Build] = {}
"""Functions whose entries are formulas over the entries of what they are of: by name."""


@_checked("sum", 1)
def _sum_all(entries: Entries, *, at: At) -> Entries:
    del at
    return _scalar(_sum(list(entries.reshape(-1))))


@_checked("mean", 1)
def _mean_all(entries: Entries, *, at: At) -> Entries:
    del at
    return _scalar(_mean(list(entries.reshape(-1))))


def _mean(formulas: list[Formula]) -> Formula:
    return _sum(formulas) if len(formulas) == 1 else Quotient(_sum(formulas), Num(str(len(formulas))))


@_checked("concat", None)
def _concat(arrays: list[Entries], *, at: At) -> Entries:
    if any(array.ndim != arrays[0].ndim or array.shape[:-1] != arrays[0].shape[:-1] for array in arrays) or not (
        arrays[0].ndim
    ):
        shapes = " and ".join(map(shown_shape, arrays))
        raise RecipeFault(at, f"concat is of {shapes}.", "All but the last number must be the same.")
    return np.concatenate(arrays, axis=-1)


@_checked("flatten", 1)
def _flatten(entries: Entries, *, at: At) -> Entries:
    del at
    return entries.reshape(-1)


@_checked("lookup", 1, listed=True)
def _lookup(entries: Entries, *, at: At, rows: tuple[int, ...]) -> Entries:
    if entries.ndim != 2 or not all(1 <= row <= entries.shape[0] for row in rows):
        what = f"lookup takes rows {list(rows)} of {shown_shape(entries)}."
        raise RecipeFault(at, what, "Name rows of a matrix, counted from 1.")
    return entries[[row - 1 for row in rows]]


def windows(shape: tuple[int, ...], size: tuple[int, ...], stride: int, padding: int) -> Any:
    """The places of every window, by the window's own place: those outside the array are left out."""
    counts = [(length + 2 * padding - width) // stride + 1 for length, width in zip(shape, size, strict=True)]
    for out in product(*map(range, counts)):
        inside = []
        for offset in product(*map(range, size)):
            place = tuple(one * stride + step - padding for one, step in zip(out, offset, strict=True))
            if all(0 <= one < length for one, length in zip(place, shape, strict=True)):
                inside.append((offset, place))
        yield out, inside


def _fits(shape: tuple[int, ...], size: tuple[int, ...], stride: int, padding: int, at: At, name: str) -> None:
    if (
        stride < 1
        or padding < 0
        or any(width > length + 2 * padding for length, width in zip(shape, size, strict=True))
    ):
        what = f"a {name} of {list(size)} does not fit into {list(shape)} with stride {stride} and padding {padding}."
        raise RecipeFault(at, what, "Make it smaller, or the padding larger.")
    if any(padding >= width for width in size):
        raise RecipeFault(at, f"a padding of {padding} leaves windows with nothing in them.", "Make it smaller.")


@_checked("conv", 2, {"stride": 1, "padding": 0})
def _conv(entries: Entries, kernel: Entries, *, stride: int, padding: int, at: At) -> Entries:
    """Cross-correlation, as every deep-learning library has it: the kernel is not turned round."""
    plain = entries.ndim == kernel.ndim in (1, 2)
    channels = kernel.ndim == entries.ndim + 1 and entries.ndim in (2, 3) and kernel.shape[1] == entries.shape[0]
    if not plain and not channels:
        what = f"conv is of {shown_shape(entries)} and a kernel of {shown_shape(kernel)}."
        remedy = (
            "Both have one or two numbers, or the array has its channels first and the kernel outputs and channels."
        )
        raise RecipeFault(at, what, remedy)
    source = entries[None] if plain else entries
    filters = kernel[None, None] if plain else kernel
    space, size = source.shape[1:], filters.shape[2:]
    _fits(space, size, stride, padding, at, "kernel")
    counts = [(length + 2 * padding - width) // stride + 1 for length, width in zip(space, size, strict=True)]
    result = np.empty((filters.shape[0], *counts), dtype=object)
    for out, inside in windows(space, size, stride, padding):
        for number in range(filters.shape[0]):
            result[(number, *out)] = _sum(
                [
                    _times(source[(channel, *place)], filters[(number, channel, *offset)])
                    for channel in range(source.shape[0])
                    for offset, place in inside
                ]
            )
    return result[0] if plain else result


@_checked("avg_pool", 1, {"size": 2, "stride": 0})
def _avg_pool(entries: Entries, *, size: int, stride: int, at: At) -> Entries:
    return pooled(entries, size, stride, at, _mean)


def pooled(entries: Entries, size: int, stride: int, at: At, one: Callable[[list[Formula]], Formula]) -> Entries:
    """What `one` makes of every window of a line, of a plane, or of each channel of planes."""
    if entries.ndim not in (1, 2, 3):
        raise RecipeFault(at, f"{shown_shape(entries)} cannot be pooled.", "A line or a plane can, or planes.")
    planes = entries if entries.ndim == 3 else entries[None]
    space = planes.shape[1:]
    sizes, stride = (size,) * len(space), stride or size
    _fits(space, sizes, stride, 0, at, "window")
    counts = [(length - width) // stride + 1 for length, width in zip(space, sizes, strict=True)]
    result = np.empty((planes.shape[0], *counts), dtype=object)
    for channel in range(planes.shape[0]):
        for out, inside in windows(space, sizes, stride, 0):
            result[(channel, *out)] = one([planes[(channel, *place)] for _, place in inside])
    return result if entries.ndim == 3 else result[0]


# --- losses ------------------------------------------------------------------------------------

_TWO, _ONE, _ZERO = Num("2"), Num("1"), Num("0")


def _log(one: Formula) -> Formula:
    return Call("ln", (one,))


def _loss_terms(term: Callable[[Any, Any], Formula]) -> Callable[..., Entries]:
    def build(target: Entries, output: Entries, *, at: At) -> Entries:
        return _scalar(_sum(list(_pairwise(term, target, output, ",", at).reshape(-1))))

    return build


def _mse(target: Entries, output: Entries, *, at: At) -> Entries:
    return _scalar(_mean(list(_pairwise(_squared, target, output, ",", at).reshape(-1))))


def _squared(y: Formula, a: Formula) -> Formula:
    return Power(difference(y, a), 2)


def _binary(y: Formula, a: Formula) -> Formula:
    rest = Product((difference(_ONE, y), _log(difference(_ONE, a))))
    return Neg(Sum((Product((y, _log(a))), rest)))


def _hinge(y: Formula, a: Formula) -> Formula:
    return Call("max", (_ZERO, difference(_ONE, Product((y, a)))))


def _huber(y: Formula, a: Formula) -> Formula:
    """With delta = 1 (Huber 1964): half the square up to a distance of 1, beyond it the distance less one half."""
    off = difference(a, y)
    square = Quotient(Power(off, 2), _TWO)
    half = Quotient(_ONE, _TWO)
    return Choice(off, difference(off, half), Choice(off, square, difference(Neg(off), half), Num("-1")), Num("1"))


for _name, _term in {
    "half_sse": lambda y, a: Quotient(_squared(y, a), _TWO),
    "sse": _squared,
    "cross_entropy": lambda y, a: Neg(Product((y, _log(a)))),
    "binary_cross_entropy": _binary,
    "hinge": _hinge,
    "huber": _huber,
}.items():
    _checked(_name, 2)(_loss_terms(_term))
_checked("mse", 2)(_mse)
