"""The layout `matrices`, read back from finished Markdown and LaTeX: every equation between matrices is true.

Symbols are compared with the plan's own formulas, numbers are worked out again (`support.reader`), products
of matrices entry by entry. The tables must have each cell once, the blank view none of the numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from html import unescape
from pathlib import Path

import pytest
from cmarkgfm import github_flavored_markdown_to_html

from backproptable.basics.errors import InputError
from backproptable.examples.example import Example, load_preset
from backproptable.examples.handout import Handout
from backproptable.nets.net import Net
from backproptable.numbers.evaluate import Solution, solve
from backproptable.sheets.notation import load_notation, notation_titles
from support.equations import BLOCKS, MATRIX, SUMMARY, TABLES, blocks, check, entries_of, equation_of
from support.finished import PRESETS, Files, worked_out
from support.nets import seeded_example
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


# --- every equation is true --------------------------------------------------------------------


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
            assert {entry for row in equation.sides[-1][0][1] for entry in row} == {r"\underline{\hspace{2em}}"}
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
