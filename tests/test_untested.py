"""What a sheet cannot test is said: in the manifest, at a preview, in the summary."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from backproptable.basics.shipped import starter_files
from backproptable.commands.assign import assign_class, preview
from backproptable.commands.summary import summary
from backproptable.courses.course_file import load_course
from backproptable.courses.manifest import Manifest
from backproptable.drawing.untested import Untested
from backproptable.mistakes.registry import wrong_lines
from backproptable.nets.net import Net
from backproptable.nets.plan import Plan
from backproptable.numbers.grids import Grids
from backproptable.numbers.sheet_numbers import SheetNumbers
from support.classes import leave_secret, made_course, students
from support.drawn import DEFAULT, Kind
from support.exactly import evaluate, exact_values

RELU = {"activation_forgotten", "slope_always_one"}


def untested(kind: Kind, sheets: int = 30) -> list[set[str]]:
    drawn = kind.drawing.draw([str(number).encode() for number in range(sheets)])
    numbers = SheetNumbers(kind.drawing.calculator, kind.drawing.candidates.floats(drawn.units), kind.figures)
    asked = frozenset(cell.address for _, cell in kind.plan.worked)
    return list(map(set, Untested(kind.plan, asked).of(numbers)))


def test_with_no_unit_dead_relu_is_never_tested() -> None:
    """In the first layer it is the identity, its slope is 1 and leaving that out changes nothing.

    The same mistakes in the sigmoid layer do change numbers, so only those of ReLU alone stay untested.
    """
    for codes in untested(Kind(DEFAULT)):
        assert "slope_always_one" in codes
        assert "bias_forgotten" not in codes
        assert "slope_missing" not in codes  # of the sigmoid


def test_with_one_unit_dead_everything_is_tested() -> None:
    """As in the course file that the program ships."""
    assert untested(Kind(DEFAULT, grids=Grids(dead_units=1))) == [set()] * 30


def test_a_net_of_nothing_but_relu_tests_none_of_it() -> None:
    """No other layer stands in for it, so leaving the function or its slope out is seen nowhere."""
    net = Net(layers=(3, 3), activations=("relu",), loss="half_sse")
    for codes in untested(Kind(net)):
        assert {"activation_forgotten", "slope_always_one", "slope_missing", "slope_twice"} <= codes
    dead = untested(Kind(net, grids=Grids(dead_units=1)))
    assert not [codes for codes in dead if codes & {"activation_forgotten", "slope_always_one", "slope_missing"}]
    assert all("slope_twice" in codes for codes in dead)  # 0 and 1 are their own squares


def test_what_is_listed_is_what_a_wrong_formula_leaves_alone() -> None:
    """Line by line, in fractions and fifty digits, on the numbers of a few sheets."""
    for kind in (Kind(DEFAULT), Kind(DEFAULT, grids=Grids(dead_units=1))):
        keys = [str(number).encode() for number in range(4)]
        drawn = kind.drawing.draw(keys)
        for texts, listed in zip(kind.texts(drawn), untested(kind, 4), strict=True):
            givens = {cell.name: Decimal(text) for cell, text in zip(kind.plan.givens, texts, strict=True)}
            assert listed == without_effect(kind.plan, givens)


def without_effect(plan: Plan, givens: dict[str, Decimal]) -> set[str]:
    numbers = exact_values(plan, givens)
    lines = wrong_lines(plan)
    changing = {
        line.mistake
        for line in lines
        if abs(evaluate(line.formula, numbers) - numbers[line.cell.address]) > Decimal("1e-12")
    }
    return {line.mistake for line in lines} - changing


def test_the_shipped_course_draws_at_once(tmp_path: Path) -> None:
    path = tmp_path / "course.toml"
    path.write_text(starter_files()["course.toml"], encoding="utf-8")
    made = preview(load_course(path))
    assert made.not_tested == ()
    assert len(made.files) == 2


def test_only_what_is_asked_counts(tmp_path: Path) -> None:
    course = made_course(tmp_path, "[sheet]\nasked = ['a1']\n")
    assert RELU & set(preview(course).not_tested) == {"activation_forgotten"}
    asked = made_course(tmp_path, "[sheet]\nasked = ['z1']\n")
    assert preview(asked).not_tested == ()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    leave_secret(tmp_path)
    return tmp_path


def test_it_stands_in_the_manifest_and_in_the_summary(folder: Path) -> None:
    report = assign_class(made_course(folder, ""), students(3), folder, processes=1)
    entries = list(Manifest(folder / "keys").entries())
    assert all("slope_always_one" in entry["not_tested"] for entry in entries)
    lines = list(summary(report))
    place = lines.index("not tested, since they change no number that is asked:")
    assert "  slope_always_one on every sheet: ReLU's slope taken as 1 below 0" in lines[place:]
    assert "every registered mistake that changes a number can be told" in "\n".join(summary(report, verbose=True))


def test_lines_of_earlier_manifests_say_nothing_of_it(folder: Path) -> None:
    course = made_course(folder, "")
    assign_class(course, students(2), folder, processes=1)
    path = folder / "keys" / "manifest.jsonl"
    entries = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for entry in entries:
        del entry["not_tested"]
    path.write_text("".join(f"{json.dumps(entry)}\n" for entry in entries), encoding="utf-8")
    report = assign_class(course, students(3), folder, processes=1)
    assert report.not_tested["slope_always_one"] == 1
    lines = list(summary(report))
    assert "  slope_always_one on 1 sheet: ReLU's slope taken as 1 below 0" in lines
    assert lines[-1] == "2 sheets of an earlier program: what they cannot test is not known"
