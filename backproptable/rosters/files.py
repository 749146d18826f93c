"""A class list's file as rows of cells: CSV text of any separator, or a workbook (`.xlsx`, `.ods`).

What a file is, its first bytes say and not its name: Blackboard calls text with tabs `.xls`. A
workbook is read as what stands in its cells, and its formulas are not worked out.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, NamedTuple, NoReturn

from backproptable.basics.errors import InputError, Problem
from backproptable.basics.plaintext import composed, one_line, shortened
from backproptable.rosters.extent import Extent

__all__ = ["SEPARATORS", "Rows", "Table", "tables_of"]

SEPARATORS: Final = {",": "commas", ";": "semicolons", "\t": "tabs"}

_SAVE_AS: Final = "Save it as CSV UTF-8."
_LINE_END: Final = re.compile("\r\n|\r|\n")
_ZIP: Final = b"PK\x03\x04"
_OLD_EXCEL: Final = b"\xd0\xcf\x11\xe0"
_INSTALL: Final = 'Install what reads it (pip install "backproptable[sheets]"), or save it as CSV UTF-8.'

_MOST_PARTS: Final = 2_000
_MOST_UNPACKED: Final = 300_000_000
"""Bytes of a workbook once unpacked: a university's list has some 60 million."""
_MOST_CELLS: Final = 20_000_000
"""Of a sheet, between its first filled cell and its last."""
_EXACT: Final = 10**15
"""From here on a spreadsheet does not keep the last digits of a number."""

_UNREADABLE: Final = (
    *(zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError),
)

Rows = Callable[[], Iterator[tuple[int, list[str]]]]
"""The number of its (first) line, and the cells, of each row in which something stands."""


class Table(NamedTuple):
    """One way to read a file: with one of three separators, or as one of its sheets."""

    separator: str
    """A key of `SEPARATORS`; empty for a sheet."""
    sheet: str
    """The name of a sheet; empty for text."""
    rows: Rows


def tables_of(path: Path) -> list[Table]:
    """All ways to read the file. Raises `InputError` where it is none that can be read."""
    try:
        data = path.read_bytes()
    except OSError as error:
        _refuse("file", f"cannot be read ({error.strerror}).", "Name a CSV file that is there.")
    if data.startswith(_ZIP):
        return _workbook(data)
    if data.startswith(_OLD_EXCEL):
        _refuse("file", "is a workbook of old Excel (.xls).", "Save it as .xlsx or as CSV UTF-8.")
    return _text(data)


# --- text ----------------------------------------------------------------------------------------


def _text(data: bytes) -> list[Table]:
    is_wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    encoding = "utf-16" if is_wide else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = _line_after(data[: error.start].decode(encoding, errors="ignore"))
        _refuse(line, f"is not {'UTF-16' if is_wide else 'UTF-8'} text.", _SAVE_AS)
    before, nul, _ = text.partition("\0")
    if nul:
        _refuse(_line_after(before), "holds a NUL character: this is no text.", _SAVE_AS)

    def reading(separator: str) -> Rows:
        return lambda: _lines(data, encoding, separator)

    return [Table(separator, "", reading(separator)) for separator in SEPARATORS]


def _lines(data: bytes, encoding: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    text = io.TextIOWrapper(io.BytesIO(data), encoding, newline="")
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


def _line_after(before: str) -> str:
    """The line in which something stands, counted as an editor does."""
    return f"line {len(_LINE_END.findall(before)) + 1}"


# --- workbooks -----------------------------------------------------------------------------------


def _workbook(data: bytes) -> list[Table]:
    """The visible sheets in which something stands."""
    try:
        import python_calamine as calamine  # noqa: PLC0415 - an extra
    except ImportError:
        _refuse("file", "is a workbook (.xlsx, .ods), which needs python-calamine.", _INSTALL)
    _check_unpacked(data)
    tables = []
    try:
        with calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
            visible = [kind.name for kind in book.sheets_metadata if kind.visible == calamine.SheetVisibleEnum.Visible]
            for name in visible:
                sheet = book.get_sheet_by_name(name)
                if sheet.total_height and sheet.total_width:
                    tables.append(Table("", name, _sheet_rows(sheet.to_python(skip_empty_area=False))))
    except (calamine.CalamineError, calamine.PasswordError, OSError, ValueError) as error:
        what = f"cannot be read as a workbook ({shortened(one_line(str(error)), 80)})."
        raise InputError(
            [Problem("file", what, "Save it again as .xlsx, or as CSV UTF-8, without a password.")]
        ) from None
    if not tables:
        _refuse(
            "file", "is a workbook in which nothing stands.", "Write one line per student below the columns' names."
        )
    return tables


def _check_unpacked(data: bytes) -> None:
    """Nobody's memory is filled by a small file that says it is large, or by one that does not say so."""
    total = 0
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            if len(parts) > _MOST_PARTS or sum(part.file_size for part in parts) > _MOST_UNPACKED:
                _too_large()
            for part in parts:
                extent = Extent()
                with archive.open(part) as file:
                    while block := file.read(1 << 20):
                        total += len(block)
                        if total > _MOST_UNPACKED:
                            _too_large()
                        extent.feed(block)
                        if extent.cells > _MOST_CELLS:
                            what = f"has a sheet of {extent.rows} rows and {extent.columns} columns: no class list."
                            remedy = "Delete what stands far below or beside the list, or save it as CSV UTF-8."
                            _refuse("file", what, remedy)
    except _UNREADABLE as error:
        what = f"cannot be read as a workbook ({shortened(one_line(str(error)), 80)})."
        raise InputError([Problem("file", what, "Save it again as .xlsx, or as CSV UTF-8.")]) from None


def _too_large() -> NoReturn:
    what = f"is a workbook of more than {_MOST_UNPACKED // 10**6} MB or {_MOST_PARTS} parts: no class list."
    _refuse("file", what, "Save the sheet with the list as CSV UTF-8.")


def _sheet_rows(cells: Sequence[Sequence[Any]]) -> Rows:
    def rows() -> Iterator[tuple[int, list[str]]]:
        for number, row in enumerate(cells, start=1):
            texts = [_as_text(cell) for cell in row]
            if any(texts):
                yield number, texts

    return rows


def _as_text(cell: Any) -> str:
    """A cell as one reads it; whole numbers have no decimals, however the workbook keeps them."""
    match cell:
        case str():
            return composed(cell.replace("\0", "").strip())
        case bool():
            return "TRUE" if cell else "FALSE"
        case float() if cell.is_integer():
            # What has lost its last digits is shown so, and refused as an id where it comes up twice.
            return str(int(cell)) if abs(cell) < _EXACT else f"{Decimal(repr(cell)):E}"
        case datetime() | date() | time() | timedelta():
            return str(cell)
    return str(cell)


def _named(sheet: str) -> str:
    return repr(shortened(one_line(sheet), 40))


def _refuse(where: str, what: str, remedy: str) -> NoReturn:
    raise InputError([Problem(where, what, remedy)])
