"""What every sheet of a class has in common, and what it is worth.

Nothing here reads files: a class without a course file does not wait for what checks one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from decimal import Decimal
from typing import Any, Final

from backproptable.courses.filenames import DEFAULT_FILE_NAME
from backproptable.courses.grade_settings import GradeSettings
from backproptable.formulas.digits import DEFAULT_FIGURES
from backproptable.nets.derive import derive_plan
from backproptable.nets.net import Net
from backproptable.nets.plan import Plan
from backproptable.numbers.grids import DEFAULT_GRIDS, Grids
from backproptable.sheets.style import Style

__all__ = ["GRIDS", "Course", "Points", "default_course"]


@dataclass(frozen=True, slots=True)
class Points:
    """What a number earns, by its verdict; ``wrong`` stands for mistakes and slips, too (see `marking.scoring`)."""

    right: Decimal = Decimal(1)
    follows: Decimal = Decimal(1)
    too_few_digits: Decimal = Decimal("0.5")
    wrong: Decimal = Decimal(0)
    blank: Decimal = Decimal(0)
    mistake: str = "each"
    """How often the same mistake costs: a word of `weights.REPEATS`."""
    steps: Mapping[str, Decimal] = field(default_factory=dict)
    """Weights, by the name of a step or a word of `weights.WEIGHED_PARTS`; the others weigh 1."""

    @classmethod
    def of_keys(cls, keys: Mapping[str, Any]) -> Points:
        """The points in the keys of a manifest; what an earlier one does not say is as it was then."""
        amounts = {key: Decimal(keys[key]) for key in _AMOUNTS}
        steps = {name: Decimal(weight) for name, weight in keys.get("steps", {}).items()}
        return cls(**amounts, mistake=keys.get("mistake", "each"), steps=steps)


_AMOUNTS: Final = ("right", "follows", "too_few_digits", "wrong", "blank")
"""The points of verdicts, as their keys are called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """All that the sheets of one class have in common."""

    title: str = "Backpropagation by hand"
    """On one line and plain, like all texts but the last two."""
    assignment: str = "ASSIGNMENT2B"
    """What the numbers depend on besides the secret and the student's id."""
    file_name: str = DEFAULT_FILE_NAME
    due: str = ""
    hand_in: str = ""
    """Where and how, on one line; Markdown, like the instructions."""
    instructions: str = ""
    name_students: bool = False
    """Whether the summary of the class may name students, and not only give their ids."""
    plan: Plan
    grids: Grids = DEFAULT_GRIDS
    figures: int = DEFAULT_FIGURES
    carry: str = "paper"
    layout: str = Style().layout
    notation: str = Style().notation
    explain: str = Style().explain
    input_gradient: bool = False
    """Whether dL/dx is worked out, too; it is wherever it is asked."""
    asked: str | tuple[str, ...] = "all"
    """A word of `asked.ASKED`, or names of steps."""
    points: Points = Points()
    roster: Mapping[str, str] = field(default_factory=dict)
    """Headings of the roster by what they are to be; what is not said, the program finds. No part of the manifest."""
    grades: GradeSettings = field(default_factory=GradeSettings)
    source: str = ""
    """The file; empty for the default course."""

    def as_keys(self) -> dict[str, Any]:
        """The tables of a course file that say the same, every default written out; JSON knows all of it.

        Decimals are texts; ``samples`` is None where a sheet has one sample that is no batch.
        """
        grids = self.grids
        tables = {
            "course": {key: getattr(self, key) for key in _TEXTS},
            "net": self.plan.net.as_keys(),
            "draw": {key: asdict(getattr(grids, key)) for key in GRIDS}
            | {"dead_units": grids.dead_units, "samples": self.plan.net.samples},
            "sheet": {key: getattr(self, key) for key in _SHEET},
            "points": _normal(asdict(self.points)),
            "grades": _normal(asdict(self.grades)),
        }
        return {table: _plain(keys) for table, keys in tables.items()}


_TEXTS: Final = ("title", "assignment", "file_name", "due", "hand_in", "instructions", "name_students")
_SHEET: Final = ("figures", "carry", "layout", "explain", "notation", "input_gradient", "asked")
"""What a manifest says in [course] and in [sheet], in the order of the keys of a course file."""
GRIDS: Final = tuple(field.name for field in fields(Grids) if field.name != "dead_units")


def _normal(value: Any) -> Any:
    """Decimals as short as they can be."""
    if isinstance(value, dict):
        return {key: _normal(part) for key, part in value.items()}
    return value.normalize() if isinstance(value, Decimal) else value


def _plain(value: Any) -> Any:
    """Nothing but what JSON has."""
    match value:
        case Decimal():
            return f"{value:f}"
        case dict():
            return {key: _plain(part) for key, part in value.items()}
        case list() | tuple():
            return [_plain(part) for part in value]
    return value


def default_course() -> Course:
    """The course of those who write no file: its sheets ask for all of a default net."""
    return Course(plan=derive_plan(Net()))
