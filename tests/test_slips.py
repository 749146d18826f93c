"""Slips: what each kind looks like, what is none, and how often a plain wrong number is taken for one."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backproptable.formulas.digits import show
from backproptable.marking.slips import SLIPS, slips_of
from backproptable.returned.answers import Answer, read_answer

DIGIT_SLIPS = {"digits_swapped", "digit_doubled", "digit_dropped", "digit_changed"}
OTHERS = {"neighbour": (0.8137, 0.5), "line_above": (-0.2948, 1.0), "other_line": (12.34, 0.0, 0.0774, math.nan)}

CASES: tuple[tuple[str, str, str, str], ...] = (
    # written    right    half the range    slips
    # --- two digits swapped
    ("0.4262", "0.4226", "0.00005", "digits_swapped"),
    ("0.2426", "0.4226", "0.0001", "digits_swapped"),
    ("-0.4262", "-0.4226", "0.00005", "digits_swapped"),
    ("21.34", "12.34", "0.01", "digits_swapped"),
    ("13.24", "12.34", "0.01", "digits_swapped"),  # across the point
    ("0.02431", "0.02341", "0.00001", "digits_swapped"),
    ("0.04321", "0.40321", "0.00005", "digits_swapped"),  # with the zero
    ("4.657e-5", "4.567e-5", "1e-8", "digits_swapped"),
    ("0.0000 4657", "4.567e-5", "1e-8", "unreadable"),
    ("4.657*10^-5", "4.567e-5", "1e-8", "digits_swapped"),
    ("1,324", "1.234", "0.0005", "digits_swapped"),
    ("0.432", "0.423", "0", "digits_swapped"),
    # --- a digit doubled
    ("0.44226", "0.4226", "0.0001", "digit_doubled"),
    ("122.34", "12.34", "0.01", "digit_doubled"),
    ("12.334", "12.34", "0", "near_miss"),  # as near as this, numbers are wrong in other ways
    ("0.2005849", "0.205849", "0.000001", "digit_doubled"),  # published: a zero too many
    ("0.30055", "0.30554", "0.000001", "digit_doubled"),
    # --- a digit dropped
    ("0.426", "0.4226", "0", "digit_dropped"),
    ("0.4258", "0.4268", "0.00005", "near_miss"),
    ("0.4265", "0.42365", "0", "digit_dropped"),
    ("0.426", "0.42263", "0.00001", "near_miss"),  # a near miss: some inserted digit often fits
    ("0.226", "0.4226", "0", "digit_dropped"),
    ("2.34", "12.34", "0", "digit_dropped"),
    ("0.35849", "0.305849", "0.000001", "digit_dropped"),
    ("0.42", "0.4226", "0", "near_miss"),
    # --- a digit changed
    ("0.7226", "0.4226", "0.0001", "digit_changed"),
    ("0.4726", "0.4226", "0.0001", "digit_changed"),
    ("0.4276", "0.4226", "0.0001", ""),  # the last two places
    ("0.4229", "0.4226", "0.0001", "near_miss"),
    ("0.7726", "0.4226", "0.0001", ""),  # two of them
    ("0.4726", "0.4226", "0.003", ""),  # the right number could be nearly anything there
    ("7.567e-5", "4.567e-5", "1e-8", "digit_changed"),
    ("0.4188", "0.4226", "0.0001", "near_miss"),
    ("0.4170", "0.4226", "0.0001", ""),  # more than one per cent
    ("0.4229", "0.4226", "0.005", ""),  # what can be anything there is near to anything
    ("0.72", "0.42", "0", ""),  # two figures
    # --- the point moved
    ("4.226", "0.4226", "0.0001", "point_moved"),
    ("0.0004226", "0.4226", "0.0001", "point_moved"),
    ("4.226e-6", "0.4226", "0", "point_moved"),
    ("4.226e-8", "0.4226", "0", ""),
    ("0.042", "0.4226", "0.0001", "point_moved"),
    ("4.2", "0.4200", "0", "point_moved"),
    ("0.05", "0.5000", "0", ""),  # one digit: a factor 0.1 was forgotten
    ("-42.26", "0.4226", "0", ""),
    # --- the sign
    ("0.4226", "-0.4226", "0.0001", "sign_dropped"),
    ("-0.4226", "0.4226", "0.0001", "sign_added"),
    ("0.42", "-0.4226", "0.0001", "sign_dropped"),
    ("0.5", "-0.5000", "0", "sign_dropped"),
    ("-1", "1", "0", "sign_added"),
    ("-1/3", "0.3333", "0.00005", "sign_added"),
    ("0.3", "-0.2000", "0.15", ""),  # what has any value between -0.35 and -0.05 says nothing of its sign
    # --- a number copied
    ("0.8137", "0.4226", "0.0001", "neighbour"),
    ("0.81", "0.4226", "0.0001", "neighbour"),
    ("-0.2948", "0.4226", "0.0001", "line_above"),
    ("12.34", "0.4226", "0.0001", "other_line"),
    ("0.0774", "0.4226", "0.0001", "other_line"),
    ("12", "0.4226", "0.0001", ""),  # one number in ninety is 12
    ("0.5000", "0.4226", "0.0001", ""),
    ("1.000", "0.4226", "0.0001", ""),
    ("1", "0.4226", "0.0001", ""),
    ("0", "0.4226", "0.0001", ""),
    # --- right working, wrong arithmetic
    ("0.1*0.2 + 0.3 = 0.36", "0.3200", "0", "arithmetic"),
    ("0.1*0.2 + 0.3 = 0.02 + 0.3 = 0.36", "0.3200", "0", "arithmetic"),
    ("z1[1] = 0.1*0.2 + 0.3 = 0.36", "0.3200", "0", "arithmetic"),
    ("0.1*0.2 = 0.02", "0.3200", "0", ""),  # a wrong set-up, worked out rightly
    ("0.1*0 = 0.1", "0", "0", "arithmetic"),
    ("0.1*0.2 + 0.3 = 0.36", "0.3200", "0.3", ""),
    # --- more than one
    ("0.1*0.2 + 0.3 = 3.2", "0.3200", "0", "point_moved arithmetic"),
    # --- none
    ("0.6891", "0.4226", "0.0001", ""),
    ("0.4226", "", "nan", ""),
)


def slips(written: str, right: str, half: str) -> tuple[str, ...]:
    answer = read_answer(written)
    if not isinstance(answer, Answer):
        return ("unreadable",)
    middle = float(right or "nan")
    return slips_of(answer, middle - float(half), middle + float(half), expected=right, others=OTHERS)


@pytest.mark.parametrize(("written", "right", "half", "kinds"), CASES)
def test_every_kind(written: str, right: str, half: str, kinds: str) -> None:
    assert slips(written, right, half) == tuple(kinds.split())


def test_every_code_has_a_case_and_words() -> None:
    assert {kind for *_, kinds in CASES for kind in kinds.split()} - {"unreadable"} == set(SLIPS)
    assert all(words and not words.endswith(".") for words in SLIPS.values())


def test_a_number_of_two_lines_is_said_to_be_of_both() -> None:
    answer = read_answer("0.8137")
    assert isinstance(answer, Answer)
    others = {"other_line": [3.0], "line_above": [0.8137], "neighbour": [0.8137, 0.2], "unknown": [0.8137]}
    assert slips_of(answer, 0.42, 0.42, expected="0.4200", others=others) == ("neighbour", "line_above")


def test_among_very_many_numbers_one_is_met_by_chance() -> None:
    answer = read_answer("0.8137")
    assert isinstance(answer, Answer)
    for count, found in ((50, ("other_line",)), (500, ())):
        many = [0.8137, *(0.1 + 0.0011 * number for number in range(count))]
        assert slips_of(answer, 0.42, 0.42, expected="0.4200", others={"other_line": many}) == found


# --- how often a plain wrong number is taken for a slip --------------------------------------------

Wrong = Callable[[random.Random, float], float]


def _same_decade(rng: random.Random, right: float) -> float:
    return math.copysign(10 ** math.floor(math.log10(abs(right))) * rng.uniform(1, 10), right)


def _any_size(rng: random.Random, _: float) -> float:
    return rng.choice((-1, 1)) * 10 ** rng.uniform(-3, 2)


def _within(share: float) -> Wrong:
    return lambda rng, right: right * (1 + rng.uniform(-share, share))


RATES: tuple[tuple[str, Wrong, float], ...] = (
    # the worst measured over the ranges below, with these seeds
    ("any size", _any_size, 0.005),  # 0.2 %
    ("same decade", _same_decade, 0.015),  # 1.0 %
    ("within half", _within(0.5), 0.025),  # 1.7 %
    ("within 5 %", _within(0.05), 0.035),  # 3.3 %
    ("within 1 %", _within(0.01), 0.02),  # 1.9 %
)


def wrong_numbers_called_slips(wrong: Wrong, units: int, kinds: set[str], count: int = 1500) -> float:
    """The share of wrong numbers of four figures, where the right one has a range of so many units."""
    rng = random.Random(f"slips {units}")
    called = counted = 0
    while counted < count:
        right = rng.choice((-1, 1)) * 10 ** rng.uniform(-3, 2)
        expected = show(float(f"{right:.3e}"), 4)
        unit = 10.0 ** (Decimal(expected).adjusted() - 3)
        low = right - units * unit * rng.random()
        answer = read_answer(show(float(f"{wrong(rng, right):.3e}"), 4))
        assert isinstance(answer, Answer)
        high = low + units * unit
        if low <= answer.value + answer.half_unit and answer.value - answer.half_unit <= high:
            continue
        counted += 1
        called += not kinds.isdisjoint(slips_of(answer, low, high, expected=expected, others={}))
    return called / count


@pytest.mark.parametrize("units", [0, 1, 3, 5, 10, 30])
@pytest.mark.parametrize(("name", "wrong", "limit"), RATES)
def test_few_wrong_numbers_are_called_digit_slips(name: str, wrong: Wrong, limit: float, units: int) -> None:
    rate = wrong_numbers_called_slips(wrong, units, DIGIT_SLIPS)
    assert rate < limit, f"{name}, range of {units} units: {rate:.2%}"


@pytest.mark.parametrize("units", [0, 1, 10, 30])
def test_hardly_any_wrong_number_has_its_point_or_sign_wrong(units: int) -> None:
    rate = wrong_numbers_called_slips(_any_size, units, set(SLIPS) - DIGIT_SLIPS)
    assert rate < 0.01, f"{rate:.2%}"


# --- whatever was written -------------------------------------------------------------------------

ANY_FLOAT = st.floats() | st.sampled_from([0.0, 1.0, 1e-300, 5e-324, 1.7e308, -0.4226])
ANY_TEXT = st.one_of(
    st.from_regex(r"-?[0-9]{0,25}\.?[0-9]{1,25}(e-?[0-9]{1,3})?", fullmatch=True),
    st.from_regex(r"[-0-9.+*/=e^() ]{1,30}", fullmatch=True),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
)
ANY_ANSWER = st.one_of(
    ANY_TEXT.map(read_answer).filter(lambda reading: isinstance(reading, Answer)),
    st.builds(
        Answer,
        st.text(),
        ANY_FLOAT,
        st.none() | st.decimals(),
        st.none() | st.integers(0, 40),
        st.floats(0),
        st.lists(ANY_FLOAT, max_size=3).map(tuple),
    ),
)


@given(
    answer=ANY_ANSWER,
    low=ANY_FLOAT,
    high=ANY_FLOAT,
    expected=st.sampled_from(["0.4226", "-1.234e-5", "0", ""]) | st.text(),
    others=st.dictionaries(st.sampled_from([*OTHERS, "unknown"]), st.lists(ANY_FLOAT)),
)
def test_never_an_exception(
    answer: Answer, low: float, high: float, expected: str, others: dict[str, list[float]]
) -> None:
    found = slips_of(answer, low, high, expected=expected, others=others)
    assert list(found) == [code for code in SLIPS if code in found]


def test_a_long_number_takes_no_time() -> None:
    answer = read_answer("0." + "123456789" * 100)
    assert isinstance(answer, Answer)
    assert slips_of(answer, 1.2, 1.3, expected="1.234", others=OTHERS) == ("point_moved",)
