"""What a written answer is read as. `RULINGS` is the whole of it, one line each."""

from __future__ import annotations

import math
import re
import timeit
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backproptable.returned import answers
from backproptable.returned.answers import Answer, Blank, Unreadable, read_answer

NOTHING = "blank"
EXACT = None  # figures of an expression

RULINGS: tuple[tuple[str, float | str, int | None, float], ...] = (
    # as written          read as    figures  half a unit
    ("0.5", 0.5, 1, 0.05),
    ("0.50", 0.5, 2, 0.005),
    ("0.5000", 0.5, 4, 0.00005),
    (".5", 0.5, 1, 0.05),
    ("5.", 5, 1, 0.5),
    ("+0.5", 0.5, 1, 0.05),
    ("-0.5", -0.5, 1, 0.05),
    ("−0.5", -0.5, 1, 0.05),
    ("– 0.5", -0.5, 1, 0.05),
    ("0.10", 0.1, 2, 0.005),
    ("0.0123", 0.0123, 3, 0.00005),
    ("12.30", 12.3, 4, 0.005),
    ("100", 100, 3, 0.5),
    ("1e2", 100, 1, 50),
    ("5e-2", 0.05, 1, 0.005),
    ("4.567e-5", 4.567e-5, 4, 5e-9),
    ("4.567E-05", 4.567e-5, 4, 5e-9),
    ("4,567e−5", 4.567e-5, 4, 5e-9),
    ("4.567*10^-5", 4.567e-5, 4, 5e-9),
    ("4.567*10**(-5)", 4.567e-5, 4, 5e-9),
    ("4.567 × 10^-5", 4.567e-5, 4, 5e-9),
    ("4.567·10⁻⁵", 4.567e-5, 4, 5e-9),
    (r"$4.567 \times 10^{-5}$", 4.567e-5, 4, 5e-9),
    ("10^-5", 1e-5, EXACT, 0),
    # zeros and a bare one are exact
    ("0", 0, 0, 0),
    ("-0", 0, 0, 0),
    ("0.000", 0, 0, 0),
    ("1", 1, 1, 0),
    ("1.0", 1, 2, 0.05),
    ("-1", -1, 1, 0.5),
    # commas
    ("1,25", 1.25, 3, 0.005),
    ("1,250", 1.25, 4, 0.0005),
    ("0,1*0,2", 0.02, EXACT, 0),
    ("1{,}25", 1.25, 3, 0.005),
    ("1,234.5", "mixed", None, 0),
    ("1.234,5", "mixed", None, 0),
    ("1,234,567", "several commas", None, 0),
    ("1 234,5", "side by side", None, 0),
    ("1 234", "side by side", None, 0),
    (r"1\,234", "side by side", None, 0),
    ("1'234", "thousands", None, 0),
    ("1’234", "thousands", None, 0),
    ("1.5*1000 = 1,500", "mixed", None, 0),
    # expressions
    ("1/3", 1 / 3, EXACT, 0),
    ("-1/3", -1 / 3, EXACT, 0),
    ("e^(-0.5)", math.exp(-0.5), EXACT, 0),
    ("max(0, -1.35)", 0, EXACT, 0),
    ("(0.5)", 0.5, 1, 0.05),
    ("(-0.5)", -0.5, 1, 0.05),
    ("1/(1+e^(-0.6043))", 1 / (1 + math.exp(-0.6043)), EXACT, 0),
    # two numbers, or a sum
    ("-0.5 -0.5", "two numbers", None, 0),
    ("0.5 -0.2", "two numbers", None, 0),
    ("0.5 +0.2", "two numbers", None, 0),
    ("0,5 −0,2", "two numbers", None, 0),
    ("0.5<br>-0.2", "two numbers", None, 0),
    ("1e-5 -2.5e-6", "two numbers", None, 0),
    ("0.5 - 0.2 -0.1", "two numbers", None, 0),
    ("0.1*0.2 = 0.5 -0.2", "two numbers", None, 0),
    ("0.5 - 0.2", 0.3, EXACT, 0),
    ("0.5-0.2", 0.3, EXACT, 0),
    ("0.5- 0.2", 0.3, EXACT, 0),
    ("-0.5 - 0.5", -1, EXACT, 0),
    ("0.1*0.2 -0.3", -0.28, EXACT, 0),
    ("0.5 -0.2*2", 0.1, EXACT, 0),
    ("(0.5 -0.2)", 0.3, EXACT, 0),
    ("0.5 -0.2 = 0.3", 0.3, 1, 0.05),
    # working before the answer
    ("0.1*0.2 + 0.3 = 0.32", 0.32, 2, 0.005),
    ("0.1*0.2 + 0.3 = 0.02 + 0.3 = 0.32", 0.32, 2, 0.005),
    ("1/3 ≈ 0.3333", 0.3333, 4, 0.00005),
    ("z1[1] = 0.5", 0.5, 1, 0.05),
    ("0.1*0.2<br>= 0.02", 0.02, 1, 0.005),
    ("0.1*0.2 =", "result is missing", None, 0),
    ("0.1*0.2 = ?", "result is missing", None, 0),
    ("0.5 = half", "'half'", None, 0),
    # around the number
    (" 0.05 ", 0.05, 1, 0.005),
    ("**0.05**", 0.05, 1, 0.005),
    ("*0.05*", 0.05, 1, 0.005),
    ("***0.05***", 0.05, 1, 0.005),
    ("_0.05_", 0.05, 1, 0.005),
    ("__0.05__", 0.05, 1, 0.005),
    ("`0.05`", 0.05, 1, 0.005),
    ("$0.05$", 0.05, 1, 0.005),
    ("$$0.05$$", 0.05, 1, 0.005),
    ("**$0.05$**", 0.05, 1, 0.005),
    (r"\(0.05\)", 0.05, 1, 0.005),
    (r"\(0.1*0.2 = 0.02\)", 0.02, 1, 0.005),
    ("**0.1*0.2** = **0.02**", 0.02, 1, 0.005),
    (r"\-0.05", -0.05, 1, 0.005),
    (r"0.1\*0.2", 0.02, EXACT, 0),
    (r"0.1\*\(0.2+0.3\)", 0.05, EXACT, 0),
    ("0.05 (approx)", 0.05, 1, 0.005),
    ("**0.05** (approx.)", 0.05, 1, 0.005),
    ("0.05≈", 0.05, 1, 0.005),
    ("= 0.05", 0.05, 1, 0.005),
    ("≈ 0.05", 0.05, 1, 0.005),
    (r"\approx 0.05", 0.05, 1, 0.005),
    ("~0.05", 0.05, 1, 0.005),
    ("&minus;0.05", -0.05, 1, 0.005),
    ("0.05&nbsp;", 0.05, 1, 0.005),
    ("0.05<br>", 0.05, 1, 0.005),
    ("0\u200b.05", 0.05, 1, 0.005),
    ("0.05 ✓", 0.05, 1, 0.005),
    ("0.05✔️", 0.05, 1, 0.005),
    ("0.05 √", 0.05, 1, 0.005),
    ("☑ 0.05", "'☑'", None, 0),
    ("**0.05** ☑", 0.05, 1, 0.005),
    ("0.1*0.2 = 0.02 ✅", 0.02, 1, 0.005),
    ("0.05 (rounded)", 0.05, 1, 0.005),
    ("0.05(gerundet)", 0.05, 1, 0.005),
    ("0,05 (auf gerundet) ✓", 0.05, 1, 0.005),
    ("0.05 (rounded, checked)", 0.05, 1, 0.005),
    ("0.05 (Rounded up.)", 0.05, 1, 0.005),
    ("approx. 0.05", 0.05, 1, 0.005),
    ("approx -0.05", -0.05, 1, 0.005),
    ("0.05 approx.", 0.05, 1, 0.005),
    ("ca. 0.05", 0.05, 1, 0.005),
    ("0.1*0.2 = ca. 0.02", 0.02, 1, 0.005),
    ("√0.05", "sqrt", None, 0),
    ("✓", "'✓'", None, 0),
    ("(rounded)", "'rounded'", None, 0),
    ("0.05 (rounded to 2 figures)", "'rounded'", None, 0),
    ("0.05 (cm)", "'cm'", None, 0),
    ("0.05 (negative)", "'negative'", None, 0),
    ("0.5 (e)", "stands e|no sign", None, 0),
    ("0.05 ✗", "'✗'", None, 0),
    # what could be meant in two ways
    ("0.5 0.6", "side by side", None, 0),
    ("0.5<br>0.6", "side by side", None, 0),
    ("~~0.4~~ 0.5", "crossed out", None, 0),
    ("~~0.5~~", "crossed out", None, 0),
    ("0.3 ~ 0.4", "write = before", None, 0),
    ("4.567 × 10-5", "no \\^", None, 0),
    ("4.567 e-5", "without spaces", None, 0),
    ("0·5", "middle", None, 0),
    ("--0.5", "two signs", None, 0),
    ("+-0.5", "two signs", None, 0),
    ("0.5 | 0.6", "bar", None, 0),
    ("0.5 &#124; 0.6", "bar", None, 0),
    ("0.5 ± 0.1", "±", None, 0),
    ("0.4 or 0.5", "'or'", None, 0),
    # what is no number
    ("0.5 cm", "'cm'", None, 0),
    ("0.5 x 2", "write \\*", None, 0),
    ("about 0.5", "'about'", None, 0),
    ("50 %", "percent", None, 0),
    ("log(2)", "write ln", None, 0),
    ("inf", "no number", None, 0),
    ("NaN", "no number", None, 0),
    ("1/0", "by zero", None, 0),
    ('"0.5"', "'\"'", None, 0),
    ("don't know", "'don'|apostrophe", None, 0),
    # nothing
    ("", NOTHING, None, 0),
    ("  ", NOTHING, None, 0),
    ("?", NOTHING, None, 0),
    ("??", NOTHING, None, 0),
    ("-", NOTHING, None, 0),
    ("—", NOTHING, None, 0),
    ("--", NOTHING, None, 0),
    ("n/a", NOTHING, None, 0),
    ("N.A.", NOTHING, None, 0),
    ("...", NOTHING, None, 0),
    ("…", NOTHING, None, 0),
    ("___", NOTHING, None, 0),
    (r"\_\_\_", NOTHING, None, 0),
    ("=", NOTHING, None, 0),
    ("= ?", NOTHING, None, 0),
    ("**?**", NOTHING, None, 0),
    ("&nbsp;", NOTHING, None, 0),
    ("<br>", NOTHING, None, 0),
)


@pytest.mark.parametrize(("text", "expected", "figures", "half_unit"), RULINGS, ids=[ruling[0] for ruling in RULINGS])
def test_rulings(text: str, expected: float | str, figures: int | None, half_unit: float) -> None:
    read = read_answer(text)
    assert read.written == text
    if expected == NOTHING:
        assert read == Blank(text)
    elif isinstance(expected, str):
        assert isinstance(read, Unreadable)
        assert re.search(expected, read.reason), read.reason
    else:
        assert isinstance(read, Answer), read
        assert read.value == pytest.approx(expected, rel=1e-15)
        assert (read.figures, read.half_unit) == (figures, pytest.approx(half_unit, rel=1e-15))
        assert (read.decimal is None) == (figures is EXACT)
        if read.decimal is not None:
            assert float(read.decimal) == read.value


def test_every_ruling_is_made_once() -> None:
    assert len({text for text, *_ in RULINGS}) == len(RULINGS)


@given(st.sampled_from([text for text, expected, *_ in RULINGS if isinstance(expected, float)]), st.data())
def test_what_is_taken_off_has_no_digits(text: str, data: st.DataObject) -> None:
    """A remark with a digit in it, wherever it stands, is never passed over."""
    place = data.draw(st.integers(0, len(answers._ASIDES) - 1))
    word = answers._ASIDES[place]
    cut = data.draw(st.integers(0, len(word)))
    assert not re.search("[0-9]", word)
    assert isinstance(read_answer(f"{text} ({word[:cut]}5{word[cut:]})"), Unreadable)


WORKING = {
    "0.1*0.2 + 0.3 = 0.32": ((0.32,), ()),
    "0.1*0.2 + 0.3 = 0.02 + 0.3 = 0.32": ((0.32, 0.32), ()),
    "z1[1] = 0.1*0.2 = 0.02": ((0.02,), ("z1[1]",)),
    "w*x = 0.02": ((), ("w*x",)),
    "2*3 == 6": ((6,), ()),
    "= 2*3 = 6": ((6,), ()),
    "**2*3** = `6`": ((6,), ()),
    "0.5": ((), ()),
    "max(0, 1.5) = 1.5": ((1.5,), ()),
    "0,1*0,2 = 0,02": ((0.02,), ()),
}


@pytest.mark.parametrize("text", WORKING)
def test_working_before_the_answer(text: str) -> None:
    read = read_answer(text)
    assert isinstance(read, Answer)
    assert (read.working, read.unread) == (pytest.approx(WORKING[text][0]), WORKING[text][1])


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12))
def test_decimals_are_read_as_they_are_written(number: Decimal) -> None:
    read = read_answer(str(number))
    if isinstance(read, Unreadable):
        assert float(number) == 0 != number or "out of reach" in read.reason
        return
    assert isinstance(read, Answer)
    assert read.decimal == number
    assert read.value == float(number)
    if number and number != 1:
        assert read.figures == len(number.as_tuple().digits)
        assert read.half_unit == float(Decimal(f"5e{int(number.as_tuple().exponent) - 1}"))


@settings(max_examples=2000)
@given(st.text(st.sampled_from("0123456789.,eE+-*/^() =≈~$`_\\|<>br?%−×·⁵'&;#"), max_size=60))
def test_any_text_is_read_somehow(text: str) -> None:
    read = read_answer(text)
    assert read.written == text
    if isinstance(read, Unreadable):
        assert read.reason
    if isinstance(read, Answer):
        assert all(map(math.isfinite, (read.value, read.half_unit, *read.working)))


@given(st.text(max_size=50), st.text(max_size=50))
def test_an_answer_with_a_bar_at_its_end_is_never_a_number(before: str, after: str) -> None:
    """Rows whose cells are not clear are handed over between bars."""
    assert isinstance(read_answer(f"| {before} | {after} |"), Unreadable)


@pytest.mark.parametrize(
    "text",
    [
        "9**9**9**9",
        "1" * 10_000,
        "(" * 1000,
        "$_" * 500,
        "*" * 999 + "1",
        "`1" * 500,
        "1=" * 499 + "1",
        "9^9^9^9=" * 120 + "1",
        "=" * 1000,
        "≈~" * 500,
        "&amp;" * 200,
        "&" * 1000,
        "<br>" * 250,
        "\\" * 1000,
        "\\(" * 500,
        "(approx)" * 120,
        "(rounded rounded" * 60,
        "1 (" + "rounded," * 110,
        "✓ " * 500,
        "approx " * 140,
        "1 -1" * 249,
        "1 - 1 " * 165,
        "~" * 1000,
        "1 " * 500,
        "·1" * 500,
        "1·" * 500,
        " " * 100_000,
        "=·" * 500,
    ],
)
def test_nothing_takes_long(text: str) -> None:
    assert min(timeit.repeat(lambda: read_answer(text), number=1, repeat=3)) < 0.05


@given(st.from_regex(answers._SIMPLE, fullmatch=True))
def test_the_short_way_for_plain_numbers_reads_what_the_long_way_reads(text):
    assert read_answer(text) == answers._read_sides(text, [text])
