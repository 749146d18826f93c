"""What a patient person with a fifty-digit calculator would write down.

The oracle for everything that stands on a sheet: it evaluates formula trees in decimal arithmetic
and has its own version of the rounding rule (section 5 of the design), on `Decimal` alone. Which
numbers are rounded at all it decides from the net, not from what the plan says about its cells.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal, localcontext

from backproptable.formulas.formula import Call, Choice, Formula, Neg, Num, Power, Product, Quotient, Ref, Sum
from backproptable.formulas.names import Address, Layer
from backproptable.nets.net import Net
from backproptable.nets.plan import Cell, Plan

__all__ = [
    "activation_of",
    "evaluate",
    "exact_values",
    "full_texts",
    "is_near_a_tie",
    "paper_texts",
    "text_of",
    "text_of_all_digits",
]

PRECISION = 50
NOISE = Decimal("1e-40")
"""Where the numbers of a net are about 1, nothing but lost digits is as small as this."""
CERTAIN_DIGITS = 12
"""Digits a number is snapped to before it is rounded."""

Values = Mapping[Address | str, Decimal]


def evaluate(formula: Formula, values: Values) -> Decimal:
    """The value of a formula to fifty digits."""
    with localcontext(prec=PRECISION):
        return _value(formula, values)


def _value(formula: Formula, values: Values) -> Decimal:
    def of(part: Formula) -> Decimal:
        return _value(part, values)

    match formula:
        case Num(text):
            return Decimal(text)
        case Ref(to):
            return values[to]
        case Neg(arg):
            return -of(arg)
        case Sum(terms):
            return sum(map(of, terms), Decimal(0))
        case Product(factors):
            result = Decimal(1)
            for factor in factors:
                result *= of(factor)
            return result
        case Quotient(top, bottom):
            return of(top) / of(bottom)
        case Power(base, exponent):
            return of(base) ** exponent
        case Choice(arg, then, otherwise, above):
            return of(then) if of(arg) > of(above) else of(otherwise)
        case Call(function, args):
            return _FUNCTIONS[function](*map(of, args))
    raise AssertionError(f"no cell should contain {formula}")


def _tanh(value: Decimal) -> Decimal:
    up, down = value.exp(), (-value).exp()
    return (up - down) / (up + down)


_FUNCTIONS = {"exp": Decimal.exp, "ln": Decimal.ln, "sqrt": Decimal.sqrt, "tanh": _tanh, "max": max}


# --- the rounding rule -------------------------------------------------------------------------


def text_of(value: Decimal, figures: int) -> str:
    """The text of a number with `figures` significant figures."""
    return _written(rounded(value, figures), figures, all_digits=False)


def text_of_all_digits(value: Decimal, figures: int) -> str:
    """The text of a number with every digit it has; `figures` only says where exponent form begins."""
    return _written(value, figures, all_digits=True)


def rounded(value: Decimal, figures: int) -> Decimal:
    """Half away from zero, after snapping to 12 digits: 0.123449999999999 is the tie 0.12345."""
    return _cut_to(_cut_to(value, CERTAIN_DIGITS), figures)


def _cut_to(value: Decimal, figures: int) -> Decimal:
    if value == 0:
        return Decimal(0)
    with localcontext(prec=400):
        return value.quantize(Decimal(1).scaleb(value.adjusted() - figures + 1), ROUND_HALF_UP)


def _written(number: Decimal, figures: int, *, all_digits: bool) -> str:
    if number == 0:
        return "0"
    size = number.adjusted()
    with localcontext(prec=400):
        wanted = len(number.normalize().as_tuple().digits) if all_digits else figures
        if -4 <= size < figures:
            return f"{number:.{max(wanted - 1 - size, 0)}f}"
        return f"{number.scaleb(-size):.{wanted - 1}f}e{size}"


def is_near_a_tie(value: Decimal, figures: int) -> bool:
    """Whether so small a change as 1e-9 of the value can change the rounded number."""
    slack = abs(value) * Decimal("1e-9")
    return rounded(value - slack, figures) != rounded(value + slack, figures)


# --- whole sheets ------------------------------------------------------------------------------


def exact_values(plan: Plan, givens: Mapping[str, Decimal]) -> dict[Address, Decimal]:
    """Every cell to fifty digits, worked on the fifty digits of the cells above it."""
    values: dict[Address, Decimal] = {}
    for cell in plan.cells:
        values[cell.address] = (
            givens[cell.name] if cell.formula is None else _without_noise(evaluate(cell.formula, values))
        )
    return values


def paper_texts(plan: Plan, givens: Mapping[str, Decimal], figures: int) -> dict[str, str]:
    """Every cell worked on the numbers as printed above it, and rounded once."""
    printed: dict[Address, Decimal] = {}
    texts: dict[str, str] = {}
    for cell in plan.cells:
        if cell.formula is None:
            text = f"{givens[cell.name]:f}"
        elif _is_updated_parameter(cell) or _is_whole(plan, cell):
            text = text_of_all_digits(evaluate(cell.formula, printed), figures)
        else:
            text = text_of(evaluate(cell.formula, printed), figures)
        texts[cell.name], printed[cell.address] = text, Decimal(text)
    return texts


def full_texts(plan: Plan, exact: Mapping[Address, Decimal], figures: int) -> dict[str, str]:
    """The exact calculation, rounded for show: the computed cells only."""
    return {
        cell.name: (text_of_all_digits if _is_whole(plan, cell) else text_of)(exact[cell.address], figures)
        for _, cell in plan.worked
    }


def _without_noise(value: Decimal) -> Decimal:
    """0 where fifty digits leave only the fiftieth: the derivatives of a softmax add up to exactly 0."""
    return Decimal(0) if abs(value) < NOISE else value


def _is_updated_parameter(cell: Cell) -> bool:
    return cell.name.startswith(("W", "b")) and "'" in cell.name


def _is_whole(plan: Plan, cell: Cell) -> bool:
    """Slopes of straight lines, outputs of steps, and the 1 that is the derivative of the sum of the outputs."""
    family, layer, net = cell.address.family, cell.address.layer, plan.net
    if family == "da/dz":
        return activation_of(net, layer) in ("identity", "relu", "leaky_relu")
    if family == "a":
        return activation_of(net, layer) == "step"
    averaged = net.reduction == "mean" and net.samples is not None
    of_outputs = layer == ("y" if net.kind == "recurrent" else len(net.layers) - 1)
    return family == "dL/da" and of_outputs and net.loss == "output" and not averaged


def activation_of(net: Net, layer: Layer) -> str:
    """What makes the outputs of a layer: of a recurrent net its states ("s"), or its outputs ("y"), which are sums."""
    if net.kind == "recurrent":
        return {"s": net.activations[0], "y": "identity"}[layer]
    return net.activations[layer - 1]
