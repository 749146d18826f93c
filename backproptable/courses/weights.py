"""What a course can weigh: steps, the parts of a training step, and repetitions of a mistake."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from backproptable.nets.plan import Part, Plan

__all__ = ["EQUALLY", "REPEATS", "WEIGHED_PARTS", "equal_weights", "weights_of"]

REPEATS: Final = ("each", "kind", "once")
"""How often the same mistake costs."""
WEIGHED_PARTS: Final[Mapping[str, tuple[Part, ...]]] = {
    "forward": (Part.FORWARD,),
    "loss": (Part.LOSS, Part.EPOCH),
    "backward": (Part.BACKWARD,),
    "updates": (Part.UPDATE, Part.AFTER),
}
"""The words for parts of a training step that can be weighed."""
EQUALLY: Final = ("line", "step", "part")
"""What can weigh the same: every line, every step, every part of the training step."""


def weights_of(plan: Plan, weights: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """The weight of each computed cell, by name. Of `weights`, that of a step goes before that of its part."""
    found = {}
    for step, cell in plan.worked:
        part = next(word for word, parts in WEIGHED_PARTS.items() if step.part in parts)
        found[cell.name] = weights.get(step.name, weights.get(part, Decimal(1)))
    return found


def equal_weights(plan: Plan, names: Sequence[str], equally: str) -> dict[str, Decimal]:
    """Weights of the cells `names` under which every line, step or part (a word of `EQUALLY`) weighs the same."""
    if equally == "line":
        return {}
    group = {}
    for step, cell in plan.worked:
        part = next(word for word, parts in WEIGHED_PARTS.items() if step.part in parts)
        group[cell.name] = step.name if equally == "step" else part
    sizes: dict[str, int] = {}
    for name in names:
        if name in group:
            sizes[group[name]] = sizes.get(group[name], 0) + 1
    return {name: Decimal(1) / sizes[group[name]] for name in names if name in group}
