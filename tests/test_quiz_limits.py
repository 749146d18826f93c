"""The limits of quizzes: every honest way of working lies within them, zeros and mistakes mostly do not."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from backproptable.mistakes.registry import wrong_lines
from backproptable.numbers.evaluate import Calculator
from backproptable.numbers.ranges import Ranges
from backproptable.quizzes.limits import limits_of, shown, tolerance_of
from backproptable.quizzes.question import Blank
from backproptable.quizzes.tolerances import Tolerances
from backproptable.sheets.asked import set_task
from support.good_sheet import work
from support.quizzes import COURSES, drawn_class


@pytest.mark.parametrize("kind", COURSES)
def test_whoever_makes_no_mistake_is_within_the_limits(kind: str) -> None:
    """The students are worked out in other code, in NumPy's longest floats; each has habits of their own."""
    drawn, lines = drawn_class(kind), 0
    for seed in range(6):
        for quiz, written in zip(drawn.quizzes, drawn.honest(seed), strict=True):
            limits = {blank.name: (blank.low, blank.high) for blank in quiz.blanks}
            assert written.keys() <= limits.keys()
            for name, number in written.items():
                low, high = limits[name]
                assert low <= number <= high, (quiz.code, name, number)
                lines += 1
    assert lines > 100


@pytest.mark.parametrize("kind", COURSES)
def test_quizzes_ask_what_sheets_ask_and_print_what_keys_print(kind: str) -> None:
    drawn = drawn_class(kind)
    plan, course = drawn.course.plan, drawn.course
    asked = set_task(plan, course.asked)
    names = [cell.name for _, cell in plan.worked if cell.address in asked.asked]
    for quiz in drawn.quizzes:
        assert [blank.name for blank in quiz.blanks] == names
        for blank in quiz.blanks:
            assert blank.low <= float(blank.answer) <= blank.high
            assert blank.formula
            assert blank.numbers
            assert np.isfinite([blank.low, blank.high]).all()
        shown_lines = [
            line.name for question in quiz.questions for line in question.lines if line not in question.blanks
        ]
        assert set(shown_lines) == {cell.name for _, cell in plan.worked if cell.address in asked.shown}


def test_a_zero_is_right_where_the_number_is_exactly_0_and_hardly_anywhere_else() -> None:
    zeros, others, said = 0, 0, 0
    for kind in COURSES:
        for quiz in drawn_class(kind).quizzes:
            for blank in quiz.blanks:
                if Decimal(blank.answer) == 0:
                    assert (blank.low, blank.high) == (0, 0), (kind, blank.name)
                    zeros += 1
                else:
                    assert (blank.low <= 0 <= blank.high) == (blank.name in quiz.open_to_zero), (kind, blank.name)
                    others += 1
            said += len(quiz.open_to_zero)
    assert zeros > 50
    assert others > 1000
    assert said < others / 500


@pytest.mark.parametrize("kind", ["default", "evening", "small", "recurrent", "batch"])
def test_registered_mistakes_are_mostly_outside_and_those_inside_are_named(kind: str) -> None:
    drawn = drawn_class(kind)
    plan = drawn.course.plan
    exact = Calculator(plan).exact(drawn.givens)
    changed = accepted = 0
    for column, quiz in enumerate(drawn.quizzes):
        blanks = {blank.name: blank for blank in quiz.blanks}
        inside: dict[str, set[str]] = {}
        for wrong in wrong_lines(plan):
            if (blank := blanks.get(wrong.cell.name)) is None:
                continue
            numbers = {cell.address: exact[row, [column]] for row, cell in enumerate(plan.cells)}
            with np.errstate(all="ignore"):
                (number,) = np.broadcast_to(work(wrong.formula, numbers), (1,))
            right = exact[plan.row[wrong.cell.address], column]
            if not abs(number - right) > 1e-9 * abs(right):
                continue
            changed += 1
            if blank.low <= number <= blank.high:
                accepted += 1
                inside.setdefault(wrong.mistake, set()).add(blank.name)
        assert {mistake: set(names) for mistake, names in quiz.open_to} == inside
    assert changed > 100
    assert accepted / changed < 0.03


def test_limits_are_no_wider_than_ranges_that_forget_what_numbers_have_in_common() -> None:
    """Where a formula names each number once, both are the same but for the second order."""
    drawn = drawn_class("small")
    plan = drawn.course.plan
    low, high = Tolerances(plan, 4).of(drawn.givens)
    step = next(step for step in plan.steps if step.name == "z1")
    rows = [plan.row[cell.address] for cell in step.cells]
    exact = Calculator(plan).exact(drawn.givens)
    plain_low, plain_high = Ranges([cell.formula for cell in step.cells], plan).of(exact, exact)
    half = 0.5 * 10.0 ** (np.floor(np.log10(np.abs(exact[rows]))) - 3)
    np.testing.assert_allclose(low[rows], plain_low - half, rtol=1e-7)
    np.testing.assert_allclose(high[rows], plain_high + half, rtol=1e-7)


def _blank(answer: str, low: float, high: float) -> Blank:
    return Blank("z1[1]", "z", "x", "x", "1", answer, low, high)


@pytest.mark.parametrize(
    ("answer", "low", "high", "tolerance", "limits"),
    [
        ("1.350", 1.3494, 1.3507, "0.000701", ("1.3494", "1.3507")),
        ("0", 0.0, 0.0, "0", ("0", "0")),
        ("-4.567e-5", -4.5723e-5, -4.5611e-5, "5.91e-8", ("-4.573e-5", "-4.561e-5")),
        ("1.234e-9", 1.2335e-9, 1.2345e-9, "5.01e-13", ("1.2334e-9", "1.2346e-9")),
        ("1.234e7", 12335000.0, 12345000.0, "5000", ("1.2335e7", "1.2345e7")),
    ],
)
def test_written_limits_are_short_and_never_narrower(answer, low, high, tolerance, limits) -> None:
    blank = _blank(answer, low, high)
    written = tolerance_of(blank)
    assert written >= max(Decimal(high) - Decimal(answer), Decimal(answer) - Decimal(low))
    assert float(written) == pytest.approx(float(tolerance), rel=0.01)
    below, above = limits_of(blank)
    assert below <= Decimal(low)
    assert above >= Decimal(high)
    for got, wanted in zip((below, above), limits, strict=True):
        assert float(got) == pytest.approx(float(wanted), rel=1e-3)
        assert Decimal(shown(got)) == got
        assert len(shown(got).strip("-").replace(".", "").lstrip("0").partition("e")[0]) <= 8


def test_what_has_no_limits_is_refused() -> None:
    for low, high in ((-np.inf, np.inf), (0.0, np.inf)):
        with pytest.raises(OverflowError):
            tolerance_of(_blank("1.0", low, high))
        with pytest.raises(OverflowError):
            limits_of(_blank("1.0", low, high))
