"""The table of activation functions with their derivatives, as a one-page handout."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from backproptable.basics.errors import InputError, Problem, suggestion
from backproptable.formulas.formula import Formula, Ref
from backproptable.nets.calculus import ACTIVATIONS, activation_derivative, softmax_derivative
from backproptable.nets.plan import Derivation
from backproptable.render.printers import Place, tex
from backproptable.render.templates import fill_template

__all__ = ["TABLE_FORMATS", "ActivationRow", "activation_rows", "render_activations"]

TABLE_FORMATS: Final = ("md", "tex")

_SYMBOLS: Final = {
    "z": "z",
    "a": "a",
    "slope": "s",
    "threshold": "0",
    "S": "S",
    **{f"{letter}_{index}": rf"{letter}_ {{{index}}}" for letter in "za" for index in "km"},
    **{f"e_{index}": rf"e^{{z_ {{{index}}}}}" for index in "km"},
}
"""The placeholders of `calculus`, as this table writes them."""


@dataclass(frozen=True, slots=True)
class ActivationRow:
    """One function; the mathematics in TeX, without dollars."""

    name: str
    """As in ``activations = [...]``; softmax has two rows."""
    function: str
    left_side: str
    """The derivative as a symbol."""
    derivative: str
    """As SymPy gives it."""
    over_output: str
    """The same over the output a, where that is shorter; empty where it is not."""


def activation_rows() -> list[ActivationRow]:
    """Every activation in the order of the reference, its derivative made by SymPy on the spot."""
    rows = [_row(name, activation_derivative(name)) for name in ACTIVATIONS]
    rows.append(_row("softmax", softmax_derivative(True), left="a_ {k}"))
    rows.append(_row("softmax", softmax_derivative(False), left="a_ {k}"))
    return rows


def _row(name: str, derivation: Derivation, left: str = "a") -> ActivationRow:
    over_z, *over_a = map(_tex, derivation.forms)
    left_side = rf"\dfrac{{\partial {left}}}{{\partial {_tex(derivation.by)}}}"
    return ActivationRow(name, f"{left} = {_tex(derivation.function)}", left_side, over_z, "".join(over_a))


def _tex(formula: Formula) -> str:
    return tex(formula, _symbol)


def _symbol(ref: Ref, place: Place) -> str:
    symbol = _SYMBOLS[str(ref.to)]
    return f"({symbol})" if place is Place.BASE and len(symbol) > 1 else symbol


def render_activations(format: str, templates: Path | None = None) -> str:  # noqa: A002 - the word users know
    """The table as ``md`` or ``tex``. Raises `InputError` for another format."""
    if format not in TABLE_FORMATS:
        raise InputError([Problem("--format", f"{format!r} is not known.", suggestion(format, TABLE_FORMATS))])
    return fill_template(f"{format}/activations.{format}.j2", {"rows": activation_rows()}, templates)
