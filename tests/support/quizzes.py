"""Quizzes of drawn classes, and readers of what is exported: they know the systems' formats, not our writers."""

from __future__ import annotations

import html
import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree as ET

import numpy as np

from backproptable.courses.classroom import Classroom, Newcomer, draw_chunk
from backproptable.courses.course import Course
from backproptable.numbers.evaluate import Calculator
from backproptable.quizzes.making import QuizMaker
from backproptable.quizzes.question import Quiz
from backproptable.sheets.asked import set_task
from backproptable.sheets.notation import load_notation
from support.classes import NEURON, SMALL, made_course
from support.students import Students, draw_habits

__all__ = [
    "COURSES",
    "Class",
    "MoodleBank",
    "MoodleQuestion",
    "canvas_marks",
    "canvas_quizzes",
    "drawn_class",
    "moodle_bank",
    "visible",
]

COURSES: Mapping[str, str] = {
    "neuron": NEURON,
    "small": SMALL,
    "default": "",
    "evening": '[draw]\ndead_units = 1\n[sheet]\nasked = "evening"\n',
    "three figures": SMALL + "[sheet]\nfigures = 3\n",
    "six figures, full carry": SMALL + '[sheet]\nfigures = 6\ncarry = "full"\n',
    "batch": '[net]\npreset = "batch-of-two"\n',
    "two updates": SMALL + "updates = 2\n",
    "online": '[net]\nlayers = [2, 1]\nactivations = ["identity"]\nloss = "half_sse"\nlearning_rate = 0.1\n'
    "online = true\nepochs = 2\nsquared_error = true\n[draw]\nsamples = 2\n",
    "dropout": '[net]\npreset = "dropout"\n',
    "recurrent": '[net]\npreset = "three-steps"\n',
    "forward only": '[net]\nlayers = [2, 2, 1]\nactivations = ["step", "step"]\n',
    "opposite signs": '[net]\nlayers = [2, 2, 1]\nactivations = ["sigmoid", "sigmoid"]\nloss = "half_sse"\n'
    '[sheet]\nnotation = "eip"\n',
    "small numbers": '[net]\nlayers = [2, 2, 2, 1]\nactivations = ["sigmoid", "sigmoid", "sigmoid"]\n'
    'loss = "half_sse"\nlearning_rate = 0.5\n[draw]\nweights = { low = -0.050, high = 0.050, grid = 0.001 }\n',
    "recipe": '[net]\nkind = "lstm"\n',
}
"""Every kind of net, by what is special about it."""


@dataclass(frozen=True)
class Class:
    """A drawn class: what its quizzes are made from, and what honest students write."""

    course: Course
    lines: list[str]
    quizzes: list[Quiz]
    givens: np.ndarray = field(repr=False)

    def honest(self, seed: int = 0) -> list[dict[str, float]]:
        """What a student of each quiz writes who makes no mistake, by cell: each works in a way of their own."""
        course, plan = self.course, self.course.plan
        task = set_task(plan, course.asked)
        shown = np.array([cell.address in task.shown for cell in plan.cells])
        calculator = Calculator(plan)
        if course.carry == "paper":
            printed = calculator.paper(self.givens, course.figures)
        else:
            printed = calculator.shown(calculator.exact(self.givens), course.figures)
        chance = np.random.default_rng(seed)
        count = self.givens.shape[1]
        given = np.repeat(shown[:, None], count, axis=1)
        habits = draw_habits(count, chance)
        written = Students(plan, self.givens, habits, course.figures, chance, printed=printed, given=given)
        papers = written.papers
        rows = [row for row, cell in enumerate(plan.cells) if cell.address in task.asked]
        opposite = _opposite(course)
        return [
            {
                plan.cells[row].name: float(papers.value[row, one])
                * (-1 if plan.cells[row].address.family in opposite else 1)
                for row in rows
                if papers.answered[row, one]
            }
            for one in range(count)
        ]


def _opposite(course: Course) -> tuple[str, ...]:
    return load_notation(course.notation, course.plan.net).opposite


@cache
def drawn_class(kind: str, count: int = 4) -> Class:
    """A class of one of `COURSES`, the same each time."""
    with TemporaryDirectory() as folder:
        course = made_course(Path(folder), COURSES[kind])
    classroom = Classroom(course, Path(), Path())
    newcomers = [
        Newcomer(
            f"00{number}", f"Ida Beispiel {number}", {}, f"IDA_{number}", f"CODE-{number:05}", f"{number}".encode()
        )
        for number in range(count)
    ]
    lines = draw_chunk(classroom, newcomers).lines
    names = [cell.name for cell in course.plan.givens]
    givens = np.array([[float(json.loads(line)["givens"][name]) for line in lines] for name in names])
    return Class(course, lines, QuizMaker(course).quizzes(lines), givens)


class _Text(HTMLParser):
    """What a reader sees of HTML, and the tags that it has."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.seen: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_data(self, data: str) -> None:
        self.seen.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


def visible(markup: str) -> tuple[str, set[str], set[str]]:
    """The text that a page shows, its tags, and the attributes of these."""
    parser = _Text()
    parser.feed(markup)
    parser.close()
    return "".join(parser.seen), parser.tags, parser.attributes


# --- Moodle ------------------------------------------------------------------------------------
#
# After Moodle's documentation of its XML format and of cloze questions.


@dataclass(frozen=True)
class MoodleQuestion:
    kind: str
    name: str
    text: str
    """HTML, with a mark {#1}, {#2}, ... for each answer."""
    feedback: str
    id_number: str
    answers: list[tuple[float, Decimal, Decimal]]
    """Points, the right number, and how far off it may be."""

    def marks(self, written: list[str]) -> float:
        """The share of the points that these answers earn."""
        earned = 0.0
        for (points, answer, tolerance), text in zip(self.answers, written, strict=True):
            earned += points * _is_near(text, answer, tolerance)
        return earned / sum(points for points, *_ in self.answers)


def _is_near(text: str, answer: Decimal, tolerance: Decimal) -> bool:
    """Moodle works in doubles, and adds a little for their rounding."""
    if not text:
        return False
    off = abs(float(tolerance)) + 1e-14 * max(abs(float(tolerance)), abs(float(answer)), 1e-14)
    return float(answer) - off <= float(text) <= float(answer) + off


@dataclass
class MoodleBank:
    """A question bank after an import: the questions of each category, by its path."""

    categories: dict[tuple[str, ...], list[MoodleQuestion]] = field(default_factory=dict)


def moodle_bank(data: bytes) -> MoodleBank:
    """What Moodle makes of an XML file. Raises where Moodle would refuse it, or store something else."""
    bank, here = MoodleBank(), None
    root = ET.fromstring(data)
    assert root.tag == "quiz"
    for element in root:
        assert element.tag == "question"
        kind = element.attrib["type"]
        if kind == "category":
            here = _path(_of(element, "category"))
            bank.categories.setdefault(here, [])
            continue
        assert here is not None
        assert element.find("questiontext").attrib["format"] == "html"
        name, text = _of(element, "name"), _of(element, "questiontext")
        assert 0 < len(name) <= 255
        answers: list[tuple[float, Decimal, Decimal]] = []
        if kind == "cloze":
            text, answers = _cloze(text)
            assert answers, name
        else:
            assert kind == "description"
            assert ":NUMERICAL:" not in text
        id_number = element.findtext("idnumber")
        assert len(id_number) <= 100
        bank.categories[here].append(
            MoodleQuestion(kind, name, text, _of(element, "generalfeedback"), id_number, answers)
        )
    for questions in bank.categories.values():
        numbers = [question.id_number for question in questions]
        assert len(set(numbers)) == len(numbers)
    return bank


def _of(element: ET.Element, tag: str) -> str:
    return element.find(tag).findtext("text") or ""


def _path(text: str) -> tuple[str, ...]:
    """The categories of a path: single slashes part them, doubled ones stand for one."""
    parts = [part.replace("//", "/") for part in re.split(r"(?<!/)/(?!/)", text)]
    assert parts[0] == "$course$"
    assert parts[1] == "top"
    for part in parts[2:]:
        assert part.strip()
        assert len(part) <= 255
        assert re.search(r"<[^ ]", part) is None, "tags are stripped"
    return tuple(parts[2:])


_NUMBER = re.compile(r"-?(\d+[.,]?\d*|[.,]\d+)([eE][-+]?\d+)?")


def _cloze(text: str) -> tuple[str, list[tuple[float, Decimal, Decimal]]]:
    """The text with marks for its answers, and the answers: ``{points:NUMERICAL:=number:tolerance}``."""
    answers, written, rest = [], [], text
    while (begin := re.search(r"\{(\d*):([A-Z_]+):", rest)) is not None:
        assert begin[2] in ("NUMERICAL", "NM"), f"an answer of type {begin[2]}"
        end = rest.index("}", begin.end())
        inner = rest[begin.end() : end]
        assert not set(inner) & set("~#\\{"), inner
        assert inner.startswith("="), "the right answer"
        number, colon, tolerance = inner[1:].partition(":")
        assert _NUMBER.fullmatch(number), number
        assert not colon or _NUMBER.fullmatch(tolerance), tolerance
        answers.append((float(begin[1] or 1), Decimal(number), Decimal(tolerance or 0)))
        written += [rest[: begin.start()], f"{{#{len(answers)}}}"]
        rest = rest[end + 1 :]
    assert "{#" not in text, "what Moodle puts answers in place of"
    return "".join([*written, rest]), answers


# --- Canvas ------------------------------------------------------------------------------------
#
# After the QTI 1.2 specification, and Canvas's own exports.

_QTI = "{http://www.imsglobal.org/xsd/ims_qtiasiv1p2}"
_CP = "{http://www.imsglobal.org/xsd/imsccv1p1/imscp_v1p1}"
_META = "{http://canvas.instructure.com/xsd/cccv1p0}"


@dataclass(frozen=True)
class CanvasItem:
    title: str
    kind: str
    points: float
    text: str
    low: Decimal | None
    high: Decimal | None


@dataclass(frozen=True)
class CanvasQuiz:
    title: str
    description: str
    points: float
    items: list[CanvasItem]


def canvas_quizzes(data: bytes) -> list[CanvasQuiz]:
    """What Canvas makes of a package: every file of it is named in the manifest, every identifier is one thing's."""
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        files = {name: opened.read(name) for name in opened.namelist()}
    manifest = ET.fromstring(files.pop("imsmanifest.xml"))
    resources = {one.attrib["identifier"]: one for one in manifest.iter(f"{_CP}resource")}
    quizzes, idents = [], list(resources)
    for resource in resources.values():
        if resource.attrib["type"] != "imsqti_xmlv1p2":
            continue
        meta = resources[resource.find(f"{_CP}dependency").attrib["identifierref"]]
        about = ET.fromstring(files.pop(meta.attrib["href"]))
        assert about.attrib["identifier"] == resource.attrib["identifier"]
        root = ET.fromstring(files.pop(resource.find(f"{_CP}file").attrib["href"]))
        assessment = root.find(f"{_QTI}assessment")
        assert assessment.attrib["ident"] == resource.attrib["identifier"]
        items = []
        for item in assessment.iter(f"{_QTI}item"):
            idents.append(item.attrib["ident"])
            items.append(_item(item))
        points = float(about.findtext(f"{_META}points_possible"))
        assert points == sum(item.points for item in items)
        title = about.findtext(f"{_META}title")
        assert title == assessment.attrib["title"]
        quizzes.append(CanvasQuiz(title, about.findtext(f"{_META}description"), points, items))
    assert not files
    assert len(set(idents)) == len(idents)
    return quizzes


def _item(item: ET.Element) -> CanvasItem:
    meta = {
        one.findtext(f"{_QTI}fieldlabel"): one.findtext(f"{_QTI}fieldentry")
        for one in item.iter(f"{_QTI}qtimetadatafield")
    }
    text = item.find(f"{_QTI}presentation/{_QTI}material/{_QTI}mattext")
    assert text.attrib["texttype"] == "text/html"
    low = high = None
    if meta["question_type"] == "numerical_question":
        (asked,) = item.iter(f"{_QTI}response_str")
        conditions = [one for one in item.iter(f"{_QTI}respcondition") if one.find(f"{_QTI}setvar") is not None]
        (right,) = conditions
        assert right.findtext(f"{_QTI}setvar") == "100"
        (least,), (most,) = ([*right.iter(f"{_QTI}{tag}")] for tag in ("vargte", "varlte"))
        assert {least.attrib["respident"], most.attrib["respident"]} == {asked.attrib["ident"]}
        low, high = Decimal(least.text), Decimal(most.text)
    else:
        assert meta["question_type"] == "text_only_question"
    return CanvasItem(
        item.attrib["title"], meta["question_type"], float(meta["points_possible"]), text.text or "", low, high
    )


def canvas_marks(item: CanvasItem, typed: Decimal) -> bool:
    """Whether Canvas takes what is typed: it rounds that to four decimals first, some of its apps cut it off."""
    kept = {typed.quantize(Decimal("1.0000"), rounding) for rounding in (ROUND_HALF_UP, ROUND_DOWN)}
    return all(item.low <= one <= item.high for one in kept)


def power_asked(item: CanvasItem) -> int:
    """By which power of ten the text of a question asks to multiply."""
    seen = html.unescape(re.sub(r"<sup>(\d+)</sup>", r"^\1", item.text))
    found = re.search(r"Write 10(?:\^(\d+))? times this number", seen)
    return 0 if found is None else int(found[1] or 1)


def texts(numbers: Mapping[str, float]) -> Iterator[tuple[str, str]]:
    """Numbers as somebody types them."""
    return ((name, f"{number:.12g}") for name, number in numbers.items())
