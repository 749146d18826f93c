"""An independent reader of finished sheets: what their tables say.

It takes nothing from the package: it sees a sheet as its reader does, as text. Tables come out alike from
Markdown and LaTeX, whatever their columns and fonts. `support.arithmetic` works out what stands in them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby, takewhile

from support.arithmetic import plain_number

__all__ = ["Line", "Sheet", "Table", "read_latex", "read_markdown"]

_FORMULA = re.compile(r"\$(.*)\$", re.DOTALL)


@dataclass(frozen=True)
class Line:
    """A row of a step's table. Formula and numbers are TeX without dollars; empty where there is no such column."""

    name: str
    formula: str
    numbers: str
    value: str


@dataclass(frozen=True)
class Table:
    """The cells of a table without their markup."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Sheet:
    """A finished sheet, as far as it consists of tables."""

    tables: tuple[Table, ...]

    @property
    def lines(self) -> list[Line]:
        """All rows of the steps' tables, in the order they stand."""
        lines = []
        for table in self.tables:
            if table.head[0] == "cell":
                for row in table.rows:
                    if len(row) != len(table.head):
                        raise ValueError(f"{len(row)} cells under {len(table.head)} headings: {row}")
                    by_head = dict(zip(table.head, row, strict=True))
                    formula, numbers = by_head.get("formula", ""), by_head.get("numbers put in", "")
                    lines.append(Line(by_head["cell"], formula, numbers, plain_number(by_head.get("value", ""))))
        return lines

    @property
    def given(self) -> list[list[list[str]]]:
        """The matrices that stand before the first step. One that is too wide for the page is in several tables."""
        before = takewhile(lambda table: table.head[0] != "cell", self.tables)
        matrices = []
        for heading, tables in groupby(before, key=lambda table: table.head[0]):
            if heading not in ("", "layers"):  # what stands on top has no heading, in LaTeX
                rows = zip(*(table.rows for table in tables), strict=True)
                matrices.append([[plain_number(number) for part in row for number in part[1:]] for row in rows])
        return matrices

    def last_column(self, heading: str) -> list[str]:
        """The last numbers of the rows under `heading`."""
        return [plain_number(row[-1]) for table in self.tables if table.head[0] == heading for row in table.rows]

    def row(self, name: str) -> list[str]:
        """The numbers in the one row that begins with `name`, outside the steps' tables."""
        [row] = [row for table in self.tables if table.head[0] != "cell" for row in table.rows if row[0] == name]
        return [plain_number(number) for number in row[1:]]


def read_markdown(text: str) -> Sheet:
    """The tables of a Markdown file. Cells must not contain a bar of their own."""
    blocks = re.findall(r"(?:^\|.*\|$\n?)+", text, re.MULTILINE)
    return Sheet(tuple(_markdown_table(block.splitlines()) for block in blocks))


def _markdown_table(lines: list[str]) -> Table:
    head, rule, *rows = [tuple(map(_markdown_cell, line[1:-1].split("|"))) for line in lines]
    if not all(re.fullmatch(":?-+:?", cell) for cell in rule):
        raise ValueError(f"no table: {lines[:2]}")
    return Table(head, tuple(rows))


def _markdown_cell(source: str) -> str:
    formula = _FORMULA.search(source)
    return formula[1] if formula else source.strip().strip("`")


def read_latex(text: str) -> Sheet:
    """The tables of a LaTeX document, whatever their columns look like."""
    found = re.finditer(r"\\begin\{(tabular|longtable)\}(.*?)\\end\{\1\}", text, re.DOTALL)
    return Sheet(tuple(_latex_table(table[2]) for table in found))


def _latex_table(source: str) -> Table:
    body = _without_columns(source)
    body = re.sub(r"\\(?:(?:top|mid|bottom)rule|end(?:first)?(?:head|foot)|endlastfoot)\b", "", body)
    rows = [tuple(map(_latex_cell, row.split("&"))) for row in body.split(r"\\") if row.strip()]
    return Table(rows[0], tuple(row for row in rows[1:] if row != rows[0]))


def _without_columns(source: str) -> str:
    r"""What follows the columns ``[t]{@{}l*{2}{r}@{}}``."""
    source = re.sub(r"^\[\w\]", "", source)
    depth = 0
    for place, sign in enumerate(source):
        depth += {"{": 1, "}": -1}.get(sign, 0)
        if not depth:
            return source[place + 1 :]
    raise ValueError(f"no columns: {source[:40]}")


def _latex_cell(source: str) -> str:
    r"""A formula alone, without its dollars and what stands around them; a text without fonts and sizes."""
    formula = _FORMULA.search(source)
    if formula:
        return formula[1]
    text = source.replace(r"\textquotesingle{}", "'").replace(r"\textasciicircum{}", "^").replace(r"\_", "_")
    return re.sub(r"\\[a-z]+\b|[{}]", "", text).strip()
