"""What a reader asks at the end of a walkthrough, answered with the sheet's own numbers."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from backproptable.errors import InputError
from backproptable.evaluate import Solution, solve
from backproptable.names import Address
from backproptable.notation import Notation
from backproptable.plan import Plan
from backproptable.render.form import slot
from backproptable.render.printers import Place

__all__ = ["Questions", "equal_weights", "lay_out_questions"]

_WEIGHT: Final = Decimal("0.5")
_BIAS: Final = Decimal("0.1")
_FAMILIES: Final = ("z", "a", "dL/dz")
"""What is shown of the first layer: its sums, its outputs, and what comes back to it."""


@dataclass(frozen=True, slots=True)
class FirstBias:
    """The first bias of the net. The numbers are slots, as they stand in a formula."""

    symbol: str
    old: str
    new: str
    """Empty where biases are not updated."""
    gradient: str
    eta: str
    """Empty where nothing is updated."""
    sign: str
    """Of the step from old to new: ``-``, or ``+`` in a notation that turns the gradient round."""


@dataclass(frozen=True, slots=True)
class Questions:
    """Numbers for the closing questions, as slots; empty where a question does not come up."""

    bias: FirstBias | None
    equal_rows: list[tuple[str, list[str]]]
    """With all weights equal: the symbol for any unit of the first layer, in TeX, and every unit's number."""
    equal_weight: str = str(_WEIGHT)
    equal_bias: str = str(_BIAS)


def equal_weights(solution: Solution) -> Solution | None:
    """The same worked example with all weights and all biases equal; None where that shows nothing.

    In full carry: rounding each line would hide that some of its derivatives are exactly 0.
    """
    net = solution.plan.net
    if net.forward_only or net.depth < 2 or net.layers[1] < 2:
        return None
    givens = {}
    for cell, text in zip(solution.plan.givens, solution.text, strict=False):
        givens[cell.name] = {"W": _WEIGHT, "b": _BIAS}.get(cell.address.family, Decimal(text))
    try:
        return solve(solution.plan, givens, figures=solution.figures, carry="full")
    except InputError:
        return None  # such a net has no derivative to show


def lay_out_questions(plan: Plan, notation: Notation, *, style: str, with_equal_weights: bool) -> Questions:
    """Slots of `style`. The numbers of `equal_weights` follow the sheet's own in the list of texts."""
    return Questions(_first_bias(plan, notation), _equal_rows(plan, notation, style) if with_equal_weights else [])


def _first_bias(plan: Plan, notation: Notation) -> FirstBias | None:
    biases = [cell.address for cell in plan.givens if cell.address.family == "b"]
    if not biases:
        return None
    old = biases[0]
    new = old._replace(primed=True)
    gradient = Address("dL/db", old.layer, old.units)
    eta = Address("eta")
    return FirstBias(
        symbol=notation.symbol(old),
        old=slot(plan.row[old], Place.OPEN.value),
        new=slot(plan.row[new], Place.OPEN.value) if new in plan.row else "",
        gradient=slot(plan.row[gradient], Place.TIGHT.value),
        eta=slot(plan.row[eta], Place.OPEN.value) if eta in plan.row else "",
        sign="+" if "dL/db" in notation.opposite else "-",
    )


def _equal_rows(plan: Plan, notation: Notation, style: str) -> list[tuple[str, list[str]]]:
    sample = plan.net.sample_numbers[0]
    rows = []
    for family in _FAMILIES:
        cells = [
            cell
            for cell in plan.cells
            if cell.address == Address(family, 1, cell.address.units, sample)  # of the first pass
        ]
        symbol = notation.symbol(cells[0].address._replace(units=("j",)))
        rows.append((symbol, [slot(len(plan.cells) + plan.row[cell.address], style) for cell in cells]))
    return rows
