"""The one place that rounds numbers and shows them.

The rules (they are the same on every sheet, in every format):

- four significant figures unless asked otherwise, trailing zeros kept: ``1.350``, ``0.5000``;
- half away from zero, after snapping to 12 significant digits, so that a decimal tie which binary
  arithmetic misses by a hair is still seen as a tie;
- an exact zero is ``0``, and there is no minus zero;
- exponent form (``1.235e5``, ``4.567e-5``) below 1e-4 or from 10^figures on, decided after rounding;
- givens are shown with the digits that were written.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Context, Decimal
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "DEFAULT_FIGURES",
    "MAX_FIGURES",
    "MAX_FIGURES_ON_PAPER",
    "MIN_FIGURES",
    "half_unit",
    "rounded",
    "settled",
    "show",
    "show_all",
    "show_exact",
    "show_given",
    "without_noise",
]

DEFAULT_FIGURES: Final = 4
MIN_FIGURES: Final = 2
MAX_FIGURES: Final = 10
"""More would leave no room between what is shown and what double precision is certain of."""
MAX_FIGURES_ON_PAPER: Final = 7
"""Up to here double precision holds the square of a printed number, so that every line can be true."""
SNAP_DIGITS: Final = 12
"""Significant digits that count as certain in double precision."""
_SMALLEST_PLAIN: Final = Decimal("1e-4")
"""What is nearer to 0 has exponent form."""

_REACH = 320
_EXPONENTS = range(-_REACH, _REACH + 1)
_UP = np.array([float(f"1e{min(max(k, 0), 308)}") for k in _EXPONENTS])
_DOWN = np.array([float(f"1e{min(max(-k, 0), 308)}") for k in _EXPONENTS])
"""10^k for k >= 0 and 10^-k for k <= 0, else 1: correctly rounded (numpy.power promises less)."""


def _scaled(values: NDArray[np.float64], exponent: NDArray[np.int64]) -> NDArray[np.float64]:
    """Values * 10^exponent, as one rounding of exact operands wherever 10^|exponent| is exact."""
    place = exponent + _REACH
    result: NDArray[np.float64] = values * _UP[place] / _DOWN[place]
    return result


def rounded(values: ArrayLike, figures: int) -> NDArray[np.float64]:
    """`values` rounded to `figures` significant figures, as the doubles nearest those decimals.

    Beyond 1e22 and 1e-22 powers of ten are not exact, and the double may be one place off.
    Infinities, NaN and numbers so small that they have no 12 digits (below 1e-280) pass unrounded.
    """
    numbers = np.asarray(values, dtype=float)
    size = np.abs(numbers)
    usual = (size > 1e-280) & (size < 1e280)
    size = np.where(usual, size, 1.0)
    exponent = np.floor(np.log10(size)).astype(np.int64)
    snapped = np.rint(_scaled(size, SNAP_DIGITS - 1 - exponent)).astype(np.int64)
    dropped = 10 ** (SNAP_DIGITS - figures)
    kept = (2 * snapped + dropped) // (2 * dropped)
    result = _scaled(kept.astype(float), exponent + 1 - figures)
    return np.where(usual, np.copysign(result, numbers), numbers + 0.0)


def half_unit(values: ArrayLike, figures: int) -> NDArray[np.float64]:
    """Half a unit in the last of `figures` significant figures; 0 for an exact 0."""
    size = np.abs(np.asarray(values, dtype=float))
    usual = (size > 1e-280) & (size < 1e280)
    exponent = np.floor(np.log10(np.where(usual, size, 1.0))).astype(np.int64)
    return np.where(usual, 0.5 * _scaled(np.ones_like(size), exponent + 1 - figures), 0.0)


def settled(total: NDArray[np.float64], size: NDArray[np.float64]) -> NDArray[np.float64]:
    """A sum without its rounding noise. `size` is the sum of the absolute terms.

    Binary arithmetic gives 0.1 + 0.2 - 0.3 = 5.6e-17; on paper it is 0. The sum is put on the
    decimal grid that lies 14 digits below the size of its terms, which is finer than any sum of
    products of printed numbers of up to seven figures, and coarser than the noise.
    """
    usual = (size > 1e-250) & (size < 1e280)
    exponent = 14 - np.floor(np.log10(np.where(usual, size, 1.0))).astype(np.int64)
    on_grid = _scaled(np.rint(_scaled(np.where(usual, total, 0.0), exponent)), -exponent)
    return np.where(usual, on_grid, total)


def without_noise(total: NDArray[np.float64], size: NDArray[np.float64]) -> NDArray[np.float64]:
    """A sum that is 0 where it is nothing but rounding noise, its own and that of its terms; else untouched."""
    return np.where(np.abs(total) <= 1e-13 * size, 0.0, total)


def show(value: float, figures: int) -> str:
    """The text of a number that `rounded` has rounded to `figures` significant figures."""
    if value == 0:
        return "0"
    # Python's "g" switches to exponent form exactly where the rule does: below 1e-4 and from
    # 10^figures on, decided on the rounded digits; "#" keeps the trailing zeros.
    mantissa, mark, exponent = f"{value:#.{figures}g}".partition("e")
    return mantissa.rstrip(".") + (f"e{int(exponent)}" if mark else "")


def show_all(values: Sequence[float], figures: int) -> list[str]:
    """The texts that `show` gives of many numbers, most of which need nothing but their digits."""
    texts = (f"%#.{figures}g " * len(values) % tuple(values)).split()
    zero = f"{0:#.{figures}g}"
    return [
        show(value, figures) if "e" in text or text[-1] == "." or text.endswith(zero) else text
        for text, value in zip(texts, values, strict=True)
    ]


_LONG: Final = Context(prec=200)
"""For decimals that grow with every update of a weight."""


def show_exact(value: Decimal, figures: int) -> str:
    """The text of a number with every decimal it has, in exponent form where the rule wants it."""
    value = value.normalize(_LONG)
    if not value:
        return "0"
    if _SMALLEST_PLAIN <= abs(value) < Decimal(10) ** figures:
        return f"{value:f}"
    sign, digits, _ = value.as_tuple()
    mantissa = str(digits[0]) + ("." + "".join(map(str, digits[1:])) if len(digits) > 1 else "")
    return f"{'-' if sign else ''}{mantissa}e{value.adjusted()}"


def show_given(value: Decimal) -> str:
    """The text of a given: the digits that were written, trailing zeros included, in exponent form below 1e-4."""
    if value == 0:
        value = abs(value)
    elif abs(value) < _SMALLEST_PLAIN:
        return f"{value:e}"
    return str(value).lower().replace("e+", "e")
