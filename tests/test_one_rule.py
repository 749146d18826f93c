"""Nets with layers, told as recipes: their hand-written way back and the one rule of recipes give the same numbers.

The two share the operations and nothing of the way back. So a new kind of net written as a recipe is held to
what three independent routes have proved of the old ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from random import Random

import numpy as np
import pytest

from backproptable.nets.derive import derive_plan
from backproptable.nets.net import Net
from backproptable.nets.plan import Plan
from backproptable.nets.recipes.recipe import Recipe
from backproptable.numbers.evaluate import Calculator
from support.nets import random_givens, random_net, random_recurrent

SEEDS = range(60)


def _sum(net: Net, row: str, weights: str, bias: str) -> str:
    product = f"{row} {weights}" if net.weights == "from_to" else f"{row} {weights}^T"
    return product if net.bias == "none" else f"{product} + {bias}"


def _function(net: Net, name: str, of: str) -> str:
    if name == "identity":
        return of
    return f"leaky_relu({of}, slope={net.leaky_slope})" if name == "leaky_relu" else f"{name}({of})"


def _loss(net: Net, target: str, output: str) -> str:
    return f"sum({output})" if net.loss == "output" else f"{net.loss}({target}, {output})"


def as_recipe(net: Net) -> Recipe:
    """The forward lines of a net with layers, under the names that its cells have."""
    shapes: dict[str, tuple[int, ...]] = {}
    lines = []

    def weighted(layer: int | str, row: str, weights: str, rows: int, columns: int) -> str:
        shapes[weights] = (rows, columns) if net.weights == "from_to" else (columns, rows)
        if net.bias != "none":
            shapes[f"b{layer}"] = (columns,) if net.bias == "per_unit" else ()
        return _sum(net, row, weights, f"b{layer}")

    if net.is_recurrent:
        inputs, states, outputs = net.layers
        shapes |= {"x": (net.steps or 1, inputs), "s0": (states,)}
        shapes["Ws"] = (states, states)
        own = "s[t-1] Ws" if net.weights == "from_to" else "s[t-1] Ws^T"
        every = net.loss_at == "every"
        shapes["y"] = (net.steps, outputs) if every else (outputs,)
        lines += [
            f"for t in 1..{net.steps}:",
            f"    zs = {own} + {weighted('s', 'x[t]', 'Wx', inputs, states)}",
            f"    s = {_function(net, net.activations[0], 'zs')}",
            f"    o = {weighted('y', 's', 'Wy', states, outputs)}",
        ]
        steps = range(1, (net.steps or 1) + 1) if every else [net.steps]
        lines.append("L = " + " + ".join(_loss(net, f"y[{t}]" if every else "y", f"o[{t}]") for t in steps))
    else:
        shapes["x"] = (net.layers[0],)
        for layer, (rows, columns, activation) in enumerate(
            zip(net.layers, net.layers[1:], net.activations, strict=False), start=1
        ):
            row = "x" if layer == 1 else f"a{layer - 1}"
            lines.append(f"z{layer} = {weighted(layer, row, f'W{layer}', rows, columns)}")
            lines.append(f"a{layer} = {_function(net, activation, f'z{layer}')}")
        shapes["y"] = (net.layers[-1],)
        lines.append(f"L = {_loss(net, 'y', f'a{net.depth}')}")
    if net.loss == "output":
        del shapes["y"]
    return Recipe(
        forward="\n".join(lines),
        shapes=shapes,
        constants=("s0",) if net.is_recurrent else (),
        learning_rate=net.learning_rate,
        updates=net.updates,
        samples=net.samples,
        reduction=net.reduction,
    )


def numbers(plan: Plan, givens: Mapping[str, Decimal]) -> dict[str, float]:
    column = [[float(givens.get(cell.name, 0))] for cell in plan.givens]
    return dict(zip(plan.by_name, Calculator(plan).exact(np.array(column))[:, 0].tolist(), strict=True))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", [random_net, random_recurrent])
def test_the_one_rule_gives_what_is_written_by_hand(kind, seed: int) -> None:
    random = Random(seed)
    net = replace(kind(random), update_biases=True, output_delta="chain", squared_error=False, paths=False)
    by_hand, by_rule = derive_plan(net), derive_plan(as_recipe(net))
    givens = random_givens(net, by_hand, random)
    one = numbers(by_hand, givens)
    of_one_step = net.is_recurrent and net.loss_at == "last"  # there a recipe's target has no step in its name
    targets = {
        f"y[{name.partition(',')[2]}": number
        for name, number in givens.items()
        if of_one_step and name.startswith("y[")
    }
    other = numbers(by_rule, {**targets, **givens, "eta": net.learning_rate})
    if not np.isfinite([*one.values()]).all():
        return
    missing = {cell.name for cell in by_rule.givens} - {*givens, *targets, "eta"}
    assert missing <= {name for name in missing if name.startswith("s0")}, "where no state is given it starts at 0"
    common = [name for name in other if name in one]
    totals = ("dL/dW", "dL/db", "W", "b", "L")
    wanted = {name for name in one if name.startswith(totals) and "<" not in name}
    assert wanted <= set(common), wanted - set(common)
    for name in common:
        assert other[name] == pytest.approx(one[name], rel=1e-9, abs=1e-12), name
