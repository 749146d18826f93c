r"""Finished Markdown comes out of GitHub's own parser as it was written, and every formula can be shown.

A Markdown parser knows nothing of mathematics: it takes ``}_{`` for emphasis, drops the backslash of
``\,`` and cuts a table at a bar. cmark-gfm is that parser. What it leaves is then shown by KaTeX (VS
Code, Jupyter, most web pages) and MathJax (GitHub), which must both know every command.
"""

from __future__ import annotations

import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest
from cmarkgfm import github_flavored_markdown_to_html

from backproptable.render.formats import VIEWS
from support.finished import (
    NOTATIONS,
    PRESETS,
    finished_preset,
    finished_text,
    in_notations,
    random_solution,
    rotated,
)
from support.nets import LATER
from support.tools import by_shape, objections

SEEDS = (1, 2, 3, 4, 5, 6, 7, 12, 24, *range(LATER + 1, LATER + 7))
"""Together they have every activation, loss and kind of bias; the last are runs and recurrent nets."""
WEB = Path(__file__).parent / "web"

FORMULA = re.compile(r"\$([^$]+)\$")

EXPECTED_TAGS = {"h1", "h2", "h3", "p", "strong", "table", "thead", "tbody", "tr", "th", "td", "code", "pre"}
"""No others: emphasis, links and the like would come from something that was not meant."""


SHEETS = [
    *((name, notation, "worked") for name, notation in in_notations()),
    *((name, rotated(number), "blank") for number, name in enumerate(PRESETS)),
    *((str(seed), rotated(number), view) for number, seed in enumerate(SEEDS) for view in VIEWS),
]
"""Presets, and random nets by their seeds."""


@cache
def markdown(name: str, notation: str, view: str) -> str:
    """A finished sheet, with all that it can have to say."""
    if name in PRESETS:
        return finished_preset(name, notation=notation, view=view, explain="full").files[f"{name}.md"]
    solution = random_solution(int(name))
    assert solution is not None
    return finished_text(solution, "md", view=view, notation=notation, explain="full")


# --- through the parser ------------------------------------------------------------------------


class _Page(HTMLParser):
    """The text of a page: of each cell of its tables, and of everything else."""

    def __init__(self, markdown: str) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self.elsewhere = ""
        self.tags: set[str] = set()
        self.in_cell = False
        self.feed(github_flavored_markdown_to_html(markdown))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self.tags.add(tag)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")
            self.in_cell = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self.in_cell = False

    def handle_data(self, data: str) -> None:
        if self.in_cell:
            self.tables[-1][-1][-1] += data
        else:
            self.elsewhere += data


def tables_as_written(markdown: str) -> list[list[list[str]]]:
    """The tables cut at every bar, without the line of dashes and the backquotes of names."""
    blocks = re.findall(r"(?:^\|.*\|$\n?)+", markdown, re.MULTILINE)
    tables = [[line[1:-1].split("|") for line in block.splitlines()] for block in blocks]
    return [
        [[re.sub("^`(.*)`$", r"\1", cell.strip()) for cell in row] for row in (table[0], *table[2:])]
        for table in tables
    ]


def check_page(text: str) -> None:
    """The same tables with the same cells, the same formulas outside them, and no other markup."""
    page = _Page(text)
    outside = re.sub(r"^\|.*\n", "", text, flags=re.MULTILINE)
    assert page.tables == tables_as_written(text)
    assert FORMULA.findall(page.elsewhere) == FORMULA.findall(outside)
    assert page.tags <= EXPECTED_TAGS


PASSES = ("sigmoid-neuron", "threshold-neuron")
"""A single neuron, forward only: the net, what is given, a sum and an output."""


@pytest.mark.parametrize(("name", "notation", "view"), SHEETS)
def test_formulas_and_tables_survive_the_parser_of_github(name: str, notation: str, view: str) -> None:
    text = markdown(name, notation, view)
    assert len(tables_as_written(text)) > (4 if name in PASSES else 5)
    assert len(FORMULA.findall(text)) > (3 if name in PASSES else 5)
    check_page(text)


@pytest.mark.parametrize(("name", "notation", "view"), SHEETS)
def test_every_dollar_opens_or_closes_a_formula(name: str, notation: str, view: str) -> None:
    """With a space before it, and a space or a full stop behind: letters and digits that touch it are trouble."""
    text = markdown(name, notation, view)
    assert text.count("$") == 2 * len(FORMULA.findall(text))
    for formula in FORMULA.finditer(text):
        before, after = text[formula.start() - 1], text[formula.end()]
        assert before in " \n", formula[0]
        assert after in " \n.,", formula[0]
        assert formula[1] == formula[1].strip()


def test_names_of_cells_are_code() -> None:
    html = github_flavored_markdown_to_html(markdown("3-3-3-3", NOTATIONS[0], "worked"))
    assert '<td align="left"><code>W1\'[1,2]</code></td>' in html
    assert '<td align="left"><code>norm(dL/dW2)</code></td>' in html


DAMAGED = {
    "underscores that pair up": r"$\hat{y}_{1} + \hat{y}_{1}$",
    "command of a punctuation mark": r"$a\,b$",
    "bracket": "$[a](b)$",
    "star": "$a^*b^*$",
}


@pytest.mark.parametrize("where", ["{0} twice: {0}\n", "| cell | formula |\n|---|---|\n| `z` | {0} twice: {0} |\n"])
@pytest.mark.parametrize("formula", DAMAGED.values(), ids=DAMAGED)
def test_a_formula_that_does_not_survive_is_found(formula: str, where: str) -> None:
    check_page(where.format(r"$\hat{y}_ {1} + \hat{y}_ {1}$"))
    with pytest.raises(AssertionError):
        check_page(where.format(formula))


# --- through the engines -----------------------------------------------------------------------


@cache
def distinct_formulas() -> tuple[str, ...]:
    formulas = (formula for sheet in SHEETS for formula in FORMULA.findall(markdown(*sheet)))
    return tuple(by_shape(formulas).values())


def test_katex_and_mathjax_know_every_formula() -> None:
    formulas = distinct_formulas()
    assert len(formulas) > 300
    assert objections(formulas) == []


BROKEN = {
    r"\foo x": {"katex", "mathjax"},
    r"\frac{1": {"katex", "mathjax"},
    "x_1_2": {"katex", "mathjax"},
    r"\bm{x}": {"mathjax"},
}


def test_what_an_engine_does_not_know_is_found() -> None:
    for displayed in (False, True):
        formulas = ["x_ {1}", *BROKEN]
        told = objections([], formulas) if displayed else objections(formulas)
        assert {one["display"] for one in told} == {displayed}
        found = {(one["formula"], one["engine"]) for one in told}
        assert found == {(formula, engine) for formula, engines in BROKEN.items() for engine in engines}


def test_formulas_of_one_shape_differ_in_letters_and_numbers_only() -> None:
    alike = (r"\frac{a_{1}}{\alpha}", r"\frac{out_{23}}{\alpha}")
    other = (r"\frac{a_{1}}{\beta}", r"\frac{a_{-1}}{\alpha}", r"\begin{matrix} a", r"\begin{bmatrix} a", r"\text{a b}")
    assert len(by_shape((*alike, *other))) == 1 + len(other)
