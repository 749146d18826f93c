"""A sheet as a table to fill in with a spreadsheet: a line per number, in plain text.

It has to survive being opened and saved by any spreadsheet in any country. So no cell of it is a number,
which some would take for a date; none begins with a sign that makes a formula of it; and all of it is
ASCII, since a line that tells Excel the separator makes it forget the encoding.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Final

from backproptable.formulas.formula import Ref
from backproptable.formulas.names import name_of
from backproptable.nets.plan import Cell, Plan
from backproptable.render.form import Form, slot
from backproptable.render.printers import Place, plain
from backproptable.sheets.asked import Task
from backproptable.sheets.marks import ANSWER, ASKED, CELL, CODE, GIVEN, LINE, WORKED

__all__ = ["csv_form"]

_STYLES: Final = {"value": str, "text": str}


def csv_form(plan: Plan, task: Task, code_row: int) -> Form:
    """The table with slots for the givens, for the numbers that the task shows, and in `code_row` for the code."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([CELL, LINE, ANSWER])
    writer.writerow([CODE, "leave this line as it is", slot(code_row, "text")])
    if task.asked:
        writer.writerow([ASKED, "leave this line as it is", str(len(task.asked))])
    writer.writerows(_rows(plan, task))
    return Form(f"sep=,\n{file.getvalue()}", _STYLES)


def _rows(plan: Plan, task: Task) -> Iterator[tuple[str, str, str]]:
    for cell in plan.givens:
        yield cell.name, _line(plan, cell, shown=True), GIVEN
    for _, cell in plan.worked:
        if cell.address in task.asked:
            yield cell.name, _line(plan, cell, shown=False), ""
        elif cell.address in task.shown:
            yield cell.name, _line(plan, cell, shown=True), WORKED


def _line(plan: Plan, cell: Cell, *, shown: bool) -> str:
    """``z1[1] = x[1] * W1[1,1] + b1[1] = 0.3775``, as far as it stands on the sheet."""
    sides = [cell.name]
    if cell.formula is not None:
        sides.append(plain(cell.formula, _named))
    if shown:
        sides.append(slot(plan.row[cell.address], "value"))
    return " = ".join(sides)


def _named(ref: Ref, place: Place) -> str:
    del place
    return name_of(ref.address)
