"""Every printed number of every kind of net, against decimal arithmetic and its own rounding rule.

In paper carry each line must be true when typed into a calculator: it is worked again here, to
fifty digits, on the numbers as printed above it, and must come out as the same text.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from backproptable.derive import derive
from backproptable.errors import InputError
from backproptable.evaluate import Solution, solve
from backproptable.net import Net
from support.exactly import exact_values, full_texts, is_near_a_tie, paper_texts
from support.nets import Example, seeded_example

SEEDS = range(150)
FIGURES = (3, 4, 6)


def solved(example: Example, figures: int, carry: str) -> Solution | None:
    """None where a number does not exist, or has too few digits left in double precision."""
    try:
        return solve(example.plan, example.givens, figures=figures, carry=carry)
    except InputError:
        return None


@pytest.mark.parametrize("figures", FIGURES)
def test_every_printed_line_is_true_on_the_printed_numbers(figures: int) -> None:
    skipped = 0
    for seed in SEEDS:
        example = seeded_example(seed)
        solution = solved(example, figures, "paper")
        if solution is None:
            skipped += 1
            continue
        printed = dict(zip(example.plan.by_name, solution.text, strict=True))
        assert printed == paper_texts(example.plan, example.givens, figures), seed
    assert skipped < len(SEEDS) / 5


def test_full_carry_prints_the_exact_calculation_rounded() -> None:
    skipped = compared = 0
    for seed in SEEDS:
        example = seeded_example(seed)
        exact = exact_values(example.plan, example.givens)
        for figures in FIGURES:
            solution = solved(example, figures, "full")
            if solution is None:
                skipped += 1
                continue
            printed = dict(zip(example.plan.by_name, solution.text, strict=True))
            certain = {
                name: text
                for name, text in full_texts(example.plan, exact, figures).items()
                if not is_near_a_tie(exact[example.plan.by_name[name].address], figures)
            }
            assert {name: printed[name] for name in certain} == certain, (seed, figures)
            compared += len(certain)
    assert skipped < len(SEEDS) * len(FIGURES) / 5
    assert compared > 10_000


def test_an_update_too_small_for_the_figures_is_still_seen() -> None:
    """W' shows every decimal: at four figures 0.5 - 0.01 * 0.0000123 would be 0.5 again."""
    net = Net(layers=(1, 1), activations=("identity",), loss="half_sse", bias="none")
    givens = {"x[1]": "0.01", "y[1]": "0.00377", "W1[1,1]": "0.5", "eta": "0.01"}
    plan = derive(net)
    solution = solve(plan, {name: Decimal(text) for name, text in givens.items()})
    printed = dict(zip(plan.by_name, solution.text, strict=True))
    assert printed["dL/dW1[1,1]"] == "1.230e-5"
    assert printed["W1'[1,1]"] == "0.499999877"
