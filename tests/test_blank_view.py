"""A blank sheet asks for every number and gives none of them away."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from backproptable.basics.errors import PlanError
from backproptable.numbers.evaluate import Solution
from backproptable.render.document import VALUE
from backproptable.render.form import Form, slot
from support.arithmetic import significant
from support.finished import KINDS, PRESETS, finished_preset, finished_text, in_notations
from support.reader import read_latex, read_markdown

TABLES = {"md": read_markdown, "tex": read_latex}
FEWEST_FIGURES = 4
"""A shorter number, such as an output of 1, can stand on a sheet by chance."""


def computed_numbers(solution: Solution) -> set[str]:
    """The numbers to be found, as one would search for them: without sign and power of ten."""
    by_kind: dict[bool, set[str]] = {True: set(), False: set()}
    for cell, text in zip(solution.plan.cells, solution.text, strict=True):
        by_kind[cell.formula is None].add(text.lstrip("-").partition("e")[0])
    return {number for number in by_kind[False] - by_kind[True] if significant(number) >= FEWEST_FIGURES}


MORE_THAN = {"linear-neuron": 13, "sigmoid-neuron": 1, "threshold-neuron": 0}
"""Numbers to be found on the smallest sheets."""


def numbers_of(text: str) -> set[str]:
    return set(re.findall(r"\d+(?:\.\d+)?", text))


@pytest.mark.parametrize("carry", ["paper", "full"])
@pytest.mark.parametrize("name", PRESETS)
def test_no_computed_number_is_given_away(name: str, carry: str) -> None:
    blank, worked = (finished_preset(name, carry=carry, view=view, explain="full") for view in ("blank", "worked"))
    secret = computed_numbers(worked.solution)
    assert len(secret) > MORE_THAN.get(name, 20)
    for file, text in blank.files.items():
        assert not secret & numbers_of(text), file
        assert not [number for number in secret if number in text], file
        assert secret <= numbers_of(worked.files[file]), file


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", PRESETS)
def test_a_blank_sheet_is_the_same_whatever_the_numbers_are(name: str, kind: str) -> None:
    solution = finished_preset(name).solution
    given = len(solution.plan.givens)
    other = replace(
        solution,
        text=(*solution.text[:given], *("7.777" for _ in solution.text[given:])),
        exact=solution.exact + 1,
        line=solution.line + 1,
    )
    blank = finished_text(solution, kind, view="blank", explain="full")
    assert finished_text(other, kind, view="blank", explain="full") == blank
    assert finished_text(other, kind) != finished_text(solution, kind)
    assert "7.777" not in blank


@pytest.mark.parametrize("name", PRESETS)
def test_blank_json_has_the_formulas_and_nothing_else(name: str) -> None:
    blank, worked = (finished_preset(name, view=view) for view in ("blank", "worked"))
    contents = [json.loads(handout.files[f"{name}.json"]) for handout in (blank, worked)]
    for cell in contents[1]["cells"]:
        cell.update(dict.fromkeys(("substituted", "shown", "value", "paper")))
    assert contents[0] == contents[1]


@pytest.mark.parametrize("kind", TABLES)
@pytest.mark.parametrize(("name", "notation"), in_notations())
def test_every_number_is_asked_for_on_a_rule_in_the_last_column(name: str, kind: str, notation: str) -> None:
    blank, worked = (finished_preset(name, view=view, notation=notation) for view in ("blank", "worked"))
    asked, answered = (TABLES[kind](handout.files[f"{name}.{kind}"]) for handout in (blank, worked))
    steps = [table for table in asked.tables if table.head[0] == "cell"]
    assert {table.head[-1] for table in steps} == {"answer"}
    assert [row[0] for table in steps for row in table.rows] == [cell.name for _, cell in blank.solution.plan.worked]
    assert {row[-1] for table in steps for row in table.rows} == {"_" * 16 if kind == "md" else ""}
    assert [(line.name, line.formula) for line in asked.lines] == [(line.name, line.formula) for line in answered.lines]
    assert f"Work out the {len(asked.lines)} numbers below" in blank.files[f"{name}.{kind}"]


def test_a_template_cannot_show_a_number_that_is_asked_for() -> None:
    """Row 0 is given, row 1 is to be found."""
    texts = ["0.5", None]
    assert Form(f"x = {slot(0, VALUE)}", {VALUE: str}).fill(texts) == "x = 0.5"
    with pytest.raises(PlanError, match="asks for the number in row 1, which this view must not show"):
        Form(f"x = {slot(0, VALUE)}, z = {slot(1, VALUE)}", {VALUE: str}).fill(texts)


def test_a_teachers_own_template_cannot_give_a_number_away(tmp_path: Path) -> None:
    solution = finished_preset("3-3-3-3").solution
    given, to_be_found = 0, len(solution.plan.givens)
    own = tmp_path / "md" / "instructions.md.j2"
    own.parent.mkdir()
    own.write_text(f"The first number is {slot(given, VALUE)}.\n", encoding="utf-8")
    assert "The first number is 0.1." in finished_text(solution, "md", view="blank", templates=tmp_path)
    own.write_text(f"The first answer is {slot(to_be_found, VALUE)}.\n", encoding="utf-8")
    with pytest.raises(PlanError, match=f"asks for the number in row {to_be_found}"):
        finished_text(solution, "md", view="blank", templates=tmp_path)


def test_a_template_cannot_ask_for_a_style_that_is_not_there() -> None:
    with pytest.raises(PlanError, match="slots of unknown style: bold"):
        Form(slot(0, "bold"), {VALUE: str})
