"""What spreadsheets make of ids: lost zeros, added decimals, powers of ten."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from backproptable.basics.plaintext import comparable

__all__ = ["as_rounded", "figures_of_rounded", "is_rounded", "plain_id"]

_ROUNDED: Final = re.compile(r"([1-9])(?:[.,]([0-9]{1,17}))?[eE]\+?([0-9]{1,2})")
_WHOLE: Final = re.compile(r"([0-9]{1,40})(?:[.,]0{1,6})?")


def is_rounded(written: str) -> bool:
    """Whether it is a number as spreadsheets show long ones: ``1.2E+07``."""
    return _ROUNDED.fullmatch(written) is not None


def plain_id(written: str) -> str:
    """The same for ids that differ only in what spreadsheets add to a number or take away: 007, 7, 7.0."""
    if whole := _WHOLE.fullmatch(written):
        return whole.group(1).lstrip("0") or "0"
    return comparable(written)


def figures_of_rounded(written: str) -> int:
    """How many figures a rounded id has; 0 where it is none."""
    match = _ROUNDED.fullmatch(written)
    return 0 if match is None else 1 + len(match.group(2) or "")


def as_rounded(written: str, figures: int) -> str:
    """An id as a spreadsheet shows it with so many figures, in one spelling; empty where it is no number."""
    if match := _ROUNDED.fullmatch(written):
        number = Decimal(f"{match.group(1)}.{match.group(2) or '0'}E{match.group(3)}")
    elif (whole := _WHOLE.fullmatch(written)) and whole.group(1).strip("0"):
        number = Decimal(whole.group(1))
    else:
        return ""
    return f"{number:.{figures - 1}E}"
