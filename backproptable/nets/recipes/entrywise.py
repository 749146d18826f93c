"""Functions entry by entry: a table of formulas, their slopes by SymPy, and how a slope is best written.

A slope is written over the function's own output where that is shorter (a sigmoid's is ``a (1 - a)``),
since the output is on the sheet already.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from backproptable.formulas.formula import Call, Choice, Formula, Num, Product, Quotient, Ref, Sum, difference
from backproptable.nets.calculus import ACTIVATIONS
from backproptable.nets.plan import Derivation

__all__ = ["ENTRYWISE", "EntryFunction"]

_Z, _A = Ref("z"), Ref("a")
_ZERO, _ONE = Num("0"), Num("1")
_E_TO_Z: Final = Call("exp", (_Z,))
_SIXTH: Final = Sum((Quotient(_Z, Num("6")), Quotient(_ONE, Num("2"))))


@dataclass(frozen=True, slots=True)
class EntryFunction:
    """A function of one number z, with output a."""

    formula: Formula
    """Over the placeholder ``z`` and its constants."""
    pieces: Formula | None = None
    """The same for SymPy, where the printed one has corners: their slope is that of the left side."""
    over_output: str = ""
    """What z is put in terms of a, in SymPy's words: ``exp(-z) = 1/a - 1``; empty where z stays."""
    constants: Mapping[str, str] = field(default_factory=dict)
    """What may be set by an option, with what is used otherwise."""
    flat: bool = False
    """Whether its slope is 0 everywhere, so that nothing can be learned through it."""

    def derivation(self) -> Derivation:
        """The slope in its forms; the last one is printed."""
        return _derivation(self.formula, self.pieces, self.over_output)


@lru_cache
def _derivation(formula: Formula, pieces: Formula | None, over_output: str) -> Derivation:
    from backproptable.nets.by_sympy import slope_of  # noqa: PLC0415 - heavy

    return Derivation(formula, _Z, slope_of(pieces or formula, over_output))


def _choice_of(z: Formula, otherwise: Formula) -> Choice:
    return Choice(_Z, z, otherwise)


ENTRYWISE: Final[dict[str, EntryFunction]] = {
    "identity": EntryFunction(_Z),
    "exp": EntryFunction(_E_TO_Z, over_output="exp(z) = a"),
    "ln": EntryFunction(Call("ln", (_Z,))),
    "sqrt": EntryFunction(Call("sqrt", (_Z,)), over_output="sqrt(z) = a"),
    "sigmoid": EntryFunction(ACTIVATIONS["sigmoid"], over_output="exp(-z) = 1/a - 1"),
    "tanh": EntryFunction(ACTIVATIONS["tanh"], over_output="tanh(z) = a"),
    "relu": EntryFunction(ACTIVATIONS["relu"], _choice_of(_Z, _ZERO)),
    "leaky_relu": EntryFunction(
        ACTIVATIONS["leaky_relu"], _choice_of(_Z, Product((Ref("slope"), _Z))), constants={"slope": "0.01"}
    ),
    # Clevert et al. 2016, equation 15
    "elu": EntryFunction(_choice_of(_Z, Product((Ref("alpha"), difference(_E_TO_Z, _ONE)))), constants={"alpha": "1"}),
    "softplus": EntryFunction(Call("ln", (Sum((_ONE, _E_TO_Z)),))),
    # z/6 + 1/2 between -3 and 3, as MobileNetV3 has it (Howard et al. 2019, section 5.2)
    "hard_sigmoid": EntryFunction(Choice(_Z, _ONE, Choice(_Z, _SIXTH, _ZERO, Num("-3")), Num("3"))),
    "step": EntryFunction(Choice(_Z, _ONE, _ZERO), flat=True),
}
"""By the name that stands in a recipe."""
