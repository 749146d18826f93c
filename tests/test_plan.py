"""What a plan refuses, and what the plans of some nets are made of."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from backproptable.basics.errors import InputError, PlanError
from backproptable.formulas.formula import Ref, references
from backproptable.formulas.names import Address, name_of
from backproptable.nets.derive import MOST_CELLS, derive_plan
from backproptable.nets.net import Net
from backproptable.nets.plan import Cell, Plan, Reason, Step

# --- a plan checks itself --------------------------------------------------------------------

NEURON = Net(layers=(1, 1), activations=("identity",), loss="half_sse", bias="none")
X, Z, NEW = Address("x", None, (1,)), Address("z", 1, (1,)), Address("z", 9, (1,))


def first_cell_changed(step: Step, **changes: object) -> Step:
    return replace(step, cells=(replace(step.cells[0], **changes), *step.cells[1:]))


def with_first_formula(plan: Plan, **changes: object) -> Plan:
    """The plan with its first computed cell, z1[1], changed."""
    return replace(plan, steps=(first_cell_changed(plan.steps[0], **changes), *plan.steps[1:]))


def with_cell_for_an_equivalent(plan: Plan) -> Plan:
    """A new cell that only an equivalent formula refers to: it would be seen in no printed line."""
    lonely = Step("z9", Reason.WEIGHTED_SUM, (Cell(NEW, Ref(X)),))
    z, a, *rest = plan.steps
    return replace(plan, steps=(lonely, z, first_cell_changed(a, also=(Ref(NEW),)), *rest))


BROKEN = {
    "step worked twice": (
        lambda plan: replace(plan, steps=(*plan.steps, plan.steps[0])),
        "z1[1] is there twice",
    ),
    "given twice": (
        lambda plan: replace(plan, givens=(*plan.givens, plan.givens[0])),
        "x[1] is there twice",
    ),
    "used too early": (
        lambda plan: replace(plan, steps=(*plan.steps[1:], plan.steps[0])),
        "a1[1] uses z1[1] before it is there",
    ),
    "used by itself": (
        lambda plan: with_first_formula(plan, formula=Ref(Z)),
        "z1[1] uses z1[1] before it is there",
    ),
    "equivalent uses what is not there": (
        lambda plan: with_first_formula(plan, also=(Ref(NEW),)),
        "z1[1] uses z9[1] before it is there",
    ),
    "placeholder left over": (
        lambda plan: with_first_formula(plan, formula=Ref("q")),
        "z1[1] uses q before it is there",
    ),
    "cell without a formula": (
        lambda plan: with_first_formula(plan, formula=None),
        "z1[1]: a given has no formula, every other cell has one",
    ),
    "given with a formula": (
        lambda plan: replace(plan, givens=(*plan.givens, Cell(NEW, Ref(X)))),
        "z9[1]: a given has no formula, every other cell has one",
    ),
    "given that nothing uses": (
        lambda plan: replace(plan, givens=(*plan.givens, Cell(NEW))),
        "cells that nothing uses: z9[1]",
    ),
    "cell that nobody asked for": (
        lambda plan: replace(plan, results=frozenset(to for to in plan.results if to.family != "norm")),
        "cells that nothing uses: norm(dL/dW1)",
    ),
    "cell that only an equivalent uses": (
        with_cell_for_an_equivalent,
        "cells that nothing uses: z9[1]",
    ),
    "result that no cell gives": (
        lambda plan: replace(plan, results=plan.results | {NEW}),
        "results that no cell gives: z9[1]",
    ),
}


@pytest.mark.parametrize(("broken", "words"), BROKEN.values(), ids=BROKEN)
def test_a_plan_that_contradicts_itself_is_refused(broken: Callable[[Plan], Plan], words: str) -> None:
    plan = derive_plan(NEURON)
    with pytest.raises(PlanError, match=re.escape(words) + "$"):
        broken(plan)


# --- what plans are made of ------------------------------------------------------------------


def test_the_default_net_is_worked_in_this_order() -> None:
    steps = [step.name for step in derive_plan(Net()).steps]
    assert steps == [
        *("z1", "a1", "z2", "a2", "z3", "e3", "S3", "a3", "l", "L"),
        *("dL/da3", "da3/dz3", "dL/dz3", "dL/dW3", "dL/db3"),
        *("dL/da2", "da2/dz2", "dL/dz2", "dL/dW2", "dL/db2"),
        *("dL/da1", "da1/dz1", "dL/dz1", "dL/dW1", "dL/db1"),
        "norm(dL/dW)",
        *("W1'", "W2'", "W3'"),
        *("z1'", "a1'", "z2'", "a2'", "z3'", "e3'", "S3'", "a3'", "l'", "L'"),
    ]


def test_every_cell_of_a_batch_in_two_updates() -> None:
    """Samples come first, sums over the batch have none, a shared bias has no index."""
    net = Net(
        layers=(2, 1),
        activations=("sigmoid",),
        loss="sse",
        bias="shared",
        update_biases=True,
        samples=2,
        updates=2,
        weights="to_from",
    )

    def update(again: str) -> list[str]:
        names = [
            *("z1[1,1]", "z1[2,1]", "a1[1,1]", "a1[2,1]", "l[1,1]", "l[2,1]", "L"),
            *("dL/da1[1,1]", "dL/da1[2,1]", "da1/dz1[1,1]", "da1/dz1[2,1]", "dL/dz1[1,1]", "dL/dz1[2,1]"),
            *("dL/dW1[1,1]", "dL/dW1[1,2]", "dL/db1", "norm(dL/dW1)", "W1'[1,1]", "W1'[1,2]", "b1'"),
        ]
        return [name + again for name in names]

    assert [cell.name for cell in derive_plan(net).cells] == [
        *("x[1,1]", "x[1,2]", "x[2,1]", "x[2,2]", "y[1,1]", "y[2,1]", "W1[1,1]", "W1[1,2]", "b1", "eta"),
        *update(""),
        *update("@2"),
        *("z1'[1,1]", "z1'[2,1]", "a1'[1,1]", "a1'[2,1]", "l'[1,1]", "l'[2,1]", "L'"),
    ]


SMALL = Net(layers=(2, 3, 4), activations=("sigmoid", "softmax"))

NAMES = {
    "one sample": (
        SMALL,
        "x[2] y[4] W1[2,3] b1[3] b2[4] eta z1[3] a1[3] z2[4] e2[4] S2 a2[4] l[4] L dL/da2[4] da2/dz2[4,1] da2/dz2[1,4] "
        "dL/dz2[4] dL/dW2[3,4] dL/db2[4] dL/da1[3] da1/dz1[3] dL/dz1[3] dL/dW1[2,3] dL/db1[3] norm(dL/dW1) W2'[3,4] "
        "z1'[3] a1'[3] e2'[4] S2' a2'[4] l'[4] L'",
        "x[3] y[5] W1[3,2] b1 e1[1] S1 b1'[1] dL/da2'[1] norm(dL/dW1)' dL/dx[1] L@2 L'@2 W3[1,1]",
    ),
    "batch": (
        replace(SMALL, samples=3),
        "x[3,2] z1[3,3] e2[3,4] S2[3] a2[3,4] l[3,4] L da2/dz2[3,1,4] dL/dW2[3,4] dL/db2[4] S2'[3] L'",
        "x[1] S2 L[1] dL/dW2[1,3,4] dL/db2[1,4]",
    ),
    "batch of one": (replace(SMALL, samples=1), "x[1,2] S2[1] da2/dz2[1,4,4]", "x[2] S2 x[2,1] S2[2]"),
    "shared bias": (replace(SMALL, bias="shared", update_biases=True), "b1 b2 dL/db2 b2' L'", "b1[1] dL/db2[1] b2'[1]"),
    "no bias": (replace(SMALL, bias="none", update_biases=True), "z1[1] W1'[1,1]", "b1 b1[1] dL/db1[1] dL/db1 b1'[1]"),
    "updated biases": (replace(SMALL, update_biases=True), "b1'[3] b2'[4]", "b1' b1'[4]"),
    "rows are targets": (replace(SMALL, weights="to_from"), "W1[3,2] dL/dW2[4,3] W2'[4,3]", "W1[2,3] dL/dW2[3,4]"),
    "three updates": (
        replace(SMALL, updates=3),
        "L L@2 L@3 dL/dW2[1,2]@2 norm(dL/dW1)@3 W1'[1,1] W1'[1,1]@2 W1'[1,1]@3 z1'[1] L'",
        "L@1 L@4 L'@2 z1'[1]@3 W1[1,1]@2 eta@2",
    ),
    "no update": (replace(SMALL, updates=0), "L dL/dW1[1,1] norm(dL/dW2)", "eta W1'[1,1] L' z1'[1]"),
    "short delta": (
        replace(SMALL, output_delta="short"),
        "a2[4] dL/dz2[4] dL/da1[3] da1/dz1[3] dL/dz1[3]",
        "dL/da2[1] da2/dz2[1,1] da2/dz2[1]",
    ),
    "forward pass": (
        replace(SMALL, activations=("step", "softmax"), forward_only=True),
        "x[2] W1[2,3] b1[3] z1[3] a1[3] S2 a2[4]",
        "y[1] eta l[1] L dL/dz1[1] dL/dW1[1,1] z1'[1]",
    ),
    "the output itself": (replace(SMALL, loss="output"), "l[1] L dL/da2[1]", "y[1]"),
}


@pytest.mark.parametrize(("net", "there", "not_there"), NAMES.values(), ids=NAMES)
def test_cells_have_the_names_of_the_contract(net: Net, there: str, not_there: str) -> None:
    names = set(derive_plan(net).by_name)
    assert set(there.split()) - names == set()
    assert set(not_there.split()) & names == set()


@pytest.mark.parametrize("weights", ["from_to", "to_from"])
def test_weights_stand_in_the_reading_order_of_their_matrix(weights: str) -> None:
    plan = derive_plan(Net(layers=(2, 2), activations=("sigmoid",), loss="sse", weights=weights))
    entries = ["[1,1]", "[1,2]", "[2,1]", "[2,2]"]
    lists = {step.name: [cell.name for cell in step.cells] for step in plan.steps}
    assert [cell.name for cell in plan.givens if cell.address.family == "W"] == [f"W1{entry}" for entry in entries]
    assert lists["dL/dW1"] == [f"dL/dW1{entry}" for entry in entries]
    assert lists["W1'"] == [f"W1'{entry}" for entry in entries]


def used(net: Net, name: str) -> set[str]:
    """The names of what the printed formula of a cell is over."""
    return {name_of(to) for to in references(derive_plan(net).by_name[name].formula)}


@pytest.mark.parametrize(
    ("net", "name", "over"),
    [
        (SMALL, "z1[3]", "x[1] W1[1,3] x[2] W1[2,3] b1[3]"),
        (SMALL, "z2[1]", "a1[1] W2[1,1] a1[2] W2[2,1] a1[3] W2[3,1] b2[1]"),
        (replace(SMALL, weights="to_from"), "z1[3]", "x[1] W1[3,1] x[2] W1[3,2] b1[3]"),
        (replace(SMALL, bias="shared", samples=2), "z1[2,3]", "x[2,1] W1[1,3] x[2,2] W1[2,3] b1"),
        (SMALL, "a1[3]", "z1[3]"),
        (SMALL, "e2[4]", "z2[4]"),
        (SMALL, "S2", "e2[1] e2[2] e2[3] e2[4]"),
        (SMALL, "a2[4]", "e2[4] S2"),
        (SMALL, "l[4]", "y[4] a2[4]"),
        (SMALL, "L", "l[1] l[2] l[3] l[4]"),
        (SMALL, "dL/da2[4]", "y[4] a2[4]"),
        (SMALL, "da1/dz1[3]", "a1[3]"),
        (replace(SMALL, activations=("tanh", "softmax")), "da1/dz1[3]", "a1[3]"),
        (replace(SMALL, activations=("leaky_relu", "softmax")), "da1/dz1[3]", "z1[3]"),
        (SMALL, "da2/dz2[1,4]", "a2[1] a2[4]"),
        (SMALL, "da2/dz2[4,4]", "a2[4]"),
        (SMALL, "dL/dz1[3]", "dL/da1[3] da1/dz1[3]"),
        (replace(SMALL, layers=(2, 3, 2)), "dL/dz2[2]", "dL/da2[1] da2/dz2[1,2] dL/da2[2] da2/dz2[2,2]"),
        (replace(SMALL, output_delta="short", samples=2), "dL/dz2[2,4]", "a2[2,4] y[2,4]"),
        (SMALL, "dL/dW2[3,4]", "a1[3] dL/dz2[4]"),
        (replace(SMALL, samples=2), "dL/dW1[2,3]", "x[1,2] dL/dz1[1,3] x[2,2] dL/dz1[2,3]"),
        (SMALL, "dL/db1[3]", "dL/dz1[3]"),
        (replace(SMALL, bias="shared"), "dL/db1", "dL/dz1[1] dL/dz1[2] dL/dz1[3]"),
        (replace(SMALL, layers=(2, 3, 2)), "dL/da1[3]", "dL/dz2[1] W2[3,1] dL/dz2[2] W2[3,2]"),
        (replace(SMALL, layers=(2, 3, 2), updates=2), "dL/da1[3]@2", "dL/dz2[1]@2 W2'[3,1] dL/dz2[2]@2 W2'[3,2]"),
        (SMALL, "W2'[3,4]", "W2[3,4] eta dL/dW2[3,4]"),
        (replace(SMALL, updates=2), "W2'[3,4]@2", "W2'[3,4] eta dL/dW2[3,4]@2"),
        (replace(SMALL, layers=(2, 2, 2)), "norm(dL/dW1)", "dL/dW1[1,1] dL/dW1[1,2] dL/dW1[2,1] dL/dW1[2,2]"),
        (replace(SMALL, updates=2), "z1'[3]", "x[1] W1'[1,3]@2 x[2] W1'[2,3]@2 b1[3]"),
        (replace(SMALL, updates=2, update_biases=True), "z1[3]@2", "x[1] W1'[1,3] x[2] W1'[2,3] b1'[3]"),
    ],
)
def test_printed_formulas_are_over_what_the_contract_says(net: Net, name: str, over: str) -> None:
    assert used(net, name) == set(over.split())


def test_the_input_gradient_is_there_if_asked_for() -> None:
    plain, asked = derive_plan(SMALL), derive_plan(SMALL, input_gradient=True)
    assert set(asked.by_name) - set(plain.by_name) == {"dL/dx[1]", "dL/dx[2]"}


def test_cells_are_found_by_row_and_by_name() -> None:
    plan = derive_plan(SMALL)
    assert [plan.row[cell.address] for cell in plan.cells] == list(range(len(plan.cells)))
    assert all(plan.by_name[cell.name] is cell for cell in plan.cells)
    assert [cell for _, cell in plan.worked] == list(plan.cells[len(plan.givens) :])


# --- nets that are too large -----------------------------------------------------------------

WIDE = Net(layers=(12288, 20, 7, 1), activations=("relu", "relu", "sigmoid"), loss="binary_cross_entropy")

TOO_LARGE = [
    pytest.param(WIDE, id="weights"),
    pytest.param(Net(updates=1000), id="updates"),
    pytest.param(Net(samples=1000), id="samples"),
    pytest.param(replace(WIDE, samples=209), id="inputs"),
    pytest.param(Net(layers=(1, 10**6), activations=("tanh",), loss="sse"), id="outputs"),
]


@pytest.mark.parametrize("net", TOO_LARGE)
def test_nets_with_more_cells_than_a_page_holds_are_refused_at_once(net: Net) -> None:
    with pytest.raises(InputError) as caught:
        derive_plan(net)
    message = str(caught.value)
    assert f"layers {list(net.layers)}, {net.samples or 1} samples and {net.updates} updates" in message
    assert f"more than {MOST_CELLS} numbers" in message


def test_every_cell_counts_towards_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """The givens too."""
    size = len(derive_plan(SMALL).cells)
    monkeypatch.setattr("backproptable.nets.draft.MOST_CELLS", size)
    assert len(derive_plan(SMALL).cells) == size
    monkeypatch.setattr("backproptable.nets.draft.MOST_CELLS", size - 1)
    with pytest.raises(InputError, match=f"more than {size - 1} numbers"):
        derive_plan(SMALL)
