"""The training steps of the texts that the product grew out of: each preset against a small program of its own."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from backproptable.basics.errors import DivergedError, InputError
from backproptable.cli import main
from backproptable.drawing.draw import draw_givens
from backproptable.examples.example import load_example, load_preset
from backproptable.examples.handout import make_handout
from backproptable.nets.derive import derive_plan
from backproptable.nets.net import Net
from backproptable.numbers.evaluate import Calculator, Solution, solve
from backproptable.render.formats import render_sheet


def handout(name: str, **options: Any) -> tuple[str, Solution]:
    made = make_handout(load_preset(name), formats=["md"], seed=None, fresh_seed=1, **options)
    return made.files[f"{name}.md"], made.solution


def exact(solution: Solution) -> dict[str, float]:
    return dict(zip(solution.plan.by_name, solution.exact.tolist(), strict=True))


def printed(solution: Solution) -> dict[str, str]:
    return dict(zip(solution.plan.by_name, solution.text, strict=True))


# --- single neurons ----------------------------------------------------------------------------


def test_one_linear_neuron() -> None:
    """pred, delta, weight_delta and alpha; the error without its 1/2 in a row of its own."""
    text, solution = handout("linear-neuron")
    numbers = printed(solution)
    assert [numbers[f"W1'[{i},1]"] for i in (1, 2, 3)] == ["0.1119", "0.20091", "-0.09832"]
    assert [numbers[f"dL/dW1[{i},1]"] for i in (1, 2, 3)] == ["-1.190", "-0.09100", "-0.1680"]
    assert (numbers["dL/dz1[1]"], numbers["error[1]"], numbers["l[1]"]) == ("-0.1400", "0.01960", "0.009800")
    for symbol in ("pred", "delta", "weight delta", "true", "input"):
        assert rf"\text{{{symbol}}}_ {{" in text
    assert r"\alpha" in text


def test_several_linear_outputs() -> None:
    _, solution = handout("linear-outputs")
    W = np.array([[0.1, 0.1, -0.3], [0.1, 0.2, 0.0], [0.0, 1.3, 0.1]])
    x, y = np.array([8.5, 0.65, 1.2]), np.array([0.1, 1, 0.1])
    delta = W @ x - y
    numbers = exact(solution)
    for k, i in np.ndindex(3, 3):
        assert numbers[f"dL/dW1[{k + 1},{i + 1}]"] == pytest.approx(delta[k] * x[i])
        assert numbers[f"W1'[{k + 1},{i + 1}]"] == pytest.approx((W - 0.01 * np.outer(delta, x))[k, i])
    assert [numbers[f"error[{k}]"] for k in (1, 2, 3)] == pytest.approx((delta**2).tolist())


@pytest.mark.parametrize(("threshold", "output"), [("2", "1"), ("2.2", "0"), ("2.19", "1"), ("-1", "1")])
def test_a_threshold_neuron_gives_1_above_its_threshold_only(threshold: str, output: str) -> None:
    net = Net(layers=(3, 1), activations=("step",), bias="none", threshold=Decimal(threshold), forward_only=True)
    solution = solve(derive_plan(net), load_preset("threshold-neuron").givens)
    assert (printed(solution)["z1[1]"], printed(solution)["a1[1]"]) == ("2.200", output)
    assert rf"\gt {threshold} " in render_sheet(solution)


def test_no_sigmoid_is_above_1_and_the_sheet_says_so() -> None:
    text, solution = handout("sigmoid-neuron")
    assert printed(solution)["a1[1]"] == "0.9997"
    assert "1.0003" in text
    assert "stays below 1" in text
    assert 1 + np.exp(-8) == pytest.approx(1.0003, abs=5e-5)


# --- online runs -------------------------------------------------------------------------------


def street_lights(epochs: int) -> tuple[np.ndarray, np.ndarray, list[float]]:
    """The listing with its slips mended: weights after so many epochs, and the error of each."""
    random = np.random.RandomState(1)
    W1 = (2 * random.random_sample((3, 4)) - 1).round(4)
    W2 = (2 * random.random_sample((4, 1)) - 1).round(4)
    lights = np.array([[1, 0, 1], [0, 1, 1], [0, 0, 1], [1, 1, 1]])
    errors = []
    for _ in range(epochs):
        error = 0.0
        for layer_0, walk in zip(lights, [1, 1, 0, 0], strict=True):
            layer_1 = np.maximum(layer_0 @ W1, 0)
            layer_2 = layer_1 @ W2
            error += float(((layer_2 - walk) ** 2).sum())
            layer_2_delta = layer_2 - walk
            layer_1_delta = (layer_2_delta @ W2.T) * (layer_1 > 0)
            W2 = W2 - 0.2 * np.outer(layer_1, layer_2_delta)
            W1 = W1 - 0.2 * np.outer(layer_0, layer_1_delta)
        errors.append(error)
    return W1, W2, errors


def test_street_lights_sample_by_sample() -> None:
    """The weights are those of the listing's generator, carried from one update to the next."""
    _, solution = handout("street-lights")
    numbers = exact(solution)
    W1, W2, _ = street_lights(0)
    assert [numbers[f"W1[{i + 1},{j + 1}]"] for i, j in np.ndindex(3, 4)] == W1.ravel().tolist()
    assert [numbers[f"W2[{i + 1},1]"] for i in range(4)] == W2.ravel().tolist()
    W1, W2, errors = street_lights(3)
    assert [numbers[f"W1'[{i + 1},{j + 1}]@12"] for i, j in np.ndindex(3, 4)] == pytest.approx(W1.ravel().tolist())
    assert [numbers[f"W2'[{i + 1},1]@12"] for i in range(4)] == pytest.approx(W2.ravel().tolist())
    assert [numbers[f"E[{epoch}]"] for epoch in (1, 2, 3)] == pytest.approx(errors)
    assert numbers["E[1]"] > numbers["E[2]"] > numbers["E[3]"]


def test_each_update_has_cells_of_its_sample_and_the_last_pass_those_of_all() -> None:
    plan = handout("street-lights")[1].plan
    names = list(plan.by_name)
    assert [name for name in names if name.startswith("z2")] == [
        *("z2[1,1]", "z2[2,1]@2", "z2[3,1]@3", "z2[4,1]@4", "z2[1,1]@5", "z2[2,1]@6"),
        *("z2[3,1]@7", "z2[4,1]@8", "z2[1,1]@9", "z2[2,1]@10", "z2[3,1]@11", "z2[4,1]@12"),
        *(f"z2'[{sample},1]" for sample in (1, 2, 3, 4)),
    ]


@pytest.mark.parametrize("kind", ["md", "tex"])
def test_the_error_of_each_epoch_stands_in_a_table_with_bars_as_long_as_it_is_large(kind: str) -> None:
    made = make_handout(load_preset("street-lights"), formats=[kind], seed=None, fresh_seed=1)
    numbers = printed(made.solution)
    ends = {
        "md": (r"\| (\d) \| \$.*\$ \| (\S+) \| (█*) \|", len),
        "tex": (r"^(\d) & \$.*\$ & \$(\S+)\$ & \\rule{(\d+)mm}", int),
    }
    pattern, length = ends[kind]
    rows = re.findall(pattern, made.files[f"street-lights.{kind}"], re.MULTILINE)
    assert [(number, value) for number, value, _ in rows] == [(str(e), numbers[f"E[{e}]"]) for e in (1, 2, 3)]
    largest = max(float(value) for _, value, _ in rows)
    assert [length(bar) for *_, bar in rows] == [round(30 * float(value) / largest) for _, value, _ in rows]


def test_without_errors_in_rows_an_epoch_adds_up_losses() -> None:
    net = Net(layers=(2, 2), activations=("softmax",), samples=2, online=True, epochs=2)
    plan = derive_plan(net)
    numbers = exact(solve(plan, draw_givens(plan, 3)))
    assert numbers["E[2]"] == pytest.approx(numbers["L@3"] + numbers["L@4"])


# --- dropout and paths -------------------------------------------------------------------------


@pytest.mark.parametrize(("mask", "scale"), [("inverted", 2), ("plain", 1)])
def test_a_unit_that_is_left_out_gives_nothing_and_gets_no_blame(mask: str, scale: int) -> None:
    preset = load_preset("dropout")
    net = Net(**preset.net.as_keys() | {"mask": mask})
    plan = derive_plan(net)
    numbers = exact(solve(plan, draw_givens(plan, 1, given=preset.givens)))
    for unit, kept in enumerate((1, 0, 0, 1), start=1):
        assert numbers[f"m1[{unit}]"] == kept
        assert numbers[f"d1[{unit}]"] == pytest.approx(scale * kept * numbers[f"a1[{unit}]"])
        back = numbers["dL/dz2[1]"] * numbers[f"W2[{unit},1]"]
        assert numbers[f"dL/dd1[{unit}]"] == pytest.approx(back)
        assert numbers[f"dL/da1[{unit}]"] == pytest.approx(scale * kept * back)
        if not kept:
            assert {numbers[f"dL/dW1[{i},{unit}]"] for i in (1, 2, 3)} == {0}
            assert numbers[f"dL/dW2[{unit},1]"] == 0


def test_both_paths_to_the_error_stand_in_one_line() -> None:
    """delta [(W3 W2 x) + (W6 W7 x)], in symbols and in numbers."""
    text, solution = handout("two-paths")
    [row] = [line for line in text.splitlines() if line.startswith("| `paths(dL/dW1)[1,1]`")]
    assert row.endswith(r"| $-0.7140 \cdot ({0.8 \cdot 0.3 \cdot 2} + {0.5 \cdot 0.7 \cdot 2})$ | -0.8425 |")
    symbols = r"w^{3}_ {11} \cdot w^{2}_ {11} \cdot x_ {1}} + {w^{3}_ {21} \cdot w^{2}_ {12} \cdot x_ {1}"
    assert symbols in row
    numbers = exact(solution)
    for i, j in np.ndindex(1, 2):
        assert numbers[f"paths(dL/dW1)[{i + 1},{j + 1}]"] == pytest.approx(numbers[f"dL/dW1[{i + 1},{j + 1}]"])


def test_any_handout_can_show_its_paths(tmp_path: Path) -> None:
    run = CliRunner().invoke(main, ["handout", "one-hidden-layer", "--paths", "--format", "json", "-o", str(tmp_path)])
    assert run.exit_code == 0
    cells = json.loads((tmp_path / "one-hidden-layer.json").read_text())["cells"]
    found = {cell["name"]: cell["value"] for cell in cells}
    assert sum(name.startswith("paths(dL/dW1)") for name in found) == 12
    assert all(found[f"paths({n[:6]}){n[6:]}"] == pytest.approx(v) for n, v in found.items() if n.startswith("dL/dW1["))


def test_lines_of_too_many_paths_are_refused() -> None:
    net = Net(layers=(1, 9, 9, 1), activations=("tanh",) * 3, loss="half_sse", paths=True, samples=8)
    with pytest.raises(InputError, match=r"\[net\] paths: a weight of W2 reaches the loss on 72 paths|W1 reaches"):
        derive_plan(net)


# --- recurrent nets ----------------------------------------------------------------------------


def test_the_word_detector_reads_letters() -> None:
    text, solution = handout("word-detector")
    numbers = exact(solution)
    letters = ["".join(str(int(numbers[f"x[{t},{i}]"])) for i in (1, 2, 3, 4)) for t in range(1, 6)]
    assert ["ahpy"[row.index("1")] for row in letters] == list("happy")
    assert numbers["L'"] < numbers["L"]
    for i, j in np.ndindex(2, 2):
        assert numbers[f"paths(dL/dWs)[{i + 1},{j + 1}]"] == pytest.approx(numbers[f"dL/dWs[{i + 1},{j + 1}]"])
    assert r"\dfrac{\partial y_ {5,1}}{\partial s_ {1,1}}" in text  # do_N/ds_i


def test_the_number_of_steps_is_that_of_the_inputs(tmp_path: Path) -> None:
    file = tmp_path / "net.toml"
    file.write_text('[net]\nkind = "recurrent"\n[givens]\nx = [[1, 0], [0, 1]]\ny = [1]\n')
    example = load_example(file)
    assert (example.net.steps, example.net.layers, example.net.loss) == (2, (2, 2, 1), "half_sse")


def test_an_empty_memory_is_where_a_sequence_starts() -> None:
    net = Net(kind="recurrent", layers=(1, 2, 1), activations=("tanh",), loss="half_sse", steps=2)
    givens = draw_givens(derive_plan(net), 5)
    assert (givens["s0[1]"], givens["s0[2]"]) == (0, 0)


# --- runs that diverge -------------------------------------------------------------------------

DIVERGING = """
[net]
layers = [2, 1]
activations = ["identity"]
loss = "half_sse"
bias = "none"
learning_rate = 30
online = true
epochs = 10

[givens]
x = [[1, 2], [2, 1]]
y = [[1], [0]]
W1 = [[0.5], [0.5]]
"""


def diverging(tmp_path: Path) -> Path:
    file = tmp_path / "wild.toml"
    file.write_text(DIVERGING)
    return file


def test_a_diverging_run_says_where_and_prints_what_it_has(tmp_path: Path) -> None:
    command = ["handout", str(diverging(tmp_path)), "--format", "md,json", "-o", str(tmp_path)]
    run = CliRunner().invoke(main, command)
    assert run.exit_code == 1
    [(cell, update)] = re.findall(r"found: (\S+@(\d+)): the run diverges: this number would be \S+, and", run.stderr)
    text = (tmp_path / "wild.md").read_text()
    assert "the run diverges" in text
    assert "Choose a smaller learning rate." in text
    assert f"## Update {int(update) - 1} " in text
    assert f"| `{cell}` |" not in text
    assert "```python" not in text  # the program would go on
    content = json.loads((tmp_path / "wild.json").read_text())
    assert content["diverged"].startswith(f"{cell}: the run diverges")
    values = [value["value"] for value in content["cells"]]
    assert all(abs(value) < 1e22 for value in values)
    assert content["cells"][-1]["name"].endswith(f"@{update}")


@pytest.mark.parametrize(("view", "layout"), [("worked", "matrices"), ("blank", "cells")])
def test_a_diverging_run_in_other_layouts(tmp_path: Path, view: str, layout: str) -> None:
    options = ["--view", view, "--layout", layout, "-o", str(tmp_path)]
    run = CliRunner().invoke(main, ["handout", str(diverging(tmp_path)), *options])
    assert run.exit_code == 1
    assert "the run diverges" in (tmp_path / "wild.tex").read_text()


def test_what_was_there_before_a_run_diverged_is_what_a_shorter_run_has(tmp_path: Path) -> None:
    example = load_example(diverging(tmp_path))
    plan = derive_plan(example.net)
    givens = draw_givens(plan, 0, given=example.givens)
    with pytest.raises(DivergedError) as caught:
        solve(plan, givens)
    part = solve(plan.up_to(caught.value.steps), givens)
    whole = Calculator(plan).exact(np.array([[float(givens[cell.name])] for cell in plan.givens]))
    assert 0 < len(part.plan.cells) < len(plan.cells)
    np.testing.assert_array_equal(part.exact, whole[: len(part.plan.cells), 0])


def test_one_update_that_leaves_all_bounds_is_an_error_as_before() -> None:
    net = Net(layers=(1, 1), activations=("sigmoid",), loss="half_sse", bias="none")
    plan = derive_plan(net)
    givens = {"x[1]": Decimal(1000), "y[1]": Decimal(0), "W1[1,1]": Decimal(1000), "eta": Decimal("0.01")}
    with pytest.raises(InputError, match="saturated"):
        solve(plan, givens)
