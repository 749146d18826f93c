"""Moodle and Canvas, as far as they pack what students hand in, take feedback back, and import grades.

Written from their documentation and behaviour, with the odd ones kept, and apart from the program: whoever
changes the program's files learns here what a course system would make of them.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

__all__ = [
    "Canvas",
    "CanvasUser",
    "ImportRefusedError",
    "MoodleAssignment",
    "MoodleGradebook",
    "MoodleUser",
    "fill",
    "read_csv",
    "unzipped",
]


class ImportRefusedError(Exception):
    """The whole import is refused."""


def read_csv(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def unzipped(data: bytes) -> dict[str, bytes]:
    """The files in a zip, which has no two of one name."""
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        assert file.testzip() is None
        assert len(set(file.namelist())) == len(file.namelist())
        return {name: file.read(name) for name in file.namelist()}


def fill(sheet: str, answers: Mapping[str, str]) -> str:
    """A sheet with these answers in its blank cells, each of which is the last of its row."""
    lines, left = [], dict(answers)
    for line in sheet.splitlines():
        found = re.match(r"\|\W*`([^`]+)`", line)
        blank = re.search(r"\|[\s_.…]*\|\s*$", line)
        if found and blank and found[1] in left:
            line = f"{line[: blank.start()]}| {left.pop(found[1])} |"  # noqa: PLW2901
        lines.append(line)
    assert not left, f"not asked: {sorted(left)}"
    return "\n".join(lines) + "\n"


# --- Canvas --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CanvasUser:
    id: int
    name: str
    sortable_name: str
    sis_id: str = ""
    login: str = ""


@dataclass
class Canvas:
    """One course with one assignment that files are uploaded for, and a gradebook."""

    users: list[CanvasUser]
    assignments: dict[int, tuple[str, float]] = field(default_factory=dict)
    """Title and points by number."""
    uploads: dict[int, tuple[int, str]] = field(default_factory=dict)
    """User and own name by the number of the file."""
    grades: dict[tuple[int, int], str] = field(default_factory=dict)
    """By user and assignment."""
    comments: dict[int, list[tuple[str, bytes]]] = field(default_factory=dict)
    """Attached files with their names, by user."""
    ignored: list[str] = field(default_factory=list)

    def download(self, files: Iterable[tuple[int, str, bytes]], late: Iterable[int] = ()) -> dict[str, bytes]:
        """What "Download submissions" packs: of each user, name and content of a file."""
        packed = {}
        for user_id, name, content in files:
            user = next(user for user in self.users if user.id == user_id)
            number = 90_000 + len(self.uploads)
            self.uploads[number] = (user_id, name)
            who = re.sub(r"\W", "", user.sortable_name).lower()
            middle = f"LATE_{user_id}" if user_id in set(late) else str(user_id)
            packed[f"{who}_{middle}_{number}_{name}"] = content
        return packed

    def upload(self, data: bytes) -> None:
        """What "Upload submissions" does: files become comments to those whose numbers are in their names."""
        for path, content in unzipped(data).items():
            parts = [part for part in PurePosixPath(path).name.split("_") if part != "LATE"]
            numbers = [int(part) for part in parts if part.isdigit()][:2]
            if len(numbers) < 2 or numbers[1] not in self.uploads or self.uploads[numbers[1]][0] != numbers[0]:
                self.ignored.append(path)
                continue
            self.comments.setdefault(numbers[0], []).append((self.uploads[numbers[1]][1], content))

    def import_grades(self, text: str) -> None:
        """The gradebook's import. Students whom it does not find are refused here, where Canvas would ask."""
        header, *lines = read_csv(text)
        if not (len(header) > 3 and "Student" in header[0] and "ID" in header[1]):
            raise ImportRefusedError("no header")
        about, sis, login = 3, None, None
        if re.search(r"SIS\s+Login\s+ID", header[2]):
            login, about = 2, 4
        elif re.search(r"SIS\s+User\s+ID", header[2]) and re.search(r"SIS\s+Login\s+ID", header[3]):
            sis, login, about = 2, 3, 5
            about += "Integration ID" in header[4]
            about += "Root Account" in header[about - 1]
        if "Section" not in header[about - 1]:
            raise ImportRefusedError("no section")
        own = re.compile("(?:Current|Final) (?:Score|Points|Grade)|Override (?:Score|Grade|Status)")
        # Where an item is called like a column about the student, Canvas reads that column.
        items = {header.index(name): name for name in header[about:] if not own.search(name)}
        numbers: dict[int, int] = {}
        for place, name in items.items():
            told = re.fullmatch(r"(.*)\s\((\d+)\)", name)
            by_title = [number for number, (title, _) in self.assignments.items() if title == name]
            if told and int(told[2]) in self.assignments:
                numbers[place] = int(told[2])
            elif by_title:
                numbers[place] = by_title[0]
            else:
                numbers[place] = 1_000_000 + place
                self.assignments[numbers[place]] = (told[1] if told else name, 0.0)
        for row in lines:
            if "Points Possible" in row[0]:
                for place, number in numbers.items():
                    if number >= 1_000_000:  # only of what is new
                        self.assignments[number] = (self.assignments[number][0], float(row[place] or 0))
                continue
            user = self._found(row, sis, login)
            for place, number in numbers.items():
                if row[place]:
                    self.grades[user.id, number] = row[place]
                else:
                    self.grades.pop((user.id, number), None)

    def _found(self, row: list[str], sis: int | None, login: int | None) -> CanvasUser:
        by_number = [user for user in self.users if row[1].isdigit() and user.id == int(row[1])]
        by_sis = [user for user in self.users if sis is not None and row[sis] and user.sis_id == row[sis]]
        by_login = [user for user in self.users if login is not None and row[login] and user.login == row[login]]
        by_name = [user for user in self.users if row[0] in (user.name, user.sortable_name)]
        for found in (by_number, by_sis, by_login, by_name):
            if found:
                return found[0]
        raise ImportRefusedError(f"nobody is {row}")


# --- Moodle --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class MoodleUser:
    number: int
    """Of the participant in the assignment."""
    name: str
    email: str = ""
    idnumber: str = ""


@dataclass
class MoodleAssignment:
    """An assignment with uploaded files, feedback files and an offline worksheet."""

    users: list[MoodleUser]
    maximum: float = 100
    grades: dict[int, float] = field(default_factory=dict)
    """By the number of the participant."""
    feedback: dict[int, dict[str, bytes]] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)

    def download(self, files: Iterable[tuple[int, str, bytes]], *, folders: bool = True, old: bool = False) -> dict:
        """What "Download all submissions" packs, in folders or not; `old` is Moodle before 4.1."""
        packed = {}
        for number, name, content in files:
            user = next(user for user in self.users if user.number == number)
            start = f"{user.name.replace('_', ' ')}_{number}_assignsubmission_file"
            packed[f"{start}{'_' if old else ''}/{name}" if folders else f"{start}_{name}"] = content
        return packed

    def worksheet(self) -> str:
        """What "Download grading worksheet" gives."""
        file = io.StringIO(newline="")
        writer = csv.writer(file)
        head = ("Identifier", "Full name", "Email address", "Status", "Grade", "Maximum grade")
        writer.writerow([*head, "Grade can be changed", "Last modified (submission)", "Last modified (grade)"])
        dates = ("Friday, 25 January 2030, 10:00 AM", "-")
        for user in self.users:
            about = (f"Participant {user.number}", user.name, user.email, "Submitted for grading")
            writer.writerow([*about, "", f"{self.maximum:.2f}", "Yes", *dates])
        return "\ufeff" + file.getvalue()

    def upload_feedback(self, data: bytes) -> None:
        """What "Upload multiple feedback files in a zip" does."""
        participants = {user.number for user in self.users}
        for path, content in unzipped(data).items():
            if path.rpartition("/")[2].startswith((".", "~")):
                self.ignored.append(path)
                continue
            parts = path.split("/")
            while parts:
                info = parts.pop(0).split("_", 4)
                if len(info) < 4 or not info[1].isdigit() or int(info[1]) not in participants:
                    continue
                if info[2] not in ("assignsubmission", "assignfeedback") or info[3] not in ("file", "onlinetext"):
                    continue
                name = "/".join([*info[4:5], *parts]).lstrip("/")
                assert name not in self.feedback.get(int(info[1]), {})
                self.feedback.setdefault(int(info[1]), {})[name] = content
                break
            else:
                self.ignored.append(path)

    def upload_worksheet(self, text: str) -> None:
        """What "Upload grading worksheet" does; a grade that it does not like is passed over."""
        header, *lines = read_csv(text)
        places = {
            name: header.index(name) for name in ("Identifier", "Grade", "Last modified (grade)") if name in header
        }
        if len(places) < 3:
            raise ImportRefusedError("columns are missing")
        for row in lines:
            number = int(row[places["Identifier"]].removeprefix("Participant ") or 0)
            grade = row[places["Grade"]]
            if number in {user.number for user in self.users} and grade and 0 <= float(grade) <= self.maximum:
                self.grades[number] = float(grade)


@dataclass
class MoodleGradebook:
    """The gradebook's import of CSV, in which a teacher says which column is what."""

    users: list[MoodleUser]
    grades: dict[int, float | None] = field(default_factory=dict)
    """By the number of the user; None is no grade."""

    def import_grades(self, text: str, *, identify: str, by: str, item: str, new: bool) -> None:
        header, *lines = read_csv(text)
        of_user, of_grade = header.index(identify), header.index(item)
        student = None
        for row in lines:
            value = row[of_user].strip()
            if value:  # else it stays with the student of the row before
                found = [user for user in self.users if getattr(user, by) == value]
                if len(found) != 1:
                    raise ImportRefusedError(f"nobody, or more than one, has {by} {value!r}")
                student = found[0]
            if student is None:
                raise ImportRefusedError("user not found")
            grade = self._grade(row[of_grade].strip(), new)
            if grade is not None and grade > 100:
                raise ImportRefusedError("a grade is too big")
            self.grades[student.number] = grade

    @staticmethod
    def _grade(text: str, new: bool) -> float | None:
        if text == "-":
            return None
        if not text:
            return 0.0 if new else None  # an empty text is a 0 in the database of a new item
        try:
            return float(text)
        except ValueError:
            raise ImportRefusedError("no number") from None
