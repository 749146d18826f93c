"""The layout `matrices`, read back from finished Markdown and LaTeX: every equation between matrices is true.

Symbols are compared with the plan's own formulas, numbers are worked out again (`support.reader`), products
of matrices entry by entry. The tables must have each cell once, the blank view none of the numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, localcontext
from functools import cache
from html import unescape
from pathlib import Path

import pytest
from cmarkgfm import github_flavored_markdown_to_html

from backproptable.basics.errors import InputError
from backproptable.examples.example import Example, load_preset
from backproptable.examples.handout import Handout
from backproptable.formulas.formula import Formula, Product, Sum, references
from backproptable.nets.net import Net
from backproptable.nets.plan import Cell, Digits
from backproptable.numbers.evaluate import Solution, solve
from backproptable.render.signs import turned_texts
from backproptable.sheets.notation import Notation, load_notation, notation_titles
from support.arithmetic import plain_number, tex_value
from support.exactly import text_of, text_of_all_digits
from support.finished import PRESETS, Files, worked_out
from support.nets import seeded_example
from support.reader import read_latex, read_markdown
from support.tools import batches, by_shape, faulty, objections

NOTATIONS = tuple(notation_titles())
KINDS = ("md", "tex")
SEEDS = range(26)
WEB = Path(__file__).parent / "web"

LARGEST = {
    "batch-4": Net(
        layers=(4, 4, 4), activations=("tanh", "softmax"), loss="binary_cross_entropy", samples=3, reduction="mean"
    ),
    "batch-4-columns": Net(
        layers=(4, 4, 4, 4),
        activations=("leaky_relu", "sigmoid", "sigmoid"),
        loss="binary_cross_entropy",
        samples=3,
        bias="shared",
        weights="to_from",
        update_biases=True,
    ),
    "softmax-4": Net(layers=(4, 4), activations=("softmax",), loss="cross_entropy", weights="to_from", updates=2),
    "wide": Net(layers=(12, 2, 12), activations=("relu", "sigmoid"), loss="sse"),
}
"""Four units a layer and three samples must fit in matrices; what is wider, in tables."""


@cache
def finished(name: str, view: str, notation: str) -> tuple[dict[str, str], Solution]:
    """The text of each kind: of a preset, a large net, or a random one by its seed."""
    example, made = solved(name)
    files = Files(example, made, view=view, layout="matrices", notation=notation)
    return {kind: files[f"{name}.{kind}"] for kind in KINDS}, made.solution


@cache
def solved(name: str) -> tuple[Example, Handout]:
    if name in PRESETS:
        example = load_preset(name)
    elif name in LARGEST:
        example = Example(name, LARGEST[name], {}, {}, {})
    else:
        drawn = seeded_example(int(name))
        example = Example(name, drawn.net, drawn.givens, {}, {})
    return example, worked_out(example)


def has_numbers(seed: int) -> bool:
    example = seeded_example(seed)
    try:
        solve(example.plan, example.givens)
    except InputError:
        return False
    return True


RANDOM = [str(seed) for seed in SEEDS if has_numbers(seed)]
SHEETS = [(name, NOTATIONS[number % len(NOTATIONS)]) for number, name in enumerate((*PRESETS * 2, *LARGEST, *RANDOM))]
"""Each preset in two notations; the random nets in all of them in turn."""


# --- reading -----------------------------------------------------------------------------------

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


@dataclass(frozen=True)
class Equation:
    """Matrices joined by nothing, a dot and a plus: the symbols, and each side after them."""

    left: Entries
    sides: list[dict[str, Entries]]


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


def joined(source: str) -> dict[str, Entries]:
    """Matrices by what stands before them."""
    if not MATRIX.search(source):
        return {"": entries_of(source)}
    *joints, end = MATRIX.split(source)[0::2]
    assert end == ""
    parts = {joint.strip(): entries_of(found[0]) for joint, found in zip(joints, MATRIX.finditer(source), strict=True)}
    assert list(parts) in ([""], ["", r"\cdot"], ["", r"\cdot", "+"])
    return parts


def terms(side: dict[str, Entries], row: int, column: int) -> tuple[list[tuple[str, str]], str | None]:
    """What an entry of a product of matrices adds up: the pairs it multiplies, and the entry added at the end."""
    left, right = side[""], side[r"\cdot"]
    assert {len(line) for line in left} == {len(right)}
    pairs = [(left[row][k], right[k][column]) for k in range(len(right))]
    return pairs, side["+"][row][column] if "+" in side else None


def value_of(side: dict[str, Entries], row: int, column: int) -> Decimal:
    """What an entry of a side comes to."""
    if r"\cdot" not in side:
        return tex_value(side[""][row][column]).only
    pairs, added = terms(side, row, column)
    with localcontext(prec=40):
        whole = sum(tex_value(one).only * tex_value(other).only for one, other in pairs)
        return whole + (tex_value(added).only if added else 0)


# --- every equation is true --------------------------------------------------------------------


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
                value = plain_number(values[""][row][column])
                in_matrices.append(cell.name)
                assert value == printed[cell.name]
                assert value == rounded(cell, value_of(numbers, row, column), solution), (cell.name, block)
                if r"\cdot" in symbols:
                    pairs, added = terms(symbols, row, column)
                    assert ([set(pair) for pair in pairs], added) == formula_as_terms(cell, notation)
        assert shape(values[""]) == shape(equation.left)
    check_tables(kind, text, printed, list(computed), in_matrices)


def shape(entries: Entries) -> tuple[int, int]:
    return len(entries), len(entries[0])


def rounded(cell: Cell, number: Decimal, solution: Solution) -> str:
    return (text_of if cell.digits is Digits.FIGURES else text_of_all_digits)(number, solution.figures)


def formula_as_terms(cell: Cell, notation: Notation) -> tuple[list[set[str]], str | None]:
    """The symbols of each product in a cell's own formula, and of what is added to them."""

    def symbols(formula: Formula) -> set[str]:
        return {notation.symbol(to) for to in references(formula) if not isinstance(to, str)}

    parts = cell.formula.terms if isinstance(cell.formula, Sum) else (cell.formula,)
    pairs = [symbols(part) for part in parts if isinstance(part, Product)]
    assert len(parts) - len(pairs) <= 1
    return pairs, None if len(parts) == len(pairs) else symbols(parts[-1]).pop()


def check_tables(kind: str, text: str, printed: dict[str, str], names: list[str], in_matrices: list[str]) -> None:
    """Each cell once, in the order of the plan; those that are in no matrix with their formulas."""
    tables = [table for table in TABLES[kind](text).tables if table.head[0] == "cell"]
    rows = [row for table in tables for row in table.rows]
    assert [row[0] for row in rows] == names
    assert [plain_number(row[-1]) for row in rows] == [printed[name] for name in names]
    alone = [row[0] for table in tables if len(table.head) == 4 for row in table.rows]
    assert sorted([*in_matrices, *alone]) == sorted(names)


RULES = {"md": "_" * 16, "tex": ""}
"""What a place for an answer looks like to the reader of tables."""


@pytest.mark.parametrize(("name", "notation"), SHEETS)
def test_every_equation_between_matrices_is_true(name: str, notation: str) -> None:
    texts, solution = finished(name, "worked", notation)
    for kind, text in texts.items():
        check(kind, text, solution, load_notation(notation, solution.plan.net))


def test_rules_stand_once_and_first_and_last_weights_as_matrices_at_the_end() -> None:
    texts, solution = finished("softmax-4", "worked", "indexed")
    number = dict(zip(solution.plan.by_name, solution.text, strict=True))
    for kind, text in texts.items():
        assert text.count("Each unit adds up what comes in") == 1
        assert text.count("In matrices: the weights, times the column of what comes in") == 1
        summary = text[SUMMARY.search(text).start() :]  # type: ignore[union-attr]
        [block] = BLOCKS[kind].findall(summary)
        first, last, *_ = (entries_of(found[0]) for found in MATRIX.finditer(block))
        places = [[f"[{row},{column}]" for column in range(1, 5)] for row in range(1, 5)]
        assert first == [[number[f"W1{place}"] for place in row] for row in places]
        assert last == [[number[f"W1'{place}@2"] for place in row] for row in places]
        assert "W^{(1)} &= " in block
        assert r"{W^{(1)}}^{\prime} &= " in block
        assert r"\text{(not updated)}" in block


def alone(kind: str, text: str) -> set[str]:
    """The cells that stand in a table with their formulas and in no matrix, without indices."""
    tables = [table for table in TABLES[kind](text).tables if table.head[0] == "cell" and "formula" in table.head]
    return {re.sub(r"\[.*\]|\(.*\)", "", row[0]) for table in tables for row in table.rows}


@pytest.mark.parametrize("name", ["batch-4", "batch-4-columns", "softmax-4", *PRESETS])
def test_four_units_and_three_samples_stand_in_matrices(name: str) -> None:
    """Sums of all of a batch's losses, of derivatives for a bias, over steps or paths are lines of their own."""
    texts, _ = finished(name, "worked", "indexed")
    long_sums = {"L", "L'", "dL/db", "E", "paths", *(("dL/dWx", "dL/dWs") if name == "word-detector" else ())}
    for kind, text in texts.items():
        assert {re.sub(r"\d", "", stem) for stem in alone(kind, text)} <= {"norm", "norm@", *long_sums}


# --- the blank view ----------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "notation"), SHEETS[: 2 * len(PRESETS) + 12])
def test_a_blank_view_asks_for_every_cell_and_gives_none_away(name: str, notation: str) -> None:
    texts, solution = finished(name, "blank", notation)
    plan = solution.plan
    cells = list(zip(plan.cells, (text.lstrip("-").partition("e")[0] for text in solution.text), strict=True))
    given = {text for cell, text in cells if cell.formula is None}
    secret = {text for cell, text in cells if cell.formula and len(text.replace(".", "").lstrip("0")) >= 4} - given
    for kind, text in texts.items():
        assert not secret & set(re.findall(r"\d+(?:\.\d+)?", text))
        tables = [table for table in TABLES[kind](text).tables if table.head[0] == "cell"]
        rows = [row for table in tables for row in table.rows]
        assert [row[0] for row in rows] == [cell.name for _, cell in plan.worked]
        assert {row[-1] for row in rows} == {RULES[kind]}
        for block in blocks(kind, text):
            equation = equation_of(block)
            assert {entry for row in equation.sides[-1][""] for entry in row} == {r"\underline{\hspace{2em}}"}
            assert len(equation.sides) == 2


# --- other programs ----------------------------------------------------------------------------


def markdown_sheets() -> Iterator[str]:
    for name, notation in SHEETS:
        for view in ("worked", "blank"):
            yield finished(name, view, notation)[0]["md"]


def test_math_blocks_come_verbatim_out_of_the_parser_of_github() -> None:
    for text in markdown_sheets():
        html = github_flavored_markdown_to_html(text)
        shown = re.findall(r'<pre lang="math"><code>(.*?)\n</code></pre>', html, re.DOTALL)
        assert list(map(unescape, shown)) == BLOCKS["md"].findall(text)
        assert not re.search(r"\$[^$\n]*\\\\", text)  # no row breaks in line


def test_katex_and_mathjax_know_every_formula() -> None:
    sheets = list(markdown_sheets())
    displayed = by_shape(formula for text in sheets for formula in BLOCKS["md"].findall(text))
    in_line = by_shape(formula for text in sheets for formula in re.findall(r"\$([^$]+)\$", BLOCKS["md"].sub("", text)))
    assert min(len(in_line), len(displayed)) > 500
    # the largest differ from these in their size only
    smallest = [sorted(formulas.values(), key=len)[:300] for formulas in (in_line, displayed)]
    assert objections(*smallest) == []


TWICE, WIDE = SHEETS[: 2 * len(PRESETS)], SHEETS[2 * len(PRESETS) :][: len(LARGEST)]
DOCUMENTS = [
    *((name, "blank", notation) for name, notation in (*TWICE[: len(PRESETS)], *WIDE)),
    *((name, "worked", notation) for name, notation in (*TWICE[len(PRESETS) :], *WIDE)),
]
"""Each preset worked in one of its notations and blank in the other; the large nets in both views."""


@pytest.mark.parametrize("documents", batches(DOCUMENTS))
def test_latex_compiles_and_keeps_to_the_page(documents: list[tuple[str, str, str]], tmp_path: Path) -> None:
    assert faulty({" ".join(which): finished(*which)[0]["tex"] for which in documents}, tmp_path) == {}


# --- the checks can fail -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "damaged"),
    [
        (r"1\.350 & 1\.270 & 1\.800 \\end\{bmatrix\}\n", r"1.351 & 1.270 & 1.800 \\end{bmatrix}\n"),
        (r"(= \\begin\{bmatrix\} 1\.350 & 1\.270 & 1\.800 \\end\{bmatrix\} \\cdot \\begin\{bmatrix\} 0\.)2", r"\g<1>3"),
        (r"w\^\{\(1\)\}_ \{12\} & w\^\{\(1\)\}_ \{13\}", r"w^{(1)}_ {13} & w^{(1)}_ {12}"),
        (r"e\^\{-2\.731\}", r"e^{2.731}"),
        (r"^\| `z1\[2\]`.*\n", ""),
        (r"(\| `z1\[1\]` \| )1\.350", r"\g<1>1.35"),
    ],
    ids=["value", "number of a product", "symbols in another order", "sign", "row left out", "dropped zero"],
)
def test_a_damaged_sheet_is_found(pattern: str, damaged: str) -> None:
    texts, solution = finished("3-3-3-3", "worked", "indexed")
    notation = load_notation("indexed", solution.plan.net)
    check("md", texts["md"], solution, notation)
    changed, times = re.subn(pattern, damaged, texts["md"], count=1, flags=re.MULTILINE)
    assert times == 1
    with pytest.raises(AssertionError):
        check("md", changed, solution, notation)
