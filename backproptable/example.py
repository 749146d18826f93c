"""Example files and presets: TOML in, a net and the numbers that were given out.

The file is read in three passes whose problems are reported together: the keys and their types
(pydantic), the net as a whole (`Net`), and the shapes and values of the givens. Where a key cannot
be used, the later passes say nothing that hangs on it: one slip is one line.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, replace
from decimal import Decimal
from difflib import get_close_matches
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    PlainValidator,
    Tag,
    ValidationError,
)
from pydantic_core import PydanticCustomError

from backproptable.digits import MAX_FIGURES, MIN_FIGURES
from backproptable.errors import InputError, Problem, suggestion
from backproptable.evaluate import CARRIES
from backproptable.names import Address, name_of
from backproptable.net import LARGEST_GIVEN, Net
from backproptable.notation import notation_titles

__all__ = ["Example", "load_example", "load_preset", "preset_titles"]

_RESERVED: Final = ("kind", "steps", "loss_at", "online", "epochs", "keep", "mask")
_DROPS_NUMBERS: Final = ("layers", "bias", "weights")
"""Overriding one of these leaves a preset's numbers without their places."""
_LARGEST_COUNT: Final = 10**6
"""A layer of more units, or more updates than this, is a slip of the pen."""
_PARAMETER: Final = re.compile("[Wb][1-9][0-9]*")


# --- what the keys may hold --------------------------------------------------------------------


def _number(value: Any) -> Decimal:
    return _decimal(value, "Write a number, without quotes." if isinstance(value, str) else "Write a number.")


def _bare_number(value: Any) -> Decimal:
    return _decimal(value, "Write numbers without quotes: one, a list of them, or a list of lists.")


def _decimal(value: Any, remedy: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise _refusal(remedy)
    return Decimal(value)


def _carry(value: str) -> str:
    return _one_of(value, CARRIES)


def _notation(value: str) -> str:
    return _one_of(value, notation_titles())


def _one_of(word: str, known: Iterable[str]) -> str:
    if word not in known:
        raise _refusal(suggestion(word, known))
    return word


def _refusal(remedy: str) -> PydanticCustomError:
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


class _Keys(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _NetKeys(_Keys):
    preset: str | None = None
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


class _SheetKeys(_Keys):
    figures: Annotated[int, Field(ge=MIN_FIGURES, le=MAX_FIGURES)] | None = None
    carry: Annotated[str, AfterValidator(_carry)] | None = None
    layout: str | None = None
    explain: str | None = None
    notation: Annotated[str, AfterValidator(_notation)] | None = None


class _File(_Keys):
    about: str = ""
    net: _NetKeys = _NetKeys()
    givens: dict[str, Array] = {}
    answers: dict[str, str] = {}
    sheet: _SheetKeys = _SheetKeys()


@dataclass(frozen=True, slots=True)
class Example:
    """A net with what its file gives; the givens that are absent are to be drawn."""

    name: str
    """The stem of the file, or the name of the preset."""
    net: Net
    givens: Mapping[str, Decimal]
    """By cell name, as written."""
    answers: Mapping[str, str]
    """Numbers to verify, exactly as written."""
    sheet: Mapping[str, Any]
    """Settings of the sheet: figures, carry, layout, explain, notation, as far as given."""
    source: str = ""
    """The file, or the name of the preset: what problems that are found later are said of."""

    @property
    def without_weights(self) -> Example:
        """The same example with its weights and biases left to be drawn."""
        kept = {name: number for name, number in self.givens.items() if name[0] not in "Wb"}
        return replace(self, givens=kept)


def preset_titles() -> dict[str, str]:
    """Name and one-line description of every preset."""
    return {name: tomllib.loads(file.read_text(encoding="utf-8"))["about"] for name, file in _preset_files().items()}


def load_preset(name: str) -> Example:
    """The preset `name`. Raises `InputError` with the known names for an unknown one."""
    return _loaded(name, _preset_file(name), name)


def load_example(path: Path) -> Example:
    """The example in a TOML file. Raises `InputError` with all its problems."""
    return _loaded(path.stem, path, str(path))


def _loaded(name: str, file: Traversable, source: str) -> Example:
    try:
        return replace(_Reading(name, _parsed(file)).example(), source=source)
    except InputError as error:
        raise error.at(source) from None


def _preset_files() -> dict[str, Traversable]:
    folder = files("backproptable") / "presets"
    return {file.name.removesuffix(".toml"): file for file in sorted(folder.iterdir(), key=lambda file: file.name)}


def _preset_file(name: str) -> Traversable:
    known = _preset_files()
    if name not in known:
        raise InputError([Problem("preset", f"{name!r} is not known.", suggestion(name, known))])
    return known[name]


def _parsed(file: Traversable) -> dict[str, Any]:
    """The file's content, its decimals as they are written. Raises `InputError` where it is no TOML."""
    try:
        return tomllib.loads(file.read_bytes().decode("utf-8-sig"), parse_float=Decimal)
    except OSError as error:
        problem = Problem("file", f"cannot be read ({error.strerror}).", "Name a TOML file that is there.")
    except UnicodeDecodeError:
        problem = Problem("file", "is not UTF-8 text.", "Save it as UTF-8.")
    except tomllib.TOMLDecodeError as error:
        remedy = "Texts stand in quotes, lists in square brackets; decimals have a point and a digit before it."
        problem = Problem("TOML", f"{error}.", remedy)
    except (ValueError, ArithmeticError):  # more digits than an int may have; an exponent beyond Decimal's
        problem = Problem("TOML", "a number is out of reach.", f"Write numbers up to {LARGEST_GIVEN:f}.")
    except RecursionError:
        problem = Problem("TOML", "brackets stand too deep in one another.", "Write lists of lists at most.")
    raise InputError([problem])


class _Reading:
    """One file on its way to an `Example`, collecting what is wrong with it."""

    def __init__(self, name: str, content: dict[str, Any]) -> None:
        self.name = name
        self.problems: list[Problem] = []
        self.refused: set[tuple[Any, ...]] = set()
        """Where the keys and tables stand that cannot be used."""
        self.file = self._checked(content)
        self.base = self._preset()
        self.doubtful = self._doubtful()
        """The keys of the net that nobody knows, because they are refused or misspelt."""
        own_net = self.file.net.model_fields_set | self.doubtful
        self.own_numbers = "givens" in content or not own_net.isdisjoint(_DROPS_NUMBERS)

    def example(self) -> Example:
        net_keys = self.base.net.model_dump(exclude_none=True) | self.file.net.model_dump(exclude_none=True)
        net_keys.pop("preset", None)
        arrays = self._arrays()
        has_targets = net_keys.get("loss") != "output"
        if not has_targets and not self.own_numbers:
            arrays.pop("y", None)
        weights_given = any(map(_PARAMETER.fullmatch, arrays))
        net_keys["samples"] = _samples(arrays)
        net_keys["forward_only"] = weights_given and has_targets and "y" not in arrays
        net = self._net(net_keys)
        self.problems += self._of_the_preset(_Givens(net, arrays, self.doubtful).problems())
        if self.problems:
            raise InputError(self.problems)
        sheet = self.base.sheet.model_dump(exclude_none=True) | self.file.sheet.model_dump(exclude_none=True)
        return Example(self.name, net, dict(_named(net, arrays)), self.file.answers, sheet)

    # --- keys and types

    def _checked(self, content: dict[str, Any]) -> _File:
        """The file's keys, without those that are wrong: the rest is still checked."""
        try:
            return _File.model_validate(content)
        except ValidationError as error:
            details = error.errors()
        self.problems += map(_problem, details)
        self.refused = {detail["loc"][:2] for detail in details}
        return _File.model_validate(_without(content, self.refused))

    def _preset(self) -> _File:
        name = self.file.net.preset
        if name is None:
            return _File()
        try:
            return _File.model_validate(_parsed(_preset_file(name)))
        except InputError as error:
            self.problems += [problem._replace(where="[net] preset") for problem in error.problems]
            self.refused.add(("net", "preset"))
            return _File()

    def _doubtful(self) -> set[str]:
        keys = set(_NetKeys.model_fields)
        doubtful: set[str] = set()
        for table, *inner in self.refused:
            if table == "net" and inner:
                doubtful.update(get_close_matches(inner[0], keys, n=1))
            elif not inner and get_close_matches(table, _KNOWN_KEYS[None], n=1) == ["net"]:
                doubtful = keys
            elif not inner and table in keys:
                doubtful.add(table)
        return keys - self.file.net.model_fields_set if "preset" in doubtful else doubtful

    def _arrays(self) -> dict[str, Any]:
        """The numbers by key; None for those that cannot be used."""
        if not self.own_numbers:
            return dict(self.base.givens)
        unusable = [inner[0] for table, *inner in self.refused if table == "givens" and inner]
        return self.file.givens | dict.fromkeys(unusable)

    # --- the net

    def _net(self, keys: dict[str, Any]) -> Net:
        """The net; if something is wrong with it, one like it, against which the givens can be checked."""
        try:
            return Net(**_with_stand_ins(keys, self.doubtful))
        except InputError as error:
            self.problems += error.problems
            self.doubtful |= {problem.where.removeprefix("[net] ") for problem in error.problems}
        try:
            return Net(**_with_stand_ins(keys, self.doubtful))
        except InputError:
            self.doubtful.add("layers")
            return Net()

    def _of_the_preset(self, problems: Iterable[Problem]) -> Iterator[Problem]:
        """Problems of numbers that the file does not have itself say whose they are."""
        for problem in problems:
            if self.own_numbers:
                yield problem
            else:
                where = f"{problem.where} of the preset {self.file.net.preset}"
                yield Problem(where, problem.what, f"{problem.remedy} Give [givens] of your own.")


def _with_stand_ins(keys: Mapping[str, Any], doubtful: Set[str]) -> dict[str, Any]:
    """The keys of a net, the doubtful ones replaced so that they fit the others."""
    kept = {key: value for key, value in keys.items() if key not in doubtful}
    if "layers" in doubtful and kept.get("activations"):
        kept["layers"] = (1,) * (len(kept["activations"]) + 1)
    if "activations" in doubtful:
        hidden = len(kept.get("layers", Net.layers)) - 2
        kept["activations"] = (*("identity",) * hidden, _OUTPUT_FOR.get(kept.get("loss", Net.loss), "identity"))
    elif "loss" in doubtful and "activations" in kept:
        fitting = [loss for loss, output in _OUTPUT_FOR.items() if kept["activations"][-1:] == [output]]
        kept["loss"] = fitting[0] if fitting else "half_sse"
    return kept


_OUTPUT_FOR: Final = {"cross_entropy": "softmax", "binary_cross_entropy": "sigmoid"}


# --- problems with keys and types --------------------------------------------------------------

_KNOWN_KEYS: Final[Mapping[Any, list[str]]] = {
    None: list(_File.model_fields),
    "net": list(_NetKeys.model_fields),
    "sheet": list(_SheetKeys.model_fields),
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


def _problem(detail: Any) -> Problem:
    """A pydantic error as a problem of the file."""
    table, *inner = detail["loc"]
    where = f"[{table}] {inner[0]}" if inner else table
    if detail["type"] == "extra_forbidden":
        return _unknown_key(where, table if inner else None, inner[0] if inner else table)
    remedy = _REMEDIES.get(detail["type"], "{msg}.").format(key=table, msg=detail["msg"], **detail.get("ctx", {}))
    places = [part + 1 for part in inner[1:] if isinstance(part, int)]
    return Problem(_at(where, places), f"is {_shown(detail['input'])}.", remedy)


def _unknown_key(where: str, table: str | None, key: str) -> Problem:
    if table == "net" and key in _RESERVED:
        return Problem(where, "is reserved for a kind of net that this version cannot work yet.", "Remove it.")
    homes = [home for home, keys in _KNOWN_KEYS.items() if home and key in keys]
    if key in ("x", "y") or _PARAMETER.fullmatch(key):
        homes = ["givens"]
    remedy = f"It belongs below a line [{homes[0]}]." if homes else suggestion(key, _KNOWN_KEYS[table])
    return Problem(where, "is not a known key.", remedy)


def _at(where: str, places: Iterable[int]) -> str:
    """The place in a list that a problem is about, written like a cell's name: ``W1[2,3]``."""
    listed = ",".join(map(str, places))
    return f"{where}[{listed}]" if listed else where


def _shown(value: Any) -> str:
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
            text = f'"{value}"'
        case list():
            text = f"[{', '.join(map(_shown, value))}]"
        case dict():
            text = "a table"
        case _:
            text = str(value)
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}..."


_MOST_SHOWN: Final = 60


def _without(content: Mapping[str, Any], refused: Set[tuple[Any, ...]]) -> dict[str, Any]:
    """The content without what stands where pydantic refused it."""

    def kept(value: Any, *location: str) -> Any:
        if not isinstance(value, dict):
            return value
        return {key: kept(part, *location, key) for key, part in value.items() if (*location, key) not in refused}

    return dict(kept(content))


# --- givens ------------------------------------------------------------------------------------


def _samples(arrays: Mapping[str, Any]) -> int | None:
    """The number of samples, where x (or y, if there is no x) is a list of lists."""
    data = arrays.get("x", arrays.get("y"))
    is_batch = isinstance(data, list) and any(isinstance(row, list) for row in data)
    return len(data) if is_batch else None


class _Givens:
    """Checks that the numbers given are numbers of this net, and that none is missing."""

    def __init__(self, net: Net, arrays: Mapping[str, Any], doubtful: Set[str]) -> None:
        self.net, self.arrays, self.doubtful = net, arrays, doubtful
        self.wanted = _wanted_shapes(net)

    def problems(self) -> Iterator[Problem]:
        for key, value in self.arrays.items():
            if value is not None:
                yield from _number_problems(key, value)
                if not self._cannot_tell(key):
                    yield from self._misfits(key, value)
        if any(map(_PARAMETER.fullmatch, self.arrays)):
            wanted = [key for key in self.wanted if _PARAMETER.fullmatch(key) and not self._cannot_tell(key)]
            if missing := [key for key in wanted if key not in self.arrays]:
                said = "is missing." if len(missing) == 1 else "are missing."
                yield Problem(f"[givens] {', '.join(missing)}", said, "Give all weights and biases, or none.")

    def _cannot_tell(self, key: str) -> bool:
        """Whether what the key should hold depends on something else that cannot be used."""
        is_parameter = _PARAMETER.fullmatch(key) is not None
        if "layers" in self.doubtful:
            return is_parameter or key in ("x", "y")
        if is_parameter:
            return ("weights" if key[0] == "W" else "bias") in self.doubtful
        return key == "y" and self.arrays.get("x", 0) is None

    def _misfits(self, key: str, value: Any) -> Iterator[Problem]:
        if key not in self.wanted:
            yield self._unknown(key)
        elif (found := _shape(value)) != (wanted := self.wanted[key]):
            what = f"has {_said(found)}, but the net needs {_said(wanted)}."
            yield Problem(f"[givens] {key}", what, self._layout(key[0]))
        elif key == "y" and "loss" not in self.doubtful:
            yield from _target_problems(self.net, value)

    def _unknown(self, key: str) -> Problem:
        net = self.net
        if key == "y":
            return Problem("[givens] y", 'is not used: loss = "output" takes no targets.', "Remove it.")
        if net.bias == "none" and _PARAMETER.fullmatch(key) and key[0] == "b":
            return Problem(f"[givens] {key}", 'is not used: bias = "none".', "Remove it, or set another bias.")
        return Problem(f"[givens] {key}", "is not a given of this net.", suggestion(key, self.wanted))

    def _layout(self, family: str) -> str:
        """How the numbers of a family are laid out."""
        match family:
            case "W":
                ends = "comes from", "leads to"
                row, column = ends if self.net.weights == "from_to" else reversed(ends)
                return f'Under weights = "{self.net.weights}" a row is a unit it {row}, a column one it {column}.'
            case "b":
                per_layer = self.net.bias == "shared"
                return f'Under bias = "{self.net.bias}" there is one per {"layer" if per_layer else "unit"}.'
        unit = "input" if family == "x" else "output"
        return f"Write one number per {unit}; a batch has a row of them per sample."


def _wanted_shapes(net: Net) -> dict[str, tuple[int, ...]]:
    def data(size: int) -> tuple[int, ...]:
        return (size,) if net.samples is None else (net.samples, size)

    shapes = {"x": data(net.layers[0])}
    if net.loss != "output":
        shapes["y"] = data(net.layers[-1])
    for layer in range(1, net.depth + 1):
        shapes[f"W{layer}"] = net.weight_shape(layer)
        if net.bias != "none":
            shapes[f"b{layer}"] = () if net.bias == "shared" else (net.layers[layer],)
    return shapes


def _shape(value: Any) -> tuple[Any, ...]:
    """The shape of a number, a list or a list of lists; the lengths of unequal rows are listed."""
    if not isinstance(value, list):
        return ()
    if not any(isinstance(row, list) for row in value):
        return (len(value),)
    lengths = {len(row) if isinstance(row, list) else 0 for row in value}
    return (len(value), lengths.pop() if len(lengths) == 1 else sorted(lengths))


def _said(shape: tuple[Any, ...]) -> str:
    match shape:
        case ():
            return "one number"
        case (size,):
            return f"{size} number{'s' if size != 1 else ''}"
        case (rows, [0, *_]):
            return f"{rows} entries, some of them lists and some not"
        case (rows, list() as columns):
            return f"{rows} rows of {' or '.join(map(str, columns))} numbers"
        case (rows, columns):
            return f"{rows} row{'s' if rows != 1 else ''} of {columns} number{'s' if columns != 1 else ''}"
    raise ValueError(shape)


def _number_problems(key: str, value: Any) -> Iterator[Problem]:
    for places, number in _placed(value):
        if not number.is_finite() or abs(number) > LARGEST_GIVEN:
            remedy = f"Write a number from -{LARGEST_GIVEN:f} to {LARGEST_GIVEN:f}."
            yield Problem(_at(f"[givens] {key}", places), f"is {_shown(number)}.", remedy)


def _target_problems(net: Net, targets: Any) -> Iterator[Problem]:
    """What the logarithmic losses ask of their targets (DESIGN: cross_entropy sums to 1, the other lies in 0..1)."""
    if net.loss not in ("cross_entropy", "binary_cross_entropy"):
        return
    samples = [((), targets)] if net.samples is None else [((n,), row) for n, row in enumerate(targets, start=1)]
    for sample, row in samples:
        placed = list(_placed(row, sample))
        if not all(number.is_finite() for _, number in placed):
            continue
        outside = [(places, number) for places, number in placed if not 0 <= number <= 1]
        for places, number in outside:
            what = f"is {_shown(number)}."
            yield Problem(_at("[givens] y", places), what, f"Targets of {net.loss} lie between 0 and 1.")
        total = sum((number for _, number in placed), Decimal(0))
        if net.loss == "cross_entropy" and not outside and abs(total - 1) > _LITTLE:
            yield Problem(_at("[givens] y", sample), f"sums to {total}.", "The targets of cross_entropy sum to 1.")


_LITTLE: Final = Decimal("1e-9")
"""Thirds do not sum to 1 exactly."""


def _named(net: Net, arrays: Mapping[str, Any]) -> Iterator[tuple[str, Decimal]]:
    """Every given number under its cell's name."""
    for key, value in arrays.items():
        family, layer = key[0], int(key[1:]) if key[1:] else None
        batch = net.samples is not None and layer is None
        for units, number in _placed(value):
            address = Address(family, layer, units[1:], units[0]) if batch else Address(family, layer, units)
            yield name_of(address), number


def _placed(value: Any, before: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Decimal]]:
    """Every number with its places in the lists it stands in, counted from 1."""
    if isinstance(value, list):
        for place, part in enumerate(value, start=1):
            yield from _placed(part, (*before, place))
    else:
        yield before, value
