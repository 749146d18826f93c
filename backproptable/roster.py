"""The class list: a CSV file in, students out.

Files come from spreadsheets and course systems of all countries, so three separators and two ways
of writing Unicode are read. What could be read in two ways is refused, never guessed: a wrong guess
is a misspelt name on a sheet of paper. A class may be a whole university's: the students share their
header, and hold their cells in tuples.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple, NoReturn

from backproptable.errors import InputError, Problem, suggestion
from backproptable.plaintext import comparable, composed, one_line, shortened

__all__ = ["LONGEST_NAME", "Student", "column_name", "load_roster"]

LONGEST_NAME: Final = 100
"""Characters of a name on a sheet: more do not fit on a line."""

_MOST_PROBLEMS: Final = 20
"""A wrong export is wrong in every line; nobody reads a hundred thousand of them."""

_MOST_SEEN: Final = 10_000
"""Ids are seen once only: to remember all of them would cost what it is to save."""

_SEPARATORS: Final = {",": "commas", ";": "semicolons", "\t": "tabs"}
_ANY_SEPARATORS: Final = "commas, all by semicolons, or all by tabs"
_ID: Final = "student_id"
_NAMES: Final = ("first_name", "last_name")

_LINE_END: Final = re.compile("\r\n|\r|\n")
_SAVE_AS: Final = "Save it as CSV UTF-8."


@dataclass(frozen=True, slots=True)
class Student:
    """One line of the roster."""

    student_id: str
    """As written: never interpreted, so that 007 stays 007."""
    columns: Mapping[str, str] = field(hash=False)
    """Every column of the roster under its normalised header, `student_id` too, as written."""

    @property
    def first_name(self) -> str:
        """As written; empty where there is none."""
        return self.columns.get("first_name", "")

    @property
    def last_name(self) -> str:
        """As written; empty where there is none."""
        return self.columns.get("last_name", "")

    @property
    def batch(self) -> str:
        """As written; empty where there is none."""
        return self.columns.get("batch", "")

    @property
    def name(self) -> str:
        """What sheets show: first and last name on one line, without invisible characters."""
        return shortened(_full_name(self.first_name, self.last_name), LONGEST_NAME)


class _Cells(Mapping[str, str]):
    """The cells of one line by their columns; all lines share the same table of columns."""

    __slots__ = ("_cells", "_places")

    def __init__(self, places: Mapping[str, int], cells: tuple[str, ...]) -> None:
        self._places = places
        self._cells = cells

    def __getitem__(self, column: str) -> str:
        return self._cells[self._places[column]]

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def __repr__(self) -> str:
        return repr(dict(self))


def _full_name(first_name: str, last_name: str) -> str:
    return one_line(f"{first_name} {last_name}")


def column_name(header: str) -> str:
    """A column's name as the program uses it: ``Student ID`` and ``student-id`` are `student_id`."""
    return re.sub(r"[\s_\-\u2010\u2011]+", "_", one_line(header).casefold())


def load_roster(path: Path) -> list[Student]:
    """The students in a CSV file, in its order. Raises `InputError` with all its problems."""
    try:
        return _Reading(_content(path)).students()
    except InputError as error:
        raise error.at(str(path)) from None


# --- the file, as lines of cells ---------------------------------------------------------------


class _Content(NamedTuple):
    """A file's bytes and how to read them: as often as there are separators to try."""

    data: bytes
    encoding: str

    def rows(self, separator: str) -> Iterator[tuple[int, list[str]]]:
        """The number of its first line, and the cells, of each row in which something stands."""
        text = io.TextIOWrapper(io.BytesIO(self.data), self.encoding, newline="")
        reader = csv.reader(text, delimiter=separator, skipinitialspace=True, strict=True)
        while True:
            line = reader.line_num + 1
            try:
                row = next(reader, None)
            except csv.Error as error:
                what = f"cannot be read as CSV ({error}), nor can what follows."
                remedy = "Look for a quotation mark that is not closed; write one inside a cell twice."
                raise InputError([Problem(f"line {line}", what, remedy)]) from None
            if row is None:
                return
            cells = [composed(cell.strip()) for cell in row]
            if any(cells):
                yield line, cells


def _content(path: Path) -> _Content:
    try:
        data = path.read_bytes()
    except OSError as error:
        _refuse("file", f"cannot be read ({error.strerror}).", "Name a CSV file that is there.")
    is_wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    encoding = "utf-16" if is_wide else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = _line_after(data[: error.start].decode(encoding, errors="ignore"))
        _refuse(line, f"is not {'UTF-16' if is_wide else 'UTF-8'} text.", _SAVE_AS)
    before, nul, _ = text.partition("\0")
    if nul:
        _refuse(_line_after(before), "holds a NUL character: this is no text.", _SAVE_AS)
    return _Content(data, encoding)


def _line_after(before: str) -> str:
    """The line in which something stands, counted as an editor does."""
    return f"line {len(_LINE_END.findall(before)) + 1}"


def _refuse(where: str, what: str, remedy: str) -> NoReturn:
    raise InputError([Problem(where, what, remedy)])


# --- the header --------------------------------------------------------------------------------


class _Header(NamedTuple):
    separator: str
    line: int
    names: tuple[str, ...]

    @property
    def fits(self) -> bool:
        return not self.missing()

    def missing(self) -> list[tuple[str, ...]]:
        """The needed columns that are not there: of each of these, one is needed."""
        return [needed for needed in ((_ID,), _NAMES) if not set(needed) & set(self.names)]

    def problems(self) -> Iterator[Problem]:
        where = f"line {self.line}"
        for needed in self.missing():
            yield Problem(where, f"has no column {' or '.join(needed)}.", self._remedy(needed))
        for place, name in enumerate(self.names, 1):
            if not name:
                yield Problem(where, f"column {place} has no name.", "Name it, or remove it.")
            elif name in self.names[: place - 1]:
                first = self.names.index(name) + 1
                remedy = "Rename one of them, or remove it."
                yield Problem(where, f"columns {first} and {place} are both {_quoted(name)}.", remedy)

    def _remedy(self, needed: Sequence[str]) -> str:
        if len(self.names) == 1 or any(separator in name for name in self.names for separator in _SEPARATORS):
            return f"Write a line with the columns' names first, all separated by {_ANY_SEPARATORS}."
        known = [shortened(name, 40) for name in self.names[:20] if name]
        hints = [suggestion(name, known) for name in needed]
        return next((hint for hint in hints if hint.startswith("Did")), hints[0])


def _header(content: _Content) -> _Header:
    """The first line, read with the one separator that gives the columns that are needed."""
    found: list[_Header] = []
    refusals: list[InputError] = []
    for separator in _SEPARATORS:
        try:
            line, cells = next(content.rows(separator), (0, []))
        except InputError as error:
            refusals.append(error)
            continue
        while cells and not cells[-1]:
            cells.pop()
        found.append(_Header(separator, line, tuple(map(column_name, cells))))
    if not found:
        raise refusals[0]
    fitting = [header for header in found if header.fits]
    if len(fitting) > 1:
        names = " as well as ".join(_SEPARATORS[header.separator] for header in fitting)
        _refuse(f"line {fitting[0].line}", f"can be read with {names}.", "Use one separator only.")
    best = fitting[0] if fitting else min(found, key=lambda header: (len(header.missing()), -len(header.names)))
    if not best.names:
        remedy = "Write a line with the columns' names (student_id, first_name, last_name), and one per student."
        _refuse("file", "is empty.", remedy)
    if problems := list(best.problems()):
        raise InputError(_capped(problems, len(problems)))
    return best


# --- the students ------------------------------------------------------------------------------


class _Reading:
    """One roster on its way to students, collecting what is wrong with it."""

    def __init__(self, content: _Content) -> None:
        self.content = content
        self.header = _header(content)
        self.problems: list[Problem] = []
        self.count = 0
        """Of the problems: no more of them are kept than are shown."""
        self.lines: dict[str, int] = {}
        """Where each id stands."""
        self.seen: dict[str, str] = {}
        """Cells that may come again, as first names and batches do: kept once."""

    def students(self) -> list[Student]:
        places = {name: place for place, name in enumerate(self.header.names)}
        students: list[Student] = []
        rows = 0
        try:
            for line, cells in self._rows():
                rows += 1
                student = self._student(line, cells, places)
                if student is not None:
                    students.append(student)
        except InputError as error:
            self._add(error.problems)
        if not rows and not self.count:
            self._add([Problem("file", "has no students.", "Write one line per student below the columns' names.")])
        if self.count:
            raise InputError(_capped(self.problems, self.count))
        return students

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        rows = self.content.rows(self.header.separator)
        next(rows)
        return rows

    def _student(self, line: int, cells: list[str], places: Mapping[str, int]) -> Student | None:
        width = len(self.header.names)
        if any(cells[width:]):
            what = f"has {len(cells)} cells, but there are {width} columns."
            remedy = f"Put a cell that has {_SEPARATORS[self.header.separator]} in it in quotation marks."
            self._add([Problem(f"line {line}", what, remedy)])
            return None
        columns = _Cells(places, (*map(self._kept, cells[:width]), *[""] * (width - len(cells))))
        student = Student(columns[_ID], columns)
        problems = list(self._problems(line, student))
        self._add(problems)
        return None if problems else student

    def _kept(self, cell: str) -> str:
        if len(self.seen) < _MOST_SEEN:
            return self.seen.setdefault(cell, cell)
        return self.seen.get(cell, cell)

    def _problems(self, line: int, student: Student) -> Iterator[Problem]:
        where = f"line {line}"
        if not one_line(student.student_id):
            yield Problem(where, "has no student_id.", "Every student needs one.")
        else:
            # Most ids are their own comparable form, which need not be kept twice.
            key = comparable(student.student_id)
            first = self.lines.setdefault(student.student_id if key == student.student_id else key, line)
            if first != line:
                what = f"has the student_id {_quoted(student.student_id)} of line {first}."
                yield Problem(where, what, "Every student needs one, different in more than upper and lower case.")
        if not _full_name(student.first_name, student.last_name):
            yield Problem(where, "has no name.", "Write a first_name or a last_name.")

    def _add(self, problems: Iterable[Problem]) -> None:
        for problem in problems:
            self.count += 1
            if len(self.problems) < _MOST_PROBLEMS:
                self.problems.append(problem)


def _capped(problems: Sequence[Problem], count: int) -> list[Problem]:
    """As many problems as one reads, and how many there are besides."""
    shown = list(problems[:_MOST_PROBLEMS])
    if count > len(shown):
        shown.append(Problem(f"... and {count - len(shown)} more", "not shown.", "Mend these first."))
    return shown


def _quoted(text: str) -> str:
    return repr(shortened(text, 60))
