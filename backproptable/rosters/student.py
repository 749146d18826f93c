"""One student of a class list, under the names that the program uses for columns.

A class may be a whole university's: students share their header, and hold their cells in tuples.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from backproptable.basics.plaintext import one_line, shortened

__all__ = ["LONGEST_NAME", "Cells", "Student", "column_name", "full_name"]

LONGEST_NAME: Final = 100
"""Characters of a name on a sheet: more do not fit on a line."""


@dataclass(frozen=True, slots=True)
class Student:
    """One line of the roster."""

    student_id: str
    """As written: never interpreted, so that 007 stays 007."""
    columns: Mapping[str, str] = field(hash=False)
    """Every column of the roster under its normalised header, as written, and what the program found in
    them under its own names: `student_id`, and `first_name`, `last_name`, `email`, `batch` where they are."""

    @property
    def first_name(self) -> str:
        """As written; empty where there is none."""
        return self.columns.get("first_name", "")

    @property
    def last_name(self) -> str:
        """As written; empty where there is none."""
        return self.columns.get("last_name", "")

    @property
    def batch(self) -> str:
        """As written; empty where there is none."""
        return self.columns.get("batch", "")

    @property
    def name(self) -> str:
        """What sheets show: first and last name on one line, without invisible characters."""
        return shortened(full_name(self.first_name, self.last_name), LONGEST_NAME)


class Cells(Mapping[str, str]):
    """The cells of one line by their columns; all lines share the same table of columns."""

    __slots__ = ("_cells", "_places")

    def __init__(self, places: Mapping[str, int], cells: tuple[str, ...]) -> None:
        self._places = places
        self._cells = cells

    def __getitem__(self, column: str) -> str:
        return self._cells[self._places[column]]

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def __repr__(self) -> str:
        return repr(dict(self))


def full_name(first_name: str, last_name: str) -> str:
    """Both names on one line."""
    return one_line(f"{first_name} {last_name}")


def column_name(header: str) -> str:
    """A column's name as the program uses it: ``Student ID`` and ``student-id`` are `student_id`."""
    return re.sub(r"[\s_\-\u2010\u2011]+", "_", one_line(header).casefold())
