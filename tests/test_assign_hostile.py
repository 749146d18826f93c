"""Five hundred entries of a roster that try to be more than text, through the whole of `assign`."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

import pytest
from cmarkgfm import github_flavored_markdown_to_html
from cmarkgfm.cmark import Options

from backproptable.basics.plaintext import comparable, one_line
from backproptable.render.escape import settable
from backproptable.rosters.reading import load_roster
from backproptable.rosters.student import Student
from support.classes import Outcome, called, contents, leave_secret, rows, save_course, save_roster
from support.hostile import hostile_rows, write_roster
from support.tools import compiled, faults


class Class(NamedTuple):
    folder: Path
    outcome: Outcome
    before: dict[str, bytes]
    students: list[Student]
    entries: dict[str, dict[str, object]]

    def text(self, student: Student, format: str, *, key: bool = False) -> str:  # noqa: A002
        stem = self.entries[student.student_id]["file"]
        path = f"keys/{stem}_KEY.{format}" if key else f"assignments/{stem}.{format}"
        return (self.folder / "here/output" / path).read_text(encoding="utf-8")


def made(folder: Path, roster: Path) -> Class:
    """A class in a folder within a folder, from which something might get out."""
    here = folder / "here"
    here.mkdir()
    course = save_course(folder)
    leave_secret(here / "output")
    before = contents(folder)
    outcome = called("assign", roster, "--course", course, "--format", "md,tex", "--processes", 1, folder=here)
    lines = (here / "output/keys/manifest.jsonl").read_bytes().split(b"\n")
    assert lines.pop() == b""
    entries = {(entry := json.loads(line))["student_id"]: entry for line in lines}
    return Class(folder, outcome, before, load_roster(roster), entries)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Class:
    folder = tmp_path_factory.mktemp("hostile")
    return made(folder, write_roster(folder / "roster.csv", hostile_rows()))


@pytest.fixture(scope="module")
def harmless(tmp_path_factory: pytest.TempPathFactory) -> Class:
    folder = tmp_path_factory.mktemp("harmless")
    return made(folder, save_roster(folder, rows(1)))


def test_nothing_gets_out_of_the_folder(hostile: Class) -> None:
    assert hostile.outcome.code == 0
    assert "500 drawn, 0 kept from before; 2,000 files written" in hostile.outcome.out
    after = contents(hostile.folder)
    assert {name: after[name] for name in hostile.before} == hostile.before
    assert len(hostile.entries) == 500
    expected = {f"keys/{name}" for name in ("manifest.json", "manifest.jsonl")}
    for entry in hostile.entries.values():
        for end in (".md", ".tex"):
            expected |= {f"assignments/{entry['file']}{end}", f"keys/{entry['file']}_KEY{end}"}
    assert set(after) - set(hostile.before) == {f"here/output/{name}" for name in expected}
    folders = {path.relative_to(hostile.folder).as_posix() for path in hostile.folder.rglob("*") if path.is_dir()}
    assert folders == {"here", "here/output", "here/output/assignments", "here/output/keys"}


def test_file_names_are_plain_and_differ_in_more_than_case(hostile: Class) -> None:
    stems = [str(entry["file"]) for entry in hostile.entries.values()]
    assert len(set(map(comparable, stems))) == 500
    for stem in stems:
        assert all(unicodedata.category(letter)[0] in "LMN" or letter in "-_" for letter in stem)
        assert stem[0] not in "-_"
        assert len(f"{stem}_KEY.tex".encode()) < 128


class _Page(HTMLParser):
    """The elements of a page, and the text of each cell of its tables."""

    def __init__(self, markdown: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, object]] = []
        self.cells: list[str] = []
        self.in_cell = False
        self.feed(github_flavored_markdown_to_html(markdown, Options.CMARK_OPT_UNSAFE))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, attrs))
        self.in_cell = tag == "td"
        if self.in_cell:
            self.cells.append("")

    def handle_endtag(self, tag: str) -> None:
        self.in_cell = self.in_cell and tag != "td"

    def handle_data(self, data: str) -> None:
        if self.in_cell:
            self.cells[-1] += data


def test_every_name_is_shown_as_it_is_and_no_element_more(hostile: Class, harmless: Class) -> None:
    """Numbers differ, and what stands around them does not: all pages have the elements of a harmless one."""
    for is_key in (False, True):
        usual = Counter(map(str, _Page(harmless.text(harmless.students[0], "md", key=is_key)).elements))
        for student in hostile.students:
            text = hostile.text(student, "md", key=is_key)
            page = _Page(text)
            assert Counter(map(str, page.elements)) == usual, student.student_id
            shown = dict(zip(page.cells[0::2], page.cells[1::2], strict=False))
            assert shown["student"] == student.name
            assert shown["student id"] == one_line(student.student_id)
            assert shown["code"] == hostile.entries[student.student_id]["code"]


def test_a_tex_file_differs_from_a_harmless_one_in_its_student_and_numbers_only(
    hostile: Class, harmless: Class
) -> None:
    for is_key in (False, True):
        usual = _without_student(harmless.text(harmless.students[0], "tex", key=is_key))
        for student in hostile.students:
            text = hostile.text(student, "tex", key=is_key)
            assert _without_student(text) == usual, student.student_id
            line = re.search(r"^student & (.*) \\\\$", text, re.MULTILINE)
            assert line
            assert bool(line[1]) is settable(student.name)
            assert not re.search(r"\\(?:input|write|end|csname|def)\b", line[1])
    unset = sum(not settable(student.name) for student in hostile.students)
    assert f"LaTeX cannot set the names of {unset} students" in hostile.outcome.err


def _without_student(tex: str) -> str:
    tex, replaced = re.subn(r"^(student|student id|code) & .* \\\\$", r"\1", tex, flags=re.MULTILINE)
    assert replaced == 3
    tex = re.sub(r"\(-?([\d.]+(?: \\times 10\^\{-\d+\})?)\)", r"\1", tex)  # the brackets that some numbers need
    return re.sub(r"-?\d+(?:\.\d+)?(?: \\times 10\^\{-?\d+\})?", "N", tex)


def test_the_worst_tex_compiles(hostile: Class, tmp_path: Path) -> None:
    short = [student for student in hostile.students if len(student.student_id) < 40]
    worst = sorted(short, key=lambda student: -_strange(student.name))
    for number, student in enumerate([*worst[:2], next(student for student in worst if "#" in student.student_id)]):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert faults(compiled(hostile.text(student, "tex"), folder)) == []


def _strange(name: str) -> int:
    """How much in it is not a letter, where LaTeX can set it on one line."""
    return sum(not letter.isalnum() for letter in name) if settable(name) and len(name) < 40 else -1


def test_no_template_reads_a_name(hostile: Class) -> None:
    """Seven times seven is in no file; braces and the templates' own brackets stand in the manifest as they are."""
    by_name = {student.first_name: student for student in hostile.students}
    for attack in ("{{7*7}}", "((= 7*7 =))", "{0.__class__}", "${7*7}"):
        student = by_name[attack]
        entry = hostile.entries[student.student_id]
        assert entry["columns"]["first_name"] == attack
        assert attack in str(entry["name"])
        assert "49" not in str(entry["name"])


def test_the_manifest_has_every_cell_of_the_roster_as_written(hostile: Class) -> None:
    for student in hostile.students:
        entry = hostile.entries[student.student_id]
        assert entry["columns"] == dict(student.columns)
        assert entry["name"] == student.name


def test_a_rerun_changes_nothing(hostile: Class) -> None:
    before = contents(hostile.folder)
    words = ("assign", hostile.folder / "roster.csv", "--course", hostile.folder / "course.toml", "--format", "md,tex")
    again = called(*words, folder=hostile.folder / "here")
    assert (again.code, "0 drawn, 500 kept from before; 0 files written" in again.out) == (0, True)
    assert contents(hostile.folder) == before
