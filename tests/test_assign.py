"""A class gets its sheets: a teacher's whole hour, reruns, interruptions, and numbers that depend on nothing else."""

from __future__ import annotations

import re
import signal
from collections.abc import Mapping
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest

from backproptable.basics import workers
from backproptable.cli import main
from backproptable.commands.assign import Report, assign_class
from backproptable.marking.check import check_sheet
from backproptable.rosters.student import Student
from support.classes import (
    NEURON,
    SMALL,
    Stamps,
    called,
    contents,
    entries,
    leave_secret,
    made_course,
    process,
    rows,
    save_course,
    save_roster,
    stamps,
    students,
)

BY_HAND = """
import os, signal
import backproptable.courses.classroom as classroom
write_whole, left = classroom.write_whole, iter(range(10**6))

def stopping(path, text, *, private=False):
    if next(left) == {files}:
        if signal.{signal} == signal.SIGKILL:
            (path.parent / f".backproptable-{{os.getpid()}}").write_text(text[:100])
        os.kill(os.getpid(), signal.{signal})
    write_whole(path, text, private=private)

classroom.write_whole = stopping
"""
"""Stops the program while it writes; when it is killed, with half a file on the disk."""

AT_STAGE = """
import contextlib, os, signal
import backproptable.cli as cli

@contextlib.contextmanager
def progress(stage, total):
    yield lambda done: os.kill(os.getpid(), signal.{signal}) if stage == "{stage}" else None

cli._progress = progress
"""
"""Stops the program at the first report of progress."""


# --- a teacher's whole hour --------------------------------------------------------------------


def edited(course: Path) -> None:
    text = course.read_text(encoding="utf-8")
    for old, new in (
        ('title = "Backpropagation by hand"', 'title = "Assignment 2B"'),
        ("#due = 2030-01-31 12:00:00", "due = 2031-03-04 18:00:00"),
        ('#hand_in = "Upload this file to the course page."', 'hand_in = "Mail it to *Mx Ada*."'),
        ('asked = "evening"', 'asked = "one_path"'),
    ):
        assert text.count(old) == 1
        text = text.replace(old, new)
    course.write_text(text, encoding="utf-8")


def test_a_teachers_whole_hour(tmp_path: Path) -> None:
    started = called("init", folder=tmp_path)
    assert started.out.split() == ["output/course.toml", "output/roster.csv"]
    output, class_list = tmp_path / "output", rows(300)
    edited(output / "course.toml")
    save_roster(output, class_list)
    command = started.err.removeprefix("Next: backproptable ").split()
    previews = looked_at(tmp_path, command)

    command.remove("--preview")
    leave_secret(output)
    first, second = broken_off_and_finished(tmp_path, command)
    assert unchanged(first, second) == {name for name in first if ".backproptable-" not in name}

    newer = [dict(reversed([*row.items(), ("seminar", "3")])) for row in sorted([*class_list, *LATE], key=by_last_name)]
    save_roster(output, newer)
    added = called(*command, folder=tmp_path)
    assert added.code == 0
    assert "303 sheets in" in added.out
    assert "3 drawn, 300 kept from before; 6 files written\n" in added.out
    third = stamps(output)
    assert len(set(third) - set(second)) == 6
    assert set(second) - unchanged(second, third) == {"keys/manifest.json", "keys/manifest.jsonl", "roster.csv"}
    assert third["keys/manifest.jsonl"][2].startswith(second["keys/manifest.jsonl"][2])

    known = entries(output / "keys")
    assert len({entry["code"] for entry in known.values()}) == 303
    assert len({tuple(entry["givens"].items()) for entry in known.values()}) == 303
    assert known["late-0"]["columns"]["seminar"] == "3"
    assert {path.stem for path in (output / "assignments").iterdir()} == {entry["file"] for entry in known.values()}

    # The same class in one go, without anything that went wrong.
    straight = tmp_path / "straight"
    leave_secret(straight)
    save_roster(output, class_list)
    assert called(*command, "-o", straight, folder=tmp_path).code == 0
    whole = contents(straight)
    assert {name: content for name, (_, _, content) in second.items() if name in whole} == whole
    assert set(second) - set(whole) == {"course.toml", "roster.csv"} | {f"preview/{name}" for name in previews}


def looked_at(folder: Path, command: list[str]) -> list[str]:
    """The names of the previewed files, with the edited course on them, before anybody has a sheet."""
    looked = called(*command, folder=folder)
    assert looked.code == 0
    assert looked.err.startswith("not tested, since they change no number that is asked:\n")
    texts = {Path(line).name: unescape((folder / line).read_text("utf-8")) for line in looked.out.splitlines()}
    assert list(texts) == ["SAMPLE_ASSIGNMENT2B.md", "SAMPLE_ASSIGNMENT2B_KEY.md"]
    for text in texts.values():
        for words in ("Assignment 2B\n", "| student | Sample Student |", "| due | 2031-03-04 18:00 |"):
            assert words in text
    assert "4. Hand in: Mail it to *Mx Ada*." in texts["SAMPLE_ASSIGNMENT2B.md"]
    assert not (folder / "output/keys").exists()
    return list(texts)


def broken_off_and_finished(folder: Path, command: list[str]) -> tuple[Stamps, Stamps]:
    """The files that a run has left that was killed after 217 files, and those of the next."""
    output = folder / "output"
    killed = process(*command, folder=folder, code=BY_HAND.format(files=217, signal="SIGKILL"))
    assert killed.code == -signal.SIGKILL
    assert len(list((output / "assignments").glob("*.md"))) == 109
    assert len(list(output.rglob(".backproptable-*"))) == 1
    first = stamps(output)
    finished = called(*command, folder=folder)
    assert finished.code == 0
    assert "300 sheets in output/assignments, keys in output/keys\n" in finished.out
    assert f"0 drawn, 300 kept from before; {600 - 217} files written\n" in finished.out
    assert re.search(r"each sheet asks for \d+ numbers\n", finished.out)
    assert "redraw" not in finished.out
    assert not list(output.rglob(".backproptable-*"))
    return first, stamps(output)


LATE = [
    {"student_id": f"late-{number}", "first_name": first, "last_name": last, "batch": "C"}
    for number, (first, last) in enumerate([("Ada", "Lovelace"), ("José", "García Márquez"), ("Zoë", "Ångström")])
]


def by_last_name(row: Mapping[str, str]) -> tuple[str, str]:
    return row["last_name"], row["student_id"]


def unchanged(before: Mapping[str, object], after: Mapping[str, object]) -> set[str]:
    return {name for name, stamp in before.items() if after.get(name) == stamp}


# --- interruptions -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Forty students, in one go."""
    folder = tmp_path_factory.mktemp("straight")
    leave_secret(folder / "output")
    assert called(*_forty(folder), folder=folder).code == 0
    return contents(folder / "output")


def _forty(folder: Path, *words: object) -> list[object]:
    return ["assign", save_roster(folder, rows(40)), "--course", save_course(folder), "--processes", 1, *words]


STOPS = {
    "while drawing": AT_STAGE.replace("{stage}", "drawing"),
    "while the first sheet is written": BY_HAND.replace("{files}", "0"),
    "while a key is written": BY_HAND.replace("{files}", "33"),
    "at the end": AT_STAGE.replace("{stage}", "writing"),
}


@pytest.mark.parametrize("code", STOPS.values(), ids=STOPS)
@pytest.mark.parametrize("kind", ["SIGKILL", "SIGINT"])
def test_an_interrupted_run_is_completed(kind: str, code: str, straight: dict[str, bytes], tmp_path: Path) -> None:
    output = tmp_path / "output"
    leave_secret(output)
    code = code.replace("{signal}", kind).replace("{{", "{").replace("}}", "}")
    stopped = process(*_forty(tmp_path), folder=tmp_path, code=code)
    if kind == "SIGINT":
        assert stopped.code == 3
        assert stopped.err.split("\n") == [
            "Run the same command again to finish: nobody's sheet will change.",
            "",
            "error: interrupted",
            "",
        ]
        assert not list(output.rglob(".backproptable-*"))
    else:
        assert stopped.code == -signal.SIGKILL
    there = {name: content for name, content in contents(output).items() if ".backproptable-" not in name}
    assert there.items() <= straight.items()
    before = stamps(output)
    assert called(*_forty(tmp_path), folder=tmp_path).code == 0
    assert contents(output) == straight
    assert set(there) - unchanged(before, stamps(output)) <= {"keys/manifest.json"}


@pytest.mark.parametrize("kind", ["SIGKILL", "SIGINT"])
def test_an_interrupted_run_of_several_processes_leaves_none_of_them(
    kind: str, straight: dict[str, bytes], tmp_path: Path
) -> None:
    """`process` waits until nobody has its output open any more: no process may be left."""
    output = tmp_path / "output"
    leave_secret(output)
    words = [*_forty(tmp_path)[:-1], 2]
    stopped = process(*words, folder=tmp_path, code=AT_STAGE.format(stage="drawing", signal=kind))
    assert stopped.code == (3 if kind == "SIGINT" else -signal.SIGKILL)
    assert called(*_forty(tmp_path), folder=tmp_path).code == 0
    assert contents(output) == straight


def test_a_process_that_the_system_ends_is_no_traceback(straight: dict[str, bytes], tmp_path: Path) -> None:
    """As happens where memory runs out."""
    output = tmp_path / "output"
    leave_secret(output)
    words = [*_forty(tmp_path)[:-1], 2]
    stopped = process(*words, folder=tmp_path, code=BY_HAND.format(files=5, signal="SIGKILL"))
    assert stopped.code == 3
    assert "run the same command again to finish" in stopped.err
    assert called(*_forty(tmp_path), folder=tmp_path).code == 0
    assert contents(output) == straight


# --- reruns ------------------------------------------------------------------------------------


def assigned(folder: Path, class_list: list[Student], course: str = NEURON, **options: object) -> Report:
    return assign_class(made_course(folder, course), class_list, folder / "output", processes=1, **options)


def test_a_rerun_changes_nothing(tmp_path: Path) -> None:
    first = assigned(tmp_path, students(7))
    before = stamps(tmp_path / "output")
    again = assigned(tmp_path, students(7))
    assert (first.drawn, first.kept, first.gone, first.files) == (7, 0, 0, 14)
    assert (again.drawn, again.kept, again.gone, again.files) == (0, 7, 0, 0)
    assert (again.hardness, again.not_told, again.asked) == (first.hardness, first.not_told, first.asked)
    assert stamps(tmp_path / "output") == before


def test_who_is_gone_from_the_roster_keeps_the_sheet(tmp_path: Path) -> None:
    assigned(tmp_path, students(7))
    before = stamps(tmp_path / "output")
    report = assigned(tmp_path, students(5)[2:])
    assert (report.drawn, report.kept, report.gone, report.files) == (0, 3, 4, 0)
    assert stamps(tmp_path / "output") == before


def test_who_is_renamed_keeps_file_and_sheet(tmp_path: Path) -> None:
    assigned(tmp_path, students(3))
    before = stamps(tmp_path / "output")
    renamed = [replace(student, columns={**student.columns, "first_name": "Nobody"}) for student in students(3)]
    assert assigned(tmp_path, renamed).kept == 3
    assert stamps(tmp_path / "output") == before


def test_an_id_that_differs_in_case_only_is_the_same_student(tmp_path: Path) -> None:
    """As in the roster, where two such ids are refused: course systems do not always export them alike."""
    ada = Student("s-É1", {"student_id": "s-É1", "first_name": "Ada"})
    assigned(tmp_path, [ada])
    before = stamps(tmp_path / "output")
    for other in ("S-É1", "s-e\u03011", "s-é1"):
        report = assigned(tmp_path, [Student(other, {"student_id": other, "first_name": "Ada"})])
        assert (report.drawn, report.kept, report.gone) == (0, 1, 0)
    assert stamps(tmp_path / "output") == before


@pytest.mark.parametrize("spoil", [Path.unlink, lambda path: path.write_bytes(b"")], ids=["deleted", "empty"])
def test_a_sheet_that_is_missing_or_empty_is_written_again(spoil, tmp_path: Path) -> None:
    assigned(tmp_path, students(4), formats=("md", "tex"))
    output = tmp_path / "output"
    before = stamps(output)
    lost = [name for name in before if name.endswith((".md", ".tex"))][::3]
    for name in lost:
        spoil(output / name)
    report = assigned(tmp_path, students(4), formats=("md", "tex"))
    assert (report.drawn, report.files) == (0, len(lost))
    after = stamps(output)
    assert {name: stamp[2] for name, stamp in after.items()} == {name: stamp[2] for name, stamp in before.items()}
    assert set(before) - unchanged(before, after) == set(lost)


def test_another_format_later(tmp_path: Path) -> None:
    assigned(tmp_path, students(2))
    before = stamps(tmp_path / "output")
    report = assigned(tmp_path, students(2), formats=("tex", "md", "tex"))
    assert (report.drawn, report.files) == (0, 4)
    after = stamps(tmp_path / "output")
    assert unchanged(before, after) == set(before)
    assert {Path(name).suffix for name in set(after) - set(before)} == {".tex"}


FREE = """
[course]
title = "Another title"
due = "never"
hand_in = "nowhere"
instructions = "None."
file_name = "{last_name}.md"
[sheet]
layout = "matrices"
notation = "words"
explain = "full"
[points]
right = 2
"""


def test_what_may_change_changes_for_newcomers_and_in_the_manifest(tmp_path: Path) -> None:
    assigned(tmp_path, students(2))
    output = tmp_path / "output"
    before = stamps(output)
    assigned(tmp_path, students(2), course=NEURON + FREE)
    after = stamps(output)
    assert set(before) - unchanged(before, after) == {"keys/manifest.json"}
    for words in (b'"right": "2"', b'"Another title"', b'"words"'):
        assert words in after["keys/manifest.json"][2]
    assigned(tmp_path, students(3), course=NEURON + FREE)
    last = stamps(output)
    assert {name for name in last if name not in before} == {"assignments/BRIEN.md", "keys/BRIEN_KEY.md"} or len(
        set(last) - set(before)
    ) == 2
    (sheet,) = {name for name in set(last) - set(before) if name.startswith("assignments/")}
    assert b"# Another title" in last[sheet][2]


# --- numbers that depend on secret, assignment and id only -------------------------------------


def given(keys: Path) -> dict[str, tuple[str, dict[str, str]]]:
    return {identity: (entry["code"], entry["givens"]) for identity, entry in entries(keys).items()}


def test_the_draw_does_not_depend_on_the_roster_or_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    course, everyone = made_course(tmp_path, SMALL), students(40)

    def drawn(name: str, class_list: list[Student], **options: object) -> dict[str, tuple[str, dict[str, str]]]:
        leave_secret(tmp_path / name)
        assign_class(course, class_list, tmp_path / name, **{"processes": 1, **options})
        return given(tmp_path / name / "keys")

    usual = drawn("usual", everyone)
    assert drawn("two processes", everyone, processes=2) == usual
    assert contents(tmp_path / "two processes") == contents(tmp_path / "usual")
    assert drawn("backwards", everyone[::-1]) == usual
    assert drawn("few", everyone[3:8]).items() <= usual.items()
    wider = [Student(s.student_id, {"seminar": "3", **s.columns, "email": "a@b.c"}) for s in everyone]
    assert drawn("wider", wider) == usual
    renamed = [Student(s.student_id, {"student_id": s.student_id, "first_name": "A"}) for s in everyone]
    assert drawn("renamed", renamed) == usual
    with monkeypatch.context() as patch:
        patch.setattr(workers, "_CHUNK", 3)
        assert drawn("small chunks", everyone) == usual
        assert drawn("small chunks, two processes", everyone, processes=2) == usual
    assert contents(tmp_path / "small chunks, two processes") == contents(tmp_path / "usual")
    leave_secret(tmp_path / "in parts")
    for end in (1, 12, 40):
        assign_class(course, everyone[:end], tmp_path / "in parts", processes=1)
    assert given(tmp_path / "in parts" / "keys") == usual


def test_another_secret_or_assignment_gives_everybody_other_numbers(tmp_path: Path) -> None:
    course, everyone = made_course(tmp_path, SMALL), students(60)
    drawn = []
    for number, (secret, assignment) in enumerate([(b"a" * 32, "1"), (b"b" * 32, "1"), (b"a" * 32, "2")]):
        output = tmp_path / str(number)
        leave_secret(output, secret)
        assign_class(replace(course, assignment=assignment), everyone, output, processes=1)
        drawn.append(given(output / "keys"))
    codes = [code for of_class in drawn for code, _ in of_class.values()]
    numbers = [tuple(givens.values()) for of_class in drawn for _, givens in of_class.values()]
    assert len(set(codes)) == len(set(numbers)) == 3 * 60
    for student in drawn[0]:
        assert len({of_class[student][0] for of_class in drawn}) == 3


def test_secrets_are_made_afresh(tmp_path: Path) -> None:
    course = made_course(tmp_path)
    for name in "ab":
        assign_class(course, students(1), tmp_path / name, processes=1)
    assert (tmp_path / "a/keys/secret").read_text() != (tmp_path / "b/keys/secret").read_text()
    assert given(tmp_path / "a/keys") != given(tmp_path / "b/keys")


# --- the files belong together -----------------------------------------------------------------


def test_sheet_key_and_manifest_have_the_same_code(tmp_path: Path) -> None:
    assigned(tmp_path, students(30))
    output = tmp_path / "output"
    for entry in entries(output / "keys").values():
        sheet, key = output / f"assignments/{entry['file']}.md", output / f"keys/{entry['file']}_KEY.md"
        for path in (sheet, key):
            assert f"| code | {entry['code']} |\n" in path.read_text(encoding="utf-8")
        report = check_sheet(sheet)
        assert (report.code, report.clean) == (entry["code"], True)


def test_help_says_what_a_rerun_does() -> None:
    assert "rerun adds newcomers" in " ".join(main.commands["assign"].help.split())
