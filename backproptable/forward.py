"""The steps of a forward pass and of the loss."""

from __future__ import annotations

from backproptable.calculus import ACTIVATIONS, LOSSES
from backproptable.draft import Draft, Pass, Unit, fill, mean, sample_letter, sum_of
from backproptable.formula import Call, Formula, Product, Quotient, Sigma
from backproptable.plan import Cell, Digits, Equation, Reason

__all__ = ["add_forward", "add_loss"]


def add_forward(plan: Draft, now: Pass) -> None:
    """Weighted sums and outputs, layer by layer."""
    for layer in range(1, plan.net.depth + 1):
        _add_weighted_sum(plan, now, layer)
        _add_activation(plan, now, layer)


def _add_weighted_sum(plan: Draft, now: Pass, layer: int) -> None:
    net, s = plan.net, sample_letter(plan.net)

    def weighted(s: int | str | None, i: Unit, j: Unit) -> Formula:
        value, weight = now.output(layer - 1, i, s), now.weight(layer, i, j)
        return Product((value, weight) if net.weights == "from_to" else (weight, value))

    def plus_bias(terms: list[Formula], j: Unit) -> Formula:
        return sum_of(terms if net.bias == "none" else [*terms, now.bias(layer, j)])

    plan.add(
        Reason.WEIGHTED_SUM,
        [
            Cell(
                now.ref("z", layer, j, sample=s).address,
                plus_bias([weighted(s, i, j) for i in net.units(layer - 1)], j),
            )
            for s in net.sample_numbers
            for j in net.units(layer)
        ],
        rule=[Equation(now.ref("z", layer, "j", sample=s), (plus_bias([Sigma("i", weighted(s, "i", "j"))], "j"),))],
    )


def _add_activation(plan: Draft, now: Pass, layer: int) -> None:
    net, activation = plan.net, plan.net.activations[layer - 1]
    if activation == "softmax":
        _add_softmax(plan, now, layer)
        return

    def formula(s: int | str | None, j: Unit) -> Formula:
        return fill(net, ACTIVATIONS[activation], z=now.ref("z", layer, j, sample=s))

    plan.add(
        Reason.ACTIVATION,
        [
            Cell(
                now.output(layer, j, s).address,
                formula(s, j),
                Digits.EXACT if activation == "step" else Digits.FIGURES,
            )
            for s in net.sample_numbers
            for j in net.units(layer)
        ],
        rule=[Equation(now.output(layer, "j", sample_letter(net)), (formula(sample_letter(net), "j"),))],
    )


def _add_softmax(plan: Draft, now: Pass, layer: int) -> None:
    net, outputs = plan.net, plan.net.units(layer)

    def exponential(s: int | str | None, k: Unit) -> Formula:
        return Call("exp", (now.ref("z", layer, k, sample=s),))

    def share(s: int | str | None, k: Unit) -> Formula:
        return Quotient(now.ref("e", layer, k, sample=s), now.ref("S", layer, sample=s))

    def in_one_go(s: int | str | None, k: Unit) -> Formula:
        return Quotient(exponential(s, k), sum_of([exponential(s, m) for m in outputs]))

    s = sample_letter(net)
    plan.add(
        Reason.EXPONENTIAL,
        [
            Cell(now.ref("e", layer, k, sample=s).address, exponential(s, k))
            for s in net.sample_numbers
            for k in outputs
        ],
        rule=[Equation(now.ref("e", layer, "k", sample=s), (exponential(s, "k"),))],
    )
    plan.add(
        Reason.EXP_SUM,
        [
            Cell(
                now.ref("S", layer, sample=s).address,
                sum_of([now.ref("e", layer, k, sample=s) for k in outputs]),
            )
            for s in net.sample_numbers
        ],
        rule=[Equation(now.ref("S", layer, sample=s), (Sigma("k", now.ref("e", layer, "k", sample=s)),))],
    )
    plan.add(
        Reason.ACTIVATION,
        [
            Cell(now.output(layer, k, s).address, share(s, k), also=(in_one_go(s, k),))
            for s in net.sample_numbers
            for k in outputs
        ],
        rule=[Equation(now.output(layer, "k", s), (share(s, "k"),))],
    )


def add_loss(plan: Draft, now: Pass) -> None:
    """The loss of each output, and the total."""
    net = plan.net
    last, outputs = net.depth, net.units(net.depth)

    def term(s: int | str | None, k: Unit) -> Formula:
        return fill(net, LOSSES[net.loss], y=now.target(k, s), a=now.output(last, k, s))

    s = sample_letter(net)
    generic = now.ref("l", None, "k", sample=s)
    plan.add(
        Reason.LOSS_TERM,
        [Cell(now.ref("l", None, k, sample=s).address, term(s, k)) for s in net.sample_numbers for k in outputs],
        rule=[Equation(generic, (term(s, "k"),))],
    )
    total = Sigma("k", generic)
    plan.add(
        Reason.LOSS,
        [
            Cell(
                now.ref("L", None).address,
                mean(net, sum_of([now.ref("l", None, k, sample=s) for s in net.sample_numbers for k in outputs])),
            )
        ],
        rule=[Equation(now.ref("L", None), (mean(net, total if s is None else Sigma("s", total)),))],
        result=True,
    )
