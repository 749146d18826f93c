"""One marked sheet for people: feedback for the student in Markdown, and lines for a terminal."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import PurePath
from typing import Any, Final, NamedTuple

from backproptable.basics.plaintext import one_line
from backproptable.marking.class_counts import got, step_of_cells
from backproptable.marking.marked import ERRORS, MarkedCell, MarkedSheet, Verdict
from backproptable.nets.plan import Plan, Step
from backproptable.render.escape import markdown_text
from backproptable.render.quoting import file_md, own_md, quoted, written_md
from backproptable.render.templates import fill_template
from backproptable.render.worked_lines import in_names, worked_line
from backproptable.reports.verdict_words import VERDICTS, number, totals, why

__all__ = ["cell_line", "feedback_md", "terminal_lines"]

_MOST_NAMES: Final = 12
"""Of a list of cells in a sentence; the table has them all."""
_FINE: Final = (Verdict.RIGHT, Verdict.FOLLOWS)


# --- Markdown ------------------------------------------------------------------------------------


def feedback_md(sheet: MarkedSheet, plan: Plan, *, title: str, opposite: Collection[str] = ()) -> str:
    """What a student should look at, line by line, and in a short table how many numbers of each step are right.

    `opposite` are the families of cells that the sheet's notation writes with the other sign. What was
    passed over in the file is not in it: that is for the teacher, who may have to ask about it.
    """
    first = sheet.first_error
    others: dict[str, list[MarkedCell]] = {}
    for cell in sheet.cells:
        if cell.verdict in ERRORS and cell is not first:
            others.setdefault(why(cell), []).append(cell)
    is_explained = first is not None and first.verdict is not Verdict.WRONG
    again = others.pop(why(first), []) if first and is_explained else []

    def told(cells: Iterable[MarkedCell]) -> list[dict[str, Any]]:
        return [_told(cell, sheet, plan, opposite) for cell in cells]

    text = fill_template(
        "md/feedback.md.j2",
        {
            "net": plan.net,
            "title": markdown_text(title),
            "name": markdown_text(sheet.name),
            "student_id": markdown_text(sheet.student or ""),
            "file": file_md(PurePath(sheet.sheet).name),
            "points": number(sheet.points),
            "possible": number(sheet.possible),
            "asked": len(sheet.cells),
            "correct": sum(map(got, sheet.cells)),
            "correct_in_words": totals(filter(got, sheet.cells)),
            "rest_in_words": totals(cell for cell in sheet.cells if not got(cell)),
            "constant": _names(cell for cell in sheet.cells if "constant" in cell.because),
            "trivial": _names(cell for cell in sheet.cells if "trivial" in cell.because),
            "first": None if first is None else told([first])[0],
            "again": told(again),
            "others": [
                {"sign": VERDICTS[cells[0].verdict].words, "why": own_md(reason), "lines": told(cells)}
                for reason, cells in others.items()
            ],
            "few": told(_with(sheet, Verdict.TOO_FEW_DIGITS)),
            "blank": _names(_with(sheet, Verdict.BLANK)),
            "missing": _names(cell for cell in sheet.cells if "missing" in cell.because),
            "unreadable": told(_with(sheet, Verdict.UNREADABLE)),
            "follows": _names(cell for cell in _with(sheet, Verdict.FOLLOWS) if got(cell)),
            "corrected": _names(cell for cell in sheet.cells if "corrected" in cell.because),
            "cut": any("cut" in cell.because for cell in sheet.cells),
            "passed_over": sum(remark.where not in _OF_CELLS for remark in sheet.remarks),
            "parts": list(_parts(sheet, plan)),
        },
    )
    return text.rstrip("\n") + "\n"


_OF_CELLS: Final = ("rows", "answers")
"""Remarks about what is said of the cells anyway."""


def _with(sheet: MarkedSheet, verdict: Verdict) -> Iterator[MarkedCell]:
    return (cell for cell in sheet.cells if cell.verdict is verdict)


def _names(cells: Iterable[MarkedCell]) -> str:
    return _listed([f"`{cell.name}`" for cell in cells])


def _listed(things: Sequence[str]) -> str:
    more = len(things) - _MOST_NAMES
    return ", ".join(things[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


class _Row(NamedTuple):
    """A part of the training step in the table of all of them."""

    kind: str
    update: int
    asked: int
    correct: int
    others: str


def _parts(sheet: MarkedSheet, plan: Plan) -> Iterator[_Row]:
    """How many numbers of each part are right, and which are not. Copied givens are a part of their own."""
    steps = step_of_cells(plan)
    for part, group in groupby(sheet.cells, key=lambda cell: _part(steps.get(cell.name))):
        cells = list(group)
        not_correct = (f"{VERDICTS[cell.verdict].sign} `{cell.name}`" for cell in cells if not got(cell))
        yield _Row(*part, len(cells), sum(map(got, cells)), ", ".join(not_correct))


def _part(step: Step | None) -> tuple[str, int]:
    return (step.part.value, step.round) if step else ("given", 1)


def _told(cell: MarkedCell, sheet: MarkedSheet, plan: Plan, opposite: Collection[str]) -> dict[str, Any]:
    words = VERDICTS[cell.verdict]
    in_plan = plan.by_name.get(cell.name)
    is_explained = cell.verdict in _TOLD and in_plan is not None
    nearest = in_names(in_plan, cell.nearest, opposite) if in_plan is not None and cell.nearest is not None else ""
    return {
        "name": cell.name,
        "line": cell.line,
        "verdict": cell.verdict.value,
        "sign": words.sign,
        "words": words.words,
        "written": written_md(cell.written),
        "expected": cell.expected if cell.verdict in _TOLD else "",
        "worked": worked_line(in_plan, sheet.numbers, cell.expected, opposite) if is_explained and in_plan else "",
        "nearest": nearest,
        "why": (markdown_text if cell.verdict is Verdict.UNREADABLE else own_md)(why(cell)),
    }


_TOLD: Final = (*ERRORS, Verdict.TOO_FEW_DIGITS)
"""Where the expected number helps; a blank line can still be worked out."""


# --- terminal ------------------------------------------------------------------------------------


def terminal_lines(
    sheet: MarkedSheet, plan: Plan | None = None, opposite: Collection[str] = ()
) -> list[tuple[str, str]]:
    """Lines with their style (``good``, ``bad``, ``plain`` or ``dim``): what is to be looked at, then totals.

    With the `plan`, each flagged line is followed by how it should have been worked.
    """
    return list(_terminal(sheet, plan, opposite))


def _terminal(sheet: MarkedSheet, plan: Plan | None, opposite: Collection[str]) -> Iterator[tuple[str, str]]:
    yield "plain", one_line(sheet.sheet)
    for cell in sheet.cells:
        if cell.verdict in _LOUD:
            style, text = cell_line(cell)
            yield style, f"  {text}"
            if plan is not None and cell.verdict in ERRORS:
                yield from _as_worked(cell, sheet, plan, opposite)
    follows = list(_with(sheet, Verdict.FOLLOWS))
    if earned := [cell.name for cell in follows if got(cell)]:
        yield "dim", f"  right because they follow: {_listed(earned)}"
    if trivial := [cell.name for cell in follows if not got(cell)]:
        yield "dim", f"  for nothing, only because a wrong number above them is 0 or makes them 0: {_listed(trivial)}"
    if blank := [cell.name for cell in _with(sheet, Verdict.BLANK)]:
        yield "dim", f"  blank: {_listed(blank)}"
    for remark in sheet.remarks:
        yield "bad", f"  {one_line(str(remark))}"
    is_good = all(map(got, sheet.cells)) and not sheet.needs_a_person
    yield "good" if is_good else "plain", f"  {totals(sheet.cells)}"
    yield "good" if is_good else "plain", f"  {number(sheet.points)} of {number(sheet.possible)} points"


def _as_worked(
    cell: MarkedCell, sheet: MarkedSheet, plan: Plan, opposite: Collection[str]
) -> Iterator[tuple[str, str]]:
    in_plan = plan.by_name[cell.name]
    if line := worked_line(in_plan, sheet.numbers, cell.expected, opposite):
        yield "dim", f"      {line}"
    if cell.nearest is not None:
        yield "dim", f"      your number is what this gives: {in_names(in_plan, cell.nearest, opposite)}"


_LOUD: Final = dict.fromkeys((*ERRORS, Verdict.UNREADABLE), "bad") | {Verdict.TOO_FEW_DIGITS: "plain"}


def cell_line(cell: MarkedCell) -> tuple[str, str]:
    """What is said of one number on a terminal, with its style."""
    told = VERDICTS[cell.verdict]
    place = "" if cell.line is None else f"line {cell.line}, "
    said = f"{place}{cell.name}: {told.sign} {told.words}"
    if cell.verdict is not Verdict.BLANK:
        said += f": {quoted(cell.written) or 'nothing'} written"
    if cell.verdict in _TOLD and cell.expected:
        said += f", {cell.expected} expected"
    reason = why(cell)
    style = "good" if got(cell) else _LOUD.get(cell.verdict, "dim")
    return style, f"{said} ({reason})" if reason else said
