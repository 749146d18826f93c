"""The rounding rule, in a table for people and against its decimal twin in `support.exactly`."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from backproptable.formulas.digits import (
    MAX_FIGURES,
    MIN_FIGURES,
    rounded,
    settled,
    show,
    show_all,
    show_exact,
    show_given,
    without_noise,
)
from support import exactly
from support.nets import THOROUGH


def printed(value: float, figures: int) -> str:
    return show(float(rounded(value, figures)), figures)


ROUNDED = [
    # trailing zeros are kept, an exact zero is 0 and has no sign
    (1.35, 4, "1.350"),
    (0.5, 4, "0.5000"),
    (-3, 4, "-3.000"),
    (0, 4, "0"),
    (-0.0, 4, "0"),
    # half away from zero, also where the double lies just below the tie
    (2.675, 3, "2.68"),
    (-2.675, 3, "-2.68"),
    (0.12345, 4, "0.1235"),
    (1.0005, 4, "1.001"),
    (2.5, 2, "2.5"),
    (12.5, 2, "13"),
    (13.5, 2, "14"),
    (0.000045675, 4, "4.568e-5"),
    # snapped to twelve digits first, and no further
    (0.1 + 0.2, 4, "0.3000"),
    (1.0004999999999, 4, "1.001"),
    (1.00049999999, 4, "1.000"),
    (0.123449999999, 4, "0.1234"),
    # exponent form below 1e-4 and from 10^figures on, decided on the rounded number
    (999.94, 4, "999.9"),
    (999.96, 4, "1000"),
    (9999, 4, "9999"),
    (9999.4, 4, "9999"),
    (9999.6, 4, "1.000e4"),
    (123456, 4, "1.235e5"),
    (123456, 6, "123456"),
    (99.6, 2, "1.0e2"),
    (99.95, 3, "100"),
    (0.0001, 4, "0.0001000"),
    (0.000099994, 4, "9.999e-5"),
    (0.000099996, 4, "0.0001000"),
    (-0.000012346, 4, "-1.235e-5"),
    (1e-30, 4, "1.000e-30"),
    (-9.9999e-30, 4, "-1.000e-29"),
    (1e30, 4, "1.000e30"),
    (6.02214076e23, 6, "6.02214e23"),
    (123456.789012, 12, "123456.789012"),
]


@pytest.mark.parametrize(("value", "figures", "text"), ROUNDED)
def test_numbers_print_as_the_rule_says(value: float, figures: int, text: str) -> None:
    assert printed(value, figures) == text
    assert exactly.text_of(Decimal(repr(value)), figures) == text, "the reference rule itself"


figures_ = st.integers(MIN_FIGURES, MAX_FIGURES)
decimals = st.builds(
    lambda digits, places: Decimal(digits).scaleb(places), st.integers(-(10**17), 10**17), st.integers(-45, 25)
)


@THOROUGH
@given(decimals, figures_)
def test_any_number_prints_as_the_reference_says(number: Decimal, figures: int) -> None:
    value = float(number)
    exact = Decimal(value)
    # At the edge of the twelfth digit a double is not fine enough to say which side it is on.
    expected = exactly.rounded(exact, figures)
    slack = abs(exact) * Decimal("1e-15")
    assume(expected == exactly.rounded(exact + slack, figures) == exactly.rounded(exact - slack, figures))
    assert abs(float(rounded(value, figures)) - float(expected)) <= math.ulp(float(expected))
    assert printed(value, figures) == exactly.text_of(exact, figures)


@THOROUGH
@given(st.data(), st.integers(MIN_FIGURES, MAX_FIGURES - 1), st.integers(-40, 20), st.sampled_from((1, -1)))
def test_every_decimal_tie_goes_away_from_zero(data: st.DataObject, figures: int, places: int, sign: int) -> None:
    kept = data.draw(st.integers(10 ** (figures - 1), 10**figures - 1))
    tie = sign * Decimal(10 * kept + 5).scaleb(places)
    away = sign * Decimal(kept + 1).scaleb(places + 1)
    assert printed(float(tie), figures) == exactly.text_of(away, figures)


def test_whole_tables_round_like_their_numbers() -> None:
    table = np.array([[2.675, -0.12345, 0.0], [1.23456e-7, 9999.6, -7.1e15]])
    assert rounded(table, 3).tolist() == [[float(rounded(value, 3)) for value in row] for row in table]
    assert rounded(table, 3).tolist() == [[2.68, -0.123, 0.0], [1.23e-7, 1e4, -7.1e15]]


def test_what_has_no_twelve_digits_passes_unrounded() -> None:
    values = [math.inf, -math.inf, 1.23456e-300, 1.23456e290]
    assert rounded(values, 2).tolist() == values
    assert np.isnan(rounded(math.nan, 4))


NUMBERS = st.one_of(
    st.floats(allow_nan=False), st.sampled_from([0.0, -0.0, 1234.0, 12345.0, 99999.0, 1e-4, 9.999e-5, -1e-300, 1e22])
)


@THOROUGH
@given(st.lists(NUMBERS, max_size=12), st.integers(MIN_FIGURES, MAX_FIGURES))
def test_many_numbers_are_shown_as_each_of_them(numbers: list[float], figures: int) -> None:
    values = rounded(numbers, figures).tolist()
    assert show_all(values, figures) == [show(value, figures) for value in values]


def test_there_is_no_minus_zero() -> None:
    assert math.copysign(1, rounded(-0.0, 4)) == 1


ALL_DIGITS = [
    ("0.499999877", 4, "0.499999877"),
    ("0.50", 4, "0.5"),
    ("1", 4, "1"),
    ("-0.00", 4, "0"),
    ("0.0001", 4, "0.0001"),
    ("0.000099999999", 4, "9.9999999e-5"),
    ("-0.00003", 4, "-3e-5"),
    ("1234.5678", 4, "1234.5678"),
    ("12345.678", 4, "1.2345678e4"),
    ("10000", 4, "1e4"),
    ("10000", 6, "10000"),
]


@pytest.mark.parametrize(("number", "figures", "text"), ALL_DIGITS)
def test_exact_numbers_keep_every_digit(number: str, figures: int, text: str) -> None:
    assert show_exact(Decimal(number), figures) == text
    assert exactly.text_of_all_digits(Decimal(number), figures) == text, "the reference rule itself"


@THOROUGH
@given(decimals, figures_)
def test_exact_numbers_are_those_they_were(number: Decimal, figures: int) -> None:
    text = show_exact(number, figures)
    assert text == exactly.text_of_all_digits(number, figures)
    assert Decimal(text) == number


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("0.50", "0.50"),
        ("1", "1"),
        ("-2.0", "-2.0"),
        ("-0.0", "0.0"),
        ("1E+2", "1e2"),
        ("2.50e-7", "2.50e-7"),
        ("-4e-5", "-4e-5"),
        ("0.000040", "4.0e-5"),
        ("1e-4", "0.0001"),
    ],
)
def test_givens_are_shown_as_written(written: str, text: str) -> None:
    assert show_given(Decimal(written)) == text


SUMS = [
    ((0.1, 0.2, -0.3), 0.0),
    ((1.0, -0.99987655), 0.00012345),
    ((0.1, 0.1, 0.1, -0.3), 0.0),
    ((1.1, 2.2, -3.3, 1e-6), 1e-6),
    ((-1e-8, -2e-8, 3e-8), 0.0),
    ((1e12, 0.5, -1e12), 0.5),
    ((0.1, 0.2), 0.3),
    ((0.0, 0.0), 0.0),
]


@pytest.mark.parametrize(("terms", "total"), SUMS)
def test_sums_come_out_as_on_paper(terms: tuple[float, ...], total: float) -> None:
    assert settled(np.array([sum(terms)]), np.array([sum(map(abs, terms))])).tolist() == [total]


four_figures = st.builds(lambda digits: Decimal(digits).scaleb(-4), st.integers(-9999, 9999))


@THOROUGH
@given(st.lists(st.tuples(four_figures, four_figures), min_size=2, max_size=8))
def test_sums_of_products_of_printed_numbers_are_exact(pairs: list[tuple[Decimal, Decimal]]) -> None:
    assume(any(abs(first * second) > Decimal("0.01") for first, second in pairs))
    terms = [float(first) * float(second) for first, second in pairs]
    with localcontext(prec=50):
        total = sum((first * second for first, second in pairs), Decimal(0))
    assert settled(np.array([sum(terms)]), np.array([sum(map(abs, terms))])).tolist() == [float(total)]


def test_the_exact_calculation_loses_noise_and_nothing_else() -> None:
    noise, small, tiny = 0.1 + 0.2 - 0.3, 1.0 - 0.99987655, 1e-11
    assert noise != 0
    assert without_noise(np.array([noise, small, tiny]), np.array([0.6, 2.0, 2.0])).tolist() == [0.0, small, tiny]
