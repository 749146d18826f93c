"""Rows of class lists that are no students: what course systems put between or below them.

A rule looks at what the program has found in a row, and gives a word for what the row is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from backproptable.rosters.headings import folded

__all__ = ["what_it_is"]

_NAMES: Final = {
    "pointspossible": "points possible",
    "possible": "points possible",
    "studenttest": "test student",
    "teststudent": "test student",
    "studentview": "test student",
    "classaverage": "class average",
    "average": "class average",
    "overallaverage": "class average",
    "gesamtdurchschnitt": "class average",
    "moyennegenerale": "class average",
    "mediageneral": "class average",
    "mediageral": "class average",
}
"""What stands where a name should, in the gradebooks of Canvas, Google Classroom and Moodle."""
_LABELS: Final = {**_NAMES, "date": "dates", "points": "points possible", "duedate": "dates"}
"""What stands alone in a row, wherever it stands: Google Classroom has it under the addresses."""
_MANUAL: Final = ("manualposting", "readonly")
"""What Canvas writes below assignments, in a row that has no name."""
_ROLES: Final = ("teacher", "instructor", "ta", "teachingassistant", "designer", "observer", "staff", "grader")
_ROLES_IN: Final = ("role", "roles", "rolle", "rollen", "rol", "funcao", "papel")
"""Columns of roles: Gradescope, the people of Canvas, the participants of Moodle."""


def what_it_is(name: str, ids: Sequence[str], columns: Mapping[str, str]) -> str:
    """A word for a row that is no student; empty for a student, or what may be one."""
    key = folded(name)
    if key in _NAMES:
        return _NAMES[key]
    labels = [folded(cell) for cell in (name, *ids) if cell]
    if labels and all(label in _LABELS for label in labels):
        return _LABELS[labels[0]]
    cells = [folded(cell) for cell in columns.values() if cell]
    if not key and cells and not any(ids) and any(cell in _MANUAL for cell in cells):
        return "manual posting"
    for column in _ROLES_IN:
        if folded(columns.get(column, "")) in _ROLES or (
            folded(columns.get(column, "")).endswith("enrollment")
            and (not folded(columns.get(column, "")).startswith("student"))
        ):
            return "teachers and assistants"
    return ""
