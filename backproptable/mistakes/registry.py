"""The registry of typical mistakes.

Drawing sees to it that none of them gives a number that could pass for the right one; verifying
names the one that explains a wrong number. A mistake is one slip in one line: the numbers above
are taken as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from backproptable.formulas.formula import Formula, Neg, Product, Sum, references
from backproptable.mistakes.wrong_algebra import (
    bracket_lost,
    doubled_for_squared,
    plus_for_times,
    power_of_ten,
    quotient_inverted,
    sizes_added_up,
    squares_added_wrongly,
    term_missing,
    term_moved,
    term_turned,
    times_for_plus,
)
from backproptable.mistakes.wrong_backward import (
    diagonal_only,
    error_the_other_way,
    no_input,
    no_root,
    no_slope,
    one_term,
    other_outputs_slope,
    slope_always_one,
    slope_at_output,
    slope_twice,
    step_moved,
    transposed_gradient,
    updated_by,
    updated_weights,
)
from backproptable.mistakes.wrong_formulas import (
    Line,
    Wrong,
    common_logarithm,
    layer_below,
    mean_for_sum,
    neighbours_input,
    neighbours_weights,
    no_minus,
    no_square,
    old_weights,
    only,
    other_cross_entropy,
    other_exponent,
    other_two,
    over_zero,
    own,
    own_output,
    plain_shares,
    renamed,
    sum_for_mean,
    transposed,
    without_bias,
)
from backproptable.mistakes.wrong_functions import (
    diagonal_twice,
    leak_forgotten,
    neighbours_slope,
    neighbours_target,
    other_activation,
    other_slope,
    output_without_exp,
    size_for_relu,
    softmax_index,
    tan_for_tanh,
)
from backproptable.mistakes.wrong_in_recipes import RECIPE_WRONGS
from backproptable.mistakes.wrong_in_time import (
    first_step_back,
    of_the_state,
    one_way,
    outside_time,
    shifted_state,
    without_one_step,
    without_state,
)
from backproptable.mistakes.wrong_masks import times_share, without_mask, without_share
from backproptable.nets.net import Net
from backproptable.nets.plan import Cell, Plan, Reason

__all__ = ["MISTAKES", "NOT_UPDATED", "Mistake", "WrongLine", "further_lines", "wrong_lines"]


@dataclass(frozen=True, slots=True)
class Mistake:
    """One typical mistake."""

    code: str
    title: str
    """What somebody does who makes it, in a few words."""
    reasons: tuple[Reason, ...]
    """The steps it can happen in, where drawing keeps its number apart from the right one."""
    formulas: Wrong
    """The formulas somebody may work out instead: mostly one, none where it cannot happen."""
    elsewhere: tuple[Reason, ...] = ()
    """Further steps it can happen in. There only verifying looks for it: what drawing has to keep apart
    decides everybody's numbers, so that it does not grow with what can be named."""


@dataclass(frozen=True, slots=True)
class WrongLine:
    """A cell worked out with a mistake."""

    mistake: str
    cell: Cell
    formula: Formula


def wrong_lines(plan: Plan) -> list[WrongLine]:
    """Every mistake that drawing keeps apart, in every cell of `plan` where it makes another formula, in plan order."""
    return [
        WrongLine(mistake.code, cell, formula)
        for step, cell in plan.worked
        for mistake in mistakes_of(plan.net)
        if step.reason in mistake.reasons and cell.formula is not None
        for formula in dict.fromkeys(mistake.formulas(Line(plan, step, cell, cell.formula)))
        if formula not in cell.formulas
    ]


def further_lines(plan: Plan) -> list[WrongLine]:
    """The same for those that only verifying looks for, where they give no formula that is a mistake's already."""
    found = []
    for step, cell in plan.worked:
        if cell.formula is None:
            continue
        line, known = Line(plan, step, cell, cell.formula), set(cell.formulas)
        for mistake in mistakes_of(plan.net):
            if step.reason in mistake.reasons:
                known.update(mistake.formulas(line))
        for mistake in mistakes_of(plan.net):
            if step.reason in mistake.elsewhere:
                for formula in dict.fromkeys(mistake.formulas(line)):
                    if formula not in known and all(to in plan.row for to in references(formula)):
                        known.add(formula)
                        found.append(WrongLine(mistake.code, cell, formula))
    return found


def mistakes_of(net: Net) -> tuple[Mistake, ...]:
    """The mistakes that can happen in a net; those of a recipe are told by the roles of its numbers."""
    return _IN_RECIPES if net.is_recipe else MISTAKES


NOT_UPDATED: Final = "not_updated"
_R, _ANY = Reason, tuple(Reason)
MISTAKES: Final = (
    Mistake("bias_forgotten", "the bias is left out of a weighted sum", (_R.WEIGHTED_SUM,), without_bias),
    Mistake("weights_transposed", "W[j,i] where W[i,j] belongs", (_R.WEIGHTED_SUM, _R.PATH_SUM), transposed),
    Mistake("index_shifted", "the weights of the next unit", (_R.WEIGHTED_SUM, _R.PATH_SUM), neighbours_weights),
    Mistake("wrong_layer", "the outputs of the layer before", (_R.WEIGHTED_SUM, _R.GRADIENT), layer_below),
    Mistake(
        "sum_for_output",
        "z where a belongs",
        (_R.WEIGHTED_SUM, _R.GRADIENT),
        renamed("a", "z"),
        elsewhere=(_R.LOSS_TERM, _R.LOSS_DERIVATIVE, _R.CHAIN_PRODUCT),
    ),
    Mistake("old_weights", "the weights from before the update", (_R.WEIGHTED_SUM,), old_weights),
    Mistake(
        "activation_forgotten",
        "a = z, without the activation function",
        (_R.ACTIVATION,),
        only("a", own("z", "relu", "leaky_relu", "sigmoid", "tanh")),
    ),
    Mistake("exponent_sign", "e^z for e^(-z), or the other way", (_R.ACTIVATION, _R.EXPONENTIAL), other_exponent),
    Mistake("logits_as_outputs", "softmax left out: a = z", (_R.ACTIVATION,), own("z", "softmax")),
    Mistake("softmax_without_exp", "softmax as shares of z, not of e^z", (_R.ACTIVATION,), plain_shares),
    Mistake("log10", "log to base 10 where ln belongs", (_R.LOSS_TERM,), common_logarithm),
    Mistake("loss_sign", "the minus before a logarithm is left out", (_R.LOSS_TERM,), no_minus),
    Mistake("square_forgotten", "the error is not squared", (_R.LOSS_TERM,), no_square),
    Mistake(
        "cross_entropies_mixed",
        "the other of the two cross-entropies",
        (_R.LOSS_TERM, _R.LOSS_DERIVATIVE),
        other_cross_entropy,
    ),
    Mistake(
        "factor_two",
        "1/2 left out, or a 2 too many or too few",
        (_R.LOSS_TERM, _R.LOSS_DERIVATIVE, _R.CHAIN_PRODUCT),
        other_two,
    ),
    Mistake(
        "sum_for_mean",
        "a sum where the mean belongs",
        (_R.LOSS_TERM, _R.LOSS, _R.LOSS_DERIVATIVE, _R.CHAIN_PRODUCT),
        sum_for_mean,
    ),
    Mistake("mean_for_sum", "a mean where the sum belongs", (_R.LOSS, _R.GRADIENT), mean_for_sum),
    Mistake("error_sign", "y - a where a - y belongs", (_R.LOSS_DERIVATIVE, _R.CHAIN_PRODUCT), error_the_other_way),
    Mistake(
        "slope_at_sum",
        "the derivative over z, with the formula over a",
        (_R.LOCAL_DERIVATIVE,),
        renamed("a", "z"),
    ),
    Mistake(
        "slope_at_output",
        "the derivative over a, with the formula over z",
        (_R.LOCAL_DERIVATIVE,),
        slope_at_output,
    ),
    Mistake("slope_is_output", "a itself as its derivative", (_R.LOCAL_DERIVATIVE,), own("a", "sigmoid", "tanh")),
    Mistake("slope_always_one", "ReLU's slope taken as 1 below 0", (_R.LOCAL_DERIVATIVE,), slope_always_one),
    Mistake("softmax_cross_sign", "the minus of -a_k a_m is left out", (_R.LOCAL_DERIVATIVE,), other_outputs_slope),
    Mistake("softmax_diagonal", "only the diagonal of softmax's derivatives", (_R.CHAIN_PRODUCT,), diagonal_only),
    Mistake(
        "slope_missing",
        "the activation's derivative is left out",
        (_R.CHAIN_PRODUCT, _R.GRADIENT, _R.PATH_SUM),
        no_slope,
    ),
    Mistake("slope_twice", "the activation's derivative counted twice", (_R.CHAIN_PRODUCT,), slope_twice),
    Mistake("one_path", "one path instead of the sum over all", (_R.PATH_SUM,), one_way),
    Mistake("updated_weights", "weights that are already updated", (_R.PATH_SUM,), updated_weights),
    Mistake("input_missing", "a gradient without the weight's input", (_R.GRADIENT,), only("dL/dW", no_input)),
    Mistake("neighbours_input", "the input of the next weight", (_R.GRADIENT,), only("dL/dW", neighbours_input)),
    Mistake(
        "own_output",
        "the output of the weight's own unit as its input",
        (_R.GRADIENT,),
        only("dL/dW", own_output),
    ),
    Mistake(
        "gradient_transposed",
        "dL/dW[j,i] where dL/dW[i,j] belongs",
        (_R.GRADIENT,),
        only("dL/dW", transposed_gradient),
    ),
    Mistake(
        "one_sample",
        "one sample instead of the sum over the batch",
        (_R.GRADIENT,),
        outside_time(only("dL/dW", one_term)),
    ),
    Mistake(
        "bias_not_summed",
        "one term of a bias's gradient instead of the sum",
        (_R.GRADIENT,),
        outside_time(only("dL/db", one_term)),
    ),
    Mistake(
        "rate_missing",
        "the learning rate is left out",
        (_R.UPDATE,),
        updated_by(lambda old, _, gradient: Sum((old, Neg(gradient)))),
    ),
    Mistake(
        "rate_twice",
        "the learning rate counted twice",
        (_R.UPDATE,),
        updated_by(lambda old, eta, gradient: Sum((old, Neg(Product((eta, eta, gradient)))))),
    ),
    Mistake(
        "ascent",
        "plus where minus belongs: uphill",
        (_R.UPDATE,),
        updated_by(lambda old, eta, gradient: Sum((old, Product((eta, gradient))))),
    ),
    Mistake("root_missing", "no square root at the end of a size", (_R.NORM,), no_root),
    Mistake("threshold_forgotten", "0 in place of the threshold", (_R.ACTIVATION,), over_zero),
    Mistake(
        "dropout_forgotten",
        "a unit's output where what dropout leaves of it belongs",
        (_R.WEIGHTED_SUM, _R.GRADIENT),
        renamed("d", "a"),
    ),
    Mistake("mask_forgotten", "the dropout mask is left out", (_R.ACTIVATION, _R.CHAIN_PRODUCT), without_mask),
    Mistake("keep_forgotten", "not divided by the share kept", (_R.ACTIVATION, _R.CHAIN_PRODUCT), without_share),
    Mistake("keep_multiplied", "times the share kept, not divided", (_R.ACTIVATION, _R.CHAIN_PRODUCT), times_share),
    Mistake("state_forgotten", "the state before is left out of a new state", (_R.WEIGHTED_SUM,), without_state),
    Mistake("stale_state", "the state of a step too early", (_R.WEIGHTED_SUM, _R.GRADIENT), shifted_state(-1)),
    Mistake(
        "state_too_late",
        "the new state where the state before belongs",
        (_R.GRADIENT,),
        of_the_state(shifted_state(1)),
    ),
    Mistake("time_step_forgotten", "a time step is left out of a gradient", (_R.GRADIENT,), without_one_step),
    Mistake(
        "time_stopped",
        "the gradient is not carried back beyond one step",
        (_R.GRADIENT, _R.PATH_SUM),
        first_step_back,
    ),
    Mistake(NOT_UPDATED, "W' = W: the old number once more", (), updated_by(lambda old, *_: old), (_R.UPDATE,)),
    Mistake(
        "step_moved",
        "the step of an update 10 or 100 times too large or small",
        (),
        step_moved,
        (_R.UPDATE,),
    ),
    Mistake("tan_for_tanh", "tan where tanh belongs", (), tan_for_tanh, (_R.ACTIVATION,)),
    Mistake("other_activation", "another activation function", (), other_activation, (_R.ACTIVATION,)),
    Mistake("size_for_relu", "|z| where max(0, z) belongs", (), size_for_relu, (_R.ACTIVATION,)),
    Mistake("leak_forgotten", "0 below 0, without the leak", (), leak_forgotten, (_R.ACTIVATION, _R.LOCAL_DERIVATIVE)),
    Mistake("power_of_ten", "10^x where e^x belongs", (), power_of_ten, (_R.EXPONENTIAL, _R.ACTIVATION)),
    Mistake("other_slope", "the derivative of another function", (), other_slope, (_R.LOCAL_DERIVATIVE,)),
    Mistake("softmax_index", "a softmax derivative with another index", (), softmax_index, (_R.LOCAL_DERIVATIVE,)),
    Mistake("diagonal_twice", "softmax's diagonal only, and that twice", (), diagonal_twice, (_R.CHAIN_PRODUCT,)),
    Mistake("neighbours_slope", "the factor of another unit", (), neighbours_slope, (_R.CHAIN_PRODUCT,)),
    Mistake(
        "neighbours_target",
        "the target of another output",
        (),
        neighbours_target,
        (_R.LOSS_TERM, _R.LOSS_DERIVATIVE, _R.CHAIN_PRODUCT),
    ),
    Mistake(
        "output_without_exp",
        "softmax as shares of z in the loss's derivative",
        (),
        output_without_exp,
        (_R.LOSS_TERM, _R.LOSS_DERIVATIVE, _R.CHAIN_PRODUCT),
    ),
    Mistake("doubled_for_squared", "2x where x^2 belongs", (), doubled_for_squared, _ANY),
    Mistake("bracket_lost", "worked out as if there were no brackets", (), bracket_lost, _ANY),
    Mistake("quotient_inverted", "a fraction turned upside down", (), quotient_inverted, _ANY),
    Mistake("plus_for_times", "plus where times belongs", (), plus_for_times, _ANY),
    Mistake("times_for_plus", "times where plus belongs", (), times_for_plus, _ANY),
    Mistake("term_missing", "one term of a sum is left out", (), term_missing, _ANY),
    Mistake("term_turned", "one term of a sum with the other sign", (), term_turned, _ANY),
    Mistake("term_moved", "the decimal point moved in one term of a sum", (), term_moved, _ANY),
    Mistake("sizes_added_up", "the numbers added up, not their squares", (), sizes_added_up, (_R.NORM,)),
    Mistake("squares_added_wrongly", "the sum squared, not the squares added", (), squares_added_wrongly, (_R.NORM,)),
)
"""Every mistake that is known. The codes stand in reports and manifests: they are never renamed."""

_IN_ANY_LINE: Final = (
    doubled_for_squared,
    bracket_lost,
    quotient_inverted,
    plus_for_times,
    times_for_plus,
    term_missing,
    term_turned,
    term_moved,
    step_moved,
)
"""Wrong formulas that need to know nothing of a net."""
_REASONS: Final = {
    **dict.fromkeys(("log10", "loss_sign", "square_forgotten"), (_R.LOSS, _R.LOSS_TERM)),
    "exponent_sign": (_R.ACTIVATION, _R.EXPONENTIAL),
    "factor_two": (_R.LOSS, _R.LOSS_TERM),
    "error_sign": (_R.LOSS_DERIVATIVE,),
    "slope_missing": (_R.CHAIN_PRODUCT, _R.PATH_SUM),
    "one_path": (_R.PATH_SUM, _R.CHAIN_PRODUCT),
    "time_stopped": (_R.PATH_SUM, _R.CHAIN_PRODUCT),
}
"""Where a mistake can happen in a recipe, if not where it can in other nets."""
_IN_RECIPES: Final = tuple(
    Mistake(
        mistake.code,
        mistake.title,
        _REASONS.get(mistake.code, mistake.reasons) if mistake.code in RECIPE_WRONGS else (),
        RECIPE_WRONGS.get(mistake.code, mistake.formulas),
        () if mistake.code in RECIPE_WRONGS and mistake.reasons else mistake.elsewhere,
    )
    for mistake in MISTAKES
    if mistake.code in RECIPE_WRONGS or mistake.formulas in _IN_ANY_LINE
)
