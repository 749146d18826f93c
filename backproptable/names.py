"""Addresses of cells, and the ASCII name each one has on every sheet.

An address says *what* a number is (family, layer, unit, sample, pass); its name is how people and
files write it: ``z1[2]``, ``dL/dW2[1,3]``, ``W1'[2,2]``, ``da3/dz3[1,2]@2``. Names never change
with the notation, so a returned sheet can be read whatever symbols it was printed in.
"""

from __future__ import annotations

from typing import Final, NamedTuple

__all__ = ["NAME_PATTERNS", "UNIT_LETTERS", "Address", "name_of"]

NAME_PATTERNS = {
    "x": "x",
    "y": "y",
    "W": "W{n}",
    "b": "b{n}",
    "eta": "eta",
    "z": "z{n}",
    "a": "a{n}",
    "e": "e{n}",
    "S": "S{n}",
    "l": "l",
    "L": "L",
    "dL/da": "dL/da{n}",
    "da/dz": "da{n}/dz{n}",
    "dL/dz": "dL/dz{n}",
    "dL/dW": "dL/dW{n}",
    "dL/db": "dL/db{n}",
    "dL/dx": "dL/dx",
    "norm": "norm(dL/dW{n})",
}
"""Family of cells -> the part of the name before the brackets; ``{n}`` is the weight layer."""

UNIT_LETTERS: Final = "ijkmnpqrtuv"
"""The letters that stand for any unit in a rule; l, o and s mean other things there."""


class Address(NamedTuple):
    """What a cell is. A letter in place of a number makes it generic, for rules in symbols."""

    family: str
    """A key of `NAME_PATTERNS`."""
    layer: int | None = None
    """The weight layer, counted from 1; None where there is only one (x, y, l, L, eta)."""
    units: tuple[int | str, ...] = ()
    """The unit, or the two units in the order of the net's weight layout; counted from 1."""
    sample: int | str | None = None
    """The sample of a batch, counted from 1; None outside batches and where samples are summed."""
    primed: bool = False
    """Updated weights and biases, and everything of the pass after the last update."""
    update: int = 1
    """The training update it belongs to, counted from 1."""


def name_of(address: Address) -> str:
    """The ASCII name: pattern, prime, ``[sample,indices]``, ``@update`` from the second on."""
    stem = NAME_PATTERNS[address.family].format(n=address.layer)
    numbers = address.units if address.sample is None else (address.sample, *address.units)
    brackets = f"[{','.join(map(str, numbers))}]" if numbers else ""
    again = f"@{address.update}" if address.update > 1 else ""
    return f"{stem}{chr(39) if address.primed else ''}{brackets}{again}"
