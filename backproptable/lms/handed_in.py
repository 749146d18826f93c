"""How Moodle and Canvas name the files that students handed in, and under which names they take feedback back.

Moodle packs a folder for each student, ``Full Name_1234567_assignsubmission_file`` (before 4.1 with one more
``_`` at its end), or, if the teacher so chose, puts that before the file's own name with a ``_`` between. Its
import of feedback files looks for the first part of a path that reads ``<name>_<number>_<type>_<plugin>``,
takes the participant from the number, and names the feedback by what follows
(``mod/assign/classes/downloader.php`` and ``mod/assign/feedback/file/importziplib.php`` of Moodle).

Canvas writes all files into one folder: ``doejane_LATE_12345_67890_own name-1.md``, with the numbers of the
user and of the file (of anonymous students ``anon_Ab1cd_67890_own name.md``). Uploaded again, the first two
parts that are numbers say whose feedback a file is and which file it is about, and the feedback goes by that
file's own name (``lib/content_zipper.rb`` and ``infer_comment_context_from_filename`` of Canvas). So the
names have to be those that were downloaded.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from backproptable.basics.plaintext import comparable
from backproptable.lms.packing import packed
from backproptable.returned.zips import ZIP

__all__ = ["CANVAS", "MOODLE", "SYSTEMS", "HandedIn", "feedback_files", "handed_in"]

MOODLE: Final = "moodle"
CANVAS: Final = "canvas"
SYSTEMS: Final = (MOODLE, CANVAS)

_MOODLE: Final = re.compile(r"(?P<prefix>[^_]*_(?P<user>[0-9]+)_assignsubmission_[a-z]+)(?P<rest>_.*)?", re.DOTALL)
_CANVAS: Final = re.compile(r"(?P<who>\w+?)_(?:LATE_)?(?P<user>[0-9]+)_(?P<file>[0-9]+)_.+", re.DOTALL)
_ANONYMOUS: Final = re.compile(r"(?:LATE_)?anon_[0-9A-Za-z]+_[0-9]+_.+", re.DOTALL)
_NUMBER: Final = re.compile(r"[0-9]+")


@dataclass(frozen=True, slots=True)
class HandedIn:
    """What the path of a file says about how it was handed in."""

    system: str
    """One of `SYSTEMS`."""
    user: str
    """Of Moodle the number of the participant, of Canvas that of the user; empty where that is anonymous."""
    start: str
    """Of Moodle what stands before the names of feedback files; of Canvas the whole name of one."""
    in_zip: bool = False
    """Whether the student handed in a zip with the file in it."""


def handed_in(path: str, stems: Collection[str] = ()) -> HandedIn | None:
    """What a file's path says; None where no course system has named it.

    `stems` are names (comparable, without their endings) that are the sheets' own: one of these is taken for a
    name by Canvas only with something before it, though a course's rule for names may put numbers into it.
    """
    parts = PurePath(path).parts
    for place, part in enumerate(parts):
        is_last = place == len(parts) - 1
        if (found := _MOODLE.fullmatch(part)) and (not is_last or found["rest"]):
            is_folder = found["rest"] in (None, "_") and not is_last
            start = f"{part}/" if is_folder else f"{found['prefix']}_"
            return HandedIn(MOODLE, found["user"], start, in_zip=any(map(_is_zip, parts[place:-1])))
    for place in reversed(range(len(parts))):
        name, is_last = parts[place], place == len(parts) - 1
        if (is_last or _is_zip(name)) and (user := _canvas_user(name, stems)) is not None:
            return HandedIn(CANVAS, user, name, in_zip=not is_last)
    return None


def _is_zip(part: str) -> bool:
    return PurePath(part).suffix.lower() == ZIP


def _canvas_user(name: str, stems: Collection[str]) -> str | None:
    """The number of the user in a name by Canvas, empty for an anonymous one; None for another name."""
    if _ANONYMOUS.fullmatch(name):
        return ""
    found = _CANVAS.fullmatch(name)
    if found is None or found["who"] != found["who"].lower() or comparable(PurePath(name).stem) in stems:
        return None
    numbers = [part for part in name.split("_") if _NUMBER.fullmatch(part)]
    return found["user"] if numbers[:2] == [found["user"], found["file"]] else None  # else Canvas would take others


def feedback_files(feedback: Iterable[tuple[str, str, str]], stems: Iterable[str] = ()) -> dict[str, dict[str, bytes]]:
    """By system, what goes into the zip that it takes back, by the paths in it.

    `feedback` are the paths of returned files, each with the name and the text of the feedback about it; what no
    course system has named is left out. Canvas gives a comment's file the name that the student's had: for a zip
    this is a zip again.
    """
    stems = frozenset(stems)
    files: dict[str, dict[str, bytes]] = {}
    in_zips: dict[str, dict[str, bytes]] = {}
    for path, name, text in feedback:
        if (found := handed_in(path, stems)) is None:
            continue
        of_system = files.setdefault(found.system, {})
        if found.system == MOODLE:
            place = f"{found.start}{name}"
        elif found.in_zip:
            in_zips.setdefault(found.start, {})[name] = text.encode()
            continue
        else:
            place = found.start
        of_system[_unique(place, of_system)] = text.encode()
    for place, texts in in_zips.items():
        files[CANVAS][_unique(place, files[CANVAS])] = packed(sorted(texts.items()))
    return files


def _unique(path: str, taken: Iterable[str]) -> str:
    """The path, with a number before its ending where it is taken: two downloads can have a file of the same name."""
    stem, dot, ending = path.rpartition(".")
    unique, count = path, 1
    while unique in taken:
        count += 1
        unique = f"{stem} ({count}){dot}{ending}"
    return unique
