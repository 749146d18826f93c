"""Worked examples to read again: the presets, and random nets that have numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final, NamedTuple

from backproptable.basics.errors import InputError
from backproptable.basics.shipped import shipped_texts
from backproptable.examples.example import Example, load_preset, preset_titles
from backproptable.examples.handout import Handout, make_handout
from backproptable.numbers.evaluate import Solution, solve
from backproptable.render.formats import render_sheet
from backproptable.render.shapes import render_shapes
from backproptable.sheets.notation import notation_titles
from backproptable.sheets.style import Style, style_problems
from support.nets import seeded_example

__all__ = [
    "IN_STEPS",
    "KINDS",
    "LARGE_PRESETS",
    "NOTATIONS",
    "PRESETS",
    "Files",
    "finished_preset",
    "finished_text",
    "in_notations",
    "made_preset",
    "random_solution",
    "rotated",
    "worked_out",
]

LARGE_PRESETS = ("cat-or-not", "digits")
"""Those whose numbers are too many to print: worked on shapes alone, without cells (`test_large.py`)."""
RECIPES = tuple(shipped_texts("recipes"))
PRESETS = tuple(name for name in preset_titles() if name not in (*LARGE_PRESETS, *RECIPES))
"""Those that print every number."""
IN_STEPS = tuple(name for name in PRESETS if not list(style_problems(Style(layout="steps"), load_preset(name).net)))
"""The presets that can be laid out in steps."""
NOTATIONS = tuple(notation_titles())
KINDS = ("md", "tex", "json")

SEED = 1


_IN_EVERY_NOTATION: Final = (
    *("2-2-2", "3-3-3-3", "batch-of-two", "no-bias", "one-hidden-layer"),
    *("dropout", "three-steps"),
)
"""Between them they have cells of every family."""


def in_notations() -> list[tuple[str, str]]:
    """Every preset with the notations it is looked at in: all of them, or two where nothing in it is new."""
    return [
        (name, notation)
        for number, name in enumerate(PRESETS)
        for notation in (NOTATIONS if name in _IN_EVERY_NOTATION else (rotated(2 * number), rotated(2 * number + 1)))
    ]


def rotated(number: int) -> str:
    """One notation after the other: what does not depend on it need not be seen in each."""
    return NOTATIONS[number % len(NOTATIONS)]


def made_preset(name: str, **options: Any) -> Handout:
    """All files of a preset, as the command makes them. What it leaves open is drawn, always alike."""
    return make_handout(load_preset(name), formats=KINDS, seed=None, fresh_seed=SEED, **options)


class Files(Mapping[str, str]):
    """The files of a worked example by their names, each written when it is looked at."""

    def __init__(self, example: Example, made: Handout, *, view: str = "worked", **style: str) -> None:
        self._example, self._made, self._view = example, made, view
        own = {key: word for key, word in example.sheet.items() if key in ("layout", "notation", "explain")}
        self._style = Style(**own | style)
        self._texts: dict[str, str] = {}

    def __iter__(self) -> Iterator[str]:
        return (f"{self._example.name}.{kind}" for kind in KINDS)

    def __len__(self) -> int:
        return len(KINDS)

    def __getitem__(self, file: str) -> str:
        if file not in self._texts:
            solution, kind = self._made.solution, file.removeprefix(f"{self._example.name}.")
            options = {"format": kind, "view": self._view, "style": self._style, "seed": self._made.seed}
            if isinstance(solution, Solution):
                self._texts[file] = render_sheet(solution, **options, note=self._example.note)
            else:
                self._texts[file] = render_shapes(solution, **options)
        return self._texts[file]


class Finished(NamedTuple):
    """An example worked and written."""

    files: Files
    solution: Solution


def worked_out(example: Example, *, fresh_seed: int = SEED, **numbers: Any) -> Handout:
    """An example worked out, in one format that takes no time."""
    return make_handout(example, formats=["json"], seed=None, fresh_seed=fresh_seed, **numbers)


@cache
def _worked_preset(name: str, **numbers: Any) -> Handout:
    return worked_out(load_preset(name), **numbers)


@cache
def finished_preset(name: str, **options: Any) -> Finished:
    """What `made_preset` makes, worked out once for all layouts, notations and views."""
    made = _worked_preset(name, **{key: options.pop(key) for key in ("figures", "carry") if key in options})
    files = Files(load_preset(name), made, **options)
    return Finished(files, made.solution)


@cache
def random_solution(seed: int, *, figures: int = 4, carry: str = "paper") -> Solution | None:
    """None where a number does not exist, or has too few digits left in double precision."""
    example = seeded_example(seed)
    try:
        return solve(example.plan, example.givens, figures=figures, carry=carry)
    except InputError:
        return None


def finished_text(solution: Solution, kind: str, *, view: str = "worked", **style: Any) -> str:
    """One file of a worked example."""
    return render_sheet(solution, format=kind, view=view, style=Style(**style))
