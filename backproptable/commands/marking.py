"""Everything that verifying writes and says: verdicts and reports, put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from backproptable.basics.errors import InputError, Problem
from backproptable.commands.verify import verify_class, verify_example
from backproptable.courses.course import Course
from backproptable.examples.example import load_example
from backproptable.lms.giving_back import Feedback, give_back
from backproptable.marking.changes import changes
from backproptable.marking.class_counts import by_student
from backproptable.marking.key_folder import KeyFolder, open_keys
from backproptable.marking.marked import MarkedSheet, Verdict
from backproptable.reports.class_summary import class_md
from backproptable.reports.feedback import feedback_md, terminal_lines
from backproptable.reports.reports import grades_csv, report_json
from backproptable.returned.tables import NO_FILE, is_device

__all__ = ["REPORT", "Marked", "class_reports", "mark_class", "mark_example"]

REPORT: Final = "report.json"
_FEEDBACK: Final = "feedback"
"""The folder below the output folder."""
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
        feedback = [
            Feedback(sheet, name, reports[_FEEDBACK][name])
            for name, sheet in _by_feedback(folder, result.sheets).items()
        ]
        back = give_back(folder, result.sheets, feedback, output / _FEEDBACK)
        files[""] |= back.files
        lines += back.lines
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
    return {"": reports, _FEEDBACK: feedback}


def _by_feedback(folder: KeyFolder, sheets: Sequence[MarkedSheet]) -> dict[str, MarkedSheet]:
    """The sheets of students, by the name of the file with the feedback about each."""
    of_students = [(folder.entries[student]["file"], several) for student, several in by_student(sheets).items()]
    named = {f"{stem}_FEEDBACK.md": first for stem, (first, *_) in of_students}
    for stem, (_, *others) in of_students:
        for count, sheet in enumerate(others, start=2):
            while (name := f"{stem}_{count}_FEEDBACK.md") in named:  # another student's sheet is called like that
                count += 1  # noqa: PLW2901
            named[name] = sheet
    return named


def _has_found(sheet: MarkedSheet) -> bool:
    return sheet.needs_a_person or any(cell.verdict not in _FINE for cell in sheet.cells)


def _totals(sheets: Sequence[MarkedSheet]) -> Lines:
    marked = sum(sheet.student is not None for sheet in sheets)
    lines: Lines = [("plain", f"{marked} sheet{'s' if marked != 1 else ''} marked")]
    several = {student for student, of_student in by_student(sheets).items() if len(of_student) > 1}
    if people := sum(sheet.needs_a_person or not sheet.cells or sheet.student in several for sheet in sheets):
        lines.append(("bad", f"{people} to be looked at by a person: see class.md"))
    return lines
