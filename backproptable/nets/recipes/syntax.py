"""The tree of a recipe: what its text says, and where it says it. Nothing is known of shapes here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

__all__ = [
    "Add",
    "Apply",
    "At",
    "Block",
    "Divide",
    "Expression",
    "Index",
    "Line",
    "MatMul",
    "Name",
    "Negative",
    "Number",
    "OneIndex",
    "Raised",
    "Script",
    "Times",
    "Transposed",
]


class At(NamedTuple):
    """A place in the text, both counted from 1."""

    line: int
    column: int

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}"


@dataclass(frozen=True, slots=True)
class Number:
    """A number, as written."""

    text: str
    at: At = field(compare=False)


@dataclass(frozen=True, slots=True)
class Name:
    """An array."""

    name: str
    at: At = field(compare=False)


class OneIndex(NamedTuple):
    """One place between brackets: ``3``, ``t``, ``t-1``, or ``:`` for all of them."""

    letter: str = ""
    number: int = 0
    everything: bool = False

    def value(self, step: int) -> int:
        """The number that stands there in time step `step`."""
        return self.number + (step if self.letter else 0)


@dataclass(frozen=True, slots=True)
class Index:
    """Entries of an array, counted from 1: ``A[i]``, ``A[:,1]``, ``h[t-1]``."""

    base: Name
    places: tuple[OneIndex, ...]
    at: At = field(compare=False)


@dataclass(frozen=True, slots=True)
class Transposed:
    """``A^T``"""

    arg: Expression
    at: At = field(compare=False)


@dataclass(frozen=True, slots=True)
class Negative:
    """``-A``"""

    arg: Expression
    at: At = field(compare=False)


@dataclass(frozen=True, slots=True)
class Add:
    """``A + B`` and, where `minus` says so, ``A - B``."""

    left: Expression
    right: Expression
    minus: bool
    at: At = field(compare=False)


@dataclass(frozen=True, slots=True)
class MatMul:
    """``A B`` or ``A @ B``, the product of matrices; a vector is a row on the left and a column on the right."""

    left: Expression
    right: Expression
    at: At = field(compare=False)


@dataclass(frozen=True, slots=True)
class Times:
    """``A * B``, entry by entry."""

    left: Expression
    right: Expression
    at: At = field(compare=False)


@dataclass(frozen=True, slots=True)
class Divide:
    """``A / B``, entry by entry."""

    top: Expression
    bottom: Expression
    at: At = field(compare=False)


@dataclass(frozen=True, slots=True)
class Raised:
    """``A^2``, entry by entry, with a whole exponent."""

    base: Expression
    exponent: int
    at: At = field(compare=False)


Option = bool | int | str
"""What stands behind the ``=`` of an option: true or false, a whole number, or any other number as text."""


@dataclass(frozen=True, slots=True)
class Apply:
    """A function: ``tanh(z)``, ``conv(A, K, stride=2)``."""

    function: str
    args: tuple[Expression, ...]
    options: tuple[tuple[str, Option], ...]
    at: At = field(compare=False)
    rows: tuple[int, ...] = ()
    """Of `lookup`, the rows that are listed: ``lookup(E, [3, 1])``."""


Expression = Number | Name | Index | Transposed | Negative | Add | MatMul | Times | Divide | Raised | Apply


@dataclass(frozen=True, slots=True)
class Line:
    """``name = expression``"""

    name: str
    expression: Expression
    at: At = field(compare=False)
    text: str = ""
    """The line as written, without its remark."""


@dataclass(frozen=True, slots=True)
class Block:
    """``for t in 1..T:`` and the lines under it."""

    letter: str
    last: int | str
    """The last step: a number, or the name of one."""
    lines: tuple[Line, ...]
    at: At = field(compare=False)


@dataclass(frozen=True, slots=True)
class Script:
    """A whole recipe."""

    parts: tuple[Line | Block, ...]

    @property
    def lines(self) -> tuple[Line, ...]:
        """All lines, those of blocks too, in order."""
        return tuple(line for part in self.parts for line in (part.lines if isinstance(part, Block) else (part,)))
