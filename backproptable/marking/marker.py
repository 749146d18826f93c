"""From written answers to marked sheets: what stands on the sheets, the verdicts, the points.

Numbers come from the manifest (or from an example file) and are never drawn again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from backproptable.basics.errors import Problem
from backproptable.formulas.digits import MAX_FIGURES_ON_PAPER, half_unit, show_given
from backproptable.formulas.formula import Formula, references
from backproptable.formulas.names import Address
from backproptable.marking.as_written import AsWritten
from backproptable.marking.explanations import Explained, Explanations
from backproptable.marking.judge import Judge, Judged
from backproptable.marking.marked import CONSTANT, ERRORS, MarkedCell, MarkedSheet, Verdict
from backproptable.marking.one_reading import Truth, Verdicts
from backproptable.marking.papers import Papers
from backproptable.marking.scoring import Policy
from backproptable.nets.plan import Cell, Digits, Plan
from backproptable.numbers.evaluate import Calculator, Table
from backproptable.returned.answers import Answer, Blank, Reading, Unreadable, read_answer
from backproptable.returned.files import Written

__all__ = ["Answered", "Marker"]

_FEWEST_ANSWERED: Final = 10
"""Lines of which more than half may say something by holding the same number."""
_EXPLAINED: Final = (*ERRORS, Verdict.TOO_FEW_DIGITS)
"""Verdicts of lines that are shown as they should have been worked."""
_MOST_NAMES: Final = 12
"""Of the rows that are missing; the report has them all."""
_UNDEFINED: Final = "a number above it leaves open what this line can be, so that nobody can say whether it is right"


@dataclass(frozen=True, slots=True)
class Answered:
    """One sheet, or one example file, with what was written."""

    sheet: str
    givens: Mapping[str, str]
    answers: Mapping[str, Sequence[Written]]
    """By the name of the cell; several where it stands several times."""
    student: str | None = None
    name: str = ""
    columns: Mapping[str, str] | None = None
    remarks: tuple[Problem, ...] = ()


class Marker:
    """Marks sheets of one plan. `figures` is None where no number of figures was asked for."""

    def __init__(
        self,
        plan: Plan,
        *,
        asked: frozenset[Address],
        shown: frozenset[Address] = frozenset(),
        figures: int | None,
        carry: str,
        policy: Policy,
        opposite: Collection[str] = (),
    ) -> None:
        """`opposite` are the families of cells that the sheet's notation writes with the opposite sign."""
        self.plan, self.figures, self.carry, self.policy = plan, figures, carry, policy
        self.opposite = frozenset(opposite)
        self._calculator, self._judge = Calculator(plan), Judge(plan, figures, carry)
        self._as_written = AsWritten(plan, figures, carry, opposite)
        self._explanations = Explanations(self._judge, self._as_written)
        self._asked = [row for row, cell in enumerate(plan.cells) if cell.address in asked]
        self._shown = [plan.row[to] for to in shown]

    def mark(self, sheets: Sequence[Answered]) -> list[MarkedSheet]:
        """The sheets with their verdicts and points."""
        truth = self.truth([sheet.givens for sheet in sheets])
        readings = [self._readings(sheet) for sheet in sheets]
        papers = self._papers(readings, truth.printed)
        judged = self._judge.judge(papers, truth)
        explained = self._explanations.of(papers, judged, truth)
        low, high = self._as_written.ends(judged.verdicts.low, judged.verdicts.high)
        expected = self._as_written.texts(judged.verdicts.expected)
        page = _Page(papers, judged, truth, explained, low, high, expected)
        return [self._marked(sheet, readings[column], page, column) for column, sheet in enumerate(sheets)]

    def truth(self, givens: Sequence[Mapping[str, str]]) -> Truth:
        """The true numbers on these givens; a row per cell, a column per sheet."""
        names = [cell.name for cell in self.plan.givens]
        table = np.array([[float(of_sheet[name]) for of_sheet in givens] for name in names])
        exact = self._calculator.without_mere_noise(table)
        if self.figures is None:
            return Truth(exact, exact, exact)
        shown = self._calculator.shown(exact, self.figures)
        if self.figures > MAX_FIGURES_ON_PAPER:  # only in full carry: on paper there is no such sheet
            return Truth(exact, shown, shown)
        paper = self._calculator.paper(table, self.figures)
        return Truth(exact, paper if self.carry == "paper" else shown, paper)

    def _readings(self, sheet: Answered) -> dict[int, tuple[Reading | None, Written | None, tuple[str, ...]]]:
        """By row of the plan: what was read, where it stood, and codes of how it stood there."""
        found: dict[int, tuple[Reading | None, Written | None, tuple[str, ...]]] = {}
        for row in self._asked:
            places = [(read_answer(each.text), each) for each in sheet.answers.get(self.plan.cells[row].name, ())]
            if not places:
                found[row] = None, None, ("missing",)
                continue
            how = ("doubled",) if len(places) > 1 else ()
            filled = [place for place in places if not isinstance(place[0], Blank)] or places[:1]
            reading, written = filled[0]
            if len({each.value if isinstance(each, Answer) else None for each, _ in filled}) > 1:
                lines = ", ".join(str(each.line) for _, each in filled)
                reason = f"it stands there several times with different numbers (lines {lines}): leave one"
                reading = Unreadable(written.text, reason)
            found[row] = reading, written, how
        return found

    def _papers(self, readings: Sequence[Mapping[int, tuple]], printed: Table) -> Papers:  # type: ignore[type-arg]
        shape = printed.shape
        value, half, padded = np.full(shape, np.nan), np.zeros(shape), np.zeros(shape)
        figures = np.zeros(shape, dtype=np.int64)
        answered, given, expression = (np.zeros(shape, dtype=bool) for _ in range(3))
        given[: len(self.plan.givens)] = True  # but for those that were copied out
        value[given] = printed[given]
        if self._shown and self.figures is not None:
            value[self._shown], given[self._shown] = printed[self._shown], True
            half[self._shown] = padded[self._shown] = np.where(
                self._judge.rounds[self._shown], half_unit(printed[self._shown], self.figures), 0.0
            )
        sign = self._as_written.sign[:, 0].tolist()
        for column, of_sheet in enumerate(readings):
            for row, (reading, _, _) in of_sheet.items():
                if isinstance(reading, Answer):
                    value[row, column], answered[row, column] = sign[row] * reading.value, True
                    given[row, column] = False
                    half[row, column], padded[row, column] = self._half_units(reading, self.plan.cells[row])
                    figures[row, column] = reading.figures or 0
                    expression[row, column] = (
                        reading.decimal is None and self.plan.cells[row].digits is not Digits.EXACT
                    )
        return Papers(value, half, padded, figures, expression, answered, given)

    def _half_units(self, answer: Answer, cell: Cell) -> tuple[float, float]:
        """Half a unit of its last place as it was written, and once the zeros are there that people leave out."""
        if cell.digits is Digits.EXACT:
            return 0.0, 0.0  # a given or a slope: 1.0 is 1
        half = answer.half_unit
        if self.figures is None or not answer.figures or answer.figures >= self.figures:
            return half, half
        full = float(half_unit(answer.value, self.figures))
        return (half, min(half, full)) if half else (full, full)  # a bare 1 is 1.000 or nothing

    # --- one sheet

    def _marked(
        self,
        sheet: Answered,
        readings: Mapping[int, tuple[Reading | None, Written | None, tuple[str, ...]]],
        page: _Page,
        column: int,
    ) -> MarkedSheet:
        constant = self._constant(page, column)
        cells = []
        for row, (reading, written, how) in readings.items():
            verdict, because, nearest = self._verdict(reading, row, page, column, explains=constant is None)
            if constant is not None and page.papers.value[row, column] == constant:
                because = (*because, CONSTANT)
            cells.append(
                MarkedCell(
                    name=self.plan.cells[row].name,
                    written=written.text if written else "",
                    line=written.line if written else None,
                    verdict=verdict,
                    expected=page.expected[row][column],
                    low=float(page.low[row, column]),
                    high=float(page.high[row, column]),
                    because=(*because, *how),
                    reason=_reason(reading, because),
                    nearest=nearest,
                )
            )
        return MarkedSheet(
            sheet=sheet.sheet,
            student=sheet.student,
            name=sheet.name,
            columns=sheet.columns or {},
            cells=tuple(cells),
            points=self.policy.points(cells),
            possible=self.policy.possible(cell.name for cell in cells),
            remarks=(*sheet.remarks, *_remarks(cells, constant)),
            numbers=self._numbers(sheet, readings, page, column, cells),
        )

    def _numbers(
        self,
        sheet: Answered,
        readings: Mapping[int, tuple[Reading | None, Written | None, tuple[str, ...]]],
        page: _Page,
        column: int,
        cells: Sequence[MarkedCell],
    ) -> dict[str, str]:
        """The numbers on the sheet that its flagged lines stand on, by the name of their cell."""
        flagged = [self.plan.by_name[cell.name] for cell in cells if cell.verdict in _EXPLAINED]
        used = dict.fromkeys(to for cell in flagged if cell.formula for to in references(cell.formula))
        numbers = {}
        for row in (self.plan.row[to] for to in used):  # type: ignore[index]
            name, reading = self.plan.cells[row].name, readings.get(row, (None,))[0]
            if isinstance(reading, Answer):
                is_plain = reading.decimal is not None
                numbers[name] = show_given(reading.decimal) if is_plain else f"({reading.value:.6g})"  # type: ignore[arg-type]
            elif name in sheet.givens:
                numbers[name] = sheet.givens[name]
            elif page.papers.given[row, column]:
                numbers[name] = self._as_written.text(row, float(page.papers.value[row, column]))
        return numbers

    def _constant(self, page: _Page, column: int) -> float | None:
        """The number that more than half of the answered lines hold, if the key's lines hold no such number."""
        rows = np.flatnonzero(page.papers.answered[:, column])
        if rows.size < _FEWEST_ANSWERED:
            return None
        number, count = _most_common(page.papers.value[rows, column])
        _, in_key = _most_common(page.truth.printed[rows, column])
        return number if 2 * count > rows.size >= 2 * in_key else None

    def _verdict(
        self, reading: Reading | None, row: int, page: _Page, column: int, *, explains: bool
    ) -> tuple[Verdict, tuple[str, ...], Formula | None]:
        if isinstance(reading, Unreadable):
            return Verdict.UNREADABLE, (), None
        if not isinstance(reading, Answer):
            return Verdict.BLANK, (), None
        verdicts, at = page.judged.verdicts, (row, column)
        if verdicts.fits[at]:
            remarks = {"trivial": verdicts.trivial, "corrected": verdicts.corrected, "cut": page.judged.rescued}
            return _agreement(verdicts, at), tuple(code for code, flags in remarks.items() if flags[at]), None
        if verdicts.undefined[at]:
            return Verdict.UNREADABLE, ("undefined",), None
        if not explains:
            return Verdict.WRONG, (), None
        low, high = float(page.low[at]), float(page.high[at])
        expected = page.expected[row][column]
        return page.explained.line(reading, row, column, low=low, high=high, expected=expected)


@dataclass(frozen=True, slots=True)
class _Page:
    """All that was found of several sheets."""

    papers: Papers
    judged: Judged
    truth: Truth
    explained: Explained
    low: Table
    """What each line can be, as the sheet writes it."""
    high: Table
    expected: list[list[str]]
    """What each line gives on the student's own numbers, by row and column."""


def _agreement(verdicts: Verdicts, at: tuple[int, int]) -> Verdict:
    if verdicts.too_few[at]:
        return Verdict.TOO_FEW_DIGITS
    return Verdict.RIGHT if verdicts.right[at] else Verdict.FOLLOWS


def _reason(reading: Reading | None, because: Collection[str]) -> str:
    """Why a person has to look at a line."""
    if isinstance(reading, Unreadable):
        return reading.reason
    return _UNDEFINED if "undefined" in because else ""


def _most_common(numbers: Table) -> tuple[float, int]:
    values, counts = np.unique(numbers, return_counts=True)
    place = int(np.argmax(counts))
    return float(values[place]), int(counts[place])


def _remarks(cells: Sequence[MarkedCell], constant: float | None) -> Iterator[Problem]:
    """What a person has to know of a sheet as a whole."""
    if missing := [cell.name for cell in cells if "missing" in cell.because]:
        more = f" and {len(missing) - _MOST_NAMES} more" if len(missing) > _MOST_NAMES else ""
        rows = "the row of" if len(missing) == 1 else f"{len(missing)} rows of the sheet are not there:"
        verb = " is not there" if len(missing) == 1 else ""
        names = ", ".join(missing[:_MOST_NAMES])
        yield Problem("rows", f"{rows} {names}{more}{verb}.", "Look whether answers were lost with them.")
    if constant is not None:
        what = f"more than half of the answered lines hold the same number, {constant:.6g}."
        yield Problem("answers", what, "The sheet earns nothing until you have looked at it.")
