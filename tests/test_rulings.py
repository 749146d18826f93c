"""Sheets that simple rules judge badly, each worked by hand: what is said of them and why.

The numbers beside the nets are worked out with a calculator or with `math`, never by the package.
"""

from __future__ import annotations

from decimal import Decimal
from math import exp, log

import pytest

from backproptable.formulas.formula import Call, Neg, Num, Power, Product, Quotient, Ref, Sum
from backproptable.formulas.names import Address
from backproptable.marking.marked import ERRORS, MarkedCell, MarkedSheet, Verdict
from backproptable.marking.trivial import is_trivial
from backproptable.nets.derive import derive_plan
from backproptable.nets.net import Net
from support.marking import Answers, cells, marker, on_paper, right_answers

FINE = (Verdict.RIGHT, Verdict.FOLLOWS)

SUMS = derive_plan(
    Net(layers=(3, 3, 3), activations=("relu", "softmax"), loss="cross_entropy", learning_rate=Decimal("0.01"))
)
SUMS_GIVENS = {
    "x[1]": "0.5",
    "x[2]": "-0.2",
    "x[3]": "0.8",
    "y[1]": "0",
    "y[2]": "1",
    "y[3]": "0",
    "eta": "0.01",
    "W1[1,1]": "0.4",
    "W1[1,2]": "0.3",
    "W1[1,3]": "0.2",
    "W1[2,1]": "0.6",
    "W1[2,2]": "0.9",
    "W1[2,3]": "-0.3",
    "W1[3,1]": "0.35",
    "W1[3,2]": "0.7",
    "W1[3,3]": "0.55",
    "b1[1]": "0.1",
    "b1[2]": "0.2",
    "b1[3]": "-0.1",
    "W2[1,1]": "0.7",
    "W2[1,2]": "-0.3",
    "W2[1,3]": "0.25",
    "W2[2,1]": "0.15",
    "W2[2,2]": "0.45",
    "W2[2,3]": "-0.6",
    "W2[3,1]": "0.85",
    "W2[3,2]": "0.65",
    "W2[3,3]": "0.05",
    "b2[1]": "0.2",
    "b2[2]": "-0.4",
    "b2[3]": "0.3",
}
"""z1 = 0.46, 0.73, 0.5 (all units alive), so that z2[1] = 0.322 + 0.1095 + 0.425 + 0.2."""
KEY = right_answers(SUMS, SUMS_GIVENS)


def sheet(changes: Answers, *, carry: str = "paper", figures: int | None = 4) -> MarkedSheet:
    """The sheet of this net, right but for the changes."""
    return marker(SUMS, carry=carry, figures=figures).mark([on_paper(SUMS_GIVENS, KEY | dict(changes))])[0]


def marked(changes: Answers, **settings: object) -> dict[str, MarkedCell]:
    return cells(sheet(changes, **settings))


def flagged(changes: Answers, **settings: object) -> set[str]:
    return {name for name, cell in marked(changes, **settings).items() if cell.verdict not in FINE}


def test_the_key() -> None:
    assert (KEY["z1[1]"], KEY["z2[1]"]) == ("0.4600", "1.057")  # 1.0565, half away from zero
    assert flagged({}) == set()


# --- numbers with too few figures ---------------------------------------------------------------


def test_a_short_number_counts_as_padded_for_the_lines_below() -> None:
    """a = 0.4 for 0.46: a line worked with 0.4 is right on that number, one worked with 0.44 is not."""
    z2 = 0.7 * 0.4 + 0.15 * 0.73 + 0.85 * 0.5 + 0.2
    assert marked({"a1[1]": "0.4", "z2[1]": f"{z2:.4g}"})["z2[1]"].verdict is Verdict.FOLLOWS
    cell = marked({"a1[1]": "0.4", "z2[1]": f"{z2 + 0.7 * 0.04:.4g}"})["z2[1]"]
    assert cell.verdict is not Verdict.RIGHT


def test_a_line_that_needs_a_short_number_to_mean_anything_is_too_short_itself() -> None:
    """z1[1] = 0.46 was written 0.5, from which a1[1] = 0.46 does not follow, however many digits it has."""
    both = {"z1[1]": "0.5", "a1[1]": "0.4600", "a1[2]": "0.7777", "z2[1]": "1.064"}
    sheet_of = marked(both)
    assert sheet_of["z1[1]"].verdict is Verdict.TOO_FEW_DIGITS
    assert sheet_of["a1[1]"].verdict is Verdict.RIGHT  # the true number, whatever stands above it
    blurred = marked(both | {"a1[1]": "0.4712"})
    assert blurred["a1[1]"].verdict is Verdict.TOO_FEW_DIGITS


@pytest.mark.parametrize(("text", "verdict"), [("1", Verdict.WRONG), ("1.1", Verdict.TOO_FEW_DIGITS)])
def test_a_bare_one_is_one_with_zeros_or_nothing(text: str, verdict: Verdict) -> None:
    assert (marked({"z2[1]": text})["z2[1]"].verdict in ERRORS) == (verdict is Verdict.WRONG)
    assert text == "1" or marked({"z2[1]": text})["z2[1]"].verdict is verdict


# --- copied weights -----------------------------------------------------------------------------


def test_old_weights_copied_as_new_ones_earn_nothing() -> None:
    """Each step is less than half a unit of the copied number's last place, so that it is the new one cut short."""
    copies = {name: SUMS_GIVENS[name.replace("'", "")] for name in KEY if name.startswith("W") and "'" in name}
    assert len(copies) == 18
    moved = {name for name in copies if abs(Decimal(KEY[name]) - Decimal(copies[name])) > Decimal("0.00005")}
    of_sheet = marked(copies)
    assert {name for name in copies if of_sheet[name].verdict in ERRORS} == moved
    assert len(moved) > 12


def test_who_writes_two_figures_everywhere_may_write_an_update_so() -> None:
    short = {name: f"{float(text):.2g}" for name, text in KEY.items()}
    name = next(name for name in KEY if name.startswith("W1'") and short[name] == SUMS_GIVENS[name.replace("'", "")])
    assert marked(short)[name].verdict is Verdict.TOO_FEW_DIGITS


# --- a wrong number written, the right one used --------------------------------------------------


@pytest.mark.parametrize("carry", ["paper", "full"])
def test_a_wrong_number_above_and_the_right_one_used_below(carry: str) -> None:
    """Only the line that is wrong is flagged; those below are right, and say why if they lean on it alone."""
    key = right_answers(SUMS, SUMS_GIVENS, carry=carry)
    answers = key | {"dL/dz2[2]": "0.3458"}
    (of_sheet,) = marker(SUMS, carry=carry).mark([on_paper(SUMS_GIVENS, answers)])
    assert {name for name, cell in cells(of_sheet).items() if cell.verdict not in FINE} == {"dL/dz2[2]"}


def test_the_right_number_on_own_numbers_is_used_below() -> None:
    """a1[1] is 0.64 for 0.46; dL/dz2[1] was worked out on it, written down wrongly, and gone on with as it was."""
    own = SUMS_GIVENS | {"b1[1]": "0.28"}  # what the sheet would be if z1[1] were 0.64
    answers = right_answers(SUMS, own) | {"z1[1]": "0.4600", "dL/dz2[1]": "0.9999"}
    answers |= {name: KEY[name] for name in KEY if name.startswith(("W1'", "b1'", "z1'"))}
    of_sheet = cells(marker(SUMS).mark([on_paper(SUMS_GIVENS, answers)])[0])
    assert of_sheet["a1[1]"].verdict in ERRORS
    assert of_sheet["dL/dz2[1]"].verdict in ERRORS
    below = [of_sheet[f"dL/dW2[{i},1]"] for i in (1, 2, 3)]
    assert {cell.verdict for cell in below} == {Verdict.FOLLOWS}
    assert {cell.because for cell in below} == {("corrected",)}
    assert float(below[0].expected) == pytest.approx(float(below[0].written), abs=1e-4)


def test_a_wrong_number_that_is_used_is_followed_and_not_corrected() -> None:
    of_sheet = marked({"dL/dz2[2]": "0.3458", "dL/db2[2]": "0.3458"})
    assert (of_sheet["dL/db2[2]"].verdict, of_sheet["dL/db2[2]"].because) == (Verdict.FOLLOWS, ())


def test_what_fits_neither_number_is_wrong() -> None:
    assert marked({"dL/dz2[2]": "0.3458", "dL/db2[2]": "0.5555"})["dL/db2[2]"].verdict in ERRORS


def test_through_a_line_that_was_left_out() -> None:
    """z1[1] was written wrongly, a1[1] not at all, and z2 worked with the right one."""
    own = {"b1[1]": "0.28"}
    answers = right_answers(SUMS, SUMS_GIVENS | own)
    names = ("z2[1]", "z2[2]", "z2[3]")
    of_sheet = marked({"z1[1]": "7.123", "a1[1]": "", **{name: KEY[name] for name in names}})
    assert {of_sheet[name].verdict for name in names} == {Verdict.RIGHT}
    of_sheet = marked({"z1[1]": "7.123", "a1[1]": "", **{name: answers[name] for name in names}})
    assert {of_sheet[name].verdict for name in names}.isdisjoint(FINE)


# --- expressions without a result ----------------------------------------------------------------


def test_an_expression_stands_for_the_number_that_was_gone_on_with() -> None:
    """1/(1 + e^(-0.18)) is 0.54488; its slope, worked out with 0.545 at three figures, is 0.248 - and 0.247975."""
    plan = derive_plan(Net(layers=(1, 1), activations=("sigmoid",), loss="half_sse", bias="none"))
    givens = {"x[1]": "1", "y[1]": "1", "W1[1,1]": "0.18", "eta": "0.01"}
    answers = right_answers(plan, givens) | {"a1[1]": "1/(1+e^(-0.18))", "dL/da1[1]": f"{0.5449 - 1:.8f}"}
    of_sheet = cells(marker(plan).mark([on_paper(givens, answers)])[0])
    assert {cell.verdict for cell in of_sheet.values()} == {Verdict.RIGHT}
    off = answers | {"dL/da1[1]": f"{0.5450 - 1:.8f}"}
    assert cells(marker(plan).mark([on_paper(givens, off)])[0])["dL/da1[1]"].verdict not in FINE


# --- what follows for nothing --------------------------------------------------------------------


def test_one_wrong_zero_in_a_sum_leaves_work() -> None:
    z2 = 0.15 * 0.73 + 0.85 * 0.5 + 0.2
    cell = marked({"a1[1]": "0", "z2[1]": f"{z2:.4g}"})["z2[1]"]
    assert (cell.verdict, cell.because) == (Verdict.FOLLOWS, ())


def test_a_number_taken_over_beside_wrong_zeros_is_no_work() -> None:
    zeros = dict.fromkeys(("a1[1]", "a1[2]", "a1[3]"), "0")
    cell = marked({**zeros, "z2[1]": "0.2"})["z2[1]"]
    assert (cell.verdict, cell.because) == (Verdict.FOLLOWS, ("trivial",))
    cell = marked({"dL/dz2[1]": "0", "dL/dW2[2,1]": "0"})["dL/dW2[2,1]"]
    assert (cell.verdict, cell.because) == (Verdict.FOLLOWS, ("trivial",))


A, B, C = (Ref(Address("a", 1, (unit,))) for unit in (1, 2, 3))
AB, BC = Product((A, B)), Product((B, C))
TRIVIAL = {
    "0 times a number": (AB, True),
    "one number left of a sum": (Sum((AB, C)), True),
    "its negative": (Sum((AB, Neg(C))), True),
    "nothing left of a sum": (Sum((AB, Neg(A))), True),
    "a constant left": (Sum((Num("1"), Neg(A))), True),
    "0 over a number": (Quotient(A, B), True),
    "0 squared": (Power(A, 2), True),
    "the larger of 0 and 0": (Call("max", (Num("0"), A)), True),
    "two terms left": (Sum((AB, B, C)), False),
    "a product left": (Sum((A, BC)), False),
    "e to the 0": (Call("exp", (A,)), False),
    "a square left": (Power(Sum((A, Neg(B))), 2), False),
    "no zero in it": (BC, False),
}


@pytest.mark.parametrize("case", TRIVIAL)
def test_what_zeros_leave_to_work_out(case: str) -> None:
    formula, trivial = TRIVIAL[case]
    assert is_trivial(formula, {A.address}) is trivial


# --- exact numbers -------------------------------------------------------------------------------


def test_a_number_that_is_exactly_its_formula_s_value_has_no_half_unit() -> None:
    """0.46 is 0.2 - 0.12 + 0.28 + 0.1 and nothing else; 0.47, a wrong number, is anything from 0.465 to 0.475."""
    for z, low, high in (("0.46", 0.46, 0.46), ("0.47", 0.465, 0.475)):
        answers = KEY | {"z1[1]": z, "a1[1]": z}
        (of_sheet,) = marker(SUMS, figures=None).mark([on_paper(SUMS_GIVENS, answers)])
        cell = cells(of_sheet)["a1[1]"]
        assert (cell.low, cell.high) == (pytest.approx(low), pytest.approx(high))


# --- ranges without ends, or without sense -------------------------------------------------------


@pytest.mark.parametrize("text", ["1e-300", "0.000", "1e308", "-1e308", "1e-320"])
def test_extreme_numbers_agree_with_nothing_and_accuse_of_nothing(text: str) -> None:
    """S stands below every softmax output: whatever is written there, right numbers stay right."""
    of_sheet = marked({"S2": text})
    others = {name: cell.verdict for name, cell in of_sheet.items() if name != "S2"}
    assert set(others.values()) <= {Verdict.RIGHT, Verdict.FOLLOWS}
    nonsense = marked({"S2": text, "a2[1]": "7.777", "a2[2]": "7.777", "a2[3]": "7.777"})
    assert {nonsense[f"a2[{k}]"].verdict for k in (1, 2, 3)}.isdisjoint(FINE)


def test_a_line_over_a_number_that_leaves_it_open_goes_to_a_person() -> None:
    """With 3 figures, -0.000 ± 0.0005 below a fraction: 1/S can be anything."""
    plan = derive_plan(Net(layers=(1, 1), activations=("sigmoid",), loss="binary_cross_entropy", bias="none"))
    givens = {"x[1]": "1", "y[1]": "1", "W1[1,1]": "0.3", "eta": "0.01"}
    answers = right_answers(plan, givens) | {"a1[1]": "0e0", "l[1]": "7.777", "dL/da1[1]": "-7.777"}
    (of_sheet,) = marker(plan).mark([on_paper(givens, answers)])
    for name in ("l[1]", "dL/da1[1]"):
        cell = cells(of_sheet)[name]
        assert (cell.verdict, cell.because) == (Verdict.UNREADABLE, ("undefined",))
        assert cell.reason
    assert of_sheet.needs_a_person
    assert of_sheet.first_error is not None
    assert of_sheet.first_error.name == "a1[1]"


@pytest.mark.parametrize("text", ["0", "7"])
def test_a_line_without_end_is_no_zero(text: str) -> None:
    """-1/a and -ln a with a = 0: nothing that stands there is right, and nothing earns."""
    plan = derive_plan(Net(layers=(1, 1), activations=("sigmoid",), loss="binary_cross_entropy", bias="none"))
    givens = {"x[1]": "1", "y[1]": "1", "W1[1,1]": "0.3", "eta": "0.01"}
    answers = right_answers(plan, givens) | {"a1[1]": "0", "l[1]": text, "dL/da1[1]": text}
    (of_sheet,) = marker(plan).mark([on_paper(givens, answers)])
    for name in ("l[1]", "dL/da1[1]"):
        cell = cells(of_sheet)[name]
        assert (cell.verdict, cell.because, cell.expected) == (Verdict.UNREADABLE, ("undefined",), "")


def test_an_own_output_of_one_in_binary_cross_entropy() -> None:
    """-(1 ln a + 0 ln(1 - a)) with a = 1.00: 0 times a logarithm that has no value is 0."""
    plan = derive_plan(Net(layers=(1, 1), activations=("sigmoid",), loss="binary_cross_entropy", bias="none"))
    givens = {"x[1]": "1", "y[1]": "1", "W1[1,1]": "0.3", "eta": "0.01"}
    answers = right_answers(plan, givens)
    for text, loss in (("0.999", -log(0.999)), ("1.00", 0.0)):
        own = answers | {"z1[1]": "6.907", "a1[1]": text, "l[1]": f"{loss:.4g}" if loss else "0", "L": f"{loss:.4g}"}
        (of_sheet,) = marker(plan, figures=3).mark([on_paper(givens, own)])
        assert {cells(of_sheet)[name].verdict for name in ("l[1]", "L")} == {Verdict.FOLLOWS}


def test_a_logarithm_of_almost_nothing_is_no_mistake() -> None:
    """y = 0 and a = 1.00: ln 0 has no value, so that nothing that stands there can be held against it."""
    plan = derive_plan(Net(layers=(1, 1), activations=("sigmoid",), loss="binary_cross_entropy", bias="none"))
    givens = {"x[1]": "1", "y[1]": "0", "W1[1,1]": "0.3", "eta": "0.01"}
    z = 7.6
    own = {"z1[1]": "7.600", "a1[1]": "1.000", "l[1]": f"{-log(1 - 1 / (1 + exp(-z))):.4g}"}
    of_sheet = cells(marker(plan).mark([on_paper(givens, right_answers(plan, givens) | own)])[0])
    assert (of_sheet["l[1]"].verdict, of_sheet["l[1]"].because) == (Verdict.UNREADABLE, ("undefined",))


# --- rows that are not there ---------------------------------------------------------------------


def test_missing_rows_are_a_remark_and_go_to_a_person() -> None:
    of_sheet = sheet({"L": [], "l[1]": ""})
    assert (cells(of_sheet)["L"].verdict, cells(of_sheet)["L"].because) == (Verdict.BLANK, ("missing",))
    assert (cells(of_sheet)["l[1]"].verdict, cells(of_sheet)["l[1]"].because) == (Verdict.BLANK, ())
    (problem,) = of_sheet.remarks
    assert problem.where == "rows"
    assert "L is not there" in problem.what
    assert of_sheet.needs_a_person
    many = sheet({name: [] for name in KEY})
    assert f"{len(KEY)} rows" in many.remarks[0].what
    assert sheet({}).remarks == ()
