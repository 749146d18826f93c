"""Notations that write some derivatives with the opposite sign.

Where a course takes the error as E = y - output, everything that follows from it down to the
gradients has the opposite sign of the derivative of the loss, and the update adds. Such a notation
names the families of cells it turns round. The plan and its numbers stay what they are; what is
printed is this rewriting of them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from backproptable.formulas.formula import (
    Call,
    Choice,
    Formula,
    Neg,
    Num,
    Partial,
    Power,
    Product,
    Quotient,
    Ref,
    Sigma,
    Sum,
)
from backproptable.formulas.names import Address
from backproptable.nets.plan import Cell, Equation, Plan, Step

__all__ = ["turned_formula", "turned_plan", "turned_text", "turned_texts"]


def turned_texts(plan: Plan, texts: Sequence[str | None], families: Collection[str]) -> list[str | None]:
    """The printed numbers, with the sign of these families' cells turned round."""
    return [
        turned_text(text) if text is not None and cell.address.family in families else text
        for cell, text in zip(plan.cells, texts, strict=True)
    ]


def turned_text(text: str) -> str:
    """A printed number with its sign turned round."""
    if text == "0":
        return text
    return text[1:] if text.startswith("-") else f"-{text}"


def turned_plan(plan: Plan, families: Collection[str]) -> Plan:
    """The plan whose formulas hold for the turned numbers."""
    if not families:
        return plan
    return replace(plan, steps=tuple(_turned_step(step, families) for step in plan.steps))


def turned_formula(cell: Cell, formula: Formula, families: Collection[str]) -> Formula:
    """A formula for a cell as it holds for the turned numbers."""
    return _turned(formula, minus=cell.address.family in families, families=families) if families else formula


def _turned_step(step: Step, families: Collection[str]) -> Step:
    return replace(
        step,
        cells=tuple(_turned_cell(cell, families) for cell in step.cells),
        rule=tuple(_turned_equation(equation, families) for equation in step.rule),
        # A derivation is about the loss itself, so it keeps its sign.
    )


def _turned_cell(cell: Cell, families: Collection[str]) -> Cell:
    def turned(formula: Formula) -> Formula:
        return turned_formula(cell, formula, families)

    return replace(
        cell,
        formula=None if cell.formula is None else turned(cell.formula),
        also=tuple(map(turned, cell.also)),
        short=None if cell.short is None else turned(cell.short),
    )


def _turned_equation(equation: Equation, families: Collection[str]) -> Equation:
    left = equation.left
    is_turned = isinstance(left, Ref) and isinstance(left.to, Address) and left.to.family in families
    return Equation(left, tuple(_turned(side, minus=is_turned, families=families) for side in equation.right))


def _turned(formula: Formula, *, minus: bool, families: Collection[str]) -> Formula:
    """`formula`, times -1 if `minus`, over turned cells; signs cancel where they can."""
    body, negative = _without_sign(formula, families)
    return _negated(body) if negative != minus else body


def _without_sign(formula: Formula, families: Collection[str]) -> tuple[Formula, bool]:
    """The formula over turned cells, and whether a minus has to stand before it to be the same."""

    def whole(part: Formula) -> Formula:
        return _turned(part, minus=False, families=families)

    match formula:
        case Num():
            return formula, False
        case Ref(to):
            return formula, isinstance(to, Address) and to.family in families
        case Partial():  # written out as a derivative, it is one
            return formula, False
        case Neg(arg):
            body, negative = _without_sign(arg, families)
            return body, not negative
        case Sum(terms):
            parts = [_without_sign(term, families) for term in terms]
            if all(negative for _, negative in parts):
                return Sum(tuple(body for body, _ in parts)), True
            return Sum(tuple(Neg(body) if negative else body for body, negative in parts)), False
        case Product(factors):
            parts = [_without_sign(factor, families) for factor in factors]
            return Product(tuple(body for body, _ in parts)), sum(negative for _, negative in parts) % 2 == 1
        case Quotient(top, bottom):
            above, negative_above = _without_sign(top, families)
            below, negative_below = _without_sign(bottom, families)
            return Quotient(above, below), negative_above != negative_below
        case Sigma(index, body):
            inner, negative = _without_sign(body, families)
            return Sigma(index, inner), negative
        case Power(base, exponent):
            inner, negative = _without_sign(base, families)
            return Power(inner, exponent), negative and exponent % 2 == 1
        case Call(function, args):
            return Call(function, tuple(map(whole, args))), False
        case Choice(arg, then, otherwise, above):
            return Choice(whole(arg), whole(then), whole(otherwise), above), False


def _negated(formula: Formula) -> Formula:
    """-formula, with the sign inside a sum where there is one: a - y becomes y - a."""
    match formula:
        case Sum(terms):
            turned = [term.arg if isinstance(term, Neg) else Neg(term) for term in terms]
            return Sum(tuple(sorted(turned, key=lambda term: isinstance(term, Neg))))
        case Product(factors) if any(isinstance(factor, Sum) for factor in factors):
            place = max(number for number, factor in enumerate(factors) if isinstance(factor, Sum))
            return Product((*factors[:place], _negated(factors[place]), *factors[place + 1 :]))
    return Neg(formula)
