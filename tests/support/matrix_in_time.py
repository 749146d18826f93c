"""Backpropagation through time the way a textbook writes it: a recurrent net unfolded, whole matrices, no cells.

The oracle for the numbers of recurrent nets, as `support.matrix` is for all others; it has the same functions, and
takes nothing from the package but the description of the net.

Numbers are a dict of arrays: ``x`` with a row per step, ``y`` with a row per step that has a target, ``s0``, and
``Wx``, ``Ws``, ``Wy``, ``bs``, ``by`` in the net's own layout.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from itertools import pairwise, product
from types import ModuleType
from typing import Any

import numpy as np

from backproptable.nets.net import Net
from support import matrix
from support.matrix import ACTIVATIONS, LOSS_SLOPES, LOSSES, SLOPES, Numbers, named

__all__ = ["backpropagation", "forward", "loss", "numbers_of", "oracle_for", "outputs_by_state"]


def oracle_for(net: Net) -> ModuleType:
    """The module that works a net: this one, or `support.matrix`."""
    return sys.modules[__name__] if net.kind == "recurrent" else matrix


def _from_to(net: Net, W: Any) -> Any:
    return W if net.weights == "from_to" else W.T


def _with_targets(net: Net) -> list[int]:
    """The steps whose outputs are worked out, counted from 1."""
    return list(range(1, net.steps + 1)) if net.loss_at == "every" else [net.steps]


def forward(net: Net, numbers: Numbers, xp: ModuleType = np, *, shift: Mapping[int, Any] | None = None) -> Numbers:
    """z and s with a row per step (s of row 0 is the state before the first), o with a row per target.

    `shift` is added to the states of some steps.
    """
    Wx, Ws, Wy = (_from_to(net, numbers[f"W{letter}"]) for letter in "xsy")
    states, sums = [numbers["s0"]], []
    for step, x in enumerate(numbers["x"], start=1):
        z = x @ Wx + states[-1] @ Ws + numbers.get("bs", 0.0)
        s = ACTIVATIONS[net.activations[0]](xp, z, float(net.leaky_slope))
        sums.append(z)
        states.append(s + shift[step] if shift and step in shift else s)
    states = xp.stack(states)
    return {"z": xp.stack(sums), "s": states, "o": states[_with_targets(net)] @ Wy + numbers.get("by", 0.0)}


def loss(net: Net, numbers: Numbers, xp: ModuleType = np) -> Any:
    """L as a function of all the numbers."""
    return xp.sum(LOSSES[net.loss](xp, numbers.get("y"), forward(net, numbers, xp)["o"]))


def outputs_by_state(net: Net, numbers: Numbers, step: int) -> Any:
    """do/ds by complex steps: how each output (row per target, then per unit) changes with each state of a step."""
    states, tiny = len(numbers["s0"]), 1e-30
    shifts = tiny * 1j * np.eye(states)
    return np.stack([forward(net, numbers, shift={step: shift})["o"].imag / tiny for shift in shifts], axis=-1)


def backpropagation(net: Net, numbers: Numbers, *, input_gradient: bool = False) -> dict[str, float]:
    """Every computed cell of the worked example, by name."""
    numbers, cells = dict(numbers), {}
    for update in range(1, max(net.updates, 1) + 1):
        again = f"@{update}" if update > 1 else ""
        arrays = forward(net, numbers)
        cells |= _forward_cells(net, numbers, arrays, tail=again)
        if net.forward_only:
            return cells
        in_time, shares = _backward(net, numbers, arrays)
        for stem, rows in in_time.items():
            if stem != "dL/dx" or input_gradient:
                cells |= _in_time(stem, rows, again)
        gradients = {stem: sum(of_steps.values()) for stem, of_steps in shares.items()}
        for stem, of_steps in shares.items():
            cells |= named(f"dL/d{stem}", gradients[stem], again)
            if stem.startswith("W"):
                cells[f"norm(dL/d{stem}){again}"] = float(np.linalg.norm(gradients[stem]))
                if len(of_steps) > 1:
                    for step, share in of_steps.items():
                        cells |= named(f"dL/d{stem}", share, f"<{step}>{again}")
        if net.paths:
            cells |= _paths(net, numbers, arrays, in_time, again)
        for stem in gradients if net.updates else ():
            if stem.startswith("W") or net.update_biases:
                numbers[stem] = numbers[stem] - float(net.learning_rate) * gradients[stem]
                cells |= named(f"{stem}'", numbers[stem], again)
    if net.updates:
        cells |= _forward_cells(net, numbers, forward(net, numbers), prime="'")
    return cells


def _backward(
    net: Net, numbers: Numbers, arrays: Numbers
) -> tuple[dict[str, dict[int, Any]], dict[str, dict[int, Any]]]:
    """What is worked out for each step, by the step; and the share that each step has in each gradient."""
    Wx, Ws, Wy = (_from_to(net, numbers[f"W{letter}"]) for letter in "xsy")
    errors = dict(zip(_with_targets(net), LOSS_SLOPES[net.loss](numbers.get("y"), arrays["o"]), strict=True))
    slopes = SLOPES[net.activations[0]](arrays["z"], arrays["s"][1:], float(net.leaky_slope))
    found: dict[str, dict[int, Any]] = {stem: {} for stem in ("dL/ds", "ds/dz", "dL/dz", "dL/dx")} | {"dL/do": errors}
    shares: dict[str, dict[int, Any]] = {stem: {} for stem in ("Wx", "Ws", "Wy")}
    flows_back = np.zeros(len(numbers["s0"]))
    whole = np.sum if net.bias == "shared" else np.asarray
    for t in range(net.steps, 0, -1):
        dS = flows_back + Wy @ errors[t] if t in errors else flows_back
        dZ = dS * slopes[t - 1]
        flows_back = Ws @ dZ
        for stem, row in (("dL/ds", dS), ("ds/dz", slopes[t - 1]), ("dL/dz", dZ), ("dL/dx", Wx @ dZ)):
            found[stem][t] = row
        shares["Wx"][t] = _from_to(net, np.outer(numbers["x"][t - 1], dZ))
        shares["Ws"][t] = _from_to(net, np.outer(arrays["s"][t - 1], dZ))
        if t in errors:
            shares["Wy"][t] = _from_to(net, np.outer(arrays["s"][t], errors[t]))
    if net.bias != "none":
        shares |= {
            "bs": {t: whole(row) for t, row in found["dL/dz"].items()},
            "by": {t: whole(row) for t, row in errors.items()},
        }
    return found, shares


def _paths(
    net: Net, numbers: Numbers, arrays: Numbers, in_time: Mapping[str, Mapping[int, Any]], tail: str
) -> dict[str, float]:
    """do/ds by differences, and the gradients of Wx and Ws path by path: through one state unit of every step."""
    cells: dict[str, float] = {}
    for step in range(1, net.steps):
        by_state = outputs_by_state(net, numbers, step)
        for last, slopes in zip(_with_targets(net), by_state, strict=True):
            if step < last:
                cells |= {
                    f"do/ds[{last},{k + 1},{step},{j + 1}]{tail}": float(slope)
                    for (k, j), slope in np.ndenumerate(slopes)
                }
    _, Ws, Wy = (_from_to(net, numbers[f"W{letter}"]) for letter in "xsy")
    sums = {"x": np.zeros(_from_to(net, numbers["Wx"]).shape), "s": np.zeros(Ws.shape)}
    for last, step in product(_with_targets(net), range(1, net.steps + 1)):
        for units in product(range(len(Ws)), repeat=max(last - step + 1, 0)):
            if not units:
                continue
            path = Wy[units[-1]] @ in_time["dL/do"][last]
            for t, unit in enumerate(units, start=step):
                path *= in_time["ds/dz"][t][unit]
            for one, other in pairwise(units):
                path *= Ws[one, other]
            sums["x"][:, units[0]] += numbers["x"][step - 1] * path
            sums["s"][:, units[0]] += arrays["s"][step - 1] * path
    for letter, array in sums.items():
        cells |= named(f"paths(dL/dW{letter})", _from_to(net, array), tail)
    return cells


def _forward_cells(net: Net, numbers: Numbers, arrays: Numbers, *, prime: str = "", tail: str = "") -> dict[str, float]:
    steps = list(range(1, net.steps + 1))
    cells: dict[str, float] = {}
    cells |= _in_time(f"z{prime}", dict(zip(steps, arrays["z"], strict=True)), tail)
    cells |= _in_time(f"s{prime}", dict(zip(steps, arrays["s"][1:], strict=True)), tail)
    rows = {"o": arrays["o"]}
    if not net.forward_only:
        rows["l"] = LOSSES[net.loss](np, numbers.get("y"), arrays["o"])
        cells[f"L{prime}{tail}"] = float(rows["l"].sum())
        if net.squared_error:
            rows["error"] = (arrays["o"] - numbers["y"]) ** 2
    for stem, array in rows.items():
        cells |= _in_time(stem + prime, dict(zip(_with_targets(net), array, strict=True)), tail)
    return cells


def _in_time(stem: str, rows: Mapping[int, Any], tail: str) -> dict[str, float]:
    return {
        f"{stem}[{step},{unit}]{tail}": float(value)
        for step, row in rows.items()
        for unit, value in enumerate(row, start=1)
    }


def numbers_of(net: Net, values: Mapping[str, Any], update: int = 1) -> Numbers:
    """The numbers that update `update` starts from, out of a dict by name."""
    inputs, states, outputs = net.layers
    done = f"@{update - 1}" if update > 2 else ""

    def read(stem: str, *index_lists: Any, updated: bool = False) -> Any:
        prime, tail = ("'", done) if updated and update > 1 else ("", "")
        names = [",".join(map(str, index)) for index in product(*index_lists)]
        flat = [float(values[f"{stem}{prime}{f'[{name}]' if name else ''}{tail}"]) for name in names]
        return np.array(flat).reshape([len(one) for one in index_lists])

    def units(count: int) -> range:
        return range(1, count + 1)

    numbers = {"x": read("x", units(net.steps), units(inputs)), "s0": read("s0", units(states))}
    if net.loss != "output" and not net.forward_only:
        numbers["y"] = read("y", _with_targets(net), units(outputs))
    for letter, ends in (("x", (inputs, states)), ("s", (states, states)), ("y", (states, outputs))):
        shape = ends if net.weights == "from_to" else ends[::-1]
        numbers[f"W{letter}"] = read(f"W{letter}", *map(units, shape), updated=True)
    for letter, size in (("s", states), ("y", outputs)):
        if net.bias != "none":
            shape = () if net.bias == "shared" else (units(size),)
            numbers[f"b{letter}"] = read(f"b{letter}", *shape, updated=net.update_biases)
    return numbers
