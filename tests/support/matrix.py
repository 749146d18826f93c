"""Backpropagation the way a textbook writes it: whole matrices, no cells, no formulas.

This is the oracle for the plan's numbers. It takes nothing from the package but the description of
the net; even the names of the cells are put together here, from section 4 of the design.

Numbers are a dict of arrays: ``x`` and ``y`` with a row per sample, ``W1``, ``b1``, ... in the
net's own layout. `forward` and `loss` also take complex arrays (for complex-step differences) and
another array module (for autograd), so they branch on real parts and change nothing in place.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Any

import numpy as np

from backproptable.net import Net

__all__ = ["backpropagation", "forward", "loss", "named", "numbers_of"]

Numbers = dict[str, Any]

ACTIVATIONS = {
    "identity": lambda _, z, __: z,
    "relu": lambda xp, z, _: xp.where(xp.real(z) > 0, z, 0.0),
    "leaky_relu": lambda xp, z, slope: xp.where(xp.real(z) > 0, z, slope * z),
    "sigmoid": lambda xp, z, _: 1 / (1 + xp.exp(-z)),
    "tanh": lambda xp, z, _: xp.tanh(z),
    "step": lambda xp, z, _: xp.where(z > 0, 1.0, 0.0),
}

SLOPES = {
    "identity": lambda z, _, __: np.ones_like(z),
    "relu": lambda z, _, __: np.where(z > 0, 1.0, 0.0),
    "leaky_relu": lambda z, _, slope: np.where(z > 0, 1.0, slope),
    "sigmoid": lambda _, a, __: a * (1 - a),
    "tanh": lambda _, a, __: 1 - a**2,
}

LOSSES = {
    "half_sse": lambda _, y, a: (y - a) ** 2 / 2,
    "sse": lambda _, y, a: (y - a) ** 2,
    "mse": lambda _, y, a: (y - a) ** 2 / a.shape[1],
    "cross_entropy": lambda xp, y, a: -y * xp.log(a),
    "binary_cross_entropy": lambda xp, y, a: -(y * xp.log(a) + (1 - y) * xp.log(1 - a)),
    "output": lambda _, __, a: a,
}

LOSS_SLOPES = {
    "half_sse": lambda y, a: a - y,
    "sse": lambda y, a: 2 * (a - y),
    "mse": lambda y, a: 2 * (a - y) / a.shape[1],
    "cross_entropy": lambda y, a: -y / a,
    "binary_cross_entropy": lambda y, a: (a - y) / (a * (1 - a)),
    "output": lambda _, a: np.ones_like(a),
}


def forward(net: Net, numbers: Numbers, xp: ModuleType = np) -> Numbers:
    """z, a, and for softmax e and S, of every layer; ``a0`` is x."""
    arrays: Numbers = {"a0": numbers["x"]}
    for n, activation in enumerate(net.activations, start=1):
        z = arrays[f"a{n - 1}"] @ _from_to(net, numbers[f"W{n}"]) + numbers.get(f"b{n}", 0.0)
        if activation == "softmax":
            e = xp.exp(z)
            S = xp.sum(e, axis=1)
            arrays |= {f"e{n}": e, f"S{n}": S, f"a{n}": e / S[:, None]}
        else:
            arrays[f"a{n}"] = ACTIVATIONS[activation](xp, z, float(net.leaky_slope))
        arrays[f"z{n}"] = z
    return arrays


def loss(net: Net, numbers: Numbers, xp: ModuleType = np) -> Any:
    """L as a function of all the numbers."""
    return _share(net) * xp.sum(_loss_terms(net, numbers, forward(net, numbers, xp), xp))


def backpropagation(net: Net, numbers: Numbers, *, input_gradient: bool = False) -> dict[str, float]:
    """Every computed cell of the worked example, by name."""
    numbers, cells = dict(numbers), {}
    for update in range(1, max(net.updates, 1) + 1):
        again = f"@{update}" if update > 1 else ""
        arrays = forward(net, numbers)
        cells |= _forward_cells(net, numbers, arrays, tail=again)
        if net.forward_only:
            return cells
        slopes, gradients = _backward(net, numbers, arrays)
        if not input_gradient:
            del slopes["dL/dx"]
        for stem, array in slopes.items():
            cells |= _per_sample(net, stem, array, again)
        for stem, array in gradients.items():
            cells |= named(f"dL/d{stem}", array, again)
            if stem.startswith("W"):
                cells[f"norm(dL/d{stem}){again}"] = float(np.linalg.norm(array))
            if net.updates and (stem.startswith("W") or net.update_biases):
                numbers[stem] = numbers[stem] - float(net.learning_rate) * array
                cells |= named(f"{stem}'", numbers[stem], again)
    if net.updates:
        cells |= _forward_cells(net, numbers, forward(net, numbers), prime="'")
    return cells


def _backward(net: Net, numbers: Numbers, arrays: Numbers) -> tuple[Numbers, Numbers]:
    """The derivatives of each sample, and the gradients summed over the samples, by ``W1``, ``b1``, ..."""
    slopes: Numbers = {}
    gradients: Numbers = {}
    dA = None
    for n in range(net.depth, 0, -1):
        z, a, activation = arrays[f"z{n}"], arrays[f"a{n}"], net.activations[n - 1]
        if n == net.depth and net.output_delta == "short":
            dZ = _share(net) * (a - numbers["y"])
        else:
            if n == net.depth:
                dA = _share(net) * LOSS_SLOPES[net.loss](numbers.get("y"), a)
            if activation == "softmax":
                slope = np.stack([np.diag(row) - np.outer(row, row) for row in a])
                dZ = np.stack([row @ jacobian for row, jacobian in zip(dA, slope, strict=True)])
            else:
                slope = SLOPES[activation](z, a, float(net.leaky_slope))
                dZ = dA * slope
            slopes |= {f"dL/da{n}": dA, f"da{n}/dz{n}": slope}
        slopes[f"dL/dz{n}"] = dZ
        gradients[f"W{n}"] = _from_to(net, arrays[f"a{n - 1}"].T @ dZ)
        if net.bias != "none":
            gradients[f"b{n}"] = dZ.sum() if net.bias == "shared" else dZ.sum(axis=0)
        dA = dZ @ _from_to(net, numbers[f"W{n}"]).T
    return slopes | {"dL/dx": dA}, gradients


def _forward_cells(net: Net, numbers: Numbers, arrays: Numbers, *, prime: str = "", tail: str = "") -> dict[str, float]:
    cells: dict[str, float] = {}
    for stem, array in arrays.items():
        if stem != "a0":
            cells |= _per_sample(net, stem + prime, array, tail)
    if not net.forward_only:
        terms = _loss_terms(net, numbers, arrays, np)
        cells |= _per_sample(net, f"l{prime}", terms, tail)
        cells[f"L{prime}{tail}"] = float(_share(net) * terms.sum())
    return cells


def _loss_terms(net: Net, numbers: Numbers, arrays: Numbers, xp: ModuleType) -> Any:
    return LOSSES[net.loss](xp, numbers.get("y"), arrays[f"a{net.depth}"])


def _share(net: Net) -> float:
    """What a sample counts in L."""
    return 1 / net.samples if net.reduction == "mean" and net.samples else 1.0


def _from_to(net: Net, W: Any) -> Any:
    """A weight matrix with a row per source, from the net's own layout; and back again."""
    return W if net.weights == "from_to" else W.T


def _per_sample(net: Net, stem: str, array: Any, tail: str) -> dict[str, float]:
    """Outside a batch no sample is named."""
    return named(stem, array if net.samples else array[0], tail)


def named(stem: str, array: Any, tail: str = "") -> dict[str, float]:
    """The entries of an array by the names of their cells."""
    return {_name(stem, index, tail): float(value) for index, value in np.ndenumerate(array)}


def _name(stem: str, index: tuple[int, ...], tail: str) -> str:
    inside = ",".join(str(number + 1) for number in index)
    return stem + (f"[{inside}]" if index else "") + tail


def numbers_of(net: Net, values: Mapping[str, Any], update: int = 1) -> Numbers:
    """The numbers that update `update` starts from, out of a dict by name."""

    def read(stem: str, shape: tuple[int, ...], tail: str = "") -> np.ndarray:
        array = np.empty(shape)
        for index in np.ndindex(*shape):
            array[index] = float(values[_name(stem, index, tail)])
        return array

    batch = (net.samples,) if net.samples else ()
    numbers = {"x": np.atleast_2d(read("x", (*batch, net.layers[0])))}
    if net.needs_targets:
        numbers["y"] = np.atleast_2d(read("y", (*batch, net.layers[-1])))
    updated = ("'", f"@{update - 1}" if update > 2 else "") if update > 1 else ("", "")
    for n, (inputs, outputs) in enumerate(zip(net.layers, net.layers[1:], strict=False), start=1):
        shape = (inputs, outputs) if net.weights == "from_to" else (outputs, inputs)
        prime, tail = updated
        numbers[f"W{n}"] = read(f"W{n}{prime}", shape, tail)
        if net.bias != "none":
            prime, tail = updated if net.update_biases else ("", "")
            numbers[f"b{n}"] = read(f"b{n}{prime}", () if net.bias == "shared" else (outputs,), tail)
    return numbers
