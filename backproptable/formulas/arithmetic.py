"""The arithmetic that people type: a small grammar of our own, read by recursive descent.

What a student wrote is data. It is never given to ``eval``, ``sympify`` or anything built on them::

    sum      product { (+ | -) product }
    product  signed { (* | /) signed }
    signed   { + | - } power
    power    atom [ (^ | **) signed ]            the right-hand side first: 2^3^2 = 2^9, -2^2 = -4
    atom     number | ( sum ) | function ( sum [, sum] ) | e        e only under a power

Functions are exp, ln, sqrt, tanh (of one number) and max (of two). After ``^`` TeX's braces do for
brackets. 0^0 is 1: formulas of ours write "x > 0" as 1 - 0^max(0, x). Everything is a double; what
is no finite number is refused, and so is what can be read in two ways: a refusal costs a question,
a wrong guess costs marks.

A comma between digits is a decimal comma (``1,250`` is 1.250, never 1250), except beside ``max``,
which needs its comma to separate. Comma and point in one text are refused.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

__all__ = ["MAX_LENGTH", "Refusal", "calculate", "in_ascii", "spelled"]

MAX_LENGTH: Final = 1000
"""Characters. Longer working than this stands on no sheet."""
MAX_DEPTH: Final = 50
"""Brackets, signs and powers inside one another."""
_MAX_EXPONENT_DIGITS: Final = 6


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a text was not worked out, and what to write instead."""

    reason: str


class _Refused(Exception):  # noqa: N818
    """Carries the reason out of the depths of the descent, where it becomes a `Refusal`."""


def calculate(text: str) -> float | Refusal:
    """The value of an arithmetic expression as people write it."""
    plain = spelled(text)
    if isinstance(plain, Refusal):
        return plain
    try:
        return _Descent(_tokens(plain)).whole()
    except _Refused as refused:
        return Refusal(str(refused))


# --- one spelling for everything that looks the same ----------------------------------------------

_MINUS, _TIMES, _OVER, _QUOTE = "‐‑‒–−﹣", "×·⋅∙∗✕✖", "÷∕⁄", "’‘‛′´ʹʼ"
_SPACES: Final = "\t\n\r\f\v\u00a0\u1680\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
_INVISIBLE: Final = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
_SPELLINGS: Final = (
    {ord(sign): "-" for sign in _MINUS}
    | {ord(sign): "*" for sign in _TIMES}
    | {ord(sign): "/" for sign in _OVER}
    | {ord(sign): "'" for sign in _QUOTE}
    | {ord(sign): " " for sign in _SPACES}
    | dict.fromkeys(map(ord, _INVISIBLE))
    | {wide: chr(wide - 0xFEE0) for wide in range(0xFF01, 0xFF5F)}  # full-width letters, digits and signs
)
_TEX_WORDS: Final = {"times": "*", "cdot": "*", "ast": "*", "div": "/", "left": "", "right": ""}
_TEX_WORDS_AS_HERE: Final = ("exp", "ln", "max", "tanh")
_TEX: Final = re.compile(rf"\\({'|'.join((*_TEX_WORDS, *_TEX_WORDS_AS_HERE))})(?![A-Za-z]) ?")
_RAISED: Final = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
_RAISED_RUN: Final = re.compile("[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+")


def in_ascii(text: str) -> str:
    """The same text with one spelling for each sign: ASCII operators and digits, ``^`` for raised digits."""
    text = _TEX.sub(lambda word: _TEX_WORDS.get(word[1], word[1]), text)
    text = _RAISED_RUN.sub(lambda run: f"^({run[0].translate(_RAISED)})", text)
    return text.translate(_SPELLINGS).replace("{,}", ",")


def spelled(text: str) -> str | Refusal:
    """The same text `in_ascii`, with decimal points."""
    if len(text) > MAX_LENGTH:
        return Refusal(f"this is longer than {MAX_LENGTH:,} characters: write the result and one line of working")
    return _with_decimal_points(in_ascii(text).strip(" "))


_THOUSANDS: Final = "write numbers without marks between the thousands and with one decimal mark, such as 1234.5"


def _with_decimal_points(text: str) -> str | Refusal:
    """The text with a point for every decimal comma."""
    if "," not in text or "max" in text.lower():
        return text
    if "." in text:
        return Refusal(f"it has a comma and a point: {_THOUSANDS}")
    if re.search("[0-9],[0-9]+,", text):
        return Refusal(f"it has several commas in one number: {_THOUSANDS}")
    if re.search("(?<![0-9]),|,(?![0-9])", text):
        return Refusal("a comma stands here without a digit on each side: write 0.5 or 0,5")
    return text.replace(",", ".")


# --- tokens ---------------------------------------------------------------------------------------

_FUNCTIONS: Final[dict[str, Callable[[float], float]]] = {
    "exp": math.exp,
    "ln": math.log,
    "sqrt": math.sqrt,
    "tanh": math.tanh,
}
_WORDS: Final = {*_FUNCTIONS, "max", "e"}
_TOKEN: Final = re.compile(
    r"\s*(?:(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)"
    r"|(?P<word>\\?[^\W\d_]+)|(?P<sign>\*\*|[-+*/^(){},])|(?P<other>.))",
    re.DOTALL,
)
_OTHER_WORDS: Final = {
    "log": "'log' can mean two things: write ln(...)",
    "lg": "'lg' is not read: write ln(...)",
    "x": "'x' is not read: write * for times",
    "abs": "'abs' is not read: write the number without its sign",
    "inf": "'inf' is no number: a finite one is asked",
    "infinity": "'infinity' is no number: a finite one is asked",
    "nan": "'nan' is no number: leave the cell empty if there is none",
}
_OTHER_SIGNS: Final = {
    "%": "percent is not read: write 0.05 for 5 %",
    "'": f"an apostrophe stands here: {_THOUSANDS}",
    "|": r"a bar | stands here: in a table it begins a new cell, so take it away",
    "√": "'√' is not read: write sqrt(...)",
    "—": "a long dash stands here: write - for minus",
    "_": "'_' is not read: leave it out",
    ":": "':' is not read: write / for divided by",
    "=": "'=' is not read inside an expression",
    "~": "'~' is not read here: write = before the result",
}


class _Token(NamedTuple):
    text: str
    is_number: bool = False
    is_word: bool = False

    @property
    def begins_an_operand(self) -> bool:
        return self.is_number or self.is_word or self.text == "("


_END: Final = _Token("")


def _tokens(text: str) -> list[_Token]:
    """The words, numbers and signs of a text, and an end. Words are told even where a sign is missing, too."""
    tokens = []
    for found in _TOKEN.finditer(text):
        if found["number"]:
            tokens.append(_Token(found["number"], is_number=True))
        elif found["word"]:
            tokens.append(_Token(_known_word(found["word"]), is_word=True))
        elif found["sign"]:
            tokens.append(_Token(found["sign"]))
        elif found["other"].strip():
            sign = found["other"]
            raise _Refused(_OTHER_SIGNS.get(sign, f"'{sign}' is not read: write the number alone, in digits 0 to 9"))
    return [*tokens, _END]


def _known_word(word: str) -> str:
    known = word if len(word) == 1 else word.lower()
    if known in _WORDS:
        return known
    shown = word if len(word) <= 20 else f"{word[:20]}..."
    remedy = f"'{shown}' is not part of a number: write the number alone, without unit, name or remark"
    raise _Refused(_OTHER_WORDS.get(word.lower(), remedy))


# --- the descent ----------------------------------------------------------------------------------


class _Descent:
    """Works a list of tokens out while reading it. Every way down leads through `signed`, which counts."""

    def __init__(self, tokens: list[_Token]) -> None:
        self.tokens = tokens
        self.place = 0
        self.depth = 0

    @property
    def next(self) -> _Token:
        return self.tokens[self.place]

    def next_is(self, *signs: str) -> bool:
        return self.next.text in signs

    def take(self) -> str:
        self.place += 1
        return self.tokens[self.place - 1].text

    def close(self, bracket: str) -> None:
        if not self.next_is(bracket):
            raise self.fault(f"a closing {bracket} is missing")
        self.take()

    def fault(self, otherwise: str) -> _Refused:
        """What is wrong at this place; `otherwise` where nothing special is."""
        before = self.tokens[self.place - 1] if self.place else _END
        if self.next.begins_an_operand and (before.is_number or before.text == ")"):
            if before.is_number and self.next.is_number:
                return _Refused(
                    f"'{before.text}' and '{self.next.text}' stand side by side: write one number, without spaces"
                    " or marks between the thousands"
                )
            if before.is_number and self.next.text == "e":
                return _Refused(f"after {before.text} stands e: write {before.text}e-5 without spaces, or * between")
            return _Refused(f"between '{before.text}' and '{self.next.text}' stands no sign: write * for times")
        return _Refused(otherwise)

    def whole(self) -> float:
        value = self.sum()
        if self.next is not _END:
            raise self.fault(
                "a comma stands here that separates nothing: beside max write decimals with a point"
                if self.next_is(",")
                else f"'{self.next.text}' stands here without a beginning"
            )
        return value + 0.0  # no minus zero

    def sum(self) -> float:
        value = self.product()
        while self.next_is("+", "-"):
            value = _finite(value + self.product() if self.take() == "+" else value - self.product())
        return value

    def product(self) -> float:
        value = self.signed()
        while self.next_is("*", "/"):
            value = _finite(value * self.signed()) if self.take() == "*" else _divided(value, self.signed())
        return value

    def signed(self) -> float:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise _Refused(f"brackets, signs or powers stand more than {MAX_DEPTH} deep: write the result alone")
        sign = self.take() if self.next_is("+", "-") else ""
        value = self.signed() if sign else self.power()
        self.depth -= 1
        return -value if sign == "-" else value

    def power(self) -> float:
        if self.next_is("e"):
            self.take()
            if not self.next_is("^", "**"):
                raise _Refused("e stands here without a power: write e^(...), or powers of ten like 4.567e-5")
            return _applied("exp", self.exponent())
        base = self.atom()
        return _power(base, self.exponent()) if self.next_is("^", "**") else base

    def exponent(self) -> float:
        self.take()
        return self.within("}") if self.next_is("{") else self.signed()

    def atom(self) -> float:
        if self.next.is_number:
            return _number(self.take())
        if self.next_is("("):
            return self.within(")")
        if self.next.is_word:
            return self.function(self.take())
        raise self.fault(
            "something is missing at the end" if self.next is _END else f"before '{self.next.text}' a number is missing"
        )

    def within(self, closing: str) -> float:
        self.take()
        value = self.sum()
        self.close(closing)
        return value

    def function(self, name: str) -> float:
        if not self.next_is("("):
            raise _Refused(f"after {name} brackets are missing: write {name}(...)")
        if name != "max":
            return _applied(name, self.within(")"))
        self.take()
        first = self.sum()
        if not self.next_is(","):
            raise self.fault("max takes two numbers: write max(0, 1.5)")
        self.take()
        second = self.sum()
        if self.next_is(","):
            raise self.fault("max takes two numbers, with points for decimals: write max(0, 1.5)")
        self.close(")")
        return max(first, second)


# --- numbers --------------------------------------------------------------------------------------


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise _Refused("the result is too large for a calculator")
    return value


def _number(text: str) -> float:
    mantissa, _, exponent = text.lower().partition("e")
    if len(exponent) > _MAX_EXPONENT_DIGITS:
        raise _Refused("a power of ten is out of reach")
    value = _finite(float(text))
    if value == 0 and mantissa.strip("0.") != "":
        raise _Refused("a number is too small for a calculator")
    return value


def _divided(top: float, bottom: float) -> float:
    if bottom == 0:
        raise _Refused("something is divided by zero")
    return _finite(top / bottom)


def _power(base: float, exponent: float) -> float:
    try:
        return math.pow(base, exponent)
    except OverflowError:
        return _finite(math.inf)
    except ValueError:
        what = "divided by zero" if base == 0 else "a negative number raised to a fraction"
        raise _Refused(f"a power has no value: {what}") from None


def _applied(name: str, value: float) -> float:
    try:
        return _FUNCTIONS[name](value)
    except OverflowError:
        return _finite(math.inf)
    except ValueError:
        raise _Refused(f"{name} has no value at {value:g}") from None
