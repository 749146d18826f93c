"""The output formats, and the one function that turns a solution into the text of a file."""

from __future__ import annotations

import json
from typing import Any, Final

from backproptable.basics.errors import InputError, Problem, suggestion
from backproptable.formulas.formula import Ref
from backproptable.formulas.names import name_of
from backproptable.numbers.evaluate import Solution
from backproptable.render.epochs import bars, error_rows
from backproptable.render.page import TEXT_FORMATS, make_form
from backproptable.render.printers import Place, plain
from backproptable.render.questions import equal_weights
from backproptable.render.signs import turned_texts
from backproptable.sheets.asked import set_task
from backproptable.sheets.notation import load_notation
from backproptable.sheets.style import EXPLAIN, LAYOUTS, Style

__all__ = ["FORMATS", "VIEWS", "render_sheet"]

VIEWS: Final = ("worked", "blank")
FORMATS: Final = (*TEXT_FORMATS, "json")
_USUAL: Final = Style()


def render_sheet(
    solution: Solution,
    *,
    format: str = "md",  # noqa: A002 - the word users know
    view: str = "worked",
    style: Style = _USUAL,
    seed: int | None = None,
    note: str = "",
) -> str:
    """The text of one file: ``md``, ``tex`` or ``json`` (which has no style).

    A blank view is filled from the givens alone. `seed` is printed, nothing else; `note` is Markdown.
    Raises `InputError` for a word that is not known, and for faults in a teacher's own templates.
    """
    for key, word, known in (
        ("format", format, FORMATS),
        ("view", view, VIEWS),
        ("layout", style.layout, LAYOUTS),
        ("explain", style.explain, EXPLAIN),
    ):
        if word not in known:
            raise InputError([Problem(key, f"{word!r} is not known.", suggestion(word, known))])
    worked = view == "worked"
    if format == "json":
        return _json(solution, worked=worked, seed=seed)
    plan = solution.plan
    equal = equal_weights(solution) if worked and style.explain == "full" else None
    form = make_form(
        plan,
        format=format,
        task=set_task(plan, () if worked else "all"),
        style=style,
        figures=solution.figures,
        carry=solution.carry,
        seed=seed,
        note=note,
        diverged=solution.diverged,
        equal=equal,
    )
    opposite = load_notation(style.notation, plan.net).opposite
    texts = turned_texts(plan, _shown_texts(solution, worked=worked), opposite)
    equal_texts = turned_texts(plan, equal.text, opposite) if equal else ()
    return form.fill([*texts, *equal_texts, *bars(error_rows(plan), texts)])


def _shown_texts(solution: Solution, *, worked: bool) -> list[str | None]:
    """The number texts a view may show: all of them, or only the givens."""
    return [
        text if worked or cell.formula is None else None
        for cell, text in zip(solution.plan.cells, solution.text, strict=True)
    ]


# --- JSON --------------------------------------------------------------------------------------


def _json(solution: Solution, *, worked: bool, seed: int | None) -> str:
    plan, texts = solution.plan, solution.text

    def number(ref: Ref, place: Place) -> str:
        text = texts[plan.row[ref.address]]
        return f"({text})" if text.startswith("-") and place is not Place.OPEN else text

    cells = []
    for step, cell in plan.worked:
        row, formula = plan.row[cell.address], cell.formula
        entry: dict[str, Any] = {"name": cell.name, "step": step.name, "reason": step.reason.value}
        entry["formula"] = plain(formula, lambda ref, _: name_of(ref.address))  # type: ignore[arg-type]
        entry |= dict.fromkeys(("substituted", "shown", "value", "paper"))
        if worked:
            entry["substituted"] = plain(formula, number)  # type: ignore[arg-type]
            entry["shown"] = texts[row]
            entry["value"] = float(solution.exact[row])
            entry["paper"] = float(solution.line[row])
        cells.append(entry)
    content: dict[str, Any] = {
        "net": plan.net.as_keys(),
        "seed": seed,
        "givens": {cell.name: texts[plan.row[cell.address]] for cell in plan.givens},
        "cells": cells,
    }
    if solution.diverged:
        content["diverged"] = str(solution.diverged)
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False, default=float) + "\n"
