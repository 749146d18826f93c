"""The data files that come with the program: example files (`presets`), recipes, notations, a teacher's first files."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from importlib.resources import files

__all__ = ["shipped_texts", "shipped_titles", "starter_files"]


@lru_cache
def _files_in(folder: str) -> dict[str, str]:
    entries = sorted((files("backproptable") / "shipped" / folder).iterdir(), key=lambda entry: entry.name)
    return {entry.name: entry.read_text(encoding="utf-8") for entry in entries}


@lru_cache
def shipped_texts(folder: str) -> dict[str, str]:
    """Name and content of every file in ``presets``, ``recipes`` or ``notations``."""
    return {name.removesuffix(".toml"): text for name, text in _files_in(folder).items()}


def starter_files() -> dict[str, str]:
    """The files that a teacher begins with, by their names: a course and a class list."""
    return dict(_files_in("starters"))


@lru_cache
def shipped_titles(folder: str) -> dict[str, str]:
    """Name and one-line description of each, from its key ``about``."""
    return {name: tomllib.loads(text)["about"] for name, text in shipped_texts(folder).items()}
