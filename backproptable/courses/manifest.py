"""The manifest of an assignment: what was given to whom, in the folder of keys.

``manifest.json`` has what all sheets share, ``manifest.jsonl`` a line per student with everything
that verifying needs. Sheets and keys are made from these lines and never the other way round, so an
interrupted run is finished from them. Whoever is in it keeps numbers, code and file name for ever.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from backproptable import __version__
from backproptable.basics.errors import InputError, OutputError, Problem
from backproptable.basics.plaintext import comparable
from backproptable.basics.writing import TEMPORARY, write_files
from backproptable.courses.course import Course
from backproptable.sheets.notation import load_notation

__all__ = ["VERSION", "Entry", "Known", "Manifest", "digest_of"]

VERSION: Final = 1
"""Of the two files: a higher one can be read by newer programs only."""
_HEAD: Final = "manifest.json"
_LINES: Final = "manifest.jsonl"
_FIXED: Final = {
    "course": ("assignment",),
    "net": None,
    "draw": None,
    "sheet": ("figures", "carry", "asked", "input_gradient"),
}
"""Settings that decide the numbers and what is asked (None: the whole table). They stay as they are."""

_HELD_BEFORE: Final[dict[str, Any]] = {
    "kind": "feedforward",
    "threshold": "0",
    "steps": None,
    "loss_at": "last",
    "online": False,
    "epochs": 1,
    "keep": [],
    "mask": "inverted",
    "squared_error": False,
    "paths": False,
}
"""Keys of the net that manifests of earlier builds do not have, with what held then."""

Entry = dict[str, Any]
"""A line of the manifest."""
_NEEDED: Final = {
    **dict.fromkeys(("student_id", "name", "file", "code"), str),
    **dict.fromkeys(("givens", "hardness", "cannot_be_told"), dict),
}
"""What a line has at least."""


@dataclass(slots=True)
class Known:
    """What of the students in a manifest must not come up again."""

    stems: dict[str, str] = field(default_factory=dict)
    """File name without its ending, by student id (as `plaintext.comparable` has it)."""
    codes: set[str] = field(default_factory=set)
    numbers: dict[bytes, str] = field(default_factory=dict)
    """Whose numbers they are, by their digest."""

    def add(self, entry: Entry) -> None:
        """Take a line into account."""
        self.stems[comparable(entry["student_id"])] = entry["file"]
        self.codes.add(entry["code"])
        self.numbers[digest_of(entry["givens"])] = entry["student_id"]


def digest_of(givens: dict[str, str]) -> bytes:
    """A short digest of a sheet's numbers: equal for equal numbers."""
    return sha256("\0".join(givens.values()).encode()).digest()[:12]


@dataclass(frozen=True, slots=True)
class Manifest:
    """The manifest in one folder of keys, which need not be there yet."""

    folder: Path

    def head(self) -> dict[str, Any] | None:
        """What all sheets share; None where there is no manifest. Raises `InputError`, also for another version."""
        path = self.folder / _HEAD
        try:
            head = json.loads(path.read_text(encoding="utf-8"))
            version = int(head["version"])
            is_whole = version != VERSION or _is_whole(head)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise self._damaged(_HEAD, f"cannot be read ({error.strerror})") from None
        except (ValueError, KeyError, TypeError):
            is_whole = False
        if not is_whole:
            raise self._damaged(_HEAD, "is damaged")
        if version != VERSION:
            age = "a newer" if version > VERSION else "an older"
            what = f"has version {version} and was written by {age} program than this one, which knows {VERSION}."
            raise InputError([Problem(_HEAD, what, "Use the program that it was made with.")], str(self.folder))
        if head["course"]["net"].get("kind") != "recipe":
            head["course"]["net"] = _HELD_BEFORE | head["course"]["net"]
        head["course"]["sheet"] = {"input_gradient": False} | head["course"]["sheet"]
        return dict(head)

    def check(self, head: dict[str, Any], course: Course) -> None:
        """Raises `InputError` with every setting in which the course is not the one the manifest was made with."""
        then, now = head["course"], course.as_keys()
        problems = [
            Problem(
                f"[{table}] {key}",
                f"is {_shown(now[table].get(key))} here and {_shown(then.get(table, {}).get(key))} in the manifest.",
            )
            for table, keys in _FIXED.items()
            for key in (keys or sorted(now[table].keys() | then.get(table, {}).keys()))
            if now[table].get(key) != then.get(table, {}).get(key)
        ]
        notations = [sheet["notation"] for sheet in (now["sheet"], then["sheet"])]
        mine, its = (load_notation(notation, course.plan.net).opposite for notation in notations)
        if mine != its:
            what = f"is {_shown(notations[0])} here and {_shown(notations[1])} in the manifest: signs would differ."
            problems.append(Problem("[sheet] notation", what))
        if problems:
            remedy = f"{self.folder} belongs to sheets that were made with other settings, and students have them."
            problems.append(Problem("manifest", remedy, "Use those settings, or another folder (-o) for a new class."))
            raise InputError(problems, course.source)

    def known(self, course: Course) -> Known:
        """Who is in it. Raises `InputError` where it is damaged, or of another course."""
        head, known = self.head(), Known()
        names = [cell.name for cell in course.plan.givens]
        for number, entry in enumerate(self.entries(), start=1):
            if head is None:
                raise self._damaged(_HEAD, "is missing")
            if number == 1:
                self.check(head, course)
            if comparable(entry["student_id"]) in known.stems or list(entry["givens"]) != names:
                raise self._damaged(f"{_LINES}, line {number}", "is not as it was written")
            known.add(entry)
        return known

    def renew(self, course: Course) -> None:
        """Note the settings that may change and have: points, for one, count from now on."""
        head = self.head()
        if head is not None and head["course"] != course.as_keys():
            self.write_head(course, head["secret"])

    def write_head(self, course: Course, fingerprint: str) -> None:
        """Write or renew what all sheets share."""
        content = {
            "version": VERSION,
            "program": __version__,
            "secret": fingerprint,
            "plan": {"samples": course.plan.net.samples, "cells": [cell.name for cell in course.plan.cells]},
            "course": course.as_keys(),
        }
        write_files(self.folder, {_HEAD: json.dumps(content, indent=1, ensure_ascii=False) + "\n"}, private=True)

    def lines(self) -> Iterator[str]:
        """The lines, one after the other, without their ends. Raises `InputError` where they cannot be read."""
        try:
            with (self.folder / _LINES).open(encoding="utf-8") as file:
                for line in file:
                    yield line.rstrip("\n")
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            raise self._damaged(_LINES, f"cannot be read ({error.strerror})") from None
        except UnicodeDecodeError:
            raise self._damaged(_LINES, "is damaged") from None

    def entries(self) -> Iterator[Entry]:
        """The students, in the order in which they came. Raises `InputError` for a damaged line."""
        for number, line in enumerate(self.lines(), start=1):
            try:
                entry = json.loads(line)
                is_whole = all(isinstance(entry[key], kind) for key, kind in _NEEDED.items())
            except (ValueError, KeyError, TypeError):
                is_whole = False
            if not is_whole:
                raise self._damaged(f"{_LINES}, line {number}", "is damaged")
            yield entry

    @contextmanager
    def adding(self) -> Iterator[Callable[[str], object]]:
        """Add lines: all of them, or none if anything fails. Gives what takes a line, without its end."""
        temporary = None
        try:
            handle, name = tempfile.mkstemp(prefix=TEMPORARY, dir=self.folder)
            temporary = Path(name)
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.writelines(f"{line}\n" for line in self.lines())
                yield lambda line: file.write(f"{line}\n")
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self.folder / _LINES)
        except OSError as error:
            what = f"could not be written ({error.strerror or error}). Nothing was changed."
            raise OutputError(f"{self.folder / _LINES}: {what}") from None
        finally:
            if temporary is not None:
                with contextlib.suppress(OSError):
                    temporary.unlink(missing_ok=True)

    def _damaged(self, where: str, what: str) -> InputError:
        remedy = "Put it back as it was, from a copy: it says who has which sheet."
        return InputError([Problem(where, f"{what}.", remedy)], str(self.folder))


def _is_whole(head: dict[str, Any]) -> bool:
    course = head["course"]
    texts = (head["secret"], course["sheet"]["notation"])
    return all(isinstance(text, str) for text in texts) and all(isinstance(course[table], dict) for table in _FIXED)


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
