"""The steps of a recurrent net, unfolded in time: forward, the loss, and backpropagation through time.

An Elman net: s_t = f(x_t Wx + s_{t-1} Ws + bs), o_t = s_t Wy + by. Each state reaches the loss through
its own output and through the next state. A weight is used in every step, so its gradient is the sum
of the shares of all steps.
"""

from __future__ import annotations

from collections.abc import Callable

from backproptable.formulas.formula import Choice, Formula, Num, Product, Ref, Sigma, Sum
from backproptable.formulas.names import Layer, name_of
from backproptable.nets.backward import add_loss_derivative
from backproptable.nets.calculus import ACTIVATIONS, activation_derivative
from backproptable.nets.draft import Case, Draft, Pass, Unit, fill, fill_derivation, sum_of
from backproptable.nets.paths import add_paths_in_time, add_state_to_output
from backproptable.nets.plan import Cell, Digits, Equation, Reason

__all__ = ["add_backward_in_time", "add_forward_in_time"]


def add_forward_in_time(plan: Draft, now: Pass) -> None:
    """Sums and states, step by step, and the outputs of those steps that have a target."""
    for t in plan.net.time_steps:
        _add_state_sum(plan, now, t)
        _add_state(plan, now, t)
        if t in plan.net.loss_steps:
            _add_output(plan, now, t)


def add_backward_in_time(plan: Draft, now: Pass, *, input_gradient: bool) -> None:
    """From the loss back to the first step; then the gradients, each the sum of its steps' shares."""
    net = plan.net
    add_loss_derivative(plan, now)
    layers: tuple[Layer, ...] = ("x", "s")
    for t in reversed(net.time_steps):
        if t in net.loss_steps:
            _add_share(plan, now, "y", t)
        _add_state_derivative(plan, now, t)
        _add_local_derivative(plan, now, t)
        _add_delta(plan, now, t)
        for layer in layers:
            _add_share(plan, now, layer, t)
    for layer in net.weight_layers:
        _add_total(plan, now, layer)
        if net.bias_units(layer):
            _add_bias_gradient(plan, now, layer)
    if net.paths:
        add_state_to_output(plan, now)
        for layer in layers:
            add_paths_in_time(plan, now, layer)
    if input_gradient:
        _add_input_derivative(plan, now)


def _name(now: Pass, family: str, layer: Layer, t: int) -> str:
    """A step of the plan for one time step: ``z[2]``, ``dL/dWs<2>``."""
    return name_of(now.ref(family, layer, case=t).address)


# --- forward ---------------------------------------------------------------------------------------


def _times(plan: Draft, value: Ref, weight: Ref) -> Product:
    return Product((value, weight) if plan.net.weights == "from_to" else (weight, value))


def _add_state_sum(plan: Draft, now: Pass, t: int) -> None:
    net = plan.net

    def from_input(t: Case, i: Unit, j: Unit) -> Formula:
        return _times(plan, now.datum(i, t), now.weight("x", i, j))

    def from_state(before: Case, m: Unit, j: Unit) -> Formula:
        return _times(plan, now.output("s", m, before), now.weight("s", m, j))

    def bias(j: Unit) -> list[Formula]:
        return [] if net.bias == "none" else [now.bias("s", j)]

    def formula(j: int) -> Formula:
        inputs = [from_input(t, i, j) for i in net.sources("x")]
        return sum_of([*inputs, *(from_state(t - 1, m, j) for m in net.sources("s")), *bias(j)])

    in_letters = Sum((Sigma("i", from_input("t", "i", "j")), Sigma("m", from_state("t-1", "m", "j")), *bias("j")))
    plan.add(
        Reason.WEIGHTED_SUM,
        [Cell(now.ref("z", "s", j, case=t).address, formula(j)) for j in net.units("s")],
        rule=[Equation(now.ref("z", "s", "j", case="t"), (in_letters,))] if t == 1 else (),
        name=_name(now, "z", "s", t),
    )


def _add_state(plan: Draft, now: Pass, t: int) -> None:
    net = plan.net

    def formula(t: Case, j: Unit) -> Formula:
        return fill(net, ACTIVATIONS[net.activation_of("s")], z=now.ref("z", "s", j, case=t))

    plan.add(
        Reason.ACTIVATION,
        [Cell(now.output("s", j, t).address, formula(t, j)) for j in net.units("s")],
        rule=[Equation(now.output("s", "j", "t"), (formula("t", "j"),))] if t == 1 else (),
        name=_name(now, "a", "s", t),
    )


def _add_output(plan: Draft, now: Pass, t: int) -> None:
    net = plan.net

    def weighted(t: Case, j: Unit, k: Unit) -> Formula:
        return _times(plan, now.output("s", j, t), now.weight("y", j, k))

    def plus_bias(terms: list[Formula], k: Unit) -> Formula:
        return sum_of(terms if net.bias == "none" else [*terms, now.bias("y", k)])

    first = t == net.loss_steps[0]
    plan.add(
        Reason.WEIGHTED_SUM,
        [
            Cell(
                now.output("y", k, t).address,
                plus_bias([weighted(t, j, k) for j in net.sources("y")], k),
            )
            for k in net.units("y")
        ],
        rule=[Equation(now.output("y", "k", "t"), (plus_bias([Sigma("j", weighted("t", "j", "k"))], "k"),))]
        if first
        else (),
        name=_name(now, "a", "y", t),
    )


# --- back through time -----------------------------------------------------------------------------


def _add_state_derivative(plan: Draft, now: Pass, t: int) -> None:
    """dL/ds: through the step's own output, if it has a target, and through the state after it."""
    net = plan.net

    def through_output(t: Case, j: Unit, k: Unit) -> Formula:
        return Product((now.ref("dL/da", "y", k, case=t), now.weight("y", j, k)))

    def through_next(after: Case, j: Unit, m: Unit) -> Formula:
        return Product((now.ref("dL/dz", "s", m, case=after), now.weight("s", j, m)))

    has_output, has_next = t in net.loss_steps, t < len(net.time_steps)

    def formula(j: int) -> Formula:
        outputs = [through_output(t, j, k) for k in net.units("y")] if has_output else []
        return sum_of([*outputs, *([through_next(t + 1, j, m) for m in net.units("s")] if has_next else [])])

    outputs, following = Sigma("k", through_output("t", "j", "k")), Sigma("m", through_next("t+1", "j", "m"))
    in_letters: dict[tuple[bool, bool], Formula] = {
        (True, False): outputs,
        (False, True): following,
        (True, True): Sum((outputs, following)),
    }
    is_new = t == net.steps or t + 1 == net.steps  # the last step has nothing after it, all others have
    plan.add(
        Reason.PATH_SUM,
        [Cell(now.ref("dL/da", "s", j, case=t).address, formula(j)) for j in net.units("s")],
        rule=[Equation(now.ref("dL/da", "s", "j", case="t"), (in_letters[has_output, has_next],))] if is_new else (),
        name=_name(now, "dL/da", "s", t),
    )


def _add_local_derivative(plan: Draft, now: Pass, t: int) -> None:
    net = plan.net
    derivation = activation_derivative(net.activation_of("s"))

    def filled(formula: Formula, t: Case, j: Unit) -> Formula:
        return fill(net, formula, z=now.ref("z", "s", j, case=t), a=now.output("s", j, t))

    first = t == net.steps
    plan.add(
        Reason.LOCAL_DERIVATIVE,
        [
            Cell(
                now.ref("da/dz", "s", j, case=t).address,
                filled(derivation.forms[-1], t, j),
                Digits.EXACT if isinstance(derivation.forms[-1], Num | Choice) else Digits.FIGURES,
                also=tuple(filled(form, t, j) for form in derivation.forms[:-1]),
            )
            for j in net.units("s")
        ],
        rule=[Equation(now.ref("da/dz", "s", "j", case="t"), (filled(derivation.forms[-1], "t", "j"),))]
        if first
        else (),
        derivations=(fill_derivation(derivation, lambda formula: filled(formula, "t", "j")),) if first else (),
        name=_name(now, "da/dz", "s", t),
    )


def _add_delta(plan: Draft, now: Pass, t: int) -> None:
    net = plan.net

    def factors(t: Case, j: Unit) -> Formula:
        return Product((now.ref("dL/da", "s", j, case=t), now.ref("da/dz", "s", j, case=t)))

    plan.add(
        Reason.CHAIN_PRODUCT,
        [Cell(now.ref("dL/dz", "s", j, case=t).address, factors(t, j)) for j in net.units("s")],
        rule=[Equation(now.ref("dL/dz", "s", "j", case="t"), (factors("t", "j"),))] if t == net.steps else (),
        name=_name(now, "dL/dz", "s", t),
    )


# --- gradients -------------------------------------------------------------------------------------


def _steps_of(plan: Draft, layer: Layer) -> range:
    """The time steps in which the weights of a layer do something for the loss."""
    return plan.net.loss_steps if layer == "y" else plan.net.time_steps


def _product(now: Pass, layer: Layer) -> Callable[[Case, Case, Unit, Unit], Formula]:
    """The share of one step: how the loss depends on the sum that a weight leads to, times what came in through it."""

    def share(t: Case, before: Case, i: Unit, j: Unit) -> Formula:
        blamed = now.ref("dL/da", "y", j, case=t) if layer == "y" else now.ref("dL/dz", "s", j, case=t)
        if layer == "x":
            return Product((blamed, now.datum(i, t)))
        return Product((blamed, now.output("s", i, t if layer == "y" else before)))

    return share


def _add_share(plan: Draft, now: Pass, layer: Layer, t: int) -> None:
    """One step's share of dL/dW; nothing where there is one step, whose share is all of it."""
    net, share = plan.net, _product(now, layer)
    steps = _steps_of(plan, layer)
    if len(steps) == 1:
        return
    generic = now.ref("dL/dW", layer, *net.weight_index("i", "j"), case="t")
    plan.add(
        Reason.GRADIENT,
        [
            Cell(now.ref("dL/dW", layer, *net.weight_index(i, j), case=t).address, share(t, t - 1, i, j))
            for i, j in net.connections(layer)
        ],
        rule=[Equation(generic, (share("t", "t-1", "i", "j"),))] if t == steps[-1] else (),
        name=_name(now, "dL/dW", layer, t),
    )


def _add_total(plan: Draft, now: Pass, layer: Layer) -> None:
    net, share = plan.net, _product(now, layer)
    steps = _steps_of(plan, layer)

    def total(i: int, j: int) -> Formula:
        if len(steps) == 1:
            return share(steps[0], steps[0] - 1, i, j)
        return sum_of([now.ref("dL/dW", layer, *net.weight_index(i, j), case=t) for t in steps])

    left = now.ref("dL/dW", layer, *net.weight_index("i", "j"))
    shares = Sigma("t", now.ref("dL/dW", layer, *net.weight_index("i", "j"), case="t"))
    only = share(steps[0], steps[0] - 1, "i", "j")
    plan.add(
        Reason.GRADIENT,
        [
            Cell(
                now.ref("dL/dW", layer, *net.weight_index(i, j)).address,
                total(i, j),
                also=(sum_of([share(t, t - 1, i, j) for t in steps]),) if len(steps) > 1 else (),
            )
            for i, j in net.connections(layer)
        ],
        rule=[Equation(left, (shares if len(steps) > 1 else only,))],
    )


def _add_bias_gradient(plan: Draft, now: Pass, layer: Layer) -> None:
    net, steps = plan.net, _steps_of(plan, layer)
    shared = net.bias == "shared"
    units = [()] if shared else [(j,) for j in net.units(layer)]

    def delta(t: Case, j: Unit) -> Ref:
        return now.ref("dL/da" if layer == "y" else "dL/dz", layer, j, case=t)

    in_letters: Formula = Sigma("j", delta("t", "j")) if shared else delta("t", "j")
    plan.add(
        Reason.GRADIENT,
        [
            Cell(
                now.ref("dL/db", layer, *unit).address,
                sum_of([delta(t, j) for t in steps for j in (net.units(layer) if shared else unit)]),
            )
            for unit in units
        ],
        rule=[
            Equation(
                now.ref("dL/db", layer, *(() if shared else ("j",))),
                (Sigma("t", in_letters) if len(steps) > 1 else in_letters,),
            )
        ],
        result=True,
    )


def _add_input_derivative(plan: Draft, now: Pass) -> None:
    net = plan.net

    def path(t: Case, i: Unit, j: Unit) -> Formula:
        return Product((now.ref("dL/dz", "s", j, case=t), now.weight("x", i, j)))

    plan.add(
        Reason.PATH_SUM,
        [
            Cell(now.ref("dL/dx", None, i, case=t).address, sum_of([path(t, i, j) for j in net.units("s")]))
            for t in net.time_steps
            for i in net.units(0)
        ],
        rule=[Equation(now.ref("dL/dx", None, "i", case="t"), (Sigma("j", path("t", "i", "j")),))],
        result=True,
    )
