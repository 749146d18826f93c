"""The formats of quizzes: one table that everything else looks in.

What writes a format is loaded when the first file of it is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

from backproptable.quizzes.question import Quiz

__all__ = ["QUIZ_FORMATS", "QuizFormat"]


class _Write(Protocol):
    def __call__(self, quizzes: Sequence[Quiz], *, pool: bool) -> bytes:
        """The file that holds these quizzes."""


def _moodle(quizzes: Sequence[Quiz], *, pool: bool) -> bytes:
    from backproptable.quizzes.moodle import moodle_xml  # noqa: PLC0415

    return moodle_xml(quizzes, pool=pool)


def _qti21(quizzes: Sequence[Quiz], *, pool: bool) -> bytes:
    from backproptable.quizzes.qti21 import qti21_zip  # noqa: PLC0415

    return qti21_zip(quizzes, pool=pool)


def _canvas(quizzes: Sequence[Quiz], *, pool: bool) -> bytes:
    from backproptable.quizzes.canvas import canvas_zip  # noqa: PLC0415

    return canvas_zip(quizzes, pool=pool)


class QuizFormat(NamedTuple):
    """A format that a course system imports."""

    title: str
    ending: str
    together: int
    """The quizzes in one file, at most."""
    write: _Write
    to_import: str
    """What a teacher does with the files."""
    limits: str
    """What the system adds to what no quiz can promise."""


QUIZ_FORMATS: Final[dict[str, QuizFormat]] = {
    "moodle": QuizFormat(
        "Moodle XML",
        "xml",
        100,
        _moodle,
        "Question bank > Import > Moodle XML format. Students: each has a category with a question per step; add those"
        " to a quiz of theirs. A pool: add random questions to one quiz, one from the category of variants.",
        "Moodle takes a number that is as far off on the other side, too: limits are as wide as the wider side.",
    ),
    "qti21": QuizFormat(
        "QTI 2.1 (OpenOlat, TAO, ONYX and others)",
        "zip",
        1,
        _qti21,
        "Import the package of each student or variant: it holds a test with an item per step.",
        "A system has to mark by the rules in the items, and to show MathML.",
    ),
    "canvas": QuizFormat(
        "Canvas, classic quizzes (QTI 1.2)",
        "zip",
        50,
        _canvas,
        "Settings > Import Course Content > QTI .zip file. There is a quiz for each student or variant: assign each to"
        " its student.",
        "Canvas rounds what is typed to four decimals. So numbers nearer to 0 than 0.1 are asked times a power of ten,"
        " and every limit is a ten-thousandth wider. Each number is a question of its own.",
    ),
}
"""By the word for --format."""
