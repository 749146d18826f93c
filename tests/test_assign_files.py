"""Files of a class are whole or absent, whatever the disk does, and only for whom they are meant."""

from __future__ import annotations

import errno
import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest

from backproptable.basics import writing
from backproptable.courses import secret
from support.classes import (
    Outcome,
    called,
    contents,
    entries,
    leave_secret,
    process,
    rows,
    save_course,
    save_roster,
    stamps,
)


def assign(folder: Path, count: int, *words: object) -> Outcome:
    roster, course = save_roster(folder, rows(count)), save_course(folder)
    return called("assign", roster, "--course", course, "--processes", 1, *words, folder=folder)


# --- a disk that is full -----------------------------------------------------------------------


class Disk:
    """Fails from one operation on, in the middle of it: of writing, flushing, renaming and making folders."""

    def __init__(self, patch: pytest.MonkeyPatch, *, good: int, bad: int) -> None:
        self.places, self.bad = itertools.count(), range(good, good + bad)
        self.used = 0
        opened, fdopened = open, os.fdopen
        patch.setattr(writing, "open", lambda *args: _File(self, opened(*args)), raising=False)
        patch.setattr(os, "fdopen", lambda *args, **options: _File(self, fdopened(*args, **options)))
        replace, mkdir = os.replace, os.mkdir
        patch.setattr(os, "replace", lambda *args: (self.check(), replace(*args)))
        patch.setattr(os, "mkdir", lambda path, *args: (Path(path).exists() or self.check(), mkdir(path, *args)))
        patch.setattr(secret.secrets, "token_bytes", lambda size: bytes(range(size)))

    def check(self) -> None:
        place = next(self.places)
        self.used = place + 1
        if place in self.bad:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class _File:
    def __init__(self, disk: Disk, file: IO[Any]) -> None:
        self.disk, self.file = disk, file

    def __enter__(self) -> _File:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()

    def write(self, text: Any) -> None:
        try:
            self.disk.check()
        except OSError:
            self.file.write(text[: len(text) // 2])
            raise
        self.file.write(text)

    def writelines(self, lines: Iterator[str]) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        self.disk.check()
        self.file.flush()

    def fileno(self) -> int:
        return self.file.fileno()


def run_on(folder: Path, count: int, *, good: int, bad: int = 10**6) -> tuple[Outcome, int]:
    with pytest.MonkeyPatch.context() as patch:
        disk = Disk(patch, good=good, bad=bad)
        return assign(folder, count), disk.used


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, bytes], int]:
    """Two students on a disk with room for them: the files, and how many operations they took."""
    folder = tmp_path_factory.mktemp("straight")
    outcome, used = run_on(folder, 2, good=10**6)
    assert outcome.code == 0
    return contents(folder / "output"), used


@pytest.mark.parametrize("bad", [1, 10**6], ids=["once", "from then on"])
def test_a_full_disk_leaves_whole_files_and_the_next_run_finishes(
    bad: int, straight: tuple[dict[str, bytes], int], tmp_path: Path
) -> None:
    whole, used = straight
    assert used > 15
    for good in range(used):
        folder = tmp_path / str(good)
        folder.mkdir()
        outcome, _ = run_on(folder, 2, good=good, bad=bad)
        assert (outcome.code, outcome.out) == (3, ""), (good, outcome)
        assert outcome.err.startswith("error: output")
        assert "No space left on device" in outcome.err
        assert contents(folder / "output").items() <= whole.items(), good
        outcome, _ = run_on(folder, 2, good=10**6)
        assert outcome.code == 0, (good, outcome)
        assert contents(folder / "output") == whole, good


def test_a_disk_that_fills_up_with_newcomers_changes_nothing_that_was_there(tmp_path: Path) -> None:
    run_on(tmp_path, 2, good=10**6)
    output, own = tmp_path / "output", {"keys/manifest.json", "keys/manifest.jsonl"}
    before = stamps(output)
    for good in itertools.count():
        outcome, _ = run_on(tmp_path, 3, good=good)
        now = stamps(output)
        assert {name for name in before if before[name] != now.get(name)} <= own
        assert len(entries(output / "keys")) in (2, 3)
        if outcome.code == 0:
            break
        assert outcome.code == 3
    assert len(now) == len(before) + 2
    assert good > 5


# --- folders that cannot be written to ---------------------------------------------------------


@pytest.mark.parametrize("place", ["output", "output/assignments", "output/keys"])
def test_a_file_in_a_folders_place(place: str, tmp_path: Path) -> None:
    path = tmp_path / place
    path.parent.mkdir(exist_ok=True)
    path.write_text("mine")
    outcome = assign(tmp_path, 2)
    assert (outcome.code, outcome.out) == (3, "")
    assert outcome.err.startswith("error: output/")
    assert "could not be made (" in outcome.err
    assert path.read_text() == "mine"
    assert not [name for name in contents(tmp_path) if name.endswith((".md", ".jsonl", "secret"))]


# --- whose eyes they are for -------------------------------------------------------------------


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.mark.parametrize(("umask", "sheets"), [(0o022, 0o644), (0o027, 0o640), (0, 0o666)])
def test_who_may_read_what(umask: int, sheets: int, tmp_path: Path) -> None:
    roster, course = save_roster(tmp_path, rows(2)), save_course(tmp_path)
    words = ("assign", roster, "--course", course)
    assert process(*words, folder=tmp_path, code=f"import os; os.umask({umask})").code == 0
    output = tmp_path / "output"
    assert mode(output / "keys") == 0o700
    assert mode(output / "keys/secret") == 0o600
    assert {mode(path) for path in (output / "keys").iterdir()} == {0o600}
    assert {mode(path) for path in (output / "assignments").iterdir()} == {sheets}


def test_previewed_keys_and_marks_are_nobody_elses_business(tmp_path: Path) -> None:
    roster, course = save_roster(tmp_path, rows(2)), save_course(tmp_path)
    assert assign(tmp_path, 2).code == 0
    assert called("assign", roster, "--course", course, "--preview", folder=tmp_path).code == 0
    preview = {path.stem.endswith("_KEY"): mode(path) for path in (tmp_path / "output/preview").iterdir()}
    assert preview[True] == 0o600
    assert preview[False] & 0o044
    assert called("verify", "output/assignments", folder=tmp_path).code == 1
    assert {mode(path) for path in (tmp_path / "output").iterdir() if path.is_file()} - {0o600} == set()


@pytest.mark.parametrize(
    ("made", "asked", "found"),
    [
        ([], [], True),
        (["-o", "class1"], ["-o", "class1"], True),
        (["-o", "class1"], [], False),
        ([], ["-o", "marks"], True),
        (["--keys", "safe"], ["--keys", "safe"], True),
        (["--keys", "safe"], [], False),
    ],
)
def test_keys_are_found_where_output_says(made: list[str], asked: list[str], found: bool, tmp_path: Path) -> None:
    roster, course = save_roster(tmp_path, rows(2)), save_course(tmp_path)
    assert called("assign", roster, "--course", course, *made, folder=tmp_path).code == 0
    sheets = tmp_path / (made[1] if made[:1] == ["-o"] else "output") / "assignments"
    outcome = called("verify", sheets, *asked, folder=tmp_path)
    assert outcome.code == (1 if found else 2)
    if not found:
        assert "output/keys: holds no manifest.json: it is no folder of keys that assign has made." in outcome.err
        assert ("Is it class1/keys? Name it (--keys)." if made[0] == "-o" else "Name it (--keys).") in outcome.err


def test_a_secret_that_others_could_read_is_closed_again(tmp_path: Path) -> None:
    path = leave_secret(tmp_path / "output")
    path.chmod(0o644)
    assert assign(tmp_path, 1).code == 0
    assert mode(path) == 0o600


@pytest.mark.parametrize("keys", ["output/assignments", "output/assignments/keys", "link/mine"])
def test_keys_in_the_folder_for_students_are_warned_of(keys: str, tmp_path: Path) -> None:
    (tmp_path / "output/assignments").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "output/assignments")
    outcome = assign(tmp_path, 2, "--keys", keys)
    assert outcome.code == 0
    assert outcome.err == (
        "warning: The keys lie in output/assignments, which students get: move them, or use --keys.\n"
    )


@pytest.mark.parametrize("keys", ["output/keys", "keys", "output"])
def test_keys_elsewhere_are_not(keys: str, tmp_path: Path) -> None:
    outcome = assign(tmp_path, 2, "--keys", keys)
    assert (outcome.code, outcome.err) == (0, "")
    assert (tmp_path / keys / "manifest.json").exists()
    assert len(list((tmp_path / keys).glob("*_KEY.md"))) == 2


def test_what_other_runs_have_left_half_written_is_cleared_away_and_nothing_else(tmp_path: Path) -> None:
    for folder in ("assignments", "keys"):
        (tmp_path / "output" / folder).mkdir(parents=True)
        for name in (".backproptable-123", ".mine", "notes.txt"):
            (tmp_path / "output" / folder / name).write_text("half")
    assert assign(tmp_path, 1).code == 0
    left = {name for name in contents(tmp_path / "output") if "." in Path(name).name and not name.endswith(".md")}
    assert left - {"keys/manifest.json", "keys/manifest.jsonl"} == {
        f"{folder}/{name}" for folder in ("assignments", "keys") for name in (".mine", "notes.txt")
    }


def test_an_empty_secret_without_a_manifest_is_made_anew(tmp_path: Path) -> None:
    """As a power cut leaves it: nobody has a sheet yet."""
    path = leave_secret(tmp_path / "output")
    path.write_bytes(b"")
    assert assign(tmp_path, 1).code == 0
    assert len(bytes.fromhex(path.read_text())) == 32
