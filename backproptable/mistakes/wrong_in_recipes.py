"""Wrong formulas in recipes, by the role that a number plays in its line, whatever it is called.

The bias of a sum is a parameter that stands alone in it; the slope of a function is a factor with a line of
its own; a share is a gradient of one time step. The functions say nothing where there is no such number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
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
    changed_once,
    children,
    put_in,
    rebuilt,
    references,
)
from backproptable.formulas.names import Address
from backproptable.mistakes.wrong_formulas import Line
from backproptable.nets.draft import sum_of
from backproptable.nets.recipes.entrywise import ENTRYWISE
from backproptable.nets.recipes.recipe import Recipe

__all__ = ["RECIPE_WRONGS"]


def _recipe(line: Line) -> Recipe:
    assert isinstance(line.net, Recipe)  # noqa: S101 - the registry asks for recipes only
    return line.net


def _is_slope(formula: Formula) -> bool:
    """Whether it is a local derivative that has a line of its own."""
    return isinstance(formula, Ref) and formula.address.is_slope


def _everywhere(formula: Formula, change: Callable[[Formula], Formula]) -> Formula:
    return change(rebuilt(formula, lambda part: _everywhere(part, change)))


def _changed(line: Line, change: Callable[[Formula], Formula]) -> Iterator[Formula]:
    """The formula with a change made wherever it can be; nothing where it cannot."""
    formula = _everywhere(line.formula, change)
    if formula != line.formula:
        yield formula


# --- forward -----------------------------------------------------------------------------------


def _is_parameter(line: Line, formula: Formula) -> bool:
    return isinstance(formula, Ref) and formula.address.family in _recipe(line).parameters


def without_bias(line: Line) -> Iterator[Formula]:
    """Without the parameter that stands alone in a sum."""
    rest = [term for term in line.terms if not _is_parameter(line, term)]
    if rest and len(rest) < len(line.terms) and isinstance(line.formula, Sum):
        yield sum_of(rest)


def transposed(line: Line) -> Iterator[Formula]:
    """W[j,i] where W[i,j] belongs, of a square matrix."""
    shapes = _recipe(line).shapes

    def change(to: Address) -> Address:
        shape = shapes.get(to.family, ())
        square = len(shape) == 2 and shape[0] == shape[1] and to.family in _recipe(line).parameters
        return to._replace(units=to.units[::-1]) if square else to

    yield from line.moved(change)


def without_function(line: Line) -> Iterator[Formula]:
    """What the function is of, as it stands."""
    if line.step.function in ENTRYWISE and line.step.function not in ("exp", "ln", "sqrt"):
        yield from (Ref(to) for to in dict.fromkeys(references(line.formula)) if isinstance(to, Address))


def other_exponent(line: Line) -> Iterator[Formula]:
    """e^z where e^(-z) belongs, or the other way."""

    def change(part: Formula) -> Formula:
        match part:
            case Call("exp", (Neg(arg),)):
                return Call("exp", (arg,))
            case Call("exp", (arg,)):
                return Call("exp", (Neg(arg),))
        return part

    yield from _changed(line, change)


def common_logarithm(line: Line) -> Iterator[Formula]:
    """The logarithm to base 10 where ln belongs."""
    ten = Call("ln", (Num("10"),))
    yield from _changed(
        line, lambda part: Quotient(part, ten) if isinstance(part, Call) and part.function == "ln" else part
    )


def without_minus(line: Line) -> Iterator[Formula]:
    """Every term of a loss with the other sign, where all have a minus."""
    if all(isinstance(term, Neg) for term in line.terms):
        yield sum_of([term.arg for term in line.terms if isinstance(term, Neg)])


def without_square(line: Line) -> Iterator[Formula]:
    """The errors as they are where their squares belong."""
    yield from _changed(line, lambda part: part.base if isinstance(part, Power) and part.exponent == 2 else part)


def other_half(line: Line) -> Iterator[Formula]:
    """Twice what it should be: the 1/2 left out."""
    halves = (part for part in _parts(line.formula) if isinstance(part, Quotient) and part.bottom == Num("2"))
    if any(isinstance(inner, Power) for half in halves for inner in _parts(half)):
        yield Product((Num("2"), line.formula))


def _parts(formula: Formula) -> Iterator[Formula]:
    yield formula
    for part in children(formula):
        yield from _parts(part)


def without_state(line: Line) -> Iterator[Formula]:
    """Without what comes from the time step before."""
    now = line.cell.address.time
    if now is None:
        return

    def is_earlier(term: Formula) -> bool:
        return any(isinstance(to, Address) and _is_before(line, to) for to in references(term))

    rest = [term for term in line.terms if not is_earlier(term)]
    if rest and len(rest) < len(line.terms):
        yield sum_of(rest)


def _is_before(line: Line, to: Address) -> bool:
    now = line.cell.address.time
    if to.time is not None and now is not None and int(to.time) < int(now):
        return True
    return to.family in _recipe(line).constants and to.family.endswith("0")


def old_parameters(line: Line) -> Iterator[Formula]:
    """In a later pass, the parameters from before the last update."""
    learns = _recipe(line).parameters

    def change(to: Address) -> Address:
        if to.family not in learns or not to.primed:
            return to
        return to._replace(update=to.update - 1) if to.update > 1 else to._replace(primed=False)

    yield from line.moved(change)


# --- the way back ------------------------------------------------------------------------------


def other_way(line: Line) -> Iterator[Formula]:
    """Y - a where a - y belongs."""
    if any(isinstance(part, Sum) for part in _parts(line.formula)):
        yield Neg(line.formula)


def swapped(line: Line) -> Iterator[Formula]:
    """A slope worked out at the input where its formula is over the output."""
    top, _, bottom = line.family[1:].partition("/d")
    uses = {to.family for to in references(line.formula) if isinstance(to, Address)}
    if line.family.startswith("dL/") or uses != {top}:
        return
    yield from line.moved(lambda to: to._replace(family=bottom) if to.family == top else to)


def slope_at_output(line: Line) -> Iterator[Formula]:
    """A slope over the input, worked out at the output."""
    top, _, bottom = line.family[1:].partition("/d")
    for formula in line.cell.also:
        used = {to.family for to in references(formula) if isinstance(to, Address)}
        if used == {bottom}:
            yield put_in(formula, lambda ref: Ref(ref.address._replace(family=top)))


def slope_is_output(line: Line) -> Iterator[Formula]:
    """The output itself as its slope."""
    top = line.family[1:].partition("/d")[0]
    if line.cell.also and not line.family.startswith("dL/"):
        output = line.cell.address._replace(family=top)
        if output in line.plan.row:
            yield Ref(output)


def always_one(line: Line) -> Iterator[Formula]:
    """The slope above the corner, whatever the number is."""
    if isinstance(line.formula, Choice):
        yield line.formula.then


def without_cross_minus(line: Line) -> Iterator[Formula]:
    """+a_k a_m for two outputs of a softmax."""
    if isinstance(line.formula, Neg):
        yield line.formula.arg


def without_slope(line: Line) -> Iterator[Formula]:
    """Without the slopes of functions."""

    def bare(term: Formula) -> Formula:
        match term:
            case Product(factors):
                kept = [factor for factor in factors if not _is_slope(factor)]
                return term if not kept else kept[0] if len(kept) == 1 else Product(tuple(kept))
        return term

    formula = sum_of([bare(term) for term in line.terms])
    if formula != sum_of(line.terms):
        yield formula


def slope_twice(line: Line) -> Iterator[Formula]:
    """A slope counted twice."""
    match line.formula:
        case Product(factors):
            for factor in factors:
                if _is_slope(factor):
                    yield Product((*factors, factor))


def diagonal_only(line: Line) -> Iterator[Formula]:
    """Of a Jacobian only the entry of the number itself."""
    own = [term for term in line.terms if isinstance(term, Product) and _is_diagonal(line, term.factors)]
    if len(own) == 1 and len(line.terms) > 1:
        yield own[0]


def _is_diagonal(line: Line, factors: tuple[Formula, ...]) -> bool:
    units = line.cell.address.units
    return any(isinstance(one, Ref) and _is_slope(one) and one.address.units == (*units, *units) for one in factors)


def one_term(line: Line) -> Iterator[Formula]:
    """Any one of the terms where their sum belongs."""
    if len(line.terms) > 1:
        yield from line.terms


def without_input(line: Line) -> Iterator[Formula]:
    """What comes back alone, not times what it was multiplied by."""
    if all(isinstance(term, Product) for term in line.terms):
        yield sum_of([term.factors[0] for term in line.terms if isinstance(term, Product)])


def transposed_gradient(line: Line) -> Iterator[Formula]:
    """dL/dW[j,i] where dL/dW[i,j] belongs."""
    mirror = line.cell.address._replace(units=line.cell.address.units[::-1])
    if mirror != line.cell.address and mirror in line.plan.row:
        yield from line.plan.cells[line.plan.row[mirror]].formulas[:1]


def without_one_share(line: Line) -> Iterator[Formula]:
    """One time step left out of a gradient."""
    shares = [term for term in line.terms if isinstance(term, Ref) and term.address.share is not None]
    if len(shares) > 1 and len(shares) == len(line.terms):
        for left_out in shares:
            yield sum_of([term for term in line.terms if term != left_out])


def without_the_later(line: Line) -> Iterator[Formula]:
    """Without what comes back from the next time step."""
    now = line.cell.address.time
    if now is None:
        return
    rest = [
        term
        for term in line.terms
        if not any(
            isinstance(to, Address) and to.time is not None and int(to.time) > int(now) for to in references(term)
        )
    ]
    if rest and len(rest) < len(line.terms):
        yield sum_of(rest)


# --- updates -----------------------------------------------------------------------------------

_ETA: Final = Ref(Address("eta"))


def _with_rate(line: Line, change: Callable[[tuple[Formula, ...]], tuple[Formula, ...]]) -> Iterator[Formula]:
    def there(part: Formula) -> Iterator[Formula]:
        match part:
            case Product(factors) if _ETA in factors:
                kept = change(factors)
                yield kept[0] if len(kept) == 1 else Product(kept)

    yield from changed_once(line.formula, there)


def without_rate(line: Line) -> Iterator[Formula]:
    """Without the learning rate."""
    yield from _with_rate(line, lambda factors: tuple(factor for factor in factors if factor != _ETA))


def rate_twice(line: Line) -> Iterator[Formula]:
    """With the learning rate counted twice."""
    yield from _with_rate(line, lambda factors: (_ETA, *factors))


def uphill(line: Line) -> Iterator[Formula]:
    """Plus where minus belongs."""
    match line.formula:
        case Sum((old, Neg(step))) if _ETA.to in references(step):
            yield Sum((old, step))


def not_updated(line: Line) -> Iterator[Formula]:
    """The old number once more."""
    match line.formula:
        case Sum((Ref() as old, Neg(step), *_)) if _ETA.to in references(step):
            yield old


RECIPE_WRONGS: Final = {
    "bias_forgotten": without_bias,
    "weights_transposed": transposed,
    "activation_forgotten": without_function,
    "exponent_sign": other_exponent,
    "log10": common_logarithm,
    "loss_sign": without_minus,
    "square_forgotten": without_square,
    "factor_two": other_half,
    "state_forgotten": without_state,
    "old_weights": old_parameters,
    "error_sign": other_way,
    "slope_at_sum": swapped,
    "slope_at_output": slope_at_output,
    "slope_is_output": slope_is_output,
    "slope_always_one": always_one,
    "softmax_cross_sign": without_cross_minus,
    "slope_missing": without_slope,
    "slope_twice": slope_twice,
    "softmax_diagonal": diagonal_only,
    "one_path": one_term,
    "time_stopped": without_the_later,
    "input_missing": without_input,
    "gradient_transposed": transposed_gradient,
    "one_sample": one_term,
    "time_step_forgotten": without_one_share,
    "rate_missing": without_rate,
    "rate_twice": rate_twice,
    "ascent": uphill,
    "not_updated": not_updated,
}
"""What the mistakes of the registry are in a recipe, by their codes."""
