"""Where students can be written to: their addresses, and the file for a mail merge."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from backproptable.render.escape import defused

__all__ = ["Letter", "address_of", "mail_lines"]

_COLUMNS: Final = (
    *("email", "email_address", "e_mail", "e_mail_address", "mail", "email_address_[required]"),
    *("sis_login_id", "login_id", "username", "user_name", "student_id"),
)
"""Columns of rosters that may hold an address, the likeliest first."""
_ADDRESS: Final = re.compile(
    r"(?![-+=])[^\s@<>,;:\"'()\[\]\\]+"
    r"@(?:[^\W_](?:[\w-]*[^\W_])?\.)+[^\W\d_]{2,}"
)
"""One address, and nothing that a program for mail could take for more, or a spreadsheet for a formula."""


def address_of(columns: Mapping[str, str]) -> str:
    """A student's address by the columns of the roster; empty where there is none."""
    found = (columns.get(name, "").strip() for name in _COLUMNS)
    return next((text for text in found if len(text) <= 254 and _ADDRESS.fullmatch(text)), "")


class Letter(NamedTuple):
    """What goes to one student."""

    student: str
    """The student's id."""
    name: str
    address: str
    files: Sequence[str]
    """Whole paths, in the order of the columns."""


def mail_lines(letters: Iterable[Letter], columns: Sequence[str] = ("file",)) -> Iterator[str]:
    """The lines of a file for a mail merge, with their ends; `columns` are the headings of the files."""
    yield "\ufeff" + _line(("student", "name", "address", *columns))
    for letter in letters:
        yield _line((letter.student, letter.name, letter.address, *letter.files))


def _line(cells: Iterable[str]) -> str:
    file = io.StringIO(newline="")
    csv.writer(file).writerow(map(defused, cells))
    return file.getvalue().encode(errors="replace").decode()
