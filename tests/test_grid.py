"""Every layout in every notation, format and view: one small net, all 84 sheets of it."""

from __future__ import annotations

import html
import re
from functools import cache
from itertools import product
from operator import itemgetter
from pathlib import Path

import cmarkgfm
import pytest
from cmarkgfm.cmark import Options

from backproptable.examples.example import load_preset
from backproptable.examples.handout import make_handout
from backproptable.numbers.evaluate import Solution
from backproptable.render.formats import VIEWS
from backproptable.render.signs import turned_texts
from backproptable.sheets.notation import load_notation
from backproptable.sheets.style import LAYOUTS
from support.finished import NOTATIONS
from support.reader import read_latex, read_markdown
from support.tools import batches, faulty

SHEETS = list(product(LAYOUTS, NOTATIONS, VIEWS))
READERS = {"md": read_markdown, "tex": read_latex}


@cache
def sheet(layout: str, notation: str, view: str) -> tuple[dict[str, str], Solution]:
    """Both text formats of the best known example."""
    style = {"layout": layout, "notation": notation}
    made = make_handout(load_preset("2-2-2"), formats=["md", "tex"], seed=None, fresh_seed=0, view=view, **style)
    return {name.rpartition(".")[2]: text for name, text in made.files.items()}, made.solution


def plain(number: str) -> str:
    """A number of a table as a student would type it."""
    return re.sub(r" \\times 10\^\{(-?\d+)\}", r"e\1", number)


@pytest.mark.parametrize(("layout", "notation", "view"), SHEETS)
@pytest.mark.parametrize("kind", READERS)
def test_every_number_stands_once_in_a_table_that_can_be_read_back(layout, notation, view, kind):
    texts, solution = sheet(layout, notation, view)
    plan = solution.plan
    turned = turned_texts(plan, solution.text, load_notation(notation, plan.net).opposite)
    printed = {cell.name: text if view == "worked" else "" for cell, text in zip(plan.cells, turned, strict=True)}
    asked = [cell.name for _, cell in plan.worked]
    read = [
        (row[0], plain(row[-1].strip("_")))
        for table in READERS[kind](texts[kind]).tables
        if table.head[0] == "cell"
        for row in table.rows
    ]
    assert dict(read) == {name: printed[name] for name in asked}
    assert len(read) == len(asked)
    if layout != "steps":  # its Steps take up several steps of the plan at a time
        assert [name for name, _ in read] == asked


@pytest.mark.parametrize(("layout", "notation"), list(product(LAYOUTS, NOTATIONS)))
def test_a_blank_sheet_gives_no_number_away(layout, notation):
    worked, solution = sheet(layout, notation, "worked")
    blank, _ = sheet(layout, notation, "blank")
    given = {text for cell, text in zip(solution.plan.cells, solution.text, strict=True) if cell.formula is None}
    computed = {text.lstrip("-") for text in solution.text if len(text) > 4} - given
    for kind in READERS:
        numbers = set(re.findall(r"\d*\.\d+(?:e-?\d+)?", blank[kind]))
        assert not numbers & computed
        assert set(re.findall(r"\d*\.\d+(?:e-?\d+)?", worked[kind])) & computed


@pytest.mark.parametrize(("layout", "notation", "view"), SHEETS)
def test_formulas_come_undamaged_through_the_parser_of_github(layout, notation, view):
    text = sheet(layout, notation, view)[0]["md"]
    page = cmarkgfm.github_flavored_markdown_to_html(text, Options.CMARK_OPT_UNSAFE)
    shown = html.unescape(re.sub(r"<[^>]+>", "", page))
    blocks = re.findall(r"^```math\n(.*?)^```$", text, re.M | re.S)
    inline = re.findall(r"\$[^$\n]+\$", re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S))
    assert bool(blocks) == (layout == "matrices")
    assert len(inline) > 15
    for formula in {*blocks, *inline}:
        assert shown.count(formula) >= text.count(formula), formula


@pytest.mark.parametrize("sheets", batches(sorted(SHEETS, key=itemgetter(2))))
def test_latex_compiles_and_keeps_to_the_page(sheets, tmp_path: Path):
    assert faulty({" ".join(which): sheet(*which)[0]["tex"] for which in sheets}, tmp_path) == {}
