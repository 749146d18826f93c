"""Canvas, classic quizzes: QTI 1.2 as Canvas packs it, a quiz for each student, a question for each number.

Canvas rounds what a student types to four decimals, and so a small number to 0 (experience of the authors of
text2qti, and the tests of Canvas's own apps). A number that would lose figures is asked times a power of ten.
"""

from __future__ import annotations

import hashlib
import html
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Final
from urllib.parse import quote

from backproptable.basics.plaintext import one_line
from backproptable.lms.packing import packed
from backproptable.quizzes.html import Html, html_in_xml, markup_free, xml_text
from backproptable.quizzes.limits import limits_of, shown
from backproptable.quizzes.question import Blank, Question, Quiz, Worked

__all__ = ["canvas_zip", "power_of_ten"]

_TYPED: Final = Decimal("0.0001")
"""What is typed is off by no more than this, whether Canvas rounds it or cuts it off."""
_SMALLEST: Final = Decimal("0.1")
"""A number nearer to 0 would lose figures."""

_MOST_REMEMBERED: Final = 10_000
"""Equations; those in symbols are the same in every quiz of a course."""

_QTI: Final = "http://www.imsglobal.org/xsd/ims_qtiasiv1p2"
_PACKAGE: Final = "http://www.imsglobal.org/xsd/imsccv1p1/imscp_v1p1"
_CANVAS: Final = "http://canvas.instructure.com/xsd/cccv1p0"


@lru_cache(_MOST_REMEMBERED)
def _math(tex: str) -> str:
    """An equation as Canvas's own editor leaves it: a picture that Canvas draws, with its TeX beside it."""
    written = html.escape(tex)
    source = f"/equation_images/{quote(quote(tex, safe=''), safe='')}?scale=1"
    return (
        f'<img class="equation_image" title="{written}" src="{html.escape(source)}" alt="LaTeX: {written}"'
        f' data-equation-content="{written}">'
    )


_HTML: Final = Html(_math)


def canvas_zip(quizzes: Sequence[Quiz], *, pool: bool) -> bytes:
    """A package with these quizzes."""
    files = [("imsmanifest.xml", _manifest(quizzes).encode())]
    for quiz in quizzes:
        name = _id("quiz", quiz)
        files.append((f"{name}/assessment_meta.xml", _meta(quiz, pool=pool).encode()))
        files.append((f"{name}/{name}.xml", _assessment(quiz, pool=pool).encode()))
    return packed(files)


def power_of_ten(blank: Blank) -> int:
    """By which power of ten the number is multiplied before it is typed."""
    size = abs(Decimal(blank.answer))
    return 0 if not size or size >= _SMALLEST else -size.adjusted()


def _id(kind: str, quiz: Quiz, *more: object) -> str:
    """An identifier that is the same whenever it is written, and no other's."""
    text = "\0".join([kind, quiz.title, quiz.code, quiz.student_id, *map(str, more)])
    return f"g{hashlib.sha256(text.encode()).hexdigest()[:31]}"


def _title(quiz: Quiz, *, pool: bool) -> str:
    whose = quiz.student if pool else f"{quiz.student} ({quiz.student_id})"
    return one_line(f"{quiz.title}: {whose}")


def _points(quiz: Quiz) -> str:
    return f"{sum(1 for _ in quiz.blanks)}.0"


# --- the package -------------------------------------------------------------------------------


def _manifest(quizzes: Iterable[Quiz]) -> str:
    resources = "".join(map(_resource, quizzes))
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<manifest identifier="backproptable" xmlns="{_PACKAGE}">\n'
        "<metadata><schema>IMS Content</schema><schemaversion>1.1.3</schemaversion></metadata>\n"
        f"<organizations/>\n<resources>\n{resources}</resources>\n</manifest>\n"
    )


def _resource(quiz: Quiz) -> str:
    name, meta = _id("quiz", quiz), _id("meta", quiz)
    return (
        f'<resource identifier="{name}" type="imsqti_xmlv1p2"><file href="{name}/{name}.xml"/>'
        f'<dependency identifierref="{meta}"/></resource>\n'
        f'<resource identifier="{meta}" type="associatedcontent/imscc_xmlv1p1/learning-application-resource"'
        f' href="{name}/assessment_meta.xml"><file href="{name}/assessment_meta.xml"/></resource>\n'
    )


def _meta(quiz: Quiz, *, pool: bool) -> str:
    return "\n".join(
        (
            '<?xml version="1.0" encoding="UTF-8"?>',
            f'<quiz identifier="{_id("quiz", quiz)}" xmlns="{_CANVAS}">',
            f"<title>{xml_text(_title(quiz, pool=pool))}</title>",
            f"<description>{html_in_xml(_HTML.introduction(quiz))}</description>",
            "<shuffle_answers>false</shuffle_answers>",
            "<scoring_policy>keep_highest</scoring_policy>",
            "<quiz_type>assignment</quiz_type>",
            f"<points_possible>{_points(quiz)}</points_possible>",
            "<show_correct_answers>false</show_correct_answers>",
            "<allowed_attempts>1</allowed_attempts>",
            "<one_question_at_a_time>false</one_question_at_a_time>",
            "<cant_go_back>false</cant_go_back>",
            "<available>false</available>",
            "</quiz>\n",
        )
    )


# --- the questions -----------------------------------------------------------------------------


def _assessment(quiz: Quiz, *, pool: bool) -> str:
    items = "\n".join(item for question in quiz.questions for item in _items(quiz, question))
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<questestinterop xmlns="{_QTI}">\n'
        f'<assessment ident="{_id("quiz", quiz)}" title="{xml_text(_title(quiz, pool=pool))}">\n'
        f"<qtimetadata>{_field('cc_maxattempts', '1')}</qtimetadata>\n"
        f'<section ident="root_section">\n{items}\n</section>\n</assessment>\n</questestinterop>\n'
    )


def _items(quiz: Quiz, question: Question) -> Iterator[str]:
    """A text with the rule and what is worked, then a question for each number."""
    title = f"{question.number}. {question.title}"
    worked = [line for line in question.lines if isinstance(line, Worked)]
    text = "\n".join((f"<h4>{markup_free(title)}</h4>", *_HTML.before(question), _HTML.lines(worked, lambda _: "")))
    yield _item(quiz, "text_only_question", title, text)
    for blank in question.blanks:
        yield _item(quiz, "numerical_question", blank.name, _stem(blank), blank)


def _stem(blank: Blank) -> str:
    power = power_of_ten(blank)
    line = f"<p>{markup_free(blank.name)}: {_math(f'{blank.symbol} = {blank.formula}')}</p>"
    if not power:
        return line
    times = "10" if power == 1 else f"10<sup>{power}</sup>"
    return f"{line}<p><strong>Write {times} times this number</strong>: 1.234 for 1.234e-{power}.</p>"


def _item(quiz: Quiz, kind: str, title: str, text: str, blank: Blank | None = None) -> str:
    place = blank.name if blank else title
    fields = (
        ("question_type", kind),
        ("points_possible", "1.0" if blank else "0.0"),
        ("original_answer_ids", _id("answer", quiz, place) if blank else ""),
        ("assessment_question_identifierref", _id("bank", quiz, kind, place)),
    )
    metadata = "".join(_field(label, entry) for label, entry in fields)
    asked = (
        '<response_str ident="response1" rcardinality="Single"><render_fib fibtype="Decimal">'
        '<response_label ident="answer1"/></render_fib></response_str>'
    )
    return "\n".join(
        (
            f'<item ident="{_id("item", quiz, kind, place)}" title="{xml_text(one_line(title))}">',
            f"<itemmetadata><qtimetadata>{metadata}</qtimetadata></itemmetadata>",
            "<presentation>",
            f'<material><mattext texttype="text/html">{html_in_xml(text)}</mattext></material>',
            *((asked,) if blank else ()),
            "</presentation>",
            *(_marking(blank) if blank else ()),
            "</item>",
        )
    )


def _field(label: str, entry: str) -> str:
    return (
        f"<qtimetadatafield><fieldlabel>{label}</fieldlabel><fieldentry>{xml_text(entry)}</fieldentry>"
        "</qtimetadatafield>"
    )


def _marking(blank: Blank) -> Iterator[str]:
    low, high = _typed_limits(blank)
    yield "<resprocessing>"
    yield '<outcomes><decvar maxvalue="100" minvalue="0" varname="SCORE" vartype="Decimal"/></outcomes>'
    yield '<respcondition continue="Yes"><conditionvar><other/></conditionvar>'
    yield '<displayfeedback feedbacktype="Response" linkrefid="general_fb"/></respcondition>'
    yield '<respcondition continue="No"><conditionvar>'
    yield f'<vargte respident="response1">{low}</vargte><varlte respident="response1">{high}</varlte>'
    yield '</conditionvar><setvar action="Set" varname="SCORE">100</setvar></respcondition>'
    yield "</resprocessing>"
    solution = f"<p>{_math(f'{blank.symbol} = {blank.numbers}')} = {blank.answer}</p>"
    yield '<itemfeedback ident="general_fb"><flow_mat><material>'
    yield f'<mattext texttype="text/html">{html_in_xml(solution)}</mattext>'
    yield "</material></flow_mat></itemfeedback>"


def _typed_limits(blank: Blank) -> tuple[str, str]:
    """The limits of what is typed, as it is after Canvas has rounded it; an exact 0 stays one."""
    low, high = limits_of(blank)
    if low == high == 0:
        return "0", "0"
    power = power_of_ten(blank)
    return shown(low.scaleb(power) - _TYPED), shown(high.scaleb(power) + _TYPED)
