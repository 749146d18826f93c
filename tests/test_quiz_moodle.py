"""Moodle XML, read back by a reader written from Moodle's documentation, and by one from PyPI."""

from __future__ import annotations

import dataclasses
import re
from decimal import Decimal
from pathlib import Path

import pytest
from moodle_xml_parser.parser import parse_bytes

from backproptable.quizzes.moodle import moodle_xml
from backproptable.quizzes.question import Blank, Quiz
from support.hostile import ATTACKS
from support.quizzes import COURSES, MoodleQuestion, drawn_class, moodle_bank, visible

GOLDEN = Path(__file__).parent / "golden"


def questions(quiz: Quiz, *, pool: bool = False) -> list[MoodleQuestion]:
    (found,) = moodle_bank(moodle_xml([quiz], pool=pool)).categories.values()
    return found


@pytest.mark.parametrize("kind", COURSES)
@pytest.mark.parametrize("pool", [False, True])
def test_whoever_makes_no_mistake_gets_full_marks(kind: str, pool: bool) -> None:
    drawn = drawn_class(kind)
    for seed in range(2):
        for quiz, written in zip(drawn.quizzes, drawn.honest(seed), strict=True):
            blanks = list(quiz.blanks)
            typed = [f"{written.get(blank.name, float(blank.answer)):.12g}" for blank in blanks]
            for question in questions(quiz, pool=pool):
                if question.kind == "cloze":
                    here, typed = typed[: len(question.answers)], typed[len(question.answers) :]
                    assert question.marks(here) == 1
                    assert question.marks([""] * len(here)) == 0
            assert not typed


def test_the_right_number_stands_at_its_line_and_nothing_of_it_is_shown() -> None:
    quiz = drawn_class("evening").quizzes[0]
    by_question = [question for question in questions(quiz) if question.kind == "cloze"]
    asked = [question for question in quiz.questions if any(question.blanks)]
    assert len(by_question) == len(asked)
    for found, question in zip(by_question, asked, strict=True):
        assert found.name == f"{question.number:02} {question.step}: {question.title}"
        for number, blank in enumerate(question.blanks, start=1):
            (row,) = [row for row in found.text.split("<tr>") if f"{{#{number}}}" in row]
            assert visible(row)[0].startswith(blank.name)
            assert found.answers[number - 1][1] == Decimal(blank.answer)
        assert all(f"<td>{blank.answer}</td>" in found.feedback for blank in question.blanks)


def test_mathematics_stands_between_the_marks_that_moodle_knows_and_is_whole() -> None:
    for kind in ("evening", "opposite signs", "recurrent", "recipe"):
        for found in questions(drawn_class(kind).quizzes[0]):
            text = visible(found.text)[0]
            assert text.count(r"\(") == text.count(r"\)")
            for tex in re.findall(r"\\\((.*?)\\\)", text, re.S):
                assert tex.count("{") == tex.count("}")
                assert "<" not in tex


def test_a_reader_from_pypi_finds_the_same_answers() -> None:
    for kind in ("evening", "recurrent", "small numbers"):
        quizzes = drawn_class(kind).quizzes
        read = parse_bytes(moodle_xml(quizzes, pool=False))
        gaps = [
            gap
            for question in read["cloze"]
            for gap in question.gaps
            if gap.sub_type == "NUMERICAL"  # it takes the braces of TeX for answers, too
        ]
        blanks = [blank for quiz in quizzes for blank in quiz.blanks]
        assert len(gaps) == len(blanks)
        for gap, blank in zip(gaps, blanks, strict=True):
            (option,) = gap.options
            answer, tolerance = map(float, option.answer.split(":"))
            assert (gap.sub_grade, option.score, answer) == (1, 100, float(blank.answer))
            assert answer - tolerance <= blank.low
            assert blank.high <= answer + tolerance


@pytest.mark.parametrize(
    ("answer", "low", "high"),
    [("1.234e-5", 1.2335e-5, 1.2345e-5), ("-1.234e-9", -1.2346e-9, -1.2335e-9), ("0.0001234", 1.2335e-4, 1.2345e-4)],
)
def test_small_numbers_survive(answer: str, low: float, high: float) -> None:
    """A number a hundredth off is wrong, and so is 0."""
    found = one_answer(Blank("dL/dW1[1,1]", "w", "x", "x", "1", answer, low, high))
    for written in (answer, f"{low:.15g}", f"{high:.15g}", f"{Decimal(answer):f}"):
        assert found.marks([written]) == 1
    for written in ("0", f"{float(answer) * 1.01:.6g}", f"{-float(answer):.6g}"):
        assert found.marks([written]) == 0


def test_an_exact_0_is_right_as_0_only() -> None:
    found = one_answer(Blank("a1[1]", "a", "x", "x", "1", "0", 0.0, 0.0))
    assert [found.marks([written]) for written in ("0", "0.0", "0e0", "1e-12", "0.001")] == [1, 1, 1, 0, 0]


def one_answer(blank: Blank) -> MoodleQuestion:
    quiz = drawn_class("neuron").quizzes[0]
    question = dataclasses.replace(quiz.questions[0], lines=(blank,))
    _, found = questions(dataclasses.replace(quiz, questions=(question,)))
    return found


def test_the_share_of_mistakes_that_the_symmetric_tolerance_lets_in_is_small() -> None:
    """Moodle has one tolerance for both sides: it is at most a little wider than the limits."""
    wider = []
    for kind in ("default", "evening", "recurrent", "batch"):
        for quiz in drawn_class(kind).quizzes:
            answers = [answer for question in questions(quiz) for answer in question.answers]
            for (_, _, tolerance), blank in zip(answers, quiz.blanks, strict=True):
                if blank.high > blank.low:
                    wider.append(2 * float(tolerance) / (blank.high - blank.low))
    assert min(wider) >= 1
    assert sorted(wider)[len(wider) // 2] < 1.15
    assert max(wider) < 2.1


def test_nothing_that_a_stranger_wrote_is_more_than_words() -> None:
    quiz = drawn_class("neuron").quizzes[0]
    _, tags, attributes = visible("".join(question.text for question in questions(quiz)))
    for number, attack in enumerate([*ATTACKS, "{1:SHORTANSWER:=x}", "{#1}", r"\(x\)", "/", "a//b/", "@@PLUGINFILE@@"]):
        hostile = dataclasses.replace(
            quiz, title=attack, student=attack, student_id=f"{attack} {number}", due=attack, instructions=(attack,)
        )
        for pool in (False, True):
            bank = moodle_bank(moodle_xml([hostile], pool=pool))
            ((path, found),) = bank.categories.items()
            assert len(path) == 2
            text = "".join(question.text for question in found)
            _, seen_tags, seen_attributes = visible(text)
            assert seen_tags <= tags | {"h4"}
            assert seen_attributes == attributes
            assert sum(len(question.answers) for question in found) == len(list(quiz.blanks))
            assert "@@PLUGINFILE@@" not in text


def test_a_class_in_one_file_has_a_category_for_each_and_the_file_is_the_same_each_time() -> None:
    quizzes = drawn_class("small").quizzes
    data = moodle_xml(quizzes, pool=False)
    assert data == moodle_xml(quizzes, pool=False)
    bank = moodle_bank(data)
    assert list(bank.categories) == [(quiz.title, f"{quiz.student} ({quiz.student_id})") for quiz in quizzes]
    pool = moodle_bank(moodle_xml(quizzes, pool=True))
    assert [len(found) for found in pool.categories.values()] == [len(quizzes)]


def test_golden(file_regression) -> None:
    text = moodle_xml(drawn_class("neuron").quizzes[:1], pool=False).decode()
    file_regression.check(text, fullpath=GOLDEN / "quiz_moodle.xml", encoding="utf-8", newline="\n")
