"""A class list as rows of cells: CSV text, or the first sheet of a workbook.

Files come from spreadsheets and course systems of all countries, so three separators and two ways of
writing Unicode are read. What could be read in two ways is refused, never guessed: a wrong guess is a
misspelt name on a sheet of paper.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple, NoReturn, Protocol

from backproptable.errors import InputError, Problem
from backproptable.plaintext import composed

__all__ = ["SEPARATORS", "Content", "Rows", "content_of", "refuse"]

SEPARATORS: Final = {",": "commas", ";": "semicolons", "\t": "tabs"}
_WORKBOOKS: Final = (".xlsx", ".xlsm", ".ods", ".xls")
_LINE_END: Final = re.compile("\r\n|\r|\n")
_SAVE_AS: Final = "Save it as CSV UTF-8."
_SAVE_BOOK: Final = "Save it as .xlsx or .ods once more, or as CSV UTF-8."
_MOST_UNPACKED: Final = 300_000_000
"""Bytes of a workbook when it is unpacked: a class of a hundred thousand has a tenth of it."""
_MOST_ROWS: Final = 300_000
_MOST_COLUMNS: Final = 2_000

Rows = Iterator[tuple[int, list[str]]]
"""The number of its first line, and the cells, of each row in which something stands."""


class Content(Protocol):
    """What can be read as rows, as often as wanted."""

    @property
    def separators(self) -> tuple[str, ...]:
        """What may stand between its cells; each is tried."""

    def rows(self, separator: str) -> Rows:
        """The rows. Raises `InputError` for what is no table."""


class _Text(NamedTuple):
    """A file's bytes and how to read them: as often as there are separators to try."""

    data: bytes
    encoding: str

    @property
    def separators(self) -> tuple[str, ...]:
        return tuple(SEPARATORS)

    def rows(self, separator: str) -> Rows:
        text = io.TextIOWrapper(io.BytesIO(self.data), self.encoding, newline="")
        reader = csv.reader(text, delimiter=separator, skipinitialspace=True, strict=True)
        while True:
            line = reader.line_num + 1
            try:
                row = next(reader, None)
            except csv.Error as error:
                what = f"cannot be read as CSV ({error}), nor can what follows."
                remedy = "Look for a quotation mark that is not closed; write one inside a cell twice."
                raise InputError([Problem(f"line {line}", what, remedy)]) from None
            if row is None:
                return
            cells = [composed(cell.strip()) for cell in row]
            if any(cells):
                yield line, cells


class _Workbook(NamedTuple):
    """The cells of a workbook's first sheet that has any."""

    table: list[list[Any]]

    @property
    def separators(self) -> tuple[str, ...]:
        return (",",)

    def rows(self, separator: str) -> Rows:
        del separator
        for number, row in enumerate(self.table, start=1):
            cells = [composed(_written(cell).strip()) for cell in row]
            if any(cells):
                yield number, cells


def _written(cell: Any) -> str:
    """A cell as its spreadsheet would show it: numbers without a decimal point where they are whole."""
    match cell:
        case bool():
            return str(cell).upper()
        case float() if cell.is_integer() and abs(cell) < 1e15:
            return str(int(cell))
        case datetime() | date():
            return cell.isoformat()
        case None:
            return ""
    return str(cell)


def content_of(path: Path) -> Content:
    """What stands in a file. Raises `InputError` where it is neither text nor a workbook."""
    try:
        data = path.read_bytes()
    except OSError as error:
        refuse("file", f"cannot be read ({error.strerror}).", "Name a CSV file that is there, or a workbook.")
    if path.suffix.lower() in _WORKBOOKS:
        return _workbook(data)
    is_wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    encoding = "utf-16" if is_wide else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = _line_after(data[: error.start].decode(encoding, errors="ignore"))
        refuse(line, f"is not {'UTF-16' if is_wide else 'UTF-8'} text.", _SAVE_AS)
    before, nul, _ = text.partition("\0")
    if nul:
        refuse(_line_after(before), "holds a NUL character: this is no text.", _SAVE_AS)
    return _Text(data, encoding)


def _workbook(data: bytes) -> _Workbook:
    """Formulas are not worked out: what counts is what the spreadsheet has saved for them."""
    from python_calamine import CalamineError, CalamineWorkbook  # noqa: PLC0415 - for workbooks only

    _check_size(data)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        tables = (book.get_sheet_by_name(name) for name in book.sheet_names)
        sheet = next((sheet for sheet in tables if sheet.total_height), None)
        if sheet is None:
            return _Workbook([])
        if sheet.total_height > _MOST_ROWS or sheet.total_width > _MOST_COLUMNS:
            what = f"has {sheet.total_height:,} rows and {sheet.total_width:,} columns."
            refuse("file", what, "Keep the class list alone on its sheet.")
        table = sheet.to_python(skip_empty_area=False)
    except (CalamineError, OSError, ValueError, zipfile.BadZipFile) as error:
        refuse(
            "file", f"cannot be read as a workbook ({error}).", "Save it as .xlsx or .ods once more, or as CSV UTF-8."
        )
    return _Workbook(table)


def _check_size(data: bytes) -> None:
    """A small file can unpack to any size: what it says of itself is looked at before anything is unpacked."""
    if not data.startswith(b"PK"):
        return
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            size = sum(entry.file_size for entry in packed.infolist())
    except (zipfile.BadZipFile, ValueError, OverflowError) as error:
        refuse(
            "file", f"cannot be read as a workbook ({error}).", "Save it as .xlsx or .ods once more, or as CSV UTF-8."
        )
    if size > _MOST_UNPACKED:
        refuse("file", f"is a workbook of {size // 1_000_000:,} MB.", "Keep the class list alone in it.")


def _line_after(before: str) -> str:
    """The line in which something stands, counted as an editor does."""
    return f"line {len(_LINE_END.findall(before)) + 1}"


def refuse(where: str, what: str, remedy: str) -> NoReturn:
    """Raises `InputError` with one problem."""
    raise InputError([Problem(where, what, remedy)])
