"""A net on shapes alone: its training step as lines between whole matrices, and no cell of them built.

The rules of a step are the same however many units a layer has. So the plan is derived for a sketch of the
net, which shows only its first units, and read for its rules with letters (``z1[s,j] = sum over i of
x[s,i] * W1[i,j], + b1[j]``): the letters say which axes a matrix has, and the net how long they are. From
that follow the shapes of every product, its multiplications, and the formula of any entry.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cached_property, reduce
from itertools import product
from math import prod
from typing import Final

from backproptable.basics.errors import InputError, Problem
from backproptable.formulas.formula import (
    Formula,
    Power,
    Product,
    Ref,
    Sigma,
    Sum,
    children,
    put_in,
    rebuilt,
    references,
)
from backproptable.formulas.names import Address, Layer, name_of
from backproptable.nets.derive import derive_plan
from backproptable.nets.draft import sum_of
from backproptable.nets.net import Net
from backproptable.nets.plan import Digits, Plan, Reason, Step

__all__ = [
    "MOST_NUMBERS",
    "MOST_TERMS",
    "Line",
    "Matrix",
    "MatrixProduct",
    "Shapes",
    "letters_of",
    "matrix_name",
    "shapes_of",
]

MOST_NUMBERS: Final = 10_000_000
"""Twice as many (exactly, and as printed) and what is needed on the way fill a gigabyte."""
MOST_TERMS: Final = 8
"""A sum of more terms is not written out."""
_SAMPLE: Final = "s"
_PER_SAMPLE: Final = ("x", "y", "z", "a", "e", "S", "l", "dL/da", "da/dz", "dL/dz")
"""Families of which a batch has one number or more for each sample."""


class _Sketch(Net):
    """The same net, of which only the first units and the first sample are to be seen.

    Its plan has every step with its rule, and the constants of the whole net, but few cells.
    """

    def units(self, layer: Layer) -> range:
        return super().units(layer)[:2]

    def sources(self, layer: Layer) -> range:
        return super().sources(layer)[:2]

    @property
    def sample_numbers(self) -> tuple[int | None, ...]:
        return (None,) if self.samples is None else (1,)


@dataclass(frozen=True, slots=True)
class Matrix:
    """All numbers of one family: their address without indices, and how many there are along each index."""

    address: Address
    sizes: tuple[int, ...]
    """In the order of the indices in a cell's name: the sample first, in a batch."""
    step: Step | None = None
    """The step that works it out; None for a given."""

    @property
    def name(self) -> str:
        """ASCII, such as ``z1`` or ``W2'``."""
        return name_of(self.address)

    @property
    def numbers(self) -> int:
        """How many numbers it has."""
        return prod(self.sizes)


@dataclass(frozen=True, slots=True)
class MatrixProduct:
    """``result = left right``, plus biases in a weighted sum. Shapes are (rows, columns)."""

    left: Address
    left_turned: bool
    """Whether it is transposed."""
    right: Address
    right_turned: bool
    plus: Address | None
    left_shape: tuple[int, int]
    right_shape: tuple[int, int]
    times: int
    """How often it is worked out: once, or for each sample, where every sample has a matrix of its own."""

    @property
    def shape(self) -> tuple[int, int]:
        """Of the result."""
        return self.left_shape[0], self.right_shape[1]

    @property
    def multiplications(self) -> int:
        """Rows times inner length times columns, as often as it is worked out."""
        return self.times * prod(self.left_shape) * self.right_shape[1]


@dataclass(frozen=True, slots=True)
class Line:
    """One rule of a step, for all entries at once. Letters stand for the indices of the result."""

    step: Step
    result: Address
    formula: Formula
    digits: Digits


def letters_of(address: Address) -> tuple[int | str, ...]:
    """Its indices as they stand in its name."""
    return address.units if address.sample is None else (address.sample, *address.units)


def matrix_name(address: Address) -> str:
    """The name of the matrix that a cell is an entry of: its own without the indices."""
    return name_of(address._replace(units=(), sample=None))


def shapes_of(net: Net) -> Shapes:
    """The lines of `net`, however many units it has. Raises `InputError` for more steps than a sheet can hold."""
    sketch = _Sketch(**{field.name: getattr(net, field.name) for field in fields(Net)})
    try:
        return Shapes(derive_plan(sketch))
    except InputError:
        what = f"a net of {len(net.layers)} layers and {net.updates} updates has too many steps to print."
        raise InputError([Problem("[net] layers", what, "Use fewer layers or updates.")]) from None


class Shapes:
    """The lines and matrices of a sketched plan."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.net = plan, plan.net

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """Every line, in the order of the work."""
        return tuple(line for step in self.plan.steps for line in _lines(step))

    @cached_property
    def matrices(self) -> dict[str, Matrix]:
        """Every matrix by its name, the givens first, in the order of the work."""
        found: dict[str, Matrix] = {}
        of_cells = [(cell.address, None) for cell in self.plan.givens]
        for address, step in [*of_cells, *((cell.address, step) for step, cell in self.plan.worked)]:
            matrix = Matrix(address._replace(units=(), sample=None), self._sizes(address), step)
            found.setdefault(matrix.name, matrix)
        return found

    @property
    def numbers(self) -> int:
        """All numbers of the net: the cells that its plan would have."""
        return sum(matrix.numbers for matrix in self.matrices.values())

    def problems(self) -> Iterator[Problem]:
        """What keeps its numbers from being worked out."""
        if self.net.updates > 1:
            what = f"is {self.net.updates}, but a net on shapes alone is worked for one update."
            yield Problem("[net] updates", what, "Write 1, or 0 to stop at the gradients.")
        if self.numbers > MOST_NUMBERS:
            what = f"a net of layers {list(self.net.layers)} and {self.net.samples or 1} samples has "
            what += f"{self.numbers:,} numbers, more than the {MOST_NUMBERS:,} that are worked out on shapes alone."
            yield Problem("[net] layers", what, "Use fewer units or samples.")

    # --- sizes

    def _sizes(self, address: Address) -> tuple[int, ...]:
        """How many numbers a family has along each index of a cell of it."""
        net, layer = self.net, int(address.layer or 0)
        match address.family:
            case "W" | "dL/dW":
                return net.weight_shape(layer)
            case "x":
                units: tuple[int, ...] = (net.layers[0],)
            case "y" | "l":
                units = (net.layers[-1],)
            case _:
                units = (net.layers[layer],) * len(address.units)
        return units if address.sample is None else (net.samples or 1, *units)

    def lengths(self, *addresses: Address) -> dict[str, int]:
        """How far each letter among the indices runs."""
        return {
            letter: size
            for address in addresses
            for letter, size in zip(letters_of(address), self._sizes(address), strict=True)
            if isinstance(letter, str)
        }

    def all_lengths(self, line: Line) -> dict[str, int]:
        """How far each letter of a line runs."""
        return self.lengths(line.result, *(to for to in references(line.formula) if isinstance(to, Address)))

    def entries(self, line: Line) -> int:
        """How many numbers a line works out."""
        units = line.result.units
        sizes = self._sizes(line.result)
        if line.result.family == "da/dz" and len(units) == 2:  # softmax: the diagonal has a rule of its own
            *samples, outputs, _ = sizes
            return prod(samples) * outputs * (1 if units[0] == units[1] else outputs - 1)
        return prod(sizes)

    # --- multiplications

    def multiplications(self, line: Line) -> int:
        """How often a line multiplies two numbers, squares included; divisions are not counted."""
        lengths = self.all_lengths(line)

        def count(node: Formula) -> int:
            inside = sum(map(count, children(node)))
            match node:
                case Product(factors):
                    return inside + len(factors) - 1
                case Power(_, exponent):
                    return inside + exponent - 1
                case Sigma(index, _):
                    return inside * lengths[index]
            return inside

        return self.entries(line) * count(line.formula)

    def product(self, line: Line) -> MatrixProduct | None:
        """The line as a product of two matrices; None where it goes entry by entry.

        Data has a row per sample under ``from_to`` (x W) and a column per sample under ``to_from`` (W x). A
        sample that is no batch is a single row or column.
        """
        formula, plus = line.formula, None
        if isinstance(formula, Sum) and isinstance(formula.terms[0], Sigma):
            formula, bias = formula.terms
            plus = bias.address if isinstance(bias, Ref) else None
        while isinstance(formula, Sigma):
            formula = formula.body
        match formula:
            case Product((Ref(Address() as one), Ref(Address() as other))) if "eta" not in (one.family, other.family):
                factors = (one, other)
            case _:
                return None
        axes = {address: self._axes(address) for address in (*factors, line.result)}
        row, column = axes[line.result]
        summed = {*axes[one], *axes[other]} - {row, column}
        if not summed:  # the same axes throughout: entry by entry
            return None
        [inner] = summed
        left, right = factors if row in axes[factors[0]] else factors[::-1]
        lengths = {_SAMPLE: 1} | self.lengths(*factors)
        times = 1
        if any(address.family == "da/dz" for address in factors):
            times, lengths[_SAMPLE] = lengths[_SAMPLE], 1
        return MatrixProduct(
            left=left,
            left_turned=axes[left] != (row, inner),
            right=right,
            right_turned=axes[right] != (inner, column),
            plus=plus,
            left_shape=(lengths[str(row)], lengths[str(inner)]),
            right_shape=(lengths[str(inner)], lengths[str(column)]),
            times=times,
        )

    def _axes(self, address: Address) -> tuple[int | str, int | str]:
        """What runs down its rows and along its columns."""
        if len(address.units) == 2:
            return address.units[0], address.units[1]
        return (_SAMPLE, address.units[0]) if self.net.weights == "from_to" else (address.units[0], _SAMPLE)

    def shape(self, matrix: Matrix) -> tuple[int, ...]:
        """Its rows and columns as products take it: nothing for a number, three sizes for softmax derivatives."""
        family, sizes = matrix.address.family, matrix.sizes
        is_data = family in _PER_SAMPLE
        units = sizes[1:] if is_data and self.net.samples is not None else sizes
        if len(units) == 2 or not (is_data or units):
            return sizes
        rows = self.net.samples or 1 if is_data else 1
        shape = (rows, *(units or (1,)))
        return shape if self.net.weights == "from_to" else shape[::-1]

    # --- one entry

    def matrix(self, address: Address) -> Matrix:
        """The matrix that a cell is an entry of."""
        return self.matrices[matrix_name(address)]

    def entry(self, matrix: Matrix, index: tuple[int, ...]) -> Address:
        """The address of an entry by its indices, as they stand in its name."""
        if self.net.samples is not None and matrix.address.family in _PER_SAMPLE:
            return matrix.address._replace(sample=index[0], units=index[1:])
        return matrix.address._replace(units=index)

    def entry_formula(self, address: Address) -> Formula:
        """The formula of one number. Sums of up to `MOST_TERMS` terms are written out, others keep their letter."""
        line = next(line for line in self.lines if _fits(line.result, address))
        lengths = self.all_lengths(line)

        def put(formula: Formula, index: Mapping[str, int]) -> Formula:
            return put_in(formula, lambda ref: Ref(_with_index(ref.address, index)))

        def walk(node: Formula) -> Formula:
            match node:
                case Sigma():
                    letters, body = _unwrapped(node)
                    ranges = [range(1, lengths[letter] + 1) for letter in letters]
                    if prod(map(len, ranges)) > MOST_TERMS:
                        long = [letter for letter in letters if lengths[letter] > 1]
                        body = put(body, dict.fromkeys(set(letters) - set(long), 1))
                        return reduce(lambda inner, letter: Sigma(letter, inner), reversed(long), body)
                    return sum_of(put(body, dict(zip(letters, units, strict=True))) for units in product(*ranges))
                case Sum(terms):
                    parts = [walk(term) for term in terms]
                    return Sum(
                        tuple(one for part in parts for one in (part.terms if isinstance(part, Sum) else (part,)))
                    )
            return rebuilt(node, walk)

        index = dict(zip(letters_of(line.result), letters_of(address), strict=True))
        return walk(put(line.formula, {str(letter): int(number) for letter, number in index.items()}))


def _lines(step: Step) -> Iterator[Line]:
    """The lines of a step: its rule in the form that numbers are worked out from."""
    if step.reason is Reason.NORM:
        for cell in step.cells:
            assert cell.short is not None  # noqa: S101 - it has a term per weight
            yield Line(step, cell.address, cell.short, cell.digits)
        return
    # Softmax derivatives have a rule for the diagonal and one beside it; other rules beyond the first only tell more.
    for rule in step.rule if step.reason is Reason.LOCAL_DERIVATIVE else step.rule[:1]:
        assert isinstance(rule.left, Ref)  # noqa: S101 - a rule is about a cell
        yield Line(step, rule.left.address, rule.right[-1], step.cells[0].digits)


def _fits(result: Address, address: Address) -> bool:
    """Whether a line with letters in its result works out the number at `address`."""
    same = matrix_name(result) == matrix_name(address)
    if not same or len(result.units) != 2 or result.family != "da/dz":
        return same
    return (result.units[0] == result.units[1]) == (address.units[0] == address.units[1])


def _with_index(address: Address, index: Mapping[str, int]) -> Address:
    def unit(letter: int | str) -> int | str:
        return index.get(letter, letter) if isinstance(letter, str) else letter

    sample = None if address.sample is None else unit(address.sample)
    return address._replace(units=tuple(map(unit, address.units)), sample=sample)


def _unwrapped(formula: Formula) -> tuple[list[str], Formula]:
    """The letters of sums that stand in one another, and what is added up."""
    letters = []
    while isinstance(formula, Sigma):
        letters.append(formula.index)
        formula = formula.body
    return letters, formula
