"""Random nets of every kind, with numbers to put in.

There is one generator. It draws from a `random.Random`, so that Hypothesis (which can pose as one,
and then finds and shrinks failing examples) and plain seeded loops get the same kinds of nets.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from random import Random

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from backproptable.derive import derive_plan
from backproptable.net import CHOICES, Net
from backproptable.plan import Plan

__all__ = ["THOROUGH", "Example", "examples", "examples_that_learn", "seeded_example"]

THOROUGH = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
"""For properties of whole plans: the same examples in every run."""

HIDDEN = ("identity", "relu", "leaky_relu", "sigmoid", "tanh")
PROBABILITIES = ("sigmoid", "softmax")
LOGARITHMIC = ("cross_entropy", "binary_cross_entropy")
SHORT_DELTAS = {("softmax", "cross_entropy"), ("sigmoid", "binary_cross_entropy"), ("identity", "half_sse")}


@dataclass(frozen=True)
class Example:
    """A net and its givens; the plan is left out of what a failing test prints."""

    net: Net
    givens: dict[str, Decimal]

    @cached_property
    def plan(self) -> Plan:
        return derive_plan(self.net)


def random_net(random: Random, *, forward_only: bool = False) -> Net:
    layers = tuple(random.randint(1, 4) for _ in range(random.randint(2, 5)))
    activations = [random.choice(HIDDEN + ("step",) * forward_only) for _ in layers[2:]]
    output = random.choice((*HIDDEN, *PROBABILITIES, "softmax"))
    loss = random.choice([loss for loss in CHOICES["loss"] if _has_numbers(loss, output, layers[-1])])
    return Net(
        layers=layers,
        activations=(*activations, output),
        loss=loss,
        bias=random.choice(CHOICES["bias"]),
        update_biases=random.choice((False, True)),
        learning_rate=Decimal(random.choice(("0.01", "0.1", "0.5"))),
        reduction=random.choice(CHOICES["reduction"]),
        updates=random.randint(0, 3),
        weights=random.choice(CHOICES["weights"]),
        output_delta=random.choice(("chain", "short")) if (output, loss) in SHORT_DELTAS else "chain",
        leaky_slope=Decimal(random.choice(("0.01", "0.25"))),
        samples=random.choice((None, 1, 2, 3)),
        forward_only=forward_only,
    )


def _has_numbers(loss: str, output: str, outputs: int) -> bool:
    """Whether the loss takes these outputs. The only output of a softmax is 1, and ln(1 - 1) is no number."""
    if loss == "binary_cross_entropy" and output == "softmax":
        return outputs > 1
    return loss not in LOGARITHMIC or output in PROBABILITIES


def random_givens(net: Net, plan: Plan, random: Random) -> dict[str, Decimal]:
    """A number of two decimals for every given of the plan, within what the loss allows."""
    givens = {cell.name: _hundredths(random.randint(-100, 100)) for cell in plan.givens}
    if net.needs_targets:
        for sample in net.sample_numbers:
            place = "" if sample is None else f"{sample},"
            targets = random_targets(net, random)
            givens |= {f"y[{place}{unit}]": target for unit, target in enumerate(targets, start=1)}
    if "eta" in givens:
        givens["eta"] = net.learning_rate
    return givens


def random_targets(net: Net, random: Random) -> list[Decimal]:
    outputs = net.layers[-1]
    if net.loss == "cross_entropy":
        if random.choice((True, False)):
            one = random.randrange(outputs)
            return [Decimal(int(unit == one)) for unit in range(outputs)]
        cuts = sorted(random.randint(0, 100) for _ in range(outputs - 1))
        return [_hundredths(high - low) for low, high in zip([0, *cuts], [*cuts, 100], strict=True)]
    lowest = 0 if net.loss == "binary_cross_entropy" else -100
    return [_hundredths(random.randint(lowest, 100)) for _ in range(outputs)]


def _hundredths(number: int) -> Decimal:
    return Decimal(number).scaleb(-2)


def random_example(random: Random, *, forward_only: bool = False) -> Example:
    net = random_net(random, forward_only=forward_only)
    return Example(net, random_givens(net, derive_plan(net), random))


def seeded_example(seed: int) -> Example:
    """The same example for the same seed. One in eight is a forward pass only."""
    return random_example(Random(seed), forward_only=seed % 8 == 0)


_RANDOMS = st.randoms(use_true_random=False)

examples_that_learn = _RANDOMS.map(random_example)
"""Nets with a loss, of every kind."""

examples = st.booleans().flatmap(
    lambda forward_only: _RANDOMS.map(lambda random: random_example(random, forward_only=forward_only))
)
"""Nets with a loss, and forward passes."""
