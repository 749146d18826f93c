"""Numbers that somebody wrote down wrongly, and numbers that are just wrong: texts made of texts."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from decimal import Decimal
from itertools import pairwise
from random import Random
from typing import Final

from backproptable.formulas.digits import rounded, show

__all__ = ["PEN", "PLAIN"]

Writes = Callable[[str, Random], str | None]
"""What becomes of a right number's text; None where it cannot happen."""


def _split(text: str) -> tuple[str, str, str]:
    """The sign, the digits with their point, and the exponent."""
    mantissa, mark, exponent = text.partition("e")
    bare = mantissa.lstrip("-")
    return mantissa[: len(mantissa) - len(bare)], bare, mark + exponent


def _on_digits(change: Callable[[list[str], list[int], Random], bool]) -> Writes:
    """A slip in the digits from the first that is not 0 on. `places` are where they stand."""

    def writes(text: str, random: Random) -> str | None:
        sign, bare, exponent = _split(text)
        first = next((place for place, letter in enumerate(bare) if letter in "123456789"), None)
        places = [] if first is None else [place for place in range(first, len(bare)) if bare[place] != "."]
        letters = list(bare)
        if len(places) < 3 or not change(letters, places, random):
            return None
        written = "".join(letters)
        return f"{sign}{'0' * written.startswith('.')}{written}{exponent}"

    return writes


def _swap(letters: list[str], places: list[int], random: Random) -> bool:
    pairs = [pair for pair in pairwise(places) if letters[pair[0]] != letters[pair[1]]]
    if not pairs:
        return False
    one, two = random.choice(pairs)
    letters[one], letters[two] = letters[two], letters[one]
    return True


def _double(letters: list[str], places: list[int], random: Random) -> bool:
    place = random.choice(places)
    letters[place] *= 2
    return True


def _drop(letters: list[str], places: list[int], random: Random) -> bool:
    letters[random.choice(places)] = ""
    return True


def _another(letters: list[str], place: int, random: Random) -> bool:
    letters[place] = random.choice([digit for digit in "0123456789" if digit != letters[place]])
    return True


def _point(text: str, random: Random) -> str:
    sign, bare, exponent = _split(text)
    moved = Decimal(bare).scaleb(random.choice((-2, -1, -1, 1, 1, 2)))
    return f"{sign}{moved:f}{exponent}"


def _sign(text: str, _: Random) -> str:
    return text[1:] if text.startswith("-") else f"-{text}"


def _unit(text: str, random: Random) -> str | None:
    """One unit too many or too few in some digit, carried: what an addition in the head gives."""
    sign, bare, exponent = _split(text)
    number = Decimal(bare)
    if not number:
        return None
    last = int(number.as_tuple().exponent)
    unit = Decimal(1).scaleb(random.randint(last, number.adjusted()))
    return f"{sign}{number + random.choice((-1, 1)) * unit:f}{exponent}"


PEN: Final[Mapping[str, Writes]] = {
    "two digits swapped": _on_digits(_swap),
    "a digit doubled": _on_digits(_double),
    "a digit dropped": _on_digits(_drop),
    "a digit changed": _on_digits(lambda letters, places, random: _another(letters, random.choice(places), random)),
    "the last digit wrong": _on_digits(lambda letters, places, random: _another(letters, places[-1], random)),
    "the point moved": _point,
    "the sign turned": _sign,
    "one unit off in a digit": _unit,
}
"""Slips of the pen and of the head. Numbers copied from other lines are not among them: those need the sheet."""


def _within(share: float) -> Writes:
    return lambda text, random: _four(float(text) * (1 + random.uniform(-share, share)))


def _same_size(text: str, random: Random) -> str | None:
    if not float(text):
        return None
    return _four(math.copysign(10.0 ** Decimal(text).adjusted() * random.uniform(1, 10), float(text)))


def _any_size(_: str, random: Random) -> str:
    return _four(random.choice((-1, 1)) * 10 ** random.uniform(-3, 1))


def _four(number: float) -> str:
    return show(float(rounded(number, 4)), 4)


PLAIN: Final[Mapping[str, Writes]] = {
    "of any size": _any_size,
    "of the right size": _same_size,
    "within a half": _within(0.5),
    "within a twentieth": _within(0.05),
}
"""Numbers that come from nothing: no name for them is true."""
