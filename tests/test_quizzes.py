"""Quizzes of a class and of a pool, from the command line to the files."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from support.classes import SMALL, Outcome, called, contents, entries, rows, save_course, save_roster
from support.hostile import hostile_rows
from support.quizzes import canvas_quizzes, moodle_bank

FORMATS = ("moodle", "qti21", "canvas")


def assign(folder: Path, *words: object) -> Outcome:
    return called("assign", "--course", folder / "course.toml", "-o", folder / "out", *words, folder=folder)


@pytest.fixture
def course(tmp_path: Path) -> Path:
    save_course(tmp_path, SMALL)
    save_roster(tmp_path, rows(3))
    return tmp_path


def test_a_class_gets_the_quizzes_of_its_sheets(course: Path) -> None:
    outcome = assign(course, course / "roster.csv", "--format", "md,moodle,canvas,qti21")
    assert outcome.code == 0, outcome
    assert "3 quizzes in " in outcome.out
    assert "3 sheets in " in outcome.out
    out = course / "out"
    bank = moodle_bank((out / "quizzes/moodle/moodle-001.xml").read_bytes())
    drawn = entries(out / "keys")
    assert {path[1] for path in bank.categories} == {f"{one['name']} ({key})" for key, one in drawn.items()}
    canvas = canvas_quizzes((out / "quizzes/canvas/canvas-001.zip").read_bytes())
    assert len(canvas) == 3
    keys = {path.name: path.read_text() for path in (out / "keys").glob("*_KEY.md")}
    for one, found in zip(drawn.values(), bank.categories.values(), strict=True):
        key = keys[f"{one['file']}_KEY.md"]
        for question in found:
            for _, answer, _ in question.answers:
                assert any(float(answer) == _number(cell) for cell in key.split("|")), answer


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None


def test_only_their_owner_can_read_them(course: Path) -> None:
    assert assign(course, course / "roster.csv", "--format", ",".join(FORMATS)).code == 0
    folder = course / "out" / "quizzes"
    for path in [folder, *folder.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    assert not list((course / "out").glob("mail.csv"))
    assert not list((course / "out" / "assignments").iterdir())


def test_the_notes_say_what_to_do_and_what_is_not_promised(course: Path) -> None:
    outcome = assign(course, "--pool", "4", "--format", ",".join(FORMATS))
    assert outcome.code == 0
    said = (course / "out/quizzes/READ_ME.txt").read_text()
    for words in (
        "for the teacher only",
        "4 quizzes",
        "no follow-through",
        "cut off",
        "Moodle XML",
        "Canvas",
        "Import",
    ):
        assert words in said
    assert "READ_ME.txt" in outcome.out


def test_a_pool_is_drawn_for_nobody_and_grows_without_changing(course: Path) -> None:
    assert assign(course, "--pool", "2", "--format", "moodle,md").code == 0
    path = course / "out/quizzes/moodle/moodle-001.xml"
    ((_, first),) = moodle_bank(path.read_bytes()).categories.items()
    assert [question.name for question in first] == ["Variant 001", "Variant 002"]
    sheets = contents(course / "out/assignments")
    assert len(sheets) == 2
    assert assign(course, "--pool", "5", "--format", "moodle,md").code == 0
    ((_, more),) = moodle_bank(path.read_bytes()).categories.items()
    assert more[:2] == first
    assert len(more) == 5
    assert contents(course / "out/assignments").items() >= sheets.items()


def test_a_pool_needs_no_columns_of_a_roster(course: Path) -> None:
    save_course(course, '[course]\nfile_name = "{group}_{student_id}.md"\n' + SMALL)
    assert assign(course, "--pool", "1", "--format", "md,qti21").code == 0
    assert set(contents(course / "out/quizzes/qti21")) == {"VARIANT_001.zip"}
    assert set(contents(course / "out/assignments")) == {"VARIANT_001.md"}


def test_the_files_are_the_same_each_time_and_newcomers_come_behind(course: Path) -> None:
    words = (course / "roster.csv", "--format", ",".join(FORMATS))
    assert assign(course, *words).code == 0
    before = contents(course / "out/quizzes")
    assert assign(course, *words).code == 0
    assert contents(course / "out/quizzes") == before
    save_roster(course, rows(4))
    assert assign(course, *words).code == 0
    old = moodle_bank(before["moodle/moodle-001.xml"]).categories
    new = moodle_bank(contents(course / "out/quizzes")["moodle/moodle-001.xml"]).categories
    assert list(new.items())[:3] == list(old.items())
    assert len(new) == 4


def test_a_large_class_is_cut_into_files_that_import(course: Path) -> None:
    people = [(f"A{number}", "B") for number in range(103)]
    save_roster(course, rows(103, people))
    assert assign(course, course / "roster.csv", "--format", "moodle", "--processes", "2").code == 0
    files = contents(course / "out/quizzes/moodle")
    assert [len(moodle_bank(data).categories) for _, data in sorted(files.items())] == [100, 3]


def test_a_preview_has_quizzes_of_nobodys_numbers(course: Path) -> None:
    outcome = assign(course, course / "roster.csv", "--preview", "--format", ",".join(FORMATS))
    assert outcome.code == 0
    preview = course / "out" / "preview"
    ((path, _),) = moodle_bank((preview / "moodle.xml").read_bytes()).categories.items()
    assert path[1] == "Sample Student (SAMPLE)"
    assert len(canvas_quizzes((preview / "canvas.zip").read_bytes())) == 1
    assert {stat.S_IMODE(path.stat().st_mode) for path in preview.iterdir()} == {0o600}
    assert not (course / "out/keys").exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "ROSTER and --pool: are both missing."),
        (("roster.csv", "--pool", "3"), "ROSTER and --pool: are both given."),
        (("--pool", "3", "--format", "scorm"), "quizzes: moodle, qti21, canvas"),
        (("roster.csv", "--format", "moodle", "--zip", "student"), "--zip: packs sheets, and none are asked for."),
    ],
)
def test_what_cannot_be_done_is_said(course: Path, words: tuple[str, ...], says: str) -> None:
    outcome = assign(course, *(course / word if word.endswith(".csv") else word for word in words))
    assert outcome.code == 2
    assert says in outcome.err
    assert not (course / "out").exists()


def test_a_pool_and_a_class_do_not_share_a_folder(course: Path) -> None:
    assert assign(course, "--pool", "2", "--format", "moodle").code == 0
    outcome = assign(course, course / "roster.csv")
    assert (outcome.code, "belongs to a pool, and this is a class." in outcome.err) == (2, True)
    other = course / "other"
    assert called("assign", course / "roster.csv", "-o", other, folder=course).code == 0
    outcome = called("assign", "--pool", 2, "-o", other, folder=course)
    assert (outcome.code, "belongs to a class, and this is a pool." in outcome.err) == (2, True)


def test_hostile_entries_of_a_roster_stay_text(course: Path) -> None:
    people = list(hostile_rows())[::10]
    save_roster(course, people)
    assert assign(course, course / "roster.csv", "--format", ",".join(FORMATS)).code == 0
    banks = [moodle_bank(data) for data in contents(course / "out/quizzes/moodle").values()]
    assert sum(len(bank.categories) for bank in banks) == len(people)
    packages = contents(course / "out/quizzes/canvas").values()
    assert sum(len(canvas_quizzes(data)) for data in packages) == len(people)
    assert {path.parts[0] for path in map(Path, contents(course / "out/quizzes"))} == {*FORMATS, "READ_ME.txt"}
