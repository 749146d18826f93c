"""Backpropagation the way a textbook writes it: whole matrices, no cells, no formulas.

This is the oracle for the plan's numbers. It takes nothing from the package but the description of
the net; even the names of the cells are put together here, from section 4 of the design.

Numbers are a dict of arrays: ``x``, ``y`` and the masks ``m1``, ... with a row per sample, ``W1``, ``b1``,
... in the net's own layout. An update of an online run sees one of the rows (`rows_of`). `forward` and
`loss` also take complex arrays (for complex-step differences) and another array module (for autograd), so
they branch on real parts and change nothing in place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise, product
from types import ModuleType
from typing import Any

import numpy as np

from backproptable.nets.net import Net

__all__ = [
    "ACTIVATIONS",
    "LOSSES",
    "LOSS_SLOPES",
    "SLOPES",
    "Numbers",
    "backpropagation",
    "forward",
    "loss",
    "named",
    "numbers_of",
    "rows_of",
    "update_count",
]

Numbers = dict[str, Any]

ACTIVATIONS = {
    "identity": lambda _, z, __: z,
    "relu": lambda xp, z, _: xp.where(xp.real(z) > 0, z, 0.0),
    "leaky_relu": lambda xp, z, slope: xp.where(xp.real(z) > 0, z, slope * z),
    "sigmoid": lambda xp, z, _: 1 / (1 + xp.exp(-z)),
    "tanh": lambda xp, z, _: xp.tanh(z),
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


def update_count(net: Net) -> int:
    """How often weights are updated; 0 where only gradients are worked out."""
    return net.epochs * len(_all_rows(net)) if net.online and not net.forward_only else net.updates


def rows_of(net: Net, update: int) -> list[int]:
    """The samples that an update sees, counted from 0: all of them, or the next in turn."""
    rows = _all_rows(net)
    return [rows[(update - 1) % len(rows)]] if net.online and not net.forward_only else rows


def _all_rows(net: Net) -> list[int]:
    return list(range(net.samples or 1))


def _drops(net: Net, layer: int) -> bool:
    """Whether there are masks for the outputs of a layer."""
    return 1 <= layer <= len(net.keep) and net.keep[layer - 1] != 1


def _left_by_dropout(net: Net, numbers: Numbers, layer: int, rows: Sequence[int]) -> Any:
    """What each output is multiplied by, going forward, and what comes back to it as well."""
    return numbers[f"m{layer}"][rows] / (float(net.keep[layer - 1]) if net.mask == "inverted" else 1.0)


def forward(net: Net, numbers: Numbers, xp: ModuleType = np, rows: Sequence[int] | None = None) -> Numbers:
    """z, a, and for softmax e and S, of every layer, and d where there is dropout; ``a0`` is x."""
    rows = _all_rows(net) if rows is None else rows
    arrays: Numbers = {"a0": numbers["x"][rows]}
    below = arrays["a0"]
    for n, activation in enumerate(net.activations, start=1):
        z = below @ _from_to(net, numbers[f"W{n}"]) + numbers.get(f"b{n}", 0.0)
        if activation == "softmax":
            e = xp.exp(z)
            S = xp.sum(e, axis=1)
            arrays |= {f"e{n}": e, f"S{n}": S, f"a{n}": e / S[:, None]}
        elif activation == "step":
            arrays[f"a{n}"] = xp.where(z > float(net.threshold), 1.0, 0.0)
        else:
            arrays[f"a{n}"] = ACTIVATIONS[activation](xp, z, float(net.leaky_slope))
        arrays[f"z{n}"] = z
        below = arrays[f"a{n}"]
        if _drops(net, n):
            below = arrays[f"d{n}"] = below * _left_by_dropout(net, numbers, n, rows)
    return arrays


def loss(net: Net, numbers: Numbers, xp: ModuleType = np, rows: Sequence[int] | None = None) -> Any:
    """L of some samples as a function of all the numbers."""
    rows = _all_rows(net) if rows is None else rows
    return _share(net) * xp.sum(_loss_terms(net, numbers, forward(net, numbers, xp, rows), xp, rows))


def backpropagation(net: Net, numbers: Numbers, *, input_gradient: bool = False) -> dict[str, float]:
    """Every computed cell of the worked example, by name."""
    numbers, cells, count = dict(numbers), {}, update_count(net)
    samples, met = len(_all_rows(net)), []
    for update in range(1, max(count, 1) + 1):
        again, rows = f"@{update}" if update > 1 else "", rows_of(net, update)
        arrays = forward(net, numbers, rows=rows)
        cells |= _forward_cells(net, numbers, arrays, rows, tail=again)
        if net.forward_only:
            return cells
        slopes, gradients = _backward(net, numbers, arrays, rows)
        if not input_gradient:
            del slopes["dL/dx"]
        for stem, array in slopes.items():
            cells |= _per_sample(net, stem, array, rows, again)
        if net.paths:
            cells |= _paths(net, numbers, arrays, slopes, rows, again)
        for stem, array in gradients.items():
            cells |= named(f"dL/d{stem}", array, again)
            if stem.startswith("W"):
                cells[f"norm(dL/d{stem}){again}"] = float(np.linalg.norm(array))
            if count and (stem.startswith("W") or net.update_biases):
                numbers[stem] = numbers[stem] - float(net.learning_rate) * array
                cells |= named(f"{stem}'", numbers[stem], again)
        met.append(_error(net, arrays, numbers, rows))
        if net.online and update % samples == 0:
            cells[f"E[{update // samples}]"] = sum(met[-samples:])
    if count:
        cells |= _forward_cells(net, numbers, forward(net, numbers), _all_rows(net), prime="'")
    return cells


def _error(net: Net, arrays: Numbers, numbers: Numbers, rows: Sequence[int]) -> float:
    """What an update finds: the squared errors, where they are shown, or else the loss."""
    if net.squared_error:
        return float(((arrays[f"a{net.depth}"] - numbers["y"][rows]) ** 2).sum())
    return float(_share(net) * _loss_terms(net, numbers, arrays, np, rows).sum())


def _backward(net: Net, numbers: Numbers, arrays: Numbers, rows: Sequence[int]) -> tuple[Numbers, Numbers]:
    """The derivatives of each sample, and the gradients summed over the samples, by ``W1``, ``b1``, ..."""
    slopes: Numbers = {}
    gradients: Numbers = {}
    dA = None
    for n in range(net.depth, 0, -1):
        z, a, activation = arrays[f"z{n}"], arrays[f"a{n}"], net.activations[n - 1]
        if n == net.depth and net.output_delta == "short":
            dZ = _share(net) * (a - numbers["y"][rows])
        else:
            if n == net.depth:
                dA = _share(net) * LOSS_SLOPES[net.loss](_targets(numbers, rows), a)
            if activation == "softmax":
                slope = np.stack([np.diag(row) - np.outer(row, row) for row in a])
                dZ = np.stack([row @ jacobian for row, jacobian in zip(dA, slope, strict=True)])
            else:
                slope = SLOPES[activation](z, a, float(net.leaky_slope))
                dZ = dA * slope
            slopes |= {f"dL/da{n}": dA, f"da{n}/dz{n}": slope}
        slopes[f"dL/dz{n}"] = dZ
        below = arrays[f"d{n - 1}" if _drops(net, n - 1) else f"a{n - 1}"]
        gradients[f"W{n}"] = _from_to(net, below.T @ dZ)
        if net.bias != "none":
            gradients[f"b{n}"] = dZ.sum() if net.bias == "shared" else dZ.sum(axis=0)
        dA = dZ @ _from_to(net, numbers[f"W{n}"]).T
        if _drops(net, n - 1):
            slopes[f"dL/dd{n - 1}"] = dA
            dA = dA * _left_by_dropout(net, numbers, n - 1, rows)
    return slopes | {"dL/dx": dA}, gradients


def _paths(
    net: Net, numbers: Numbers, arrays: Numbers, slopes: Numbers, rows: Sequence[int], tail: str
) -> dict[str, float]:
    """What each weight below the last layer does to the loss: every path written out, one after the other."""
    cells = {}
    for n in range(1, net.depth):
        below = arrays[f"d{n - 1}" if _drops(net, n - 1) else f"a{n - 1}"]
        sums = np.zeros((net.layers[n - 1], net.layers[n]))
        for i, *units in product(*map(range, net.layers[n - 1 :])):
            for place, row in enumerate(rows):
                path = below[place, i] * slopes[f"dL/dz{net.depth}"][place, units[-1]]
                for level, (one, other) in enumerate(pairwise(units), start=n):
                    path *= slopes[f"da{level}/dz{level}"][place, one]
                    if _drops(net, level):
                        path *= _left_by_dropout(net, numbers, level, [row])[0, one]
                    path *= _from_to(net, numbers[f"W{level + 1}"])[one, other]
                sums[i, units[0]] += path
        cells |= named(f"paths(dL/dW{n})", _from_to(net, sums), tail)
    return cells


def _forward_cells(
    net: Net, numbers: Numbers, arrays: Numbers, rows: Sequence[int], *, prime: str = "", tail: str = ""
) -> dict[str, float]:
    cells: dict[str, float] = {}
    for stem, array in arrays.items():
        if stem != "a0":
            cells |= _per_sample(net, stem + prime, array, rows, tail)
    if not net.forward_only:
        terms = _loss_terms(net, numbers, arrays, np, rows)
        cells |= _per_sample(net, f"l{prime}", terms, rows, tail)
        cells[f"L{prime}{tail}"] = float(_share(net) * terms.sum())
        if net.squared_error:
            squares = (arrays[f"a{net.depth}"] - numbers["y"][rows]) ** 2
            cells |= _per_sample(net, f"error{prime}", squares, rows, tail)
    return cells


def _targets(numbers: Numbers, rows: Sequence[int]) -> Any:
    return numbers["y"][rows] if "y" in numbers else None


def _loss_terms(net: Net, numbers: Numbers, arrays: Numbers, xp: ModuleType, rows: Sequence[int]) -> Any:
    return LOSSES[net.loss](xp, _targets(numbers, rows), arrays[f"a{net.depth}"])


def _share(net: Net) -> float:
    """What a sample counts in L."""
    return 1 / net.samples if net.reduction == "mean" and net.samples else 1.0


def _from_to(net: Net, W: Any) -> Any:
    """A weight matrix with a row per source, from the net's own layout; and back again."""
    return W if net.weights == "from_to" else W.T


def _per_sample(net: Net, stem: str, array: Any, rows: Sequence[int], tail: str) -> dict[str, float]:
    """Outside a batch no sample is named."""
    if not net.samples:
        return named(stem, array[0], tail)
    return {
        name: value for row, of_row in zip(rows, array, strict=True) for name, value in _of_row(stem, row, of_row, tail)
    }


def _of_row(stem: str, row: int, array: Any, tail: str) -> Iterator[tuple[str, float]]:
    for index, value in np.ndenumerate(array):
        yield _name(stem, (row, *index), tail), float(value)


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
    for layer in range(1, net.depth):
        if _drops(net, layer):
            numbers[f"m{layer}"] = np.atleast_2d(read(f"m{layer}", (*batch, net.layers[layer])))
    updated = ("'", f"@{update - 1}" if update > 2 else "") if update > 1 else ("", "")
    for n, (inputs, outputs) in enumerate(zip(net.layers, net.layers[1:], strict=False), start=1):
        shape = (inputs, outputs) if net.weights == "from_to" else (outputs, inputs)
        prime, tail = updated
        numbers[f"W{n}"] = read(f"W{n}{prime}", shape, tail)
        if net.bias != "none":
            prime, tail = updated if net.update_biases else ("", "")
            numbers[f"b{n}"] = read(f"b{n}{prime}", () if net.bias == "shared" else (outputs,), tail)
    return numbers
