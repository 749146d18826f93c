"""Everything that verifying writes and says: verdicts and reports, put together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from backproptable.changes import changes
from backproptable.class_counts import by_student
from backproptable.course import Course
from backproptable.errors import InputError, Problem
from backproptable.example import load_example
from backproptable.lms.addresses import Letter, address_of, mail_lines
from backproptable.lms.grade_files import GradeFile, grade_files
from backproptable.lms.handed_in import MOODLE, Feedback, feedback_files
from backproptable.lms.packing import packed
from backproptable.marked import MarkedSheet, Verdict
from backproptable.plaintext import comparable, one_line
from backproptable.render.class_summary import class_md
from backproptable.render.feedback import feedback_md, terminal_lines
from backproptable.render.reports import grades_csv, report_json
from backproptable.render.verdict_words import number
from backproptable.tables import NO_FILE, is_device
from backproptable.verify import KeyFolder, open_keys, verify_class, verify_example

__all__ = ["REPORT", "Marked", "class_reports", "files_to_give_back", "mark_class", "mark_example"]

REPORT: Final = "report.json"
_FINE: Final = (Verdict.RIGHT, Verdict.FOLLOWS)
_FEW: Final = 3
"""Up to so many sheets are told line by line on a terminal."""

Lines = list[tuple[str, str]]
"""Lines for a terminal, each with its style: good, bad, plain or dim."""


@dataclass(frozen=True, slots=True)
class Marked:
    """What verifying has to say."""

    lines: Lines
    files: dict[str, dict[str, str | bytes]]
    """Texts (or bytes) by file name, by folder below the output folder."""
    found: bool
    """Whether any number is neither right nor follows, or something needs a person."""


def mark_example(path: Path) -> Marked:
    """Verify the answers in an example file. Raises `InputError`."""
    if is_device(path):
        raise InputError([Problem("file", NO_FILE, "Name a TOML file.")], str(path))
    example = load_example(path)
    sheet, plan, opposite = verify_example(example)
    remarks: Lines = [("plain", f"{example.source}: {remark}") for remark in example.remarks]
    return Marked(
        [*remarks, *terminal_lines(sheet, plan, opposite)], {"": {REPORT: report_json([sheet])}}, _has_found(sheet)
    )


def mark_class(
    paths: Sequence[Path], keys: Path, *, course: Course | None, before: str | None, output: Path | None = None
) -> Marked:
    """Verify returned files against a folder of keys. Raises `InputError`.

    The points and what grade files hold are those of `course`, if one is named. `before` is the report of an
    earlier run, if any; `output` is the folder into which the files will be written, or None where these are not
    all sheets of the class, and nothing is to be given back.
    """
    folder = open_keys(keys, course.points if course else None, course.grades if course else None)
    result = verify_class(paths, folder)
    few = len(result.sheets) <= _FEW
    lines: Lines = (
        [line for sheet in result.sheets for line in terminal_lines(sheet, folder.plan, folder.marker.opposite)]
        if few
        else []
    )
    lines += [("bad", str(remark)) for remark in result.remarks]
    reports = class_reports(folder, result.sheets)
    files: dict[str, dict[str, str | bytes]] = {name: dict(texts) for name, texts in reports.items()}
    if before is not None and (changed := changes(before, result.sheets)):
        files[""]["changes.txt"] = "".join(f"{line}\n" for line in changed)
        lines.append(("plain", f"not the same as in the report before: {len(changed)} lines in changes.txt"))
    if output is not None:
        going_back, of_grades = files_to_give_back(folder, result.sheets, reports["feedback"], output)
        files[""] |= going_back
        lines += of_grades
    lines += _totals(result.sheets)
    return Marked(lines, files, bool(result.remarks) or any(map(_has_found, result.sheets)))


def class_reports(folder: KeyFolder, sheets: Sequence[MarkedSheet]) -> dict[str, dict[str, str]]:
    """All files about these sheets: text by file name, by folder."""
    summary, picture = class_md(
        sheets,
        list(folder.entries.values()),
        folder.plan,
        title=folder.title,
        policy=folder.marker.policy,
        by_name=folder.by_name,
    )
    feedback = {
        name: feedback_md(sheet, folder.plan, title=folder.title, opposite=folder.marker.opposite)
        for name, sheet in _by_feedback(folder, sheets).items()
    }
    reports = {
        REPORT: report_json(sheets),
        "grades.csv": grades_csv(sheets, folder.entries.values()),
        "class.md": summary,
        "class.svg": picture,
    }
    return {"": reports, "feedback": feedback}


def _by_feedback(folder: KeyFolder, sheets: Sequence[MarkedSheet]) -> dict[str, MarkedSheet]:
    """The sheets of students, by the name of the file with the feedback about each."""
    named = {}
    for student, of_student in by_student(sheets).items():
        for count, sheet in enumerate(of_student, start=1):
            stem = folder.entries[student]["file"] + (f"_{count}" if count > 1 else "")
            named[f"{stem}_FEEDBACK.md"] = sheet
    return named


# --- what goes back to course systems ------------------------------------------------------------


def files_to_give_back(
    folder: KeyFolder, sheets: Sequence[MarkedSheet], feedback: Mapping[str, str], output: Path
) -> tuple[dict[str, str | bytes], Lines]:
    """Grades as course systems import them, the zips of feedback that they take back, and a file for a mail merge.

    `feedback` are the texts by the names of their files, which lie in `output`. With lines about the grades.
    """
    entries = list(folder.entries.values())
    named = _by_feedback(folder, sheets)
    possible = folder.marker.policy.possible(folder.asked)
    grades = grade_files(sheets, entries, folder.grades, title=folder.title, possible=possible)
    files: dict[str, str | bytes] = {f"grades-{file.system}.csv": file.text for file in grades}
    stems = {comparable(entry["file"]) for entry in entries}
    about = (Feedback(sheet.sheet, name, feedback[name]) for name, sheet in named.items())
    for system, texts in sorted(feedback_files(about, stems).items()):
        files[f"feedback-{system}.zip"] = packed(sorted(texts.items()))
    letters = [
        Letter(entry["student_id"], entry["name"], address, [str((output / "feedback" / name).absolute())])
        for name, sheet in named.items()
        if (address := address_of((entry := folder.entries[str(sheet.student)])["columns"]))
    ]
    if letters:
        files["mail-feedback.csv"] = "".join(mail_lines(letters))
    return files, list(_of_grades(grades))


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


def _has_found(sheet: MarkedSheet) -> bool:
    return sheet.needs_a_person or any(cell.verdict not in _FINE for cell in sheet.cells)


def _totals(sheets: Sequence[MarkedSheet]) -> Lines:
    marked = sum(sheet.student is not None for sheet in sheets)
    lines: Lines = [("plain", f"{marked} sheet{'s' if marked != 1 else ''} marked")]
    several = {student for student, of_student in by_student(sheets).items() if len(of_student) > 1}
    if people := sum(sheet.needs_a_person or not sheet.cells or sheet.student in several for sheet in sheets):
        lines.append(("bad", f"{people} to be looked at by a person: see class.md"))
    return lines
