"""What example files and course files have in common: TOML, ``[net]`` with its preset, and ``[sheet]``.

A file is read in passes whose problems are reported together: the keys and their types (pydantic),
then what they mean. Where a key cannot be used, the later passes say nothing that hangs on it: one
slip is one line.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Set
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from backproptable.basics.errors import InputError, Problem, suggestion
from backproptable.basics.shipped import shipped_texts
from backproptable.examples.keys import (
    KNOWN_KEYS,
    NEARLY,
    File,
    Known,
    NetKeys,
    SheetKeys,
    keys_to,
    problem_of,
    without,
)
from backproptable.formulas.digits import DEFAULT_FIGURES
from backproptable.nets.net import LARGEST_GIVEN, Net
from backproptable.numbers.evaluate import settings_problems

__all__ = ["NetReading", "Refused", "file_content", "preset_content", "with_known_keys"]

Refused = set[tuple[Any, ...]]
"""Where the keys and tables stand that cannot be used."""

_File = TypeVar("_File", bound=BaseModel)


def preset_content(name: str) -> dict[str, Any]:
    """The content of the preset `name`. Raises `InputError` with the known names for an unknown one."""
    known = {**shipped_texts("presets"), **shipped_texts("recipes")}
    if name not in known:
        raise InputError([Problem("preset", f"{name!r} is not known.", suggestion(name, known))])
    return tomllib.loads(known[name], parse_float=Decimal)


def file_content(path: Path) -> dict[str, Any]:
    """The file's content, its decimals as they are written. Raises `InputError` where it is no TOML."""
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"), parse_float=Decimal)
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


def with_known_keys(
    model: type[_File], content: Mapping[str, Any], known: Known
) -> tuple[_File, list[Problem], Refused]:
    """The file's keys without those that are wrong, so that the rest is still checked; and what is wrong."""
    try:
        return model.model_validate(content), [], set()
    except ValidationError as error:
        details = error.errors()
    refused = {keys_to(detail["loc"], known) for detail in details}
    problems = [problem_of(detail, known) for detail in details]
    return model.model_validate(without(content, refused)), problems, refused


class NetReading:
    """``[net]`` and ``[sheet]`` of one file, and of the preset that they start from."""

    def __init__(self, net: NetKeys, sheet: SheetKeys, refused: Refused, problems: list[Problem]) -> None:
        self._net, self._sheet, self._refused = net, sheet, set(refused)
        self.problems = problems
        """Those of the file so far; what is found here is added to them."""
        self.base = self._preset()
        self.doubtful = self._doubtful()
        """The keys of the net that nobody knows, because they are refused or misspelt."""

    def net_keys(self) -> dict[str, Any]:
        """The keys of the net: the preset's, and the file's own over them."""
        keys = self.base.net.model_dump(exclude_none=True) | self._net.model_dump(exclude_none=True)
        keys.pop("preset", None)
        return (_IN_TIME if keys.get("kind") == "recurrent" else {}) | keys

    def sheet(self) -> dict[str, Any]:
        """The settings of the sheet, which have to fit one another."""
        sheet = self.base.sheet.model_dump(exclude_none=True) | self._sheet.model_dump(exclude_none=True)
        if not any(table == "sheet" and _may_mean(inner, ("figures", "carry")) for table, *inner in self._refused):
            figures, carry = sheet.get("figures", DEFAULT_FIGURES), sheet.get("carry", "paper")
            self.problems += settings_problems(figures, carry, lambda key: f"[sheet] {key}")
        return sheet

    def net(self, keys: Mapping[str, Any]) -> Net:
        """The net; if something is wrong with it, one like it, against which the rest can be checked."""
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

    def _preset(self) -> File:
        name = self._net.preset
        if name is None:
            return File()
        try:
            return File.model_validate(preset_content(name))
        except InputError as error:
            self.problems += [problem._replace(where="[net] preset") for problem in error.problems]
            self._refused.add(("net", "preset"))
            return File()

    def _doubtful(self) -> set[str]:
        keys = set(NetKeys.model_fields)
        doubtful: set[str] = set()
        for table, *inner in self._refused:
            if table == "net" and inner:
                doubtful.update(get_close_matches(inner[0], keys, n=1))
            elif not inner and table in keys:
                doubtful.add(table)
            elif not inner and (tables := get_close_matches(table, KNOWN_KEYS[None], n=1)):
                doubtful |= keys if tables == ["net"] else set()
            elif not inner:
                doubtful.update(get_close_matches(table, keys, n=1, cutoff=NEARLY))
        return keys - self._net.model_fields_set if "preset" in doubtful else doubtful


def _may_mean(inner: list[Any], keys: tuple[str, ...]) -> bool:
    """Whether what is refused (a whole table where there is nothing inner) may have been one of the keys."""
    return not inner or bool(get_close_matches(inner[0], keys))


def _with_stand_ins(keys: Mapping[str, Any], doubtful: Set[str]) -> dict[str, Any]:
    """The keys of a net, the doubtful ones replaced so that they fit the others."""
    kept = {key: value for key, value in keys.items() if key not in doubtful}
    if kept.get("kind") == "recurrent":
        return _IN_TIME | {"steps": 1} | kept
    if "layers" in doubtful and kept.get("activations"):
        kept["layers"] = (2,) * (len(kept["activations"]) + 1)
    if "activations" in doubtful:
        hidden = len(kept.get("layers", Net.layers)) - 2
        kept["activations"] = (*("identity",) * hidden, _OUTPUT_FOR.get(kept.get("loss", Net.loss), "identity"))
    elif "loss" in doubtful and "activations" in kept:
        fitting = [loss for loss, output in _OUTPUT_FOR.items() if kept["activations"][-1:] == [output]]
        kept["loss"] = fitting[0] if fitting else "half_sse"
    return kept


_IN_TIME: Final = {"layers": [2, 2, 1], "activations": ["tanh"], "loss": "half_sse"}
"""What a recurrent net is by default."""
_OUTPUT_FOR: Final = {"cross_entropy": "softmax", "binary_cross_entropy": "sigmoid"}
