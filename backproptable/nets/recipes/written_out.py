"""Functions that stand in a recipe by name and are worked in lines of their own, since people work them so.

``silu(z)`` is ``z * sigmoid(z)``, and a reader who sees these two lines can differentiate them; the slope in one
go would be a formula of six terms. Each is said over its argument by the functions that there are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from backproptable.nets.recipes.syntax import Add, Apply, At, Divide, Expression, Number, Raised, Times

__all__ = ["WRITTEN_OUT"]


def _silu(z: Expression, at: At) -> Expression:
    """Z sigma(z) (Elfwing et al. 2018, equation 4; Ramachandran et al. 2017 call it Swish)."""
    return Times(z, Apply("sigmoid", (z,), (), at), at)


def _gelu(z: Expression, at: At) -> Expression:
    """z/2 (1 + tanh(sqrt(2/pi) (z + 0.044715 z^3))) (Hendrycks & Gimpel 2016, section 2).

    Of the two that the paper gives, this is the one that a calculator can do: the other needs a table of Phi.
    """
    cubic = Add(z, Times(Number("0.044715", at), Raised(z, 3, at), at), minus=False, at=at)
    bent = Apply("tanh", (Times(Number("0.7978845608", at), cubic, at),), (), at)
    return Times(Divide(z, Number("2", at), at), Add(Number("1", at), bent, minus=False, at=at), at)


WRITTEN_OUT: Final[dict[str, Callable[[Expression, At], Expression]]] = {"silu": _silu, "gelu": _gelu}
"""What is worked for a function of one array, by the name that stands in a recipe."""
