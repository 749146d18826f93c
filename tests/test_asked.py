"""What a sheet asks for, shows and leaves out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from random import Random

import pytest

from backproptable.formulas.formula import references
from backproptable.formulas.names import Address, name_of
from backproptable.nets.derive import derive_plan
from backproptable.nets.net import Net
from backproptable.nets.plan import Plan
from backproptable.sheets.asked import ASKED, Task, asked_problems, set_task
from support.nets import LATER, seeded_example

SEEDS = (*range(60), *range(LATER, LATER + 12))
TWO = Net(layers=(2, 2, 2), activations=("sigmoid", "softmax"))
TWICE = Net(layers=(2, 2, 2), activations=("sigmoid", "softmax"), updates=2, samples=2, update_biases=True)


@cache
def plan_of(seed: int) -> Plan:
    return seeded_example(seed).plan


def ways(plan: Plan, seed: int) -> Iterator[str | list[str]]:
    """Every word, and some lists of steps; not those that ask for nothing here."""
    yield from (word for word in ASKED if not list(asked_problems(plan, word)))
    chance, names = Random(seed), [step.name for step in plan.steps]
    for _ in range(8):
        yield chance.sample(names, chance.randint(1, min(4, len(names))))


@cache
def tasks() -> tuple[tuple[Plan, Task], ...]:
    plans = ((plan_of(seed), seed) for seed in SEEDS)
    return tuple((plan, set_task(plan, asked)) for plan, seed in plans for asked in ways(plan, seed))


def parents(plan: Plan) -> dict[Address, set[Address]]:
    """What each computed cell is directly worked out from."""
    return {cell.address: set(references(cell.formula)) for _, cell in plan.worked}


def ancestors(plan: Plan) -> dict[Address, set[Address]]:
    """All that goes into each computed cell, by whatever way."""
    found: dict[Address, set[Address]] = {}
    for to, above in parents(plan).items():
        found[to] = above.union(*(found.get(parent, set()) for parent in above))
    return found


def names(addresses: frozenset[Address]) -> set[str]:
    return set(map(name_of, addresses))


# --- random nets, every way to ask -------------------------------------------------------------


def test_asked_and_shown_are_computed_cells_and_have_nothing_in_common() -> None:
    count = 0
    for plan, task in tasks():
        computed = {cell.address for _, cell in plan.worked}
        assert task.asked
        assert task.asked.isdisjoint(task.shown)
        assert task.asked | task.shown <= computed
        count += 1
    assert count > 600


def test_everything_on_a_sheet_can_be_worked_out_from_what_is_on_it() -> None:
    """Asked numbers and shown ones alike: nothing hangs on a number that was left out."""
    for plan, task in tasks():
        there = {cell.address for cell in plan.givens} | task.asked | task.shown
        for to, above in parents(plan).items():
            if to in there:
                assert above <= there, name_of(to)


def test_shown_is_whatever_gives_nothing_away_and_what_is_needed() -> None:
    """A cell is left out where an asked one leads to it and it leads to none, and only there."""
    for seed in SEEDS[:25]:
        plan = plan_of(seed)
        if len(plan.cells) > 200:
            continue
        above = ancestors(plan)
        for asked in ways(plan, seed):
            task = set_task(plan, asked)
            for to in above:
                if to not in task.asked:
                    follows = not above[to].isdisjoint(task.asked)
                    needed = any(to in above[one] for one in task.asked)
                    assert (to in task.shown) == (needed or not follows), name_of(to)


def test_forward_backward_and_updates_share_out_all_cells() -> None:
    for seed in SEEDS:
        plan = plan_of(seed)
        parts = [set_task(plan, word).asked for word in ("forward", "backward", "updates")]
        everything = set_task(plan, "all")
        assert everything.shown == frozenset()
        assert everything.asked == {cell.address for _, cell in plan.worked} == parts[0] | parts[1] | parts[2]
        assert sum(map(len, parts)) == len(everything.asked)


def test_all_steps_by_name_are_all() -> None:
    for seed in SEEDS:
        plan = plan_of(seed)
        steps = [step.name for step in plan.steps]
        assert set_task(plan, steps) == set_task(plan, "all")
        assert set_task(plan, steps * 2) == set_task(plan, tuple(reversed(steps)))


def test_one_path_follows_one_weight_of_each_layer() -> None:
    for seed in SEEDS:
        plan = plan_of(seed)
        net, asked = plan.net, names(set_task(plan, "one_path").asked)
        if net.is_recurrent:
            assert asked == path_in_time(plan)
            continue
        place = "1," if net.samples else ""
        for layer in range(1, net.depth + 1):
            wanted = {f"z{layer}[{place}1]", f"a{layer}[{place}1]"}
            if not net.forward_only:
                wanted |= {f"dL/dz{layer}[{place}1]", f"dL/dW{layer}[1,1]"}
            if net.updates and not net.forward_only:
                wanted |= {f"W{layer}'[1,1]"}
            assert wanted <= asked
            weights = {f"W{layer}'", f"dL/dW{layer}"}
            assert {name for name in asked if name.split("[")[0] in weights} <= {
                f"{stem}[1,1]{again}" for stem in weights for again in ("", "@2", "@3", "@4")
            }
        inside = [name.partition("[")[2].partition("]")[0] for name in asked if "[" in name]
        assert net.in_turn or set("".join(inside)) <= set("1,")


def test_one_path_goes_through_every_update_of_an_online_run() -> None:
    net = Net(layers=(2, 2, 1), activations=("tanh", "identity"), loss="half_sse", samples=3, online=True, epochs=2)
    asked = names(set_task(derive_plan(net), "one_path").asked)
    ways = ("", "@2", "@3", "@4", "@5", "@6")
    for update, again in enumerate(ways, start=1):
        sample = (update - 1) % 3 + 1
        of_update = {name for name in asked if name.partition("@")[2] == again[1:] and not name.startswith("E")}
        assert of_update == {
            *(f"{stem}[{sample},1]{again}" for stem in ("z1", "a1", "z2", "a2", "l", "dL/da2", "da2/dz2", "dL/dz2")),
            *(f"{stem}[{sample},1]{again}" for stem in ("dL/da1", "da1/dz1", "dL/dz1")),
            *(f"{stem}[1,1]{again}" for stem in ("dL/dW1", "dL/dW2", "W1'", "W2'")),
            *(f"{stem}[1]{again}" for stem in ("dL/db1", "dL/db2")),
            f"L{again}",
        }
    assert {"E[1]", "E[2]"} <= asked


def path_in_time(plan: Plan) -> set[str]:
    """Through the first unit of everything, in every time step, and of one weight of each matrix."""
    again = r"(?:@\d+)?"
    ways = (
        r"(?:z|s|o|l|error|dL/d[soz]|ds/dz)\[\d+,1\]",
        r"do/ds\[\d+,1,\d+,1\]",
        "L",
        r"dL/dW[xsy]\[1,1\](?:<\d+>)?",
        r"(?:W[xsy]'|paths\(dL/dW[xs]\))\[1,1\]",
        r"(?:dL/db[sy]|b[sy]')(?:\[1\])?",
    )
    on_path = re.compile(f"(?:{'|'.join(ways)}){again}")
    computed = {cell.name for _, cell in plan.worked}
    return {name for name in computed if on_path.fullmatch(name)}


# --- small nets, by hand -----------------------------------------------------------------------

FORWARD = {"z1[1]", "z1[2]", "a1[1]", "a1[2]", "z2[1]", "z2[2]", "e2[1]", "e2[2]", "S2", "a2[1]", "a2[2]"}
FORWARD |= {"l[1]", "l[2]", "L"}
BACK_TO_2 = {"dL/da2[1]", "dL/da2[2]", "da2/dz2[1,1]", "da2/dz2[1,2]", "da2/dz2[2,1]", "da2/dz2[2,2]"}
BACK_TO_2 |= {"dL/dz2[1]", "dL/dz2[2]"}


def test_the_forward_pass_leaves_all_that_follows_to_the_key() -> None:
    task = set_task(derive_plan(TWO), "forward")
    assert names(task.asked) == FORWARD
    assert task.shown == frozenset()


def test_the_way_back_shows_the_forward_pass_and_not_the_updates() -> None:
    """The loss leads to no gradient, and no gradient to it: it may stand there."""
    plan = derive_plan(TWO)
    task = set_task(plan, "backward")
    assert names(task.shown) == FORWARD
    assert {"norm(dL/dW1)", "dL/db2[1]"} | BACK_TO_2 <= names(task.asked)
    assert not any("'" in name for name in names(task.asked))


def test_updates_are_the_new_weights_and_the_pass_after_them() -> None:
    task = set_task(derive_plan(TWO), "updates")
    assert {"W1'[1,2]", "z1'[2]", "S2'", "L'"} <= names(task.asked)
    assert all("'" in name for name in names(task.asked))
    assert FORWARD | BACK_TO_2 | {"norm(dL/dW2)"} <= names(task.shown)


def test_one_step_shows_what_it_needs_and_leaves_out_what_gives_it_away() -> None:
    task = set_task(derive_plan(TWO), ["dL/dz2"])
    assert names(task.asked) == {"dL/dz2[1]", "dL/dz2[2]"}
    assert names(task.shown) == FORWARD | BACK_TO_2 - names(task.asked) | {"da1/dz1[1]", "da1/dz1[2]"}


def test_between_two_asked_steps_everything_is_shown() -> None:
    """Whoever got the first one wrong can still do the second."""
    task = set_task(derive_plan(TWO), ["z1", "z2"])
    assert names(task.asked) == {"z1[1]", "z1[2]", "z2[1]", "z2[2]"}
    assert names(task.shown) == {"a1[1]", "a1[2]"}


def test_the_path_by_hand() -> None:
    asked = {"z1[1]", "a1[1]", "z2[1]", "e2[1]", "S2", "a2[1]", "l[1]", "L", "dL/da2[1]", "da2/dz2[1,1]"}
    asked |= {"dL/dz2[1]", "dL/dW2[1,1]", "dL/db2[1]", "dL/da1[1]", "da1/dz1[1]", "dL/dz1[1]", "dL/dW1[1,1]"}
    asked |= {"dL/db1[1]", "W1'[1,1]", "W2'[1,1]"}
    task = set_task(derive_plan(TWO), "one_path")
    assert names(task.asked) == asked
    assert {"z1[2]", "a1[2]", "e2[2]", "dL/dz2[2]", "da2/dz2[2,1]"} <= names(task.shown)
    assert not any(name.startswith(("norm", "L'", "z1'")) for name in names(task.asked | task.shown))


def test_the_path_of_a_batch_is_that_of_its_first_sample_in_every_update() -> None:
    asked = names(set_task(derive_plan(TWICE), "one_path").asked)
    assert {"z1[1,1]", "z1[1,1]@2", "S2[1]", "S2[1]@2", "L@2", "W1'[1,1]", "W1'[1,1]@2", "b2'[1]@2"} <= asked
    assert asked.isdisjoint({"z1[2,1]", "S2[2]", "z1[1,2]", "S2'[1]", "L'"})


def test_later_updates_are_steps_of_their_own() -> None:
    plan = derive_plan(TWICE)
    assert names(set_task(plan, ["dL/dW1@2"]).asked) == {f"dL/dW1[{i},{j}]@2" for i in (1, 2) for j in (1, 2)}
    assert {"z1[1,1]@2", "L@2"} <= names(set_task(plan, "forward").asked)


# --- what cannot be asked ----------------------------------------------------------------------

FORWARD_ONLY = Net(layers=(2, 2), activations=("step",), forward_only=True)
NO_UPDATE = Net(layers=(2, 2), activations=("softmax",), updates=0)


def problems(net: Net, asked: str | Sequence[str]) -> list[str]:
    return [str(problem) for problem in asked_problems(derive_plan(net), asked)]


@pytest.mark.parametrize("asked", [*ASKED, ["z1"], ["dL/dW2", "W1'"], ("L'",), ["norm(dL/dW)"], ["z1", "z1"]])
def test_what_may_be_asked(asked: str | list[str]) -> None:
    assert problems(TWO, asked) == []


@pytest.mark.parametrize(
    ("net", "asked", "words"),
    [
        (TWO, "forwards", ['[sheet] asked: is "forwards".', "Did you mean 'forward'?"]),
        (TWO, "one path", ["Did you mean 'one_path'?"]),
        (TWO, "dL/dW1", ["""Did you mean '["dL/dW1"]'?"""]),
        (TWO, "", ['is "".', "Known: all, forward, backward, updates, one_path"]),
        (TWO, ["dL/dW"], ['"dL/dW" is not a step of this net.', "Did you mean 'dL/dW"]),
        (TWO, ["z1", "Z2"], ['"Z2" is not a step', "Did you mean 'z2'?"]),
        (TWO, ["z3"], ['"z3" is not a step', "Known: z1, a1,"]),
        (TWO, ["z1@2"], ['"z1@2" is not a step', "Did you mean 'z"]),
        (TWO, ["forward"], ['"forward" is not a step of this net.', "Known: z1, a1,"]),
        (TWO, [], ["is empty.", "z1, a1, z2, e2, S2, a2, l, L, dL/da2,"]),
        (FORWARD_ONLY, "backward", ['"backward" asks for nothing in this net.']),
        (NO_UPDATE, "updates", ['"updates" asks for nothing in this net.']),
    ],
)
def test_what_cannot_be_asked(net: Net, asked: str | list[str], words: list[str]) -> None:
    (problem,) = problems(net, asked)
    for part in words:
        assert part in problem


def test_all_wrong_names_are_told_at_once_and_where_they_stand() -> None:
    found = list(asked_problems(derive_plan(TWO), ["zz", "z1", "W9'"], "here"))
    assert [(problem.where, problem.what.split()[0]) for problem in found] == [("here", '"zz"'), ("here", '"W9\'"')]
