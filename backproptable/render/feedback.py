"""One marked sheet for people: feedback for the student in Markdown, and lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import PurePath
from typing import Any, Final, NamedTuple

from backproptable.class_counts import got, step_of_cells
from backproptable.marked import ERRORS, MarkedCell, MarkedSheet, Verdict
from backproptable.plaintext import one_line
from backproptable.plan import Plan
from backproptable.render.escape import markdown_text
from backproptable.render.quoting import file_md, own_md, quoted, written_md
from backproptable.render.templates import fill_template
from backproptable.render.verdict_words import VERDICTS, number, totals, why

__all__ = ["cell_line", "feedback_md", "terminal_lines"]

_MOST_NAMES: Final = 12
"""Of a list of cells in a sentence; the table has them all."""


# --- Markdown ------------------------------------------------------------------------------------


def feedback_md(sheet: MarkedSheet, plan: Plan, *, title: str) -> str:
    """The sheet marked line by line, below a short summary.

    What was passed over in the file is not in it: that is for the teacher, who may have to ask about it.
    """
    first = sheet.first_error
    others: dict[str, list[MarkedCell]] = {}
    for cell in sheet.cells:
        if cell.verdict in ERRORS and cell is not first:
            others.setdefault(why(cell), []).append(cell)
    is_explained = first is not None and first.verdict is not Verdict.WRONG
    again = others.pop(why(first), []) if first and is_explained else []
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
            "totals": totals(sheet.cells),
            "first": None if first is None else _told(first),
            "again": _names(again),
            "others": [
                {"sign": VERDICTS[cells[0].verdict].words, "why": own_md(reason), "names": _names(cells)}
                for reason, cells in others.items()
            ],
            "few": _names(_with(sheet, Verdict.TOO_FEW_DIGITS)),
            "blank": _names(_with(sheet, Verdict.BLANK)),
            "unreadable": _names(_with(sheet, Verdict.UNREADABLE)),
            "follows": _names(cell for cell in _with(sheet, Verdict.FOLLOWS) if got(cell)),
            "cut": any("cut" in cell.because for cell in sheet.cells),
            "passed_over": len(sheet.remarks),
            "sections": list(_sections(sheet, plan)),
        },
    )
    return text.rstrip("\n") + "\n"


def _with(sheet: MarkedSheet, verdict: Verdict) -> Iterator[MarkedCell]:
    return (cell for cell in sheet.cells if cell.verdict is verdict)


def _names(cells: Iterable[MarkedCell]) -> str:
    return _listed([f"`{cell.name}`" for cell in cells])


def _listed(things: Sequence[str]) -> str:
    more = len(things) - _MOST_NAMES
    return ", ".join(things[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


class _Section(NamedTuple):
    kind: str
    update: int
    rows: list[dict[str, Any]]


def _sections(sheet: MarkedSheet, plan: Plan) -> Iterator[_Section]:
    """The numbers by the parts of the training step; givens that were copied have a part of their own."""
    steps = step_of_cells(plan)

    def section(cell: MarkedCell) -> tuple[str, int]:
        step = steps.get(cell.name)
        return (step.part.value, step.round) if step else ("given", 1)

    for (kind, update), cells in groupby(sheet.cells, key=section):
        yield _Section(kind, update, [_told(cell) for cell in cells])


def _told(cell: MarkedCell) -> dict[str, Any]:
    told = VERDICTS[cell.verdict]
    return {
        "name": cell.name,
        "line": cell.line,
        "verdict": cell.verdict.value,
        "sign": told.sign,
        "words": told.words,
        "written": written_md(cell.written),
        "expected": cell.expected if cell.verdict in _TOLD else "",
        "why": (markdown_text if cell.verdict is Verdict.UNREADABLE else own_md)(why(cell)),
    }


_TOLD: Final = (*ERRORS, Verdict.TOO_FEW_DIGITS)
"""Where the expected number helps; a blank line can still be worked out."""


# --- terminal ------------------------------------------------------------------------------------


def terminal_lines(sheet: MarkedSheet) -> list[tuple[str, str]]:
    """Lines with their style (``good``, ``bad``, ``plain`` or ``dim``): what is to be looked at, then totals."""
    return list(_terminal(sheet))


def _terminal(sheet: MarkedSheet) -> Iterator[tuple[str, str]]:
    yield "plain", one_line(sheet.sheet)
    for cell in sheet.cells:
        if cell.verdict in _LOUD:
            style, text = cell_line(cell)
            yield style, f"  {text}"
    if follows := [cell.name for cell in _with(sheet, Verdict.FOLLOWS)]:
        yield "dim", f"  right because they follow: {_listed(follows)}"
    if blank := [cell.name for cell in _with(sheet, Verdict.BLANK)]:
        yield "dim", f"  blank: {_listed(blank)}"
    for remark in sheet.remarks:
        yield "bad", f"  {one_line(str(remark))}"
    is_good = all(map(got, sheet.cells)) and not sheet.needs_a_person
    yield "good" if is_good else "plain", f"  {totals(sheet.cells)}"
    yield "good" if is_good else "plain", f"  {number(sheet.points)} of {number(sheet.possible)} points"


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
