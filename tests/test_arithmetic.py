"""The grammar of typed answers against Python's own arithmetic, and against everything that is no answer."""

from __future__ import annotations

import math
import re
import timeit
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backproptable.formulas.arithmetic import MAX_DEPTH, MAX_LENGTH, Refusal, calculate, spelled

# --- random expressions ------------------------------------------------------------------------


@dataclass(frozen=True)
class Node:
    """An expression: its value by Python's floats (None where there is none), and its text, which Python reads, too."""

    value: float | None
    text: str
    strength: int
    """How tightly it holds together: 1 a sum, 2 a product, 3 a signed one, 4 a power, 5 an atom."""

    def within(self, strength: int) -> str:
        return self.text if self.strength >= strength else f"({self.text})"


def worked(operation: Callable[..., float], *args: Node) -> float | None:
    if any(arg.value is None for arg in args):
        return None
    try:
        value = operation(*(arg.value for arg in args))
    except (ArithmeticError, ValueError):
        return None
    return value if isinstance(value, float) and math.isfinite(value) else None


def combined(sign: str, left: Node, right: Node, space: str) -> Node:
    operation, strength, left_least, right_least = {
        "+": (float.__add__, 1, 1, 2),
        "-": (float.__sub__, 1, 1, 2),
        "*": (float.__mul__, 2, 2, 3),
        "/": (float.__truediv__, 2, 2, 3),
        "^": (float.__pow__, 4, 5, 3),
        "**": (float.__pow__, 4, 5, 3),
    }[sign]
    text = space.join((left.within(left_least), sign, right.within(right_least)))
    return Node(worked(operation, left, right), text, strength)


FUNCTIONS = {"exp": math.exp, "ln": math.log, "sqrt": math.sqrt, "tanh": math.tanh}

numbers = st.one_of(
    st.integers(0, 9).map(str),
    st.decimals("0.0001", "1000", places=4).map(str),
    st.sampled_from(["0.5", ".5", "5.", "1e3", "4.567e-5", "1.5E+2", "2e-300", "0"]),
).map(lambda text: Node(float(text), text, 5))


def grown(parts: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    signs = st.sampled_from(["+", "-", "*", "/", "^", "**"])
    return st.one_of(
        st.builds(combined, signs, parts, parts, st.sampled_from(["", " "])),
        parts.map(lambda arg: Node(worked(float.__neg__, arg), f"-{arg.within(3)}", 3)),
        parts.map(lambda arg: Node(worked(float.__pos__, arg), f"+{arg.within(3)}", 3)),
        parts.map(lambda arg: Node(arg.value, f"({arg.text})", 5)),
        st.sampled_from(sorted(FUNCTIONS)).flatmap(
            lambda name: parts.map(lambda arg: Node(worked(FUNCTIONS[name], arg), f"{name}({arg.text})", 5))
        ),
        parts.map(lambda arg: Node(worked(math.exp, arg), f"e^{arg.within(3)}", 4)),
        st.tuples(parts, parts).map(
            lambda pair: Node(worked(max, *pair), f"max({pair[0].text}, {pair[1].text})", 5),
        ),
    )


expressions = st.recursive(numbers, grown, max_leaves=12)


@settings(max_examples=3000, deadline=None)
@given(expressions)
def test_random_expressions_are_what_python_makes_of_them(node: Node) -> None:
    read = calculate(node.text)
    if node.value is None:
        assert isinstance(read, Refusal), node.text
        return
    assert read == node.value, node.text
    if "e^" not in node.text:
        assert read == eval(node.text.replace("^", "**"), {**FUNCTIONS, "max": max}), node.text


@settings(max_examples=500, deadline=None)
@given(expressions.filter(lambda node: "max" not in node.text))
def test_other_signs_make_no_difference(node: Node) -> None:
    signs = str.maketrans(
        {
            "-": "−",
            "*": "×",
            "/": "÷",
            " ": "\u202f",
            ".": ",",
            **dict(zip("0123456789", "０１２３４５６７８９", strict=True)),
        }
    )
    text = node.text.replace("**", "^")
    if re.search(r"(?<![0-9])\.|\.(?![0-9])", text) is None:
        assert calculate(text.translate(signs)) == calculate(text), text


@settings(max_examples=2000, deadline=None)
@given(st.text("0123456789.,eE+-*/^() maxlntqrhp=|'%_x\\{}⁻⁵×−·", max_size=40))
def test_any_text_is_a_finite_number_or_a_refusal(text: str) -> None:
    read = calculate(text)
    assert read.reason if isinstance(read, Refusal) else math.isfinite(read), text


# --- rules -------------------------------------------------------------------------------------

READ = {
    "-2^2": -4,
    "2^3^2": 512,
    "2^-1": 0.5,
    "2^-1^2": 0.5,
    "2**3": 8,
    "0^0": 1,
    "1 - 0^max(0, 1.3)": 1,
    "1 - 0^max(0, -1.3)": 0,
    "2*-3": -6,
    "2 - -3": 5,
    "1 - 2 - 3": -4,
    "8/4/2": 1,
    "1/2*4": 2,
    "e^0": 1,
    "e^-0": 1,
    "e**(1 - 1)": 1,
    "ln(e^2)": 2,
    "Sqrt(4)": 2,
    "LN(1)": 0,
    "4.567e-5": 4.567e-5,
    "4.567E-5": 4.567e-5,
    "4.567*10^-5": 4.567 * 10**-5,
    "4.567 × 10^-5": 4.567 * 10**-5,
    "4.567 × 10⁻⁵": 4.567 * 10**-5,
    r"4.567 \times 10^{-5}": 4.567 * 10**-5,
    r"0.5 \cdot 2": 1,
    r"\exp\left(0\right)": 1,
    "2²": 4,
    "2·3": 6,
    "2⋅3": 6,
    "6 ÷ 2": 3,
    "–0.5": -0.5,
    "−0.5": -0.5,
    "0,5": 0.5,
    "0{,}5": 0.5,
    "0,1*0,2": 0.1 * 0.2,
    "1,250": 1.25,
    "max(0, 1.5)": 1.5,
    "max(0,5)": 5,
    "\u00a01\u2009+\u202f1 ": 2,
    "２．５": 2.5,
    "-0": 0,
    "((((1))))": 1,
}

REFUSED = {
    "": "missing at the end",
    "log(2)": "write ln",
    "lg(2)": "write ln",
    "pi": "'pi'",
    "e": "without a power",
    "2*e": "without a power",
    "e-5": "without a power",
    "2e^1": "stands e",
    "4.567 e-5": "without spaces",
    "0.5 cm": "'cm'",
    "0.5 approximately": "'approximately'",
    "0.1 x 0.2": "write *",
    "2(3)": "write *",
    "(2)(3)": "write *",
    "2 ln(3)": "write *",
    "ln 2": "brackets are missing",
    "sqrt": "brackets are missing",
    "√2": "sqrt",
    "|2|": "bar",
    "5 %": "percent",
    "1'234": "thousands",
    "1’234": "thousands",
    "1,234.5": "comma and a point",
    "1.234,5": "comma and a point",
    "1,234,567": "several commas",
    "1 234": "side by side",
    "1 234,5": "side by side",
    "1\u202f234": "side by side",
    "0.5 0.6": "side by side",
    "1.2.3": "side by side",
    ",5": "comma",
    "5,": "comma",
    "0,5 * max(0, 2)": "beside max",
    "max(0, 1,5)": "max takes two",
    "max(2)": "max takes two",
    "max": "max takes two|brackets are missing",
    "exp(1, 2)": "comma",
    "inf": "no number",
    "-Infinity": "no number",
    "nan": "no number",
    "٣": "0 to 9",
    "½": "'½'",
    "0x10": "write *",
    "1_000": "'_'",
    "1:2": "write /",
    "1 = 1": "'='",
    "—5": "long dash",
    "1/0": "by zero",
    "0^-1": "by zero",
    "(-8)^(1/3)": "negative",
    "ln(0)": "no value",
    "sqrt(-1)": "no value",
    "exp(1000)": "too large",
    "1e999": "too large",
    "1e308*10": "too large",
    "9**9**9**9": "too large",
    "1e-999": "too small",
    "0e9999999": "out of reach",
    "(1": "closing",
    "1)": "without a beginning",
    "()": "number is missing",
    "1 +": "missing at the end",
    "*2": "number is missing",
    "^2": "number is missing",
    "⁻⁵": "number is missing",
    "2 * {3}": "number is missing",
    "abs(2)": "sign",
    r"\frac{1}{2}": "frac",
    "__import__('os').system('x')": "'_'",
    "open('/etc/passwd').read()": "'open'",
    "lambda: 1": "'lambda'",
    "[1 for x in y]": r"'\['",
    "f'{1:9999999999}'": "'f'",
    "1;2": "';'",
    "1 if 1 else 2": "'if'",
    "\x00": "is not read",
}


@pytest.mark.parametrize("text", READ)
def test_what_is_read(text: str) -> None:
    assert calculate(text) == pytest.approx(READ[text], rel=1e-15, abs=0)


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_refused_and_why(text: str) -> None:
    read = calculate(text)
    assert isinstance(read, Refusal)
    assert re.search(REFUSED[text], read.reason), read.reason


def test_a_zero_has_no_sign() -> None:
    assert math.copysign(1, float(calculate("-0"))) == 1  # type: ignore[arg-type]
    assert math.copysign(1, float(calculate("0*-1"))) == 1  # type: ignore[arg-type]


def test_depth() -> None:
    assert calculate("(" * (MAX_DEPTH - 1) + "1" + ")" * (MAX_DEPTH - 1)) == 1
    for text in ("(" * MAX_DEPTH + "1" + ")" * MAX_DEPTH, "-" * MAX_DEPTH + "1", "1^" * MAX_DEPTH + "1"):
        read = calculate(text)
        assert isinstance(read, Refusal)
        assert f"more than {MAX_DEPTH} deep" in read.reason
    assert calculate("+".join(["(1)"] * 200)) == 200, "side by side is not deep"


def test_length() -> None:
    longest = "1" + "+1" * ((MAX_LENGTH - 1) // 2)
    assert calculate(longest) == 500
    read = calculate(longest + "+1")
    assert isinstance(read, Refusal)
    assert "1,000 characters" in read.reason


@pytest.mark.parametrize(
    "text",
    [
        "9**9**9**9",
        "9^" * 49 + "9",
        "1" * 10_000,
        "9" * 1000,
        "0." + "0" * 990 + "1",
        "(" * 1000,
        "-" * 1000,
        "ln(" * 333,
        "1+" * 500,
        "1," * 500,
        "a" * 1000,
        "\\" * 1000,
        "⁵" * 1000,
        " " * 1000,
        "1e" * 500,
        "1.1" * 333,
        "exp(" * 49 + "1" + ")" * 49,
        "{" * 500,
        "\\times" * 166,
    ],
)
def test_nothing_takes_long(text: str) -> None:
    assert min(timeit.repeat(lambda: calculate(text), number=1, repeat=3)) < 0.05


def test_one_spelling() -> None:
    assert spelled(" 4,567 × 10⁻⁵ ") == "4.567 * 10^(-5)"
    assert spelled(r"2 \left( 3 \right)") == "2 ( 3 )"
    assert isinstance(spelled("1,2,3"), Refusal)
