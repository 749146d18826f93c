"""Recipes worked out by NumPy on whole arrays, by code that knows no cells; and recipes drawn at random.

The interpreter takes the tree of the text and complex numbers, so that derivatives of the loss come out of
a complex step: f'(x) = Im f(x + ih) / h, exact to the last digit. It is written in what `autograd` can follow,
which gives dL/d of every array between as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from random import Random
from typing import Any

import autograd.numpy as np
from autograd import grad

from backproptable.nets.recipes.recipe import Recipe
from backproptable.nets.recipes.syntax import (
    Add,
    Apply,
    Block,
    Divide,
    Index,
    MatMul,
    Name,
    Negative,
    Number,
    Raised,
    Times,
    Transposed,
)

__all__ = ["blame", "gradients", "random_recipe", "worked_arrays"]

Array = Any  # an array of numbers, or what autograd follows it by
STEP = 1e-30


def _larger(one: Array, other: Array) -> Array:
    return np.where(np.real(one) > np.real(other), one, other)


def _largest(array: Array) -> Array:
    flat = array.reshape(-1)
    return flat[np.argmax(np.real(flat))]


def _softmax(array: Array, causal: bool = False) -> Array:
    exponentials = np.exp(array)
    if causal:
        exponentials = np.tril(exponentials)
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def _normalised(array: Array, axis: int, epsilon: float) -> Array:
    off = array - array.mean(axis=axis, keepdims=True)
    return off / np.sqrt((off**2).mean(axis=axis, keepdims=True) + epsilon)


def _windows(array: Array, size: int, stride: int) -> dict[tuple[int, ...], Array]:
    """The windows of one plane (or line), by their place in the output."""
    counts = [(length - size) // stride + 1 for length in array.shape]
    return {
        place: array[tuple(slice(one * stride, one * stride + size) for one in place)]
        for place in product(*map(range, counts))
    }


def _pool(array: Array, size: int, stride: int, one: Any) -> Array:
    if array.ndim == 3:
        return np.stack([_pool(plane, size, stride, one) for plane in array])
    found = _windows(array, size, stride or size)
    counts = [last + 1 for last in max(found)]
    return np.reshape(np.stack([one(window) for window in found.values()]), counts)


def _conv(array: Array, kernel: Array, stride: int, padding: int) -> Array:
    if kernel.ndim == array.ndim:
        return _conv(array[None], kernel[None, None], stride, padding)[0]
    padded = np.pad(array, [(0, 0), *[(padding, padding)] * (array.ndim - 1)], "constant")
    size = kernel.shape[2:]
    counts = [(length - width) // stride + 1 for length, width in zip(padded.shape[1:], size, strict=True)]
    entries = []
    for number, *place in product(range(kernel.shape[0]), *map(range, counts)):
        at = tuple(slice(one * stride, one * stride + width) for one, width in zip(place, size, strict=True))
        entries.append(np.sum(padded[(slice(None), *at)] * kernel[number]))
    return np.reshape(np.stack(entries), (kernel.shape[0], *counts))


def _huber(off: Array) -> Array:
    size = np.where(np.real(off) > 0, off, -off)
    return np.where(np.real(size) > 1, size - 0.5, off**2 / 2)


FUNCTIONS: dict[str, Any] = {
    "identity": lambda z: z,
    "exp": np.exp,
    "ln": np.log,
    "sqrt": np.sqrt,
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "tanh": np.tanh,
    "relu": lambda z: _larger(z, 0 * z),
    "leaky_relu": lambda z, slope=0.01: _larger(z, float(slope) * z),
    "elu": lambda z, alpha=1: np.where(np.real(z) > 0, z, float(alpha) * (np.exp(z) - 1)),
    "softplus": lambda z: np.log(1 + np.exp(z)),
    "hard_sigmoid": lambda z: np.where(np.real(z) > 3, 1, np.where(np.real(z) > -3, z / 6 + 0.5, 0)),
    "silu": lambda z: z / (1 + np.exp(-z)),
    "gelu": lambda z: z / 2 * (1 + np.tanh(0.7978845608 * (z + 0.044715 * z**3))),
    "sum": lambda z: z.sum(),
    "mean": lambda z: z.mean(),
    "var": lambda z: ((z - z.mean()) ** 2).mean(),
    "max": _largest,
    "softmax": _softmax,
    "layer_norm": lambda z, epsilon=0: _normalised(z, -1, float(epsilon)),
    "batch_norm": lambda z, epsilon=0: _normalised(z, 0, float(epsilon)),
    "concat": lambda *arrays: np.concatenate(arrays, axis=-1),
    "flatten": lambda z: z.reshape(-1),
    "conv": lambda z, kernel, stride=1, padding=0: _conv(z, kernel, stride, padding),
    "max_pool": lambda z, size=2, stride=0: _pool(z, size, stride, _largest),
    "avg_pool": lambda z, size=2, stride=0: _pool(z, size, stride, np.mean),
    "half_sse": lambda y, a: ((y - a) ** 2 / 2).sum(),
    "sse": lambda y, a: ((y - a) ** 2).sum(),
    "mse": lambda y, a: ((y - a) ** 2).mean(),
    "cross_entropy": lambda y, a: -(y * np.log(a)).sum(),
    "binary_cross_entropy": lambda y, a: -(y * np.log(a) + (1 - y) * np.log(1 - a)).sum(),
    "hinge": lambda y, a: _larger(1 - y * a, 0 * a).sum(),
    "huber": lambda y, a: _huber(a - y).sum(),
}


def _value(part: Any, names: Mapping[str, Any], step: int | None, letter: str) -> Any:
    def walk(inner: Any) -> Any:
        return _value(inner, names, step, letter)

    match part:
        case Number(text):
            return np.array(float(text))
        case Name(name):
            found = names[name]
            return found[step] if isinstance(found, dict) else found
        case Index(Name(name), places):
            found, numbers = names[name], [place.value(step or 0) for place in places]
            if isinstance(found, dict):
                in_step = places[0].letter == letter and letter
                number = numbers.pop(0) if in_step else step
                rest = places[1:] if in_step else places
                found = names[f"{name}0"] if number == 0 else found[number]
            else:
                rest = places
            index = [
                slice(None) if place.everything else number - 1 for place, number in zip(rest, numbers, strict=True)
            ]
            return found[tuple(index)]
        case Negative(arg):
            return -walk(arg)
        case Transposed(arg):
            value = walk(arg)
            return value.reshape(-1, 1) if value.ndim == 1 else value.T
        case Add(left, right, minus):
            return walk(left) - walk(right) if minus else walk(left) + walk(right)
        case Times(left, right):
            return walk(left) * walk(right)
        case Divide(top, bottom):
            return walk(top) / walk(bottom)
        case Raised(base, exponent):
            return walk(base) ** exponent
        case MatMul(left, right):
            return walk(left) @ walk(right)
        case Apply("lookup", (array,), _, _, rows):
            return walk(array)[[row - 1 for row in rows]]
        case Apply(function, args, options):
            return FUNCTIONS[function](*map(walk, args), **dict(options))
    raise TypeError(part)


def worked_arrays(
    recipe: Recipe, given: Mapping[str, Array], added: Mapping[tuple[str, int | None], Array] | None = None
) -> dict[str, Any]:
    """Every array of one sample; those of time steps are stacked. `added` moves what lines (in their steps) give."""
    names: dict[str, Any] = dict(given)

    def moved(name: str, step: int | None, value: Any) -> Any:
        return value + added[name, step] if added and (name, step) in added else value

    for part in recipe.script.parts:
        if not isinstance(part, Block):
            names[part.name] = moved(part.name, None, _value(part.expression, names, None, ""))
            continue
        last = recipe.numbers[part.last] if isinstance(part.last, str) else part.last
        names |= {line.name: {} for line in part.lines}
        for step in range(1, last + 1):
            for line in part.lines:
                names[line.name][step] = moved(line.name, step, _value(line.expression, names, step, part.letter))
        for line in part.lines:  # after the block, all steps are one array
            steps = names[line.name]
            names[line.name] = np.stack([steps[step] for step in sorted(steps)])
    return names


def loss(recipe: Recipe, given: Mapping[str, Array]) -> complex:
    """L over all samples; `given` has a row per sample for x and y where there is a batch."""
    if recipe.samples is None:
        return complex(np.reshape(worked_arrays(recipe, given)["L"], ()))
    total = 0j
    for sample in range(recipe.samples):
        own = {name: array[sample] if name in ("x", "y") else array for name, array in given.items()}
        total += complex(np.reshape(worked_arrays(recipe, own)["L"], ()))
    return total / recipe.samples if recipe.averages else total


def gradients(recipe: Recipe, given: Mapping[str, Array]) -> dict[str, Array]:
    """dL/d of every parameter, by complex steps."""
    found = {}
    for name in recipe.parameters:
        slope = np.empty(recipe.shapes[name], dtype=float)
        for place in np.ndindex(slope.shape):
            moved = {key: np.array(array, dtype=complex) for key, array in given.items()}
            moved[name][place] += 1j * STEP
            slope[place] = loss(recipe, moved).imag / STEP
        found[name] = slope
    return found


def blame(recipe: Recipe, given: Mapping[str, Array]) -> dict[tuple[str, int | None], Array]:
    """dL/d of every array of one sample, by autograd: what is given and learns, and every line (in its time step)."""
    arrays = worked_arrays(recipe, given)
    moves: dict[tuple[str, int | None], Array] = {}
    for part in recipe.script.parts:
        for line in part.lines if isinstance(part, Block) else (part,):
            value = np.real(arrays[line.name])
            steps = enumerate(value, start=1) if isinstance(part, Block) else [(None, value)]
            moves |= {(line.name, step): np.zeros(np.shape(one)) for step, one in steps}
    learns = {name: np.real(given[name]) for name in recipe.parameters}

    def whole(both: tuple[dict[str, Array], dict[tuple[str, int | None], Array]]) -> Any:
        parameters, added = both
        return np.real(np.reshape(worked_arrays(recipe, {**given, **parameters}, added)["L"], ()))

    of_given, of_lines = grad(whole)((learns, moves))
    return {(name, None): slope for name, slope in of_given.items()} | of_lines


# --- recipes at random -------------------------------------------------------------------------

BENDING = ["tanh", "sigmoid", "exp", "softplus", "relu", "leaky_relu", "elu", "hard_sigmoid", "silu", "gelu"]


FORMS = [
    "{name} = {bend}({one})",
    "{name} = {bend}({one} {matrix} + {other})",
    "{name} = {one} {matrix} + {other}",
    "{name} = {one} * {other} - s * {one}",
    "{name} = {one} / ({other}^2 + 1)",
    "{name} = softmax({one} {matrix})",
    "{name} = {one} * {matrix}[1] + {matrix}[:,2]",
    "{name} = mean({one}) * {other} + max({one}) * {one}",
    "{name} = -{one} {matrix}^T {second}",
    "{name} = sqrt({one}^2 + 1) + ln({other}^2 + 2)",
    "{name} = {one} * tanh({other}) + sigmoid({one} * {other})",
    "{name} = var({one}) * {other} + flatten({one}) / 3",
    "{name} = layer_norm({one} + {other}, epsilon=0.1)",
    "{inner} = batch_norm({matrix}, epsilon=0.1)\n{name} = {one} {inner} + {other}",
    "{inner} = softmax({matrix} {second} / 1.4, causal=true)\n{name} = {one} {inner}",
    "{inner} = conv({matrix}, {second}, padding=1)\n{name} = {one} max_pool({inner}, size=2, stride=1)",
    "{inner} = avg_pool(conv({matrix}, {second}, padding=1), size=2, stride=1)\n{name} = {one} {inner} - {other}",
    "{inner} = concat({one}, {other})\n{name} = conv({inner}, {one}, stride=2) / 2",
    "{name} = {one} lookup({matrix}, [2, 1]) + {other}",
    "{name} = {one} + sum({other}) * identity({one}) / 3",
]
"""Lines that make a vector of 2 of others."""
LOSSES = [
    "half_sse(y, {})",
    "sse(y, {})",
    "mse(y, {})",
    "huber(y, {})",
    "hinge(y, {})",
    "cross_entropy(y, softmax({}))",
    "binary_cross_entropy(y, sigmoid({}))",
]


def random_recipe(seed: int) -> Recipe:
    """A recipe of vectors of 2 and matrices of 2 by 2, in which every line is used."""
    chance = Random(seed)
    shapes: dict[str, tuple[int, ...]] = {"x": (2,), "y": (2,), "W": (2, 2), "V": (2, 2), "b": (2,), "s": ()}
    vectors, matrices, lines = ["x", "b", "z"], ["W", "V"], ["z = x W + b"]

    def vector() -> str:
        return chance.choice(vectors)

    in_time = chance.random() < 0.3
    if in_time:
        shapes |= {"h0": (2,), "U": (2, 2)}
        lines += ["for t in 1..2:", "    h = tanh(z + h[t-1] U)", f"    g = h * {vector()} - h[t-1] / 4"]
        lines += ["k = h[2] + g[1]"]
        vectors.append("k")
    for number in range(chance.randint(2, 6)):
        name, inner = f"a{number}", f"m{number}"
        one, other, matrix, second = vector(), vector(), chance.choice(matrices), chance.choice(matrices)
        form = chance.choice(FORMS)
        bend = chance.choice(BENDING)
        lines += form.format(
            name=name, inner=inner, one=one, other=other, matrix=matrix, second=second, bend=bend
        ).splitlines()
        vectors.append(name)
    used = " ".join(line.partition("=")[2] for line in lines)
    terms = [f"sum({name}^2) / 8" for name in [*vectors[1:], *("h", "g") * in_time] if not _uses(used, name)]
    terms += [f"sum({name}) / 4" for name in ("x", "V") if not _uses(used, name)]
    terms += ["s^2"] if not _uses(used, "s") else []
    target = chance.choice(LOSSES).format(vectors[-1])
    lines.append(f"L = {' + '.join([target, *terms])}")
    return Recipe(
        forward="\n".join(lines),
        shapes=shapes,
        constants=("h0",) if in_time else (),
        samples=chance.choice([None, None, 2]),
        reduction=chance.choice(["sum", "mean"]),
    )


def _uses(text: str, name: str) -> bool:
    words = "".join(character if character.isalnum() else " " for character in text).split()
    return name in words
