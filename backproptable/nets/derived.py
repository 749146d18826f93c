"""The derivatives of the tables in `calculus`, as SymPy has found them.

Made by ``tests/support/derivations.py``, and kept, so that SymPy need not be loaded for them; a test compares them
with what SymPy finds.
"""

from __future__ import annotations

from typing import Final

from backproptable.formulas.formula import Call, Choice, Formula, Neg, Num, Power, Product, Quotient, Ref, Sum

__all__ = ["DERIVED"]

DERIVED: Final[dict[str, tuple[Formula, ...]]] = {
    "activation identity": (Num("1"),),
    "activation relu": (Choice(Ref("z"), Num("1"), Num("0"), Num("0")),),
    "activation leaky_relu": (Choice(Ref("z"), Num("1"), Ref("slope"), Num("0")),),
    "activation sigmoid": (
        Quotient(Call("exp", (Neg(Ref("z")),)), Power(Sum((Num("1"), Call("exp", (Neg(Ref("z")),)))), 2)),
        Product((Ref("a"), Sum((Num("1"), Neg(Ref("a")))))),
    ),
    "activation tanh": (
        Sum((Num("1"), Neg(Power(Call("tanh", (Ref("z"),)), 2)))),
        Sum((Num("1"), Neg(Power(Ref("a"), 2)))),
    ),
    "activation step": (Num("0"),),
    "softmax same": (
        Sum((Quotient(Ref("e_k"), Ref("S")), Neg(Quotient(Power(Ref("e_k"), 2), Power(Ref("S"), 2))))),
        Product((Ref("a_k"), Sum((Num("1"), Neg(Ref("a_k")))))),
    ),
    "softmax other": (
        Neg(Quotient(Product((Ref("e_k"), Ref("e_m"))), Power(Ref("S"), 2))),
        Neg(Product((Ref("a_k"), Ref("a_m")))),
    ),
    "dropout inverted": (Quotient(Ref("m"), Ref("keep")),),
    "dropout plain": (Ref("m"),),
    "loss half_sse": (Sum((Ref("a"), Neg(Ref("y")))),),
    "loss sse": (
        Sum((Product((Num("2"), Ref("a"))), Neg(Product((Num("2"), Ref("y")))))),
        Product((Num("2"), Sum((Ref("a"), Neg(Ref("y")))))),
    ),
    "loss mse": (
        Quotient(Sum((Product((Num("2"), Ref("a"))), Neg(Product((Num("2"), Ref("y")))))), Ref("K")),
        Quotient(Product((Num("2"), Sum((Ref("a"), Neg(Ref("y")))))), Ref("K")),
    ),
    "loss cross_entropy": (Neg(Quotient(Ref("y"), Ref("a"))),),
    "loss binary_cross_entropy": (
        Sum(
            (
                Quotient(Sum((Num("1"), Neg(Ref("y")))), Sum((Num("1"), Neg(Ref("a"))))),
                Neg(Quotient(Ref("y"), Ref("a"))),
            )
        ),
    ),
    "loss output": (Num("1"),),
}
"""By what they are of and its name, each in its forms, the printed one last."""
