"""The short decimals that numbers are drawn from, so that what is printed is what is used."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from backproptable.basics.errors import Problem
from backproptable.nets.net import Net
from backproptable.nets.recipes.recipe import Recipe

__all__ = [
    "DEFAULT_GRIDS",
    "LARGEST_GRID",
    "Grid",
    "Grids",
    "dead_unit_problems",
    "grids_by_family",
    "is_one_hot",
    "target_choices",
    "target_grid",
]

LARGEST_GRID: Final = 1_000_000
"""Steps from one end of a grid to the other; beyond this it is no short decimal any more."""
_LARGEST: Final = 100
_MOST_DECIMALS: Final = 6


@dataclass(frozen=True, slots=True)
class Grid:
    """The decimals low, low + grid, ..., up to high, without 0: a weight of 0 would hide its input."""

    low: Decimal
    high: Decimal
    grid: Decimal
    """The distance from one to the next."""

    @property
    def places(self) -> int:
        """Decimals that its numbers are written with."""
        return max(0, *(-int(number.as_tuple().exponent) for number in (self.low, self.grid)))

    def units(self) -> list[int]:
        """Every number of the grid, times 10^places."""
        scale = Decimal(10) ** self.places
        low, step = int(self.low * scale), int(self.grid * scale)
        steps = int((self.high - self.low) / self.grid)
        return [unit for unit in range(low, low + steps * step + 1, step) if unit]

    def problems(self, where: str) -> Iterator[Problem]:
        """What keeps it from being drawn from."""
        bad = [key for key in ("low", "high", "grid") if not self._is_fair(getattr(self, key))]
        for key in bad:
            remedy = f"Write a number from -{_LARGEST} to {_LARGEST} with at most {_MOST_DECIMALS} decimals."
            yield Problem(f"{where}.{key}", f"is {getattr(self, key):.12g}.", remedy)
        if bad:
            return
        if self.grid <= 0:
            yield Problem(f"{where}.grid", f"is {self.grid}.", "Write the distance between two numbers, such as 0.01.")
        elif self.low >= self.high:
            yield Problem(where, f"goes from {self.low} to {self.high}.", "Make low smaller than high.")
        elif (self.high - self.low) / self.grid > LARGEST_GRID:
            yield Problem(f"{where}.grid", f"is {self.grid}.", f"Write at most {LARGEST_GRID} steps from low to high.")
        elif len(self.units()) < 2:
            yield Problem(f"{where}.grid", f"is {self.grid}: there is one number to draw.", "Write a smaller distance.")

    @staticmethod
    def _is_fair(number: Decimal) -> bool:
        return (
            number.is_finite()
            and abs(number) <= _LARGEST
            and -int(number.normalize().as_tuple().exponent) <= _MOST_DECIMALS
        )


@dataclass(frozen=True, slots=True)
class Grids:
    """What a sheet's numbers are drawn from, and how many ReLU units are dead on purpose."""

    weights: Grid = Grid(Decimal("-0.99"), Decimal("0.99"), Decimal("0.01"))
    biases: Grid = Grid(Decimal("-0.50"), Decimal("0.50"), Decimal("0.01"))
    inputs: Grid = Grid(Decimal("0.05"), Decimal("0.95"), Decimal("0.05"))
    dead_units: int = 0
    """ReLU units that give 0 for every sample; all others are on for every sample."""


DEFAULT_GRIDS: Final = Grids()


_TARGETS: Final = {
    "sigmoid": Grid(Decimal("0.01"), Decimal("0.99"), Decimal("0.01")),
    "tanh": Grid(Decimal("-0.99"), Decimal("0.99"), Decimal("0.01")),
}
_ANY_TARGET: Final = Grid(Decimal("0.1"), Decimal("2"), Decimal("0.1"))


def is_one_hot(net: Net) -> bool:
    """Whether of the targets drawn for a sample one is 1 and the others are 0."""
    if isinstance(net, Recipe):
        return net.target_kind == "one_hot"
    return net.activations[-1] == "softmax" or net.loss == "cross_entropy"


def target_grid(net: Net) -> Grid | None:
    """What targets are drawn from; None where each is 0 or 1."""
    if isinstance(net, Recipe):
        return _ANY_TARGET if net.target_kind == "any" else None
    if is_one_hot(net) or net.loss == "binary_cross_entropy":
        return None
    return _TARGETS.get(net.activations[-1], _ANY_TARGET)


def target_choices(net: Net) -> list[int]:
    """What targets without a grid are chosen from."""
    return [-1, 1] if isinstance(net, Recipe) and net.target_kind == "sign" else [0, 1]


def grids_by_family(net: Net, grids: Grids) -> dict[str, Grid]:
    """What the givens of each family of cells are drawn from. A recipe's rows of parameters count as biases."""
    found = {"x": grids.inputs, "W": grids.weights, "b": grids.biases}
    if isinstance(net, Recipe):
        found = {name: grids.biases if len(net.shapes[name]) == 1 else grids.weights for name in net.parameters}
        found |= {"x": grids.inputs} if "x" in net.shapes else {}
    if targets := target_grid(net):
        found["y"] = targets
    return found


def dead_unit_problems(net: Net, dead_units: int) -> Iterator[Problem]:
    """One unit of each ReLU layer stays alive: beyond a dead layer there is nothing to learn."""
    relus = [units for units, kind in zip(net.layers[1:], net.activations, strict=True) if kind == "relu"]
    if net.is_recurrent:  # its states are drawn all together, and none of them is dead
        relus = []
    most = sum(relus) - len(relus)
    if not 0 <= dead_units <= most:
        what = f"is {dead_units}, but one unit of each ReLU layer has to stay alive."
        yield Problem("[draw] dead_units", what, f"Write a number up to {most}." if most else "Write 0.")
