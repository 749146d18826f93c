"""The steps back from the loss to the gradients, their sizes, and the update."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product

from backproptable.formulas.formula import Call, Choice, Formula, Num, Partial, Power, Product, Ref, Sigma, difference
from backproptable.formulas.names import UNIT_LETTERS, Address, Layer, name_of
from backproptable.nets.calculus import activation_derivative, dropout_derivative, loss_derivative, softmax_derivative
from backproptable.nets.draft import (
    Case,
    Draft,
    Pass,
    Unit,
    fill,
    fill_derivation,
    mean,
    sum_of,
)
from backproptable.nets.paths import add_paths
from backproptable.nets.plan import Cell, Digits, Equation, Reason

__all__ = ["add_backward", "add_loss_derivative", "add_norms", "add_updates"]


def add_backward(plan: Draft, now: Pass, *, input_gradient: bool) -> None:
    """From the loss to the gradients of every layer, the last layer first."""
    net = plan.net
    for layer in range(net.depth, 0, -1):
        if layer == net.depth and net.output_delta == "short":
            _add_short_delta(plan, now)
        else:
            if layer == net.depth:
                add_loss_derivative(plan, now)
            _add_local_derivative(plan, now, layer)
            _add_delta(plan, now, layer)
        _add_weight_gradients(plan, now, layer)
        if net.bias != "none":
            _add_bias_gradients(plan, now, layer)
        if net.paths and layer < net.depth:
            add_paths(plan, now, layer)
        if layer > 1:
            _add_path_sums(plan, now, layer)
            if net.drops(layer - 1):
                _add_mask_derivative(plan, now, layer - 1)
        elif input_gradient:
            _add_path_sums(plan, now, layer, result=True)


def _short_delta(now: Pass, s: Case, k: Unit) -> Formula:
    return mean(now.net, difference(now.output(now.net.depth, k, s), now.target(k, s)))


def _add_short_delta(plan: Draft, now: Pass) -> None:
    net = plan.net
    plan.add(
        Reason.CHAIN_PRODUCT,
        [
            Cell(now.ref("dL/dz", net.depth, k, case=s).address, _short_delta(now, s, k))
            for s in now.cases
            for k in net.units(net.depth)
        ],
        rule=[
            Equation(
                now.ref("dL/dz", net.depth, "k", case=now.letter),
                (_short_delta(now, now.letter, "k"),),
            )
        ],
    )


def add_loss_derivative(plan: Draft, now: Pass) -> None:
    """dL/da of every output."""
    net, last = plan.net, plan.net.last
    derivation = loss_derivative(net.loss)

    def filled(formula: Formula, s: Case, k: Unit) -> Formula:
        return fill(net, formula, y=now.target(k, s), a=now.output(last, k, s))

    s = now.letter
    constant = isinstance(mean(net, derivation.forms[-1]), Num)
    plan.add(
        Reason.LOSS_DERIVATIVE,
        [
            Cell(
                now.ref("dL/da", last, k, case=s).address,
                mean(net, filled(derivation.forms[-1], s, k)),
                Digits.EXACT if constant else Digits.FIGURES,
            )
            for s in now.cases
            for k in net.units(last)
        ],
        rule=[Equation(now.ref("dL/da", last, "k", case=s), (mean(net, filled(derivation.forms[-1], s, "k")),))],
        derivations=(fill_derivation(derivation, lambda formula: filled(formula, s, "k")),),
    )


def _add_local_derivative(plan: Draft, now: Pass, layer: int) -> None:
    net, activation = plan.net, plan.net.activations[layer - 1]
    if activation == "softmax":
        _add_softmax_derivative(plan, now, layer)
        return
    derivation = activation_derivative(activation)

    def filled(formula: Formula, s: Case, j: Unit) -> Formula:
        return fill(net, formula, z=now.ref("z", layer, j, case=s), a=now.output(layer, j, s))

    s = now.letter
    plan.add(
        Reason.LOCAL_DERIVATIVE,
        [
            Cell(
                now.ref("da/dz", layer, j, case=s).address,
                filled(derivation.forms[-1], s, j),
                Digits.EXACT if isinstance(derivation.forms[-1], Num | Choice) else Digits.FIGURES,
                also=tuple(filled(form, s, j) for form in derivation.forms[:-1]),
            )
            for s in now.cases
            for j in net.units(layer)
        ],
        rule=[Equation(now.ref("da/dz", layer, "j", case=s), (filled(derivation.forms[-1], s, "j"),))],
        derivations=(fill_derivation(derivation, lambda formula: filled(formula, s, "j")),),
    )


def _add_softmax_derivative(plan: Draft, now: Pass, layer: int) -> None:
    net = plan.net

    def filled(formula: Formula, s: Case, k: Unit, m: Unit) -> Formula:
        return fill(
            net,
            formula,
            S=now.ref("S", layer, case=s),
            **{f"{family}_k": now.ref(family, layer, k, case=s) for family in "zea"},
            **{f"{family}_m": now.ref(family, layer, m, case=s) for family in "zea"},
        )

    def cell(s: Case, k: int, m: int) -> Cell:
        over_exponentials, over_outputs = softmax_derivative(k == m).forms
        return Cell(
            now.ref("da/dz", layer, k, m, case=s).address,
            filled(over_outputs, s, k, m),
            also=(filled(over_exponentials, s, k, m),),
        )

    s = now.letter
    pairs = list(product(net.units(layer), repeat=2))
    kinds = [(True, "k", "k")] + ([(False, "k", "m")] if len(pairs) > 1 else [])
    plan.add(
        Reason.LOCAL_DERIVATIVE,
        [cell(s, k, m) for s in now.cases for k, m in pairs],
        rule=[
            Equation(now.ref("da/dz", layer, k, m, case=s), (filled(softmax_derivative(same).forms[-1], s, k, m),))
            for same, k, m in kinds
        ],
        derivations=tuple(
            fill_derivation(softmax_derivative(same), lambda formula, k=k, m=m: filled(formula, s, k, m))  # type: ignore[misc]
            for same, k, m in kinds
        ),
    )


def _add_delta(plan: Draft, now: Pass, layer: int) -> None:
    net, outputs = plan.net, plan.net.units(layer)
    softmax = net.activations[layer - 1] == "softmax"

    def factors(s: Case, k: Unit, j: Unit) -> Formula:
        index = (k, j) if softmax else (j,)
        return Product((now.ref("dL/da", layer, k, case=s), now.ref("da/dz", layer, *index, case=s)))

    def formula(s: Case, j: Unit) -> Formula:
        return sum_of([factors(s, k, j) for k in outputs]) if softmax else factors(s, j, j)

    s = now.letter
    short = layer == net.depth and net.short_delta_holds
    plan.add(
        Reason.CHAIN_PRODUCT,
        [
            Cell(
                now.ref("dL/dz", layer, j, case=s).address,
                formula(s, j),
                also=(_short_delta(now, s, j),) if short else (),
            )
            for s in now.cases
            for j in outputs
        ],
        rule=[
            Equation(
                now.ref("dL/dz", layer, "j", case=s),
                (Sigma("k", factors(s, "k", "j")) if softmax else factors(s, "j", "j"),),
            )
        ],
    )


def _add_weight_gradients(plan: Draft, now: Pass, layer: int) -> None:
    net, s = plan.net, now.letter

    def one(s: Case, i: Unit, j: Unit) -> Formula:
        return Product((now.ref("dL/dz", layer, j, case=s), now.passed_on(layer - 1, i, s)))

    def all_factors(i: Unit, j: Unit) -> tuple[Formula, ...]:
        """dL/da * da/dz * dz/dW in one go, where it is one product."""
        if len(now.cases) > 1 or net.activations[layer - 1] == "softmax":
            return ()
        if layer == net.depth and net.output_delta == "short":
            return ()
        (case,) = now.cases
        factors = now.ref("dL/da", layer, j, case=case), now.ref("da/dz", layer, j, case=case)
        return (Product((*factors, now.passed_on(layer - 1, i, case))),)

    slope = Partial(now.ref("z", layer, "j", case=s), now.weight(layer, "i", "j"))
    chain = Product((now.ref("dL/dz", layer, "j", case=s), slope))
    plan.add(
        Reason.GRADIENT,
        [
            Cell(
                now.ref("dL/dW", layer, *net.weight_index(i, j)).address,
                sum_of([one(s, i, j) for s in now.cases]),
                also=all_factors(i, j),
            )
            for i, j in net.connections(layer)
        ],
        rule=[
            Equation(
                now.ref("dL/dW", layer, *net.weight_index("i", "j")),
                (now.over_cases(chain), now.over_cases(one(s, "i", "j"))),
            ),
            *_whole_chain(now, layer),
        ],
    )


def _add_bias_gradients(plan: Draft, now: Pass, layer: int) -> None:
    net, s = plan.net, now.letter
    shared = net.bias == "shared"

    def delta(s: Case, j: Unit) -> Ref:
        return now.ref("dL/dz", layer, j, case=s)

    slope = Partial(now.ref("z", layer, "j", case=s), now.bias(layer, "j"))
    terms = Product((delta(s, "j"), slope)), delta(s, "j")
    plan.add(
        Reason.GRADIENT,
        [
            Cell(
                now.ref("dL/db", layer, *unit).address,
                sum_of([delta(s, j) for s in now.cases for j in (net.units(layer) if shared else unit)]),
            )
            for unit in ([()] if shared else [(j,) for j in net.units(layer)])
        ],
        rule=[
            Equation(
                now.ref("dL/db", layer, *(() if shared else ("j",))),
                tuple(now.over_cases(Sigma("j", term) if shared else term) for term in terms),
            )
        ],
        result=True,
    )


def _whole_chain(now: Pass, layer: int) -> Iterable[Equation]:
    """dL/dW as one product of all its factors from the loss down, in symbols; nothing where letters run out."""
    net, s = now.net, now.letter
    distance = net.depth - layer
    letters_needed = 2 + distance + 1  # i, j, one per layer above, one more for softmax
    if letters_needed > len(UNIT_LETTERS) or (distance == 0 and net.output_delta == "short"):
        return

    def down_to(level: int, unit: str, letters: str) -> tuple[Formula, ...]:
        """The factors of dL/dz of `unit` in layer `level`."""
        z = now.ref("z", level, unit, case=s)
        if level == net.depth and net.output_delta == "short":
            return (now.ref("dL/dz", level, unit, case=s),)
        if level == net.depth and net.activations[-1] == "softmax":
            a = now.output(level, letters[0], s)
            return (Sigma(letters[0], Product((Partial(now.ref("L", None), a), Partial(a, z)))),)
        a = now.output(level, unit, s)
        if level == net.depth:
            return (Partial(now.ref("L", None), a), Partial(a, z))
        above, passed_on = now.ref("z", level + 1, letters[0], case=s), now.passed_on(level, unit, s)
        paths = Sigma(letters[0], Product((*down_to(level + 1, letters[0], letters[1:]), Partial(above, passed_on))))
        through_mask = (Partial(passed_on, a),) if net.drops(level) else ()
        return (paths, *through_mask, Partial(a, z))

    weight = now.weight(layer, "i", "j")
    factors = Product((*down_to(layer, "j", UNIT_LETTERS[2:]), Partial(now.ref("z", layer, "j", case=s), weight)))
    left = now.ref("dL/dW", layer, *net.weight_index("i", "j"))
    yield Equation(left, (now.over_cases(factors),))


def _add_path_sums(plan: Draft, now: Pass, layer: int, *, result: bool = False) -> None:
    """dL/da of the layer below `layer`: each unit's sum over the paths it feeds."""
    net, s = plan.net, now.letter

    def below(i: Unit, s: Case) -> Ref:
        if layer == 1:
            return now.ref("dL/dx", None, i, case=s)
        return now.ref("dL/dd" if net.drops(layer - 1) else "dL/da", layer - 1, i, case=s)

    def path(s: Case, i: Unit, j: Unit) -> Formula:
        return Product((now.ref("dL/dz", layer, j, case=s), now.weight(layer, i, j)))

    slope = Partial(now.ref("z", layer, "j", case=s), now.passed_on(layer - 1, "i", s))
    plan.add(
        Reason.PATH_SUM,
        [
            Cell(below(i, s).address, sum_of([path(s, i, j) for j in net.units(layer)]))
            for s in now.cases
            for i in net.units(layer - 1)
        ],
        rule=[
            Equation(
                below("i", s),
                (
                    Sigma("j", Product((now.ref("dL/dz", layer, "j", case=s), slope))),
                    Sigma("j", path(s, "i", "j")),
                ),
            )
        ],
        result=result,
    )


def _add_mask_derivative(plan: Draft, now: Pass, layer: int) -> None:
    """dL/da of a layer with dropout: what comes back goes through the same mask as what went forward."""
    net, derivation, share = plan.net, dropout_derivative(plan.net.mask), Num(f"{plan.net.kept_share(layer):f}")

    def filled(formula: Formula, s: Case, j: Unit) -> Formula:
        return fill(net, formula, a=now.output(layer, j, s), m=now.mask(layer, j, s), keep=share)

    def factors(s: Case, j: Unit) -> Formula:
        return Product((now.ref("dL/dd", layer, j, case=s), filled(derivation.forms[-1], s, j)))

    s = now.letter
    slope = Partial(now.passed_on(layer, "j", s), now.output(layer, "j", s))
    by_name = Product((now.ref("dL/dd", layer, "j", case=s), slope))
    plan.add(
        Reason.CHAIN_PRODUCT,
        [
            Cell(now.ref("dL/da", layer, j, case=case).address, factors(case, j))
            for case in now.cases
            for j in net.units(layer)
        ],
        rule=[Equation(now.ref("dL/da", layer, "j", case=s), (by_name, factors(s, "j")))],
        derivations=(fill_derivation(derivation, lambda formula: filled(formula, s, "j")),),
    )


def add_norms(plan: Draft, now: Pass) -> None:
    """The Euclidean size of each layer's weight gradient."""
    net = plan.net

    def gradients(layer: Layer) -> list[Formula]:
        return [Power(now.ref("dL/dW", layer, *net.weight_index(i, j)), 2) for i, j in net.connections(layer)]

    def in_short(layer: Layer) -> Formula:
        entry = now.ref("dL/dW", layer, *net.weight_index("i", "j"))
        return Call("sqrt", (Sigma("i", Sigma("j", Power(entry, 2))),))

    name = name_of(Address("norm", net.last, update=now.update))
    plan.add(
        Reason.NORM,
        [
            Cell(
                now.ref("norm", layer).address,
                Call("sqrt", (sum_of(gradients(layer)),)),
                short=in_short(layer),
            )
            for layer in net.weight_layers
        ],
        name=name.replace(f"W{net.last}", "W"),
        result=True,
    )


def add_updates(plan: Draft, now: Pass) -> None:
    """One step against the gradient: weights, and biases where the net updates them."""
    net, eta = plan.net, Ref(Address("eta"))
    last = now.update == net.updates

    def new(old: Ref) -> Address:
        return old.address._replace(primed=True, update=now.update)

    def step_back(old: Ref, gradient: Ref) -> Formula:
        return difference(old, Product((eta, gradient)))

    def add(family: str, layer: Layer, olds: list[Ref], generic: Ref) -> None:
        def gradient(old: Ref) -> Ref:
            return now.ref(f"dL/d{family}", layer, *old.address.units)

        plan.add(
            Reason.UPDATE,
            [Cell(new(old), step_back(old, gradient(old)), Digits.EVERY_DECIMAL) for old in olds],
            rule=[Equation(Ref(new(generic)), (step_back(generic, gradient(generic)),))],
            result=last,
        )

    for layer in net.weight_layers:
        weights = [now.weight(layer, i, j) for i, j in net.connections(layer)]
        add("W", layer, weights, now.weight(layer, "i", "j"))
        if net.update_biases and net.bias_units(layer):
            add("b", layer, [now.bias(layer, unit) for unit in net.bias_units(layer)], now.bias(layer, "j"))
