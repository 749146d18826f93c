"""Grade files that Canvas and Moodle import as they are.

**Canvas** (its ``lib/gradebook_importer.rb``) wants a header that begins with ``Student, ID`` and has ``Section`` as
the last column about the student; ``SIS User ID`` counts only beside ``SIS Login ID``. It looks students up by
``ID``, which has to be Canvas's own number, then by the two SIS columns, then by name. An item that is there is
found by ``Title (number)`` or by its title alone; any other becomes a new assignment with the points of the row
``Points Possible``. Students may be missing.

**Moodle** takes grades in two ways. Its gradebook import (``grade/import/csv``) looks students up by one column
that the teacher names, the ID number, e-mail address or user name, and stops where it finds nobody; a row in
which that column is empty is credited to the *student before*. So a column that identifies students is written
only where nobody's cell is empty. A grade above 100 stops the import (unless the site allows more), and a new
item has 100 points: these are its default here. The grading worksheet of an assignment
(``mod/assign/feedback/offline``) has the columns ``Identifier``, ``Grade`` and ``Last modified (grade)``, and takes no
grade below 0 or above the item's. Where the roster is such a worksheet, so is the file, with the points that
``Maximum grade`` says; the gradebook imports it as well.

Points are the sheet's share of what it could earn, times the item's points, rounded half up to the two decimals
that both systems show. Who has no grade has an empty cell, never a 0; for the gradebook of Moodle that is a ``-``, as
it writes itself, since it makes a 0 of an empty cell in a new item. Where such a cell is imported over a grade, both
systems take that away (only Moodle's worksheet leaves it).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from fractions import Fraction
from typing import Any, Final

from backproptable.basics.plaintext import comparable
from backproptable.courses.grade_settings import GradeSettings
from backproptable.lms.addresses import address_of
from backproptable.lms.handed_in import CANVAS, MOODLE, SYSTEMS, HandedIn, handed_in
from backproptable.marking.class_counts import by_student
from backproptable.marking.marked import MarkedSheet
from backproptable.render.escape import defused

__all__ = ["GradeFile", "canvas_roster", "grade_files", "users_of", "worksheet"]

_TELLING: Final = {
    CANVAS: ({"sis_user_id"}, {"sis_login_id"}, {"student", "id", "section"}),
    MOODLE: (
        *({"id_number"}, {"last_downloaded_from_this_course"}, {"identifier", "full_name"}),
        *({"email_address", "groups"}, {"email_address", "last_access_to_course"}, {"email_address", "surname"}),
    ),
}
"""Columns of a roster, under their normalised headings, that only this system writes together."""
_CENT: Final = Decimal("0.01")
_MOODLE_POINTS: Final = Decimal(100)


@dataclass(frozen=True, slots=True)
class GradeFile:
    """A grade file for one system."""

    system: str
    text: str
    item: str
    """The name of the item: the heading of its column."""
    points: Decimal
    """What the item has at most."""
    graded: int
    """Students who have points in it."""
    waiting: tuple[str, ...]
    """The ids of those whose cells are empty until a person has looked."""
    nothing: int
    """Students who returned nothing: their cells are empty, too."""
    bounded: int = 0
    """Students with less than 0 or more than all points, who have 0 or all in it."""
    left_out: tuple[str, ...] = ()
    """The ids of those whom the system could not find."""


@dataclass(frozen=True, slots=True)
class _Class:
    """What grade files are made of."""

    students: Sequence[Mapping[str, Any]]
    """The lines of the manifest."""
    title: str
    settings: GradeSettings
    possible: Decimal
    """What a sheet can earn at most."""
    shares: Mapping[str, Fraction]
    """Of those who have a grade, by id: the part of all points."""
    waiting: tuple[str, ...]
    numbers: Mapping[str, str] = field(default_factory=dict)
    """The numbers of users that Canvas has put into the names of files, by student."""

    @property
    def item(self) -> str:
        return self.settings.item or self.title

    def grade(self, student: str, points: Decimal) -> Decimal | None:
        if (share := self.shares.get(student)) is None:
            return None
        exact = share * Fraction(points)
        return (Decimal(exact.numerator) / exact.denominator).quantize(_CENT, ROUND_HALF_UP)


def grade_files(
    sheets: Sequence[MarkedSheet],
    students: Iterable[Mapping[str, Any]],
    settings: GradeSettings,
    *,
    title: str,
    possible: Decimal,
) -> list[GradeFile]:
    """The grade files of a class whose `students` are the lines of the manifest; `possible` is what a sheet can earn.

    Who returned several sheets, or one that a person has to look at, has no points there.
    """
    students = list(students)
    returned = by_student(sheets)
    shares: dict[str, Fraction] = {}
    waiting: list[str] = []
    for student in students:
        match returned.get(student["student_id"], []):
            case []:
                pass
            case [sheet] if sheet.cells and sheet.possible and not sheet.needs_a_person:
                shares[student["student_id"]] = Fraction(sheet.points) / Fraction(sheet.possible)
            case _:
                waiting.append(student["student_id"])
    stems = frozenset(comparable(student["file"]) for student in students)
    found = [(sheet.student, handed_in(sheet.sheet, stems)) for sheet in sheets]
    numbers = _canvas_numbers((student, one) for student, one in found if one is not None)
    whole = _Class(students, title, settings, possible, shares, tuple(waiting), numbers)
    make = {CANVAS: _canvas, MOODLE: _moodle}
    by_names = {one.system for _, one in found if one is not None}
    return [make[system](whole) for system in _systems(settings.system, students, by_names)]


def _systems(word: str, students: Sequence[Mapping[str, Any]], by_names: set[str]) -> Sequence[str]:
    """The systems to write for: as it is set, or as the roster tells, or the names of the returned files, or all."""
    if word != "auto":
        return SYSTEMS if word == "both" else [system for system in SYSTEMS if system == word]
    columns = _columns(students)
    told = {system for system, telling in _TELLING.items() if any(columns >= names for names in telling)} or by_names
    return [system for system in SYSTEMS if system in told] or SYSTEMS


def _columns(students: Iterable[Mapping[str, Any]]) -> set[str]:
    return {name for student in students for name in student["columns"]}


def _csv(rows: Iterable[Iterable[str]]) -> str:
    """The rows as both systems and spreadsheets read them: in UTF-8 with its mark, which both of them pass over."""
    file = io.StringIO(newline="")
    csv.writer(file).writerows([cell if cell == _NO_GRADE else defused(cell) for cell in row] for row in rows)
    return "\ufeff" + file.getvalue().encode(errors="replace").decode()


_NO_GRADE: Final = "-"
"""Of Moodle; alone in a cell it is no formula."""


def _text(points: Decimal | None) -> str:
    return "" if points is None else f"{points.normalize() + 0:f}"  # + 0: there is no minus zero


# --- Canvas --------------------------------------------------------------------------------------


def users_of(students: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], str]:
    """Whose numbers they are that course systems put into the names of files: students, by system and number.

    Only a roster that is an export of Canvas or a grading worksheet of Moodle tells.
    """
    numbers = {MOODLE: worksheet(students) or {}}
    if canvas_roster(students):
        numbers[CANVAS] = {student["student_id"]: student["columns"].get("id", "") for student in students}
    return {
        (system, number): student
        for system, of_system in numbers.items()
        for student, number in of_system.items()
        if number
    }


def canvas_roster(students: Iterable[Mapping[str, Any]]) -> bool:
    """Whether the roster is an export of Canvas: its column `id` then has Canvas's own numbers."""
    columns = _columns(students)
    return any(columns >= names for names in _TELLING[CANVAS])


def _canvas_numbers(files: Iterable[tuple[str | None, HandedIn]]) -> dict[str, str]:
    """The user's number by student, as far as the names of the files agree about it."""
    users: dict[str, set[str]] = {}
    students: dict[str, set[str]] = {}
    for student, found in files:
        if student is not None and found.system == CANVAS and found.user:
            users.setdefault(student, set()).add(found.user)
            students.setdefault(found.user, set()).add(student)
    alone = {student: min(found) for student, found in users.items() if len(found) == 1}
    return {student: user for student, user in alone.items() if len(students[user]) == 1}


_CANVAS_START: Final = ("Student", "ID", "SIS User ID", "SIS Login ID")
_CANVAS_MORE: Final = {"integration_id": "Integration ID", "root_account": "Root Account"}
"""Columns that stand before the section where an export has them."""


def _canvas(whole: _Class) -> GradeFile:
    points = whole.settings.points or whole.possible
    is_canvas = canvas_roster(whole.students)
    more = [name for name in _CANVAS_MORE if is_canvas and name in _columns(whole.students)]
    header = [*_CANVAS_START, *(_CANVAS_MORE[name] for name in more), "Section", whole.item]
    rows = [header, ["Points Possible", *[""] * (len(header) - 2), _text(points)]]
    for student in whole.students:
        columns, student_id = student["columns"], student["student_id"]
        number = (columns.get("id", "") if is_canvas else "") or whole.numbers.get(student_id, "")
        if is_canvas:
            sis, login = columns.get("sis_user_id", ""), columns.get("sis_login_id", "")
        else:  # the id of a school is what administrations give to Canvas; where it is not, the name is looked up
            sis, login = student_id, columns.get("login_id", "") or address_of(columns)
        rows.append(
            [
                *(columns.get("student", "") or student["name"], number, sis, login),
                *(columns.get(name, "") for name in more),
                columns.get("section", "") or columns.get("batch", ""),
                _text(whole.grade(student_id, points)),
            ]
        )
    return _grade_file(whole, CANVAS, rows, whole.item, points)


def _grade_file(whole: _Class, system: str, rows: Iterable[Iterable[str]], item: str, points: Decimal) -> GradeFile:
    nothing = len(whole.students) - len(whole.shares) - len(whole.waiting)
    return GradeFile(system, _csv(rows), item, points, len(whole.shares), whole.waiting, nothing)


# --- Moodle --------------------------------------------------------------------------------------

_PARTICIPANT: Final = re.compile(r"(?:.*\D)?(?P<number>[0-9]+)", re.DOTALL)
_WORKSHEET: Final = {
    "identifier": "Identifier",
    "full_name": "Full name",
    "id_number": "ID number",
    "email_address": "Email address",
    "username": "Username",
    "status": "Status",
    "grade": "Grade",
    "maximum_grade": "Maximum grade",
    "grade_can_be_changed": "Grade can be changed",
    "last_modified_(submission)": "Last modified (submission)",
    "last_modified_(grade)": "Last modified (grade)",
}
"""Columns of a grading worksheet, by their normalised headings, in its order."""
_WORKSHEET_NEEDS: Final = ("identifier", "full_name", "grade", "maximum_grade", "last_modified_(grade)")


def worksheet(students: Sequence[Mapping[str, Any]]) -> dict[str, str] | None:
    """The number of each participant by student, where the roster is a grading worksheet of Moodle; else None."""
    found = {
        student["student_id"]: matched["number"]
        for student in students
        if (matched := _PARTICIPANT.fullmatch(student["columns"].get("identifier", "").strip()))
    }
    return found if found and "full_name" in _columns(students) else None


def _moodle(whole: _Class) -> GradeFile:
    participants = worksheet(whole.students)
    points = whole.settings.points or (_maximum(whole.students) if participants else None) or _MOODLE_POINTS
    grades: dict[str, Decimal] = {}
    bounded = 0
    for student_id in whole.shares:
        grade = whole.grade(student_id, points) or Decimal(0)
        grades[student_id] = min(max(grade, Decimal(0)), points)
        bounded += grade != grades[student_id]
    if participants is not None:
        item, rows, left_out = _WORKSHEET["grade"], *_for_worksheet(whole, participants, grades, points)
    else:
        item, rows, left_out = whole.item, *_for_gradebook(whole, grades)
    file = _grade_file(whole, MOODLE, rows, item, points)
    return replace(file, bounded=bounded, left_out=tuple(left_out))


Rows = list[list[str]]


def _for_worksheet(
    whole: _Class, participants: Mapping[str, str], grades: Mapping[str, Decimal], points: Decimal
) -> tuple[Rows, list[str]]:
    """The rows, and the ids of students who are not in the worksheet."""
    there = _columns(whole.students)
    columns = {name: head for name, head in _WORKSHEET.items() if name in _WORKSHEET_NEEDS or name in there}
    rows = [[*columns.values()]]
    left_out = []
    for student in whole.students:
        if student["student_id"] not in participants:
            left_out.append(student["student_id"])
            continue
        own = {"full_name": student["name"], "last_modified_(grade)": _NO_GRADE}
        own |= {name: text for name, text in student["columns"].items() if text}
        own |= {"grade": _text(grades.get(student["student_id"])), "maximum_grade": _text(points)}
        rows.append([own.get(name, "") for name in columns])
    return rows, left_out


def _for_gradebook(whole: _Class, grades: Mapping[str, Decimal]) -> tuple[Rows, list[str]]:
    """The rows, and the ids of students whom nothing in them would identify."""
    is_moodle = _is_moodle(whole.students)
    identities = [_identities(student, is_moodle) for student in whole.students]
    heads = _complete(identities)
    rows = [["First name", "Last name", *heads, whole.item]]
    left_out = []
    for student, identity in zip(whole.students, identities, strict=True):
        if any(identity[head] for head in heads):
            grade = _text(grades.get(student["student_id"])) or _NO_GRADE
            rows.append([*_names(student), *(identity[head] for head in heads), grade])
        else:
            left_out.append(student["student_id"])
    return rows, left_out


def _is_moodle(students: Iterable[Mapping[str, Any]]) -> bool:
    columns = _columns(students)
    return any(columns >= names for names in _TELLING[MOODLE])


def _maximum(students: Iterable[Mapping[str, Any]]) -> Decimal | None:
    """The points of the item, if a worksheet has one number of them."""
    texts = {student["columns"].get("maximum_grade", "").strip() for student in students} - {""}
    try:
        (points,) = {Decimal(text.replace(",", ".")) for text in texts}
    except (ValueError, InvalidOperation):
        return None
    return points if points.is_finite() and points > 0 else None


def _identities(student: Mapping[str, Any], is_moodle: bool) -> dict[str, str]:
    """What Moodle may know a student by, by the heading of the column."""
    columns, student_id = student["columns"], student["student_id"]
    return {
        "ID number": columns.get("id_number", "") or ("" if is_moodle else student_id),
        "Email address": columns.get("email_address", "") or address_of(columns),
        "Username": columns.get("username", ""),
    }


def _complete(identities: Sequence[Mapping[str, str]]) -> list[str]:
    """The headings under which every student has something and no two the same; else the one that most have."""
    filled = {head: [one[head] for one in identities if one[head]] for head in (identities[0] if identities else ())}
    if filled and filled["ID number"] == filled["Email address"]:  # addresses serve as ids
        del filled["ID number"]
    complete = [head for head, texts in filled.items() if len(set(texts)) == len(identities)]
    if complete or not filled:
        return complete
    return [max(filled, key=lambda head: len(set(filled[head])))]


def _names(student: Mapping[str, Any]) -> tuple[str, str]:
    first, last = (student["columns"].get(name, "") for name in ("first_name", "last_name"))
    return (first, last) if first or last else (student["name"], "")
