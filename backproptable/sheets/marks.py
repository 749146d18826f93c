"""The words by which a sheet is read again: templates write them, the reader looks for them."""

from __future__ import annotations

from typing import Final

__all__ = ["ANSWER", "ASKED", "BLANK", "CALCULATION", "CELL", "CODE", "GIVEN", "LINE", "MARKS", "VALUE", "WORKED"]

CODE: Final = "code"
"""Stands before the sheet's code."""
ASKED: Final = "numbers asked"
"""Stands before the count of asked numbers."""
CELL: Final = "cell"
"""Heads the first column of every table of cells."""
ANSWER: Final = "answer"
"""Heads the last column of a table that the student fills in."""
VALUE: Final = "value"
"""Heads the last column of a table that is filled in already."""

BLANK: Final = "_" * 16
"""A place for an answer, which is as wide as one on the page and in the text."""
WORKED: Final = "worked"
"""Stands in place of an answer in the rows of a table that are worked already."""
GIVEN: Final = "given"
"""The same for what is given, in a table to fill in with a spreadsheet."""
LINE: Final = "line"
"""Heads the column of such a table that says how a number is worked out."""
CALCULATION: Final = "The calculation"
"""Heads the lines of a recipe, whose cells have the names that a teacher gave."""

MARKS: Final = {
    "code": CODE,
    "asked": ASKED,
    "cell": CELL,
    "answer": ANSWER,
    "value": VALUE,
    "blank": BLANK,
    "worked": WORKED,
    "calculation": CALCULATION,
}
"""As templates know them."""
