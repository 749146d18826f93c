"""What a plan refuses, and what the plans of some nets are made of."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from backproptable.derive import MOST_CELLS, derive
from backproptable.errors import InputError, PlanError
from backproptable.formula import Ref
from backproptable.names import Address
from backproptable.net import Net
from backproptable.plan import Cell, Plan, Step

NEURON = Net(layers=(1, 1), activations=("identity",), loss="half_sse", bias="none")
X, Z, NOWHERE = Address("x", None, (1,)), Address("z", 1, (1,)), Address("z", 9, (1,))


def with_cell(plan: Plan, place: int, **changes: object) -> Plan:
    """The plan with the only cell of one step changed."""
    step = plan.steps[place]
    changed = replace(step, cells=(replace(step.cells[0], **changes),))
    return replace(plan, steps=(*plan.steps[:place], changed, *plan.steps[place + 1 :]))


def with_first_given(plan: Plan, **changes: object) -> Plan:
    return replace(plan, givens=(replace(plan.givens[0], **changes), *plan.givens[1:]))


BROKEN = {
    "step worked twice": (lambda plan: replace(plan, steps=plan.steps + plan.steps[:1]), "z1[1] is there twice"),
    "given twice": (lambda plan: replace(plan, givens=plan.givens + plan.givens[:1]), "x[1] is there twice"),
    "used too early": (
        lambda plan: replace(plan, steps=plan.steps[1:] + plan.steps[:1]),
        "a1[1] uses z1[1] before it is there",
    ),
    "formula over itself": (lambda plan: with_cell(plan, 0, formula=Ref(Z)), "z1[1] uses z1[1] before it is there"),
    "equivalent over what never comes": (
        lambda plan: with_cell(plan, 0, also=(Ref(NOWHERE),)),
        "z1[1] uses z9[1] before it is there",
    ),
    "placeholder left": (lambda plan: with_cell(plan, 0, formula=Ref("q")), "z1[1] uses q before it is there"),
    "given worked out": (lambda plan: with_first_given(plan, formula=Ref(X)), "x[1]: a given has no formula"),
    "cell not worked out": (lambda plan: with_cell(plan, 0, formula=None), "z1[1]: a given has no formula"),
    "given that nothing uses": (
        lambda plan: replace(plan, givens=(*plan.givens, Cell(NOWHERE))),
        "cells that nothing uses: z9[1]",
    ),
    "cell that nobody asked for": (
        lambda plan: replace(plan, results=frozenset(to for to in plan.results if to.family != "norm")),
        "cells that nothing uses: norm(dL/dW1)",
    ),
    "cell that only an equivalent uses": (
        lambda plan: with_cell(with_cell(plan, 0, formula=Ref(X)), 1, also=(Ref(Address("W", 1, (1, 1))),)),
        None,
    ),
    "result that no cell gives": (
        lambda plan: replace(plan, results=plan.results | {NOWHERE}),
        "results that no cell gives: z9[1]",
    ),
}


@pytest.mark.parametrize(("breaks", "words"), BROKEN.values(), ids=BROKEN)
def test_a_plan_that_contradicts_itself_is_refused(breaks: Callable[[Plan], Plan], words: str) -> None:
    plan = derive(NEURON)
    with pytest.raises(PlanError, match=re.escape(words)):
        breaks(plan)


def test_an_equivalent_formula_is_no_use_of_a_cell() -> None:
    """A cell that only an equivalent formula needs would never be seen in a printed line."""
    plan = derive(NEURON)
    first = plan.steps[0]
    lonely = Cell(NOWHERE, Ref(X))
    steps = (Step("z9", first.reason, (lonely,)), *plan.steps)
    with pytest.raises(PlanError, match=re.escape("cells that nothing uses: z9[1]")):
        with_cell(replace(plan, steps=steps, results=plan.results | {NOWHERE}), 1, also=(Ref(NOWHERE),)).__class__(
            plan.net, plan.givens, steps, plan.results
        )
