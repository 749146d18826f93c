"""QTI 2.1: every element against the standard's information model, and every item played by a player of QTI.

The player (Citolab's) knows QTI 3; Citolab's converter, which reads 2.1, makes that of our items.
"""

from __future__ import annotations

import dataclasses
import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from qti_convert import upgrade_qti2_to_qti3

from backproptable.quizzes.qti21 import qti21_zip
from backproptable.quizzes.question import Blank, Quiz
from support.hostile import ATTACKS
from support.quizzes import COURSES, drawn_class, visible
from support.tools import played

GOLDEN = Path(__file__).parent / "golden"
QTI = "{http://www.imsglobal.org/xsd/imsqti_v2p1}"
CP = "{http://www.imsglobal.org/xsd/imscp_v1p1}"
MATHML = "{http://www.w3.org/1998/Math/MathML}"

_INLINE = "(math|textEntryInteraction|strong|sup)*"
_BLOCK = "(p|h4|ul|table|div)*"
_EXPRESSION = "(variable|baseValue|and|not|isNull|gte|lte|sum|testVariables)"
MODEL: dict[str, tuple[str, set[str], set[str]]] = {
    # the children of an element, in order; attributes it must have; attributes it may have
    "assessmentItem": (
        "(responseDeclaration)*(outcomeDeclaration)*(itemBody)?(responseProcessing)?",
        {"identifier", "title", "adaptive", "timeDependent"},
        {"label", "lang", "toolName", "toolVersion"},
    ),
    "responseDeclaration": ("(defaultValue)?(correctResponse)?", {"identifier", "cardinality"}, {"baseType"}),
    "outcomeDeclaration": ("(defaultValue)?", {"identifier", "cardinality"}, {"baseType", "normalMaximum"}),
    "correctResponse": ("(value)+", set(), {"interpretation"}),
    "defaultValue": ("(value)+", set(), {"interpretation"}),
    "value": ("", set(), {"fieldIdentifier", "baseType"}),
    "itemBody": (_BLOCK, set(), {"id", "class"}),
    "div": (_BLOCK, set(), {"id", "class"}),
    "p": (_INLINE, set(), {"id", "class"}),
    "h4": (_INLINE, set(), {"id", "class"}),
    "strong": (_INLINE, set(), {"id", "class"}),
    "sup": (_INLINE, set(), {"id", "class"}),
    "ul": ("(li)*", set(), {"id", "class"}),
    "li": (_INLINE, set(), {"id", "class"}),
    "table": ("(thead)?(tbody)+", set(), {"id", "class", "summary"}),
    "thead": ("(tr)+", set(), {"id", "class"}),
    "tbody": ("(tr)+", set(), {"id", "class"}),
    "tr": ("(th|td)+", set(), {"id", "class"}),
    "th": (_INLINE, set(), {"id", "class", "scope", "colspan"}),
    "td": (_INLINE, set(), {"id", "class", "scope", "colspan"}),
    "textEntryInteraction": ("", {"responseIdentifier"}, {"expectedLength", "patternMask", "placeholderText"}),
    "responseProcessing": ("(responseCondition|setOutcomeValue)*", set(), {"template"}),
    "responseCondition": ("(responseIf)(responseElseIf)*(responseElse)?", set(), set()),
    "responseIf": (f"{_EXPRESSION}(setOutcomeValue|responseCondition)*", set(), set()),
    "setOutcomeValue": (_EXPRESSION, {"identifier"}, set()),
    "and": (f"{_EXPRESSION}+", set(), set()),
    "not": (_EXPRESSION, set(), set()),
    "isNull": (_EXPRESSION, set(), set()),
    "sum": (f"{_EXPRESSION}+", set(), set()),
    "gte": (_EXPRESSION * 2, set(), set()),
    "lte": (_EXPRESSION * 2, set(), set()),
    "variable": ("", {"identifier"}, {"weightIdentifier"}),
    "baseValue": ("", {"baseType"}, set()),
    "testVariables": ("", {"variableIdentifier"}, {"baseType", "weightIdentifier"}),
    "assessmentTest": (
        "(outcomeDeclaration)*(timeLimits)?(testPart)+(outcomeProcessing)?",
        {"identifier", "title"},
        {"toolName", "toolVersion"},
    ),
    "testPart": ("(assessmentSection)+", {"identifier", "navigationMode", "submissionMode"}, set()),
    "assessmentSection": ("(assessmentItemRef)+", {"identifier", "title", "visible"}, {"keepTogether"}),
    "assessmentItemRef": ("", {"identifier", "href"}, {"required", "fixed", "category"}),
    "outcomeProcessing": ("(setOutcomeValue)*", set(), set()),
}
"""The elements of the QTI 2.1 information model that we use."""
_TEXT = {"p", "h4", "strong", "sup", "li", "th", "td", "value", "baseValue"}
_FLOATS = re.compile(r"-?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?")
_IDENTIFIER = re.compile(r"[A-Za-z_][\w.-]*")


def against_the_model(element: ET.Element) -> Iterator[str]:
    """What the standard has against an element and all in it."""
    if element.tag.startswith(MATHML):
        yield from (f"{one.tag} in mathematics" for one in element.iter() if not one.tag.startswith(MATHML))
        return
    name = element.tag.removeprefix(QTI)
    if name not in MODEL:
        yield f"{element.tag} is not known"
        return
    children, needed, allowed = MODEL[name]
    found = "".join(f"<{child.tag.rpartition('}')[2]}>" for child in element)
    pattern = re.sub(r"[A-Za-z]\w*", lambda word: f"<{word[0]}>", children)
    if not re.fullmatch(pattern, found):
        yield f"{name} holds {found}"
    if not needed <= set(element.attrib) <= needed | allowed:
        yield f"{name} has {set(element.attrib)}"
    if name not in _TEXT and ((element.text or "").strip() or any((child.tail or "").strip() for child in element)):
        yield f"text in {name}"
    for attribute, text in element.attrib.items():
        if attribute.lower().endswith("identifier") and not _IDENTIFIER.fullmatch(text):
            yield f"{attribute}={text!r}"
    if element.get("baseType") == "float" and name == "baseValue" and not _FLOATS.fullmatch(element.text or ""):
        yield f"{element.text} is no float"
    for child in element:
        yield from against_the_model(child)


@dataclasses.dataclass(frozen=True)
class Package:
    tests: list[ET.Element]
    items: dict[str, bytes]
    """In the order of the test."""


def package(data: bytes) -> Package:
    """The package as a system takes it in: every file is a resource, all that is named is there."""
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        files = {name: opened.read(name) for name in opened.namelist()}
    manifest = ET.fromstring(files.pop("imsmanifest.xml"))
    assert [child.tag for child in manifest] == [f"{CP}{name}" for name in ("metadata", "organizations", "resources")]
    resources = list(manifest.iter(f"{CP}resource"))
    assert sorted(one.attrib["href"] for one in resources) == sorted(files)
    names = {one.attrib["identifier"] for one in resources}
    assert len(names) == len(resources)
    tests, items = [], {}
    for one in resources:
        assert [child.attrib["href"] for child in one.iter(f"{CP}file")] == [one.attrib["href"]]
        assert {child.attrib["identifierref"] for child in one.iter(f"{CP}dependency")} <= names
        root = ET.fromstring(files[one.attrib["href"]])
        assert list(against_the_model(root)) == []
        assert root.attrib["identifier"] == one.attrib["identifier"]
        if one.attrib["type"] == "imsqti_test_xmlv2p1":
            tests.append(root)
    for test in tests:
        for ref in test.iter(f"{QTI}assessmentItemRef"):
            items[ref.attrib["identifier"]] = files[ref.attrib["href"]]
    assert len(items) == len(resources) - len(tests)
    return Package(tests, items)


def cases(quiz: Quiz, *answers: dict[str, str]) -> list[dict[str, object]]:
    """The items with numbers of a quiz, to be played with each of these answers."""
    found, result = package(qti21_zip([quiz], pool=False)), []
    for xml, question in zip(list(found.items.values())[1:], quiz.questions, strict=True):
        if blanks := list(question.blanks):
            item = re.sub(r"<math\b.*?</math>", "", upgrade_qti2_to_qti3(xml), flags=re.S)  # which marks nothing
            for written in answers:
                texts = {
                    f"R{number}": written[one.name] for number, one in enumerate(blanks, start=1) if one.name in written
                }
                result.append({"item": item, "responses": texts, "blanks": [one.name for one in blanks]})
    return result


@pytest.mark.parametrize("kind", COURSES)
def test_packages_are_as_the_standard_wants_them(kind: str) -> None:
    for pool in (False, True):
        quizzes = drawn_class(kind).quizzes[:2]
        found = package(qti21_zip(quizzes, pool=pool))
        assert len(found.tests) == 2
        assert len(found.items) == sum(1 + len(quiz.questions) for quiz in quizzes)


def test_the_model_is_a_check_that_can_fail() -> None:
    good = next(iter(package(qti21_zip(drawn_class("neuron").quizzes[:1], pool=False)).items.values())).decode()
    for old, new in (
        ("<table>", '<table border="1">'),
        ("<li>", "<li><b>x</b>"),
        ('adaptive="false"', ""),
        ("<itemBody>", "<itemBody>text"),
        ("<thead>", "<caption>x</caption><thead>"),
    ):
        assert old in good
        assert list(against_the_model(ET.fromstring(good.replace(old, new, 1)))) != [], new


def test_a_player_gives_full_marks_for_whatever_honest_students_write_and_none_for_nothing() -> None:
    every = []
    for kind in ("evening", "small numbers", "opposite signs"):
        drawn = drawn_class(kind)
        quiz, written = drawn.quizzes[0], drawn.honest(1)[0]
        typed = {blank.name: f"{written.get(blank.name, float(blank.answer)):.12g}" for blank in quiz.blanks}
        printed = {blank.name: blank.answer for blank in quiz.blanks}
        every += cases(quiz, typed, printed, {})
    found = played(every)
    assert len(found) == len(every) > 150
    for case, result in zip(every, found, strict=True):
        count = len(case["blanks"])
        assert result["known"] == [f"R{number}" for number in range(1, count + 1)]
        assert (result["most"], result["score"]) == (count, len(case["responses"])), case["blanks"]


def test_a_player_gives_a_point_for_each_right_number_and_none_for_wrong_ones() -> None:
    quiz = drawn_class("small").quizzes[0]
    wrong = {blank.name: f"{blank.high + (blank.high - blank.low) + 1e-9:.12g}" for blank in quiz.blanks}
    low = {blank.name: f"{blank.low - (blank.high - blank.low) - 1e-9:.12g}" for blank in quiz.blanks}
    every = cases(quiz, wrong, low)
    assert [result["score"] for result in played(every)] == [0] * len(every)
    halves = [
        {**case, "responses": dict(list({**case["responses"], "R1": blank}.items()))}
        for case, blank in zip(cases(quiz, wrong), [next(q.blanks).answer for q in quiz.questions], strict=True)
    ]
    assert [result["score"] for result in played(halves)] == [1] * len(halves)


def test_small_numbers_survive() -> None:
    quiz = drawn_class("neuron").quizzes[0]
    every, scores = [], []
    for answer, low, high in (
        ("1.234e-5", 1.2335e-5, 1.2345e-5),
        ("-1.234e-9", -1.2346e-9, -1.2335e-9),
        ("0", 0.0, 0.0),
    ):
        blank = Blank("dL/dW1[1,1]", "w", "x", "x", "1", answer, low, high)
        question = dataclasses.replace(quiz.questions[0], lines=(blank,))
        right = [answer, f"{low:.15g}", f"{high:.15g}"]
        wrong = [f"{float(answer) * 1.01 + 1e-12:.6g}", f"{-float(answer) - 1e-12:.6g}"] + ["0"] * (answer != "0")
        written = ({blank.name: text} for text in [*right, *wrong])
        every += cases(dataclasses.replace(quiz, questions=(question,)), *written)
        scores += [1] * len(right) + [0] * len(wrong)
    assert [result["score"] for result in played(every)] == scores


def test_mathematics_is_there_in_full() -> None:
    """Each formula has its numbers and letters, and nothing of TeX is left over."""
    quiz = drawn_class("evening").quizzes[0]
    for xml in package(qti21_zip([quiz], pool=False)).items.values():
        for math in ET.fromstring(xml).iter(f"{MATHML}math"):
            text = "".join(math.itertext())
            assert text.strip()
            assert "\\" not in text
            assert "{" not in text


def test_nothing_that_a_stranger_wrote_is_more_than_words() -> None:
    quiz = drawn_class("neuron").quizzes[0]
    tags = visible(next(iter(package(qti21_zip([quiz], pool=True)).items.values())).decode())[1]
    for number, attack in enumerate(ATTACKS[::4]):
        hostile = dataclasses.replace(
            quiz, title=attack, student=attack, student_id=f"{attack} {number}", due=attack, instructions=(attack,)
        )
        found = package(qti21_zip([hostile], pool=number % 2 == 0))
        first = next(iter(found.items.values())).decode()
        assert visible(first)[1] == tags


def test_golden(file_regression) -> None:
    with zipfile.ZipFile(io.BytesIO(qti21_zip(drawn_class("neuron").quizzes[:1], pool=False))) as opened:
        names = [name for name in opened.namelist() if not re.search(r"-\d\d\.xml$", name)][:5]
        text = "".join(f"<!-- {name} -->\n{opened.read(name).decode()}" for name in names)
    file_regression.check(text, fullpath=GOLDEN / "quiz_qti21.xml", encoding="utf-8", newline="\n")
