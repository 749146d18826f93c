"""The class list: a file in, students out.

What could be read in two ways is refused, or decided by an order that the program prints, never
guessed: a wrong guess is a misspelt name on a sheet of paper.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple, NoReturn

from backproptable.basics.errors import InputError, Problem
from backproptable.basics.plaintext import comparable, one_line, shortened
from backproptable.rosters.exports import no_student
from backproptable.rosters.files import SEPARATORS, Table, tables_of
from backproptable.rosters.headings import Columns, find_columns, quoted_heading, split_name
from backproptable.rosters.ids import is_rounded
from backproptable.rosters.student import Cells, Student, column_name, full_name

__all__ = ["Roster", "load_roster", "read_roster"]

_MOST_PROBLEMS: Final = 20
"""A wrong export is wrong in every line; nobody reads a hundred thousand of them."""

_MOST_SEEN: Final = 10_000
"""Ids are seen once only: to remember all of them would cost what it is to save."""

_MOST_BEFORE: Final = 20
"""Rows that may stand before the columns' names: the name of a school, a date, a teacher."""

_ANY_SEPARATORS: Final = "commas, all by semicolons, or all by tabs"
_NONE: Final[Mapping[str, str]] = {}


@dataclass(frozen=True, slots=True)
class Roster:
    """A class list, and how it was read."""

    students: list[Student]
    """In the order of the file."""
    fields: Mapping[str, str]
    """The heading that each field was found under."""
    skipped: Mapping[str, int]
    """Rows that are no students, by what they are."""

    @property
    def is_plain(self) -> bool:
        """Whether all headings are the program's own names, and every row is a student's: nothing was decided."""
        return not self.skipped and all(column_name(heading) == name for name, heading in self.fields.items())

    @property
    def said(self) -> str:
        """One line that says which columns were taken, and what was left out."""
        parts = [
            name if heading.strip() == name else f"{name} from {quoted_heading(heading)}"
            for name, heading in self.fields.items()
        ]
        line = f"roster: {', '.join(parts)}"
        if count := sum(self.skipped.values()):
            line += f"; {count} {'row' if count == 1 else 'rows'} skipped: {', '.join(self.skipped)}"
        return line


def load_roster(path: Path) -> list[Student]:
    """The students in a file, in its order. Raises `InputError` with all its problems."""
    return read_roster(path).students


def read_roster(path: Path, settings: Mapping[str, str] = _NONE) -> Roster:
    """The students in a file; `settings` are headings by field, as ``[roster]`` of a course file names them.

    Raises `InputError` with all its problems.
    """
    try:
        return _Reading(_header(tables_of(path), settings)).roster()
    except InputError as error:
        raise error.at(str(path)) from None


def _refuse(where: str, what: str, remedy: str) -> NoReturn:
    raise InputError([Problem(where, what, remedy)])


# --- the header --------------------------------------------------------------------------------


class _Header(NamedTuple):
    table: Table
    place: int
    """Its number among the rows in which something stands."""
    line: int
    names: tuple[str, ...]
    columns: Columns

    @property
    def fits(self) -> bool:
        return not self.columns.missing

    def problems(self) -> Iterator[Problem]:
        where = f"line {self.line}"
        for needed in self.columns.missing:
            yield Problem(where, f"has no column {' or '.join(needed)}.", self._remedy(needed))
        for place, name in enumerate(self.names, 1):
            if not name:
                yield Problem(where, f"column {place} has no name.", "Name it, or remove it.")
            elif name in self.names[: place - 1]:
                first = self.names.index(name) + 1
                remedy = "Rename one of them, or remove it."
                yield Problem(where, f"columns {first} and {place} are both {_quoted(name)}.", remedy)
        for problem in self.columns.problems:
            yield problem if problem.where != "headings" else problem._replace(where=where)

    def _remedy(self, needed: Sequence[str]) -> str:
        if len(self.names) == 1 or any(separator in name for name in self.names for separator in SEPARATORS):
            return f"Write a line with the columns' names first, all separated by {_ANY_SEPARATORS}."
        return self.columns.hint(needed)


def _headers(table: Table, settings: Mapping[str, str]) -> Iterator[_Header]:
    """The first rows, each read as columns' names."""
    for place, (line, cells) in enumerate(islice(table.rows(), _MOST_BEFORE)):
        while not cells[-1]:
            cells.pop()
        yield _Header(table, place, line, tuple(map(column_name, cells)), find_columns(cells, settings))


def _header(tables: Sequence[Table], settings: Mapping[str, str]) -> _Header:
    """The columns' names, read in the one way that gives the columns that are needed."""
    firsts: list[_Header] = []
    fitting: list[_Header] = []
    refusals: list[InputError] = []
    for table in tables:
        try:
            for header in _headers(table, settings):
                if header.place == 0:
                    firsts.append(header)
                if header.fits:
                    fitting.append(header)
                    break
        except InputError as error:
            refusals.append(error)
    if len(fitting) > 1:
        names = " as well as ".join(
            SEPARATORS.get(h.table.separator) or f"sheet {_quoted(h.table.sheet)}" for h in fitting
        )
        remedy = "Use one separator only." if fitting[0].table.separator else "Hide or delete the other sheet."
        _refuse(f"line {fitting[0].line}", f"can be read with {names}.", remedy)
    if not fitting and not firsts:
        if refusals:
            raise refusals[0]
        remedy = "Write a line with the columns' names (student_id, first_name, last_name), and one per student."
        _refuse("file", "is empty.", remedy)
    best = fitting[0] if fitting else min(firsts, key=lambda h: (len(h.columns.missing), -len(h.names)))
    if problems := list(best.problems()):
        raise InputError(_capped(problems, len(problems)))
    return best


# --- the students ------------------------------------------------------------------------------


class _Reading:
    """One roster on its way to students, collecting what is wrong with it."""

    def __init__(self, header: _Header) -> None:
        self.header = header
        self.width = len(header.names)
        self.problems: list[Problem] = []
        self.count = 0
        """Of the problems: no more of them are kept than are shown."""
        self.lines: dict[str, int] = {}
        """Where each id stands."""
        self.rounded: Counter[str] = Counter()
        """Ids that a spreadsheet has rounded and that stand for several students."""
        self.skipped = Counter({"what stands before the header": header.place} if header.place else {})
        self.seen: dict[str, str] = {}
        """Cells that may come again, as first names and batches do: kept once."""
        self.id = self._id_column()
        self.fields = {"student_id": self.id, **header.columns.places}
        self.places = {name: place for place, name in enumerate(header.names)}
        """Where the columns stand in the cells that a student keeps; what is worked out stands behind them."""
        split = {"first_name": self.width, "last_name": self.width + 1} if "name" in self.fields else {}
        own = {name: place for name, place in self.fields.items() if name != "name"}
        self.places |= split | own

    def roster(self) -> Roster:
        students: list[Student] = []
        rows = 0
        try:
            for line, cells in self._rows():
                rows += 1
                student = self._student(line, cells)
                if student is not None:
                    students.append(student)
        except InputError as error:
            self._add(error.problems)
        self._add(self._of_rounded())
        if not students and not self.count:
            what = "has no students." if not rows else "has rows, but none of a student."
            self._add([Problem("file", what, "Write one line per student below the columns' names.")])
        if self.count:
            raise InputError(_capped(self.problems, self.count))
        headings = self.header.columns.headings
        order = ("student_id", "name", "first_name", "last_name", "email", "batch")
        found = {name: headings[self.fields[name]] for name in order if name in self.fields}
        return Roster(students, found, dict(self.skipped))

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        return islice(self.header.table.rows(), self.header.place + 1, None)

    def _id_column(self) -> int:
        """The surest column of ids in which something stands."""
        ids = self.header.columns.ids
        best = len(ids)
        try:
            for _, cells in self._rows() if best > 1 else ():
                filled = (rank for rank, place in enumerate(ids[:best]) if place < len(cells) and cells[place])
                best = next(filled, best)
                if best == 0:
                    break
        except InputError:
            return ids[0]  # told when the students are read
        return ids[best % len(ids)]

    def _student(self, line: int, cells: list[str]) -> Student | None:
        width = self.width
        if any(cells[width:]):
            what = f"has {len(cells)} cells, but there are {width} columns."
            separator = self.header.table.separator
            remedy = f"Put a cell that has {SEPARATORS[separator]} in it in quotation marks."
            self._add([Problem(f"line {line}", what, remedy if separator else "Name the columns, or empty the cells.")])
            return None
        kept = [*map(self._kept, cells[:width]), *[""] * (width - len(cells))]
        if skipped := no_student(kept, self.header.columns, one_line(kept[self.id])):
            self.skipped[skipped] += 1
            return None
        if "name" in self.fields:
            split = split_name(kept[self.fields["name"]])
            kept += map(self._kept, split)
        columns = Cells(self.places, tuple(kept))
        student = Student(columns["student_id"], columns)
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
            yield Problem(where, "has no student_id.", self._other_ids())
        else:
            # Most ids are their own comparable form, which need not be kept twice.
            key = comparable(student.student_id)
            first = self.lines.setdefault(student.student_id if key == student.student_id else key, line)
            if first != line and is_rounded(student.student_id):
                self.rounded[student.student_id] += 1
            elif first != line:
                what = f"has the student_id {_quoted(student.student_id)} of line {first}."
                yield Problem(where, what, "Every student needs one, different in more than upper and lower case.")
        if not full_name(student.first_name, student.last_name):
            yield Problem(where, "has no name.", "Write a first_name or a last_name.")

    def _other_ids(self) -> str:
        headings = self.header.columns.headings
        others = [quoted_heading(headings[place]) for place in self.header.columns.ids if place != self.id]
        remedy = "Every student needs one."
        if others:
            remedy += f" Write it, or take another column for all ([roster] student_id = {' or '.join(others)})."
        return remedy

    def _of_rounded(self) -> Iterator[Problem]:
        for written, count in self.rounded.items():
            heading = quoted_heading(self.header.columns.headings[self.id])
            what = f"column {heading} has {_quoted(written)} for {count + 1} students: a spreadsheet has rounded it."
            yield Problem("file", what, "Export the list again; in the spreadsheet, format that column as text first.")

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
