"""What is said of one wrong line on a sheet, whose cause is known: named, called a wrong set-up, or nothing.

Whole sheets are worked, with all that comes after the wrong line worked on its number, and marked as texts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import Final

import numpy as np
from numpy.typing import NDArray

from backproptable.formulas.formula import Formula, Neg, Ref, references
from backproptable.marking.marked import ERRORS, MarkedCell, MarkedSheet, Verdict
from backproptable.marking.marker import Answered
from backproptable.marking.setups import SET_UP
from backproptable.marking.slips import NEAR_MISS
from backproptable.marking.unfinished import unfinished_lines
from backproptable.mistakes.registry import WrongLine, further_lines, wrong_lines
from backproptable.nets.plan import Digits
from backproptable.returned.files import Written
from support.formula_errors import Changes
from support.good_sheet import Span, work
from support.marking import marker
from support.students import Habits, Slip, Students, habits_of
from support.verdicts import MISTAKEN, Class, Sheets
from support.wrong_numbers import PEN, PLAIN

__all__ = ["KINDS", "NAMED", "SAID", "WAYS", "Said", "Way", "together"]

Way = Callable[[Class, int, str], dict[str, "Said"]]
"""Makes lines of one class wrong, so many under a topic, and says what was said of them, by the kind of wrong."""

SAID: Final = ("mistake", "slip", "near", "set-up", "nothing")
"""What can be said of a wrong line; `near` stands before other names where it is only one of them."""
NAMED: Final = SAID[:3]
_USUAL: Final = (1e-6, 1e6)
"""Whoever finds a number of another size than this begins again."""
_SIGNS: Final = frozenset({"sign_dropped", "sign_added"})
_COPIES: Final = frozenset({"neighbour", "line_above", "other_line"})
_OF_THE_PEN: Final[Mapping[str, frozenset[str]]] = {
    "two digits swapped": frozenset({"digits_swapped"}),
    "a digit doubled": frozenset({"digit_doubled"}),
    "a digit dropped": frozenset({"digit_dropped"}),
    "the point moved": frozenset({"point_moved"}),
    "the sign turned": _SIGNS,
}
"""The codes of each kind of slip: of the others a changed digit, and of all of them a near miss."""
_COPIED: Final = ("another line of the step", "the line above", "another line")


@dataclass
class Said:
    """What was said of lines that are wrong in one way."""

    lines: Counter[str] = field(default_factory=Counter)
    """By the words of `SAID`."""
    true: Counter[str] = field(default_factory=Counter)
    """Of those, where it is what had happened: a formula is the student's on every other sheet, too."""
    codes: Counter[str] = field(default_factory=Counter)
    """Which names were said."""
    agreed: int = 0
    """Wrong lines that agree all the same, or have too few digits."""
    others: int = 0
    lost: int = 0
    """Lines besides, and such of them as were flagged or have too few digits."""
    not_given: int = 0
    """Formulas that were said to give the number, and do not."""

    @property
    def flagged(self) -> int:
        return self.lines.total()

    def share(self, *words: str) -> float:
        """Of how many flagged lines one of these things was said."""
        return sum(self.lines[word] for word in words) / max(self.flagged, 1)

    def __iadd__(self, other: Said) -> Said:
        self.lines += other.lines
        self.true += other.true
        self.codes += other.codes
        for name in ("agreed", "others", "lost", "not_given"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        return self


def together(tables: Iterable[Mapping[str, Said]]) -> dict[str, Said]:
    """Several tables as one, by kind."""
    found: dict[str, Said] = {}
    for table in tables:
        for kind, said in table.items():
            found.setdefault(kind, Said()).__iadd__(said)
    return found


def total(table: Mapping[str, Said]) -> Said:
    """Whatever was said in a table."""
    return together({"all": said} for said in table.values()).get("all", Said())


@dataclass(frozen=True)
class _Wrong:
    """One wrong line on one sheet."""

    kind: str
    row: int
    formula: Formula | None = None
    """What gives its number, if a formula does."""
    text: str = ""
    """What is written there, whatever was worked."""
    codes: frozenset[str] = frozenset()
    """Names of slips that are true."""


class _Marked:
    """Sheets of one class, some of them wrong in one line, worked, marked, and what was said there."""

    def __init__(self, of: Class) -> None:
        self.of = of
        self._lines: dict[str, list[WrongLine]] = {}
        for line in (*wrong_lines(of.plan), *further_lines(of.plan), *unfinished_lines(of.plan)):
            self._lines.setdefault(line.cell.name, []).append(line)
        self._marker = marker(of.plan, figures=of.figures, carry=of.carry)

    def said(self, sheets: Sheets, students: Students, wrong: Mapping[int, _Wrong]) -> dict[str, Said]:
        """Of the wrong lines on sheets of these columns."""
        found: dict[str, Said] = {}
        marked = self._marker.mark([self._answered(sheets, students, wrong[column], column) for column in wrong])
        for (column, one), sheet in zip(wrong.items(), marked, strict=True):
            found.setdefault(one.kind, Said()).__iadd__(self._of_one(sheets, students, one, column, sheet))
        return found

    def _answered(self, sheets: Sheets, students: Students, one: _Wrong, column: int) -> Answered:
        plan = self.of.plan
        givens = zip(plan.givens, sheets.givens[:, column].tolist(), strict=False)
        lines = {row: students.text(row, column) for row in self.of.worked.tolist()}
        if one.text:
            lines[one.row] = one.text
        answers = {plan.cells[row].name: (Written(text, row),) for row, text in lines.items()}
        return Answered(str(column), {cell.name: repr(value) for cell, value in givens}, answers)

    def _of_one(self, sheets: Sheets, students: Students, one: _Wrong, column: int, sheet: MarkedSheet) -> Said:
        cells, said = {cell.name: cell for cell in sheet.cells}, Said()
        cell = cells.pop(self.of.plan.cells[one.row].name)
        flagged = {*ERRORS, Verdict.TOO_FEW_DIGITS}
        said.others, said.lost = len(cells), sum(other.verdict in flagged for other in cells.values())
        if cell.verdict not in ERRORS:
            said.agreed = 1
            return said
        word = _word(cell)
        said.lines[word] += 1
        said.codes.update(cell.because)
        said.true[word] += self._is_true(sheets, one, cell)
        if cell.nearest is not None and one.formula is not None:
            said.not_given += not _gives(self.of, students, one.row, column, cell.nearest)
        return said

    def _is_true(self, sheets: Sheets, one: _Wrong, cell: MarkedCell) -> bool:
        codes, formula = one.codes, one.formula
        if formula is None:
            return not codes.isdisjoint(cell.because)
        wanted, right = self._on_all(sheets, formula), sheets.exact[one.row]
        if _SIGNS & {*cell.because} and _same(-wanted, right):
            return True
        if "point_moved" in cell.because and any(_same(wanted * 10.0**by, right) for by in (-2, -1, 1, 2)):
            return True
        if _COPIES & {*cell.because} and any(_same(wanted, sheets.exact[row]) for row in range(len(sheets.exact))):
            return True
        named = [line.formula for line in self._lines.get(cell.name, ()) if line.mistake in cell.because]
        said = (*named, *([cell.nearest] if cell.nearest else ()))
        return any(_same(wanted, self._on_all(sheets, formula)) for formula in said)

    def _on_all(self, sheets: Sheets, formula: Formula) -> NDArray[np.float64]:
        """What a formula gives on every sheet, right numbers put in."""
        row = self.of.plan.row
        numbers = {to: sheets.exact[row[to]].astype(np.longdouble) for to in references(formula)}
        with np.errstate(all="ignore"):
            value = work(formula, numbers or {"nothing": np.zeros(sheets.count, dtype=np.longdouble)})
            return np.broadcast_to(value, (sheets.count,)).astype(float)


def _same(numbers: NDArray[np.float64], others: NDArray[np.float64]) -> bool:
    return bool(np.isclose(numbers, others, rtol=1e-9, atol=1e-12, equal_nan=True).all())


def _word(cell: MarkedCell) -> str:
    if cell.verdict is Verdict.MISTAKE:
        return SAID[0]
    if cell.verdict is Verdict.SLIP:
        return SAID[2] if cell.because[0] == NEAR_MISS else SAID[1]
    assert (cell.nearest is not None) == (SET_UP in cell.because)
    return SAID[4] if cell.nearest is None else SAID[3]


def _gives(of: Class, students: Students, row: int, column: int, formula: Formula) -> bool:
    """Whether the student's number can be what a formula gives on the student's numbers, as spans."""

    def span(at: int) -> Span:
        value, half = students.papers.value[at, column], students.papers.half[at, column]
        return Span(np.array([value - half], dtype=np.longdouble), np.array([value + half], dtype=np.longdouble))

    numbers = {to: span(of.plan.row[to]) for to in references(formula)}
    with np.errstate(all="ignore"):
        found, written = work(formula, numbers or {"nothing": span(row)}), span(row)
    assert isinstance(found, Span)
    room = 1e-9 * (1 + np.abs(written.low))
    return bool((found.low <= written.high + room) & (found.high >= written.low - room))


# --- one wrong line on each sheet


def _habits(sheets: Sheets, chance: np.random.Generator) -> Habits:
    """Some round each line, some carry all digits, some do now the one and now the other."""
    habits = habits_of(sheets.count)
    return replace(
        habits,
        from_memory=chance.choice([0.0, 0.5, 1.0], sheets.count),
        drops_zeros=chance.random(sheets.count) < 0.5,
        many_decimals=chance.random(sheets.count) < 0.5,
    )


def _lines(of: Class, random: Random, count: int, *, rounded: bool = False) -> list[int]:
    """The rows of lines, each of any step: long steps have not more of them than short ones."""
    steps = [
        cells
        for step in of.plan.steps
        if (cells := [cell for cell in step.cells if cell.formula and not (rounded and cell.digits is Digits.EXACT)])
    ]
    return [of.plan.row[random.choice(random.choice(steps)).address] for _ in range(count)]


def _formula_errors(times: int) -> Way:
    """Lines that are worked by another formula, so many changes away from the right one."""

    def way(of: Class, count: int, topic: str) -> dict[str, Said]:
        marked, changes, tables = _Marked(of), Changes(of.plan), []
        for sheets, chance in of.sheets(count, f"{times} formula errors {topic}"):
            random = Random(f"{times} {topic}")
            drawn = [(row, *changes.drawn(row, random, times)) for row in _lines(of, random, sheets.count)]
            slips = [Slip(row, np.array([column]), formula) for column, (row, _, formula) in enumerate(drawn)]
            students = sheets.work(_habits(sheets, chance), chance, slips=slips)
            at = np.array([row for row, *_ in drawn]), np.arange(sheets.count)
            size = np.abs(students.papers.value[at])
            usual = (size == 0) | ((size > _USUAL[0]) & (size < _USUAL[1]))
            counts = np.flatnonzero(students.answered[at] & usual & students.changed[at]).tolist()
            wrong = {column: _Wrong(drawn[column][1], drawn[column][0], drawn[column][2]) for column in counts}
            tables.append(marked.said(sheets, students, wrong))
        return together(tables)

    return way


def _slips(of: Class, count: int, topic: str) -> dict[str, Said]:
    """Lines whose numbers were written down wrongly, or are those of other lines."""

    def draw(students: Students, column: int, random: Random) -> _Wrong | None:
        kind, row = random.choice([*PEN, *_COPIED]), _lines(of, random, 1, rounded=True)[0]
        right = students.text(row, column)
        if kind in PEN:
            codes = _OF_THE_PEN.get(kind, frozenset({"digit_changed"})) | {NEAR_MISS}
            turned = Neg(of.plan.cells[row].formulas[0]) if kind == "the sign turned" else None
            return _Wrong(kind, row, turned, PEN[kind](right, random) or "", codes)
        step = next(step for step in of.plan.steps if of.plan.cells[row] in step.cells)
        above = [other for other in of.worked.tolist() if other < row]
        beside = [of.plan.row[cell.address] for cell in step.cells if cell is not of.plan.cells[row]]
        if sources := {_COPIED[0]: beside, _COPIED[1]: above[-1:], _COPIED[2]: above}[kind]:
            source = random.choice(sources)
            return _Wrong(kind, row, Ref(of.plan.cells[source].address), students.text(source, column))
        return None

    return _written(of, count, f"slips {topic}", draw)


def _plain_numbers(of: Class, count: int, topic: str) -> dict[str, Said]:
    """Lines in which just any number stands: whatever is said of them is false, but that a number is near."""

    def draw(students: Students, column: int, random: Random) -> _Wrong | None:
        kind, row = random.choice(list(PLAIN)), _lines(of, random, 1, rounded=True)[0]
        return _Wrong(kind, row, None, PLAIN[kind](students.text(row, column), random) or "")

    return _written(of, count, f"plain numbers {topic}", draw)


WAYS: Final[Mapping[str, Way]] = {
    "formulas with one change": _formula_errors(1),
    "formulas with two changes": _formula_errors(2),
    "slips": _slips,
    "plain wrong numbers": _plain_numbers,
}
"""How lines come to be wrong."""


def _written(
    of: Class, count: int, topic: str, draw: Callable[[Students, int, Random], _Wrong | None]
) -> dict[str, Said]:
    """Sheets are worked twice: first rightly, then on with the number that stands in the wrong line."""
    marked, tables = _Marked(of), []
    for sheets, chance in of.sheets(count, topic):
        random, habits = Random(topic), _habits(sheets, chance)
        right = sheets.work(habits, chance)
        wrong: dict[int, _Wrong] = {}
        printed, given = sheets.printed.copy(), np.zeros(sheets.printed.shape, dtype=bool)
        for column in range(sheets.count):
            one = draw(right, column, random)
            if one and one.text and float(one.text) != right.papers.value[one.row, column]:
                wrong[column] = one
                printed[one.row, column], given[one.row, column] = float(one.text), True
        students = sheets.work(habits, chance, printed=printed, given=given)
        tables.append(marked.said(sheets, students, wrong))
    return together(tables)


KINDS: Final = {
    name: MISTAKEN[name]
    for name in (
        "default",
        "2-2-2 of sigmoids",
        "tanh, sum of squares",
        "three steps",
        "dropout",
        "binary, short delta",
    )
}
"""Nets of six kinds, at four figures."""


def missed_aims(said: Mapping[str, Said]) -> Iterator[str]:
    """In words, what is not as good as it should be; `said` are the totals of some `WAYS`."""
    for words, of in said.items():
        told = of.flagged - of.lines["nothing"]
        if words in _EXPLAINED:
            least, counted = _EXPLAINED[words]
            if of.share(*counted) < least:
                yield f"{words}: {of.share(*counted):.1%} of {of.flagged} are explained"
            if of.true.total() < _TRUE * told:
                yield f"{words}: {of.true.total()} of {told} explanations are true"
        if words in _BY_CHANCE and of.share(*_FALSE) > _BY_CHANCE[words]:
            yield f"{words}: {of.share(*_FALSE):.1%} of {of.flagged} are explained by chance"
        if of.not_given:
            yield f"{words}: {of.not_given} formulas do not give the number"
        if of.lost > _LOST * of.others:
            yield f"{words}: {of.lost} of {of.others} other lines lost"


_EXPLAINED: Final = {"formulas with one change": (0.75, (*NAMED, "set-up")), "slips": (0.85, NAMED)}
"""The least share of the flagged lines of which one of these things must be said."""
_TRUE: Final = 0.8
"""The least share of what is said there that must be what had happened."""
_BY_CHANCE: Final = {"plain wrong numbers": 0.05}
_FALSE: Final = ("mistake", "slip", "set-up")
"""That a number is near is no false name where it is."""
_LOST: Final = 0.001
