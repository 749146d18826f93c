"""How a text sheet is written, apart from its numbers: the words for it, for readers of files and for printers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from backproptable.notation import DEFAULT_NOTATION

__all__ = ["EXPLAIN", "LAYOUTS", "Style"]

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
