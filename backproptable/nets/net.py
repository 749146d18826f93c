"""The description of a net and its training step. No numbers but the learning rate and the slope."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from backproptable.basics.errors import InputError, Problem, suggestion
from backproptable.basics.shipped import shipped_texts
from backproptable.formulas.names import Layer

__all__ = ["CHOICES", "LARGEST_GIVEN", "SMALLEST_GIVEN", "Net"]

CHOICES: Final = {
    "kind": ("feedforward", "recurrent"),
    "activations": ("identity", "relu", "leaky_relu", "sigmoid", "tanh", "step", "softmax"),
    "loss": ("half_sse", "sse", "mse", "cross_entropy", "binary_cross_entropy", "output"),
    "bias": ("none", "per_unit", "shared"),
    "reduction": ("sum", "mean"),
    "weights": ("from_to", "to_from"),
    "output_delta": ("chain", "short"),
    "loss_at": ("last", "every"),
    "mask": ("inverted", "plain"),
}
"""What the keys that are words may say."""

LARGEST_GIVEN: Final = Decimal("1e9")
"""A given number beyond this is refused as a slip of the pen."""
SMALLEST_GIVEN: Final = Decimal("1e-30")
"""A given number nearer to 0, but not 0, would be lost on the way through the net."""

_MOST_UPDATES: Final = 1000
_LOGARITHMIC_LOSSES: Final = ("cross_entropy", "binary_cross_entropy")
_PROBABILITIES: Final = ("sigmoid", "softmax")
_SQUARED_LOSSES: Final = ("half_sse", "sse", "mse")
_STATES: Final = ("tanh", "sigmoid", "relu", "leaky_relu", "identity")
"""What the state of a recurrent net may be made with."""
_SHORT_DELTAS: Final = (("softmax", "cross_entropy"), ("sigmoid", "binary_cross_entropy"), ("identity", "half_sse"))
"""(output activation, loss) for which dL/dz = a - y holds."""


@dataclass(frozen=True, kw_only=True)
class Net:
    """A net and how one training step of it is worked.

    A recurrent net is an Elman net: s_t = f(x_t Wx + s_{t-1} Ws + bs), o_t = s_t Wy + by. It is worked on one
    sequence of `steps` inputs, and its `layers` are inputs, states, outputs.

    Checked on construction; raises `InputError` with everything that is wrong.
    """

    kind: str = "feedforward"
    """``feedforward`` or ``recurrent``."""
    layers: tuple[int, ...] = (3, 3, 3, 3)
    """Units per layer: inputs, hidden layers (none up to as many as wanted), outputs."""
    activations: tuple[str, ...] = ("relu", "sigmoid", "softmax")
    """One per weight layer. Of a recurrent net that of the state, then identity for the outputs (may be left out)."""
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
    threshold: Decimal = Decimal(0)
    """What a weighted sum has to be above for a step function to give 1."""
    steps: int | None = None
    """The length of a recurrent net's sequence."""
    loss_at: str = "last"
    """At which steps a recurrent net's output is held against a target: ``last`` or ``every``."""
    online: bool = False
    """Whether the samples of a batch are taken in turn, with an update after each."""
    epochs: int = 1
    """How often an online run goes through all samples; `updates` follows from it."""
    keep: tuple[Decimal, ...] = ()
    """Dropout: the share of units that is kept, one per hidden layer (or one number for all); none without."""
    mask: str = "inverted"
    """What a mask does to a kept output: ``inverted`` divides it by `keep`, ``plain`` leaves it as it is."""
    squared_error: bool = False
    """Whether each output's (a - y)^2 stands in a row of its own beside the loss."""
    paths: bool = False
    """Whether gradients of early layers (or of Wx and Ws) are given once more, as sums over their paths."""
    samples: int | None = None
    """Samples of a batch, or None for one sample that is no batch."""
    forward_only: bool = False
    """True where there are weights but no targets: the forward pass and nothing else."""

    def __post_init__(self) -> None:
        for name in ("layers", "activations"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        if self.is_recurrent and len(self.activations) == 1:
            object.__setattr__(self, "activations", (*self.activations, "identity"))
        problems = [*self._make_decimals(), *self._problems()]
        if problems:
            raise InputError(problems)
        if self.in_turn:
            object.__setattr__(self, "updates", self.epochs * (self.samples or 1))

    def _make_decimals(self) -> Iterator[Problem]:
        """Numbers may come as int, float or text; they are kept as the decimals they were written as."""
        for name, highest in (("learning_rate", 1000), ("leaky_slope", 1)):
            number = _decimal(getattr(self, name))
            object.__setattr__(self, name, number)
            if not (number.is_finite() and 0 < number < highest):
                yield Problem(f"[net] {name}", f"is {number:.6g}.", f"Write a number above 0 and below {highest}.")
        threshold = _decimal(self.threshold)
        object.__setattr__(self, "threshold", threshold)
        if not (threshold.is_finite() and abs(threshold) < 1000):
            yield Problem("[net] threshold", f"is {threshold:.6g}.", "Write a number above -1000 and below 1000.")
        hidden = max(len(self.layers) - 2, 0)
        given: Any = self.keep
        shares = tuple(map(_decimal, given if isinstance(given, tuple | list) else (given,) * hidden))
        object.__setattr__(self, "keep", shares)
        for number in dict.fromkeys(shares):
            if not (number.is_finite() and 0 < number <= 1):
                remedy = "Write the share of units that is kept, above 0 and up to 1."
                yield Problem(
                    "[net] keep", f"is {number:.6g}{': no unit would be left' if number == 0 else ''}.", remedy
                )
        if given not in ((), []) and not hidden:
            yield Problem("[net] keep", "is for hidden layers, and this net has none.", "Remove it.")
        elif len(shares) not in (0, hidden):
            what = f"has {len(shares)} numbers, and the net {hidden} hidden layer{'s' if hidden > 1 else ''}."
            yield Problem("[net] keep", what, "Write a number for each hidden layer, or one for all.")

    def _problems(self) -> Iterator[Problem]:
        yield from self._unknown_words()
        yield from self._wrong_sizes()
        yield from self._wrong_kind()
        yield from self._wrong_run()
        yield from self._wrong_activations()
        yield from self._wrong_loss()

    def _unknown_words(self) -> Iterator[Problem]:
        for key, known in CHOICES.items():
            value = getattr(self, key)
            for word in value if key == "activations" else (value,):
                if word not in known:
                    offered = (*known, *shipped_texts("recipes")) if key == "kind" else known
                    yield Problem(f"[net] {key}", f"{word!r} is not known.", suggestion(str(word), offered))

    def _wrong_sizes(self) -> Iterator[Problem]:
        if len(self.layers) < 2 or min(self.layers, default=0) < 1:
            yield Problem(
                "[net] layers",
                f"is {list(self.layers)}.",
                "Write at least two whole numbers above 0: inputs, hidden layers if any, outputs.",
            )
        elif len(self.activations) != self.depth and not (self.is_recurrent and self.depth != 2):
            yield Problem(
                "[net] activations",
                f"has {len(self.activations)} entries, but {len(self.layers)} layers need {self.depth}.",
                "Write one activation per weight layer.",
            )
        if not 0 <= self.updates <= _MOST_UPDATES:
            yield Problem("[net] updates", f"is {self.updates}.", f"Write a whole number from 0 to {_MOST_UPDATES}.")
        if self.samples is not None and self.samples < 1:
            yield Problem("[givens] x", "has no sample.", "Write at least one row.")

    def _wrong_kind(self) -> Iterator[Problem]:
        """Keys of one kind of net that the other has no use for."""
        if not self.is_recurrent:
            for key, of in (("steps", None), ("loss_at", "last")):
                if getattr(self, key) != of:
                    yield Problem(f"[net] {key}", "is for recurrent nets.", 'Remove it, or write kind = "recurrent".')
            return
        if len(self.layers) != len(("x", "s", "y")):
            remedy = "Write three numbers for a recurrent net: inputs, states, outputs."
            yield Problem("[net] layers", f"is {list(self.layers)}.", remedy)
        if self.steps is None or self.steps < 1:
            what = "is missing." if self.steps is None else f"is {self.steps}."
            yield Problem("[net] steps", what, "Write how many steps the sequence has, or give x with a row for each.")
        if self.activations and self.activations[0] in CHOICES["activations"] and self.activations[0] not in _STATES:
            what = f"{self.activations[0]} cannot make the state of a recurrent net."
            yield Problem("[net] activations", what, f"Write one of {', '.join(_STATES)}.")
        if self.activations[1:] not in ((), ("identity",)) and len(self.activations) == self.depth:
            what = f"the outputs of a recurrent net are sums, and {self.activations[1]} stands in the second place."
            yield Problem("[net] activations", what, "Write the activation of the state alone.")
        for key, usual in _NOT_IN_TIME.items():
            if getattr(self, key) != usual:
                yield Problem(f"[net] {key}", "is not for recurrent nets.", "Remove it.")
        if self.samples is not None:
            yield Problem("[net] kind", "is recurrent, which takes one sequence and no batch.", "Leave samples out.")

    def _wrong_run(self) -> Iterator[Problem]:
        """What does not fit the way samples are taken and gradients shown."""
        if self.online and self.samples is None and not self.is_recurrent:
            remedy = "Give x as a list of lists, or [draw] samples."
            yield Problem("[net] online", "takes the samples of a batch in turn, and there is one sample.", remedy)
        if self.online and self.reduction == "mean":
            yield Problem("[net] reduction", "is mean, but an online update sees one sample.", "Remove it, or online.")
        most = _MOST_UPDATES // (self.samples or 1) if self.online else _MOST_UPDATES
        if not 1 <= self.epochs <= most:
            remedy = f"Write a whole number above 0; all updates together are at most {_MOST_UPDATES}."
            yield Problem("[net] epochs", f"is {self.epochs}.", remedy)
        elif self.epochs > 1 and not self.online:
            yield Problem("[net] epochs", "is for online runs.", "Write online = true, or updates for a whole batch.")
        elif self.online and self.updates not in (1, self.epochs * (self.samples or 1)):
            yield Problem("[net] updates", "is not for online runs, which update once a sample.", "Write epochs.")
        if self.threshold and "step" not in self.activations:
            yield Problem("[net] threshold", "is for the step function.", "Remove it, or make an activation step.")
        if self.squared_error and self.loss not in _SQUARED_LOSSES:
            yield Problem(
                "[net] squared_error",
                f"does not go with {self.loss}.",
                f"Make loss one of {', '.join(_SQUARED_LOSSES)}.",
            )
        if self.paths and self.depth < 2:
            yield Problem(
                "[net] paths", "is for nets with a hidden layer: here each weight has one path.", "Remove it."
            )

    def _wrong_activations(self) -> Iterator[Problem]:
        if self.is_recurrent:  # has rules of its own
            return
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
    def is_recipe(self) -> bool:
        """Whether it is described by its forward lines, and has no layers."""
        return self.kind == "recipe"

    @property
    def in_time(self) -> bool:
        """Whether anything is worked in time steps."""
        return self.is_recurrent

    @property
    def is_recurrent(self) -> bool:
        """Whether states are carried from one time step to the next."""
        return self.kind == "recurrent"

    @property
    def in_turn(self) -> bool:
        """Whether each update sees one sample of a batch."""
        return self.online and not self.forward_only

    @property
    def is_plain(self) -> bool:
        """Whether layers lie one behind the other, a batch is taken as a whole, and nothing is worked besides."""
        besides = self.is_recipe or self.is_recurrent or self.in_turn or self.paths or self.squared_error
        return not besides and not any(map(self.drops, self.weight_layers))

    def turn_of(self, update: int) -> tuple[int, int]:
        """The epoch of an online run that an update belongs to, and the sample that it sees."""
        epoch, sample = divmod(update - 1, self.samples or 1)
        return epoch + 1, sample + 1

    @property
    def depth(self) -> int:
        """The number of weight layers that lie one behind the other."""
        return len(self.layers) - 1

    @property
    def weight_layers(self) -> tuple[Layer, ...]:
        """Every layer with a weight matrix, in the order of the forward pass."""
        return ("x", "s", "y") if self.is_recurrent else tuple(range(1, self.depth + 1))

    @property
    def last(self) -> Layer:
        """The output layer."""
        return "y" if self.is_recurrent else self.depth

    @property
    def time_steps(self) -> range:
        """1, 2, ..., the steps of a sequence."""
        return range(1, (self.steps or 0) + 1)

    @property
    def loss_steps(self) -> range:
        """The steps whose outputs are held against targets."""
        return self.time_steps if self.loss_at == "every" else self.time_steps[-1:]

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

    @property
    def averages(self) -> bool:
        """Whether L is a mean over the samples of a batch."""
        return self.reduction == "mean" and self.samples is not None

    def ends(self, layer: Layer) -> tuple[int, int]:
        """How many units the weights of `layer` lead from, and to."""
        if isinstance(layer, int):
            return self.layers[layer - 1], self.layers[layer]
        inputs, states, outputs = self.layers
        return {"x": (inputs, states), "s": (states, states), "y": (states, outputs)}[layer]

    def target_layer(self, layer: Layer) -> Layer:
        """The layer whose units the weights of `layer` lead to: the state, for those from the inputs."""
        return "s" if layer == "x" else layer

    def units(self, layer: Layer) -> range:
        """The numbers of the units of `layer`; layer 0 are the inputs."""
        return range(1, (self.layers[0] if layer == 0 else self.ends(layer)[1]) + 1)

    def sources(self, layer: Layer) -> range:
        """The numbers of the units that the weights of `layer` lead from."""
        return range(1, self.ends(layer)[0] + 1)

    def activation_of(self, layer: Layer) -> str:
        """The activation of the units of `layer`."""
        if isinstance(layer, int):
            return self.activations[layer - 1]
        return self.activations[-1] if layer == "y" else self.activations[0]

    def connections(self, layer: Layer) -> list[tuple[int, int]]:
        """(source, target) of every weight of `layer`, in the reading order of its matrix."""
        sources, targets = self.sources(layer), self.units(layer)
        if self.weights == "from_to":
            return [(i, j) for i in sources for j in targets]
        return [(i, j) for j in targets for i in sources]

    def bias_units(self, layer: Layer) -> range:
        """One entry per bias number of `layer`."""
        if layer == "x":  # the state has its bias once
            return range(0)
        return {"none": range(0), "shared": range(1, 2), "per_unit": self.units(layer)}[self.bias]

    def kept_share(self, layer: Layer) -> Decimal:
        """The share of a layer's units that dropout keeps: 1 where there is none."""
        return self.keep[layer - 1] if isinstance(layer, int) and 0 < layer <= len(self.keep) else Decimal(1)

    def drops(self, layer: Layer) -> bool:
        """Whether the outputs of `layer` go through a mask."""
        return self.kept_share(layer) < 1

    def weight_index(self, source: int | str, target: int | str) -> tuple[int | str, int | str]:
        """The index of the weight from unit `source` to unit `target`, in the net's layout."""
        return (source, target) if self.weights == "from_to" else (target, source)

    def weight_shape(self, layer: Layer) -> tuple[int, int]:
        """Rows and columns of weight matrix `layer`, in the net's layout."""
        inputs, outputs = self.ends(layer)
        return (inputs, outputs) if self.weights == "from_to" else (outputs, inputs)

    def as_keys(self) -> dict[str, object]:
        """The keys of ``[net]`` in an example file that describe this net."""
        derived = ("samples", "forward_only")
        keys = {field.name: getattr(self, field.name) for field in fields(self) if field.name not in derived}
        return {key: list(value) if isinstance(value, tuple) else value for key, value in keys.items()}


_NOT_IN_TIME: Final = {
    "output_delta": "chain",
    "reduction": "sum",
    "online": False,
    "keep": (),
}
"""Keys that a recurrent net has no use for, with what they are by default."""


def _decimal(number: object) -> Decimal:
    try:
        return Decimal(str(number))
    except InvalidOperation:
        return Decimal("nan")
