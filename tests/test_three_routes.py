"""Three ways to the same numbers: the plan of cells, whole matrices, and differences of the loss.

A derivation that is wrong in one cell, one sample or one update cannot agree with all of them: the
matrices know no cells, and differences of the loss know no derivatives at all.
"""

from __future__ import annotations

import re
from decimal import Decimal
from random import Random

import autograd
import autograd.numpy
import numpy as np
import pytest
import sympy
from hypothesis import assume, given

from backproptable.nets.derive import derive_plan
from backproptable.nets.net import Net
from backproptable.nets.plan import Plan
from backproptable.numbers.evaluate import Calculator
from support import matrix, matrix_in_time
from support.exactly import evaluate, exact_values
from support.matrix_in_time import oracle_for
from support.nets import (
    HALF,
    LATER,
    THOROUGH,
    Example,
    examples,
    examples_that_learn,
    later_examples,
    later_examples_that_learn,
    random_givens,
    seeded_example,
)

STEP = 1e-30
"""Of complex-step differences: nothing is subtracted, so it can be as small as one likes."""


def exact(plan: Plan, givens: dict[str, Decimal]) -> dict[str, float]:
    """The calculator's values by name, givens included."""
    column = np.array([[float(givens[cell.name])] for cell in plan.givens])
    return dict(zip(plan.by_name, Calculator(plan).exact(column)[:, 0], strict=True))


def same(numbers: dict[str, float]) -> object:
    return pytest.approx(numbers, rel=1e-9, abs=1e-12)


def assume_no_corner(net: Net, cells: dict[str, float]) -> None:
    """Where z is 0 but for the last bit, the side of a ReLU or step that is taken is an accident."""
    for name, value in cells.items():
        if layer := re.match(r"z(\d*)", name):
            kind = net.activations[int(layer[1] or 1) - 1]
            above = float(net.threshold) if kind == "step" else 0.0
            assume(kind not in ("relu", "leaky_relu", "step") or abs(value - above) > 1e-6)


def assume_no_divergence(cells: dict[str, float]) -> None:
    """A learning rate that is too large makes numbers grow until no digit of their differences is left."""
    assume(all(abs(value) < 1e6 for value in cells.values()))


def check_all_cells(example: Example) -> None:
    oracle = oracle_for(example.net)
    with np.errstate(over="ignore", invalid="ignore"):
        expected = oracle.backpropagation(example.net, oracle.numbers_of(example.net, example.givens))
    assume_no_divergence(expected)
    assume_no_corner(example.net, expected)
    values = exact(example.plan, example.givens)
    assert {name: values[name] for name in values if name not in example.givens} == same(expected)


@THOROUGH
@given(examples)
def test_every_cell_is_what_whole_matrices_give(example: Example) -> None:
    check_all_cells(example)


@HALF
@given(later_examples)
def test_every_cell_of_runs_and_in_time_is_what_whole_matrices_give(example: Example) -> None:
    """Dropout, samples in turn, squared errors, paths one by one; recurrent nets unfolded."""
    check_all_cells(example)


def check_differences(example: Example) -> None:
    """In every update, at the weights that update starts from; for the input too."""
    net, oracle = example.net, oracle_for(example.net)
    values = exact(derive_plan(net, input_gradient=True), example.givens)
    assume_no_divergence(values)
    assume_no_corner(net, values)
    for update in range(1, max(net.updates, 1) + 1):
        numbers, tail = oracle.numbers_of(net, values, update), "" if update == 1 else f"@{update}"
        differences = complex_step(net, numbers, update, tail)
        assert {name: values[name] for name in differences} == same(differences)


@HALF
@given(examples_that_learn)
def test_gradients_are_differences_of_the_loss(example: Example) -> None:
    check_differences(example)


@HALF
@given(later_examples_that_learn)
def test_gradients_of_runs_and_in_time_are_differences_of_the_loss(example: Example) -> None:
    """Of the loss of the sample in turn; through the masks; through all time steps."""
    check_differences(example)


def complex_step(net: Net, numbers: dict[str, np.ndarray], update: int, tail: str) -> dict[str, float]:
    """dL by every number but the targets, the masks and the state to start from."""
    differences: dict[str, float] = {}
    rows = None if net.is_recurrent else matrix.rows_of(net, update)
    for stem, array in numbers.items():
        if stem[0] in "xWb":
            slopes = np.empty(array.shape)
            for index in np.ndindex(array.shape):
                shifted = array.astype(complex)
                shifted[index] += STEP * 1j
                slopes[index] = loss_of(net, numbers | {stem: shifted}, rows).imag / STEP
            differences |= _gradient_names(net, stem, slopes, tail, rows)
    if net.paths:
        stems = [f"dL/dW{layer}" for layer in ("xs" if net.is_recurrent else range(1, net.depth))]
        of_paths = {name: slope for name, slope in differences.items() if name.partition("[")[0] in stems}
        differences |= {
            f"paths({name[: name.index('[')]}){name[name.index('[') :]}": of_paths[name] for name in of_paths
        }
    return differences


def loss_of(net: Net, numbers: dict[str, np.ndarray], rows: list[int] | None) -> complex:
    return matrix_in_time.loss(net, numbers) if net.is_recurrent else matrix.loss(net, numbers, rows=rows)


def _gradient_names(
    net: Net, stem: str, slopes: np.ndarray, tail: str = "", rows: list[int] | None = None
) -> dict[str, float]:
    if stem != "x" or net.is_recurrent:
        return matrix.named(f"dL/d{stem}", slopes, tail)
    if net.samples is None:
        return matrix.named("dL/dx", slopes[0], tail)
    seen = range(net.samples) if rows is None else rows
    unseen = np.delete(slopes, list(seen), axis=0)
    assert not unseen.any()
    by_name = matrix.named("dL/dx", slopes, tail)
    return {name: slope for name, slope in by_name.items() if int(re.search(r"\[(\d+)", name)[1]) - 1 in seen}


@pytest.mark.parametrize(
    "net",
    [
        pytest.param(Net(), id="default"),
        pytest.param(Net(samples=3, reduction="mean", bias="shared", weights="to_from"), id="batch"),
        pytest.param(Net(layers=(2, 3, 1), activations=("tanh", "sigmoid"), loss="binary_cross_entropy"), id="bce"),
        pytest.param(Net(layers=(4, 3, 2), activations=("leaky_relu", "softmax"), loss="mse"), id="softmax_mse"),
        pytest.param(Net(layers=(3, 2), activations=("identity",), loss="half_sse", output_delta="short"), id="linear"),
    ],
)
def test_gradients_are_those_of_autograd(net: Net) -> None:
    """An outside oracle, which is not ours in any part but the loss that it differentiates."""
    plan = derive_plan(net, input_gradient=True)
    givens = random_givens(net, plan, Random(2))
    values = exact(plan, givens)
    numbers = matrix.numbers_of(net, givens)
    gradients = autograd.grad(lambda numbers: matrix.loss(net, numbers, autograd.numpy))(numbers)
    del gradients["y"]
    named = [_gradient_names(net, stem, slopes) for stem, slopes in gradients.items()]
    expected = {name: value for one in named for name, value in one.items()}
    assert {name: values[name] for name in expected} == same(expected)


def test_gradients_are_those_of_the_whole_loss_in_sympy() -> None:
    """One small net, written out as a person would: L as one expression, differentiated as a whole."""
    net = Net(layers=(2, 2, 2), activations=("sigmoid", "softmax"), loss="cross_entropy")
    plan = derive_plan(net)
    givens = random_givens(net, plan, Random(5))
    values = exact(plan, givens)

    symbols = {name: sympy.Symbol(name) for name in givens}
    x1, x2, y1, y2 = (symbols[name] for name in ("x[1]", "x[2]", "y[1]", "y[2]"))
    h1 = 1 / (1 + sympy.exp(-(x1 * symbols["W1[1,1]"] + x2 * symbols["W1[2,1]"] + symbols["b1[1]"])))
    h2 = 1 / (1 + sympy.exp(-(x1 * symbols["W1[1,2]"] + x2 * symbols["W1[2,2]"] + symbols["b1[2]"])))
    e1 = sympy.exp(h1 * symbols["W2[1,1]"] + h2 * symbols["W2[2,1]"] + symbols["b2[1]"])
    e2 = sympy.exp(h1 * symbols["W2[1,2]"] + h2 * symbols["W2[2,2]"] + symbols["b2[2]"])
    loss = -y1 * sympy.log(e1 / (e1 + e2)) - y2 * sympy.log(e2 / (e1 + e2))

    put_in = {symbol: sympy.Rational(str(givens[name])) for name, symbol in symbols.items()}
    assert values["L"] == pytest.approx(float(loss.subs(put_in)), rel=1e-12)
    parameters = [name for name in symbols if name.startswith(("W", "b"))]
    assert len(parameters) == 12
    expected = {f"dL/d{name}": float(loss.diff(symbols[name]).subs(put_in)) for name in parameters}
    assert {name: values[name] for name in expected} == same(expected)


def test_equivalent_formulas_give_the_printed_number() -> None:
    """To forty digits, so that what only nearly agrees is not taken for equivalent."""
    families: set[str] = set()
    for seed in (*range(60), *range(LATER, LATER + 40)):
        example = seeded_example(seed)
        values = exact_values(example.plan, example.givens)
        for _, cell in example.plan.worked:
            for formula in cell.also:
                families.add(cell.address.family)
                assert abs(evaluate(formula, values) - values[cell.address]) < Decimal("1e-40"), (seed, cell.name)
    assert families == {"a", "l", "da/dz", "dL/dz", "dL/dW"}


@pytest.mark.parametrize("seed", [*range(6), *range(LATER + 1, LATER + 5)])
def test_many_sets_of_givens_at_once_are_each_as_if_alone(seed: int) -> None:
    example = seeded_example(seed)
    plan, random = example.plan, Random(seed)
    sets = [random_givens(example.net, plan, random) for _ in range(7)]
    table = np.array([[float(givens[cell.name]) for givens in sets] for cell in plan.givens])
    calculator = Calculator(plan)
    for work in (calculator.exact, lambda givens: calculator.paper(givens, 4)):
        together = work(table)
        alone = np.hstack([work(table[:, [column]]) for column in range(len(sets))])
        assert not np.array_equal(together[:, 0], together[:, 1])
        np.testing.assert_allclose(together, alone, rtol=1e-12, atol=1e-15)
