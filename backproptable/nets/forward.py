"""The steps of a forward pass, of the loss, and of the error that an epoch adds up."""

from __future__ import annotations

from backproptable.formulas.formula import Call, Formula, Num, Power, Product, Quotient, Ref, Sigma, difference
from backproptable.formulas.names import Address
from backproptable.nets.calculus import ACTIVATIONS, DROPOUTS, LOSSES
from backproptable.nets.draft import Case, Draft, Pass, Unit, fill, mean, sum_of
from backproptable.nets.plan import Cell, Digits, Equation, Reason

__all__ = ["add_epoch_error", "add_forward", "add_loss"]


def add_forward(plan: Draft, now: Pass) -> None:
    """Weighted sums and outputs, layer by layer, and what dropout leaves of them."""
    for layer in range(1, plan.net.depth + 1):
        _add_weighted_sum(plan, now, layer)
        _add_activation(plan, now, layer)
        if plan.net.drops(layer):
            _add_dropout(plan, now, layer)


def _add_weighted_sum(plan: Draft, now: Pass, layer: int) -> None:
    net, s = plan.net, now.letter

    def weighted(s: Case, i: Unit, j: Unit) -> Formula:
        value, weight = now.passed_on(layer - 1, i, s), now.weight(layer, i, j)
        return Product((value, weight) if net.weights == "from_to" else (weight, value))

    def plus_bias(terms: list[Formula], j: Unit) -> Formula:
        return sum_of(terms if net.bias == "none" else [*terms, now.bias(layer, j)])

    plan.add(
        Reason.WEIGHTED_SUM,
        [
            Cell(
                now.ref("z", layer, j, case=s).address,
                plus_bias([weighted(s, i, j) for i in net.units(layer - 1)], j),
            )
            for s in now.cases
            for j in net.units(layer)
        ],
        rule=[Equation(now.ref("z", layer, "j", case=s), (plus_bias([Sigma("i", weighted(s, "i", "j"))], "j"),))],
    )


def _add_activation(plan: Draft, now: Pass, layer: int) -> None:
    net, activation = plan.net, plan.net.activations[layer - 1]
    if activation == "softmax":
        _add_softmax(plan, now, layer)
        return

    def formula(s: Case, j: Unit) -> Formula:
        return fill(net, ACTIVATIONS[activation], z=now.ref("z", layer, j, case=s))

    plan.add(
        Reason.ACTIVATION,
        [
            Cell(
                now.output(layer, j, s).address,
                formula(s, j),
                Digits.EXACT if activation == "step" else Digits.FIGURES,
            )
            for s in now.cases
            for j in net.units(layer)
        ],
        rule=[Equation(now.output(layer, "j", now.letter), (formula(now.letter, "j"),))],
    )


def _add_dropout(plan: Draft, now: Pass, layer: int) -> None:
    net = plan.net

    def left(s: Case, j: Unit) -> Formula:
        share = Num(f"{net.kept_share(layer):f}")
        return fill(net, DROPOUTS[net.mask], a=now.output(layer, j, s), m=now.mask(layer, j, s), keep=share)

    plan.add(
        Reason.ACTIVATION,
        [Cell(now.passed_on(layer, j, s).address, left(s, j)) for s in now.cases for j in net.units(layer)],
        rule=[Equation(now.passed_on(layer, "j", now.letter), (left(now.letter, "j"),))],
    )


def _add_softmax(plan: Draft, now: Pass, layer: int) -> None:
    outputs = plan.net.units(layer)

    def exponential(s: Case, k: Unit) -> Formula:
        return Call("exp", (now.ref("z", layer, k, case=s),))

    def share(s: Case, k: Unit) -> Formula:
        return Quotient(now.ref("e", layer, k, case=s), now.ref("S", layer, case=s))

    def in_one_go(s: Case, k: Unit) -> Formula:
        return Quotient(exponential(s, k), sum_of([exponential(s, m) for m in outputs]))

    s = now.letter
    plan.add(
        Reason.EXPONENTIAL,
        [Cell(now.ref("e", layer, k, case=s).address, exponential(s, k)) for s in now.cases for k in outputs],
        rule=[Equation(now.ref("e", layer, "k", case=s), (exponential(s, "k"),))],
    )
    plan.add(
        Reason.EXP_SUM,
        [
            Cell(
                now.ref("S", layer, case=s).address,
                sum_of([now.ref("e", layer, k, case=s) for k in outputs]),
            )
            for s in now.cases
        ],
        rule=[Equation(now.ref("S", layer, case=s), (Sigma("k", now.ref("e", layer, "k", case=s)),))],
    )
    plan.add(
        Reason.ACTIVATION,
        [
            Cell(now.output(layer, k, s).address, share(s, k), also=(in_one_go(s, k),))
            for s in now.cases
            for k in outputs
        ],
        rule=[Equation(now.output(layer, "k", s), (share(s, "k"),))],
    )


def add_loss(plan: Draft, now: Pass) -> None:
    """The loss of each output (after its squared error, where that has a row of its own), and the total."""
    net = plan.net
    last, outputs = net.last, net.units(net.last)

    def term(s: Case, k: Unit) -> Formula:
        return fill(net, LOSSES[net.loss], y=now.target(k, s), a=now.output(last, k, s))

    def over_error(s: Case, k: Unit) -> tuple[Formula, ...]:
        return (fill(net, _OVER_ERROR[net.loss], error=now.ref("error", None, k, case=s)),) if net.squared_error else ()

    if net.squared_error:
        _add_squared_error(plan, now)
    s = now.letter
    generic = now.ref("l", None, "k", case=s)
    plan.add(
        Reason.LOSS_TERM,
        [
            Cell(now.ref("l", None, k, case=s).address, term(s, k), also=over_error(s, k))
            for s in now.cases
            for k in outputs
        ],
        rule=[Equation(generic, (term(s, "k"),))],
    )
    total = Sigma("k", generic)
    plan.add(
        Reason.LOSS,
        [
            Cell(
                now.ref("L", None).address,
                mean(net, sum_of([now.ref("l", None, k, case=s) for s in now.cases for k in outputs])),
            )
        ],
        rule=[Equation(now.ref("L", None), (mean(net, now.over_cases(total)),))],
        result=True,
    )


_OVER_ERROR: dict[str, Formula] = {
    "half_sse": Quotient(Ref("error"), Num("2")),
    "sse": Ref("error"),
    "mse": Quotient(Ref("error"), Ref("K")),
}
"""The loss term of one output over its squared error."""


def _add_squared_error(plan: Draft, now: Pass) -> None:
    net, outputs = plan.net, plan.net.units(plan.net.last)

    def squared(s: Case, k: Unit) -> Formula:
        return Power(difference(now.output(net.last, k, s), now.target(k, s)), 2)

    plan.add(
        Reason.LOSS_TERM,
        [Cell(now.ref("error", None, k, case=s).address, squared(s, k)) for s in now.cases for k in outputs],
        rule=[Equation(now.ref("error", None, "k", case=now.letter), (squared(now.letter, "k"),))],
        result=True,
    )


def add_epoch_error(plan: Draft, epoch: int) -> None:
    """What the samples of an epoch add up to, each as it was met: their squared errors, or else their losses."""
    net = plan.net
    samples = len(net.sample_numbers)
    passes = [Pass(net, update) for update in range((epoch - 1) * samples + 1, epoch * samples + 1)]
    if net.squared_error:
        terms = [now.ref("error", None, k, case=s) for now in passes for s in now.cases for k in net.units(net.last)]
    else:
        terms = [now.ref("L", None) for now in passes]
    plan.add(Reason.LOSS, [Cell(Address("E", None, (epoch,)), sum_of(terms))], name=f"E[{epoch}]", result=True)
