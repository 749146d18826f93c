"""Random nets of every kind, with numbers to put in.

There are three generators: of a net and its training step, of such a net with dropout, samples in turn
or paths besides, and of a recurrent net. They draw from a `random.Random`, so that Hypothesis (which can pose as one,
and then finds and shrinks failing examples) and plain seeded loops get the same kinds of nets.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import lru_cache
from math import prod
from random import Random

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from backproptable.nets.derive import derive_plan
from backproptable.nets.net import CHOICES, Net
from backproptable.nets.plan import Plan

__all__ = [
    "HALF",
    "LATER",
    "THOROUGH",
    "Example",
    "examples",
    "examples_that_learn",
    "later_examples",
    "later_examples_that_learn",
    "seeded_example",
]

THOROUGH = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
"""For properties of whole plans: the same examples in every run."""
HALF = settings(THOROUGH, max_examples=80)
"""The same where there are seeded examples of every kind besides."""

HIDDEN = ("identity", "relu", "leaky_relu", "sigmoid", "tanh")
PROBABILITIES = ("sigmoid", "softmax")
LOGARITHMIC = ("cross_entropy", "binary_cross_entropy")
SQUARED = ("half_sse", "sse", "mse")
SHORT_DELTAS = {("softmax", "cross_entropy"), ("sigmoid", "binary_cross_entropy"), ("identity", "half_sse")}


@dataclass(frozen=True)
class Example:
    """A net and its givens; the plan is left out of what a failing test prints."""

    net: Net
    givens: dict[str, Decimal]
    plan: Plan = field(repr=False)


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


def random_run(random: Random, *, forward_only: bool = False) -> Net:
    """A net with some of these: dropout, samples in turn, squared errors beside the loss, paths, a threshold."""
    net = random_net(random, forward_only=forward_only)
    layers = tuple(min(units, 3) for units in net.layers[:4])
    loss = net.loss if _has_numbers(net.loss, net.activations[-1], layers[-1]) else "half_sse"
    net = replace(net, layers=layers, activations=_ends(net.activations, 3), loss=loss)
    more: dict[str, object] = {"mask": random.choice(CHOICES["mask"])}
    if net.depth > 1 and random.random() < 0.8:
        more["keep"] = [Decimal(random.choice(("0.25", "0.5", "0.8", "1"))) for _ in net.layers[1:-1]]
    if forward_only and random.random() < 0.7:
        more["activations"] = (*net.activations[:-1], "step")
        more["threshold"] = _hundredths(random.randint(-50, 50))
    if not forward_only:
        more["squared_error"] = net.loss in SQUARED and random.random() < 0.8
        if net.samples and random.random() < 0.6:
            more |= {"online": True, "epochs": random.randint(1, 4 // net.samples), "updates": 1, "reduction": "sum"}
        paths = prod(net.layers[2:]) * (1 if "online" in more else net.samples or 1)
        more["paths"] = net.depth > 1 and paths <= 64 and random.random() < 0.6
    return replace(net, **more)


def _ends(activations: tuple[str, ...], most: int) -> tuple[str, ...]:
    """As many of them as there may be: the last, and those before it."""
    return activations if len(activations) <= most else (*activations[: most - 1], activations[-1])


def random_recurrent(random: Random, *, forward_only: bool = False) -> Net:
    loss = random.choice((*SQUARED, "output"))
    net = Net(
        kind="recurrent",
        layers=tuple(random.randint(1, 3) for _ in range(3)),
        activations=(random.choice(HIDDEN),),
        steps=random.randint(1, 5),
        loss_at=random.choice(CHOICES["loss_at"]),
        loss=loss,
        bias=random.choice(CHOICES["bias"]),
        update_biases=random.choice((False, True)),
        learning_rate=Decimal(random.choice(("0.01", "0.1", "0.5"))),
        updates=random.choice((0, 1, 1, 2, 3)),
        weights=random.choice(CHOICES["weights"]),
        leaky_slope=Decimal(random.choice(("0.01", "0.25"))),
        squared_error=loss in SQUARED and not forward_only and random.choice((False, True)),
        paths=not forward_only and random.choice((False, True)),
        forward_only=forward_only,
    )
    grows = net.activations[0] not in ("sigmoid", "tanh")  # from step to step, and faster from update to update
    return replace(net, learning_rate=Decimal("0.01")) if grows and net.updates > 1 else net


def _has_numbers(loss: str, output: str, outputs: int) -> bool:
    """Whether the loss takes these outputs. The only output of a softmax is 1, and ln(1 - 1) is no number."""
    if loss == "binary_cross_entropy" and output == "softmax":
        return outputs > 1
    return loss not in LOGARITHMIC or output in PROBABILITIES


def random_givens(net: Net, plan: Plan, random: Random) -> dict[str, Decimal]:
    """A number of two decimals for every given of the plan, within what the loss allows."""
    givens = {cell.name: _hundredths(random.randint(-100, 100)) for cell in plan.givens}
    if net.needs_targets:
        for case in net.loss_steps if net.is_recurrent else net.sample_numbers:
            place = "" if case is None else f"{case},"
            targets = random_targets(net, random)
            givens |= {f"y[{place}{unit}]": target for unit, target in enumerate(targets, start=1)}
    if "eta" in givens:
        givens["eta"] = net.learning_rate
    masks = [cell.name for cell in plan.givens if cell.address.family == "m"]
    return givens | {name: Decimal(random.randint(0, 1)) for name in masks}


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
    return _with_givens(random_net(random, forward_only=forward_only), random)


def random_later_example(random: Random, *, forward_only: bool = False) -> Example:
    """A run of a net, or a recurrent net."""
    make = random.choice((random_run, random_recurrent))
    return _with_givens(make(random, forward_only=forward_only), random)


def _with_givens(net: Net, random: Random) -> Example:
    plan = derive_plan(net)
    return Example(net, random_givens(net, plan, random), plan)


LATER = 1000
"""From here on seeds give dropout, online runs, paths and recurrent nets; those before keep their nets for ever."""


@lru_cache(maxsize=256)
def seeded_example(seed: int) -> Example:
    """The same example for the same seed. One in eight is a forward pass only."""
    make = random_example if seed < LATER else random_later_example
    return make(Random(seed), forward_only=seed % 8 == 0)


_RANDOMS = st.randoms(use_true_random=False)

examples_that_learn = _RANDOMS.map(random_example)
"""Nets with a loss, of every kind."""

examples = st.booleans().flatmap(
    lambda forward_only: _RANDOMS.map(lambda random: random_example(random, forward_only=forward_only))
)
"""Nets with a loss, and forward passes."""

later_examples_that_learn = _RANDOMS.map(random_later_example)
"""Dropout, online runs, paths and recurrent nets, with a loss."""

later_examples = st.integers(0, 3).flatmap(
    lambda choice: _RANDOMS.map(lambda random: random_later_example(random, forward_only=not choice))
)
"""The same, and forward passes."""
