"""One worked example, from what was asked for to the texts of its files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from backproptable.basics.errors import DivergedError, InputError, Problem, suggestion
from backproptable.drawing.draw import draw_givens
from backproptable.formulas.digits import DEFAULT_FIGURES
from backproptable.nets.derive import MOST_CELLS, derive_plan
from backproptable.nets.net import Net
from backproptable.nets.plan import Plan
from backproptable.nets.recipes.recipe import Recipe
from backproptable.numbers.entries import chosen_entries
from backproptable.numbers.evaluate import Givens, Solution, settings_problems, solve
from backproptable.numbers.matrix_givens import given_matrices
from backproptable.numbers.matrix_numbers import MatrixSolution, solve_matrices
from backproptable.numbers.shapes import Shapes, shapes_of
from backproptable.render.formats import FORMATS, VIEWS, render_sheet
from backproptable.render.shapes import render_shapes
from backproptable.sheets.notation import DEFAULT_NOTATION, notation_titles
from backproptable.sheets.style import EXPLAIN, LAYOUTS, Style

if TYPE_CHECKING:  # reading files takes pydantic, and a fresh draw needs no file
    from backproptable.examples.example import Example

__all__ = ["Handout", "make_handout"]

_DEFAULTS: Final[dict[str, Any]] = {
    "layout": "cells",
    "notation": DEFAULT_NOTATION,
    "explain": "short",
    "figures": DEFAULT_FIGURES,
    "carry": "paper",
    "entries": None,
    "input_gradient": False,
}


@dataclass(frozen=True, slots=True)
class Handout:
    """The files of a worked example, not yet written."""

    files: dict[str, str]
    """Text by file name."""
    seed: int | None
    """The seed that weights were drawn from; None where they were given."""
    solution: Solution | MatrixSolution
    """The numbers: of every cell, or of whole matrices where the net is too large to print."""


def make_handout(
    example: Example | None,
    *,
    formats: Sequence[str],
    seed: int | None,
    fresh_seed: int,
    view: str = "worked",
    paths: bool = False,
    templates: Path | None = None,
    **options: Any,
) -> Handout:
    """Work out `example`, or the default net, and render it in every format.

    `options` (layout, notation, explain, figures, carry, input_gradient) override the example's own. `seed` draws
    weights afresh even where they are given; `fresh_seed` is used where something must be drawn and no
    seed was asked for. `paths` gives early gradients as sums over their paths, too. Raises `InputError`.
    """
    settings = _DEFAULTS | (dict(example.sheet) if example else {}) | options
    from_file = {} if example is None else {key: example.source for key in example.sheet if key not in options}
    _check(formats, view, settings, from_file)
    try:
        net = example.net if example else Net()
        net = replace(net, paths=True) if paths else net
        seed, solution = _worked(net, example, seed, fresh_seed, settings)
    except InputError as error:
        raise error.at(example.source) if example else error from None
    style = Style(settings["layout"], settings["notation"], settings["explain"], templates)
    stem, note = (example.name, example.note) if example else ("handout", "")
    files = {
        f"{stem}.{name}": (
            render_shapes(solution, format=name, view=view, style=style, seed=seed)
            if isinstance(solution, MatrixSolution)
            else render_sheet(solution, format=name, view=view, style=style, seed=seed, note=note)
        )
        for name in formats
    }
    return Handout(files, seed, solution)


def _worked(
    net: Net, example: Example | None, seed: int | None, fresh_seed: int, settings: dict[str, Any]
) -> tuple[int | None, Solution | MatrixSolution]:
    """The numbers, and the seed that weights were drawn from (None where they were given).

    Inputs or targets that are missing beside given weights are drawn too, always the same ones:
    a seed that was asked for would draw the weights afresh as well.
    """
    given = {} if example is None else (example.without_weights if seed is not None else example).givens
    learns = net.parameters if isinstance(net, Recipe) else None
    draws_weights = not any(
        name.startswith("W") if learns is None else name.partition("[")[0] in learns for name in given
    )
    used_seed = (fresh_seed if seed is None else seed) if draws_weights else None
    if settings["layout"] == "matrices" and net.is_plain and (shapes := shapes_of(net)).numbers > MOST_CELLS:
        return used_seed, _worked_on_shapes(shapes, used_seed or 0, given, settings)
    if settings["input_gradient"] and net.forward_only:
        what = "dL/dx is of the way back: this is a forward pass."
        raise InputError([Problem("input_gradient", what, "Leave it out.")])
    plan = derive_plan(net, input_gradient=settings["input_gradient"])
    if settings["entries"] is not None:
        what = "is not used: every number of this net is printed."
        raise InputError([Problem("[sheet] entries", what, "Remove it.")])
    givens = draw_givens(plan, used_seed or 0, given=given, figures=settings["figures"])
    return used_seed, _as_far_as_it_goes(plan, givens, figures=settings["figures"], carry=settings["carry"])


def _as_far_as_it_goes(plan: Plan, givens: Givens, **settings: Any) -> Solution:
    """The numbers; of a run that diverges those before it does, and a word about it."""
    try:
        return solve(plan, givens, **settings)
    except DivergedError as error:
        if not error.steps:
            raise
        return replace(_as_far_as_it_goes(plan.up_to(error.steps), givens, **settings), diverged=error.problems[0])


def _worked_on_shapes(shapes: Shapes, seed: int, given: Givens, settings: dict[str, Any]) -> MatrixSolution:
    """The numbers of a net too large to print, as whole matrices."""
    problems = list(shapes.problems())
    if settings["input_gradient"]:
        what = "dL/dx is not worked out for a net too large to print."
        problems.append(Problem("input_gradient", what, "Leave it out."))
    try:
        chosen = chosen_entries(shapes, settings["entries"])
    except InputError as error:
        raise InputError([*problems, *error.problems]) from None
    if problems:
        raise InputError(problems)
    givens = given_matrices(shapes, seed, given)
    return solve_matrices(shapes, givens, chosen, figures=settings["figures"], carry=settings["carry"])


def _check(formats: Sequence[str], view: str, settings: dict[str, Any], from_file: Mapping[str, str]) -> None:
    """All the words of the options and of the file's [sheet] at once."""

    def where(key: str) -> str:
        return f"{from_file[key]}: [sheet] {key}" if key in from_file else f"--{key}"

    words = {"layout": LAYOUTS, "explain": EXPLAIN, "notation": notation_titles()}
    problems = [
        Problem(place, f"{word!r} is not known.", suggestion(str(word), known))
        for place, word, known in (
            *(("--format", name, FORMATS) for name in formats),
            ("--view", view, VIEWS),
            *((where(key), settings[key], known) for key, known in words.items()),
        )
        if word not in known
    ]
    problems += settings_problems(settings["figures"], settings["carry"], where)
    if problems:
        raise InputError(problems)
