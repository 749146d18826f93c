"""The work on a class that goes through all its students: to draw their numbers, and to write their files.

Both kinds of work are done chunk by chunk, in several processes; a chunk's result depends on
nothing but the chunk and on what is the same for the whole class.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from backproptable.basics.errors import InputError, OutputError
from backproptable.basics.writing import write_whole
from backproptable.courses.course import Course
from backproptable.courses.manifest import Entry, digest_of
from backproptable.drawing.draw import Drawing, Drawn
from backproptable.drawing.hardness import Hardness
from backproptable.drawing.untested import Untested
from backproptable.numbers.evaluate import Calculator, Table
from backproptable.numbers.numerals import Numerals
from backproptable.numbers.sheet_numbers import SheetNumbers
from backproptable.render.epochs import bars, error_rows
from backproptable.render.escape import settable
from backproptable.render.form import Form
from backproptable.render.page import Assignment, make_form
from backproptable.render.signs import turned_texts
from backproptable.sheets.asked import Task, set_task
from backproptable.sheets.notation import load_notation
from backproptable.sheets.style import Style

__all__ = [
    "Classroom",
    "DrawnChunk",
    "Newcomer",
    "WrittenChunk",
    "draw_chunk",
    "is_there",
    "printed_numbers",
    "texts_of",
    "write_chunk",
]

_MEASURES: Final = ("loss_falls_by", "paper_gap", "tie", "corner", "saturation")
"""The rules whose measures stand in the manifest; the others say the same of every sheet."""


class Newcomer(NamedTuple):
    """A student who is to get a sheet."""

    student_id: str
    name: str
    columns: dict[str, str]
    file: str
    code: str
    key: bytes


class DrawnChunk(NamedTuple):
    """The manifest's lines of some newcomers."""

    lines: list[str]
    digests: list[bytes]
    failed: Counter[str]


class WrittenChunk(NamedTuple):
    """How much of a chunk has been done."""

    students: int
    files: int
    """Those that were missing."""


@dataclass
class Classroom:
    """What is the same for a whole class. It can be sent to another process, which works out the rest again."""

    course: Course
    sheets: Path
    """The folder for the students."""
    keys: Path
    """The folder of keys."""
    formats: tuple[str, ...] = ("md",)
    templates: Path | None = None
    forms: dict[tuple[str, bool], Form] = field(default_factory=dict)
    """By format, and whether it is the key: filled once for all."""

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name in self.__dataclass_fields__}

    def make_forms(self) -> None:
        """Lay out sheet and key in every format. Raises `InputError` for faults in a teacher's own templates."""
        course = self.course
        style = Style(course.layout, course.notation, course.explain, self.templates)
        for format in self.formats:  # noqa: A001 - the word users know
            for is_key in (False, True):
                self.forms[format, is_key] = make_form(
                    course.plan,
                    format=format,
                    task=set_task(course.plan, ()) if is_key else self.task,
                    style=style,
                    figures=course.figures,
                    carry=course.carry,
                    assignment=Assignment(course.title, course.due, course.hand_in, course.instructions, is_key),
                )

    @cached_property
    def task(self) -> Task:
        """What the sheets ask for."""
        return set_task(self.course.plan, self.course.asked)

    @cached_property
    def drawing(self) -> Drawing:
        """The plan, ready to be drawn for. Raises `InputError` where no good sheet is found."""
        course = self.course
        try:
            return Drawing(course.plan, grids=course.grids, figures=course.figures, carry=course.carry)
        except InputError as error:
            raise error.at(course.source) from None

    @cached_property
    def calculator(self) -> Calculator:
        """The plan, ready to be worked out."""
        return Calculator(self.course.plan)

    @cached_property
    def numerals(self) -> Numerals:
        """What writes the numbers."""
        return Numerals(self.course.plan, self.course.figures, self.course.carry)

    @cached_property
    def hardness(self) -> Hardness:
        """What counts how hard sheets are."""
        return Hardness(self.course.plan)

    @cached_property
    def untested(self) -> Untested:
        """What looks for mistakes that change no asked number."""
        return Untested(self.course.plan, self.task.asked)

    @cached_property
    def opposite(self) -> tuple[str, ...]:
        """The families of cells that are printed with the opposite sign."""
        return load_notation(self.course.notation, self.course.plan.net).opposite

    @cached_property
    def secret_rows(self) -> list[int]:
        """The cells whose numbers must not stand on a student's sheet."""
        plan = self.course.plan
        return [plan.row[cell.address] for _, cell in plan.worked if cell.address not in self.task.shown]

    @cached_property
    def error_rows(self) -> list[int]:
        """The cells that the plot of epochs shows."""
        return error_rows(self.course.plan)

    def paths(self, stem: str) -> dict[tuple[str, bool], Path]:
        """Where the files of a student go, by format and whether it is the key."""
        return {
            (format, is_key): (self.keys / f"{stem}_KEY.{format}") if is_key else (self.sheets / f"{stem}.{format}")
            for format in self.formats  # noqa: A001
            for is_key in (False, True)
        }


# --- drawing -----------------------------------------------------------------------------------


def draw_chunk(classroom: Classroom, newcomers: Sequence[Newcomer]) -> DrawnChunk:
    """Draw for some newcomers. Raises `InputError` where no good sheet is found."""
    drawing = classroom.drawing
    try:
        drawn = drawing.draw([newcomer.key for newcomer in newcomers])
    except InputError as error:
        raise error.at(classroom.course.source) from None
    sheets = SheetNumbers(drawing.calculator, drawing.candidates.floats(drawn.units), drawing.figures)
    hardness, untested = classroom.hardness.of(sheets), classroom.untested.of(sheets)
    names = [cell.name for cell in classroom.course.plan.givens]
    lines, digests = [], []
    for place, newcomer in enumerate(newcomers):
        givens = dict(zip(names, drawing.candidates.texts(drawn.units[:, place]), strict=True))
        entry = {
            "student_id": newcomer.student_id,
            "name": newcomer.name,
            "columns": newcomer.columns,
            "file": newcomer.file,
            "code": newcomer.code,
            "givens": givens,
            "drawn": {
                "attempts": int(drawn.attempts[place]),
                **{code: _number(drawn.measures[code][place]) for code in _MEASURES},
            },
            "hardness": {code: _number(counts[place]) for code, counts in hardness.items()},
            "cannot_be_told": _hidden(drawing, drawn, place),
            "not_tested": untested[place],
        }
        lines.append(json.dumps(entry, ensure_ascii=False))
        digests.append(digest_of(givens))
    return DrawnChunk(lines, digests, drawn.failed)


def _number(value: float) -> float | int | None:
    """A measure as JSON can hold it, without more digits than anybody reads."""
    if not np.isfinite(value):
        return None
    return int(value) if float(value).is_integer() else float(f"{value:.4g}")


def _hidden(drawing: Drawing, drawn: Drawn, place: int) -> dict[str, list[str]]:
    """The mistakes that cannot be told from the right number on one sheet, with their cells."""
    hidden: dict[str, list[str]] = {}
    for number in np.flatnonzero(drawn.hidden[:, place]).tolist():
        line = drawing.let_go[number]
        cells = hidden.setdefault(line.mistake, [])
        if line.cell.name not in cells:  # one mistake can have several formulas in a cell
            cells.append(line.cell.name)
    return hidden


# --- writing -----------------------------------------------------------------------------------


def write_chunk(classroom: Classroom, lines: Sequence[str]) -> WrittenChunk:
    """Write the files that are missing of the students in these lines of the manifest."""
    missing = []
    for line in lines:
        entry = json.loads(line)
        paths = {which: path for which, path in classroom.paths(entry["file"]).items() if not is_there(path)}
        if paths:
            missing.append((entry, paths))
    if missing:
        printed = _printed(classroom, [entry for entry, _ in missing])
        for place, (entry, paths) in enumerate(missing):
            for which, text in _texts(classroom, entry, paths, printed[:, place].tolist()):
                write_whole(paths[which], text, private=which[1])
    return WrittenChunk(len(lines), sum(len(paths) for _, paths in missing))


def is_there(path: Path) -> bool:
    """Whether a file is there; an empty one is what a power cut leaves. Raises `OutputError` where nobody can tell."""
    try:
        return os.stat(path).st_size > 0  # noqa: PTH116 - a quarter of the time of Path.stat
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise OutputError(f"{path}: could not be looked for ({error.strerror or error}).") from None


def _printed(classroom: Classroom, entries: Sequence[Entry]) -> NDArray[np.float64]:
    """Every number of these students' sheets as it is printed."""
    course = classroom.course
    names = [cell.name for cell in course.plan.givens]
    givens = np.array([[float(entry["givens"][name]) for entry in entries] for name in names])
    return printed_numbers(classroom.calculator, givens, course.figures, course.carry)


def printed_numbers(calculator: Calculator, givens: Table, figures: int, carry: str) -> Table:
    """Every number as sheets of this carry print it, a column per set of givens."""
    if carry == "paper":
        return calculator.paper(givens, figures)
    return calculator.shown(calculator.without_mere_noise(givens), figures)


def _texts(
    classroom: Classroom, entry: Entry, which: Iterable[tuple[str, bool]], numbers: Sequence[float]
) -> Iterator[tuple[tuple[str, bool], str]]:
    """The text of these files of a student, each with its format and whether it is the key."""
    plan = classroom.course.plan
    texts: list[str | None] = [*classroom.numerals.texts(list(entry["givens"].values()), numbers)]
    if classroom.opposite:
        texts = turned_texts(plan, texts, classroom.opposite)
    for_students = texts.copy()
    for row in classroom.secret_rows:
        for_students[row] = None
    for format, is_key in which:  # noqa: A001
        # What LaTeX cannot set is left out: the id stands below.
        name = entry["name"] if format != "tex" or settable(entry["name"]) else ""
        fields = [name, entry["student_id"], entry["code"]]
        numbers_shown = texts if is_key else for_students
        yield (
            (format, is_key),
            classroom.forms[format, is_key].fill([*numbers_shown, *fields, *bars(classroom.error_rows, numbers_shown)]),
        )


def texts_of(classroom: Classroom, line: str) -> dict[Path, str]:
    """The text of every file of the student in this line of the manifest."""
    entry = json.loads(line)
    paths = classroom.paths(entry["file"])
    numbers = _printed(classroom, [entry])[:, 0].tolist()
    return {paths[which]: text for which, text in _texts(classroom, entry, paths, numbers)}
