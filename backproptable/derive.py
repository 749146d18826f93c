"""From a net to its plan: every forward, backward and update step, in the order of the work."""

from __future__ import annotations

from backproptable.backward import add_backward, add_norms, add_updates
from backproptable.draft import MOST_CELLS, Draft, Pass
from backproptable.forward import add_forward, add_loss
from backproptable.net import Net
from backproptable.plan import Plan

__all__ = ["MOST_CELLS", "derive_plan"]


def derive_plan(net: Net, *, input_gradient: bool = False) -> Plan:
    """The plan of `net`. `input_gradient` adds dL/dx, which no later step needs.

    Raises `InputError` for a net of more than `MOST_CELLS` cells.
    """
    plan = Draft(net)
    plan.add_givens()
    for update in range(1, max(net.updates, 1) + 1):
        now = Pass(net, update)
        add_forward(plan, now)
        if net.forward_only:
            return plan.finished()
        add_loss(plan, now)
        add_backward(plan, now, input_gradient=input_gradient)
        add_norms(plan, now)
        if net.updates:
            add_updates(plan, now)
    if net.updates:
        after = Pass(net, net.updates, primed=True)
        add_forward(plan, after)
        add_loss(plan, after)
    return plan.finished()
