"""Lines that stop one operation early: the last term, factor or function is not there."""

from __future__ import annotations

from collections.abc import Iterator

from backproptable.formulas.formula import Call, Formula, Neg, Num, Power, Product, Quotient, Sum
from backproptable.mistakes.registry import WrongLine
from backproptable.nets.draft import sum_of
from backproptable.nets.plan import Plan, Reason

__all__ = ["UNFINISHED", "unfinished_lines"]

UNFINISHED = "unfinished"
"""The code of this slip."""


def unfinished_lines(plan: Plan) -> list[WrongLine]:
    """Every cell of `plan` as it stands before its last operation. (That of an update is a mistake: not updated.)"""
    return [
        WrongLine(UNFINISHED, cell, formula)
        for step, cell in plan.worked
        if cell.formula is not None and step.reason is not Reason.UPDATE
        for formula in _one_less(cell.formula)
        if not isinstance(formula, Num) and formula not in cell.formulas
    ]


def _one_less(formula: Formula) -> Iterator[Formula]:
    match formula:
        case Sum(terms):
            yield sum_of(terms[:-1])
        case Product(factors):
            yield factors[0] if len(factors) == 2 else Product(factors[:-1])
        case Quotient(top, _):
            yield top
        case Power(base, _) | Neg(base) | Call(_, (base,)):
            yield base
