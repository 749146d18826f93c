"""SymPy's local derivatives in the forms that sheets print, against numerical ones by mpmath."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import mpmath
import pytest
import sympy

from backproptable.basics.errors import PlanError
from backproptable.formulas.formula import (
    Call,
    Choice,
    Formula,
    Num,
    Partial,
    Power,
    Product,
    Quotient,
    Ref,
    Sum,
    difference,
)
from backproptable.nets.by_sympy import _from_sympy, _to_sympy, all_forms
from backproptable.nets.calculus import (
    activation_derivative,
    loss_derivative,
    softmax_derivative,
)
from backproptable.nets.derived import DERIVED
from support.exactly import evaluate

SLOPE = mpmath.mpf("0.25")
OUTPUTS = 3
CLOSE = Decimal("1e-15")
Z, A = Ref("z"), Ref("a")

ACTIVATIONS = {
    "identity": lambda z: z,
    "relu": lambda z: z if z > 0 else mpmath.mpf(0),
    "leaky_relu": lambda z: z if z > 0 else SLOPE * z,
    "sigmoid": lambda z: 1 / (1 + mpmath.exp(-z)),
    "tanh": mpmath.tanh,
}

LOSSES = {
    "half_sse": lambda y, a: (y - a) ** 2 / 2,
    "sse": lambda y, a: (y - a) ** 2,
    "mse": lambda y, a: (y - a) ** 2 / OUTPUTS,
    "cross_entropy": lambda y, a: -y * mpmath.log(a),
    "binary_cross_entropy": lambda y, a: -(y * mpmath.log(a) + (1 - y) * mpmath.log(1 - a)),
    "output": lambda _, a: a,
}


@pytest.fixture(autouse=True)
def _thirty_digits() -> None:
    with mpmath.workdps(30):
        yield


def slope_of(function: Callable[[mpmath.mpf], mpmath.mpf], at: str) -> Decimal:
    return as_decimal(mpmath.diff(function, mpmath.mpf(at)))


def as_decimal(number: mpmath.mpf) -> Decimal:
    return Decimal(mpmath.nstr(number, 30))


def values_of(forms: tuple[Formula, ...], **values: mpmath.mpf) -> list[Decimal]:
    return [evaluate(form, {name: as_decimal(value) for name, value in values.items()}) for form in forms]


def all_close(values: list[Decimal], expected: Decimal) -> bool:
    return bool(values) and all(abs(value - expected) < CLOSE for value in values)


@pytest.mark.parametrize("z", ["-2.5", "-0.3", "0.01", "1.7", "4"])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_and_their_slopes(name: str, z: str) -> None:
    function = ACTIVATIONS[name]
    derivation = activation_derivative(name)
    known = {"z": mpmath.mpf(z), "a": function(mpmath.mpf(z)), "slope": SLOPE}
    assert all_close(values_of((derivation.function,), **known), as_decimal(known["a"]))
    assert all_close(values_of(derivation.forms, **known), slope_of(function, z))


@pytest.mark.parametrize(("name", "slope"), [("relu", "0"), ("leaky_relu", "0.25")])
def test_the_slope_at_the_corner_is_that_of_the_left_side(name: str, slope: str) -> None:
    corner = {"z": mpmath.mpf(0), "slope": SLOPE}
    assert values_of(activation_derivative(name).forms, **corner) == [Decimal(slope)]


@pytest.mark.parametrize("z", [("0.3", "-1.2", "2.5"), ("-4", "0", "1"), ("2", "2", "2")])
@pytest.mark.parametrize("same", [True, False])
def test_softmax_and_its_slopes(same: bool, z: tuple[str, str, str]) -> None:
    """Output 1 by input 1, and by input 2, beside a third."""
    places = {"k": 0, "m": 0 if same else 1}

    def softmax(k: int, *moved: mpmath.mpf) -> mpmath.mpf:
        return mpmath.exp(moved[k]) / sum(map(mpmath.exp, moved))

    inputs = [mpmath.mpf(number) for number in z]
    known = {"S": sum(map(mpmath.exp, inputs))}
    for letter, place in places.items():
        known |= {
            f"z_{letter}": inputs[place],
            f"e_{letter}": mpmath.exp(inputs[place]),
            f"a_{letter}": softmax(place, *inputs),
        }

    def moved(by: mpmath.mpf) -> mpmath.mpf:
        return softmax(0, *(by if place == places["m"] else number for place, number in enumerate(inputs)))

    derivation = softmax_derivative(same)
    assert all_close(values_of((derivation.function,), **known), as_decimal(known["a_k"]))
    assert derivation.by == Ref("z_k" if same else "z_m")
    assert all_close(values_of(derivation.forms, **known), slope_of(moved, z[places["m"]]))


@pytest.mark.parametrize(("y", "a"), [("1", "0.2"), ("0", "0.2"), ("0.3", "0.7"), ("0.6", "0.6"), ("1", "0.999")])
@pytest.mark.parametrize("name", LOSSES)
def test_losses_and_their_slopes(name: str, y: str, a: str) -> None:
    known = {"y": mpmath.mpf(y), "a": mpmath.mpf(a), "K": mpmath.mpf(OUTPUTS)}

    def function(output: mpmath.mpf) -> mpmath.mpf:
        return LOSSES[name](known["y"], output)

    derivation = loss_derivative(name)
    assert all_close(values_of((derivation.function,), **known), as_decimal(function(known["a"])))
    assert all_close(values_of(derivation.forms, **known), slope_of(function, a))


def test_the_printed_forms_are_those_of_the_textbook() -> None:
    """The last form is the one that is printed; equal value would not make 1/(4 cosh^2(z/2)) readable."""
    one_less_a = difference(Num("1"), A)
    assert activation_derivative("sigmoid").forms[-1] == Product((A, one_less_a))
    assert activation_derivative("tanh").forms[-1] == difference(Num("1"), Power(A, 2))
    assert activation_derivative("relu").forms == (Choice(Z, Num("1"), Num("0")),)
    assert activation_derivative("leaky_relu").forms == (Choice(Z, Num("1"), Ref("slope")),)
    assert activation_derivative("identity").forms == (Num("1"),)
    assert softmax_derivative(True).forms[-1] == Product((Ref("a_k"), difference(Num("1"), Ref("a_k"))))


@pytest.mark.parametrize(
    "expression",
    [
        sympy.sin(sympy.Symbol("z")),
        sympy.cosh(sympy.Symbol("z")) + 1,
        2 ** sympy.Symbol("z"),
        sympy.pi,
        sympy.Float("0.5"),
        sympy.oo,
        sympy.Piecewise((1, sympy.Eq(sympy.Symbol("a"), 0)), (0, True)),
        sympy.Derivative(sympy.Function("f")(sympy.Symbol("z")), sympy.Symbol("z")),
    ],
    ids=str,
)
def test_what_no_sheet_can_print_is_refused(expression: sympy.Expr) -> None:
    with pytest.raises(PlanError, match="SymPy gave a form that no sheet can print"):
        _from_sympy(expression)


@pytest.mark.parametrize("formula", [Call("max", (A, Z)), Partial(A, Z)], ids=str)
def test_what_sympy_is_not_meant_to_differentiate_is_refused(formula: Formula) -> None:
    with pytest.raises(PlanError, match="no SymPy form for"):
        _to_sympy(formula)


@pytest.mark.parametrize(
    "formula",
    [
        Quotient(Product((Num("2"), difference(A, Ref("y")))), Num("3")),
        Sum((Num("1"), Call("exp", (Z,)))),
        Power(A, 2),
        Choice(Z, Num("1"), Num("0")),
    ],
    ids=["quotient", "sum", "power", "choice"],
)
def test_there_and_back_again_means_the_same(formula: Formula) -> None:
    known = {"z": mpmath.mpf("0.7"), "a": mpmath.mpf("0.2"), "y": mpmath.mpf(1)}
    there, back = values_of((formula, _from_sympy(_to_sympy(formula))), **known)
    assert abs(there - back) < CLOSE


def test_what_is_kept_is_what_sympy_finds() -> None:
    """Else run tests/support/derivations.py, and look at what has changed."""
    assert all_forms() == DERIVED
