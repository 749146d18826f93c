"""What SymPy is asked: derivatives of formulas, in the forms that sheets print.

A formula is handed to SymPy, differentiated, rewritten over numbers that already stand on the sheet (a
sigmoid's slope over its output a, not over z again), and converted back to our own tree through a
whitelist. Nothing is simplified beyond that: `simplify` would turn a sigmoid's slope into 1/(4 cosh^2(z/2)).

The derivatives of the tables in `calculus` are kept in `derived`, so that SymPy, which takes longer to load
than a sheet takes to make, is only loaded for others. A test holds the two together; `all_forms` is what it
compares, and what a maintainer writes there after a change (``python tests/support/derivations.py``).
"""

from __future__ import annotations

from typing import Any, Final

import sympy

from backproptable.basics.errors import PlanError
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
    children,
)
from backproptable.nets.calculus import ACTIVATIONS, DROPOUTS, LOSSES, PIECES

__all__ = ["all_forms", "derivative_of", "slope_of"]

_Z, _ONE = Ref("z"), Num("1")


def all_forms() -> dict[str, tuple[Formula, ...]]:
    """The derivatives of all tables, by what they are of and its name; each in its forms, the printed one last."""
    forms = {f"activation {name}": _of_activation(name) for name in ACTIVATIONS}
    forms |= {f"softmax {word}": _of_softmax(same=same) for word, same in (("same", True), ("other", False))}
    forms |= {f"dropout {name}": _of_dropout(name) for name in DROPOUTS}
    return forms | {f"loss {name}": _of_loss(name) for name in LOSSES}


def _of_activation(name: str) -> tuple[Formula, ...]:
    z, a = sympy.symbols("z a")
    raw = sympy.diff(_to_sympy(PIECES.get(name, ACTIVATIONS[name])), z)
    forms = [raw]
    if name == "sigmoid":
        forms.append(sympy.factor(raw.subs(sympy.exp(-z), 1 / a - 1)))
    elif name == "tanh":
        forms.append(raw.subs(sympy.tanh(z), a))
    return tuple(map(_from_sympy, forms))


def _of_softmax(*, same: bool) -> tuple[Formula, ...]:
    """Written for two outputs k and m beside any others, whose exponentials are a constant here."""
    z_k, z_m, e_k, e_m, a_k, a_m, total, others = sympy.symbols("z_k z_m e_k e_m a_k a_m S others")
    exp_sum = sympy.exp(z_k) + sympy.exp(z_m) + others
    raw = sympy.diff(sympy.exp(z_k) / exp_sum, z_k if same else z_m)
    raw = raw.subs(exp_sum, total).subs({sympy.exp(z_k): e_k, sympy.exp(z_m): e_m})
    over_outputs = sympy.factor(raw.subs({e_k: a_k * total, e_m: a_m * total}))
    return _from_sympy(raw), _from_sympy(over_outputs)


def _of_dropout(name: str) -> tuple[Formula, ...]:
    return (_from_sympy(sympy.diff(_to_sympy(DROPOUTS[name]), sympy.Symbol("a"))),)


def _of_loss(name: str) -> tuple[Formula, ...]:
    raw = sympy.diff(_to_sympy(LOSSES[name]), sympy.Symbol("a"))
    forms = [raw, sympy.factor(raw)] if name in ("sse", "mse") else [raw]
    return tuple(map(_from_sympy, forms))


def slope_of(function: Formula, over_output: str) -> tuple[Formula, ...]:
    """The derivative of a function of z: as SymPy gives it, then with z put in terms of its output a.

    `over_output` says how, in SymPy's words: ``exp(-z) = 1/a - 1``; it is empty where z stays.
    """
    raw = sympy.diff(_to_sympy(function), sympy.Symbol("z"))
    forms = [raw]
    if over_output:
        inner, _, outer = over_output.partition("=")
        over = raw.subs(sympy.sympify(inner), sympy.sympify(outer))
        forms.append(over if "tanh" in inner else sympy.factor(over))
    return tuple(map(_from_sympy, forms))


def derivative_of(formula: Formula, by: str) -> Formula:
    """The derivative of any formula over placeholders by one of them."""
    raw = sympy.diff(_to_sympy(formula), sympy.Symbol(by))
    return _from_sympy(sympy.factor(raw) if raw.is_polynomial() else raw)


def _to_sympy(formula: Formula) -> sympy.Expr:
    parts = [_to_sympy(part) for part in children(formula)]
    match formula:
        case Num(text):
            return sympy.Rational(text)
        case Ref(to):
            return sympy.Symbol(str(to))
        case Neg():
            return -parts[0]
        case Sum():
            return sympy.Add(*parts)
        case Product():
            return sympy.Mul(*parts)
        case Quotient():
            return parts[0] / parts[1]
        case Power(_, exponent):
            return parts[0] ** exponent
        case Choice():
            return sympy.Piecewise((parts[1], parts[0] > parts[3]), (parts[2], True))
        case Call("max", (Num("0"), _)):
            return sympy.Piecewise((parts[1], parts[1] > 0), (0, True))
        case Call(function, _) if function in _FUNCTIONS:
            return _FUNCTIONS[function](*parts)
    raise PlanError(f"no SymPy form for {formula}")


_FUNCTIONS: Final = {"exp": sympy.exp, "ln": sympy.log, "tanh": sympy.tanh, "sqrt": sympy.sqrt}


def _from_sympy(expression: Any) -> Formula:
    """SymPy's expression as our tree. Only what a derivative above can contain; anything else raises."""
    match expression:
        case sympy.Symbol():
            return Ref(expression.name)
        case sympy.Integer() if expression >= 0:
            return Num(str(expression))
        case sympy.Add():
            # A sum reads best with a positive term first: 1 - a, not -a + 1.
            terms = sorted(expression.as_ordered_terms(), key=lambda term: term.could_extract_minus_sign())
            return Sum(tuple(map(_from_sympy, terms)))
        case sympy.Mul() | sympy.Rational():
            return _product_from_sympy(expression)
        case sympy.Pow() if expression.exp.is_Integer and expression.exp > 0:
            return Power(_from_sympy(expression.base), int(expression.exp))
        case sympy.Pow() if expression.exp.is_Integer:
            return _product_from_sympy(expression)
        case sympy.Piecewise():
            return _choices_from_sympy(expression)
        case sympy.Pow() if expression.exp == sympy.Rational(1, 2):
            return Call("sqrt", (_from_sympy(expression.base),))
        case _:
            for name, function in _FUNCTIONS.items():
                if isinstance(function, type) and isinstance(expression, function):
                    (inner,) = getattr(expression, "args")  # noqa: B009 - SymPy has no types
                    return Call(name, (_from_sympy(inner),))
    raise PlanError(f"SymPy gave a form that no sheet can print: {expression}")


def _choices_from_sympy(expression: Any) -> Formula:
    """Pieces from the highest down, each where something is above a limit; the last is all the rest."""
    pieces: list[Any] = [*expression.args]
    (result, _), pieces = pieces[-1].args, [piece.args for piece in pieces[:-1]]
    formula = _from_sympy(result)
    for value, condition in reversed(pieces):
        if not isinstance(condition, sympy.StrictGreaterThan | sympy.StrictLessThan):
            raise PlanError(f"SymPy gave a form that no sheet can print: {condition}")
        arg, limit = condition.gts, condition.lts
        if not limit.is_number:
            arg, limit = arg - limit, sympy.Integer(0)
        formula = Choice(_from_sympy(arg), _from_sympy(value), formula, Num(str(limit)))
    return formula


def _product_from_sympy(expression: sympy.Expr) -> Formula:
    coefficient, rest = expression.as_coeff_Mul()
    negative = bool(coefficient < 0)
    top = [sympy.Integer(abs(coefficient.p))] if abs(coefficient.p) != 1 else []
    bottom = [sympy.Integer(coefficient.q)] if coefficient.q != 1 else []
    for factor in rest.as_ordered_factors():
        if isinstance(factor, sympy.Pow) and factor.exp.is_negative:
            bottom.append(factor.base**-factor.exp)
        elif factor != 1:
            top.append(factor)
    if negative:
        # -a (a - 1) reads a (1 - a): a leading minus goes into the last difference, if there is one.
        for place in reversed(range(len(top))):
            if isinstance(top[place], sympy.Add):
                top[place], negative = sympy.expand(-top[place]), False
                break
    result = _times(top)
    if bottom:
        result = Quotient(result, _times(bottom))
    return Neg(result) if negative else result


def _times(factors: list[sympy.Expr]) -> Formula:
    parts = tuple(map(_from_sympy, factors))
    if not parts:
        return _ONE
    return parts[0] if len(parts) == 1 else Product(parts)
