"""The text of a recipe: what is read, and every fault told with its place and its remedy, all of them at once."""

from __future__ import annotations

from decimal import Decimal

import pytest

from backproptable.basics.errors import InputError
from backproptable.nets.derive import derive_plan
from backproptable.nets.recipes.recipe import Recipe
from backproptable.nets.recipes.updates import UpdateRule

SHAPES = {"x": (2,), "y": (2,), "W": (2, 2), "b": (2,)}


def faults(forward: str, shapes: dict[str, tuple[int, ...]] = SHAPES, **keys: object) -> list[str]:
    with pytest.raises(InputError) as refusal:
        Recipe(forward=forward, shapes=shapes, **keys)
    return [str(problem) for problem in refusal.value.problems]


GOOD = "z = x W + b\nL = half_sse(y, z)"


@pytest.mark.parametrize(
    "forward",
    [
        GOOD,
        "  z = x W+b   # a remark\n\n  L=half_sse(y,z)\n",
        "\n# nothing\nz = x @ W + b\nL = half_sse(y, z)",
        "z = (((x) W)) + b\nL = sum((y - z)^2) / 2",
        "z = -x W - -b\nL = sum(y * z)",
        "z = x[1] * W[1] + x[2] * W[2,:] + b\nL = sum(y * z)",
        "z = W^T x + b\nL = sum(y * z)",
        "z = .5 * x W + 1e-1 * b\nL = sum(y * z)",
    ],
)
def test_what_is_read(forward: str) -> None:
    assert Recipe(forward=forward, shapes=SHAPES).lines


@pytest.mark.parametrize(
    ("forward", "told"),
    [
        ("z = x W + c\nL = sum(z * y) + sum(b)", "line 1, column 11: c is not there yet."),
        ("z = x W + bb\nL = sum(z * y) + sum(b)", "line 1, column 11: bb is not there yet. Did you mean 'b'?"),
        ("z = tahn(x W + b)\nL = sum(z * y)", "line 1, column 5: tahn is no function. Did you mean 'tanh'?"),
        ("z = x + W\nL = sum(z) + sum(b*y)", "line 1, column 7: '+' stands between [2] and [2, 2]."),
        ("z = concat(x, x) W\nL = sum(z*y) + sum(b)", "product of matrices stands between [4] and [2, 2]."),
        ("z = x * W\nL = sum(z) + sum(b*y)", "The product of matrices has no sign: A B."),
        ("z = x W[3]\nL = z + sum(b*y)", "line 1, column 8: index 3 is none of 1 to 2."),
        ("z = x[1,1] * b\nL = sum(z*y) + sum(W)", "2 indices stand after [2]."),
        ("z = x W + b\nz = tanh(z)\nL = sum(z*y)", "line 2, column 1: z is there already."),
        ("z = x W + b\nL = z * y", "line 2, column 1: the loss is [2], and it must be one number."),
        ("z = x W + b\nr = z\nL = sum(z*y)", "line 2, column 1: r is used in no line."),
        ("z = x W\nL = sum(z*y)", "shapes.b: is used in no line."),
        ("z = x W + b", "has no line for L, the loss."),
        ("", "has no line."),
        ("z = step(x W + b)\nL = sum(z*y)", "the derivative of step is 0 everywhere"),
        ("z = x W + b +\nL = sum(z*y)", "line 1, column 14: the line ends where a number or an array should stand."),
        ("z = x W + b)\nL = sum(z*y)", "line 1, column 12: ')' does not fit here."),
        ("z = (x W + b\nL = sum(z*y)", "')' is missing"),
        ("z = x W + b^x\nL = sum(z*y)", "'x' is no exponent."),
        ("z = x W + b^0\nL = sum(z*y)", "'0' is no exponent."),
        ("z = softmax(x W + b, sideways=true)\nL = sum(z*y)", "softmax has no option sideways. Known: causal."),
        ("z = max_pool(x W + b, size=0.5)\nL = sum(z)", "size is 0.5. Write it like size=2."),
        ("z = max_pool(x W + b, size=true)\nL = sum(z)", "size is True. Write it like size=2."),
        ("z = softmax(x W + b, causal=true)\nL = sum(z*y)", "It takes a square matrix."),
        ("z = conv(x, W) + b\nL = sum(z*y)", "conv is of [2] and a kernel of [2, 2]."),
        ("    z = x W + b\n  L = sum(z*y)", "is indented, and no 'for' stands above it."),
        ("z = x W + b\n!\nL = sum(z*y)", "line 2, column 1: '!' has no meaning here."),
        ("tanh = x W + b\nL = sum(x*y)", "tanh is a function."),
        ("z = tanh + b\nL = sum(z*y) + sum(x W)", "tanh is a function."),
        ("eta = x W + b\nL = sum(eta*y)", "line 1, column 1: eta is the learning rate."),
        ("for t in 1..3:\nL = sum(x*y)", "has no lines under it."),
        ("for t in 1..T:\n    h = x W + b\nL = sum(h)", "T is no number of steps. Give it in [net], such as T = 2."),
        ("for t in 1..2:\n    h = tanh(h[t-1] W + b) * x\nL = sum(y * h[2])", "Give h0 in shapes"),
        ("for t in 1..2:\n    h = tanh(g + b) * x\n    g = h W\nL = sum(y * h[2])", "is worked out below this line"),
        ("for t in 1..2:\n    h = x[t-2] * b\nL = sum(h) + sum(W) + sum(y)", "only the step before can be read."),
        ("z = __import__('os').system('x')\nL = sum(x*y)", "has no meaning here."),
        ("z = x W + b\nL = sum(z*y);import os", "';' has no meaning here."),
        ("z = " + "(" * 100 + "x W + b" + ")" * 100 + "\nL = sum(z*y)", "too many brackets"),
        ("z = " + "-" * 1000 + "x W + b\nL = sum(z*y)", "too many signs"),
        ("z = x W + b\n" * 3000, "Write 20000 at most."),
    ],
)
def test_a_fault_is_told_with_its_place(forward: str, told: str) -> None:
    assert any(told in fault for fault in faults(forward)), faults(forward)


def test_all_faults_are_told_at_once() -> None:
    found = faults("z = x V + b\na = tanh(z, z)\nc = x + W\nL = c")
    assert len(found) >= 2
    assert "V is not there yet" in found[0]
    found = faults("z = x + W\nr = tanh(b) * W\nL = sum(y)")
    assert ["line 1" in found[0], "line 2" in found[1]] == [True, True]


def test_a_fault_does_not_make_others() -> None:
    """What uses a line with a fault says nothing more."""
    assert len(faults("z = x + W\na = tanh(z)\nc = a * b\nL = sum(c * y)")) == 1


@pytest.mark.parametrize(
    ("shapes", "told"),
    [
        ({**SHAPES, "L": ()}, "shapes.L: L means something else."),
        ({**SHAPES, "tanh": ()}, "shapes.tanh: tanh means something else."),
        ({**SHAPES, "a b": ()}, "is no name of an array."),
        ({**SHAPES, "é": ()}, "is no name of an array."),
        ({**SHAPES, "b": (0,)}, "shapes.b: is [0]."),
        ({**SHAPES, "b": (50, 50)}, "give 2508 numbers."),
    ],
)
def test_shapes_that_cannot_be(shapes: dict[str, tuple[int, ...]], told: str) -> None:
    assert any(told in fault for fault in faults(GOOD, shapes)), faults(GOOD, shapes)


def test_a_recipe_too_large_to_print_is_refused() -> None:
    recipe = Recipe(forward="z = x W\nL = sum(z)", shapes={"x": (30,), "W": (30, 40)})
    with pytest.raises(InputError, match="has more than 2200 numbers to print"):
        derive_plan(recipe)


def test_an_array_keeps_its_shape_over_time() -> None:
    text = "for t in 1..2:\n    f = h[t-1] + x[t]\n    h = f * b\nL = sum(h[2])"
    shapes = {"x": (2, 1), "b": (1,), "h0": (1,)}
    assert Recipe(forward=text, shapes=shapes)
    told = "f is [1] in step 1 and [1, 1] in step 2."
    assert any(told in fault for fault in faults(text, {**shapes, "b": (1, 1)})), faults(text, {**shapes, "b": (1, 1)})


def test_an_array_does_not_take_the_name_of_what_scales_gradients() -> None:
    text, rule = "clip = x W\nL = sum(clip)", UpdateRule(clip_norm=Decimal(1))
    shapes = {"x": (2,), "W": (2, 2)}
    assert derive_plan(Recipe(forward=text, shapes=shapes))
    with pytest.raises(InputError, match="scales gradients down to clip_norm"):
        Recipe(forward=text, shapes=shapes, rule=rule)


def test_a_recipe_that_learns_nothing_is_refused() -> None:
    recipe = Recipe(forward="L = sum(x)", shapes={"x": (2,)})
    with pytest.raises(InputError, match="nothing learns"):
        derive_plan(recipe)
