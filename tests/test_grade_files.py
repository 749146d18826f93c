"""Grade files by the rules of the systems that import them: who is in them, how points are rounded, what is empty."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backproptable.basics.errors import InputError, Problem
from backproptable.commands.marking import mark_class
from backproptable.courses.course_file import load_course
from backproptable.courses.grade_settings import GradeSettings
from backproptable.lms.grade_files import GradeFile, grade_files, users_of
from backproptable.marking.marked import MarkedCell, MarkedSheet, Verdict
from support.classes import NEURON, called, save_course, save_roster
from support.hostile import hostile_rows
from support.lms import Canvas, CanvasUser, MoodleGradebook, MoodleUser, read_csv

CELL = MarkedCell("z1[1]", "0.5", 1, Verdict.RIGHT, "0.5", 0.4, 0.6)
CANVAS_COLUMNS = {"sis_user_id": "", "sis_login_id": ""}


def student(student_id: str, /, **columns: str) -> dict[str, Any]:
    return {
        "student_id": student_id,
        "name": f"Name {student_id}",
        "file": f"F{student_id}",
        "columns": {"student_id": student_id} | columns,
    }


def sheet(
    student_id: str | None,
    points: str = "5",
    possible: str = "10",
    *,
    file: str = "a.md",
    cells: tuple[MarkedCell, ...] = (CELL,),
    remarks: tuple[Problem, ...] = (),
) -> MarkedSheet:
    return MarkedSheet(file, student_id, "", {}, cells, Decimal(points), Decimal(possible), remarks)


def made(
    sheets: list[MarkedSheet], students: list[dict[str, Any]], settings: GradeSettings, possible: int = 10
) -> GradeFile:
    (file,) = grade_files(sheets, students, settings, title="Homework", possible=Decimal(possible))
    return file


def column(file: GradeFile, name: str = "") -> list[str]:
    header, *lines = read_csv(file.text)
    return [line[header.index(name or file.item)] for line in lines if line[0] != "Points Possible"]


CANVAS, MOODLE = GradeSettings("canvas"), GradeSettings("moodle")


def of(system: str, points: str) -> GradeSettings:
    return GradeSettings(system, points=Decimal(points))


# --- points --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("points", "possible", "item", "written"),
    [
        ("5", "10", "10", "5"),
        ("1", "3", "10", "3.33"),
        ("2", "3", "10", "6.67"),
        ("1", "8", "1", "0.13"),  # half up
        ("1", "3", "0.015", "0.01"),  # which is half a cent, though a third is no decimal
        ("10", "10", "2.5", "2.5"),
        ("0", "10", "10", "0"),
        ("149.5", "151", "100", "99.01"),
        ("151", "151", "151", "151"),
        ("1", "10", "100", "10"),
    ],
)
def test_points_are_scaled_and_rounded_half_up(points: str, possible: str, item: str, written: str) -> None:
    for system in ("canvas", "moodle"):
        assert column(made([sheet("s", points, possible)], [student("s")], of(system, item))) == [written]


@given(st.integers(0, 400), st.integers(1, 400), st.integers(1, 1000))
def test_points_are_within_half_a_cent_of_the_exact_ones(points: int, more: int, item: int) -> None:
    possible = points + more
    (written,) = column(made([sheet("s", str(points), str(possible))], [student("s")], of("canvas", str(item))))
    assert abs(Fraction(written) - Fraction(points * item, possible)) <= Fraction(1, 200)
    assert "e" not in written.lower()


def test_what_an_item_has_unless_it_is_said() -> None:
    """Of Canvas what sheets earn, in the file itself; of Moodle a new item's 100, above which it imports nothing."""
    canvas, moodle = (made([sheet("s", "151", "151")], [student("s")], one, 151) for one in (CANVAS, MOODLE))
    assert (canvas.points, column(canvas), read_csv(canvas.text)[1]) == (
        151,
        ["151"],
        ["Points Possible", "", "", "", "", "151"],
    )
    assert (moodle.points, column(moodle)) == (100, ["100"])


def test_moodle_takes_nothing_below_0_or_above_the_item() -> None:
    sheets, students = [sheet("a", "-1"), sheet("b", "11"), sheet("c")], [student(name) for name in "abc"]
    moodle, canvas = (made(sheets, students, of(system, "20")) for system in ("moodle", "canvas"))
    assert (column(moodle), moodle.bounded) == (["0", "20", "10"], 2)
    assert (column(canvas), canvas.bounded) == (["-2", "22", "10"], 0)


# --- empty cells ---------------------------------------------------------------------------------


def test_who_has_no_points() -> None:
    """A 0 is only what was earned."""
    unread = MarkedCell("z1[1]", "?", 1, Verdict.UNREADABLE, "0.5", 0.4, 0.6)
    sheets = [
        *(
            sheet("zero", "0"),
            sheet("remark", remarks=(Problem("line 1", "is odd."),)),
            sheet("unread", cells=(unread,)),
        ),
        *(sheet("twice"), sheet("twice", file="b.md"), sheet("empty", cells=()), sheet(None), sheet("stranger")),
    ]
    students = [student(name) for name in ("zero", "remark", "unread", "twice", "empty", "nothing")]
    canvas = made(sheets, students, CANVAS)
    assert column(canvas) == ["0", "", "", "", "", ""]
    assert (canvas.graded, canvas.waiting, canvas.nothing) == (1, ("remark", "unread", "twice", "empty"), 1)
    assert column(made(sheets, students, MOODLE)) == ["0", "-", "-", "-", "-", "-"]
    users = [MoodleUser(number, "", "", one["student_id"]) for number, one in enumerate(students)]
    for new in (True, False):
        gradebook = MoodleGradebook(users)
        text = made(sheets, students, MOODLE).text
        gradebook.import_grades(text, identify="ID number", by="idnumber", item="Homework", new=new)
        assert gradebook.grades == {0: 0, **dict.fromkeys(range(1, 6))}


# --- who is who ----------------------------------------------------------------------------------


def test_canvas_columns_stay_what_they_were() -> None:
    columns = {"student": "Ex, Ann", "id": "007", "sis_user_id": "00A1", "sis_login_id": "ann@x.org", "section": "S 1"}
    more = {"integration_id": "i", "root_account": "x.org"}
    file = made([sheet("1")], [student("1", **columns, **more, batch="B")], GradeSettings(item="Homework 3 (4711)"))
    header, _, row = read_csv(file.text)
    assert header == [
        *("Student", "ID", "SIS User ID", "SIS Login ID", "Integration ID", "Root Account", "Section"),
        "Homework 3 (4711)",
    ]
    assert row == ["Ex, Ann", "007", "00A1", "ann@x.org", "i", "x.org", "S 1", "5"]
    course = Canvas([CanvasUser(7, "Ann Ex", "Ex, Ann")], {4711: ("Homework 3", 10)})
    course.import_grades(file.text)
    assert course.grades == {(7, 4711): "5"}


def test_an_id_of_the_school_is_not_taken_for_canvas_own() -> None:
    """It would be another user's."""
    file = made([sheet("7")], [student("7", id="7")], CANVAS)
    assert (column(file, "ID"), column(file, "SIS User ID")) == ([""], ["7"])
    course = Canvas([CanvasUser(7, "Another", "Another"), CanvasUser(8, "Ann", "Ann", "7")], {1: ("Homework", 10)})
    course.import_grades(file.text)
    assert course.grades == {(8, 1): "5"}


def test_numbers_in_names_of_files_count_only_where_they_agree() -> None:
    sheets = [sheet("a", file="x_1_50_a.md"), sheet("b", file="x_2_51_b.md"), sheet("b", file="x_3_52_b.md")]
    sheets += [sheet("c", file="x_4_53_c.md"), sheet("d", file="x_4_54_d.md")]
    assert column(made(sheets, [student(name) for name in "abcd"], CANVAS), "ID") == ["1", "", "", ""]


def test_moodle_never_credits_the_student_of_the_row_before() -> None:
    """A column in which somebody's cell is empty is not there to be chosen."""
    students = [student("a@x.org", id_number="1", email_address="a@x.org"), student("b@x.org", id_number="")]
    file = made([sheet("a@x.org"), sheet("b@x.org", "9")], students, MOODLE)
    assert read_csv(file.text)[0] == ["First name", "Last name", "Email address", "Homework"]
    gradebook = MoodleGradebook([MoodleUser(1, "", "a@x.org"), MoodleUser(2, "", "b@x.org")])
    gradebook.import_grades(file.text, identify="Email address", by="email", item="Homework", new=True)
    assert gradebook.grades == {1: 50, 2: 90}


def test_students_whom_moodle_could_not_tell_are_left_out_and_named() -> None:
    students = [student(f"{name}", id_number=number) for name, number in (("a", "1"), ("b", ""), ("c", "3"))]
    file = made([sheet(name) for name in "abc"], students, MOODLE)
    assert (column(file, "ID number"), file.left_out) == (["1", "3"], ("b",))


def test_two_students_with_one_address_are_not_told_apart_by_it() -> None:
    students = [student("1", email="office@x.org"), student("2", email="office@x.org")]
    assert read_csv(made([], students, MOODLE).text)[0] == ["First name", "Last name", "ID number", "Homework"]


@pytest.mark.parametrize(
    ("columns", "systems"),
    [
        (CANVAS_COLUMNS, ["canvas"]),
        ({"student": "", "id": "", "section": ""}, ["canvas"]),
        ({"id_number": ""}, ["moodle"]),
        ({"identifier": "", "full_name": ""}, ["moodle"]),
        ({"email_address": "", "groups": ""}, ["moodle"]),
        ({"id": "", "email": "", "section": ""}, ["moodle", "canvas"]),
        ({**CANVAS_COLUMNS, "id_number": ""}, ["moodle", "canvas"]),
    ],
)
def test_the_roster_tells_the_system(columns: Mapping[str, str], systems: list[str]) -> None:
    files = grade_files([], [student("s", **columns)], GradeSettings(), title="t", possible=Decimal(1))
    assert [file.system for file in files] == systems


def test_numbers_in_a_roster_that_is_no_export_are_nobodys() -> None:
    assert users_of([student("s", id="5")]) == {}
    assert users_of([student("s", identifier="Participant 5")]) == {}
    assert users_of([student("s", id="5", **CANVAS_COLUMNS)]) == {("canvas", "5"): "s"}
    assert users_of([student("s", identifier="Participant 5", full_name="x")]) == {("moodle", "5"): "s"}


# --- strangers' texts ----------------------------------------------------------------------------


def test_hostile_rosters_still_import() -> None:
    """No cell is a formula, every row is one, and each student gets the own points: by id where a name is defused."""
    rows = hostile_rows()
    students = [{**student(row["student_id"], **row), "name": row["first_name"]} for row in rows]
    sheets = [sheet(row["student_id"], str(place % 11)) for place, row in enumerate(rows)]
    for settings in (CANVAS, MOODLE):
        file = made(sheets, students, settings)
        assert len(column(file)) == len(rows)
        for line in read_csv(file.text):
            for cell in line:
                is_number = re.fullmatch(r"-|[-+]?[0-9]+([.,][0-9]+)?([eE][-+]?[0-9]+)?", cell)
                assert is_number or not cell.startswith(("=", "+", "@", "-", "\t", "\r"))
    plain = [place for place, row in enumerate(rows) if row["student_id"].isalnum()]
    file = made([sheets[place] for place in plain], [students[place] for place in plain], of("canvas", "10"))
    users = [CanvasUser(place, "", "", rows[place]["student_id"]) for place in plain]
    course = Canvas(users, {1: ("Homework", 10)})
    course.import_grades(file.text)
    assert course.grades == {(place, 1): str(place % 11) for place in plain}


@pytest.mark.parametrize(
    "item",
    ["Final Score", "My Current Grade", "Section", "Override Status (Fall)", "ID", "x" * 256],
)
def test_names_that_canvas_would_not_import_are_refused(item: str, tmp_path: Path) -> None:
    course = save_course(tmp_path, f'[grades]\nitem = "{item}"\n')
    with pytest.raises(InputError, match="item"):
        load_course(course)
    if len(item) < 256:  # and it would have been lost, indeed
        gradebook = Canvas([CanvasUser(1, "Name s", "")])
        gradebook.import_grades(made([sheet("s")], [student("s")], GradeSettings("canvas", item)).text)
        assert "5" not in gradebook.grades.values()


@pytest.mark.parametrize("line", ["points = 0", "points = -1", "points = 20000", 'system = "canwas"', "point = 3"])
def test_settings_that_cannot_be(line: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"\[grades\]"):
        load_course(save_course(tmp_path, f"[grades]\n{line}\n"))


# --- words ---------------------------------------------------------------------------------------


def test_what_is_said_on_the_terminal(tmp_path: Path) -> None:
    rows = [{"student_id": f"s{place:02}", "first_name": "A", "last_name": "B"} for place in range(13)]
    course = save_course(tmp_path, f'{NEURON}\n[grades]\nsystem = "both"\npoints = 150\n')
    assert called("assign", save_roster(tmp_path, rows), "--course", course, folder=tmp_path).code == 0
    for path in (tmp_path / "output" / "assignments").iterdir():
        if "S12" not in path.name:
            text = path.read_text(encoding="utf-8")
            path.with_name(f"x{path.name}").write_text(text + "\n| `nonsense` | 1 |\n", encoding="utf-8")
            path.with_name(path.name).write_text(text.replace("| `L` |", "| `L` | 5 |", 1), encoding="utf-8")
    output = tmp_path / "output"
    marked = mark_class([output / "assignments"], output / "keys", course=None, before=None, output=output)
    lines = [line for _, line in marked.lines]
    item = "for the item 'Backpropagation by hand'"
    assert f"grades-moodle.csv: 1 student with points, out of 150, {item}" in lines
    assert f"grades-canvas.csv: 1 student with points, out of 150, {item}" in lines
    assert "grades-moodle.csv: Moodle's gradebook takes at most 100 points, unless the site allows more" in lines
    assert any(line.endswith("s07, s08, s09 and 2 more") for line in lines)
