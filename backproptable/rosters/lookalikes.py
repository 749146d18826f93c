"""Newcomers who look like students that have a sheet already: a list changed by a spreadsheet doubles a class.

Only those count who are not in the list any more: whoever is still there has kept the id. A newcomer looks
like one of them by the number that the id is (``0012345`` became ``12345``, or ``12345.0``), by the address,
or by the name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple

from backproptable.errors import InputError, Problem
from backproptable.plaintext import comparable, shortened
from backproptable.rosters.headings import folded
from backproptable.rosters.student import Student

__all__ = ["Lookalike", "lookalikes", "refuse_lookalikes"]

_MOST_SHOWN: Final = 10
_NUMBER: Final = re.compile(r"[0-9]{1,30}(?:[.,]0+)?|[0-9](?:[.,][0-9]{1,28})?[Ee]\+?[0-9]{1,2}")
_GROUPED: Final = re.compile(r"[0-9]{1,3}(?:[ .,'\u00a0\u202f][0-9]{3})+")


class Lookalike(NamedTuple):
    """A newcomer, and whom they look like."""

    newcomer: Student
    student_id: str
    """Of the student who has a sheet."""
    name: str
    why: str


def lookalikes(
    newcomers: Sequence[Student], entries: Iterable[Mapping[str, Any]], present: Iterable[str]
) -> Iterator[Lookalike]:
    """The newcomers who look like one of the entries of a manifest whose ids are not `present` in the roster.

    Ids are compared as `plaintext.comparable` has them. Nobody is named twice.
    """
    there = set(present)
    by_key: dict[tuple[str, str], Student] = {}
    for student in newcomers:
        for key in _keys(student.student_id, student.name, student.email):
            by_key.setdefault(key, student)
    named: set[str] = set()
    for entry in entries:
        if comparable(entry["student_id"]) in there:
            continue
        for key in _keys(entry["student_id"], entry["name"], entry["columns"].get("email", "")):
            newcomer = by_key.get(key)
            if newcomer is not None and newcomer.student_id not in named:
                named.add(newcomer.student_id)
                yield Lookalike(newcomer, entry["student_id"], entry["name"], _WHY[key[0]])
                break


_WHY: Final = {"number": "the same number", "email": "the same address", "name": "the same name"}


def _keys(student_id: str, name: str, email: str) -> Iterator[tuple[str, str]]:
    """What somebody is known by, the surest first."""
    if number := _as_number(student_id):
        yield "number", number
    for address in (email, student_id):
        if "@" in address:
            yield "email", comparable(address.strip())
    words = sorted(filter(None, map(folded, re.split(r"[\s,]+", name))))
    if words:
        yield "name", " ".join(words)


def _as_number(student_id: str) -> str:
    """The whole number that an id is, however a spreadsheet has written it; empty where it is none."""
    text = student_id.strip()
    if _GROUPED.fullmatch(text):
        text = re.sub("[^0-9]", "", text)
    if not text.isascii() or not _NUMBER.fullmatch(text):
        return ""
    number = Decimal(text.replace(",", "."))
    return f"{number:.0f}" if number == number.to_integral_value() else ""


def refuse_lookalikes(found: Sequence[Lookalike]) -> None:
    """Raises `InputError` with both names side by side, if there are any."""
    if not found:
        return
    problems = [
        Problem(
            f"student_id {_shown(one.newcomer.student_id)}, {shortened(one.newcomer.name, 40)}",
            f"looks like {_shown(one.student_id)}, {shortened(one.name, 40)}, who has a sheet and is not in the "
            f"roster: {one.why}.",
        )
        for one in found[:_MOST_SHOWN]
    ]
    if len(found) > _MOST_SHOWN:
        problems.append(Problem("...", f"and {len(found) - _MOST_SHOWN} more."))
    remedy = "If they are the same people, give them their old ids in the roster. If they are others: --newcomers."
    problems.append(Problem("roster", f"{len(found)} would get a second sheet; nothing was changed.", remedy))
    raise InputError(problems)


def _shown(student_id: str) -> str:
    return repr(shortened(student_id, 40))
