"""The plan: every number of a worked example as a named cell, in order, without the numbers.

A plan is made once per net, whatever the numbers. It is immutable and
checks itself: each name is bound once and before it is used, and no cell is left over that neither
another cell nor the reader has asked for. Its edges are the symbols of the formulas; there is no
second list of them. Time steps, masks and further samples are more addresses, not another plan.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Final

from backproptable.basics.errors import PlanError
from backproptable.formulas.formula import Formula, Ref, references
from backproptable.formulas.names import Address, name_of
from backproptable.nets.net import Net

__all__ = ["Cell", "Derivation", "Digits", "Equation", "Part", "Plan", "Reason", "Step"]


class Reason(StrEnum):
    """Why a step is there. Templates choose their words by it."""

    WEIGHTED_SUM = "weighted_sum"
    EXPONENTIAL = "exponential"
    EXP_SUM = "exp_sum"
    ACTIVATION = "activation"
    LOSS_TERM = "loss_term"
    LOSS = "loss"
    LOSS_DERIVATIVE = "loss_derivative"
    LOCAL_DERIVATIVE = "local_derivative"
    CHAIN_PRODUCT = "chain_product"
    PATH_SUM = "path_sum"
    GRADIENT = "gradient"
    UPDATE = "update"
    NORM = "norm"


class Part(StrEnum):
    """Where a step stands in the course of a training step."""

    FORWARD = "forward"
    LOSS = "loss"
    BACKWARD = "backward"
    UPDATE = "update"
    EPOCH = "epoch"
    """What an online run adds up over all samples."""
    AFTER = "after"
    """The forward pass and the loss once more, after the last update."""


_PARTS: Final = dict.fromkeys(Reason, Part.BACKWARD) | {
    Reason.WEIGHTED_SUM: Part.FORWARD,
    Reason.EXPONENTIAL: Part.FORWARD,
    Reason.EXP_SUM: Part.FORWARD,
    Reason.ACTIVATION: Part.FORWARD,
    Reason.LOSS_TERM: Part.LOSS,
    Reason.LOSS: Part.LOSS,
    Reason.UPDATE: Part.UPDATE,
}


class Digits(StrEnum):
    """How the value of a cell is rounded and shown."""

    FIGURES = "figures"
    """To the sheet's number of significant figures."""
    EXACT = "exact"
    """As it is: givens, slopes of 0 and 1, outputs of a step function."""
    EVERY_DECIMAL = "every_decimal"
    """Updated weights: every decimal on paper, rounded like the others in full carry."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One number of the worked example."""

    address: Address
    formula: Formula | None = None
    """The one printed formula; None for a given."""
    digits: Digits = Digits.FIGURES
    also: tuple[Formula, ...] = ()
    """Equivalent formulas: never printed, accepted from students."""
    short: Formula | None = None
    """A shorter way to write the formula in symbols, where it has one term per weight."""
    name: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", name_of(self.address))

    @property
    def formulas(self) -> tuple[Formula, ...]:
        """The printed formula first, then its equivalents; nothing for a given."""
        return () if self.formula is None else (self.formula, *self.also)


@dataclass(frozen=True, slots=True)
class Equation:
    """``left = right[0] = right[1] = ...``, in symbols."""

    left: Formula
    right: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Derivation:
    """How SymPy gets a derivative: the function, the variable, and the derivative in its forms."""

    function: Formula
    by: Ref
    forms: tuple[Formula, ...]
    """As SymPy's `diff` gives it, then rewritten over the cells that are already there."""


@dataclass(frozen=True, slots=True)
class Step:
    """Cells that are worked out by the same rule."""

    name: str
    """ASCII: the cells' name without indices, such as ``z1``, ``dL/dW2``, ``W1'``, ``z1@2``."""
    reason: Reason
    cells: tuple[Cell, ...]
    rule: tuple[Equation, ...] = ()
    """The rule with letters for indices; for a derivative, the chain rule by named factors."""
    derivations: tuple[Derivation, ...] = ()
    function: str = ""
    """Of a recipe, the function of the table that it works out, if it does."""
    text: str = ""
    """Of a recipe, the line as it is written there."""

    @property
    def part(self) -> Part:
        """The part of the training step it belongs to."""
        part = _PARTS[self.reason]
        if self.reason is Reason.LOSS and self.cells[0].address.family == "E":  # a recipe may name an array so
            return Part.EPOCH
        return Part.AFTER if self.cells[0].address.primed and part is not Part.UPDATE else part

    @property
    def round(self) -> int:
        """The update it belongs to; of the error of an epoch, the epoch."""
        first = self.cells[0].address
        return int(first.units[0]) if self.part is Part.EPOCH else first.update


@dataclass(frozen=True)
class Plan:
    """The ordered steps of one worked example. Raises `PlanError` if it contradicts itself."""

    net: Net
    givens: tuple[Cell, ...]
    steps: tuple[Step, ...]
    results: frozenset[Address]
    """What the reader wants to know, whether or not another cell uses it."""

    def __post_init__(self) -> None:
        bound: set[Address] = set()
        used: set[Address] = set(self.results)
        for cell in self.cells:
            is_given = len(bound) < len(self.givens)
            if is_given != (cell.formula is None):
                raise PlanError(f"{cell.name}: a given has no formula, every other cell has one")
            for formula in cell.formulas:
                for to in references(formula):
                    if to not in bound:
                        raise PlanError(f"{cell.name} uses {_said(to)} before it is there")
            if cell.formula is not None:
                used.update(to for to in references(cell.formula) if isinstance(to, Address))
            if cell.address in bound:
                raise PlanError(f"{cell.name} is there twice")
            bound.add(cell.address)
        if len(self.by_name) < len(bound):
            raise PlanError("two cells have one name")
        if lost := used - bound:
            raise PlanError(f"results that no cell gives: {', '.join(map(name_of, lost))}")
        if orphans := [cell.name for cell in self.cells if cell.address not in used]:
            raise PlanError(f"cells that nothing uses: {', '.join(orphans)}")

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        """All cells, givens first, in the order they are worked out."""
        return (*self.givens, *(cell for step in self.steps for cell in step.cells))

    @cached_property
    def row(self) -> dict[Address, int]:
        """Where each cell stands in `cells`, and in every table of values."""
        return {cell.address: number for number, cell in enumerate(self.cells)}

    @cached_property
    def by_name(self) -> dict[str, Cell]:
        """The cells by their ASCII names."""
        return {cell.name: cell for cell in self.cells}

    def up_to(self, count: int) -> Plan:
        """The same plan with its first `count` steps only; what nothing uses any more is a result."""
        steps = self.steps[:count]
        cells = [*self.givens, *(cell for step in steps for cell in step.cells)]
        used = {to for cell in cells if cell.formula is not None for to in references(cell.formula)}
        results = {cell.address for cell in cells if cell.address in self.results or cell.address not in used}
        return Plan(self.net, self.givens, steps, frozenset(results))

    @property
    def worked(self) -> Iterator[tuple[Step, Cell]]:
        """Every computed cell with its step, in order."""
        return ((step, cell) for step in self.steps for cell in step.cells)


def _said(to: Address | str) -> str:
    return to if isinstance(to, str) else name_of(to)
