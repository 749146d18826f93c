"""The data files that come with the program: example files (`presets`) and notations, all TOML."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from importlib.resources import files

__all__ = ["shipped_texts", "shipped_titles"]


@lru_cache
def shipped_texts(folder: str) -> dict[str, str]:
    """Name and content of every file in ``presets`` or ``notations``."""
    entries = sorted((files("backproptable") / folder).iterdir(), key=lambda entry: entry.name)
    return {entry.name.removesuffix(".toml"): entry.read_text(encoding="utf-8") for entry in entries}


def shipped_titles(folder: str) -> dict[str, str]:
    """Name and one-line description of each, from its key ``about``."""
    return {name: tomllib.loads(text)["about"] for name, text in shipped_texts(folder).items()}
