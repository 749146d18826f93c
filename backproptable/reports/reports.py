"""What programs read of marked sheets: a report as JSON, and grades for a course system as CSV."""

from __future__ import annotations

import csv
import io
import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from backproptable.marking.class_counts import by_student
from backproptable.marking.marked import MarkedSheet
from backproptable.render.escape import defused
from backproptable.reports.verdict_words import VERDICTS, number

__all__ = ["VERSION", "grades_csv", "report_json"]

VERSION: Final = 1
"""Of the report: a higher one can be read by newer programs only."""

# --- JSON ----------------------------------------------------------------------------------------

_JSON: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode


def report_json(sheets: Sequence[MarkedSheet]) -> str:
    """Every sheet with every number, a line each. A number's range has null where it has no end."""
    reports = ",\n".join(map(_report, sheets))
    text = f'{{"version": {VERSION}, "sheets": [\n{reports}\n]}}\n'
    # Names of files may have bytes that are no text; what Python writes for them, JSON reads.
    return text.encode(errors="backslashreplace").decode()


def _report(sheet: MarkedSheet) -> str:
    first = sheet.first_error
    points = int(sheet.points) if sheet.points == sheet.points.to_integral_value() else float(sheet.points)
    about = {
        "sheet": sheet.sheet,
        "student": sheet.student,
        "score": points,
        "first_error": first.name if first else None,
    }
    cells = ",\n".join(
        _JSON(
            {
                "name": cell.name,
                "written": cell.written,
                "line": cell.line,
                "verdict": cell.verdict.value,
                "expected": cell.expected,
                "low": _end(cell.low),
                "high": _end(cell.high),
                "because": cell.because,
            }
        )
        for cell in sheet.cells
    )
    return f'{_JSON(about)[:-1]}, "cells": [\n{cells}\n]}}'


def _end(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


# --- CSV -----------------------------------------------------------------------------------------

_COLUMNS: Final = (
    *("score", "possible", "percent"),
    *(verdict.value for verdict in VERDICTS),
    *("first_error", "needs_a_person", "file"),
)
_ID: Final = "student_id"


def grades_csv(sheets: Sequence[MarkedSheet], students: Iterable[Mapping[str, Any]]) -> str:
    """A row per student of the manifest, also of those who returned nothing, for spreadsheets and course systems.

    Who returned several sheets gets no score: a person says which one counts. A column of the roster
    that has the name of one of ours becomes ``roster_<name>``.
    """
    students = list(students)
    roster = [name for name in dict.fromkeys(key for student in students for key in student["columns"]) if name != _ID]
    returned = by_student(sheets)
    file = io.StringIO(newline="")
    writer = csv.writer(file)  # lines end as Excel and the standard have it, which also puts a lone CR in quotes
    writer.writerow(map(defused, (_ID, *_renamed(roster), *_COLUMNS)))
    for student in students:
        own = (student["columns"].get(name, "") for name in roster)
        grades = _grades(returned.get(student[_ID], []))
        writer.writerow(map(defused, (student[_ID], *own, *(grades.get(name, "") for name in _COLUMNS))))
    return "\ufeff" + file.getvalue().encode(errors="replace").decode()


def _renamed(roster: Sequence[str]) -> Iterator[str]:
    taken = {_ID, *_COLUMNS}
    for name in roster:
        renamed = name
        while renamed in taken:
            renamed = f"roster_{renamed}"
        taken.add(renamed)
        yield renamed


def _grades(sheets: Sequence[MarkedSheet]) -> dict[str, str]:
    if len(sheets) != 1:
        return {"needs_a_person": "yes" if sheets else "no", "file": "; ".join(sheet.sheet for sheet in sheets)}
    (sheet,) = sheets
    grades = {"needs_a_person": "yes" if sheet.needs_a_person or not sheet.cells else "no", "file": sheet.sheet}
    if not sheet.cells:  # nothing of it could be read: that is no score of 0
        return grades
    counts = Counter(cell.verdict for cell in sheet.cells)
    first = sheet.first_error
    grades |= {verdict.value: str(counts[verdict]) for verdict in VERDICTS}
    return grades | {
        "score": number(sheet.points),
        "possible": number(sheet.possible),
        "percent": _percent(sheet),
        "first_error": first.name if first else "",
    }


def _percent(sheet: MarkedSheet) -> str:
    if not sheet.possible:
        return ""
    return str((100 * sheet.points / sheet.possible).quantize(Decimal("0.1"), ROUND_HALF_UP))
