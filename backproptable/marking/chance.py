"""How easily a plain wrong number is explained: the share of its decade that all explanations fill together."""

from __future__ import annotations

import numpy as np

from backproptable.numbers.evaluate import Table

__all__ = ["share_of_decade"]


def share_of_decade(number: float, lows: Table, highs: Table, half: float) -> float:
    """The part of the numbers as large as `number` that lie in one of the ranges, each wider by `half` a unit.

    1 where that says nothing: for 0 and infinite numbers. Ranges without ends do not count.
    """
    size = abs(number)
    if not 0 < size < np.inf:
        return 1.0
    decade = 10.0 ** np.floor(np.log10(size))
    with np.errstate(all="ignore"):
        near = (np.fmax(np.abs(lows), np.abs(highs)) >= decade) & (np.abs(lows) < 10 * decade)
        widths = np.where(near & np.isfinite(highs - lows), highs - lows + 2 * half, 0.0)
    return float(np.sum(widths) / (9 * decade))
