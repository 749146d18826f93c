"""Candidates for a sheet: numbers taken from a key, unit by unit, so that no unit's line is a bad one.

Everything is done for many candidates at once; each depends on its own key and attempt alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, partial
from hashlib import shake_256
from itertools import groupby
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from backproptable.basics.remembered import Remembered
from backproptable.drawing.rules import NEAREST, WIDEST, corner
from backproptable.formulas.digits import show_given
from backproptable.formulas.names import Address, Layer
from backproptable.nets.draft import Pass
from backproptable.nets.plan import Cell, Plan
from backproptable.nets.recipes.recipe import Recipe
from backproptable.numbers.evaluate import Calculator, Givens, Table, TableProgram
from backproptable.numbers.grids import Grid, Grids, grids_by_family, is_one_hot, target_choices

__all__ = ["Candidates", "Units"]

_UNIT_TRIES: Final = 200

Units = NDArray[np.int64]
"""Numbers as multiples of their last decimal place: exact, whatever the grid."""
Key = tuple[bytes, int]
"""The key of a sheet, and which attempt at it this is."""


@dataclass(frozen=True, slots=True)
class _Pool:
    """Givens that are drawn from the same numbers."""

    rows: NDArray[np.intp]
    units: Units


@dataclass(frozen=True, slots=True)
class _Unit:
    """A unit of the net: what leads to it, and its weighted sums in the first pass, one per sample."""

    pool_rows: tuple[NDArray[np.intp], ...]
    """The rows of its weights, and of its bias, in the plan; one entry per pool."""
    sums: NDArray[np.intp]
    end: int
    """The rows of the plan that come before this are enough to add up."""
    add_up: TableProgram
    corner: float
    nearest: float
    widest: float
    relu: int | None
    """Its number among the ReLU units."""


class Candidates:
    """The givens of one plan, ready to be drawn. Numbers in `given` stay as they are."""

    def __init__(self, plan: Plan, calculator: Calculator, grids: Grids, given: Givens) -> None:
        self.plan, self._calculator, self._grids = plan, calculator, grids
        fixed = {cell.name: given[cell.name] for cell in plan.givens if cell.name in given}
        if Address("eta") in plan.row:
            fixed["eta"] = plan.net.learning_rate
        # A sequence starts from an empty memory, unless it is given another.
        fixed = {cell.name: Decimal(0) for cell in plan.givens if _starts_empty(plan, cell)} | fixed
        self._fixed = {plan.row[plan.by_name[name].address]: number for name, number in fixed.items()}
        learns = plan.net.parameters if isinstance(plan.net, Recipe) else ("W",)
        self.weights_are_given = not any(cell.address.family in learns for cell in self._drawn)

    # --- numbers and their texts

    def floats(self, units: Units) -> Table:
        """The numbers of candidates as `Calculator` takes them."""
        values: Table = units / self._scale
        for row, number in self._fixed.items():
            values[row] = float(number)
        return values

    def texts(self, units: Units) -> list[str]:
        """The numbers of one candidate (a column of units) as sheets print them."""
        return [write[unit] for write, unit in zip(self._writers, units.tolist(), strict=True)]

    @property
    def _drawn(self) -> list[Cell]:
        return [cell for row, cell in enumerate(self.plan.givens) if row not in self._fixed]

    @cached_property
    def _writers(self) -> list[Remembered[int]]:
        """What writes the number in each row; rows with as many places share one."""
        by_places = {places: Remembered[int](partial(_short_decimal, places)) for places in self._places}
        writers = [by_places[places] for places in self._places]
        for row, number in self._fixed.items():
            writers[row] = Remembered(partial(_always, show_given(number)))
        return writers

    @cached_property
    def _places(self) -> list[int]:
        places = {family: grid.places for family, grid in self._grid_of.items()}
        return [places.get(cell.address.family, 0) for cell in self.plan.givens]

    @cached_property
    def _scale(self) -> NDArray[np.float64]:
        return np.array([[float(10**places)] for places in self._places])

    @cached_property
    def _grid_of(self) -> dict[str, Grid]:
        return grids_by_family(self.plan.net, self._grids)

    @cached_property
    def _pools(self) -> list[_Pool]:
        rows: dict[str, list[int]] = {}
        for cell in self._drawn:
            if cell.address.family != "m":  # masks are drawn as a whole
                rows.setdefault(cell.address.family, []).append(self.plan.row[cell.address])
        units = {family: grid.units() for family, grid in self._grid_of.items()} | (
            {} if "y" in self._grid_of else {"y": target_choices(self.plan.net)}
        )
        return [_Pool(np.array(places), np.array(units[family])) for family, places in rows.items()]

    # --- drawing

    def draw(self, keys: Sequence[Key]) -> tuple[Units, NDArray[np.bool_]]:
        """A candidate per key and attempt, and which of them have good numbers for every unit."""
        units = np.zeros((len(self.plan.givens), len(keys)), dtype=np.int64)
        everything = tuple(pool.rows for pool in self._pools)
        self._pick(units, np.arange(len(keys)), everything, keys, 0)
        if is_one_hot(self.plan.net) and self.plan.net.needs_targets:
            self._make_one_hot(units, keys)
        self._make_masks(units, keys)
        good = np.ones(len(keys), dtype=bool)
        if self.weights_are_given:
            return units, good
        values = self._calculator.table(self.floats(units))
        dead = self._dead_on_purpose(keys)
        for of_layer, outputs in self._layers:
            for unit in of_layer:
                good &= self._draw_unit(unit, units, values, keys, dead)
            outputs(values)
        return units, good

    def _draw_unit(
        self, unit: _Unit, units: Units, values: Table, keys: Sequence[Key], dead: NDArray[np.bool_]
    ) -> NDArray[np.bool_]:
        """Draw what leads to `unit` again until its weighted sums are good. False where they never were."""
        left = np.arange(len(keys))
        for attempt in range(_UNIT_TRIES):
            if attempt:
                self._pick(units, left, unit.pool_rows, keys, attempt)
                for rows in unit.pool_rows:
                    values[rows[:, None], left] = units[rows[:, None], left] / self._scale[rows]
            part = values[: unit.end, left]
            unit.add_up(part)
            sums = part[unit.sums]
            values[unit.sums[:, None], left] = sums
            off = np.abs(sums - unit.corner)
            fair = ((off >= unit.nearest) & (np.abs(sums) <= unit.widest)).all(axis=0)
            if unit.relu is not None:
                fair &= np.where(dead[unit.relu, left], (sums < 0).all(axis=0), (sums > 0).all(axis=0))
            left = left[~fair]
            if not left.size:
                break
        good = np.ones(len(keys), dtype=bool)
        good[left] = False
        return good

    def _pick(
        self,
        units: Units,
        columns: NDArray[np.intp],
        pool_rows: tuple[NDArray[np.intp], ...],
        keys: Sequence[Key],
        attempt: int,
    ) -> None:
        """Take the numbers in some rows of some columns from their keys."""
        size = 4 * len(self.plan.givens)
        material = b"".join(_bytes(keys[column], str(attempt), size) for column in columns.tolist())
        digits = np.frombuffer(material, dtype="<u4").reshape(len(columns), -1).T
        for pool, rows in zip(self._pools, pool_rows, strict=True):
            if rows.size:
                units[rows[:, None], columns] = pool.units[digits[rows] % len(pool.units)]

    def _make_one_hot(self, units: Units, keys: Sequence[Key]) -> None:
        targets = [cell.address for cell in self.plan.givens if cell.address.family == "y"]
        for (sample, *before), group in groupby(targets, key=lambda to: (to.sample, *to.units[:-1])):
            rows = np.array([self.plan.row[address] for address in group])
            if rows[0] in self._fixed:
                continue
            purpose = "/".join(map(str, ("y", sample, *before)))
            material = b"".join(_bytes(key, purpose, 4) for key in keys)
            hot = np.frombuffer(material, dtype="<u4") % len(rows)
            units[rows] = np.arange(len(rows))[:, None] == hot

    def _make_masks(self, units: Units, keys: Sequence[Key]) -> None:
        """As many units of every layer are kept on each sheet, and for each sample: at least one, and not all."""
        masks: dict[tuple[Any, ...], list[int]] = {}
        for cell in self._drawn:
            if cell.address.family == "m":
                masks.setdefault((cell.address.layer, cell.address.case), []).append(self.plan.row[cell.address])
        for (layer, case), rows in masks.items():
            share = float(self.plan.net.kept_share(layer))
            kept = max(1, min(round(share * len(rows)), len(rows) - 1))
            material = b"".join(_bytes(key, f"m{layer}/{case}", 4 * len(rows)) for key in keys)
            lots = np.frombuffer(material, dtype="<u4").reshape(len(keys), -1).T
            units[rows] = np.argsort(np.argsort(lots, axis=0, kind="stable"), axis=0, kind="stable") < kept

    def _dead_on_purpose(self, keys: Sequence[Key]) -> NDArray[np.bool_]:
        """Which ReLU units are to be dead: shape (ReLU units, candidates). One of each layer stays alive."""
        layers = [unit_layer for unit_layer, _ in self._relus]
        dead = np.zeros((len(layers), len(keys)), dtype=bool)
        if not self._grids.dead_units:
            return dead
        for column, key in enumerate(keys):
            lots = np.frombuffer(_bytes(key, "dead", 4 * len(layers)), dtype="<u4")
            alive = {layer: layers.count(layer) for layer in layers}
            left = self._grids.dead_units
            for number in np.argsort(lots, kind="stable").tolist():
                if left and alive[layers[number]] > 1:
                    dead[number, column] = True
                    alive[layers[number]] -= 1
                    left -= 1
        return dead

    @cached_property
    def _relus(self) -> list[tuple[Layer, int]]:
        """Layer and number of every ReLU unit; the units of a state, which are drawn together, count as one."""
        net = self.plan.net
        return [
            (layer, unit)
            for layer in self._order
            if net.activation_of(layer) == "relu"
            for unit in (net.units(layer) if isinstance(layer, int) else (1,))
        ]

    @cached_property
    def _order(self) -> tuple[Layer, ...]:
        """The layers that units stand in, in the order of the forward pass."""
        net = self.plan.net
        return tuple(dict.fromkeys(map(net.target_layer, net.weight_layers)))

    # --- the net, unit by unit

    @cached_property
    def _layers(self) -> list[tuple[list[_Unit], TableProgram]]:
        """Per layer its units, and what works out its outputs."""
        return [(list(self._units(layer)), self._program(layer, _OUTPUTS)) for layer in self._order]

    def _units(self, layer: Layer) -> Iterator[_Unit]:
        """What is drawn together: a unit, or all units of a state, since each of them feeds the others in time."""
        net = self.plan.net
        if layer == "s":
            yield self._unit(layer, net.units(layer), self._program(layer, ("z", "a")))
            return
        family = "a" if layer == "y" else "z"  # the outputs of a recurrent net are sums
        for unit in net.units(layer):
            yield self._unit(layer, range(unit, unit + 1), self._program(layer, (family,), unit))

    def _unit(self, layer: Layer, units: range, add_up: TableProgram) -> _Unit:
        net, row = self.plan.net, self.plan.row
        start, cases = Pass(net, 1), Pass(net, 1).cases if layer != "s" else tuple(net.time_steps)
        leading = [other for other in net.weight_layers if net.target_layer(other) == layer]
        own = {start.weight(other, i, unit) for other in leading for i in net.sources(other) for unit in units}
        if net.bias == "per_unit" or (net.bias == "shared" and layer == "s"):
            own |= {start.bias(layer, unit) for unit in units}
        rows = {row[ref.address] for ref in own}
        sums = [start.ref("a" if layer == "y" else "z", layer, unit, case=case) for case in cases for unit in units]
        kind = net.activation_of(layer)
        return _Unit(
            pool_rows=tuple(
                np.array([r for r in pool.rows.tolist() if r in rows], dtype=np.intp) for pool in self._pools
            ),
            sums=np.array([row[ref.address] for ref in sums]),
            end=1 + max(row[start.output(layer, units[-1], cases[-1]).address], *(row[ref.address] for ref in sums)),
            add_up=add_up,
            corner=corner(net, kind),
            nearest=NEAREST.get(kind, 0.0),
            widest=WIDEST[kind],
            relu=self._relus.index((layer, units[0])) if kind == "relu" else None,
        )

    def _program(self, layer: Layer, families: tuple[str, ...], unit: int | None = None) -> TableProgram:
        """Works out the cells of some families of a layer in the first pass: all of them, or those of one unit."""
        steps = [
            [cell for cell in step.cells if unit is None or cell.address.units == (unit,)]
            for step in self.plan.steps
            if (first := step.cells[0].address).family in families
            and (first.layer, first.primed, first.update) == (layer, False, 1)
        ]
        programs = [self._calculator.program(cells) for cells in steps]

        def run(values: Table) -> None:
            for program in programs:
                program(values)

        return run


def _starts_empty(plan: Plan, cell: Cell) -> bool:
    """Whether it belongs to what a sequence starts from."""
    net = plan.net
    return cell.address.is_start or (isinstance(net, Recipe) and cell.address.family in net.constants)


_OUTPUTS: Final = ("e", "S", "a", "d")
"""The families of cells between the sums of a layer and those of the next."""


def _short_decimal(places: int, unit: int) -> str:
    return show_given(Decimal(unit).scaleb(-places))


def _always(text: str, _unit: int) -> str:
    return text


def _bytes(key: Key, purpose: str, size: int) -> bytes:
    return shake_256(b"%s/%d/%s" % (*key, purpose.encode())).digest(size)
