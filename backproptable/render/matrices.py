"""The steps of a plan as equations between matrices: symbols = formulas = numbers put in = values.

Nothing here knows a formula. A step whose cells are sums of products is shown as a product of
matrices if, and only if, the cells' own formulas can be read off it entry by entry; every other step
stands entry by entry. Where neither fits the width of a page there are no matrices, and the
templates fall back on a table.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Final, Protocol, TypeVar

from backproptable.formulas.formula import Call, Choice, Formula, Neg, Num, Power, Product, Quotient, Ref, Sum, children
from backproptable.formulas.names import Address
from backproptable.nets.net import Net
from backproptable.nets.plan import Cell

__all__ = ["EMPTY", "Matrix", "MatrixEquation", "Part", "PrintCell", "arranged", "equations", "grouped", "matrix_of"]

Item = TypeVar("Item")
Cells = list[list[Cell]]
Refs = list[list[Ref]]
Term = tuple[Ref, ...]
"""A cell, or the two that are multiplied."""

EMPTY: Final = r"\underline{\hspace{2em}}"
"""An entry that the reader is to fill."""

_PAGE: Final = 100.0
"""Letters that fit side by side at the usual size."""
_WIDEST: Final = 135.0
"""Letters that fit at the smallest size that is still comfortable to read."""
_MOST_COLUMNS: Final = 10
"""More than this, amsmath does not set in a matrix."""
_NUMBER: Final = 6.0
"""Letters of a computed number or a weight: ``0.1234``, now and then with a sign or a power of ten."""
_SHORT_NUMBER: Final = 3.0
"""Letters of an input, a target or the learning rate."""
_LONG_NUMBER: Final = 9.0
"""Letters of an updated weight, which shows every decimal."""

_BESIDE_A_FRACTION: Final = 1.0
"""Letters that TeX leaves free beside a fraction, both sides together."""

_GAP: Final = 2.0
"""Letters between two columns, and for the brackets."""

_HEAVY: Final = {"W": 2, "da/dz": 2, "dL/dz": 1}
"""In a product of matrices the heavier family stands on the right in x W, on the left in W x."""


class PrintCell(Protocol):
    """How cells and their formulas are written on this sheet."""

    def symbol(self, address: Address) -> str:
        """The symbol of a cell."""

    def number(self, address: Address) -> str:
        """The slot of its number."""

    def in_symbols(self, formula: Formula) -> str:
        """A formula in symbols."""

    def in_numbers(self, formula: Formula) -> str:
        """A formula with slots for numbers."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """Entries in TeX, row by row."""

    rows: list[list[str]]

    @property
    def tall(self) -> bool:
        """Whether its rows need room between them, because fractions stand in them."""
        return any("frac" in entry for row in self.rows for entry in row)


@dataclass(frozen=True, slots=True)
class Part:
    r"""A matrix and what joins it to the one before it: nothing, ``\cdot`` or ``+``."""

    joint: str
    matrix: Matrix


@dataclass(frozen=True, slots=True)
class MatrixEquation:
    """``left = sides[0] = sides[1] = ...``, each side a single matrix or a product plus a matrix."""

    left: Matrix
    sides: list[list[Part]]
    product: bool
    """Whether it is a product of matrices; else it holds entry by entry."""
    scalar: bool
    """One number, entry by entry: it needs no brackets."""
    turned: bool
    """The sides are too wide as they should stand: they are turned on their side, and left is marked so."""
    wide: bool
    """Left and first side do not fit on one line."""


def equations(net: Net, cells: Sequence[Cell], printer: PrintCell, *, worked: bool) -> list[MatrixEquation]:
    """The cells of one step as equations.

    Nothing if one of them would not fit on the page; and none for the sizes of whole gradients, which
    have nothing to do with each other, for sums over paths, which are long lines each, and for derivatives of a
    recipe that have gaps, because they are 0.
    """
    found: list[MatrixEquation] = []
    for matrix in arranged(net, cells, cells):
        if len({len(row) for row in matrix}) > 1:
            return []
        for part in _parts(net, matrix):
            equation = _fitting(net, part, printer, worked=worked)
            if equation is None or cells[0].address.family in ("norm", "paths"):
                return []
            found.append(equation)
    return found


def _parts(net: Net, matrix: Cells) -> Iterator[Cells]:
    """The whole matrix, or sample by sample where only that gives products: softmax in a batch."""
    samples = matrix if net.weights == "from_to" else [list(column) for column in zip(*matrix, strict=True)]
    alone = [[sample] if net.weights == "from_to" else [[cell] for cell in sample] for sample in samples]
    if _product(net, matrix) is None and all(_product(net, part) for part in alone):
        yield from alone
    else:
        yield matrix


def _fitting(net: Net, cells: Cells, printer: PrintCell, *, worked: bool) -> MatrixEquation | None:
    """As a product if it is one and fits, else entry by entry if that fits."""

    def symbol(ref: Ref) -> float:
        return _letters_of(printer.symbol(ref.address))

    if len(cells[0]) > _MOST_COLUMNS:
        return None
    if product := _product(net, cells):
        widths = [sum(_width(refs, leaf) for _, refs in product) for leaf in (symbol, _any_number)]
        if max(widths) <= _WIDEST and all(len(refs[0]) <= _MOST_COLUMNS for _, refs in product):
            return _equation(cells, _product_sides(product, printer, worked=worked), printer, widths, worked=worked)
    return _entry_by_entry(cells, printer, symbol, worked=worked)


def _entry_by_entry(
    cells: Cells, printer: PrintCell, symbol: Callable[[Ref], float], *, worked: bool
) -> MatrixEquation | None:
    """As it stands if that fits the page, else turned on its side if that fits better."""

    def widths(cells: Cells) -> list[float]:
        formulas = [[_formula(cell) for cell in row] for row in cells]
        return [_width(formulas, leaf) for leaf in (symbol, _any_number)]

    standing = cells
    turned = max(widths(cells)) > _PAGE and len(cells[0][0].address.units) == 1
    if turned:
        cells = [list(column) for column in zip(*cells, strict=True)]
        turned = max(widths(cells)) < max(widths(standing))
        cells = cells if turned else standing
    if max(widths(cells)) > _WIDEST or len(cells[0]) > _MOST_COLUMNS:
        return None
    sides = [[Part("", _mapped(cells, lambda cell: printer.in_symbols(_formula(cell))))]]
    if worked:
        sides.append([Part("", _mapped(cells, lambda cell: printer.in_numbers(_formula(cell))))])
    return _equation(standing, sides, printer, widths(cells), worked=worked, turned=turned)


def _equation(
    cells: Cells,
    sides: list[list[Part]],
    printer: PrintCell,
    widths: list[float],
    *,
    worked: bool,
    turned: bool = False,
) -> MatrixEquation:
    left = _mapped(cells, lambda cell: printer.symbol(cell.address))
    letters = sum(max(map(_letters_of, column)) + _GAP for column in zip(*left.rows, strict=True)) + _GAP
    values = [list(column) for column in zip(*cells, strict=True)] if turned else cells
    product = len(sides[0]) > 1
    return MatrixEquation(
        left=left,
        sides=[*sides, [Part("", _mapped(values, lambda cell: printer.number(cell.address) if worked else EMPTY))]],
        product=product,
        scalar=not product and len(cells) == len(cells[0]) == 1,
        turned=turned,
        wide=letters + max(widths) > _PAGE,
    )


def _product_sides(product: list[tuple[str, Refs]], printer: PrintCell, *, worked: bool) -> list[list[Part]]:
    writers: list[Callable[[Address], str]] = [printer.symbol, printer.number] if worked else [printer.symbol]
    return [
        [Part(joint, _mapped(refs, lambda ref, write=write: write(ref.address))) for joint, refs in product]  # type: ignore[misc]
        for write in writers
    ]


# --- products ----------------------------------------------------------------------------------


def _product(net: Net, cells: Cells) -> list[tuple[str, Refs]] | None:
    """Matrices whose products, plus others if there are any, have exactly these cells' formulas as entries.

    A recipe's products are shown array by array, with the factors in the order in which they fit; a layer's as one.
    """
    for turned in (False, True) if net.is_recipe else (False,):
        terms = [[_terms(net, _formula(cell), turned=turned) for cell in row] for row in cells]
        if parts := _matched(terms, apart=net.is_recipe):
            return parts
    return None


def _terms(net: Net, formula: Formula, *, turned: bool) -> list[Term]:
    """What a formula adds up: cells, and products of two. Nothing, if that is not all there is in it."""
    found: list[Term] = []
    for term in formula.terms if isinstance(formula, Sum) else (formula,):
        match term:
            case Product((Ref() as first, Ref() as second)) if net.is_recipe:
                found.append((second, first) if turned else (first, second))
            case Product((Ref() as first, Ref() as second)) if not found or len(found[-1]) == 2:
                light, heavy = sorted((first, second), key=lambda ref: _HEAVY.get(ref.address.family, 0))
                found.append((light, heavy) if net.weights == "from_to" else (heavy, light))
            case Ref() if net.is_recipe or not found or len(found[-1]) == 2:
                found.append((term,))
            case _:
                return []
    return found


def _matched(terms: list[list[list[Term]]], *, apart: bool) -> list[tuple[str, Refs]] | None:
    """The matrices that have these terms, if the terms are alike in all entries and the entries of a product.

    With `apart`, products of other arrays are products of their own.
    """
    kinds = {tuple(map(len, entry)) for row in terms for entry in row}
    if len(kinds) > 1 or sum(len(term) == 2 for term in terms[0][0]) * sum(map(len, terms)) <= 1:
        return None  # terms of several kinds; or nothing is multiplied, or just one number by another

    def alike(number: int) -> Hashable:
        term = terms[0][0][number]
        if len(term) == 1:
            return number
        return tuple((ref.address.family, ref.address.time) for ref in term) if apart else "products"

    parts: list[tuple[str, Refs]] = []
    for _, run in groupby(range(len(terms[0][0])), key=alike):
        numbers = list(run)
        joint = "+" if parts else ""
        if len(terms[0][0][numbers[0]]) == 1:
            parts.append((joint, [[entry[numbers[0]][0] for entry in row] for row in terms]))
            continue
        left = [[row[0][k][0] for k in numbers] for row in terms]
        right = [[entry[k][1] for entry in terms[0]] for k in numbers]
        for r, row in enumerate(terms):
            for c, entry in enumerate(row):
                if any(entry[k] != (left[r][place], right[place][c]) for place, k in enumerate(numbers)):
                    return None
        parts += [(joint, left), (r"\cdot", right)]
    # numbers alone, such as c = f c + i g of one unit, need no matrices
    return parts if any(len(refs) * len(refs[0]) > 1 for _, refs in parts) else None


# --- where things stand ------------------------------------------------------------------------


def arranged(net: Net, cells: Sequence[Cell], items: Sequence[Item]) -> list[list[list[Item]]]:
    """What belongs to the cells where their numbers stand in matrices.

    Weights and what belongs to them lie as in the net's weight matrices. Units lie side by side and
    samples below each other where weights lead from rows to columns (x W), else the other way (W x).
    Mostly there is one matrix; softmax derivatives have one per sample, and arrays of a recipe one for each of
    their indices but the last two.
    """
    place: dict[tuple[tuple[int, ...], int, int], Item] = {}
    across = net.weights == "from_to"
    for cell, item in zip(cells, items, strict=True):
        units, case = cell.address.units, int(cell.address.case or 0)
        if cell.address.family == "norm" and cell.address.layer:
            key: tuple[tuple[int, ...], int, int] = ((), net.weight_layers.index(cell.address.layer), 0)
        elif len(units) > 1:
            planes, row = _plane(cell.address) if net.is_recipe else ((), units[0])
            key = ((case, *map(int, planes)), int(row), int(units[-1]))
        else:
            unit = int(units[0]) if units else 0
            key = ((), case, unit) if across else ((), unit, case)
        place[key] = item
    return [
        [[item for _, item in line] for _, line in groupby(matrix, key=lambda entry: entry[0][1])]
        for _, matrix in groupby(sorted(place.items(), key=lambda entry: entry[0]), key=lambda entry: entry[0][0])
    ]


def _plane(address: Address) -> tuple[tuple[int | str, ...], int | str]:
    """The indices that say which matrix of an array it is, and the row; the last one is the column.

    A derivative of matrix by matrix has a matrix for each row of both: of entry j of one by entry m of the other.
    """
    units = address.units
    if address.is_slope and len(units) == 4:
        i, j, k, _ = units
        return (i, k), j
    return units[:-2], units[-2]


def grouped(cells: Sequence[Cell], items: Sequence[Item]) -> list[list[Item]]:
    """The items in their order, cut where the first index changes: a sample, or a row of weights."""

    def first_index(pair: tuple[Cell, Item]) -> object:
        address = pair[0].address
        return (address.case, *address.units[:-1]) if address.units else ()

    return [[item for _, item in group] for _, group in groupby(zip(cells, items, strict=True), key=first_index)]


def matrix_of(addresses: list[list[Address]], write: Callable[[Address], str]) -> Matrix | None:
    """Numbers alone as a matrix, or nothing if it is too wide for the page."""
    return _mapped(addresses, write) if len(addresses[0]) * _NUMBER * 2 <= _WIDEST else None


def _mapped(rows: Sequence[Sequence[Item]], write: Callable[[Item], str]) -> Matrix:
    return Matrix([[write(item) for item in row] for row in rows])


# --- widths ------------------------------------------------------------------------------------


def _any_number(ref: Ref) -> float:
    address = ref.address
    if address.family in ("x", "y", "eta"):
        return _SHORT_NUMBER
    return _LONG_NUMBER if address.primed and address.family in ("W", "b") else _NUMBER


def _width(rows: Sequence[Sequence[Formula]], leaf: Callable[[Ref], float]) -> float:
    """The letters of a matrix: of the widest entry in each column, and the gaps between them."""
    return sum(max(_letters(row[column], leaf) for row in rows) + _GAP for column in range(len(rows[0]))) + _GAP


def _letters(formula: Formula, leaf: Callable[[Ref], float]) -> float:
    """Roughly how many letters wide a formula is on the page."""
    parts = [_letters(part, leaf) for part in children(formula)]
    match formula:
        case Ref():
            return leaf(formula)
        case Num(text):
            return len(text)
        case Quotient():
            return max(parts)
        case Sum():
            return sum(parts) + 2.2 * (len(parts) - 1)
        case Product():
            return sum(parts) + 1.4 * (len(parts) - 1) + 1.5 * sum(isinstance(part, Sum) for part in formula.factors)
        case Choice():
            return sum(parts) + 7
        case Call("exp"):
            return 1 + 0.7 * sum(parts)
        case Neg(arg):
            return sum(parts) + (2.5 if isinstance(arg, Sum) else 1)
        case Power():
            return sum(parts) + 2
    return sum(parts) + 3


_IN_PART: Final = re.compile(r"(?:\\Bigl)?\((.*?)(?:\\Bigr)?\)_ \{(.*)\}")
"""A whole symbol in brackets, with a mark behind them."""


@lru_cache(maxsize=4096)
def _letters_of(symbol: str) -> float:
    """The letters of a symbol: of the wider half of a fraction."""
    if in_part := _IN_PART.fullmatch(symbol):
        return _letters_of(in_part[1]) + 4 + 0.8 * _letters_of_half(in_part[2])
    halves = symbol.split("}{")
    return max(map(_letters_of_half, halves)) + _BESIDE_A_FRACTION * (len(halves) > 1)


def _letters_of_half(tex: str) -> float:
    """Small letters take a little less room, and an index stands below a power."""
    bare = re.sub(r"\\(?:text|mathrm|dfrac|left|right)\b", "", tex).replace(r"\to", "xxx")
    bare = re.sub(r"\\[a-zA-Z]+", "x", bare)
    normal, *small = (len(re.sub("[{} ]", "", text)) for text in re.split("[_^]", bare))
    return normal + 0.8 * max(small, default=0)


def _formula(cell: Cell) -> Formula:
    if cell.formula is None:
        raise TypeError(f"{cell.name} is a given, not a line of a step")
    return cell.formula
