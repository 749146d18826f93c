r"""Notations as data: how the cells of a plan are written in TeX.

A notation is a TOML file in `backproptable/shipped/notations/` with one pattern per family of cells.
Derivatives follow from these: the gradient of a weight is written as the partial derivative of
`L` by `W`. The patterns are TeX with these placeholders:

=============  ====================================================================================
``<n>``        the number of the weight layer
``<units>``    the indices, sample first in a batch: ``12``, or ``3,12`` where one has two digits
``<_units>``   the same as a subscript of its own, nothing where there is no index
``<from>``     the unit a weight starts from, whatever the layout; ``<to>`` where it leads
``<unit>``     the unit with its layer: ``h2`` (``h1,2`` if there are several hidden layers), ``o1``
``<number>``   the running number of a weight, layer after layer, in the order of its matrix
``<here>``     the layer in words: ``H1``, ``output``; ``<before>`` the one before: ``input``, ``H1``
``<layer>``    the letter of the layer (i for the inputs, then j, k, ...); ``<below>`` the one before
``<mark>``     what sets apart updated weights and later passes; ``<^mark>`` as a superscript of its own
=============  ====================================================================================

A pattern may be a table with ``hidden`` and ``output``. ``b_shared`` is the bias of a whole layer,
``W_any`` a weight with letters for units where ``W`` needs numbers, ``matrix`` a whole weight matrix,
``prime`` the mark of what is updated, ``letters`` stand for units in rules where i, j, k name layers.

For recurrent nets a notation has a table ``recurrent`` with patterns for ``z``, ``s`` (the state) and
``o`` (the outputs), and with others where they differ. There ``<n>`` is x, s or y.

A derivative may have a pattern of its own under the family's name, such as ``"dL/dz"``. ``opposite``
lists the families this notation writes with the opposite sign (see `render.signs`); each needs a
pattern of its own, and ``note`` is the sentence that says so on the sheet, in words without markup.
``whole`` has patterns for all cells of a family as one matrix, where the pattern of a cell without its
index is not what one would write. ``program`` has names for the pseudo-code of the layout in steps
(see `render.steps`).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from backproptable.basics.errors import InputError, PlanError, Problem, suggestion
from backproptable.basics.shipped import shipped_texts, shipped_titles
from backproptable.formulas.names import UNIT_LETTERS, Address
from backproptable.nets.net import Net
from backproptable.nets.recipes.recipe import Recipe
from backproptable.nets.recipes.symbols import cell_symbol, partial_symbol

__all__ = ["DEFAULT_NOTATION", "Notation", "load_notation", "notation_titles"]

DEFAULT_NOTATION: Final = "indexed"

_LAYER_LETTERS: Final = "ijklmnpqrtuv"
_DERIVATIVES: Final = {"dL/da": "a", "dL/dd": "d", "dL/dz": "z", "dL/dW": "W", "dL/db": "b", "dL/dx": "x"}
_USUAL: Final = {
    "m": "m^{(<n>)}_{<units>}",
    "d": "d^{(<n>)<mark>}_{<units>}",
    "error": r"\mathrm{error}<^mark>_{<units>}",
    "E": r"\mathrm{Error}_{<units>}",
}
"""How a notation writes what it has no pattern for."""
_IN_TIME: Final = {("a", "s"): "s", ("a", "y"): "o"}
"""The patterns of what a recurrent net works out, by family and layer."""


def notation_titles() -> dict[str, str]:
    """Name and one-line description of every notation that ships with the product."""
    return shipped_titles("notations")


def load_notation(name: str, net: Net) -> Notation:
    """The notation `name` for `net`. Raises `InputError` with the known names for an unknown one."""
    known = notation_titles()
    if name not in known:
        raise InputError([Problem("notation", f"{name!r} is not known.", suggestion(name, known))])
    if isinstance(net, Recipe):
        return RecipeNotation(net, {})
    patterns = _read(name)
    return Notation(net, _USUAL | patterns | (patterns["recurrent"] if net.is_recurrent else {}))


@lru_cache
def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(shipped_texts("notations")[name])


@dataclass(frozen=True)
class Notation:
    """The symbols of one net's cells."""

    net: Net
    patterns: dict[str, Any]

    @property
    def opposite(self) -> tuple[str, ...]:
        """The families of cells written with the opposite sign."""
        return tuple(self.patterns.get("opposite", ()))

    @property
    def note(self) -> str:
        """What the sheet has to say about this notation; mostly nothing."""
        return str(self.patterns.get("note", ""))

    def letter(self, unit: int | str) -> str:
        """A unit as this notation writes it: a number, or the letter that stands for any."""
        if isinstance(unit, int) or unit not in UNIT_LETTERS:
            return str(unit)
        return str(self.patterns.get("letters", UNIT_LETTERS)[UNIT_LETTERS.index(unit)])

    def symbol(self, address: Address) -> str:
        """The TeX of a cell."""
        if address.family in self.patterns and not address.is_share:
            return _safe(self._written(address))
        if address.is_share or address.family == "paths":
            return self._in_part(address)
        if address.family == "do/ds":
            output, step, unit = address.units
            state = address._replace(family="a", layer="s", units=(unit,), time=step)
            return self.partial(address._replace(family="a", layer="y", units=(output,)), state)
        if address.family in _DERIVATIVES:
            bottom = address._replace(family=_DERIVATIVES[address.family])
            if bottom.family in ("W", "b", "x"):
                bottom = bottom._replace(update=1)
            return self.partial(Address("L", update=address.update), bottom)
        if address.family == "da/dz":
            output, total = address.units[0], address.units[-1]
            return self.partial(
                address._replace(family="a", units=(output,)), address._replace(family="z", units=(total,))
            )
        if address.family == "norm":
            of = self._written(Address("L", update=address.update))
            return _safe(rf"\Vert \partial {of} / \partial {self._filled('matrix', address)} \Vert")
        return _safe(self._written(address))

    def _in_part(self, address: Address) -> str:
        """The gradient that one time step has a share in, or that is given as a sum over paths."""
        whole = self.symbol(address._replace(family="dL/dW", time=None))
        step = address.time if isinstance(address.time, str) else f"t={address.time}"
        brackets = (r"\Bigl(", r"\Bigr)") if "frac" in whole else ("(", ")")
        mark = step if address.is_share else r"\text{paths}"
        return _safe(f"{brackets[0]}{whole}{brackets[1]}_{{{mark}}}")

    def partial(self, of: Address, by: Address) -> str:
        """The TeX of the partial derivative of one cell by another."""
        return _safe(rf"\dfrac{{\partial {self._written(of)}}}{{\partial {self._written(by)}}}")

    def whole(self, address: Address) -> str:
        """The TeX of all weights (``W``) or biases (``b``) of a layer as one matrix; the address needs no indices."""
        family, layer = address.family, address.layer
        whole = self._filled("matrix" if family == "W" else "b_shared", Address(family, layer))
        prime = self.patterns.get("prime", r"\prime")
        return _safe(f"{{{whole}}}^{{{prime}}}" if address.primed else whole)

    def matrix(self, address: Address) -> str:
        """The TeX of all cells of a family as one matrix; the address needs no indices."""
        return _safe(self._matrix(address._replace(units=(), sample=None)))

    def _matrix(self, address: Address) -> str:
        family, whole = address.family, self.patterns.get("whole", {})
        if family in whole:
            return self._filled(family, address, whole)
        if family in _DERIVATIVES and family not in self.patterns:
            bottom = self._matrix(address._replace(family=_DERIVATIVES[family]))
            return rf"\dfrac{{\partial {self._written(Address('L'))}}}{{\partial {bottom}}}"
        if family == "da/dz":
            top, bottom = (self._matrix(address._replace(family=one)) for one in "az")
            return rf"\dfrac{{\partial {top}}}{{\partial {bottom}}}"
        if family == "W":
            return self.whole(address)
        return _NO_INDEX.sub("", self._written(address))

    def _written(self, address: Address) -> str:
        key = _IN_TIME.get((address.family, str(address.layer)), address.family)
        if key in ("b", "dL/db") and not address.units and f"{key}_shared" in self.patterns:
            key = f"{key}_shared"
        elif key == "W" and "W_any" in self.patterns and not all(isinstance(unit, int) for unit in address.units):
            key = "W_any"
        return self._filled(key, address)

    def _filled(self, key: str, address: Address, patterns: Mapping[str, Any] | None = None) -> str:
        pattern = (patterns or self.patterns)[key]
        if isinstance(pattern, dict):
            pattern = pattern["output" if address.layer == self.net.last else "hidden"]
        return _PLACEHOLDER.sub(lambda found: self._placeholder(found[1], address), pattern)

    def _placeholder(self, name: str, address: Address) -> str:
        match name:
            case "n":
                return str(self.net.last if address.layer is None else address.layer)
            case "units":
                return self._joined(address)
            case "_units":
                return f"_{{{joined}}}" if (joined := self._joined(address)) else ""
            case "from":
                return self.letter(self.net.weight_index(*address.units)[0])
            case "to":
                return self.letter(self.net.weight_index(*address.units)[1])
            case "mark":
                return self._mark(address)
            case "^mark":
                return f"^{{{mark}}}" if (mark := self._mark(address)) else ""
        return self._of_the_layer(name, address)

    def _of_the_layer(self, name: str, address: Address) -> str:
        """The placeholders that take a layer's number, which recurrent nets do not have."""
        layer = self.net.depth if address.layer is None else address.layer
        if isinstance(layer, str):
            raise PlanError(f"a notation asks for <{name}> of layer {layer}, which has no number")
        match name:
            case "unit":
                return self._unit(address, layer)
            case "number":
                return self._number(address, layer)
            case "here":
                return self._place_in_words(layer)
            case "before":
                return self._place_in_words(layer - 1)
            case "layer":
                return _LAYER_LETTERS[layer % len(_LAYER_LETTERS)]
            case "below":
                return _LAYER_LETTERS[(layer - 1) % len(_LAYER_LETTERS)]
        raise PlanError(f"a notation asks for <{name}>, which is not known")

    def _place_in_words(self, layer: int) -> str:
        return "input" if layer == 0 else "output" if layer == self.net.depth else f"H{layer}"

    def _mark(self, address: Address) -> str:
        prime = self.patterns.get("prime", r"\prime") if address.primed else ""
        again = rf"\langle {address.update}\rangle " if address.update > 1 else ""
        return prime + again

    def _joined(self, address: Address) -> str:
        units = [self.letter(unit) for unit in address.units]
        joined = ("" if all(len(unit) == 1 for unit in units) else ",").join(units)
        return joined if address.case is None else f"{address.case},{joined}".rstrip(",")

    def _unit(self, address: Address, layer: int) -> str:
        sample = "" if address.sample is None else f"{address.sample},"
        unit = "".join(map(self.letter, address.units))
        if layer == self.net.depth:
            return f"{sample}o{unit}"
        level = "" if self.net.depth == 2 else f"{layer},"
        return f"{sample}h{level}{unit}"

    def _number(self, address: Address, layer: int) -> str:
        before = sum(rows * columns for rows, columns in map(self.net.weight_shape, range(1, layer)))
        row, column = (int(unit) for unit in address.units)
        return str(before + (row - 1) * self.net.weight_shape(layer)[1] + column)


class RecipeNotation(Notation):
    """The symbols of a recipe: its own names, whatever the notation."""

    def symbol(self, address: Address) -> str:
        """The TeX of a cell."""
        return _safe(cell_symbol(address, self._recipe))

    def whole(self, address: Address) -> str:
        """The TeX of a parameter, or of one of its planes where the address has the indices before the last two."""
        return self.symbol(address)

    def partial(self, of: Address, by: Address) -> str:
        """The TeX of the partial derivative of one cell by another."""
        return _safe(partial_symbol(of, by))

    @property
    def _recipe(self) -> Recipe:
        assert isinstance(self.net, Recipe)  # noqa: S101 - `load_notation` sees to it
        return self.net


_NO_INDEX: Final = re.compile(r"_\{\}|,(?=\})")
"""What is left of an index that is not there."""
_PLACEHOLDER: Final = re.compile(r"<(\^?\w+)>")


def _safe(tex: str) -> str:
    """TeX that GitHub's parser cannot take for emphasis: an underscore before a space opens none."""
    return tex.replace("_{", "_ {")
