"""Canvas's QTI 1.2, read back by a reader written from the specification, and held against what text2qti writes."""

from __future__ import annotations

import dataclasses
import io
import zipfile
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import text2qti.config
import text2qti.qti
import text2qti.quiz

from backproptable.quizzes.canvas import canvas_zip
from backproptable.quizzes.question import Blank
from support.hostile import ATTACKS
from support.quizzes import COURSES, CanvasItem, canvas_marks, canvas_quizzes, drawn_class, power_asked, visible

GOLDEN = Path(__file__).parent / "golden"


def asked(items: list[CanvasItem]) -> list[CanvasItem]:
    return [item for item in items if item.kind == "numerical_question"]


def typed(number: float, item: CanvasItem) -> Decimal:
    return Decimal(f"{number:.12g}").scaleb(power_asked(item))


@pytest.mark.parametrize("kind", COURSES)
def test_whoever_makes_no_mistake_gets_full_marks(kind: str) -> None:
    drawn = drawn_class(kind)
    read = canvas_quizzes(canvas_zip(drawn.quizzes, pool=False))
    for seed in range(2):
        for quiz, found, written in zip(drawn.quizzes, read, drawn.honest(seed), strict=True):
            for blank, item in zip(quiz.blanks, asked(found.items), strict=True):
                assert item.title == blank.name
                assert item.points == 1
                assert canvas_marks(item, typed(written.get(blank.name, float(blank.answer)), item)), blank
                assert canvas_marks(item, typed(float(blank.answer), item))
            assert found.points == len(list(quiz.blanks))


@pytest.mark.parametrize(
    ("answer", "low", "high", "power"),
    [
        ("1.234e-5", 1.2335e-5, 1.2345e-5, 5),
        ("-1.234e-9", -1.2346e-9, -1.2335e-9, 9),
        ("0.0001234", 1.2335e-4, 1.2345e-4, 4),
        ("0.09876", 0.098755, 0.098765, 2),
        ("0.1234", 0.12335, 0.12345, 0),
        ("123.4", 123.35, 123.45, 0),
    ],
)
def test_small_numbers_survive(answer: str, low: float, high: float, power: int) -> None:
    """They are asked times a power of ten, so that four decimals leave the figures they have."""
    item = one_item(Blank("dL/dW1[1,1]", "w", "x", "x", "1", answer, low, high))
    assert power_asked(item) == power
    for written in (float(answer), low, high):
        assert canvas_marks(item, typed(written, item))
    for written in (0.0, float(answer) * 1.01, -float(answer)):
        assert not canvas_marks(item, typed(written, item))


def test_an_exact_0_is_right_as_0_only() -> None:
    item = one_item(Blank("a1[1]", "a", "x", "x", "1", "0", 0.0, 0.0))
    assert power_asked(item) == 0
    assert canvas_marks(item, Decimal(0))
    assert not canvas_marks(item, Decimal("0.001"))


def one_item(blank: Blank) -> CanvasItem:
    quiz = drawn_class("neuron").quizzes[0]
    question = dataclasses.replace(quiz.questions[0], lines=(blank,))
    (found,) = canvas_quizzes(canvas_zip([dataclasses.replace(quiz, questions=(question,))], pool=False))
    (item,) = asked(found.items)
    return item


def test_limits_are_hardly_wider_than_they_are() -> None:
    for kind in ("default", "recurrent", "batch"):
        drawn = drawn_class(kind)
        for quiz, found in zip(drawn.quizzes, canvas_quizzes(canvas_zip(drawn.quizzes, pool=False)), strict=True):
            for blank, item in zip(quiz.blanks, asked(found.items), strict=True):
                scale = 10.0 ** power_asked(item)
                width = float(item.high - item.low) / scale
                assert width <= (blank.high - blank.low) * 1.03 + 2.01e-4 / scale


def test_the_question_says_what_is_asked_and_no_answer() -> None:
    quiz = drawn_class("evening").quizzes[0]
    (found,) = canvas_quizzes(canvas_zip([quiz], pool=False))
    texts = [item for item in found.items if item.kind == "text_only_question"]
    assert [
        visible(item.text)[0].startswith(f"{question.number}. {question.title}")
        for item, question in zip(texts, quiz.questions, strict=True)
    ] == [True] * len(texts)
    for blank, item in zip(quiz.blanks, asked(found.items), strict=True):
        assert visible(item.text)[0].startswith(f"{blank.name}: ")
        assert 'class="equation_image"' in item.text
        assert len(blank.answer) < 4 or blank.answer not in visible(item.text)[0]


# --- what text2qti writes ----------------------------------------------------------------------


def shapes(data: bytes, name: str) -> dict[str, set[str]]:
    """The elements of a file of a package by their paths, with their attributes."""
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        (found,) = [one for one in opened.namelist() if (one == name if "." in name else one.endswith(f"{name}.xml"))]
        root = ET.fromstring(opened.read(found))
    result: dict[str, set[str]] = {}

    def walk(element: ET.Element, path: str) -> None:
        here = f"{path}/{element.tag}"
        result.setdefault(here, set()).update(one for one in element.attrib if "schemaLocation" not in one)
        for child in element:
            walk(child, here)

    walk(root, "")
    return result


@pytest.fixture(scope="module")
def reference() -> bytes:
    text = "Quiz title: T\nQuiz description: D\n\nText title: A\nText: B\n\n"
    text += "Title: x\n1. How much?\n... because\n= [1.5, 2.5]\n"
    config = text2qti.config.Config()
    config["latex_render_url"] = "https://canvas.example.org/equation_images/"
    quiz = text2qti.quiz.Quiz(text, config=config, source_name="quiz")
    return text2qti.qti.QTI(quiz).zip_bytes()


def test_the_package_is_built_as_that_of_text2qti(reference: bytes) -> None:
    """Its packages are imported into Canvas every day. Of Canvas's own settings only some are needed."""
    ours = canvas_zip(drawn_class("neuron").quizzes[:1], pool=False)
    with zipfile.ZipFile(io.BytesIO(ours)) as opened:
        name = next(one for one in opened.namelist() if one.count("/") == 1 and "meta" not in one)[:-4]
    with zipfile.ZipFile(io.BytesIO(reference)) as opened:
        names = [one for one in opened.namelist() if one.endswith(".xml") and "meta" not in one and "/" in one]
        theirs = names[0][:-4]
    assert shapes(ours, name) == shapes(reference, theirs)
    for file in ("imsmanifest.xml", "assessment_meta"):
        one, other = shapes(ours, file), shapes(reference, file)
        assert one.keys() <= other.keys()
        assert all(attributes <= other[path] for path, attributes in one.items())


def test_resources_are_of_the_same_types(reference: bytes) -> None:
    def types(data: bytes) -> set[str]:
        with zipfile.ZipFile(io.BytesIO(data)) as opened:
            root = ET.fromstring(opened.read("imsmanifest.xml"))
        return {one.attrib["type"] for one in root.iter() if one.tag.endswith("}resource")}

    assert types(canvas_zip(drawn_class("neuron").quizzes, pool=False)) == types(reference)


def test_nothing_that_a_stranger_wrote_is_more_than_words() -> None:
    quiz = drawn_class("neuron").quizzes[0]
    (plain,) = canvas_quizzes(canvas_zip([quiz], pool=False))
    tags = visible(plain.description)[1]
    for number, attack in enumerate(ATTACKS):
        hostile = dataclasses.replace(
            quiz, title=attack, student=attack, student_id=f"{attack} {number}", due=attack, instructions=(attack,)
        )
        (found,) = canvas_quizzes(canvas_zip([hostile], pool=number % 2 == 0))
        assert visible(found.description)[1] == tags
        assert len(found.items) == len(plain.items)


def test_a_package_is_the_same_each_time_and_no_identifier_is_two_things() -> None:
    quizzes = drawn_class("small").quizzes
    assert canvas_zip(quizzes, pool=False) == canvas_zip(quizzes, pool=False)
    assert len(canvas_quizzes(canvas_zip(quizzes, pool=False))) == len(quizzes)


def test_golden(file_regression) -> None:
    with zipfile.ZipFile(io.BytesIO(canvas_zip(drawn_class("neuron").quizzes[:1], pool=True))) as opened:
        text = "".join(f"<!-- {name} -->\n{opened.read(name).decode()}" for name in opened.namelist())
    file_regression.check(text, fullpath=GOLDEN / "quiz_canvas.xml", encoding="utf-8", newline="\n")
