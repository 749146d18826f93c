"""dL/dx: printed, asked and verified wherever it is wanted, and nowhere else."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from test_listing import listing_in, numbers_printed, output_of

from backproptable.basics.errors import InputError
from backproptable.commands.verify import verify_example
from backproptable.courses.course_file import load_course
from backproptable.courses.manifest import Manifest
from backproptable.drawing.draw import Drawing, draw_givens
from backproptable.examples.example import load_example, load_preset
from backproptable.examples.handout import make_handout
from backproptable.marking.marked import Verdict
from backproptable.nets.derive import derive_plan
from backproptable.nets.net import Net
from backproptable.numbers.evaluate import Calculator, solve
from backproptable.render.formats import render_sheet
from backproptable.sheets.style import Style
from support.marking import cells

NETS = {
    "default": Net(),
    "batch, two updates": Net(
        layers=(2, 3, 2), activations=("tanh", "softmax"), samples=2, updates=2, reduction="mean"
    ),
    "one layer, to_from": Net(layers=(2, 2), activations=("sigmoid",), loss="sse", bias="none", weights="to_from"),
    "dropout": Net(layers=(2, 3, 2), activations=("sigmoid", "sigmoid"), loss="sse", keep=(0.5,)),
    "online": Net(layers=(2, 2), activations=("sigmoid",), loss="sse", online=True, samples=2, updates=2),
    "recurrent": Net(kind="recurrent", layers=(2, 2, 1), activations=("tanh",), steps=3, loss="half_sse"),
}


def finished(name: str, **settings):
    plan = derive_plan(NETS[name], input_gradient=True)
    return solve(plan, draw_givens(plan, 7), **settings)


@pytest.mark.parametrize("name", [name for name in NETS if name != "online"])
def test_it_is_the_derivative_of_the_loss_by_the_inputs(name: str) -> None:
    """By differences of the loss, which know no chain rule."""
    plan = derive_plan(replace(NETS[name], updates=1), input_gradient=True)
    givens = draw_givens(plan, 7)
    column = np.array([[float(givens[cell.name])] for cell in plan.givens])
    exact = Calculator(plan).exact(column)
    inputs = [cell for cell in plan.givens if cell.address.family == "x"]
    assert len(inputs) >= 2
    for cell in inputs:
        row = plan.row[plan.by_name[cell.name.replace("x", "dL/dx", 1)].address]
        assert exact[row, 0] == pytest.approx(_difference(plan, column, plan.row[cell.address]), rel=1e-6, abs=1e-9)


def _difference(plan, column: np.ndarray, row: int, by: float = 1e-5) -> float:
    calculator, loss = Calculator(plan), plan.row[plan.by_name["L"].address]
    sides = np.repeat(column, 4, axis=1)
    sides[row] += np.array([by, -by, 2 * by, -2 * by])
    near, other, far, far_other = calculator.exact(sides)[loss]
    return float((8 * (near - other) - (far - far_other)) / (12 * by))


@pytest.mark.parametrize("name", NETS)
@pytest.mark.parametrize("kind", ["md", "tex", "json"])
def test_it_stands_on_every_sheet(name: str, kind: str) -> None:
    solution = finished(name)
    names = [cell.name for cell in solution.plan.cells if cell.name.startswith("dL/dx")]
    for layout in ("cells", "matrices", "steps"):
        if layout == "steps" and name in ("recurrent", "online"):
            continue
        worked = render_sheet(solution, format=kind, style=Style(layout))
        blank = render_sheet(solution, format=kind, view="blank", style=Style(layout))
        for cell in names:
            assert cell in worked.replace("\\_", "_")
            assert cell in blank.replace("\\_", "_")


@pytest.mark.parametrize("name", NETS)
@pytest.mark.parametrize("carry", ["paper", "full"])
def test_the_program_prints_it(name: str, carry: str) -> None:
    solution = finished(name, carry=carry)
    text = render_sheet(solution, format="md", style=Style(explain="full"))
    printed = numbers_printed(output_of(listing_in("md", text)))
    for cell, shown in zip(solution.plan.cells, solution.text, strict=True):
        if cell.address.family == "dL/dx":
            assert float(printed[cell.name]) == float(shown)


def test_a_handout_has_it_by_option_and_by_key(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("[net]\nlayers = [2, 2]\nactivations = ['sigmoid']\nloss = 'sse'\n", encoding="utf-8")
    usual = make_handout(load_example(path), formats=["md"], seed=1, fresh_seed=1)
    asked = make_handout(load_example(path), formats=["md"], seed=1, fresh_seed=1, input_gradient=True)
    assert "dL/dx" not in usual.files["mine.md"]
    assert "`dL/dx[2]`" in asked.files["mine.md"]
    path.write_text(path.read_text(encoding="utf-8") + "[sheet]\ninput_gradient = true\n", encoding="utf-8")
    by_key = make_handout(load_example(path), formats=["md"], seed=1, fresh_seed=1)
    assert by_key.files == asked.files


def test_nets_too_large_to_print_have_none() -> None:
    with pytest.raises(InputError, match="dL/dx is not worked out for a net too large"):
        make_handout(load_preset("digits"), formats=["md"], seed=1, fresh_seed=1, input_gradient=True)


def test_a_forward_pass_has_none(tmp_path: Path) -> None:
    """Said, not left out in silence."""
    with pytest.raises(InputError, match="this is a forward pass"):
        make_handout(load_preset("threshold-neuron"), formats=["md"], seed=1, fresh_seed=1, input_gradient=True)
    path = tmp_path / "course.toml"
    path.write_text(
        "[net]\nlayers = [2, 1]\nactivations = ['step']\n[sheet]\ninput_gradient = true\n", encoding="utf-8"
    )
    with pytest.raises(InputError, match="are a forward pass"):
        load_course(path)


# --- a class -----------------------------------------------------------------------------------


def course_of(folder: Path, sheet: str):
    path = folder / "course.toml"
    path.write_text(
        f"[net]\nlayers = [2, 2, 2]\nactivations = ['tanh', 'softmax']\n[sheet]\n{sheet}\n", encoding="utf-8"
    )
    return load_course(path)


def test_a_course_asks_for_it(tmp_path: Path) -> None:
    usual, by_key, by_step = (
        course_of(tmp_path, sheet) for sheet in ("", "input_gradient = true", 'asked = ["dL/dx", "z1"]')
    )
    assert "dL/dx[1]" not in usual.plan.by_name
    for course in (by_key, by_step):
        assert "dL/dx[1]" in course.plan.by_name
        assert course.as_keys()["sheet"]["input_gradient"] is True
        drawn = Drawing(course.plan, grids=course.grids, figures=course.figures, carry=course.carry).draw([b"k"])
        assert drawn.units.shape == (len(course.plan.givens), 1)
    assert usual.as_keys()["sheet"]["input_gradient"] is False


def test_earlier_manifests_have_none(tmp_path: Path) -> None:
    manifest = Manifest(tmp_path)
    course = course_of(tmp_path, "")
    manifest.write_head(course, "f")
    path = tmp_path / "manifest.json"
    head = json.loads(path.read_text(encoding="utf-8"))
    del head["course"]["sheet"]["input_gradient"]
    path.write_text(json.dumps(head), encoding="utf-8")
    manifest.check(manifest.head(), course)
    with pytest.raises(InputError, match="input_gradient"):
        manifest.check(manifest.head(), course_of(tmp_path, "input_gradient = true"))


# --- verifying ---------------------------------------------------------------------------------

EXAMPLE = """
[net]
layers = [2, 1]
activations = ["identity"]
loss = "half_sse"
bias = "none"
[givens]
x = [2, -1]
y = [1]
W1 = [[0.5], [0.25]]
[answers]
"z1[1]" = "0.75"
"dL/dz1[1]" = "-0.25"
"dL/dx[1]" = "-0.125"
"dL/dx[2]" = "{second}"
"""
"""z = 1 - 0.25, a - y = -0.25, times 0.5 and times 0.25."""


@pytest.mark.parametrize(("second", "verdict"), [("-0.0625", Verdict.RIGHT), ("-0.625", Verdict.WRONG)])
def test_answers_for_it_need_no_key(tmp_path: Path, second: str, verdict: Verdict) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(EXAMPLE.format(second=second), encoding="utf-8")
    sheet, plan, _ = verify_example(load_example(path))
    assert re.search(r"dL/dx", str([cell.name for cell in plan.cells]))
    verdicts = {name: cell.verdict for name, cell in cells(sheet).items()}
    assert verdicts.pop("dL/dx[2]") is verdict
    assert set(verdicts.values()) == {Verdict.RIGHT}
