"""What can be counted over the marked sheets of a class: who got which step, and which mistakes were made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from backproptable.marking.marked import ERRORS, MarkedCell, MarkedSheet, Verdict
from backproptable.nets.plan import Plan, Step

__all__ = ["CauseCount", "StepCount", "by_student", "cause_counts", "got", "step_counts", "step_of_cells"]


@dataclass(slots=True)
class StepCount:
    """How a class has done in one step."""

    step: Step
    asked: int = 0
    right: int = 0
    follows: int = 0

    @property
    def share(self) -> float:
        """The part of its numbers that was got, from 0 to 1."""
        return (self.right + self.follows) / self.asked if self.asked else 0.0


@dataclass(slots=True)
class CauseCount:
    """How often one mistake or slip was made."""

    code: str
    alone: int = 0
    """Numbers that nothing else explains."""
    among: int = 0
    """Numbers that something else explains as well."""
    sheets: int = 0
    cells: Counter[str] = field(default_factory=Counter)

    @property
    def count(self) -> int:
        """Numbers that it explains."""
        return self.alone + self.among


def by_student(sheets: Iterable[MarkedSheet]) -> dict[str, list[MarkedSheet]]:
    """The sheets of every student who returned any."""
    found: dict[str, list[MarkedSheet]] = {}
    for sheet in sheets:
        if sheet.student is not None:
            found.setdefault(sheet.student, []).append(sheet)
    return found


def got(cell: MarkedCell) -> bool:
    """Whether the line is worked out correctly: right or following, but not merely because of a 0."""
    return cell.verdict in (Verdict.RIGHT, Verdict.FOLLOWS) and "trivial" not in cell.because


def step_of_cells(plan: Plan) -> dict[str, Step]:
    """The step of each computed cell, by its name."""
    return {cell.name: step for step, cell in plan.worked}


def step_counts(sheets: Iterable[MarkedSheet], plan: Plan) -> list[StepCount]:
    """The steps that were asked for, in the order of the plan."""
    steps = step_of_cells(plan)
    counts = {step.name: StepCount(step) for step in plan.steps}
    for sheet in sheets:
        for cell in sheet.cells:
            if cell.name not in steps:  # a given that was copied
                continue
            count = counts[steps[cell.name].name]
            count.asked += 1
            if got(cell):
                count.right += cell.verdict is Verdict.RIGHT
                count.follows += cell.verdict is Verdict.FOLLOWS
    return [count for count in counts.values() if count.asked]


def cause_counts(sheets: Sequence[MarkedSheet], known: Mapping[str, object]) -> list[CauseCount]:
    """The mistakes and slips that explain wrong numbers: those of most students first, else in the order of `known`."""
    counts: dict[str, CauseCount] = {}
    for sheet in sheets:
        for code, cells in _causes(sheet, known).items():
            count = counts.setdefault(code, CauseCount(code))
            count.sheets += 1
            for cell, is_alone in cells:
                count.cells[cell.name] += 1
                count.alone += is_alone
                count.among += not is_alone
    places = {code: place for place, code in enumerate(known)}
    return sorted(counts.values(), key=lambda count: (-count.sheets, -count.count, places[count.code]))


def _causes(sheet: MarkedSheet, known: Mapping[str, object]) -> dict[str, list[tuple[MarkedCell, bool]]]:
    found: dict[str, list[tuple[MarkedCell, bool]]] = {}
    for cell in _wrong(sheet):
        codes = [code for code in cell.because if code in known]
        for code in codes:
            found.setdefault(code, []).append((cell, len(codes) == 1))
    return found


def _wrong(sheet: MarkedSheet) -> Iterator[MarkedCell]:
    return (cell for cell in sheet.cells if cell.verdict in ERRORS)
