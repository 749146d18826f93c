"""Names of cells as people write them, and as editors leave them: ``W1’[1, 2]`` is ``W1'[1,2]``."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Final

from backproptable.formulas.arithmetic import in_ascii
from backproptable.formulas.names import NAME_PATTERNS, NAMES_IN_TIME

__all__ = ["LEAD", "LONGEST_NAME", "cell_name", "line_name", "names_of_recipes", "names_within"]

_REMEMBERED: Final = 4096
"""Texts whose meaning is kept: all sheets of a class have the same names and nearly the same lines."""


def _stem(family: str) -> str:
    """What stands before the brackets; weights and what belongs to them can be those of a recurrent net, too."""
    layer = "(?:[1-9][0-9]{0,3}|[xsy])" if family in _OF_WEIGHTS else "[1-9][0-9]{0,3}"
    return re.escape(NAME_PATTERNS[family]).replace(re.escape("{n}"), layer)


_OF_WEIGHTS: Final = ("W", "b", "dL/dW", "dL/db", "norm", "paths")
_IN_TIME: Final = tuple(map(re.escape, ("s0", *NAMES_IN_TIME.values())))
_ALONE: Final = {"eta", "L", "norm"}
"""Families with one cell each (per layer), which has no indices."""
_ALONE_OR_NOT: Final = {"b", "S", "dL/db"}
_INDEX: Final = " {0,3}[1-9][0-9]{0,5} {0,3}"
_UNITS: Final = rf"\[{_INDEX}(?:,{_INDEX}){{0,3}}\]"
_NAME: Final = re.compile(
    r"(?P<stem>{all})(?P<prime>')? {{0,3}}(?P<units>{units})?(?P<late>')? {{0,3}}"
    r"(?P<share><{index}>)?(?P<update>@[1-9][0-9]{{0,3}})?".format(
        all="|".join([*map(_stem, sorted(NAME_PATTERNS, key=lambda family: -len(NAME_PATTERNS[family]))), *_IN_TIME]),
        units=_UNITS,
        index=_INDEX,
    )
)
_ARRAY: Final = r"[A-Za-z][A-Za-z0-9_]{0,40}"
_HELPED: Final = rf"(?:{_ARRAY}\^?\(){{0,3}}{_ARRAY}(?:\)[0-9]{{0,2}}){{0,3}}"
"""An array of a recipe, or what helps to work one out: ``f``, ``z(f)``, ``m^(W)``."""
_RECIPE_NAME: Final = re.compile(
    rf"(?P<stem>d{_HELPED}/d{_HELPED}|{_HELPED}|norm\(dL\))(?P<prime>')? {{0,3}}"
    rf"(?P<units>\[{_INDEX}(?:,{_INDEX}){{0,9}}\])?(?P<late>')? {{0,3}}"
    rf"(?P<share><{_INDEX}>)?(?P<update>@[1-9][0-9]{{0,3}})?"
)
"""The names of a recipe's cells, which are those that a teacher gave."""
_NEEDS_INDICES: Final = re.compile(
    "|".join([*(_stem(family) for family in NAME_PATTERNS if family not in _ALONE | _ALONE_OR_NOT), *_IN_TIME])
)
_HAS_NO_INDICES: Final = re.compile("|".join(map(_stem, sorted(_ALONE))))
_HAS_SHARES: Final = re.compile(_stem("dL/dW"))
LONGEST_NAME: Final = 200

_of_recipes: ContextVar[bool] = ContextVar("of_recipes", default=False)


@contextmanager
def names_of_recipes(known: bool) -> Iterator[None]:
    """Inside, names of a recipe's arrays are names of cells, too, if the sheets are `known` to be of one.

    Without that they are none: a recipe's names are any words, and many rows would be taken for answers.
    """
    token = _of_recipes.set(known)
    try:
        yield
    finally:
        _of_recipes.reset(token)


def cell_name(text: str) -> str | None:
    r"""The ASCII name that a text such as ``W1’[1, 2]`` or ``z1\[1\]`` means; None where it is no cell's name."""
    return _cell_name(text, _of_recipes.get()) if len(text) <= LONGEST_NAME else None


def line_name(text: str) -> str | None:
    """The name with which a line of running text begins as if it gave a number for it."""
    return _line_name(text[:LONGEST_NAME], _of_recipes.get())


@lru_cache(_REMEMBERED)
def _cell_name(text: str, of_recipes: bool) -> str | None:
    bare = in_ascii(html.unescape(text)).strip(" `*_$").replace(" ", "").replace("\\", "")
    if (found := _NAME.fullmatch(bare)) and ((name := _name(found)) or not of_recipes):
        return name
    found = _RECIPE_NAME.fullmatch(bare) if of_recipes else None
    return _name_in_recipe(found, dressed="`" in text) if found else None


def _name_in_recipe(found: re.Match[str], *, dressed: bool = False) -> str | None:
    """A name of a recipe's cell; one without indices could be any word, unless it stands as code or is a derivative."""
    stem, units = found["stem"], (found["units"] or "").replace(" ", "")
    if (found["prime"] and found["late"]) or stem.count("(") != stem.count(")"):
        return None
    if not units and not dressed and "/d" not in stem:
        return None
    share = (found["share"] or "").replace(" ", "")
    return f"{stem}{found['prime'] or found['late'] or ''}{units}{share}{found['update'] or ''}"


@lru_cache(_REMEMBERED)
def _line_name(text: str, of_recipes: bool) -> str | None:
    lead = in_ascii(html.unescape(_TAG.sub("|", LEAD.sub("", text, count=1))))
    start = lead.translate(_DRESS).lstrip(" _")
    found = _NAME.match(start)
    name = _name(found) if found else None
    if name is None and of_recipes and (found := _RECIPE_NAME.match(start)) and found["units"]:
        name = _name_in_recipe(found)
    if not found or not name:
        return None
    rest = found.string[found.end() :].rstrip(" _.|)")
    is_plain_word = not found["units"] and not name.startswith(("d", "norm"))
    return name if not is_plain_word or (_GIVES.match(rest) and not lead.startswith("$")) else None


_DRESS: Final = str.maketrans("", "", "`*\\$")
LEAD: Final = re.compile(r"\A(?:[\s>|_*`]|[-+](?=\s)|[0-9]{1,3}[.)](?=\s)|<[^<>]{0,99}>)+")
"""What may stand before a name at the start of a line: quotes, lists, bars, emphasis, tags."""
_TAG: Final = re.compile("<(?![0-9]{1,4}>)[^<>]{0,99}>")
"""HTML; a number between angle brackets is a time step."""
_GIVES: Final = re.compile(r"[ _]*(?:$|\||[;,=:≈~]? *[-+]?\.?[0-9]|[;=:≈~].*[0-9]$)")
"""What follows a name where it is given a number. ("L is ..." and "b1 = b1 - rate * gradient" give none.)"""


def _name(found: re.Match[str]) -> str | None:
    stem, units = found["stem"], (found["units"] or "").replace(" ", "")
    if (found["prime"] and found["late"]) or (units and _HAS_NO_INDICES.fullmatch(stem)):
        return None
    if (not units and _NEEDS_INDICES.fullmatch(stem)) or (found["share"] and not _HAS_SHARES.fullmatch(stem)):
        return None
    share = (found["share"] or "").replace(" ", "")
    return f"{stem}{found['prime'] or found['late'] or ''}{units}{share}{found['update'] or ''}"


def names_within(text: str) -> list[str]:
    """The names with indices that stand anywhere in a text."""
    return [name for found in _NAME.finditer(text) if found["units"] and (name := _name(found))]
