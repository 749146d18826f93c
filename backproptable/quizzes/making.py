"""Quizzes from the same plan, numbers and choice of what is asked as the sheets of a class."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from backproptable.courses.classroom import printed_numbers
from backproptable.courses.course import Course
from backproptable.courses.manifest import Entry
from backproptable.formulas.digits import without_noise
from backproptable.formulas.formula import Formula, Ref, references
from backproptable.formulas.names import Address, name_of
from backproptable.mistakes.registry import wrong_lines
from backproptable.nets.plan import Cell, Step
from backproptable.numbers.evaluate import Calculator, Table, compile_formulas
from backproptable.numbers.numerals import Numerals
from backproptable.quizzes.question import Blank, Grid, Question, Quiz, Worked
from backproptable.quizzes.tolerances import Tolerances
from backproptable.render.document import Document, Row, StepView, lay_out
from backproptable.render.form import Form
from backproptable.render.page import NUMBER_STYLES
from backproptable.render.printers import Place, plain
from backproptable.render.signs import turned_plan, turned_texts
from backproptable.render.templates import fill_template
from backproptable.sheets.asked import set_task
from backproptable.sheets.notation import load_notation

__all__ = ["QuizMaker"]

_END: Final = "\ue010"  # private use: in no template, name or number
_SAME: Final = 1e-9
"""Numbers that differ relatively by no more than this are one number."""

_Texts = Callable[[], str]
"""Gives the next of the texts that differ from sheet to sheet."""


@dataclass
class QuizMaker:
    """Makes the quizzes of one course. It can be sent to another process, which works out the rest again."""

    course: Course

    def __getstate__(self) -> dict[str, Any]:
        return {"course": self.course}

    def quizzes(self, lines: Sequence[str]) -> list[Quiz]:
        """The quiz of each student in these lines of the manifest."""
        entries = [json.loads(line) for line in lines]
        return list(self._of(entries)) if entries else []

    def _of(self, entries: Sequence[Entry]) -> Iterator[Quiz]:
        course, plan = self.course, self.course.plan
        names = [cell.name for cell in plan.givens]
        givens = np.array([[float(entry["givens"][name]) for entry in entries] for name in names])
        printed = printed_numbers(self._calculator, givens, course.figures, course.carry)
        low, high = self._tolerances.of(givens)
        open_to = self._open_to(givens, low, high)
        for row, cell in enumerate(plan.cells):
            if cell.address.family in self._opposite:
                low[row], high[row] = -high[row], -low[row]
        low, high = low + 0.0, high + 0.0  # no minus zero
        for place, entry in enumerate(entries):
            texts: list[str | None] = [
                *self._numerals.texts(list(entry["givens"].values()), printed[:, place].tolist())
            ]
            if self._opposite:
                texts = turned_texts(plan, texts, self._opposite)
            limits = {cell.name: (low[row, place], high[row, place]) for row, cell in enumerate(plan.cells)}
            yield self._quiz(entry, texts, limits, open_to[place])

    def _quiz(
        self,
        entry: Entry,
        texts: Sequence[str | None],
        limits: dict[str, tuple[float, float]],
        open_to: tuple[tuple[str, tuple[str, ...]], ...],
    ) -> Quiz:
        course, pieces = self.course, iter(self._form.fill(texts).split(_END))
        text = pieces.__next__
        givens = tuple(_grid(grid, text) for grid in self._key.givens)
        eta = text() if self._key.eta is not None else None
        numbered = enumerate(self._steps, start=1)
        return Quiz(
            title=course.title,
            code=entry["code"],
            student_id=entry["student_id"],
            student=entry["name"],
            stem=entry["file"],
            due=course.due,
            instructions=self._instructions,
            task=self._words["task"][0],
            facts=tuple((name, fact) for name, _, fact in (line.partition(": ") for line in self._words["fact"])),
            givens=givens,
            eta=eta,
            questions=tuple(
                self._question(number, step, text, limits, (*givens, *_rate(eta))) for number, step in numbered
            ),
            open_to=open_to,
        )

    def _question(
        self,
        number: int,
        of: _StepTexts,
        text: _Texts,
        limits: dict[str, tuple[float, float]],
        givens: tuple[Grid, ...],
    ) -> Question:
        lines: list[Worked | Blank] = []
        for row, _, formula in of.lines:
            shown, solution, value = text(), text(), text()
            if not row.asked:
                lines.append(Worked(row.name, row.symbol, row.formula, shown, value))
                continue
            low, high = limits[row.name]
            lines.append(Blank(row.name, row.symbol, row.formula, formula, solution, value, float(low), float(high)))
        return Question(
            number,
            of.view.name,
            of.title,
            tuple(of.view.rules),
            tuple(lines),
            of.uses,
            tuple(grid for grid in givens if _stem(grid) in of.given),
        )

    # --- what is the same for all

    @cached_property
    def _calculator(self) -> Calculator:
        return Calculator(self.course.plan)

    @cached_property
    def _numerals(self) -> Numerals:
        return Numerals(self.course.plan, self.course.figures, self.course.carry)

    @cached_property
    def _tolerances(self) -> Tolerances:
        return Tolerances(self.course.plan, self.course.figures)

    @cached_property
    def _opposite(self) -> tuple[str, ...]:
        return load_notation(self.course.notation, self.course.plan.net).opposite

    @cached_property
    def _instructions(self) -> tuple[str, ...]:
        from backproptable.render.prose import paragraphs  # noqa: PLC0415 - its library is for quizzes only

        return tuple(paragraphs(self.course.instructions))

    @cached_property
    def _sheet(self) -> Document:
        """What a sheet shows and asks."""
        plan = self.course.plan
        return lay_out(plan, load_notation(self.course.notation, plan.net), set_task(plan, self.course.asked))

    @cached_property
    def _key(self) -> Document:
        """The same with every number."""
        plan = self.course.plan
        return lay_out(plan, load_notation(self.course.notation, plan.net), set_task(plan, ()))

    @cached_property
    def _words(self) -> dict[str, list[str]]:
        """The words of the template by what they are."""
        words: dict[str, list[str]] = {}
        context = {"doc": self._sheet, "figures": self.course.figures}
        for line in fill_template("quiz.j2", context).splitlines():
            kind, mark, said = line.strip().partition("=")
            if mark:
                words.setdefault(kind, []).append(said)
        return words

    @cached_property
    def _steps(self) -> list[_StepTexts]:
        """The steps of the sheet, each with its lines beside those of the key."""
        rows = {row.name: row for section in self._key.sections for step in section.steps for row in step.rows}
        plan = turned_plan(self.course.plan, self._opposite)
        steps = {step.name: step for step in plan.steps}
        of_cell = {cell.address: step.name for step in plan.steps for cell in step.cells}
        views = [view for section in self._sheet.sections for view in section.steps]
        titles = self._words["step"]
        return [
            _StepTexts.of(view, title, steps[view.name], rows, of_cell)
            for view, title in zip(views, titles, strict=True)
        ]

    @cached_property
    def _form(self) -> Form:
        """Every text that has numbers of a sheet in it, in the order in which `_quiz` takes them."""
        texts = [number for grid in self._key.givens for _, row in grid.rows for number in row]
        if self._key.eta is not None:
            texts.append(self._key.eta)
        for step in self._steps:
            for row, key, _ in step.lines:
                texts += [row.numbers, key.numbers, key.value]
        return Form(_END.join(texts), NUMBER_STYLES["md"])

    # --- what limits cannot tell apart

    @cached_property
    def _wrong(self) -> tuple[NDArray[np.intp], list[tuple[str, str]], Callable[[Table], Table]]:
        """The registered mistakes in what is asked: rows of their cells, codes with names, and what works them out."""
        plan, asked = self.course.plan, set_task(self.course.plan, self.course.asked).asked
        wrong = [line for line in wrong_lines(plan) if line.cell.address in asked]
        programs = compile_formulas(enumerate(line.formula for line in wrong), plan, without_noise)

        def work(exact: Table) -> Table:
            values = np.full((len(wrong), exact.shape[1]), np.nan)
            with np.errstate(all="ignore"):
                for numbers, program in programs:
                    values[numbers] = program(exact)
            return values

        rows = np.array([plan.row[line.cell.address] for line in wrong], dtype=np.intp)
        return rows, [(line.mistake, line.cell.name) for line in wrong], work

    def _open_to(self, givens: Table, low: Table, high: Table) -> list[tuple[tuple[str, tuple[str, ...]], ...]]:
        """Of each sheet the mistakes that change a number and still give one within its limits."""
        rows, named, work = self._wrong
        exact = self._calculator.exact(givens)
        values, right = work(exact), exact[rows]
        hidden = (values >= low[rows]) & (values <= high[rows]) & (np.abs(values - right) > _SAME * np.abs(right))
        result = []
        for column in hidden.T:
            found: dict[str, dict[str, None]] = {}
            for place in np.flatnonzero(column).tolist():
                mistake, name = named[place]
                found.setdefault(mistake, {})[name] = None
            result.append(tuple((mistake, tuple(names)) for mistake, names in found.items()))
        return result


@dataclass(frozen=True, slots=True)
class _StepTexts:
    """A step before numbers are filled in."""

    view: StepView
    title: str
    lines: list[tuple[Row, Row, str]]
    """Each line as on the sheet, as in the key, and its formula in plain text."""
    uses: tuple[str, ...]
    given: frozenset[str]
    """The stems of the given cells it takes numbers from."""

    @classmethod
    def of(
        cls, view: StepView, title: str, step: Step, rows: dict[str, Row], of_cell: dict[Address, str]
    ) -> _StepTexts:
        cells = {cell.name: cell for cell in step.cells}
        lines = [(row, rows[row.name], _plain(cells[row.name])) for row in view.rows]
        used = [to for row in view.rows for to in references(_formula(cells[row.name])) if isinstance(to, Address)]
        uses = dict.fromkeys(of_cell[to] for to in used if to in of_cell and of_cell[to] != step.name)
        given = frozenset(name_of(to).partition("[")[0] for to in used if to not in of_cell)
        return cls(view, title, lines, tuple(uses), given)


def _formula(cell: Cell) -> Formula:
    if cell.formula is None:
        raise TypeError(f"{cell.name} is a given, not a line of a step")
    return cell.formula


def _plain(cell: Cell) -> str:
    def name(ref: Ref, place: Place) -> str:
        del place
        return name_of(ref.address)

    return plain(_formula(cell), name)


def _grid(grid: Any, text: _Texts) -> Grid:
    rows = tuple((label, tuple(text() for _ in numbers)) for label, numbers in grid.rows)
    return Grid(grid.heading, tuple(grid.columns), rows)


def _rate(eta: str | None) -> tuple[Grid, ...]:
    return () if eta is None else (Grid("eta", ("learning rate",), (("", (eta,)),)),)


def _stem(grid: Grid) -> str:
    return grid.heading.partition("[")[0]
