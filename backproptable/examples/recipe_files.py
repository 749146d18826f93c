"""Recipes in files: ``[net]``, ``[recipe]`` and ``[update]`` of a teacher's own, or a shipped recipe by its name.

A shipped recipe is a file of the same form; what a file says itself stands over it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import fields
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import Field, PlainValidator

from backproptable.basics.errors import InputError, Problem, suggestion
from backproptable.basics.shipped import shipped_texts
from backproptable.examples.keys import File, Keys, Known, Number, refusal
from backproptable.examples.reading import with_known_keys
from backproptable.nets.recipes.recipe import Recipe
from backproptable.nets.recipes.updates import UpdateRule

__all__ = ["RECIPE_TABLES", "RecipeFile", "is_recipe", "recipe_from_keys", "recipe_in", "shipped_recipe"]

RECIPE_TABLES: Final = ("net", "recipe", "update")
"""The tables of a file that describe a recipe."""
_WORD: Final = re.compile(r"\w+")
_LARGEST_NUMBER: Final = 1000
_DEEPEST: Final = 5


class _NetKeys(Keys):
    kind: str | None = None
    preset: str | None = None
    learning_rate: Number | None = None
    updates: int | None = None
    reduction: str | None = None


class _RecipeKeys(Keys):
    shapes: dict[str, list[int | str]] = Field(default_factory=dict)
    forward: str | None = None
    constants: list[str] | None = None


class _UpdateKeys(Keys):
    rule: str | None = None
    momentum: Number | None = None
    beta1: Number | None = None
    beta2: Number | None = None
    epsilon: Number | None = None
    weight_decay: Number | None = None
    clip_norm: Number | None = None


def _array(value: Any, depth: int = 0) -> Any:
    """Numbers, in lists in lists."""
    if isinstance(value, list) and depth < _DEEPEST:
        return [_array(part, depth + 1) for part in value]
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise refusal("Write numbers without quotes: one, a list of them, or lists in lists.")
    return Decimal(value)


class RecipeFile(File):
    """A whole example file, but for the tables of the recipe."""

    givens: dict[str, Annotated[Any, PlainValidator(_array)]] = Field(default_factory=dict)


class _Tables(Keys):
    net: _NetKeys = _NetKeys()
    recipe: _RecipeKeys = _RecipeKeys()
    update: _UpdateKeys = _UpdateKeys()


_KNOWN: Final[Known] = {
    None: [*RECIPE_TABLES],
    "net": list(_NetKeys.model_fields),
    "recipe": list(_RecipeKeys.model_fields),
    "update": list(_UpdateKeys.model_fields),
}


def is_recipe(content: Mapping[str, Any]) -> bool:
    """Whether a file describes a net by its forward lines, its own or those of a shipped recipe."""
    return "recipe" in content or _named(content) is not None


def _named(content: Mapping[str, Any]) -> str | None:
    """The shipped recipe that ``[net]`` names as its kind or its preset."""
    net = content.get("net")
    names = [net.get(key) for key in ("kind", "preset")] if isinstance(net, Mapping) else []
    return next((name for name in names if isinstance(name, str) and name in shipped_texts("recipes")), None)


def shipped_recipe(name: str) -> dict[str, Any]:
    """The content of a shipped recipe."""
    return tomllib.loads(shipped_texts("recipes")[name], parse_float=Decimal)


def recipe_in(content: Mapping[str, Any], samples: int | None = None) -> Recipe:
    """The recipe of a file. Raises `InputError` with all its problems."""
    own = {table: content[table] for table in RECIPE_TABLES if table in content}
    base: dict[str, Any] = {}
    problems: list[Problem] = []
    if (name := _named(content)) is not None:
        base = {table: keys for table, keys in shipped_recipe(name).items() if table in RECIPE_TABLES}
        what, remedy = f"is not used: kind is {name}.", "Leave one of both out."
        problems += [Problem(f"[recipe] {key}", what, remedy) for key in own.pop("recipe", {})]
    elif isinstance(own.get("net"), Mapping) and own["net"].get("kind", "recipe") != "recipe":
        kinds = ["recipe", *shipped_texts("recipes")]
        what = f"is {own['net']['kind']!r}, beside a [recipe]."
        problems.append(Problem("[net] kind", what, suggestion(str(own["net"]["kind"]), kinds)))
    merged = {table: {**base.get(table, {}), **_table(own, table)} for table in RECIPE_TABLES}
    numbers = dict(_numbers(merged, problems))
    tables, found, _ = with_known_keys(_Tables, merged, _KNOWN)
    problems += found
    keys: dict[str, Any] = {"numbers": numbers, "samples": samples}
    shapes = dict(_shapes(tables.recipe.shapes, numbers, problems))
    if not problems and not tables.recipe.forward:
        remedy = 'Write the lines between """ and """, such as z = x W + b.'
        problems.append(Problem("[recipe] forward", "is missing.", remedy))
    if problems:
        raise InputError(problems)
    net = {
        key: value for key, value in tables.net.model_dump(exclude_none=True).items() if key not in ("kind", "preset")
    }
    rule = UpdateRule(**tables.update.model_dump(exclude_none=True))
    keys |= {**net, "rule": rule, "shapes": shapes, "constants": tuple(tables.recipe.constants or ())}
    return Recipe(forward=tables.recipe.forward or "", **keys)


def _table(own: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    table = own.get(name, {})
    return table if isinstance(table, Mapping) else {}


def _numbers(merged: dict[str, dict[str, Any]], problems: list[Problem]) -> Iterator[tuple[str, int]]:
    """The whole numbers of [net] that the recipe uses by name; they are taken out of the table."""
    used = {word for shape in _lists(merged["recipe"].get("shapes")) for word in shape if isinstance(word, str)}
    used |= set(_WORD.findall(str(merged["recipe"].get("forward", ""))))
    for key in [key for key in merged["net"] if key not in _KNOWN["net"]]:
        if key not in used:
            continue  # told as a key that is not known
        value = merged["net"].pop(key)
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _LARGEST_NUMBER:
            remedy = f"Write a whole number from 1 to {_LARGEST_NUMBER}."
            problems.append(Problem(f"[net] {key}", f"is {value}.", remedy))
        else:
            yield key, value


def _lists(shapes: Any) -> list[list[Any]]:
    return [shape for shape in shapes.values() if isinstance(shape, list)] if isinstance(shapes, Mapping) else []


def _shapes(
    shapes: Mapping[str, list[int | str]], numbers: Mapping[str, int], problems: list[Problem]
) -> Iterator[tuple[str, tuple[int, ...]]]:
    for name, shape in shapes.items():
        unknown = [word for word in shape if isinstance(word, str) and word not in numbers]
        for word in unknown:
            remedy = f"Give it in [net]: {word} = 2."
            problems.append(Problem(f"[recipe] shapes.{name}", f"{word!r} is no number.", remedy))
        if not unknown:
            yield name, tuple(word if isinstance(word, int) else numbers[word] for word in shape)


def recipe_from_keys(keys: Mapping[str, Any], samples: int | None) -> Recipe:
    """The recipe that `Recipe.as_keys` describes, as a manifest holds it."""
    numbers = {
        one.name: Decimal(keys["update"][one.name])
        for one in fields(UpdateRule)
        if one.name in keys["update"] and one.name != "rule"
    }
    return Recipe(
        forward=keys["forward"],
        shapes={name: tuple(shape) for name, shape in keys["shapes"].items()},
        constants=tuple(keys["constants"]),
        numbers=dict(keys["numbers"]),
        learning_rate=Decimal(keys["learning_rate"]),
        updates=keys["updates"],
        reduction=keys["reduction"],
        rule=UpdateRule(rule=keys["update"]["rule"], **numbers),
        samples=samples,
    )
