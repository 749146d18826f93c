"""The output formats, and the one function that turns a solution into the text of a file."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from backproptable.errors import InputError, Problem, suggestion
from backproptable.evaluate import Solution
from backproptable.formula import Ref
from backproptable.names import name_of
from backproptable.notation import load_notation
from backproptable.render.document import VALUE, lay_out
from backproptable.render.form import Form
from backproptable.render.listing import RAW, listing
from backproptable.render.printers import Place, plain
from backproptable.render.questions import equal_weights, lay_out_questions
from backproptable.render.signs import turned_texts
from backproptable.render.steps import lay_out_steps
from backproptable.render.templates import fill_template
from backproptable.style import EXPLAIN, LAYOUTS, Style

__all__ = ["FORMATS", "VIEWS", "render_sheet"]

VIEWS: Final = ("worked", "blank")
_USUAL: Final = Style()


def render_sheet(
    solution: Solution,
    *,
    format: str = "md",  # noqa: A002 - the word users know
    view: str = "worked",
    style: Style = _USUAL,
    seed: int | None = None,
) -> str:
    """The text of one file: ``md``, ``tex`` or ``json`` (which has no style).

    A blank view is filled from the givens alone. `seed` is printed, nothing else.
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
    plan, notation = solution.plan, load_notation(style.notation, solution.plan.net)
    twin = equal_weights(solution) if worked and style.explain == "full" else None
    document = lay_out(plan, notation, worked=worked, matrices=style.layout == "matrices")
    if worked and style.explain == "full" and not plan.net.forward_only:
        questions = lay_out_questions(plan, notation, style=VALUE, equal=twin)
        document = replace(document, questions=questions)
    context = {
        "doc": document,
        "layout": style.layout,
        "steps": lay_out_steps(plan, notation, document) if style.layout == "steps" else None,
        "explain": style.explain,
        "figures": solution.figures,
        "carry": solution.carry,
        "seed": seed,
        "listing": listing(plan, solution.figures, solution.carry) if worked else "",
    }
    form = Form(fill_template(f"{format}/page.{format}.j2", context, style.templates), _STYLES[format])
    texts = turned_texts(plan, _shown_texts(solution, worked=worked), notation.opposite)
    return form.fill([*texts, *(turned_texts(plan, twin.text, notation.opposite) if twin else ())])


def _shown_texts(solution: Solution, *, worked: bool) -> list[str | None]:
    """The number texts a view may show: all of them, or only the givens."""
    return [
        text if worked or cell.formula is None else None
        for cell, text in zip(solution.plan.cells, solution.text, strict=True)
    ]


# --- Markdown and LaTeX ------------------------------------------------------------------------


def _tex_number(text: str) -> str:
    mantissa, mark, exponent = text.partition("e")
    return rf"{mantissa} \times 10^{{{exponent}}}" if mark else mantissa


def _bracketed(text: str) -> str:
    return f"({_tex_number(text)})" if text.startswith("-") else _tex_number(text)


def _base(text: str) -> str:
    return f"({_tex_number(text)})" if text.startswith("-") or "e" in text else text


_IN_FORMULAS: Final[dict[str, Callable[[str], str]]] = {
    Place.OPEN: _tex_number,
    Place.TIGHT: _bracketed,
    Place.BASE: _base,
    RAW: str,
}
_STYLES: Final[Mapping[str, Mapping[str, Callable[[str], str]]]] = {
    "md": {**_IN_FORMULAS, VALUE: str},  # as a student would type it
    "tex": {**_IN_FORMULAS, VALUE: lambda text: f"${_tex_number(text)}$"},
}
"""How a number is written in each kind of slot."""

FORMATS: Final = (*_STYLES, "json")


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
    content = {
        "net": plan.net.as_keys(),
        "seed": seed,
        "givens": {cell.name: texts[plan.row[cell.address]] for cell in plan.givens},
        "cells": cells,
    }
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False, default=float) + "\n"
