"""The short code that says whose sheet it is, whatever the file is called.

Ten characters of Crockford's base 32, written ``7KQ2M-XR9DD``. The alphabet has no I, L, O and U, so
what people mistake for one another can be read back, and the last character is a checksum of the
other nine: it finds every single wrong character and every two that changed places.

The checksum is a polynomial over the field of 32 elements, where each place weighs twice the next
one. (A weighted sum modulo 32 cannot do both: single slips need odd weights, and then the
difference of two weights is even.)
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

__all__ = ["make_code", "read_code"]

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH: Final = 10
_FIELD: Final = 0b100101
"""x^5 + x^2 + 1, which has no factors: what is left over by it makes the field."""
_DECORATION: Final = re.compile(r"[\s`*_\\\u00ad\u200b-\u200f\u2060\ufeff‐‑‒–—−-]")
_MISREAD: Final = str.maketrans("OIL", "011")


def make_code(numbers: Sequence[int]) -> str:
    """The code of nine numbers (or bytes), each taken modulo 32."""
    if len(numbers) != _LENGTH - 1:
        raise ValueError(f"a code is made of {_LENGTH - 1} numbers, not {len(numbers)}")
    digits = [number % len(_ALPHABET) for number in numbers]
    code = "".join(_ALPHABET[digit] for digit in (*digits, _twice(_remainder(digits))))
    return f"{code[:5]}-{code[5:]}"


def read_code(text: str) -> str | None:
    """The code as `make_code` writes it, from what people make of it; None where it has a slip."""
    bare = _DECORATION.sub("", text).upper().translate(_MISREAD)
    if len(bare) != _LENGTH or not set(bare) <= set(_ALPHABET):
        return None
    digits = [_ALPHABET.index(letter) for letter in bare]
    return make_code(digits[:-1]) if _remainder(digits) == 0 else None


def _remainder(digits: Sequence[int]) -> int:
    total = 0
    for digit in digits:
        total = _twice(total) ^ digit
    return total


def _twice(element: int) -> int:
    """An element of the field, times x."""
    doubled = element << 1
    return doubled ^ _FIELD if doubled >= len(_ALPHABET) else doubled
