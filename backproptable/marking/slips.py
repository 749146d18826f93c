"""What kind of slip turns the right number into the written one.

Digits that changed places, a point that moved, a lost sign, a number copied from another line: such a
number was worked out rightly and written down wrongly. Digit slips are undone on the digits that were
written: every number that one slip could have spoiled into the written one is a candidate, read
with its own half unit, and the slip is named if a candidate can be the right number.

The more candidates there are and the wider the range is that the right number can have, the more
easily a plain wrong number is explained by chance. So each kind is named only where that chance is small:

- among all numbers: the windows of all candidates together, as a share of the decade that the right
  number lies in. The limits of the four digit slips add up to 3 %: of wrong numbers spread evenly no
  more than that are called one, however wide the range is;
- among the numbers that are as near as the candidate which fits: the windows of the candidates there,
  as a share of that neighbourhood. Without this, most near misses would be digit slips.

In the last two places some other digit explains any near miss, so a changed digit does not count there: a
number within one per cent of the right one that nothing else explains is a near miss.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Final, NamedTuple

from backproptable.returned.answers import Answer

__all__ = ["NEAR_MISS", "SLIPS", "slips_of"]

NEAR_MISS: Final = "near_miss"
"""The code of a number whose last digits only are off: a slip of the calculator, or rounded twice."""

SLIPS: Final[Mapping[str, str]] = {
    "digits_swapped": "two digits changed places",
    "digit_doubled": "a digit was written twice",
    "digit_dropped": "a digit was left out",
    "digit_changed": "one digit is another",
    "point_moved": "the decimal point moved",
    "sign_dropped": "the minus sign was left out",
    "sign_added": "a minus sign was added",
    "neighbour": "it is the number of another line of the same step",
    "line_above": "it is the number of the line above",
    "other_line": "it is the number of another line",
    "arithmetic": "the working is right, its result is not",
    NEAR_MISS: "it is near: only its last digits are off",
}
"""The most specific first; these are the codes of `because`, and what they say."""

_LIMITS: Final[Mapping[str, float]] = {
    "digits_swapped": 0.006,
    "digit_doubled": 0.003,
    "digit_dropped": 0.009,  # these two have the most candidates
    "digit_changed": 0.012,
    "point_moved": 0.025,
    "sign_dropped": 0.05,  # the most common of all, so that little evidence will do
    "sign_added": 0.05,
    "neighbour": 0.05,
    "line_above": 0.05,
    "other_line": 0.01,
    "arithmetic": 0.05,
}
"""With what chance a plain wrong number may fit at most; where it is greater, the kind is not named."""

_NEAR_LIMITS: Final[Mapping[str, float]] = {
    "digits_swapped": 0.12,  # has the fewest candidates, so that little of it remains to chance
    "digit_doubled": 0.2,  # and only one number in ten has two equal digits at a place
    "digit_dropped": 0.05,
    "digit_changed": 0.05,
}
"""The same for a wrong number that is no further from the right one than the slip would have brought it."""
_NEAR_LIMIT_ONE_SHORT: Final = 0.2
"""The same for a digit left out, where one figure is missing: a plain wrong number mostly has them all."""

_NEAR: Final = 0.01
"""How far a near miss may be off, as a share of the right number."""
_SLACK: Final = 1e-9
"""Comparisons are inclusive: this much, relatively, is binary arithmetic and no difference."""
_USUAL: Final = (1e-280, 1e280)
"""What lies outside has no full precision (see `digits`), and no slip is looked for."""
_FIGURES: Final = (3, 20)
"""Fewer figures fit by chance; nobody writes more by hand, and candidates would be many."""
_COPIED_DIGITS: Final = 2
"""So many significant digits, zeros at the end aside: 0, 1 or 0.5000 stand on any sheet."""
_POINT_MOVES: Final = tuple(places for places in range(-6, 7) if places)


class _Candidate(NamedTuple):
    """What could have been meant."""

    value: float
    half: float
    """Half a unit of its own last place."""


def slips_of(
    answer: Answer, low: float, high: float, *, expected: str, others: Mapping[str, Sequence[float]]
) -> tuple[str, ...]:
    """The codes of all slips that explain an answer which does not agree, the most specific first.

    The right number lies between `low` and `high`, and a sheet would print it as `expected`. `others`
    has the numbers that could have been copied by mistake, under the codes of `SLIPS`.
    """
    right = _Range(low, high)
    found: set[str] = set()
    if _is_usual(answer.value):
        found |= {code for code, numbers in others.items() if code in SLIPS and _is_copied(answer, code, numbers)}
        if _is_usual(right.size):
            found |= _written_wrongly(answer, right, expected)
    if any(right.has(_Candidate(value, 0.0)) for value in answer.working) and right.share <= _LIMITS["arithmetic"]:
        found.add("arithmetic")
    if not found and right.is_near(answer.value):
        found.add(NEAR_MISS)
    return tuple(code for code in SLIPS if code in found)


def _written_wrongly(answer: Answer, right: _Range, expected: str) -> set[str]:
    """The slips of the pen: digits, point and sign."""
    written, figures = answer.decimal, answer.figures or 0
    halves = list(_halves(answer, expected))
    found = set()
    if written and _FIGURES[0] <= figures <= _FIGURES[1]:
        shape = _Shape.of(written)
        digits = _digits(shape.text)
        for code, edits in _EDITS.items():
            if right.share > _LIMITS[code]:
                continue
            candidates = [shape.read(text) for text in set(edits(shape.text)) if _digits(text) != digits]
            one_short = code == "digit_dropped" and figures + 1 == _figures_of(expected)
            near_limit = _NEAR_LIMIT_ONE_SHORT if one_short else _NEAR_LIMITS[code]
            if right.explained_by(candidates, code) and right.hardly_near(answer.value, candidates, near_limit):
                found.add(code)
    if written and len(_digits(_Shape.of(written).text)) >= _COPIED_DIGITS:
        for half in halves:
            moved = [_Candidate(answer.value * 10.0**k, half * 10.0**k) for k in _POINT_MOVES]
            if right.explained_by(moved, "point_moved"):
                found.add("point_moved")
    sign = "sign_dropped" if answer.value > 0 else "sign_added"
    if any(right.explained_by([_Candidate(-answer.value, half)], sign) for half in halves):
        found.add(sign)
    return found


def _is_copied(answer: Answer, code: str, numbers: Sequence[float]) -> bool:
    """Whether one of the numbers was copied, and few enough of them were near that this is no chance."""
    if answer.decimal is None or len(_digits(_Shape.of(answer.decimal).text)) < _COPIED_DIGITS:
        return False
    reach = answer.half_unit * (1 + _SLACK)
    if not any(abs(number - answer.value) <= reach for number in numbers):
        return False
    decade = _decade(answer.value)
    near = sum(decade <= abs(number) < 10 * decade for number in set(numbers))
    return near * 2 * answer.half_unit <= _LIMITS[code] * 9 * decade


# --- how easily a range is hit --------------------------------------------------------------------


class _Range:
    """Where the right number lies."""

    def __init__(self, low: float, high: float) -> None:
        self.low, self.high = low, high
        self.size = max(abs(low), abs(high))
        self._width = high - low
        self._decade = _decade(self.size) if _is_usual(self.size) else 0.0

    @property
    def share(self) -> float:
        """How much of its decade the range fills: the chance that any number lies in it."""
        if self._width == 0:
            return 0.0
        return self._width / (9 * self._decade) if self._decade else float("inf")

    def has(self, candidate: _Candidate) -> bool:
        """Whether the candidate can be the right number."""
        value, half = candidate
        half += _SLACK * abs(value)
        return value + half >= self.low and value - half <= self.high

    def is_near(self, value: float) -> bool:
        """Whether a number is within one per cent, and the range narrow enough for that to say something."""
        if not self._decade or self._width > _NEAR * self.size:
            return False
        return self.low - _NEAR * self.size <= value <= self.high + _NEAR * self.size

    def explained_by(self, candidates: Sequence[_Candidate], code: str) -> bool:
        """Whether a candidate can be the right number, and a plain wrong one would hardly have had such."""
        fitting = list(filter(self.has, candidates))
        if not fitting:
            return False
        near = {each for each in candidates if self._decade <= abs(each.value) < 10 * self._decade}
        windows = sum(self._width + 2 * half for _, half in near.union(fitting))
        return windows <= _LIMITS[code] * 9 * self._decade

    def hardly_near(self, written: float, candidates: Sequence[_Candidate], limit: float) -> bool:
        """Whether a number as near to the right one as the written one would hardly have had a fitting candidate."""
        way = min(abs(fitting.value - written) for fitting in filter(self.has, candidates))
        near = [half for value, half in candidates if abs(value - written) <= way * (1 + _SLACK)]
        return sum(self._width + 2 * half for half in near) <= limit * 2 * way


def _is_usual(value: float) -> bool:
    return _USUAL[0] < abs(value) < _USUAL[1]


def _decade(value: float) -> float:
    """The power of ten from which numbers of this size go ten times as far."""
    return 10.0 ** Decimal(value).adjusted()


# --- the digits as they were written --------------------------------------------------------------


class _Shape(NamedTuple):
    """A number as people write it, without its sign: ``0.0426``, or ``4.26`` with an exponent."""

    text: str
    exponent: int
    sign: str

    @classmethod
    def of(cls, number: Decimal) -> _Shape:
        sign, digits, exponent = number.as_tuple()
        adjusted = number.adjusted()
        if isinstance(exponent, int) and exponent <= 0 and adjusted >= -4:
            return cls(f"{number.copy_abs():f}", 0, "-" * sign)
        first, *rest = map(str, digits or (0,))
        return cls(f"{first}.{''.join(rest)}", adjusted, "-" * sign)

    def read(self, text: str) -> _Candidate:
        """The number with other digits; what stands around them remains."""
        point = text.find(".")
        decimals = len(text) - point - 1 if point >= 0 else 0
        return _Candidate(float(f"{self.sign}{text}e{self.exponent}"), 0.5 * 10.0 ** (self.exponent - decimals))


def _digits(text: str) -> str:
    """The significant digits, zeros at the end aside. Numbers with the same ones differ by the point only."""
    return text.replace(".", "").strip("0")


def _figures_of(expected: str) -> int:
    """How many significant figures the sheet prints."""
    return len(expected.partition("e")[0].replace(".", "").lstrip("-0"))


def _halves(answer: Answer, expected: str) -> Iterator[float]:
    """How exactly the number can be meant: as written, with zeros at the end that were dropped, or exactly."""
    yield answer.half_unit
    missing = _figures_of(expected) - (answer.figures or 0)
    if answer.figures and missing > 0:
        yield answer.half_unit * 10.0**-missing
    yield 0.0


# --- one slip undone: the numbers that could have been meant --------------------------------------

_DIGITS: Final = "0123456789"


def _places(text: str) -> list[int]:
    return [place for place, sign in enumerate(text) if sign != "."]


def _unswapped(text: str) -> Iterator[str]:
    for first, second in pairwise(_places(text)):
        yield text[:first] + text[second] + text[first + 1 : second] + text[first] + text[second + 1 :]


def _undoubled(text: str) -> Iterator[str]:
    for first, second in pairwise(_places(text)[:-1]):  # a doubled last digit is a near miss
        if text[first] == text[second]:
            yield text[:second] + text[second + 1 :]


def _undropped(text: str) -> Iterator[str]:
    for place in range(_places(text)[-1] + 1):  # behind the last digit, it was cut off
        for digit in _DIGITS:
            yield text[:place] + digit + text[place:]


def _unchanged(text: str) -> Iterator[str]:
    for place in _places(text)[:-2]:
        for digit in _DIGITS:
            yield text[:place] + digit + text[place + 1 :]


_EDITS: Final[Mapping[str, Callable[[str], Iterator[str]]]] = {
    "digits_swapped": _unswapped,
    "digit_doubled": _undoubled,
    "digit_dropped": _undropped,
    "digit_changed": _unchanged,
}
"""All numbers from which one slip makes the written one."""
