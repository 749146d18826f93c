"""Worked examples that other people published: the product gets each of their quantities right.

A file in ``tests/walkthroughs`` holds ``net`` and ``givens`` as an example file does, and what was ``published``: our
name of the quantity (or an expression of names), the number ``as_printed``, wrong or not, and what kind of mistake it
is, if it is one. ``repeat`` marks a second print of a quantity. The right values come from
`support.walkthrough_oracle`, never from the publication.
"""

from __future__ import annotations

import json
import math
from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from backproptable.nets.derive import derive_plan
from backproptable.nets.net import Net
from backproptable.numbers.evaluate import Calculator, Solution, solve
from support.walkthrough_oracle import look_up, recompute

FOLDER = Path(__file__).parent / "walkthroughs"


class Counts(NamedTuple):
    right: int
    carried: int
    """Labelled as rounding carried along: no mistake, and not the exact value either."""
    wrong: int
    left_out: int = 0
    repeats: int = 0
    """Second prints of a quantity; they are counted above too."""


COUNTS = {
    "batch-of-three": Counts(right=58, carried=4, wrong=17),
    "no-bias": Counts(right=6, carried=3, wrong=6),
    "one-linear-neuron": Counts(right=6, carried=0, wrong=1, repeats=1),
    "one-unit-per-layer": Counts(right=5, carried=0, wrong=3),
    "relu-sigmoid-softmax": Counts(right=14, carried=9, wrong=78, repeats=2),
    "relu-softmax": Counts(right=30, carried=1, wrong=0, repeats=1),
    "three-steps-of-a-recurrent-net": Counts(right=27, carried=0, wrong=0),
    "two-sigmoid-layers": Counts(right=26, carried=1, wrong=3, left_out=3, repeats=3),
}

# Why a number that is no mistake can be more than half a unit off the exact value. Each reason is tested below.
OWN = "it follows from the rounded numbers that the author printed before it"
GIVENS = "a program computed with more digits of the givens than it printed"
CUT = "the rest is cut off, not rounded: 0.93883 became 0.938"
SUM = "its last digit is shifted by one, so that the printed sum 0.055399425 + it = 0.036350306 holds"

INEXACT = {
    "batch-of-three": {
        **dict.fromkeys(["z1[1,2]", "z1[2,2]", "z1[3,2]", "z2[1,1]", "z2[2,1]", "z2[3,1]"], GIVENS),
        **dict.fromkeys(["da1/dz1[1,2]", "da1/dz1[2,2]"], GIVENS),
        # The author takes the learning rate twice here too, but these two cannot be told from the right ones.
        **dict.fromkeys(["W1'[1,3]", "W1'[3,3]"], GIVENS),
    },
    "no-bias": dict.fromkeys(["z2[1]", "-dL/dz2[1]", "W2'[1,1]", "W2'[2,1]"], OWN),
    "relu-sigmoid-softmax": {
        "a2[1]": CUT,
        **dict.fromkeys(["z3[1]", "z3[2]", "z3[3]", "a3[1]", "a3[2]", "a3[3]"], OWN),
        **dict.fromkeys(["da3/dz3[2,2]", "da2/dz2[1]", "da2/dz2[2]"], OWN),
    },
    "relu-softmax": dict.fromkeys(["dL/dW2[1,1]", "dL/dW2[1,2]"], OWN),
    "two-sigmoid-layers": {"dL/dz2[2] * W2[2,1]": SUM},
}
"""By file and name; whatever is not here agrees within half a unit of its last written place."""


class Example(NamedTuple):
    file: dict[str, Any]
    givens: dict[str, Decimal]
    solution: Solution
    recomputed: dict[str, np.ndarray]

    def ours(self, expression: str) -> float:
        return self.among(self.solution.exact, expression)

    def among(self, values: np.ndarray, expression: str) -> float:
        """The worth of an expression where `values` has the value of every cell of the plan."""
        plan = self.solution.plan
        return worth(expression, lambda name: float(values[plan.row[plan.by_name[name].address]]))

    def entries(self, *, wrong: bool) -> list[dict[str, Any]]:
        """The published mistakes, or the other numbers."""
        fine = (None, "rounding_carried")
        return [e for e in self.file["published"] if "left_out" not in e and (e["error_type"] not in fine) == wrong]

    def step(self, printed: str) -> Decimal:
        """One unit of the last written place; where a program dropped trailing zeros, the file says its `decimals`."""
        return Decimal(1).scaleb(min(Decimal(printed).as_tuple().exponent, -self.file.get("decimals", 0)))

    def agrees(self, printed: str, value: float) -> bool:
        """Within half a unit, and the noise of a double where all its digits are printed."""
        if Decimal(printed) == 0 and "decimals" not in self.file:
            return value == 0  # "0" is written where it is exactly 0, not for anything below 0.5
        return self.distance(printed, value) <= self.step(printed) / 2 + Decimal(1e-15 * abs(value))

    def distance(self, printed: str, value: float) -> Decimal:
        return abs(Decimal(printed) - Decimal(value))


@cache
def example(name: str) -> Example:
    file = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    net = net_of(file)
    givens = {cell: number for key, value in file["givens"].items() for cell, number in cells(key, value)}
    if net.updates:
        givens["eta"] = net.learning_rate
    solution = solve(derive_plan(net), givens, figures=10, carry="full")
    return Example(file, givens, solution, recompute(file["net"], file["givens"], net.updates))


def net_of(file: dict[str, Any]) -> Net:
    x = file["givens"]["x"]
    is_batch = isinstance(x[0], list) and file["net"].get("kind") != "recurrent"
    return Net(**file["net"], samples=len(x) if is_batch else None)


def cells(key: str, value: Any, index: tuple[int, ...] = ()) -> list[tuple[str, Decimal]]:
    """Every number of a given and its one-based name."""
    if isinstance(value, list):
        return [cell for i, part in enumerate(value, start=1) for cell in cells(key, part, (*index, i))]
    return [(key + (f"[{','.join(map(str, index))}]" if index else ""), Decimal(str(value)))]


def worth(expression: str, value: Any) -> float:
    """A cell, or cells joined by `` * `` or `` - ``; a minus before them turns the sign of it all."""
    if expression.startswith("-"):
        return -worth(expression[1:], value)
    if " * " in expression:
        return math.prod(map(value, expression.split(" * ")))
    first, *others = expression.split(" - ")
    return value(first) - sum(map(value, others))


every_example = pytest.mark.parametrize("name", COUNTS)


def test_all_files_are_here():
    assert {path.stem for path in FOLDER.iterdir()} == set(COUNTS)
    assert sum(sum(counts[:4]) for counts in COUNTS.values()) == 301


@every_example
def test_nothing_is_skipped(name):
    published = example(name).file["published"]
    kinds = [e["error_type"] for e in published if "left_out" not in e]
    right, carried = kinds.count(None), kinds.count("rounding_carried")
    left_out, repeats = len(published) - len(kinds), sum(e["repeat"] for e in published)
    assert Counts(right, carried, len(kinds) - right - carried, left_out, repeats) == COUNTS[name]
    firsts = [(e["name"], e.get("updates")) for e in published if not e["repeat"]]
    assert len(set(firsts)) == len(firsts)


@every_example
def test_every_published_quantity_is_computed_right(name):
    this = example(name)
    for entry in this.entries(wrong=False) + this.entries(wrong=True):
        right = worth(entry["name"], lambda cell: look_up(this.recomputed, cell))
        assert this.ours(entry["name"]) == pytest.approx(right, rel=1e-12, abs=1e-15), entry


@every_example
def test_published_numbers_without_a_mistake_agree(name):
    this = example(name)
    fine = this.entries(wrong=False)
    off = {e["name"] for e in fine if not this.agrees(e["as_printed"], this.ours(e["name"]))}
    assert off == set(INEXACT.get(name, {}))
    assert {e["name"] for e in fine if e["error_type"]} <= off


@every_example
def test_published_mistakes_do_not_agree(name):
    # Without exception: not one of them happens to be right at its printed digits.
    this = example(name)
    assert not [e for e in this.entries(wrong=True) if this.agrees(e["as_printed"], this.ours(e["name"]))]


@pytest.mark.parametrize("name", INEXACT)
def test_inexact_numbers_are_so_for_the_reason_given(name):
    this = example(name)
    own, low, high = lines_on_own_numbers(this), *range_over_hidden_digits(this)
    for entry in this.entries(wrong=False):
        quantity, printed, reason = entry["name"], entry["as_printed"], INEXACT[name].get(entry["name"])
        if reason == OWN:
            assert this.agrees(printed, this.among(own, quantity)), entry
        elif reason == GIVENS:
            half = float(this.step(printed)) / 2
            assert this.among(low, quantity) - half <= float(printed) <= this.among(high, quantity) + half, entry
        elif reason == CUT:
            assert 0 < Decimal(this.ours(quantity)) - Decimal(printed) < this.step(printed)
        elif reason == SUM:
            assert Decimal("0.055399425") + Decimal(printed) == Decimal("0.036350306")
            assert this.distance(printed, this.ours(quantity)) < this.step(printed)
        else:
            assert reason is None


def lines_on_own_numbers(this: Example) -> np.ndarray:
    """What each cell's formula gives on the numbers that the author printed above it, right or wrong."""
    plan, calculator = this.solution.plan, Calculator(this.solution.plan)
    own = {}
    for entry in this.file["published"]:
        name = entry["name"].removeprefix("-")
        if name in plan.by_name and not entry["repeat"] and "left_out" not in entry:
            sign = -1 if entry["name"].startswith("-") else 1
            own[plan.row[plan.by_name[name].address]] = sign * float(entry["as_printed"])
    values = this.solution.exact[:, None]
    for _ in plan.steps:  # each round carries the author's numbers one step further
        values = values.copy()
        values[list(own), 0] = list(own.values())
        values = calculator.lines(values)
    return values[:, 0]


def range_over_hidden_digits(this: Example) -> tuple[np.ndarray, np.ndarray]:
    """The least and the greatest value of each cell when every given with decimals is off by its half-unit."""
    plan, rng = this.solution.plan, np.random.default_rng(0)
    written = [this.givens[cell.name] for cell in plan.givens]
    half_units = np.array([0.0 if number % 1 == 0 else float(this.step(str(number))) / 2 for number in written])
    half_units[[cell.name == "eta" for cell in plan.givens]] = 0
    signs = rng.choice([-1.0, 1.0], size=(len(written), 500))
    values = Calculator(plan).exact(np.array(written, dtype=float)[:, None] + half_units[:, None] * signs)
    return values.min(axis=1), values.max(axis=1)


@pytest.mark.parametrize(
    ("cell", "known"),
    [
        ("a2[1]", "0.75136507"),
        ("L", "0.298371109"),
        ("dL/dW2[1,1]", "0.082167041"),
        ("W2'[1,1]", "0.35891648"),
        ("W1'[1,1]", "0.149780716"),
    ],
)
def test_the_best_known_example(cell, known):
    this = example("two-sigmoid-layers")
    assert this.agrees(known, this.ours(cell))


def test_after_many_updates():
    """The author's program sent the errors back through weights already updated; 10000 times that shows."""
    this = example("two-sigmoid-layers")
    net, givens = this.file["net"], this.file["givens"]
    after = recompute(net, givens, 10_000)
    for name, right in {"L'": "3.51019e-5", "a2'[1]": "0.01591362", "a2'[2]": "0.98406427"}.items():
        assert this.agrees(right, look_up(after, name))
    left_out = [e for e in this.file["published"] if "left_out" in e]
    assert {e["updates"] for e in left_out} == {10_000}
    assert not [e for e in left_out if this.agrees(e["as_printed"], look_up(after, e["name"]))]
    # As many as a plan has room for: the product's chain of updates is the oracle's.
    plan = derive_plan(replace(net_of(this.file), updates=30))
    exact = solve(plan, this.givens, figures=10, carry="full").exact
    loss = exact[plan.row[plan.by_name["L'"].address]]
    assert loss == pytest.approx(look_up(recompute(net, givens, 30), "L'"), rel=1e-12)
