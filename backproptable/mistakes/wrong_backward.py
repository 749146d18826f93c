"""Wrong formulas of the way back, from the loss to the gradients, of the update and of sizes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from backproptable.formulas.formula import Call, Choice, Formula, Neg, Num, Product, Quotient, Ref, Sum, put_in
from backproptable.mistakes.wrong_formulas import Line, Wrong, renamed
from backproptable.nets.draft import sum_of
from backproptable.nets.plan import Reason

__all__ = [
    "diagonal_only",
    "error_the_other_way",
    "no_input",
    "no_root",
    "no_slope",
    "one_term",
    "other_outputs_slope",
    "slope_always_one",
    "slope_at_output",
    "slope_twice",
    "step_moved",
    "transposed_gradient",
    "updated_by",
    "updated_weights",
]


def error_the_other_way(line: Line) -> Iterator[Formula]:
    """The error as y - a where a - y belongs."""
    if line.net.loss != "output" and line.is_of_the_loss:
        yield Neg(line.formula)


def _follows_activation(line: Line) -> bool:
    """Whether it is a dL/dz that is worked out with an activation's derivative, not the short a - y."""
    return "da/dz" in line.uses


def slope_at_output(line: Line) -> Iterator[Formula]:
    """The derivative as a formula over z, worked out at a."""
    if line.activation in ("sigmoid", "tanh"):
        for formula in line.cell.also:
            yield put_in(formula, lambda ref: Ref(ref.address._replace(family="a")))


def no_slope(line: Line) -> Iterator[Formula]:
    """dL/da where dL/dz belongs."""
    if line.step.reason is not Reason.CHAIN_PRODUCT:
        yield from renamed("dL/dz", "dL/da")(line)
    elif _follows_activation(line):
        yield line.ref("dL/da", line.layer, *map(int, line.cell.address.units))


def slope_twice(line: Line) -> Iterator[Formula]:
    """dL/da (da/dz)^2 where dL/da da/dz belongs."""
    if line.activation != "softmax" and isinstance(line.formula, Product) and _follows_activation(line):
        yield Product((*line.formula.factors, line.formula.factors[-1]))


def slope_always_one(line: Line) -> Iterator[Formula]:
    """The slope above 0, whatever z is."""
    if isinstance(line.formula, Choice):
        yield line.formula.then


def other_outputs_slope(line: Line) -> Iterator[Formula]:
    """+a_k a_m for two outputs of softmax."""
    if line.activation == "softmax" and isinstance(line.formula, Neg):
        yield line.formula.arg


def diagonal_only(line: Line) -> Iterator[Formula]:
    """Of softmax's derivatives only that of the output itself."""
    if line.activation == "softmax" and _follows_activation(line):
        unit = int(line.cell.address.units[0])
        yield Product((line.ref("dL/da", line.layer, unit), line.ref("da/dz", line.layer, unit, unit)))


def one_term(line: Line) -> Iterator[Formula]:
    """Any one of the terms where their sum belongs."""
    if len(line.terms) > 1:
        yield from line.terms


def updated_weights(line: Line) -> Iterator[Formula]:
    """W' where W belongs."""
    update = line.cell.address.update
    yield from line.moved(lambda to: to._replace(primed=True, update=update) if to.family == "W" else to)


def no_input(line: Line) -> Iterator[Formula]:
    """dL/dz alone, not times the input of the weight."""
    if factors := [term.factors[0] for term in line.terms if isinstance(term, Product)]:
        yield sum_of(factors)


def transposed_gradient(line: Line) -> Iterator[Formula]:
    """dL/dW[j,i] where dL/dW[i,j] belongs."""
    mirror = line.cell.address._replace(units=line.cell.address.units[::-1])
    if mirror in line.plan.row:
        yield from line.plan.cells[line.plan.row[mirror]].formulas[:1]


# --- the update and the sizes -----------------------------------------------------------------


def updated_by(rule: Callable[[Formula, Formula, Formula], Formula]) -> Wrong:
    """`rule` of the old number, the learning rate and the gradient."""

    def wrong(line: Line) -> Iterator[Formula]:
        match line.formula:
            case Sum((old, Neg(Product((eta, gradient))))):
                yield rule(old, eta, gradient)

    return wrong


def step_moved(line: Line) -> Iterator[Formula]:
    """The step with its point moved, by one place or by two."""
    match line.formula:
        case Sum((old, Neg(Product() as step))):
            for factor in (Num("10"), Num("100")):
                yield Sum((old, Neg(Product((factor, *step.factors)))))
                yield Sum((old, Neg(Quotient(step, factor))))


def no_root(line: Line) -> Iterator[Formula]:
    """The sum of squares itself."""
    if isinstance(line.formula, Call):
        yield from line.formula.args
