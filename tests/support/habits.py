"""Students' habits, worked on drawn sheets, written as text and marked as returned sheets are.

The students are those of `support.students`, who know the formulas and nothing of how verdicts come
about. A habit says how they work and what becomes of the texts before the sheet is handed in. Each is
tried without a mistake and with exactly one registered mistake, carried through.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from itertools import pairwise
from typing import Final

import numpy as np

from backproptable.formulas.formula import Ref
from backproptable.marking.marked import ERRORS, MarkedSheet, Verdict
from backproptable.marking.marker import Answered, Marker
from backproptable.mistakes.registry import WrongLine, wrong_lines
from backproptable.nets.plan import Digits, Reason
from backproptable.render.printers import Place, plain
from backproptable.returned.files import Written
from support.drawn import KINDS
from support.marking import marker
from support.students import Habits, Slip, Students, habits_of
from support.verdicts import Class

__all__ = ["CONSTANTS", "HABITS", "NETS", "Habit", "Outcome", "simulate"]

Texts = dict[str, str]
"""What stands in the answer cells of a sheet, by the name of the cell."""
Rewrite = Callable[["Sheet"], Texts]

USUAL: Final = dict.fromkeys(Verdict, Decimal(0)) | {
    Verdict.RIGHT: Decimal(1),
    Verdict.FOLLOWS: Decimal(1),
    Verdict.TOO_FEW_DIGITS: Decimal("0.5"),
}
"""The points of a course file that says nothing of them."""
NETS: Final = (
    "2-2-2 of sigmoids",
    "three steps",
    "one dead unit",
    "default, 3 figures",
    "batch, mean, shared bias",
    "default",
    "default, full carry",
    "two updates",
)
"""The nets of `support.drawn` that are worked."""


@dataclass
class Sheet:
    """One worked sheet, about to be handed in."""

    of: Class
    students: Students
    column: int
    texts: Texts
    chance: np.random.Generator
    wrong: set[str] = field(default_factory=set)
    """The lines that are wrong on purpose."""

    def value(self, name: str) -> float:
        return float(self.students._paper[self.row(name), self.column])

    def row(self, name: str) -> int:
        return self.of.plan.row[self.of.plan.by_name[name].address]


@dataclass(frozen=True)
class Habit:
    """How some students work."""

    words: str
    works: dict[str, float]
    """As `support.students.Habits` calls it; the others round each line."""
    rewrite: Rewrite | None = None
    figures: int | None = None
    """How many are written, if not those asked for."""
    may_be_short: bool = False
    """Whether lines may have too few digits."""
    alone: bool = False
    """Whether it is tried without a further mistake only."""


# --- what becomes of the texts ------------------------------------------------------------------


def _other_number(sheet: Sheet) -> Texts:
    """One number written down wrongly; those below were worked out with the right one."""
    texts = dict(sheet.texts)
    names = [name for name in texts if name not in sheet.wrong and abs(sheet.value(name)) > 0]
    name = str(sheet.chance.choice(names))
    right = texts[name]
    for text in (_swapped(right), f"{sheet.chance.uniform(0.1, 0.9):.4f}", right.removeprefix("-") + "9"):
        if text != right and abs(float(text) - float(right)) > 0.02 * abs(float(right)):
            texts[name] = text
            break
    sheet.wrong.add(name)
    return texts


def _swapped(text: str) -> str:
    digits = [place for place, sign in enumerate(text) if sign.isdigit()]
    for first, second in pairwise(digits):
        if text[first] != text[second] and text[first] != "0":
            signs = list(text)
            signs[first], signs[second] = signs[second], signs[first]
            return "".join(signs)
    return text


def _formulas(share: float, *, with_result: bool = False) -> Rewrite:
    """Formulas with numbers put in, and no result, in a share of the lines."""

    def rewrite(sheet: Sheet) -> Texts:
        plan, texts = sheet.of.plan, dict(sheet.texts)

        def number(ref: Ref, place: Place) -> str:
            to = plan.cells[plan.row[ref.address]]
            text = sheet.texts.get(to.name) or f"{sheet.value(to.name):.10g}"
            return f"({text})" if text.startswith("-") and place is not Place.OPEN else text

        for _, cell in plan.worked:
            text = texts.get(cell.name)
            is_rounded = cell.digits is Digits.FIGURES and cell.formula is not None
            if text and cell.name not in sheet.wrong and is_rounded and sheet.chance.random() < share:
                put_in = plain(cell.formula, number)
                texts[cell.name] = f"{put_in} = {text}" if with_result else put_in
        return texts

    return rewrite


def _old_weights(sheet: Sheet) -> Texts:
    """Old weights and biases copied as the new ones."""
    plan, texts = sheet.of.plan, dict(sheet.texts)
    for step, cell in plan.worked:
        if step.reason is Reason.UPDATE:
            before = cell.address._replace(primed=cell.address.update > 1, update=max(cell.address.update - 1, 1))
            name = plan.cells[plan.row[before]].name
            texts[cell.name] = texts.get(name) or f"{sheet.value(name):.10g}"
            sheet.wrong.add(cell.name)
    return texts


def _decimal_commas(sheet: Sheet) -> Texts:
    return {name: text.replace(".", ",") for name, text in sheet.texts.items()}


def _raised(sheet: Sheet) -> Texts:
    return {name: text.replace("e", " × 10^") if "e" in text else f"= {text}" for name, text in sheet.texts.items()}


def _everywhere(text: str) -> Rewrite:
    def rewrite(sheet: Sheet) -> Texts:
        sheet.wrong |= sheet.texts.keys()
        return dict.fromkeys(sheet.texts, text)

    return rewrite


HABITS: Final = (
    Habit("rounds each line", {}),
    Habit("carries all digits", {"from_memory": 1.0}),
    Habit("mixes both", {"from_memory": 0.5, "other_route": 0.3}),
    Habit("drops zeros at the end", {"drops_zeros": True, "from_memory": 0.5}),
    Habit("writes more decimals of updates", {"many_decimals": True}),
    Habit("cuts each line", {"cuts": True}),
    Habit("carries all digits, cuts what is written", {"cuts": True, "from_memory": 1.0}),
    Habit("leaves out a tenth of the lines", {"blank": 0.1, "from_memory": 0.5}),
    Habit("leaves out four tenths of the lines", {"blank": 0.4}),
    Habit("writes one number wrongly, goes on with the right one", {}, _other_number),
    Habit("the same, with all digits", {"from_memory": 1.0}, _other_number),
    Habit("formulas without results in a third of the lines", {}, _formulas(0.3)),
    Habit("formulas without results everywhere", {}, _formulas(1.0)),
    Habit("formulas with their results", {}, _formulas(1.0, with_result=True)),
    Habit("decimal commas", {}, _decimal_commas),
    Habit("powers of ten, and = before the number", {}, _raised),
    Habit("three figures", {"from_memory": 1.0}, figures=3, may_be_short=True),
    Habit("two figures", {"from_memory": 1.0}, figures=2, may_be_short=True),
    Habit("one figure", {"from_memory": 1.0}, figures=1, may_be_short=True),
)
CONSTANTS: Final = (
    *(Habit(f"`{text}` everywhere", {}, _everywhere(text)) for text in ("1", "1.000", "0.1", "0", "0.5", "2", "-1")),
    Habit("old weights copied as new ones", {}, _old_weights),
)
"""Little work, or none."""


# --- the run -----------------------------------------------------------------------------------


@dataclass
class Outcome:
    """What became of the sheets of one habit."""

    sheets: int = 0
    lines: int = 0
    """Lines that are right, or follow."""
    rejected: int = 0
    """Of them those that were called wrong, or handed to a person."""
    short: int = 0
    """Of them those with too few digits."""
    persons: int = 0
    """Sheets that need a person."""
    made: int = 0
    found: int = 0
    named: int = 0
    earned: list[float] = field(default_factory=list)
    examples: list[str] = field(default_factory=list)

    def add(self, sheet: Sheet, marked: MarkedSheet, mistake: WrongLine | None) -> None:
        self.sheets += 1
        self.persons += marked.needs_a_person
        self.earned.append(float(marked.points / marked.possible))
        for cell in marked.cells:
            if mistake is not None and cell.name == mistake.cell.name:
                self.made += 1
                self.found += cell.verdict in ERRORS
                self.named += mistake.mistake in cell.because
            elif cell.name not in sheet.wrong and cell.verdict is not Verdict.BLANK:
                self.lines += 1
                is_rejected = cell.verdict in (*ERRORS, Verdict.UNREADABLE)
                self.rejected += is_rejected
                self.short += cell.verdict is Verdict.TOO_FEW_DIGITS
                if is_rejected and len(self.examples) < 5:
                    self.examples.append(f"{cell.name} = {cell.written!r}, {cell.expected} expected, {cell.because}")


def simulate(habit: Habit, sheets: int, *, with_mistake: bool, nets: int = len(NETS)) -> Outcome:
    """So many sheets of each of some nets."""
    outcome = Outcome()
    for name in NETS[:nets]:
        for sheet, answered, mistake in _worked(name, habit, sheets, with_mistake=with_mistake):
            (marked,) = _marker(name).mark([answered])
            outcome.add(sheet, marked, mistake)
    return outcome


@cache
def _marker(name: str) -> Marker:
    kind = KINDS[name]
    return marker(kind.plan, figures=kind.figures, carry=kind.carry, points=USUAL)


@cache
def _class(name: str) -> Class:
    kind = KINDS[name]
    return Class(kind.net, kind.figures, kind.carry, kind.grids)


def _is_exact(of: Class, name: str) -> bool:
    return of.plan.by_name[name].digits is Digits.EXACT


def _worked(
    name: str, habit: Habit, count: int, *, with_mistake: bool
) -> Iterator[tuple[Sheet, Answered, WrongLine | None]]:
    of, kind = _class(name), KINDS[name]
    lines = wrong_lines(of.plan) if with_mistake else []
    for sheets, chance in of.sheets(count, f"habits {name} {habit.words} {with_mistake}"):
        chosen = [lines[int(place)] for place in chance.integers(len(lines), size=sheets.count)] if lines else []
        slips = [
            Slip(of.plan.row[line.cell.address], np.array([column]), line.formula) for column, line in enumerate(chosen)
        ]
        habits: Habits = habits_of(sheets.count, **habit.works)
        written = habit.figures if habit.figures and habit.figures < kind.figures else kind.figures
        students = Students(of.plan, sheets.givens, habits, written, chance, slips=slips)
        for column in range(sheets.count):
            mistake = chosen[column] if chosen else None
            texts = {of.plan.cells[row].name: students.text(row, column) for row in of.worked}
            wrong = {mistake.cell.name} if mistake else set()
            if habit.may_be_short:  # a bare 1 is 1.000 or nothing
                wrong |= {name for name, text in texts.items() if text == "1" and not _is_exact(of, name)}
            if mistake is not None:
                changed = students.changed[of.plan.row[mistake.cell.address], column]
                if not changed or not texts[mistake.cell.name]:
                    continue  # the mistake changes nothing here, or nobody wrote it down
            sheet = Sheet(of, students, column, texts, chance, wrong)
            if habit.rewrite:
                texts = habit.rewrite(sheet)
            givens = {cell.name: repr(float(sheets.givens[place, column])) for place, cell in enumerate(of.plan.givens)}
            answers = {cell: (Written(text, None),) for cell, text in texts.items()}
            yield sheet, Answered(f"{name} {column}", givens, answers), mistake
