"""Recipes worked out by NumPy on whole arrays, by code that knows no cells; and recipes drawn at random.

The interpreter takes the tree of the text and complex numbers, so that derivatives of the loss come out of
a complex step: f'(x) = Im f(x + ih) / h, exact to the last digit.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

import numpy as np

from backproptable.recipes.recipe import Recipe
from backproptable.recipes.syntax import (
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

__all__ = ["gradients", "random_recipe", "worked_arrays"]

Array = np.ndarray[Any, np.dtype[np.complex128]]
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
        place: array[tuple(slice(one * stride, one * stride + size) for one in place)] for place in np.ndindex(*counts)
    }


def _pool(array: Array, size: int, stride: int, one: Any) -> Array:
    if array.ndim == 3:
        return np.stack([_pool(plane, size, stride, one) for plane in array])
    found = _windows(array, size, stride or size)
    result = np.empty(np.add(max(found), 1), dtype=complex)
    for place, window in found.items():
        result[place] = one(window)
    return result


def _conv(array: Array, kernel: Array, stride: int, padding: int) -> Array:
    if kernel.ndim == array.ndim:
        return _conv(array[None], kernel[None, None], stride, padding)[0]
    padded = np.pad(array, [(0, 0), *[(padding, padding)] * (array.ndim - 1)])
    size = kernel.shape[2:]
    counts = [(length - width) // stride + 1 for length, width in zip(padded.shape[1:], size, strict=True)]
    result = np.empty((kernel.shape[0], *counts), dtype=complex)
    for place in np.ndindex(*counts):
        at = tuple(slice(one * stride, one * stride + width) for one, width in zip(place, size, strict=True))
        for number, weights in enumerate(kernel):
            result[(number, *place)] = (padded[(slice(None), *at)] * weights).sum()
    return result


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
            return np.array(complex(text))
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


def worked_arrays(recipe: Recipe, given: Mapping[str, Array]) -> dict[str, Any]:
    """Every array of one sample; those of time steps by their step."""
    names: dict[str, Any] = dict(given)
    for part in recipe.script.parts:
        if not isinstance(part, Block):
            names[part.name] = np.asarray(_value(part.expression, names, None, ""))
            continue
        last = recipe.numbers[part.last] if isinstance(part.last, str) else part.last
        names |= {line.name: {} for line in part.lines}
        for step in range(1, last + 1):
            for line in part.lines:
                names[line.name][step] = np.asarray(_value(line.expression, names, step, part.letter))
        for line in part.lines:  # after the block, all steps are one array
            steps = names[line.name]
            names[line.name] = np.stack([steps[step] for step in sorted(steps)])
    return names


def loss(recipe: Recipe, given: Mapping[str, Array]) -> complex:
    """L over all samples; `given` has a row per sample for x and y where there is a batch."""
    if recipe.samples is None:
        return complex(worked_arrays(recipe, given)["L"].reshape(()))
    total = 0j
    for sample in range(recipe.samples):
        own = {name: array[sample] if name in ("x", "y") else array for name, array in given.items()}
        total += complex(worked_arrays(recipe, own)["L"].reshape(()))
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


# --- recipes at random -------------------------------------------------------------------------

BENDING = ["tanh", "sigmoid", "exp", "softplus", "relu", "leaky_relu", "elu", "hard_sigmoid"]


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
        name = f"a{number}"
        one, other, matrix = vector(), vector(), chance.choice(matrices)
        forms = [
            f"{chance.choice(BENDING)}({one})",
            f"{chance.choice(BENDING)}({one} {matrix} + {other})",
            f"{one} {matrix} + {other}",
            f"{one} * {other} - s * {one}",
            f"{one} / ({other}^2 + 1)",
            f"softmax({one} {matrix})",
            f"{one} * {matrix}[1] + {matrix}[:,2]",
            f"mean({one}) * {other} + max({one}) * {one}",
            f"-{one} {matrix}^T {chance.choice(matrices)}",
            f"sqrt({one}^2 + 1) + ln({other}^2 + 2)",
            f"{one} * tanh({other}) + sigmoid({one} * {other})",
            f"var({one}) * {other} + flatten({one}) / 3",
        ]
        lines.append(f"{name} = {chance.choice(forms)}")
        vectors.append(name)
    used = " ".join(line.partition("=")[2] for line in lines)
    terms = [f"sum({name}^2) / 8" for name in [*vectors[1:], *("h", "g") * in_time] if not _uses(used, name)]
    terms += [f"sum({name}) / 4" for name in ("x", "V") if not _uses(used, name)]
    terms += ["s^2"] if not _uses(used, "s") else []
    target = chance.choice(["half_sse", "mse", "huber", "hinge"])
    lines.append(f"L = {' + '.join([f'{target}(y, {vectors[-1]})', *terms])}")
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
