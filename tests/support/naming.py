"""What is said of one wrong line on a sheet, whose cause is known: named, called a wrong set-up, or nothing.

Whole sheets are worked, with all that comes after the wrong line worked on its number, and marked as texts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from random import Random
from typing import Final

import numpy as np
from numpy.typing import NDArray

from backproptable.formula import Formula, references
from backproptable.marked import ERRORS, MarkedCell, MarkedSheet, Verdict
from backproptable.marker import Answered, Marker
from backproptable.mistakes import WrongLine, further_lines, wrong_lines
from backproptable.plan import Digits
from backproptable.returned import Written
from backproptable.setups import SET_UP
from backproptable.slips import NEAR_MISS
from support.formula_errors import Changes
from support.good_sheet import Span, work
from support.marking import marker
from support.students import Habits, Slip, Students, habits_of
from support.verdicts import MISTAKEN, Class, Sheets
from support.wrong_numbers import PEN, PLAIN

__all__ = ["NAMED", "SAID", "Said", "copied_numbers", "formula_errors", "plain_numbers", "slips_of_the_pen"]

SAID: Final = ("a mistake", "a slip", "near", "a set-up", "nothing")
"""What can be said of a wrong line; `near` stands before other names where it is only one of them."""
NAMED: Final = SAID[:3]
_COPIED: Final = ("another line of the step", "the line above", "another line")
_USUAL: Final = (1e-6, 1e6)
"""Whoever finds a number of another size than this begins again."""


@dataclass
class Said:
    """What was said of lines that are wrong in one way."""

    lines: Counter[str] = field(default_factory=Counter)
    """By the words of `SAID`."""
    true: Counter[str] = field(default_factory=Counter)
    """Of those, where it is what had happened: a formula that is the student's on every other sheet, too."""
    names: Counter[str] = field(default_factory=Counter)
    """How many names stood in the lines that have one."""
    accepted: int = 0
    """Wrong lines that were not seen as wrong."""
    others: int = 0
    lost: int = 0
    """Lines besides, and such of them as were flagged or given for short numbers."""
    given: int = 0
    """Formulas that were said to give the number, and do."""

    @property
    def flagged(self) -> int:
        return self.lines.total()

    def of(self, *words: str) -> int:
        return sum(self.lines[word] for word in words)

    def __iadd__(self, other: Said) -> Said:
        self.lines += other.lines
        self.true += other.true
        self.names += other.names
        for name in ("accepted", "others", "lost", "given"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        return self


@dataclass(frozen=True)
class _Wrong:
    """One wrong line on one sheet: another formula is worked there, or another text is written."""

    kind: str
    row: int
    formula: Formula | None = None
    text: str = ""


class _Marked:
    """Sheets of one class, some of them wrong in one line, worked, marked, and what was said there."""

    def __init__(self, of: Class) -> None:
        self.of = of
        self._lines: dict[str, list[WrongLine]] = {}
        for line in (*wrong_lines(of.plan), *further_lines(of.plan)):
            self._lines.setdefault(line.cell.name, []).append(line)

    @cached_property
    def marker(self) -> Marker:
        return marker(self.of.plan, figures=self.of.figures, carry=self.of.carry)

    def said(
        self, sheets: Sheets, students: Students, wrong: Sequence[_Wrong | None], texts: Mapping[int, str]
    ) -> Iterator[tuple[str, Said]]:
        """Of each sheet; `texts` stand in the wrong line in place of what the student has written."""
        columns = [column for column, one in enumerate(wrong) if one is not None]
        marked = self.marker.mark([self._answered(sheets, students, wrong, column, texts) for column in columns])
        for column, sheet in zip(columns, marked, strict=True):
            one = wrong[column]
            assert one is not None
            yield one.kind, self._judged(sheets, students, one, column, sheet)

    def _answered(
        self,
        sheets: Sheets,
        students: Students,
        wrong: Sequence[_Wrong | None],
        column: int,
        texts: Mapping[int, str],
    ) -> Answered:
        plan, one = self.of.plan, wrong[column]
        assert one is not None
        givens = zip(plan.givens, sheets.givens[:, column].tolist(), strict=False)
        lines = {row: students.text(row, column) for row in self.of.worked.tolist()}
        if column in texts:
            lines[one.row] = texts[column]
        answers = {plan.cells[row].name: (Written(text, row),) for row, text in lines.items()}
        return Answered(str(column), {cell.name: repr(value) for cell, value in givens}, answers)

    def _judged(self, sheets: Sheets, students: Students, one: _Wrong, column: int, sheet: MarkedSheet) -> Said:
        cells, said = {cell.name: cell for cell in sheet.cells}, Said()
        cell = cells.pop(self.of.plan.cells[one.row].name)
        flagged = {*ERRORS, Verdict.TOO_FEW_DIGITS}
        said.others, said.lost = len(cells), sum(other.verdict in flagged for other in cells.values())
        if cell.verdict not in ERRORS:
            said.accepted = 1
            return said
        word = _word(cell)
        said.lines[word] += 1
        if word in NAMED:
            said.names["one" if len(cell.because) == 1 else "two" if len(cell.because) == 2 else "more"] += 1
        if one.formula is not None and self._is_true(sheets, one, cell):
            said.true[word] += 1
        if cell.nearest is not None:
            said.given = int(_gives(self.of, students, one.row, column, cell.nearest))
        return said

    def _is_true(self, sheets: Sheets, one: _Wrong, cell: MarkedCell) -> bool:
        assert one.formula is not None
        named = [line.formula for line in self._lines.get(cell.name, ()) if line.mistake in cell.because]
        wanted = self._on_all(sheets, one.formula)
        return any(
            bool(np.isclose(wanted, self._on_all(sheets, formula), rtol=1e-9, atol=1e-12, equal_nan=True).all())
            for formula in (*named, *([cell.nearest] if cell.nearest else ()))
        )

    def _on_all(self, sheets: Sheets, formula: Formula) -> NDArray[np.float64]:
        row = self.of.plan.row
        numbers = {to: sheets.exact[row[to]].astype(np.longdouble) for to in references(formula)}
        with np.errstate(all="ignore"):
            value = work(formula, numbers or {"nothing": np.zeros(sheets.count, dtype=np.longdouble)})
            return np.broadcast_to(value, (sheets.count,)).astype(float)


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


def _a_line(of: Class, random: Random, *, rounded: bool = False) -> int:
    """A line of any step: long steps have not more of them than short ones."""
    steps = [
        cells
        for step in of.plan.steps
        if (cells := [cell for cell in step.cells if cell.formula and not (rounded and cell.digits is Digits.EXACT)])
    ]
    return of.plan.row[random.choice(random.choice(steps)).address]


def formula_errors(of: Class, count: int, topic: str, *, times: int = 1) -> dict[str, Said]:
    """Of so many lines that are worked by another formula, by the kind of change in it."""
    marked, changes, found = _Marked(of), Changes(of.plan), dict[str, Said]()
    for sheets, chance in of.sheets(count, f"{times} formula errors {topic}"):
        random = Random(f"{times} {topic}")
        rows = [_a_line(of, random) for _ in range(sheets.count)]
        drawn = [changes.drawn(row, random, times) for row in rows]
        wrong = [_Wrong(kind, row, formula) for row, (kind, formula) in zip(rows, drawn, strict=True)]
        slips = [Slip(one.row, np.array([column]), one.formula) for column, one in enumerate(wrong) if one.formula]
        students = sheets.work(_habits(sheets, chance), chance, slips=slips)
        at = np.array(rows), np.arange(sheets.count)
        size = np.abs(students.papers.value[at])
        usual = students.answered[at] & ((size == 0) | ((size > _USUAL[0]) & (size < _USUAL[1])))
        counts = usual & students.changed[at]
        _add(found, marked.said(sheets, students, _only(wrong, counts), {}))
    return found


def slips_of_the_pen(of: Class, count: int, topic: str) -> dict[str, Said]:
    """Of so many lines whose numbers were written down wrongly, by the kind of slip; the student goes on with them."""
    return _texts(of, count, f"slips {topic}", PEN)


def plain_numbers(of: Class, count: int, topic: str) -> dict[str, Said]:
    """Of so many lines in which just any number stands."""
    return _texts(of, count, f"plain numbers {topic}", PLAIN)


def _texts(
    of: Class, count: int, topic: str, ways: Mapping[str, Callable[[str, Random], str | None]]
) -> dict[str, Said]:
    def draw(students: Students, column: int, random: Random) -> tuple[str, int, str | None]:
        row, kind = _a_line(of, random, rounded=True), random.choice(list(ways))
        right = students.text(row, column)
        return kind, row, ways[kind](right, random) if right else None

    return _written(of, count, topic, draw)


def copied_numbers(of: Class, count: int, topic: str) -> dict[str, Said]:
    """Of so many lines in which the number of another line stands."""

    def draw(students: Students, column: int, random: Random) -> tuple[str, int, str | None]:
        row, kind = _a_line(of, random, rounded=True), random.choice(_COPIED)
        step = next(step for step in of.plan.steps if of.plan.cells[row] in step.cells)
        beside = [of.plan.row[cell.address] for cell in step.cells if cell is not of.plan.cells[row]]
        above = [other for other in of.worked.tolist() if other < row]
        source = {_COPIED[0]: beside, _COPIED[1]: above[-1:], _COPIED[2]: above}[kind]
        return kind, row, students.text(random.choice(source), column) if source else None

    return _written(of, count, f"copied {topic}", draw)


def _written(
    of: Class, count: int, topic: str, draw: Callable[[Students, int, Random], tuple[str, int, str | None]]
) -> dict[str, Said]:
    """Sheets are worked twice: first rightly, then on with the number that stands in the wrong line."""
    marked, found = _Marked(of), dict[str, Said]()
    for sheets, chance in of.sheets(count, topic):
        random, habits = Random(topic), _habits(sheets, chance)
        right = sheets.work(habits, chance)
        wrong: list[_Wrong | None] = []
        texts: dict[int, str] = {}
        printed, given = sheets.printed.copy(), np.zeros(sheets.printed.shape, dtype=bool)
        for column in range(sheets.count):
            kind, row, text = draw(right, column, random)
            if not text or float(text) == right.papers.value[row, column]:
                wrong.append(None)
                continue
            wrong.append(_Wrong(kind, row))
            texts[column], printed[row, column], given[row, column] = text, float(text), True
        students = sheets.work(habits, chance, printed=printed, given=given)
        _add(found, marked.said(sheets, students, wrong, texts))
    return found


def _only(wrong: Sequence[_Wrong], counts: NDArray[np.bool_]) -> list[_Wrong | None]:
    return [one if counted else None for one, counted in zip(wrong, counts.tolist(), strict=True)]


def _add(found: dict[str, Said], more: Iterator[tuple[str, Said]]) -> None:
    for kind, said in more:
        of_kind = found.setdefault(kind, Said())
        of_kind += said


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
