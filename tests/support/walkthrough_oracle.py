"""A second, independent calculation of the published walkthroughs: NumPy matrices, nothing of the package.

It works on the ``net`` and ``givens`` of a file in ``tests/walkthroughs`` as they stand there. One sample
and a batch go through the same lines: the samples, if any, are the first axis.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Numbers = dict[str, np.ndarray]

_ACTIVATIONS = {
    "identity": lambda z: z,
    "relu": lambda z: np.where(z > 0, z, 0.0),
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "softmax": lambda z: np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True),
}
_SLOPES = {
    "identity": np.ones_like,
    "relu": lambda a: (a > 0).astype(float),
    "sigmoid": lambda a: a * (1 - a),
}
"""Over the activation."""
_LOSSES = {
    "half_sse": lambda y, a: (y - a) ** 2 / 2,
    "cross_entropy": lambda y, a: -y * np.log(a),
    "binary_cross_entropy": lambda y, a: -(y * np.log(a) + (1 - y) * np.log(1 - a)),
}
_LOSS_SLOPES = {
    "half_sse": lambda y, a: a - y,
    "cross_entropy": lambda y, a: -y / a,
    "binary_cross_entropy": lambda y, a: (1 - y) / (1 - a) - y / a,
}


def recompute(net: dict[str, Any], givens: dict[str, Any], updates: int) -> Numbers:
    """Every number under its name without the indices; those with a prime hold after `updates` updates."""
    if net.get("kind") == "recurrent":
        return _recompute_in_time(net, givens)
    numbers = {name: np.array(value, dtype=float) for name, value in givens.items()}
    if net["weights"] == "to_from":  # x W inside, the author's layout again at the end
        numbers = _transposed(numbers)
    if net["bias"] == "none":
        numbers |= {f"b{n}": np.array(0.0) for n in range(1, len(net["layers"]))}
    if updates:
        numbers["eta"] = np.array(float(net["learning_rate"]))
    now = first = _one_pass(net, numbers)
    for _ in range(updates):
        now = _one_pass(net, now | _updated(net, now))
    if updates:
        first |= {f"{name}'": value for name, value in now.items()}
    return _transposed(first) if net["weights"] == "to_from" else first


def look_up(numbers: Numbers, name: str) -> float:
    """One number by its full, one-based name, such as ``dL/dW2[1,3]``."""
    stem, _, index = name.rstrip("]").partition("[")
    return float(numbers[stem][tuple(int(i) - 1 for i in index.split(",") if i)])


def _transposed(numbers: Numbers) -> Numbers:
    return {name: value.T if "W" in name else value for name, value in numbers.items()}


def _updated(net: dict[str, Any], now: Numbers) -> Numbers:
    moving = "Wb" if net["update_biases"] else "W"
    return {name: value - now["eta"] * now[f"dL/d{name}"] for name, value in now.items() if name[0] in moving}


def _one_pass(net: dict[str, Any], known: Numbers) -> Numbers:
    """Forward, loss and backward on the weights in `known`, which come along in the result."""
    now, depth = dict(known), len(net["activations"])
    a = now["x"]
    for n, activation in enumerate(net["activations"], start=1):
        now[f"z{n}"] = a @ now[f"W{n}"] + now[f"b{n}"]
        a = now[f"a{n}"] = _ACTIVATIONS[activation](now[f"z{n}"])
    now["l"] = _LOSSES[net["loss"]](now["y"], a)
    now["L"] = now["l"].sum()
    now[f"dL/da{depth}"] = _LOSS_SLOPES[net["loss"]](now["y"], a)
    for n in range(depth, 0, -1):
        a, below, to_a = now[f"a{n}"], now[f"a{n - 1}" if n > 1 else "x"], now[f"dL/da{n}"]
        if net["activations"][n - 1] == "softmax":
            local = a[..., :, None] * (np.eye(a.shape[-1]) - a[..., None, :])
            delta = np.einsum("...k,...km->...m", to_a, local)
        else:
            local = _SLOPES[net["activations"][n - 1]](a)
            delta = to_a * local
        now[f"da{n}/dz{n}"], now[f"dL/dz{n}"] = local, delta
        now[f"dL/dW{n}"] = np.atleast_2d(below).T @ np.atleast_2d(delta)
        now[f"dL/db{n}"] = np.atleast_2d(delta).sum(axis=None if net["bias"] == "shared" else 0)
        now[f"dL/da{n - 1}"] = delta @ now[f"W{n}"].T
    return now


def _recompute_in_time(net: dict[str, Any], givens: dict[str, Any]) -> Numbers:
    """One update of a recurrent net of tanh without biases, with half the squared error at every step."""
    numbers = {name: np.array(value, dtype=float) for name, value in givens.items()}
    first = _through_time(numbers)
    rate = float(net["learning_rate"])
    updated = {name: numbers[name] - rate * first[f"dL/d{name}"] for name in ("Wx", "Ws", "Wy")}
    again = _through_time(numbers | updated)
    return numbers | first | {f"{name}'": value for name, value in (again | updated).items()}


def _through_time(numbers: Numbers) -> Numbers:
    x, y, Wx, Ws, Wy = (numbers[name] for name in ("x", "y", "Wx", "Ws", "Wy"))
    z, s = np.zeros((len(x), Ws.shape[0])), np.zeros((len(x), Ws.shape[0]))
    before = numbers["s0"]
    for t in range(len(x)):
        z[t] = x[t] @ Wx + before @ Ws
        s[t] = before = np.tanh(z[t])
    o = s @ Wy
    found = {"z": z, "s": s, "o": o, "l": (y - o) ** 2 / 2, "L": np.array(((y - o) ** 2 / 2).sum()), "dL/do": o - y}
    found |= {"dL/ds": np.zeros_like(s), "dL/dz": np.zeros_like(s)}
    found |= {f"dL/d{name}": np.zeros_like(numbers[name]) for name in ("Wx", "Ws", "Wy")}
    from_later = np.zeros(Ws.shape[0])
    for t in reversed(range(len(x))):
        found["dL/ds"][t] = (o - y)[t] @ Wy.T + from_later
        found["dL/dz"][t] = found["dL/ds"][t] * (1 - s[t] ** 2)
        found["dL/dWx"] += np.outer(x[t], found["dL/dz"][t])
        found["dL/dWs"] += np.outer(s[t - 1] if t else numbers["s0"], found["dL/dz"][t])
        found["dL/dWy"] += np.outer(s[t], (o - y)[t])
        from_later = found["dL/dz"][t] @ Ws.T
    return found
