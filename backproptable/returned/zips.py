"""Zip files, as course systems and students pack them: what is in them, one file at a time, and never on the disk.

A zip is a stranger's: it may hold a bomb, names that lead out of any folder, links, itself. So the names
and sizes that it states are looked at first, and nothing is unpacked that is not wanted; what is
unpacked then is cut off where it is longer than it may be, whatever the zip says. Nothing is passed over
in silence: each file that is not read has a remark, but for those that every system leaves behind.
"""

from __future__ import annotations

import os
import re
import stat
import struct
import tempfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Final, NamedTuple

from backproptable.basics.errors import InputError, Problem
from backproptable.basics.plaintext import one_line, shortened
from backproptable.returned.tables import MAX_SIZE

__all__ = ["ZIP", "Limits", "Member", "Unpacking", "contents", "look_into"]

ZIP: Final = ".zip"
"""The ending of names, in lower case."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What is unpacked at most of one zip. Everything beyond has a remark.

    A zip within a zip is one student's: it has narrow limits of its own, so that it cannot use up those of the class.
    """

    files: int = 200_000
    """That are read of a zip on the disk, those in zips within it included."""
    size: int = 4_000_000_000
    """Bytes, unpacked, of all that is read of it together."""
    nested: int = 100_000_000
    """Bytes of a zip within a zip."""
    nested_files: int = 1_000
    """That are read of a zip within a zip."""
    nested_size: int = 50_000_000
    """Bytes, unpacked, of all that is read of it together."""
    ratio: int = 100
    """How many times larger than packed a zip within a zip may be: it is packed already."""
    depth: int = 3
    """Zips within each other: a course's download, a student's zip in it, and one more."""
    directory: int = 64_000_000
    """Bytes of the list of files in a zip on the disk: each takes some 150, and half a thousand in memory."""
    nested_directory: int = 1_000_000
    """The same of a zip within a zip."""
    name: int = 1000
    """Characters of a path within a zip; no file system has longer ones in practice."""


@dataclass(frozen=True, slots=True)
class Member:
    """A file in a zip that can be read."""

    path: Path
    """The zip and the path within, as it is shown: no file of this name need be there."""
    archive: Path
    """The zip on the disk."""
    place: tuple[int, ...]
    """Its number in the zip; before it those of the zips that it is in."""


# --- looking into a zip ------------------------------------------------------------------------


def look_into(
    path: Path, wanted: Callable[[str], bool], silent: Callable[[str], bool], limits: Limits | None = None
) -> tuple[list[Member], list[Problem], Counter[str]]:
    """The files in a zip on the disk that are `wanted` by their names, by name; remarks; the endings of the others.

    Zips within it are looked into as well. What is `silent` by a part of its path is passed over without a
    word. Raises nothing: what cannot be read has a remark.
    """
    look = _Look(path, wanted, silent, limits or Limits())
    try:
        with path.open("rb") as file:
            look.into(file, path, ())
    except OSError as error:
        look.remark(path, f"cannot be read ({error.strerror or error}).", "Look at it.")
    return sorted(look.members, key=lambda member: member.path.parts), look.all_remarks(), look.others


@dataclass
class _Budget:
    """What may still be read of one zip, and how much more there was."""

    path: Path
    files: int
    size: int
    limit: str
    """The same in words, as it was at first."""
    beyond: int = 0
    """Files that are more than is read."""

    @classmethod
    def of(cls, path: Path, files: int, size: int) -> _Budget:
        return cls(path, files, size, f"{files:,} files, {size / 1e9:.3g} GB")


@dataclass
class _Look:
    archive: Path
    wanted: Callable[[str], bool]
    silent: Callable[[str], bool]
    limits: Limits
    members: list[Member] = field(default_factory=list)
    remarks: list[Problem] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)
    budgets: list[_Budget] = field(default_factory=list)
    """Of the zip that is being looked into, behind those of the zips that it is in."""

    unsaid: int = 0
    """Remarks that are more than anybody reads."""

    def remark(self, path: Path, what: str, remedy: str) -> None:
        if len(self.remarks) < _MOST_REMARKS:
            self.remarks.append(Problem(shortened(one_line(str(path)), 300), what, remedy))
        else:
            self.unsaid += 1

    def all_remarks(self) -> list[Problem]:
        """The remarks, and how many there are besides."""
        more = [Problem(one_line(str(self.archive)), f"has {self.unsaid:,} more such remarks.")] if self.unsaid else []
        return [*self.remarks, *more]

    def into(self, file: IO[bytes], path: Path, place: tuple[int, ...]) -> None:
        """Look into a zip, which stands at `place`; `path` is how it is shown."""
        try:
            opened = _opened(file, self.limits.nested_directory if place else self.limits.directory)
        except InputError as error:
            self.remark(path, *error.problems[0][1:])
            return
        limits = self.limits
        self.budgets.append(
            _Budget.of(path, limits.nested_files, limits.nested_size)
            if place
            else _Budget.of(path, limits.files, limits.size)
        )
        with opened:
            stated, listed = _end_of(file).files, len(opened.infolist())
            if (stated - listed) % 0x10000:
                what = f"says that it holds {stated:,} files, and lists {listed:,}."
                self.remark(path, what, "It is damaged: download it again.")
            seen: Counter[str] = Counter()
            for number, info in enumerate(opened.infolist()):
                name = _name(info)
                if name.endswith("/") or any(self.silent(part) for part in _parts_of(name) if part != ".."):
                    continue
                seen[name] += 1
                self._entry(opened, info, _shown(path, name, seen[name]), (*place, number))
            for name, count in seen.items():
                if count > 1 and self.wanted(name):
                    self.remark(path / name, f"is in the zip {count} times.", "All were read.")
        budget = self.budgets.pop()
        if budget.beyond:
            what = f"holds {budget.beyond:,} files more than are read of such a zip ({budget.limit})."
            self.remark(path, what, "Verify it in parts." if not place else "Unpack it, if you trust it.")

    def _entry(self, opened: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path, place: tuple[int, ...]) -> None:
        name = _name(info)
        is_zip = path.suffix.lower() == ZIP
        if fault := _fault_of_name(name, self.limits):
            self.remark(path, fault, "It was passed over.")
        elif not is_zip and not self.wanted(name):
            self.others[path.suffix.lower() or "without an ending"] += 1
        elif faults := _fault(info):
            self.remark(path, *faults)
        elif is_zip:
            self._nested(opened, info, path, place)
        elif self._takes(min(info.file_size, MAX_SIZE + 1)):
            self.members.append(Member(path, self.archive, place))

    def _takes(self, size: int, files: int = 1) -> bool:
        """Whether there is room for so much, which is taken then."""
        for budget in reversed(self.budgets):
            if budget.files < files or budget.size < size:
                budget.beyond += 1
                return False
        for budget in self.budgets:
            budget.files -= files
            budget.size -= size
        return True

    def _nested(self, opened: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path, place: tuple[int, ...]) -> None:
        limits = self.limits
        if len(place) >= limits.depth:
            self.remark(path, "is a zip in a zip in a zip.", "It was passed over: unpack it.")
        elif info.file_size > limits.nested or info.file_size > limits.ratio * max(info.compress_size, 1000):
            times = info.file_size / max(info.compress_size, 1)
            what = f"would have {info.file_size / 1e6:,.3g} MB unpacked, {times:,.0f} times what it has packed."
            self.remark(path, what, "It was passed over: unpack it, if you trust it.")
        elif self._takes(info.file_size, 0):
            try:
                with _unpacked(opened, info, limits.nested) as file:
                    self.into(file, path, place)
            except InputError as error:
                self.remark(path, *error.problems[0][1:])


_MOST_REMARKS: Final = 200
_DRIVE: Final = re.compile(r"[A-Za-z]:")
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""What everybody packs by. The others can take gigabytes of memory for a file of a kilobyte."""
_ENCRYPTED: Final = 0x1
_PLAIN_KINDS: Final = (0, stat.S_IFREG)
_UTF8: Final = 0x800


def _fault_of_name(name: str, limits: Limits) -> str:
    """Why a file with this name is not read."""
    if len(name) > limits.name:
        return f"has a name of {len(name):,} characters."
    leads_out = name.startswith("/") or _DRIVE.match(name) or ".." in name.split("/")
    return "has a path that leads out of the zip." if leads_out else ""


def _fault(info: zipfile.ZipInfo) -> tuple[str, str] | None:
    """Why a file in a zip is not read, and what to do."""
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind == stat.S_IFLNK:
        return "is a link.", "It was not followed."
    if kind not in _PLAIN_KINDS:
        return "is no file.", "It was passed over."
    if info.flag_bits & _ENCRYPTED:
        return "is locked with a password.", "It was passed over: unpack it, or ask for it without one."
    if info.compress_type not in _METHODS:
        return "is packed in an unusual way.", "It was passed over: unpack it, and pack it anew."
    return None


def _name(info: zipfile.ZipInfo) -> str:
    """The path within the zip, with slashes, in the encoding it was written in.

    Without the mark for UTF-8 it should be in that of DOS, but macOS and Canvas write UTF-8 all the same,
    which hardly anything else can be taken for.
    """
    name = info.filename
    if not name.isascii() and not info.flag_bits & _UTF8:
        with suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return name.replace("\\", "/")  # as some programs for Windows pack


def _shown(path: Path, name: str, count: int) -> Path:
    """The path of a file in a zip; one of the same name as an earlier one has a number, as browsers put it."""
    *folders, last = _parts_of(name) or ["(no name)"]
    if count > 1:
        last = f"{PurePosixPath(last).stem} ({count}){PurePosixPath(last).suffix}"
    return path.joinpath(*folders, last)


def _parts_of(name: str) -> list[str]:
    return [part for part in name.split("/") if part not in ("", ".")]


# --- opening and unpacking ---------------------------------------------------------------------

_END: Final = b"PK\x05\x06"
_END64: Final = b"PK\x06\x06"
_LOCATOR64: Final = b"PK\x06\x07"
_END_SIZE, _LOCATOR_SIZE, _LONGEST_COMMENT = 22, 20, 65_535
_IN_MEMORY: Final = 10_000_000
"""Bytes up to which a zip within a zip stays in memory; a larger one is a temporary file without a name."""
_TOO_LONG: Final = 0xFFFFFFFF


def _opened(file: IO[bytes], most: int) -> zipfile.ZipFile:
    """The zip, if the list of its files has no more than `most` bytes. Raises `InputError`."""
    try:
        size = _end_of(file).size
        if size > most:
            raise _unusable(f"has a list of files of {size / 1e6:,.3g} MB.", "It was passed over: unpack it.")
        return zipfile.ZipFile(file)
    except (zipfile.BadZipFile, struct.error, ValueError, EOFError, NotImplementedError, OverflowError):
        raise _unusable("is no zip file, or damaged.", "Look at it, or download it again.") from None


class _End(NamedTuple):
    """What the end of a zip says of the list of its files, which Python reads at once."""

    size: int
    """Bytes."""
    files: int
    """How many, or what is left of their number where it does not fit into two bytes."""


def _end_of(file: IO[bytes]) -> _End:
    end = file.seek(0, os.SEEK_END)
    start = file.seek(max(0, end - _END_SIZE - _LONGEST_COMMENT - _LOCATOR_SIZE))
    tail = file.read()
    place = len(tail) - _END_SIZE
    if place < 0 or not (tail.startswith(_END, place) and tail.endswith(b"\0\0")):  # else there is a comment
        place = tail.rfind(_END)
    if place < 0 or len(tail) < place + _END_SIZE:
        raise zipfile.BadZipFile
    count, size = struct.unpack_from("<HL", tail, place + 10)
    locator = place - _LOCATOR_SIZE
    if locator >= 0 and tail.startswith(_LOCATOR64, locator):
        (of_end,) = struct.unpack_from("<Q", tail, locator + 8)
        # It may stand behind something else, and then a little later than it says.
        for at in (of_end, start + locator - 56):
            if 0 <= at < end:
                file.seek(at)
                record = file.read(56)
                if record.startswith(_END64) and len(record) == 56:
                    count, size_64 = struct.unpack_from("<QQ", record, 32)
                    size = max(size if size != _TOO_LONG else 0, size_64)
    return _End(size, count)


def _unpacked(opened: zipfile.ZipFile, info: zipfile.ZipInfo, most: int) -> IO[bytes]:
    """A file in a zip, unpacked. Raises `InputError` where it is damaged, or has more than `most` bytes."""
    whole = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - the caller closes it
    try:
        for part in _parts(opened, info, most + 1):
            whole.write(part)
        if whole.tell() > most:
            raise _unusable(f"has more than {most / 1e6:,.3g} MB unpacked.", "It was passed over.")
    except BaseException:
        whole.close()
        raise
    whole.seek(0)
    return whole


_PART: Final = 1 << 20


def _parts(opened: zipfile.ZipFile, info: zipfile.ZipInfo, most: int) -> Iterator[bytes]:
    """What is in a file of a zip, up to `most` bytes. Raises `InputError` where it is damaged."""
    try:
        with opened.open(info) as file:
            while most > 0 and (part := file.read(min(most, _PART))):
                most -= len(part)
                yield part
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError) as error:
        raise _unusable("is damaged in the zip.", "Download the zip again, or ask for the file.") from error


def _unusable(what: str, remedy: str) -> InputError:
    return InputError([Problem("file", what, remedy)])


# --- reading -----------------------------------------------------------------------------------


def contents(members: Iterable[Member], limits: Limits | None = None) -> Iterator[bytes | InputError]:
    """What is in each of these files, one after the other, as `Unpacking.content` has it."""
    with closing(Unpacking(limits)) as unpacking:
        for member in members:
            yield unpacking.content(member)


class Unpacking:
    """Unpacks one file after the other. Zips stay open for the next file: one on the disk, and one within each other.

    Closed, it can be sent to another process.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._archive: Path | None = None
        self._zips: list[tuple[tuple[int, ...], zipfile.ZipFile, IO[bytes]]] = []

    def content(self, member: Member) -> bytes | InputError:
        """What is in a file, or as much as shows that it is too large for a sheet; or why it cannot be read."""
        try:
            opened = self._of(member)
            return b"".join(_parts(opened, opened.infolist()[member.place[-1]], MAX_SIZE + 1))
        except InputError as error:
            return error
        except (OSError, IndexError):
            return _unusable("cannot be read: the zip has changed.", "Verify it again.")

    def _of(self, member: Member) -> zipfile.ZipFile:
        """The zip that a file is in. Raises `InputError` and `OSError`."""
        if self._archive != member.archive:
            self.close()
            self._open((), member.archive.open("rb"), self._limits.directory)
            self._archive = member.archive
        wanted = member.place[:-1]
        while self._zips[-1][0] != wanted[: len(self._zips[-1][0])]:
            self._close_last()
        while len(place := self._zips[-1][0]) < len(wanted):
            outer = self._zips[-1][1]
            inner = _unpacked(outer, outer.infolist()[wanted[len(place)]], self._limits.nested)
            self._open(wanted[: len(place) + 1], inner, self._limits.nested_directory)
        return self._zips[-1][1]

    def _open(self, place: tuple[int, ...], file: IO[bytes], most: int) -> None:
        try:
            self._zips.append((place, _opened(file, most), file))
        except BaseException:
            file.close()
            raise

    def _close_last(self) -> None:
        _, opened, file = self._zips.pop()
        opened.close()
        file.close()

    def close(self) -> None:
        """Close all of them."""
        self._archive = None
        while self._zips:
            self._close_last()
