"""The registry of mistakes: what each of them gives, worked out by hand, and where it can happen.

The wrong numbers are typed in here as arithmetic on named numbers, which come from the matrix
oracle. Nothing of the package's formulas is used to work them out.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from functools import cache
from math import exp, log, log10, tanh

import numpy as np
import pytest

from backproptable.formulas.formula import Formula, references
from backproptable.mistakes.registry import MISTAKES, WrongLine, wrong_lines
from backproptable.nets.derive import derive_plan
from backproptable.nets.net import Net
from backproptable.nets.plan import Plan
from backproptable.numbers.evaluate import compile_formulas
from support.matrix_in_time import oracle_for
from support.mistakes_in_runs import BY_HAND_IN_RUNS, RUNS
from support.nets import LATER, seeded_example

CODES = [mistake.code for mistake in MISTAKES if mistake.reasons]
"""Those that drawing keeps apart; the others are in `test_further_mistakes`."""

RELU = Net(layers=(2, 2, 2), activations=("relu", "sigmoid"), loss="half_sse", learning_rate=Decimal("0.5"))
TANH = Net(layers=(2, 2, 2), activations=("tanh", "softmax"), learning_rate=Decimal("0.5"))

NETS = {
    "ReLU, sigmoid": RELU,
    "tanh, softmax": TANH,
    "deep": Net(layers=(2, 2, 2, 3), activations=("sigmoid", "tanh", "softmax")),
    "leaky": Net(layers=(2, 3, 1), activations=("leaky_relu", "identity"), loss="sse", bias="none"),
    "to_from": Net(layers=(2, 3, 2), activations=("tanh", "sigmoid"), loss="mse", weights="to_from", bias="shared"),
    "binary": Net(layers=(2, 2), activations=("sigmoid",), loss="binary_cross_entropy"),
    "binary softmax": Net(layers=(2, 3), activations=("softmax",), loss="binary_cross_entropy"),
    "short": Net(
        layers=(2, 2),
        activations=("sigmoid",),
        loss="binary_cross_entropy",
        output_delta="short",
        samples=2,
        reduction="mean",
    ),
    "short, half the squares": Net(
        layers=(2, 2, 1), activations=("tanh", "identity"), loss="half_sse", output_delta="short"
    ),
    "batch": Net(
        layers=(2, 2, 2), activations=("sigmoid", "tanh"), loss="mse", samples=2, reduction="mean", bias="shared"
    ),
    "summed batch": Net(layers=(2, 2), activations=("sigmoid",), loss="sse", samples=3),
    "batch of one": Net(layers=(2, 2), activations=("sigmoid",), loss="sse", samples=1, reduction="mean"),
    "updates": Net(
        layers=(2, 2, 2),
        activations=("sigmoid", "sigmoid"),
        loss="half_sse",
        updates=3,
        update_biases=True,
        learning_rate=Decimal("0.5"),
    ),
    "no update": Net(layers=(2, 2, 2), activations=("sigmoid", "softmax"), updates=0),
    "one to one": Net(layers=(1, 1), activations=("sigmoid",), loss="half_sse"),
    "one to one softmax": Net(layers=(1, 1), activations=("softmax",)),
    "the output itself": Net(layers=(2, 2), activations=("sigmoid",), loss="output", samples=2, reduction="mean"),
    "cross-entropy of sigmoids": Net(layers=(2, 2), activations=("sigmoid",), loss="cross_entropy"),
    "forward only": Net(layers=(2, 2), activations=("step",), forward_only=True),
} | RUNS


@cache
def plan_of(name: str) -> Plan:
    return derive_plan(NETS[name])


@cache
def numbers(name: str) -> dict[str, float]:
    """All right numbers by name: givens that nobody chose with care, the rest by whole matrices."""
    net, plan = NETS[name], plan_of(name)
    chance = np.random.RandomState(8)
    givens = {cell.name: round(float(chance.uniform(-0.9, 0.9)), 3) for cell in plan.givens}
    for case in (net.loss_steps if net.is_recurrent else net.sample_numbers) if net.needs_targets else ():
        place = "" if case is None else f"{case},"
        outputs = net.layers[-1]
        givens |= {f"y[{place}{unit}]": round(unit / sum(range(1, outputs + 1)), 2) for unit in range(1, outputs + 1)}
    for cell in plan.givens:
        if cell.address.family == "m":
            givens[cell.name] = cell.address.units[0] % 2  # every second unit is left out
    givens["eta"] = float(net.learning_rate)
    if name == "ReLU, sigmoid":  # unit 1 is dead, unit 2 is on
        givens |= {"x[1]": 0.4, "x[2]": 0.7, "W1[1,1]": -0.8, "W1[2,1]": -0.3, "W1[1,2]": 0.6, "W1[2,2]": 0.5}
        givens |= {"b1[1]": 0.1, "b1[2]": -0.2}
    if name == "leaky":  # unit 1 is below 0
        givens |= {"x[1]": 0.4, "x[2]": 0.7, "W1[1,1]": -0.8, "W1[2,1]": -0.3}
    if name == "threshold":  # above 0, but not above the threshold
        givens |= {"x[1]": 0.4, "x[2]": 0.7, "W1[1,1]": 0.5, "W1[2,1]": 0.3, "b1[1]": -0.1}
    oracle = oracle_for(net)
    return givens | oracle.backpropagation(net, oracle.numbers_of(net, givens))


@cache
def wrong_numbers(name: str) -> list[tuple[WrongLine, float]]:
    """Every wrong line of a net with what it gives, on the right numbers above it."""
    plan = plan_of(name)
    column = np.array([[numbers(name)[cell.name]] for cell in plan.cells])
    lines = wrong_lines(plan)
    values = np.empty(len(lines))
    with np.errstate(all="ignore"):
        programs = compile_formulas(enumerate(line.formula for line in lines), plan, lambda total, _: total)
        for places, program in programs:
            values[places] = np.broadcast_to(program(column), (len(places), 1))[:, 0]
    return list(zip(lines, values.tolist(), strict=True))


# --- what each mistake gives -------------------------------------------------------------------

V = dict[str, float]
Wrong = Callable[[V], list[float]]

BY_HAND: dict[str, list[tuple[str, str, Wrong]]] = {
    "bias_forgotten": [
        ("ReLU, sigmoid", "z2[1]", lambda v: [v["a1[1]"] * v["W2[1,1]"] + v["a1[2]"] * v["W2[2,1]"]]),
        ("to_from", "z1[3]", lambda v: [v["W1[3,1]"] * v["x[1]"] + v["W1[3,2]"] * v["x[2]"]]),
        ("one to one", "z1'[1]", lambda v: [v["x[1]"] * v["W1'[1,1]"]]),
        ("leaky", "z1[1]", lambda _: []),
    ],
    "weights_transposed": [
        ("ReLU, sigmoid", "z1[1]", lambda v: [v["x[1]"] * v["W1[1,1]"] + v["x[2]"] * v["W1[1,2]"] + v["b1[1]"]]),
        ("tanh, softmax", "dL/da1[2]", lambda v: [v["dL/dz2[1]"] * v["W2[1,2]"] + v["dL/dz2[2]"] * v["W2[2,2]"]]),
        ("updates", "dL/da1[1]@2", lambda v: [v["dL/dz2[1]@2"] * v["W2'[1,1]"] + v["dL/dz2[2]@2"] * v["W2'[2,1]"]]),
        ("to_from", "z1[3]", lambda _: []),  # a matrix that is not square has no such weights
    ],
    "index_shifted": [
        ("ReLU, sigmoid", "z1[1]", lambda v: [v["x[1]"] * v["W1[1,2]"] + v["x[2]"] * v["W1[2,2]"] + v["b1[1]"]]),
        ("deep", "z3[3]", lambda v: [v["a2[1]"] * v["W3[1,1]"] + v["a2[2]"] * v["W3[2,1]"] + v["b3[3]"]]),
        (
            "to_from",
            "z2[2]",
            lambda v: [sum(v[f"W2[1,{i}]"] * v[f"a1[{i}]"] for i in (1, 2, 3)) + v["b2"]],
        ),
        ("to_from", "dL/da1[3]", lambda v: [v["dL/dz2[1]"] * v["W2[1,1]"] + v["dL/dz2[2]"] * v["W2[2,1]"]]),
        ("deep", "dL/da2[1]", lambda v: [sum(v[f"dL/dz3[{k}]"] * v[f"W3[2,{k}]"] for k in (1, 2, 3))]),
        ("one to one", "z1[1]", lambda _: []),
    ],
    "wrong_layer": [
        ("ReLU, sigmoid", "z2[1]", lambda v: [v["x[1]"] * v["W2[1,1]"] + v["x[2]"] * v["W2[2,1]"] + v["b2[1]"]]),
        ("deep", "dL/dW3[2,3]", lambda v: [v["dL/dz3[3]"] * v["a1[2]"]]),
        ("updates", "dL/dW2[2,1]@3", lambda v: [v["dL/dz2[1]@3"] * v["x[2]"]]),
        ("deep", "z1[1]", lambda _: []),
    ],
    "sum_for_output": [
        ("tanh, softmax", "z2[2]", lambda v: [v["z1[1]"] * v["W2[1,2]"] + v["z1[2]"] * v["W2[2,2]"] + v["b2[2]"]]),
        ("tanh, softmax", "dL/dW2[2,1]", lambda v: [v["dL/dz2[1]"] * v["z1[2]"]]),
    ],
    "old_weights": [
        ("one to one", "z1'[1]", lambda v: [v["x[1]"] * v["W1[1,1]"] + v["b1[1]"]]),
        ("updates", "z1[1]@3", lambda v: [v["x[1]"] * v["W1'[1,1]"] + v["x[2]"] * v["W1'[2,1]"] + v["b1'[1]"]]),
        ("updates", "z1[1]", lambda _: []),
    ],
    "activation_forgotten": [
        ("ReLU, sigmoid", "a1[1]", lambda v: [v["z1[1]"]]),
        ("ReLU, sigmoid", "a2'[2]", lambda v: [v["z2'[2]"]]),
        ("leaky", "a1[1]", lambda v: [v["z1[1]"]]),
        ("leaky", "a2[1]", lambda _: []),
        ("tanh, softmax", "a2[1]", lambda _: []),
    ],
    "exponent_sign": [
        ("ReLU, sigmoid", "a2[1]", lambda v: [1 / (1 + exp(v["z2[1]"]))]),
        ("tanh, softmax", "e2[2]", lambda v: [exp(-v["z2[2]"])]),
        ("ReLU, sigmoid", "a1[1]", lambda _: []),
        ("tanh, softmax", "a1[1]", lambda _: []),
    ],
    "logits_as_outputs": [("tanh, softmax", "a2[2]", lambda v: [v["z2[2]"]]), ("deep", "a2[2]", lambda _: [])],
    "softmax_without_exp": [
        ("deep", "a3[2]", lambda v: [v["z3[2]"] / (v["z3[1]"] + v["z3[2]"] + v["z3[3]"])]),
        ("one to one softmax", "a1[1]", lambda v: [v["z1[1]"] / v["z1[1]"]]),
    ],
    "log10": [
        ("tanh, softmax", "l[1]", lambda v: [-v["y[1]"] * log10(v["a2[1]"])]),
        ("binary", "l[2]", lambda v: [-v["y[2]"] * log10(v["a1[2]"]) - (1 - v["y[2]"]) * log10(1 - v["a1[2]"])]),
        ("leaky", "l[1]", lambda _: []),
    ],
    "loss_sign": [
        ("tanh, softmax", "l[1]", lambda v: [v["y[1]"] * log(v["a2[1]"])]),
        ("binary", "l[1]", lambda v: [v["y[1]"] * log(v["a1[1]"]) + (1 - v["y[1]"]) * log(1 - v["a1[1]"])]),
        ("leaky", "l[1]", lambda _: []),
    ],
    "square_forgotten": [
        ("ReLU, sigmoid", "l[1]", lambda v: [(v["y[1]"] - v["a2[1]"]) / 2]),
        ("leaky", "l[1]", lambda v: [v["y[1]"] - v["a2[1]"]]),
        ("batch", "l[2,1]", lambda v: [(v["y[2,1]"] - v["a2[2,1]"]) / 2]),
    ],
    "cross_entropies_mixed": [
        (
            "tanh, softmax",
            "l[2]",
            lambda v: [-v["y[2]"] * log(v["a2[2]"]) - (1 - v["y[2]"]) * log(1 - v["a2[2]"])],
        ),
        ("tanh, softmax", "dL/da2[1]", lambda v: [-v["y[1]"] / v["a2[1]"] + (1 - v["y[1]"]) / (1 - v["a2[1]"])]),
        ("binary", "l[1]", lambda v: [-v["y[1]"] * log(v["a1[1]"])]),
        ("binary", "dL/da1[2]", lambda v: [-v["y[2]"] / v["a1[2]"]]),
        ("short", "l'[1,2]", lambda v: [-v["y[1,2]"] * log(v["a1'[1,2]"])]),
        ("leaky", "l[1]", lambda _: []),
    ],
    "factor_two": [
        ("ReLU, sigmoid", "l[1]", lambda v: [(v["y[1]"] - v["a2[1]"]) ** 2]),
        ("ReLU, sigmoid", "dL/da2[1]", lambda v: [2 * (v["a2[1]"] - v["y[1]"])]),
        ("leaky", "l[1]", lambda v: [(v["y[1]"] - v["a2[1]"]) ** 2 / 2]),
        ("leaky", "dL/da2[1]", lambda v: [v["a2[1]"] - v["y[1]"]]),
        ("batch", "dL/da2[1,2]", lambda v: [0.5 * 0.5 * (v["a2[1,2]"] - v["y[1,2]"])]),
        ("short, half the squares", "dL/dz2[1]", lambda v: [2 * (v["a2[1]"] - v["y[1]"])]),
        ("ReLU, sigmoid", "dL/dz2[1]", lambda _: []),
        ("short, half the squares", "dL/dz1[1]", lambda _: []),
    ],
    "sum_for_mean": [
        ("to_from", "l[1]", lambda v: [(v["y[1]"] - v["a2[1]"]) ** 2]),
        ("to_from", "L", lambda _: []),
        ("batch", "L", lambda v: [v["l[1,1]"] + v["l[1,2]"] + v["l[2,1]"] + v["l[2,2]"]]),
        # The mean over two samples, or the one over two outputs: the same wrong number.
        ("batch", "dL/da2[1,1]", lambda v: [v["a2[1,1]"] - v["y[1,1]"]]),
        ("short", "dL/dz1[2,1]", lambda v: [v["a1[2,1]"] - v["y[2,1]"]]),
        ("batch", "dL/dz1[2,1]", lambda _: []),
        ("batch of one", "L", lambda _: []),
        ("summed batch", "L", lambda _: []),
    ],
    "mean_for_sum": [
        ("summed batch", "dL/dW1[1,2]", lambda v: [sum(v[f"dL/dz1[{s},2]"] * v[f"x[{s},1]"] for s in (1, 2, 3)) / 3]),
        ("summed batch", "dL/db1[2]", lambda v: [sum(v[f"dL/dz1[{s},2]"] for s in (1, 2, 3)) / 3]),
        (  # over samples, or over outputs
            "summed batch",
            "L",
            lambda v: [sum(v[f"l[{s},{k}]"] for s in (1, 2, 3) for k in (1, 2)) / count for count in (3, 2)],
        ),
        ("tanh, softmax", "L'", lambda v: [(v["l'[1]"] + v["l'[2]"]) / 2]),
        # where the mean is already in dL/da: a second one
        ("batch", "dL/dW2[1,2]", lambda v: [(v["dL/dz2[1,2]"] * v["a1[1,1]"] + v["dL/dz2[2,2]"] * v["a1[2,1]"]) / 2]),
        ("batch", "L", lambda _: []),
        ("batch of one", "dL/dW1[1,1]", lambda _: []),
        ("leaky", "L", lambda _: []),
    ],
    "error_sign": [
        ("ReLU, sigmoid", "dL/da2[2]", lambda v: [v["y[2]"] - v["a2[2]"]]),
        ("tanh, softmax", "dL/da2[2]", lambda v: [v["y[2]"] / v["a2[2]"]]),
        ("short", "dL/dz1[1,2]", lambda v: [(v["y[1,2]"] - v["a1[1,2]"]) / 2]),
        ("the output itself", "dL/da1[1,1]", lambda _: []),
        ("ReLU, sigmoid", "dL/dz2[2]", lambda _: []),
        ("short, half the squares", "dL/dz1[2]", lambda _: []),
    ],
    "slope_at_sum": [
        ("ReLU, sigmoid", "da2/dz2[1]", lambda v: [v["z2[1]"] * (1 - v["z2[1]"])]),
        ("tanh, softmax", "da1/dz1[1]", lambda v: [1 - v["z1[1]"] ** 2]),
        ("tanh, softmax", "da2/dz2[1,1]", lambda v: [v["z2[1]"] * (1 - v["z2[1]"])]),
        ("tanh, softmax", "da2/dz2[1,2]", lambda v: [-v["z2[1]"] * v["z2[2]"]]),
        ("ReLU, sigmoid", "da1/dz1[1]", lambda _: []),
    ],
    "slope_at_output": [
        ("ReLU, sigmoid", "da2/dz2[1]", lambda v: [sigmoid(v["a2[1]"]) * (1 - sigmoid(v["a2[1]"]))]),
        ("tanh, softmax", "da1/dz1[2]", lambda v: [1 - tanh(v["a1[2]"]) ** 2]),
        ("tanh, softmax", "da2/dz2[1,1]", lambda _: []),
    ],
    "slope_is_output": [
        ("ReLU, sigmoid", "da2/dz2[2]", lambda v: [v["a2[2]"]]),
        ("tanh, softmax", "da2/dz2[1,1]", lambda _: []),
    ],
    "slope_always_one": [
        ("ReLU, sigmoid", "da1/dz1[1]", lambda _: [1]),
        ("leaky", "da1/dz1[1]", lambda _: [1]),
        ("ReLU, sigmoid", "da2/dz2[1]", lambda _: []),
    ],
    "softmax_cross_sign": [
        ("tanh, softmax", "da2/dz2[2,1]", lambda v: [v["a2[1]"] * v["a2[2]"]]),
        ("tanh, softmax", "da2/dz2[1,1]", lambda _: []),
    ],
    "softmax_diagonal": [
        ("deep", "dL/dz3[2]", lambda v: [v["dL/da3[2]"] * v["a3[2]"] * (1 - v["a3[2]"])]),
        ("deep", "dL/dz2[2]", lambda _: []),
        ("one to one softmax", "dL/dz1[1]", lambda _: []),
    ],
    "slope_missing": [
        ("ReLU, sigmoid", "dL/dz1[1]", lambda v: [v["dL/da1[1]"]]),
        ("tanh, softmax", "dL/dz2[1]", lambda v: [v["dL/da2[1]"]]),
        ("ReLU, sigmoid", "dL/dW2[2,1]", lambda v: [v["dL/da2[1]"] * v["a1[2]"]]),
        ("ReLU, sigmoid", "dL/db2[1]", lambda v: [v["dL/da2[1]"]]),
        ("tanh, softmax", "dL/da1[1]", lambda v: [v["dL/da2[1]"] * v["W2[1,1]"] + v["dL/da2[2]"] * v["W2[1,2]"]]),
        ("short", "dL/dz1[1,1]", lambda _: []),
        ("short", "dL/dW1[1,1]", lambda _: []),
    ],
    "slope_twice": [
        ("ReLU, sigmoid", "dL/dz2[1]", lambda v: [v["dL/da2[1]"] * (v["a2[1]"] * (1 - v["a2[1]"])) ** 2]),
        ("tanh, softmax", "dL/dz2[1]", lambda _: []),
    ],
    "one_path": [
        ("deep", "dL/da2[1]", lambda v: [v[f"dL/dz3[{k}]"] * v[f"W3[1,{k}]"] for k in (1, 2, 3)]),
        ("one to one", "dL/dW1[1,1]", lambda _: []),
        ("leaky", "dL/da1[1]", lambda _: []),
    ],
    "updated_weights": [
        ("tanh, softmax", "dL/da1[1]", lambda v: [v["dL/dz2[1]"] * v["W2'[1,1]"] + v["dL/dz2[2]"] * v["W2'[1,2]"]]),
        (
            "updates",
            "dL/da1[1]@2",
            lambda v: [v["dL/dz2[1]@2"] * v["W2'[1,1]@2"] + v["dL/dz2[2]@2"] * v["W2'[1,2]@2"]],
        ),
        ("no update", "dL/da1[1]", lambda _: []),
    ],
    "input_missing": [
        ("ReLU, sigmoid", "dL/dW1[2,1]", lambda v: [v["dL/dz1[1]"]]),
        ("summed batch", "dL/dW1[2,1]", lambda v: [v["dL/dz1[1,1]"] + v["dL/dz1[2,1]"] + v["dL/dz1[3,1]"]]),
    ],
    "neighbours_input": [
        ("to_from", "dL/dW2[1,2]", lambda v: [v["dL/dz2[1]"] * v["a1[3]"]]),
        ("to_from", "dL/dW2[1,3]", lambda v: [v["dL/dz2[1]"] * v["a1[1]"]]),
        ("summed batch", "dL/dW1[2,1]", lambda v: [sum(v[f"dL/dz1[{s},1]"] * v[f"x[{s},1]"] for s in (1, 2, 3))]),
        ("one to one", "dL/dW1[1,1]", lambda _: []),
    ],
    "own_output": [
        ("tanh, softmax", "dL/dW1[2,1]", lambda v: [v["dL/dz1[1]"] * v["a1[1]"]]),
        ("to_from", "dL/dW2[2,3]", lambda v: [v["dL/dz2[2]"] * v["a2[2]"]]),
        ("updates", "dL/dW1[1,2]@2", lambda v: [v["dL/dz1[2]@2"] * v["a1[2]@2"]]),
    ],
    "gradient_transposed": [
        ("ReLU, sigmoid", "dL/dW2[1,2]", lambda v: [v["dL/dW2[2,1]"]]),
        ("ReLU, sigmoid", "dL/dW2[2,2]", lambda _: []),
        ("to_from", "dL/dW1[3,1]", lambda _: []),
    ],
    "one_sample": [
        ("summed batch", "dL/dW1[1,2]", lambda v: [v[f"dL/dz1[{s},2]"] * v[f"x[{s},1]"] for s in (1, 2, 3)]),
        ("summed batch", "dL/db1[1]", lambda _: []),
    ],
    "bias_not_summed": [
        ("summed batch", "dL/db1[1]", lambda v: [v[f"dL/dz1[{s},1]"] for s in (1, 2, 3)]),
        ("to_from", "dL/db1", lambda v: [v[f"dL/dz1[{j}]"] for j in (1, 2, 3)]),
        ("batch", "dL/db2", lambda v: [v[f"dL/dz2[{s},{j}]"] for s in (1, 2) for j in (1, 2)]),
        ("ReLU, sigmoid", "dL/db1[1]", lambda _: []),
    ],
    "rate_missing": [
        ("ReLU, sigmoid", "W1'[2,2]", lambda v: [v["W1[2,2]"] - v["dL/dW1[2,2]"]]),
        ("updates", "b1'[2]@2", lambda v: [v["b1'[2]"] - v["dL/db1[2]@2"]]),
    ],
    "rate_twice": [
        ("ReLU, sigmoid", "W1'[2,2]", lambda v: [v["W1[2,2]"] - 0.5 * 0.5 * v["dL/dW1[2,2]"]]),
        ("updates", "W2'[1,2]@3", lambda v: [v["W2'[1,2]@2"] - 0.25 * v["dL/dW2[1,2]@3"]]),
    ],
    "ascent": [
        ("ReLU, sigmoid", "W2'[1,2]", lambda v: [v["W2[1,2]"] + 0.5 * v["dL/dW2[1,2]"]]),
        ("updates", "b2'[1]", lambda v: [v["b2[1]"] + 0.5 * v["dL/db2[1]"]]),
    ],
    "root_missing": [
        ("one to one", "norm(dL/dW1)", lambda v: [v["dL/dW1[1,1]"] ** 2]),
        ("leaky", "norm(dL/dW2)", lambda v: [sum(v[f"dL/dW2[{i},1]"] ** 2 for i in (1, 2, 3))]),
    ],
}
for code, cases in BY_HAND_IN_RUNS.items():
    BY_HAND.setdefault(code, []).extend(cases)
"""For each code: net, cell, and all the numbers that somebody may write who makes this mistake there."""


def sigmoid(z: float) -> float:
    return 1 / (1 + exp(-z))


def test_every_mistake_has_been_worked_out_by_hand() -> None:
    assert list(BY_HAND) == CODES
    for code, cases in BY_HAND.items():
        assert any(case(numbers(net)) for net, _, case in cases), code


@pytest.mark.parametrize(
    ("code", "net", "cell", "expected"),
    [pytest.param(code, *case, id=f"{code}-{case[1]}-{case[0]}") for code, cases in BY_HAND.items() for case in cases],
)
def test_a_mistake_gives_what_it_gives_by_hand(code: str, net: str, cell: str, expected: Wrong) -> None:
    assert cell in plan_of(net).by_name
    given = [value for line, value in wrong_numbers(net) if (line.mistake, line.cell.name) == (code, cell)]
    assert sorted(given) == pytest.approx(sorted(expected(numbers(net))), rel=1e-12)


# --- the registry ------------------------------------------------------------------------------


def test_codes_and_titles() -> None:
    assert len(set(CODES)) == len(CODES)
    for mistake in MISTAKES:
        assert re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", mistake.code)
        assert mistake.title
        assert "\n" not in mistake.title
        assert not mistake.title.endswith(".")
        everywhere = (*mistake.reasons, *mistake.elsewhere)
        assert len(set(everywhere)) == len(everywhere) > 0
    titles = [mistake.title for mistake in MISTAKES]
    assert len(set(titles)) == len(titles)


def test_every_mistake_occurs_and_in_every_step_it_is_registered_for() -> None:
    found = set()
    for name in NETS:
        plan = plan_of(name)
        reasons = {cell.address: step.reason for step, cell in plan.worked}
        found |= {(line.mistake, reasons[line.cell.address]) for line in wrong_lines(plan)}
    assert found == {(mistake.code, reason) for mistake in MISTAKES for reason in mistake.reasons}


@pytest.mark.parametrize("name", NETS)
def test_wrong_lines_are_wrong_and_over_cells_of_the_plan(name: str) -> None:
    plan = plan_of(name)
    lines = wrong_lines(plan)
    order = [plan.row[line.cell.address] for line in lines]
    assert order == sorted(order)
    assert len(set(lines)) == len(lines)
    for line in lines:
        assert line.formula not in line.cell.formulas
        assert all(to in plan.row for to in references(line.formula)), (line.mistake, line.cell.name)
        assert line.cell is plan.by_name[line.cell.name]


@pytest.mark.parametrize("seed", [*range(60), *range(LATER, LATER + 40)])
def test_wrong_lines_of_random_nets_can_be_worked_out(seed: int) -> None:
    plan = seeded_example(seed).plan
    lines = wrong_lines(plan)
    compile_formulas(enumerate(line.formula for line in lines), plan, lambda total, _: total)
    for line in lines:
        assert line.formula not in line.cell.formulas
        assert line.mistake in CODES


SMOOTH = ("sigmoid", "tanh", "softmax")


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, net in NETS.items()
        if (set(net.activations) <= set(SMOOTH) or net.is_recurrent)
        and not net.keep  # a mask of 1 or 0 hides much
        and (net.layers[-1], net.activations[-1]) != (1, "softmax")  # is 1 with slope 0, whatever goes wrong before
    ],
)
def test_no_mistake_is_the_right_calculation_in_disguise(name: str) -> None:
    """On numbers that nobody chose, each gives another number than the right formula."""
    for line, value in wrong_numbers(name):
        right = numbers(name)[line.cell.name]
        assert value != pytest.approx(right, rel=1e-9), (line.mistake, line.cell.name)


def test_nothing_goes_wrong_twice_in_one_line() -> None:
    """A net with one unit in each layer has no neighbour, no other path and no matrix to turn over."""
    codes = {line.mistake for line in wrong_lines(plan_of("one to one"))}
    absent = {"weights_transposed", "index_shifted", "one_path", "neighbours_input", "gradient_transposed"}
    absent |= {"wrong_layer", "softmax_diagonal", "one_sample", "bias_not_summed", "mean_for_sum", "sum_for_mean"}
    assert codes.isdisjoint(absent)
    assert {"bias_forgotten", "error_sign", "slope_at_sum", "rate_missing", "root_missing"} <= codes


def test_no_two_mistakes_are_one_formula() -> None:
    """But for the two that both say twice: a 2 too many, and the mean over 2 left out."""
    for name in NETS:
        codes: dict[tuple[str, Formula], str] = {}
        for line in wrong_lines(plan_of(name)):
            code = codes.setdefault((line.cell.name, line.formula), line.mistake)
            assert {code, line.mistake} in ({code}, {"factor_two", "sum_for_mean"}), (name, line.cell.name)


def test_a_forward_pass_has_no_mistakes_of_the_way_back() -> None:
    codes = {line.mistake for line in wrong_lines(plan_of("forward only"))}
    assert codes == {"bias_forgotten", "weights_transposed", "index_shifted"}


def test_mistakes_do_not_depend_on_the_sample_or_update() -> None:
    """What can go wrong for one sample can go wrong for each, and in every update."""

    def lines_at(name: str, pattern: str) -> list[list[str]]:
        lines = [(line.mistake, line.cell.name) for line in wrong_lines(plan_of(name))]
        return [[code for code, cell in lines if cell == pattern.format(number)] for number in (1, 2)]

    for pattern in ("z1[{},1]", "a1[{},2]", "dL/dz1[{},1]"):
        first, second = lines_at("summed batch", pattern)
        assert first == second != []
    updates = [(line.mistake, line.cell.name) for line in wrong_lines(plan_of("updates"))]
    for stem in ("dL/da1[1]", "dL/dz1[1]", "dL/dW2[1,2]", "W1'[1,1]", "b1'[2]", "norm(dL/dW1)"):
        codes = [[code for code, cell in updates if cell == stem + again] for again in ("", "@2", "@3")]
        assert codes[0] == codes[1] == codes[2] != []


def test_wrong_lines_do_not_depend_on_what_the_plan_carries_besides() -> None:
    """Two plans of one net have the same wrong lines: a drawing can be made again."""
    net = replace(RELU, updates=2)
    assert wrong_lines(derive_plan(net)) == wrong_lines(derive_plan(net))
