"""A returned sheet: its code, its rows of answers, and a remark for whatever could not be read.

A sheet says whose it is (``| code | 7KQ2M-XR9DD |``) and how many numbers it asks for
(``| numbers asked | 160 |``). Answers stand in tables whose first column is headed ``cell`` and whose
last is headed ``answer``; numbers that the sheet printed stand under ``value``. Rows are known by
the name in their first cell, never by their place, and nothing that looks like an answer is passed
over in silence: what no table has taken becomes a remark with its line.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

from backproptable.arithmetic import in_ascii
from backproptable.codes import read_code
from backproptable.errors import Problem
from backproptable.marks import ANSWER, ASKED, CELL, CODE, VALUE
from backproptable.names import NAME_PATTERNS, NAMES_IN_TIME
from backproptable.tables import Line, Table, read_page, read_text

__all__ = ["UPDATED", "Row", "Sheet", "cell_name", "line_name", "read_sheet"]

UPDATED: Final = "updated"
"""Heads the last column of tables that repeat weights before and after, for show: they are not read."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table of cells."""

    name: str
    """The ASCII name of the cell."""
    text: str
    """What stands in the last column. Where it is not clear which cell is the last (a row with a cell too many or
    too few), the whole row between bars, which no reader of answers takes for a number."""
    line: int
    """The line of the file, counted from 1."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that was found in a file."""

    code: str | None
    asked: int | None
    """How many numbers the sheet says it asks for."""
    rows: tuple[Row, ...]
    """Answers in the order of the file; one cell may have several."""
    printed: tuple[Row, ...]
    """Numbers that the sheet gives, in the same way."""
    remarks: tuple[Problem, ...]
    """What was not read, and why. `where` is ``line 12``, `CODE` or `ASKED`."""


def read_sheet(data: bytes) -> Sheet:
    """What stands in a returned file. Raises `InputError` for what is no text at all."""
    page = read_page(read_text(data))
    reader = _Reader()
    for table in page.tables:
        reader.read_table(table)
    for line in page.loose:
        reader.read_loose(line)
    return reader.sheet()


# --- names ----------------------------------------------------------------------------------------


def _stem(family: str) -> str:
    """What stands before the brackets; weights and what belongs to them can be those of a recurrent net, too."""
    layer = "(?:[1-9][0-9]{0,3}|[xsy])" if family in _OF_WEIGHTS else "[1-9][0-9]{0,3}"
    return re.escape(NAME_PATTERNS[family]).replace(re.escape("{n}"), layer)


_OF_WEIGHTS: Final = ("W", "b", "dL/dW", "dL/db", "norm", "paths")
_IN_TIME: Final = tuple(map(re.escape, ("s0", *NAMES_IN_TIME.values())))
_ALONE: Final = {"eta", "L", "norm"}
"""Families with one cell each (per layer), which has no indices."""
_ALONE_OR_NOT: Final = {"b", "S", "dL/db"}
_INDEX: Final = " {0,3}[1-9][0-9]{0,5} {0,3}"
_UNITS: Final = rf"\[{_INDEX}(?:,{_INDEX}){{0,3}}\]"
_NAME: Final = re.compile(
    r"(?P<stem>{all})(?P<prime>')? {{0,3}}(?P<units>{units})?(?P<late>')? {{0,3}}"
    r"(?P<share><{index}>)?(?P<update>@[1-9][0-9]{{0,3}})?".format(
        all="|".join([*map(_stem, sorted(NAME_PATTERNS, key=lambda family: -len(NAME_PATTERNS[family]))), *_IN_TIME]),
        units=_UNITS,
        index=_INDEX,
    )
)
_NEEDS_INDICES: Final = re.compile(
    "|".join([*(_stem(family) for family in NAME_PATTERNS if family not in _ALONE | _ALONE_OR_NOT), *_IN_TIME])
)
_HAS_NO_INDICES: Final = re.compile("|".join(map(_stem, sorted(_ALONE))))
_HAS_SHARES: Final = re.compile(_stem("dL/dW"))
_LONGEST_NAME: Final = 200


def cell_name(text: str) -> str | None:
    r"""The ASCII name that a text such as ``W1’[1, 2]`` or ``z1\[1\]`` means; None where it is no cell's name."""
    if len(text) > _LONGEST_NAME:
        return None
    bare = in_ascii(html.unescape(text)).strip(" `*_$").replace(" ", "").replace("\\", "")
    found = _NAME.fullmatch(bare)
    return _name(found) if found else None


def line_name(text: str) -> str | None:
    """The name with which a line of running text begins as if it gave a number for it."""
    lead = in_ascii(html.unescape(_TAG.sub("|", _LEAD.sub("", text[:_LONGEST_NAME], count=1))))
    found = _NAME.match(lead.translate(_DRESS).lstrip(" _"))
    if not found or not (name := _name(found)):
        return None
    rest = found.string[found.end() :].rstrip(" _.|)")
    is_plain_word = not found["units"] and not name.startswith(("d", "norm"))
    return name if not is_plain_word or (_GIVES.match(rest) and not lead.startswith("$")) else None


_DRESS: Final = str.maketrans("", "", "`*\\$")
_LEAD: Final = re.compile(r"\A(?:[\s>|_*`]|[-+](?=\s)|[0-9]{1,3}[.)](?=\s)|<[^<>]{0,99}>)+")
"""What may stand before a name at the start of a line: quotes, lists, bars, emphasis, tags."""
_TAG: Final = re.compile("<(?![0-9]{1,4}>)[^<>]{0,99}>")
"""HTML; a number between angle brackets is a time step."""
_GIVES: Final = re.compile(r"[ _]*(?:$|\||[;,=:≈~]? *[-+]?\.?[0-9]|[=:≈~].*[0-9]$)")
"""What follows a name where it is given a number. ("L is ..." and "b1 = b1 - rate * gradient" give none.)"""


def _name(found: re.Match[str]) -> str | None:
    stem, units = found["stem"], (found["units"] or "").replace(" ", "")
    if (found["prime"] and found["late"]) or (units and _HAS_NO_INDICES.fullmatch(stem)):
        return None
    if (not units and _NEEDS_INDICES.fullmatch(stem)) or (found["share"] and not _HAS_SHARES.fullmatch(stem)):
        return None
    share = (found["share"] or "").replace(" ", "")
    return f"{stem}{found['prime'] or found['late'] or ''}{units}{share}{found['update'] or ''}"


# --- the reader -----------------------------------------------------------------------------------

_LOOKS_WORKED: Final = re.compile(r"[\s*_`$=≈~+−-]*\.?[0-9]|.*[=(]")
_SEPARATOR: Final = re.compile(":?-+:?")
_LABEL: Final = re.compile(rf"({CODE}|{ASKED})\b[\s|:*`]*([^|]*)", re.IGNORECASE)
_TABLE_TAG: Final = re.compile("<t[dhr]", re.IGNORECASE)
_HEADING_REMEDY: Final = f"Answers are read where the heading is '| {CELL} | ... | {ANSWER} |'."
_TABLE_REMEDY: Final = (
    "Put it into a row of the sheet's table. (A table needs the line |---|---| under its heading, no empty line"
    " inside, and no code block or HTML around it.)"
)


def _word(text: str) -> str:
    """A heading, compared loosely."""
    return " ".join(in_ascii(text).strip("`*_: ").lower().split())


class _Reader:
    """Collects what stands in a file, line by line."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.printed: list[Row] = []
        self.remarks: list[tuple[int, Problem]] = []
        self.labels: dict[str, list[tuple[str, int]]] = {CODE: [], ASKED: []}

    def sheet(self) -> Sheet:
        code, asked = self.code(), self.asked()
        remarks = tuple(problem for _, problem in sorted(self.remarks, key=lambda remark: remark[0]))
        return Sheet(code, asked, tuple(self.rows), tuple(self.printed), remarks)

    def remark(self, line: int, what: str, remedy: str = "") -> None:
        self.remarks.append((line, Problem(f"line {line}", what, remedy)))

    # --- tables ---

    def read_table(self, table: Table) -> None:
        """Every row of a table. People run tables together, so a heading may stand in any row."""
        heading: tuple[str, ...] = ()
        for line, after in zip_longest(table.lines, table.lines[1:]):
            if self.is_label(line) or _is_empty(line):
                continue
            told = len(self.remarks)
            if new := _heading(line):
                heading = new
            elif heading[:1] == (CELL,) and heading[-1] in (ANSWER, VALUE):
                fault = _GOES_ON if line.is_open and not _is_row(after) else ""
                self.read_row(line, len(heading), self.rows if heading[-1] == ANSWER else self.printed, fault)
            elif table.is_pasted and not heading and _is_answer(line):
                self.read_row(line, 2, self.rows)
            else:
                if line is table.lines[0]:
                    heading = self.read_other_heading(line)
                elif heading[-1:] != (UPDATED,):
                    self.read_stray(line, is_sure=heading[:1] == (CELL,))
                if "|" not in line.text and told == len(self.remarks):  # text, with tabs or right under a table
                    self.read_loose(line)

    def read_other_heading(self, line: Line) -> tuple[str, ...]:
        """The words of a first row that is no heading of ours: perhaps ours is lost, and this is an answer."""
        words = tuple(map(_word, line.cells))
        if words[0] == CELL:
            what = f"the last column of this table is headed {words[-1]!r}, so no answers are read from it."
            self.remark(line.number, what, _HEADING_REMEDY)
        elif _is_answer(line):
            self.remark(
                line.number, f"{cell_name(line.cells[0])} stands where a table has its heading.", _HEADING_REMEDY
            )
            return (CELL,)
        return words

    def read_row(self, line: Line, width: int, rows: list[Row], fault: str = "") -> None:
        """A row under a heading of `width` columns. Surplus or lacking cells do no harm where nothing stands."""
        name, cells = cell_name(line.cells[0]), line.cells
        if any(cells[width:]) or (len(cells) < width and any(cells[1:])):
            fault = f"has {len(cells)} cells where its table has {width}"
        if name is None:
            what = f"{_cut(cells[0])!r} is no name of a cell, so this row is not read."
            self.remark(line.number, what, "Names are written as the sheet has them, like z1[1].")
        elif fault:
            self.remark(line.number, f"the row of {name} {fault}, so its answer is not clear.", _ROW_REMEDY)
            if rows is self.rows:
                rows.append(Row(name, f"| {' | '.join(cells)} |", line.number))
        else:
            rows.append(Row(name, cells[width - 1] if len(cells) >= width else "", line.number))

    def read_stray(self, line: Line, *, is_sure: bool) -> None:
        """A row of a table that is not read. Names without indices, such as b1, may head rows of numbers, too."""
        name = cell_name(line.cells[0]) if is_sure or _is_answer(line) else None
        name = name or next((name for cell in line.cells if "[" in cell and (name := cell_name(cell))), None)
        if name:
            self.remark(line.number, f"{name} stands in a table with another heading and is not read.", _HEADING_REMEDY)

    # --- lines outside tables ---

    def read_loose(self, line: Line) -> None:
        """A line that no table has taken."""
        if found := _LABEL.match(_LEAD.sub("", line.text[:_LONGEST_NAME], count=1)):
            label, value = found[1].lower(), _word(found[2])
            if read_code(value) if label == CODE else value.isdecimal():
                self.labels[label].append((value, line.number))
                return
        name = line_name(line.text)
        if not name and _TABLE_TAG.search(line.text):
            name = next(
                (name for found in _NAME.finditer(line.text) if found["units"] and (name := _name(found))), None
            )
        if name:
            self.remark(line.number, f"this line gives {name} and is outside a table.", _TABLE_REMEDY)

    # --- whose sheet it is, and how much it asks ---

    def is_label(self, line: Line) -> bool:
        label = _word(line.cells[0])
        if label not in self.labels or len(line.cells) == 1:
            return False
        self.labels[label].append((_word(line.cells[1]), line.number))
        return True

    def code(self) -> str | None:
        codes = sorted({code for text, _ in self.labels[CODE] if (code := read_code(text))})
        if len(codes) == 1:
            return codes[0]
        if codes:
            self.label_remark(CODE, f"{' and '.join(codes[:3])} are codes of different sheets.", "Hand in one.")
        else:
            self.no_label(CODE, "no code: a character is wrong or missing")
        return None

    def asked(self) -> int | None:
        counts = sorted({int(text) for text, _ in self.labels[ASKED] if re.fullmatch("[0-9]{1,6}", text)})
        if len(counts) == 1:
            return counts[0]
        if counts:
            self.label_remark(ASKED, f"the file says {' and '.join(map(str, counts[:3]))}.", "Hand in one sheet.")
        else:
            self.no_label(ASKED, "no whole number")
        return None

    def no_label(self, label: str, what: str) -> None:
        if self.labels[label]:
            text, line = self.labels[label][0]
            what = f"{_cut(text.upper())!r} in line {line} is {what}."
        else:
            what = f"the line '| {label} | ... |' of the sheet is not there."
        self.label_remark(label, what, "Copy the line again from the sheet as you got it.")

    def label_remark(self, where: str, what: str, remedy: str) -> None:
        self.remarks.append((0, Problem(where, what, remedy)))


def _heading(line: Line) -> tuple[str, ...]:
    """The words of a row that heads a table of cells to be read, else nothing."""
    words = [_word(cell) for cell in line.cells] if len(line.cells) <= _MOST_COLUMNS else []
    while words and not words[-1]:
        words.pop()
    return tuple(words) if len(words) > 1 and words[0] == CELL and words[-1] in (ANSWER, VALUE) else ()


def _is_empty(line: Line) -> bool:
    """Whether nothing stands in a row, or only the dashes of a separator."""
    return all(not cell or _SEPARATOR.fullmatch(cell) for cell in line.cells)


def _is_answer(line: Line) -> bool:
    """Whether a row gives a number for a cell. (That of a name without indices, such as b1, may be a heading.)"""
    name, *others = cell_name(line.cells[0]), *line.cells[1:]
    return bool(name) and ("[" in str(name) or not others or bool(_LOOKS_WORKED.match(others[-1])))


def _is_row(line: Line | None) -> bool:
    """Whether a line is a row of its own, and not the rest of the one before it."""
    return line is not None and (bool(_heading(line) or cell_name(line.cells[0])) or _is_empty(line))


_MOST_COLUMNS: Final = 100
_GOES_ON: Final = "has no bar at its end and seems to go on in the next line"
_ROW_REMEDY: Final = "Write each row into one line, and no bar | inside a cell."


def _cut(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:40]}..."
