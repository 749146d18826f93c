"""What a sheet earns: points are a policy, applied to verdicts afterwards.

Each line earns what its verdict is worth, times the weight of its step. How often the same mistake
costs is a rule of the policy:

- ``each``: every line in which it was made costs;
- ``kind``: once for each kind of step, such as all weighted sums or all products of the chain rule,
  whatever the layer, sample or update;
- ``once``: once on a sheet.

Lines with a mistake are the same mistake if they have a name in common. Where several names fit a
number, the first line leaves them all open, and each further one keeps those that it shares. A
repetition that does not cost earns what a right line earns. Slips and wrong numbers without a name
always cost; what cannot be read, and what follows for nothing, earns nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final

from backproptable.marking.marked import CONSTANT, REMARKS, MarkedCell, Verdict
from backproptable.nets.plan import Plan

__all__ = ["Policy"]

_OF_NOBODY: Final = (Verdict.UNREADABLE,)


class Policy:
    """What verdicts are worth on sheets of one plan.

    `worth` has an amount for every verdict but unreadable; `weights` are by the name of a cell, 1 where none stands.
    """

    def __init__(
        self,
        plan: Plan,
        worth: Mapping[Verdict, Decimal],
        *,
        weights: Mapping[str, Decimal] | None = None,
        repeats: str = "each",
    ) -> None:
        self.worth, self.repeats = dict(worth), repeats
        self.weights = dict(weights or {})
        self._kinds = {cell.name: step.reason.value for step, cell in plan.worked}

    def possible(self, names: Iterable[str]) -> Decimal:
        """What lines earn that are all right."""
        weights = Counter(map(self._weight, names))
        return sum((count * weight * self.worth[Verdict.RIGHT] for weight, count in weights.items()), Decimal(0))

    def points(self, cells: Sequence[MarkedCell]) -> Decimal:
        """What a sheet earns. Its lines stand in the order of the plan."""
        if any(CONSTANT in cell.because for cell in cells):
            return Decimal(0)
        repeated = self._repeated(cells)
        # thousands of sheets are counted under several rules: lines that earn the same are added up at once
        earned = Counter((self._weight(cell.name), self._counts_as(cell, repeated)) for cell in cells)
        amounts = (count * weight * self.worth[verdict] for (weight, verdict), count in earned.items() if verdict)
        return sum(amounts, Decimal(0))

    def share(self, cells: Sequence[MarkedCell]) -> Fraction:
        """The same as a share of what is possible; 0 where nothing is."""
        possible = self.possible(cell.name for cell in cells)
        return Fraction(self.points(cells)) / Fraction(possible) if possible else Fraction(0)

    def _weight(self, name: str) -> Decimal:
        return self.weights.get(name, Decimal(1))

    def _counts_as(self, cell: MarkedCell, repeated: Container[str]) -> Verdict | None:
        """The verdict whose worth a line earns; None where it earns nothing."""
        if cell.verdict in _OF_NOBODY or "trivial" in cell.because:
            return None  # until a person has looked; for nothing
        return Verdict.RIGHT if cell.name in repeated else cell.verdict

    def _repeated(self, cells: Sequence[MarkedCell]) -> set[str]:
        """The lines in which a mistake is made once more that has cost already."""
        if self.repeats == "each":
            return set()
        repeated: set[str] = set()
        made: dict[str, list[set[str]]] = {}
        for cell in cells:
            if cell.verdict is not Verdict.MISTAKE:
                continue
            mistakes = made.setdefault(self._kinds.get(cell.name, "") if self.repeats == "kind" else "", [])
            made_here = set(cell.because) - REMARKS
            same = next((names for names in mistakes if not names.isdisjoint(made_here)), None)
            if same is None:
                mistakes.append(made_here)
            else:
                same &= made_here
                repeated.add(cell.name)
        return repeated
