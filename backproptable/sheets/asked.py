"""What a sheet asks for: which cells are left empty, and which of the others stand worked on it.

A sheet shows what its asked numbers need, and whatever no asked number leads to. A number that only
follows from asked ones is left to the key: it would give them away (dL/dz = dL/dW / a).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from backproptable.basics.errors import Problem, suggestion
from backproptable.formulas.formula import references
from backproptable.formulas.names import Address
from backproptable.nets.plan import Part, Plan, Reason, Step
from backproptable.nets.recipes.chains import for_an_evening, one_chain
from backproptable.nets.recipes.recipe import Recipe

__all__ = ["ASKED", "Task", "asked_problems", "set_task"]

ASKED: Final = ("all", "forward", "backward", "updates", "one_path", "evening")
"""The words for what may be asked; a list of step names is the other way to say it."""


@dataclass(frozen=True, slots=True)
class Task:
    """The computed cells of a sheet by what becomes of them; those in neither set are left out."""

    asked: frozenset[Address]
    shown: frozenset[Address]
    """Worked on the sheet, with their values."""


def set_task(plan: Plan, asked: str | Sequence[str]) -> Task:
    """The task that `asked` (a word of `ASKED`, or names of steps) sets. It has no `asked_problems`."""
    wanted = frozenset(_asked_cells(plan, asked))
    needed = _upstream(plan, wanted)
    follows = _downstream(plan, wanted)
    computed = {cell.address for _, cell in plan.worked}
    return Task(wanted, frozenset((computed - wanted) - (follows - needed)))


def asked_problems(plan: Plan, asked: str | Sequence[str], where: str = "[sheet] asked") -> Iterator[Problem]:
    """Words and step names that are not known; a task that is empty."""
    if isinstance(asked, str):
        if asked not in ASKED:
            known = (*ASKED, *(f'["{step.name}"]' for step in plan.steps))
            yield Problem(where, f'is "{asked}".', suggestion(asked, known))
            return
        if not set_task(plan, asked).asked:
            yield Problem(where, f'"{asked}" asks for nothing in this net.', "Ask for something that it has.")
        return
    names = [step.name for step in plan.steps]
    for name in asked:
        if name not in names:
            yield Problem(where, f'"{name}" is not a step of this net.', suggestion(name, names))
    if not asked:
        yield Problem(where, "is empty.", f"Write names of steps: {', '.join(names)}.")


def _asked_cells(plan: Plan, asked: str | Sequence[str]) -> Iterator[Address]:
    if isinstance(plan.net, Recipe) and asked in ("one_path", "evening"):
        yield from (one_chain if asked == "one_path" else for_an_evening)(plan, plan.net)
        return
    for step, cell in plan.worked:
        if not isinstance(asked, str):
            wanted = step.name in asked
        elif asked in ("one_path", "evening"):
            wanted = _is_on_path(cell.address, every_sample=plan.net.in_turn)
            wanted = wanted or (asked == "evening" and _is_for_an_evening(plan, step, cell.address))
        else:
            wanted = step.part in _PARTS[asked]
        if wanted:
            yield cell.address


_PARTS: Final = {
    "all": tuple(Part),
    "forward": (Part.FORWARD, Part.LOSS, Part.EPOCH),
    "backward": (Part.BACKWARD,),
    "updates": (Part.UPDATE, Part.AFTER),
}
"""What each word asks for, but for ``one_path`` and ``evening``."""

_SHORT: Final = (
    *(Reason.EXPONENTIAL, Reason.EXP_SUM, Reason.ACTIVATION, Reason.LOSS_TERM, Reason.LOSS),
    *(Reason.LOSS_DERIVATIVE, Reason.LOCAL_DERIVATIVE),
)
"""Steps whose lines are short, so that all units can be asked of an evening."""


def _is_for_an_evening(plan: Plan, step: Step, address: Address) -> bool:
    """Whether ``evening`` asks for it beside one path: the short lines of all units, in the first pass.

    One path alone has one unit of each layer, so that mistakes which show in some units only (a target of 0,
    a dead ReLU) change none of its numbers. With these lines none of the registered mistakes goes unseen on a
    3-3-3-3 sheet with a dead unit, for 46 numbers in place of 151.
    """
    is_first = not address.primed and address.update == 1 and address.case in (None, 1, *plan.net.loss_steps[:1])
    is_last = step.reason is Reason.CHAIN_PRODUCT and address.layer == plan.net.last
    return is_first and (step.reason in _SHORT or is_last) and len(address.units) <= 1


def _is_on_path(address: Address, *, every_sample: bool) -> bool:
    """Whether it is on the way of one weight per layer, through unit 1 of each, there and back.

    Of a batch it is the way of sample 1; in an online run, of `every_sample`, each with an update of its own.
    """
    if address.family == "E":
        return True
    units = address.units[::2] if address.family == "do/ds" else address.units  # a time step stands between the two
    first = all(unit == 1 for unit in units) and (every_sample or address.sample in (None, 1))
    return first and address.family != "norm" and (not address.primed or address.family in "Wb")


def _upstream(plan: Plan, start: frozenset[Address]) -> set[Address]:
    """Everything that the cells of `start` are worked out from, however far back."""
    needed: set[Address] = set()
    for cell in reversed(plan.cells):
        if cell.formula is not None and (cell.address in start or cell.address in needed):
            needed.update(to for to in references(cell.formula) if isinstance(to, Address))
    return needed


def _downstream(plan: Plan, start: frozenset[Address]) -> set[Address]:
    """Everything that cells of `start` go into, however far on."""
    follows: set[Address] = set()
    for _, cell in plan.worked:
        used = set(references(cell.formula) if cell.formula else ())
        if not used.isdisjoint(start | follows):
            follows.add(cell.address)
    return follows
