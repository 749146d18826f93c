"""The summary of a class: what was got and what was not, which sheets need a person, how hard they were."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from statistics import mean, median
from typing import Any, Final
from urllib.parse import quote

from backproptable.courses.weights import EQUALLY, REPEATS, equal_weights
from backproptable.drawing.hardness import HARDNESS
from backproptable.marking.class_counts import CauseCount, StepCount, by_student, cause_counts, step_counts
from backproptable.marking.in_common import FEWEST, in_common
from backproptable.marking.marked import REMARKS, MarkedCell, MarkedSheet, Verdict
from backproptable.marking.scoring import Policy
from backproptable.nets.plan import Plan
from backproptable.render.escape import markdown_text
from backproptable.render.quoting import file_md, own_md, written_md
from backproptable.render.templates import fill_template
from backproptable.reports.class_picture import alternative, class_svg, part_in_words, percent
from backproptable.reports.verdict_words import WORDS, number, why

__all__ = ["class_md"]

_FEWEST_COMPARED: Final = 4
"""Sheets of which the easier half may be held against the harder one."""
_MOST_CELLS: Final = 6
"""Of the cells at which a mistake was made; how many more there are is said."""
_SMALL_IS_HARD: Final = ("smallest_gradient",)


def class_md(
    sheets: Sequence[MarkedSheet],
    entries: Iterable[Mapping[str, Any]],
    plan: Plan,
    *,
    title: str,
    policy: Policy,
    by_name: bool = False,
    picture: str = "class.svg",
) -> tuple[str, str]:
    """The summary as Markdown, and the picture (which it shows by the name `picture`) as SVG.

    `policy` is what the points of the sheets are by. Only if `by_name` is set are students named.

    What is counted are the sheets of students in the manifest who returned one that can be read;
    the others need a person first.
    """
    entries = list(entries)
    returned = by_student(sheets)
    known = {entry["student_id"]: entry for entry in entries}
    alone = [sheet for student in known if len(found := returned.get(student, [])) == 1 for sheet in found]
    counted = [sheet for sheet in alone if sheet.cells]
    steps = step_counts(counted, plan)
    explained = {code: told for code, told in WORDS.items() if code not in REMARKS}
    all_cells = [cell for sheet in counted for cell in sheet.cells]
    text = fill_template(
        "md/class.md.j2",
        {
            "title": markdown_text(title),
            "students": len(entries),
            "files": len(sheets),
            "counted": len(counted),
            "nothing": sum(student not in returned for student in known),
            "points": _spread([sheet.points for sheet in counted]),
            "possible": _spread([sheet.possible for sheet in counted]),
            "picture": quote(picture),
            "alternative": own_md(alternative(steps, len(counted))),
            "marks": list(_marks(counted)),
            "rules": list(_rules(counted, plan, policy)),
            "equally": EQUALLY,
            "by_name": by_name,
            "steps": [_step(count, plan) for count in steps],
            "causes": [_cause(cause, explained) for cause in cause_counts(counted, explained)],
            "unexplained": sum(cell.verdict is Verdict.WRONG for cell in all_cells),
            "cut": sum(any("cut" in cell.because for cell in sheet.cells) for sheet in counted),
            "persons": list(_for_a_person(sheets, returned, known, by_name=by_name)),
            "halves": list(_halves(counted, known)),
            "hardness": list(HARDNESS.values()),
            "single": [_single(sheet, known[str(sheet.student)], by_name=by_name) for sheet in counted],
            "fewest": FEWEST,
            "common": [
                {
                    "students": ", ".join(_called(known[student], by_name=by_name) for student in group.students),
                    "numbers": ", ".join(f"`{name}` {value}" for name, value in group.numbers),
                }
                for group in in_common(counted)
            ],
        },
    )
    return text.rstrip("\n") + "\n", class_svg(steps, title=title, sheets=len(counted))


def _called(entry: Mapping[str, Any], *, by_name: bool) -> str:
    """How a student is called: by id, and by name where that may be."""
    name = f" {markdown_text(entry['name'])}" if by_name and entry["name"] else ""
    return f"{markdown_text(entry['student_id'])}{name}"


def _unknown(sheet: MarkedSheet) -> Mapping[str, Any]:
    return {"student_id": sheet.student or "", "name": ""}


def _marks(sheets: Sequence[MarkedSheet]) -> Iterator[dict[str, Any]]:
    """How many sheets have so many points, in tenths of what is possible."""
    tenths = Counter(min(int(10 * sheet.points / sheet.possible), 9) for sheet in sheets if sheet.possible)
    most = max(tenths.values(), default=0)
    for tenth in range(9, -1, -1):
        if any(place <= tenth for place in tenths):
            count = tenths[tenth]
            bar = "█" * round(_WIDEST * count / most)
            yield {"from": 10 * tenth, "to": 10 * tenth + 10, "count": count, "bar": bar}


def _rules(sheets: Sequence[MarkedSheet], plan: Plan, policy: Policy) -> Iterator[dict[str, Any]]:
    """What each rule of the points would have given: the mean, the least and the most, in per cent."""
    if not sheets:
        return
    names = [cell.name for cell in sheets[0].cells]
    for repeats in REPEATS:
        columns = []
        for equally in EQUALLY:
            weights = equal_weights(plan, names, equally)
            other = Policy(plan, policy.worth, weights=weights, repeats=repeats)
            columns.append(_spread_of_shares([other.share(sheet.cells) for sheet in sheets]))
        yield {"repeats": repeats, "columns": columns}
    yield {"repeats": "", "columns": [_spread_of_shares([policy.share(sheet.cells) for sheet in sheets])]}


def _spread_of_shares(shares: Sequence[Fraction]) -> str:
    low, middle, high = (percent(float(share)) for share in (min(shares), sum(shares) / len(shares), max(shares)))
    return middle if low == high else f"{middle} ({low} to {high})"


_WIDEST: Final = 30
"""Signs of the longest bar."""


def _step(count: StepCount, plan: Plan) -> dict[str, Any]:
    return {
        "name": count.step.name,
        "part": part_in_words(count.step.part, count.step.round, several=plan.net.updates > 1),
        "asked": count.asked,
        "right": count.right,
        "follows": count.follows,
        "share": percent(count.share),
    }


def _cause(cause: CauseCount, explained: Mapping[str, str]) -> dict[str, Any]:
    return {
        "code": cause.code,
        "title": own_md(explained[cause.code]),
        "alone": cause.alone,
        "among": cause.among,
        "sheets": cause.sheets,
        "cells": _cells(cause.cells.most_common()),
    }


def _spread(points: Sequence[Decimal]) -> str:
    if not points:
        return ""
    low, high = number(min(points)), number(max(points))
    return low if low == high else f"{low} to {high}, the middle {number(Decimal(median(points)))}"


def _cells(cells: Sequence[tuple[str, int]]) -> str:
    told = [f"`{name}`" if count == 1 else f"`{name}` ({count} times)" for name, count in cells[:_MOST_CELLS]]
    more = len(cells) - _MOST_CELLS
    return ", ".join(told) + (f" and {more} more" if more > 0 else "")


# --- who needs a person --------------------------------------------------------------------------


def _for_a_person(
    sheets: Iterable[MarkedSheet],
    returned: Mapping[str, Sequence[MarkedSheet]],
    known: Mapping[str, Mapping[str, Any]],
    *,
    by_name: bool,
) -> Iterator[dict[str, Any]]:
    """The sheets that a program must not decide about, each with its reasons."""
    for sheet in sheets:
        reasons = list(_reasons(sheet, returned, known))
        if reasons:
            yield {
                "file": file_md(sheet.sheet),
                "student": _called(known.get(sheet.student or "") or _unknown(sheet), by_name=by_name),
                "reasons": reasons,
            }


def _reasons(
    sheet: MarkedSheet,
    returned: Mapping[str, Sequence[MarkedSheet]],
    known: Mapping[str, object],
) -> Iterator[str]:
    if sheet.student is not None and sheet.student not in known:
        yield "this student is not in the manifest"
    elif sheet.student is not None and len(found := returned[sheet.student]) > 1:
        others = ", ".join(file_md(other.sheet) for other in found if other is not sheet)
        yield f"the student returned {len(found)} sheets, so none has a score (also {others})"
    for problem in sheet.remarks:
        yield markdown_text(str(problem))
    unreadable: dict[str, list[MarkedCell]] = {}
    for cell in sheet.cells:
        if cell.verdict is Verdict.UNREADABLE:
            unreadable.setdefault(why(cell), []).append(cell)
    for reason, cells in unreadable.items():
        yield _of_unreadable(cells, markdown_text(reason) or "not readable")
    if not sheet.remarks and sheet.student is None:
        yield "it is not clear whose sheet it is"
    elif not sheet.remarks and not sheet.cells:
        yield "nothing of it could be read"


def _of_unreadable(cells: Sequence[MarkedCell], reason: str) -> str:
    """The numbers of a sheet that cannot be read for one reason."""
    first = cells[0]
    if len(cells) == 1:
        line = "" if first.line is None else f" in line {first.line}"
        return f"`{first.name}`{line}: {written_md(first.written) or 'nothing'} ({reason})"
    return f"{len(cells)} numbers: {_cells([(cell.name, 1) for cell in cells])} ({reason})"


# --- how hard ------------------------------------------------------------------------------------


def _share(sheet: MarkedSheet) -> float:
    return float(sheet.points / sheet.possible) if sheet.possible else 0.0


def _hardness(entry: Mapping[str, Any], code: str) -> float | None:
    found = entry.get("hardness", {}).get(code)
    return None if found is None else float(found)


def _halves(sheets: Sequence[MarkedSheet], known: Mapping[str, Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """What the easier sheets scored beside the harder ones, by each measure of which they differ."""
    for code, words in HARDNESS.items():
        measured = [
            (hardness, _share(sheet))
            for sheet in sheets
            if (hardness := _hardness(known[str(sheet.student)], code)) is not None
        ]
        if len(measured) < _FEWEST_COMPARED:
            continue
        middle = median(hardness for hardness, _ in measured)
        low = [share for hardness, share in measured if hardness < middle]
        high = [share for hardness, share in measured if hardness > middle]
        if low and high:
            easy, hard = (high, low) if code in _SMALL_IS_HARD else (low, high)
            yield {
                "words": words,
                "middle": f"{middle:.4g}",
                "easy": f"{percent(mean(easy))} ({len(easy)})",
                "hard": f"{percent(mean(hard))} ({len(hard)})",
            }


def _single(sheet: MarkedSheet, entry: Mapping[str, Any], *, by_name: bool) -> dict[str, Any]:
    first = sheet.first_error
    numbers = (_hardness(entry, code) for code in HARDNESS)
    return {
        "student": _called(entry, by_name=by_name),
        "score": percent(_share(sheet)),
        "first": first.name if first else "",
        "hardness": ["–" if found is None else f"{found:.4g}" for found in numbers],
    }
