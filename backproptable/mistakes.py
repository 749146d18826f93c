"""The registry of typical mistakes.

Drawing sees to it that none of them gives a number that could pass for the right one; verifying
names the one that explains a wrong number. A mistake is one slip in one line: the numbers above
are taken as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from backproptable.formula import Formula, Neg, Product, Sum
from backproptable.plan import Cell, Plan, Reason
from backproptable.wrong_backward import (
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
    transposed_gradient,
    updated_by,
    updated_weights,
)
from backproptable.wrong_formulas import (
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
from backproptable.wrong_in_time import (
    first_step_back,
    of_the_state,
    one_way,
    outside_time,
    shifted_state,
    without_one_step,
    without_state,
)
from backproptable.wrong_masks import times_share, without_mask, without_share

__all__ = ["MISTAKES", "Mistake", "WrongLine", "wrong_lines"]


@dataclass(frozen=True, slots=True)
class Mistake:
    """One typical mistake."""

    code: str
    title: str
    """What somebody does who makes it, in a few words."""
    reasons: tuple[Reason, ...]
    """The steps it can happen in."""
    formulas: Wrong
    """The formulas somebody may work out instead: mostly one, none where it cannot happen."""


@dataclass(frozen=True, slots=True)
class WrongLine:
    """A cell worked out with a mistake."""

    mistake: str
    cell: Cell
    formula: Formula


def wrong_lines(plan: Plan) -> list[WrongLine]:
    """Every registered mistake in every cell of `plan` where it makes another formula, in plan order."""
    return [
        WrongLine(mistake.code, cell, formula)
        for step, cell in plan.worked
        for mistake in MISTAKES
        if step.reason in mistake.reasons and cell.formula is not None
        for formula in dict.fromkeys(mistake.formulas(Line(plan, step, cell, cell.formula)))
        if formula not in cell.formulas
    ]


_R = Reason
MISTAKES: Final = (
    Mistake("bias_forgotten", "the bias is left out of a weighted sum", (_R.WEIGHTED_SUM,), without_bias),
    Mistake("weights_transposed", "W[j,i] where W[i,j] belongs", (_R.WEIGHTED_SUM, _R.PATH_SUM), transposed),
    Mistake("index_shifted", "the weights of the next unit", (_R.WEIGHTED_SUM, _R.PATH_SUM), neighbours_weights),
    Mistake("wrong_layer", "the outputs of the layer before", (_R.WEIGHTED_SUM, _R.GRADIENT), layer_below),
    Mistake("sum_for_output", "z where a belongs", (_R.WEIGHTED_SUM, _R.GRADIENT), renamed("a", "z")),
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
)
"""Every mistake that is known. The codes stand in reports and manifests: they are never renamed."""
