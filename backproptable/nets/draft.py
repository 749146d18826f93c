"""A plan in the making: how cells are named in each pass, and small pieces of formulas."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from backproptable.basics.errors import InputError, Problem
from backproptable.formulas.formula import Formula, Num, Product, Quotient, Ref, Sigma, Sum, put_in
from backproptable.formulas.names import Address, Layer, name_of
from backproptable.nets.net import Net
from backproptable.nets.plan import Cell, Derivation, Digits, Equation, Plan, Reason, Step

__all__ = [
    "MOST_CELLS",
    "Case",
    "Draft",
    "Pass",
    "Unit",
    "fill",
    "fill_derivation",
    "mean",
    "sum_of",
]

MOST_CELLS: Final = 2200
"""Beyond this a page of single cells helps nobody."""

_ON_SHAPES: Final = ' A handout with layout = "matrices" works one update of such a net on shapes alone.'

Unit = int | str
Case = int | str | None
"""A sample of a batch, or a time step of a sequence; a letter for any of them; None where there is one sample."""


@dataclass(frozen=True)
class Pass:
    """Names the cells of one pass through the net: update 1, 2, ..., or the one after the last."""

    net: Net
    update: int
    """The update it belongs to; for the pass after the last one, the last."""
    primed: bool = False

    @cached_property
    def cases(self) -> tuple[Case, ...]:
        """What this pass has an output for: its samples, or the time steps whose outputs have a target.

        An online update sees one sample, the next in turn; the pass after the last update sees all.
        """
        net = self.net
        if net.is_recurrent:
            return tuple(net.loss_steps)
        if net.in_turn and not self.primed:
            return (net.turn_of(self.update)[1],)
        return net.sample_numbers

    @property
    def letter(self) -> str | None:
        """The letter of a case in rules; None where there is one sample."""
        if self.net.is_recurrent:
            return "t"
        return None if self.net.samples is None else "s"

    def over_cases(self, term: Formula) -> Formula:
        """In rules, the sum of a term over the cases of this pass; the term itself where there is no more than one."""
        net = self.net
        is_one = net.loss_at == "last" if net.is_recurrent else net.in_turn and not self.primed
        return term if self.letter is None or is_one else Sigma(self.letter, term)

    def ref(self, family: str, layer: Layer | None, *index: Unit, case: Case = None) -> Ref:
        """A cell that this pass works out."""
        sample, time = self._sample_and_time(case)
        return Ref(Address(family, layer, index, sample, self.primed, 1 if self.primed else self.update, time))

    def _unchanged(self, family: str, layer: Layer | None, unit: Unit, case: Case) -> Ref:
        """A cell that is the same in every pass."""
        sample, time = self._sample_and_time(case)
        return Ref(Address(family, layer, (unit,), sample, time=time))

    def _sample_and_time(self, case: Case) -> tuple[Case, Case]:
        return (None, case) if self.net.is_recurrent else (case, None)

    def weight(self, layer: Layer, source: Unit, target: Unit) -> Ref:
        """The weight from unit `source` to unit `target`, as this pass finds it."""
        return self._parameter("W", layer, *self.net.weight_index(source, target))

    def bias(self, layer: Layer, unit: Unit) -> Ref:
        """The bias of a unit, or the one its layer shares."""
        return self._parameter("b", layer, *(() if self.net.bias == "shared" else (unit,)))

    def _parameter(self, family: str, layer: Layer, *index: Unit) -> Ref:
        """The given one, or the one that the update before has left."""
        done = self.update if self.primed else self.update - 1
        if done and (family == "W" or self.net.update_biases):
            return Ref(Address(family, layer, index, primed=True, update=done))
        return Ref(Address(family, layer, index))

    def datum(self, unit: Unit, case: Case) -> Ref:
        """An input, which no pass changes."""
        return self._unchanged("x", None, unit, case)

    def output(self, layer: Layer, unit: Unit, case: Case) -> Ref:
        """What a unit gives by itself; at time 0, the state to start from, which no pass changes."""
        if case == 0:
            return self._unchanged("a", layer, unit, case)
        return self.ref("a", layer, unit, case=case)

    def mask(self, layer: int, unit: Unit, case: Case) -> Ref:
        """What dropout multiplies a unit's output by: 0 or 1, the same in every pass."""
        return self._unchanged("m", layer, unit, case)

    def passed_on(self, layer: int, unit: Unit, case: Case) -> Ref:
        """What the next layer gets of a unit: its output, or what dropout leaves of it. Layer 0 are the inputs."""
        if layer == 0:
            return self.datum(unit, case)
        return self.ref("d" if self.net.drops(layer) else "a", layer, unit, case=case)

    def target(self, unit: Unit, case: Case) -> Ref:
        """A target, which no pass changes."""
        return self._unchanged("y", None, unit, case)


@dataclass
class Draft:
    """A plan in the making."""

    net: Net
    givens: list[Cell] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    results: set[Address] = field(default_factory=set)
    size: int = 0

    def add_givens(self) -> None:
        """x, y, the state to start from, masks, weights and biases layer by layer, the learning rate."""
        net, start = self.net, Pass(self.net, 1)
        seen: tuple[Case, ...] = tuple(net.time_steps) if net.is_recurrent else net.sample_numbers
        self._check_size(len(seen) * (len(net.units(0)) + len(net.units(net.last))))
        refs = [start.datum(i, case) for case in seen for i in net.units(0)]
        if net.needs_targets:
            cases = net.loss_steps if net.is_recurrent else seen
            refs += [start.target(k, case) for case in cases for k in net.units(net.last)]
        if net.is_recurrent:
            refs += [start.output("s", j, 0) for j in net.units("s")]
        dropped = [layer for layer in range(1, net.depth) if net.drops(layer)]
        refs += [start.mask(layer, j, case) for layer in dropped for case in seen for j in net.units(layer)]
        for layer in net.weight_layers:
            self._check_size(len(refs) + len(net.units(layer)) * len(net.sources(layer)))
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
        name = name or name_of(first._replace(units=(), sample=None, time=None))
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
                        f"a net of layers {list(self.net.layers)}, {self._length()} and "
                        f"{self.net.updates} updates has more than {MOST_CELLS} numbers to print.",
                        "Every number gets a line of its own: use fewer units, "
                        f"{'steps' if self.net.is_recurrent else 'samples'} or updates."
                        + (_ON_SHAPES if self.net.is_plain else ""),
                    )
                ]
            )

    def _length(self) -> str:
        net = self.net
        return f"{net.steps} steps" if net.is_recurrent else f"{net.samples or 1} samples"

    def finished(self) -> Plan:
        """The plan, checked."""
        if self.net.forward_only:
            cells = (cell.address for step in self.steps for cell in step.cells)
            self.results.update(to for to in cells if (to.family, to.layer) == ("a", self.net.last))
        return Plan(self.net, tuple(self.givens), tuple(self.steps), frozenset(self.results))


def sum_of(terms: Iterable[Formula]) -> Formula:
    """A sum, or its only term."""
    terms = tuple(terms)
    return terms[0] if len(terms) == 1 else Sum(terms)


def mean(net: Net, formula: Formula) -> Formula:
    """1/n times the formula, where a batch is averaged."""
    if not net.averages:
        return formula
    share = Quotient(Num("1"), Num(str(net.samples)))
    return share if formula == Num("1") else Product((share, formula))


def fill(net: Net, formula: Formula, **cells: Formula) -> Formula:
    """A general formula with its placeholders replaced: by cells, by constants of a layer, and of the net."""
    constants: dict[str, Formula] = {
        "K": Num(str(net.layers[-1])),
        "slope": Num(f"{net.leaky_slope:f}"),
        "threshold": Num(f"{net.threshold:f}"),
    }
    return put_in(formula, lambda ref: cells[str(ref.to)] if ref.to in cells else constants[str(ref.to)])


def fill_derivation(derivation: Derivation, fill: Callable[[Formula], Formula]) -> Derivation:
    """A general derivation with its placeholders replaced by cells."""
    by = fill(derivation.by)
    assert isinstance(by, Ref)  # noqa: S101 - a placeholder is always replaced by a cell
    return Derivation(fill(derivation.function), by, tuple(map(fill, derivation.forms)))
