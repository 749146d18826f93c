"""What is said of a class at the end: what was done, how alike its sheets are, what to look at."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from backproptable.commands.assign import Report
from backproptable.drawing.hardness import HARDNESS
from backproptable.mistakes.registry import MISTAKES
from backproptable.quizzes.exported import NOTES

__all__ = ["next_steps", "summary", "untested_lines"]

_TITLES: Final = {mistake.code: mistake.title for mistake in MISTAKES}


def summary(report: Report, *, verbose: bool = False) -> Iterator[str]:
    """The lines of a short summary; `verbose`: also how the drawing went, and how hard the sheets are."""
    if report.has_sheets:
        yield f"{_count(report.drawn + report.kept + report.gone, 'sheet')} in {report.sheets}, keys in {report.keys}"
    if report.quizzes is not None:
        kinds = ", ".join(f"{name}: {_count(files, 'file')}" for name, files in report.quizzes.files.items())
        yield f"{_count(report.quizzes.quizzes, 'quiz')} in {report.quiz_folder} ({kinds}), for the teacher only"
    yield f"{report.drawn:,} drawn, {report.kept:,} kept from before; {_count(report.files, 'file')} written"
    if report.gone:
        yield f"{_count(report.gone, 'student')} of the manifest not in the roster: their sheets stay as they are"
    if report.zip_folder is not None:
        yield f"{_count(report.zips, 'zip')} in {report.zip_folder}"
    if report.mail is not None:
        without = report.students - report.mailed
        missing = f"; {_count(without, 'student')} of the roster without an address" if without else ""
        yield f"{report.mail}: {_count(report.mailed, 'student')} with address and file, for a mail merge{missing}"
    yield f"each {'sheet' if report.has_sheets else 'quiz'} asks for {_count(report.asked, 'number')}"
    if verbose:
        yield from _of_the_drawing(report)
    yield from untested_lines(report.not_tested, report.drawn + report.kept + report.gone)
    if report.not_looked_at:
        yield f"{_count(report.not_looked_at, 'sheet')} of an earlier program: what they cannot test is not known"


def next_steps(report: Report, output: Path, *, usual: bool) -> Iterator[str]:
    """What a teacher does after that; `usual`: nobody has named another folder."""
    where = "" if usual else f" -o {shlex.quote(str(output))}"
    where += "" if report.keys == output / report.keys.name else f" --keys {shlex.quote(str(report.keys))}"
    yield "next:"
    if report.quiz_folder is not None:
        yield f"  import the quizzes as {report.quiz_folder / NOTES} says; it also says what they cannot promise"
    if not report.has_sheets:
        yield f"  keep {report.keys} to yourself, and a copy of it: without it nothing can be drawn again"
        return
    if report.zip_folder is not None:
        yield f"  give each student their zip of {report.zip_folder}, or upload them"
    else:
        yield f"  give each student their file of {report.sheets}; the file names say whose it is"
    if report.mail is not None:
        yield f"  or send them by a mail merge with {report.mail}"
    yield f"  keep {report.keys} to yourself, and a copy of it: without it nothing can be marked"
    yield f"  when they come back: backproptable verify FOLDER_OR_ZIP{where}"


def _of_the_drawing(report: Report) -> Iterator[str]:
    if report.drawn:
        redrawn = sum(report.redraws.values())
        yield f"{_count(redrawn, 'redraw')}{', by the rule that was broken:' if redrawn else ''}"
        for words, count in report.redraws.most_common():
            yield f"  {words}: {count:,}"
    yield from _hardness(report)
    yield from _not_told(report)


def untested_lines(counts: Mapping[str, int], sheets: int) -> Iterator[str]:
    """The mistakes that change no asked number, with the number of sheets on which they do not."""
    if not counts:
        return
    yield "not tested, since they change no number that is asked:"
    for code, count in sorted(counts.items(), key=lambda item: -item[1]):
        where = "" if sheets == 1 else " on every sheet" if count == sheets else f" on {_count(count, 'sheet')}"
        yield f"  {code}{where}: {_TITLES[code]}"


def _hardness(report: Report) -> Iterator[str]:
    if report.hardness:
        yield "how hard, from the easiest to the hardest sheet:"
    for code, words in HARDNESS.items():
        if code in report.hardness:
            low, middle, high = report.hardness[code]
            spread = f"{low:.4g} to {high:.4g}, mostly about {middle:.4g}"
            yield f"  {words}: {spread if low < high else f'{low:.4g} on every sheet'}"


def _not_told(report: Report) -> Iterator[str]:
    if not report.drawn + report.kept + report.gone:
        return
    if not report.not_told:
        yield "every registered mistake that changes a number can be told from the right one on every sheet"
        return
    yield "mistakes that can hide behind the right number in some cells (the manifest says which):"
    for code, count in sorted(report.not_told.items(), key=lambda item: -item[1]):
        yield f"  {code} on {_count(count, 'sheet')}: {_TITLES[code]}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 'zes' if noun == 'quiz' else 's'}"
