"""How a text sheet is written, apart from its numbers: the words for it, for readers of files and for printers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from backproptable.basics.errors import Problem
from backproptable.nets.net import Net
from backproptable.sheets.notation import DEFAULT_NOTATION

__all__ = ["EXPLAIN", "LAYOUTS", "Style", "style_problems"]

LAYOUTS: Final = ("cells", "matrices", "steps")
EXPLAIN: Final = ("full", "short", "none")


@dataclass(frozen=True, slots=True)
class Style:
    """How a text sheet is written, apart from its numbers."""

    layout: str = "cells"
    notation: str = DEFAULT_NOTATION
    explain: str = "short"
    """``full``: longer reasons and closing questions; ``short``: a line a step; ``none``."""
    templates: Path | None = None
    """A folder whose files replace shipped templates of the same name."""


def style_problems(style: Style, net: Net, where: str = "") -> Iterator[Problem]:
    """What keeps a net from being written in this layout."""
    if net.is_recipe and style.layout == "steps":
        yield Problem(f"{where}layout", "steps cannot show a recipe.", "Use cells or matrices.")
    if net.is_recipe and style.notation != DEFAULT_NOTATION:
        yield Problem(f"{where}notation", "is not used: a recipe has its own names.", "Leave it out.")
    if style.layout == "steps" and (net.is_recurrent or net.in_turn):
        kind = "recurrent nets" if net.is_recurrent else "online runs"
        yield Problem(f"{where}layout", f"steps cannot show {kind}.", "Use cells or matrices.")
