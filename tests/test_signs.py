"""A notation with the opposite sign prints true lines over numbers with the opposite sign."""

from __future__ import annotations

from decimal import Decimal

import pytest

from backproptable.errors import InputError
from backproptable.evaluate import solve
from backproptable.formula import Neg
from backproptable.notation import load_notation, notation_titles
from backproptable.render.signs import turned_plan, turned_texts
from support.exactly import evaluate
from support.nets import seeded_example

FAMILIES = ("dL/da", "dL/dz", "dL/dW", "dL/db", "dL/dx")


@pytest.mark.parametrize("seed", range(60))
def test_turned_formulas_hold_for_turned_numbers(seed):
    example = seeded_example(seed)
    try:
        solution = solve(example.plan, example.givens)
    except InputError:
        return  # saturated or undefined: nothing is printed
    turned = turned_plan(example.plan, FAMILIES)
    texts = [Decimal(text) for text in turned_texts(example.plan, solution.text, FAMILIES) if text is not None]
    values = {cell.address: value for cell, value in zip(turned.cells, texts, strict=True)}
    plain = {cell.address: Decimal(text) for cell, text in zip(example.plan.cells, solution.text, strict=True)}
    for before, after in zip(example.plan.cells, turned.cells, strict=True):
        if before.formula is None or after.formula is None:
            continue
        sign = -1 if before.address.family in FAMILIES else 1
        assert evaluate(after.formula, values) == pytest.approx(
            sign * evaluate(before.formula, plain), rel=Decimal("1e-30")
        )
        assert values[after.address] == sign * plain[before.address]


def test_the_error_is_target_minus_output_and_updates_add():
    example = next(e for e in map(seeded_example, range(500)) if e.plan.net.loss == "half_sse" and e.plan.net.updates)
    turned = turned_plan(example.plan, FAMILIES)
    error = next(
        cell for cell in turned.cells if cell.address.family == "dL/da" and cell.address.layer == example.plan.net.depth
    )
    update = next(cell for cell in turned.cells if cell.address.family == "W" and cell.address.primed)
    assert not isinstance(error.formula, Neg)
    assert not any(isinstance(term, Neg) for term in update.formula.terms)


def test_a_notation_that_turns_a_family_has_a_pattern_for_it_and_says_so():
    net = seeded_example(0).plan.net
    for name in notation_titles():
        notation = load_notation(name, net)
        assert set(notation.opposite) <= set(notation.patterns), name
        assert bool(notation.opposite) == bool(notation.note), name
