"""A recipe: its text, the shapes of what it is given, and how one training step of it is worked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Final

from backproptable.errors import InputError, Problem
from backproptable.formula import references
from backproptable.names import Address
from backproptable.recipes.grammar import read_recipe
from backproptable.recipes.syntax import Script
from backproptable.recipes.unroll import FUNCTIONS, LOSS, Given, Pass, Worked, taken_apart, unroll
from backproptable.recipes.updates import UpdateRule, update_problems

__all__ = ["DATA", "Recipe"]

DATA: Final = ("x", "y")
"""Arrays that are given and learn nothing, whatever the recipe: the inputs and the targets."""
_MOST_UPDATES: Final = 100


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A net by its forward lines. Raises `InputError` on construction, with everything that is wrong."""

    forward: str
    """The lines, in the language of `backproptable.recipes.grammar`."""
    shapes: Mapping[str, tuple[int, ...]]
    """Of what is given: x, y, parameters and constants."""
    constants: tuple[str, ...] = ()
    """What is given and learns nothing, besides x and y."""
    numbers: Mapping[str, int] = field(default_factory=dict)
    """What ``T`` and the like stand for."""
    samples: int | None = None
    """Samples of a batch, or None for one sample that is no batch."""
    averages: bool = False
    """Whether L is a mean over the samples of a batch."""
    learning_rate: Decimal = Decimal("0.1")
    updates: int = 1
    rule: UpdateRule = UpdateRule()

    def __post_init__(self) -> None:
        problems = [*self._wrong_numbers(), *update_problems(self.rule)]
        try:
            lines = self.lines(Pass())
        except InputError as error:
            raise InputError([*problems, *error.problems]) from None
        if problems := [*problems, *self._unused(lines)]:
            raise InputError(problems)

    def _wrong_numbers(self) -> Iterator[Problem]:
        if not 0 <= self.updates <= _MOST_UPDATES:
            yield Problem("[net] updates", f"is {self.updates}.", f"Write a whole number from 0 to {_MOST_UPDATES}.")
        if not (self.learning_rate.is_finite() and 0 < self.learning_rate < 1000):
            yield Problem("[net] learning_rate", f"is {self.learning_rate}.", "Write a number above 0 and below 1000.")

    def _unused(self, lines: Sequence[Worked]) -> Iterator[Problem]:
        """Arrays that no line uses, and parameters that do not reach the loss."""
        used = {to.family for line in lines for _, formula in line.cells for to in _cells_of(formula)}
        for name in self.shapes:
            if name not in used:
                yield Problem(f"[recipe] shapes {name}", "is used in no line.", "Remove it, or use it.")
        for line in self.script.lines:
            if line.name != LOSS and line.name not in used:
                yield Problem(f"[recipe] {line.at}", f"{line.name} is used in no line.", "Remove it, or use it.")

    @cached_property
    def script(self) -> Script:
        """The recipe as written."""
        script = read_recipe(self.forward, given=self.shapes, functions=FUNCTIONS)
        losses = [line for line in script.lines if line.name == LOSS]
        if not losses:
            raise InputError([Problem("[recipe]", "has no line for L, the loss.", "Write L = ... as the last line.")])
        return script

    @cached_property
    def givens(self) -> tuple[Given, ...]:
        """The arrays that are given, with what each is."""
        data = {*DATA, *self.constants}
        return tuple(Given(name, tuple(shape), name not in data, name in DATA) for name, shape in self.shapes.items())

    @property
    def sample_numbers(self) -> tuple[int | None, ...]:
        """1, 2, ... for a batch; None once where there is no batch."""
        return (None,) if self.samples is None else tuple(range(1, self.samples + 1))

    def lines(self, now: Pass) -> list[Worked]:
        """The lines of one pass, worked for all samples."""
        script = taken_apart(self.script)
        return unroll(script, self.givens, now, self.sample_numbers, self.numbers, averages=self.averages)


def _cells_of(formula: object) -> Iterator[Address]:
    return (to for to in references(formula) if isinstance(to, Address))  # type: ignore[arg-type]
