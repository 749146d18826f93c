"""Sheets on their way to students: zips to upload or to send, and the file for a mail merge.

Everything here is made from the sheets as they lie in their folder, never from keys, and a rerun makes
it anew, with everybody in the manifest in the zips.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Final, NamedTuple

from backproptable.basics.plaintext import comparable
from backproptable.basics.writing import whole_file
from backproptable.courses.classroom import Classroom
from backproptable.courses.filenames import safe_stem
from backproptable.courses.manifest import Entry
from backproptable.lms.addresses import Letter, address_of, mail_lines
from backproptable.lms.packing import write_zip
from backproptable.rosters.student import Student

__all__ = ["ZIP_FOLDERS", "Parcel", "by_batch", "by_student", "pack_chunk", "student_zip", "write_mail"]

ZIP_FOLDERS: Final = {"student": "zips", "batch": "batches"}
"""Below the output folder, by what there is a zip for."""


class Parcel(NamedTuple):
    """A zip to be written."""

    path: Path
    stems: tuple[str, ...]
    """The names of the sheets in it, without endings."""


def student_zip(output: Path, stem: str) -> Path:
    """Where the zip of one student is."""
    return output / ZIP_FOLDERS["student"] / f"{stem}.zip"


def by_student(output: Path, stems: Iterable[str]) -> Iterator[Parcel]:
    """A zip for each student."""
    return (Parcel(student_zip(output, stem), (stem,)) for stem in stems)


def by_batch(output: Path, entries: Iterable[Entry], batches: Mapping[str, str]) -> list[Parcel]:
    """A zip for each batch; of a class without batches, one for all.

    `batches` are those of the roster, by student (`plaintext.comparable`); who is not in it is where the manifest has
    them. Batches whose names differ only in what no file's name can show, or in upper and lower case, are one.
    """
    found: dict[str, list[str]] = {}
    for entry in entries:
        batch = batches.get(comparable(entry["student_id"]), entry.get("columns", {}).get("batch", ""))
        found.setdefault(safe_stem(batch), []).append(entry["file"])
    of_none = found.pop("", [])
    if found and of_none:
        found.setdefault("X", []).extend(of_none)
    named = {f"BATCH_{batch}": stems for batch, stems in sorted(found.items())} or {"SHEETS": of_none}
    folder = output / ZIP_FOLDERS["batch"]
    return [Parcel(folder / f"{name}.zip", tuple(sorted(stems))) for name, stems in named.items()]


def pack_chunk(classroom: Classroom, parcels: Sequence[Parcel]) -> int:
    """Write these zips; how many. Raises `OutputError`, with the zip that could not be written."""
    for parcel in parcels:
        write_zip(parcel.path, _sheets(classroom, parcel.stems))
    return len(parcels)


def _sheets(classroom: Classroom, stems: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    for stem in stems:
        for (_, is_key), path in classroom.paths(stem).items():
            if not is_key:
                yield path.name, path.read_bytes()


def write_mail(path: Path, classroom: Classroom, named: Iterable[tuple[Student, str]], zips: Path | None) -> int:
    """Write the file for a mail merge, of all students with an address; how many. Without any, none is written.

    `named` are the students with the names of their sheets; `zips` is the output folder where each has a zip, which
    then goes out instead of the sheet. Raises `OutputError`.
    """
    formats = () if zips else classroom.formats
    columns = ["file", *(f"file_{format}" for format in formats[1:])]  # noqa: A001
    letters = _letters(classroom, named, zips)
    first = next(letters, None)
    if first is None:
        return 0
    count = 0
    with whole_file(path) as file:
        for line in mail_lines(chain([first], letters), columns):
            file.write(line.encode())
            count += 1
    return count - 1


def _letters(classroom: Classroom, named: Iterable[tuple[Student, str]], zips: Path | None) -> Iterator[Letter]:
    for student, stem in named:
        if address := address_of(student.columns):
            sheets = [path for (_, is_key), path in classroom.paths(stem).items() if not is_key]
            files = [student_zip(zips, stem)] if zips else sheets
            yield Letter(student.student_id, student.name, address, [str(path.absolute()) for path in files])
