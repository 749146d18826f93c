"""The headings of tables of cells: which column has the names, and which the numbers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from backproptable.formulas.arithmetic import in_ascii
from backproptable.formulas.written_names import LONGEST_NAME, cell_name
from backproptable.returned.tables import is_nothing
from backproptable.sheets.marks import ANSWER, CELL, VALUE

__all__ = ["MOST_COLUMNS", "PASTED", "Columns", "as_word", "as_words", "read_heading", "tables_within"]


class Columns(NamedTuple):
    """Where the rows under a heading have their names and their numbers."""

    before: int
    """How many columns stand in front of the names."""
    width: int
    """How many there are from the name to the number."""
    behind: int
    """How many columns with headings of their own follow."""
    is_asked: bool
    """Whether the numbers are answers."""
    is_headed: bool = True
    value: int | None = None
    """Where, counted from the name, worked rows have their numbers in a table with answers; None if it has none."""


PASTED: Final = Columns(before=0, width=2, behind=0, is_asked=True, is_headed=False)
"""Of rows out of a spreadsheet that have come without their heading."""
MOST_COLUMNS: Final = 100


@lru_cache(1024)
def as_word(text: str) -> str:
    """A heading, compared loosely."""
    return " ".join(in_ascii(text).strip("`*_: ").lower().split())


def as_words(cells: Sequence[str]) -> list[str]:
    """The cells of a row as headings, as many of them as a table of ours can have."""
    return [as_word(cell) if len(cell) <= LONGEST_NAME else "" for cell in cells[:MOST_COLUMNS]]


def read_heading(cells: Sequence[str]) -> tuple[Columns, int] | None:
    """The columns of a row that heads a table of cells, and where in the row the heading ends; None for others."""
    if CELL not in (heads := as_words(cells)):
        return None
    cell = len(heads) - 1 - heads[::-1].index(CELL)  # of two headings in one line, the last
    kind = ANSWER if ANSWER in heads[cell:] else VALUE
    if heads[cell:].count(kind) != 1:
        return None
    last = heads.index(kind, cell)
    end = next((place for place in range(last + 1, len(heads)) if is_nothing(cells[place])), len(heads))
    before = 0 if CELL in heads[:cell] else cell
    value = heads.index(VALUE, cell, last) - cell if kind == ANSWER and VALUE in heads[cell:last] else None
    return Columns(before, last - cell + 1, end - last - 1, is_asked=kind == ANSWER, value=value), end


def tables_within(cells: Sequence[str]) -> list[Sequence[str]]:
    """The cells of a line, cut before each heading that something of another table stands in front of."""
    starts, is_full = [0], False
    for place, cell in enumerate(cells):
        if is_full and len(cell) <= LONGEST_NAME and as_word(cell) == CELL:
            starts.append(place)
        is_full = is_full or cell_name(cell) is not None or (is_nothing(cell) and cell != "")
    return [cells[start:end] for start, end in zip(starts, [*starts[1:], len(cells)], strict=True)]
