"""A class that comes back in one folder, with all that happens to sheets on the way: whose each is, and its marks."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from backproptable.commands.verify import ClassResult, verify_class
from backproptable.courses.course import Points
from backproptable.marking.key_folder import KeyFolder, open_keys
from backproptable.marking.marked import MarkedSheet, Verdict
from backproptable.numbers.evaluate import solve
from support.classes import SMALL, called, rows, save_course, save_roster
from support.marking import cells

STUDENTS = [row["student_id"] for row in rows(12)]
ASKED = 42


class Class:
    """Twelve students, their sheets and the key."""

    def __init__(self, folder: Path, name: str = "out", course: str = SMALL) -> None:
        self.output, self.returned = folder / name, folder / "returned"
        roster, course_file = save_roster(folder, rows(12), f"{name}.csv"), save_course(folder, course, f"{name}.toml")
        assert called("assign", roster, "--course", course_file, "-o", self.output, folder=folder).code == 0
        self.returned.mkdir(exist_ok=True)

    @property
    def keys(self) -> KeyFolder:
        return open_keys(self.output / "keys")

    def file(self, student: str) -> str:
        return f"{self.keys.entries[student]['file']}.md"

    def answers(self, student: str) -> dict[str, str]:
        plan = self.keys.plan
        givens = {name: Decimal(text) for name, text in self.keys.entries[student]["givens"].items()}
        solution = solve(plan, givens)
        return {cell.name: solution.text[plan.row[cell.address]] for _, cell in plan.worked}

    def hand_in(self, student: str, changes: dict[str, str] | None = None, name: str = "") -> Path:
        """Fill in the sheet from the key, but for the changes, and hand it in."""
        answers = self.answers(student) | (changes or {})
        sheet = (self.output / "assignments" / self.file(student)).read_text(encoding="utf-8")
        row = re.compile(r"^\| `([^`]+)` \|(.*)\| _+ \|$", re.MULTILINE)
        text, count = row.subn(lambda found: f"| `{found[1]}` |{found[2]}| {answers[found[1]]} |", sheet)
        assert count == ASKED
        path = self.returned / (name or self.file(student))
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def verify(self) -> ClassResult:
        return verify_class([self.returned], self.keys)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Class:
    """One class for all tests of this file."""
    return Class(tmp_path_factory.mktemp("class"))


@pytest.fixture
def twelve(made: Class) -> Class:
    """The class, with nothing returned yet."""
    shutil.rmtree(made.returned)
    made.returned.mkdir()
    return made


def by_file(result: ClassResult) -> dict[str, MarkedSheet]:
    return {Path(sheet.sheet).name: sheet for sheet in result.sheets}


def verdicts(sheet: MarkedSheet) -> set[Verdict]:
    return {cell.verdict for cell in sheet.cells}


def test_all_right_from_the_key(twelve: Class) -> None:
    for student in STUDENTS:
        twelve.hand_in(student)
    result = twelve.verify()
    assert sorted(sheet.student or "" for sheet in result.sheets) == STUDENTS
    assert result.remarks == []
    for sheet in result.sheets:
        assert verdicts(sheet) == {Verdict.RIGHT}
        assert (sheet.points, sheet.possible, sheet.first_error, sheet.needs_a_person) == (ASKED, ASKED, None, False)
        assert sheet.columns["student_id"] == sheet.student
        assert all(cell.line for cell in sheet.cells)


def test_one_mistake_costs_one_line(twelve: Class) -> None:
    student = STUDENTS[3]
    givens = {name: float(text) for name, text in twelve.keys.entries[student]["givens"].items()}
    bare = givens["x[1]"] * givens["W1[1,1]"] + givens["x[2]"] * givens["W1[2,1]"]
    path = twelve.hand_in(student, {"z1[1]": f"{bare:.6f}"})
    (sheet,) = twelve.verify().sheets
    assert sheet.first_error == cells(sheet)["z1[1]"]
    assert (cells(sheet)["z1[1]"].verdict, cells(sheet)["z1[1]"].because) == (Verdict.MISTAKE, ("bias_forgotten",))
    assert sheet.points == ASKED - 1
    assert {cell.verdict for cell in sheet.cells if cell.name != "z1[1]"} == {Verdict.RIGHT}
    line = path.read_text(encoding="utf-8").splitlines()[(cells(sheet)["z1[1]"].line or 0) - 1]
    assert line.startswith("| `z1[1]`")


def test_an_empty_sheet(twelve: Class) -> None:
    twelve.hand_in(STUDENTS[0], dict.fromkeys(twelve.answers(STUDENTS[0]), ""))
    (sheet,) = twelve.verify().sheets
    assert verdicts(sheet) == {Verdict.BLANK}
    assert (sheet.points, sheet.first_error, sheet.needs_a_person) == (0, None, False)


def test_a_sheet_is_that_of_its_code_whatever_its_name(twelve: Class) -> None:
    """And a file that is named for another student is looked at by a person."""
    twelve.hand_in(STUDENTS[0], name="homework (final).md")
    twelve.hand_in(STUDENTS[1], name=twelve.file(STUDENTS[2]))
    sheets = by_file(twelve.verify())
    assert sheets["homework (final).md"].student == STUDENTS[0]
    assert not sheets["homework (final).md"].needs_a_person
    other = sheets[twelve.file(STUDENTS[2])]
    assert (other.student, verdicts(other)) == (STUDENTS[1], {Verdict.RIGHT})
    assert other.needs_a_person
    assert STUDENTS[2] in str(other.remarks[0])


def test_the_numbers_of_somebody_else(twelve: Class) -> None:
    """They agree with one another, so that half of them follow; a person is told."""
    twelve.hand_in(STUDENTS[0], twelve.answers(STUDENTS[5]))
    (sheet,) = twelve.verify().sheets
    assert sheet.student == STUDENTS[0]
    assert sheet.first_error == cells(sheet)["z1[1]"]
    assert sheet.points <= ASKED * 2 / 3
    assert STUDENTS[5] in str(sheet.remarks[0])


def test_a_sheet_of_another_assignment_belongs_to_nobody(twelve: Class, tmp_path: Path) -> None:
    other = Class(tmp_path, "other", f'[course]\nassignment = "OTHER"\n{SMALL}')
    twelve.hand_in(STUDENTS[0])
    shutil.copy(other.hand_in(STUDENTS[0]), twelve.returned / "other.md")
    sheets = by_file(twelve.verify())
    assert (sheets["other.md"].student, sheets["other.md"].cells, sheets["other.md"].possible) == (None, (), 0)
    assert "another assignment" in str(sheets["other.md"].remarks[0])
    assert sheets[twelve.file(STUDENTS[0])].points == ASKED


def test_without_its_code_a_sheet_goes_by_its_name(twelve: Class) -> None:
    code = twelve.keys.entries[STUDENTS[0]]["code"]
    path = twelve.hand_in(STUDENTS[0])
    path.write_text(path.read_text(encoding="utf-8").replace(code, ""), encoding="utf-8")
    shutil.copy(path, twelve.returned / "mine.md")
    sheets = by_file(twelve.verify())
    assert sheets[path.name].student == STUDENTS[0]
    assert sheets["mine.md"].student is None
    assert sheets["mine.md"].needs_a_person


def test_two_files_of_one_student_are_both_marked(twelve: Class) -> None:
    """Which of them counts is for a person to say."""
    first = twelve.hand_in(STUDENTS[0], {"L": ""}, name="monday/sheet.md")
    second = twelve.hand_in(STUDENTS[0], name="tuesday/sheet.md")
    sheets = {sheet.sheet: sheet for sheet in twelve.verify().sheets}
    assert {path: sheet.student for path, sheet in sheets.items()} == dict.fromkeys(map(str, (first, second)), "00000")
    assert [sheets[str(path)].points for path in (first, second)] == [ASKED - 1, ASKED]


@pytest.mark.parametrize("change", [str, lambda text: text.replace("\n", "\r\n\r\n").replace("| 0.", "|  **.")])
def test_equal_answers_are_one_return(twelve: Class, change: Callable[[str], str]) -> None:
    """Byte for byte, or under another name and laid out otherwise. The class is told; nobody has to look."""
    first = twelve.hand_in(STUDENTS[0], {"L": "", "z1[1]": "0.7123"}, name="a/sheet.md")
    text = change(first.read_text(encoding="utf-8"))
    for name in ("b/copy (2).md", "c.md"):
        (twelve.returned / name).parent.mkdir(exist_ok=True)
        (twelve.returned / name).write_bytes(re.sub(r"\*\*(\.[0-9]+)", r"**\1**", text).encode())
    result = twelve.verify()
    (sheet,) = result.sheets
    assert (sheet.sheet, sheet.student, sheet.needs_a_person) == (str(first), STUDENTS[0], False)
    assert {Path(remark.where).name for remark in result.remarks} == {"copy (2).md", "c.md"}
    assert all(f"says the same as {first} of the same student" in remark.what for remark in result.remarks)


@pytest.mark.parametrize(
    ("answers", "more"),
    [({"z1[1]": "0.712"}, ""), ({"z1[1]": ""}, ""), ({"z1[1]": "abc"}, ""), ({"z1[1]": "0.7120"}, "\nz1[2] = 0.5\n")],
)
def test_returns_that_differ_are_all_marked(twelve: Class, answers: dict[str, str], more: str) -> None:
    """In a number, in its digits, in what is blank or cannot be read, or in what a person has to see."""
    twelve.hand_in(STUDENTS[0], {"z1[1]": "0.7120"}, name="a.md")
    path = twelve.hand_in(STUDENTS[0], answers, name="b.md")
    path.write_text(path.read_text(encoding="utf-8") + more, encoding="utf-8")
    result = twelve.verify()
    assert len(result.sheets) == 2
    assert result.remarks == []


def test_a_copy_under_the_name_of_another_student_is_no_second_return(twelve: Class) -> None:
    """It is for a person to look whose work it is."""
    twelve.hand_in(STUDENTS[0])
    twelve.hand_in(STUDENTS[0], name=twelve.file(STUDENTS[1]))
    result = twelve.verify()
    assert [sheet.needs_a_person for sheet in result.sheets] == [False, True]
    assert result.remarks == []


def test_trouble_with_one_file_never_stops_the_others(twelve: Class) -> None:
    for student in STUDENTS[:3]:
        twelve.hand_in(student)
    (twelve.returned / "binary.md").write_bytes(bytes(range(256)) * 40)
    (twelve.returned / "empty.md").write_bytes(b"")
    (twelve.returned / "list.json").write_text("[1, 2]", encoding="utf-8")
    sheets = by_file(twelve.verify())
    assert len(sheets) == 6
    for name, sheet in sheets.items():
        if name in ("binary.md", "empty.md", "list.json"):
            assert (sheet.student, sheet.points, sheet.needs_a_person) == (None, 0, True)
        else:
            assert sheet.points == ASKED


def test_verdicts_do_not_depend_on_who_else_handed_in(twelve: Class) -> None:
    for place, student in enumerate(STUDENTS):
        twelve.hand_in(student, {f"z1[{1 + place % 2}]": "0.7123", "L": "", "a2[1]": "abc"})
    together = {sheet.student: sheet.cells for sheet in twelve.verify().sheets}
    for student in STUDENTS[::4]:
        (alone,) = verify_class([twelve.returned / twelve.file(student)], twelve.keys).sheets
        assert alone.cells == together[student]


def test_points_of_another_policy(twelve: Class) -> None:
    twelve.hand_in(STUDENTS[0], {"L": "abc", "L'": "", "l'[1]": "98.76"})
    points = Points(right=Decimal(2), wrong=Decimal(-1), blank=Decimal("0.5"))
    (sheet,) = verify_class([twelve.returned], open_keys(twelve.output / "keys", points)).sheets
    assert (sheet.points, sheet.possible) == (2 * (ASKED - 3) - 1 + Decimal("0.5"), 2 * ASKED)
