"""Addresses of cells, and the ASCII name each one has on every sheet.

An address says *what* a number is (family, layer, unit, sample or time step, pass); its name is how
people and files write it: ``z1[2]``, ``dL/dW2[1,3]``, ``W1'[2,2]``, ``da3/dz3[1,2]@2``, and in a
recurrent net ``s[2,1]``, ``dL/dWs[1,1]<2>``. Names never change with the notation, so a returned
sheet can be read whatever symbols it was printed in.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

__all__ = ["NAMES_IN_TIME", "NAME_PATTERNS", "UNIT_LETTERS", "Address", "Array", "Layer", "name_of"]

Layer = int | Literal["x", "s", "y"]
"""A weight layer: its number from 1 on. In a recurrent net its letter: x leads from the inputs to the
state, s from one state to the next, y from the state to the outputs. What is worked out there has the
layer it is the output of: s, the state, or y."""

Array = tuple[str, Layer | None]
"""What cells have in common that differ in indices, sample, time and pass: family and layer."""

NAME_PATTERNS: Final = {
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
    "m": "m{n}",
    "d": "d{n}",
    "error": "error",
    "E": "E",
    "dL/dd": "dL/dd{n}",
    "da/dz": "da{n}/dz{n}",
    "dL/dz": "dL/dz{n}",
    "dL/dW": "dL/dW{n}",
    "dL/db": "dL/db{n}",
    "dL/dx": "dL/dx",
    "norm": "norm(dL/dW{n})",
    "paths": "paths(dL/dW{n})",
}
"""Family of cells -> the part of the name before the brackets; ``{n}`` is the weight layer."""

NAMES_IN_TIME: Final = {
    ("z", "s"): "z",
    ("a", "s"): "s",
    ("a", "y"): "o",
    ("dL/da", "y"): "dL/do",
    ("dL/da", "s"): "dL/ds",
    ("da/dz", "s"): "ds/dz",
    ("dL/dz", "s"): "dL/dz",
    ("do/ds", "s"): "do/ds",
}
"""The same for what a recurrent net works out in every time step, by family and layer."""

UNIT_LETTERS: Final = "ijkmnpqruv"
"""The letters that stand for any unit in a rule; l, o, s and t mean other things there."""


class Address(NamedTuple):
    """What a cell is. A letter in place of a number makes it generic, for rules in symbols."""

    family: str
    """A key of `NAME_PATTERNS`."""
    layer: Layer | None = None
    """The weight layer; None where there is only one (x, y, l, L, eta)."""
    units: tuple[int | str, ...] = ()
    """The unit, or the two units in the order of the net's weight layout; counted from 1."""
    sample: int | str | None = None
    """The sample of a batch, counted from 1; None outside batches and where samples are summed."""
    primed: bool = False
    """Updated weights and biases, and everything of the pass after the last update."""
    update: int = 1
    """The training update it belongs to, counted from 1."""
    time: int | str | None = None
    """The step of a sequence, counted from 1 (0 for the state before the first); None outside of time. Of a
    gradient: the step whose share it is."""
    share: int | str | None = None
    """The step whose share it is, of a gradient in a recipe."""

    @property
    def array(self) -> Array:
        """The array whose entry it is."""
        return self.family, self.layer

    @property
    def case(self) -> int | str | None:
        """The sample of a batch or the time step of a sequence: it stands before the units and has its own row."""
        return self.time if self.sample is None else self.sample

    @property
    def is_share(self) -> bool:
        """Whether it is one time step's share of a gradient."""
        return self.time is not None and self.family == "dL/dW" and self.layer is not None

    @property
    def is_slope(self) -> bool:
        """Whether it is a local derivative, d(one array)/d(another), and not dL/d of anything."""
        return self.family.startswith("d") and "/d" in self.family and not self.family.startswith("dL/")

    @property
    def is_start(self) -> bool:
        """Whether it is the state before the first time step."""
        return self.time == 0


def name_of(address: Address) -> str:
    """The ASCII name: pattern, prime, ``[sample,time,indices]``, ``<step>`` of a share, ``@update`` from 2 on."""
    if address.layer is None:
        stem = NAME_PATTERNS.get(address.family, address.family).replace("{n}", "")
    else:
        stem = NAMES_IN_TIME.get((address.family, str(address.layer))) or NAME_PATTERNS[address.family]
        stem = "s0" if address.is_start else stem.format(n=address.layer)
    own = (address.sample, None if address.is_share or address.is_start else address.time)
    numbers = (*(number for number in own if number is not None), *address.units)
    brackets = f"[{','.join(map(str, numbers))}]" if numbers else ""
    step = address.time if address.is_share else address.share
    share = "" if step is None else f"<{step}>"
    again = f"@{address.update}" if address.update > 1 else ""
    return f"{stem}{chr(39) if address.primed else ''}{brackets}{share}{again}"
