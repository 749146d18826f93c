"""Lines that wrong zeros leave nothing to work out in: 0 times anything, or one number taken over as it is.

A sum that still has other terms is work, whatever of it was lost.
"""

from __future__ import annotations

from collections.abc import Set

from backproptable.formulas.formula import Call, Formula, Neg, Num, Power, Product, Quotient, Ref, Sum
from backproptable.formulas.names import Address

__all__ = ["is_trivial"]

_ZERO = Num("0")


def is_trivial(formula: Formula, zeros: Set[Address]) -> bool:
    """Whether the formula is 0 or a single number once the cells of `zeros` are put in."""
    match _left_of(formula, zeros):
        case Num() | Ref() | Neg(Num() | Ref()):
            return True
    return False


def _left_of(formula: Formula, zeros: Set[Address]) -> Formula:
    """The formula without what the zeros take away. What no zero touches stays as it is."""

    def left(part: Formula) -> Formula:
        return _left_of(part, zeros)

    match formula:
        case Ref(to):
            return _ZERO if to in zeros else formula
        case Neg(arg):
            inner = left(arg)
            return _ZERO if inner == _ZERO else Neg(inner)
        case Sum(terms):
            kept = tuple(term for term in map(left, terms) if term != _ZERO)
            return Sum(kept) if len(kept) > 1 else kept[0] if kept else _ZERO
        case Product(factors):
            parts = tuple(map(left, factors))
            return _ZERO if _ZERO in parts else Product(parts)
        case Quotient(top, bottom):
            inner = left(top)
            return _ZERO if inner == _ZERO else Quotient(inner, left(bottom))
        case Power(base, exponent):
            inner = left(base)
            return _ZERO if inner == _ZERO else Power(inner, exponent)
        case Call("max" | "sqrt" | "tanh" as function, args):
            parts = tuple(map(left, args))
            return _ZERO if all(part == _ZERO for part in parts) else Call(function, parts)
    return formula
