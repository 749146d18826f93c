"""A student's file has the numbers that it should have, each in its place, and no other computed number.

What a sheet asks for is worked out here from the names of the cells, as the design lists them; what it
shows is read from the finished file. The key has them all.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from itertools import product
from pathlib import Path

import pytest

from backproptable.courses.classroom import Classroom, Newcomer, draw_chunk, texts_of
from backproptable.courses.course import Course
from backproptable.drawing.draw import draw_givens
from backproptable.marking.check import report_on
from backproptable.nets.derive import derive_plan
from backproptable.nets.net import Net
from backproptable.numbers.evaluate import solve
from backproptable.render.formats import render_sheet
from backproptable.returned.answers import Answer, read_answer
from backproptable.returned.sheet import read_sheet
from support.arithmetic import significant, tex_value
from support.exactly import text_of, text_of_all_digits
from support.reader import Table, read_latex, read_markdown

NETS = {
    "softmax": Net(layers=(2, 3, 2), activations=("tanh", "softmax"), loss="cross_entropy"),
    "batch": Net(
        layers=(2, 2, 2),
        activations=("relu", "sigmoid"),
        loss="half_sse",
        bias="shared",
        update_biases=True,
        updates=2,
        weights="to_from",
        samples=2,
    ),
}
WORDS = ("all", "forward", "backward", "updates", "one_path", "evening")
STEPS = {"softmax": ("a1", "dL/dz2", "W2'"), "batch": ("z2", "dL/dW1", "dL/db1", "W1'@2")}
LAYOUTS = ("cells", "matrices", "steps")
NOTATIONS = ("indexed", "eip", "words")
FORMATS = {"md": read_markdown, "tex": read_latex}
FIGURES = 4
HEADINGS = {"answer", "value"}
RULES = {"md": "_" * 16, "tex": ""}

CASES = [
    *(
        ("softmax", *case, ("short", "full")[number % 2])  # each of them with every other choice
        for number, case in enumerate(product((*WORDS, STEPS["softmax"]), LAYOUTS, NOTATIONS))
    ),
    *(("batch", *case, "full") for case in product((*WORDS, STEPS["batch"]), LAYOUTS, ("arrows",))),
]
IDS = ["-".join(case if isinstance(case, str) else "+".join(case) for case in cases) for cases in CASES]


# --- made once ---------------------------------------------------------------------------------


@cache
def basis(name: str) -> tuple[Course, str]:
    """A course with this net, and the manifest's line of its one student."""
    course = Course(plan=derive_plan(NETS[name]))
    newcomer = Newcomer("0017", "Mx Test", {"student_id": "0017"}, "TEST", "01234-56789", b"any key")
    return course, draw_chunk(Classroom(course, Path("sheets"), Path("keys")), [newcomer]).lines[0]


@cache
def files(name: str, asked: str | tuple[str, ...], layout: str, notation: str, explain: str) -> dict[str, str]:
    """The student's files and the keys: text by the end of the name."""
    course, line = basis(name)
    course = replace(course, asked=asked, layout=layout, notation=notation, explain=explain, hand_in="To me.")
    classroom = Classroom(course, Path("sheets"), Path("keys"), tuple(FORMATS))
    classroom.make_forms()
    return {path.name.removeprefix("TEST"): text for path, text in texts_of(classroom, line).items()}


@cache
def key_values(name: str, notation: str) -> dict[str, str]:
    """Every computed number as it stands in the key, by name."""
    key = read_markdown(files(name, "all", "cells", notation, "short")["_KEY.md"])
    return {line.name: line.value for line in key.lines}


@cache
def inputs(name: str) -> dict[str, set[str]]:
    """The names of what each cell is worked out from, as they stand in its formula."""
    plan = derive_plan(NETS[name])
    cells = json.loads(render_sheet(solve(plan, draw_givens(plan, 1)), format="json", view="blank"))["cells"]
    return {cell["name"]: set(_NAME.findall(cell["formula"])) for cell in cells}


_NAME = re.compile(r"norm\(dL/dW\d+\)|(?:dL/d|da\d+/d)?[A-Za-z]+\d*'?(?:\[[\d,]+\])?(?:@\d+)?")


@cache
def asked_names(name: str, asked: str | tuple[str, ...]) -> set[str]:
    extra = set(EVENING[name].split()) if asked == "evening" else set()
    return {cell for cell in inputs(name) if _is_asked(cell, asked)} | extra


def _is_asked(cell: str, asked: str | tuple[str, ...]) -> bool:
    stem, _, update = re.sub(r"\[[\d,]+\]", "", cell).partition("@")
    if not isinstance(asked, str):
        return stem + (f"@{update}" if update else "") in asked
    if asked == "all":
        return True
    is_backward = stem.startswith(("dL", "da", "norm"))
    if asked == "updates":
        return "'" in stem and not is_backward
    if asked in ("one_path", "evening"):
        indices = re.findall(r"\d+", (re.findall(r"\[(.*)\]", cell) or [""])[0])
        has_after = stem.startswith(("W", "b")) or "'" not in stem
        return set(indices) <= {"1"} and has_after and not stem.startswith("norm")
    return "'" not in stem and is_backward == (asked == "backward")


EVENING = {
    "softmax": "a1[1] a1[2] a1[3] e2[1] e2[2] S2 a2[1] a2[2] l[1] l[2] L dL/da2[1] dL/da2[2] "
    "da1/dz1[1] da1/dz1[2] da1/dz1[3] dL/dz2[1] dL/dz2[2]",
    "batch": "a1[1,1] a1[1,2] a2[1,1] a2[1,2] l[1,1] l[1,2] L dL/da2[1,1] dL/da2[1,2] da2/dz2[1,1] da2/dz2[1,2] "
    "dL/dz2[1,1] dL/dz2[1,2] da1/dz1[1,1] da1/dz1[1,2]",
}
"""What an evening has time for beside one path: the short lines of all units."""


# --- the tests ---------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_a_students_file(case: tuple[str, str | tuple[str, ...], str, str, str]) -> None:
    name, asked, _, notation, _ = case
    values, wanted = key_values(name, notation), asked_names(name, asked)
    assert wanted
    for format, read in FORMATS.items():  # noqa: A001
        text = files(*case)[f".{format}"]
        tables = [table for table in read(text).tables if table.head[0] == "cell"]
        assert {table.head[-1] for table in tables} <= HEADINGS
        rows = [dict(zip(table.head, row, strict=True)) for table in tables for row in table.rows]
        answers = [row for row in rows if row.get("answer", "worked") != "worked"]
        shown = [(row["cell"], row["value"]) for row in rows if row.get("answer", "worked") == "worked"]

        # Every asked number has one row, with a rule to write on and nothing else.
        assert sorted(row["cell"] for row in answers) == sorted(wanted)
        assert {row["answer"] for row in answers} == {RULES[format]}
        assert format == "md" or text.count(r"\blank") == len(wanted) + 1, "and once where it is defined"
        assert {row.get("value", "") for row in answers} == {""}
        assert {row.get("numbers put in", "") for row in answers} == {""}
        count = f"| numbers asked | {len(wanted)} |" if format == "md" else f"numbers asked & {len(wanted)} "
        assert count in text

        # Every other one has a row with the right value, or none: then it follows from what is asked.
        names = [row[0] for row in shown]
        assert len(set(names)) == len(names)
        assert {row[0]: _plain(row[-1]) for row in shown} == {cell: values[cell] for cell in names}
        assert set(names) == set(values) - wanted - _left_out(name, asked)

        # No number of a cell that is not shown stands anywhere, whatever it may look like.
        hidden = {cell: values[cell] for cell in values.keys() - set(names)}
        secret = {_size(value) for value in hidden.values()}
        public = {_size(values[cell]) for cell in names} | {_size(given) for given in _givens(name)}
        secret = {number for number in secret - public if significant(number) >= FIGURES}
        assert len(secret) >= len({value for value in hidden.values() if significant(_size(value)) >= FIGURES}) * 0.7
        assert not [number for number in secret if number in text]
        assert not secret & set(re.findall(r"\d+(?:\.\d+)?", text))

        key = read(files(*case)[f"_KEY.{format}"])
        in_key = {row[0]: _plain(row[-1]) for table in key.tables if table.head[0] == "cell" for row in table.rows}
        assert in_key == values


def _plain(value: str) -> str:
    return re.sub(r" \\times 10\^\{(-?\d+)\}$", r"e\1", value)


def _size(value: str) -> str:
    return value.lstrip("-").partition("e")[0]


def _givens(name: str) -> list[str]:
    return list(json.loads(basis(name)[1])["givens"].values())


@cache
def _left_out(name: str, asked: str | tuple[str, ...]) -> set[str]:
    """What follows from asked numbers and is not needed for any: it would give them away."""
    wanted, needs = asked_names(name, asked), inputs(name)
    follows: set[str] = set()
    for cell, used in needs.items():
        if used & (wanted | follows):
            follows.add(cell)
    needed: set[str] = set()
    for cell in reversed(needs):
        if cell in wanted | needed:
            needed |= needs[cell]
    return follows - needed - wanted


@pytest.mark.parametrize("name", NETS)
@pytest.mark.parametrize("asked", [*WORDS, "steps"])
def test_numbers_are_put_in_where_they_all_stand_on_the_sheet(name: str, asked: str) -> None:
    of_net = STEPS[name] if asked == "steps" else asked
    wanted = asked_names(name, of_net)
    unknown = wanted | _left_out(name, of_net)
    for layout, notation in (("cells", "indexed"), ("steps", "words"), ("cells", "eip")):
        text = files(name, of_net, layout, notation, "short")[".md"]
        closed = 0
        for line in read_markdown(text).lines:
            if line.name in wanted:
                assert (line.numbers, line.value) == ("", "")
            elif inputs(name)[line.name] & unknown:
                assert line.numbers == "", line
                closed += 1
            else:
                result = tex_value(line.numbers, lambda _: 0).only
                assert line.value in {text_of(result, FIGURES), text_of_all_digits(result, FIGURES)}, line
        assert closed or asked != "steps"


# --- what comes of it in the hands of a student ------------------------------------------------


@pytest.mark.parametrize("case", CASES[::3], ids=IDS[::3])
def test_a_sheet_is_read_again(case: tuple[str, str | tuple[str, ...], str, str, str]) -> None:
    name, asked, _, notation, _ = case
    fresh, wanted = files(*case)[".md"], asked_names(name, asked)
    report = report_on(read_sheet(fresh.encode()), "mine.md")
    assert (report.code, report.asked, report.remarks, report.clean) == ("01234-56789", len(wanted), (), True)
    assert sorted(report.blank) == sorted(wanted)

    filled = filled_in(fresh, key_values(name, notation))
    report = report_on(read_sheet(filled.encode()), "mine.md")
    assert (report.code, report.asked, report.remarks, report.clean) == ("01234-56789", len(wanted), (), True)
    assert sorted(report.read) == sorted(wanted)
    read = {row.name: read_answer(row.text) for row in read_sheet(filled.encode()).rows}
    for cell, answer in read.items():
        assert isinstance(answer, Answer)
        assert float(answer.value) == float(key_values(name, notation)[cell])


def filled_in(sheet: str, values: Mapping[str, str]) -> str:
    """The sheet with the numbers typed in place of the rules."""
    lines = []
    for line in sheet.splitlines(keepends=True):
        found = re.match(r"\| `([^`]+)` \|.* _{16} \|$", line)
        lines.append(line.replace("_" * 16, values[found[1]]) if found else line)
    return "".join(lines)


def test_tables_are_told_apart_by_their_headings() -> None:
    """The tests above would see nothing if no table were read."""
    tables = read_markdown(files(*CASES[0])[".md"]).tables
    assert Table(("x", "x[1]", "x[2]"), tables[1].rows) == tables[1]
    assert sum(len(table.rows) for table in tables if table.head[-1] == "answer") == len(inputs("softmax"))
