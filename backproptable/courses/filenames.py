"""From a course's rule for file names to names that are safe on every file system, one per student.

Names are made for people who look for their own in a folder of five hundred, so a name is changed
only where it has to be: where a character, a length or another student's name leaves no choice.
"""

from __future__ import annotations

import hashlib
import itertools
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from backproptable.basics.errors import Problem, suggestion
from backproptable.basics.plaintext import comparable, composed
from backproptable.rosters.student import Student, column_name

__all__ = ["DEFAULT_FILE_NAME", "LONGEST_STEM", "file_stems", "rule_problems", "safe_stem"]

DEFAULT_FILE_NAME: Final = "{first_name}_BATCH_{batch}_ASSIGNMENT2B.md"

LONGEST_STEM: Final = 100
"""Bytes of a name without its ending: file systems take 255, of which endings and folders need some."""

_LONGEST_ID: Final = 40
"""Bytes of a student's id where it is appended to a name, of which something is to be left."""

_PLACEHOLDER: Final = re.compile(r"\{([^{}.:!\[\]\d][^{}.:!\[\]]*)\}")
"""A column's name and nothing else: what Python's `format` understands besides is no business of a file name."""

_ADDRESS: Final = re.compile(r"([^@\s]+)@[^@\s]+\.[^@\s.]+")
_OPTIONAL: Final = re.compile(r"\[(\??)([^\[\]]*)\]")
"""A part that may be left out: where its column is empty, and with a ``?`` also where names differ without it."""

_OTHER_NAME: Final = {"first_name": "last_name", "last_name": "first_name"}
_ALWAYS_THERE: Final = ("student_id", "first_name", "last_name", "batch")
"""What a rule may name whether the roster has it or not: for what is absent something else stands in."""

_RESERVED: Final = frozenset(
    ["CON", "PRN", "AUX", "NUL", *(f"{port}{digit}" for port in ("COM", "LPT") for digit in range(10))]
)
"""Devices of Windows, whatever the ending. (The others have a ``$`` in them, which never stays.)"""


def rule_problems(rule: str, columns: Collection[str] | None) -> Iterator[Problem]:
    """What is wrong with a rule for file names, for a roster with these columns (None: not known yet)."""
    where = "[course] file_name"
    literal = _OPTIONAL.sub("", _PLACEHOLDER.sub("", rule))
    wanted = [column_name(name) for name in _PLACEHOLDER.findall(rule)]
    if not rule.casefold().endswith(".md"):
        yield Problem(where, "does not end in .md.", f'Write a name like "{DEFAULT_FILE_NAME}".')
    if "/" in rule or "\\" in rule:
        yield Problem(where, "has a slash or backslash in it.", "Name a file only; --output names the folder.")
    if "{" in literal or "}" in literal:
        yield Problem(where, "has a brace that is not around a column's name.", "Write {first_name}, and nothing else.")
    elif "[" in literal or "]" in literal:
        yield Problem(
            where, "has a square bracket without its other one.", "Write [_{batch}] for what may be left out."
        )
    elif any(not _PLACEHOLDER.search(part) for _, part in _OPTIONAL.findall(rule)):
        yield Problem(where, "has brackets without a column in them.", "Write [_{batch}], or take the brackets away.")
    elif not wanted:
        yield Problem(where, "gives all students the same name.", "Write a column of the roster in braces.")
    if columns is not None:
        known = list(dict.fromkeys([*columns, *_ALWAYS_THERE]))
        for name in dict.fromkeys(wanted):
            if name not in known:
                yield Problem(where, f"{{{name}}} is not a column of the roster.", suggestion(name, known))


def file_stems(rule: str, students: Iterable[Student], taken: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """The names (without ending) of all students who have none yet, by their ids, and warnings.

    `taken` are the names given earlier, which stay. The names do not depend on the order of the
    students. The rule is one that `rule_problems` has nothing against.
    """
    named = _Rule(rule)
    new = [student for student in students if student.student_id not in taken]
    plain = {student.student_id: named(student) for student in new}
    used = set(map(comparable, taken.values()))
    if named.tells_apart:
        often = Counter(map(comparable, plain.values()))
        alike = [student for student in new if often[key := comparable(plain[student.student_id])] > 1 or key in used]
        plain.update((student.student_id, named(student, apart=True)) for student in alike)
    stems: dict[str, str] = {}
    waiting = list(plain)
    ambiguous = 0
    for attempt in itertools.count():
        candidates = {student: _with(plain[student], _suffix(student, attempt)) for student in waiting}
        keys = {student: comparable(stem) for student, stem in candidates.items()}
        counts = Counter(keys.values())
        free = [student for student, key in keys.items() if counts[key] == 1 and key not in used]
        stems.update((student, candidates[student]) for student in free)
        used.update(keys[student] for student in free)
        waiting = [student for student in waiting if student not in stems]
        if attempt == 0:
            ambiguous = len(waiting)
        if not waiting:
            break
    return {student: stems[student] for student in plain}, _warnings(ambiguous)


def safe_stem(text: str) -> str:
    """A text as part of a file's name, in upper case; empty where nothing of it can stand there."""
    return _trimmed(_cut(_trimmed(_safe(text)), LONGEST_STEM))


def _warnings(ambiguous: int) -> list[str]:
    if not ambiguous:
        return []
    whose = "1 student's file" if ambiguous == 1 else f"The files of {ambiguous} students"
    return [f"{whose} would have the name of another student's: the student_id is appended."]


class _Part(NamedTuple):
    """A piece of a rule: literals with columns between them."""

    literals: tuple[str, ...]
    columns: tuple[str, ...]
    optional: bool = False
    """Whether it is left out where one of its columns is empty."""
    apart: bool = False
    """Whether it is left out, too, where names differ without it."""


class _Rule:
    """A rule, taken apart once for all students."""

    def __init__(self, rule: str) -> None:
        pieces = _OPTIONAL.split(re.sub(r"\.md$", "", rule, flags=re.IGNORECASE))
        self.parts = [_part(pieces[0])]
        for mark, inner, behind in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True):
            self.parts += [_part(inner)._replace(optional=True, apart=bool(mark)), _part(behind)]
        self.columns = [column for part in self.parts for column in part.columns]
        self.tells_apart = any(part.apart for part in self.parts)

    def __call__(self, student: Student, *, apart: bool = False) -> str:
        """The student's name by the rule; never empty. `apart`: with what tells it from others."""
        stem, is_whole = "", True
        for part in self.parts:
            if part.apart and not apart:
                continue
            if part.optional and not all(_trimmed(_safe(student.columns.get(name, ""))) for name in part.columns):
                continue
            values = [self._value(student, column) for column in part.columns]
            stem += part.literals[0] + "".join(map("".join, zip(values, part.literals[1:], strict=True)))
            is_whole = is_whole and all(values)
        if not is_whole:  # a dash or two around nothing is one dash
            stem = re.sub("([_-])[_-]+", r"\1", stem)
        return _trimmed(stem) or _trimmed(_safe(_short(student.student_id))) or "STUDENT"

    def _value(self, student: Student, column: str) -> str:
        written = student.columns.get(column, "")
        value = _trimmed(_safe(_short(written) if column == "student_id" else written))
        if not value and column == "batch":
            return "X"
        other = _OTHER_NAME.get(column)
        if not value and other is not None and other not in self.columns:
            return _trimmed(_safe(student.columns.get(other, "")))
        return value


def _part(text: str) -> _Part:
    pieces = _PLACEHOLDER.split(text)
    return _Part(tuple(map(_safe, pieces[0::2])), tuple(map(column_name, pieces[1::2])))


def _short(student_id: str) -> str:
    """An id as it stands in a name: of an address what comes before the @, as the rest is a whole school's."""
    address = _ADDRESS.fullmatch(student_id.strip())
    return address[1] if address else student_id


def _suffix(student_id: str, attempt: int) -> str:
    """What tells a student's name from an equal one: nothing, the id, then ever other digests of it."""
    if attempt == 0:
        return ""
    written = _trimmed(_cut(_trimmed(_safe(_short(student_id))), _LONGEST_ID))
    parts = [written] if written else []
    if attempt > 1 or not written:
        salted = student_id if attempt <= 2 else f"{student_id}\0{attempt}"
        parts.append(hashlib.sha256(salted.encode("utf-8", "surrogatepass")).hexdigest()[:8].upper())
    return "".join(f"_{part}" for part in parts)


def _with(stem: str, suffix: str) -> str:
    """The stem and its suffix, which is never cut, and not the name of a device."""
    whole = composed(_trimmed(_cut(stem, LONGEST_STEM - len(suffix.encode()))) + suffix)
    return f"{whole}_" if unicodedata.normalize("NFKC", whole) in _RESERVED else whole


def _cut(text: str, most: int) -> str:
    """At most so many bytes, and no broken character."""
    return text.encode()[:most].decode(errors="ignore")


def _trimmed(text: str) -> str:
    """Without double underscores, and beginning and ending in something that can be read."""
    return composed(re.sub("__+", "_", text)).strip("_-")


def _safe(text: str) -> str:
    """In upper case, with ``_`` for all but letters, marks, numbers and ``-``."""
    return composed(composed(text).upper()).translate(_KEPT)


class _Kept(dict[int, str]):
    """What a character becomes, found out once for each."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        is_kept = unicodedata.category(character)[0] in "LMN" or character == "-"
        self[code] = character if is_kept else "_"
        return self[code]


_KEPT: Final = _Kept()
