"""Drawn numbers: the same for the same seed everywhere, and always good for a sheet.

What a good sheet is, is judged here from the printed numbers and from fifty-digit arithmetic, with
nothing of the drawing's own rules.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache

import pytest

from backproptable.basics.errors import InputError
from backproptable.drawing.draw import draw_givens
from backproptable.formulas.names import Address
from backproptable.nets.derive import derive_plan
from backproptable.nets.net import Net
from backproptable.nets.plan import Plan
from backproptable.numbers.evaluate import solve
from support.exactly import evaluate, exact_values

DEEP = Net(layers=(4,) * 7, activations=("relu",) * 6, loss="half_sse")

NETS = {
    "default": Net(),
    "one layer": Net(layers=(3, 2), activations=("softmax",)),
    "one unit": Net(layers=(1, 1), activations=("sigmoid",), loss="half_sse"),
    "shared bias": Net(layers=(2, 2, 2), activations=("sigmoid",) * 2, loss="half_sse", bias="shared"),
    "no bias": Net(layers=(4, 3, 2, 1), activations=("sigmoid",) * 3, loss="half_sse", bias="none"),
    "rows are targets": Net(layers=(4, 3, 2), activations=("relu", "softmax"), weights="to_from"),
    "tanh": Net(layers=(3, 4, 2), activations=("tanh", "tanh"), loss="sse", learning_rate=Decimal("0.1")),
    "leaky": Net(layers=(3, 4, 2), activations=("leaky_relu", "identity"), loss="mse", update_biases=True),
    "probabilities": Net(layers=(3, 3, 2), activations=("tanh", "sigmoid"), loss="binary_cross_entropy"),
    "cross-entropy of sigmoids": Net(layers=(3, 3, 2), activations=("relu", "sigmoid"), loss="cross_entropy"),
    "the output itself": Net(layers=(3, 2, 1), activations=("tanh", "sigmoid"), loss="output"),
    "a batch": Net(layers=(3, 4, 2), activations=("relu", "softmax"), samples=4, reduction="mean"),
    "updates": Net(layers=(2, 3, 2), activations=("relu", "sigmoid"), loss="mse", updates=3, update_biases=True),
    "gradients only": Net(layers=(2, 3, 2), activations=("relu", "sigmoid"), loss="mse", updates=0),
    "deep ReLU": DEEP,
}
SEEDS = (0, 7, 123456)
DRAWS = [pytest.param(name, seed, id=f"{name}-{seed}") for name in NETS for seed in SEEDS]


@dataclass(frozen=True)
class Sheet:
    """A drawn sheet, as a reader has it before them, and the exact calculation."""

    plan: Plan
    text: dict[str, str]
    printed: dict[Address, Decimal]
    exact: dict[Address, Decimal]

    def values(self, *families: str, primed: bool = False) -> list[tuple[str, Decimal]]:
        """The printed numbers of some families of cells, by name."""
        return [
            (cell.name, self.printed[cell.address])
            for cell in self.plan.cells
            if cell.address.family in families and cell.address.primed == primed
        ]


@cache
def sheet(name: str, seed: int) -> Sheet:
    plan = derive_plan(NETS[name])
    givens = draw_givens(plan, seed)
    solution = solve(plan, givens)
    text = dict(zip(plan.by_name, solution.text, strict=True))
    printed = {cell.address: Decimal(text[cell.name]) for cell in plan.cells}
    return Sheet(plan, text, printed, exact_values(plan, givens))


# --- the seed ----------------------------------------------------------------------------------

SEED_7 = {
    "x[1]": "0.90",
    "x[2]": "0.35",
    "x[3]": "0.25",
    "y[1]": "0",
    "y[2]": "0",
    "y[3]": "1",
    "W1[1,1]": "0.62",
    "W1[1,2]": "-0.24",
    "W1[2,2]": "0.66",
    "W1[3,3]": "0.62",
    "b1[1]": "0.15",
    "b1[3]": "-0.39",
    "W2[1,2]": "0.59",
    "W2[3,3]": "-0.25",
    "b2[2]": "0.13",
    "W3[1,2]": "0.71",
    "W3[3,3]": "0.40",
    "b3[3]": "-0.21",
    "eta": "0.01",
}
"""A handout that was given out last year can be made again: these numbers never change."""


def test_the_numbers_of_a_seed_never_change() -> None:
    drawn = draw_givens(derive_plan(Net()), 7)
    assert {name: str(drawn[name]) for name in SEED_7} == SEED_7


@pytest.mark.parametrize("name", NETS)
def test_a_seed_gives_the_same_numbers_again(name: str) -> None:
    """Whatever has been drawn before, with whatever state of Python's own random numbers."""
    random.seed(1)
    first = draw_givens(derive_plan(NETS[name]), 11)
    draw_givens(derive_plan(Net()), 12)
    random.seed(2)
    assert draw_givens(derive_plan(NETS[name]), 11) == first


def test_every_seed_gives_other_numbers() -> None:
    plan = derive_plan(Net())
    seeds = [*range(100), 10**6, 10**30]
    drawn = [draw_givens(plan, seed) for seed in seeds]
    assert len({tuple(numbers.values()) for numbers in drawn}) == len(seeds)
    assert len({tuple(number for name, number in numbers.items() if name[0] == "x") for numbers in drawn}) > 90


def test_all_the_grid_is_used() -> None:
    """Every hundredth of a weight and every class as a target, over enough seeds."""
    plan = derive_plan(Net())
    drawn = [draw_givens(plan, seed) for seed in range(150)]
    weights = {abs(number) for numbers in drawn for name, number in numbers.items() if name[0] == "W"}
    assert weights == {Decimal(hundredths).scaleb(-2) for hundredths in range(1, 100)}
    hot = [numbers[f"y[{unit}]"] for numbers in drawn for unit in (1, 2, 3)]
    assert {sum(hot[unit::3]) > 25 for unit in range(3)} == {True}


# --- what is given -----------------------------------------------------------------------------


def test_what_is_given_stays_and_the_rest_is_what_it_would_have_been() -> None:
    """Writing down the x that was drawn changes nothing: no number depends on whether others are given."""
    plan = derive_plan(Net())
    drawn = draw_givens(plan, 7)
    for families in ("x", "y", "xy"):
        given = {name: number for name, number in drawn.items() if name[0] in families}
        assert draw_givens(plan, 7, given=given) == drawn
    given = {f"x[{unit}]": Decimal("0.123") for unit in (1, 2, 3)} | {"y[1]": Decimal(1), "y[2]": Decimal(0)}
    assert given.items() <= draw_givens(plan, 7, given=given).items()


def test_given_weights_are_left_alone_even_if_they_make_a_poor_sheet() -> None:
    net = Net(layers=(2, 2), activations=("relu",), loss="half_sse", bias="none")
    given = {f"W1[{i},{j}]": Decimal("-0.5") for i in (1, 2) for j in (1, 2)}
    drawn = draw_givens(derive_plan(net), 1, given=given)
    assert given.items() <= drawn.items()
    assert set(drawn) == {cell.name for cell in derive_plan(net).givens}


def test_givens_come_in_the_order_of_the_plan() -> None:
    plan = derive_plan(Net())
    given = {"y[3]": Decimal(1), "x[2]": Decimal("0.5"), "y[1]": Decimal(0), "y[2]": Decimal(0)}
    assert list(draw_givens(plan, 1, given=given)) == [cell.name for cell in plan.givens]


# --- what a good sheet is ----------------------------------------------------------------------


def on_grid(number: Decimal, low: str, high: str, step: str) -> bool:
    """In range, a whole number of steps, and written with the step's decimals."""
    same_decimals = number.as_tuple().exponent == Decimal(step).as_tuple().exponent
    return Decimal(low) <= number <= Decimal(high) and number % Decimal(step) == 0 and same_decimals


@pytest.mark.parametrize(("name", "seed"), DRAWS)
def test_drawn_numbers_are_short_decimals(name: str, seed: int) -> None:
    drawn, net = sheet(name, seed), NETS[name]
    for _, number in drawn.values("x"):
        assert on_grid(number, "0.05", "0.95", "0.05")
    for _, number in drawn.values("W"):
        assert on_grid(number, "-0.99", "0.99", "0.01")
        assert number != 0
    for _, number in drawn.values("b"):
        assert on_grid(number, "-0.50", "0.50", "0.01")
        assert number != 0
    targets = [number for _, number in drawn.values("y")]
    if net.activations[-1] == "softmax" or net.loss == "cross_entropy":
        assert sorted(targets) == sorted([0] * (net.layers[-1] - 1) * (net.samples or 1) + [1] * (net.samples or 1))
    elif net.loss == "binary_cross_entropy":
        assert set(targets) <= {0, 1}
    else:
        assert all(number.as_tuple().exponent >= -2 for number in targets)


SHORTEST_SLOPE = {"sigmoid": Decimal("0.0176"), "tanh": Decimal("0.0265")}
"""Of a sigmoid at 4, of a hyperbolic tangent at 2.5: what is flatter counts as saturated."""


@pytest.mark.parametrize(("name", "seed"), DRAWS)
def test_no_unit_is_dead_or_saturated_or_at_a_corner(name: str, seed: int) -> None:
    drawn, net = sheet(name, seed), NETS[name]
    for cell in drawn.plan.cells:
        address, number = cell.address, drawn.printed[cell.address]
        if address.primed or address.update > 1 or address.layer is None:
            continue
        activation = net.activations[address.layer - 1]
        if address.family == "z":
            assert abs(number) <= 8
            if activation == "softmax":
                assert abs(number) <= 5
            if activation in ("relu", "leaky_relu"):
                assert abs(number) >= Decimal("0.05")
        elif address.family == "a" and activation == "relu":
            assert number > 0
        elif address.family == "da/dz" and activation in SHORTEST_SLOPE:
            assert number >= SHORTEST_SLOPE[activation]


@pytest.mark.parametrize(("name", "seed"), DRAWS)
def test_the_printed_loss_falls(name: str, seed: int) -> None:
    drawn = sheet(name, seed)
    if NETS[name].updates:
        assert Decimal(drawn.text["L'"]) < Decimal(drawn.text["L"])
    else:
        assert "L'" not in drawn.text


BACKWARD = ("dL/da", "da/dz", "dL/dz", "dL/dW", "dL/db", "norm")


@pytest.mark.parametrize(("name", "seed"), DRAWS)
def test_printed_gradients_are_within_a_hundredth_of_the_exact_ones(name: str, seed: int) -> None:
    """Rounding on the way must not pile up, or the sheet would teach a wrong gradient."""
    drawn = sheet(name, seed)
    compared = 0
    for cell in drawn.plan.cells:
        if cell.address.family in BACKWARD:
            exact, printed = drawn.exact[cell.address], drawn.printed[cell.address]
            assert abs(printed - exact) <= abs(exact) * Decimal("0.01000001"), cell.name
            compared += 1
    assert compared > 3


@pytest.mark.parametrize(("name", "seed"), DRAWS)
def test_no_weight_is_left_without_a_gradient(name: str, seed: int) -> None:
    """But for cross-entropy without softmax, where an output with target 0 takes no part."""
    if name != "cross-entropy of sigmoids":
        gradients = sheet(name, seed).values("dL/dW", "dL/db", "norm")
        assert [cell for cell, number in gradients if number == 0] == []


def off_a_tie(value: Decimal, figures: int = 4) -> Decimal:
    """How far a number is from the middle between two printed ones, as a share of itself."""
    if value == 0:
        return Decimal(1)
    steps = abs(value).scaleb(figures - 1 - value.adjusted())
    return abs(steps % 1 - Decimal("0.5")) / steps


@pytest.mark.parametrize(("name", "seed"), DRAWS)
def test_no_number_hangs_on_the_last_digit_of_the_arithmetic(name: str, seed: int) -> None:
    """Nothing lies so near a rounding tie that another calculator could round it the other way."""
    drawn = sheet(name, seed)
    for _, cell in drawn.plan.worked:
        if cell.address.family not in ("W", "b"):
            assert cell.formula is not None
            for value in (drawn.exact[cell.address], evaluate(cell.formula, drawn.printed)):
                distance = off_a_tie(value)
                assert distance > Decimal("0.999e-9") or distance < Decimal("1.001e-12"), cell.name


def test_ties_are_avoided_where_they_are_likely() -> None:
    """With this x, a weight of one digit, such as 0.3 or 0.03, makes a sum within 1e-10 of a tie: one in five."""
    plan = derive_plan(Net(layers=(1, 1), activations=("identity",), loss="half_sse", bias="none"))
    near, exactly = Decimal("1.0005000001"), Decimal("1.0005")
    drawn = [draw_givens(plan, seed, given={"x[1]": near})["W1[1,1]"] for seed in range(60)]
    assert [weight for weight in drawn if off_a_tie(near * weight) < Decimal("1e-9")] == []
    drawn = [draw_givens(plan, seed, given={"x[1]": exactly})["W1[1,1]"] for seed in range(60)]
    assert {off_a_tie(exactly * weight) for weight in drawn} >= {0}, "a tie that everybody sees is no fault"


@pytest.mark.parametrize(("activation", "limit"), {"sigmoid": 4, "tanh": "2.5", "softmax": 5}.items())
def test_saturation_is_avoided_where_it_is_likely(activation: str, limit: str) -> None:
    """With inputs of 9, weights of up to 1 make sums of up to 18."""
    plan = derive_plan(Net(layers=(2, 3), activations=(activation,), loss="sse"))
    for seed in range(15):
        solution = solve(plan, draw_givens(plan, seed, given={"x[1]": Decimal(9), "x[2]": Decimal(9)}))
        sums = [text for cell, text in zip(plan.cells, solution.text, strict=True) if cell.name.startswith("z1[")]
        assert max(abs(Decimal(text)) for text in sums) <= Decimal(limit)


def test_the_measures_above_can_tell() -> None:
    assert off_a_tie(Decimal("1.2345")) == 0
    assert 0 < off_a_tie(Decimal("1.2345000001")) < Decimal("1e-9")
    assert off_a_tie(Decimal("0.001234")) > Decimal("1e-4")
    assert not on_grid(Decimal("0.5"), "0.05", "0.95", "0.05")
    assert not on_grid(Decimal("0.51"), "0.05", "0.95", "0.05")
    assert not on_grid(Decimal("1.00"), "0.05", "0.95", "0.05")


def test_poor_sheets_are_seldom_made_by_chance() -> None:
    """The checks above mean something: numbers that nobody chose with care fail them often."""
    failed, plan = 0, derive_plan(NETS["a batch"])
    chance = random.Random(1)
    for _ in range(30):
        numbers = {cell.name: Decimal(chance.randint(-99, 99)).scaleb(-2) for cell in plan.givens}
        numbers |= {f"y[{sample},{unit}]": Decimal(unit == 1) for sample in range(1, 5) for unit in (1, 2)}
        solution = solve(plan, numbers | {"eta": Decimal("0.01")})
        text = dict(zip(plan.by_name, solution.text, strict=True))
        failed += any(text[f"a1[{sample},{unit}]"] == "0" for sample in range(1, 5) for unit in range(1, 5))
    assert failed > 20


# --- nets that are hard to draw ----------------------------------------------------------------


@pytest.mark.parametrize("bias", ["per_unit", "shared", "none"])
@pytest.mark.parametrize("seed", range(4))
def test_deep_relu_nets_are_no_lottery(seed: int, bias: str) -> None:
    """Drawn all at once, some unit of six layers of four is dead nearly always."""
    plan = derive_plan(replace(DEEP, bias=bias))
    solution = solve(plan, draw_givens(plan, seed))
    text = dict(zip(plan.by_name, solution.text, strict=True))
    outputs = {f"a{layer}[{unit}]": text[f"a{layer}[{unit}]"] for layer in range(1, 7) for unit in range(1, 5)}
    assert {name: number for name, number in outputs.items() if number == "0"} == {}


HOPELESS = {
    "one softmax unit": (Net(layers=(2, 1), activations=("softmax",)), {}, "the printed loss falls"),
    "no input": (
        Net(layers=(1, 2), activations=("relu",), loss="sse", bias="none"),
        {"x[1]": "0"},
        "no unit is saturated or at a corner, and none is dead but by choice",
    ),
    "a giant's step": (
        Net(layers=(2, 3, 2), activations=("identity",) * 2, loss="sse", learning_rate=Decimal(999)),
        {},
        "the printed loss falls",
    ),
    "steps beyond all numbers": (
        Net(layers=(2, 3, 2), activations=("identity",) * 2, loss="sse", learning_rate=Decimal(999), updates=8),
        {},
        "every number is defined",
    ),
}


@pytest.mark.parametrize(("net", "given", "rule"), HOPELESS.values(), ids=HOPELESS)
def test_a_net_that_no_draw_is_good_for_names_the_rule(net: Net, given: dict[str, str], rule: str) -> None:
    with pytest.raises(InputError) as caught:
        draw_givens(derive_plan(net), 1, given={name: Decimal(text) for name, text in given.items()})
    (problem,) = caught.value.problems
    assert f": {rule}." in problem.what
    assert "[givens]" in problem.remedy
    assert problem.where == "draw"


def test_a_gradient_that_is_always_nothing_stands_in_no_drawing_s_way() -> None:
    """The derivatives of softmax outputs sum to 0; printed, a bias they share has what rounding leaves of that."""
    net = Net(
        layers=(2, 3, 2),
        activations=("tanh", "softmax"),
        bias="shared",
        reduction="mean",
        samples=2,
        updates=3,
        weights="to_from",
        output_delta="short",
        update_biases=True,
    )
    plan = derive_plan(net)
    solution = solve(plan, draw_givens(plan, seed=3))
    row = plan.row[plan.by_name["dL/db2"].address]
    assert abs(solution.exact[row]) < 1e-12


def test_an_input_of_0_leaves_its_weights_alone_and_can_be_drawn_for() -> None:
    plan = derive_plan(Net(layers=(2, 2), activations=("tanh",), loss="sse"))
    numbers = draw_givens(plan, seed=1, given={"x[1]": Decimal(0), "x[2]": Decimal("0.5")})
    shown = dict(zip(plan.by_name, solve(plan, numbers).text, strict=True))
    assert (shown["dL/dW1[1,1]"], shown["W1'[1,1]"]) == ("0", str(numbers["W1[1,1]"].normalize()))
