"""Every registered mistake, made at one place of an otherwise right sheet: found there, named, and nowhere else.

What each mistake gives was worked out by hand for `test_mistakes`; those numbers stand on the sheets here.
"""

from __future__ import annotations

from decimal import Decimal
from functools import cache

import numpy as np
import pytest
from test_mistakes import BY_HAND, CODES, NETS, numbers, plan_of, wrong_numbers

from backproptable.formulas.digits import rounded, show
from backproptable.marking.marked import MarkedSheet, Verdict
from backproptable.numbers.evaluate import Calculator, solve
from support.marking import Answers, marker, on_paper

FIGURES = 6
FINE = (Verdict.RIGHT, Verdict.FOLLOWS)


def text(number: float) -> str:
    return show(float(rounded(number, FIGURES)), FIGURES)


@cache
def key(net: str) -> tuple[dict[str, str], dict[str, str]]:
    """The givens and the right answers."""
    plan = plan_of(net)
    givens = {cell.name: repr(numbers(net)[cell.name]) for cell in plan.givens}
    solution = solve(plan, {name: Decimal(number) for name, number in givens.items()}, figures=FIGURES, carry="full")
    answers = {cell.name: solution.text[plan.row[cell.address]] for _, cell in plan.worked}
    return givens, answers


def marked(net: str, changes: list[Answers]) -> list[MarkedSheet]:
    givens, answers = key(net)
    return marker(plan_of(net), figures=FIGURES, carry="full").mark(
        [on_paper(givens, answers | dict(each)) for each in changes]
    )


CASES = [
    pytest.param(code, net, cell, value, id=f"{code}-{cell}-{net}-{place}")
    for code, cases in BY_HAND.items()
    for net, cell, by_hand in cases
    for place, value in enumerate(by_hand(numbers(net)))
    if net != "one to one softmax"  # its output is 1 whatever goes wrong
    and text(value) != text(numbers(net)[cell])  # as where a gradient is 0
]


def test_every_mistake_is_made() -> None:
    assert {case.values[0] for case in CASES} == set(CODES)


@pytest.mark.parametrize(("code", "net", "name", "value"), CASES)
def test_a_mistake_is_found_where_it_was_made_and_named(code: str, net: str, name: str, value: float) -> None:
    (sheet,) = marked(net, [{name: text(value)}])
    assert sheet.first_error is not None
    assert (sheet.first_error.name, sheet.first_error.verdict) == (name, Verdict.MISTAKE)
    assert code in sheet.first_error.because
    assert {cell.verdict for cell in sheet.cells if cell.name != name} == {Verdict.RIGHT}


@pytest.mark.parametrize("net", [net for net in NETS if net != "one to one softmax"])
def test_a_mistake_that_is_carried_on_is_one_mistake(net: str) -> None:
    """The student goes on with the wrong number, at full precision: whatever comes out of it follows."""
    plan, (givens, answers) = plan_of(net), key(net)
    right = np.array([[numbers(net)[cell.name]] for cell in plan.cells])
    changing = [(line, value) for line, value in wrong_numbers(net) if text(value) != answers[line.cell.name]]
    some = np.random.RandomState(3).permutation(len(changing))[:12]
    sheets, made = [], []
    for line, value in (changing[place] for place in some):
        own, row = right.copy(), plan.row[line.cell.address]
        own[row] = value
        for step in plan.steps:
            Calculator(plan).program(cell for cell in step.cells if plan.row[cell.address] > row)(own)
        if not np.isfinite(own).all():  # the logarithm of a number below 0: nobody could have gone on
            continue
        made.append(line)
        sheets.append(on_paper(givens, {name: text(own[plan.row[plan.by_name[name].address], 0]) for name in answers}))
    marks = marker(plan, figures=FIGURES, carry="full").mark(sheets)
    for line, sheet in zip(made, marks, strict=True):
        assert [cell.name for cell in sheet.cells if cell.verdict not in FINE] == [line.cell.name]
        assert sheet.first_error is not None
        assert line.mistake in sheet.first_error.because
