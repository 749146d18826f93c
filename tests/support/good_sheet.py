"""What a good sheet is, written down from section 7 of the design, for many sheets at once.

It takes the texts that stand on the sheets and nothing that drawing has worked out. The plan's
formulas are worked here by an interpreter of its own, which knows two kinds of values: plain
numbers (NumPy's longest floats, one per sheet) and spans from lowest to highest. Rounding is
Python's `decimal`. From the package come the plan, the registry of mistakes (it is what the last
rule is about), and the two documented limits of weighted sums.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from backproptable.drawing.rules import NEAREST, WIDEST
from backproptable.formulas.formula import Call, Choice, Formula, Neg, Num, Power, Product, Quotient, Ref, Sum
from backproptable.formulas.names import Address, Layer
from backproptable.mistakes.registry import WrongLine, wrong_lines
from backproptable.nets.net import Net
from backproptable.nets.plan import Cell, Plan
from backproptable.numbers.grids import DEFAULT_GRIDS, Grid, Grids

__all__ = ["Fault", "Judge", "Span", "Tables", "round_off"]

Long = np.longdouble
Column = NDArray[np.longdouble]
"""One number per sheet."""
Flags = NDArray[np.bool_]

SLACK = Long("1e-9")
CERTAIN_DIGITS = 12
NOTHING = Long("1e-14")
"""What is left of a sum's terms when they cancel, as a share of them."""


# --- formulas, on numbers and on spans ---------------------------------------------------------


@dataclass(frozen=True)
class Span:
    """All numbers from low to high, one span per sheet."""

    low: Column
    high: Column

    @classmethod
    def hull(cls, candidates: Sequence[Column]) -> Span:
        columns = np.broadcast_arrays(*candidates)
        return cls(np.minimum.reduce(columns), np.maximum.reduce(columns))

    def __neg__(self) -> Span:
        return Span(-self.high, -self.low)

    def __add__(self, other: Span) -> Span:
        return Span(self.low + other.low, self.high + other.high)

    def __mul__(self, other: Span) -> Span:
        return Span.hull([one * two for one in (self.low, self.high) for two in (other.low, other.high)])

    def __truediv__(self, other: Span) -> Span:
        quotient = Span.hull([one / two for one in (self.low, self.high) for two in (other.low, other.high)])
        anything = (other.low <= 0) & (other.high >= 0)
        return Span(np.where(anything, -np.inf, quotient.low), np.where(anything, np.inf, quotient.high))

    def __pow__(self, exponent: int) -> Span:
        ends = Span.hull([self.low**exponent, self.high**exponent])
        through_zero = (self.low < 0) & (self.high > 0) & (exponent % 2 == 0)
        return Span(np.where(through_zero, 0, ends.low), ends.high)


Value = Column | Span


def work(formula: Formula, cells: Mapping[Address | str, Value]) -> Value:
    """The value of a formula: a column over columns, a span over spans."""
    match formula:
        case Num(text):
            number = np.array([Long(text)])
            return Span(number, number) if isinstance(next(iter(cells.values())), Span) else number
        case Ref(to):
            return cells[to]
        case Neg(arg):
            return -work(arg, cells)
        case Sum(terms):
            return _added([work(term, cells) for term in terms])
        case Product((first, *others)):
            value = work(first, cells)
            for other in others:
                value = value * work(other, cells)
            return value
        case Quotient(top, bottom):
            return work(top, cells) / work(bottom, cells)
        case Power(base, exponent):
            return work(base, cells) ** exponent
        case Call(name, args):
            return _called(name, [work(arg, cells) for arg in args])
        case Choice(arg, then, otherwise, above):
            return _chosen(*(work(part, cells) for part in (arg, then, otherwise, above)))
    raise AssertionError(f"no cell should contain {formula}")


def _added(terms: list[Value]) -> Value:
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    if isinstance(total, Span):
        return total
    size = np.sum(np.broadcast_arrays(*map(np.abs, terms)), axis=0)
    return np.where(np.abs(total) <= NOTHING * size, 0, total)


RISING = {"exp": np.exp, "ln": np.log, "sqrt": np.sqrt, "tanh": np.tanh}


def _called(name: str, args: list[Value]) -> Value:
    if name == "max":
        if isinstance(args[0], Span):
            return Span(_largest([arg.low for arg in args]), _largest([arg.high for arg in args]))
        return _largest(args)
    (arg,), function = args, RISING[name]
    if not isinstance(arg, Span):
        return function(arg)
    lowest = function(arg.low)
    if name == "ln":
        lowest = np.where(arg.low <= 0, -np.inf, lowest)
    return Span(lowest, function(arg.high))


def _largest(columns: list[Column]) -> Column:
    return np.maximum.reduce(np.broadcast_arrays(*columns))


def _chosen(arg: Value, then: Value, otherwise: Value, above: Value) -> Value:
    if not isinstance(arg, Span):
        return np.where(arg > above, then, otherwise)
    either = Span.hull([then.low, otherwise.low, then.high, otherwise.high])
    surely, never = arg.low > above.high, arg.high <= above.low
    return Span(
        np.where(surely, then.low, np.where(never, otherwise.low, either.low)),
        np.where(surely, then.high, np.where(never, otherwise.high, either.high)),
    )


# --- rounding ----------------------------------------------------------------------------------


def round_off(values: Column, figures: int) -> tuple[Column, Column]:
    """The numbers to that many significant figures, and half a unit of their last places.

    Half away from zero, after 12 digits have been kept. 0 has no places; infinities stay.
    """
    rounding = Context(prec=figures, rounding=ROUND_HALF_UP)
    whole, places = np.zeros(values.shape, dtype=Long), np.zeros(values.shape, dtype=int)
    numbers = values.astype(float)
    sure = np.isfinite(numbers) & (numbers != 0)
    for place in np.flatnonzero(sure):
        number = rounding.create_decimal(f"{numbers[place]:.{CERTAIN_DIGITS - 1}e}")
        last = number.adjusted() - figures + 1
        whole[place], places[place] = int(number.scaleb(-last)), last
    return np.where(sure, _shifted(whole, places), values), np.where(sure, _shifted(Long(1), places) / 2, 0)


def _shifted(numbers: Column | np.longdouble, places: NDArray[np.int64]) -> Column:
    ten = Long(10)
    return np.where(places < 0, numbers / ten ** np.abs(places), numbers * ten ** np.abs(places))


def tie_distance(values: Column, figures: int) -> Column:
    """How far each number is from the middle between two printed ones, as a share of itself. On it is far."""
    distance = np.full(values.shape, np.inf)
    for place, number in enumerate(values.astype(float)):
        if not np.isfinite(number) or number == 0:
            continue
        whole = abs(Decimal(float(number)))
        steps = whole.scaleb(figures - 1 - whole.adjusted())
        certain = Decimal(f"{abs(number):.{CERTAIN_DIGITS - 1}e}")
        if certain.scaleb(figures - 1 - certain.adjusted()) % 1 != Decimal("0.5"):
            distance[place] = abs(steps % 1 - Decimal("0.5")) / steps
    return distance


# --- sheets ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fault:
    """Something that no good sheet has."""

    rule: str
    sheet: int
    where: str
    """The cell, and the mistake where it is about one."""


class Tables:
    """The numbers of many sheets of one plan: by cell, one column each."""

    def __init__(self, plan: Plan, texts: Sequence[Sequence[str]], figures: int, carry: str) -> None:
        """`texts` has an entry per sheet: the givens as they stand on it, in the plan's order."""
        self.plan, self.texts, self.figures, self.carry = plan, texts, figures, carry
        self._givens = {
            cell.address: np.array([Long(sheet[row]) for sheet in texts]) for row, cell in enumerate(plan.givens)
        }

    @cached_property
    def exact(self) -> dict[Address, Column]:
        """Everything at full precision."""
        values = dict(self._givens)
        for _, cell in self.plan.worked:
            values[cell.address] = self._full(work(cell.formula, values))
        return values

    @cached_property
    def printed(self) -> dict[Address, Column]:
        """Worked on what is printed above, rounded once."""
        return {to: column for to, (column, _) in self._paper.items()}

    @cached_property
    def lines(self) -> dict[Address, Column]:
        """What a calculator gives for the printed lines, before rounding."""
        return {to: line for to, (_, line) in self._paper.items()}

    @cached_property
    def _paper(self) -> dict[Address, tuple[Column, Column]]:
        values, lines = dict(self._givens), dict(self._givens)
        for _, cell in self.plan.worked:
            line = lines[cell.address] = self._full(work(cell.formula, values))
            keeps_all = is_whole(self.plan, cell) or is_updated(cell)
            values[cell.address] = line if keeps_all else round_off(line, self.figures)[0]
        return {to: (values[to], lines[to]) for to in values}

    @cached_property
    def shown(self) -> dict[Address, Column]:
        """The exact numbers, rounded for show."""
        values = dict(self._givens)
        for _, cell in self.plan.worked:
            exact = self.exact[cell.address]
            values[cell.address] = exact if is_whole(self.plan, cell) else round_off(exact, self.figures)[0]
        return values

    @property
    def on_sheet(self) -> dict[Address, Column]:
        """What the key shows."""
        return self.printed if self.carry == "paper" else self.shown

    def rounds(self, cell: Cell) -> bool:
        """Whether the number of a cell is written rounded."""
        if cell.formula is None or is_whole(self.plan, cell):
            return False
        return self.carry == "full" or not is_updated(cell)

    def _full(self, values: Value) -> Column:
        return np.broadcast_to(values, (len(self.texts),)).copy()


def is_updated(cell: Cell) -> bool:
    """W' and b', which keep every decimal on paper."""
    return cell.name[0] in "Wb" and "'" in cell.name


def is_whole(plan: Plan, cell: Cell) -> bool:
    """Slopes of straight lines, outputs of steps, the 1 that is a sum's derivative: never rounded."""
    family, layer, net = cell.address.family, cell.address.layer, plan.net
    if family == "da/dz":
        return kind_of(net, layer) in ("identity", "relu", "leaky_relu")
    if family == "a":
        return kind_of(net, layer) == "step"
    return (
        family == "dL/da"
        and layer == ("y" if net.kind == "recurrent" else net.depth)
        and net.loss == "output"
        and (net.reduction == "sum" or net.samples is None)
    )


def kind_of(net: Net, layer: Layer) -> str:
    """The activation of a layer; the outputs of a recurrent net, layer y, are sums."""
    if layer == "y":
        return "identity"
    return net.activations[0 if layer == "s" else layer - 1]


# --- the judge ---------------------------------------------------------------------------------


class Judge:
    """Section 7 for the sheets of one plan. `given` names the numbers that were not drawn."""

    def __init__(
        self,
        plan: Plan,
        *,
        grids: Grids = DEFAULT_GRIDS,
        figures: int = 4,
        carry: str = "paper",
        given: Iterable[str] = (),
    ) -> None:
        self.plan, self.grids, self.figures, self.carry = plan, grids, figures, carry
        self.given = frozenset(given)
        self.lines: list[WrongLine] = wrong_lines(plan)

    def tables(self, texts: Sequence[Sequence[str]]) -> Tables:
        """The numbers of sheets whose givens have these texts."""
        return Tables(self.plan, texts, self.figures, self.carry)

    def faults(self, tables: Tables) -> Iterator[Fault]:
        """Everything that is wrong with the sheets, but for mistakes that hide."""
        with np.errstate(all="ignore"):
            for rule in (self.grid, self.sums, self.dead, self.ties, self.gaps, self.loss):
                yield from rule(tables)

    # --- the givens

    def grid(self, tables: Tables) -> Iterator[Fault]:
        """Numbers off their grids; inputs, weights and biases that are 0; targets that are none; masks for nothing."""
        grid_of = {"x": self.grids.inputs, "W": self.grids.weights, "b": self.grids.biases}
        for number, sheet in enumerate(tables.texts):
            targets: dict[int | None, list[Decimal]] = {}
            masks: dict[tuple[Layer | None, int | None], list[Decimal]] = {}
            for cell, text in zip(self.plan.givens, sheet, strict=True):
                family, value = cell.address.family, Decimal(text)
                if family == "eta":
                    fine = value == self.plan.net.learning_rate
                elif cell.name in self.given:
                    continue
                elif family == "y":
                    targets.setdefault(cell.address.case, []).append(value)
                    continue
                elif family == "m":
                    masks.setdefault((cell.address.layer, cell.address.sample), []).append(value)
                    continue
                elif family == "a":
                    fine = value == 0  # the state before the first step
                else:
                    fine = value != 0 and _is_on(grid_of[family], value)
                if not fine:
                    yield Fault("grid", number, cell.name)
            for sample, values in targets.items():
                if not self._are_targets(values):
                    yield Fault("targets", number, f"y of sample {sample}")
            for (layer, sample), values in masks.items():
                if set(values) != ({Decimal(0), Decimal(1)} if len(values) > 1 else {Decimal(1)}):
                    yield Fault("masks", number, f"m{layer} of sample {sample}")

    def _are_targets(self, values: list[Decimal]) -> bool:
        net = self.plan.net
        if net.activations[-1] == "softmax" or net.loss == "cross_entropy":
            return sorted(values) == [*(Decimal(0) for _ in values[1:]), Decimal(1)]
        if net.loss == "binary_cross_entropy":
            return all(value in (0, 1) for value in values)
        within = {"sigmoid": (0, 1), "tanh": (-1, 1)}.get(kind_of(net, net.last), (0, 10))
        return all(within[0] < value < within[1] and value.as_tuple().exponent >= -2 for value in values)

    # --- the numbers

    def sums(self, tables: Tables) -> Iterator[Fault]:
        """Weighted sums, of every pass, that saturate a unit or lie near its corner."""
        for cell in self.plan.cells:
            if cell.address.family == "z":
                kind, sums = kind_of(self.plan.net, cell.address.layer), tables.exact[cell.address]
                turns_at = Long(str(self.plan.net.threshold)) if kind == "step" else 0
                room = np.abs(sums - turns_at)
                yield from self._faults("saturated", ~(np.abs(sums) <= WIDEST[kind] * (1 + SLACK)), cell.name)
                yield from self._faults("corner", ~(room >= NEAREST.get(kind, 0) * (1 - SLACK)), cell.name)

    def dead(self, tables: Tables) -> Iterator[Fault]:
        """ReLU units that are neither always on nor always off; too many or too few that are off."""
        units: dict[tuple[int, int], list[Flags]] = {}
        for cell in self.plan.cells:
            to = cell.address
            if to.family == "z" and kind_of(self.plan.net, to.layer) == "relu":
                units.setdefault((to.layer, to.units[0]), []).append(tables.exact[to] > 0)
        off = {unit: ~np.any(on, axis=0) for unit, on in units.items()}
        for (layer, unit), on in units.items():
            yield from self._faults("half dead", ~off[layer, unit] & ~np.all(on, axis=0), f"unit {unit} of {layer}")
        for layer in {layer for layer, _ in units}:
            dead = np.all([flags for (own, _), flags in off.items() if own == layer], axis=0)
            yield from self._faults("dead layer", dead, f"layer {layer}")
        if units:
            wrong = np.sum(list(off.values()), axis=0) != self.grids.dead_units
            yield from self._faults("dead units", wrong, "all")

    def ties(self, tables: Tables) -> Iterator[Fault]:
        """Numbers so near a rounding tie that another calculator may round them the other way."""
        sides = (tables.exact, tables.lines) if self.carry == "paper" else (tables.exact,)
        for _, cell in self.plan.worked:
            if tables.rounds(cell):
                for values in sides:
                    near = tie_distance(values[cell.address], self.figures) < SLACK * (1 - Long("1e-6"))
                    yield from self._faults("tie", near, cell.name)

    def gaps(self, tables: Tables) -> Iterator[Fault]:
        """Numbers of the way back whose printed value is over 1 % off; numbers that do not exist."""
        for _, cell in self.plan.worked:
            exact, printed = tables.exact[cell.address], tables.printed[cell.address]
            there = np.isfinite(exact) & np.isfinite(printed) & np.isfinite(tables.lines[cell.address])
            yield from self._faults("undefined", ~there, cell.name)
            if "dL/d" in cell.name or cell.address.family == "da/dz":
                is_nothing = np.abs(exact) < Long("1e-13")
                off = np.abs(printed - exact) > np.abs(exact) * Long("0.01") * (1 + SLACK)
                yield from self._faults("gap", off & ~is_nothing, cell.name)

    def loss(self, tables: Tables) -> Iterator[Fault]:
        """A printed loss that does not fall: from the first, or from the sum of the first epoch of an online run."""
        first = self.plan.net.samples if self.plan.net.online else 1
        before, after = [Address("L", update=update) for update in range(1, first + 1)], Address("L", primed=True)
        if after in tables.on_sheet:
            fall = sum(tables.on_sheet[loss] for loss in before) - tables.on_sheet[after]
            yield from self._faults("loss", ~(fall > 0), "L'")

    @staticmethod
    def _faults(rule: str, wrong: Flags, where: str) -> Iterator[Fault]:
        for sheet in np.flatnonzero(wrong):
            yield Fault(rule, int(sheet), where)

    # --- the mistakes

    def mistakes(self, tables: Tables, let_go: Sequence[WrongLine], hidden: Flags) -> Iterator[Fault]:
        """Mistakes that hide on a sheet, but for those that were let go and are said to hide there; and no others."""
        said = dict(zip(let_go, hidden, strict=True))
        nowhere = np.zeros(len(tables.texts), dtype=bool)
        for line, hides in zip(self.lines, self.hidden(tables), strict=True):
            wrong = hides != said.pop(line, nowhere)
            yield from self._faults("hidden", wrong, f"{line.mistake} in {line.cell.name}")
        for line in said:
            yield Fault("hidden", 0, f"{line.mistake} in {line.cell.name} was let go and is not registered")

    def hidden(self, tables: Tables) -> Flags:
        """Which mistakes change a number to one that passes for the right one: shape (wrong lines, sheets)."""
        with np.errstate(all="ignore"):
            on_paper = self._passes(tables, tables.printed, tables.printed, tables.lines)
            written = {
                cell.address: (tables.shown if tables.rounds(cell) else tables.exact)[cell.address]
                for cell in self.plan.cells
            }
            in_full = self._passes(tables, tables.exact, written, tables.exact)
        return on_paper | in_full

    def _passes(
        self,
        tables: Tables,
        works_on: dict[Address, Column],
        writes: dict[Address, Column],
        right: dict[Address, Column],
    ) -> Flags:
        """For a student who works on some numbers and writes some down."""
        spans = {cell.address: self._span(tables, cell, writes[cell.address]) for cell in self.plan.cells}
        ranges: dict[Address, list[Span]] = {}
        flags = np.zeros((len(self.lines), len(tables.texts)), dtype=bool)
        for number, line in enumerate(self.lines):
            to = line.cell.address
            if to not in ranges:
                points = [Span(table[to], table[to]) for table in (tables.exact, tables.printed)]
                ranges[to] = [*(work(formula, spans) for formula in line.cell.formulas), *points]
            wrong = np.broadcast_to(work(line.formula, works_on), right[to].shape)
            changes = np.abs(wrong - right[to]) > SLACK * np.maximum(np.abs(wrong), np.abs(right[to]))
            means = self._span(tables, line.cell, wrong, round_it=True)
            flags[number] = changes & np.any([_meet(means, what) for what in ranges[to]], axis=0)
        return flags

    def _span(self, tables: Tables, cell: Cell, values: Column, *, round_it: bool = False) -> Span:
        """What a number may mean that is written in a cell."""
        if not tables.rounds(cell):
            return Span(values, values)
        written, half = round_off(values, self.figures)
        middle = written if round_it else values
        return Span(middle - half, middle + half)


def _is_on(grid: Grid, value: Decimal) -> bool:
    """In range, whole steps from its lower end, and with the decimals of the grid."""
    decimals = -min(grid.grid.as_tuple().exponent, grid.low.as_tuple().exponent, 0)
    on = grid.low <= value <= grid.high and (value - grid.low) % grid.grid == 0
    return on and -value.as_tuple().exponent == decimals


def _meet(one: Span, other: Span) -> Flags:
    """Whether two spans have a number in common."""
    slack = SLACK * np.maximum(np.abs(one.low), np.abs(one.high))
    return (one.low - slack <= other.high) & (other.low <= one.high + slack)
