r"""A returned file as text, and its text as lines: what stands where, and no meaning yet.

A line is taken as it stands, whatever Markdown makes of it: a row is a row in a quote, in a list, in
a block of code, and with empty lines around it. The cells are what stands between its bars, all of
them, where Markdown *cuts* what a row has too many of: a bare ``|`` inside an answer would lose part
of it in silence. Inline Markdown is not parsed: in ``0.1*0.2 + 0.3*0.4`` the stars are no emphasis.

Lines without bars may have tabs, as they come out of a spreadsheet, or wide gaps, as they come out of
a viewer; whether these are cells, or only text, is for the reader of the sheet to say.
"""

from __future__ import annotations

import codecs
import re
from pathlib import Path
from typing import Final, NamedTuple

from backproptable.basics.errors import InputError, Problem

__all__ = [
    "BAR",
    "GAP",
    "MAX_SIZE",
    "TAB",
    "Line",
    "inside",
    "is_nothing",
    "is_rule",
    "read_bytes",
    "read_lines",
    "read_text",
]

MAX_SIZE: Final = 1_000_000
"""Bytes. The largest sheets have some 100,000."""


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


NO_FILE: Final = "is no file, but a pipe, a socket or a device."


def is_device(path: Path) -> bool:
    """Whether a path is neither file nor folder: what must not be opened, for it may keep everybody waiting."""
    return path.exists() and not path.is_file() and not path.is_dir()


def read_bytes(path: Path) -> bytes:
    """A file, or as much of it as shows that it is too large. Raises `InputError` for a device, and `OSError`."""
    if is_device(path):
        raise _no_sheet(NO_FILE, "Save it as a file, and name that.")
    with path.open("rb") as file:
        return file.read(MAX_SIZE + 1)


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
    # \r\r\n is what a file has that was made for Windows twice.
    return text.replace("\r\r\n", "\n").replace("\r\n", "\n").replace("\r", "\n")


def _no_sheet(what: str, remedy: str) -> InputError:
    return InputError([Problem("file", what, remedy)])


# --- lines ----------------------------------------------------------------------------------------

BAR: Final = "|"
TAB: Final = "\t"
GAP: Final = "  "


class Line(NamedTuple):
    """A line of the file in which something stands."""

    number: int
    """Counted from 1."""
    text: str
    """Its bars are ASCII, and characters that cannot be seen are left out."""
    mark: str = ""
    """What stands between its cells: `BAR`, `TAB`, `GAP`, or nothing in a line that has none."""
    cells: tuple[str, ...] = ()
    """What stands between its marks, all of it; ``\\|`` is a bar inside a cell."""

    @property
    def is_closed(self) -> bool:
        """Whether its last cell ends with a bar."""
        return self.text.rstrip().endswith(BAR)


def read_lines(text: str) -> list[Line]:
    """The lines of a text, without those in which nothing can be seen."""
    lines = (_line(number, line) for number, line in enumerate(text.splitlines(), 1) if line and not line.isspace())
    return [line for line in lines if line.text and not line.text.isspace()]


_PLAIN: Final = {ord(bar): BAR for bar in "│┃｜"} | dict.fromkeys(map(ord, "\u200b\u200e\u200f\u2060\ufeff"))
"""Bars as viewers draw them; what cannot be seen, and would stand before the first bar."""
_AROUND: Final = re.compile(r"^(?:\s*(?:>|[-+*](?=\s)|[0-9]{1,9}[.)](?=\s)))*\s*")
"""What a quote or a list puts before a line."""
_BAR: Final = re.compile(r"(?<!\\)\|")
_GAP: Final = re.compile(r"\s{2,}")


def _line(number: int, text: str) -> Line:
    text = text if text.isascii() else text.translate(_PLAIN)
    if BAR in text and (_BAR.search(text) if "\\" in text else True):
        return Line(number, text, BAR, _between_bars(text))
    bare = text.strip()
    if TAB in bare:
        return Line(number, text, TAB, tuple(map(str.strip, inside(text).split(TAB))))
    if GAP in bare:
        return Line(number, text, GAP, tuple(_GAP.split(inside(text))))
    return Line(number, text)


def _between_bars(line: str) -> tuple[str, ...]:
    """All cells of a row, those included that Markdown would cut."""
    row = line.strip()
    row = row if row[0] == BAR else inside(row)
    cells = [cell.replace(r"\|", BAR).strip() for cell in _BAR.split(row)] if "\\|" in row else _split(row)
    if row.startswith(BAR):
        del cells[0]
        if len(cells) > 1 and not cells[-1]:
            del cells[-1]
    return tuple(cells)


def _split(row: str) -> list[str]:
    return [cell.strip() for cell in row.split(BAR)]


def inside(line: str) -> str:
    """A line without the quote or the list around it."""
    return _AROUND.sub("", line, count=1).strip()


_NOTHING: Final = re.compile(r"[\s:+=_\-‐‑‒–—―−─┼]*")
_DASHES: Final = re.compile(r"[-=_‐‑‒–—―−─]{2}|:[-‐‑‒–—―−─]|[-‐‑‒–—―−─]:|\|\s*[-‐‑‒–—―−─]\s*(?:\||$)")


def is_nothing(cell: str) -> bool:
    """Whether a cell is empty, or has only the dashes that stand under a heading, whatever an editor made of them."""
    return not cell or bool(_NOTHING.fullmatch(cell))


def is_rule(line: Line) -> bool:
    """Whether a line is what stands under the heading of a table, and nothing else."""
    nothing = all(map(is_nothing, line.cells)) if line.cells else is_nothing(line.text)
    return nothing and bool(_DASHES.search(line.text))
