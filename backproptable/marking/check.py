"""What can be read of a filled-in sheet: for students, before they hand it in, and without any key.

It says nothing about right or wrong. Every asked number is one of five: read, blank, unreadable,
doubled (its name stands in several rows, so it is not clear which counts) or missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from backproptable.basics.errors import InputError, Problem
from backproptable.formulas.written_names import names_of_recipes
from backproptable.returned.answers import Answer, Unreadable, read_answer
from backproptable.returned.files import Returned, read_returned
from backproptable.returned.sheet import Row, Sheet, read_sheet
from backproptable.returned.tables import read_bytes
from backproptable.sheets.marks import ASKED, CALCULATION, CODE

__all__ = ["CheckReport", "Doubled", "Fault", "check_sheet", "report_on"]


@dataclass(frozen=True, slots=True)
class Fault:
    """An answer that cannot be read."""

    name: str
    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Doubled:
    """A cell that has several rows."""

    name: str
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What can be read of one sheet."""

    sheet: str
    """The file, as it was named."""
    code: str | None
    asked: int | None
    read: tuple[str, ...]
    """Names of the cells whose answer can be read."""
    blank: tuple[str, ...]
    unreadable: tuple[Fault, ...]
    doubled: tuple[Doubled, ...]
    faults: tuple[Problem, ...]
    """What is wrong with the sheet's code or its count of asked numbers."""
    remarks: tuple[Problem, ...]
    """Lines that were passed over, and why."""
    displaced: tuple[int, ...] = ()
    """Lines whose answer stands behind its cell; it is read all the same."""

    @property
    def found(self) -> int:
        """How many different cells have a row."""
        return len(self.read) + len(self.blank) + len(self.unreadable) + len(self.doubled)

    @property
    def missing(self) -> int:
        """How many asked numbers have no row; below 0 where there are more rows than asked for."""
        return 0 if self.asked is None else self.asked - self.found

    @property
    def clean(self) -> bool:
        """Whether it can be handed in as it is. Blanks and passed-over lines do not spoil it: they may be meant."""
        return not (self.unreadable or self.doubled or self.missing or self.faults)

    def lines(self) -> tuple[str, ...]:
        """The report in words."""
        return tuple(_told(self))


def check_sheet(path: Path) -> CheckReport:
    """Check a file. Raises `InputError` where it cannot be read at all."""
    try:
        if path.suffix.lower() == ".csv":
            with names_of_recipes(known=True):  # its first column has nothing but names
                return _of_a_table(read_returned(path), str(path))
        data = read_bytes(path)
        with names_of_recipes(known=CALCULATION.encode() in data):
            return report_on(read_sheet(data), str(path))
    except OSError as error:
        problem = Problem("file", f"cannot be read ({error.strerror}).", "Name a Markdown file that is there.")
        raise InputError([problem], str(path)) from None
    except InputError as error:
        raise error.at(str(path)) from None


def _of_a_table(returned: Returned, name: str) -> CheckReport:
    """What can be read of a table that was filled in with a spreadsheet."""
    read, blank, unreadable, doubled = [], [], [], []
    for cell, written in returned.answers.items():
        lines = tuple(one.line or 0 for one in written)
        answer = read_answer(written[0].text)
        if len(written) > 1:
            doubled.append(Doubled(cell, lines))
        elif isinstance(answer, Answer):
            read.append(cell)
        elif isinstance(answer, Unreadable):
            unreadable.append(Fault(cell, lines[0], answer.reason))
        else:
            blank.append(cell)
    remarks = returned.remarks if returned.readable else ()
    faults = () if returned.readable else returned.remarks
    if returned.readable and returned.code is None:
        faults = (Problem("code", "is not there, or cannot be read.", "Put the line of the code back."),)
    found = (tuple(read), tuple(blank), tuple(unreadable), tuple(doubled))
    return CheckReport(name, returned.code, None, *found, tuple(faults), tuple(remarks))


def report_on(sheet: Sheet, name: str) -> CheckReport:
    """What can be read of a sheet."""
    rows: dict[str, list[Row]] = {}
    for row in sheet.rows:
        rows.setdefault(row.name, []).append(row)
    remarks = {problem.where: problem for problem in sheet.remarks}
    read, blank, unreadable = [], [], []
    for row in (found[0] for found in rows.values() if len(found) == 1):
        match read_answer(row.text):
            case Answer():
                read.append(row.name)
            case Unreadable(_, reason):
                known = remarks.get(f"line {row.line}")
                unreadable.append(Fault(row.name, row.line, f"{known.what} {known.remedy}" if known else reason))
            case _:
                blank.append(row.name)
    about_sheet = (CODE, ASKED)
    told = {*about_sheet, *(f"line {fault.line}" for fault in unreadable)}
    return CheckReport(
        name,
        sheet.code,
        sheet.asked,
        tuple(read),
        tuple(blank),
        tuple(unreadable),
        tuple(Doubled(name, tuple(row.line for row in found)) for name, found in rows.items() if len(found) > 1),
        tuple(problem for problem in sheet.remarks if problem.where in about_sheet),
        tuple(problem for problem in sheet.remarks if problem.where not in told),
        sheet.displaced,
    )


# --- in words -------------------------------------------------------------------------------------

_MOST_LINES: Final = 50
"""Of each kind: who has more has one cause for all of them."""


def _told(report: CheckReport) -> Iterator[str]:
    total = report.found if report.asked is None else report.asked
    yield f"{report.sheet}: {len(report.read)} of {total} numbers can be read."
    yield from (f"  {problem}" for problem in report.faults)
    if report.code:
        yield f"  code: {report.code}"
    if report.unreadable:
        yield "  Not readable:"
        yield from _some(f"line {fault.line}, {fault.name}: {fault.reason}" for fault in report.unreadable)
    if report.doubled:
        yield "  In several rows (keep one of them):"
        yield from _some(f"{cell.name}: lines {_listed(cell.lines)}" for cell in report.doubled)
    if report.missing > 0:
        yield f"  Missing: {_rows(report.missing)} of the sheet {'is' if report.missing == 1 else 'are'} not there."
    if report.missing < 0:
        yield f"  Too many: {_rows(-report.missing)} more than the sheet asks for. Is a name misspelt?"
    if report.blank:
        yield f"  Blank ({len(report.blank)}): {_listed(report.blank)}"
    if report.displaced:
        where = _lines(report.displaced)
        yield f"  Read, but outside its cell (write between the last two bars): {where}"
    if report.remarks:
        yield "  Passed over:"
        yield from _some(map(str, report.remarks))
    yield f"  {_verdict(report)}"


def _verdict(report: CheckReport) -> str:
    """What to do now."""
    blank = len(report.blank)
    if not report.clean:
        return "Please mend this before you hand it in."
    if blank and not report.read:
        where = "in the column answer" if report.sheet.lower().endswith(".csv") else "between the last two bars"
        return f"Nothing is filled in yet: {_numbers(blank)} blank. Write each {where} of its line."
    return f"This can be handed in; {_numbers(blank, 'still')} blank." if blank else "This can be handed in."


def _numbers(count: int, adverb: str = "") -> str:
    return " ".join(filter(None, (f"{count} {'number is' if count == 1 else 'numbers are'}", adverb)))


def _lines(numbers: Sequence[int]) -> str:
    return f"{'line' if len(numbers) == 1 else 'lines'} {_listed(numbers)}"


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"


def _listed(things: Sequence[object]) -> str:
    more = len(things) - _MOST_LINES
    return ", ".join(map(str, things[:_MOST_LINES])) + (f" and {more} more" if more > 0 else "")


def _some(lines: Iterable[str]) -> Iterator[str]:
    """The first of many lines, indented, and how many more there are."""
    more = 0
    for number, line in enumerate(lines):
        if number < _MOST_LINES:
            yield f"    {line}"
        else:
            more += 1
    if more:
        yield f"    ... and {more} more"
