"""What a marked class gives back: grades and feedback for course systems, and letters with feedback for the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from backproptable.basics.plaintext import comparable, one_line
from backproptable.lms.addresses import Letter, address_of, mail_lines
from backproptable.lms.grade_files import GradeFile, grade_files
from backproptable.lms.handed_in import MOODLE, feedback_files
from backproptable.lms.packing import packed
from backproptable.marking.key_folder import KeyFolder
from backproptable.marking.marked import MarkedSheet
from backproptable.reports.verdict_words import number

__all__ = ["Feedback", "GivenBack", "give_back"]


class Feedback(NamedTuple):
    """A text about one sheet of a student."""

    sheet: MarkedSheet
    name: str
    """What its own file is called."""
    text: str


class GivenBack(NamedTuple):
    """What is given back."""

    files: dict[str, str | bytes]
    """By name."""
    lines: list[tuple[str, str]]
    """What a terminal says of the grades, each line with its style."""


def give_back(folder: KeyFolder, sheets: Sequence[MarkedSheet], feedback: Sequence[Feedback], place: Path) -> GivenBack:
    """Grades as course systems import them, the zips of feedback that they take back, and a file for a mail merge.

    `place` is the folder that the feedback's own files are in.
    """
    entries = list(folder.entries.values())
    possible = folder.marker.policy.possible(folder.asked)
    grades = grade_files(sheets, entries, folder.grades, title=folder.title, possible=possible)
    files: dict[str, str | bytes] = {f"grades-{file.system}.csv": file.text for file in grades}
    stems = {comparable(entry["file"]) for entry in entries}
    texts = ((one.sheet.sheet, one.name, one.text) for one in feedback)
    for system, of_system in sorted(feedback_files(texts, stems).items()):
        files[f"feedback-{system}.zip"] = packed(sorted(of_system.items()))
    letters = list(_letters(folder, feedback, place.absolute()))
    if letters:
        files["mail-feedback.csv"] = "".join(mail_lines(letters))
    return GivenBack(files, list(_of_grades(grades)))


def _letters(folder: KeyFolder, feedback: Sequence[Feedback], place: Path) -> Iterator[Letter]:
    for one in feedback:
        entry = folder.entries[str(one.sheet.student)]
        if address := address_of(entry["columns"]):
            yield Letter(entry["student_id"], entry["name"], address, [str(place / one.name)])


_MOST_IDS: Final = 10
"""Of a list on a terminal; class.md has them all."""
_MOODLE_TAKES: Final = 100
"""Points; its gradebook imports more only where the site allows it."""


def _of_grades(files: Sequence[GradeFile]) -> Iterator[tuple[str, str]]:
    """What grade files hold, and whose cells are empty in them."""
    for file in files:
        name, points = f"grades-{file.system}.csv", number(file.points)
        whose = f"{file.graded} student{'s' if file.graded != 1 else ''}"
        yield "plain", f"{name}: {whose} with points, out of {points}, for the item {one_line(file.item)!r}"
        if file.system == MOODLE and file.points > _MOODLE_TAKES:
            yield (
                "bad",
                f"{name}: Moodle's gradebook takes at most {_MOODLE_TAKES} points, unless the site allows more",
            )
        if file.bounded:
            yield "bad", f"{name}: {file.bounded} with less than 0 or more than {points} have 0 or {points} there"
        if file.left_out:
            yield "bad", f"{name}: not in it, since Moodle could not tell who they are: {_ids(file.left_out)}"
    if files and files[0].waiting:
        yield "bad", f"  left empty until a person has looked (see class.md): {_ids(files[0].waiting)}"
    if files and files[0].nothing:
        count = files[0].nothing
        yield "plain", f"  left empty, since nothing was returned: {count} student{'s' if count != 1 else ''}"
    if files and (files[0].waiting or files[0].nothing):
        yield "plain", "  importing an empty cell takes away a grade that is there: verify all returns together"


def _ids(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - _MOST_IDS} more" if len(ids) > _MOST_IDS else ""
    return ", ".join(map(one_line, ids[:_MOST_IDS])) + more
