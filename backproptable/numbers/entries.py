"""The entries of large matrices that a reader wants to see, chosen by the names of their cells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from backproptable.basics.errors import InputError, Problem, suggestion
from backproptable.basics.plaintext import one_line
from backproptable.formulas.names import Address, name_of
from backproptable.numbers.shapes import Matrix, Shapes, matrix_name

__all__ = ["MOST_ENTRIES", "chosen_entries"]

MOST_ENTRIES: Final = 500
"""More lines than this nobody reads; a smaller net is printed whole."""
_MOST_SHOWN: Final = 40
_NAME: Final = re.compile(r"([^\[\]]+?)\s*(?:\[([0-9\s,]*)\])?")
_PRIMES: Final = str.maketrans("\u2019\u2032", "''")


def chosen_entries(shapes: Shapes, names: Iterable[str] | None) -> tuple[Address, ...]:
    """The addresses of the named numbers, in the order of the work; the first of every matrix where none is named.

    Raises `InputError` with every name that is none of a number of this net.
    """
    if names is None:
        return tuple(shapes.entry(matrix, (1,) * len(matrix.sizes)) for matrix in shapes.matrices.values())
    names = list(names)
    found = [_found(shapes, number, name) for number, name in enumerate(names, start=1)]
    problems = [one for one in found if isinstance(one, Problem)]
    if len(names) > MOST_ENTRIES:
        problems.append(Problem("[sheet] entries", f"has {len(names)} names.", f"Choose at most {MOST_ENTRIES}."))
    if problems:
        raise InputError(problems)
    chosen = {shapes.entry(*one) for one in found if not isinstance(one, Problem)}
    order = {name: place for place, name in enumerate(shapes.matrices)}

    def place(address: Address) -> tuple[int, tuple[int | str, ...]]:
        return order[matrix_name(address)], (address.sample or 0, *address.units)

    return tuple(sorted(chosen, key=place))


def _found(shapes: Shapes, number: int, name: str) -> tuple[Matrix, tuple[int, ...]] | Problem:
    """The matrix and the indices that a name means, or what is wrong with it."""
    where = f"[sheet] entries[{number}]"
    shown = one_line(name)
    shown = f'"{shown if len(shown) <= _MOST_SHOWN else shown[:_MOST_SHOWN] + "..."}"'
    parts = _NAME.fullmatch(name.strip().translate(_PRIMES))
    matrix = shapes.matrices.get(parts[1]) if parts else None
    if parts is None:
        return Problem(where, f"{shown} is not the name of a number.", "Write a name such as z1[1] or dL/dW1[5,2].")
    if matrix is None:
        return Problem(where, f"{shown} is in no matrix of this net.", suggestion(parts[1], shapes.matrices))
    index = tuple(_indices(parts[2] or ""))
    if len(index) != len(matrix.sizes) or not all(1 <= i <= size for i, size in zip(index, matrix.sizes, strict=True)):
        last = name_of(shapes.entry(matrix, matrix.sizes))
        remedy = f"The numbers of {matrix.name} go up to {last}." if matrix.sizes else f"It is one number: {last}."
        return Problem(where, f"{shown} is not a number of {matrix.name}.", remedy)
    return matrix, index


def _indices(text: str) -> Iterator[int]:
    """Whole numbers; 0, which is no index, for what is none or has too many digits to be one."""
    if text.strip() or "," in text:
        for part in text.split(","):
            yield int(part) if re.fullmatch(r"\s*[0-9]{1,9}\s*", part) else 0
