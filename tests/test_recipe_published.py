"""Numbers that others published for an LSTM, a convolution, attention, and a recurrent net, held against recipes.

A file in ``tests/published`` holds a recipe with its givens, what was ``published`` for its cells, and what is
``off``: as printed, and as it should be. Every number is recomputed by the interpreter of `support.recipes`, which
knows no cells, and its derivatives by autograd; what is off is listed, and never imitated.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backproptable.examples.recipe_files import recipe_in
from backproptable.formulas.names import Address
from backproptable.nets.derive import derive_plan
from backproptable.nets.recipes.recipe import Recipe
from backproptable.numbers.evaluate import Calculator
from support.recipes import blame, worked_arrays

FOLDER = Path(__file__).parent / "published"
NAMES = sorted(path.stem for path in FOLDER.glob("*.toml"))


@cache
def example(name: str) -> Mapping[str, Any]:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"), parse_float=Decimal)


def recipe_of(content: Mapping[str, Any]) -> Recipe:
    return recipe_in({key: content[key] for key in ("net", "recipe")}, None)


def arrays_of(content: Mapping[str, Any]) -> dict[str, np.ndarray]:
    return {name: np.array(value, dtype=float) for name, value in content["givens"].items()}


def values_of(recipe: Recipe, arrays: Mapping[str, np.ndarray]) -> dict[str, float]:
    """Every cell of the plan, by name, exact."""
    plan = derive_plan(recipe)
    givens = [
        float(recipe.learning_rate)
        if cell.address.family == "eta"
        else float(arrays[cell.address.family][tuple(int(unit) - 1 for unit in cell.address.units)])
        for cell in plan.givens
    ]
    values = Calculator(plan).exact(np.array(givens)[:, None])[:, 0]
    return {cell.name: float(values[row]) for row, cell in enumerate(plan.cells)}


def rounded(value: float, like: str) -> str:
    """To as many decimals as the printed number has; a zero has no sign."""
    step = Decimal(1).scaleb(-len(like.partition(".")[2]))
    return str(Decimal(repr(value)).quantize(step, ROUND_HALF_UP) + 0)


@pytest.mark.parametrize("name", NAMES)
def test_published_numbers_stand_on_the_sheet(name: str) -> None:
    content = example(name)
    values = values_of(recipe_of(content), arrays_of(content))
    assert content["published"]
    for cell, printed in content["published"].items():
        assert rounded(values[cell], printed) == printed, cell
    for cell, (printed, right) in content["off"].items():
        assert rounded(values[cell], printed) == right != printed, cell


@pytest.mark.parametrize("name", NAMES)
def test_they_are_what_whole_arrays_and_autograd_give(name: str) -> None:
    content = example(name)
    recipe, arrays = recipe_of(content), arrays_of(content)
    values, plan = values_of(recipe, arrays), derive_plan(recipe)
    found, slopes = worked_arrays(recipe, arrays), blame(recipe, arrays)
    seen = 0
    for cell in plan.cells:
        to = cell.address
        place = tuple(int(unit) - 1 for unit in to.units)
        if to.family in found and cell.formula is not None and not to.primed:
            step = () if to.time is None else (int(to.time) - 1,)
            assert values[cell.name] == pytest.approx(found[to.family][(*step, *place)], rel=1e-9)
        elif to.primed and to.family in recipe.parameters:
            new = arrays[to.family][place] - float(recipe.learning_rate) * slopes[to.family, None][place]
            assert values[cell.name] == pytest.approx(new, rel=1e-9)
        elif (slope := slopes.get((to.family.removeprefix("dL/d"), to.time))) is not None and to.share is None:
            if to.family.startswith("dL/d"):
                assert values[cell.name] == pytest.approx(slope[place], rel=1e-9, abs=1e-15)
        else:
            continue
        seen += 1
    assert seen > len(content["published"])


IN_LINES = """
for t in 1..3:
    z = x[t] Wx + s[t-1] Ws
    s = tanh(z)
    o = s Wy
L = half_sse(y, o)
"""


def test_a_recurrent_net_in_lines_has_the_published_numbers_of_the_net() -> None:
    """The same walkthrough as `test_walkthroughs` holds against the net, written as a recipe."""
    path = Path(__file__).parent / "walkthroughs" / "three-steps-of-a-recurrent-net.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    arrays = {name: np.array(value, dtype=float) for name, value in content["givens"].items()}
    recipe = Recipe(
        forward=IN_LINES,
        shapes={name: array.shape for name, array in arrays.items()},
        constants=("s0",),
        learning_rate=Decimal(content["net"]["learning_rate"]),
    )
    values = values_of(recipe, arrays)
    seen = 0
    for line in content["published"]:
        if line["name"] in values and line["error_type"] is None:
            half_unit = 0.5 * 10.0 ** -len(line["as_printed"].partition(".")[2])
            assert values[line["name"]] == pytest.approx(float(line["as_printed"]), abs=3 * half_unit), line["name"]
            seen += 1
    assert seen >= len(content["published"]) - 5
    assert Address("dL/dWx", None, (1, 1)) in derive_plan(recipe).row
