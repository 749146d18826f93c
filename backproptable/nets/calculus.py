"""Local derivatives: of the activations, of softmax, of the losses.

The definitions below are the only mathematics typed in by hand. Their derivatives are SymPy's, kept in
`derived` as `by_sympy` has found them.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from backproptable.formulas.formula import (
    Call,
    Choice,
    Formula,
    Neg,
    Num,
    Power,
    Product,
    Quotient,
    Ref,
    Sum,
    difference,
)
from backproptable.nets.derived import DERIVED
from backproptable.nets.plan import Derivation

__all__ = [
    "ACTIVATIONS",
    "DROPOUTS",
    "LOSSES",
    "PIECES",
    "activation_derivative",
    "dropout_derivative",
    "loss_derivative",
    "softmax_derivative",
]

_Z, _A, _Y = Ref("z"), Ref("a"), Ref("y")
_ZERO, _ONE, _TWO = Num("0"), Num("1"), Num("2")

ACTIVATIONS: Final[dict[str, Formula]] = {
    "identity": _Z,
    "relu": Call("max", (_ZERO, _Z)),
    "leaky_relu": Call("max", (Product((Ref("slope"), _Z)), _Z)),
    "sigmoid": Quotient(_ONE, Sum((_ONE, Call("exp", (Neg(_Z),))))),
    "tanh": Call("tanh", (_Z,)),
    "step": Choice(_Z, _ONE, _ZERO, Ref("threshold")),
}
"""a over z, for one unit."""

DROPOUTS: Final[dict[str, Formula]] = {
    "inverted": Quotient(Product((_A, Ref("m"))), Ref("keep")),
    "plain": Product((_A, Ref("m"))),
}
"""What a mask m leaves of an output a. Inverted dropout divides by the share that is kept, so that what the next
layer gets is as large on average as without (Srivastava et al. 2014, section 10)."""

PIECES: Final[dict[str, Formula]] = {
    "relu": Choice(_Z, _Z, _ZERO),
    "leaky_relu": Choice(_Z, _Z, Product((Ref("slope"), _Z))),
}
"""The same functions as SymPy differentiates them: for max it would answer 1/2 at the corner, where
the slope on our sheets is that of the left side (0 for ReLU)."""

_LOG_A: Final = Call("ln", (_A,))
_LOG_REST: Final = Call("ln", (difference(_ONE, _A),))

LOSSES: Final[dict[str, Formula]] = {
    "half_sse": Quotient(Power(difference(_Y, _A), 2), _TWO),
    "sse": Power(difference(_Y, _A), 2),
    "mse": Quotient(Power(difference(_Y, _A), 2), Ref("K")),
    "cross_entropy": Neg(Product((_Y, _LOG_A))),
    "binary_cross_entropy": Neg(Sum((Product((_Y, _LOG_A)), Product((difference(_ONE, _Y), _LOG_REST))))),
    "output": _A,
}
"""The loss term of one output over its target y and its output a; K is the number of outputs."""


@lru_cache
def activation_derivative(name: str) -> Derivation:
    """da/dz of one unit: over a for sigmoid and tanh, over z for the ReLUs, a constant for identity."""
    return Derivation(ACTIVATIONS[name], _Z, DERIVED[f"activation {name}"])


@lru_cache
def softmax_derivative(same: bool) -> Derivation:
    """da_k/dz_m of softmax, over a_k and a_m; `same` for k = m."""
    forms = DERIVED["softmax same" if same else "softmax other"]
    return Derivation(Quotient(Ref("e_k"), Ref("S")), Ref("z_k" if same else "z_m"), forms)


@lru_cache
def dropout_derivative(name: str) -> Derivation:
    """dd/da of one unit, over its mask m and the share that is kept."""
    return Derivation(DROPOUTS[name], _A, DERIVED[f"dropout {name}"])


@lru_cache
def loss_derivative(name: str) -> Derivation:
    """dl/da of one output, over y and a."""
    return Derivation(LOSSES[name], _A, DERIVED[f"loss {name}"])
