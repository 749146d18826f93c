"""The description of a net and its training step. No numbers but the learning rate and the slope."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from decimal import Decimal, InvalidOperation
from typing import Final

from backproptable.errors import InputError, Problem, suggestion

__all__ = ["CHOICES", "LARGEST_GIVEN", "SMALLEST_GIVEN", "Net"]

CHOICES: Final = {
    "activations": ("identity", "relu", "leaky_relu", "sigmoid", "tanh", "step", "softmax"),
    "loss": ("half_sse", "sse", "mse", "cross_entropy", "binary_cross_entropy", "output"),
    "bias": ("none", "per_unit", "shared"),
    "reduction": ("sum", "mean"),
    "weights": ("from_to", "to_from"),
    "output_delta": ("chain", "short"),
}
"""What the keys that are words may say."""

LARGEST_GIVEN: Final = Decimal("1e9")
"""A given number beyond this is refused as a slip of the pen."""
SMALLEST_GIVEN: Final = Decimal("1e-30")
"""A given number nearer to 0, but not 0, would be lost on the way through the net."""

_MOST_UPDATES: Final = 1000
_LOGARITHMIC_LOSSES: Final = ("cross_entropy", "binary_cross_entropy")
_PROBABILITIES: Final = ("sigmoid", "softmax")
_SHORT_DELTAS: Final = (("softmax", "cross_entropy"), ("sigmoid", "binary_cross_entropy"), ("identity", "half_sse"))
"""(output activation, loss) for which dL/dz = a - y holds."""


@dataclass(frozen=True, kw_only=True)
class Net:
    """A feed-forward net and how one training step of it is worked.

    Checked on construction; raises `InputError` with everything that is wrong.
    """

    layers: tuple[int, ...] = (3, 3, 3, 3)
    """Units per layer: inputs, hidden layers (none up to as many as wanted), outputs."""
    activations: tuple[str, ...] = ("relu", "sigmoid", "softmax")
    """One per weight layer."""
    loss: str = "cross_entropy"
    bias: str = "per_unit"
    """``none``, ``per_unit``, or ``shared``: one number for a whole layer."""
    update_biases: bool = False
    learning_rate: Decimal = Decimal("0.01")
    reduction: str = "sum"
    """How the samples of a batch are combined."""
    updates: int = 1
    """Training updates worked through; 0 stops at the gradients."""
    weights: str = "from_to"
    """``from_to``: W[i][j] leads from unit i to unit j (x W + b); ``to_from``: W x + b."""
    output_delta: str = "chain"
    """``chain``: dL/da times the local derivative; ``short``: dL/dz = a - y where that holds."""
    leaky_slope: Decimal = Decimal("0.01")
    samples: int | None = None
    """Samples of a batch, or None for one sample that is no batch."""
    forward_only: bool = False
    """True where there are weights but no targets: the forward pass and nothing else."""

    def __post_init__(self) -> None:
        for name in ("layers", "activations"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        problems = [*self._make_decimal("learning_rate"), *self._make_decimal("leaky_slope"), *self._problems()]
        if problems:
            raise InputError(problems)

    def _make_decimal(self, name: str) -> Iterator[Problem]:
        """Numbers may come as int, float or text; they are kept as the decimals they were written as."""
        try:
            number = Decimal(str(getattr(self, name)))
        except InvalidOperation:
            number = Decimal("nan")
        object.__setattr__(self, name, number)
        highest = 1 if name == "leaky_slope" else 1000
        if not (number.is_finite() and 0 < number < highest):
            yield Problem(f"[net] {name}", f"is {number:.6g}.", f"Write a number above 0 and below {highest}.")

    def _problems(self) -> Iterator[Problem]:
        yield from self._unknown_words()
        yield from self._wrong_sizes()
        yield from self._wrong_activations()
        yield from self._wrong_loss()

    def _unknown_words(self) -> Iterator[Problem]:
        for key, known in CHOICES.items():
            value = getattr(self, key)
            for word in value if key == "activations" else (value,):
                if word not in known:
                    yield Problem(f"[net] {key}", f"{word!r} is not known.", suggestion(str(word), known))

    def _wrong_sizes(self) -> Iterator[Problem]:
        if len(self.layers) < 2 or min(self.layers, default=0) < 1:
            yield Problem(
                "[net] layers",
                f"is {list(self.layers)}.",
                "Write at least two whole numbers above 0: inputs, hidden layers if any, outputs.",
            )
        elif len(self.activations) != self.depth:
            yield Problem(
                "[net] activations",
                f"has {len(self.activations)} entries, but {len(self.layers)} layers need {self.depth}.",
                "Write one activation per weight layer.",
            )
        if not 0 <= self.updates <= _MOST_UPDATES:
            yield Problem("[net] updates", f"is {self.updates}.", f"Write a whole number from 0 to {_MOST_UPDATES}.")
        if self.samples is not None and self.samples < 1:
            yield Problem("[givens] x", "has no sample.", "Write at least one row.")

    def _wrong_activations(self) -> Iterator[Problem]:
        for number, activation in enumerate(self.activations, start=1):
            if activation == "softmax" and number < len(self.activations):
                yield Problem(
                    "[net] activations",
                    f"softmax stands at place {number} of {len(self.activations)}.",
                    "It can only be the last one.",
                )
            if activation == "step" and not self.forward_only:
                yield Problem(
                    "[net] activations",
                    f"step stands at place {number}; its derivative is 0 everywhere, so there is nothing to learn.",
                    "Use it for a forward pass only: give all weights and biases in [givens], and no y.",
                )

    def _wrong_loss(self) -> Iterator[Problem]:
        if not self.activations or self.forward_only:
            return
        output = self.activations[-1]
        if self.loss in _LOGARITHMIC_LOSSES and output in CHOICES["activations"] and output not in _PROBABILITIES:
            yield Problem(
                "[net] loss",
                f"{self.loss} takes the logarithm of the outputs, and {output} can give 0 or less.",
                "Make the last activation sigmoid or softmax, or choose another loss.",
            )
        if self.loss == "binary_cross_entropy" and output == "softmax" and self.layers[-1:] == (1,):
            yield Problem(
                "[net] loss",
                "softmax over one output is always 1, and binary_cross_entropy takes ln(1 - 1).",
                "Use sigmoid, or more outputs.",
            )
        known = output in CHOICES["activations"] and self.loss in CHOICES["loss"]
        if self.output_delta == "short" and known and (output, self.loss) not in _SHORT_DELTAS:
            holds = ", ".join(f"{activation} with {loss}" for activation, loss in _SHORT_DELTAS)
            yield Problem(
                "[net] output_delta",
                f"dL/dz = a - y does not hold for {output} with {self.loss}, only for {holds}.",
                'Write output_delta = "chain".',
            )

    @property
    def depth(self) -> int:
        """The number of weight layers."""
        return len(self.layers) - 1

    @property
    def sample_numbers(self) -> tuple[int | None, ...]:
        """1, 2, ... for a batch; None once where there is no batch."""
        return (None,) if self.samples is None else tuple(range(1, self.samples + 1))

    @property
    def needs_targets(self) -> bool:
        """Whether there are target numbers y."""
        return not self.forward_only and self.loss != "output"

    @property
    def short_delta_holds(self) -> bool:
        """Whether dL/dz = a - y holds for the output layer."""
        return (self.activations[-1], self.loss) in _SHORT_DELTAS

    def units(self, layer: int) -> range:
        """The numbers of the units of `layer`; layer 0 are the inputs."""
        return range(1, self.layers[layer] + 1)

    def connections(self, layer: int) -> list[tuple[int, int]]:
        """(source, target) of every weight of `layer`, in the reading order of its matrix."""
        sources, targets = self.units(layer - 1), self.units(layer)
        if self.weights == "from_to":
            return [(i, j) for i in sources for j in targets]
        return [(i, j) for j in targets for i in sources]

    def bias_units(self, layer: int) -> range:
        """One entry per bias number of `layer`."""
        return {"none": range(0), "shared": range(1, 2), "per_unit": self.units(layer)}[self.bias]

    def weight_index(self, source: int | str, target: int | str) -> tuple[int | str, int | str]:
        """The index of the weight from unit `source` to unit `target`, in the net's layout."""
        return (source, target) if self.weights == "from_to" else (target, source)

    def weight_shape(self, layer: int) -> tuple[int, int]:
        """Rows and columns of weight matrix `layer`, in the net's layout."""
        inputs, outputs = self.layers[layer - 1], self.layers[layer]
        return (inputs, outputs) if self.weights == "from_to" else (outputs, inputs)

    def as_keys(self) -> dict[str, object]:
        """The keys of ``[net]`` in an example file that describe this net."""
        derived = ("samples", "forward_only")
        keys = {field.name: getattr(self, field.name) for field in fields(self) if field.name not in derived}
        return {key: list(value) if isinstance(value, tuple) else value for key, value in keys.items()}
