"""Simulated students, honest and otherwise: few sheets of what ``python tests/simulations/verdicts.py`` works."""

from __future__ import annotations

import numpy as np
import pytest

from backproptable.formulas.names import Address
from backproptable.marking.marked import ERRORS, Verdict
from backproptable.marking.marker import Answered
from backproptable.marking.one_reading import Verdicts
from backproptable.returned.files import Written
from support.marking import marker
from support.students import draw_habits, habits_of, rounded_off
from support.verdicts import HONEST, MISTAKEN, RULES, Class, Results, simulate


@pytest.fixture(scope="module")
def results() -> Results:
    return simulate(1200, kinds=3, bluffs=2)


def test_what_is_aimed_at_is_reached(results: Results) -> None:
    assert list(results.missed_aims()) == []
    assert sum(of.sheets for of in results.honest.values()) == 1200
    assert min(of.lines for of in results.honest.values()) > 10_000
    assert results.one.sheets > 200
    assert results.pairs.sheets > 80
    assert results.changed.compared > 100


def test_rules_of_today_reject_honest_numbers_or_accept_wrong_ones(results: Results) -> None:
    honest, one, changed = results.honest["rounded"], results.one, results.changed
    for name in RULES:
        rejected = honest.rejected[name] / honest.compared
        accepted = max(
            one.accepted[name] / one.compared,
            *(changed.accepted[what][name] / changed.compared for what in ("zero", "sign")),
        )
        assert rejected > 0.005 or accepted > 0.02, name
    assert one.accepted["own"] <= 0.005 * one.compared
    assert [changed.accepted[what]["own"] for what in ("zero", "sign")] == [0, 0]


def test_there_is_a_class_of_every_kind() -> None:
    nets = [of.net for of in HONEST.values()]
    assert {of.figures for of in HONEST.values()} == {None, 3, 4, 5, 6}
    assert {net.loss for net in nets} == {"half_sse", "sse", "mse", "cross_entropy", "binary_cross_entropy", "output"}
    kinds = {kind for net in nets for kind in net.activations}
    assert kinds == {"identity", "relu", "leaky_relu", "sigmoid", "tanh", "softmax"}  # a step has nothing to learn
    assert {net.bias for net in nets} == {"none", "shared", "per_unit"}
    assert any(net.samples for net in nets)
    assert any(net.updates > 1 for net in nets)
    assert any(net.output_delta == "short" for net in nets)
    assert {net.loss_at for net in nets if net.is_recurrent} == {"last", "every"}
    assert {net.activations[0] for net in nets if net.is_recurrent} == {"tanh", "sigmoid", "relu"}
    assert {net.mask for net in nets if net.keep} == {"inverted", "plain"}
    assert any(net.online and net.epochs > 1 for net in nets)
    assert {net.is_recurrent for net in nets if net.paths} == {False, True}


@pytest.mark.parametrize("name", ["default, 4 figures", "2-2-2, other grids, 3 figures", "leaky, no figures"])
def test_the_same_is_said_of_the_texts(name: str) -> None:
    """The numbers of the simulation are those that the reader finds in what is written."""
    of = HONEST[name]
    for sheets, chance in of.sheets(60, "texts"):
        students = sheets.work(draw_habits(sheets.count, chance), chance)
        verdicts = sheets.judged(students.papers).verdicts
        assert not (students.answered & ~verdicts.fits).any()
        _compare(of, sheets.givens, students, verdicts)


def test_the_same_is_said_of_texts_with_fewer_digits() -> None:
    of = MISTAKEN["2-2-2 of sigmoids"]
    for sheets, chance in of.sheets(60, "fewer digits"):
        students = sheets.work(habits_of(sheets.count, fewer=0.5, from_memory=1.0, drops_zeros=True), chance)
        verdicts = sheets.judged(students.papers).verdicts
        assert verdicts.too_few.any()
        _compare(of, sheets.givens, students, verdicts)


def old_weight(of: Class, row: int) -> Address:
    to = of.plan.cells[row].address
    return to._replace(primed=False, update=1)


def _compare(of: Class, givens: np.ndarray, students, verdicts: Verdicts) -> None:
    marks = marker(of.plan, figures=of.figures, carry=of.carry)
    answered = []
    for number, column in enumerate(givens.T):
        texts = {cell.name: repr(value) for cell, value in zip(of.plan.givens, column.tolist(), strict=False)}
        answers = {of.plan.cells[row].name: (Written(students.text(row, number)),) for row in of.worked}
        answered.append(Answered(str(number), texts, answers))
    for number, sheet in enumerate(marks.mark(answered)):
        for row, cell in zip(of.worked, sheet.cells, strict=True):
            said = Verdict.BLANK
            if students.answered[row, number]:
                if not verdicts.fits[row, number]:  # W' written as W, so that no step shows, or a bare 1
                    assert cell.verdict in ERRORS
                    if (text := students.text(row, number)) == "1":
                        continue
                    assert text == repr(float(givens[of.plan.row[old_weight(of, row)], number]))
                    continue
                said = Verdict.RIGHT if verdicts.right[row, number] else Verdict.FOLLOWS
                if verdicts.too_few[row, number]:
                    said = Verdict.TOO_FEW_DIGITS
            assert cell.verdict is said, (cell, number)


@pytest.mark.parametrize(
    ("value", "place", "cut", "digits", "last"),
    [
        (0.12345, -4, False, 1235, -4),
        (0.12345, -4, True, 1234, -4),
        (-0.00004, -4, False, 4, -5),
        (0.3 - 1e-17, -1, True, 3, -1),
        (9.9996, -3, False, 10000, -3),
        (123456, 2, False, 1235, 2),
    ],
)
def test_students_round_as_people_do(value: float, place: int, cut: bool, digits: int, last: int) -> None:
    found, at = rounded_off(np.array([value], dtype=np.longdouble), np.array([place]), np.array([cut]))
    assert (found.tolist(), at.tolist()) == ([digits], [last])
