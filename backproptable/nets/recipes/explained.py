"""The steps of a recipe with their rules in letters, and with what SymPy has differentiated for them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from backproptable.formulas.formula import Formula, Num, Partial, Ref, children, put_in, with_parts
from backproptable.formulas.names import Address
from backproptable.nets.plan import Derivation, Equation, Reason, Step
from backproptable.nets.recipes.entrywise import ENTRYWISE
from backproptable.nets.recipes.letters import Entry, Rule, rules_of

__all__ = ["explained"]


def explained(
    steps: Sequence[Step], chains: Mapping[Address, Formula], starts: Mapping[str, str], taken: Collection[str]
) -> list[Step]:
    """The steps of one pass, each with the rules that appear in it first.

    `chains` are the lines on the way back by named factors, `starts` the arrays that others start from in time
    (h0 of h), and `taken` the names of arrays, which are no letters of an index.
    """
    arrays: dict[str, list[int]] = {}
    for number, step in enumerate(steps):
        arrays.setdefault(step.cells[0].address.family, []).append(number)
    result = list(steps)
    for numbers in arrays.values():
        own = [steps[number] for number in numbers]
        first = "i" if own[0].reason is Reason.PATH_SUM else "j"
        for rule in rules_of(list(_entries(own, chains, starts)), taken, first):
            number = next(one for one in numbers if any(cell.address in rule.cells for cell in steps[one].cells))
            result[number] = _with_rule(result[number], rule, _function_of(rule, steps))
    return result


def _entries(steps: Sequence[Step], chains: Mapping[Address, Formula], starts: Mapping[str, str]) -> Iterator[Entry]:
    for step in steps:
        for cell in step.cells:
            if cell.formula is not None:
                chain = chains.get(cell.address)
                right = (cell.formula,) if chain is None else (chain, cell.formula)
                yield Entry(cell.address, tuple(_in_time(side, starts) for side in right))


def _in_time(formula: Formula, starts: Mapping[str, str]) -> Formula:
    """The formula with h[0] for h0, so that it can be seen as h[t-1]."""
    if isinstance(formula, Ref):
        to = formula.address
        return Ref(to._replace(family=starts[to.family], time=0)) if to.family in starts else formula
    if not starts:
        return formula
    parts = [_in_time(part, starts) for part in children(formula)]
    if isinstance(formula, Partial):
        of, by = parts
        return Partial(of, by) if isinstance(of, Ref) and isinstance(by, Ref) else formula
    return with_parts(formula, parts)


def _function_of(rule: Rule, steps: Sequence[Step]) -> str:
    """The function whose slope a rule is, if it is that of an array."""
    match rule.right:
        case (Partial(Ref(Address(family)), _), _):
            return next((step.function for step in steps if step.cells[0].address.family == family), "")
    return ""


def _with_rule(step: Step, rule: Rule, function: str) -> Step:
    slope, *_ = rule.right
    right = rule.right[1:] if isinstance(slope, Partial) else rule.right
    if right and (rule.says_more or len(right) > 1):
        step = replace(step, rule=(*step.rule, Equation(rule.left, right)))
    if not isinstance(slope, Partial) or function not in ENTRYWISE:
        return step
    own = ENTRYWISE[function]
    known: dict[str, Formula] = {"z": slope.by, "a": slope.of}
    known |= {name: Num(value) for name, value in own.constants.items()}

    def filled(formula: Formula) -> Formula:
        return put_in(formula, lambda ref: known[str(ref.to)])

    derivation = own.derivation()
    shown = Derivation(filled(derivation.function), slope.by, tuple(map(filled, derivation.forms)))
    return replace(step, derivations=(*step.derivations, shown))
