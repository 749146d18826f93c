"""The numbers of a net on shapes alone: every line worked out for whole matrices at once, by NumPy.

What is added up over a letter is a product of two arrays, which goes to BLAS, or a plain sum. Everything
else goes entry by entry through the same compiled formulas as single cells do, so there is one definition
of every function and derivative (SymPy's, at the price of its import: a quarter of a second). Rounding
noise is taken from sums as it is for cells.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import numpy as np
from numpy.typing import NDArray

from backproptable.basics.errors import InputError, Problem
from backproptable.formulas.digits import rounded, settled, show, show_exact, show_given, without_noise
from backproptable.formulas.formula import Call, Formula, Power, Product, Ref, Sigma, Sum, put_in
from backproptable.formulas.names import Address, name_of
from backproptable.nets.plan import Digits
from backproptable.numbers.evaluate import Settle, compile_entrywise, settings_problems
from backproptable.numbers.matrix_givens import GivenMatrix
from backproptable.numbers.shapes import Line, Matrix, Shapes, letters_of, matrix_name

__all__ = ["MatrixSolution", "solve_matrices", "work_out"]

Array = NDArray[np.float64]

_DIGITS_OF_ONE_MINUS_A: Final = 14
"""In double precision 1 - a is certain to this many decimals: more is saturated."""


@dataclass(frozen=True)
class MatrixSolution:
    """The numbers of one training step. Arrays have the axes of `Matrix.sizes`, by the matrix's name."""

    shapes: Shapes
    figures: int
    carry: str
    givens: Mapping[str, GivenMatrix]
    exact: Mapping[str, Array]
    """The exact calculation, at full precision."""
    chosen: tuple[Address, ...]
    """The entries that are shown."""
    printed: Mapping[str, Array]
    """On paper: every number rounded once and worked on rounded ones. In full carry the exact calculation."""
    diverged: None = None
    """One update is no run."""

    def value(self, address: Address) -> float:
        """The number of a cell, at full precision."""
        return float(_at(self.exact, address))

    def text(self, address: Address) -> str:
        """The number of a cell as it is printed."""
        family, stem = address.family, matrix_name(address)
        if stem in self.givens:
            return show_given(self.givens[stem].number(letters_of(address)))
        number = float(_at(self.printed, address))
        step = self.shapes.matrices[stem].step
        digits = step.cells[0].digits if step else Digits.EXACT
        if digits is Digits.EXACT:
            return show_exact(Decimal(repr(number)), self.figures)
        if digits is Digits.EVERY_DECIMAL and self.carry == "paper":
            old, eta, gradient = (
                Decimal(self.text(part))
                for part in (
                    address._replace(primed=False),
                    Address("eta"),
                    address._replace(family=f"dL/d{family}", primed=False),
                )
            )
            return show_exact(old - eta * gradient, self.figures)
        return show(float(rounded(number, self.figures)), self.figures)


def solve_matrices(
    shapes: Shapes, givens: Mapping[str, GivenMatrix], chosen: tuple[Address, ...], *, figures: int, carry: str
) -> MatrixSolution:
    """Work out every matrix.

    Raises `InputError` for figures or a carry that do not exist, and where a number does not exist or is
    out of reach of double precision.
    """
    if problems := list(settings_problems(figures, carry)):
        raise InputError(problems)
    start = {name: given.values for name, given in givens.items()}
    exact = work_out(shapes, start, None)
    _refuse_undefined(shapes, exact, "Choose smaller weights or inputs.")
    _refuse_saturated(shapes, exact, figures)
    if carry == "full":
        return MatrixSolution(shapes, figures, carry, givens, exact, chosen, exact)
    printed = work_out(shapes, start, figures)
    remedy = f"At {figures} figures a number above it rounds to 0 or 1: ask for more figures, "
    _refuse_undefined(shapes, printed, remedy + 'or carry full precision (carry = "full").')
    return MatrixSolution(shapes, figures, carry, givens, exact, chosen, printed)


def work_out(shapes: Shapes, givens: Mapping[str, Array], figures: int | None) -> dict[str, Array]:
    """Every matrix by its name: exactly, or with each rounded to `figures` before the next line uses it.

    What does not exist comes out as infinities and NaN, silently.
    """
    arrays = dict(givens)
    with np.errstate(all="ignore"):
        for line in shapes.lines:
            work = _Work(shapes, line, arrays, without_noise if figures is None else settled)
            values = work.entries()
            if figures is not None and line.digits is Digits.FIGURES:
                values = rounded(values, figures)
            _put(arrays, shapes, line, values)
    return arrays


def _put(arrays: dict[str, Array], shapes: Shapes, line: Line, values: Array) -> None:
    """Store what a line gives: a matrix, or the diagonal of softmax derivatives."""
    name, units = matrix_name(line.result), line.result.units
    if len(units) == len(set(units)):
        on_the_diagonal = arrays.get(name)
        arrays[name] = values
        if on_the_diagonal is not None:  # the rule beside it comes second, and is for other entries only
            place = np.arange(values.shape[-1])
            values[..., place, place] = on_the_diagonal[..., place, place]
        return
    whole = np.zeros(shapes.matrices[name].sizes)
    place = np.arange(whole.shape[-1])
    whole[..., place, place] = values
    arrays[name] = whole


class _Work:
    """One line on its way to numbers. `axes` are the letters of its result."""

    def __init__(self, shapes: Shapes, line: Line, arrays: Mapping[str, Array], settle: Settle) -> None:
        self.formula, self.arrays, self.settle = line.formula, arrays, settle
        self.axes = "".join(dict.fromkeys(map(str, letters_of(line.result))))
        lengths = shapes.lengths(line.result)
        self.shape = tuple(lengths[letter] for letter in self.axes)

    def entries(self) -> Array:
        """The numbers of the whole line; an axis per letter."""
        parts: list[Array] = []

        def placed(part: Array) -> Ref:
            parts.append(part)
            return Ref(str(len(parts) - 1))

        def sums_out(node: Formula) -> Formula:
            match node:
                case Sigma():
                    return placed(self._added((node,)))
                case Sum(terms) if any(isinstance(term, Sigma) for term in terms):
                    return placed(self._added(terms))
                case Product(factors):
                    return Product(tuple(map(sums_out, factors)))
                case Call(function, args):
                    return Call(function, tuple(map(sums_out, args)))
            return node

        def matrices_out(ref: Ref) -> Ref:
            if isinstance(ref.to, str):  # a sum that is worked out already
                return ref
            return placed(self._aligned([_axes(ref)], [self.arrays[matrix_name(ref.address)]]))

        skeleton = put_in(sums_out(self.formula), matrices_out)
        if skeleton == Ref("0"):
            return parts[0]
        program = compile_entrywise(skeleton, self.settle)
        if not parts:  # a constant, such as the slope of the identity
            return np.full(self.shape, program(np.empty((0, 1))).item())
        table = np.array([np.broadcast_to(part, self.shape).ravel() for part in parts])
        return program(table).reshape(self.shape)

    def _added(self, terms: tuple[Formula, ...]) -> Array:
        """Sums over letters, and what stands beside them, without rounding noise."""
        total, size = np.zeros(self.shape), np.zeros(self.shape)
        for term in terms:
            factors = _factors(term)
            arrays = [self.arrays[matrix_name(ref.address)] for ref in factors]
            letters = list(map(_axes, factors))
            total += self._aligned(letters, arrays)
            size += self._aligned(letters, list(map(np.abs, arrays)))
        return self.settle(total, size)

    def _aligned(self, letters: list[str], arrays: list[Array]) -> Array:
        """The product of arrays with these axes, added up over the letters that the result has not.

        Its axes are those of the result, of length 1 where the arrays have none.
        """
        axes = "".join(letter for letter in self.axes if any(letter in own for own in letters))
        array = _contracted(letters, arrays, axes)
        return array.reshape([size if axis in axes else 1 for axis, size in zip(self.axes, self.shape, strict=True)])


def _contracted(letters: list[str], arrays: list[Array], axes: str) -> Array:
    """`numpy.einsum`; but two plain matrices go to BLAS with the rows of the result first.

    The other way round, which `einsum` may choose, BLAS takes fifty times as long where its threads wait for a
    busy core: few rows, many columns and a long sum are the worst that it can be asked for.
    """
    summed = set(letters[0]) & set(letters[-1]) - set(axes)
    if [len(own) for own in letters] == [2, 2] and len(summed) == 1 and len(axes) == 2:
        [inner] = summed
        (left, first), (right, second) = sorted(
            zip(letters, arrays, strict=True), key=lambda pair: axes[0] not in pair[0]
        )
        return np.tensordot(first, second, (left.index(inner), right.index(inner)))
    array: Array = np.einsum(f"{','.join(letters)}->{axes}", *arrays, optimize=True)
    return array


def _factors(term: Formula) -> tuple[Ref, ...]:
    """What a term multiplies and adds up: one matrix, two, or one by itself."""
    match term:
        case Sigma(_, body):
            return _factors(body)
        case Product(factors):
            return tuple(factor for factor in factors if isinstance(factor, Ref))
        case Power(Ref() as base, exponent):
            return (base,) * exponent
        case Ref():
            return (term,)
    raise TypeError(f"no product of matrices: {term}")


def _axes(ref: Ref) -> str:
    return "".join(map(str, letters_of(ref.address)))


def _at(arrays: Mapping[str, Array], address: Address) -> np.float64:
    number: np.float64 = arrays[matrix_name(address)][tuple(int(index) - 1 for index in letters_of(address))]
    return number


# --- what cannot be worked ---------------------------------------------------------------------


def _refuse_undefined(shapes: Shapes, arrays: Mapping[str, Array], remedy: str) -> None:
    for matrix in shapes.matrices.values():
        bad = ~np.isfinite(arrays[matrix.name])
        if bad.any():
            raise InputError([Problem(_first(shapes, matrix, bad), f"has no value here{_others(bad)}.", remedy)])


def _refuse_saturated(shapes: Shapes, exact: Mapping[str, Array], figures: int) -> None:
    """Outputs so near 1 (or, for sigmoid and softmax, so near 0) that double precision has lost their slope."""
    net, problems = shapes.net, []
    limited = ("sigmoid", "tanh") if net.layers[-1] == 1 else ("sigmoid", "tanh", "softmax")
    for layer, activation in enumerate(net.activations, start=1):
        if net.forward_only or activation not in limited:
            continue
        size = np.abs(exact[f"a{layer}"])
        bad = 1 - size < 10.0 ** (figures - _DIGITS_OF_ONE_MINUS_A)
        if activation != "tanh":
            bad |= size == 0
        if bad.any():
            what = f"is saturated{_others(bad)}: its derivative has no digits left."
            where = _first(shapes, shapes.matrices[f"a{layer}"], bad)
            problems.append(Problem(where, what, "Choose smaller weights or inputs."))
    if problems:
        raise InputError(problems)


def _first(shapes: Shapes, matrix: Matrix, bad: NDArray[np.bool_]) -> str:
    index = tuple(int(place) + 1 for place in np.argwhere(bad)[0]) if bad.ndim else ()
    return name_of(shapes.entry(matrix, index))


def _others(bad: NDArray[np.bool_]) -> str:
    """How many more numbers of the matrix it is said of."""
    more = int(bad.sum()) - 1
    return f", like {more:,} more of its matrix" if more else ""
