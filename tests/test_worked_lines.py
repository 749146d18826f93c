"""Lines as they should have been worked: formula, own numbers put in, value."""

from __future__ import annotations

import pytest

from backproptable.examples.example import load_preset
from backproptable.formulas.arithmetic import calculate
from backproptable.marking.marked import ERRORS, Verdict
from backproptable.nets.derive import derive_plan
from backproptable.nets.net import Net
from backproptable.render.worked_lines import in_names, worked_line
from backproptable.reports.feedback import feedback_md, terminal_lines
from support.marking import cells, marker, on_paper, right_answers

PLAN = derive_plan(Net(layers=(2, 2, 1), activations=("relu", "sigmoid"), loss="half_sse"))
NUMBERS = {"dL/da2[1]": "-0.4192", "da2/dz2[1]": "0.2435", "x[1]": "0.5", "z1[1]": "-0.23"}

LINES = {
    "dL/dz2[1]": ("-0.1021", "= dL/da2[1] · da2/dz2[1] = -0.4192 · 0.2435 = -0.1021"),
    "da1/dz1[1]": ("0", "= 1 if z1[1] > 0 else 0 = 1 if -0.23 > 0 else 0 = 0"),
    "dL/db2[1]": ("0.7", "= dL/dz2[1] = 0.7"),  # not on the sheet: it keeps its name, and its number to itself
    "a1[1]": ("0", "= max(0, z1[1]) = max(0, -0.23) = 0"),
    "x[1]": ("0.5", ""),
}


@pytest.mark.parametrize("name", LINES)
def test_lines(name: str) -> None:
    value, line = LINES[name]
    assert worked_line(PLAN.by_name[name], NUMBERS, value) == line


def test_a_notation_of_the_other_sign() -> None:
    """E = y - output: the error's product with the slope, and an update that adds."""
    families = ("dL/da", "dL/dz", "dL/dW", "dL/db")
    own = {"W2[1,1]": "0.7", "eta": "0.5", "dL/dW2[1,1]": "-0.2"}
    line = worked_line(PLAN.by_name["W2'[1,1]"], own, "0.6", families)
    assert line == "= W2[1,1] + eta · dL/dW2[1,1] = 0.7 + 0.5 · (-0.2) = 0.6"
    cell = PLAN.by_name["dL/db2[1]"]
    assert in_names(cell, cell.formula, families) == "dL/dz2[1]"


@pytest.mark.parametrize("preset", ["2-2-2", "three-steps", "3-3-3-3"])
def test_every_line_holds(preset: str) -> None:
    """The numbers put in give the value, to a calculator, on sheets with every line wrong in turn."""
    example = load_preset(preset)
    plan = derive_plan(example.net)
    givens = {name: str(number) for name, number in example.givens.items()}
    givens |= {cell.name: str(example.net.learning_rate) for cell in plan.givens if cell.address.family == "eta"}
    key = right_answers(plan, givens)
    names = list(key)[::5]
    marks = marker(plan).mark([on_paper(givens, key | {name: "77.77"}) for name in names])
    for name, sheet in zip(names, marks, strict=True):
        cell = cells(sheet)[name]
        assert cell.verdict in ERRORS
        line = worked_line(plan.by_name[name], sheet.numbers, cell.expected)
        *_, put_in, value = line.removeprefix("= ").split(" = ")
        if " if " not in put_in and "[" not in put_in:
            assert calculate(put_in.replace("·", "*")) == pytest.approx(float(value), rel=6e-4, abs=1e-12), line
        assert f"`{line}`" in feedback_md(sheet, plan, title="T")
        assert any(line in text for _, text in terminal_lines(sheet, plan))


def test_numbers_that_are_not_on_the_sheet_are_not_given_away() -> None:
    givens = {cell.name: str(round(0.2 + 0.05 * place, 2)) for place, cell in enumerate(PLAN.givens)}
    key = right_answers(PLAN, givens)
    wrong = key | {"a2[1]": "", "l[1]": "9.999"}
    (sheet,) = marker(PLAN).mark([on_paper(givens, wrong)])
    assert cells(sheet)["a2[1]"].verdict is Verdict.BLANK
    assert "a2[1]" not in sheet.numbers
    assert key["a2[1]"] not in feedback_md(sheet, PLAN, title="T")


def test_the_nearest_set_up_is_shown() -> None:
    """y + a for y - a, squared and halved: no registered mistake, and one change away."""
    givens = {cell.name: str(round(0.2 + 0.05 * place, 2)) for place, cell in enumerate(PLAN.givens)}
    key = right_answers(PLAN, givens)
    y, a = float(givens["y[1]"]), float(key["a2[1]"])
    (sheet,) = marker(PLAN).mark([on_paper(givens, key | {"l[1]": f"{(y * a) ** 2 / 2:.4g}"})])
    cell = cells(sheet)["l[1]"]
    assert cell.verdict in ERRORS
    if cell.because == ("set_up",):
        assert "Your number is what this gives: `" in feedback_md(sheet, PLAN, title="T")
