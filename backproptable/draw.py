"""Fresh numbers for a net: short decimals that make a good sheet.

The numbers depend on the seed and on nothing else: each is made from a SHA-256 digest of the seed
and its own name, not from a library's random stream, which may change with the next version.

Weights are drawn unit by unit in forward direction, and a unit whose weighted sum would make a bad
line (saturated, dead, at a corner) is drawn again by itself, so that deep nets are no lottery.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from typing import Final

import numpy as np
from numpy.typing import NDArray

from backproptable.digits import DEFAULT_FIGURES
from backproptable.errors import InputError, Problem
from backproptable.evaluate import Calculator, Givens
from backproptable.names import Address
from backproptable.plan import Cell, Digits, Plan, Reason

__all__ = ["Grid", "draw_givens"]

_UNIT_TRIES: Final = 200
_SHEET_TRIES: Final = 200
_NOTHING: Final = 1e-12
"""An exact value below this is 0 but for binary noise: drawn numbers have two decimals."""


@dataclass(frozen=True, slots=True)
class Grid:
    """The decimals a number is drawn from: low, low + step, ..., high, without 0."""

    low: Decimal
    high: Decimal
    step: Decimal

    def pick(self, digest: int) -> Decimal:
        """The decimal that a digest stands for."""
        count = int((self.high - self.low) / self.step) + 1
        value = self.low + self.step * (digest % count)
        return value if value else self.step


_WEIGHTS: Final = Grid(Decimal("-0.99"), Decimal("0.99"), Decimal("0.01"))
_BIASES: Final = Grid(Decimal("-0.50"), Decimal("0.50"), Decimal("0.01"))
_INPUTS: Final = Grid(Decimal("0.05"), Decimal("0.95"), Decimal("0.05"))
_TARGETS: Final[Mapping[str, Grid]] = {
    "sigmoid": Grid(Decimal("0.01"), Decimal("0.99"), Decimal("0.01")),
    "tanh": Grid(Decimal("-0.99"), Decimal("0.99"), Decimal("0.01")),
}
_ANY_TARGET: Final = Grid(Decimal("0.1"), Decimal("2"), Decimal("0.1"))

_Z_LIMITS: Final[Mapping[str, tuple[float, float]]] = {
    "relu": (0.05, 8.0),
    "leaky_relu": (0.05, 8.0),
    "step": (0.05, 8.0),
    "sigmoid": (0.0, 4.0),
    "tanh": (0.0, 2.5),
    "softmax": (0.0, 5.0),
    "identity": (0.0, 8.0),
}
"""|z| above the first limit keeps away from a corner, below the second from saturation."""


def draw_givens(
    plan: Plan, seed: int, *, given: Givens | None = None, figures: int = DEFAULT_FIGURES
) -> dict[str, Decimal]:
    """All givens of `plan`: those in `given` as they are, the others drawn from `seed`.

    Where weights are drawn, a draw is kept if every rule of `RULES` holds and no unit is saturated,
    dead or at a corner. Raises `InputError`, naming the rule that failed most, when `_SHEET_TRIES`
    draws have not given such a sheet.
    """
    draft = _Draft(plan, dict(given or {}))
    failed: Counter[str] = Counter()
    for attempt in range(_SHEET_TRIES):
        if not draft.fill(f"{seed}/{attempt}"):
            failed["a unit is saturated, dead or at a corner"] += 1
            continue
        if draft.weights_are_given:
            return draft.numbers
        sheet = _Sheet(plan, draft.calculator, np.array([[float(n)] for n in draft.numbers.values()]), figures)
        broken = next((rule for rule, holds in RULES.items() if not holds(sheet)), None)
        if broken is None:
            return draft.numbers
        failed[broken] += 1
    rule, count = failed.most_common(1)[0]
    raise InputError(
        [
            Problem(
                "draw",
                f"{_SHEET_TRIES} draws gave no good sheet; the rule that failed most ({count} times): {rule}.",
                "Use a smaller net or learning rate, other activations, or give the numbers in [givens].",
            )
        ]
    )


class _Draft:
    """A set of givens in the making, with the forward pass as far as it is drawn."""

    def __init__(self, plan: Plan, fixed: Givens) -> None:
        self.plan, self.net, self.fixed = plan, plan.net, fixed
        self.calculator = Calculator(plan)
        self.numbers: dict[str, Decimal] = {}
        self.weights_are_given = all(cell.name in fixed for cell in plan.givens if cell.address.family == "W")
        self._values: NDArray[np.float64] = np.zeros((len(plan.cells), 1))
        self._key = ""
        self._forward = {
            (cell.address.family, cell.address.layer): step
            for step in plan.steps
            for cell in step.cells[:1]
            if cell.address.family in "zeSa" and not cell.address.primed and cell.address.update == 1
        }

    def fill(self, key: str) -> bool:
        """Draw everything that is not fixed from `key`. False where a unit found no good weights."""
        self._key = key
        self.numbers = dict.fromkeys((cell.name for cell in self.plan.givens), Decimal(0))
        for cell in self.plan.givens:
            family = cell.address.family
            if family == "eta":
                self._put(cell, self.net.learning_rate)
            elif cell.name in self.fixed:
                self._put(cell, self.fixed[cell.name])
            elif family == "x":
                self._put(cell, _INPUTS.pick(self._digest(cell.name)))
            elif family == "y":
                self._put(cell, self._target(cell))
            elif family == "b":
                self._put(cell, _BIASES.pick(self._digest(cell.name)))
        return self.weights_are_given or all(map(self._draw_layer, range(1, self.net.depth + 1)))

    def _draw_layer(self, layer: int) -> bool:
        for unit in range(1, self.net.layers[layer] + 1):
            sums = [cell for cell in self._forward["z", layer].cells if cell.address.units == (unit,)]
            if not any(self._draw_unit(layer, unit, sums, attempt) for attempt in range(_UNIT_TRIES)):
                return False
        for family in "eSa":
            if step := self._forward.get((family, layer)):
                self.calculator.run(self._values, step.cells)
        return True

    def _draw_unit(self, layer: int, unit: int, sums: Sequence[Cell], attempt: int) -> bool:
        """Draw the weights that lead to `unit`, and its own bias from the second attempt on."""
        for source in range(1, self.net.layers[layer - 1] + 1):
            cell = self._given("W", layer, *self.net.weight_index(source, unit))
            self._put(cell, _WEIGHTS.pick(self._digest(f"{cell.name}/{attempt}")))
        if attempt and self.net.bias == "per_unit":
            cell = self._given("b", layer, unit)
            self._put(cell, _BIASES.pick(self._digest(f"{cell.name}/{attempt}")))
        self.calculator.run(self._values, sums)
        activation = self.net.activations[layer - 1]
        near, far = _Z_LIMITS[activation]
        z = self._values[[self.plan.row[cell.address] for cell in sums], 0]
        dead = activation == "relu" and bool((z <= 0).any())
        return not dead and bool(((np.abs(z) >= near) & (np.abs(z) <= far)).all())

    def _target(self, cell: Cell) -> Decimal:
        activation, (unit,) = self.net.activations[-1], cell.address.units
        if activation == "softmax" or self.net.loss == "cross_entropy":
            hot = 1 + self._digest(f"y/{cell.address.sample}") % self.net.layers[-1]
            return Decimal(int(unit == hot))
        if self.net.loss == "binary_cross_entropy":
            return Decimal(self._digest(cell.name) % 2)
        return _TARGETS.get(activation, _ANY_TARGET).pick(self._digest(cell.name))

    def _given(self, family: str, layer: int, *units: int | str) -> Cell:
        return self.plan.cells[self.plan.row[Address(family, layer, units)]]

    def _put(self, cell: Cell, number: Decimal) -> None:
        self.numbers[cell.name] = number
        self._values[self.plan.row[cell.address]] = float(number)

    def _digest(self, name: str) -> int:
        return int.from_bytes(sha256(f"backproptable/1/{self._key}/{name}".encode()).digest())


# --- the rules of a good sheet -----------------------------------------------------------------


class _Sheet:
    """The numbers of a draw, as the rules look at them."""

    def __init__(self, plan: Plan, calculator: Calculator, column: NDArray[np.float64], figures: int) -> None:
        self.plan, self.figures = plan, figures
        self.exact = calculator.exact(column)[:, 0]
        printed = calculator.paper(column, figures)
        self.printed, self.lines = printed[:, 0], calculator.lines(printed)[:, 0]
        rounds = [cell.digits is Digits.FIGURES for cell in plan.cells]
        self.rounded_rows = np.flatnonzero(rounds)
        backward = {plan.row[cell.address] for step, cell in plan.worked if step.reason in _BACKWARD}
        # Some gradients are 0 whatever the numbers are, such as that of a bias shared by softmax outputs.
        # On paper a remainder of the rounding is left of them, and no rule can hold for that.
        is_something = set(np.flatnonzero(np.abs(self.exact) > _NOTHING).tolist())
        self.backward_rows = np.array(sorted(backward & set(self.rounded_rows.tolist()) & is_something), dtype=int)


_BACKWARD: Final = (
    Reason.LOSS_DERIVATIVE,
    Reason.LOCAL_DERIVATIVE,
    Reason.CHAIN_PRODUCT,
    Reason.PATH_SUM,
    Reason.GRADIENT,
    Reason.NORM,
)


def _all_defined(sheet: _Sheet) -> bool:
    return bool(np.isfinite(sheet.exact).all() and np.isfinite(sheet.lines).all())


def _loss_falls(sheet: _Sheet) -> bool:
    before, after = Address("L"), Address("L", primed=True)
    if after not in sheet.plan.row:
        return True
    return bool(sheet.printed[sheet.plan.row[after]] < sheet.printed[sheet.plan.row[before]])


def _backward_is_near(sheet: _Sheet) -> bool:
    exact, printed = sheet.exact[sheet.backward_rows], sheet.printed[sheet.backward_rows]
    return bool((np.abs(printed - exact) <= 0.01 * np.abs(exact)).all())


def _no_tie(sheet: _Sheet) -> bool:
    """No value within 1e-9 of the middle between two printed numbers, unless exactly there."""
    for values in (sheet.exact[sheet.rounded_rows], sheet.lines[sheet.rounded_rows]):
        size = np.abs(values[values != 0])
        unit = 10.0 ** (np.floor(np.log10(size)) + 1 - sheet.figures)
        off = np.abs(size / unit % 1 - 0.5) * unit / size
        if ((off < 1e-9) & (off > 1e-12)).any():
            return False
    return True


RULES: Final[Mapping[str, Callable[[_Sheet], bool]]] = {
    "every number is defined": _all_defined,
    "the printed loss falls": _loss_falls,
    "printed gradients are within 1 % of the exact ones": _backward_is_near,
    "no value lies at a rounding tie": _no_tie,
}
"""What a good sheet keeps to; checked on the whole sheet, in this order."""
