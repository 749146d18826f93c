"""A class's whole way: from a course system's list to sheets, back in its zip, and to its grades and feedback.

`support.lms` plays the course systems. What a student earns is known from what was put onto the sheet.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest

from backproptable.marking.key_folder import open_keys
from support.classes import NEURON, Outcome, called, save_course
from support.lms import (
    Canvas,
    CanvasUser,
    ImportRefusedError,
    MoodleAssignment,
    MoodleGradebook,
    MoodleUser,
    fill,
    unzipped,
)
from support.marking import right_answers
from support.people import PEOPLE
from support.zips import save_zip

NAMES = PEOPLE[:8]
RIGHT, BLANK_1, BLANK_3, UNREADABLE, TWICE, NOTHING, LATE, RENAMED = range(8)
"""What each of the students does."""
BLANKS = {RIGHT: 0, BLANK_1: 1, BLANK_3: 3, LATE: 2, RENAMED: 4}
"""Blank cells of those who get a grade."""


class School:
    """A class that has its sheets, and hands in."""

    def __init__(self, folder: Path, roster: str, course: str = NEURON, ending: str = "csv") -> None:
        self.folder = folder
        path = folder / f"roster.{ending}"
        path.write_text(roster, encoding="utf-8")
        self.course = save_course(folder, course)
        outcome = called("assign", path, "--course", self.course, folder=folder)
        assert outcome.code == 0, outcome.err
        self.keys = open_keys(folder / "output" / "keys")

    def sheet(self, student: str, blanks: int = 0, changes: Mapping[str, str] | None = None) -> tuple[str, bytes]:
        """The name and content of a student's file with right answers, but for the last ones and the changes."""
        entry = self.keys.entries[student]
        answers = right_answers(self.keys.plan, entry["givens"])
        asked = list(self.keys.asked)
        for name in asked[len(asked) - blanks :]:
            del answers[name]
        text = (self.folder / "output" / "assignments" / f"{entry['file']}.md").read_text(encoding="utf-8")
        return f"{entry['file']}.md", fill(text, answers | (changes or {})).encode()

    def handed_in(self, ids: list[str]) -> list[tuple[int, str, bytes]]:
        """What each of the eight hands in, by their place."""
        first = self.keys.asked[0]
        files = [(place, *self.sheet(ids[place], blanks)) for place, blanks in BLANKS.items()]
        files.append((UNREADABLE, *self.sheet(ids[UNREADABLE], 0, {first: "see overleaf"})))
        files.append((TWICE, *self.sheet(ids[TWICE])))
        files.append((TWICE, "second try.md", self.sheet(ids[TWICE], 2)[1]))
        return [
            (place, "my homework (final).md" if place == RENAMED else name, content)
            for place, name, content in sorted(files)
        ]

    def share(self, place: int) -> Decimal:
        asked = len(self.keys.asked)
        return Decimal(asked - BLANKS[place]) / asked

    def points(self, place: int, points: int | str) -> Decimal:
        return (self.share(place) * Decimal(points)).quantize(Decimal("0.01"), ROUND_HALF_UP)

    def verify(self, *paths: object, course: bool = False) -> Outcome:
        more = ("--course", self.course) if course else ()
        return called("verify", *paths, *more, folder=self.folder)

    def written(self, name: str) -> Path:
        return self.folder / "output" / name

    def grades(self, system: str) -> str:
        return self.written(f"grades-{system}.csv").read_bytes().decode("utf-8")


def table(*rows: tuple[str, ...]) -> str:
    file = io.StringIO(newline="")
    csv.writer(file).writerows(rows)
    return file.getvalue()


# --- Canvas --------------------------------------------------------------------------------------

SIS = [f"00{number}" for number in range(101, 109)]
USERS = [
    CanvasUser(40_000 + place, f"{first} {last}", f"{last}, {first}", SIS[place], f"login{place}")
    for place, (first, last) in enumerate(NAMES)
]
ITEM = "Homework 3 (4711)"


def canvas_roster() -> str:
    """A gradebook's export as it is, with the rows that are no students."""
    return table(
        ("Student", "ID", "SIS User ID", "SIS Login ID", "Section", ITEM, "Final Score"),
        ("", "", "", "", "", "Manual Posting", "(read only)"),
        ("    Points Possible", "", "", "", "", "10", "(read only)"),
        *((user.sortable_name, str(user.id), user.sis_id, user.login, "Section 1", "", "") for user in USERS),
        ("Student, Test", "9999", "", "f00dcafe", "Section 1", "", ""),
    )


@pytest.fixture
def canvas(tmp_path: Path) -> tuple[School, Canvas]:
    school = School(tmp_path, canvas_roster(), f'{NEURON}\n[grades]\nitem = "{ITEM}"\npoints = 10\n')
    return school, Canvas(USERS, {4711: ("Homework 3", 10), 4712: ("Homework 4", 10)})


def canvas_download(school: School, canvas: Canvas) -> Path:
    files = [(USERS[place].id, name, content) for place, name, content in school.handed_in(SIS)]
    packed = canvas.download(files, late=[USERS[LATE].id])
    assert any("_LATE_" in name for name in packed)
    return save_zip(school.folder / "submissions.zip", packed)


def test_the_teachers_hour_with_canvas(canvas: tuple[School, Canvas]) -> None:
    """From Canvas's list to grades and feedback in Canvas, with nothing opened in between."""
    school, course = canvas
    outcome = school.verify(canvas_download(school, course))
    assert outcome.code == 1  # something was found
    course.import_grades(school.grades("canvas"))
    assert {user: Decimal(grade) for (user, _), grade in course.grades.items()} == {
        USERS[place].id: school.points(place, 10) for place in BLANKS
    }
    assert {item for _, item in course.grades} == {4711}
    assert set(course.assignments) == {4711, 4712}

    course.upload(school.written("feedback-canvas.zip").read_bytes())
    assert course.ignored == []
    assert sorted(course.comments) == sorted(user.id for place, user in enumerate(USERS) if place != NOTHING)
    assert [name for name, _ in course.comments[USERS[RENAMED].id]] == ["my homework (final).md"]
    assert {"second try.md"} < {name for name, _ in course.comments[USERS[TWICE].id]}
    for place, user in enumerate(USERS):
        for _, text in course.comments.get(user.id, []):
            assert SIS[place] in text.decode()

    assert not school.written("grades-moodle.csv").exists()
    assert not school.written("feedback-moodle.zip").exists()
    said = outcome.out.splitlines()
    assert f"grades-canvas.csv: 5 students with points, out of 10, for the item '{ITEM}'" in said
    assert f"  left empty until a person has looked (see class.md): {SIS[UNREADABLE]}, {SIS[TWICE]}" in said
    assert "  left empty, since nothing was returned: 1 student" in said
    assert "3 to be looked at by a person: see class.md" in said
    assert "| sheets that need a person | 3 |" in school.written("class.md").read_text(encoding="utf-8")
    for student in (SIS[UNREADABLE], SIS[TWICE]):
        assert student in school.written("class.md").read_text(encoding="utf-8")


def test_an_import_changes_only_what_it_holds(canvas: tuple[School, Canvas]) -> None:
    school, course = canvas
    school.verify(canvas_download(school, course))
    course.grades = {(USERS[RIGHT].id, 4712): "9", (USERS[RIGHT].id, 4711): "1"}
    course.import_grades(school.grades("canvas"))
    assert course.grades[USERS[RIGHT].id, 4712] == "9"
    assert course.grades[USERS[RIGHT].id, 4711] == "10"


def test_without_settings_a_new_item_has_the_points_that_sheets_earn(tmp_path: Path) -> None:
    school = School(tmp_path, canvas_roster(), f'[course]\ntitle = "Netze, Blatt 3"\n{NEURON}')
    course = Canvas(USERS)
    school.verify(canvas_download(school, course))
    course.import_grades(school.grades("canvas"))
    ((number, (title, points)),) = course.assignments.items()
    asked = len(school.keys.asked)
    assert (title, points) == ("Netze, Blatt 3", asked)
    assert {user: float(grade) for (user, _), grade in course.grades.items()} == {
        USERS[place].id: asked - blanks for place, blanks in BLANKS.items()
    }
    assert {item for _, item in course.grades} == {number}


def test_settings_may_change_after_the_sheets_are_drawn(canvas: tuple[School, Canvas]) -> None:
    school, course = canvas
    returned = canvas_download(school, course)
    save_course(school.folder, f'{NEURON}\n[grades]\nitem = "Homework 4"\npoints = 2.5\n')
    school.verify(returned)
    assert ITEM in school.grades("canvas").splitlines()[0]  # what is in the folder of keys counts
    school.verify(returned, course=True)
    course.import_grades(school.grades("canvas"))
    assert {item for _, item in course.grades} == {4712}
    assert Decimal(course.grades[USERS[BLANK_3].id, 4712]) == school.points(BLANK_3, "2.5")
    assert called("assign", "roster.csv", "--course", school.course, folder=school.folder).code == 0  # it is noted
    school.verify(returned)
    assert "Homework 4" in school.grades("canvas").splitlines()[0]


def test_a_sheet_that_another_student_handed_in_goes_to_a_person(canvas: tuple[School, Canvas]) -> None:
    """The number in the file's name is the user's who uploaded it, and the code is a friend's."""
    school, course = canvas
    files = [(USERS[1].id, *school.sheet(SIS[0])), (USERS[2].id, *school.sheet(SIS[2]))]
    outcome = school.verify(save_zip(school.folder / "in.zip", course.download(files)))
    assert f"is not that of student '{SIS[1]}', who handed the file in" in outcome.out
    course.import_grades(school.grades("canvas"))
    assert [user for user, _ in course.grades] == [USERS[2].id]


def test_a_plain_roster_and_files_from_canvas(tmp_path: Path) -> None:
    """The roster tells nothing of Canvas; the names of the files do, with the numbers of the users."""
    ids = [f"s{place}" for place in range(8)]
    roster = table(
        ("student_id", "first_name", "last_name"), *((ids[place], *name) for place, name in enumerate(NAMES))
    )
    school = School(tmp_path, roster)
    strangers = [CanvasUser(user.id, f"{user.name} (she/her)", f"{user.sortable_name} M.", "", "") for user in USERS]
    course = Canvas(strangers)
    files = [(USERS[place].id, name, content) for place, name, content in school.handed_in(ids) if place != NOTHING]
    school.verify(save_zip(tmp_path / "in.zip", course.download(files)))
    assert not school.written("grades-moodle.csv").exists()
    with pytest.raises(
        ImportRefusedError, match="nobody is"
    ):  # of whom there is neither a file nor a name that Canvas has
        course.import_grades(school.grades("canvas"))
    lines = school.grades("canvas").splitlines(keepends=True)
    course.import_grades("".join(line for line in lines if f",{ids[NOTHING]}," not in line))
    assert [user for user, _ in course.grades] == [USERS[place].id for place in sorted(BLANKS)]


def test_folders_and_zips_together_and_the_same_twice(canvas: tuple[School, Canvas]) -> None:
    """A zip, the folder that somebody unpacked from it, and a late batch."""
    school, course = canvas
    download = canvas_download(school, course)
    for name, content in unzipped(download.read_bytes()).items():
        (school.folder / "unpacked").mkdir(exist_ok=True)
        (school.folder / "unpacked" / name).write_bytes(content)
    late = save_zip(
        school.folder / "unpacked" / "late.zip",
        course.download([(USERS[NOTHING].id, *school.sheet(SIS[NOTHING], 1))], late=[USERS[NOTHING].id]),
    )
    school.verify(download, "unpacked", late)
    course.import_grades(school.grades("canvas"))
    assert {user for user, _ in course.grades} == {USERS[place].id for place in (*BLANKS, NOTHING)}
    course.upload(school.written("feedback-canvas.zip").read_bytes())
    assert {user: len(files) for user, files in course.comments.items()} == {
        user.id: 2 if place == TWICE else 1 for place, user in enumerate(USERS)
    }


def test_what_is_wrong_with_a_zip_is_said_and_stops_nobody(canvas: tuple[School, Canvas]) -> None:
    school, course = canvas
    good = course.download([(USERS[0].id, *school.sheet(SIS[0]))])
    (school.folder / "broken.zip").write_bytes(b"PK, and nothing else")
    save_zip(school.folder / "good.zip", {**good, "../../evil.md": b"x", "bomb.zip": bytes(20_000_000), "a.png": b"."})
    outcome = school.verify("good.zip", "broken.zip")
    assert outcome.code == 1
    for line in (
        "good.zip/../../evil.md: has a path that leads out of the zip. It was passed over.",
        "broken.zip: is no zip file, or damaged. Look at it, or download it again.",
        "files: 1 .png was passed over. Sheets are read from .md, .markdown, .txt, .csv, .json.",
    ):
        assert line in outcome.out.splitlines()
    assert "good.zip/bomb.zip: would have 20 MB unpacked, " in outcome.out
    course.import_grades(school.grades("canvas"))
    assert [user for user, _ in course.grades] == [USERS[0].id]
    assert {path.name for path in school.folder.iterdir()} == {
        *("output", "roster.csv", "course.toml", "good.zip", "broken.zip"),
    }
    (row,) = [row for row in school.written("grades.csv").read_text(encoding="utf-8").splitlines() if ".zip" in row]
    assert f",good.zip/{next(iter(good))}" in row


# --- Moodle --------------------------------------------------------------------------------------

PARTICIPANTS = [
    MoodleUser(7_000_000 + place, f"{first} {last}", f"{place}.x@example.org", f"id{place}")
    for place, (first, last) in enumerate(NAMES)
]
IDS = [f"id{place}" for place in range(8)]


def moodle_roster() -> str:
    """A participants' export, with the columns that today's reader needs in front."""
    return table(
        ("student_id", "First name", "Last name", "ID number", "Email address"),
        *((user.idnumber, *NAMES[place], user.idnumber, user.email) for place, user in enumerate(PARTICIPANTS)),
    )


@pytest.mark.parametrize("how", [{}, {"old": True}, {"folders": False}])
def test_the_teachers_hour_with_moodle(how: dict[str, bool], tmp_path: Path) -> None:
    school = School(tmp_path, moodle_roster(), f"{NEURON}\n[grades]\npoints = 20\n")
    assignment = MoodleAssignment(PARTICIPANTS)
    files = [(PARTICIPANTS[place].number, name, content) for place, name, content in school.handed_in(IDS)]
    outcome = school.verify(save_zip(tmp_path / "download.zip", assignment.download(files, **how)))
    assert outcome.code == 1
    assert not school.written("grades-canvas.csv").exists()

    expected = {PARTICIPANTS[place].number: float(school.points(place, 20)) for place in BLANKS}
    for column, by in (("Email address", "email"), ("ID number", "idnumber")):
        for new in (False, True):
            gradebook = MoodleGradebook(PARTICIPANTS)
            gradebook.import_grades(
                school.grades("moodle"), identify=column, by=by, item="Backpropagation by hand", new=new
            )
            assert {user: grade for user, grade in gradebook.grades.items() if grade is not None} == expected

    assignment.upload_feedback(school.written("feedback-moodle.zip").read_bytes())
    assert assignment.ignored == []
    for place, user in enumerate(PARTICIPANTS):
        texts = assignment.feedback.get(user.number, {})
        assert len(texts) == {TWICE: 2, NOTHING: 0}.get(place, 1)
        for name, text in texts.items():
            assert name.endswith("_FEEDBACK.md")
            assert school.written("feedback").joinpath(name).read_bytes() == text
            assert IDS[place] in text.decode()


def test_a_grading_worksheet_comes_back_as_one(tmp_path: Path) -> None:
    assignment = MoodleAssignment(PARTICIPANTS, maximum=15)
    head, *lines = assignment.worksheet().removeprefix("\ufeff").splitlines()
    roster = "\n".join(
        [f"student_id,first_name,last_name,{head}"]
        + [f"{IDS[place]},{NAMES[place][0]},{NAMES[place][1]},{line}" for place, line in enumerate(lines)]
    )
    school = School(tmp_path, roster)
    files = [(PARTICIPANTS[place].number, name, content) for place, name, content in school.handed_in(IDS)]
    school.verify(save_zip(tmp_path / "download.zip", assignment.download(files)))
    assignment.upload_worksheet(school.grades("moodle"))
    expected = {PARTICIPANTS[place].number: float(school.points(place, 15)) for place in BLANKS}
    assert assignment.grades == expected
    gradebook = MoodleGradebook(PARTICIPANTS)
    gradebook.import_grades(school.grades("moodle"), identify="Email address", by="email", item="Grade", new=False)
    assert {user: grade for user, grade in gradebook.grades.items() if grade is not None} == expected


def test_a_friends_sheet_is_seen_by_the_number_of_the_participant(tmp_path: Path) -> None:
    assignment = MoodleAssignment(PARTICIPANTS)
    head, *lines = assignment.worksheet().removeprefix("\ufeff").splitlines()
    roster = [f"student_id,first_name,last_name,{head}"]
    roster += [f"{IDS[place]},{NAMES[place][0]},{NAMES[place][1]},{line}" for place, line in enumerate(lines)]
    school = School(tmp_path, "\n".join(roster))
    files = [(PARTICIPANTS[1].number, *school.sheet(IDS[0]))]
    outcome = school.verify(save_zip(tmp_path / "download.zip", assignment.download(files)))
    assert f"is not that of student '{IDS[1]}', who handed the file in" in outcome.out
    assignment.upload_worksheet(school.grades("moodle"))
    assert assignment.grades == {}


def test_manifests_of_before_have_no_settings(tmp_path: Path) -> None:
    school = School(tmp_path, moodle_roster(), f"{NEURON}\n[grades]\npoints = 20\n")
    path = school.written("keys") / "manifest.json"
    head = json.loads(path.read_text(encoding="utf-8"))
    assert head["course"].pop("grades") == {"system": "auto", "item": "", "points": "20"}
    path.write_text(json.dumps(head), encoding="utf-8")
    name, content = school.sheet(IDS[0])
    (tmp_path / name).write_bytes(content)
    school.verify(name)
    assert school.grades("moodle").splitlines()[1].endswith(",100")


# --- neither -------------------------------------------------------------------------------------


def plain_school(folder: Path, course: str = NEURON) -> School:
    rows = ((IDS[place], *name, f"{place}.x@example.org", "A") for place, name in enumerate(NAMES))
    return School(folder, table(("student_id", "first_name", "last_name", "email", "batch"), *rows), course)


@pytest.mark.parametrize(
    ("system", "files"),
    [
        ("auto", {"canvas", "moodle"}),
        ("both", {"canvas", "moodle"}),
        ("canvas", {"canvas"}),
        ("moodle", {"moodle"}),
        ("none", set()),
    ],
)
def test_where_nothing_tells_both_are_written_unless_it_is_set(system: str, files: set[str], tmp_path: Path) -> None:
    school = plain_school(tmp_path, f'{NEURON}\n[grades]\nsystem = "{system}"\n')
    folder = tmp_path / "returned"
    folder.mkdir()
    for place, name, content in school.handed_in(IDS):
        (folder / f"{place} {name}").write_bytes(content)
    school.verify(folder)
    assert {name for name in ("canvas", "moodle") if school.written(f"grades-{name}.csv").exists()} == files
    assert not list((tmp_path / "output").glob("feedback-*.zip"))
    if "moodle" in files:
        gradebook = MoodleGradebook(PARTICIPANTS)
        item = "Backpropagation by hand"
        gradebook.import_grades(school.grades("moodle"), identify="ID number", by="idnumber", item=item, new=True)
        assert {user for user, grade in gradebook.grades.items() if grade is not None} == {
            PARTICIPANTS[place].number for place in BLANKS
        }
        assert gradebook.grades[PARTICIPANTS[RIGHT].number] == 100
    if "canvas" in files:
        course = Canvas([CanvasUser(user.id, user.name, user.sortable_name) for user in USERS])  # by name
        course.import_grades(school.grades("canvas"))
        assert len(course.grades) == len(BLANKS)


def test_feedback_for_a_mail_merge(tmp_path: Path) -> None:
    school = plain_school(tmp_path)
    name, content = school.sheet(IDS[2])
    (tmp_path / name).write_bytes(content)
    school.verify(tmp_path / name)
    with school.written("mail-feedback.csv").open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["student"], row["name"], row["address"]) == (IDS[2], " ".join(NAMES[2]), "2.x@example.org")
    assert Path(row["file"]).read_text(encoding="utf-8").startswith("# ")


def test_feedback_on_a_second_sheet_takes_nobodys_place(tmp_path: Path) -> None:
    """ANNE's second one would be called as the first of ANNE_2."""
    roster = table(("student_id", "first_name"), ("a", "Anne"), ("b", "Anne_2"))
    school = School(tmp_path, roster, f'[course]\nfile_name = "{{first_name}}.md"\n{NEURON}')
    (tmp_path / "returned").mkdir()
    for number, (student, blanks) in enumerate([("a", 0), ("a", 1), ("a", 2), ("b", 0)]):
        (tmp_path / "returned" / f"{number}.md").write_bytes(school.sheet(student, blanks)[1])
    school.verify("returned")
    texts = {path.name: path.read_text(encoding="utf-8") for path in school.written("feedback").iterdir()}
    assert set(texts) == {"ANNE_FEEDBACK.md", "ANNE_2_FEEDBACK.md", "ANNE_3_FEEDBACK.md", "ANNE_4_FEEDBACK.md"}
    assert "| student id | b |" in texts["ANNE_2_FEEDBACK.md"]
