"""Wrong formulas: what a typical mistake works out in a cell's place.

Each function takes the line somebody is working out and gives the formulas of one kind of mistake:
mostly one, none where it cannot happen. A wrong formula may refer to any cell of the plan, also to
a later one (updated weights used too early). `backproptable.mistakes.registry` has the table of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from backproptable.formulas.formula import (
    Call,
    Choice,
    Formula,
    Neg,
    Num,
    Power,
    Product,
    Quotient,
    Ref,
    Sum,
    put_in,
    references,
)
from backproptable.formulas.names import Address, Layer
from backproptable.nets.calculus import LOSSES, loss_derivative
from backproptable.nets.draft import fill, mean, sum_of
from backproptable.nets.net import Net
from backproptable.nets.plan import Cell, Plan, Reason, Step

__all__ = [
    "Line",
    "Wrong",
    "common_logarithm",
    "layer_below",
    "mean_for_sum",
    "neighbours_input",
    "neighbours_weights",
    "no_minus",
    "no_square",
    "old_weights",
    "only",
    "other_cross_entropy",
    "other_exponent",
    "other_two",
    "over_zero",
    "own",
    "own_output",
    "plain_shares",
    "renamed",
    "sum_for_mean",
    "transposed",
    "without_bias",
]


@dataclass(frozen=True, slots=True)
class Line:
    """A cell that somebody works out, with what surrounds it."""

    plan: Plan
    step: Step
    cell: Cell
    formula: Formula

    @property
    def net(self) -> Net:
        """The net."""
        return self.plan.net

    @property
    def layer(self) -> Layer:
        """The weight layer it belongs to; the last for what has none."""
        return self.cell.address.layer or self.net.last

    @property
    def activation(self) -> str:
        """The activation of its layer."""
        return self.net.activation_of(self.layer)

    @property
    def family(self) -> str:
        """The family of cells it belongs to."""
        return self.cell.address.family

    @property
    def terms(self) -> tuple[Formula, ...]:
        """The terms of its sum, or the formula itself."""
        match self.formula:
            case Sum(terms):
                return terms
            case Product((first, Sum(terms))):  # what all have in common stands before them
                return tuple(Product((first, term)) for term in terms)
        return (self.formula,)

    @property
    def uses(self) -> set[str]:
        """The families of cells that it is worked out from."""
        return {to.family for to in references(self.formula) if isinstance(to, Address)}

    @property
    def is_of_the_loss(self) -> bool:
        """Whether the loss or its derivative is worked out; of products, only the short a - y does that."""
        return self.step.reason is not Reason.CHAIN_PRODUCT or "y" in self.uses

    def ref(self, family: str, layer: Layer | None, *units: int) -> Ref:
        """A cell of the same pass and sample."""
        return Ref(self.cell.address._replace(family=family, layer=layer, units=units))

    def moved(self, change: Callable[[Address], Address]) -> Iterator[Formula]:
        """The formula with its references changed; nothing where the net has no such cell."""
        formula = put_in(self.formula, lambda ref: Ref(change(ref.address)))
        if all(to in self.plan.row for to in references(formula)):
            yield formula


Wrong = Callable[[Line], Iterable[Formula]]


def renamed(old: str, new: str) -> Wrong:
    """Cells of family `new` where those of family `old` belong."""
    return lambda line: line.moved(lambda to: to._replace(family=new) if to.family == old else to)


def own(family: str, *activations: str) -> Wrong:
    """The cell of `family` of the same unit, as it stands, where its layer has one of these activations."""

    def wrong(line: Line) -> Iterator[Formula]:
        if line.activation in activations:
            yield line.ref(family, line.layer, *map(int, line.cell.address.units))

    return wrong


def only(family: str, wrong: Wrong) -> Wrong:
    """Only where cells of `family` are worked out."""
    return lambda line: wrong(line) if line.family == family else ()


# --- the forward pass and the loss ------------------------------------------------------------


def without_bias(line: Line) -> Iterator[Formula]:
    """Only x W where x W + b belongs."""
    terms = [term for term in line.terms if not (isinstance(term, Ref) and term.address.family == "b")]
    if len(terms) < len(line.terms):
        yield sum_of(terms)


def transposed(line: Line) -> Iterator[Formula]:
    """W[j,i] where W[i,j] belongs. Beside a square matrix of a recurrent net, others stay as they are."""

    def change(to: Address) -> Address:
        if to.family != "W" or to.layer is None:
            return to
        inputs, outputs = line.net.ends(to.layer)
        stays = line.net.is_recurrent and inputs != outputs
        return to if stays else to._replace(units=to.units[::-1])

    yield from line.moved(change)


def neighbours_weights(line: Line) -> Iterator[Formula]:
    """The weights of the next unit; for the last, those of the first."""
    net, forward = line.net, line.step.reason is Reason.WEIGHTED_SUM
    place = 1 if (net.weights == "from_to") == forward else 0

    def change(to: Address) -> Address:
        if to.family != "W" or to.layer is None:
            return to
        units = list(to.units)
        units[place] = int(units[place]) % net.ends(to.layer)[1 if forward else 0] + 1
        return to._replace(units=tuple(units))

    if line.family not in ("paths", "do/ds"):  # there several weights lie one behind the other
        yield from line.moved(change)


def neighbours_input(line: Line) -> Iterator[Formula]:
    """The input of the next weight; for the last, that of the first."""
    below = line.net.ends(line.layer)[0]

    def change(to: Address) -> Address:
        return to._replace(units=(int(to.units[0]) % below + 1,)) if to.family in _INPUTS else to

    yield from line.moved(change)


_INPUTS: Final = ("x", "a", "d")
"""What can come in through a weight."""


def layer_below(line: Line) -> Iterator[Formula]:
    """The outputs of one layer too far down."""
    if not isinstance(line.layer, int) or line.layer < 2:
        return
    below = line.layer - 2
    passed_on = "d" if line.net.drops(below) else "a"
    down: tuple[str, int | None] = (passed_on, below) if below else ("x", None)

    def change(to: Address) -> Address:
        if to.family not in ("a", "d"):
            return to
        family, layer = down
        primed, update = (False, 1) if family == "x" else (to.primed, to.update)
        return to._replace(family=family, layer=layer, primed=primed, update=update)

    yield from line.moved(change)


def own_output(line: Line) -> Iterator[Formula]:
    """The output of the unit that the weight leads to, in place of the one it comes from."""
    source, target = line.net.weight_index(*line.cell.address.units)
    layer, now = line.net.target_layer(line.layer), line.cell.address
    times = [to.time for to in references(line.formula) if isinstance(to, Address) and to.time is not None]
    time = max(map(int, times), default=None)

    def change(to: Address) -> Address:
        if to.family not in _INPUTS:
            return to
        return Address("a", layer, (target,), to.sample, now.primed, now.update, time)

    if line.layer != "s" or source != target:  # a unit's own state is its state before, taken too late
        yield from line.moved(change)


def old_weights(line: Line) -> Iterator[Formula]:
    """In a later pass, the weights from before the last update."""

    def change(to: Address) -> Address:
        if to.family not in "Wb" or not to.primed:
            return to
        return to._replace(update=to.update - 1) if to.update > 1 else to._replace(primed=False)

    yield from line.moved(change)


def plain_shares(line: Line) -> Iterator[Formula]:
    """z_k / (z_1 + z_2 + ...) where softmax belongs."""
    if line.activation == "softmax":
        total = sum_of([line.ref("z", line.layer, k) for k in line.net.units(line.layer)])
        yield Quotient(line.ref("z", line.layer, *map(int, line.cell.address.units)), total)


def other_exponent(line: Line) -> Iterator[Formula]:
    """e^z where e^(-z) belongs, or e^(-z) where e^z does."""

    def turned(part: Formula) -> Formula:
        match part:
            case Call("exp", (Neg(arg),)):
                return Call("exp", (arg,))
            case Call("exp", (arg,)):
                return Call("exp", (Neg(arg),))
            case Quotient(top, bottom):
                return Quotient(top, turned(bottom))
            case Sum(terms):
                return Sum(tuple(map(turned, terms)))
        return part

    yield turned(line.formula)


def common_logarithm(line: Line) -> Iterator[Formula]:
    """The logarithm to base 10, ln x / ln 10, where ln x belongs."""

    def common(part: Formula) -> Formula:
        match part:
            case Call("ln"):
                return Quotient(part, Call("ln", (Num("10"),)))
            case Neg(arg):
                return Neg(common(arg))
            case Sum(terms):
                return Sum(tuple(map(common, terms)))
            case Product(factors):
                return Product(tuple(map(common, factors)))
        return part

    yield common(line.formula)


_OTHER_CROSS_ENTROPY: Final = {"cross_entropy": "binary_cross_entropy", "binary_cross_entropy": "cross_entropy"}


def other_cross_entropy(line: Line) -> Iterator[Formula]:
    """The other cross-entropy, or its derivative."""
    other = _OTHER_CROSS_ENTROPY.get(line.net.loss)
    if other is None:
        return
    k = int(line.cell.address.units[0])
    cells = {"y": Ref(Address("y", None, (k,), line.cell.address.sample)), "a": line.ref("a", line.net.depth, k)}
    if line.step.reason is Reason.LOSS_TERM:
        yield fill(line.net, LOSSES[other], **cells)
    else:
        yield mean(line.net, fill(line.net, loss_derivative(other).forms[-1], **cells))


def other_two(line: Line) -> Iterator[Formula]:
    """Twice where half the square is meant, half where the square is."""
    if not line.is_of_the_loss or line.family == "error":
        return
    if line.net.loss == "half_sse":
        yield Product((Num("2"), line.formula))
    elif line.net.loss in ("sse", "mse"):
        yield Quotient(line.formula, Num("2"))


def no_square(line: Line) -> Iterator[Formula]:
    """Only y - a where (y - a)^2 belongs."""

    def root(part: Formula) -> Formula:
        match part:
            case Power(base, 2):
                return base
            case Quotient(top, bottom):
                return Quotient(root(top), bottom)
        return part

    yield root(line.formula)


def no_minus(line: Line) -> Iterator[Formula]:
    """Without the minus: y ln a where -y ln a belongs."""
    if isinstance(line.formula, Neg):
        yield line.formula.arg


def sum_for_mean(line: Line) -> Iterator[Formula]:
    """Without the 1/n of a mean over samples, or the 1/K of a mean over outputs."""
    net = line.net
    if not line.is_of_the_loss or line.family == "error":
        return
    counts = (
        [net.samples] if net.samples and net.reduction == "mean" and line.step.reason is not Reason.LOSS_TERM else []
    )
    if net.loss == "mse" and line.step.reason is not Reason.LOSS:
        counts.append(net.layers[-1])
    for count in counts:
        if count > 1:
            yield Product((Num(str(count)), line.formula))


def mean_for_sum(line: Line) -> Iterator[Formula]:
    """Divided by the number of samples, steps or outputs, where a sum belongs; where a mean belongs, twice."""
    net = line.net
    in_loss = line.step.reason is Reason.LOSS
    cases = 1 if in_loss and net.reduction == "mean" else _cases_added_up(line)
    outputs = net.layers[-1] if in_loss and net.loss != "mse" else 1
    for count in dict.fromkeys((cases, outputs)):
        if count > 1:
            yield Quotient(line.formula, Num(str(count)))


def _cases_added_up(line: Line) -> int:
    """The samples or time steps that a loss or a gradient is the sum of."""
    net, to = line.net, line.cell.address
    if net.is_recurrent:
        in_outputs = line.step.reason is Reason.LOSS or to.layer == "y"
        return 1 if to.is_share else len(net.loss_steps if in_outputs else net.time_steps)
    one_by_one = net.in_turn and not to.primed and to.family != "E"
    return 1 if one_by_one else net.samples or 1


def over_zero(line: Line) -> Iterator[Formula]:
    """A step function that changes at 0 and not at its threshold."""
    if isinstance(line.formula, Choice):
        yield Choice(line.formula.arg, line.formula.then, line.formula.otherwise)
