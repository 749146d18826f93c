"""The given matrices of a net on shapes alone: as they are written, or drawn whole from a seed.

Drawn numbers lie on short decimal grids, like those of single cells, and come from SHAKE-256 of the seed
and the matrix's name. They are not drawn again until every line is a good one, because nobody works so
many lines by hand; instead weights are no larger than 1 over the square root of a unit's inputs, so that
sums stay near 1 and nothing saturates, however many inputs there are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from hashlib import sha256, shake_256

import numpy as np
from numpy.typing import NDArray

from backproptable.basics.errors import InputError, Problem
from backproptable.nets.net import Net
from backproptable.numbers.grids import DEFAULT_GRIDS, Grid, is_one_hot, target_grid
from backproptable.numbers.shapes import Matrix, Shapes

__all__ = ["GivenMatrix", "given_matrices", "weight_grid"]

_NUMBER_BYTES = 4


@dataclass(frozen=True)
class GivenMatrix:
    """The numbers of one given matrix; `values` has the axes of `Matrix.sizes`."""

    values: NDArray[np.float64]
    written: Mapping[tuple[int, ...], Decimal] | None = None
    """As they were written, by their indices; None where they are drawn."""
    grid: Grid | None = None
    """What they are drawn from; None for zeros and ones, and where they are written."""

    @property
    def is_drawn(self) -> bool:
        """Whether they come from the seed."""
        return self.written is None

    def number(self, index: tuple[int | str, ...]) -> Decimal:
        """One of its numbers as a decimal, by its indices."""
        place = tuple(map(int, index))
        if self.written is not None:
            return self.written[place]
        value = float(self.values[tuple(one - 1 for one in place)])
        return Decimal(f"{value:.{self.grid.places if self.grid else 0}f}")


def weight_grid(inputs: int) -> Grid:
    """What the weights of a unit with so many inputs are drawn from: two figures up to 1 over their square root."""
    most = 1 / Decimal(inputs).sqrt()
    step = Decimal(1).scaleb(most.adjusted() - 1)
    most = min(most.quantize(step, ROUND_FLOOR), Decimal("0.99"))
    return Grid(-most, most, step)


def given_matrices(shapes: Shapes, seed: int, given: Mapping[str, Decimal]) -> dict[str, GivenMatrix]:
    """Every given matrix by its name: what `given` has (by the names of cells), and the others drawn.

    Raises `InputError` for a matrix of which only a part is given.
    """
    key = sha256(f"backproptable/{seed}".encode()).digest()
    written: dict[str, dict[tuple[int, ...], Decimal]] = {}
    for name, number in given.items():
        stem, _, indices = name.removesuffix("]").partition("[")
        written.setdefault(stem, {})[tuple(map(int, filter(None, indices.split(","))))] = number
    written["eta"] = {(): shapes.net.learning_rate}
    matrices = {}
    for matrix in shapes.matrices.values():
        if matrix.step is None:
            fixed = written.get(matrix.name)
            matrices[matrix.name] = _drawn(shapes.net, matrix, key) if fixed is None else _written(matrix, fixed)
    return matrices


def _written(matrix: Matrix, numbers: dict[tuple[int, ...], Decimal]) -> GivenMatrix:
    if len(numbers) != matrix.numbers:
        what = f"has {len(numbers):,} of {matrix.numbers:,} numbers."
        raise InputError([Problem(f"[givens] {matrix.name}", what, "Give all of them, or none.")])
    values = np.empty(matrix.sizes)
    for index, number in numbers.items():
        values[tuple(one - 1 for one in index)] = float(number)
    return GivenMatrix(values, numbers)


def _drawn(net: Net, matrix: Matrix, key: bytes) -> GivenMatrix:
    grid: Grid | None
    match matrix.address.family:
        case "x":
            grid = DEFAULT_GRIDS.inputs
        case "W":
            grid = weight_grid(net.ends(matrix.address.layer or 1)[0])
        case "b":
            grid = DEFAULT_GRIDS.biases
        case _:
            grid = target_grid(net)
    if grid is None and is_one_hot(net):
        samples = 1 if net.samples is None else net.samples
        hot = _digits(key, matrix.name, samples) % net.layers[-1]
        one_hot = (np.arange(net.layers[-1]) == hot[:, None]).astype(float)
        return GivenMatrix(one_hot.reshape(matrix.sizes))
    choice = np.array([0.0, 1.0]) if grid is None else np.array(grid.units()) / 10**grid.places
    digits = _digits(key, matrix.name, matrix.numbers) % len(choice)
    return GivenMatrix(choice[digits].reshape(matrix.sizes), grid=grid)


def _digits(key: bytes, name: str, count: int) -> NDArray[np.uint32]:
    """So many whole numbers below 2^32 that depend on the key and the matrix's name alone."""
    material = shake_256(b"%s/matrix/%s" % (key, name.encode())).digest(_NUMBER_BYTES * count)
    return np.frombuffer(material, dtype="<u4")
