"""Small classes to give sheets to: their course files and rosters, and what stands in their folders afterwards."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

from backproptable.cli import run
from backproptable.courses.course import Course
from backproptable.courses.course_file import load_course
from backproptable.rosters.student import Student
from support.people import PEOPLE

__all__ = [
    "IMPOSSIBLE",
    "NEURON",
    "SMALL",
    "Outcome",
    "Stamps",
    "called",
    "contents",
    "entries",
    "leave_secret",
    "made_course",
    "process",
    "rows",
    "save_course",
    "save_roster",
    "stamps",
    "students",
]

NEURON = """
[net]
layers = [2, 1]
activations = ["sigmoid"]
loss = "half_sse"
learning_rate = 0.5
"""
SMALL = """
[net]
layers = [2, 2, 1]
activations = ["sigmoid", "sigmoid"]
loss = "half_sse"
learning_rate = 0.5
"""

IMPOSSIBLE = """
[net]
layers = [2, 1]
activations = ["identity"]
loss = "half_sse"
learning_rate = 500
[draw]
inputs = { low = 0.5 }
"""
"""Whatever is drawn, a step as long as this makes the loss larger."""

Row = dict[str, str]


def save_course(folder: Path, text: str = NEURON, name: str = "course.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def made_course(folder: Path, text: str = NEURON) -> Course:
    return load_course(save_course(folder, text, "made.toml"))


def rows(count: int, people: Sequence[tuple[str, str]] = PEOPLE) -> list[Row]:
    """The rows of a roster: real names, ids with zeros in front, two batches."""
    return [
        {"student_id": f"00{number:03}", "first_name": first, "last_name": last, "batch": "AB"[number % 2]}
        for number, (first, last) in enumerate(people[:count])
    ]


def students(count: int) -> list[Student]:
    return [Student(row["student_id"], row) for row in rows(count)]


def save_roster(folder: Path, rows: Iterable[Mapping[str, str]], name: str = "roster.csv") -> Path:
    rows, path = list(rows), folder / name
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def leave_secret(output: Path, secret: bytes = bytes(range(32))) -> Path:
    """The secret of an earlier run in a new output folder."""
    (output / "keys").mkdir(parents=True)
    path = output / "keys" / "secret"
    path.write_text(secret.hex() + "\n", encoding="ascii")
    return path


# --- what stands in a folder -------------------------------------------------------------------


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below the folder, hidden ones too."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


Stamps = dict[str, tuple[int, int, bytes]]


def stamps(folder: Path) -> Stamps:
    """Every file below the folder: which it is on the disk, when it was changed, and what is in it."""
    return {
        name: ((status := (folder / name).stat()).st_ino, status.st_mtime_ns, content)
        for name, content in contents(folder).items()
    }


def entries(keys: Path) -> dict[str, dict[str, Any]]:
    """The lines of a manifest by the student's id."""
    lines = (keys / "manifest.jsonl").read_bytes().decode("utf-8").split("\n")
    assert lines.pop() == ""
    read = [json.loads(line) for line in lines]
    by_id = {entry["student_id"]: entry for entry in read}
    assert len(by_id) == len(read)
    return by_id


# --- the command line --------------------------------------------------------------------------


class Outcome(NamedTuple):
    code: int
    out: str
    err: str


def called(*words: object, folder: Path) -> Outcome:
    """``backproptable ...`` in this process, in `folder`."""
    out, err = io.StringIO(), io.StringIO()
    with (
        contextlib.chdir(folder),
        mock.patch.object(sys, "argv", ["backproptable", *map(str, words)]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            run()
        except SystemExit as left:
            return Outcome(int(str(left.code)), out.getvalue(), err.getvalue())


def _as_from_a_terminal() -> None:
    """What a shell starts in the background ignores interruptions, and so would what that starts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextlib.contextmanager
def _started(*words: object, folder: Path, code: str) -> Iterator[subprocess.Popen[str]]:
    """A process in a group of its own, of which nothing is left afterwards."""
    started = subprocess.Popen(
        [sys.executable, "-c", f"{code}\nfrom backproptable.cli import run\nrun()", *map(str, words)],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        start_new_session=True,
        preexec_fn=_as_from_a_terminal,  # noqa: PLW1509 - one thread
    )
    try:
        yield started
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(started.pid, signal.SIGKILL)
        started.wait()


def process(*words: object, folder: Path, code: str = "") -> Outcome:
    """``backproptable ...`` in a process of its own, after `code`. A process that is killed has a code below 0."""
    with _started(*words, folder=folder, code=code) as started:
        out, err = started.communicate(timeout=120)
        assert "Traceback" not in err, err
        return Outcome(started.returncode, out, err)
