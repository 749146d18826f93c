"""Example files and presets: TOML in, a net and the numbers that were given out.

The file is read in three passes whose problems are reported together: the keys and their types
(pydantic), the net as a whole (`Net`), and the shapes and values of the givens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from backproptable.basics.errors import InputError, Problem
from backproptable.basics.shipped import shipped_titles
from backproptable.examples.givens import GivenNumbers, named, samples_of, steps_of
from backproptable.examples.keys import KNOWN_KEYS, PARAMETER, File
from backproptable.examples.reading import NetReading, file_content, preset_content, with_known_keys
from backproptable.examples.recipe_files import RECIPE_TABLES, RecipeFile, is_recipe, recipe_in
from backproptable.examples.recipe_givens import recipe_given_problems, recipe_givens, samples_given
from backproptable.nets.net import Net
from backproptable.nets.recipes.recipe import Recipe

__all__ = ["Example", "load_example", "load_preset", "preset_titles"]

_DROPS_NUMBERS: Final = ("layers", "bias", "weights", "kind", "steps", "loss_at")
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
    """Settings of the sheet: figures, carry, layout, explain, notation, entries, as far as given."""
    note: str = ""
    """What the sheet says besides, in Markdown."""
    source: str = ""
    """The file, or the name of the preset: what problems that are found later are said of."""
    remarks: tuple[Problem, ...] = ()
    """What the file gives and nothing uses."""

    @property
    def without_weights(self) -> Example:
        """The same example with its weights and biases left to be drawn."""
        if isinstance(self.net, Recipe):
            learns = self.net.parameters
            kept = {name: number for name, number in self.givens.items() if name.partition("[")[0] not in learns}
        else:
            kept = {name: number for name, number in self.givens.items() if name[0] not in "Wb"}
        return replace(self, givens=kept)


def preset_titles() -> dict[str, str]:
    """Name and one-line description of every preset, those that are recipes last."""
    return {**shipped_titles("presets"), **shipped_titles("recipes")}


def load_preset(name: str) -> Example:
    """The preset `name`. Raises `InputError` with the known names for an unknown one."""
    return _loaded(name, lambda: preset_content(name), name)


def load_example(path: Path) -> Example:
    """The example in a TOML file. Raises `InputError` with all its problems."""
    return _loaded(path.stem, lambda: file_content(path), str(path))


def _loaded(name: str, content: Callable[[], dict[str, Any]], source: str) -> Example:
    try:
        found = content()
        example = _recipe_example(name, found) if is_recipe(found) else _Reading(name, found).example()
        return replace(example, source=source)
    except InputError as error:
        raise error.at(source) from None


class _Reading:
    """One file on its way to an `Example`, collecting what is wrong with it."""

    def __init__(self, name: str, content: dict[str, Any]) -> None:
        self.name = name
        self.file, self.problems, self.refused = with_known_keys(File, content, KNOWN_KEYS)
        self.shared = NetReading(self.file.net, self.file.sheet, self.refused, self.problems)
        own_net = self.file.net.model_fields_set | self.shared.doubtful
        self.own_numbers = "givens" in content or not own_net.isdisjoint(_DROPS_NUMBERS)

    def example(self) -> Example:
        net_keys, sheet = self.shared.net_keys(), self.shared.sheet()
        arrays = self._arrays()
        has_targets = net_keys.get("loss") != "output"
        remarks = []
        if not has_targets and self.own_numbers and self.file.answers and arrays.pop("y", None) is not None:
            remarks.append(Problem("[givens] y", 'is not used: the loss "output" is the output itself.'))
        if not has_targets and not self.own_numbers:
            arrays.pop("y", None)
        weights_given = any(map(PARAMETER.fullmatch, arrays))
        if net_keys.get("kind") == "recurrent":
            net_keys.setdefault("steps", steps_of(arrays))
        else:
            net_keys["samples"] = self._samples(arrays)
        net_keys["forward_only"] = weights_given and has_targets and "y" not in arrays
        net = self.shared.net(net_keys)
        if not self.own_numbers:  # a preset's masks go with its dropout
            arrays = {key: part for key, part in arrays.items() if key[0] != "m" or net.drops(int(key[1:]))}
        self.problems += self._of_the_numbers(net, arrays)
        if self.problems:
            raise InputError(self.problems)
        givens = dict(named(net, arrays))
        return Example(self.name, net, givens, self.file.answers, sheet, self._note(), remarks=tuple(remarks))

    def _note(self) -> str:
        """The file's own note; that of a preset is about the preset's numbers."""
        return self.file.note or ("" if self.own_numbers else self.shared.base.note)

    def _samples(self, arrays: Mapping[str, Any]) -> int | None:
        """The samples of the batch: those given, or as many as are to be drawn."""
        given, drawn = samples_of(arrays), self.file.draw.samples
        if arrays.get("x", arrays.get("y")) is None:
            return drawn or self.shared.base.draw.samples
        if drawn not in (None, given):
            key = "x" if "x" in arrays else "y"
            has = "is one sample that is no batch" if given is None else f"has {given}"
            remedy = "Remove it, or leave x and y out to have them drawn."
            self.problems.append(Problem("[draw] samples", f"is {drawn}, but {key} in [givens] {has}.", remedy))
        return given

    def _arrays(self) -> dict[str, Any]:
        """The numbers by key; None for those that cannot be used."""
        if not self.own_numbers:
            return dict(self.shared.base.givens)
        unusable = [inner[0] for table, *inner in self.refused if table == "givens" and inner]
        return self.file.givens | dict.fromkeys(unusable)

    def _of_the_numbers(self, net: Net, arrays: Mapping[str, Any]) -> Iterator[Problem]:
        """Problems of the numbers; where the file does not have them itself they say whose they are."""
        for problem in GivenNumbers(net, arrays, self.shared.doubtful).problems():
            if self.own_numbers:
                yield problem
            else:
                where = f"{problem.where} of the preset {self.file.net.preset}"
                yield Problem(where, problem.what, f"{problem.remedy} Give [givens] of your own.")


def _recipe_example(name: str, content: dict[str, Any]) -> Example:
    """An example whose net is a recipe."""
    rest = {table: keys for table, keys in content.items() if table not in RECIPE_TABLES}
    file, problems, refused = with_known_keys(RecipeFile, rest, KNOWN_KEYS)
    shared = NetReading(file.net, file.sheet, refused, problems)
    sheet, arrays = shared.sheet(), file.givens
    try:
        recipe = recipe_in(content, file.draw.samples)
        if file.draw.samples is None and (samples := samples_given(recipe, arrays)):
            recipe = recipe_in(content, samples)
    except InputError as error:
        raise InputError([*problems, *error.problems]) from None
    problems += recipe_given_problems(recipe, arrays)
    if problems:
        raise InputError(problems)
    return Example(name, recipe, dict(recipe_givens(recipe, arrays)), file.answers, sheet, file.note)
