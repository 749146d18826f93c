"""The limits of an answer as decimals that a file can hold: short, and never narrower than they are."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from typing import Final

from backproptable.quizzes.question import Blank

__all__ = ["limits_of", "shown", "tolerance_of"]

_DIGITS: Final = 3
"""Significant digits of what an answer may be off."""
_SMALLEST_PLAIN: Final = Decimal("1e-4")
_LARGEST_PLAIN: Final = Decimal("1e6")


def tolerance_of(blank: Blank) -> Decimal:
    """The least symmetric tolerance around the printed answer that holds all that is accepted.

    For systems that know no other: the narrower side is a little too wide. Raises `OverflowError` without limits.
    """
    answer = Decimal(blank.answer)
    wider = max(_exactly(blank.high) - answer, answer - _exactly(blank.low), Decimal(0))
    return Context(prec=_DIGITS, rounding=ROUND_CEILING).plus(wider)


def limits_of(blank: Blank) -> tuple[Decimal, Decimal]:
    """The limits, each moved outwards by less than a hundredth of what lies between them; 0 and 0 for an exact 0.

    Raises `OverflowError` without limits.
    """
    low, high = _exactly(blank.low), _exactly(blank.high)
    width = high - low
    if not width:
        return low, high
    place = Decimal(1).scaleb(width.adjusted() + 1 - _DIGITS)
    return _to(low, place, ROUND_FLOOR), _to(high, place, ROUND_CEILING)


def _to(number: Decimal, place: Decimal, rounding: str) -> Decimal:
    return number.quantize(place, rounding, Context(prec=60)).normalize() + 0


def _exactly(number: float) -> Decimal:
    exact = Decimal(number)
    if not exact.is_finite():
        raise OverflowError("an answer without limits")
    return exact


def shown(number: Decimal) -> str:
    """The number as files have it: ``0.00123``, ``4.57e-5``, ``0``."""
    number = number.normalize()
    if not number:
        return "0"
    if _SMALLEST_PLAIN <= abs(number) < _LARGEST_PLAIN:
        return f"{number:f}"
    return f"{number:e}".replace("e+", "e")
