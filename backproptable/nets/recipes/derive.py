"""From a recipe to its plan: every pass forward, its way back, the updates, and the pass after."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from backproptable.basics.errors import InputError, Problem
from backproptable.formulas.names import Address
from backproptable.nets.plan import Cell, Digits, Plan, Step
from backproptable.nets.recipes.explained import explained
from backproptable.nets.recipes.recipe import Recipe
from backproptable.nets.recipes.unroll import Pass
from backproptable.nets.recipes.updates import update_steps
from backproptable.nets.way_back import way_back
from backproptable.nets.worked import LOSS, Worked

__all__ = ["recipe_plan"]

_MOST_CELLS: Final = 2200
"""As of other nets: beyond this a page of single cells helps nobody."""


def recipe_plan(recipe: Recipe, *, input_gradient: bool = False) -> Plan:
    """The plan of a recipe. Raises `InputError` where it has too many cells, or nothing to learn."""
    if not recipe.parameters:
        what = "nothing learns: everything that is given is x, y or a constant."
        raise InputError([Problem("[recipe] constants", what, "Leave the parameters out of it.")])
    givens = tuple(_given_cells(recipe))
    steps: list[Step] = []
    count = len(givens)
    for step in _steps(recipe, ("x",) if input_gradient and "x" in recipe.shapes else ()):
        count += len(step.cells)
        if count > _MOST_CELLS:
            what = f"has more than {_MOST_CELLS} numbers to print."
            remedy = "Every number gets a line of its own: use smaller shapes, fewer steps, samples or updates."
            raise InputError([Problem("[recipe]", what, remedy)])
        steps.append(step)
    results = _results(steps, recipe.updates) | {cell.address for cell in givens}
    return Plan(recipe, givens, tuple(steps), results)


def _given_cells(recipe: Recipe) -> Iterator[Cell]:
    """The given numbers: array by array, a sample after the other, and the learning rate."""
    for given in recipe.givens:
        for sample in recipe.sample_numbers if given.sampled else (None,):
            for place in np.ndindex(given.shape):
                units = tuple(one + 1 for one in place)
                yield Cell(Address(given.name, None, units, sample), digits=Digits.EXACT)
    if recipe.updates:
        yield Cell(Address("eta"), digits=Digits.EXACT)


def _steps(recipe: Recipe, inputs: Sequence[str]) -> Iterator[Step]:
    for update in range(1, max(recipe.updates, 1) + 1):
        now = Pass(update)
        lines = recipe.lines(now)
        back = way_back(lines, recipe.learning, update, [(name, None) for name in inputs])
        steps = [*map(_forward, lines), *back.steps]
        updates = [*update_steps(back.gradients, recipe.rule, update)] if recipe.updates else []
        if update == 1:
            yield from explained([*steps, *updates], back.chains, recipe.starts, recipe.ranks)
            continue
        yield from steps
        # Numbers that updates keep are first mixed in the second one, so that its rules are others.
        again = update == 2 and recipe.rule.rule != "sgd"
        yield from explained(updates, {}, {}, recipe.ranks) if again else updates
    if recipe.updates:
        yield from map(_forward, recipe.lines(Pass(recipe.updates, primed=True)))


def _forward(line: Worked) -> Step:
    cells = tuple(Cell(address, formula) for address, formula in line.cells)
    return Step(line.title, line.reason, cells, function=line.function, text=line.text)


def _results(steps: Sequence[Step], updates: int) -> frozenset[Address]:
    """What the reader wants to know: the losses, the parameters at the end, or else their gradients."""
    wanted = set()
    for step in steps:
        for cell in step.cells:
            address = cell.address
            is_new = address.primed and address.update == updates and "/" not in address.family
            is_gradient = address.family.startswith("dL/d") and (not updates or address.family == "dL/dx")
            if address.family == LOSS or is_new or is_gradient:
                wanted.add(address)
    return frozenset(wanted)
