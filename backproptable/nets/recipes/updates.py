"""The update rules: for each parameter, the numbers that are kept for it and what it becomes.

Each rule is that of its source: momentum as in Sutskever et al. 2013 (with the learning rate outside, as
in PyTorch), Nesterov as there, Adagrad Duchi et al. 2011, RMSProp Tieleman and Hinton 2012, Adam Kingma
and Ba 2015 (algorithm 1), AdamW Loshchilov and Hutter 2019 (algorithm 2, decay times the learning rate);
clipping by norm Pascanu et al. 2013. What is kept starts at 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Final

from backproptable.basics.errors import Problem, suggestion
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
from backproptable.formulas.names import Address, name_of
from backproptable.nets.plan import Cell, Digits, Reason, Step

__all__ = ["UPDATE_RULES", "UpdateRule", "update_problems", "update_steps"]

_ETA: Final = Ref(Address("eta"))
_ONE: Final = Num("1")


@dataclass(frozen=True, slots=True)
class UpdateRule:
    """``[update]``: a rule and its numbers. None where a number is the rule's usual one, or not used."""

    rule: str = "sgd"
    momentum: Decimal = Decimal("0.9")
    beta1: Decimal = Decimal("0.9")
    beta2: Decimal = Decimal("0.999")
    epsilon: Decimal = Decimal("1e-8")
    weight_decay: Decimal = Decimal(0)
    clip_norm: Decimal | None = None


_LIMITS: Final = {
    "momentum": (0, 1),
    "beta1": (0, 1),
    "beta2": (0, 1),
    "epsilon": (0, 1),
    "weight_decay": (0, 1000),
    "clip_norm": (0, 10**9),
}
"""What each number has to be at least, and below what."""


def update_problems(rule: UpdateRule) -> Iterator[Problem]:
    """What is wrong with an update rule."""
    if rule.rule not in UPDATE_RULES:
        yield Problem("[update] rule", f"{rule.rule!r} is not known.", suggestion(rule.rule, UPDATE_RULES))
    for one in fields(rule):
        value = getattr(rule, one.name)
        if one.name in _LIMITS and value is not None:
            low, high = _LIMITS[one.name]
            if not (value.is_finite() and low <= value < high) or (one.name == "clip_norm" and value == 0):
                yield Problem(f"[update] {one.name}", f"is {value}.", f"Write a number from {low} up and below {high}.")


@dataclass(frozen=True)
class _One:
    """One entry of one parameter in one update."""

    entry: Address
    old: Ref
    gradient: Formula
    update: int
    rule: UpdateRule
    made: dict[str, tuple[Address, Formula]]
    """The numbers kept for it, by letter, in order."""

    def keep(self, letter: str, formula: Formula) -> Ref:
        """Give a number a cell of its own."""
        address = Address(f"{letter}({self.entry.family})", None, self.entry.units, update=self.update)
        self.made[letter] = (address, formula)
        return Ref(address)

    def before(self, letter: str) -> Formula:
        """What was kept in the update before."""
        if self.update == 1:
            return Num("0")
        return Ref(Address(f"{letter}({self.entry.family})", None, self.entry.units, update=self.update - 1))

    def number(self, name: str) -> Num:
        return Num(_shown(getattr(self.rule, name)))

    def rest(self, name: str) -> Num:
        """1 - beta"""
        return Num(_shown(1 - getattr(self.rule, name)))

    @property
    def square(self) -> Formula:
        """The square of the gradient."""
        return Power(self.gradient, 2)


def _shown(number: Decimal) -> str:
    return f"{number.normalize():f}"


def _mixed(one: _One, letter: str, kept: str, formula: Formula) -> Ref:
    """Kept * before + (1 - kept) * formula"""
    terms = (Product((one.number(kept), one.before(letter))), Product((one.rest(kept), formula)))
    return one.keep(letter, Sum(terms) if one.update > 1 else terms[1])


def _step(*factors: Formula) -> Formula:
    return Product((_ETA, *factors))


def _sgd(one: _One) -> Formula:
    return difference(one.old, _step(one.gradient))


def _velocity(one: _One) -> Ref:
    mu = one.number("momentum")
    return one.keep("v", Sum((Product((mu, one.before("v"))), one.gradient)) if one.update > 1 else one.gradient)


def _momentum(one: _One) -> Formula:
    return difference(one.old, _step(_velocity(one)))


def _nesterov(one: _One) -> Formula:
    ahead = Sum((one.gradient, Product((one.number("momentum"), _velocity(one)))))
    return difference(one.old, _step(ahead))


def _over_root(one: _One, top: Formula, square: Formula) -> Formula:
    root = Call("sqrt", (square,))
    bottom = Sum((root, one.number("epsilon"))) if one.rule.epsilon else root
    return difference(one.old, Quotient(_step(top), bottom))


def _adagrad(one: _One) -> Formula:
    total = one.keep("s", Sum((one.before("s"), one.square)) if one.update > 1 else one.square)
    return _over_root(one, one.gradient, total)


def _rmsprop(one: _One) -> Formula:
    return _over_root(one, one.gradient, _mixed(one, "s", "beta2", one.square))


def _to_the(base: Formula, exponent: int) -> Formula:
    return base if exponent == 1 else Power(base, exponent)


def _adam(one: _One) -> Formula:
    m = _mixed(one, "m", "beta1", one.gradient)
    v = _mixed(one, "v", "beta2", one.square)
    corrected = [
        one.keep(f"{letter}^", Quotient(kept, difference(_ONE, _to_the(one.number(beta), one.update))))
        for letter, kept, beta in (("m", m, "beta1"), ("v", v, "beta2"))
    ]
    return _over_root(one, *corrected)


UPDATE_RULES: Final[dict[str, Callable[[_One], Formula]]] = {
    "sgd": _sgd,
    "momentum": _momentum,
    "nesterov": _nesterov,
    "adam": _adam,
    "adamw": _adam,
    "rmsprop": _rmsprop,
    "adagrad": _adagrad,
}
"""What a parameter becomes, by rule."""
_DECOUPLED: Final = ("adamw",)
"""Rules in which weight decay does not go through the gradient."""


def update_steps(gradients: Mapping[Address, Address], rule: UpdateRule, update: int) -> Iterator[Step]:
    """The steps from the gradients to the new parameters. `gradients` are dL/d of every entry, by that entry."""
    slopes: dict[Address, Formula] = {entry: Ref(gradient) for entry, gradient in gradients.items()}
    if rule.clip_norm is not None:
        yield from _clipped(slopes, rule.clip_norm, update)
    for name in dict.fromkeys(entry.family for entry in slopes):
        ones = {entry: slopes[entry] for entry in slopes if entry.family == name}
        yield from _steps_of(ones, rule, update)


def _clipped(slopes: dict[Address, Formula], limit: Decimal, update: int) -> Iterator[Step]:
    """All gradients scaled down where their common norm is above the limit; replaces them in `slopes`."""
    norm, share = (Address(family, update=update) for family in ("norm(dL)", "clip"))
    size = Call("sqrt", (Sum(tuple(Power(slope, 2) for slope in slopes.values())),))
    yield Step(_named(norm), Reason.NORM, (Cell(norm, size),))
    least = Num(_shown(limit))
    scale = Choice(Ref(norm), Quotient(least, Ref(norm)), _ONE, least)
    yield Step(_named(share), Reason.UPDATE, (Cell(share, scale),))
    for name in dict.fromkeys(entry.family for entry in slopes):
        cells = []
        for entry, slope in slopes.items():
            if entry.family == name:
                address = Address(f"c({name})", None, entry.units, update=update)
                cells.append(Cell(address, Product((Ref(share), slope))))
                slopes[entry] = Ref(address)
        yield Step(_named(cells[0].address), Reason.UPDATE, tuple(cells))


def _steps_of(slopes: Mapping[Address, Formula], rule: UpdateRule, update: int) -> Iterator[Step]:
    kept: dict[str, list[Cell]] = {}
    new: list[Cell] = []
    for entry, slope in slopes.items():
        decay = Num(_shown(rule.weight_decay))
        decoupled = rule.rule in _DECOUPLED
        gradient = Sum((slope, Product((decay, Ref(entry))))) if rule.weight_decay and not decoupled else slope
        one = _One(entry, Ref(entry), slope, update, rule, {})
        if rule.weight_decay and not decoupled:
            one = _One(entry, Ref(entry), one.keep("g", gradient), update, rule, one.made)
        formula = UPDATE_RULES[rule.rule](one)
        if rule.weight_decay and decoupled and isinstance(formula, Sum):
            formula = Sum((*formula.terms, Neg(_step(decay, Ref(entry)))))
        for letter, (address, kept_formula) in one.made.items():
            kept.setdefault(letter, []).append(Cell(address, kept_formula))
        address = entry._replace(primed=True, update=update)
        new.append(Cell(address, formula, Digits.EVERY_DECIMAL if rule.rule == "sgd" else Digits.FIGURES))
    for cells in (*kept.values(), new):
        yield Step(_named(cells[0].address), Reason.UPDATE, tuple(cells))


def _named(address: Address) -> str:

    return name_of(address._replace(units=()))
