"""The quizzes of a class as files, made anew from the manifest whenever they are asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

from backproptable.basics.errors import InputError, OutputError, Problem
from backproptable.basics.workers import workers
from backproptable.basics.writing import clear_away, write_files, write_whole
from backproptable.courses.course import Course
from backproptable.courses.manifest import Manifest
from backproptable.mistakes.registry import MISTAKES
from backproptable.quizzes.exported import NOTES, QUIZZES, Exported
from backproptable.quizzes.formats import QUIZ_FORMATS
from backproptable.quizzes.making import QuizMaker

__all__ = ["export_quizzes"]

_TITLES: Final = {mistake.code: mistake.title for mistake in MISTAKES}


class _Parcel(NamedTuple):
    """A file to be written."""

    path: Path
    format: str
    lines: tuple[str, ...]
    """Of the manifest."""


@dataclass
class _Work:
    """What every process has."""

    maker: QuizMaker
    pool: bool


def export_quizzes(
    course: Course, manifest: Manifest, output: Path, formats: Sequence[str], *, pool: bool, processes: int
) -> Exported:
    """Write the quizzes of everybody in the manifest, for the teacher only.

    Raises `OutputError`, and `InputError` where a number has no limits that a quiz could mark it by.
    """
    folder, exported = output / QUIZZES, Exported()
    parcels = [*_parcels(manifest, folder, formats)] if formats else []
    for format in formats:  # noqa: A001 - the word users know
        _make(folder / format)
    with workers(_Work(QuizMaker(course), pool), processes if len(parcels) > 1 else 1) as run:
        first = formats[0] if formats else ""
        for done in run(_write, parcels, len(parcels)):
            for format, count, asked, open_to, zeros in done:  # noqa: A001
                exported.files[format] += 1
                if format == first:
                    exported.quizzes += count
                    exported.asked += asked
                    exported.open_to.update(open_to)
                    exported.open_to_zero += zeros
    write_files(folder, {NOTES: "\n".join(_notes(course, exported, formats)) + "\n"}, private=True)
    return exported


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.parent.chmod(0o700)
    except OSError as error:
        raise OutputError(f"{folder}: could not be made ({error.strerror or error}).") from None
    clear_away(folder)


def _parcels(manifest: Manifest, folder: Path, formats: Iterable[str]) -> Iterator[_Parcel]:
    """The files of every format; those of one quiz each are called as the student's other files are."""
    for name in formats:
        quiz_format = QUIZ_FORMATS[name]
        lines, number = manifest.lines(), 0
        while some := tuple(islice(lines, quiz_format.together)):
            number += 1
            stem = f"{name}-{number:03}" if quiz_format.together > 1 else ""
            yield _Parcel(folder / name / f"{stem}.{quiz_format.ending}" if stem else folder / name, name, some)


_Done = tuple[str, int, int, Counter[str], int]


def _write(work: _Work, parcels: Sequence[_Parcel]) -> list[_Done]:
    """Write these files; for each its format, quizzes, numbers asked, mistakes that are accepted, and zeros."""
    done = []
    for parcel in parcels:
        quiz_format = QUIZ_FORMATS[parcel.format]
        quizzes = work.maker.quizzes(parcel.lines)
        path = parcel.path
        if quiz_format.together == 1:
            path = path / f"{quizzes[0].stem}.{quiz_format.ending}"
        try:
            data = quiz_format.write(quizzes, pool=work.pool)
        except OverflowError:
            what = "some numbers can be anything after honest rounding: no fixed limits can mark them."
            raise InputError([Problem("--format", what, "Ask for more figures, or for other steps.")]) from None
        write_whole(path, data, private=True)
        open_to: Counter[str] = Counter()
        for quiz in quizzes:
            for mistake, cells in quiz.open_to:
                open_to[mistake] += len(cells)
        zeros = sum(len(quiz.open_to_zero) for quiz in quizzes)
        done.append((parcel.format, len(quizzes), sum(1 for quiz in quizzes for _ in quiz.blanks), open_to, zeros))
    return done


def _notes(course: Course, exported: Exported, formats: Iterable[str]) -> Iterator[str]:
    """What a teacher has to know of these files."""
    yield f"Quizzes: {course.title}"
    yield ""
    yield "These files hold the right numbers. They are for the teacher only."
    yield f"{exported.quizzes:,} quizzes, {exported.asked:,} numbers asked in all of them together."
    for name in formats:
        quiz_format = QUIZ_FORMATS[name]
        yield ""
        yield f"{quiz_format.title}: folder {name}, files {exported.files[name]:,}"
        yield f"  {quiz_format.to_import}"
        yield f"  {quiz_format.limits}"
    yield ""
    yield "How numbers are marked, and what no quiz can promise"
    yield f"- A number is right within what any honest way of working to {course.figures} figures can give: every line"
    yield "  rounded, all digits carried, or now the one and now the other. Nobody who works so is marked wrong."
    yield "- There is no follow-through: what follows from a wrong number is wrong. Sheets (md, tex, csv) judge every"
    yield "  line on the student's own numbers, name the mistake, and give credit for what follows."
    yield "- Numbers that are cut off instead of rounded, or have fewer figures, can be marked wrong."
    if exported.open_to_zero:
        where = _places(exported.open_to_zero)
        yield f"- A 0 is accepted in {where} where the number is not 0: honest rounding can give it there."
    total = exported.open_to.total()
    if not total:
        yield "- No registered mistake gives a number that is accepted, wherever it changes one."
        return
    yield f"- In {_places(total)} a registered mistake gives a number that is accepted, since it lies that near:"
    for code, count in sorted(exported.open_to.items(), key=lambda item: (-item[1], item[0])):
        yield f"    {code} {count:,}: {_TITLES[code]}"


def _places(count: int) -> str:
    return f"{count:,} place{'' if count == 1 else 's'}"
