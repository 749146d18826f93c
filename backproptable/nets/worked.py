"""A forward pass as the way back sees it: its lines, with their cells and with the slopes of functions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from backproptable.formulas.formula import Formula
from backproptable.formulas.names import Address, Array, name_of
from backproptable.nets.plan import Reason

__all__ = ["LOSS", "Array", "Slope", "Worked"]

LOSS = "L"
"""The name of the loss."""


class Slope(NamedTuple):
    """How an entry of a line depends on one of its inputs, by a function of the table."""

    output: Address
    source: Address
    form: Formula
    """As it is printed."""
    also: tuple[Formula, ...]
    exact: bool
    """Whether it can be 0 or 1 only, or another constant."""


@dataclass(frozen=True)
class Worked:
    """One line, worked in one time step for all samples: a step of the plan."""

    name: str
    reason: Reason
    step: int | None
    cells: tuple[tuple[Address, Formula], ...]
    function: str = ""
    """The bending or mixing function that it is, if any; the slopes are then those of the table."""
    inputs: tuple[str, int | str | None] = ("", None)
    """Of such a function, the array that it is of, and its time step."""
    slopes: tuple[Slope, ...] = ()
    helper: bool = False
    """Whether it only helps to work out the next line, so that the way back does not lead through it."""
    mixes: bool = False
    """Whether each output of its function depends on several inputs."""
    text: str = ""
    """Of a recipe, the line as it is written there."""

    @property
    def title(self) -> str:
        """The name of its step of the plan."""
        return name_of(self.cells[0][0]._replace(units=(), sample=None))
