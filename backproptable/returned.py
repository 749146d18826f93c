"""Returned files, as teachers have them on their disks: found, read, and matched with their students.

Nothing a file contains is executed, and nothing in it stops the others: what cannot be read comes
back with remarks for a person.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from backproptable.codes import read_code
from backproptable.errors import InputError, Problem
from backproptable.sheet import cell_name, read_sheet
from backproptable.tables import MAX_SIZE, read_text

__all__ = ["Returned", "Written", "find_files", "match", "read_returned"]

_SILENT: Final = re.compile(r"^\.|^__MACOSX$|^Thumbs\.db$|^desktop\.ini$", re.IGNORECASE)
"""What systems leave in folders."""
_OURS: Final = re.compile(r"(_FEEDBACK|_KEY)\.(md|tex)$|^(report\.json|grades\.csv|class\.(md|svg)|changes\.txt)$")
"""What this program writes beside sheets."""
_CELL_HEADS: Final = ("cell", "name")
_ANSWER_HEADS: Final = ("answer", "value", "written")


@dataclass(frozen=True, slots=True)
class Written:
    """One answer as it stood."""

    text: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Returned:
    """What was found in one file."""

    path: Path
    code: str | None
    answers: Mapping[str, tuple[Written, ...]]
    """By the ASCII name of the cell; several where the file has it several times."""
    remarks: tuple[Problem, ...]
    """What was passed over or cannot be read."""
    readable: bool = True
    """Whether anything could be read at all."""


# --- finding -----------------------------------------------------------------------------------


def find_files(paths: Sequence[Path]) -> tuple[list[Path], list[Problem]]:
    """The files to read, and remarks on those that are passed over.

    Folders are searched through and through, as course systems pack them; links that lead out of them
    are not followed. Raises `InputError`, naming all of them, for paths that are not there.
    """
    if missing := [path for path in paths if not path.exists()]:
        raise InputError([Problem(str(path), "is not there.", "Name files or folders.") for path in missing])
    found: dict[Path, None] = {}
    other: Counter[str] = Counter()
    remarks: list[Problem] = []
    for path in paths:
        for file in _files_below(path, remarks) if path.is_dir() else [path]:
            if path.is_dir() and file.suffix.lower() not in _READERS:
                other[file.suffix.lower() or file.name] += 1
            else:
                found[file] = None
    for suffix, count in sorted(other.items()):
        remedy = "Unpack it first." if suffix == ".zip" else f"Sheets are read from {', '.join(_READERS)}."
        remarks.append(Problem(suffix, f"{count} such file{'s were' if count > 1 else ' was'} passed over.", remedy))
    return list(found), remarks


def _files_below(folder: Path, remarks: list[Problem]) -> Iterator[Path]:
    root = folder.resolve()
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not _SILENT.search(name))
        for name in sorted(files):
            path = Path(place, name)
            if _SILENT.search(name) or _OURS.search(name):
                continue
            if path.is_symlink() and not path.resolve().is_relative_to(root):
                remarks.append(Problem(str(path), "is a link that leads out of the folder.", "It was not followed."))
                continue
            yield path


# --- reading -----------------------------------------------------------------------------------


def read_returned(path: Path) -> Returned:
    """What stands in a file, whatever it is."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_SIZE + 1)
        if len(data) > MAX_SIZE:
            raise InputError([Problem("file", f"is larger than {MAX_SIZE // 10**6} MB.", "No sheet is that large.")])
        return _READERS.get(path.suffix.lower(), _read_markdown)(path, data)
    except InputError as error:
        return Returned(path, None, {}, error.problems, readable=False)
    except OSError as error:
        problem = Problem("file", f"cannot be read ({error.strerror or error}).", "Look at it.")
        return Returned(path, None, {}, (problem,), readable=False)


def _read_markdown(path: Path, data: bytes) -> Returned:
    sheet = read_sheet(data)
    answers = _gathered((row.name, Written(row.text, row.line)) for row in sheet.rows)
    return Returned(path, sheet.code, answers, sheet.remarks)


def _read_csv(path: Path, data: bytes) -> Returned:
    text = read_text(data)
    separator = max(",;\t", key=text.partition("\n")[0].count)
    try:
        rows = list(csv.reader(io.StringIO(text), delimiter=separator))
    except csv.Error as error:
        raise InputError([Problem("file", f"is no CSV ({error}).", "Save it as CSV UTF-8.")]) from None
    heads = [head.strip().casefold() for head in rows[0]] if rows else []
    places = [
        next((heads.index(name) for name in names if name in heads), None) for names in (_CELL_HEADS, _ANSWER_HEADS)
    ]
    cell, answer = places
    if cell is None or answer is None:
        what = "has no line of headings with the columns cell and answer."
        raise InputError([Problem("line 1", what, "Write: cell,answer")])
    pairs = (
        (row[cell], Written(row[answer] if len(row) > answer else "", line))
        for line, row in enumerate(rows[1:], start=2)
        if len(row) > cell and any(part.strip() for part in row)
    )
    return _named(path, pairs)


def _read_json(path: Path, data: bytes) -> Returned:
    try:
        content = json.loads(read_text(data), parse_float=str, parse_int=str, parse_constant=str)
    except (ValueError, RecursionError):
        raise InputError([Problem("file", "is no JSON.", "Look at it.")]) from None
    if not isinstance(content, dict):
        raise InputError([Problem("file", "is no JSON object.", 'Write {"code": "...", "answers": {"z1[1]": "0.5"}}.')])
    answers: Any = content.get("answers", content)
    if not isinstance(answers, dict):
        raise InputError([Problem("answers", "is no object.", "Write names of cells and their numbers.")])
    pairs = [("code", Written(str(content["code"])))] if "code" in content else []
    pairs += [(name, Written("" if value is None else str(value))) for name, value in answers.items() if name != "code"]
    return _named(path, pairs)


_READERS: Final[dict[str, Callable[[Path, bytes], Returned]]] = {
    ".md": _read_markdown,
    ".markdown": _read_markdown,
    ".txt": _read_markdown,
    ".csv": _read_csv,
    ".json": _read_json,
}
"""By the ending of the file's name."""


def _named(path: Path, pairs: Iterable[tuple[str, Written]]) -> Returned:
    """Answers by names that people wrote, among them perhaps the sheet's code."""
    code, answers, remarks = None, [], []
    for name, written in pairs:
        if name.strip().casefold() == "code":
            code = read_code(written.text)
            if code is None:
                remarks.append(Problem("code", "has a slip.", "Look it up on the sheet."))
        elif (cell := cell_name(name)) is None:
            where = f"line {written.line}" if written.line else "answers"
            remarks.append(Problem(where, f"{name[:40]!r} is no name of a cell.", "It was passed over."))
        else:
            answers.append((cell, written))
    return Returned(path, code, _gathered(answers), tuple(remarks))


def _gathered(pairs: Iterable[tuple[str, Written]]) -> dict[str, tuple[Written, ...]]:
    answers: dict[str, list[Written]] = {}
    for name, written in pairs:
        answers.setdefault(name, []).append(written)
    return {name: tuple(several) for name, several in answers.items()}


# --- matching ----------------------------------------------------------------------------------


def match(
    returned: Sequence[Returned], codes: Mapping[str, str], stems: Mapping[str, str]
) -> list[tuple[Returned, str | None, tuple[Problem, ...]]]:
    """Whose each file is, with what a person has to know: by its code, or else by the name of the file.

    `codes` are the students' ids by code, `stems` their file names (without ending) by id.
    """
    by_stem = {stem.casefold(): student for student, stem in stems.items()}
    return [(file, *_owner(file, codes, by_stem)) for file in returned]


def _owner(
    file: Returned, codes: Mapping[str, str], by_stem: Mapping[str, str]
) -> tuple[str | None, tuple[Problem, ...]]:
    if file.code is not None:
        if student := codes.get(file.code):
            return student, ()
        what = f"{file.code} is a code of another assignment or class."
        return None, (Problem("code", what, "Look whose sheet it is."),)
    name = file.path.stem.casefold()
    bare = re.sub(r"(?: ?\(\d+\)|[-_ ]\d{1,2})$", "", name)  # the second download, the second try
    if student := by_stem.get(name) or by_stem.get(bare):
        return student, ()
    fitting = {
        student for stem, student in by_stem.items() if bare.endswith(f"_{stem}")
    }  # behind what Canvas puts first
    if len(fitting) == 1:
        return fitting.pop(), ()
    whose = "several students" if fitting else "nobody"
    return None, (Problem("code", f"cannot be found, and the file's name fits {whose}.", "Look whose sheet it is."),)
