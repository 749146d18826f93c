"""A net on shapes alone is the net of its cells: the same numbers, names, formulas and multiplications.

Small nets of every kind are worked both ways. Nothing about the lines between matrices is taken on trust:
whatever they say of a number is compared with the cell of that name in the plan.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from math import isnan, prod
from typing import TypeVar

import numpy as np
import pytest
from hypothesis import given as from_examples

from backproptable.basics.errors import InputError
from backproptable.formulas.digits import DEFAULT_FIGURES
from backproptable.formulas.formula import Formula, Power, Product, children, references
from backproptable.formulas.names import Address, name_of
from backproptable.nets.derive import derive_plan
from backproptable.nets.net import Net
from backproptable.nets.plan import Digits
from backproptable.numbers.evaluate import Calculator, solve
from backproptable.numbers.matrix_givens import given_matrices, weight_grid
from backproptable.numbers.matrix_numbers import solve_matrices, work_out
from backproptable.numbers.shapes import MOST_NUMBERS, MOST_TERMS, Shapes, letters_of, matrix_name, shapes_of
from support.nets import HALF, Example, examples, seeded_example

SEEDS = range(40)
Result = TypeVar("Result")


def with_one_update(example: Example) -> Example:
    """The example as far as shapes alone go: one update, or none."""
    net = replace(example.net, updates=min(example.net.updates, 1))
    return example if net == example.net else Example(net, example.givens, derive_plan(net))


def number_at(arrays: dict[str, np.ndarray], address: Address) -> float:
    return float(arrays[matrix_name(address)][tuple(int(index) - 1 for index in letters_of(address))])


def both_ways(example: Example, *several: int | None) -> Iterator[tuple[str, int | None, float, float]]:
    """Every number for each number of figures: its cell's name, from whole matrices, and from the cells."""
    example = with_one_update(example)
    plan, shapes = example.plan, shapes_of(example.net)
    arrays = {name: matrix.values for name, matrix in given_matrices(shapes, 0, example.givens).items()}
    column = np.array([[float(example.givens[cell.name])] for cell in plan.givens])
    calculator = Calculator(plan)
    for figures in several:
        worked = work_out(shapes, arrays, figures)
        cells = calculator.exact(column) if figures is None else calculator.paper(column, figures)
        for cell, value in zip(plan.cells, cells[:, 0], strict=True):
            yield cell.name, figures, number_at(worked, cell.address), value


# --- numbers -----------------------------------------------------------------------------------


@HALF
@from_examples(examples)
def test_every_entry_is_the_cell_of_its_name_at_full_precision(example: Example) -> None:
    for name, _, entry, cell in both_ways(example, None):
        assert entry == pytest.approx(cell, rel=1e-9, abs=1e-12, nan_ok=True), name


@HALF
@from_examples(examples)
def test_every_entry_is_the_cell_of_its_name_on_paper_to_the_last_digit(example: Example) -> None:
    for name, figures, entry, cell in both_ways(example, 2, DEFAULT_FIGURES, 7):
        assert entry == cell or (isnan(entry) and isnan(cell)), (name, figures)


def attempt(work: Callable[[], Result]) -> tuple[list[str], Result | None]:
    """Where it is refused and with which remedy, and what it gives if it is not."""
    try:
        return [], work()
    except InputError as error:
        return [error.problems[0].where, error.problems[0].remedy], None


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("figures", "carry"), [(4, "paper"), (6, "paper"), (4, "full")])
def test_every_printed_text_is_that_of_the_cell(seed: int, figures: int, carry: str) -> None:
    example = with_one_update(seeded_example(seed))
    shapes = shapes_of(example.net)
    givens = given_matrices(shapes, 0, example.givens)
    of_cells, solution = attempt(lambda: solve(example.plan, example.givens, figures=figures, carry=carry))
    of_matrices, entries = attempt(lambda: solve_matrices(shapes, givens, (), figures=figures, carry=carry))
    assert of_matrices == of_cells
    if solution is None:
        return
    for cell, text, exact in zip(solution.plan.cells, solution.text, solution.exact, strict=True):
        if carry == "full" and exact == 0 != entries.value(cell.address):
            assert abs(entries.value(cell.address)) < 1e-15, cell.name  # noise that only longer numbers can tell
        else:
            assert entries.text(cell.address) == text, cell.name


# --- lines -------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_matrices_have_the_cells_of_the_plan_in_its_order(seed: int) -> None:
    example = with_one_update(seeded_example(seed))
    plan, shapes = example.plan, shapes_of(example.net)
    assert shapes.numbers == len(plan.cells)
    sizes = Counter(matrix_name(cell.address) for cell in plan.cells)
    assert {name: matrix.numbers for name, matrix in shapes.matrices.items()} == sizes
    assert list(shapes.matrices) == list(sizes)
    for matrix in shapes.matrices.values():
        entries = [shapes.entry(matrix, tuple(place + 1 for place in index)) for index in np.ndindex(matrix.sizes)]
        assert {name_of(entry) for entry in entries} <= plan.by_name.keys()
        assert prod(shapes.shape(matrix)) == matrix.numbers


def as_terms(formula: Formula) -> Counter[tuple[object, ...]]:
    """What a formula refers to, whatever the order in which sums over two letters are written out."""
    return Counter(references(formula))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_formula_of_an_entry_is_that_of_the_cell(seed: int) -> None:
    example = with_one_update(seeded_example(seed))
    plan, shapes = example.plan, shapes_of(example.net)
    for step, cell in plan.worked:
        formula = shapes.entry_formula(cell.address)
        terms = len(list(references(cell.formula)))
        if formula != cell.formula and terms <= MOST_TERMS:
            assert as_terms(formula) == as_terms(cell.formula), cell.name
            assert step.reason in ("norm", "loss", "gradient")  # sums over two letters
        matrix = shapes.matrices[matrix_name(cell.address)]
        assert matrix.step is not None
        assert (matrix.step.name, matrix.step.reason) == (step.name, step.reason)


@pytest.mark.parametrize("seed", SEEDS)
def test_multiplications_are_those_that_the_cells_have(seed: int) -> None:
    """Counted in the formulas of the plan, cell by cell: the signs of multiplication, and the squares."""
    example = with_one_update(seeded_example(seed))
    plan, shapes = example.plan, shapes_of(example.net)

    def count(formula: Formula) -> int:
        own = 0
        if isinstance(formula, Product):
            own = len(formula.factors) - 1
        elif isinstance(formula, Power):
            own = formula.exponent - 1
        return own + sum(map(count, children(formula)))

    expected: Counter[str] = Counter()
    for _, cell in plan.worked:
        expected[matrix_name(cell.address)] += count(cell.formula)
    counted: Counter[str] = Counter()
    for line in shapes.lines:
        counted[matrix_name(line.result)] += shapes.multiplications(line)
        if product := shapes.product(line):
            assert product.multiplications == shapes.multiplications(line)
    assert counted == expected


@pytest.mark.parametrize("seed", SEEDS)
def test_products_of_matrices_with_these_shapes_give_the_numbers(seed: int) -> None:
    """The formula between matrices, worked with NumPy's `@` on arrays that lie as the sheet says."""
    example = with_one_update(seeded_example(seed))
    net, shapes = example.net, shapes_of(example.net)
    arrays = {name: matrix.values for name, matrix in given_matrices(shapes, 0, example.givens).items()}
    exact = work_out(shapes, arrays, None)

    def laid(address: Address, *, turned: bool, sample: int) -> np.ndarray:
        name = matrix_name(address)
        if address.family == "da/dz":
            array = exact[name] if net.samples is None else exact[name][sample]
        else:
            flat = exact[name].T if net.weights == "to_from" and address.sample is not None else exact[name]
            array = flat.reshape(shapes.shape(shapes.matrices[name]))
        return array.T if turned else array

    for line in shapes.lines:
        if (product := shapes.product(line)) is None:
            continue
        result = laid(line.result, turned=False, sample=0)
        for sample in range(product.times):
            left = laid(product.left, turned=product.left_turned, sample=sample)
            right = laid(product.right, turned=product.right_turned, sample=sample)
            wanted = result
            if product.times > 1:
                across = net.weights == "from_to"
                left = left[[sample]] if across else left
                right = right if across else right[:, [sample]]
                wanted = result[[sample]] if across else result[:, [sample]]
            assert left.shape == product.left_shape
            assert right.shape == product.right_shape
            plus = 0.0
            if product.plus is not None:
                plus = exact[matrix_name(product.plus)]
                plus = plus[:, None] if net.weights == "to_from" and plus.ndim else plus
            np.testing.assert_allclose(left @ right + plus, wanted, rtol=1e-9, atol=1e-12)


def test_the_best_known_counts() -> None:
    """Two hidden layers on a batch of 209 pictures, by hand: 209 x 12288 x 20 for the first product."""
    net = Net(layers=(12288, 20, 7, 1), activations=("relu", "relu", "sigmoid"), loss="half_sse", samples=209)
    products = {matrix_name(line.result): shapes_of(net).product(line) for line in shapes_of(net).lines}
    first, gradient, below = products["z1"], products["dL/dW1"], products["dL/da2"]
    assert (first.left_shape, first.right_shape, first.shape) == ((209, 12288), (12288, 20), (209, 20))
    assert first.multiplications == 51_363_840
    assert (gradient.left_shape, gradient.right_shape, gradient.left_turned) == ((12288, 209), (209, 20), True)
    assert (below.left_shape, below.right_shape, below.right_turned) == ((209, 1), (1, 7), True)
    assert products["a1"] is products["dL/dz1"] is products["W1'"] is None


# --- what is drawn -----------------------------------------------------------------------------


WIDE = Net(layers=(300, 12, 4), activations=("sigmoid", "softmax"), loss="cross_entropy", samples=20)


def test_drawn_matrices_depend_on_the_seed_and_their_name_alone() -> None:
    shapes = shapes_of(WIDE)
    once, again, other = (given_matrices(shapes, seed, {}) for seed in (5, 5, 6))
    shallower = given_matrices(shapes_of(replace(WIDE, layers=(300, 12), activations=("softmax",))), 5, {})
    for name, matrix in once.items():
        assert np.array_equal(matrix.values, again[name].values)
        if name != "eta":
            assert not np.array_equal(matrix.values, other[name].values)
    assert np.array_equal(once["x"].values, shallower["x"].values)
    assert np.array_equal(once["W1"].values, shallower["W1"].values)
    assert float(once["W1"].values[0, 0]) == 0.055  # the same on every machine and with every NumPy
    assert not np.array_equal(once["W1"].values[:12], once["W2"].values[:12])


def test_drawn_numbers_are_what_is_printed() -> None:
    for name, matrix in given_matrices(shapes_of(WIDE), 5, {}).items():
        for index in np.ndindex(matrix.values.shape):
            number = matrix.number(tuple(place + 1 for place in index))
            assert float(number) == matrix.values[index]
            if matrix.grid:
                assert matrix.grid.low <= number <= matrix.grid.high
                assert number
                assert len(str(abs(number)).partition(".")[2]) <= (4 if name == "W1" else 2)


@pytest.mark.parametrize("inputs", [1, 2, 3, 7, 10, 20, 99, 100, 101, 784, 12288, 10**6])
def test_weights_are_short_and_no_larger_than_one_over_the_root_of_the_inputs(inputs: int) -> None:
    grid = weight_grid(inputs)
    assert list(grid.problems("weights")) == []
    assert grid.high == -grid.low <= 1 / Decimal(inputs).sqrt()
    assert float(grid.high) > 0.89 / inputs**0.5
    assert 20 <= len(grid.units()) <= 200


@pytest.mark.parametrize("activation", ["identity", "relu", "leaky_relu", "sigmoid", "tanh"])
@pytest.mark.parametrize("inputs", [60, 784, 5000])
def test_nothing_saturates(activation: str, inputs: int) -> None:
    net = Net(layers=(inputs, 40, 30, 10), activations=(activation,) * 3, loss="half_sse", samples=3)
    shapes = shapes_of(net)
    for seed in range(5):
        solution = solve_matrices(shapes, given_matrices(shapes, seed, {}), (), figures=4, carry="paper")
        sums = np.concatenate([solution.exact[f"z{layer}"].ravel() for layer in (1, 2, 3)])
        assert np.abs(sums).max() < 4


KINDS = {
    # activation, loss -> what the targets of a sample are
    ("softmax", "cross_entropy"): lambda row: sorted(row) == [0, 0, 0, 1],
    ("softmax", "half_sse"): lambda row: sorted(row) == [0, 0, 0, 1],
    ("sigmoid", "binary_cross_entropy"): lambda row: set(row) <= {0, 1},
    ("sigmoid", "mse"): lambda row: all(0.01 <= target <= 0.99 for target in row),
    ("tanh", "sse"): lambda row: all(-0.99 <= target <= 0.99 for target in row),
    ("identity", "half_sse"): lambda row: all(0.1 <= target <= 2 for target in row),
}


@pytest.mark.parametrize(("output", "loss"), KINDS)
def test_targets_are_what_the_output_can_reach(output: str, loss: str) -> None:
    net = replace(WIDE, activations=("sigmoid", output), loss=loss)
    targets = given_matrices(shapes_of(net), 1, {})["y"].values
    assert targets.shape == (20, 4)
    assert all(map(KINDS[output, loss], targets.tolist()))
    assert len(np.unique(targets, axis=0)) > 2


def test_given_matrices_are_taken_as_they_are_and_only_whole() -> None:
    shapes = shapes_of(Net(layers=(2, 1), activations=("sigmoid",), loss="half_sse", bias="shared"))
    given = {"x[1]": Decimal("0.10"), "x[2]": Decimal("-3"), "b1": Decimal("7")}
    matrices = given_matrices(shapes, 1, given)
    assert str(matrices["x"].number((1,))) == "0.10"
    assert matrices["b1"].number(()) == 7
    assert [name for name, matrix in matrices.items() if matrix.is_drawn] == ["y", "W1"]
    with pytest.raises(InputError, match=r"\[givens\] x: has 1 of 2 numbers"):
        given_matrices(shapes, 1, {"x[1]": Decimal(1)})


# --- what is refused ---------------------------------------------------------------------------


def refusals(**keys: object) -> list[str]:
    net = replace(WIDE, **keys)
    return [str(problem) for problem in shapes_of(net).problems()]


def test_the_limits_of_shapes() -> None:
    assert refusals() == refusals(updates=0) == []
    what = "[net] updates: is 2, but a net on shapes alone is worked for one update."
    assert refusals(updates=2) == [f"{what} Write 1, or 0 to stop at the gradients."]
    [said] = refusals(layers=(10**6, 10**6, 4))
    assert said.startswith(
        "[net] layers: a net of layers [1000000, 1000000, 4] and 20 samples has 3,000,174,001,253 numbers"
    )
    assert f"more than the {MOST_NUMBERS:,}" in said
    assert len(refusals(samples=10**6, updates=9)) == 2
    assert len(refusals(layers=(300, 12, 2000), samples=100)) == 1  # softmax derivatives are counted


def test_a_net_of_very_many_steps() -> None:
    layers = (30,) * 300
    with pytest.raises(InputError, match="a net of 300 layers and 1 updates has too many steps to print"):
        shapes_of(replace(WIDE, layers=layers, activations=("tanh",) * 298 + ("softmax",)))


def test_a_number_that_does_not_exist_is_named() -> None:
    net = Net(layers=(3, 2), activations=("sigmoid",), loss="binary_cross_entropy", samples=2)
    shapes = shapes_of(net)
    givens = given_matrices(shapes, 1, {f"W1[{i},{j}]": Decimal(900) for i in (1, 2, 3) for j in (1, 2)})
    with pytest.raises(InputError) as refused:
        solve_matrices(shapes, givens, (), figures=4, carry="paper")
    [problem] = refused.value.problems
    assert problem.where in ("l[1,1]", "l[1,2]", "l[2,1]", "l[2,2]", "dL/da1[1,1]")
    assert problem.what.startswith("has no value here")
    tanh = shapes_of(replace(net, activations=("tanh",), loss="half_sse"))
    with pytest.raises(InputError, match=r"a1\[1,1\]: is saturated, like 3 more of its matrix: its derivative"):
        solve_matrices(tanh, givens, (), figures=4, carry="paper")


def test_updated_weights_keep_every_decimal_on_paper() -> None:
    shapes: Shapes = shapes_of(WIDE)
    solution = solve_matrices(shapes, given_matrices(shapes, 3, {}), (), figures=4, carry="paper")
    address = Address("W", 1, (7, 2), primed=True)
    old, step = (Decimal(solution.text(one)) for one in (Address("W", 1, (7, 2)), Address("dL/dW", 1, (7, 2))))
    assert Decimal(solution.text(address)) == old - Decimal("0.01") * step
    assert shapes.matrices["W1'"].step is not None
    assert shapes.matrices["W1'"].step.cells[0].digits is Digits.EVERY_DECIMAL
