"""Newcomers who look like students who have a sheet: a list that was changed must not double a class."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from backproptable.basics.errors import Problem
from backproptable.basics.plaintext import comparable, one_line, shortened
from backproptable.rosters.headings import known_fields
from backproptable.rosters.ids import as_rounded, figures_of_rounded, plain_id
from backproptable.rosters.student import Student

__all__ = ["double_problems"]

_SHOWN: Final = 20
_REMEDY: Final = (
    "Use the list as it was exported (ids as text), or put the old ids back;"
    " a column is named in the course file: [roster] student_id = ..."
    " If these are new students, say so: --newcomers."
)


class _Person(NamedTuple):
    """What tells who somebody is, of a newcomer or of a student in the manifest."""

    student_id: str
    name: str
    names: str
    """The words of the name in any order and without accents, as lists disagree in both."""
    marks: frozenset[tuple[str, str]]
    """All ids and addresses that stand in the row, with their fields."""

    @property
    def addresses(self) -> frozenset[str]:
        return frozenset(mark for name, mark in self.marks if name == "email")


def double_problems(
    roster: Sequence[Student], newcomers: Sequence[Student], entries: Iterable[Mapping[str, Any]]
) -> list[Problem]:
    """A problem for each newcomer who looks like a student in the manifest; `entries` are its lines."""
    here = {comparable(student.student_id) for student in roster}
    old = [_of_entry(entry) for entry in entries]
    signs = _Signs(old, here, {figures_of_rounded(student.student_id) for student in newcomers} - {0})
    problems: list[Problem] = []
    count = 0
    for student in newcomers:
        person = _of(student.student_id, student.name, student.columns)
        twin = next(signs.of(person), None)
        if twin is None:
            continue
        count += 1
        if len(problems) < _SHOWN:
            who, why = twin
            what = f"looks like {_shown(who)}, who has a sheet: {why}."
            problems.append(Problem(_shown(person), what))
    if count > len(problems):
        problems.append(Problem(f"... and {count - len(problems)} more", "not shown."))
    if problems:
        problems[-1] = problems[-1]._replace(remedy=_REMEDY)
    return problems


class _Sharers:
    """Students by something that several may share; of those with one name the first stands for all.

    So looking somebody up takes as long for thirty thousand who share it as for one.
    """

    def __init__(self) -> None:
        self._by_key: dict[str, dict[str, _Person]] = {}

    def add(self, key: str, person: _Person) -> None:
        self._by_key.setdefault(key, {}).setdefault(person.names, person)

    def one(self, key: str, names: str) -> Iterator[_Person]:
        """Whoever shares the key and the name; else whoever shares the key, if anybody does."""
        sharing = self._by_key.get(key)
        if sharing:
            yield sharing.get(names) or next(iter(sharing.values()))

    def only(self, key: str, names: str) -> Iterator[_Person]:
        """The same where the key belongs to one name: what many share says nothing of who somebody is."""
        sharing = self._by_key.get(key, {})
        if names in sharing or len(sharing) == 1:
            yield from self.one(key, names)


class _Signs:
    """The students in a manifest by all that a newcomer could share with them."""

    def __init__(self, old: Sequence[_Person], here: set[str], figures: set[int]) -> None:
        self.plain, self.rounded, self.were_rounded, self.ids = (_Sharers() for _ in range(4))
        self.marks, self.addresses, self.names = (_Sharers() for _ in range(3))
        self.twice: dict[tuple[str, str], _Person] = {}
        self.old_figures: set[int] = set()
        for person in old:
            for address in person.addresses:
                self.twice.setdefault((person.names, address), person)
            if comparable(person.student_id) not in here:
                self._add(person, figures)

    def _add(self, person: _Person, figures: set[int]) -> None:
        self.plain.add(plain_id(person.student_id), person)
        self.ids.add(comparable(person.student_id), person)
        self.names.add(person.names, person)
        for name, mark in person.marks:
            self.marks.add(mark, person)
            if name == "email":
                self.addresses.add(mark, person)
        for count in figures:
            if rounded := as_rounded(person.student_id, count):
                self.rounded.add(rounded, person)
        if own := figures_of_rounded(person.student_id):
            self.old_figures.add(own)
            self.were_rounded.add(as_rounded(person.student_id, own), person)

    def of(self, person: _Person) -> Iterator[tuple[_Person, str]]:
        """Who the newcomer may be, and by what, the surest first."""
        for twin in self.plain.one(plain_id(person.student_id), person.names):
            yield twin, "ids that differ only as spreadsheets change numbers"
        own = figures_of_rounded(person.student_id)
        for count in {own} if own else self.old_figures:
            sharers = self.rounded if own else self.were_rounded
            for twin in sharers.one(as_rounded(person.student_id, count), person.names):
                yield twin, "a spreadsheet has rounded the id"
        key = comparable(person.student_id)
        for twin in self.marks.only(key, person.names):
            yield twin, f"both have {_cut(key)}"
        for _, mark in sorted(person.marks):
            for twin in (*self.addresses.only(mark, person.names), *self.ids.only(mark, person.names)):
                yield twin, f"both have {_cut(mark)}"
        for address in sorted(person.addresses):
            if twice := self.twice.get((person.names, address)):
                yield twice, "the same name and address"
        for twin in self.names.one(person.names, person.names) if person.names else ():
            yield twin, "the same name, and the old id is not in the roster any more"


def _of_entry(entry: Mapping[str, Any]) -> _Person:
    columns = entry.get("columns")
    texts = {name: cell for name, cell in columns.items() if isinstance(cell, str)} if isinstance(columns, dict) else {}
    return _of(entry["student_id"], entry["name"], texts)


def _of(student_id: str, name: str, columns: Mapping[str, str]) -> _Person:
    marks = frozenset((field, comparable(cell)) for field, cell in known_fields(columns))
    return _Person(student_id, name, _words(name), marks)


def _words(name: str) -> str:
    plain = unicodedata.normalize("NFKD", comparable(name))
    letters = "".join(
        character if character.isalnum() else " " for character in plain if not unicodedata.combining(character)
    )
    return " ".join(sorted(letters.split()))


def _shown(person: _Person) -> str:
    return f'"{_cut(person.student_id)}" {_cut(person.name)}'


def _cut(text: str) -> str:
    return shortened(one_line(text), 60)
