"""What becomes of the quizzes of a class: where they are, and what can be said of all of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

__all__ = ["NOTES", "QUIZZES", "Exported"]

QUIZZES: Final = "quizzes"
"""The folder below the output folder, with a folder for each format in it."""
NOTES: Final = "READ_ME.txt"
"""How to import them, and what they cannot promise."""


@dataclass(slots=True)
class Exported:
    """What has been written."""

    quizzes: int = 0
    """In each format."""
    files: Counter[str] = field(default_factory=Counter)
    """By format."""
    asked: int = 0
    """Numbers, in all quizzes together."""
    open_to: Counter[str] = field(default_factory=Counter)
    """Numbers for which a registered mistake is accepted, by the mistake."""
    open_to_zero: int = 0
    """Numbers that are not 0, and for which 0 is accepted."""
