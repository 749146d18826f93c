"""Drawn sheets of every kind of net, judged by `support.good_sheet`: for tests and for the simulation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from typing import Any

from backproptable.drawing.draw import Drawing, Drawn, student_key
from backproptable.nets.derive import derive_plan
from backproptable.nets.net import Net
from backproptable.nets.plan import Plan
from backproptable.numbers.grids import Grid, Grids
from support.good_sheet import Fault, Judge

__all__ = ["KINDS", "SECRET", "Kind", "Outcome", "simulate"]

SECRET = b"thirty-two bytes that nobody knows"


@dataclass(frozen=True)
class Kind:
    """A net, and how its sheets are drawn."""

    net: Net
    figures: int = 4
    carry: str = "paper"
    grids: Grids = field(default_factory=Grids)
    input_gradient: bool = False

    @property
    def _settings(self) -> dict[str, Any]:
        return {"figures": self.figures, "carry": self.carry, "grids": self.grids}

    @cached_property
    def plan(self) -> Plan:
        return derive_plan(self.net, input_gradient=self.input_gradient)

    @cached_property
    def drawing(self) -> Drawing:
        return Drawing(self.plan, **self._settings)

    @cached_property
    def judge(self) -> Judge:
        return Judge(self.plan, **self._settings)

    def texts(self, drawn: Drawn) -> list[list[str]]:
        """The givens of drawn sheets as they stand on paper."""
        return [self.drawing.candidates.texts(column) for column in drawn.units.T]


WIDE = Grids(
    weights=Grid(Decimal("-1.8"), Decimal("1.8"), Decimal("0.1")),
    biases=Grid(Decimal("-1"), Decimal("1"), Decimal("0.25")),
    inputs=Grid(Decimal("-2"), Decimal("2"), Decimal("0.5")),
)
DEFAULT = Net()
DEEP = Net(layers=(4,) * 7, activations=("relu",) * 6, loss="half_sse")
TWO = Net(layers=(2, 2, 2), activations=("sigmoid", "sigmoid"), loss="half_sse", learning_rate=Decimal("0.5"))
FOUR = Net(layers=(3, 4, 4, 2), activations=("relu", "relu", "softmax"))
RECURRENT = Net(
    kind="recurrent",
    layers=(2, 2, 1),
    activations=("tanh",),
    steps=3,
    loss="half_sse",
    bias="none",
    learning_rate=Decimal("0.1"),
)

KINDS = {
    "default": Kind(DEFAULT),
    "default, full carry": Kind(DEFAULT, carry="full"),
    "default, 3 figures": Kind(DEFAULT, figures=3),
    "default, 6 figures": Kind(DEFAULT, figures=6),
    "one dead unit": Kind(DEFAULT, grids=Grids(dead_units=1)),
    "two dead units": Kind(FOUR, grids=Grids(dead_units=2)),
    "2-2-2 of sigmoids": Kind(TWO),
    "2-2-2, other grids": Kind(TWO, grids=WIDE),
    "two updates": Kind(Net(layers=(3, 3, 3), activations=("tanh", "softmax"), updates=2)),
    "three big updates": Kind(
        Net(
            layers=(2, 3, 2),
            activations=("relu", "sigmoid"),
            loss="mse",
            updates=3,
            update_biases=True,
            learning_rate=Decimal("0.5"),
        )
    ),
    "batch, mean, shared bias": Kind(
        Net(
            layers=(2, 3, 2),
            activations=("relu", "sigmoid"),
            loss="mse",
            samples=3,
            reduction="mean",
            bias="shared",
            update_biases=True,
            learning_rate=Decimal("0.1"),
        )
    ),
    "deep ReLU": Kind(DEEP),
    "one neuron": Kind(
        Net(layers=(2, 1), activations=("sigmoid",), loss="half_sse", learning_rate=Decimal("0.5"), updates=2)
    ),
    "to_from": Kind(Net(layers=(4, 3, 2), activations=("relu", "softmax"), weights="to_from")),
    "leaky": Kind(
        Net(
            layers=(3, 4, 2),
            activations=("leaky_relu", "identity"),
            loss="mse",
            update_biases=True,
            leaky_slope=Decimal("0.1"),
        )
    ),
    "binary, short delta": Kind(
        Net(
            layers=(3, 3, 2),
            activations=("tanh", "sigmoid"),
            loss="binary_cross_entropy",
            output_delta="short",
            samples=2,
            reduction="mean",
        )
    ),
    "three steps": Kind(RECURRENT),
    "three steps, loss at each": Kind(
        replace(
            RECURRENT, layers=(1, 2, 1), activations=("sigmoid",), loss_at="every", bias="per_unit", update_biases=True
        )
    ),
    "ReLU states, paths": Kind(replace(RECURRENT, activations=("relu",), paths=True, weights="to_from", updates=2)),
    "in turn": Kind(
        Net(
            layers=(2, 2, 1),
            activations=("tanh", "identity"),
            loss="half_sse",
            samples=3,
            online=True,
            epochs=2,
            squared_error=True,
            learning_rate=Decimal("0.1"),
        )
    ),
    "dropout": Kind(
        Net(layers=(2, 4, 2), activations=("sigmoid", "softmax"), keep=Decimal("0.5"), learning_rate=Decimal("0.1"))
    ),
    "plain dropout in a batch": Kind(
        Net(
            layers=(2, 3, 1),
            activations=("relu", "identity"),
            loss="mse",
            keep=Decimal("0.8"),
            mask="plain",
            samples=2,
            learning_rate=Decimal("0.1"),
        )
    ),
    "paths": Kind(
        Net(
            layers=(2, 2, 2, 1),
            activations=("identity", "tanh", "sigmoid"),
            loss="half_sse",
            bias="none",
            paths=True,
            learning_rate=Decimal("0.5"),
        )
    ),
}
"""At least one of everything that can be drawn for."""


@dataclass
class Outcome:
    """What judging drawn sheets of one kind has given."""

    sheets: int = 0
    attempts: int = 0
    redraws: Counter[str] = field(default_factory=Counter)
    hidden: int = 0
    """Mistakes that hide on some sheet, though they were let go: summed over the sheets."""
    faults: list[Fault] = field(default_factory=list)
    alike: int = 0
    """Sheets with the same numbers as another."""


def simulate(kind: Kind, students: Sequence[str], *, mistakes: bool = True, at_once: int = 250) -> Outcome:
    """Draw for some students and judge every sheet."""
    outcome, seen = Outcome(), set()
    for chunk in _chunks(students, at_once):
        drawn = kind.drawing.draw([student_key(SECRET, "simulation", student) for student in chunk])
        texts = kind.texts(drawn)
        tables = kind.judge.tables(texts)
        outcome.faults += kind.judge.faults(tables)
        if mistakes:
            outcome.faults += kind.judge.mistakes(tables, kind.drawing.let_go, drawn.hidden)
        seen.update(map(tuple, texts))
        outcome.sheets += len(chunk)
        outcome.attempts += int(drawn.attempts.sum())
        outcome.redraws += drawn.failed
        outcome.hidden += int(drawn.hidden.sum())
    outcome.alike = outcome.sheets - len(seen)
    return outcome


def _chunks(students: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (students[start : start + size] for start in range(0, len(students), size))
