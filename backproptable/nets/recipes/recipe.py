"""A net by its forward lines: their text, the shapes of what it is given, and how it is trained."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from decimal import Decimal
from functools import cached_property
from textwrap import dedent
from typing import Final

from backproptable.basics.errors import InputError, Problem
from backproptable.formulas.formula import Formula, references
from backproptable.formulas.names import Address
from backproptable.nets.net import Net
from backproptable.nets.recipes.grammar import Reading, read_recipe
from backproptable.nets.recipes.syntax import (
    Add,
    Apply,
    Block,
    Divide,
    Expression,
    MatMul,
    Name,
    Negative,
    Raised,
    Script,
    Times,
)
from backproptable.nets.recipes.unroll import FUNCTIONS, Given, Pass, taken_apart, unroll
from backproptable.nets.recipes.updates import UpdateRule, update_problems
from backproptable.nets.worked import LOSS, Array, Worked

__all__ = ["DATA", "Recipe"]

DATA: Final = ("x", "y")
"""Arrays that are given and learn nothing, whatever the recipe: the inputs and the targets."""
_MOST_UPDATES: Final = 100
_MOST_GIVENS: Final = 2200
_NAMES_TAKEN: Final = ("eta", LOSS)


@dataclass(frozen=True, kw_only=True)
class Recipe(Net):
    """A net by its forward lines. Raises `InputError` on construction, with everything that is wrong."""

    kind: str = "recipe"
    layers: tuple[int, ...] = ()
    activations: tuple[str, ...] = ()
    update_biases: bool = True
    learning_rate: Decimal = Decimal("0.1")
    forward: str = ""
    """The lines, in the language of `backproptable.nets.recipes.grammar`."""
    shapes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """Of what is given: x, y, parameters and constants."""
    constants: tuple[str, ...] = ()
    """What is given and learns nothing, besides x and y."""
    numbers: Mapping[str, int] = field(default_factory=dict)
    """What ``T`` and the like stand for."""
    rule: UpdateRule = field(default_factory=UpdateRule)

    def __post_init__(self) -> None:
        object.__setattr__(self, "shapes", {name: tuple(shape) for name, shape in self.shapes.items()})
        object.__setattr__(self, "constants", tuple(self.constants))
        object.__setattr__(self, "keep", ())
        problems = [*self._wrong_numbers(), *self._wrong_shapes(), *update_problems(self.rule)]
        if not problems:
            problems += self._in_the_text()
        if problems:
            raise InputError(problems)

    def __hash__(self) -> int:
        return hash((self.forward, tuple(self.shapes.items()), self.updates, self.samples, self.rule))

    def _in_the_text(self) -> list[Problem]:
        reading = self._reading
        problems = [*reading.problems]
        if not problems and LOSS not in {line.name for line in reading.script.lines}:
            problems.append(Problem("[recipe]", "has no line for L, the loss.", "Write L = ... as the last line."))
        try:
            script = taken_apart(reading.script)
            lines = unroll(script, self.givens, Pass(), self.sample_numbers, self.numbers, lost=reading.lost)
        except InputError as error:
            return [*problems, *error.problems]
        return problems or [*self._unused(lines)]

    def _wrong_numbers(self) -> Iterator[Problem]:
        if not 0 <= self.updates <= _MOST_UPDATES:
            yield Problem("[net] updates", f"is {self.updates}.", f"Write a whole number from 0 to {_MOST_UPDATES}.")
        if not (self.learning_rate.is_finite() and 0 < self.learning_rate < 1000):
            yield Problem("[net] learning_rate", f"is {self.learning_rate}.", "Write a number above 0 and below 1000.")

    def _wrong_shapes(self) -> Iterator[Problem]:
        size = 0
        for name, shape in self.shapes.items():
            where = f"[recipe] shapes.{name}"
            if name in _NAMES_TAKEN or name in FUNCTIONS:
                yield Problem(where, f"{name} means something else.", "Give the array another name.")
            if not name.isascii() or not name.isidentifier():
                yield Problem(where, "is no name of an array.", "Begin with a letter; letters and digits follow.")
            if len(shape) > 4 or not all(1 <= length <= _MOST_GIVENS for length in shape):
                remedy = f"Write up to four whole numbers from 1 to {_MOST_GIVENS}: [2, 3]."
                yield Problem(where, f"is {list(shape)}.", remedy)
                continue
            count = 1
            for length in shape:
                count *= length
            size += count * (self.samples or 1 if name in DATA else 1)
        if size > _MOST_GIVENS:
            yield Problem("[recipe] shapes", f"give {size} numbers.", f"A sheet has room for {_MOST_GIVENS}.")
        for name in self.constants:
            if name not in self.shapes:
                yield Problem("[recipe] constants", f"{name} has no shape.", "Give it one in shapes, or remove it.")

    def _unused(self, lines: Sequence[Worked]) -> Iterator[Problem]:
        """Arrays that no line uses, and a name that the update needs."""
        if self.rule.clip_norm is not None and "clip" in {*self.shapes, *(line.name for line in self.script.lines)}:
            what = "is what scales gradients down to clip_norm."
            yield Problem("[recipe] clip", what, "Give the array another name.")
        used = {to.family for line in lines for _, formula in line.cells for to in _cells_of(formula)}
        for name in self.shapes:
            if name not in used:
                yield Problem(f"[recipe] shapes.{name}", "is used in no line.", "Remove it, or use it.")
        for line in self.script.lines:
            if line.name != LOSS and line.name not in used:
                yield Problem(f"[recipe] {line.at}", f"{line.name} is used in no line.", "Remove it, or use it.")

    @cached_property
    def _reading(self) -> Reading:
        return read_recipe(self.forward, given=self.shapes, functions=FUNCTIONS, numbers=self.numbers)

    @property
    def script(self) -> Script:
        """The recipe as written."""
        return self._reading.script

    @cached_property
    def givens(self) -> tuple[Given, ...]:
        """The arrays that are given, with what each is."""
        data = {*DATA, *self.constants}
        return tuple(Given(name, shape, name not in data, name in DATA) for name, shape in self.shapes.items())

    @property
    def listed(self) -> str:
        """The lines as a sheet shows them: without empty ones around them, and without what is indented for all."""
        return dedent(self.forward.expandtabs(4)).strip("\n").rstrip()

    @property
    def in_time(self) -> bool:
        """Whether anything is worked in time steps."""
        return any(isinstance(part, Block) for part in self.script.parts)

    @cached_property
    def starts(self) -> dict[str, str]:
        """What arrays of time steps start from, with these arrays: h0 of h."""
        in_steps = {line.name for part in self.script.parts if isinstance(part, Block) for line in part.lines}
        return {f"{name}0": name for name in in_steps if f"{name}0" in self.shapes}

    @property
    def parameters(self) -> tuple[str, ...]:
        """The arrays that learn."""
        return tuple(given.name for given in self.givens if given.learns)

    @property
    def learning(self) -> tuple[Array, ...]:
        """The same as the way back knows them."""
        return tuple((name, None) for name in self.parameters)

    @property
    def needs_targets(self) -> bool:
        """Whether there are target numbers y."""
        return "y" in self.shapes

    @cached_property
    def target_kind(self) -> str:
        """What targets are: ``one_hot`` in rows, ``binary``, ``sign`` (1 and -1), or ``any`` numbers."""
        found = {kind for line in self.script.lines for kind in _target_kinds(line.expression)}
        return next((kind for kind in ("one_hot", "binary", "sign") if kind in found), "any")

    def lines(self, now: Pass) -> list[Worked]:
        """The lines of one pass, worked for all samples."""
        script = taken_apart(self.script)
        return unroll(script, self.givens, now, self.sample_numbers, self.numbers, averages=self.averages)

    @cached_property
    def ranks(self) -> dict[str, int]:
        """How many indices the entries of each array have, besides that of a sample and of a time step."""
        worked = {line.name: len(line.cells[0][0].units) for line in self.lines(Pass())}
        return {name: len(shape) for name, shape in self.shapes.items()} | worked

    def as_keys(self) -> dict[str, object]:
        """The keys of a file that describe this net."""
        return {
            "kind": "recipe",
            "learning_rate": self.learning_rate,
            "updates": self.updates,
            "reduction": self.reduction,
            "forward": self.forward,
            "shapes": {name: list(shape) for name, shape in self.shapes.items()},
            "constants": list(self.constants),
            "numbers": dict(self.numbers),
            "update": {
                one.name: value for one in fields(self.rule) if (value := getattr(self.rule, one.name)) is not None
            },
        }


_KINDS_BY_LOSS: Final = {"cross_entropy": "one_hot", "binary_cross_entropy": "binary", "hinge": "sign"}


def _target_kinds(expression: Expression) -> Iterator[str]:
    match expression:
        case Apply(function, (Name("y"), *_)) if function in _KINDS_BY_LOSS:
            yield _KINDS_BY_LOSS[function]
        case Times(Name("y") | Negative(Name("y")), Apply("ln")):
            yield "one_hot"
    for part in _parts(expression):
        yield from _target_kinds(part)


def _parts(expression: Expression) -> tuple[Expression, ...]:
    match expression:
        case Apply(_, args):
            return args
        case Add(one, other) | MatMul(one, other) | Times(one, other) | Divide(one, other):
            return (one, other)
        case Raised(arg) | Negative(arg):
            return (arg,)
    return ()


def _cells_of(formula: Formula) -> Iterator[Address]:
    return (to for to in references(formula) if isinstance(to, Address))
