"""Example files and presets: TOML in, a net and the numbers that were given out.

The file is read in three passes whose problems are reported together: the keys and their types
(pydantic), the net as a whole (`Net`), and the shapes and values of the givens.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from backproptable.digits import MAX_FIGURES, MIN_FIGURES
from backproptable.errors import InputError, Problem, suggestion
from backproptable.names import Address, name_of
from backproptable.net import LARGEST_GIVEN, Net

__all__ = ["Example", "load_example", "load_preset", "preset_titles"]

_RESERVED: Final = ("kind", "steps", "loss_at", "online", "epochs", "keep", "mask")
_DROPS_NUMBERS: Final = ("layers", "bias", "weights")
"""Overriding one of these leaves a preset's numbers without their places."""

Number = Annotated[int | Decimal, Field(union_mode="left_to_right")]


class _Keys(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _NetKeys(_Keys):
    preset: str | None = None
    layers: list[int] | None = None
    activations: list[str] | None = None
    loss: str | None = None
    bias: str | None = None
    update_biases: bool | None = None
    learning_rate: Number | None = None
    reduction: str | None = None
    updates: int | None = None
    weights: str | None = None
    output_delta: str | None = None
    leaky_slope: Number | None = None


class _SheetKeys(_Keys):
    figures: Annotated[int, Field(ge=MIN_FIGURES, le=MAX_FIGURES)] | None = None
    carry: Literal["paper", "full"] | None = None
    layout: str | None = None
    notation: str | None = None


class _File(_Keys):
    about: str = ""
    net: _NetKeys = _NetKeys()
    givens: dict[str, Number | list[Number] | list[list[Number]]] = {}
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
    """Settings of the sheet: figures, carry, layout, notation, as far as given."""

    @property
    def without_weights(self) -> Example:
        """The same example with its weights and biases left to be drawn."""
        kept = {name: number for name, number in self.givens.items() if name[0] not in "Wb"}
        return Example(self.name, self.net, kept, self.answers, self.sheet)


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
        return _Reading(name, _parsed(file)).example()
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
    try:
        text = file.read_bytes().decode("utf-8-sig")
        return tomllib.loads(text, parse_float=Decimal)
    except OSError as error:
        raise InputError([Problem("file", f"cannot be read ({error.strerror}).")]) from None
    except UnicodeDecodeError:
        raise InputError([Problem("file", "is not UTF-8 text.", "Save it as UTF-8.")]) from None
    except tomllib.TOMLDecodeError as error:
        raise InputError([Problem("TOML", f"{error}.")]) from None


class _Reading:
    """One file on its way to an `Example`, collecting what is wrong with it."""

    def __init__(self, name: str, content: dict[str, Any]) -> None:
        self.name = name
        self.problems: list[Problem] = []
        self.file = self._checked(content)
        self.base = self._preset()

    def example(self) -> Example:
        net_keys = self.base.net.model_dump(exclude_none=True) | self.file.net.model_dump(exclude_none=True)
        net_keys.pop("preset", None)
        arrays = self._arrays()
        weights_given = any(key[0] in "Wb" for key in arrays)
        samples = _samples(arrays)
        no_targets_needed = net_keys.get("loss") == "output"
        net_keys |= {
            "samples": samples,
            "forward_only": weights_given and "y" not in arrays and not no_targets_needed,
        }
        net = self._net(net_keys)
        if net is not None:
            if no_targets_needed and "y" not in self.file.givens:
                arrays.pop("y", None)
            self.problems += _Shapes(net, arrays).problems()
            self.problems += _target_problems(net, arrays)
        if self.problems or net is None:
            raise InputError(self.problems)
        sheet = self.base.sheet.model_dump(exclude_none=True) | self.file.sheet.model_dump(exclude_none=True)
        return Example(self.name, net, dict(_named(net, arrays)), self.file.answers, sheet)

    # --- keys and types

    def _checked(self, content: dict[str, Any]) -> _File:
        """The file's keys, without those that are wrong: the rest is still checked."""
        try:
            return _File.model_validate(content)
        except ValidationError as error:
            for detail in error.errors():
                problem = _problem(detail)
                if problem not in self.problems:
                    self.problems.append(problem)
            return _File.model_validate(_without(content, [detail["loc"] for detail in error.errors()]))

    def _preset(self) -> _File:
        name = self.file.net.preset
        if name is None:
            return _File()
        try:
            return _File.model_validate(_parsed(_preset_file(name)))
        except InputError as error:
            self.problems += [Problem("[net] preset", problem.what, problem.remedy) for problem in error.problems]
            return _File()

    def _arrays(self) -> dict[str, Any]:
        own = self.file.net.model_dump(exclude_none=True)
        if self.file.givens or any(key in own for key in _DROPS_NUMBERS):
            return dict(self.file.givens)
        return dict(self.base.givens)

    # --- the net

    def _net(self, keys: dict[str, Any]) -> Net | None:
        try:
            return Net(**keys)
        except InputError as error:
            self.problems += error.problems
        # The shapes of the givens can still be told if the layers are there.
        kept = {key: keys[key] for key in ("layers", "bias", "weights", "samples") if key in keys}
        try:
            return Net(**kept, activations=("identity",) * (len(kept.get("layers", (0,) * 4)) - 1), loss="half_sse")
        except InputError:
            return None


def _problem(detail: Any) -> Problem:
    """A pydantic error as a problem of the file."""
    location = [part for part in detail["loc"] if part in _FIELDS or not isinstance(part, str) or "[" not in part]
    where = _where(location)
    key = str(location[-1])
    if detail["type"] == "extra_forbidden":
        table = location[0] if len(location) > 1 else None
        if table == "net" and key in _RESERVED:
            return Problem(where, "is reserved for a kind of net that this version cannot work yet.", "Remove it.")
        known = _KNOWN_KEYS[table]
        return Problem(where, "is not a known key.", suggestion(key, known))
    found = detail["input"]
    shown = f"{found!r}" if not isinstance(found, Decimal) else str(found)
    return Problem(where, f"is {shown[:60]}.", f"{detail['msg']}.")


_KNOWN_KEYS: Final[Mapping[Any, list[str]]] = {
    None: list(_File.model_fields),
    "net": list(_NetKeys.model_fields),
    "sheet": list(_SheetKeys.model_fields),
}
_FIELDS: Final = {key for keys in _KNOWN_KEYS.values() for key in keys}


def _where(location: list[Any]) -> str:
    head, *rest = location
    if not rest:
        return str(head)
    key, *places = rest
    return f"[{head}] {key}" + "".join(f"[{place + 1}]" for place in places if isinstance(place, int))


def _without(content: Mapping[str, Any], locations: list[tuple[Any, ...]]) -> dict[str, Any]:
    """The content without the keys that pydantic refused."""
    refused = {location[:2] for location in locations}
    result: dict[str, Any] = {}
    for key, value in content.items():
        if any(location[:1] == (key,) and (len(location) == 1 or not isinstance(value, dict)) for location in refused):
            continue
        if isinstance(value, dict):
            result[key] = {inner: kept for inner, kept in value.items() if (key, inner) not in refused}
        else:
            result[key] = value
    return result


# --- givens ------------------------------------------------------------------------------------


def _samples(arrays: Mapping[str, Any]) -> int | None:
    """The number of samples, where x (or y, if there is no x) is a list of lists."""
    data = arrays.get("x", arrays.get("y"))
    is_batch = isinstance(data, list) and data and isinstance(data[0], list)
    return len(data) if is_batch else None


class _Shapes:
    """Checks that every array given has the shape the net asks for, and that none is missing."""

    def __init__(self, net: Net, arrays: Mapping[str, Any]) -> None:
        self.net, self.arrays = net, arrays
        self.wanted = _wanted_shapes(net)

    def problems(self) -> Iterator[Problem]:
        for key, value in self.arrays.items():
            if key not in self.wanted:
                yield self._unknown(key)
                continue
            found, wanted = _shape(value), self.wanted[key]
            if found != wanted:
                yield Problem(f"[givens] {key}", f"has {_said(found)}, but the net needs {_said(wanted)}.")
            for number in _flat(value):
                yield from _number_problems(key, number)
        parameters = [key for key in self.wanted if key[0] in "Wb"]
        if any(key[0] in "Wb" for key in self.arrays):
            for key in parameters:
                if key not in self.arrays:
                    yield Problem(f"[givens] {key}", "is missing.", "Give all weights and biases, or none.")

    def _unknown(self, key: str) -> Problem:
        net = self.net
        if key == "y" and net.loss == "output":
            return Problem("[givens] y", 'is not used: loss = "output" takes no targets.', "Remove it.")
        if key[0] == "b" and net.bias == "none":
            return Problem(f"[givens] {key}", 'is not used: bias = "none".', "Remove it, or set another bias.")
        return Problem(f"[givens] {key}", "is not a given of this net.", suggestion(key, self.wanted))


def _wanted_shapes(net: Net) -> dict[str, tuple[int, ...]]:
    def data(size: int) -> tuple[int, ...]:
        return (size,) if net.samples is None else (net.samples, size)

    shapes = {"x": data(net.layers[0])}
    if net.loss != "output" or net.forward_only:
        shapes["y"] = data(net.layers[-1])
    for layer in range(1, net.depth + 1):
        shapes[f"W{layer}"] = net.weight_shape(layer)
        if net.bias != "none":
            shapes[f"b{layer}"] = () if net.bias == "shared" else (net.layers[layer],)
    return shapes


def _shape(value: Any) -> tuple[Any, ...]:
    """The shape of a number, a list or a list of lists; rows of several lengths are listed."""
    if not isinstance(value, list):
        return ()
    lengths = [len(row) if isinstance(row, list) else None for row in value]
    if not any(lengths):
        return (len(value),)
    return (len(value), lengths[0] if len(set(lengths)) == 1 else lengths)


def _said(shape: tuple[Any, ...]) -> str:
    match shape:
        case ():
            return "one number"
        case (size,):
            return f"{size} number{'s' if size != 1 else ''}"
        case (rows, list() as columns):
            return f"{rows} rows of {', '.join(map(str, columns))} numbers"
        case (rows, columns):
            return f"{rows} row{'s' if rows != 1 else ''} of {columns} number{'s' if columns != 1 else ''}"
    raise ValueError(shape)


def _flat(value: Any) -> Iterator[int | Decimal]:
    if isinstance(value, list):
        for part in value:
            yield from _flat(part)
    else:
        yield value


def _number_problems(key: str, number: int | Decimal) -> Iterator[Problem]:
    value = Decimal(number)
    if not value.is_finite():
        yield Problem(f"[givens] {key}", f"contains {value}.", "Write a finite number.")
    elif abs(value) > LARGEST_GIVEN:
        yield Problem(f"[givens] {key}", f"contains {value:.3e}.", f"Write numbers up to {LARGEST_GIVEN:f}.")


def _target_problems(net: Net, arrays: Mapping[str, Any]) -> Iterator[Problem]:
    """What the logarithmic losses ask of their targets (DESIGN: cross_entropy sums to 1, the other lies in 0..1)."""
    targets = arrays.get("y")
    if not isinstance(targets, list) or net.loss not in ("cross_entropy", "binary_cross_entropy"):
        return
    rows = targets if net.samples is not None else [targets]
    for number, row in enumerate(rows, start=1):
        where = "[givens] y" if net.samples is None else f"[givens] y[{number}]"
        numbers: list[Decimal] = [Decimal(value) for value in _flat(row)]
        if not all(value.is_finite() for value in numbers):
            continue
        if outside := [value for value in numbers if not 0 <= value <= 1]:
            yield Problem(where, f"contains {outside[0]}.", f"Targets of {net.loss} lie between 0 and 1.")
        elif net.loss == "cross_entropy" and abs((total := sum(numbers, Decimal(0))) - 1) > Decimal("1e-9"):
            yield Problem(where, f"sums to {total}.", "The targets of cross_entropy sum to 1.")


def _named(net: Net, arrays: Mapping[str, Any]) -> Iterator[tuple[str, Decimal]]:
    """Every given number under its cell's name."""
    for key, value in arrays.items():
        family, layer = key[0], int(key[1:]) if key[1:] else None
        batch = net.samples is not None and layer is None
        for units, number in _placed(value):
            address = Address(family, layer, units[1:], units[0]) if batch else Address(family, layer, units)
            yield name_of(address), Decimal(number)


def _placed(value: Any, before: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], int | Decimal]]:
    if isinstance(value, list):
        for place, part in enumerate(value, start=1):
            yield from _placed(part, (*before, place))
    else:
        yield before, value
