"""What grade files for course systems are to hold: the ``[grades]`` of a course."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

__all__ = ["GRADE_SYSTEMS", "GradeSettings", "item_fault"]

GRADE_SYSTEMS: Final = ("auto", "moodle", "canvas", "both", "none")
"""For which course systems grade files are written; `auto` is what the roster and the returned files tell."""

_PASSED_OVER: Final = re.compile(
    r"(?:Current|Final) (?:Score|Points|Grade)|Override (?:Score|Grade|Status)"
    r"|\A(?:Student|LastName|FirstName|ID|SIS User ID|SIS Login ID|Section|Integration ID|Root Account)\Z"
)
"""Columns that Canvas's import takes for its own (``lib/gradebook_importer.rb``)."""


@dataclass(frozen=True, slots=True)
class GradeSettings:
    """How grades are written for course systems."""

    system: str = "auto"
    """A word of `GRADE_SYSTEMS`."""
    item: str = ""
    """The name of the item in the gradebook; empty: the course's title."""
    points: Decimal | None = None
    """What the item has at most; None: what each system is likely to have."""

    @classmethod
    def of_keys(cls, keys: Mapping[str, Any]) -> GradeSettings:
        """The settings in the keys of a manifest, which earlier ones do not have."""
        points = keys.get("points")
        return cls(keys.get("system", "auto"), keys.get("item", ""), None if points is None else Decimal(points))


def item_fault(name: str) -> str:
    """What to do about a name that no item can have; empty where all is well."""
    if found := _PASSED_OVER.search(name):
        return f'Write it without "{found[0]}": Canvas takes such a column for one of its own, and imports nothing.'
    return ""
