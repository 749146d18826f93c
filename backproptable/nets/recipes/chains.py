"""What a sheet of a recipe asks for: one chain from a parameter to the loss and back, or an evening's work."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, pairwise, zip_longest

from backproptable.formulas.formula import Formula, Neg, Ref, Sum, references
from backproptable.formulas.names import Address
from backproptable.nets.plan import Cell, Part, Plan, Step
from backproptable.nets.recipes.recipe import Recipe

__all__ = ["for_an_evening", "one_chain"]

_EVENING = 45
"""Numbers that an evening has time for: at two minutes each, an hour and a half."""
_ALL = 50
"""A sheet of no more numbers than these is asked whole."""


def one_chain(plan: Plan, recipe: Recipe) -> frozenset[Address]:
    """The longest way from one number of a parameter to the loss, back along it, and what becomes of that number.

    Of a batch it is the way of sample 1, of several updates the first one; the number itself is followed to the end.
    """
    entry, way = _longest_way(plan, recipe)
    found = {*way, *(_blamed(cell) for cell in way), *_slopes(way, plan), _blamed(entry)}
    shares = (cell for cell in plan.by_name.values() if cell.address._replace(share=None) == _blamed(entry))
    found |= {cell.address for cell in shares if cell.address.share in (None, way[0].time)}
    found |= {cell.address for cell in _kept(plan, entry)}
    return frozenset(cell.address for _, cell in plan.worked if cell.address in found)


def for_an_evening(plan: Plan, recipe: Recipe) -> frozenset[Address]:
    """All of a small sheet; else one chain, and beside it whole steps from the beginning of the way there and back.

    Where that leaves room, steps of the updates and of later passes follow.
    """
    worked = [cell.address for _, cell in plan.worked]
    if len(worked) <= _ALL:
        return frozenset(worked)
    found = set(one_chain(plan, recipe))
    there, back = (list(_first_pass(plan, parts)) for parts in ((Part.FORWARD,), (Part.LOSS, Part.BACKWARD)))
    for step in chain(chain.from_iterable(zip_longest(there, back)), plan.steps):
        own = {cell.address for cell in step.cells} if step else set()
        if len(found | own) <= _EVENING:
            found |= own
    return frozenset(found)


def _first_pass(plan: Plan, parts: tuple[Part, ...]) -> Iterator[Step]:
    return (step for step in plan.steps if step.part in parts and step.round == 1)


def _longest_way(plan: Plan, recipe: Recipe) -> tuple[Address, list[Address]]:
    """An entry of a parameter, and the cells from what it goes into to the loss."""
    steps = list(_first_pass(plan, (Part.FORWARD, Part.LOSS)))
    cells = [cell for step in steps for cell in step.cells if cell.address.sample in (None, 1)]
    length: dict[Address, int] = {cells[-1].address: 1}
    after: dict[Address, Address] = {}
    for cell in reversed(cells):
        own = length.get(cell.address)
        if own is None or cell.formula is None:
            continue
        for to in references(cell.formula):
            if isinstance(to, Address) and length.get(to, 0) <= own + 1:
                length[to], after[to] = own + 1, cell.address
    entries = [cell.address for cell in plan.givens if cell.address.family in recipe.parameters]
    known = {cell.address: cell.formula for cell in cells if cell.formula is not None}

    def key(to: Address) -> tuple[bool, int]:
        return _is_multiplied(known[after[to]], to), length[to]

    entry = max((to for to in entries if to in after), key=key)
    way = [after[entry]]
    while way[-1] in after:
        way.append(after[way[-1]])
    return entry, way


def _is_multiplied(formula: Formula, by: Address) -> bool:
    """Whether the number works as a weight: what is only added hands on what comes back, and that is no work."""
    terms = formula.terms if isinstance(formula, Sum) else (formula,)
    return any(term not in (Ref(by), Neg(Ref(by))) and by in references(term) for term in terms)


def _blamed(cell: Address) -> Address:
    return cell._replace(family=f"dL/d{cell.family}")


def _slopes(way: list[Address], plan: Plan) -> Iterator[Address]:
    """The local derivatives between neighbours on the way."""
    for below, above in pairwise(way):
        name = above._replace(family=f"d{above.family}/d{below.family}")
        yield from (own for own in (name, name._replace(units=(*name.units, *below.units))) if own in plan.row)


def _kept(plan: Plan, entry: Address) -> Iterator[Cell]:
    """What updates make of an entry, and keep for it."""
    for step, cell in plan.worked:
        own, _, of = cell.address.family.rpartition("(")
        family = of.rstrip(")") if own else cell.address.family
        if step.part is Part.UPDATE and family == entry.family and cell.address.units == entry.units:
            yield cell
