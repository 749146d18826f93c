"""A quiz: the questions that a course system asks one student, or whoever gets a variant, about one net.

Everything that is asked or shown is text, ready for any format to lay out: formulas and symbols in TeX
without dollars, names and values in plain text.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Blank", "Grid", "Question", "Quiz", "Worked"]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of numbers that are given."""

    heading: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    """Each with what stands before it."""


@dataclass(frozen=True, slots=True)
class Worked:
    """A line that stands there with its value."""

    name: str
    """ASCII, as on every sheet: ``z1[1]``."""
    symbol: str
    formula: str
    numbers: str
    """The formula with the numbers put in; empty where these are not all there."""
    value: str


@dataclass(frozen=True, slots=True)
class Blank:
    """A number that is asked for."""

    name: str
    """ASCII, as on every sheet: ``dL/dW1[1,2]``."""
    symbol: str
    """TeX."""
    formula: str
    """TeX, in symbols."""
    plain: str
    """The same formula over names, in the arithmetic of `render.printers.plain`."""
    numbers: str
    """TeX: the formula with the right numbers put in. For feedback: it gives earlier answers away."""
    answer: str
    """The right number as a key prints it: ``1.350``, ``4.567e-5``, ``0``."""
    low: float
    high: float
    """What any honest way of working gives, limits included: see `quizzes.tolerances`. Both are 0 where the
    number is exactly 0."""


@dataclass(frozen=True, slots=True)
class Question:
    """A step of the work: the lines of one rule. Without a blank it only shows what is worked already."""

    number: int
    """From 1 on, in the order of the work."""
    step: str
    """The name of the step: ``z1``, ``dL/dW2``."""
    title: str
    rules: tuple[str, ...]
    """TeX."""
    lines: tuple[Worked | Blank, ...]
    uses: tuple[str, ...]
    """The names of earlier steps whose numbers it goes on from."""
    givens: tuple[Grid, ...]
    """What it takes from the numbers that are given."""

    @property
    def blanks(self) -> Iterator[Blank]:
        """The numbers that are asked for."""
        return (line for line in self.lines if isinstance(line, Blank))


@dataclass(frozen=True, slots=True)
class Quiz:
    """All questions on one set of numbers."""

    title: str
    """Of the assignment."""
    code: str
    """That of the sheet with the same numbers; unique in the class."""
    student_id: str
    student: str
    """The name, as in the roster: nothing in it may be taken for markup. Of a variant: ``Variant 007``."""
    stem: str
    """What the student's files are called, without ending: safe on every file system."""
    due: str
    instructions: tuple[str, ...]
    """Paragraphs of the teacher's own, without markup."""
    task: str
    """How numbers are to be written."""
    facts: tuple[tuple[str, str], ...]
    """What the net is, each with what it is called."""
    givens: tuple[Grid, ...]
    eta: str | None
    """The learning rate, if there is one."""
    questions: tuple[Question, ...]
    open_to: tuple[tuple[str, tuple[str, ...]], ...]
    """The registered mistakes whose number lies within the limits in some cells, with the names of these."""

    @property
    def open_to_zero(self) -> tuple[str, ...]:
        """The names of cells that are not 0 and for which a 0 lies within the limits all the same."""
        return tuple(blank.name for blank in self.blanks if blank.low <= 0 <= blank.high and blank.low < blank.high)

    @property
    def blanks(self) -> Iterator[Blank]:
        """All numbers that are asked for."""
        return (blank for question in self.questions for blank in question.blanks)
