"""A plan in the making: how cells are named in each pass, and small pieces of formulas."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from backproptable.errors import InputError, Problem
from backproptable.formula import Formula, Num, Product, Quotient, Ref, Sum, put_in
from backproptable.names import Address, name_of
from backproptable.net import Net
from backproptable.plan import Cell, Derivation, Digits, Equation, Plan, Reason, Step

__all__ = [
    "MOST_CELLS",
    "Draft",
    "Pass",
    "Unit",
    "fill",
    "fill_derivation",
    "mean",
    "sample_letter",
    "sum_of",
]

MOST_CELLS: Final = 2200
"""Beyond this a page of single cells helps nobody."""

Unit = int | str


@dataclass(frozen=True)
class Pass:
    """Names the cells of one pass through the net: update 1, 2, ..., or the one after the last."""

    net: Net
    update: int
    """The update it belongs to; for the pass after the last one, the last."""
    primed: bool = False

    def ref(self, family: str, layer: int | None, *index: Unit, sample: int | str | None = None) -> Ref:
        """A cell that this pass works out."""
        update = 1 if self.primed else self.update
        return Ref(Address(family, layer, index, sample, self.primed, update))

    def weight(self, layer: int, source: Unit, target: Unit) -> Ref:
        """The weight from unit `source` to unit `target`, as this pass finds it."""
        return self._parameter("W", layer, *self.net.weight_index(source, target))

    def bias(self, layer: int, unit: Unit) -> Ref:
        """The bias of a unit, or the one its layer shares."""
        return self._parameter("b", layer, *(() if self.net.bias == "shared" else (unit,)))

    def _parameter(self, family: str, layer: int, *index: Unit) -> Ref:
        """The given one, or the one that the update before has left."""
        done = self.update if self.primed else self.update - 1
        if done and (family == "W" or self.net.update_biases):
            return Ref(Address(family, layer, index, primed=True, update=done))
        return Ref(Address(family, layer, index))

    def output(self, layer: int, unit: Unit, sample: int | str | None) -> Ref:
        """The output of `layer`; layer 0 is the input x, which no pass changes."""
        if layer == 0:
            return Ref(Address("x", None, (unit,), sample))
        return self.ref("a", layer, unit, sample=sample)

    def target(self, unit: Unit, sample: int | str | None) -> Ref:
        """A target, which no pass changes."""
        return Ref(Address("y", None, (unit,), sample))


@dataclass
class Draft:
    """A plan in the making."""

    net: Net
    givens: list[Cell] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    results: set[Address] = field(default_factory=set)
    size: int = 0

    def add_givens(self) -> None:
        """x, y, then weights and biases layer by layer, then the learning rate."""
        net, start = self.net, Pass(self.net, 1)
        self._check_size(len(net.sample_numbers) * (len(net.units(0)) + len(net.units(net.depth))))
        refs = [start.output(0, i, s) for s in net.sample_numbers for i in net.units(0)]
        if net.needs_targets:
            refs += [start.target(k, s) for s in net.sample_numbers for k in net.units(net.depth)]
        for layer in range(1, net.depth + 1):
            self._check_size(len(refs) + len(net.units(layer - 1)) * len(net.units(layer)))
            refs += [start.weight(layer, i, j) for i, j in net.connections(layer)]
            refs += [start.bias(layer, unit) for unit in net.bias_units(layer)]
        if net.updates and not net.forward_only:
            refs.append(Ref(Address("eta")))
        self._check_size(len(refs))
        self.givens = [Cell(ref.address, digits=Digits.EXACT) for ref in refs]

    def add(
        self,
        reason: Reason,
        cells: Iterable[Cell],
        *,
        rule: Iterable[Equation] = (),
        derivations: tuple[Derivation, ...] = (),
        result: bool = False,
        name: str | None = None,
    ) -> None:
        """Add a step. `result`: its cells are wanted whether or not others use them."""
        cells = tuple(cells)
        self._check_size(self.size + len(cells))
        first = cells[0].address
        name = name or name_of(first._replace(units=(), sample=None))
        self.steps.append(Step(name, reason, cells, tuple(rule), derivations))
        if result:
            self.results.update(cell.address for cell in cells)

    def _check_size(self, size: int) -> None:
        self.size = size
        if size > MOST_CELLS:
            raise InputError(
                [
                    Problem(
                        "[net] layers",
                        f"a net of layers {list(self.net.layers)}, {self.net.samples or 1} samples and "
                        f"{self.net.updates} updates has more than {MOST_CELLS} numbers to print.",
                        "Every number gets a line of its own: use fewer units, samples or updates. "
                        'A handout with layout = "matrices" works one update of such a net on shapes alone.',
                    )
                ]
            )

    def finished(self) -> Plan:
        """The plan, checked."""
        if self.net.forward_only:
            self.results.update(cell.address for cell in self.steps[-1].cells)
        return Plan(self.net, tuple(self.givens), tuple(self.steps), frozenset(self.results))


def sample_letter(net: Net) -> str | None:
    """The letter of a sample in rules; None where there is no batch."""
    return None if net.samples is None else "s"


def sum_of(terms: Iterable[Formula]) -> Formula:
    """A sum, or its only term."""
    terms = tuple(terms)
    return terms[0] if len(terms) == 1 else Sum(terms)


def mean(net: Net, formula: Formula) -> Formula:
    """1/n times the formula, where a batch is averaged."""
    if net.reduction == "sum" or net.samples is None:
        return formula
    share = Quotient(Num("1"), Num(str(net.samples)))
    return share if formula == Num("1") else Product((share, formula))


def fill(net: Net, formula: Formula, **cells: Ref) -> Formula:
    """A general formula with its placeholders replaced by cells, and by the net's own constants."""
    constants: dict[str, Formula] = {"K": Num(str(net.layers[-1])), "slope": Num(f"{net.leaky_slope:f}")}
    return put_in(formula, lambda ref: cells[str(ref.to)] if ref.to in cells else constants[str(ref.to)])


def fill_derivation(derivation: Derivation, fill: Callable[[Formula], Formula]) -> Derivation:
    """A general derivation with its placeholders replaced by cells."""
    by = fill(derivation.by)
    assert isinstance(by, Ref)  # noqa: S101 - a placeholder is always replaced by a cell
    return Derivation(fill(derivation.function), by, tuple(map(fill, derivation.forms)))
