"""From a net to its plan: every forward, backward and update step, in the order of the work."""

from __future__ import annotations

from backproptable.nets.backward import add_backward, add_norms, add_updates
from backproptable.nets.draft import MOST_CELLS, Draft, Pass
from backproptable.nets.forward import add_epoch_error, add_forward, add_loss
from backproptable.nets.net import Net
from backproptable.nets.plan import Plan
from backproptable.nets.recipes.derive import recipe_plan
from backproptable.nets.recipes.recipe import Recipe
from backproptable.nets.recurrent import add_backward_in_time, add_forward_in_time

__all__ = ["MOST_CELLS", "derive_plan"]


def derive_plan(net: Net, *, input_gradient: bool = False) -> Plan:
    """The plan of `net`. `input_gradient` adds dL/dx, which no later step needs.

    Raises `InputError` for a net of more than `MOST_CELLS` cells, and for paths that fill no line.
    """
    if isinstance(net, Recipe):
        return recipe_plan(net, input_gradient=input_gradient)
    go_forward = add_forward_in_time if net.is_recurrent else add_forward
    go_back = add_backward_in_time if net.is_recurrent else add_backward
    plan = Draft(net)
    plan.add_givens()
    for update in range(1, max(net.updates, 1) + 1):
        now = Pass(net, update)
        go_forward(plan, now)
        if net.forward_only:
            return plan.finished()
        add_loss(plan, now)
        go_back(plan, now, input_gradient=input_gradient)
        add_norms(plan, now)
        if net.updates:
            add_updates(plan, now)
        if net.in_turn and update % len(net.sample_numbers) == 0:
            add_epoch_error(plan, update // len(net.sample_numbers))
    if net.updates:
        after = Pass(net, net.updates, primed=True)
        go_forward(plan, after)
        add_loss(plan, after)
    return plan.finished()
