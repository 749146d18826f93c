"""Recipes in the layout `matrices`: every equation is true and says what the cells' own formulas say."""

from __future__ import annotations

import re
from functools import cache
from itertools import product
from pathlib import Path

import pytest

from backproptable.basics.errors import InputError
from backproptable.basics.shipped import shipped_texts
from backproptable.drawing.draw import draw_givens
from backproptable.examples.example import load_preset
from backproptable.nets.derive import derive_plan
from backproptable.nets.recipes.recipe import Recipe
from backproptable.numbers.evaluate import Solution, solve
from backproptable.render.formats import VIEWS, render_sheet
from backproptable.sheets.notation import load_notation
from backproptable.sheets.style import Style
from support.equations import MATRIX, TABLES, blocks, check, entries_of, equation_of
from support.recipes import random_recipe
from support.tools import batches, faulty

SHIPPED = [*shipped_texts("recipes")]
SEEDS = range(30)


@cache
def solution(name: str) -> Solution | None:
    """A shipped recipe, or a random one by its seed; None where no numbers are found for it."""
    net = load_preset(name).net if name in SHIPPED else random_recipe(int(name))
    plan = derive_plan(net)
    try:
        return solve(plan, draw_givens(plan, seed=5))
    except InputError:
        return None


RANDOM = [str(seed) for seed in SEEDS if solution(str(seed))]


def text(name: str, kind: str, view: str = "worked", layout: str = "matrices") -> str:
    return render_sheet(solution(name), format=kind, view=view, style=Style(layout=layout))


@pytest.mark.parametrize("name", [*SHIPPED, *RANDOM])
def test_every_equation_is_true(name: str) -> None:
    notation = load_notation("indexed", solution(name).plan.net)
    for kind in ("md", "tex"):
        check(kind, text(name, kind), solution(name), notation)


def test_most_random_recipes_have_numbers() -> None:
    assert len(RANDOM) > len(SEEDS) * 0.8


PRODUCTS = {
    # of a recipe: the step, and how its matrices stand, with their shapes
    "attention": {
        "Q": ["2x2", r"\cdot 2x2"],
        "dL/dA": ["2x2", r"\cdot 2x2"],
        "dL/dWQ": ["2x2", r"\cdot 2x2"],
        "dL/dS": ["1x2", r"\cdot 2x2"],
    },
    "lstm": {"z(f)": ["1x2", r"\cdot 2x1", "+ 1x1", r"\cdot 1x1", "+ 1x1"], "dL/dWf": ["2x1", r"\cdot 1x1"]},
    "convolution": {"dL/dW": ["1x1", r"\cdot 1x2"]},
}


@pytest.mark.parametrize("name", PRODUCTS)
def test_products_of_arrays_stand_as_products_of_matrices(name: str) -> None:
    notation = load_notation("indexed", solution(name).plan.net)
    stems = {notation.symbol(cell.address): cell.name.partition("[")[0] for _, cell in solution(name).plan.worked}
    found: dict[str, list[str]] = {}
    for block in blocks("md", text(name, "md")):
        equation = equation_of(block)
        shapes = [f"{joint} {len(rows)}x{len(rows[0])}".strip() for joint, rows in equation.sides[0]]
        found.setdefault(stems[equation.left[0][0]], shapes)
    assert {step: found.get(step) for step in PRODUCTS[name]} == PRODUCTS[name]


@pytest.mark.parametrize("name", SHIPPED)
def test_a_blank_sheet_asks_for_all_and_gives_nothing_away(name: str) -> None:
    plan = solution(name).plan
    given = {text for cell, text in zip(plan.cells, solution(name).text, strict=True) if cell.formula is None}
    secret = {text.lstrip("-") for text in solution(name).text if len(text.lstrip("-0.").replace(".", "")) >= 4}
    for kind in ("md", "tex"):
        blank = text(name, kind, "blank")
        assert not (secret - given) & set(re.findall(r"\d+\.\d+", blank))
        tables = [table for table in TABLES[kind](blank).tables if table.head[0] == "cell"]
        assert [row[0] for table in tables for row in table.rows] == [cell.name for _, cell in plan.worked]


@pytest.mark.parametrize("name", ["attention", "lstm", "attention-heads"])
def test_parameters_stand_as_matrices_before_and_after(name: str) -> None:
    plan = solution(name).plan
    number = dict(zip(plan.by_name, solution(name).text, strict=True))
    summary = text(name, "md").split("## What the update has done")[1].split("```python")[0]
    numbers = [entry for block in MATRIX.findall(summary) for entry in re.findall(r"-?\d[\d.e-]*", block)]
    wanted = [number[cell.name] for cell in plan.givens if cell.address.family in plan.net.parameters]
    wanted += [
        number[name] for name in number if re.match(r"\w+'\[", name) and name.split("'")[0] in plan.net.parameters
    ]
    assert sorted(numbers) == sorted(wanted)


def test_each_plane_of_an_array_has_its_own_symbol_and_numbers() -> None:
    """A kernel with channels has four indices, as the derivative of a matrix by a matrix has, and is none."""
    shapes = {"x": (2, 3, 3), "K": (2, 2, 2, 2), "y": (8,)}
    recipe = Recipe(forward="c = conv(x, K)\na = flatten(tanh(c))\nL = half_sse(y, a)", shapes=shapes)
    plan = derive_plan(recipe)
    solved = solve(plan, draw_givens(plan, seed=1))
    page = render_sheet(solved, format="md", style=Style(layout="matrices"))
    check("md", page, solved, load_notation("indexed", recipe))
    number = dict(zip(plan.by_name, solved.text, strict=True))
    summary = page.split("## What the update has done")[1].split("```python")[0]
    found = re.findall(r"K(\^\{\\prime\})?_ \{(\d)(\d)\} &= (\\begin\{bmatrix\}.*?\\end\{bmatrix\})", summary)
    assert len(found) == 8
    for prime, out, channel, matrix in found:
        name = "K'" if prime else "K"
        places = [[f"{name}[{out},{channel},{row},{column}]" for column in (1, 2)] for row in (1, 2)]
        assert entries_of(matrix) == [[number[place] for place in row] for row in places]


DOCUMENTS = [*product(SHIPPED, VIEWS, ("cells", "matrices"))]


@pytest.mark.parametrize("documents", batches(DOCUMENTS))
def test_latex_compiles_and_keeps_to_the_page(documents: list[tuple[str, str, str]], tmp_path: Path) -> None:
    """In both layouts."""
    sheets = {" ".join(which): text(which[0], "tex", *which[1:]) for which in documents}
    assert faulty(sheets, tmp_path) == {}
