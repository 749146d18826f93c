"""A returned sheet: its code, its rows of answers, and a remark for whatever could not be read.

A sheet says whose it is (``| code | 7KQ2M-XR9DD |``) and how many numbers it asks for
(``| numbers asked | 160 |``). Answers stand in tables with a column headed ``cell`` and, behind it, one
headed ``answer``; numbers that the sheet printed stand under ``value``. Nothing that looks like an
answer is passed over in silence: what could not be read becomes a remark with its line.

Rows are known by the name of their cell, wherever they stand:

- a heading holds until the next one, across empty lines, text and whatever blocks Markdown sees; only
  what the sheet *printed* ends where text begins, so that no answers are taken for it;
- a line may have several rows: each name in it begins one, where the row before has all its cells;
- a number right behind the bar of an *empty* answer cell is that answer. Where the cell is filled,
  too, or a cell is missing, the answer is not clear, and comes back as its whole row.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

from backproptable.basics.errors import Problem
from backproptable.courses.codes import read_code
from backproptable.formulas.written_names import LEAD, LONGEST_NAME, cell_name, line_name, names_within
from backproptable.returned.headings import (
    MOST_COLUMNS,
    PASTED,
    Columns,
    as_word,
    as_words,
    read_heading,
    tables_within,
)
from backproptable.returned.tables import BAR, GAP, TAB, Line, inside, is_nothing, is_rule, read_lines, read_text
from backproptable.sheets.marks import ANSWER, ASKED, CELL, CODE, VALUE, WORKED

__all__ = ["UNREAD_BLOCKS", "UPDATED", "Row", "Sheet", "read_sheet"]

UPDATED: Final = "updated"
"""Heads the last column of tables that repeat weights before and after, for show: they are not read."""
UNREAD_BLOCKS: Final = ("python", "math")
"""Code blocks that belong to a sheet and are not read, but for rows of tables: programs and matrices."""


class Row(NamedTuple):
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
    displaced: tuple[int, ...] = ()
    """The lines with an answer behind its cell, which was read all the same."""


def read_sheet(data: bytes) -> Sheet:
    """What stands in a returned file. Raises `InputError` for what is no text at all."""
    lines: list[Line | None] = [*read_lines(read_text(data)), None]
    reader = _Reader()
    for line, after in pairwise(lines):
        if line:
            reader.read_line(line, after)
    return reader.sheet()


# --- the reader -----------------------------------------------------------------------------------

_SEVERAL: Final = 5
"""So many cells has a line, at least, in which two tables have run together."""
_LOOKS_WORKED: Final = re.compile(r"[\s*_`$=≈~+−-]*\.?[0-9]|.*[=(]")
_LABEL: Final = re.compile(rf"({CODE}|{ASKED})\b[\s|:*`]*([^|]*)", re.IGNORECASE)
_TABLE_TAG: Final = re.compile("<t[dhr]", re.IGNORECASE)
_FENCE: Final = re.compile(r"(?:`{3,}|~{3,})([^`]*)\Z")
_BEGINS_ANEW: Final = re.compile(r"#|>|```|~~~|<|[-+*](?=\s)|[0-9]{1,9}[.)](?=\s)")
"""How a line begins that does not belong to the table above it."""
_ENDS_ROW: Final = re.compile(r"[#|]|```|~~~")
"""How a line begins that is not the rest of a row."""
_HEADING_REMEDY: Final = f"Answers are read where the heading is '| {CELL} | ... | {ANSWER} |'."
_TABLE_REMEDY: Final = f"Put it into its row of the sheet's table, under the heading '| {CELL} | ... | {ANSWER} |'."
_ROW_REMEDY: Final = "Write each row into one line, and no bar | inside a cell."
_NAME_REMEDY: Final = "Names are written as the sheet has them, like z1[1]."


class _Reader:
    """Collects what stands in a file, line by line."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.printed: list[Row] = []
        self.displaced: list[int] = []
        self.remarks: list[tuple[int, Problem]] = []
        self.labels: dict[str, list[tuple[str, int]]] = {CODE: [], ASKED: []}
        self.columns: dict[str, Columns] = {}
        """What the last heading says, by what stands between the cells: a few lines with tabs do not end a table with
        bars."""
        self.others: dict[str, list[str]] = {}
        """In place of columns the words of a heading that is not ours."""
        self.last: Line | None = None
        """The line of a table that was read last."""
        self.is_unread = False
        """Whether a block of code has begun that is not read."""

    def sheet(self) -> Sheet:
        code, asked = self.code(), self.asked()
        answered = {row.name for row in self.rows}
        for name, _, line in self.printed:
            if name in answered:
                self.remark(line, f"{name} stands under {VALUE!r} here, and is not read as an answer.", _HEADING_REMEDY)
        remarks = tuple(problem for _, problem in sorted(self.remarks, key=lambda remark: remark[0]))
        return Sheet(code, asked, tuple(self.rows), tuple(self.printed), remarks, tuple(self.displaced))

    def remark(self, line: int, what: str, remedy: str = "") -> None:
        self.remarks.append((line, Problem(f"line {line}", what, remedy)))

    # --- lines ---

    def read_line(self, line: Line, after: Line | None) -> None:
        """A line, or what was several before they ran together."""
        if line.mark != BAR or len(line.cells) < _SEVERAL or len(tables := tables_within(line.cells)) == 1:
            self.read_one(line, after)
            return
        pieces = [Line(line.number, f"| {' | '.join(cells)} |", BAR, tuple(cells)) for cells in tables]
        for piece, after_it in zip(pieces, [*pieces[1:], after], strict=True):
            self.read_one(piece, after_it)

    def read_one(self, line: Line, after: Line | None) -> None:
        cells, columns = line.cells, self.columns.get(line.mark)
        is_named = columns is not None and line.mark == BAR and cell_name(cells[0]) is not None
        if not (is_named and not self.is_unread) and self.is_hidden(line):
            return
        if columns and is_named and not _is_heading(cells, after):
            self.read_rows(line, cells, columns, after)
        elif not self.is_tabular(line):
            self.read_text(line)
            return
        elif all(map(is_nothing, cells)):
            self.forget_run(line)
        elif not self.read_labels(line):
            self.read_cells(line, after)
        self.last = line

    def is_hidden(self, line: Line) -> bool:
        """Whether a line is a fence, or stands in a block that is not read.

        Such a block ends with the first row of a table at the latest: then its own end is lost.
        """
        if ("```" in line.text or "~~~" in line.text) and (fence := _FENCE.match(inside(line.text))):
            self.is_unread = fence[1].strip().lower() in UNREAD_BLOCKS
            return True
        if self.is_unread and len(line.cells) > 1 and line.mark != GAP:
            is_row = inside(line.text).startswith(BAR) or cell_name(line.cells[0]) or read_heading(line.cells)
            self.is_unread = not is_row
        return self.is_unread

    def is_tabular(self, line: Line) -> bool:
        """Whether what stands between the marks of a line are cells. Gaps are only gaps outside a table with gaps."""
        if line.mark != GAP:
            return bool(line.mark)
        return bool(read_heading(line.cells) or (GAP in self.columns and cell_name(line.cells[0])))

    def read_cells(self, line: Line, after: Line | None) -> None:
        """A line of a table, with or without a row of it."""
        cells, mark = line.cells, line.mark
        if found := read_heading(cells):
            columns, end = found
            self.begin(mark, columns)
            if any(map(cell_name, cells[end:])):
                self.read_rows(line, cells[end:], columns, after)
        elif (mark == TAB and self.begins_run(line)) or _is_heading(cells, after):
            self.read_other_heading(line)
        elif mark in self.columns and (self.follows(line) or self.is_framed(line) or cell_name(cells[0])):
            self.read_rows(line, cells, self.columns[mark], after)
        elif mark not in self.others:
            self.read_loose(line)
        elif self.others[mark][-1:] != [UPDATED]:
            self.read_stray(line)

    def begin(self, mark: str, columns: Columns) -> None:
        self.columns[mark] = columns
        self.others.pop(mark, None)

    def begins_run(self, line: Line) -> bool:
        """Whether the first of several lines with tabs is a heading. If it is an answer, it needs none."""
        self.forget_run(line)
        if TAB in self.columns or TAB in self.others:
            return False
        self.begin(TAB, PASTED)
        return not _is_answer(line.cells)

    def forget_run(self, line: Line) -> None:
        """Lines with tabs have nothing to do with those further up, unless these had our heading."""
        if line.mark == TAB and not self.follows(line, TAB):
            self.others.pop(TAB, None)
            if self.columns.get(TAB) is PASTED:
                del self.columns[TAB]

    def follows(self, line: Line, mark: str = "") -> bool:
        """Whether a line stands right under one of a table (of the same `mark`)."""
        return bool(self.last and self.last.number == line.number - 1 and self.last.mark.startswith(mark))

    def is_framed(self, line: Line) -> bool:
        return line.mark == TAB or inside(line.text).startswith(BAR)

    # --- rows ---

    def read_rows(self, line: Line, cells: Sequence[str], columns: Columns, after: Line | None) -> None:
        """The rows in a line: the first, and others with which it has run together."""
        start = self.start(line, cells, columns)
        starts = [start]
        if len(cells) > start + columns.width:
            for place in range(start + columns.width, len(cells)):
                if place >= starts[-1] + columns.width and cell_name(cells[place]):
                    starts.append(place)
        ends = [*starts[1:], len(cells)]
        fault = _GOES_ON if not line.is_closed and line.mark == BAR and self.goes_on(line, after) else ""
        for start, end in zip(starts, ends, strict=True):
            self.read_row(line.number, cells[start:end], columns, fault if end == len(cells) else "")

    def start(self, line: Line, cells: Sequence[str], columns: Columns) -> int:
        """Where the first name stands, or should stand."""
        if columns.before < len(cells) and cell_name(cells[columns.before]):
            return columns.before
        first = next((place for place, cell in enumerate(cells) if not is_nothing(cell)), 0)
        has_text_in_front = len(cells) > first + 1 and line.mark == BAR and not self.is_framed(line)
        if has_text_in_front and not cell_name(cells[first]) and cell_name(cells[first + 1]):
            return first + 1
        return first

    def read_row(self, line: int, cells: Sequence[str], columns: Columns, fault: str = "") -> None:
        """A row from its name on. Surplus or lacking cells do no harm where nothing stands."""
        name, width, rows = cell_name(cells[0]), columns.width, self.rows if columns.is_asked else self.printed
        if name is None and (name := line_name(cells[0])):
            fault = "has more than the name in its first cell"
        if name is None:
            self.remark(line, f"{_cut(cells[0])!r} is no name of a cell, so this row is not read.", _NAME_REMEDY)
            return
        text, more = _without_rule(cells[width - 1]) if len(cells) >= width else "", cells[width:]
        if len(cells) < width and any(cells[1:]):
            fault = fault or _wrong_count(cells, width)
        elif any(more):
            if not text and more[0] and not any(more[1:]) and not columns.behind:
                text = more[0]
                self.displaced.append(line)
            elif any(more[columns.behind :]) or (not text and _has_digits(more)):
                fault = _wrong_count(cells, width)
        if columns.value is not None and not fault:
            if as_word(text) == WORKED:
                rows, text = self.printed, cells[columns.value]
            elif not text and (written := _without_rule(cells[columns.value])):
                text = written  # into the column of what is worked
                self.displaced.append(line)
        if fault:
            self.remark(line, f"the row of {name} {fault}, so its answer is not clear.", _ROW_REMEDY)
            text = f"| {' | '.join(cells)} |"
        if not fault or columns.is_asked:
            rows.append(Row(name, text, line))

    def goes_on(self, line: Line, after: Line | None) -> bool:
        """Whether the next line may be the rest of this row."""
        if after is None or _is_row(after):
            return False
        if after.number == line.number + 1:
            return not _ENDS_ROW.match(inside(after.text))
        return after.mark == BAR and not self.is_framed(after)

    def read_other_heading(self, line: Line) -> None:
        """The words of a first row that is no heading of ours: perhaps ours is lost."""
        words = as_words(line.cells)
        self.columns.pop(line.mark, None)
        self.others[line.mark] = words
        if words[0] == CELL:
            what = f"the last column of this table is headed {words[-1]!r}, so no answers are read from it."
            if words.count(ANSWER) > 1:
                what = f"{words.count(ANSWER)} columns are headed {ANSWER!r}, so no answers are read from this table."
            self.remark(line.number, what, _HEADING_REMEDY)
        elif line.mark == TAB or "[" in (line_name(line.text) or ""):
            self.read_loose(line)

    def read_stray(self, line: Line) -> None:
        """A row of a table that is not read. Names without indices, such as b1, may head rows of numbers, too."""
        is_sure = self.others[line.mark][:1] == [CELL]
        name = cell_name(line.cells[0]) if is_sure or _is_answer(line.cells) else None
        name = name or next((name for cell in line.cells if "[" in cell and (name := cell_name(cell))), None)
        if name:
            self.remark(line.number, f"{name} stands in a table with another heading and is not read.", _HEADING_REMEDY)
        elif line.mark == TAB:
            self.read_loose(line)

    # --- text ---

    def read_text(self, line: Line) -> None:
        """A line without cells: the rest of a table, if it stands right under one, or text."""
        last = self.last
        if last and last.number == line.number - 1 and not _BEGINS_ANEW.match(line.text.lstrip()):
            word = inside(line.text)
            if last.mark == BAR or len(word.split()) == 1:  # a row of a spreadsheet without the tabs at its end
                self.last = Line(line.number, line.text, last.mark, (word,))
                self.read_under(self.last)
                return
        if BAR in self.columns and not self.columns[BAR].is_asked:
            del self.columns[BAR]
        self.others.pop(BAR, None)
        self.read_loose(line)

    def read_under(self, line: Line) -> None:
        """A line without cells right under a table, which takes it as a row with one cell."""
        told, mark = len(self.remarks), line.mark
        if is_nothing(line.text):
            return
        if mark in self.columns:
            self.read_row(line.number, line.cells, self.columns[mark])
        elif mark in self.others and self.others[mark][-1:] != [UPDATED]:
            self.read_stray(line)
        if told == len(self.remarks) and (mark == BAR or mark not in self.columns):
            self.read_loose(line)

    def read_loose(self, line: Line) -> None:
        """A line that no table has taken."""
        if found := _LABEL.match(LEAD.sub("", line.text[:LONGEST_NAME], count=1)):
            label, value = found[1].lower(), as_word(found[2])
            if read_code(value) if label == CODE else value.isdecimal():
                self.labels[label].append((value, line.number))
                return
        name = line_name(line.text)
        if not name and line.cells and _is_answer(line.cells):
            name = cell_name(line.cells[0])
        if not name and _TABLE_TAG.search(line.text):
            name = next(iter(names_within(line.text)), None)
        if name:
            self.remark(line.number, f"this line gives {name} and is outside a table.", _TABLE_REMEDY)

    # --- whose sheet it is, and how much it asks ---

    def read_labels(self, line: Line) -> bool:
        """Whether a line of a table has the code, or how much is asked."""
        found = False
        for place, word in enumerate(as_words(line.cells[:-1])):
            if word in self.labels:
                value = next((cell for cell in line.cells[place + 1 : MOST_COLUMNS] if not is_nothing(cell)), "")
                self.labels[word].append((as_word(value), line.number))
                found = True
        return found

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


def _is_heading(cells: Sequence[str], after: Line | None) -> bool:
    """Whether a row heads a table, as the dashes under it say, or its first word."""
    return CELL in as_words(cells[:1]) or (after is not None and is_rule(after) and not _is_answer(cells))


def _is_answer(cells: Sequence[str]) -> bool:
    """Whether a row gives a number for a cell. (That of a name without indices, such as b1, may be a heading.)"""
    name, *others = cell_name(cells[0]), *cells[1:]
    return bool(name) and ("[" in str(name) or not others or bool(_LOOKS_WORKED.match(others[-1])))


def _is_row(line: Line) -> bool:
    """Whether a line is a row of its own, and not the rest of the one before it."""
    if not line.cells:
        return is_nothing(line.text) or cell_name(line.text) is not None
    return bool(cell_name(line.cells[0]) or read_heading(line.cells)) or all(map(is_nothing, line.cells))


_RULE_TO_WRITE_ON: Final = re.compile("_{3,}")


def _without_rule(cell: str) -> str:
    """What was written on the rule of a place for an answer, without what is left of the rule."""
    return _RULE_TO_WRITE_ON.sub(" ", cell).strip() if "___" in cell else cell


def _has_digits(cells: Sequence[str]) -> bool:
    return any(character.isdigit() for cell in cells for character in cell)


def _wrong_count(cells: Sequence[str], width: int) -> str:
    return f"has {len(cells)} cells where its table has {width}"


_GOES_ON: Final = "has no bar at its end and seems to go on in the next line"


def _cut(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:40]}..."
