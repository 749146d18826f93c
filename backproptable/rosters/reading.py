"""The class list: a file in, students out, and a line that says which columns were taken for what.

A class may be a whole university's: the students share their header, and hold their cells in tuples.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

from backproptable.errors import InputError, Problem
from backproptable.plaintext import comparable, one_line, shortened
from backproptable.rosters.exports import what_it_is
from backproptable.rosters.files import SEPARATORS, Content, Rows, content_of, refuse
from backproptable.rosters.headings import Mapped, chosen_problems, guesses, map_columns
from backproptable.rosters.student import Cells, Student, column_name

__all__ = ["Roster", "load_roster", "read_roster"]

_MOST_PROBLEMS: Final = 20
"""A wrong export is wrong in every line; nobody reads a hundred thousand of them."""
_MOST_SEEN: Final = 10_000
"""Ids are seen once only: to remember all of them would cost what it is to save."""
_MOST_BEFORE: Final = 40
"""Rows that may stand before the headings, as PowerSchool has them."""
_ANY_SEPARATORS: Final = "commas, all by semicolons, or all by tabs"
_ID: Final = "student_id"
_SHORTENED: Final = re.compile(r"[0-9]([.,][0-9]+)?[Ee]\+?[0-9]{1,2}")
"""A long number as a spreadsheet shows it where the column is too narrow."""


@dataclass(frozen=True, slots=True)
class Roster:
    """A class list as it was read."""

    students: list[Student]
    remarks: tuple[str, ...] = ()
    """Which columns were taken for what, and what was passed over; nothing where all is called as the program does."""


def load_roster(path: Path) -> list[Student]:
    """The students in a file, in its order. Raises `InputError` with all its problems."""
    return read_roster(path).students


def read_roster(path: Path, chosen: Mapping[str, str] | None = None) -> Roster:
    """The class list in a CSV file or workbook. `chosen` names columns for fields, as a course file does.

    Raises `InputError` with all its problems.
    """
    try:
        return _Reading(content_of(path), chosen or {}).roster()
    except InputError as error:
        raise error.at(str(path)) from None


# --- the header --------------------------------------------------------------------------------


class _Header(NamedTuple):
    separator: str
    line: int
    headers: tuple[str, ...]
    """As written."""
    mapped: Mapped
    before: int = 0
    """Rows above it."""

    @property
    def names(self) -> tuple[str, ...]:
        """The columns as the program calls them."""
        return tuple(map(column_name, self.headers))

    def problems(self) -> Iterator[Problem]:
        where, names = f"line {self.line}", self.names
        for needed in self.mapped.missing():
            yield Problem(where, f"has no column {' or '.join(needed)}.", self._remedy(needed))
        for place, name in enumerate(names, 1):
            if not name:
                yield Problem(where, f"column {place} has no name.", "Name it, or remove it.")
            elif name in names[: place - 1] and self._matters(place - 1, names.index(name)):
                first = names.index(name) + 1
                remedy = "Rename one of them, or remove it."
                yield Problem(where, f"columns {first} and {place} are both {_quoted(name)}.", remedy)

    def _matters(self, *places: int) -> bool:
        """Of two columns with one name, whether either is used; a gradebook can have two items of one name."""
        used = {*self.mapped.columns.values(), *self.mapped.ids}
        return self.mapped.fits is False or self._is_plain or not used.isdisjoint(places)

    @property
    def _is_plain(self) -> bool:
        return _ID in self.names

    def _remedy(self, needed: Sequence[str]) -> str:
        if len(self.names) == 1 or any(separator in name for name in self.names for separator in SEPARATORS):
            return f"Write a line with the columns' names first, all separated by {_ANY_SEPARATORS}."
        return guesses(needed, self.headers)


def _header(content: Content, chosen: Mapping[str, str]) -> _Header:
    """The first row that has the columns that are needed, read with the one separator that gives them."""
    found: list[_Header] = []
    refusals: list[InputError] = []
    for separator in content.separators:
        try:
            found.append(_first_that_fits(content, separator, chosen))
        except InputError as error:
            refusals.append(error)
    if not found:
        raise refusals[0]
    fitting = [header for header in found if header.mapped.fits]
    if len(fitting) > 1:
        names = " as well as ".join(SEPARATORS[header.separator] for header in fitting)
        refuse(f"line {fitting[0].line}", f"can be read with {names}.", "Use one separator only.")
    best = fitting[0] if fitting else min(found, key=lambda one: (len([*one.mapped.missing()]), -len(one.headers)))
    if not best.headers:
        remedy = "Write a line with the columns' names (student_id, first_name, last_name), and one per student."
        refuse("file", "is empty.", remedy)
    if problems := [*best.problems(), *chosen_problems(chosen, best.headers)]:
        raise InputError(_capped(problems, len(problems)))
    return best


def _first_that_fits(content: Content, separator: str, chosen: Mapping[str, str]) -> _Header:
    """The header under this separator: the first row that fits, or else the first of all."""
    first: _Header | None = None
    rows = content.rows(separator)
    try:
        for number, (line, cells) in enumerate(islice(rows, _MOST_BEFORE)):
            while cells and not cells[-1]:
                cells.pop()
            header = _Header(separator, line, tuple(cells), map_columns(cells, chosen), number)
            if header.mapped.fits:
                return header
            first = first or header
    except InputError:
        if first is None:
            raise
    return first or _Header(separator, 0, (), map_columns(()))


# --- the students ------------------------------------------------------------------------------


class _Reading:
    """One roster on its way to students, collecting what is wrong with it."""

    def __init__(self, content: Content, chosen: Mapping[str, str]) -> None:
        self.content = content
        self.header = _header(content, chosen)
        self.mapped = self.header.mapped
        self.id_place = self._id_place()
        self.problems: list[Problem] = []
        self.count = 0
        """Of the problems: no more of them are kept than are shown."""
        self.lines: dict[str, int] = {}
        """Where each id stands."""
        self.seen: dict[str, str] = {}
        """Cells that may come again, as first names and batches do: kept once."""
        self.passed_over: Counter[str] = Counter()
        self.as_written: list[int | None] = list(range(len(self.header.headers)))

    def roster(self) -> Roster:
        places, sources = self._places()
        students: list[Student] = []
        rows = 0
        try:
            for line, cells in self._rows():
                student, is_row = self._student(line, cells, places, sources)
                rows += is_row
                if student is not None:
                    students.append(student)
        except InputError as error:
            self._add(error.problems)
        if not rows and not self.count:
            self._add([Problem("file", "has no students.", "Write one line per student below the columns' names.")])
        if self.count:
            raise InputError(_capped(self.problems, self.count))
        return Roster(students, tuple(self._remarks()))

    def _id_place(self) -> int:
        """The surest column of ids in which something stands for every student; else the surest of all."""
        candidates = self.mapped.ids
        names = self.header.names
        if len(candidates) == 1 or names[candidates[0]] == _ID:
            return candidates[0]
        empty = dict.fromkeys(candidates, 0)
        with suppress(InputError):  # what cannot be read is told when it is read for its students
            for _, cells in self._rows():
                row = dict(zip(names, cells, strict=False))
                if what_it_is(self._whole_name(cells), [_at(cells, place) for place in candidates], row):
                    continue
                for place in candidates:
                    empty[place] += not one_line(_at(cells, place))
        return min(candidates, key=lambda place: (empty[place] > 0, candidates.index(place)))

    def _rows(self) -> Rows:
        rows = self.content.rows(self.header.separator)
        return islice(rows, self.header.before + 1, None)

    def _places(self) -> tuple[dict[str, int], list[int | None]]:
        """Where each column of a student stands, and where its cell comes from; None for a part of a whole name."""
        names, sources = list(self.header.names), list[int | None](range(len(self.header.names)))
        wanted = {_ID: self.id_place, **{key: place for key, place in self.mapped.columns.items() if key != "name"}}
        for name, place in wanted.items():
            if name in names:
                if names.index(name) != place and name == _ID:
                    sources[names.index(name)] = place
                continue
            names.append(name)
            sources.append(place)
        if "name" in self.mapped.columns:
            for name in ("first_name", "last_name"):
                if name not in names:
                    names.append(name)
                    sources.append(None)
        places: dict[str, int] = {}
        for place, name in enumerate(names):
            places.setdefault(name, place)
        return places, sources

    def _whole_name(self, cells: Sequence[str]) -> str:
        columns = self.mapped.columns
        if "name" in columns:
            return _at(cells, columns["name"])
        return one_line(" ".join(_at(cells, columns[part]) for part in ("first_name", "last_name") if part in columns))

    def _student(
        self, line: int, cells: list[str], places: Mapping[str, int], sources: Sequence[int | None]
    ) -> tuple[Student | None, bool]:
        """The student of a row, and whether the row is a student's at all."""
        width = len(self.header.headers)
        if any(cells[width:]):
            what = f"has {len(cells)} cells, but there are {width} columns."
            remedy = f"Put a cell that has {SEPARATORS[self.header.separator]} in it in quotation marks."
            self._add([Problem(f"line {line}", what, remedy)])
            return None, True
        written = (*map(self._kept, cells[:width]), *[""] * (width - len(cells)))
        if kind := self._no_student(written):
            self.passed_over[kind] += 1
            return None, False
        if sources == self.as_written:
            values = written
        else:
            parts = iter(self._parts(written) if None in sources else ())
            values = tuple(next(parts) if place is None else written[place] for place in sources)
        columns = Cells(places, values)
        student = Student(columns[_ID], columns)
        problems = list(self._problems(line, student))
        self._add(problems)
        return (None if problems else student), True

    def _no_student(self, cells: Sequence[str]) -> str:
        if _ID in self.header.names:  # a list of our own kind has nothing but students
            return ""
        row = dict(zip(self.header.names, cells, strict=True))
        return what_it_is(self._whole_name(cells), [_at(cells, place) for place in self.mapped.ids], row)

    def _parts(self, cells: Sequence[str]) -> tuple[str, ...]:
        """First and last name of a whole one, as far as they are not there: parted at its comma, else not at all."""
        whole = _at(cells, self.mapped.columns["name"])
        last, comma, first = whole.partition(",")
        if not comma and self.mapped.last_first:
            last, comma, first = whole.partition(" ")
        parts = {"first_name": first.strip() if comma else whole, "last_name": last.strip() if comma else ""}
        return tuple(parts[name] for name in ("first_name", "last_name") if name not in self.header.names)

    def _kept(self, cell: str) -> str:
        if len(self.seen) < _MOST_SEEN:
            return self.seen.setdefault(cell, cell)
        return self.seen.get(cell, cell)

    def _problems(self, line: int, student: Student) -> Iterator[Problem]:
        where = f"line {line}"
        if not one_line(student.student_id):
            called = self._called(self.id_place, _ID)
            yield Problem(where, f"has no {called}.", "Every student needs one.")
        elif _SHORTENED.fullmatch(student.student_id):
            what = f"has the student_id {_quoted(student.student_id)}: a spreadsheet has shortened it."
            remedy = "Export the list again and do not save it from a spreadsheet, or format the column as text first."
            yield Problem(where, what, remedy)
        else:
            # Most ids are their own comparable form, which need not be kept twice.
            key = comparable(student.student_id)
            first = self.lines.setdefault(student.student_id if key == student.student_id else key, line)
            if first != line:
                what = f"has the student_id {_quoted(student.student_id)} of line {first}."
                yield Problem(where, what, "Every student needs one, different in more than upper and lower case.")
        if not one_line(f"{student.first_name} {student.last_name}"):
            yield Problem(where, "has no name.", "Write a first_name or a last_name.")

    def _called(self, place: int, field_name: str) -> str:
        header = self.header.headers[place]
        return field_name if column_name(header) == field_name else f"{header!r} (student_id)"

    # --- what was read

    def _remarks(self) -> Iterator[str]:
        """The mapping, unless every column is called as the program calls it, and what was passed over."""
        taken = {_ID: self.id_place, **self.mapped.columns}
        called = [
            f'{field_name} from "{shortened(self.header.headers[place], 40)}"'
            for field_name, place in taken.items()
            if column_name(self.header.headers[place]) != field_name
        ]
        said = [", ".join(called)] if called else []
        if self.header.before:
            said.append(_counted(self.header.before, "row", "above the headings"))
        if self.passed_over:
            kinds = [f"{kind} ({count})" if count > 1 else kind for kind, count in self.passed_over.items()]
            count = self.passed_over.total()
            words = f"that {'is no student' if count == 1 else 'are no students'}: {', '.join(kinds)}"
            said.append(_counted(count, "row", words))
        if said:
            yield f"roster: {'; '.join(said)}"

    def _add(self, problems: Iterable[Problem]) -> None:
        for problem in problems:
            self.count += 1
            if len(self.problems) < _MOST_PROBLEMS:
                self.problems.append(problem)


def _at(cells: Sequence[str], place: int) -> str:
    return cells[place] if place < len(cells) else ""


def _counted(number: int, noun: str, words: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'} {words}"


def _capped(problems: Sequence[Problem], count: int) -> list[Problem]:
    """As many problems as one reads, and how many there are besides."""
    shown = list(problems[:_MOST_PROBLEMS])
    if count > len(shown):
        shown.append(Problem(f"... and {count - len(shown)} more", "not shown.", "Mend these first."))
    return shown


def _quoted(text: str) -> str:
    return repr(shortened(text, 60))
