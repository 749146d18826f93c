"""Points as a policy: what lines earn by their weights, and how often the same mistake costs."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from backproptable.basics.errors import InputError
from backproptable.courses.course import Points
from backproptable.courses.course_file import load_course
from backproptable.courses.weights import EQUALLY, REPEATS, equal_weights, weights_of
from backproptable.marking.marked import MarkedCell, Verdict
from backproptable.marking.scoring import Policy
from backproptable.nets.derive import derive_plan
from backproptable.nets.net import Net
from support.marking import cells, marker, on_paper, right_answers

V = Verdict
PLAN = derive_plan(Net(layers=(2, 2, 2), activations=("sigmoid", "softmax"), updates=2))
NAMES = [cell.name for _, cell in PLAN.worked]
WORTH = dict.fromkeys(Verdict, Decimal(0)) | {V.RIGHT: Decimal(1), V.FOLLOWS: Decimal(1), V.WRONG: Decimal("-0.5")}
WORTH[V.MISTAKE] = WORTH[V.SLIP] = WORTH[V.WRONG]


def lines(**said: tuple[Verdict, tuple[str, ...]]) -> list[MarkedCell]:
    """A sheet of right lines but for those said, by name (with _ for what Python's names cannot have)."""
    found = []
    for name in NAMES:
        verdict, because = said.get(name, (V.RIGHT, ()))
        found.append(MarkedCell(name, "1", 1, verdict, "1", 1.0, 1.0, because))
    return found


def mistakes(*made: tuple[str, str]) -> list[MarkedCell]:
    return lines(**{name: (V.MISTAKE, tuple(codes.split())) for name, codes in made})


def lost(repeats: str, *made: tuple[str, str]) -> float:
    """How many lines' worth of points are lost."""
    marked = mistakes(*made)
    assert sum(cell.verdict is V.MISTAKE for cell in marked) == len(made)
    return float(len(NAMES) - Policy(PLAN, WORTH, repeats=repeats).points(marked)) / 1.5


SLOPES = (("dL/dz2[1]", "slope"), ("dL/dz2[2]", "slope"), ("dL/dz1[1]", "slope"), ("dL/dW1[1,1]", "slope"))
COST = {
    # which mistakes -> how many lines cost under each rule
    "one": ((("z1[1]", "bias"),), (1, 1, 1)),
    "the same in one step": ((("z1[1]", "bias"), ("z1[2]", "bias")), (2, 1, 1)),
    "the same in two layers": ((("z1[1]", "bias"), ("z2[1]", "bias")), (2, 1, 1)),
    "the same in two updates": ((("z1[1]", "bias"), ("z1[1]@2", "bias")), (2, 1, 1)),
    "the same in two kinds of steps": (SLOPES, (4, 2, 1)),
    "two that differ": ((("z1[1]", "bias"), ("z1[2]", "index")), (2, 2, 2)),
    "one of several names in common": ((("z1[1]", "bias index"), ("z1[2]", "index layer")), (2, 1, 1)),
    # what is said of the rows is no name of a mistake
    "two in rows that stand twice": ((("z1[1]", "bias doubled"), ("z1[2]", "index doubled")), (2, 2, 2)),
    # bias or index; index or layer: so it was the index; then bias is another one
    "names that were ruled out": ((("z1[1]", "bias index"), ("z1[2]", "index layer"), ("z2[1]", "bias")), (3, 2, 2)),
}


@pytest.mark.parametrize("case", COST)
def test_how_often_the_same_mistake_costs(case: str) -> None:
    made, costs = COST[case]
    assert tuple(lost(repeats, *made) for repeats in REPEATS) == costs


def test_slips_and_wrong_numbers_always_cost() -> None:
    marked = lines(
        **{"z1[1]": (V.SLIP, ("sign_dropped",)), "z1[2]": (V.SLIP, ("sign_dropped",)), "a1[1]": (V.WRONG, ())}
    )
    assert {Policy(PLAN, WORTH, repeats=repeats).points(marked) for repeats in REPEATS} == {len(NAMES) - Decimal("4.5")}


def test_what_earns_nothing() -> None:
    marked = lines(**{"z1[1]": (V.FOLLOWS, ("trivial",)), "z1[2]": (V.UNREADABLE, ()), "a1[1]": (V.FOLLOWS, ())})
    assert Policy(PLAN, WORTH).points(marked) == len(NAMES) - 2
    assert Policy(PLAN, WORTH).points(lines(**{"a1[1]": (V.RIGHT, ("constant",))})) == 0


def test_weights_of_steps_and_parts() -> None:
    """A step goes before its part; what is not named weighs 1."""
    weights = weights_of(PLAN, {"backward": Decimal(2), "dL/dW1": Decimal(3), "loss": Decimal(0)})
    assert [weights[name] for name in ("z1[1]", "l[1]", "dL/dz1[1]", "dL/dW1[2,1]", "dL/dW1[2,1]@2", "W1'[1,1]")] == [
        *(1, 0, 2, 3, 2, 1)
    ]
    policy = Policy(PLAN, WORTH, weights=weights)
    assert policy.possible(NAMES) == sum(weights.values())
    assert policy.points(lines()) == policy.possible(NAMES)
    wrong = lines(**{"dL/dW1[2,1]": (V.WRONG, ())})
    assert policy.points(wrong) == policy.possible(NAMES) - 3 * Decimal("1.5")
    assert policy.share(lines()) == 1


@pytest.mark.parametrize("equally", EQUALLY)
def test_equal_weights(equally: str) -> None:
    """Whatever weighs the same loses the same if all of it is lost."""
    weights = equal_weights(PLAN, NAMES, equally)
    policy = Policy(PLAN, WORTH | {V.WRONG: Decimal(0)}, weights=weights)
    lost = {
        step.name: 1 - float(policy.share(lines(**{cell.name: (V.WRONG, ()) for cell in step.cells})))
        for step in PLAN.steps
    }
    if equally == "step":
        assert list(lost.values()) == [pytest.approx(1 / len(PLAN.steps))] * len(PLAN.steps)
    elif equally == "line":
        assert lost["dL/dW1"] == pytest.approx(4 / len(NAMES))
    else:
        assert sum(lost[name] for name in ("l", "L", "l@2", "L@2")) == pytest.approx(1 / 4)


# --- the file of a course ------------------------------------------------------------------------


def test_points_in_a_course_file(tmp_path: Path) -> None:
    path = tmp_path / "course.toml"
    path.write_text('[points]\nmistake = "once"\nsteps = { backward = 2, "z1" = 0.5 }\n', encoding="utf-8")
    points = load_course(path).points
    assert (points.mistake, points.steps) == ("once", {"backward": Decimal(2), "z1": Decimal("0.5")})
    keys = load_course(path).as_keys()["points"]
    assert Points.of_keys(keys) == points


def test_points_of_earlier_manifests_are_what_held_then() -> None:
    earlier = {"right": "2", "follows": "1", "too_few_digits": "0.5", "wrong": "0", "blank": "0"}
    assert Points.of_keys(earlier) == Points(right=Decimal(2))
    assert Points().mistake == "each"
    assert Points().steps == {}


BAD = {
    'mistake = "twice"': "[points] mistake: ... each, kind, once",
    "steps = { backwards = 2 }": "Did you mean 'backward'?",
    'steps = { "dL/dW9" = 2 }': '"dL/dW9" is not a step of this net.',
    "steps = { backward = -1 }": "Write a number from 0 to 100",
    "steps = { backward = nan }": "Write a number from 0 to 100",
    'steps = { backward = "2" }': "Write a number, without quotes.",
    "steps = { forward = 0, loss = 0, backward = 0, updates = 0 }": "weighs everything that is asked with 0.",
}


@pytest.mark.parametrize("keys", BAD)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, keys: str) -> None:
    path = tmp_path / "course.toml"
    path.write_text(f"[points]\n{keys}\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_course(path)
    for words in BAD[keys].split(" ... "):
        assert words in str(caught.value)


# --- whole sheets ----------------------------------------------------------------------------------


def test_marks_of_the_same_sheet_under_each_rule() -> None:
    """Who leaves out every slope, and who turns every gradient round: few lines, and one thing each not understood."""
    plan = derive_plan(Net(layers=(2, 2, 2), activations=("sigmoid", "sigmoid"), loss="half_sse"))
    givens = dict(zip((cell.name for cell in plan.givens), _numbers(len(plan.givens)), strict=True))
    key = right_answers(plan, givens)
    left_out = key | {f"dL/dz{layer}[{j}]": key[f"dL/da{layer}[{j}]"] for layer in (1, 2) for j in (1, 2)}
    (sheet,) = marker(plan).mark([on_paper(givens, left_out)])
    flagged = [cell for cell in cells(sheet).values() if cell.verdict is V.MISTAKE]
    assert {cell.name for cell in flagged} >= {"dL/dz2[1]", "dL/dz1[1]"}
    worth = {verdict: Decimal(verdict in (V.RIGHT, V.FOLLOWS)) for verdict in Verdict}
    earned = [Policy(plan, worth, repeats=repeats).points(sheet.cells) for repeats in REPEATS]
    assert earned[0] < earned[1] <= earned[2] == len(sheet.cells) - 1


def _numbers(count: int) -> list[str]:
    return [str(round(0.15 + 0.07 * place, 2)) for place in range(count)]
