"""Equations between matrices, read back from finished Markdown and LaTeX, and held against the plan."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, localcontext
from math import prod

from backproptable.formulas.formula import Product, Ref, Sum, references
from backproptable.nets.plan import Cell, Digits
from backproptable.numbers.evaluate import Solution
from backproptable.render.signs import turned_texts
from backproptable.sheets.notation import Notation
from support.arithmetic import plain_number, tex_value
from support.exactly import text_of, text_of_all_digits
from support.reader import read_latex, read_markdown

Entries = list[list[str]]

BLOCKS = {
    "md": re.compile(r"^```math\n(.*?)\n```$", re.DOTALL | re.MULTILINE),
    "tex": re.compile(r"^\\fitted\{%\n(.*?)\n\}$", re.DOTALL | re.MULTILINE),
}
SUMMARY = re.compile(
    r"^(?:## |\\section\*\{)(?:What the updates? ha(?:s|ve) done|Loss and gradients|The same in NumPy)", re.MULTILINE
)
TABLES = {"md": read_markdown, "tex": read_latex}
MATRIX = re.compile(r"\\begin\{bmatrix\} (.*?) \\end\{bmatrix\}", re.DOTALL)
BREAK = r" \\\\\*?(?:\[\d+pt\])?"


Part = tuple[str, Entries]
"""A matrix, and what joins it to the one before: nothing, a dot or a plus."""


@dataclass(frozen=True)
class Equation:
    """Matrices: the symbols, and each side after them, which may be products and sums of matrices."""

    left: Entries
    sides: list[list[Part]]


def blocks(kind: str, text: str) -> list[str]:
    """The equations of the steps, without what is around them. The summary is another matter."""
    steps = text[: found.start()] if (found := SUMMARY.search(text)) else text
    return [re.sub(r"\\(?:begin|end)\{aligned\}\n?", "", block) for block in BLOCKS[kind].findall(steps)]


def equation_of(block: str) -> Equation:
    start, *sides = re.split(r"^  &(?:\\quad )?= ", block.strip(), flags=re.MULTILINE)
    start = re.sub(f"{BREAK}\n?$", "", start.strip()).removeprefix("&")
    turned = start.endswith(r"^{\top}")
    left = entries_of(start.removesuffix(r"^{\top}"))
    left = [list(column) for column in zip(*left, strict=True)] if turned else left
    return Equation(left, [joined(re.sub(f"{BREAK}$", "", side.strip())) for side in sides])


def entries_of(source: str) -> Entries:
    """The rows of a matrix; a scalar is the only entry of its own."""
    matrix = MATRIX.fullmatch(source)
    if not matrix:
        assert "matrix" not in source
        return [[source]]
    rows = [row.strip().split(" & ") for row in re.split(BREAK, matrix[1])]
    assert len({len(row) for row in rows}) == 1
    return rows


def joined(source: str) -> list[Part]:
    """The matrices of a side."""
    if not MATRIX.search(source):
        return [("", entries_of(source))]
    *joints, end = (joint.strip() for joint in MATRIX.split(source)[0::2])
    assert end == ""
    assert joints[0] == ""
    assert set(joints[1:]) <= {r"\cdot", "+"}
    return [(joint, entries_of(found[0])) for joint, found in zip(joints, MATRIX.finditer(source), strict=True)]


def terms(side: list[Part], row: int, column: int) -> list[tuple[str, ...]]:
    """What an entry of a side adds up: the pairs it multiplies, and single entries."""
    found: list[tuple[str, ...]] = []
    for number, (joint, matrix) in enumerate(side):
        following = side[number + 1] if number + 1 < len(side) else ("", [])
        if joint == r"\cdot":
            left = side[number - 1][1]
            assert {len(line) for line in left} == {len(matrix)}
            found += [(left[row][k], matrix[k][column]) for k in range(len(matrix))]
        elif following[0] != r"\cdot":
            found.append((matrix[row][column],))
    return found


def value_of(side: list[Part], row: int, column: int) -> Decimal:
    """What an entry of a side comes to."""
    with localcontext(prec=40):
        return sum((prod(tex_value(one).only for one in term) for term in terms(side, row, column)), Decimal(0))


def check(kind: str, text: str, solution: Solution, notation: Notation) -> None:
    """All equations and tables of a worked sheet."""
    plan = solution.plan
    printed = dict(zip(plan.by_name, turned_texts(plan, solution.text, notation.opposite), strict=True))
    computed = {cell.name: cell for _, cell in plan.worked}
    by_symbol = {notation.symbol(cell.address): cell for cell in computed.values()}
    assert len(by_symbol) == len(computed)
    in_matrices: list[str] = []
    for block in blocks(kind, text):
        equation = equation_of(block)
        symbols, *_, numbers, values = equation.sides
        assert len(equation.sides) == 3
        for row, line in enumerate(equation.left):
            for column, symbol in enumerate(line):
                cell = by_symbol[symbol]
                value = plain_number(values[0][1][row][column])
                in_matrices.append(cell.name)
                assert value == printed[cell.name]
                if not any(r"\text" in one for term in terms(numbers, row, column) for one in term):  # "if": for people
                    assert value == rounded(cell, value_of(numbers, row, column), solution), (cell.name, block)
                if len(symbols) > 1:
                    assert list(map(sorted, terms(symbols, row, column))) == formula_as_terms(cell, notation)
        assert len(values) == 1
        assert shape(values[0][1]) == shape(equation.left)
    check_tables(kind, text, printed, list(computed), in_matrices)


def shape(entries: Entries) -> tuple[int, int]:
    return len(entries), len(entries[0])


def rounded(cell: Cell, number: Decimal, solution: Solution) -> str:
    return (text_of if cell.digits is Digits.FIGURES else text_of_all_digits)(number, solution.figures)


def formula_as_terms(cell: Cell, notation: Notation) -> list[list[str]]:
    """The symbols of what a cell's own formula adds up: of products of two cells, and of cells."""
    found = []
    for part in cell.formula.terms if isinstance(cell.formula, Sum) else (cell.formula,):
        assert isinstance(part, Product | Ref)
        found.append(sorted(notation.symbol(to) for to in references(part) if not isinstance(to, str)))
    return found


def check_tables(kind: str, text: str, printed: dict[str, str], names: list[str], in_matrices: list[str]) -> None:
    """Each cell once, in the order of the plan; those that are in no matrix with their formulas."""
    tables = [table for table in TABLES[kind](text).tables if table.head[0] == "cell"]
    rows = [row for table in tables for row in table.rows]
    assert [row[0] for row in rows] == names
    assert [plain_number(row[-1]) for row in rows] == [printed[name] for name in names]
    alone = [row[0] for table in tables if len(table.head) == 4 for row in table.rows]
    assert sorted([*in_matrices, *alone]) == sorted(names)
