r"""The TeX of a recipe's cells: an array is written as it is named, its time step before its indices.

``W`` is a letter, ``Wf`` and ``W1`` are letters with a mark (W^{(f)}), ``gain`` is a word, ``alpha`` a Greek
letter. What helps to work out an array has that array's mark: ``z(f)`` is z^{(f)}.
"""

from __future__ import annotations

import re
from typing import Final

from backproptable.formulas.names import Address
from backproptable.nets.recipes.recipe import Recipe

__all__ = ["array_symbol", "cell_symbol", "partial_symbol"]

_GREEK: Final = frozenset(
    [
        "alpha",
        "beta",
        "gamma",
        "delta",
        "epsilon",
        "zeta",
        "eta",
        "theta",
        "iota",
        "kappa",
        "lambda",
        "mu",
        "nu",
        "xi",
        "pi",
        "rho",
        "sigma",
        "tau",
        "phi",
        "chi",
        "psi",
        "omega",
        "Gamma",
        "Delta",
        "Theta",
        "Lambda",
        "Xi",
        "Pi",
        "Sigma",
        "Phi",
        "Psi",
        "Omega",
    ]
)
_CALL: Final = re.compile(r"(?P<of>[A-Za-z0-9_]+\^?)\((?P<arg>.*)\)(?P<number>[0-9]*)\Z")
_MARKED: Final = re.compile(r"([A-Za-z])_?([A-Za-z]|[0-9]+)\Z")
_WORD: Final = re.compile(r"([A-Za-z]+?)_?([0-9]*)\Z")


def cell_symbol(address: Address, recipe: Recipe) -> str:
    """The TeX of a cell."""
    if address.family == "norm(dL)":
        return rf"\Vert \nabla L \Vert{_raised(_mark(address))}"
    if address.family.startswith("d") and "/d" in address.family:
        return _derivative(address, recipe)
    if address.family in recipe.starts:
        start = address._replace(family=recipe.starts[address.family], time=0)
        return _written(start)
    return _written(address)


def partial_symbol(of: Address, by: Address) -> str:
    """The TeX of the partial derivative of one cell by another."""
    return rf"\dfrac{{\partial {_written(of)}}}{{\partial {_written(by)}}}"


def _derivative(address: Address, recipe: Recipe) -> str:
    top, _, bottom = address.family[1:].partition("/d")
    below = address._replace(family=bottom, share=None)
    if top == "L":
        if bottom in recipe.shapes:
            below = below._replace(update=1)
        fraction = partial_symbol(Address("L", update=address.update), below)
        if address.share is None:
            return fraction
        step = f"t={address.share}" if isinstance(address.share, int) else address.share
        return rf"\Bigl({fraction}\Bigr)_{{{step}}}"
    rank = recipe.ranks.get(top, 0)
    units, rest = address.units[:rank], address.units[rank:]
    return partial_symbol(address._replace(family=top, units=units), below._replace(units=rest or units))


def _written(address: Address) -> str:
    base, marks = _split(address.family)
    mark = ("" if not marks else f"({marks})") + _mark(address)
    numbers = [*([] if address.sample is None else [address.sample]), *([] if address.time is None else [address.time])]
    index = _joined([*map(str, numbers)], [*map(str, address.units)])
    return f"{base}{_raised(mark)}{f'_{{{index}}}' if index else ''}"


def _joined(cases: list[str], units: list[str]) -> str:
    short = all(len(unit) == 1 for unit in units)
    return ",".join([*cases, *(["".join(units)] if short and units else units)])


def _raised(mark: str) -> str:
    return f"^{{{mark}}}" if mark else ""


def _mark(address: Address) -> str:
    prime = r"\prime" if address.primed else ""
    again = rf"\langle {address.update}\rangle " if address.update > 1 else ""
    return prime + again


def array_symbol(name: str) -> str:
    """The TeX of an array as a whole."""
    base, marks = _split(name)
    return f"{base}{_raised(f'({marks})' if marks else '')}"


def _split(name: str) -> tuple[str, str]:
    """What stands on the line, and the mark above it."""
    if call := _CALL.match(name):
        inner, inner_mark = _split(call["arg"])
        mark = inner + (f"^{{({inner_mark})}}" if inner_mark else "") + call["number"]
        return _letter(call["of"]), mark
    if name in _GREEK:
        return f"\\{name}", ""
    if found := _MARKED.match(name):
        return found[1], found[2]
    if len(name) > 1 and (found := _WORD.match(name)):
        base = f"\\{found[1]}" if found[1] in _GREEK else rf"\mathrm{{{found[1]}}}"
        return base, found[2]
    return (name, "") if len(name) == 1 else (rf"\mathrm{{{name.replace('_', '-')}}}", "")


def _letter(function: str) -> str:
    if function.endswith("^"):
        return rf"\hat{{{function[:-1]}}}"
    if function == "e":
        return r"\varepsilon"
    return function if len(function) == 1 else rf"\mathrm{{{function.replace('_', '-')}}}"
