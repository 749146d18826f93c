"""Wrong numbers that several sheets have in the same cells. Every sheet has its own numbers, so this is rare by chance.

It says what is equal and nothing about why. A 0 and a single digit are what many people write who are
stuck; they do not count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import combinations, pairwise
from typing import Final, NamedTuple

from backproptable.marking.marked import ERRORS, MarkedSheet
from backproptable.returned.answers import Answer, read_answer

__all__ = ["FEWEST", "InCommon", "in_common"]

FEWEST: Final = 3
"""So many wrong numbers two sheets have in common before anything is said."""

_MANY: Final = 50
"""Sheets with the same number in a cell, beyond which only neighbours are compared: work must not explode."""

_Key = tuple[str, str]


class InCommon(NamedTuple):
    """The wrong numbers that exactly these students have."""

    students: tuple[str, ...]
    numbers: tuple[_Key, ...]
    """Name of the cell, and the number, in the order of the plan."""


def in_common(sheets: Sequence[MarkedSheet]) -> list[InCommon]:
    """Groups of students whose sheets share wrong numbers, those who belong together one after the other."""
    holders: dict[_Key, list[int]] = {}
    order: dict[str, int] = {}
    for place, sheet in enumerate(sheets):
        for number, cell in enumerate(sheet.cells):
            order.setdefault(cell.name, number)
        for key in _wrong_numbers(sheet):
            holders.setdefault(key, []).append(place)
    holders = {key: places for key, places in holders.items() if len(places) > 1}
    pairs = Counter(pair for places in holders.values() for pair in _pairs(places))
    groups = _groups(pair for pair, count in pairs.items() if count >= FEWEST)
    found: dict[tuple[int, tuple[int, ...]], list[_Key]] = {}
    for key, places in holders.items():
        together: dict[int, list[int]] = {}
        for place in places:
            if place in groups:
                together.setdefault(groups[place], []).append(place)
        for group, members in together.items():
            if len(members) > 1:
                found.setdefault((group, tuple(members)), []).append(key)
    return [
        InCommon(
            tuple(str(sheets[place].student) for place in members),
            tuple(sorted(keys, key=lambda key: order[key[0]])),
        )
        for (_, members), keys in sorted(found.items(), key=lambda item: (item[0][0], -len(item[1]), item[0][1]))
    ]


def _wrong_numbers(sheet: MarkedSheet) -> Iterator[_Key]:
    for cell in sheet.cells:
        if cell.verdict in ERRORS:
            answer = read_answer(cell.written)
            if isinstance(answer, Answer) and _says_something(answer):
                yield cell.name, _plain(answer)


def _says_something(answer: Answer) -> bool:
    return answer.value != 0 and (answer.figures is None or answer.figures > 1)


def _plain(answer: Answer) -> str:
    """The same text for the same number, however many zeros it was written with."""
    decimal = Decimal(repr(answer.value)) if answer.decimal is None else answer.decimal
    decimal = decimal.normalize()
    return f"{decimal:f}" if -6 < decimal.adjusted() < 12 else str(decimal).lower()


def _pairs(places: Sequence[int]) -> Iterable[tuple[int, int]]:
    return combinations(places, 2) if len(places) <= _MANY else pairwise(places)


def _groups(pairs: Iterable[tuple[int, int]]) -> dict[int, int]:
    """The least member of the group that each belongs to; pairs with a member in common are one group."""
    least: dict[int, int] = {}

    def root(place: int) -> int:
        while least[place] != place:
            place = least[place]
        return place

    for one, other in pairs:
        roots = [root(least.setdefault(place, place)) for place in (one, other)]
        least[max(roots)] = min(roots)
    return {place: root(place) for place in least}
