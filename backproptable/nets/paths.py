"""Gradients of early weights once more, as sums over all the paths from the weight to the loss.

A path goes through one unit of every layer (in a recurrent net: of every time step), and its term is
the product of everything on its way: dL/dz at its end, the weights, the slopes of the units between
them, and what came in through the weight. The slope of identity is 1 and is left out. This is the
same number that backpropagation collects step by step; nothing else on a sheet depends on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import Final

from backproptable.basics.errors import InputError, Problem
from backproptable.formulas.formula import Formula, Num, Product, Ref, Sigma, Sum
from backproptable.formulas.names import UNIT_LETTERS, Layer
from backproptable.nets.calculus import dropout_derivative
from backproptable.nets.draft import Case, Draft, Pass, Unit, fill, sum_of
from backproptable.nets.plan import Cell, Equation, Reason

__all__ = ["add_paths", "add_paths_in_time", "add_state_to_output"]

_MOST_PATHS: Final = 64
"""Terms of one line; beyond, nobody follows it."""


def add_paths(plan: Draft, now: Pass, layer: int) -> None:
    """dL/dW of a layer below the last, every weight a sum over its paths."""
    net = plan.net
    above = range(layer + 1, net.depth + 1)
    count = len(now.cases)
    for level in above:
        count *= len(net.units(level))
    _refuse_too_many(count, layer)

    def path(case: Case, i: Unit, through: Sequence[Unit]) -> tuple[Formula, ...]:
        """The factors of the path from input `i` through one unit of each layer, from the loss down."""
        factors: list[Formula] = [now.ref("dL/dz", net.depth, through[-1], case=case)]
        for level in reversed(above):
            below, unit = through[level - layer - 1], through[level - layer]
            factors += [now.weight(level, below, unit), *_slope(now, level - 1, below, case)]
        return (*factors, now.passed_on(layer - 1, i, case))

    def line(i: int, j: int) -> Formula:
        units = [net.units(level) for level in above]
        return _added_up([path(case, i, (j, *through)) for case in now.cases for through in product(*units)])

    letters = ("j", *UNIT_LETTERS[2 : 2 + len(above)])
    rule: Formula = Product(path(now.letter, "i", letters))
    for letter in letters[1:]:
        rule = Sigma(letter, rule)
    _add(plan, now, layer, line, now.over_cases(rule))


def _slope(now: Pass, layer: int, unit: Unit, case: Case) -> Iterator[Formula]:
    """What a path is multiplied by on its way back through a unit: its mask and its slope."""
    net = now.net
    if net.drops(layer):
        (scaled_mask,) = dropout_derivative(net.mask).forms
        share = Num(f"{net.kept_share(layer):f}")
        yield fill(net, scaled_mask, m=now.mask(layer, unit, case), keep=share)
    if net.activation_of(layer) != "identity":
        yield now.ref("da/dz", layer, unit, case=case)


def add_paths_in_time(plan: Draft, now: Pass, layer: Layer) -> None:
    """dL/dWx or dL/dWs as a sum over the steps i in which the weight is used: dL/do_N, do_N/ds_i, ds_i/dW."""
    net = plan.net
    outputs = net.units("y")
    terms = [(last, step, k) for last in net.loss_steps for step in range(1, last + 1) for k in outputs]
    _refuse_too_many(len(terms), layer)

    def path(last: Case, step: Case, before: Case, k: Unit, i: Unit, j: Unit) -> tuple[Formula, ...]:
        came_in = now.datum(i, step) if layer == "x" else now.output("s", i, before)
        return (
            now.ref("dL/da", "y", k, case=last),
            state_to_output(now, last, k, step, j),
            *_slope_in_time(now, j, step),
            came_in,
        )

    def line(i: int, j: int) -> Formula:
        return _added_up([path(last, step, step - 1, k, i, j) for last, step, k in terms])

    last: Case = "t" if net.loss_at == "every" else net.steps
    rule: Formula = Sigma("r", Sigma("k", Product(path(last, "r", "r-1", "k", "i", "j"))))
    _add(plan, now, layer, line, now.over_cases(rule))


def state_to_output(now: Pass, last: Case, k: Unit, step: Case, j: Unit) -> Ref:
    """do/ds: how much output `k` of step `last` changes with state `j` of an earlier step, or of the same one."""
    if last == step:
        return now.weight("y", j, k)
    return now.ref("do/ds", "s", k, 0 if step is None else step, j, case=last)


def _slope_in_time(now: Pass, unit: Unit, step: Case) -> Iterator[Formula]:
    if now.net.activation_of("s") != "identity":
        yield now.ref("da/dz", "s", unit, case=step)


def add_state_to_output(plan: Draft, now: Pass) -> None:
    """do/ds of every output that has a target by every earlier state, from the later states to the earlier."""
    net = plan.net
    states = net.units("s")

    def back(last: Case, k: Unit, after: Case, j: Unit, m: Unit) -> Formula:
        """Through state `m` of the next step: its own way to the output, its slope, the weight that leads to it."""
        through = state_to_output(now, last, k, after, m)
        return Product((through, *_slope_in_time(now, m, after), now.weight("s", j, m)))

    rule = Equation(state_to_output(now, "t", "k", "r", "j"), (Sigma("m", back("t", "k", "r+1", "j", "m")),))
    pairs = [(last, step) for last in net.loss_steps for step in reversed(range(1, last))]
    for last, step in pairs:
        plan.add(
            Reason.PATH_SUM,
            [
                Cell(
                    state_to_output(now, last, k, step, j).address,
                    sum_of([back(last, k, step + 1, j, m) for m in states]),
                )
                for k in net.units("y")
                for j in states
            ],
            rule=[rule] if (last, step) == pairs[0] else (),
            name=f"do/ds[{last},{step}]" + (f"@{now.update}" if now.update > 1 else ""),
        )


def _refuse_too_many(count: int, layer: Layer) -> None:
    if count > _MOST_PATHS:
        what = f"a weight of W{layer} reaches the loss on {count} paths, and a line holds at most {_MOST_PATHS}."
        raise InputError([Problem("[net] paths", what, "Use fewer units, samples or steps, or leave paths out.")])


def _added_up(paths: Sequence[tuple[Formula, ...]]) -> Formula:
    """The sum of all paths, with what begins every one of them written once before it."""
    first = {path[0] for path in paths}
    if len(first) > 1 or len(paths) == 1:
        return sum_of([Product(path) for path in paths])
    rest = [path[1] if len(path) == 2 else Product(path[1:]) for path in paths]
    return Product((paths[0][0], Sum(tuple(rest))))


def _add(plan: Draft, now: Pass, layer: Layer, line: Callable[[int, int], Formula], rule: Formula) -> None:
    net = plan.net
    plan.add(
        Reason.PATH_SUM,
        [Cell(now.ref("paths", layer, *net.weight_index(i, j)).address, line(i, j)) for i, j in net.connections(layer)],
        rule=[Equation(now.ref("paths", layer, *net.weight_index("i", "j")), (rule,))],
        result=True,
    )
