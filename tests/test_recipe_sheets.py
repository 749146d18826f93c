"""Recipes on sheets: lines that are true, blanks that give nothing away, classes that are marked like all others."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path

import pytest

from backproptable.basics.shipped import shipped_texts
from backproptable.drawing.draw import draw_givens
from backproptable.examples.example import load_example, load_preset
from backproptable.examples.recipe_files import recipe_in
from backproptable.formulas.formula import Choice, Num, Ref, Sum
from backproptable.formulas.written_names import cell_name, names_of_recipes
from backproptable.mistakes.registry import wrong_lines
from backproptable.nets.derive import derive_plan
from backproptable.nets.recipes.recipe import Recipe
from backproptable.numbers.evaluate import Solution, solve
from backproptable.render.formats import render_sheet
from backproptable.render.printers import tex
from support.arithmetic import half_unit, plain_value, tex_value
from support.classes import called
from support.reader import read_latex, read_markdown

SHIPPED = [*shipped_texts("recipes")]
SOLVED: dict[str, Solution] = {}


def solution(name: str) -> Solution:
    if name not in SOLVED:
        plan = derive_plan(load_preset(name).net)
        SOLVED[name] = solve(plan, draw_givens(plan, 5))
    return SOLVED[name]


def test_what_is_shipped() -> None:
    wanted = {"lstm", "gru", "convolution", "attention", "transformer-block", "layer-norm", "batch-norm", "circuit"}
    assert wanted <= set(SHIPPED)
    for name in SHIPPED:
        assert isinstance(load_preset(name).net, Recipe)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_printed_line_is_true(name: str) -> None:
    """What stands under 'numbers put in' gives the printed value, in JSON, Markdown and LaTeX alike."""
    cells = json.loads(render_sheet(solution(name), format="json"))["cells"]
    assert len(cells) == len(list(solution(name).plan.worked))
    for cell in cells:
        found = plain_value(cell["substituted"])
        room = half_unit(cell["shown"]) * Decimal("1.000001")
        assert found.low - room <= Decimal(cell["shown"]) <= found.high + room, cell
    values = {cell["name"]: cell["shown"] for cell in cells}
    for kind, read in (("md", read_markdown), ("tex", read_latex)):
        lines = read(render_sheet(solution(name), format=kind)).lines
        assert {line.name: line.value for line in lines} == values
        for line in lines:
            if line.numbers and r"\text" not in line.numbers:  # a choice is read by people
                found = tex_value(line.numbers)
                room = half_unit(line.value) * Decimal("1.000001")
                assert found.low - room <= Decimal(line.value) <= found.high + room, (kind, line)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_blank_sheet_gives_nothing_away(name: str) -> None:
    solved = solution(name)
    given = {text for cell, text in zip(solved.plan.cells, solved.text, strict=True) if cell.formula is None}
    secret = {text.lstrip("-") for text in solved.text if len(text.lstrip("-0.").replace(".", "")) >= 4} - given
    for kind in ("md", "tex"):
        blank = render_sheet(solved, format=kind, view="blank")
        assert not secret & set(re.findall(r"\d+\.\d+", blank))
    for _, cell in solved.plan.worked:
        with names_of_recipes(known=True):
            assert cell_name(f"`{cell.name}`") == cell.name


@pytest.mark.parametrize("name", SHIPPED)
def test_mistakes_are_known_and_other_formulas(name: str) -> None:
    plan = solution(name).plan
    lines = wrong_lines(plan)
    assert lines
    for line in lines:
        assert line.formula not in line.cell.formulas


def test_names_of_recipes_are_none_where_no_recipe_is_known() -> None:
    """A word in a table of an ordinary sheet must not become a name by it."""
    for text in ("h[1,2]", "`f[1]`", "z(f)[1,1]", "dL/dWf[1,1]<2>", "m^(W)[1]"):
        assert cell_name(text) is None
        with names_of_recipes(known=True):
            assert cell_name(text) == text.strip("`")


# --- files -------------------------------------------------------------------------------------

OWN = """
[net]
learning_rate = 0.1
units = 2
[recipe]
shapes = { x = ["units"], h0 = ["units"], W = ["units", "units"], U = ["units", "units"], b = ["units"], y = ["units"] }
constants = ["h0"]
forward = \"\"\"
z = x W + h0 U + b
h = tanh(z)
r = h + x               # a residual
L = sum((y - r)^2) / 2
\"\"\"
[update]
rule = "momentum"
[givens]
x = [0.5, -0.25]
h0 = [0, 0]
W = [[0.1, 0.2], [0.3, 0.4]]
U = [[0.5, 0.6], [0.7, 0.8]]
b = [0.1, -0.1]
y = [1, 0]
"""


def test_a_recipe_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(OWN, encoding="utf-8")
    example = load_example(path)
    plan = derive_plan(example.net)
    solved = solve(plan, dict(example.givens) | {"eta": Decimal("0.1")})
    text = dict(zip((cell.name for cell in plan.cells), solved.text, strict=True))
    assert text["z[1]"] == "0.07500"  # 0.5 0.1 - 0.25 0.3 + 0.1
    assert text["v(b)[1]"] == text["dL/db[1]"]
    page = render_sheet(solved)
    assert "r = h + x               # a residual" in page
    assert "momentum 0.9" in page


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            ("W = [[0.1, 0.2]", "W = [[0.1]"),
            "[givens] W: has 2 rows of 1 or 2 numbers, but the recipe needs 2 rows",
        ),
        (("U = [[0.5", "Q = [[0.5"), "[givens] Q: is not a given of this recipe."),
        (("b = [0.1, -0.1]\n", ""), "[givens] b: is missing."),
        (("units = 2\n", ""), "[recipe] shapes.x: 'units' is no number. Give it in [net]: units = 2."),
        (("units = 2\n", "units = 2\nunts = 3\n"), "[net] unts: is not a known key."),
        (('rule = "momentum"', 'rule = "mometum"'), "[update] rule: 'mometum' is not known. Did you mean 'momentum'?"),
        (('rule = "momentum"', "momentum = 2"), "[update] momentum: is 2."),
        (("h = tanh(z)", "h = tanh(zz)"), "[recipe] line 2, column 10: zz is not there yet."),
        (("[net]\n", '[net]\nkind = "lstm"\n'), "is not used: kind is lstm."),
        (("x = [0.5, -0.25]", 'x = ["a", 2]'), "Write numbers without quotes"),
    ],
)
def test_what_is_wrong_with_a_file_is_told(change: tuple[str, str], told: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(OWN.replace(*change), encoding="utf-8")
    outcome = called("handout", path, folder=tmp_path)
    assert outcome.code == 2
    assert told in outcome.err, outcome.err


# --- a class -----------------------------------------------------------------------------------


def filled(sheet: str, values: dict[str, str]) -> str:
    row = re.compile(r"^(\| `([^`]+)` \|.*\|) _{16} \|$", re.MULTILINE)
    return row.sub(lambda found: f"{found[1]} {values[found[2]]} |", sheet)


@pytest.mark.parametrize("kind", ["lstm", "attention"])
def test_a_class_is_marked_like_any_other(kind: str, tmp_path: Path) -> None:
    (tmp_path / "course.toml").write_text(f'[net]\nkind = "{kind}"\n', encoding="utf-8")
    (tmp_path / "roster.csv").write_text("student_id,first_name\n1,Ada\n2,Bo\n", encoding="utf-8")
    done = called("assign", "roster.csv", "--course", "course.toml", "--processes", 1, folder=tmp_path)
    assert done.code == 0, done.err
    output, returned = tmp_path / "output", tmp_path / "returned"
    returned.mkdir()
    names = {}
    for sheet in sorted((output / "assignments").iterdir()):
        key = read_markdown((output / f"keys/{sheet.stem}_KEY.md").read_text(encoding="utf-8"))
        values = {line.name: line.value for line in key.lines}
        wrong = next(name for name in values if name.startswith("dL/d") and float(values[name]))
        if sheet.stem.startswith("BO"):
            values[wrong] = f"{float(values[wrong]) * 1.37:.4g}"
            names["wrong"] = wrong
        text = filled(sheet.read_text(encoding="utf-8"), values)
        assert "____" not in text
        (returned / sheet.name).write_text(text, encoding="utf-8")
        assert called("check", returned / sheet.name, folder=tmp_path).code == 0
    assert called("verify", "returned", folder=tmp_path).code == 1
    sheets = json.loads((output / "report.json").read_text())["sheets"]
    report = {sheet["sheet"].partition("returned/")[2][:2]: sheet for sheet in sheets}
    assert {cell["verdict"] for cell in report["AD"]["cells"]} == {"right"}
    found = {cell["name"]: cell["verdict"] for cell in report["BO"]["cells"]}
    assert found[names["wrong"]] not in ("right", "follows")
    again = called("assign", "roster.csv", "--course", "course.toml", "--processes", 1, folder=tmp_path)
    assert "0 drawn, 2 kept from before; 0 files written" in again.out


NAMED_AS_WHAT_UPDATES_KEEP = """
m = x W
v = m * m
s = tanh(v)
c = s + m
g = c * 2
clip = g + s
L = sum((y - clip)^2) / 2
"""


def test_arrays_named_as_what_updates_keep_are_not_taken_for_it() -> None:
    shapes = {"x": [2], "W": [2, 2], "y": [2]}
    recipe = recipe_in({"recipe": {"shapes": shapes, "forward": NAMED_AS_WHAT_UPDATES_KEEP}}, None)
    plan = derive_plan(recipe)
    page = render_sheet(solve(plan, draw_givens(plan, 5)), format="md")
    of_updates = ("Old mean", "Old value", "last velocity", "scaled down", "shrink", "running mean", "velocity")
    assert [words for words in of_updates if words in page] == []
    assert "Old mean and new gradient, mixed." in render_sheet(solution("adam"), format="md"), "they are found at all"


def test_a_choice_that_leads_a_sum_stands_in_brackets() -> None:
    """Without them, what is added would belong to the last branch of the choice."""
    choice = Choice(Ref("z"), Num("1"), Num("0"))
    printed = [tex(Sum(terms), lambda ref, *_: str(ref.to)) for terms in ((choice, Num("5")), (Num("5"), choice))]
    assert [text.startswith((r"(", r"\Bigl(")) for text in printed] == [True, False]
    assert all(text.count("(") == text.count(")") == 1 for text in printed)
