"""From a recipe to the steps of its plan: every pass forward, its way back, the updates, and the pass after."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from backproptable.names import Address
from backproptable.plan import Cell, Digits, Step
from backproptable.recipes.recipe import Recipe
from backproptable.recipes.unroll import LOSS, Pass, Worked
from backproptable.recipes.updates import update_steps
from backproptable.recipes.way_back import way_back

__all__ = ["given_cells", "recipe_steps", "results_of"]


def given_cells(recipe: Recipe) -> Iterator[Cell]:
    """The given numbers: array by array, a sample after the other, and the learning rate."""
    for given in recipe.givens:
        for sample in recipe.sample_numbers if given.sampled else (None,):
            for place in np.ndindex(given.shape):
                units = tuple(one + 1 for one in place)
                yield Cell(Address(given.name, None, units, sample), digits=Digits.EXACT)
    if recipe.updates:
        yield Cell(Address("eta"), digits=Digits.EXACT)


def recipe_steps(recipe: Recipe) -> Iterator[Step]:
    """All steps, in the order of the work."""
    for update in range(1, max(recipe.updates, 1) + 1):
        now = Pass(update)
        lines = recipe.lines(now)
        yield from map(_forward, lines)
        back = way_back(lines, recipe.givens, now)
        yield from back.steps
        if recipe.updates:
            yield from update_steps(back.gradients, recipe.rule, update)
    if recipe.updates:
        yield from map(_forward, recipe.lines(Pass(recipe.updates, primed=True)))


def _forward(line: Worked) -> Step:
    return Step(line.title, line.reason, tuple(Cell(address, formula) for address, formula in line.cells))


def results_of(steps: list[Step], updates: int) -> frozenset[Address]:
    """What the reader wants to know: the losses, the parameters at the end, or else their gradients."""
    wanted = set()
    for step in steps:
        for cell in step.cells:
            address = cell.address
            is_new = address.primed and address.update == updates and "/" not in address.family
            if address.family == LOSS or is_new or (not updates and address.family.startswith("dL/d")):
                wanted.add(address)
    return frozenset(wanted)
