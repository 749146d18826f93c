"""Sheets for a class: all of them good, no two alike, and each the same whatever else is drawn.

What is good is judged by `support.good_sheet`, which shares nothing with the drawing. The same over
ten thousand sheets: ``python tests/simulations/drawn_sheets.py``.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from functools import cache

import numpy as np
import pytest

from backproptable.basics.errors import InputError
from backproptable.drawing.draw import Drawing, Drawn, student_key
from backproptable.formulas.formula import Call, Choice, Formula, Neg, Num, Power, Product, Quotient, Ref, Sum
from backproptable.formulas.names import Address
from backproptable.nets.derive import derive_plan
from backproptable.nets.net import Net
from backproptable.numbers.evaluate import solve
from backproptable.numbers.grids import Grid, Grids
from support.drawn import KINDS, SECRET, Kind, simulate
from support.exactly import exact_values, paper_texts
from support.good_sheet import Judge, Span, Tables, round_off, tie_distance, work
from support.nets import LATER, seeded_example

CHEAP, DEAR = 200, 24
"""How many sheets of a kind are judged by all rules but the last, and how many by that."""


def keys_of(count: int, start: int = 0) -> list[bytes]:
    return [student_key(SECRET, "test", str(number)) for number in range(start, start + count)]


@cache
def drawing_of(name: str) -> Drawing:
    return KINDS[name].drawing


# --- good sheets -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", KINDS)
def test_every_sheet_is_good_and_no_two_are_alike(name: str) -> None:
    outcome = simulate(KINDS[name], [f"cheap {number}" for number in range(CHEAP)], mistakes=False)
    assert outcome.faults == []
    assert (outcome.sheets, outcome.alike) == (CHEAP, 0)


@pytest.mark.parametrize("name", KINDS)
def test_no_mistake_hides_but_those_that_were_let_go(name: str) -> None:
    outcome = simulate(KINDS[name], [f"dear {number}" for number in range(DEAR)])
    assert outcome.faults == []
    assert outcome.sheets == DEAR


def test_few_mistakes_are_let_go() -> None:
    """Only such as change so little that four figures do not show it on nearly any sheet."""
    assert len(drawing_of("default").let_go) == 0
    for name in ("default, 3 figures", "batch, mean, shared bias"):
        lines, let_go = KINDS[name].judge.lines, drawing_of(name).let_go
        assert set(let_go) <= set(lines)
        assert len(let_go) < 0.02 * len(lines)
        assert {line.mistake for line in let_go} <= {"old_weights", "updated_weights"}


# --- the judge ---------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [*range(1, 41), *range(LATER, LATER + 20)])
def test_the_judge_s_numbers_are_those_of_fifty_digit_arithmetic(seed: int) -> None:
    example = seeded_example(seed)
    texts = [str(example.givens[cell.name]) for cell in example.plan.givens]
    try:
        solve(example.plan, example.givens)
    except InputError:
        pytest.skip("a number of this example does not exist")
    tables = Tables(example.plan, [texts, texts], 4, "paper")
    paper = paper_texts(example.plan, example.givens, 4)
    for address, exact in exact_values(example.plan, example.givens).items():
        assert tables.exact[address] == pytest.approx(float(exact), rel=1e-11, abs=1e-14)
    for cell in example.plan.cells:
        assert tables.printed[cell.address] == pytest.approx(float(paper[cell.name]), rel=1e-14), cell.name


def test_the_judge_rounds_like_section_5() -> None:
    values = np.array([1.00045, -1.00045, 0.123449999999999, 0.12344, 99996, 0, np.inf, 2e-7], dtype=np.longdouble)
    rounded, half = round_off(values, 4)
    assert rounded.astype(float).tolist() == [1, -1, 0.1235, 0.1234, 100000, 0, np.inf, 2e-7]
    assert half.astype(float).tolist() == [0.0005, 0.0005, 0.00005, 0.00005, 50, 0, 0, 5e-11]
    distance = tie_distance(np.array([1.0005, 1.0005000005, 1.0004, 0, 1.00049999999999995]), 4)
    assert distance == pytest.approx([np.inf, 0.5e-9, 1e-4, np.inf, np.inf], rel=1e-3)


def test_the_judge_s_spans_hold_what_they_should_and_little_more() -> None:
    x, y = Ref("x"), Ref("y")
    formulas: list[Formula] = [
        Sum((x, Neg(y))),
        Product((x, y)),
        Quotient(Num("1"), Sum((Num("1"), Call("exp", (Neg(x),))))),
        Quotient(x, Call("exp", (y,))),
        Power(x, 2),
        Call("max", (Num("0"), x)),
        Call("tanh", (Sum((x, y)),)),
        Choice(x, Num("1"), Num("0")),
        Choice(x, y, Num("7")),
        Choice(x, Num("1"), Num("0"), Num("0.5")),
    ]
    chance = np.random.default_rng(1)
    middle, room = chance.normal(size=(2, 40)), chance.uniform(0, 0.5, size=(2, 40))
    spans = {name: Span(m - r, m + r) for name, m, r in zip("xy", middle, room, strict=True)}
    points = {name: chance.uniform(span.low, span.high, size=(4000, 40)) for name, span in spans.items()}
    points = {name: np.vstack([spans[name].low, spans[name].high, values]) for name, values in points.items()}
    for formula in formulas:
        span, values = work(formula, spans), work(formula, points)
        assert (span.low <= values.min(axis=0) + 1e-15).all(), formula
        assert (span.high >= values.max(axis=0) - 1e-15).all(), formula
        wide = span.high - span.low
        assert (values.max(axis=0) - values.min(axis=0) >= 0.8 * wide).all(), formula
    anything = work(Quotient(y, x), {"x": Span(np.array([-1.0]), np.array([1.0])), "y": Span(*np.ones((2, 1)))})
    assert (anything.low, anything.high) == (-np.inf, np.inf)


LINE = Net(layers=(1, 1), activations=("identity",), loss="half_sse", learning_rate=Decimal("0.5"))
GOOD = {"x[1]": "0.35", "y[1]": "0.7", "W1[1,1]": "0.83", "b1[1]": "0.21", "eta": "0.5"}
KINK = replace(LINE, activations=("relu",))
KINKS = replace(KINK, layers=(1, 2), samples=2, bias="none")
TWO_INPUTS = {"x[1,1]": "0.50", "x[2,1]": "0.75"} | {f"y[{s},{k}]": "0.9" for s in (1, 2) for k in (1, 2)}
SOFTMAX = Net(layers=(1, 2), activations=("softmax",), bias="none")
HALVES = {"x[1]": "0.50", "W1[1,1]": "0.50", "W1[1,2]": "-0.50", "eta": "0.01"}
DROPPED = replace(LINE, layers=(1, 2, 1), activations=("tanh", "identity"), bias="none", keep=Decimal("0.5"))
KEPT = {"x[1]": "0.35", "y[1]": "0.7", "m1[1]": "1", "m1[2]": "0", "eta": "0.5"} | {
    "W1[1,1]": "0.83",
    "W1[1,2]": "0.51",
    "W2[1,1]": "0.42",
    "W2[2,1]": "-0.37",
}
IN_TURN = replace(LINE, bias="none", samples=2, online=True, updates=1, learning_rate=Decimal("0.05"))
BOTH = {"x[1,1]": "0.50", "x[2,1]": "0.95", "y[1,1]": "0.7", "y[2,1]": "0.8", "W1[1,1]": "0.21", "eta": "0.05"}
STEPS = Net(kind="recurrent", layers=(1, 1, 1), activations=("tanh",), steps=2, loss="half_sse", bias="none")
IN_TIME = {"x[1,1]": "0.35", "x[2,1]": "0.55", "y[2,1]": "0.7", "s0[1]": "0", "eta": "0.01"} | {
    "Wx[1,1]": "0.83",
    "Ws[1,1]": "0.42",
    "Wy[1,1]": "0.61",
}
OVER = Net(layers=(1, 1), activations=("step",), bias="none", threshold=Decimal("0.5"), forward_only=True)

BAD: dict[str, tuple[str, Net, Mapping[str, str]]] = {
    "an input between two steps": ("grid", LINE, GOOD | {"x[1]": "0.37"}),
    "a weight out of range": ("grid", LINE, GOOD | {"W1[1,1]": "1.00"}),
    "a weight of 0": ("grid", LINE, GOOD | {"W1[1,1]": "0.00"}),
    "an input of 0": ("grid", LINE, GOOD | {"x[1]": "0.00"}),
    "a decimal too few": ("grid", LINE, GOOD | {"W1[1,1]": "0.8"}),
    "another learning rate": ("grid", LINE, GOOD | {"eta": "0.4"}),
    "two classes at once": ("targets", SOFTMAX, HALVES | {"y[1]": "1", "y[2]": "1"}),
    "a target that sigmoid never gives": (
        "targets",
        replace(LINE, activations=("sigmoid",)),
        GOOD | {"y[1]": "1.20"},
    ),
    "a long target": ("targets", LINE, GOOD | {"y[1]": "0.701"}),
    "half a target": (
        "targets",
        replace(LINE, activations=("sigmoid",), loss="binary_cross_entropy"),
        GOOD | {"y[1]": "0.5"},
    ),
    "a saturated unit": ("saturated", replace(LINE, activations=("sigmoid",)), GOOD | {"b1[1]": "3.8"}),
    "a unit saturated by the update": (
        "saturated",
        replace(LINE, activations=("tanh",), learning_rate=Decimal(9)),
        GOOD | {"x[1]": "0.95", "y[1]": "-0.99", "eta": "9"},
    ),
    "a corner": ("corner", KINK, GOOD | {"b1[1]": "-0.25"}),
    "a corner from below": ("corner", KINK, GOOD | {"b1[1]": "-0.30"}),
    "a sum next to the threshold": ("corner", OVER, {"x[1]": "0.60", "W1[1,1]": "0.90"}),
    "a unit too many that is dead": ("dead units", KINKS, TWO_INPUTS | {"W1[1,1]": "0.80", "W1[1,2]": "-0.60"}),
    "a dead layer": ("dead layer", KINKS, TWO_INPUTS | {"W1[1,1]": "-0.80", "W1[1,2]": "-0.60"}),
    "a unit that is dead for one sample": (
        "half dead",
        KINKS,
        TWO_INPUTS | {"x[2,1]": "-0.75", "W1[1,1]": "0.80", "W1[1,2]": "0.60"},
    ),
    "a unit that dies of the update": (
        "half dead",
        replace(KINK, learning_rate=Decimal(9)),
        GOOD | {"x[1]": "0.95", "y[1]": "0.1", "eta": "9"},
    ),
    "a number next to a tie": ("tie", LINE, GOOD | {"x[1]": "1.0005000001", "W1[1,1]": "1", "b1[1]": "0"}),
    "a gradient that is 2 % off": ("gap", LINE, GOOD | {"b1[1]": "0.40954", "y[1]": "0.698"}),
    "a loss that rises": ("loss", replace(LINE, learning_rate=Decimal(3)), GOOD | {"x[1]": "0.95", "eta": "3"}),
    "a loss that seems to stand still": (
        "loss",
        replace(LINE, learning_rate=Decimal("0.0001")),
        GOOD | {"eta": "0.0001"},
    ),
    "a mask that keeps all": ("masks", DROPPED, KEPT | {"m1[2]": "1"}),
    "a mask that keeps none": ("masks", DROPPED, KEPT | {"m1[1]": "0"}),
    "a state to start from": ("grid", STEPS, IN_TIME | {"s0[1]": "0.05"}),
    "a long target in time": ("targets", STEPS, IN_TIME | {"y[2,1]": "0.701"}),
    "a state that is saturated": ("saturated", STEPS, IN_TIME | {"x[2,1]": "3.55"}),
    "an epoch after which the loss is larger": (
        "loss",
        replace(IN_TURN, learning_rate=Decimal(9)),
        BOTH | {"eta": "9"},
    ),
    "a logarithm of 0": (
        "undefined",
        replace(LINE, activations=("sigmoid",), loss="binary_cross_entropy"),
        GOOD | {"b1[1]": "12", "y[1]": "1"},
    ),
}


def judged(net: Net, numbers: Mapping[str, str], **settings: object) -> set[str]:
    plan = derive_plan(net)
    judge = Judge(plan, **settings)
    tables = judge.tables([[numbers[cell.name] for cell in plan.givens]])
    return {fault.rule for fault in judge.faults(tables)}


def test_a_good_sheet_has_no_faults() -> None:
    assert judged(LINE, GOOD) == set()
    assert judged(KINK, GOOD) == set()
    assert judged(KINKS, TWO_INPUTS | {"W1[1,1]": "0.80", "W1[1,2]": "0.60", "eta": "0.5"}) == set()
    one_dead = TWO_INPUTS | {"W1[1,1]": "0.80", "W1[1,2]": "-0.60", "eta": "0.5"}
    assert judged(KINKS, one_dead, grids=Grids(dead_units=1)) == set()
    assert judged(KINKS, one_dead | {"W1[1,2]": "0.60"}, grids=Grids(dead_units=1)) == {"dead units"}
    assert judged(SOFTMAX, HALVES | {"y[1]": "0", "y[2]": "1"}) == set()
    assert judged(OVER, {"x[1]": "0.05", "W1[1,1]": "0.90"}) == set()
    assert judged(DROPPED, KEPT) == set()
    assert judged(STEPS, IN_TIME) == set()
    assert judged(IN_TURN, BOTH) == set(), "the loss of both samples is above that of the first alone, but it falls"


@pytest.mark.parametrize(("rule", "net", "numbers"), BAD.values(), ids=BAD)
def test_the_judge_finds(rule: str, net: Net, numbers: Mapping[str, str]) -> None:
    assert rule in judged(net, {"eta": str(net.learning_rate)} | dict(numbers))


def test_given_numbers_need_not_lie_on_a_grid() -> None:
    numbers = GOOD | {"x[1]": "0.3333"}
    assert judged(LINE, numbers) == {"grid"}
    assert judged(LINE, numbers, given=["x[1]"]) == set()


def test_in_full_carry_the_loss_that_is_shown_has_to_fall() -> None:
    """Not the one that follows from rounded numbers."""
    slow = replace(LINE, learning_rate=Decimal("0.002"))
    sheets = [GOOD | {"eta": "0.002", "b1[1]": f"{0.21 + number / 100:.2f}"} for number in range(12)]
    by_carry = [["loss" in judged(slow, numbers, carry=carry) for numbers in sheets] for carry in ("paper", "full")]
    assert by_carry[0] != by_carry[1]


HIDING: dict[str, tuple[str, Net, Mapping[str, str]]] = {
    "a bias too small to be seen": ("bias_forgotten in z1[1]", LINE, {"x[1]": "1", "W1[1,1]": "1", "b1[1]": "0.0001"}),
    "a weight that hardly moves": (
        "old_weights in z1'[1]",
        replace(LINE, learning_rate=Decimal("0.0001")),
        {"eta": "0.0001"},
    ),
    "an equivalent formula's range": (
        "slope_at_sum in da1/dz1[1]",  # 1 - z^2 for 1 - a^2, and the range of 1 - tanh(z)^2 is a little wider
        replace(LINE, activations=("tanh",), bias="none"),
        {"x[1]": "1", "W1[1,1]": "0.112"},
    ),
}


def sheet_of(net: Net, numbers: Mapping[str, str]) -> tuple[Judge, Tables]:
    plan = derive_plan(net)
    judge = Judge(plan)
    return judge, judge.tables([[(GOOD | dict(numbers))[cell.name] for cell in plan.givens]])


@pytest.mark.parametrize(("where", "net", "numbers"), HIDING.values(), ids=HIDING)
def test_the_judge_finds_a_mistake_that_hides(where: str, net: Net, numbers: Mapping[str, str]) -> None:
    judge, tables = sheet_of(net, numbers)
    hidden = judge.hidden(tables)
    assert where in {fault.where for fault in judge.mistakes(tables, (), np.zeros((0, 1), dtype=bool))}
    # Nothing to say where all that hide were let go, and are said to hide.
    let_go = [line for line, hides in zip(judge.lines, hidden, strict=True) if hides]
    said = np.ones((len(let_go), 1), dtype=bool)
    assert list(judge.mistakes(tables, let_go, said)) == []
    assert len(list(judge.mistakes(tables, let_go, ~said))) == len(let_go)
    # What is said to hide and does not is a fault too.
    showing = [line for line, hides in zip(judge.lines, hidden, strict=True) if not hides]
    faults = list(judge.mistakes(tables, showing, np.ones((len(showing), 1), dtype=bool)))
    assert len(faults) == len(judge.lines)


def test_on_a_good_sheet_no_mistake_hides() -> None:
    judge, tables = sheet_of(LINE, {})
    assert list(judge.mistakes(tables, (), np.zeros((0, 1), dtype=bool))) == []


# --- keys --------------------------------------------------------------------------------------

INDEPENDENT = ("default", "default, 3 figures", "one dead unit", "batch, mean, shared bias")


def columns(drawn: Drawn) -> list[tuple[int, ...]]:
    return list(map(tuple, drawn.units.T.tolist()))


@pytest.mark.parametrize("name", INDEPENDENT)
def test_a_sheet_does_not_depend_on_the_others(name: str) -> None:
    """Not on their number, not on their order, not on what was drawn before."""
    drawing, keys = drawing_of(name), keys_of(300)
    whole = drawing.draw(keys)
    sheets, attempts = columns(whole), whole.attempts.tolist()
    for start, size in ((0, 1), (1, 2), (3, 40), (43, 257)):
        part = drawing.draw(keys[start : start + size])
        assert columns(part) == sheets[start : start + size]
        assert part.attempts.tolist() == attempts[start : start + size]
        assert (part.hidden == whole.hidden[:, start : start + size]).all()
        for code, measure in part.measures.items():
            assert measure == pytest.approx(whole.measures[code][start : start + size], nan_ok=True)
    order = list(range(300))
    random.Random(3).shuffle(order)
    shuffled = drawing.draw([keys[place] for place in order])
    assert columns(shuffled) == [sheets[place] for place in order]


def test_a_sheet_does_not_depend_on_random_numbers_or_on_the_drawing_s_past() -> None:
    np.random.seed(1)
    random.seed(1)
    first = columns(Kind(Net()).drawing.draw(keys_of(3)))
    np.random.seed(2)
    random.seed(2)
    drawing = Kind(Net()).drawing
    drawing.draw(keys_of(5, start=50))
    assert columns(drawing.draw(keys_of(3))) == first


def test_drawing_for_nobody_is_no_error() -> None:
    drawn = drawing_of("default").draw([])
    assert drawn.units.shape == (len(drawing_of("default").plan.givens), 0)


def test_a_key_is_an_hmac_of_assignment_and_student() -> None:
    """The recipe never changes: a sheet that was given out last year can be found again."""
    key = student_key(b"secret", "2B", "17")
    assert key.hex() == "7165a9b829c1e03c825fb48e83f6d0c8736edbea3dcbf577b2732f01e8ad109a"
    assert len(key) == 32


def test_another_secret_assignment_or_student_is_another_key() -> None:
    ids = [
        "1",
        "01",
        "001",
        "1 ",
        " 1",
        "",
        "1.0",
        "１",
        "²",
        "é",
        "e\N{COMBINING ACUTE ACCENT}",
        "学生",
        "A",
        "a",
        '"',
        "\\",
    ]
    ids += ["a\nb", "\N{GRINNING FACE}", "\ud800", "x" * 1000]
    keys = {student_key(secret, name, student) for secret in (b"s", b"t") for name in ("2B", "2b") for student in ids}
    assert len(keys) == 4 * len(ids)
    # Nor can one be shifted into another.
    assert student_key(b"s", "a", "bc") != student_key(b"s", "ab", "c")
    assert student_key(b"s", 'a", "b', "c") != student_key(b"s", "a", 'b", "c')


def test_every_student_gets_other_numbers() -> None:
    drawing = drawing_of("2-2-2 of sigmoids")
    keys = [
        student_key(secret, name, student)
        for secret in (b"one secret", b"another")
        for name in ("2A", "2B")
        for student in ("1", "01", "Ł", "李", "e\N{COMBINING ACUTE ACCENT}", "é")
    ]
    sheets = columns(drawing.draw(keys))
    assert len(set(sheets)) == len(keys)
    # Other sheets altogether: about one number in a hundred is the same by chance.
    same = [
        one == two for number, first in enumerate(sheets) for two, one in zip(sheets[number - 1], first, strict=True)
    ]
    assert np.mean(same) < 0.12


GOLDEN = {
    "default": """
        0.75 0.70 0.90 0 1 0
        0.73 0.77 -0.09 -0.68 -0.99 0.86 0.93 0.47 0.45 -0.01 0.41 0.26
        0.39 0.40 -0.35 0.82 -0.85 -0.34 0.66 -0.37 0.28 0.49 0.22 0.12
        0.48 -0.78 0.47 -0.41 0.67 0.35 0.12 0.38 0.91 -0.28 -0.12 -0.06
        0.01
    """,
    "2-2-2, other grids": "2.0 -1.5 0.63 0.26 -0.4 0.8 -0.1 -0.6 0.75 -0.75 -0.1 -1.4 0.2 -0.6 1.00 -0.25 0.5",
}
"""These numbers never change: what stands on a student's sheet can be drawn again with every later version."""


@pytest.mark.parametrize("name", GOLDEN)
def test_the_numbers_of_a_student_never_change(name: str) -> None:
    drawn = drawing_of(name).draw([student_key(b"a secret for ever", "2B", "4711")])
    assert KINDS[name].texts(drawn)[0] == GOLDEN[name].split()


# --- where nothing can be drawn ----------------------------------------------------------------

NO_CHOICE = Grid(Decimal("0.90"), Decimal("0.99"), Decimal("0.01"))

HOPELESS: dict[str, tuple[Callable[[], Drawing], str]] = {
    "one softmax unit": (lambda: Drawing(derive_plan(Net(layers=(2, 1), activations=("softmax",)))), "loss falls"),
    "a giant's step": (
        lambda: Drawing(derive_plan(Net(layers=(2, 2), activations=("identity",), loss="sse", learning_rate="999"))),
        "loss falls",
    ),
    "inputs that saturate": (
        lambda: Drawing(
            derive_plan(Net(layers=(9, 2), activations=("tanh",), loss="sse", bias="none")),
            grids=Grids(weights=NO_CHOICE, inputs=NO_CHOICE),
        ),
        "no unit is saturated",
    ),
    "dead units that cannot be": (
        lambda: Drawing(derive_plan(KINKS), grids=Grids(weights=NO_CHOICE, inputs=NO_CHOICE, dead_units=1)),
        "none is dead but by choice",
    ),
    "two figures": (
        lambda: Drawing(
            derive_plan(Net(layers=(5,) * 5, activations=("sigmoid",) * 4, loss="sse", learning_rate="0.5")), figures=2
        ),
        "within 1 %",
    ),
}


@pytest.mark.parametrize(("make", "rule"), HOPELESS.values(), ids=HOPELESS)
def test_an_error_names_the_rule_that_failed_most(make: Callable[[], Drawing], rule: str) -> None:
    with pytest.raises(InputError) as caught:
        make()
    (problem,) = caught.value.problems
    assert problem.where == "draw"
    assert rule in problem.what
    assert problem.remedy


@pytest.mark.parametrize(
    ("net", "dead", "words"),
    [
        (Net(), 3, "up to 2."),
        (Net(layers=(3, 4, 5, 2), activations=("relu", "relu", "softmax")), 8, "up to 7."),
        (Net(layers=(3, 1, 2), activations=("relu", "softmax")), 1, "Write 0."),
        (Net(layers=(3, 3, 2), activations=("leaky_relu", "softmax")), 1, "Write 0."),
        (Net(), -1, "up to 2."),
    ],
)
def test_more_dead_units_than_can_be_are_refused(net: Net, dead: int, words: str) -> None:
    with pytest.raises(InputError) as caught:
        Drawing(derive_plan(net), grids=Grids(dead_units=dead))
    (problem,) = caught.value.problems
    assert problem.where == "[draw] dead_units"
    assert str(dead) in problem.what
    assert words in problem.remedy


def test_as_many_dead_units_as_can_be_are_drawn() -> None:
    """And not the same ones on every sheet."""
    kind = Kind(Net(layers=(3, 3, 3, 2), activations=("relu", "relu", "softmax")), grids=Grids(dead_units=4))
    drawn = kind.drawing.draw(keys_of(30))
    tables = kind.judge.tables(kind.texts(drawn))
    assert list(kind.judge.faults(tables)) == []
    dead = [tables.exact[Address("a", layer, (unit,))] == 0 for layer in (1, 2) for unit in (1, 2, 3)]
    assert np.sum(dead, axis=0).tolist() == [4] * 30
    assert all(0 < flags.sum() < 30 for flags in dead)


def test_dead_units_stay_dead_and_the_others_alive_after_big_updates() -> None:
    """In every sample and every pass: a unit that dies of an update would make one sheet easier than another."""
    kind = KINDS["three big updates"]
    drawn = kind.drawing.draw(keys_of(60))
    assert drawn.failed["dead_units"] > 0, "the case does occur"
    assert [fault for fault in kind.judge.faults(kind.judge.tables(kind.texts(drawn))) if "dead" in fault.rule] == []
