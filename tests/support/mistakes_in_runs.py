"""Mistakes in recurrent nets, online runs, dropout, thresholds and paths, worked out by hand for `test_mistakes`."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from backproptable.nets.net import Net

__all__ = ["BY_HAND_IN_RUNS", "RUNS"]

IN_TIME = Net(
    kind="recurrent",
    layers=(2, 2, 2),
    activations=("tanh",),
    steps=3,
    loss_at="every",
    loss="half_sse",
    updates=2,
    learning_rate=Decimal("0.5"),
)

RUNS = {
    "in time": IN_TIME,
    "in time, last": Net(
        kind="recurrent",
        layers=(1, 2, 1),
        activations=("sigmoid",),
        steps=3,
        loss="sse",
        bias="shared",
        weights="to_from",
        paths=True,
        updates=0,
    ),
    "two steps": Net(
        kind="recurrent", layers=(1, 1, 1), activations=("tanh",), steps=2, loss_at="every", loss="half_sse"
    ),
    "one step": Net(kind="recurrent", layers=(2, 2, 1), activations=("tanh",), steps=1, loss="half_sse", updates=2),
    "dropout": Net(layers=(2, 3, 2), activations=("sigmoid", "softmax"), keep=Decimal("0.5")),
    "plain dropout": Net(
        layers=(2, 2, 2, 1),
        activations=("tanh", "tanh", "identity"),
        loss="half_sse",
        keep=Decimal("0.8"),
        mask="plain",
        samples=2,
    ),
    "in turn": Net(
        layers=(2, 2, 1),
        activations=("sigmoid", "identity"),
        loss="half_sse",
        samples=2,
        online=True,
        epochs=2,
        squared_error=True,
        learning_rate=Decimal("0.5"),
    ),
    "paths": Net(layers=(2, 2, 2, 2), activations=("tanh", "sigmoid", "sigmoid"), loss="half_sse", paths=True),
    "threshold": Net(layers=(2, 2), activations=("step",), threshold=Decimal("0.5"), forward_only=True),
}

V = dict[str, float]
Wrong = Callable[[V], list[float]]


def from_inputs(v: V, t: int, j: int, mark: str = "") -> float:
    """What the two inputs of a step bring to a state."""
    return v[f"x[{t},1]"] * v[f"Wx{mark}[1,{j}]"] + v[f"x[{t},2]"] * v[f"Wx{mark}[2,{j}]"]


def path(v: V, m: int, k: int) -> float:
    """One of the ways from x[1] over the second unit of the first layer to the loss."""
    way_down = v[f"dL/dz3[{k}]"] * v[f"W3[{m},{k}]"] * v[f"da2/dz2[{m}]"] * v[f"W2[2,{m}]"]
    return way_down * v["da1/dz1[2]"] * v["x[1]"]


BY_HAND_IN_RUNS: dict[str, list[tuple[str, str, Wrong]]] = {
    "bias_forgotten": [
        (
            "in time",
            "z[2,1]",
            lambda v: [from_inputs(v, 2, 1) + v["s[1,1]"] * v["Ws[1,1]"] + v["s[1,2]"] * v["Ws[2,1]"]],
        ),
        ("in time", "o[3,1]", lambda v: [v["s[3,1]"] * v["Wy[1,1]"] + v["s[3,2]"] * v["Wy[2,1]"]]),
    ],
    "weights_transposed": [
        (
            "in time, last",  # of the two matrices that lead here, one is square
            "z[2,2]",
            lambda v: [v["Wx[2,1]"] * v["x[2,1]"] + v["Ws[1,2]"] * v["s[1,1]"] + v["Ws[2,2]"] * v["s[1,2]"] + v["bs"]],
        ),
        ("in time, last", "o[3,1]", lambda _: []),
        (
            "in time",
            "dL/ds[2,1]",
            lambda v: [
                sum(v[f"dL/do[2,{k}]"] * v[f"Wy[{k},1]"] + v[f"dL/dz[3,{k}]"] * v[f"Ws[{k},1]"] for k in (1, 2))
            ],
        ),
    ],
    "index_shifted": [
        (
            "in time",
            "z[2,2]",
            lambda v: [from_inputs(v, 2, 1) + v["s[1,1]"] * v["Ws[1,1]"] + v["s[1,2]"] * v["Ws[2,1]"] + v["bs[2]"]],
        ),
        ("in time, last", "do/ds[3,1,1,1]", lambda _: []),
    ],
    "wrong_layer": [
        (
            "plain dropout",
            "z3[2,1]",
            lambda v: [v["d1[2,1]"] * v["W3[1,1]"] + v["d1[2,2]"] * v["W3[2,1]"] + v["b3[1]"]],
        ),
        (
            "plain dropout",
            "dL/dW3[2,1]",
            lambda v: [v["dL/dz3[1,1]"] * v["d1[1,2]"] + v["dL/dz3[2,1]"] * v["d1[2,2]"]],
        ),
        ("in time", "o[2,1]", lambda _: []),
    ],
    "sum_for_output": [
        (
            "in time",
            "z[2,1]",
            lambda v: [from_inputs(v, 2, 1) + v["z[1,1]"] * v["Ws[1,1]"] + v["z[1,2]"] * v["Ws[2,1]"] + v["bs[1]"]],
        ),
        ("in time", "dL/dWy[1,2]<3>", lambda v: [v["dL/do[3,2]"] * v["z[3,1]"]]),
        ("in time", "z[1,1]", lambda _: []),
    ],
    "old_weights": [
        (
            "in turn",
            "z1[1,1]@3",
            lambda v: [v["x[1,1]"] * v["W1'[1,1]"] + v["x[1,2]"] * v["W1'[2,1]"] + v["b1[1]"]],
        ),
        (
            "in time",
            "z'[2,1]",
            lambda v: [
                from_inputs(v, 2, 1, "'") + v["s'[1,1]"] * v["Ws'[1,1]"] + v["s'[1,2]"] * v["Ws'[2,1]"] + v["bs[1]"]
            ],
        ),
    ],
    "activation_forgotten": [
        ("in time", "s[2,1]", lambda v: [v["z[2,1]"]]),
        ("in time", "o[2,1]", lambda _: []),
        ("dropout", "d1[1]", lambda _: []),
    ],
    "square_forgotten": [("in turn", "error[2,1]@2", lambda v: [v["a2[2,1]@2"] - v["y[2,1]"]])],
    "factor_two": [
        ("in time", "dL/do[2,1]", lambda v: [2 * (v["o[2,1]"] - v["y[2,1]"])]),
        ("in turn", "error[1,1]", lambda _: []),
        ("dropout", "dL/da1[1]", lambda _: []),
    ],
    "mean_for_sum": [
        ("in time", "dL/dWx[1,2]", lambda v: [v["dL/dWx[1,2]"] / 3]),
        ("in time", "dL/dWx[1,2]<2>", lambda _: []),
        ("in time", "L", lambda v: [v["L"] / 3, v["L"] / 2]),  # over steps, or over outputs
        ("in time, last", "dL/dby", lambda _: []),
        ("in turn", "E[2]", lambda v: [(v["error[1,1]@3"] + v["error[2,1]@4"]) / 2]),
        ("in turn", "L@2", lambda _: []),
        ("in turn", "dL/dW1[1,1]@2", lambda _: []),
        ("in turn", "L'", lambda v: [(v["l'[1,1]"] + v["l'[2,1]"]) / 2]),
    ],
    "error_sign": [("in time", "dL/do[3,2]", lambda v: [v["y[3,2]"] - v["o[3,2]"]])],
    "slope_at_sum": [("in time", "ds/dz[2,1]", lambda v: [1 - v["z[2,1]"] ** 2])],
    "slope_is_output": [("in time, last", "ds/dz[2,1]", lambda v: [v["s[2,1]"]])],
    "slope_missing": [
        (
            "in time",
            "dL/ds[1,2]",
            lambda v: [
                sum(v[f"dL/do[1,{k}]"] * v[f"Wy[2,{k}]"] + v[f"dL/ds[2,{k}]"] * v[f"Ws[2,{k}]"] for k in (1, 2))
            ],
        ),
        ("in time", "dL/dWx[1,2]<3>", lambda v: [v["dL/ds[3,2]"] * v["x[3,1]"]]),
        ("dropout", "dL/dd1[1]", lambda v: [v["dL/da2[1]"] * v["W2[1,1]"] + v["dL/da2[2]"] * v["W2[1,2]"]]),
        ("dropout", "dL/da1[1]", lambda _: []),
    ],
    "slope_twice": [
        ("in time", "dL/dz[2,1]", lambda v: [v["dL/ds[2,1]"] * v["ds/dz[2,1]"] ** 2]),
        ("dropout", "dL/da1[1]", lambda _: []),
    ],
    "one_path": [
        (
            "in time",
            "dL/ds[2,1]",
            lambda v: [
                *(v[f"dL/do[2,{k}]"] * v[f"Wy[1,{k}]"] for k in (1, 2)),
                *(v[f"dL/dz[3,{m}]"] * v[f"Ws[1,{m}]"] for m in (1, 2)),
            ],
        ),
        ("two steps", "dL/ds[1,1]", lambda v: [v["dL/dz[2,1]"] * v["Ws[1,1]"]]),  # the other way is `time_stopped`
        (
            "in time, last",
            "do/ds[3,1,2,1]",
            lambda v: [v["Wy[1,1]"] * v["ds/dz[3,1]"] * v["Ws[1,1]"], v["Wy[1,2]"] * v["ds/dz[3,2]"] * v["Ws[2,1]"]],
        ),
        ("paths", "paths(dL/dW1)[1,2]", lambda v: [path(v, m, k) for m in (1, 2) for k in (1, 2)]),
    ],
    "updated_weights": [
        ("in turn", "dL/da1[2,1]@2", lambda v: [v["dL/dz2[2,1]@2"] * v["W2'[1,1]@2"]]),
        (
            "in time",
            "dL/ds[3,1]@2",
            lambda v: [v["dL/do[3,1]@2"] * v["Wy'[1,1]@2"] + v["dL/do[3,2]@2"] * v["Wy'[1,2]@2"]],
        ),
    ],
    "input_missing": [
        ("in time", "dL/dWs[1,2]<1>", lambda v: [v["dL/dz[1,2]"]]),
        ("in time", "dL/dWs[1,2]", lambda _: []),
    ],
    "neighbours_input": [("dropout", "dL/dW2[3,1]", lambda v: [v["dL/dz2[1]"] * v["d1[1]"]])],
    "own_output": [
        ("in time", "dL/dWs[1,2]<2>", lambda v: [v["dL/dz[2,2]"] * v["s[2,2]"]]),
        ("in time", "dL/dWs[2,2]<2>", lambda _: []),  # that is `state_too_late`
        ("in time", "dL/dWx[1,2]<2>@2", lambda v: [v["dL/dz[2,2]@2"] * v["s[2,2]@2"]]),
        ("in time", "dL/dWx[2,2]<2>", lambda v: [v["dL/dz[2,2]"] * v["s[2,2]"]]),
        ("in time", "dL/dWy[1,2]<2>", lambda v: [v["dL/do[2,2]"] * v["o[2,2]"]]),
        ("one step", "dL/dWs[1,2]@2", lambda v: [v["dL/dz[1,2]@2"] * v["s[1,2]@2"]]),
        ("dropout", "dL/dW1[1,2]", lambda v: [v["dL/dz1[2]"] * v["a1[2]"]]),
        ("in turn", "dL/dW1[1,2]@2", lambda v: [v["dL/dz1[2,2]@2"] * v["a1[2,2]@2"]]),
    ],
    "gradient_transposed": [("in time", "dL/dWs[1,2]", lambda v: [v["dL/dWs[2,1]"]])],
    "one_sample": [("in turn", "dL/dW1[1,1]", lambda _: []), ("in time", "dL/dWx[1,1]", lambda _: [])],
    "bias_not_summed": [("in time", "dL/dbs[1]", lambda _: [])],
    "rate_missing": [("in time", "Ws'[1,2]@2", lambda v: [v["Ws'[1,2]"] - v["dL/dWs[1,2]@2"]])],
    "ascent": [("in turn", "W1'[1,1]@3", lambda v: [v["W1'[1,1]@2"] + 0.5 * v["dL/dW1[1,1]@3"]])],
    "threshold_forgotten": [
        ("threshold", "a1[1]", lambda v: [float(v["z1[1]"] > 0)]),
        ("forward only", "a1[1]", lambda _: []),
    ],
    "dropout_forgotten": [
        ("dropout", "z2[1]", lambda v: [sum(v[f"a1[{i}]"] * v[f"W2[{i},1]"] for i in (1, 2, 3)) + v["b2[1]"]]),
        ("dropout", "dL/dW2[2,1]", lambda v: [v["dL/dz2[1]"] * v["a1[2]"]]),
        (
            "plain dropout",
            "dL/dW3[2,1]",
            lambda v: [v["dL/dz3[1,1]"] * v["a2[1,2]"] + v["dL/dz3[2,1]"] * v["a2[2,2]"]],
        ),
        ("dropout", "z1[1]", lambda _: []),
        ("dropout", "dL/dW1[1,1]", lambda _: []),
    ],
    "mask_forgotten": [
        ("dropout", "d1[2]", lambda v: [v["a1[2]"] / 0.5]),
        ("dropout", "dL/da1[2]", lambda v: [v["dL/dd1[2]"] / 0.5]),
        ("dropout", "dL/dz1[2]", lambda _: []),
        ("plain dropout", "d2[1,2]", lambda v: [v["a2[1,2]"]]),
        ("plain dropout", "dL/da1[2,2]", lambda v: [v["dL/dd1[2,2]"]]),
    ],
    "keep_forgotten": [
        ("dropout", "d1[1]", lambda v: [v["a1[1]"]]),
        ("dropout", "dL/da1[3]", lambda v: [v["dL/dd1[3]"]]),
        ("plain dropout", "d2[1,1]", lambda _: []),
    ],
    "keep_multiplied": [
        ("dropout", "d1[1]", lambda v: [v["a1[1]"] * 0.5]),
        ("dropout", "dL/da1[3]", lambda v: [v["dL/dd1[3]"] * 0.5]),
        ("plain dropout", "d2[1,1]", lambda _: []),
        ("plain dropout", "dL/da2[1,1]", lambda _: []),
    ],
    "state_forgotten": [
        ("in time", "z[2,1]", lambda v: [from_inputs(v, 2, 1) + v["bs[1]"]]),
        ("in time", "z'[1,2]", lambda v: [v["x[1,1]"] * v["Wx'[1,2]@2"] + v["x[1,2]"] * v["Wx'[2,2]@2"] + v["bs[2]"]]),
        ("in time, last", "z[3,2]", lambda v: [v["Wx[2,1]"] * v["x[3,1]"] + v["bs"]]),
        ("in time", "o[2,1]", lambda _: []),
        ("plain dropout", "z1[1,1]", lambda _: []),
    ],
    "stale_state": [
        (
            "in time",
            "z[3,1]",
            lambda v: [from_inputs(v, 3, 1) + v["s[1,1]"] * v["Ws[1,1]"] + v["s[1,2]"] * v["Ws[2,1]"] + v["bs[1]"]],
        ),
        (
            "in time",
            "z[2,1]@2",
            lambda v: [
                from_inputs(v, 2, 1, "'") + v["s0[1]"] * v["Ws'[1,1]"] + v["s0[2]"] * v["Ws'[2,1]"] + v["bs[1]"]
            ],
        ),
        ("in time", "z[1,1]", lambda _: []),
        ("in time", "o[2,1]", lambda v: [v["s[1,1]"] * v["Wy[1,1]"] + v["s[1,2]"] * v["Wy[2,1]"] + v["by[1]"]]),
        ("in time", "dL/dWs[1,2]<3>", lambda v: [v["dL/dz[3,2]"] * v["s[1,1]"]]),
        ("in time", "dL/dWs[1,2]<2>@2", lambda v: [v["dL/dz[2,2]@2"] * v["s0[1]"]]),
        ("in time", "dL/dWx[1,2]<2>", lambda _: []),
        ("in time, last", "dL/dWy[1,2]", lambda v: [v["dL/do[3,1]"] * v["s[2,2]"]]),
    ],
    "state_too_late": [
        ("in time", "dL/dWs[1,2]<3>", lambda v: [v["dL/dz[3,2]"] * v["s[3,1]"]]),
        ("in time", "dL/dWs[1,2]<1>@2", lambda v: [v["dL/dz[1,2]@2"] * v["s[1,1]@2"]]),
        ("one step", "dL/dWs[2,1]", lambda v: [v["dL/dz[1,1]"] * v["s[1,2]"]]),
        ("in time", "dL/dWy[1,2]<2>", lambda _: []),
        ("in time", "dL/dWx[1,2]<2>", lambda _: []),
    ],
    "time_step_forgotten": [
        ("in time", "dL/dWx[1,2]", lambda v: [v["dL/dWx[1,2]"] - v[f"dL/dWx[1,2]<{t}>"] for t in (1, 2, 3)]),
        ("in time", "dL/dbs[1]", lambda v: [v["dL/dbs[1]"] - v[f"dL/dz[{t},1]"] for t in (1, 2, 3)]),
        ("two steps", "dL/dWs[1,1]", lambda v: [v["dL/dWs[1,1]<1>"]]),  # the other one is `time_stopped`
        ("two steps", "dL/dWy[1,1]", lambda v: [v["dL/dWy[1,1]<1>"], v["dL/dWy[1,1]<2>"]]),
        (
            "in time",  # one step is missing, or all but the last
            "dL/dWy[2,1]",
            lambda v: [
                *(v["dL/dWy[2,1]"] - v[f"dL/dWy[2,1]<{t}>"] for t in (1, 2, 3)),
                v["dL/dWy[2,1]<3>"],
            ],
        ),
        ("in time, last", "dL/dWy[1,2]", lambda _: []),
        ("one step", "dL/dWs[1,2]", lambda _: []),
        ("plain dropout", "dL/dW1[1,1]", lambda _: []),
    ],
    "time_stopped": [
        ("in time", "dL/dWs[1,2]", lambda v: [v["dL/dWs[1,2]<3>"]]),
        ("in time", "dL/dbs[2]@2", lambda v: [v["dL/dz[3,2]@2"]]),
        ("in time, last", "dL/dbs", lambda v: [v["dL/dz[3,1]"] + v["dL/dz[3,2]"]]),
        ("in time", "dL/ds[2,1]", lambda v: [v["dL/do[2,1]"] * v["Wy[1,1]"] + v["dL/do[2,2]"] * v["Wy[1,2]"]]),
        ("two steps", "dL/ds[1,1]", lambda v: [v["dL/do[1,1]"] * v["Wy[1,1]"]]),
        ("in time", "dL/dWy[1,1]", lambda _: []),
        ("in time", "dL/ds[3,1]", lambda _: []),
        ("in time, last", "dL/ds[1,1]", lambda _: []),
    ],
}
"""For each code: net, cell, and all the numbers that somebody may write who makes this mistake there."""
