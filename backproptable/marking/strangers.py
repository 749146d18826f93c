"""Sheets whose wrong numbers are the right ones of somebody else: worked on another's sheet, or copied."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from backproptable.basics.errors import Problem
from backproptable.basics.workers import chunks
from backproptable.courses.manifest import Entry
from backproptable.marking.marked import ERRORS, MarkedSheet, Verdict
from backproptable.marking.marker import Marker
from backproptable.returned.answers import Answer, read_answer

__all__ = ["with_strangers"]

_ENOUGH: Final = 5
"""Numbers of three figures or more that are not right, before they can say anything."""
_SHARE: Final = 0.8
"""Of them must be somebody else's; by chance not even one in a hundred is."""
_FIGURES: Final = 3
_TOGETHER: Final = 1000
_NOT_RIGHT: Final = (*ERRORS, Verdict.FOLLOWS)


def with_strangers(sheets: Sequence[MarkedSheet], entries: Iterable[Entry], marker: Marker) -> list[MarkedSheet]:
    """The sheets, with a remark for a person on those whose wrong numbers fit the key of another student."""
    wrong = {place: numbers for place, sheet in enumerate(sheets) if len(numbers := _wrong(sheet)) >= _ENOUGH}
    owners: dict[int, str] = {}
    for chunk in chunks(entries, _TOGETHER) if wrong else ():
        printed = marker.truth([entry["givens"] for entry in chunk]).printed
        for place, numbers in wrong.items():
            rows = [marker.plan.row[marker.plan.by_name[name].address] for name in numbers]
            fits = np.array([_fits(printed[row], answer) for row, answer in zip(rows, numbers.values(), strict=True)])
            for column in np.flatnonzero(fits.mean(axis=0) >= _SHARE).tolist():
                if chunk[column]["student_id"] != sheets[place].student:
                    owners[place] = chunk[column]["student_id"]
    return [_remarked(sheet, owners.get(place)) for place, sheet in enumerate(sheets)]


def _wrong(sheet: MarkedSheet) -> dict[str, Answer]:
    """The numbers that are not the student's own right ones and that say something, by cell."""
    found = {cell.name: read_answer(cell.written) for cell in sheet.cells if cell.verdict in _NOT_RIGHT}
    return {
        name: answer
        for name, answer in found.items()
        if isinstance(answer, Answer) and (answer.figures or 0) >= _FIGURES
    }


def _fits(numbers: NDArray[np.float64], answer: Answer) -> NDArray[np.bool_]:
    # Whatever the sign: a notation may turn it round.
    fits: NDArray[np.bool_] = np.abs(np.abs(numbers) - abs(answer.value)) <= answer.half_unit * (1 + 1e-9)
    return fits


def _remarked(sheet: MarkedSheet, owner: str | None) -> MarkedSheet:
    if owner is None:
        return sheet
    what = f"those that are not right fit the sheet of student {owner!r}."
    return replace(sheet, remarks=(*sheet.remarks, Problem("numbers", what, "Look whose sheet was worked on.")))
