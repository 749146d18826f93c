r"""A returned file as text, and its text as tables and loose lines: what stands where, and no meaning yet.

markdown-it finds the tables, in quotes and lists too. The cells are split here, because Markdown
*cuts* what a row has too many of: a bare ``|`` inside an answer would lose part of it in silence.
Inline Markdown is not parsed: in ``0.1*0.2 + 0.3*0.4`` the stars are no emphasis.

Lines with tabs, as they come out of a spreadsheet, are tables without a heading of their own.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, table

from backproptable.errors import InputError, Problem

__all__ = ["MAX_SIZE", "UNREAD_BLOCKS", "Line", "Page", "Table", "read_page", "read_text"]

MAX_SIZE: Final = 1_000_000
"""Bytes. The largest sheets have some 100,000."""
UNREAD_BLOCKS: Final = ("python", "math")
"""Code blocks that belong to a sheet and are not read: programs and matrices."""


# --- bytes ----------------------------------------------------------------------------------------

_BYTE_ORDER_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16's, which it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8-sig"),
)
_OTHER_FILES: Final = (
    (b"PK\x03\x04", "a Word, Excel or zip file"),
    (b"\xd0\xcf\x11\xe0", "an old Word or Excel file"),
    (b"%PDF", "a PDF file"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (rb"{\rtf", "a rich text file"),
)


def read_text(data: bytes) -> str:
    """The text of a file, its lines ended by line feeds. Raises `InputError` for what is no text."""
    if len(data) > MAX_SIZE:
        raise _no_sheet(f"is larger than {MAX_SIZE // 1000:,} kB.", "Hand in the sheet alone, without pictures in it.")
    for start, kind in _OTHER_FILES:
        if data.startswith(start):
            raise _no_sheet(f"is {kind}, not a text.", "Hand in the Markdown file (.md) itself.")
    encoding = next((name for mark, name in _BYTE_ORDER_MARKS if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _no_sheet(f"is not UTF-8 text, or damaged (line {line}).", "Save it as UTF-8 in your editor.") from None
    if "\0" in text:
        raise _no_sheet("is no text, or UTF-16 without its mark.", "Save it as UTF-8 in your editor.")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _no_sheet(what: str, remedy: str) -> InputError:
    return InputError([Problem("file", what, remedy)])


# --- lines ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the file."""

    number: int
    """Counted from 1."""
    text: str
    cells: tuple[str, ...] = ()
    """What stands between its bars or tabs, all of it; ``\\|`` is a bar inside a cell."""
    is_open: bool = False
    """A row without a bar at its end, with more text in the next line: perhaps the rest of it."""


@dataclass(frozen=True, slots=True)
class Table:
    """Lines that make a table. The separator under a heading is left out."""

    lines: tuple[Line, ...]
    is_pasted: bool = False
    """Made of lines with tabs: the first may be a heading or not."""


@dataclass(frozen=True, slots=True)
class Page:
    """A text, taken apart. Every line that is not empty stands in one table or among the loose ones."""

    tables: tuple[Table, ...]
    """In the order of the text."""
    loose: tuple[Line, ...]


def read_page(text: str) -> Page:
    """The tables of a text, and the lines between them without programs and matrices."""
    raw = text.split("\n")
    tables, taken = [], set[int]()
    for token in _PARSER.parse(text):
        start, end = token.map or (0, 0)
        if token.type == "table_open":
            taken.update(range(start, end))
            rows = (start, *range(start + 2, end))
            tables.append(Table(tuple(_row(raw, row) for row in rows)))
        elif token.type == "fence" and token.info.strip().lower() in UNREAD_BLOCKS:
            taken.update(range(start, end))
    loose = [Line(number, line) for number, line in enumerate(raw, 1) if number - 1 not in taken and line.strip()]
    pasted = list(_pasted(loose))
    in_pasted = {line.number for table in pasted for line in table.lines}
    tables = sorted([*tables, *pasted], key=lambda table: table.lines[0].number)
    return Page(tuple(tables), tuple(line for line in loose if line.number not in in_pasted))


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark").enable("table")
    parser.core.ruler.enableOnly(["normalize", "block"])
    parser.block.ruler.at("table", _extent, {"alt": ["paragraph", "reference"]})
    return parser


def _extent(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Where a table begins and ends, by markdown-it's own rule, without a token for each of its cells.

    The cells are read from the lines themselves (Markdown would cut some), and making three tokens
    for each takes four times as long as all the rest.
    """
    if not table(state, start, end, True):  # heading and line of dashes
        return False
    if silent:
        return True
    outer, state.parentType = state.parentType, "table"
    stops = state.md.block.ruler.getRules("blockquote")
    line = start + 2
    while line < end and not _ends_table(state, line, end, stops):
        line += 1
    state.push("table_open", "table", 1).map = [start, line]
    state.push("table_close", "table", -1)
    state.parentType, state.line = outer, line
    return True


def _ends_table(state: StateBlock, line: int, end: int, stops: Iterable[Callable[..., bool]]) -> bool:
    return (
        state.sCount[line] < state.blkIndent
        or any(rule(state, line, end, True) for rule in stops)
        or state.isEmpty(line)
        or state.is_code_block(line)
    )


_PARSER: Final = _parser()

# --- cells ----------------------------------------------------------------------------------------

_AROUND_TABLE: Final = re.compile(r"^(?:\s*(?:>|[-+*](?=\s)|[0-9]{1,9}[.)](?=\s)))*\s*")
"""What a quote or a list puts before a line."""
_BAR: Final = re.compile(r"(?<!\\)\|")


_NO_CONTINUATION: Final = re.compile(r"$|[#|]|```|~~~")
"""How a line begins that is not the rest of a row."""


def _row(raw: list[str], number: int) -> Line:
    """The line `number` (counted from 0) of a table."""
    line, after = raw[number], "".join(raw[number + 1 : number + 2])
    is_open = not line.rstrip().endswith("|") and not _NO_CONTINUATION.match(_inside(after))
    return Line(number + 1, line, _cells(line), is_open)


def _cells(line: str) -> tuple[str, ...]:
    """All cells of a table's line, those included that Markdown would cut."""
    row = _inside(line)
    cells = [cell.replace(r"\|", "|").strip() for cell in _BAR.split(row)]
    if row.startswith("|"):
        del cells[0]
        if len(cells) > 1 and not cells[-1]:
            del cells[-1]
    return tuple(cells)


def _inside(line: str) -> str:
    """A line without the quote or the list around it."""
    return _AROUND_TABLE.sub("", line, count=1).strip()


_ONE_WORD: Final = re.compile(r"\s*\S+\s*")
"""A row of a spreadsheet of which an editor has cut the tabs at the end."""


def _pasted(loose: Iterable[Line]) -> Iterator[Table]:
    """Runs of lines that have tabs between their cells."""
    run: list[Line] = []
    for line in loose:
        goes_on = bool(run) and line.number == run[-1].number + 1
        has_tabs = "\t" in line.text.lstrip()
        if "|" in line.text or not (has_tabs or (goes_on and _ONE_WORD.fullmatch(line.text))):
            continue
        if run and not goes_on:
            yield Table(tuple(run), is_pasted=True)
            run = []
        cells = _AROUND_TABLE.sub("", line.text, count=1).split("\t")
        run.append(Line(line.number, line.text, tuple(map(str.strip, cells))))
    if run:
        yield Table(tuple(run), is_pasted=True)
