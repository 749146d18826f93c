"""The NumPy program at the end of a recipe's sheet runs, and prints every number of the sheet."""

from __future__ import annotations

import contextlib
import io
import json
import re
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from random import Random

import pytest

from backproptable.basics.shipped import shipped_texts
from backproptable.drawing.draw import draw_givens
from backproptable.examples.recipe_files import recipe_in
from backproptable.formulas.names import Address
from backproptable.nets.derive import derive_plan
from backproptable.nets.plan import Digits, Part, Plan
from backproptable.nets.recipes.recipe import Recipe
from backproptable.nets.recipes.updates import UPDATE_RULES, UpdateRule
from backproptable.numbers.evaluate import solve
from backproptable.render.array_code import array_name
from backproptable.render.formats import render_sheet
from support.recipes import random_recipe

SHIPPED = [*shipped_texts("recipes")]
LINE = re.compile(r"(\w+)(?:<(\d+)>)?('?)(?:@(\d+))?(?:\[(\d+)\])? = (.*)")


def printed_by(program: str) -> dict[tuple[str, ...], object]:
    """The arrays of lines such as ``dL_dW<2>@2 = [[0.5]]``: by name, share, prime, update, time step."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(program, "listing", "exec"), {})
    arrays: dict[tuple[str, ...], object] = {}
    for line in out.getvalue().splitlines():
        match = LINE.fullmatch(line)
        assert match, line
        *key, array = match.groups(default="")
        assert tuple(key) not in arrays, f"{key} is printed twice"
        arrays[tuple(key)] = json.loads(array)
    return arrays


def number_in(arrays: dict[tuple[str, ...], object], cell: Address) -> float:
    update = str(cell.update) if cell.update > 1 else ""
    step, share = ("" if number is None else str(number) for number in (cell.time, cell.share))
    name = array_name(cell).removeprefix("share_")
    own = (share, "'" * cell.primed, update, step)
    found = arrays[name, *own] if (name, *own) in arrays else arrays[f"{name}_{len(cell.units)}", *own]
    for index in (*(() if cell.sample is None else (cell.sample,)), *cell.units):
        assert isinstance(found, list)
        found = found[int(index) - 1]
    assert isinstance(found, int | float), cell
    return float(found)


def givens(plan: Plan, seed: int) -> dict[str, Decimal]:
    """Numbers of two decimals, whether or not they make a good sheet."""
    chance = Random(seed)
    numbers = {cell.name: Decimal(chance.choice([-1, 1]) * chance.randint(5, 99)) / 100 for cell in plan.givens}
    targets = {cell.name: Decimal(1) for cell in plan.givens if cell.address.family == "y"}
    return numbers | targets | ({"eta": plan.net.learning_rate} if plan.net.updates else {})


def check(recipe: Recipe, seed: int, carry: str) -> None:
    plan: Plan = derive_plan(recipe)
    solution = solve(plan, givens(plan, seed), carry=carry)
    [program] = re.findall(r"```python\n(.*?)```", render_sheet(solution), re.DOTALL)
    arrays = printed_by(program)
    shown = {
        cell["name"]: Decimal(cell["shown"]) for cell in json.loads(render_sheet(solution, format="json"))["cells"]
    }
    for _, cell in plan.worked:
        room = 1e-3 if carry == "full" and cell.digits is Digits.EXACT else 1e-9  # it prints four figures of all
        assert number_in(arrays, cell.address) == pytest.approx(float(shown[cell.name]), rel=room, abs=1e-14), cell.name


@pytest.mark.parametrize("carry", ["paper", "full"])
@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_recipe_prints_its_sheet(name: str, carry: str) -> None:
    recipe = recipe_in({"net": {"kind": name}}, None)
    check(recipe, 3, carry)
    if carry == "paper":
        check(replace(recipe, updates=0), 4, carry)


@pytest.mark.parametrize("name", ["gru", "neuron", "attention"])
def test_a_batch_prints_its_sheet(name: str) -> None:
    check(recipe_in({"net": {"kind": name}}, 2), 5, "paper")


def test_an_array_named_like_the_error_of_an_epoch_is_none() -> None:
    """E is the embedding of the transformer, and its sheet has no epochs."""
    plan = derive_plan(recipe_in({"net": {"kind": "transformer-block"}}, None))
    assert {step.part for step in plan.steps if step.cells[0].address.family == "E"} == {Part.UPDATE}
    assert "epoch" not in render_sheet(solve(plan, givens(plan, 2)))


@pytest.mark.parametrize("seed", range(60))
def test_a_random_recipe_prints_its_sheet(seed: int) -> None:
    check(random_recipe(seed), seed, "paper")


@pytest.mark.parametrize("updates", [1, 3])
@pytest.mark.parametrize("rule", UPDATE_RULES)
def test_every_rule_of_updates_prints_its_sheet(rule: str, updates: int) -> None:
    own = UpdateRule(rule=rule, weight_decay=Decimal("0.1"), clip_norm=Decimal("0.5"))
    text = "z = x W + b\na = tanh(z)\nL = half_sse(y, a)"
    shapes = {"x": (2,), "y": (2,), "W": (2, 2), "b": (2,)}
    check(Recipe(forward=text, shapes=shapes, rule=own, updates=updates), 6, "paper")


def test_a_reader_can_run_it_by_itself() -> None:
    plan = derive_plan(recipe_in({"net": {"kind": "attention"}}, None))
    [program] = re.findall(r"```python\n(.*?)```", render_sheet(solve(plan, draw_givens(plan, 1))), re.DOTALL)
    run = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert "    S = r(Q @ K.T / 1.414)\n" in program
    assert "    dL_dQ = r(dL_dS @ K / 1.414)\n" in program
    assert run.stdout.startswith("Q = [[")
