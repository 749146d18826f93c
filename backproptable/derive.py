"""From a net to its plan: every forward, backward and update step, in the order of the work."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import product
from typing import Final

from backproptable.calculus import ACTIVATIONS, LOSSES, activation_derivative, loss_derivative, softmax_derivative
from backproptable.errors import InputError, Problem
from backproptable.formula import (
    Call,
    Formula,
    Num,
    Partial,
    Power,
    Product,
    Quotient,
    Ref,
    Sigma,
    Sum,
    difference,
    put_in,
)
from backproptable.names import UNIT_LETTERS, Address, name_of
from backproptable.net import Net
from backproptable.plan import Cell, Derivation, Digits, Equation, Plan, Reason, Step

__all__ = ["MOST_CELLS", "derive"]

MOST_CELLS: Final = 2200
"""Beyond this a page of single cells helps nobody."""

Unit = int | str


def derive(net: Net, *, input_gradient: bool = False) -> Plan:
    """The plan of `net`. `input_gradient` adds dL/dx, which no later step needs.

    Raises `InputError` for a net of more than `MOST_CELLS` cells.
    """
    plan = _Draft(net)
    plan.add_givens()
    for update in range(1, max(net.updates, 1) + 1):
        now = _Pass(net, update)
        _add_forward(plan, now)
        if net.forward_only:
            return plan.finished()
        _add_loss(plan, now)
        _add_backward(plan, now, input_gradient=input_gradient)
        _add_norms(plan, now)
        if net.updates:
            _add_updates(plan, now)
    if net.updates:
        after = _Pass(net, net.updates, primed=True)
        _add_forward(plan, after)
        _add_loss(plan, after)
    return plan.finished()


@dataclass(frozen=True)
class _Pass:
    """Names the cells of one pass through the net: update 1, 2, ..., or the one after the last."""

    net: Net
    update: int
    """The update it belongs to; for the pass after the last one, the last."""
    primed: bool = False

    def ref(self, family: str, layer: int | None, *index: Unit, sample: int | str | None = None) -> Ref:
        update = 1 if self.primed else self.update
        return Ref(Address(family, layer, index, sample, self.primed, update))

    def weight(self, layer: int, source: Unit, target: Unit) -> Ref:
        return self._parameter("W", layer, *self.net.weight_index(source, target))

    def bias(self, layer: int, unit: Unit) -> Ref:
        return self._parameter("b", layer, *(() if self.net.bias == "shared" else (unit,)))

    def _parameter(self, family: str, layer: int, *index: Unit) -> Ref:
        """As this pass finds it: the given one, or the one that the update before has left."""
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
        return Ref(Address("y", None, (unit,), sample))


@dataclass
class _Draft:
    """A plan in the making."""

    net: Net
    givens: list[Cell] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    results: set[Address] = field(default_factory=set)
    size: int = 0

    def add_givens(self) -> None:
        net, start = self.net, _Pass(self.net, 1)
        refs = [start.output(0, i, s) for s in net.sample_numbers for i in _units(net, 0)]
        if net.needs_targets:
            refs += [start.target(k, s) for s in net.sample_numbers for k in _units(net, net.depth)]
        for layer in range(1, net.depth + 1):
            self._check_size(len(refs) + net.layers[layer - 1] * net.layers[layer])
            refs += [start.weight(layer, i, j) for i, j in _connections(net, layer)]
            refs += [start.bias(layer, unit) for unit in _bias_units(net, layer)]
        if net.updates and not net.forward_only:
            refs.append(Ref(Address("eta")))
        self._check_size(len(refs))
        self.givens = [Cell(_address(ref), digits=Digits.EXACT) for ref in refs]

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
        cells = tuple(cells)
        self._check_size(self.size + len(cells))
        first = cells[0].address
        name = name or name_of(first._replace(units=(), sample=None))
        self.steps.append(Step(name, reason, cells, first.layer, tuple(rule), derivations))
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
                        "Every number gets a line of its own: use fewer units, samples or updates.",
                    )
                ]
            )

    def finished(self) -> Plan:
        if self.net.forward_only:
            self.results.update(cell.address for cell in self.steps[-1].cells)
        return Plan(self.net, tuple(self.givens), tuple(self.steps), frozenset(self.results))


# --- forward ---------------------------------------------------------------------------------


def _add_forward(plan: _Draft, now: _Pass) -> None:
    for layer in range(1, plan.net.depth + 1):
        _add_weighted_sum(plan, now, layer)
        _add_activation(plan, now, layer)


def _add_weighted_sum(plan: _Draft, now: _Pass, layer: int) -> None:
    net, s = plan.net, _s(plan.net)

    def weighted(s: int | str | None, i: Unit, j: Unit) -> Formula:
        value, weight = now.output(layer - 1, i, s), now.weight(layer, i, j)
        return Product((value, weight) if net.weights == "from_to" else (weight, value))

    def plus_bias(terms: list[Formula], j: Unit) -> Formula:
        return _sum(terms if net.bias == "none" else [*terms, now.bias(layer, j)])

    plan.add(
        Reason.WEIGHTED_SUM,
        [
            Cell(
                _address(now.ref("z", layer, j, sample=s)),
                plus_bias([weighted(s, i, j) for i in _units(net, layer - 1)], j),
            )
            for s in net.sample_numbers
            for j in _units(net, layer)
        ],
        rule=[Equation(now.ref("z", layer, "j", sample=s), (plus_bias([Sigma("i", weighted(s, "i", "j"))], "j"),))],
    )


def _add_activation(plan: _Draft, now: _Pass, layer: int) -> None:
    net, activation = plan.net, plan.net.activations[layer - 1]
    if activation == "softmax":
        _add_softmax(plan, now, layer)
        return

    def formula(s: int | str | None, j: Unit) -> Formula:
        return _fill(net, ACTIVATIONS[activation], z=now.ref("z", layer, j, sample=s))

    plan.add(
        Reason.ACTIVATION,
        [
            Cell(
                _address(now.output(layer, j, s)),
                formula(s, j),
                Digits.EXACT if activation == "step" else Digits.FIGURES,
            )
            for s in net.sample_numbers
            for j in _units(net, layer)
        ],
        rule=[Equation(now.output(layer, "j", _s(net)), (formula(_s(net), "j"),))],
    )


def _add_softmax(plan: _Draft, now: _Pass, layer: int) -> None:
    net, units = plan.net, _units(plan.net, layer)

    def exponential(s: int | str | None, k: Unit) -> Formula:
        return Call("exp", (now.ref("z", layer, k, sample=s),))

    def share(s: int | str | None, k: Unit) -> Formula:
        return Quotient(now.ref("e", layer, k, sample=s), now.ref("S", layer, sample=s))

    def in_one_go(s: int | str | None, k: Unit) -> Formula:
        return Quotient(exponential(s, k), _sum([exponential(s, m) for m in units]))

    s = _s(net)
    plan.add(
        Reason.EXPONENTIAL,
        [
            Cell(_address(now.ref("e", layer, k, sample=s)), exponential(s, k))
            for s in net.sample_numbers
            for k in units
        ],
        rule=[Equation(now.ref("e", layer, "k", sample=s), (exponential(s, "k"),))],
    )
    plan.add(
        Reason.EXP_SUM,
        [
            Cell(
                _address(now.ref("S", layer, sample=s)),
                _sum([now.ref("e", layer, k, sample=s) for k in units]),
            )
            for s in net.sample_numbers
        ],
        rule=[Equation(now.ref("S", layer, sample=s), (Sigma("k", now.ref("e", layer, "k", sample=s)),))],
    )
    plan.add(
        Reason.ACTIVATION,
        [
            Cell(_address(now.output(layer, k, s)), share(s, k), also=(in_one_go(s, k),))
            for s in net.sample_numbers
            for k in units
        ],
        rule=[Equation(now.output(layer, "k", s), (share(s, "k"),))],
    )


# --- loss ------------------------------------------------------------------------------------


def _add_loss(plan: _Draft, now: _Pass) -> None:
    net = plan.net
    last, units = net.depth, _units(net, net.depth)

    def term(s: int | str | None, k: Unit) -> Formula:
        return _fill(net, LOSSES[net.loss], y=now.target(k, s), a=now.output(last, k, s))

    s = _s(net)
    generic = now.ref("l", None, "k", sample=s)
    plan.add(
        Reason.LOSS_TERM,
        [Cell(_address(now.ref("l", None, k, sample=s)), term(s, k)) for s in net.sample_numbers for k in units],
        rule=[Equation(generic, (term(s, "k"),))],
    )
    total = Sigma("k", generic)
    plan.add(
        Reason.LOSS,
        [
            Cell(
                _address(now.ref("L", None)),
                _mean(net, _sum([now.ref("l", None, k, sample=s) for s in net.sample_numbers for k in units])),
            )
        ],
        rule=[Equation(now.ref("L", None), (_mean(net, total if s is None else Sigma("s", total)),))],
        result=True,
    )


# --- backward --------------------------------------------------------------------------------


def _add_backward(plan: _Draft, now: _Pass, *, input_gradient: bool) -> None:
    net = plan.net
    for layer in range(net.depth, 0, -1):
        if layer == net.depth and net.output_delta == "short":
            _add_short_delta(plan, now)
        else:
            if layer == net.depth:
                _add_loss_derivative(plan, now)
            _add_local_derivative(plan, now, layer)
            _add_delta(plan, now, layer)
        _add_gradients(plan, now, layer)
        if layer > 1:
            _add_path_sums(plan, now, layer)
        elif input_gradient:
            _add_path_sums(plan, now, layer, result=True)


def _short_delta(now: _Pass, s: int | str | None, k: Unit) -> Formula:
    return _mean(now.net, difference(now.output(now.net.depth, k, s), now.target(k, s)))


def _add_short_delta(plan: _Draft, now: _Pass) -> None:
    net = plan.net
    plan.add(
        Reason.CHAIN_PRODUCT,
        [
            Cell(_address(now.ref("dL/dz", net.depth, k, sample=s)), _short_delta(now, s, k))
            for s in net.sample_numbers
            for k in _units(net, net.depth)
        ],
        rule=[Equation(now.ref("dL/dz", net.depth, "k", sample=_s(net)), (_short_delta(now, _s(net), "k"),))],
    )


def _add_loss_derivative(plan: _Draft, now: _Pass) -> None:
    net, last = plan.net, plan.net.depth
    derivation = loss_derivative(net.loss)

    def filled(formula: Formula, s: int | str | None, k: Unit) -> Formula:
        return _fill(net, formula, y=now.target(k, s), a=now.output(last, k, s))

    s = _s(net)
    constant = isinstance(derivation.forms[-1], Num) and net.reduction == "sum"
    plan.add(
        Reason.LOSS_DERIVATIVE,
        [
            Cell(
                _address(now.ref("dL/da", last, k, sample=s)),
                _mean(net, filled(derivation.forms[-1], s, k)),
                Digits.EXACT if constant else Digits.FIGURES,
            )
            for s in net.sample_numbers
            for k in _units(net, last)
        ],
        rule=[Equation(now.ref("dL/da", last, "k", sample=s), (_mean(net, filled(derivation.forms[-1], s, "k")),))],
        derivations=(_filled(derivation, lambda formula: filled(formula, s, "k")),),
    )


def _add_local_derivative(plan: _Draft, now: _Pass, layer: int) -> None:
    net, activation = plan.net, plan.net.activations[layer - 1]
    if activation == "softmax":
        _add_softmax_derivative(plan, now, layer)
        return
    derivation = activation_derivative(activation)

    def filled(formula: Formula, s: int | str | None, j: Unit) -> Formula:
        return _fill(net, formula, z=now.ref("z", layer, j, sample=s), a=now.output(layer, j, s))

    s = _s(net)
    plan.add(
        Reason.LOCAL_DERIVATIVE,
        [
            Cell(
                _address(now.ref("da/dz", layer, j, sample=s)),
                filled(derivation.forms[-1], s, j),
                Digits.FIGURES if len(derivation.forms) > 1 else Digits.EXACT,
                also=tuple(filled(form, s, j) for form in derivation.forms[:-1]),
            )
            for s in net.sample_numbers
            for j in _units(net, layer)
        ],
        rule=[Equation(now.ref("da/dz", layer, "j", sample=s), (filled(derivation.forms[-1], s, "j"),))],
        derivations=(_filled(derivation, lambda formula: filled(formula, s, "j")),),
    )


def _add_softmax_derivative(plan: _Draft, now: _Pass, layer: int) -> None:
    net = plan.net

    def filled(formula: Formula, s: int | str | None, k: Unit, m: Unit) -> Formula:
        return _fill(
            net,
            formula,
            S=now.ref("S", layer, sample=s),
            **{f"{family}_k": now.ref(family, layer, k, sample=s) for family in "zea"},
            **{f"{family}_m": now.ref(family, layer, m, sample=s) for family in "zea"},
        )

    def cell(s: int | None, k: int, m: int) -> Cell:
        over_exponentials, over_outputs = softmax_derivative(k == m).forms
        return Cell(
            _address(now.ref("da/dz", layer, k, m, sample=s)),
            filled(over_outputs, s, k, m),
            also=(filled(over_exponentials, s, k, m),),
        )

    s = _s(net)
    pairs = list(product(_units(net, layer), repeat=2))
    kinds = [(True, "k", "k")] + ([(False, "k", "m")] if len(pairs) > 1 else [])
    plan.add(
        Reason.LOCAL_DERIVATIVE,
        [cell(s, k, m) for s in net.sample_numbers for k, m in pairs],
        rule=[
            Equation(now.ref("da/dz", layer, k, m, sample=s), (filled(softmax_derivative(same).forms[-1], s, k, m),))
            for same, k, m in kinds
        ],
        derivations=tuple(
            _filled(softmax_derivative(same), lambda formula, k=k, m=m: filled(formula, s, k, m))  # type: ignore[misc]
            for same, k, m in kinds
        ),
    )


def _add_delta(plan: _Draft, now: _Pass, layer: int) -> None:
    net, units = plan.net, _units(plan.net, layer)
    softmax = net.activations[layer - 1] == "softmax"

    def factors(s: int | str | None, k: Unit, j: Unit) -> Formula:
        index = (k, j) if softmax else (j,)
        return Product((now.ref("dL/da", layer, k, sample=s), now.ref("da/dz", layer, *index, sample=s)))

    def formula(s: int | str | None, j: Unit) -> Formula:
        return _sum([factors(s, k, j) for k in units]) if softmax else factors(s, j, j)

    s = _s(net)
    short = layer == net.depth and net.short_delta_holds
    plan.add(
        Reason.CHAIN_PRODUCT,
        [
            Cell(
                _address(now.ref("dL/dz", layer, j, sample=s)),
                formula(s, j),
                also=(_short_delta(now, s, j),) if short else (),
            )
            for s in net.sample_numbers
            for j in units
        ],
        rule=[
            Equation(
                now.ref("dL/dz", layer, "j", sample=s),
                (Sigma("k", factors(s, "k", "j")) if softmax else factors(s, "j", "j"),),
            )
        ],
    )


def _add_gradients(plan: _Draft, now: _Pass, layer: int) -> None:
    net, s = plan.net, _s(plan.net)

    def delta(s: int | str | None, j: Unit) -> Ref:
        return now.ref("dL/dz", layer, j, sample=s)

    def one(s: int | str | None, i: Unit, j: Unit) -> Formula:
        return Product((delta(s, j), now.output(layer - 1, i, s)))

    def all_factors(i: Unit, j: Unit) -> tuple[Formula, ...]:
        """dL/da * da/dz * dz/dW in one go, where it is one product."""
        if s is not None or net.activations[layer - 1] == "softmax":
            return ()
        if layer == net.depth and net.output_delta == "short":
            return ()
        return (Product((now.ref("dL/da", layer, j), now.ref("da/dz", layer, j), now.output(layer - 1, i, None))),)

    def over_samples(term: Formula) -> Formula:
        return term if s is None else Sigma("s", term)

    weight = now.weight(layer, "i", "j")
    slope = Partial(now.ref("z", layer, "j", sample=s), weight)
    plan.add(
        Reason.GRADIENT,
        [
            Cell(
                _address(now.ref("dL/dW", layer, *net.weight_index(i, j))),
                _sum([one(s, i, j) for s in net.sample_numbers]),
                also=all_factors(i, j),
            )
            for i, j in _connections(net, layer)
        ],
        rule=[
            Equation(
                now.ref("dL/dW", layer, *net.weight_index("i", "j")),
                (over_samples(Product((delta(s, "j"), slope))), over_samples(one(s, "i", "j"))),
            ),
            *_whole_chain(now, layer),
        ],
    )
    if net.bias == "none":
        return
    shared = net.bias == "shared"
    bias_slope = Product((delta(s, "j"), Partial(now.ref("z", layer, "j", sample=s), now.bias(layer, "j"))))
    plan.add(
        Reason.GRADIENT,
        [
            Cell(
                _address(now.ref("dL/db", layer, *unit)),
                _sum([delta(s, j) for s in net.sample_numbers for j in (_units(net, layer) if shared else unit)]),
            )
            for unit in ([()] if shared else [(j,) for j in _units(net, layer)])
        ],
        rule=[
            Equation(
                now.ref("dL/db", layer, *(() if shared else ("j",))),
                tuple(over_samples(Sigma("j", term) if shared else term) for term in (bias_slope, delta(s, "j"))),
            )
        ],
        result=True,
    )


def _whole_chain(now: _Pass, layer: int) -> Iterable[Equation]:
    """dL/dW as one product of all its factors from the loss down, in symbols."""
    net, s = now.net, _s(now.net)
    distance = net.depth - layer
    if distance + 4 > len(UNIT_LETTERS) or (distance == 0 and net.output_delta == "short"):
        return

    def down_to(level: int, unit: str, letters: str) -> tuple[Formula, ...]:
        """The factors of dL/dz of `unit` in layer `level`."""
        z = now.ref("z", level, unit, sample=s)
        if level == net.depth and net.output_delta == "short":
            return (now.ref("dL/dz", level, unit, sample=s),)
        if level == net.depth and net.activations[-1] == "softmax":
            a = now.output(level, letters[0], s)
            return (Sigma(letters[0], Product((Partial(now.ref("L", None), a), Partial(a, z)))),)
        a = now.output(level, unit, s)
        if level == net.depth:
            return (Partial(now.ref("L", None), a), Partial(a, z))
        above = now.ref("z", level + 1, letters[0], sample=s)
        paths = Sigma(letters[0], Product((*down_to(level + 1, letters[0], letters[1:]), Partial(above, a))))
        return (paths, Partial(a, z))

    weight = now.weight(layer, "i", "j")
    factors = Product((*down_to(layer, "j", UNIT_LETTERS[2:]), Partial(now.ref("z", layer, "j", sample=s), weight)))
    left = now.ref("dL/dW", layer, *net.weight_index("i", "j"))
    yield Equation(left, (factors if s is None else Sigma("s", factors),))


def _add_path_sums(plan: _Draft, now: _Pass, layer: int, *, result: bool = False) -> None:
    """dL/da of the layer below `layer`: each unit's sum over the paths it feeds."""
    net, s = plan.net, _s(plan.net)

    def below(i: Unit, s: int | str | None) -> Ref:
        if layer == 1:
            return now.ref("dL/dx", None, i, sample=s)
        return now.ref("dL/da", layer - 1, i, sample=s)

    def path(s: int | str | None, i: Unit, j: Unit) -> Formula:
        return Product((now.ref("dL/dz", layer, j, sample=s), now.weight(layer, i, j)))

    slope = Partial(now.ref("z", layer, "j", sample=s), now.output(layer - 1, "i", s))
    plan.add(
        Reason.PATH_SUM,
        [
            Cell(_address(below(i, s)), _sum([path(s, i, j) for j in _units(net, layer)]))
            for s in net.sample_numbers
            for i in _units(net, layer - 1)
        ],
        rule=[
            Equation(
                below("i", s),
                (
                    Sigma("j", Product((now.ref("dL/dz", layer, "j", sample=s), slope))),
                    Sigma("j", path(s, "i", "j")),
                ),
            )
        ],
        result=result,
    )


# --- norms and updates -----------------------------------------------------------------------


def _add_norms(plan: _Draft, now: _Pass) -> None:
    net = plan.net

    def gradients(layer: int) -> list[Formula]:
        return [Power(now.ref("dL/dW", layer, *net.weight_index(i, j)), 2) for i, j in _connections(net, layer)]

    def in_short(layer: int) -> Formula:
        entry = now.ref("dL/dW", layer, *net.weight_index("i", "j"))
        return Call("sqrt", (Sigma("i", Sigma("j", Power(entry, 2))),))

    name = name_of(Address("norm", net.depth, update=now.update))
    plan.add(
        Reason.NORM,
        [
            Cell(
                _address(now.ref("norm", layer)),
                Call("sqrt", (_sum(gradients(layer)),)),
                short=in_short(layer),
            )
            for layer in range(1, net.depth + 1)
        ],
        name=name.replace(f"W{net.depth}", "W"),
        result=True,
    )


def _add_updates(plan: _Draft, now: _Pass) -> None:
    net, eta = plan.net, Ref(Address("eta"))
    last = now.update == net.updates

    def new(old: Ref) -> Address:
        return _address(old)._replace(primed=True, update=now.update)

    def step_back(old: Ref, gradient: Ref) -> Formula:
        return difference(old, Product((eta, gradient)))

    def add(family: str, layer: int, olds: list[Ref], generic: Ref) -> None:
        def gradient(old: Ref) -> Ref:
            return now.ref(f"dL/d{family}", layer, *_address(old).units)

        plan.add(
            Reason.UPDATE,
            [Cell(new(old), step_back(old, gradient(old)), Digits.EVERY_DECIMAL) for old in olds],
            rule=[Equation(Ref(new(generic)), (step_back(generic, gradient(generic)),))],
            result=last,
        )

    for layer in range(1, net.depth + 1):
        weights = [now.weight(layer, i, j) for i, j in _connections(net, layer)]
        add("W", layer, weights, now.weight(layer, "i", "j"))
        if net.update_biases and net.bias != "none":
            add("b", layer, [now.bias(layer, unit) for unit in _bias_units(net, layer)], now.bias(layer, "j"))


# --- small pieces ----------------------------------------------------------------------------


def _units(net: Net, layer: int) -> range:
    return range(1, net.layers[layer] + 1)


def _connections(net: Net, layer: int) -> list[tuple[int, int]]:
    """(source, target) of every weight of `layer`, in the reading order of the net's weight matrix."""
    sources, targets = _units(net, layer - 1), _units(net, layer)
    if net.weights == "from_to":
        return [(i, j) for i in sources for j in targets]
    return [(i, j) for j in targets for i in sources]


def _bias_units(net: Net, layer: int) -> Iterable[int]:
    """One entry per bias number of `layer`."""
    return {"none": range(0), "shared": range(1, 2), "per_unit": _units(net, layer)}[net.bias]


def _s(net: Net) -> str | None:
    """The letter of a sample in rules; None where there is no batch."""
    return None if net.samples is None else "s"


def _address(ref: Ref) -> Address:
    if isinstance(ref.to, str):
        raise TypeError(f"{ref.to!r} is a placeholder, not a cell")
    return ref.to


def _sum(terms: Iterable[Formula]) -> Formula:
    """A sum, or its only term."""
    terms = tuple(terms)
    return terms[0] if len(terms) == 1 else Sum(terms)


def _mean(net: Net, formula: Formula) -> Formula:
    """1/n times the formula, where a batch is averaged."""
    if net.reduction == "sum" or net.samples is None:
        return formula
    share = Quotient(Num("1"), Num(str(net.samples)))
    return share if formula == Num("1") else Product((share, formula))


def _fill(net: Net, formula: Formula, **cells: Ref) -> Formula:
    """A general formula with its placeholders replaced by cells, and by the net's own constants."""
    constants: dict[str, Formula] = {"K": Num(str(net.layers[-1])), "slope": Num(f"{net.leaky_slope:f}")}
    return put_in(formula, lambda ref: cells[str(ref.to)] if ref.to in cells else constants[str(ref.to)])


def _filled(derivation: Derivation, fill: Callable[[Formula], Formula]) -> Derivation:
    by = fill(derivation.by)
    assert isinstance(by, Ref)  # noqa: S101 - a placeholder is always replaced by a cell
    return Derivation(fill(derivation.function), by, tuple(map(fill, derivation.forms)))
