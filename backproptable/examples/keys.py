"""The keys of a file: what each may hold (pydantic), and how a wrong one is said to a teacher."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Set
from decimal import Decimal
from difflib import get_close_matches
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    PlainValidator,
    Tag,
)
from pydantic_core import PydanticCustomError

from backproptable.basics.errors import Problem, suggestion
from backproptable.basics.plaintext import one_line
from backproptable.formulas.digits import MAX_FIGURES, MIN_FIGURES
from backproptable.numbers.evaluate import CARRIES
from backproptable.sheets.notation import notation_titles
from backproptable.sheets.style import EXPLAIN, LAYOUTS

__all__ = [
    "GIVEN",
    "KNOWN_KEYS",
    "NEARLY",
    "PARAMETER",
    "File",
    "Keys",
    "Known",
    "NetKeys",
    "Number",
    "SheetKeys",
    "at_place",
    "keys_to",
    "problem_of",
    "refusal",
    "shown",
    "without",
]

_LARGEST_COUNT: Final = 10**6
"""A layer of more units, or more updates than this, is a slip of the pen."""
NEARLY: Final = 0.8
"""How close (to `difflib`) a key comes to one that belongs elsewhere, if that is what it means."""
PARAMETER: Final = re.compile("[Wb][1-9][0-9]*|W[xsy]|b[sy]")
"""The keys of weight matrices and biases."""
GIVEN: Final = re.compile(f"x|y|s0|m[1-9][0-9]*|{PARAMETER.pattern}")
"""The keys of [givens]."""


def _number(value: Any) -> Decimal:
    return _decimal(value, "Write a number, without quotes." if isinstance(value, str) else "Write a number.")


def _bare_number(value: Any) -> Decimal:
    return _decimal(value, "Write numbers without quotes: one, a list of them, or a list of lists.")


def _decimal(value: Any, remedy: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise refusal(remedy)
    return Decimal(value)


def _mask(value: Any) -> str:
    if not isinstance(value, str):
        raise refusal('Write "inverted" or "plain". The numbers of a mask are givens: m1 = [1, 0, 1] below [givens].')
    return value


def _one_of(known: Callable[[], Iterable[str]]) -> AfterValidator:
    """A word of those that are `known`, which are only looked up when there is a word to check."""

    def checked(word: str) -> str:
        if word not in known():
            raise refusal(suggestion(word, known()))
        return word

    return AfterValidator(checked)


def refusal(remedy: str) -> PydanticCustomError:
    """Says what to write instead of what was found."""
    return PydanticCustomError("refused", "{remedy}", {"remedy": remedy})


Count = Annotated[int, Field(le=_LARGEST_COUNT)]
Number = Annotated[Decimal, PlainValidator(_number)]
_LIST_OR_NUMBER: Final = Discriminator(lambda value: "list" if isinstance(value, list) else "number")
Row = Annotated[Annotated[Number, Tag("number")] | Annotated[list[Number], Tag("list")], _LIST_OR_NUMBER]
Array = Annotated[
    Annotated[Decimal, PlainValidator(_bare_number), Tag("number")] | Annotated[list[Row], Tag("list")],
    _LIST_OR_NUMBER,
]
"""A number, a list, or a list of lists: told apart by looking, so that each slip is named once, at its place."""


class Keys(BaseModel):
    """A table of a file, or a whole one: nothing but the keys it names, nothing that is only taken for a type."""

    model_config = ConfigDict(extra="forbid", strict=True)


class NetKeys(Keys):
    """``[net]``"""

    preset: str | None = None
    kind: str | None = None
    layers: list[Count] | None = None
    activations: list[str] | None = None
    loss: str | None = None
    bias: str | None = None
    update_biases: bool | None = None
    learning_rate: Number | None = None
    reduction: str | None = None
    updates: Count | None = None
    weights: str | None = None
    output_delta: str | None = None
    leaky_slope: Number | None = None
    threshold: Number | None = None
    steps: Count | None = None
    loss_at: str | None = None
    online: bool | None = None
    epochs: Count | None = None
    keep: Row | None = None
    mask: Annotated[str, PlainValidator(_mask)] | None = None
    squared_error: bool | None = None
    paths: bool | None = None


class SheetKeys(Keys):
    """``[sheet]``"""

    figures: Annotated[int, Field(ge=MIN_FIGURES, le=MAX_FIGURES)] | None = None
    carry: Annotated[str, _one_of(lambda: CARRIES)] | None = None
    layout: Annotated[str, _one_of(lambda: LAYOUTS)] | None = None
    explain: Annotated[str, _one_of(lambda: EXPLAIN)] | None = None
    notation: Annotated[str, _one_of(notation_titles)] | None = None
    input_gradient: bool | None = None


class ExampleSheetKeys(SheetKeys):
    """``[sheet]`` of an example file."""

    entries: list[str] | None = None


class DrawKeys(Keys):
    """``[draw]`` of an example file."""

    samples: Annotated[int, Field(ge=1, le=_LARGEST_COUNT)] | None = None


class File(Keys):
    """A whole example file."""

    about: str = ""
    note: str = ""
    net: NetKeys = NetKeys()
    givens: dict[str, Array] = {}
    answers: dict[str, str] = {}
    draw: DrawKeys = DrawKeys()
    sheet: ExampleSheetKeys = ExampleSheetKeys()


Known = Mapping[str | None, list[str]]
"""The keys of each table of a file, and its tables under None. A table in a table is called ``draw.weights``."""

KNOWN_KEYS: Final[Known] = {
    None: list(File.model_fields),
    "net": list(NetKeys.model_fields),
    "draw": list(DrawKeys.model_fields),
    "sheet": list(ExampleSheetKeys.model_fields),
}

_REMEDIES: Final = {
    "bool_type": "Write true or false.",
    "dict_type": "Write a table: a line [{key}], and its keys below it.",
    "greater_than_equal": "Write a number from {ge} on.",
    "int_type": "Write a whole number.",
    "less_than_equal": "Write a number up to {le}.",
    "list_type": "Write a list, in square brackets.",
    "model_type": "Write a table: a line [{key}], and its keys below it.",
    "refused": "{remedy}",
    "string_type": "Write a text, in quotes.",
}
"""By pydantic's types of error."""


def keys_to(location: tuple[Any, ...], known: Known) -> tuple[Any, ...]:
    """The keys that lead to a place in a file, without the words of pydantic and the places in lists after them."""
    is_nested = ".".join(map(str, location[:2])) in known
    return location[: 3 if is_nested else 2]


def problem_of(detail: Any, known: Known) -> Problem:
    """A pydantic error as a problem of a file that has the keys `known`."""
    keys = keys_to(detail["loc"], known)
    table, *inner = keys
    where = f"[{table}] {'.'.join(inner)}" if inner else table
    if detail["type"] == "extra_forbidden":
        return Problem(where, *_unknown_key(".".join(keys[:-1]) or None, keys[-1], known))
    context = {"key": ".".join(keys), "msg": detail["msg"], **detail.get("ctx", {})}
    remedy = _REMEDIES.get(detail["type"], "{msg}.").format(**context)
    places = [part + 1 for part in detail["loc"][len(keys) :] if isinstance(part, int)]
    return Problem(at_place(where, places), f"is {shown(detail['input'])}.", remedy)


def _unknown_key(table: str | None, key: str, known: Known) -> tuple[str, str]:
    """What is wrong with a key that is not one of its table's, and what to do."""
    if GIVEN.fullmatch(key):
        return "is not a known key.", "It belongs below a line [givens]."
    own, others = known[table], [other for home, keys in known.items() if home for other in keys]
    meant = get_close_matches(key, others, n=1, cutoff=NEARLY)
    if meant != [key] and (get_close_matches(key, own) or not meant):
        return "is not a known key.", suggestion(key, own)
    homes = " or ".join(f"[{home}]" for home, keys in known.items() if home and meant[0] in keys)
    guess = f"Did you mean {meant[0]!r}? " if meant[0] != key else ""
    return "is not a known key.", f"{guess}It belongs below a line {homes}."


def at_place(where: str, places: Iterable[int]) -> str:
    """The place in a list that a problem is about, written like a cell's name: ``W1[2,3]``."""
    listed = ",".join(map(str, places))
    return f"{where}[{listed}]" if listed else where


def shown(value: Any) -> str:
    """What was found, as TOML writes it, not too long."""
    match value:
        case bool():
            text = str(value).lower()
        case int() | Decimal():
            text = str(Decimal(value))
            if len(text) > _MOST_SHOWN / 2:
                text = f"{Decimal(value):.3e}"
            text = text.lower().replace("infinity", "inf").replace("e+", "e")
        case str():
            text = f'"{one_line(value)}"'
        case list():
            text = f"[{', '.join(map(shown, value))}]"
        case dict():
            text = "a table"
        case _:
            text = str(value)
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}..."


_MOST_SHOWN: Final = 60


def without(content: Mapping[str, Any], refused: Set[tuple[Any, ...]]) -> dict[str, Any]:
    """The content without what stands where pydantic refused it."""

    def kept(value: Any, *location: str) -> Any:
        if not isinstance(value, dict):
            return value
        return {key: kept(part, *location, key) for key, part in value.items() if (*location, key) not in refused}

    return dict(kept(content))
