"""What a reader asks at the end of a walkthrough, answered with the sheet's own numbers."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from backproptable.basics.errors import InputError
from backproptable.formulas.names import Address
from backproptable.nets.net import Net
from backproptable.nets.plan import Plan
from backproptable.numbers.evaluate import Solution, solve
from backproptable.render.form import slot
from backproptable.render.printers import Place
from backproptable.sheets.notation import Notation

__all__ = ["Questions", "equal_weights", "has_questions", "lay_out_questions"]

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
    equal_blame: bool = False
    """Whether any derivative comes back to the units of these rows: from equal weights below a softmax none does."""
    equal_weight: str = str(_WEIGHT)
    equal_bias: str = str(_BIAS)


def has_questions(net: Net) -> bool:
    """Whether the questions come up: they are about one pass through layers, and one update."""
    return not (net.is_recipe or net.forward_only or net.is_recurrent or net.in_turn)


def equal_weights(solution: Solution) -> Solution | None:
    """The same worked example with all weights and all biases equal; None where that shows nothing.

    In full carry: rounding each line would hide that some of its derivatives are exactly 0.
    """
    net = solution.plan.net
    if not has_questions(net) or net.depth < 2 or net.layers[1] < 2:
        return None
    givens = {}
    for cell, text in zip(solution.plan.givens, solution.text, strict=False):
        givens[cell.name] = {"W": _WEIGHT, "b": _BIAS}.get(cell.address.family, Decimal(text))
    try:
        return solve(solution.plan, givens, figures=solution.figures, carry="full")
    except InputError:
        return None  # such a net has no derivative to show


def lay_out_questions(plan: Plan, notation: Notation, *, style: str, equal: Solution | None) -> Questions:
    """Slots of `style`. The numbers of `equal` (from `equal_weights`) follow the sheet's own in the list of texts."""
    bias = _first_bias(plan, notation)
    if equal is None:
        return Questions(bias, [])
    *_, derivatives = shown = [_of_first_layer(plan, family) for family in _FAMILIES]
    blame = any(equal.text[plan.row[address]] != "0" for address in derivatives)
    return Questions(bias, [_equal_row(plan, notation, style, addresses) for addresses in shown], blame)


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


def _of_first_layer(plan: Plan, family: str) -> list[Address]:
    """The cells of the first layer in the first pass over the first sample."""
    sample = plan.net.sample_numbers[0]
    addresses = [cell.address for cell in plan.cells]
    return [address for address in addresses if address == Address(family, 1, address.units, sample)]


def _equal_row(plan: Plan, notation: Notation, style: str, addresses: list[Address]) -> tuple[str, list[str]]:
    symbol = notation.symbol(addresses[0]._replace(units=("j",)))
    return symbol, [slot(len(plan.cells) + plan.row[address], style) for address in addresses]
