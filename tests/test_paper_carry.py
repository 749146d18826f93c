"""Every printed number of every kind of net, against decimal arithmetic and its own rounding rule.

In paper carry each line must be true when typed into a calculator: it is worked again here, to
fifty digits, on the numbers as printed above it, and must come out as the same text.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from backproptable.basics.errors import InputError
from backproptable.formulas.digits import MAX_FIGURES_ON_PAPER
from backproptable.nets.derive import derive_plan
from backproptable.nets.net import Net
from backproptable.numbers.evaluate import CARRIES, Solution, solve
from support.exactly import evaluate, exact_values, full_texts, is_near_a_tie, paper_texts
from support.nets import LATER, Example, seeded_example

SEEDS = (*range(150), *range(LATER, LATER + 25))
FIGURES = (3, 4, 6)


def solved(example: Example, figures: int, carry: str) -> Solution | None:
    """None where a number does not exist, or has too few digits left in double precision."""
    try:
        return solve(example.plan, example.givens, figures=figures, carry=carry)
    except InputError:
        return None


def texts(solution: Solution) -> dict[str, str]:
    return dict(zip(solution.plan.by_name, solution.text, strict=True))


def printed(net: Net, givens: dict[str, str], carry: str = "paper") -> dict[str, str]:
    """The texts of one net, for givens as they are written."""
    return texts(solve(derive_plan(net), {name: Decimal(text) for name, text in givens.items()}, carry=carry))


def one_unit(activation: str, loss: str = "half_sse", **more: object) -> Net:
    return Net(layers=(1, 1), activations=(activation,), loss=loss, **{"bias": "none", "updates": 0, **more})


# --- random nets of every kind ---------------------------------------------------------------


@pytest.mark.parametrize("figures", FIGURES)
def test_every_printed_line_is_true_on_the_printed_numbers(figures: int) -> None:
    """Every seed with one number of figures."""
    skipped, seeds = 0, SEEDS[FIGURES.index(figures) :: len(FIGURES)]
    for seed in seeds:
        example = seeded_example(seed)
        solution = solved(example, figures, "paper")
        if solution is None:
            skipped += 1
        else:
            assert texts(solution) == paper_texts(example.plan, example.givens, figures), seed
    assert skipped < len(seeds) / 5


def test_full_carry_prints_the_exact_calculation_rounded() -> None:
    skipped = compared = 0
    for number, seed in enumerate(SEEDS, start=1):
        example, figures = seeded_example(seed), FIGURES[number % len(FIGURES)]
        solution = solved(example, figures, "full")
        if solution is None:
            skipped += 1
            continue
        exact = exact_values(example.plan, example.givens)
        certain = {
            name: text
            for name, text in full_texts(example.plan, exact, figures).items()
            if not is_near_a_tie(exact[example.plan.by_name[name].address], figures)
        }
        shown = texts(solution)
        assert {name: shown[name] for name in certain} == certain, (seed, figures)
        compared += len(certain)
    assert skipped < len(SEEDS) / 5
    assert compared > 10_000


@pytest.mark.parametrize("carry", CARRIES)
def test_the_unrounded_numbers_beside_the_texts(carry: str) -> None:
    """`line`: the formula on the printed numbers. `exact`: the whole calculation at full precision."""
    for seed in (*SEEDS[:30], *SEEDS[-15:]):
        example = seeded_example(seed)
        solution = solved(example, 4, carry)
        if solution is None:
            continue
        exact = exact_values(example.plan, example.givens)
        on_paper = {cell.address: Decimal(text) for cell, text in zip(example.plan.cells, solution.text, strict=True)}
        lines = {cell.name: float(evaluate(cell.formula, on_paper)) for _, cell in example.plan.worked}
        for numbers, expected in (
            (solution.line, lines),
            (solution.exact, {cell.name: float(exact[cell.address]) for cell in example.plan.cells}),
        ):
            found = dict(zip(example.plan.by_name, numbers.tolist(), strict=True))
            assert {name: found[name] for name in expected} == pytest.approx(expected, rel=1e-9, abs=1e-13), seed


# --- single numbers worth a look -------------------------------------------------------------


def test_an_update_too_small_for_the_figures_is_still_seen() -> None:
    """W' shows every decimal: 0.5 - 0.01 * 0.0000123 would be 0.5000 again at four figures."""
    net = one_unit("identity", updates=1)
    shown = printed(net, {"x[1]": "0.01", "y[1]": "0.00377", "W1[1,1]": "0.5", "eta": "0.01"})
    assert (shown["dL/dW1[1,1]"], shown["W1'[1,1]"]) == ("1.230e-5", "0.499999877")


def test_a_tie_is_seen_as_one_where_large_numbers_cancel() -> None:
    """100 - 99.99932105 is 0.00067895, half-way; in doubles it is 0.000678949999994, which is not."""
    shown = printed(
        one_unit("identity", bias="shared"), {"x[1]": "1", "y[1]": "0", "W1[1,1]": "100", "b1": "-99.99932105"}
    )
    assert shown["z1[1]"] == "0.0006790"


def test_tanh_of_zero_is_not_saturated() -> None:
    shown = printed(one_unit("tanh"), {"x[1]": "0", "y[1]": "0.5", "W1[1,1]": "0.3"})
    assert (shown["a1[1]"], shown["da1/dz1[1]"]) == ("0", "1.000")


def test_where_no_derivative_follows_nothing_is_saturated() -> None:
    """In the pass after the last update."""
    net = one_unit("tanh", updates=1, learning_rate=100)
    shown = printed(net, {"x[1]": "1", "y[1]": "0.9", "W1[1,1]": "0.3", "eta": "100"})
    assert (shown["a1'[1]"], shown["l'[1]"]) == ("1.000", "0.005000")


@pytest.mark.parametrize("carry", CARRIES)
def test_a_unit_with_no_digits_left_in_its_slope_is_refused(carry: str) -> None:
    with pytest.raises(InputError, match=r"a1\[1\]: is saturated"):
        printed(one_unit("sigmoid"), {"x[1]": "1", "y[1]": "0.5", "W1[1,1]": "30"}, carry)


@pytest.mark.parametrize("carry", CARRIES)
def test_the_loss_of_a_good_answer_has_its_digits(carry: str) -> None:
    """ln(1 - a) where a is so small that 1 - a has lost its digits."""
    net = one_unit("sigmoid", "binary_cross_entropy")
    shown = printed(net, {"x[1]": "1", "y[1]": "0", "W1[1,1]": "-27"}, carry)
    assert (shown["a1[1]"], shown["l[1]"]) == ("1.880e-12", "1.880e-12")


@pytest.mark.parametrize(
    ("x", "w", "b"),
    [
        ("-1.9", ("-2.0", "0.4"), "-0.7"),
        ("2.8", ("1.1", "-2.4"), "-1.9"),
    ],
)
def test_full_carry_shows_an_exact_zero_as_zero(x: str, w: tuple[str, str], b: str) -> None:
    """The dL/dz of a softmax add up to 0 whatever the numbers are, and a shared bias adds them up."""
    net = Net(layers=(1, 2), activations=("softmax",), bias="shared", updates=0)
    givens = {"x[1]": x, "y[1]": "1", "y[2]": "0", "W1[1,1]": w[0], "W1[1,2]": w[1], "b1": b}
    assert printed(net, givens, "full")["dL/db1"] == "0"


def test_at_the_most_figures_one_can_ask_for_lines_are_still_true() -> None:
    plan = derive_plan(one_unit("tanh"))
    for hundredths in range(300, 500):
        givens = {"x[1]": Decimal(1), "y[1]": Decimal("0.5"), "W1[1,1]": Decimal(hundredths).scaleb(-2)}
        shown = solve(plan, givens, figures=MAX_FIGURES_ON_PAPER)
        assert texts(shown) == paper_texts(plan, givens, MAX_FIGURES_ON_PAPER), hundredths
