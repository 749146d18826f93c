"""Verdicts: an answer made by hand for each, and the ranges that decide.

The numbers of the nets here are worked out beside them or with `math`, never by the package.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from math import exp, log

import numpy as np
import pytest

from backproptable.formulas.digits import rounded, show
from backproptable.formulas.formula import references
from backproptable.marking.marked import MarkedCell, MarkedSheet, Verdict
from backproptable.nets.derive import derive_plan
from backproptable.nets.net import Net
from backproptable.numbers.evaluate import Calculator, compile_formulas
from support.marking import EARNS, Answers, cells, marker, on_paper, right_answers

HALF = Decimal("0.5")
NEURON = derive_plan(
    Net(layers=(2, 1), activations=("sigmoid",), loss="binary_cross_entropy", bias="per_unit", learning_rate=HALF)
)
GIVENS = {"x[1]": "0.5", "x[2]": "-0.2", "W1[1,1]": "0.4", "W1[2,1]": "0.6", "b1[1]": "0.1", "y[1]": "1", "eta": "0.5"}
KEY = {
    "z1[1]": "0.1800",
    "a1[1]": "0.5449",
    "l[1]": "0.6072",
    "L": "0.6072",
    "dL/da1[1]": "-1.835",
    "da1/dz1[1]": "0.2480",
    "dL/dz1[1]": "-0.4551",
    "dL/dW1[1,1]": "-0.2276",
    "dL/dW1[2,1]": "0.09102",
    "dL/db1[1]": "-0.4551",
    "norm(dL/dW1)": "0.2451",
    "W1'[1,1]": "0.5138",
    "W1'[2,1]": "0.55449",
    "z1'[1]": "0.2460",
    "a1'[1]": "0.5612",
    "l'[1]": "0.5777",
    "L'": "0.5777",
}
"""x1 w1 + x2 w2 + b = 0.2 - 0.12 + 0.1, and so on."""

HIDDEN = derive_plan(
    Net(layers=(2, 2, 1), activations=("relu", "sigmoid"), loss="half_sse", bias="per_unit", learning_rate=HALF)
)
HIDDEN_GIVENS = {
    "x[1]": "0.5",
    "x[2]": "-0.2",
    "W1[1,1]": "0.4",
    "W1[1,2]": "0.3",
    "W1[2,1]": "0.6",
    "W1[2,2]": "0.9",
    "b1[1]": "0.1",
    "b1[2]": "-0.2",
    "W2[1,1]": "0.7",
    "W2[2,1]": "-0.3",
    "b2[1]": "0.2",
    "y[1]": "1",
    "eta": "0.5",
}
"""z1 = 0.18 and -0.23, so that the second unit is dead; z2 = 0.326, a2 = 0.58079, l = 0.08787 (0.08786 on paper)."""

LINEAR = derive_plan(Net(layers=(1, 1, 1), activations=("identity", "identity"), loss="half_sse", bias="none"))
LINEAR_GIVENS = {"x[1]": "1", "y[1]": "1", "W1[1,1]": "0.9", "W2[1,1]": "1.0966", "eta": "0.01"}


def sigmoid(z: float) -> float:
    return 1 / (1 + exp(-z))


def neuron(changes: Answers, *, figures: int | None = 4, **settings) -> MarkedSheet:
    """The neuron's sheet, right but for the changes."""
    marks = marker(NEURON, figures=figures, **settings)
    return marks.mark([on_paper(GIVENS, KEY | dict(changes))])[0]


def hidden(changes: Answers, *, figures: int | None = 4) -> dict[str, MarkedCell]:
    """The same of the net with a hidden layer."""
    key = right_answers(HIDDEN, HIDDEN_GIVENS)
    return cells(marker(HIDDEN, figures=figures).mark([on_paper(HIDDEN_GIVENS, key | dict(changes))])[0])


def only(names: Mapping[str, str], *, figures: int | None = None, asked: tuple[str, ...] = ()) -> dict[str, MarkedCell]:
    """The neuron with no other answers than these, as an example file has them."""
    marks = marker(NEURON, figures=figures, asked=(*names, *asked))
    return cells(marks.mark([on_paper(GIVENS, names)])[0])


def test_the_key_is_right() -> None:
    assert right_answers(NEURON, GIVENS) == KEY
    sheet = neuron({})
    assert {(cell.verdict, cell.because) for cell in sheet.cells} == {(Verdict.RIGHT, ())}
    assert (sheet.points, sheet.possible, sheet.first_error) == (17, 17, None)
    assert not sheet.needs_a_person


# --- one answer, one verdict -------------------------------------------------------------------

ONE_ANSWER: dict[str, tuple[dict[str, str | list[str]], str, Verdict, tuple[str, ...]]] = {
    "right at more figures": ({"a1[1]": "0.5448789"}, "a1[1]", Verdict.RIGHT, ()),
    "right, as a product that nobody worked out": ({"dL/dW1[1,1]": "0.5*(-0.4551)"}, "dL/dW1[1,1]", Verdict.RIGHT, ()),
    "right without the zeros at the end": ({"z1[1]": "0.18"}, "z1[1]", Verdict.RIGHT, ()),
    "right without one zero": ({"da1/dz1[1]": ".248"}, "da1/dz1[1]", Verdict.RIGHT, ()),
    "follows from a wrong number": ({"a1[1]": "0.7312", "l[1]": "0.3131"}, "l[1]", Verdict.FOLLOWS, ()),
    "right though the number above is wrong": ({"a1[1]": "0.7312"}, "l[1]", Verdict.RIGHT, ()),
    "a mistake on own numbers": ({"z1[1]": "0.7", "a1[1]": "0.3318"}, "a1[1]", Verdict.MISTAKE, ("exponent_sign",)),
    "a mistake on the true ones": ({"z1[1]": "0.7", "a1[1]": "0.4551"}, "a1[1]", Verdict.MISTAKE, ("exponent_sign",)),
    "a mistake, and few digits": ({"z1[1]": "0.08"}, "z1[1]", Verdict.MISTAKE, ("bias_forgotten",)),
    "two digits swapped": ({"dL/dW1[2,1]": "0.09012"}, "dL/dW1[2,1]", Verdict.SLIP, ("digits_swapped",)),
    "a sign lost": ({"dL/dz1[1]": "0.4551"}, "dL/dz1[1]", Verdict.SLIP, ("sign_dropped",)),
    "the point moved": ({"da1/dz1[1]": "2.480"}, "da1/dz1[1]", Verdict.SLIP, ("point_moved",)),
    "the line above": ({"dL/da1[1]": "0.6072"}, "dL/da1[1]", Verdict.SLIP, ("line_above", "other_line")),
    "wrong": ({"a1[1]": "0.7312"}, "a1[1]", Verdict.WRONG, ()),
    "one unit of the last place off": ({"z1[1]": "0.1801"}, "z1[1]", Verdict.SLIP, ("near_miss",)),
    "too few digits": ({"a1[1]": "0.54"}, "a1[1]", Verdict.TOO_FEW_DIGITS, ()),
    "far too few digits": ({"a1[1]": "0.5"}, "a1[1]", Verdict.TOO_FEW_DIGITS, ()),
    "an expression without its result": ({"a1[1]": "1/(1+e^(-0.18))"}, "a1[1]", Verdict.RIGHT, ()),
    "below an expression, with its number rounded": (
        {"a1[1]": "1/(1+e^(-0.18))", "da1/dz1[1]": "0.24800000"},
        "da1/dz1[1]",
        Verdict.RIGHT,
        (),
    ),
    "a wrong number above, the right one used": (
        {"dL/dz1[1]": "-0.4155", "dL/db1[1]": "-0.4551"},
        "dL/db1[1]",
        Verdict.RIGHT,
        (),
    ),
    "the old weight copied": ({"W1'[1,1]": "0.4"}, "W1'[1,1]", Verdict.MISTAKE, ("not_updated",)),
    "few digits, rounded wrongly": ({"a1[1]": "0.55"}, "a1[1]", Verdict.SLIP, ("near_miss",)),
    "too few digits to follow": ({"a1[1]": "0.7312", "l[1]": "0.31"}, "l[1]", Verdict.TOO_FEW_DIGITS, ()),
    "two numbers": ({"a1[1]": "0.5449 0.5450"}, "a1[1]", Verdict.UNREADABLE, ()),
    "words": ({"a1[1]": "see above"}, "a1[1]", Verdict.UNREADABLE, ()),
    "nothing": ({"a1[1]": ""}, "a1[1]", Verdict.BLANK, ()),
    "a question mark": ({"a1[1]": " ? "}, "a1[1]", Verdict.BLANK, ()),
    "no row": ({"a1[1]": []}, "a1[1]", Verdict.BLANK, ("missing",)),
    "the same twice": ({"a1[1]": ["0.5449", "**0.54490**"]}, "a1[1]", Verdict.RIGHT, ("doubled",)),
    "two different ones": ({"a1[1]": ["0.5449", "0.5450"]}, "a1[1]", Verdict.UNREADABLE, ("doubled",)),
    "one of two is no number": ({"a1[1]": ["0.5449", "abc"]}, "a1[1]", Verdict.UNREADABLE, ("doubled",)),
    "one of two is empty": ({"a1[1]": ["", "0.5449"]}, "a1[1]", Verdict.RIGHT, ("doubled",)),
    "both are empty": ({"a1[1]": ["", "-"]}, "a1[1]", Verdict.BLANK, ("doubled",)),
    "a zero": ({"a1[1]": "0"}, "a1[1]", Verdict.WRONG, ()),
    "a zero with decimals": ({"dL/dW1[2,1]": "0.0"}, "dL/dW1[2,1]", Verdict.WRONG, ()),
}


@pytest.mark.parametrize("case", ONE_ANSWER)
def test_one_answer(case: str) -> None:
    changes, name, verdict, because = ONE_ANSWER[case]
    cell = cells(neuron(changes))[name]
    assert (cell.verdict, cell.because) == (verdict, because)
    assert bool(cell.reason) == (verdict is Verdict.UNREADABLE)


def test_every_verdict_is_there() -> None:
    assert {verdict for _, _, verdict, _ in ONE_ANSWER.values()} == set(Verdict)


def test_where_it_stands_is_said() -> None:
    marked = cells(neuron({"a1[1]": ["", "0.5449"], "L": []}))
    assert (marked["a1[1]"].written, marked["a1[1]"].line) == ("0.5449", 11)
    assert (marked["L"].written, marked["L"].line) == ("", None)
    assert "10, 11" in cells(neuron({"L": ["1.5", "2.5"]}))["L"].reason


def test_right_by_the_exact_and_by_the_paper_value() -> None:
    """Above them stands a wrong number, so that no own number helps; in both carries both are held against."""
    key = right_answers(HIDDEN, HIDDEN_GIVENS)
    for carry in ("paper", "full"):
        for text in ("0.08786", "0.08787"):
            answers = key | {"a2[1]": "0.7123", "l[1]": text}
            (sheet,) = marker(HIDDEN, carry=carry).mark([on_paper(HIDDEN_GIVENS, answers)])
            assert (cells(sheet)["l[1]"].verdict, cells(sheet)["l[1]"].because) == (Verdict.RIGHT, ())
    for text in ("0.08782", "0.08793"):
        assert hidden({"a2[1]": "0.7123", "l[1]": text})["l[1]"].verdict is Verdict.WRONG


def test_right_on_own_right_numbers() -> None:
    """(1 - 0.581)²/2 = 0.08778 is neither the exact number nor the one on paper, and what 0.581 gives."""
    assert hidden({"a2[1]": "0.581", "l[1]": "0.08778"}, figures=None)["l[1]"].verdict is Verdict.RIGHT
    assert hidden({"a2[1]": "0.5808", "l[1]": "0.08778"}, figures=None)["l[1]"].verdict is not Verdict.RIGHT


def test_all_mistakes_that_fit_equally_are_listed() -> None:
    """y - a = 1/2: its square and its half are the same, where half of the square belongs."""
    plan = derive_plan(Net(layers=(1, 1), activations=("identity",), loss="half_sse", bias="none"))
    givens = {"x[1]": "1", "y[1]": "1", "W1[1,1]": "0.5", "eta": "0.01"}
    (sheet,) = marker(plan).mark([on_paper(givens, right_answers(plan, givens) | {"l[1]": "0.25"})])
    cell = cells(sheet)["l[1]"]
    assert (cell.verdict, cell.because) == (Verdict.MISTAKE, ("square_forgotten", "factor_two"))
    assert cells(sheet)["L"].verdict is Verdict.RIGHT


def test_a_mistake_on_own_numbers_goes_before_one_on_the_true_ones() -> None:
    """e^0.7 for e^(-0.7) on own z = 0.7; z itself (activation forgotten) on the true z = 0.3318."""
    plan = derive_plan(Net(layers=(1, 1), activations=("sigmoid",), loss="half_sse", bias="none"))
    givens = {"x[1]": "1", "y[1]": "1", "W1[1,1]": "0.3318", "eta": "0.01"}
    answers = right_answers(plan, givens) | {"z1[1]": "0.7", "a1[1]": "0.3318"}
    assert cells(marker(plan).mark([on_paper(givens, answers)])[0])["a1[1]"].because == ("exponent_sign",)


# --- equivalent formulas -----------------------------------------------------------------------

KINDS = {
    "sigmoid": Net(layers=(2, 2), activations=("sigmoid",), loss="binary_cross_entropy"),
    "tanh, softmax": Net(layers=(2, 2, 3), activations=("tanh", "softmax")),
    "deep": Net(layers=(2, 2, 2, 2), activations=("sigmoid", "tanh", "sigmoid"), loss="mse", bias="shared"),
    "batch": Net(layers=(2, 2, 2), activations=("sigmoid", "softmax"), samples=2, reduction="mean"),
}


@pytest.mark.parametrize("name", KINDS)
def test_every_equivalent_formula_is_accepted(name: str) -> None:
    """Numbers of nobody's net above the line, so that no two formulas give the same, and nothing else on the sheet."""
    plan, chance, figures = derive_plan(KINDS[name]), np.random.RandomState(1), 6
    givens = {cell.name: str(round(chance.uniform(0.1, 0.9), 2)) for cell in plan.givens}
    own = rounded(chance.uniform(0.2, 0.8, size=(len(plan.cells), 1)), figures)
    variants = [(cell, formula) for _, cell in plan.worked if cell.also for formula in cell.formulas]
    own[: len(plan.givens), 0] = [float(givens[cell.name]) for cell in plan.givens]
    values = np.empty(len(variants))
    for places, program in compile_formulas(enumerate(f for _, f in variants), plan, lambda total, _: total):
        values[places] = program(own)[:, 0]
    sheets = []
    for (cell, formula), value in zip(variants, values, strict=True):
        above = [plan.cells[plan.row[to]] for to in references(formula)]
        answers = {each.name: show(own[plan.row[each.address], 0], figures) for each in above if each.formula}
        sheets.append(on_paper(givens, answers | {cell.name: show(float(rounded(value, figures)), figures)}))
    marks = marker(plan, figures=figures).mark(sheets)
    verdicts = [cells(sheet)[cell.name].verdict for sheet, (cell, _) in zip(marks, variants, strict=True)]
    assert len(verdicts) > 2 * 2
    assert set(verdicts) <= {Verdict.FOLLOWS, Verdict.RIGHT}
    assert verdicts.count(Verdict.FOLLOWS) > 0.9 * len(verdicts)


# --- numbers that can mean something -----------------------------------------------------------

RANGES: dict[str, tuple[dict[str, str], str, Callable[[], tuple[float, float]]]] = {
    "of givens": ({}, "z1[1]", lambda: (0.18, 0.18)),
    "sigmoid": ({"z1[1]": "0.3"}, "a1[1]", lambda: (sigmoid(0.25), sigmoid(0.35))),
    "sigmoid of an exact number": ({"z1[1]": "0.18"}, "a1[1]", lambda: (sigmoid(0.18), sigmoid(0.18))),
    "logarithm": ({"a1[1]": "0.545"}, "l[1]", lambda: (-log(0.5455), -log(0.5445))),
    "quotient": ({"a1[1]": "0.545"}, "dL/da1[1]", lambda: (-1 / 0.5445, -1 / 0.5455)),
    "product with a given": (
        {"a1[1]": "0.54488", "dL/da1[1]": "-1.83526", "da1/dz1[1]": "0.247986", "dL/dz1[1]": "-0.455"},
        "dL/dW1[2,1]",
        lambda: (0.2 * 0.4545, 0.2 * 0.4555),
    ),
    "update": ({"dL/dW1[1,1]": "-0.23"}, "W1'[1,1]", lambda: (0.4 + 0.5 * 0.225, 0.4 + 0.5 * 0.235)),
    "size": (
        {"dL/dW1[1,1]": "-0.228", "dL/dW1[2,1]": "0.09"},
        "norm(dL/dW1)",
        lambda: ((0.2275**2 + 0.085**2) ** 0.5, (0.2285**2 + 0.095**2) ** 0.5),
    ),
}


@pytest.mark.parametrize("places", [3, 5, 7])
@pytest.mark.parametrize("case", RANGES)
def test_one_unit_inside_and_one_outside(case: str, places: int) -> None:
    """Nothing but the range decides: the last number that reaches into it is right, the next one is not."""
    above, name, range_of = RANGES[case]
    low, high = range_of()
    half = Decimal(5).scaleb(-places - 1)
    unit = 2 * half
    tiny = Decimal("1e-12")  # the bounds themselves come out of binary arithmetic
    last, first = (
        sign * ((Decimal(sign * end) + half + tiny) / unit).to_integral_value("ROUND_FLOOR") * unit
        for sign, end in ((1, high), (-1, low))
    )
    for inside, outside in ((last, last + unit), (first, first - unit)):
        good, bad = (only(above | {name: f"{number:.{places}f}"})[name] for number in (inside, outside))
        accepted = (Verdict.FOLLOWS,) if above.get("z1[1]") == "0.3" else (Verdict.RIGHT,)
        assert (good.low, good.high) == (pytest.approx(low, rel=1e-12), pytest.approx(high, rel=1e-12))
        assert good.verdict in accepted
        assert bad.verdict in (Verdict.SLIP, Verdict.WRONG, Verdict.MISTAKE)


@pytest.mark.parametrize("text", ["", "?", "0.5 or 0.6", None])
def test_what_cannot_be_read_stands_for_its_formula(text: str | None) -> None:
    """With half a unit at the asked figures, and the range of its own formula."""
    changes = {"z1[1]": "0.1800", "a1[1]": text or []}
    cell = cells(neuron({**changes, "a1[1]": [] if text is None else text}))["l[1]"]
    low, high = sigmoid(0.18) - 0.00005, sigmoid(0.18) + 0.00005
    assert (cell.low, cell.high) == (pytest.approx(-log(high)), pytest.approx(-log(low)))
    assert cell.verdict is Verdict.RIGHT


@pytest.mark.parametrize(("text", "z_half", "a_half"), [("0.607192", 5e-7, 5e-7), ("0.607", 5e-4, 5e-4)])
def test_what_is_not_there_has_the_figures_of_the_line_that_is_judged(text: str, z_half: float, a_half: float) -> None:
    """Where no number of figures was asked for."""
    cell = only({"l[1]": text})["l[1]"]
    low, high = sigmoid(0.18 - z_half) - a_half, sigmoid(0.18 + z_half) + a_half
    assert cell.verdict is Verdict.RIGHT
    assert (cell.low, cell.high) == (pytest.approx(-log(high)), pytest.approx(-log(low)))


def test_every_line_has_figures_of_its_own() -> None:
    """0.6 is what 0.57 gives, to one figure; 0.6072 is not what 0.5448 gives, to four."""
    marked = only({"l[1]": "0.6072", "L": "0.6"})
    assert {marked[name].verdict for name in ("l[1]", "L")} == {Verdict.RIGHT}
    assert only({"l[1]": "0.6070"})["l[1]"].verdict is not Verdict.RIGHT
    assert only({"l[1]": "0.607"})["l[1]"].verdict is Verdict.RIGHT


def test_a_wrong_number_goes_through_what_is_not_there() -> None:
    answers = {"z1[1]": "0.7000", "a1[1]": "", "l[1]": f"{-log(sigmoid(0.7)):.4f}"}
    assert cells(neuron(answers))["l[1]"].verdict is Verdict.FOLLOWS


def test_a_number_that_the_sheet_printed_is_that_number() -> None:
    """It is a ground to stand on, for what is asked below it, with half a unit of its last place."""
    shown = [name for name in KEY if name not in ("l[1]", "L")]
    marks = marker(NEURON, asked=("l[1]", "L"), shown=shown)
    (sheet,) = marks.mark([on_paper(GIVENS, {"l[1]": "0.6072", "L": "0.6072"})])
    assert [cell.name for cell in sheet.cells] == ["l[1]", "L"]
    assert {cell.verdict for cell in sheet.cells} == {Verdict.RIGHT}
    cell = cells(sheet)["l[1]"]
    assert (cell.low, cell.high) == (pytest.approx(-log(0.54495)), pytest.approx(-log(0.54485)))


def test_all_that_a_sheet_prints_rounded_has_half_a_unit() -> None:
    """In full carry the updated weights are rounded, too."""
    asked = ("z1'[1]",)
    for carry, half in (("full", 0.00005), ("paper", 0.0)):
        marks = marker(NEURON, asked=asked, shown=[name for name in KEY if name not in asked], carry=carry)
        cell = marks.mark([on_paper(GIVENS, {"z1'[1]": "0.2460"})])[0].cells[0]
        assert cell.high - cell.low == pytest.approx(2 * half * (0.5 + 0.2), abs=1e-12)
        assert cell.verdict is Verdict.RIGHT


# --- exact numbers -----------------------------------------------------------------------------


def test_a_zero_is_right_only_where_the_formula_gives_exactly_zero() -> None:
    right = hidden(dict.fromkeys(("a1[2]", "da1/dz1[2]", "dL/dz1[2]", "dL/dW1[1,2]", "dL/dW2[2,1]"), "0.000"))
    assert {cell.verdict for cell in right.values()} == {Verdict.RIGHT}
    tiny = {"dL/dz1[1]": "-0.00001", "dL/dW1[2,1]": "0.00"}
    assert only(tiny)["dL/dW1[2,1]"].verdict is Verdict.WRONG
    assert only({"dL/dW1[2,1]": "0.0"})["dL/dW1[2,1]"].verdict is Verdict.WRONG


def test_nothing_but_zero_is_right_where_it_is_exactly_zero() -> None:
    assert hidden({"a1[2]": "0.0001"})["a1[2]"].verdict not in (Verdict.RIGHT, Verdict.FOLLOWS)


def test_a_slope_has_no_half_unit_however_it_is_written() -> None:
    """Else 1.0 would let anything pass that is 5 % off."""
    marked = hidden({"da1/dz1[1]": "1.0", "dL/dz1[1]": "-0.07247"})
    assert marked["da1/dz1[1]"].verdict is Verdict.RIGHT
    assert marked["dL/dz1[1]"].verdict not in (Verdict.RIGHT, Verdict.FOLLOWS)
    assert hidden({"da1/dz1[1]": "0.9"})["da1/dz1[1]"].verdict is Verdict.WRONG


@pytest.mark.parametrize("text", ["1", "1.0", "1.000", "1,00"])
def test_a_bare_one_can_be_one_with_zeros(text: str) -> None:
    """1.0966 times own 0.9123 is 1.0004."""
    answers = right_answers(LINEAR, LINEAR_GIVENS) | {"z1[1]": "0.9123", "a1[1]": "0.9123", "z2[1]": text}
    (sheet,) = marker(LINEAR).mark([on_paper(LINEAR_GIVENS, answers)])
    assert cells(sheet)["z2[1]"].verdict is Verdict.FOLLOWS


def test_without_asked_figures_numbers_are_read_as_they_are_written() -> None:
    for text in ("0.5", "0.54", "0.545", "0.5449", "0.54488"):
        assert only({"z1[1]": "0.18", "a1[1]": text})["a1[1]"].verdict is Verdict.RIGHT
    for text in ("0.6", "0.55", "0.544", "0.54487", "0.54489"):
        marked = only({"z1[1]": "0.18", "a1[1]": text})
        assert marked["a1[1]"].verdict not in (Verdict.RIGHT, Verdict.TOO_FEW_DIGITS)


# --- givens ------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["0.5", "0.500", ".5", "1/2"])
def test_a_given_that_was_copied_rightly(text: str) -> None:
    marked = only({"x[1]": text, "z1[1]": "0.18"})
    assert [marked[name].verdict for name in ("x[1]", "z1[1]")] == [Verdict.RIGHT] * 2
    assert marked["z1[1]"].low == pytest.approx(0.18) == marked["z1[1]"].high


def test_a_miscopied_given_is_found_as_such_and_the_rest_follows() -> None:
    marked = only({"x[1]": "0.6", "z1[1]": "0.22", "a1[1]": "0.5548"})
    assert (marked["x[1]"].verdict, marked["x[1]"].because) == (Verdict.SLIP, ("miscopied",))
    assert marked["x[1]"].expected == "0.5"
    assert [marked[name].verdict for name in ("z1[1]", "a1[1]")] == [Verdict.FOLLOWS] * 2


def test_a_given_has_no_half_unit() -> None:
    """-0.2 is no -0.21, and nothing below may be worked out with -0.25."""
    givens = GIVENS | {"x[2]": "-0.21"}
    (sheet,) = marker(NEURON, figures=None, asked=("x[2]", "z1[1]")).mark(
        [on_paper(givens, {"x[2]": "-0.2", "z1[1]": "0.15"})]
    )
    assert [cell.verdict for cell in sheet.cells] == [Verdict.SLIP, Verdict.WRONG]


# --- read as cut off ---------------------------------------------------------------------------


def cut(number: float, figures: int = 4) -> str:
    """The number with what comes after its last place cut off."""
    digits = Decimal(repr(number))
    return str(digits.quantize(Decimal(1).scaleb(digits.adjusted() - figures + 1), rounding="ROUND_DOWN"))


def cut_answers() -> dict[str, str]:
    givens = np.array([[float(GIVENS[cell.name])] for cell in NEURON.givens])
    exact = Calculator(NEURON).exact(givens)[:, 0].round(12)
    return {cell.name: cut(float(exact[NEURON.row[cell.address]])) for _, cell in NEURON.worked}


@pytest.mark.parametrize("figures", [4, None])
def test_a_sheet_of_numbers_that_were_cut_off(figures: int | None) -> None:
    answers = cut_answers()
    assert answers["a1[1]"] == "0.5448"
    sheet = neuron(answers, figures=figures)
    assert {cell.verdict for cell in sheet.cells} == {Verdict.RIGHT}
    assert {cell.because for cell in sheet.cells} == {(), ("cut",)}
    assert cells(sheet)["a1[1]"].because == ("cut",)
    assert cells(sheet)["z1[1]"].because == ()
    assert sheet.points == sheet.possible


def test_cut_off_too_early() -> None:
    sheet = neuron(cut_answers() | {"dL/db1[1]": "-0.45"})
    assert cells(sheet)["dL/db1[1]"].verdict is Verdict.TOO_FEW_DIGITS
    assert cells(sheet)["a1[1]"].because == ("cut",)


def test_one_wrong_number_on_a_sheet_of_numbers_that_were_cut_off_is_one() -> None:
    """All others keep their credit, and the wrong one is held against what the cut numbers can mean."""
    marked = cells(neuron(cut_answers() | {"L'": "0.7312"}))
    assert {name for name, cell in marked.items() if cell.verdict is not Verdict.RIGHT} == {"L'"}
    assert marked["L'"].verdict is Verdict.WRONG
    assert marked["a1[1]"].because == ("cut",)


def test_two_lines_are_too_few_to_read_a_sheet_as_cut_off() -> None:
    """A student who rounds, with two real errors that cutting would excuse."""
    marked = cells(neuron({"a1[1]": "0.5448", "a1'[1]": "0.5611"}))
    assert {name for name, cell in marked.items() if cell.verdict is not Verdict.RIGHT} == {"a1[1]", "a1'[1]"}
    assert not any("cut" in cell.because for cell in marked.values())


def test_a_reading_that_flags_another_line_is_not_taken() -> None:
    """0.2452 for 0.2451 would not fit a sheet of cut numbers, whatever else would."""
    marked = cells(neuron(cut_answers() | {"norm(dL/dW1)": "0.2452"}))
    rounded = {name for name, cell in marked.items() if cell.verdict not in (Verdict.RIGHT, Verdict.FOLLOWS)}
    assert not any("cut" in cell.because for cell in marked.values()) or "norm(dL/dW1)" in rounded


def test_cut_is_away_from_zero_only() -> None:
    """0.5450 is no number that begins with 0.5448."""
    assert cells(neuron({"a1[1]": "0.5450"}))["a1[1]"].because == ("near_miss",)


# --- what follows for nothing ------------------------------------------------------------------


def trivial(cell: MarkedCell) -> bool:
    return (cell.verdict, cell.because) == (Verdict.FOLLOWS, ("trivial",))


def test_follows_from_an_own_wrong_zero() -> None:
    marked = hidden({"a1[1]": "0", "z2[1]": "0.2", "a2[1]": f"{sigmoid(0.2):.4f}"})
    assert marked["a1[1]"].verdict not in (Verdict.RIGHT, Verdict.FOLLOWS)
    assert trivial(marked["z2[1]"])
    assert (marked["a2[1]"].verdict, marked["a2[1]"].because) == (Verdict.FOLLOWS, ())


def test_a_wrong_number_that_makes_the_step_zero() -> None:
    """A ReLU below 0: nothing was worked out."""
    marked = hidden({"z1[1]": "-0.1234", "a1[1]": "0", "da1/dz1[1]": "0", "dL/dz1[1]": "0"})
    assert all(trivial(marked[name]) for name in ("a1[1]", "da1/dz1[1]", "dL/dz1[1]"))


def test_a_right_zero_makes_nothing_trivial() -> None:
    """The second unit is dead."""
    marked = hidden({"z1[1]": "0.2800", "a1[1]": "0.2800", "z2[1]": "0.3960"})
    assert (marked["z2[1]"].verdict, marked["z2[1]"].because) == (Verdict.FOLLOWS, ())


def test_not_trivial_where_another_formula_without_the_zero_agrees() -> None:
    """dL/dz = a - y, whatever the slope was said to be."""
    marked = cells(neuron({"a1[1]": "0.6123", "da1/dz1[1]": "0", "dL/dz1[1]": "-0.3877"}))
    assert (marked["dL/dz1[1]"].verdict, marked["dL/dz1[1]"].because) == (Verdict.FOLLOWS, ())


@pytest.mark.parametrize("text", ["0", "0.0000", "1", "1.000", "7", "0.5"])
def test_the_same_number_everywhere_earns_nothing_until_a_person_has_looked(text: str) -> None:
    sheet = neuron(dict.fromkeys(KEY, text))
    assert sheet.points == 0
    assert all("constant" in cell.because for cell in sheet.cells)
    assert [problem.where for problem in sheet.remarks] == ["answers"]
    assert sheet.needs_a_person


def test_more_than_half_of_the_lines_make_a_sheet_of_one_number() -> None:
    """9 of 17, 8 of 17; and of 9 lines at least 10 are asked for."""
    for count, is_one in ((9, True), (8, False)):
        changes = dict.fromkeys(list(KEY)[:count], "0.4321")
        assert ("answers" in {problem.where for problem in neuron(changes).remarks}) is is_one
    few = marker(NEURON, asked=list(KEY)[:9]).mark([on_paper(GIVENS, dict.fromkeys(list(KEY)[:9], "7"))])
    assert few[0].remarks == ()


def test_a_sheet_whose_key_is_of_one_number_is_no_such_sheet() -> None:
    """With a dead unit and a target of 0 nearly everything is 0, in the key as well."""
    plan = derive_plan(Net(layers=(2, 3), activations=("identity",), loss="half_sse", bias="none"))
    givens = {cell.name: "0" for cell in plan.givens} | {"eta": "0.1"}
    answers = right_answers(plan, givens)
    assert len(answers) > 20
    (sheet,) = marker(plan).mark([on_paper(givens, answers)])
    assert (sheet.remarks, sheet.points) == ((), sheet.possible)


# --- points and the first error ----------------------------------------------------------------


def test_points_are_a_policy() -> None:
    changes = {"a1[1]": "0.7312", "l[1]": "0.3131", "L": "", "dL/dz1[1]": "-0.46", "z1'[1]": "abc", "dL/db1[1]": []}
    worth = dict(zip(Verdict, map(Decimal, ("2", "1", "-0.5", "-0.25", "-1", "0.5", "100", "0.125")), strict=True))
    assert {cell.verdict for cell in neuron(changes).cells} >= {Verdict.FOLLOWS, Verdict.UNREADABLE, Verdict.BLANK}
    sheet = neuron(changes, points=worth)
    counted = sum(worth[cell.verdict] for cell in sheet.cells if cell.verdict is not Verdict.UNREADABLE)
    assert (sheet.points, sheet.possible) == (counted, 34)
    assert [cell.verdict for cell in sheet.cells] == [cell.verdict for cell in neuron(changes).cells]
    assert sheet.needs_a_person


def test_trivial_earns_nothing_whatever_follows_is_worth() -> None:
    key = right_answers(HIDDEN, HIDDEN_GIVENS)
    good = dict.fromkeys(key, "")
    answers = good | {"a1[1]": "0", "z2[1]": "0.2"}
    (sheet,) = marker(HIDDEN, points=EARNS | {Verdict.FOLLOWS: Decimal(5)}).mark([on_paper(HIDDEN_GIVENS, answers)])
    assert trivial(cells(sheet)["z2[1]"])
    assert sheet.points == 0


def test_naming_a_mistake_changes_no_points() -> None:
    named, unnamed = neuron({"z1[1]": "0.0800"}), neuron({"z1[1]": "0.7312"})
    assert named.points == unnamed.points


@pytest.mark.parametrize("backwards", [False, True])
def test_the_first_error_is_the_first_in_the_plan(backwards: bool) -> None:
    answers = KEY | {"dL/dW1[2,1]": "0.7312", "L": "", "l[1]": "abc", "dL/da1[1]": "1.8", "a1[1]": "0.5"}
    order = reversed(list(answers.items())) if backwards else answers.items()
    (sheet,) = marker(NEURON).mark([on_paper(GIVENS, dict(order))])
    assert sheet.first_error is not None
    assert sheet.first_error.name == "dL/da1[1]"
    assert [cell.name for cell in sheet.cells] == list(KEY)


def test_what_was_never_written_cannot_have_been_copied() -> None:
    """0.5777 stands in the key for l', and nowhere on this sheet."""
    answers = {"z1[1]": "0.18", "l[1]": "0.5777"}
    assert only(answers, asked=("a1[1]",))["l[1]"].verdict is Verdict.WRONG
    assert only(answers | {"l'[1]": "0.5777"})["l[1]"].because == ("other_line",)
