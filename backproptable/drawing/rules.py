"""The rules of a good sheet: what is measured of its numbers, and what is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from backproptable.drawing.confusion import Confusion
from backproptable.formulas.formula import Num, references
from backproptable.formulas.names import Address, Layer
from backproptable.nets.net import Net
from backproptable.nets.plan import Digits, Part, Plan, Reason
from backproptable.nets.recipes.mixing import MIXING
from backproptable.nets.recipes.recipe import Recipe
from backproptable.numbers.sheet_numbers import SheetNumbers

__all__ = ["NEAREST", "WIDEST", "Measure", "Rule", "Rules", "corner"]

Measure = NDArray[np.float64]

NEAREST: Final[Mapping[str, float]] = {"relu": 0.05, "leaky_relu": 0.05, "step": 0.05, "elu": 0.05}
"""How far a weighted sum keeps from the corner of its activation."""
WIDEST: Final[Mapping[str, float]] = {
    "relu": 8.0,
    "leaky_relu": 8.0,
    "step": 8.0,
    "sigmoid": 4.0,
    "tanh": 2.5,
    "softmax": 5.0,
    "identity": 8.0,
    "elu": 5.0,
    "softplus": 5.0,
    "hard_sigmoid": 2.9,  # beyond 3 its slope is 0
}
"""How far a weighted sum goes from 0: beyond, a unit is saturated (or its numbers are unwieldy)."""


def corner(net: Net, activation: str) -> float:
    """Where an activation has its corner: the threshold of a step function, 0 for the ReLUs."""
    return float(net.threshold) if activation == "step" else 0.0


_NOTHING: Final = 1e-12
"""An exact value below this is 0 but for binary noise: drawn numbers are short decimals."""
_ON_THE_TIE: Final = 1e-12
"""A value this near to a tie, relatively, lies on it: double precision says no more."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: a measure of each sheet, and the values of it that are kept."""

    code: str
    """Its name in the manifest."""
    words: str
    measure: Callable[[SheetNumbers], Measure]
    keeps: Callable[[Measure], NDArray[np.bool_]]


class Rules:
    """The rules for sheets of one plan, compiled once, the cheapest first."""

    def __init__(self, plan: Plan, dead_units: int, carry: str, confusions: Sequence[Confusion]) -> None:
        self._plan, self._carry = plan, carry
        worked = list(plan.worked)
        rounded = {plan.row[cell.address] for _, cell in worked if cell.digits is Digits.FIGURES}
        shown = {plan.row[cell.address] for _, cell in worked if cell.digits is not Digits.EXACT}
        backward = {plan.row[cell.address] for step, cell in worked if step.part is Part.BACKWARD}
        self._rounded = np.array(sorted(rounded))
        self._shown = np.array(sorted(shown if carry == "full" else rounded))
        self._backward = np.array(sorted(backward & rounded), dtype=np.intp)
        kinds = {row: kind for row, kind in _sums(plan).items() if kind in WIDEST}
        self._widest = np.array([[WIDEST[kind]] for kind in kinds.values()])
        self._sums = np.array(list(kinds), dtype=np.intp)
        self._at_corners = np.array([row for row, kind in kinds.items() if kind in NEAREST], dtype=np.intp)
        self._nearest = np.array([[NEAREST[kind]] for kind in kinds.values() if kind in NEAREST])
        self._corners = np.array([[corner(plan.net, kind)] for kind in kinds.values() if kind in NEAREST])
        self._before, self._after = _losses(plan)
        self._relus = _relu_sums(plan)
        self._arrays = _relu_arrays(plan)
        self.all = (
            Rule("undefined", "every number is defined", self._undefined, lambda count: count == 0),
            Rule("loss_falls_by", "the printed loss falls", self._fall, lambda fall: fall > 0),
            Rule("dead_units", "the chosen number of ReLU units is dead", self._dead, lambda n: n == dead_units),
            *([self._none_off()] if self._arrays else []),
            Rule("corner", "no weighted sum lies near a corner", self._corner, lambda room: room >= 1),
            Rule("saturation", "no unit is saturated", self._saturation, lambda share: share <= 1),
            Rule("paper_gap", "printed gradients are within 1 % of the exact ones", self._gap, lambda gap: gap <= 0.01),
            *(_confusion_rule(confusion) for confusion in confusions),
            Rule("tie", "no value lies next to a rounding tie", self._tie, lambda off: off >= 1e-9),
        )

    def _undefined(self, sheets: SheetNumbers) -> Measure:
        undefined = ~np.isfinite(sheets.exact) | ~np.isfinite(sheets.lines)
        count: Measure = undefined.sum(axis=0).astype(float)
        return count

    def _dead(self, sheets: SheetNumbers) -> Measure:
        """ReLU units that give 0, for every sample in every pass. NaN where one does so only now and then."""
        off = [sheets.exact[rows] <= 0 for rows in self._relus]
        dead = np.sum([unit.all(axis=0) for unit in off], axis=0) + np.zeros(sheets.count)
        at_all = np.sum([unit.any(axis=0) for unit in off], axis=0)
        return np.where(dead == at_all, dead, np.nan)

    def _none_off(self) -> Rule:
        """Of recipes: behind an array whose ReLUs all give 0, nothing learns."""

        def measure(sheets: SheetNumbers) -> Measure:
            off: Measure = np.sum([(sheets.exact[rows] <= 0).all(axis=0) for rows in self._arrays], axis=0, dtype=float)
            return off

        return Rule("all_off", "no array of ReLUs is 0 everywhere", measure, lambda count: count == 0)

    def _corner(self, sheets: SheetNumbers) -> Measure:
        """The smallest distance of a z from its corner, in all passes, as a multiple of what is asked."""
        if not self._at_corners.size:
            return np.full(sheets.count, np.inf)
        off = np.abs(sheets.exact[self._at_corners] - self._corners)
        measure: Measure = np.min(off / self._nearest, axis=0)
        return measure

    def _saturation(self, sheets: SheetNumbers) -> Measure:
        """The largest |z|, in all passes, as a share of what is allowed."""
        if not self._sums.size:
            return np.zeros(sheets.count)
        measure: Measure = np.max(np.abs(sheets.exact[self._sums]) / self._widest, axis=0)
        return measure

    def _fall(self, sheets: SheetNumbers) -> Measure:
        """By how much; in an online run, from what the samples of the first epoch add up to."""
        if not self._after:
            return np.full(sheets.count, np.inf)
        numbers = sheets.printed if self._carry == "paper" else sheets.shown
        measure: Measure = numbers[self._before].sum(axis=0) - numbers[self._after].sum(axis=0)
        return measure

    def _gap(self, sheets: SheetNumbers) -> Measure:
        """The largest relative difference between a printed gradient and the exact one.

        Some gradients are 0 whatever the numbers are, such as that of a bias shared by softmax
        outputs. On paper a remainder of the rounding is left of them, and no rule can hold for that.
        """
        if not self._backward.size:
            return np.zeros(sheets.count)
        exact, printed = sheets.exact[self._backward], sheets.printed[self._backward]
        with np.errstate(all="ignore"):
            gaps = np.where(np.abs(exact) > _NOTHING, np.abs(printed - exact) / np.abs(exact), 0.0)
        measure: Measure = gaps.max(axis=0)
        return measure

    def _tie(self, sheets: SheetNumbers) -> Measure:
        """The smallest relative distance from the middle between two printed numbers, unless exactly there."""
        nearest = np.full(sheets.count, np.inf)
        for values in (sheets.exact[self._shown], sheets.lines[self._rounded]):
            size = np.abs(values)
            with np.errstate(all="ignore"):
                unit = 10.0 ** (np.floor(np.log10(size)) + 1 - sheets.figures)
                off = np.abs(size / unit % 1 - 0.5) * unit / size
            off = np.where((off > _ON_THE_TIE) & (size > 0), off, np.inf)
            nearest = np.minimum(nearest, off.min(axis=0))
        return nearest


def _sums(plan: Plan) -> dict[int, str]:
    """The rows of what activations are of, with the activation."""
    if isinstance(plan.net, Recipe):
        return {
            plan.row[to]: step.function or "softmax"
            for step, cell in plan.worked
            if step.function or step.reason is Reason.EXPONENTIAL
            for to in references(cell.formula or Num("0"))
            if isinstance(to, Address) and step.function not in MIXING
        }
    sums = [(row, cell.address) for row, cell in enumerate(plan.cells) if cell.address.family == "z"]
    return {row: plan.net.activation_of(address.layer) for row, address in sums if address.layer}


def _losses(plan: Plan) -> tuple[list[int], list[int]]:
    """The rows of the losses at first (one per sample of an online run), and after the last update."""
    first = plan.net.samples if plan.net.in_turn else 1
    before = [Address("L", update=update) for update in range(1, (first or 1) + 1)]
    rows = [[plan.row[to] for to in side if to in plan.row] for side in (before, [Address("L", primed=True)])]
    return rows[0], rows[1]


def _relu_sums(plan: Plan) -> list[NDArray[np.intp]]:
    """For each ReLU unit the rows of its weighted sums, one per sample or time step and pass."""
    rows: dict[tuple[Layer, tuple[int | str, ...]], list[int]] = {}
    for row, cell in enumerate(plan.cells):
        layer = cell.address.layer
        if cell.address.family == "z" and layer and plan.net.activation_of(layer) == "relu":
            rows.setdefault((layer, cell.address.units), []).append(row)
    return [np.array(of_unit) for of_unit in rows.values()]


def _relu_arrays(plan: Plan) -> list[NDArray[np.intp]]:
    """For each array of ReLUs in a recipe, in each pass, the rows of its outputs, of all samples."""
    steps = plan.steps if plan.net.is_recipe else ()
    return [np.array([plan.row[cell.address] for cell in step.cells]) for step in steps if step.function == "relu"]


def _confusion_rule(confusion: Confusion) -> Rule:
    def measure(sheets: SheetNumbers) -> Measure:
        count: Measure = confusion.of(sheets).sum(axis=0).astype(float)
        return count

    words = "no mistake gives a number that could be the right one"
    return Rule("confused", words, measure, lambda count: count == 0)
