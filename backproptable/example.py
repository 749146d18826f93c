"""Example files and presets: TOML in, a net and the numbers that were given out.

The file is read in three passes whose problems are reported together: the keys and their types
(pydantic), the net as a whole (`Net`), and the shapes and values of the givens. Where a key cannot
be used, the later passes say nothing that hangs on it: one slip is one line.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, replace
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from backproptable.digits import DEFAULT_FIGURES
from backproptable.errors import InputError, Problem, suggestion
from backproptable.evaluate import settings_problems
from backproptable.givens import GivenNumbers, named, samples_of
from backproptable.keys import KNOWN_KEYS, PARAMETER, File, NetKeys, problem_of, without
from backproptable.net import LARGEST_GIVEN, Net
from backproptable.shipped import shipped_texts, shipped_titles

__all__ = ["Example", "load_example", "load_preset", "preset_titles"]

_DROPS_NUMBERS: Final = ("layers", "bias", "weights")
"""Overriding one of these leaves a preset's numbers without their places."""


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
    return shipped_titles("presets")


def load_preset(name: str) -> Example:
    """The preset `name`. Raises `InputError` with the known names for an unknown one."""
    return _loaded(name, lambda: _preset_content(name), name)


def load_example(path: Path) -> Example:
    """The example in a TOML file. Raises `InputError` with all its problems."""
    return _loaded(path.stem, lambda: _file_content(path), str(path))


def _loaded(name: str, content: Callable[[], dict[str, Any]], source: str) -> Example:
    try:
        return replace(_Reading(name, content()).example(), source=source)
    except InputError as error:
        raise error.at(source) from None


def _preset_content(name: str) -> dict[str, Any]:
    known = shipped_texts("presets")
    if name not in known:
        raise InputError([Problem("preset", f"{name!r} is not known.", suggestion(name, known))])
    return tomllib.loads(known[name], parse_float=Decimal)


def _file_content(path: Path) -> dict[str, Any]:
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
        sheet = self._sheet()
        arrays = self._arrays()
        has_targets = net_keys.get("loss") != "output"
        if not has_targets and not self.own_numbers:
            arrays.pop("y", None)
        weights_given = any(map(PARAMETER.fullmatch, arrays))
        net_keys["samples"] = samples_of(arrays)
        net_keys["forward_only"] = weights_given and has_targets and "y" not in arrays
        net = self._net(net_keys)
        self.problems += self._of_the_preset(GivenNumbers(net, arrays, self.doubtful).problems())
        if self.problems:
            raise InputError(self.problems)
        return Example(self.name, net, dict(named(net, arrays)), self.file.answers, sheet)

    # --- keys and types

    def _checked(self, content: dict[str, Any]) -> File:
        """The file's keys, without those that are wrong: the rest is still checked."""
        try:
            return File.model_validate(content)
        except ValidationError as error:
            details = error.errors()
        self.problems += map(problem_of, details)
        self.refused = {detail["loc"][:2] for detail in details}
        return File.model_validate(without(content, self.refused))

    def _preset(self) -> File:
        name = self.file.net.preset
        if name is None:
            return File()
        try:
            return File.model_validate(_preset_content(name))
        except InputError as error:
            self.problems += [problem._replace(where="[net] preset") for problem in error.problems]
            self.refused.add(("net", "preset"))
            return File()

    def _doubtful(self) -> set[str]:
        keys = set(NetKeys.model_fields)
        doubtful: set[str] = set()
        for table, *inner in self.refused:
            if table == "net" and inner:
                doubtful.update(get_close_matches(inner[0], keys, n=1))
            elif not inner and get_close_matches(table, KNOWN_KEYS[None], n=1) == ["net"]:
                doubtful = keys
            elif not inner and table in keys:
                doubtful.add(table)
        return keys - self.file.net.model_fields_set if "preset" in doubtful else doubtful

    def _sheet(self) -> dict[str, Any]:
        """The settings of the sheet, which have to fit one another."""
        sheet = self.base.sheet.model_dump(exclude_none=True) | self.file.sheet.model_dump(exclude_none=True)
        if all(table != "sheet" for table, *_ in self.refused):
            figures, carry = sheet.get("figures", DEFAULT_FIGURES), sheet.get("carry", "paper")
            self.problems += settings_problems(figures, carry, lambda key: f"[sheet] {key}")
        return sheet

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
        kept["layers"] = (2,) * (len(kept["activations"]) + 1)
    if "activations" in doubtful:
        hidden = len(kept.get("layers", Net.layers)) - 2
        kept["activations"] = (*("identity",) * hidden, _OUTPUT_FOR.get(kept.get("loss", Net.loss), "identity"))
    elif "loss" in doubtful and "activations" in kept:
        fitting = [loss for loss, output in _OUTPUT_FOR.items() if kept["activations"][-1:] == [output]]
        kept["loss"] = fitting[0] if fitting else "half_sse"
    return kept


_OUTPUT_FOR: Final = {"cross_entropy": "softmax", "binary_cross_entropy": "sigmoid"}
