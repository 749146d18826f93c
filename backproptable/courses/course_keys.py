"""The keys of a course file beside those of an example file: what each may hold, and how texts are tidied."""

from __future__ import annotations

import unicodedata
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Discriminator, Field, PlainValidator, Tag

from backproptable.basics.errors import suggestion
from backproptable.basics.plaintext import composed, one_line
from backproptable.courses.grade_settings import GRADE_SYSTEMS, item_fault
from backproptable.courses.weights import REPEATS
from backproptable.examples.keys import Keys, Known, NetKeys, Number, SheetKeys, refusal

__all__ = ["COURSE_KEYS", "CourseFile"]

_MOST_SAMPLES: Final = 64
"""A sheet of more samples is no work for a hand."""
_LINE: Final = 100
"""Characters; more do not fit on a line of a sheet."""
_LONG_LINE: Final = 300
_PAGE: Final = 5000
_LEAST_POINTS: Final = -10
_MOST_POINTS: Final = 100
_MOST_DECIMALS: Final = 6
_LONGEST_ITEM: Final = 255
"""Characters of the name of an item, in Moodle as in Canvas."""
_LARGEST_ITEM: Final = 10_000
"""Points."""


def _line(most: int, *, needed: bool = False) -> AfterValidator:
    """A text that stands on one line, however it is written in the file."""
    return AfterValidator(lambda text: _capped(one_line(text), most, needed=needed))


def _page(text: str) -> str:
    """Markdown of several lines, without what no printer prints."""
    kept = (character for character in text if character in "\n\t" or unicodedata.category(character) != "Cc")
    return _capped(composed("".join(kept)).strip(), _PAGE)


def _capped(text: str, most: int, *, needed: bool = False) -> str:
    if len(text) > most:
        raise refusal(f"It has {len(text)} characters: write at most {most}.")
    if needed and not text:
        raise refusal("Write a text, or leave this line out.")
    return text


def _due(value: Any) -> str:
    """A text, or a TOML date (and time), which is written as ISO has it, with a space between the two."""
    if isinstance(value, datetime):
        return value.isoformat(" ", "seconds" if value.second else "minutes")
    if isinstance(value, date):
        return value.isoformat()
    if not isinstance(value, str):
        raise refusal("Write a text, in quotes, or a date with or without a time, such as 2030-01-31 12:00:00.")
    return _capped(one_line(value), _LINE)


def _is_short(number: Decimal) -> bool:
    return -int(number.normalize().as_tuple().exponent) <= _MOST_DECIMALS


def _points(number: Decimal) -> Decimal:
    if not (number.is_finite() and _is_short(number) and _LEAST_POINTS <= number <= _MOST_POINTS):
        remedy = f"Write a number from {_LEAST_POINTS} to {_MOST_POINTS} with at most {_MOST_DECIMALS} decimals."
        raise refusal(remedy)
    return number + 0  # no minus zero


def _above_zero(number: Decimal) -> Decimal:
    if number <= 0:
        raise refusal("Write a number above 0: a right number has to earn something.")
    return number


def _weight(number: Decimal) -> Decimal:
    if not (number.is_finite() and 0 <= number <= _MOST_POINTS and _is_short(number)):
        raise refusal(f"Write a number from 0 to {_MOST_POINTS} with at most {_MOST_DECIMALS} decimals.")
    return number + 0


def _repeats(word: str) -> str:
    if word not in REPEATS:
        raise refusal(suggestion(word, REPEATS))
    return word


def _system(word: str) -> str:
    if word not in GRADE_SYSTEMS:
        raise refusal(suggestion(word, GRADE_SYSTEMS))
    return word


def _item(name: str) -> str:
    if fault := item_fault(name):
        raise refusal(fault)
    return name


def _of_item(number: Decimal) -> Decimal:
    if not (number.is_finite() and 0 < number <= _LARGEST_ITEM and _is_short(number)):
        remedy = f"Write a number above 0 and up to {_LARGEST_ITEM:,} with at most {_MOST_DECIMALS} decimals."
        raise refusal(remedy)
    return number


_Points = Annotated[Number, AfterValidator(_points)]
_Word = Annotated[str, _line(_LINE)]
_Asked = Annotated[
    Annotated[_Word, Tag("word")] | Annotated[list[_Word], Tag("list")],
    Discriminator(lambda value: "list" if isinstance(value, list) else "word"),
]


class _CourseKeys(Keys):
    title: Annotated[str, _line(_LINE, needed=True)] | None = None
    assignment: Annotated[str, _line(_LINE, needed=True)] | None = None
    file_name: Annotated[str, _line(_LONG_LINE)] | None = None
    due: Annotated[str, PlainValidator(_due)] | None = None
    hand_in: Annotated[str, _line(_LONG_LINE)] | None = None
    instructions: Annotated[str, AfterValidator(_page)] | None = None
    name_students: bool | None = None


class _GridKeys(Keys):
    low: Number | None = None
    high: Number | None = None
    grid: Number | None = None


class _DrawKeys(Keys):
    weights: _GridKeys = _GridKeys()
    biases: _GridKeys = _GridKeys()
    inputs: _GridKeys = _GridKeys()
    dead_units: Annotated[int, Field(ge=0)] = 0
    samples: Annotated[int, Field(ge=1, le=_MOST_SAMPLES)] | None = None


class _CourseSheetKeys(SheetKeys):
    asked: _Asked | None = None


class _PointsKeys(Keys):
    right: Annotated[_Points, AfterValidator(_above_zero)] | None = None
    follows: _Points | None = None
    too_few_digits: _Points | None = None
    wrong: _Points | None = None
    blank: _Points | None = None
    mistake: Annotated[_Word, AfterValidator(_repeats)] | None = None
    steps: dict[str, Annotated[Number, AfterValidator(_weight)]] | None = None


class _RosterKeys(Keys):
    student_id: Annotated[str, _line(_LONG_LINE, needed=True)] | None = None
    first_name: Annotated[str, _line(_LONG_LINE, needed=True)] | None = None
    last_name: Annotated[str, _line(_LONG_LINE, needed=True)] | None = None
    name: Annotated[str, _line(_LONG_LINE, needed=True)] | None = None
    email: Annotated[str, _line(_LONG_LINE, needed=True)] | None = None
    batch: Annotated[str, _line(_LONG_LINE, needed=True)] | None = None


class _GradesKeys(Keys):
    system: Annotated[_Word, AfterValidator(_system)] | None = None
    item: Annotated[str, _line(_LONGEST_ITEM), AfterValidator(_item)] | None = None
    points: Annotated[Number, AfterValidator(_of_item)] | None = None


class CourseFile(Keys):
    """A whole course file."""

    course: _CourseKeys = _CourseKeys()
    net: NetKeys = NetKeys()
    draw: _DrawKeys = _DrawKeys()
    sheet: _CourseSheetKeys = _CourseSheetKeys()
    points: _PointsKeys = _PointsKeys()
    roster: _RosterKeys = _RosterKeys()
    grades: _GradesKeys = _GradesKeys()


COURSE_KEYS: Final[Known] = {
    None: list(CourseFile.model_fields),
    "course": list(_CourseKeys.model_fields),
    "net": list(NetKeys.model_fields),
    "draw": list(_DrawKeys.model_fields),
    "draw.weights": list(_GridKeys.model_fields),
    "draw.biases": list(_GridKeys.model_fields),
    "draw.inputs": list(_GridKeys.model_fields),
    "sheet": list(_CourseSheetKeys.model_fields),
    "points": list(_PointsKeys.model_fields),
    "roster": list(_RosterKeys.model_fields),
    "grades": list(_GradesKeys.model_fields),
}
