"""A pool: a class of nobody, whose sheets and quizzes are drawn and kept as those of students are."""

from __future__ import annotations

from typing import Final

from backproptable.basics.plaintext import comparable
from backproptable.rosters.student import Student

__all__ = ["VARIANT_FILES", "is_variant", "variants"]

VARIANT_FILES: Final = "VARIANT_{last_name}.md"
"""How files of variants are called: the rule of a course may ask for columns that only rosters have."""
_ID: Final = "variant-"


def variants(count: int) -> list[Student]:
    """The first so many variants; more are the same and others behind them."""
    return [_variant(f"{number:03}") for number in range(1, count + 1)]


def _variant(number: str) -> Student:
    student_id = f"{_ID}{number}"
    return Student(student_id, {"student_id": student_id, "first_name": "Variant", "last_name": number})


def is_variant(student_id: str) -> bool:
    """Whether it is the id of a variant, not of a student."""
    return comparable(student_id).startswith(_ID)
