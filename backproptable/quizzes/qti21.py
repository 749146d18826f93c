"""QTI 2.1: an item per step with a blank for each number, and a test of all of them, as a package for each student.

A number is marked by two comparisons in the item itself, so that any system that follows the standard gives the
same marks. Mathematics is MathML, as the standard wants it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

from backproptable.basics.plaintext import one_line
from backproptable.lms.packing import packed
from backproptable.quizzes.html import Html, xml_text
from backproptable.quizzes.limits import limits_of, shown
from backproptable.quizzes.question import Blank, Question, Quiz

__all__ = ["qti21_zip"]

_QTI: Final = "http://www.imsglobal.org/xsd/imsqti_v2p1"
_PACKAGE: Final = "http://www.imsglobal.org/xsd/imscp_v1p1"
_MATHML: Final = "http://www.w3.org/1998/Math/MathML"
_XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
_LENGTH: Final = 14
"""Characters that a place for a number shows."""
_MOST_REMEMBERED: Final = 20_000


@lru_cache(_MOST_REMEMBERED)
def _math(tex: str) -> str:
    from latex2mathml.converter import convert  # noqa: PLC0415 - for this format only

    return re.sub(r' xmlns="[^"]*"', "", convert(tex)).replace("<math", f'<math xmlns="{_MATHML}"', 1)


_HTML: Final = Html(_math, "<table>")


def qti21_zip(quizzes: Sequence[Quiz], *, pool: bool) -> bytes:
    """A package with a test for each of these quizzes."""
    files: list[tuple[str, bytes]] = []
    resources: list[str] = []
    for quiz in quizzes:
        test = _id("test", quiz)
        items = [(_id("item", quiz, question.number), question) for question in quiz.questions]
        about = _id("item", quiz, 0)
        texts = [
            (f"{about}.xml", _item(about, "The net and its numbers", _HTML.introduction(quiz))),
            *((f"{name}.xml", _question(name, question)) for name, question in items),
        ]
        files.append((f"{test}.xml", _test(test, _title(quiz, pool=pool), [about, *(name for name, _ in items)])))
        files += texts
        resources.append(_resource(test, "imsqti_test_xmlv2p1", [name.removesuffix(".xml") for name, _ in texts]))
        resources += (_resource(name.removesuffix(".xml"), "imsqti_item_xmlv2p1", ()) for name, _ in texts)
    return packed([("imsmanifest.xml", _manifest(quizzes, resources)), *files])


def _id(kind: str, quiz: Quiz, *more: object) -> str:
    text = f"{quiz.title}\0{quiz.code}\0{quiz.student_id}"
    return "-".join([kind, hashlib.sha256(text.encode()).hexdigest()[:16], *map(str, more)])


def _title(quiz: Quiz, *, pool: bool) -> str:
    return one_line(f"{quiz.title}: {quiz.student}" if pool else f"{quiz.title}: {quiz.student} ({quiz.student_id})")


# --- the package, and the test -----------------------------------------------------------------


def _manifest(quizzes: Sequence[Quiz], resources: Sequence[str]) -> bytes:
    identifier = hashlib.sha256("".join(quiz.code for quiz in quizzes).encode()).hexdigest()[:16]
    return _xml(
        f'<manifest xmlns="{_PACKAGE}" xmlns:xsi="{_XSI}" identifier="manifest-{identifier}">',
        "<metadata><schema>QTIv2.1 Package</schema><schemaversion>1.0.0</schemaversion></metadata>",
        "<organizations/>",
        "<resources>",
        *resources,
        "</resources>",
        "</manifest>",
    )


def _resource(name: str, kind: str, needs: Sequence[str]) -> str:
    parts = [f'<file href="{name}.xml"/>', *(f'<dependency identifierref="{other}"/>' for other in needs)]
    return f'<resource identifier="{name}" type="{kind}" href="{name}.xml">{"".join(parts)}</resource>'


def _test(name: str, title: str, items: Sequence[str]) -> bytes:
    return _xml(
        f'<assessmentTest xmlns="{_QTI}" identifier="{name}" title="{xml_text(title)}">',
        _outcome("SCORE", None),
        '<testPart identifier="all" navigationMode="nonlinear" submissionMode="simultaneous">',
        '<assessmentSection identifier="steps" title="Steps" visible="true">',
        *(f'<assessmentItemRef identifier="{item}" href="{item}.xml"/>' for item in items),
        "</assessmentSection>",
        "</testPart>",
        "<outcomeProcessing>",
        '<setOutcomeValue identifier="SCORE"><sum><testVariables variableIdentifier="SCORE"/></sum></setOutcomeValue>',
        "</outcomeProcessing>",
        "</assessmentTest>",
    )


# --- items -------------------------------------------------------------------------------------


def _question(name: str, question: Question) -> bytes:
    places = {blank.name: f"R{number}" for number, blank in enumerate(question.blanks, start=1)}

    def answer(blank: Blank) -> str:
        return f'<textEntryInteraction responseIdentifier="{places[blank.name]}" expectedLength="{_LENGTH}"/>'

    body = "\n".join([*_HTML.before(question), _HTML.lines(question.lines, answer)])
    return _item(name, f"{question.number:02} {question.step}: {question.title}", body, list(question.blanks))


def _item(name: str, title: str, body: str, blanks: Sequence[Blank] = ()) -> bytes:
    return _xml(
        f'<assessmentItem xmlns="{_QTI}" identifier="{name}" title="{xml_text(title)}"'
        ' adaptive="false" timeDependent="false">',
        *(_declared(number, blank) for number, blank in enumerate(blanks, start=1)),
        _outcome("SCORE", 0),
        _outcome("MAXSCORE", len(blanks)),
        f"<itemBody>\n<div>{body}</div>\n</itemBody>",
        *_processing(blanks),
        "</assessmentItem>",
    )


def _declared(number: int, blank: Blank) -> str:
    return (
        f'<responseDeclaration identifier="R{number}" cardinality="single" baseType="float">'
        f"<correctResponse><value>{blank.answer}</value></correctResponse></responseDeclaration>"
    )


def _outcome(name: str, value: int | None) -> str:
    start = f'<outcomeDeclaration identifier="{name}" cardinality="single" baseType="float"'
    if value is None:
        return f"{start}/>"
    return f"{start}><defaultValue><value>{value}</value></defaultValue></outcomeDeclaration>"


def _processing(blanks: Sequence[Blank]) -> Iterator[str]:
    if blanks:
        yield "<responseProcessing>"
        yield from (_marked(number, blank) for number, blank in enumerate(blanks, start=1))
        yield "</responseProcessing>"


def _marked(number: int, blank: Blank) -> str:
    """One point where the number lies within the limits, these included.

    That an empty place is no number follows from the standard; not every system takes it for more than 0.
    """
    low, high = map(shown, limits_of(blank))
    response = f'<variable identifier="R{number}"/>'
    return (
        f"<responseCondition><responseIf><and><not><isNull>{response}</isNull></not>"
        f'<gte>{response}<baseValue baseType="float">{low}</baseValue></gte>'
        f'<lte>{response}<baseValue baseType="float">{high}</baseValue></lte>'
        '</and><setOutcomeValue identifier="SCORE"><sum><variable identifier="SCORE"/>'
        '<baseValue baseType="float">1</baseValue></sum></setOutcomeValue></responseIf></responseCondition>'
    )


def _xml(*lines: str) -> bytes:
    return ("\n".join(['<?xml version="1.0" encoding="UTF-8"?>', *lines]) + "\n").encode()
