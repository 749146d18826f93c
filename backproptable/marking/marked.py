"""A marked sheet: every asked number with its verdict, and what it was held against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Final

from backproptable.basics.errors import Problem
from backproptable.formulas.formula import Formula

__all__ = ["CONSTANT", "ERRORS", "REMARKS", "MarkedCell", "MarkedSheet", "Verdict"]


class Verdict(StrEnum):
    """What is said of one number."""

    RIGHT = "right"
    FOLLOWS = "follows"
    """Right for the student's own numbers above, one of which is not right."""
    MISTAKE = "mistake"
    """One typical mistake gives this number."""
    SLIP = "slip"
    """Nearly the right number: digits changed, the point moved, the sign lost, another line's number."""
    WRONG = "wrong"
    TOO_FEW_DIGITS = "too_few_digits"
    UNREADABLE = "unreadable"
    """Never marked: a person decides."""
    BLANK = "blank"


ERRORS: Final = (Verdict.MISTAKE, Verdict.SLIP, Verdict.WRONG)
"""The verdicts of a line that is itself wrong."""
CONSTANT: Final = "constant"
"""The code of lines that hold the one number which a sheet is full of: it earns nothing until a person has looked."""
REMARKS: Final = frozenset({"trivial", "corrected", "cut", "doubled", "missing", CONSTANT, "undefined"})
"""Codes that may stand beside any verdict; the others say what a wrong number comes from."""


@dataclass(frozen=True, slots=True)
class MarkedCell:
    """One asked number."""

    name: str
    written: str
    """The text as it stood in the cell."""
    line: int | None
    """Where it stands in the file; None where it was not written into a file, or is missing."""
    verdict: Verdict
    expected: str
    """What the cell's formula gives on the student's own numbers above, as a sheet would print it."""
    low: float
    high: float
    """The range that the formula has there: what the true number can be."""
    because: tuple[str, ...] = ()
    """Codes: mistakes that fit equally well; the kind of slip; `trivial`, `cut`, `doubled`, `missing`."""
    reason: str = ""
    """Of an unreadable one: what cannot be read."""
    nearest: Formula | None = None
    """Of a wrong one with the code `set_up`: the formula, one change away from the right one, that gives it."""


@dataclass(frozen=True, slots=True)
class MarkedSheet:
    """One returned sheet, or one example file."""

    sheet: str
    """The file, as it was found."""
    student: str | None
    """The student's id; None for an example file, and where nobody's code was found."""
    name: str
    columns: Mapping[str, str]
    """The student's line of the roster."""
    cells: tuple[MarkedCell, ...]
    """In the order of the plan."""
    points: Decimal
    """What the numbers earn together."""
    possible: Decimal
    """What they would earn if all of them were right."""
    remarks: tuple[Problem, ...] = ()
    """What was passed over in the file, and why."""
    numbers: Mapping[str, str] = field(default_factory=dict)
    """The numbers that its flagged lines stand on, as they are on the sheet, by the name of their cell."""

    @property
    def first_error(self) -> MarkedCell | None:
        """The first line that is itself wrong."""
        return next((cell for cell in self.cells if cell.verdict in ERRORS), None)

    @property
    def needs_a_person(self) -> bool:
        """Whether something could not be read, or belongs to nobody."""
        return bool(self.remarks) or any(cell.verdict is Verdict.UNREADABLE for cell in self.cells)
