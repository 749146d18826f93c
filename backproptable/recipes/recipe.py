"""A recipe: its text, the shapes of what it is given, and the plan that follows from both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from backproptable.errors import InputError, Problem
from backproptable.names import Address
from backproptable.plan import Cell, Digits, Step
from backproptable.recipes.grammar import read_recipe
from backproptable.recipes.syntax import Script
from backproptable.recipes.unroll import FUNCTIONS, LOSS, Given, Pass, Worked, taken_apart, unroll
from backproptable.recipes.way_back import WayBack, way_back

__all__ = ["Recipe", "Worksheet"]

_DATA = ("x", "y")
"""Arrays that are given and no parameters, whatever the recipe."""


@dataclass(frozen=True)
class Worksheet:
    """The cells of one pass and its way back."""

    givens: tuple[Cell, ...]
    forward: tuple[Worked, ...]
    back: WayBack

    @property
    def steps(self) -> tuple[Step, ...]:
        """Forward and back."""
        forward = [Step(line.title, line.reason, tuple(Cell(*cell) for cell in line.cells)) for line in self.forward]
        return (*forward, *self.back.steps)


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A net by its forward lines. Raises `InputError` on construction, with everything that is wrong."""

    forward: str
    shapes: Mapping[str, tuple[int, ...]]
    """Of what is given."""
    constants: tuple[str, ...] = ()
    """What is given and learns nothing, besides x and y."""
    numbers: Mapping[str, int] = field(default_factory=dict)
    """What ``T`` and the like stand for."""
    samples: int | None = None
    averages: bool = False

    def __post_init__(self) -> None:
        self.script  # noqa: B018 - read now, so that faults are told now
        used = {to.family for line in self.worksheet().forward for _, formula in line.cells for to in _cells_of(formula)}
        problems = [
            Problem(f"[recipe] shapes {name}", "is used in no line.", "Remove it, or use it.")
            for name in self.shapes
            if name not in used
        ]
        bound = {line.name: line for line in self.script.lines}
        problems += [
            Problem(f"[recipe] {line.at}", f"{name} is used in no line.", "Remove it, or use it.")
            for name, line in bound.items()
            if name != LOSS and name not in used
        ]
        if problems:
            raise InputError(problems)

    @property
    def script(self) -> Script:
        """The recipe as written."""
        script = read_recipe(self.forward, given=self.shapes, functions=FUNCTIONS)
        if LOSS not in {line.name for line in script.lines}:
            raise InputError([Problem("[recipe]", "has no line for L, the loss.", "Write L = ... as the last line.")])
        return script

    @property
    def givens(self) -> Sequence[Given]:
        """The arrays that are given, with what each is."""
        data = {*_DATA, *self.constants}
        return [Given(name, shape, name not in data, name in _DATA) for name, shape in self.shapes.items()]

    def worksheet(self, now: Pass = Pass()) -> Worksheet:  # noqa: B008 - frozen
        """The cells of one pass and of its way back."""
        samples = (None,) if self.samples is None else tuple(range(1, self.samples + 1))
        lines = unroll(
            taken_apart(self.script), self.givens, now, samples, self.numbers, averages=self.averages
        )
        cells = [
            Cell(Address(given.name, None, units, sample), digits=Digits.EXACT)
            for given in self.givens
            for sample in (samples if given.sampled else (None,))
            for units in _indices(given.shape)
        ]
        return Worksheet(tuple(cells), tuple(lines), way_back(lines, self.givens))


def _indices(shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    import numpy as np  # noqa: PLC0415

    return [tuple(one + 1 for one in place) for place in np.ndindex(shape)]


def _cells_of(formula: object) -> list[Address]:
    from backproptable.formula import references  # noqa: PLC0415

    return [to for to in references(formula) if isinstance(to, Address)]  # type: ignore[arg-type]
