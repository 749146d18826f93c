"""How large the sheets of a workbook are, found out before memory is given to them.

Readers of workbooks keep a sheet as a full table, so one cell far down on the right would take
all memory there is, and end the process. The XML is looked through by events, and nothing is kept.
"""

from __future__ import annotations

import re
from typing import Final
from xml.parsers import expat

__all__ = ["Extent"]

_REFERENCE: Final = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})")
_ROWS: Final = "number-rows-repeated"
_COLUMNS: Final = "number-columns-repeated"


class Extent:
    """The rows and columns up to the last filled cell in one part of a workbook, fed to it in pieces."""

    def __init__(self) -> None:
        self.rows = self.columns = 0
        self._row = self._column = 0
        self._height = self._width = 1
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._is_xml = True

    @property
    def cells(self) -> int:
        """Of the table that holds all filled cells, from the first row and column on."""
        return self.rows * self.columns

    def feed(self, piece: bytes) -> None:
        """Look through the next piece. What is no XML (a picture) has no cells."""
        if self._is_xml:
            try:
                self._parser.Parse(piece)
            except expat.ExpatError:
                self._is_xml = False

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        match name.rpartition(":")[2]:
            case "table" | "worksheet":
                self._row = self._column = 0
                self._height = self._width = 1
            case "row":  # of .xlsx
                self._row, self._column = _count(attributes.get("r"), self._row + 1), 0
            case "c":
                self._height = self._width = 1
                self._column += 1
                if reference := _REFERENCE.fullmatch(attributes.get("r", "")):
                    self._column, self._row = _column(reference.group(1)), int(reference.group(2))
            case "table-row":  # of .ods
                self._row += self._height if self._row else 1
                self._height, self._column, self._width = _repeated(attributes, _ROWS), 0, 1
            case "table-cell" | "covered-table-cell":
                self._column += self._width if self._column else 1
                self._width = _repeated(attributes, _COLUMNS)
                if any(key.endswith(":value-type") for key in attributes):
                    self._fill()
            case "v" | "is" | "p":
                self._fill()

    def _fill(self) -> None:
        self.rows = max(self.rows, self._row + self._height - 1)
        self.columns = max(self.columns, self._column + self._width - 1)


def _column(letters: str) -> int:
    """``A`` is 1, ``AA`` is 27."""
    number = 0
    for letter in letters.upper():
        number = 26 * number + ord(letter) - ord("A") + 1
    return number


def _count(text: str | None, otherwise: int) -> int:
    return int(text) if text and re.fullmatch("[0-9]{1,9}", text) else otherwise


def _repeated(attributes: dict[str, str], what: str) -> int:
    return next((_count(text, 1) for key, text in attributes.items() if key.rpartition(":")[2] == what), 1)
