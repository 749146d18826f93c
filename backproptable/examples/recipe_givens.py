"""The numbers of an example file against the arrays of its recipe: shapes, sizes, names of cells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from backproptable.basics.errors import Problem, suggestion
from backproptable.examples.givens import number_problems, placed, said_shape, shape_given
from backproptable.formulas.names import Address, name_of
from backproptable.nets.recipes.recipe import DATA, Recipe

__all__ = ["recipe_given_problems", "recipe_givens", "samples_given"]


def samples_given(recipe: Recipe, arrays: Mapping[str, Any]) -> int | None:
    """The samples of a batch, where x (or y) is given with one more index than it has."""
    for name in DATA:
        if name in arrays and name in recipe.shapes:
            shape = _shape(arrays[name])
            return shape[0] if len(shape) == len(recipe.shapes[name]) + 1 and isinstance(shape[0], int) else None
    return None


def _shape(value: Any) -> tuple[Any, ...]:
    """The shape of lists in lists, as deep as they go; uneven ones end in a list of their lengths."""
    if not isinstance(value, list):
        return ()
    inner = {_shape(part) for part in value if isinstance(part, list)}
    if len(inner) == 1 and all(isinstance(part, list) for part in value):
        return (len(value), *inner.pop())
    return shape_given(value)


def recipe_given_problems(recipe: Recipe, arrays: Mapping[str, Any]) -> Iterator[Problem]:
    """Everything that is wrong with them."""
    for name, value in arrays.items():
        if name not in recipe.shapes:
            yield Problem(f"[givens] {name}", "is not a given of this recipe.", suggestion(name, recipe.shapes))
            continue
        yield from number_problems(name, value)
        wanted = _wanted(recipe, name)
        if (found := _shape(value)) != wanted:
            what = f"has {said_shape(found)}, but the recipe needs {said_shape(wanted)}."
            yield Problem(f"[givens] {name}", what, "The shape stands in [recipe] shapes.")
    given = [name for name in recipe.parameters if name in arrays]
    if given and len(given) < len(recipe.parameters):
        missing = [name for name in recipe.parameters if name not in arrays]
        said = "is missing." if len(missing) == 1 else "are missing."
        yield Problem(f"[givens] {', '.join(missing)}", said, "Give all parameters, or none.")


def _wanted(recipe: Recipe, name: str) -> tuple[int, ...]:
    shape = recipe.shapes[name]
    return (recipe.samples, *shape) if name in DATA and recipe.samples is not None else shape


def recipe_givens(recipe: Recipe, arrays: Mapping[str, Any]) -> Iterator[tuple[str, Decimal]]:
    """Every given number under its cell's name."""
    for name, value in arrays.items():
        for places, number in placed(value):
            if name in DATA and recipe.samples is not None:
                yield name_of(Address(name, None, places[1:], places[0])), number
            else:
                yield name_of(Address(name, None, places)), number
