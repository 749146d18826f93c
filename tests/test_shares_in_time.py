"""Gradients of parameters that several time steps use, against complex steps, where some shares are single numbers.

A share that is one number taken over has no line of its own; it must count all the same. So the losses are
linear in the states, and the states in what stands beside them.
"""

from __future__ import annotations

import cmath
from collections.abc import Callable
from itertools import product

import numpy as np
import pytest

from backproptable.nets.derive import derive_plan
from backproptable.nets.recipes.recipe import Recipe
from backproptable.numbers.evaluate import Calculator

Numbers = dict[str, complex]
STATES: dict[str, Callable[[complex, complex, Numbers], complex]] = {
    "w * h[t-1] + x[t]": lambda h, x, of: of["w"] * h + x,
    "tanh(w * h[t-1] + x[t])": lambda h, x, of: cmath.tanh(of["w"] * h + x),
    "w * h[t-1] + v * x[t] + v": lambda h, x, of: of["w"] * h + of["v"] * x + of["v"],
    "h[t-1] + w * x[t]": lambda h, x, of: h + of["w"] * x,
    "-w - h[t-1] * v": lambda h, _, of: -of["w"] - h * of["v"],
    "h[t-1] * w + w": lambda h, _, of: h * of["w"] + of["w"],
    "w / 2 + h[t-1]": lambda h, _, of: of["w"] / 2 + h,
    "v * h[t-1] - w * w": lambda h, _, of: of["v"] * h - of["w"] ** 2,
}
LOSSES: dict[str, Callable[[list[complex], Numbers], complex]] = {
    "h[3]": lambda h, _: h[3],
    "h[3] + h[2]": lambda h, _: h[3] + h[2],
    "-h[3]": lambda h, _: -h[3],
    "h[3] * w": lambda h, of: h[3] * of["w"],
    "h[1] + h[3]": lambda h, _: h[1] + h[3],
    "h[3] - w / 3": lambda h, of: h[3] - of["w"] / 3,
    "(h[3] + h[1]) / 2": lambda h, _: (h[3] + h[1]) / 2,
    "sum(h[2]) + h[3] * h[1]": lambda h, _: h[2] + h[3] * h[1],
}
GIVEN: Numbers = {"h0": 0.3, "x[1]": 0.5, "x[2]": -0.7, "x[3]": 1.1, "w": 0.6, "v": -0.4, "eta": 0.1}
STEP = 1e-20


def _loss(state: str, loss: str, of: Numbers) -> complex:
    states = [of["h0"]]
    for step in range(1, 4):
        states.append(STATES[state](states[-1], of[f"x[{step}]"], of))
    return LOSSES[loss](states, of)


@pytest.mark.parametrize(("state", "loss"), [*product(STATES, LOSSES)])
def test_every_time_step_counts(state: str, loss: str) -> None:
    learning = [name for name in ("w", "v") if name in state + loss]
    shapes: dict[str, tuple[int, ...]] = {"h0": (), **dict.fromkeys(learning, ())}
    if "x[t]" in state:
        shapes["x"] = (3,)
    recipe = Recipe(forward=f"for t in 1..3:\n    h = {state}\nL = {loss}", shapes=shapes, constants=("h0",))
    plan = derive_plan(recipe)
    givens = np.array([[GIVEN[cell.name].real] for cell in plan.givens])
    number = dict(zip(plan.by_name, Calculator(plan).exact(givens)[:, 0].tolist(), strict=True))
    assert number["L"] == pytest.approx(_loss(state, loss, GIVEN).real, rel=1e-12)
    for name in learning:
        stepped = _loss(state, loss, GIVEN | {name: GIVEN[name] + 1j * STEP})
        assert number[f"dL/d{name}"] == pytest.approx(stepped.imag / STEP, rel=1e-12, abs=1e-15), name
