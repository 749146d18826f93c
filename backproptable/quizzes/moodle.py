"""Moodle XML: a cloze question per step, in a category for each student; or one per variant, as a pool.

A cloze answer is ``{1:NUMERICAL:=1.350:0.000151}``: points, the right number, and how far off it may be, on
both sides alike. Moodle reads exponents, so that small numbers stay what they are.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from typing import Final

from backproptable.basics.plaintext import one_line, shortened
from backproptable.quizzes.html import Html, html_in_xml, markup_free, xml_text
from backproptable.quizzes.limits import shown, tolerance_of
from backproptable.quizzes.question import Blank, Question, Quiz

__all__ = ["moodle_xml"]

_LONGEST_NAME: Final = 120
"""Characters of a name; Moodle has room for 255."""


def _math(tex: str) -> str:
    return rf"\({html.escape(tex, quote=False)}\)"


_HTML: Final = Html(_math)


def moodle_xml(quizzes: Sequence[Quiz], *, pool: bool) -> bytes:
    """One file with the questions of these quizzes, to be imported into a question bank."""
    parts = ['<?xml version="1.0" encoding="UTF-8"?>', "<quiz>"]
    if pool and quizzes:
        parts.append(_category(quizzes[0].title, "variants", info="One question per variant, with all steps."))
    for quiz in quizzes:
        parts += _variant(quiz) if pool else _steps(quiz)
    return ("\n".join([*parts, "</quiz>"]) + "\n").encode()


def _steps(quiz: Quiz) -> Iterator[str]:
    """A category with a question for each step."""
    yield _category(
        quiz.title, f"{quiz.student} ({quiz.student_id})", info=f"The questions of one student, {quiz.code}."
    )
    yield _question(quiz, "description", "00 The net and its numbers", "00", _HTML.introduction(quiz))
    for question in quiz.questions:
        name = f"{question.number:02} {question.step}: {question.title}"
        kind = "cloze" if any(question.blanks) else "description"
        yield _question(quiz, kind, name, f"{question.number:02}", _step(question), _HTML.solution(question))


def _variant(quiz: Quiz) -> Iterator[str]:
    """One question with all steps: Moodle draws questions each by itself, and the numbers of steps belong together."""
    parts = [_HTML.introduction(quiz)]
    for question in quiz.questions:
        parts += [f"<h4>{question.number}. {markup_free(question.title)}</h4>", _step(question, givens=False)]
    solutions = "\n".join(map(_HTML.solution, quiz.questions))
    yield _question(quiz, "cloze", quiz.student, "all", "\n".join(parts), solutions)


def _step(question: Question, *, givens: bool = True) -> str:
    return "\n".join([*_HTML.before(question, givens=givens), _HTML.lines(question.lines, _answer)])


def _answer(blank: Blank) -> str:
    return f"{{1:NUMERICAL:={blank.answer}:{shown(tolerance_of(blank))}}}"


# --- XML ---------------------------------------------------------------------------------------


def _category(title: str, name: str, *, info: str) -> str:
    path = "/".join(["$course$", "top", *map(_part, (title, name))])
    return (
        f'<question type="category"><category>{_text(path)}</category>'
        f'<info format="html">{_html(f"<p>{markup_free(info)}</p>")}</info></question>'
    )


def _part(name: str) -> str:
    """A part of a category's path: a slash inside is doubled, and tags would be stripped."""
    safe = one_line(name).replace("<", "(").replace(">", ")").strip("/ ")
    return shortened(safe, _LONGEST_NAME).replace("/", "//") or "-"


def _question(quiz: Quiz, kind: str, name: str, place: str, body: str, solution: str = "") -> str:
    parts = [
        f'<question type="{kind}">',
        f"<name>{_text(shortened(one_line(name), _LONGEST_NAME))}</name>",
        f'<questiontext format="html">{_html(body)}</questiontext>',
        f'<generalfeedback format="html">{_html(solution)}</generalfeedback>',
        *(["<defaultgrade>0</defaultgrade>"] if kind == "description" else ()),
        "<penalty>0</penalty>",
        "<hidden>0</hidden>",
        f"<idnumber>{xml_text(f'{quiz.code}-{place}')}</idnumber>",
        "</question>",
    ]
    return "\n".join(parts)


def _html(markup: str) -> str:
    return f"<text>{html_in_xml(markup) if markup else ''}</text>"


def _text(text: str) -> str:
    return f"<text>{xml_text(text)}</text>"
