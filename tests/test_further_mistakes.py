"""Mistakes that only verifying looks for: what each gives, worked out by hand, and that it is named where it was made.

As in `test_mistakes`, wrong numbers are arithmetic on named numbers of the matrix oracle.
"""

from __future__ import annotations

from functools import cache
from math import exp, tan, tanh

import numpy as np
import pytest
from test_judge_mistakes import key, marked, text
from test_mistakes import NETS, V, Wrong, numbers, plan_of

from backproptable.drawing.draw import Drawing, student_key
from backproptable.formulas.formula import references
from backproptable.marking.marked import Verdict
from backproptable.mistakes.registry import MISTAKES, WrongLine, further_lines, wrong_lines
from backproptable.nets.derive import derive_plan
from backproptable.nets.net import Net
from backproptable.numbers.evaluate import compile_formulas
from backproptable.numbers.ranges import Ranges
from support.nets import LATER, seeded_example

FURTHER = {mistake.code for mistake in MISTAKES if not mistake.reasons}


def sigmoid(z: float) -> float:
    return 1 / (1 + exp(-z))


def shares(v: V, layer: int, units: int) -> dict[int, float]:
    total = sum(v[f"z{layer}[{k}]"] for k in range(1, units + 1))
    return {k: v[f"z{layer}[{k}]"] / total for k in range(1, units + 1)}


BY_HAND: dict[str, list[tuple[str, str, Wrong]]] = {
    "sum_for_output": [
        ("short", "dL/dz1[1,1]", lambda v: [(v["z1[1,1]"] - v["y[1,1]"]) / 2]),
        ("ReLU, sigmoid", "l[1]", lambda v: [(v["y[1]"] - v["z2[1]"]) ** 2 / 2]),
    ],
    "not_updated": [
        ("ReLU, sigmoid", "W2'[2,1]", lambda v: [v["W2[2,1]"]]),
        ("updates", "W1'[1,2]@2", lambda v: [v["W1'[1,2]"]]),
    ],
    "step_moved": [
        (
            "tanh, softmax",
            "W2'[1,1]",
            lambda v: [v["W2[1,1]"] - 0.5 * v["dL/dW2[1,1]"] * by for by in (10, 0.1, 100, 0.01)],
        )
    ],
    "tan_for_tanh": [("tanh, softmax", "a1[2]", lambda v: [tan(v["z1[2]"])])],
    "other_activation": [
        ("tanh, softmax", "a1[1]", lambda v: [sigmoid(v["z1[1]"])]),
        ("ReLU, sigmoid", "a2[1]", lambda v: [tanh(v["z2[1]"])]),
        ("tanh, softmax", "a2[2]", lambda v: [sigmoid(v["z2[2]"])]),
    ],
    "size_for_relu": [("ReLU, sigmoid", "a1[1]", lambda v: [-v["z1[1]"]])],
    "leak_forgotten": [("leaky", "a1[1]", lambda _: [0.0]), ("leaky", "da1/dz1[1]", lambda _: [0.0])],
    "power_of_ten": [
        ("tanh, softmax", "e2[2]", lambda v: [10 ** v["z2[2]"]]),
        ("ReLU, sigmoid", "a2[1]", lambda v: [1 / (1 + 10 ** -v["z2[1]"])]),
    ],
    "other_slope": [
        ("ReLU, sigmoid", "da2/dz2[1]", lambda v: [1 - v["a2[1]"] ** 2, 1 - v["a2[1]"]]),
        ("tanh, softmax", "da1/dz1[1]", lambda v: [v["a1[1]"] * (1 - v["a1[1]"])]),
    ],
    "softmax_index": [
        ("deep", "da3/dz3[1,2]", lambda v: [-v["a3[3]"] * v["a3[2]"], -v["a3[1]"] * v["a3[3]"]]),
        ("deep", "da3/dz3[1,2]", lambda v: [v["a3[1]"] * (1 - v["a3[2]"]), v["a3[2]"] * (1 - v["a3[1]"])]),
        ("deep", "da3/dz3[2,2]", lambda v: [-(v["a3[2]"] ** 2), v["a3[1]"] * (1 - v["a3[1]"])]),
    ],
    "diagonal_twice": [
        ("deep", "dL/dz3[2]", lambda v: [v["dL/da3[2]"] * (v["a3[2]"] * (1 - v["a3[2]"])) ** 2]),
    ],
    "neighbours_slope": [
        (
            "tanh, softmax",
            "dL/dz1[1]",
            lambda v: [v["dL/da1[1]"] * (1 - v["a1[2]"] ** 2), v["dL/da1[2]"] * (1 - v["a1[1]"] ** 2)],
        )
    ],
    "neighbours_target": [
        ("ReLU, sigmoid", "dL/da2[1]", lambda v: [v["a2[1]"] - v["y[2]"]]),
        ("short", "dL/dz1[2,1]", lambda v: [(v["a1[2,1]"] - v["y[2,2]"]) / 2]),
    ],
    "output_without_exp": [
        ("tanh, softmax", "dL/da2[1]", lambda v: [-v["y[1]"] / shares(v, 2, 2)[1]]),
    ],
    "doubled_for_squared": [
        ("leaky", "l[1]", lambda v: [2 * (v["y[1]"] - v["a2[1]"])]),
        ("tanh, softmax", "da1/dz1[2]", lambda v: [1 - 2 * v["a1[2]"]]),
    ],
    "bracket_lost": [
        ("ReLU, sigmoid", "da2/dz2[1]", lambda v: [v["a2[1]"] - v["a2[1]"]]),
        ("ReLU, sigmoid", "a2[2]", lambda v: [1 + exp(-v["z2[2]"])]),
        ("ReLU, sigmoid", "l[1]", lambda v: [(v["y[1]"] - v["a2[1]"] ** 2) / 2]),
    ],
    "quotient_inverted": [
        ("tanh, softmax", "a2[1]", lambda v: [v["S2"] / v["e2[1]"]]),
        ("tanh, softmax", "dL/da2[2]", lambda v: [-v["a2[2]"] / v["y[2]"]]),
    ],
    "plus_for_times": [
        ("ReLU, sigmoid", "dL/dz2[1]", lambda v: [v["dL/da2[1]"] + v["da2/dz2[1]"]]),
        (
            "tanh, softmax",
            "z1[1]",
            lambda v: [
                (v["x[1]"] + v["W1[1,1]"]) + v["x[2]"] * v["W1[2,1]"] + v["b1[1]"],
                v["x[1]"] + v["W1[1,1]"] + v["x[2]"] + v["W1[2,1]"] + v["b1[1]"],
            ],
        ),
    ],
    "times_for_plus": [
        ("tanh, softmax", "S2", lambda v: [v["e2[1]"] * v["e2[2]"]]),
        ("ReLU, sigmoid", "L", lambda v: [v["l[1]"] * v["l[2]"]]),
    ],
    "term_missing": [
        ("tanh, softmax", "z1[1]", lambda v: [v["x[2]"] * v["W1[2,1]"] + v["b1[1]"]]),
        ("deep", "S3", lambda v: [v["e3[1]"] + v["e3[3]"]]),
    ],
    "term_turned": [
        ("tanh, softmax", "z1[1]", lambda v: [-v["x[1]"] * v["W1[1,1]"] + v["x[2]"] * v["W1[2,1]"] + v["b1[1]"]]),
        ("tanh, softmax", "dL/da1[1]", lambda v: [v["dL/dz2[1]"] * v["W2[1,1]"] - v["dL/dz2[2]"] * v["W2[1,2]"]]),
    ],
    "term_moved": [
        ("tanh, softmax", "z1[1]", lambda v: [v["x[1]"] * v["W1[1,1]"] * 10 + v["x[2]"] * v["W1[2,1]"] + v["b1[1]"]]),
        ("deep", "S3", lambda v: [v["e3[1]"] + v["e3[2]"] / 100 + v["e3[3]"]]),
    ],
    "sizes_added_up": [
        ("one to one", "norm(dL/dW1)", lambda _: []),
        ("leaky", "norm(dL/dW2)", lambda v: [sum(abs(v[f"dL/dW2[{i},1]"]) for i in (1, 2, 3))]),
    ],
    "squares_added_wrongly": [
        ("leaky", "norm(dL/dW2)", lambda v: [abs(sum(v[f"dL/dW2[{i},1]"] for i in (1, 2, 3)))]),
    ],
}

CASES = [
    pytest.param(code, net, cell, value, id=f"{code}-{cell}-{net}-{place}")
    for code, cases in BY_HAND.items()
    for net, cell, by_hand in cases
    for place, value in enumerate(by_hand(numbers(net)))
]


@cache
def further(net: str) -> list[WrongLine]:
    return further_lines(plan_of(net))


@cache
def kept_apart(net: str) -> list[WrongLine]:
    return wrong_lines(plan_of(net))


def test_every_further_mistake_is_made() -> None:
    assert {case.values[0] for case in CASES} == FURTHER | {"sum_for_output"}


@pytest.mark.parametrize(("code", "net", "name", "value"), CASES)
def test_what_it_gives(code: str, net: str, name: str, value: float) -> None:
    plan = plan_of(net)
    lines = [line for line in further(net) if (line.mistake, line.cell.name) == (code, name)]
    column = np.array([[numbers(net)[cell.name]] for cell in plan.cells])
    values = np.empty((len(lines), 1))
    with np.errstate(all="ignore"):
        lows, _ = Ranges([line.formula for line in lines], plan).of(column, column)
    values[:] = lows
    # what is a kept-apart mistake's formula already is not there a second time
    kept = Ranges([line.formula for line in kept_apart(net) if line.cell.name == name], plan).of(column, column)[0]
    assert any(found == pytest.approx(value, rel=1e-9, abs=1e-12) for found in (*values[:, 0], *kept[:, 0]))


@pytest.mark.parametrize(("code", "net", "name", "value"), CASES)
def test_it_is_named_where_it_was_made(code: str, net: str, name: str, value: float) -> None:
    if text(value) == key(net)[1][name]:
        pytest.fail("the case says nothing: the wrong number is the right one")
    (sheet,) = marked(net, [{name: text(value)}])
    assert sheet.first_error is not None
    assert sheet.first_error.name == name
    # an exact 0 or 1 has no digits to be told by, and what is a mistake that drawing keeps apart has its name
    known = {line.mistake for line in kept_apart(net) if line.cell.name == name} | {"unfinished"}
    assert code in sheet.first_error.because or known & set(sheet.first_error.because), sheet.first_error
    assert {cell.verdict for cell in sheet.cells if cell.name != name} == {Verdict.RIGHT}


@pytest.mark.parametrize("net", NETS)
def test_none_is_a_formula_that_is_right_or_has_a_name(net: str) -> None:
    plan = plan_of(net)
    known = {(line.cell.name, line.formula) for line in wrong_lines(plan)}
    lines = further_lines(plan)
    assert len({(line.cell.name, line.formula) for line in lines}) == len(lines)
    for line in lines:
        assert line.formula not in line.cell.formulas
        assert (line.cell.name, line.formula) not in known
        assert all(to in plan.row for to in references(line.formula))


@pytest.mark.parametrize("seed", [*range(20), *range(LATER, LATER + 20)])
def test_those_of_random_nets_have_ranges(seed: int) -> None:
    plan = seeded_example(seed).plan
    Ranges([line.formula for line in further_lines(plan)], plan)


def test_drawing_does_not_know_them() -> None:
    """So that nobody's numbers change when more can be named."""
    plan = derive_plan(Net())
    assert {line.mistake for line in wrong_lines(plan)}.isdisjoint(FURTHER)
    drawn = Drawing(plan).draw([student_key(b"thirty-two bytes that nobody knows", "x", "1")])
    assert drawn.units.shape[1] == 1


def test_the_tangent_has_poles() -> None:
    """Between two of them it rises; a range with one in it has no ends."""
    plan = derive_plan(Net(layers=(1, 1), activations=("tanh",), loss="half_sse", bias="none"))
    (line,) = [line for line in further_lines(plan) if (line.mistake, line.cell.name) == ("tan_for_tanh", "a1[1]")]
    ranges, row = Ranges([line.formula], plan), plan.row[plan.by_name["z1[1]"].address]
    low, high = np.zeros((len(plan.cells), 2)), np.zeros((len(plan.cells), 2))
    low[row], high[row] = [0.3, 1.5], [0.4, 1.6]
    lows, highs = ranges.of(low, high)
    assert (lows[0, 0], highs[0, 0]) == (pytest.approx(tan(0.3)), pytest.approx(tan(0.4)))
    assert (lows[0, 1], highs[0, 1]) == (-np.inf, np.inf)
    assert compile_formulas([], plan, lambda total, _: total) == []
