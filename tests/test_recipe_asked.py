"""What sheets of recipes ask for: one chain from a parameter to the loss and back, and what an evening has time for."""

from __future__ import annotations

from itertools import pairwise

import pytest

from backproptable.basics.shipped import shipped_texts
from backproptable.drawing.untested import Untested
from backproptable.examples.recipe_files import recipe_in
from backproptable.formulas.formula import references
from backproptable.formulas.names import Address
from backproptable.nets.derive import derive_plan
from backproptable.nets.plan import Part, Plan
from backproptable.nets.recipes.recipe import Recipe
from backproptable.sheets.asked import set_task
from support.recipes import random_recipe

SHIPPED = [*shipped_texts("recipes")]


def plan_of(name: str) -> Plan:
    return derive_plan(recipe_in({"net": {"kind": name}}, None))


def recipes() -> list[Recipe]:
    return [recipe_in({"net": {"kind": name}}, None) for name in SHIPPED] + [random_recipe(seed) for seed in range(40)]


def names(plan: Plan, asked: str) -> list[str]:
    cells = set_task(plan, asked).asked
    return [cell.name for _, cell in plan.worked if cell.address in cells]


def test_one_chain_goes_from_a_parameter_to_the_loss_and_back() -> None:
    """Every cell on the way is worked out from the one before it, and the parameter from its gradient."""
    for recipe in recipes():
        plan = derive_plan(recipe)
        asked = set_task(plan, "one_path").asked
        cells = [(step, cell) for step, cell in plan.worked if cell.address in asked]
        there = [cell for step, cell in cells if step.part in (Part.FORWARD, Part.LOSS)]
        assert there[-1].name == "L"
        entries = {cell.address for cell in plan.givens if cell.address.family in recipe.parameters}
        assert there[0].formula is not None
        assert entries & set(references(there[0].formula))
        for before, after in pairwise(there):
            assert after.formula is not None
            assert before.address in references(after.formula), (before.name, after.name)
        gradients = [cell for _, cell in cells if cell.address.family in {f"dL/d{name}" for name in recipe.parameters}]
        assert len({(cell.address.family, cell.address.units) for cell in gradients}) == 1
        new = [cell.address for step, cell in cells if step.part is Part.UPDATE]
        assert {to.family for to in new if to.primed} == {gradients[0].address.family.removeprefix("dL/d")}
        assert {to.units for to in new} == {gradients[0].address.units}
        assert not [cell for step, cell in cells if step.part is Part.AFTER]


def test_the_chain_of_attention_is_what_a_lecturer_would_follow() -> None:
    assert names(plan_of("attention"), "one_path") == [
        *("Q[1,1]", "S[1,1]", "e(A)[1,1]", "S(A)[1]", "A[1,1]", "o[1,1]", "L"),
        *("dL/do[1,1]", "dL/dA[1,1]", "dL/dS[1,1]", "dL/dQ[1,1]", "dL/dWQ[1,1]", "WQ'[1,1]"),
    ]


@pytest.mark.parametrize("name", SHIPPED)
def test_an_evening_is_no_more_than_50_numbers(name: str) -> None:
    plan = plan_of(name)
    count, asked = len(list(plan.worked)), names(plan, "evening")
    assert len(asked) == count if count <= 50 else 40 <= len(asked) <= 50
    assert set(names(plan, "one_path")) <= set(asked)


@pytest.mark.parametrize("name", ["lstm", "gru", "layer-norm", "attention", "convolution"])
def test_most_mistakes_still_show_on_an_evening(name: str) -> None:
    """All that can be made on the whole sheet, but for two, which need the pass after the update, or a matrix."""
    plan = plan_of(name)
    every, evening = (set(Untested(plan, set_task(plan, word).asked).codes) for word in ("all", "evening"))
    assert every - evening <= {"old_weights", "gradient_transposed"}


def test_a_sheet_shows_nothing_that_follows_from_what_it_asks() -> None:
    for recipe in recipes():
        plan = derive_plan(recipe)
        for word in ("one_path", "evening"):
            task = set_task(plan, word)
            needed: set[Address | str] = set()
            for cell in reversed(plan.cells):
                if cell.formula is not None and (cell.address in task.asked or cell.address in needed):
                    needed.update(references(cell.formula))
            for _, cell in plan.worked:
                if cell.address in task.shown and cell.address not in needed and cell.formula is not None:
                    assert task.asked.isdisjoint(references(cell.formula)), cell.name
