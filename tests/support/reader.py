r"""An independent reader of finished sheets: their tables, and the arithmetic written in them.

It takes nothing from the package: it sees a sheet as its reader does, as text. Tables come out alike
from Markdown and LaTeX. What stands under 'numbers put in' is worked out again by one recursive
descent over the TeX (or over the plain text of the JSON), on ranges of forty-digit decimals: a number
stands for itself (paper carry), or for all that rounds to it (full carry). A text that is not exactly
in the grammar is an error, so ``3 + -2`` or a lost brace is found even where the number would be right.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from itertools import pairwise, product

__all__ = [
    "Line",
    "Range",
    "Sheet",
    "Table",
    "half_unit",
    "plain_number",
    "plain_value",
    "read_changes",
    "read_equations",
    "read_latex",
    "read_markdown",
    "significant",
    "tex_value",
    "with_numbers",
]

PRECISION = 40
SLACK = Decimal("1e-9")
"""Relative slack of comparisons, section 5 of the design."""

_FORMULA = re.compile(r"\$(.*)\$", re.DOTALL)


# --- tables ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """A row of a step's table. Formula and numbers are TeX without dollars; empty where there are none."""

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
                    lines.append(Line(by_head["cell"], formula, numbers, plain_number(by_head["value"])))
        return lines

    def grid(self, heading: str) -> list[list[str]]:
        """The numbers of a matrix. One that is too wide for the page stands in several tables."""
        whole: list[list[str]] = []
        for table in self.tables:
            if table.head[0] == heading:
                whole = whole or [[] for _ in table.rows]
                for numbers, row in zip(whole, table.rows, strict=True):
                    numbers.extend(map(plain_number, row[1:]))
        return whole

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
    text = source.replace(r"\textquotesingle{}", "'")
    return re.sub(r"\\[a-z]+\b|[{}]", "", text).strip()


def plain_number(text: str) -> str:
    r"""A printed number as plain text: ``4.567 \times 10^{-5}`` is 4.567e-5."""
    return re.sub(r" \\times 10\^\{(-?\d+)\}$", r"e\1", text)


# --- matrices ----------------------------------------------------------------------------------

_SIDE = r"^ *&(?:\\quad )?= (.*)$\n?"
_EQUATION = re.compile(rf"^(?:&)?(.+)$\n((?:{_SIDE})+)", re.MULTILINE)
_MATRIX = re.compile(r"\\begin\{bmatrix\}(.*?)\\end\{bmatrix\}(\^\{\\top\})?")
_END_OF_ROW = re.compile(r"\\\\(?:\[\d+pt\])?")

Rows = list[list[str]]


def read_equations(text: str) -> Iterator[Line]:
    """The entries of all equations ``symbols = formulas = numbers = values``, as lines named by their symbols.

    An entry of a product of matrices is written out: ``{(0.1) \\cdot (0.2)} + {(0.3) \\cdot (0.4)} + (0.5)``.
    """
    for found in _EQUATION.finditer(text):
        sides = [_entries(side) for side in (found[1], *re.findall(_SIDE, found[2], re.MULTILINE))]
        shapes = [[len(row) for row in side] for side in sides]
        if any(shape != shapes[0] for shape in shapes):
            raise ValueError(f"sides of different shapes: {found[0]}")
        for symbol, *formulas, value in zip(*(sum(side, []) for side in sides), strict=True):
            yield Line(symbol, formulas[0], formulas[-1] if len(formulas) > 1 else "", plain_number(value))


def read_changes(text: str) -> Iterator[tuple[list[str], list[str] | None]]:
    """The weights before and after the update, where they stand as matrices side by side."""
    for line in text.splitlines():
        sides = [_entries(matrix[0]) for matrix in _MATRIX.finditer(line)] if " &= " in line.lstrip(" &") else []
        if sides:
            yield tuple(list(map(plain_number, sum(side, []))) for side in sides)  # type: ignore[misc]


def _entries(side: str) -> Rows:
    """One side of an equation, worked out to the entries of a single matrix, in TeX."""
    side = re.sub(r" *\\\\(?:\[\d+pt\])?$", "", side)
    matrices = list(_MATRIX.finditer(side))
    if not matrices:
        return [[side]]
    whole = _rows_of(matrices[0])
    for before, matrix in pairwise(matrices):
        joint = side[before.end() : matrix.start()].strip()
        whole = _joined(whole, joint, _rows_of(matrix))
    if side[matrices[-1].end() :].strip() or side[: matrices[0].start()].strip():
        raise ValueError(f"more than matrices: {side}")
    return whole


def _rows_of(matrix: re.Match[str]) -> Rows:
    rows = [[entry.strip() for entry in row.split("&")] for row in _END_OF_ROW.split(matrix[1])]
    return [list(column) for column in zip(*rows, strict=True)] if matrix[2] else rows


def _joined(left: Rows, joint: str, right: Rows) -> Rows:
    if joint == "+":
        return [[f"{a} + ({b})" for a, b in zip(*rows, strict=True)] for rows in zip(left, right, strict=True)]
    if joint != r"\cdot":
        raise ValueError(f"matrices joined by {joint!r}")
    columns = list(zip(*right, strict=True))
    return [
        [" + ".join(f"{{({a}) \\cdot ({b})}}" for a, b in zip(row, column, strict=True)) for column in columns]
        for row in left
    ]


# --- numbers that stand for all that rounds to them --------------------------------------------


@dataclass(frozen=True)
class Range:
    """All numbers from low to high; just one where they are equal."""

    low: Decimal
    high: Decimal

    @classmethod
    def around(cls, middle: Decimal, radius: Decimal) -> Range:
        return cls(middle - radius, middle + radius)

    @property
    def only(self) -> Decimal:
        """The one number in it."""
        if self.low != self.high:
            raise ValueError(f"{self} is no single number")
        return self.low

    def meets(self, other: Range) -> bool:
        """Whether they have a number in common, with relative slack."""
        slack = SLACK * max(map(abs, (self.low, self.high, other.low, other.high)))
        return self.low <= other.high + slack and other.low <= self.high + slack

    def __neg__(self) -> Range:
        return Range(-self.high, -self.low)

    def __add__(self, other: Range) -> Range:
        return Range(self.low + other.low, self.high + other.high)

    def __sub__(self, other: Range) -> Range:
        return self + -other

    def __mul__(self, other: Range) -> Range:
        return self._corners(other, Decimal.__mul__)

    def __truediv__(self, other: Range) -> Range:
        if other.low <= 0 <= other.high:
            raise ZeroDivisionError(f"{self} / {other}")
        return self._corners(other, Decimal.__truediv__)

    def _corners(self, other: Range, operation: Callable[[Decimal, Decimal], Decimal]) -> Range:
        corners = [operation(a, b) for a, b in product((self.low, self.high), (other.low, other.high))]
        return Range(min(corners), max(corners))

    def power(self, exponent: Range) -> Range:
        """A whole power; or a power of 0, which is 1 for 0 and else 0."""
        if self == ZERO:
            ends = [Decimal(end == 0) for end in (exponent.low, exponent.high)]
            return Range(min(ends), max(ends))
        if exponent.only != int(exponent.only):
            raise ValueError(f"{self} to the power of {exponent}")
        ends = sorted(end ** int(exponent.only) for end in (self.low, self.high))
        is_even = exponent.only % 2 == 0
        return Range(Decimal(0) if is_even and self.low < 0 < self.high else ends[0], ends[1])

    def rising(self, function: Callable[[Decimal], Decimal]) -> Range:
        """The range of a function that rises."""
        return Range(function(self.low), function(self.high))

    def at_least(self, other: Range) -> Range:
        """The larger of two numbers."""
        return Range(max(self.low, other.low), max(self.high, other.high))

    def if_positive(self, then: Range, otherwise: Range) -> Range:
        if self.low > 0 or self.high <= 0:
            return then if self.low > 0 else otherwise
        return Range(min(then.low, otherwise.low), max(then.high, otherwise.high))


def _tanh(value: Decimal) -> Decimal:
    up, down = value.exp(), (-value).exp()
    return (up - down) / (up + down)


ZERO = Range(Decimal(0), Decimal(0))
ONE_HALF = Decimal("0.5")
RISING = {"exp": Decimal.exp, "ln": Decimal.ln, "sqrt": Decimal.sqrt, "tanh": _tanh}

Blur = Callable[[str], Decimal]
"""How far the number behind a written one, such as ``1.350``, may be from it."""


def half_unit(text: str) -> Decimal:
    """Half a unit of the last written place."""
    return Decimal(5).scaleb(Decimal(text).as_tuple().exponent - 1)


def significant(text: str) -> int:
    """How many significant figures a number is written with."""
    return len(text.partition("e")[0].lstrip("-").replace(".", "").lstrip("0"))


def _sharp(_: str) -> Decimal:
    return Decimal(0)


# --- the two arithmetics -----------------------------------------------------------------------


def tex_value(text: str, blur: Blur = _sharp) -> Range:
    """What a line of 'numbers put in' gives."""
    with localcontext(prec=PRECISION):
        return _Tex(text, blur).whole()


def plain_value(text: str, blur: Blur = _sharp) -> Range:
    """What a text in the answer grammar gives."""
    with localcontext(prec=PRECISION):
        return _Plain(text, blur).whole()


def with_numbers(formula: str, values: Mapping[str, str]) -> str:
    """A plain formula over names of cells, with the numbers in brackets in their places."""
    return _NAME.sub(lambda name: f"({values[name[0]]})", formula)


_NAME = re.compile(
    r"""(?<![A-Za-z])(?:eta | norm\(dL/dW\d+\) | da\d+/dz\d+ | dL/d(?:x|[azWb]\d+) | [xylL] | [zaeSWb]\d+)(?![A-Za-z])
    '?(?:\[\d+(?:,\d+)*\])?(?:@\d+)?""",
    re.VERBOSE,
)
"""What section 4 of the design calls a cell."""


class _Descent:
    """What both arithmetics share: sums of products of powers. A sign stands first or in brackets."""

    tokens: re.Pattern[str]
    times: str
    over: str | None = None

    def __init__(self, text: str, blur: Blur) -> None:
        self.text, self.blur = text, blur
        self.rest = list(self._split())

    def _split(self) -> Iterator[str]:
        place = 0
        while place < len(self.text.rstrip()):
            found = self.tokens.match(self.text, place)
            if not found:
                raise ValueError(f"cannot read {self.text[place:]!r} in {self.text!r}")
            place = found.end()
            yield found[1]

    def whole(self) -> Range:
        value = self.choice()
        if self.rest:
            raise ValueError(f"{' '.join(self.rest)!r} is left over in {self.text!r}")
        return value

    def next_is(self, *tokens: str) -> bool:
        return bool(self.rest) and self.rest[0] in tokens

    def take(self, *wanted: str) -> str:
        if not self.rest or (wanted and self.rest[0] not in wanted):
            raise ValueError(f"{' or '.join(wanted)} expected before {' '.join(self.rest)!r} in {self.text!r}")
        return self.rest.pop(0)

    def within(self, opening: str, closing: str) -> Range:
        self.take(opening)
        value = self.choice()
        self.take(closing)
        return value

    def choice(self) -> Range:
        return self.sum()

    def sum(self) -> Range:
        if self.next_is("-"):
            self.take()
            value = -self.product()
        else:
            value = self.product()
        while self.next_is("+", "-"):
            value = value + self.product() if self.take() == "+" else value - self.product()
        return value

    def product(self) -> Range:
        value = self.power()
        while self.next_is(self.times, self.over or self.times):
            value = value * self.power() if self.take() == self.times else value / self.power()
        return value

    def power(self) -> Range:
        raise NotImplementedError

    def number(self, token: str) -> Range:
        if not token[0].isdigit():
            raise ValueError(f"a number expected, not {token!r}, in {self.text!r}")
        text = plain_number(token)
        return Range.around(Decimal(text), self.blur(text))

    def function(self, name: str) -> Range:
        """A function and its brackets."""
        if name != "max":
            return self.within("(", ")").rising(RISING[name])
        self.take("(")
        value = self.sum()
        while self.next_is(","):
            self.take()
            value = value.at_least(self.sum())
        self.take(")")
        return value


class _Tex(_Descent):
    tokens = re.compile(
        r"""(?:\s|\\(?:left|[bB]igg?l)(?=\()|\\(?:right|[bB]igg?r)(?=\)))*
        (\d+(?:\.\d+)?(?:[ ]\\times[ ]10\^\{-?\d+\})? | \\text\{[ ]\w+[ ]\} | \\[a-zA-Z]+ | \^\{1/2\} | [-+(){}^,e])""",
        re.VERBOSE,
    )
    times = r"\cdot"

    def choice(self) -> Range:
        value = self.sum()
        if not self.next_is(r"\text{ if }"):
            return value
        self.take()
        tested = self.sum()
        self.take(r"\gt")
        self.take("0")
        self.take(r"\text{ else }")
        return tested.if_positive(value, self.sum())

    def power(self) -> Range:
        value = self.atom()
        if self.next_is("^{1/2}"):
            self.take()
            return value.rising(Decimal.sqrt)
        if self.next_is("^"):
            self.take()
            self.take("{")
            exponent = Decimal(int(self.take()))
            self.take("}")
            return value.power(Range(exponent, exponent))
        return value

    def atom(self) -> Range:
        if self.next_is("(", "{"):
            return self.within("(", ")") if self.next_is("(") else self.within("{", "}")
        token = self.take()
        match token:
            case "e":
                self.take("^")
                return self.within("{", "}").rising(Decimal.exp)
            case r"\dfrac" | r"\frac":
                top = self.within("{", "}")
                return top / self.within("{", "}")
            case r"\sqrt":
                return self.within("{", "}").rising(Decimal.sqrt)
            case r"\ln" | r"\tanh" | r"\max":
                return self.function(token[1:])
        return self.number(token)


class _Plain(_Descent):
    tokens = re.compile(r"\s*(\d+(?:\.\d+)?(?:e-?\d+)?|[a-z]+|[-+*/^(),])")
    times, over = "*", "/"

    def power(self) -> Range:
        value = self.atom()
        if self.next_is("^"):
            self.take()
            return value.power(self.atom())
        return value

    def atom(self) -> Range:
        if self.next_is("("):
            return self.within("(", ")")
        token = self.take()
        if token == "e":
            self.take("^")
            return self.atom().rising(Decimal.exp)
        if token in RISING or token == "max":
            return self.function(token)
        return self.number(token)
