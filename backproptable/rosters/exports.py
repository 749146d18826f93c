"""Rows of course systems' exports that are no students: points, averages, test students, teachers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from backproptable.rosters.headings import Columns, heading_key

__all__ = ["no_student"]

_LABELS: Final = {
    # Canvas: what an assignment is worth, in the languages of this program
    "Points Possible": "points possible",
    "Mögliche Punkte": "points possible",
    "Punkte möglich": "points possible",
    "Points possibles": "points possible",
    "Puntos posibles": "points possible",
    "Pontos possíveis": "points possible",
    # Canvas: assignments whose grades are posted by hand (a row of its own, without a name)
    "Manual Posting": "manual posting",
    "Muted": "manual posting",
    # Google Classroom
    "Class Average": "class average",
    "Class avg": "class average",
    "Average": "class average",
    "Date": "dates",
    "Due date": "dates",
    "Points": "points",
    "Out of": "points",
    # Moodle's grader report
    "Overall average": "overall average",
    "Group average": "group average",
    "Range": "range",
    "Controls": "controls",
}
"""Of rows without an id: a cell's words, and how the row is called."""

_BY_KEY: Final = {heading_key(label): said for label, said in _LABELS.items()}
_TEST_STUDENTS: Final = {"studenttest", "teststudent"}
_CANVAS: Final = frozenset(["sisuserid", "sisloginid", "sisid"])
_STUDENTS: Final = (
    *("student", "learner", "schuler", "studierende", "teilnehmer", "etudiant", "eleve"),
    *("estudiante", "alumno", "aluno", "estudante", "participant"),
)
_STAFF: Final = (
    *("teacher", "instructor", "assistant", "observer", "designer", "manager", "admin", "auditor", "reader"),
    *("lehrer", "trainer", "dozent", "tutor", "enseignant", "professeur", "gestionnaire"),
    *("profesor", "professor", "docente", "gestor"),
)


def no_student(cells: Sequence[str], columns: Columns, student_id: str) -> str:
    """What a row is that is no student's; empty for a student's."""
    if columns.roles is not None and (role := heading_key(cells[columns.roles])):
        is_staff = role == "ta" or any(word in role for word in _STAFF)
        if is_staff and not any(word in role for word in _STUDENTS):
            return "staff"
    if not student_id:
        said = next((_BY_KEY[key] for cell in cells if len(cell) < 40 and (key := heading_key(cell)) in _BY_KEY), "")
        identity = [cells[place] for place in columns.places.values()]
        if said and sum(map(bool, identity)) <= 1:
            return said
    return "test student" if _is_test_student(cells, columns) else ""


def _is_test_student(cells: Sequence[str], columns: Columns) -> bool:
    """Canvas's student view: it has a number of Canvas, and none of a school."""
    place = columns.places.get("name")
    if place is None or heading_key(cells[place]) not in _TEST_STUDENTS:
        return False
    keys = [heading_key(heading) for heading in columns.headings]
    if not _CANVAS & set(keys) and not {"student", "id", "section"} <= set(keys):
        return False
    return not any(cells[number] for number, key in enumerate(keys) if key in ("sisuserid", "sisid"))
