"""One line as it should have been worked, in plain text: its formula, the numbers put in, the value.

``= dL/da2[1] · da2/dz2[1] = 0.8955 · 0.2500 = 0.2239``

The numbers are the student's own. One that is not on the sheet keeps its name: it is still to be
worked out, and nothing here gives it away.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from backproptable.formulas.formula import Choice, Formula, Ref
from backproptable.formulas.names import name_of
from backproptable.nets.plan import Cell
from backproptable.render.printers import Place, PrintRef, plain
from backproptable.render.signs import turned_formula

__all__ = ["in_names", "worked_line"]


def in_names(cell: Cell, formula: Formula, opposite: Collection[str]) -> str:
    """A formula for a cell in the names of cells; `opposite` are the families whose sign the sheet turns round."""
    return _printed(turned_formula(cell, formula, opposite), lambda ref, _: name_of(ref.address))


def worked_line(cell: Cell, numbers: Mapping[str, str], value: str, opposite: Collection[str] = ()) -> str:
    """The line of a computed cell; empty for a given. `numbers` are those on the sheet, by the name of their cell."""
    if cell.formula is None:
        return ""
    formula = turned_formula(cell, cell.formula, opposite)

    def number(ref: Ref, place: Place) -> str:
        text = numbers.get(name_of(ref.address))
        if text is None:
            return name_of(ref.address)
        return f"({text})" if text.startswith("-") and place is not Place.OPEN else text

    steps = [_printed(formula, lambda ref, _: name_of(ref.address)), _printed(formula, number), value]
    return "".join(f" = {step}" for step in dict.fromkeys(filter(None, steps))).lstrip()


def _printed(formula: Formula, ref: PrintRef) -> str:
    if isinstance(formula, Choice):
        parts = (formula.then, formula.arg, formula.above, formula.otherwise)
        then, arg, above, otherwise = (plain(part, ref) for part in parts)
        return f"{then} if {arg} > {above} else {otherwise}"
    return plain(formula, ref).replace(" * ", " · ")
