"""Nets described by their forward lines: every cell is what NumPy gives on whole arrays, every gradient the slope."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from backproptable.basics.shipped import shipped_texts
from backproptable.examples.recipe_files import recipe_in
from backproptable.formulas.names import Address, name_of
from backproptable.nets.derive import derive_plan
from backproptable.nets.net import Net
from backproptable.nets.plan import Plan
from backproptable.nets.recipes.recipe import Recipe
from backproptable.nets.recipes.unroll import FUNCTIONS
from backproptable.nets.recipes.updates import UPDATE_RULES, UpdateRule
from backproptable.numbers.evaluate import Calculator
from backproptable.render.printers import plain
from support.recipes import blame, gradients, random_recipe, worked_arrays

SHIPPED = [*shipped_texts("recipes")]
SEEDS = range(500)


def shipped(name: str, samples: int | None = None) -> Recipe:
    return recipe_in({"net": {"kind": name}}, samples)


def numbers_of(recipe: Recipe, seed: int, largest: float = 1.1) -> dict[str, np.ndarray]:
    """Numbers for everything that is given: away from corners, targets above 0."""
    chance = np.random.default_rng(seed)
    found = {}
    for name, shape in recipe.shapes.items():
        whole = (recipe.samples, *shape) if name in ("x", "y") and recipe.samples else shape
        size = chance.uniform(0.2, largest, whole)
        found[name] = size if name == "y" else size * chance.choice([-1, 1], whole)
    return found


def table(plan: Plan, numbers: dict[str, np.ndarray]) -> np.ndarray:
    """The exact numbers of all cells."""
    givens = []
    for cell in plan.givens:
        address = cell.address
        if address.family == "eta":
            givens.append(float(plan.net.learning_rate))
            continue
        place = tuple(int(unit) - 1 for unit in address.units)
        sample = () if address.sample is None else (int(address.sample) - 1,)
        givens.append(float(numbers[address.family][(*sample, *place)]))
    return Calculator(plan).exact(np.array(givens)[:, None])[:, 0]


def check(recipe: Recipe, seed: int) -> None:
    plan, numbers = derive_plan(recipe), numbers_of(recipe, seed)
    values = table(plan, numbers)
    if not np.isfinite(values).all():  # exp of exp of exp
        numbers = numbers_of(recipe, seed, largest=0.3)
        values = table(plan, numbers)
    assert np.isfinite(values).all()
    seen = 0
    for sample in recipe.sample_numbers:
        own = {name: array[sample - 1] if sample and name in ("x", "y") else array for name, array in numbers.items()}
        arrays = worked_arrays(recipe, {name: array.astype(complex) for name, array in own.items()})
        for row, cell in enumerate(plan.cells):
            to = cell.address
            if cell.formula is None or to.family not in arrays or to.primed or to.update > 1 or to.family == "L":
                continue
            if to.sample not in (None, sample):
                continue
            place = tuple(int(unit) - 1 for unit in to.units)
            step = () if to.time is None else (int(to.time) - 1,)
            assert values[row] == pytest.approx(arrays[to.family][(*step, *place)].real, rel=1e-9, abs=1e-12)
            seen += 1
    assert seen
    if recipe.samples is None:
        check_the_way_back(recipe, plan, numbers, values)
    for name, slope in gradients(recipe, numbers).items():
        for place in np.ndindex(slope.shape):
            address = Address(f"dL/d{name}", None, tuple(one + 1 for one in place))
            found = values[plan.row[address]] if address in plan.row else 0.0
            assert found == pytest.approx(slope[place], rel=1e-9, abs=1e-11), (name, place)


def check_the_way_back(recipe: Recipe, plan: Plan, numbers: dict[str, np.ndarray], values: np.ndarray) -> None:
    """dL/d of everything that has such a cell is what autograd finds."""
    slopes = blame(recipe, numbers)
    seen = 0
    for row, cell in enumerate(plan.cells):
        to, of = cell.address, cell.address.family.removeprefix("dL/d")
        if of == to.family or (of, to.time) not in slopes or to.share is not None or to.update > 1:
            continue
        slope = slopes[of, to.time]  # of a parameter, or of a line in its time step
        place = tuple(int(unit) - 1 for unit in to.units)
        assert values[row] == pytest.approx(slope[place], rel=1e-9, abs=1e-11), cell.name
        seen += 1
    assert seen


@pytest.mark.parametrize("samples", [None, 2])
@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_recipe_is_what_numpy_gives(name: str, samples: int | None) -> None:
    recipe = shipped(name, samples if "x" in shipped(name).shapes else None)
    for seed in range(3):
        check(recipe, seed)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_random_recipe_is_what_numpy_gives(seed: int) -> None:
    check(random_recipe(seed), seed)


def test_random_recipes_have_all_operations() -> None:
    """Each of them often enough to be wrong somewhere."""
    texts = [random_recipe(seed).forward for seed in SEEDS]
    for name in FUNCTIONS - {"step"}:
        assert sum(f"{name}(" in text for text in texts) >= 10, name
    for sign in (" + ", " - ", " * ", " / ", "^2", "^T", "[1]", "[:,2]", "h[t-1]"):
        assert sum(sign in text for text in texts) >= 10, sign


# --- the same as other nets --------------------------------------------------------------------


def test_a_feedforward_net_in_lines_has_the_numbers_of_the_net() -> None:
    net = Net(layers=(3, 3, 2), activations=("tanh", "softmax"), loss="cross_entropy", update_biases=True)
    recipe = Recipe(
        forward="z1 = x W1 + b1\na1 = tanh(z1)\nz2 = a1 W2 + b2\na2 = softmax(z2)\nL = cross_entropy(y, a2)",
        shapes={"x": (3,), "y": (2,), "W1": (3, 3), "b1": (3,), "W2": (3, 2), "b2": (2,)},
        learning_rate=Decimal("0.01"),
    )
    plan, lines = derive_plan(net), derive_plan(recipe)
    chance = np.random.default_rng(1)
    givens = {cell.name: chance.uniform(0.1, 0.9) for cell in plan.givens} | {"eta": 0.01}
    values = [Calculator(one).exact(np.array([[givens[cell.name]] for cell in one.givens])) for one in (plan, lines)]
    shared = set(plan.by_name) & set(lines.by_name)
    assert {"dL/dW1[1,1]", "dL/da1[2]", "dL/dz2[1]", "da1/dz1[3]", "W2'[3,2]", "L'", "z1'[1]", "dL/db1[1]"} <= shared
    for name in shared:
        one, other = (
            table[plan.row[plan.by_name[name].address], 0] for plan, table in zip((plan, lines), values, strict=True)
        )
        assert one == pytest.approx(other, rel=1e-12)
        if plan.by_name[name].formula is not None and name[0] != "L" and not name.startswith("dL/da2"):
            assert in_words(plan, name) == in_words(lines, name)  # L adds up terms that have a line of their own there


def in_words(plan: Plan, name: str) -> str:
    """The formula of a cell over the names of cells; softmax is called e2 and S2, or after the array it helps."""
    text = plain(plan.by_name[name].formula, lambda ref, _: name_of(ref.address))
    return text.replace("e(a2)", "e2").replace("S(a2)", "S2")


# --- updates -----------------------------------------------------------------------------------


def by_hand(rule: UpdateRule, rate: float, weights: list[float], slope) -> list[float]:
    """The weight after each update, by the algorithms of the papers; `slope` gives dL/dw."""
    w, v, m, s = weights[0], 0.0, 0.0, 0.0
    mu, b1, b2, eps = (float(getattr(rule, key)) for key in ("momentum", "beta1", "beta2", "epsilon"))
    decay, found = float(rule.weight_decay), []
    for t in (1, 2, 3):
        g = slope(w)
        if rule.clip_norm is not None and abs(g) > float(rule.clip_norm):
            g = g * float(rule.clip_norm) / abs(g)
        if rule.rule != "adamw":
            g += decay * w
        if rule.rule == "sgd":
            step = rate * g
        elif rule.rule in ("momentum", "nesterov"):
            v = mu * v + g
            step = rate * (g + mu * v if rule.rule == "nesterov" else v)
        elif rule.rule == "adagrad":
            s += g * g
            step = rate * g / (np.sqrt(s) + eps)
        elif rule.rule == "rmsprop":
            s = b2 * s + (1 - b2) * g * g
            step = rate * g / (np.sqrt(s) + eps)
        else:
            m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g * g
            step = rate * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps)
            step += rate * decay * w if rule.rule == "adamw" else 0.0
        w -= step
        found.append(w)
    return found


@pytest.mark.parametrize("decay", ["0", "0.1"])
@pytest.mark.parametrize("clip", [None, "0.5"])
@pytest.mark.parametrize("rule", UPDATE_RULES)
def test_updates_are_those_of_the_papers(rule: str, clip: str | None, decay: str) -> None:
    own = UpdateRule(rule=rule, clip_norm=clip and Decimal(clip), weight_decay=Decimal(decay))
    recipe = Recipe(
        forward="L = (w * x - y)^2",
        shapes={"x": (), "y": (), "w": ()},
        rule=own,
        updates=3,
        learning_rate=Decimal("0.1"),
    )
    plan = derive_plan(recipe)
    values = table(plan, {"x": np.array(0.8), "y": np.array(0.3), "w": np.array(1.5)})
    expected = by_hand(own, 0.1, [1.5], lambda w: 2 * 0.8 * (0.8 * w - 0.3))
    found = [values[plan.row[Address("w", primed=True, update=update)]] for update in (1, 2, 3)]
    assert found == pytest.approx(expected, rel=1e-9)
    last = Address("L", primed=True)
    assert values[plan.row[last]] == pytest.approx((0.8 * expected[-1] - 0.3) ** 2, rel=1e-9)
