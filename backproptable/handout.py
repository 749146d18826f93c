"""One worked example, from what was asked for to the texts of its files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from backproptable.derive import derive
from backproptable.digits import DEFAULT_FIGURES, MAX_FIGURES, MIN_FIGURES
from backproptable.draw import draw
from backproptable.errors import InputError, Problem, suggestion
from backproptable.evaluate import CARRIES, Solution, solve
from backproptable.example import Example
from backproptable.net import Net
from backproptable.notation import DEFAULT_NOTATION, notation_titles
from backproptable.render.formats import EXPLAIN, FORMATS, LAYOUTS, VIEWS, Style, render

__all__ = ["Handout", "make_handout"]

_DEFAULTS: Final[dict[str, Any]] = {
    "layout": "cells",
    "notation": DEFAULT_NOTATION,
    "explain": "short",
    "figures": DEFAULT_FIGURES,
    "carry": "paper",
}


@dataclass(frozen=True, slots=True)
class Handout:
    """The files of a worked example, not yet written."""

    files: dict[str, str]
    """Text by file name."""
    seed: int | None
    """The seed that numbers were drawn from; None where all were given."""
    solution: Solution


def make_handout(
    example: Example | None,
    *,
    formats: Sequence[str],
    seed: int | None,
    fresh_seed: int,
    view: str = "worked",
    templates: Path | None = None,
    **options: Any,
) -> Handout:
    """Work out `example`, or the default net, and render it in every format.

    `options` (layout, notation, explain, figures, carry) override the example's own. `seed` draws weights
    afresh even where they are given; `fresh_seed` is used where something must be drawn and no
    seed was asked for. Raises `InputError`.
    """
    settings = _DEFAULTS | (dict(example.sheet) if example else {}) | options
    _check(formats, view, settings)
    plan = derive(example.net if example else Net())
    given = {} if example is None else (example.without_weights if seed is not None else example).givens
    to_draw = [cell.name for cell in plan.givens if cell.name not in given and cell.address.family != "eta"]
    used_seed = (fresh_seed if seed is None else seed) if to_draw else None
    givens = draw(plan, used_seed or 0, given=given, figures=settings["figures"])
    solution = solve(plan, givens, figures=settings["figures"], carry=settings["carry"])
    style = Style(settings["layout"], settings["notation"], settings["explain"], templates)
    stem = example.name if example else "handout"
    files = {
        f"{stem}.{name}": render(
            solution,
            format=name,
            view=view,
            style=style,
            seed=used_seed,
        )
        for name in formats
    }
    return Handout(files, used_seed, solution)


def _check(formats: Sequence[str], view: str, settings: dict[str, Any]) -> None:
    """All the words of the options at once."""
    problems = [
        Problem(option, f"{word!r} is not known.", suggestion(str(word), known))
        for option, word, known in (
            *(("--format", name, FORMATS) for name in formats),
            ("--view", view, VIEWS),
            ("--layout", settings["layout"], LAYOUTS),
            ("--explain", settings["explain"], EXPLAIN),
            ("--carry", settings["carry"], CARRIES),
            ("--notation", settings["notation"], notation_titles()),
        )
        if word not in known
    ]
    if not MIN_FIGURES <= settings["figures"] <= MAX_FIGURES:
        problems.append(
            Problem("--figures", f"is {settings['figures']}.", f"Write a number from {MIN_FIGURES} to {MAX_FIGURES}.")
        )
    if problems:
        raise InputError(problems)
