r"""The arithmetic that stands on finished sheets, worked out independently of the package.

What stands under 'numbers put in' is worked out by one recursive descent over the TeX (or over the
plain text of the JSON), on ranges of forty-digit decimals: a number stands for itself (paper carry), or
for all that rounds to it (full carry). A text that is not exactly in the grammar is an error, so
``3 + -2`` or a lost brace is found even where the number would be right.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from itertools import product

__all__ = [
    "Blur",
    "Range",
    "half_unit",
    "plain_number",
    "plain_value",
    "significant",
    "tex_value",
    "with_numbers",
]

PRECISION = 40
SLACK = Decimal("1e-9")
"""Relative slack of comparisons, section 5 of the design."""


# --- numbers that stand for all that rounds to them --------------------------------------------


@dataclass(frozen=True)
class Range:
    """All numbers from low to high; just one where they are equal."""

    low: Decimal
    high: Decimal

    @classmethod
    def around(cls, middle: Decimal, radius: Decimal) -> Range:
        return cls(middle - radius, middle + radius)

    @property
    def only(self) -> Decimal:
        """The one number in it."""
        if self.low != self.high:
            raise ValueError(f"{self} is no single number")
        return self.low

    def meets(self, other: Range) -> bool:
        """Whether they have a number in common, with relative slack."""
        slack = SLACK * max(map(abs, (self.low, self.high, other.low, other.high)))
        return self.low <= other.high + slack and other.low <= self.high + slack

    def __neg__(self) -> Range:
        return Range(-self.high, -self.low)

    def __add__(self, other: Range) -> Range:
        return Range(self.low + other.low, self.high + other.high)

    def __sub__(self, other: Range) -> Range:
        return self + -other

    def __mul__(self, other: Range) -> Range:
        return self._corners(other, Decimal.__mul__)

    def __truediv__(self, other: Range) -> Range:
        if other.low <= 0 <= other.high:
            raise ZeroDivisionError(f"{self} / {other}")
        return self._corners(other, Decimal.__truediv__)

    def _corners(self, other: Range, operation: Callable[[Decimal, Decimal], Decimal]) -> Range:
        corners = [operation(a, b) for a, b in product((self.low, self.high), (other.low, other.high))]
        return Range(min(corners), max(corners))

    def power(self, exponent: Range) -> Range:
        """A whole power; or a power of 0, which is 1 for 0 and else 0."""
        if self == ZERO:
            ends = [Decimal(end == 0) for end in (exponent.low, exponent.high)]
            return Range(min(ends), max(ends))
        if exponent.only != int(exponent.only):
            raise ValueError(f"{self} to the power of {exponent}")
        ends = sorted(end ** int(exponent.only) for end in (self.low, self.high))
        is_even = exponent.only % 2 == 0
        return Range(Decimal(0) if is_even and self.low < 0 < self.high else ends[0], ends[1])

    def rising(self, function: Callable[[Decimal], Decimal]) -> Range:
        """The range of a function that rises."""
        return Range(function(self.low), function(self.high))

    def at_least(self, other: Range) -> Range:
        """The larger of two numbers."""
        return Range(max(self.low, other.low), max(self.high, other.high))

    def if_positive(self, then: Range, otherwise: Range) -> Range:
        if self.low > 0 or self.high <= 0:
            return then if self.low > 0 else otherwise
        return Range(min(then.low, otherwise.low), max(then.high, otherwise.high))


def _tanh(value: Decimal) -> Decimal:
    up, down = value.exp(), (-value).exp()
    return (up - down) / (up + down)


ZERO = Range(Decimal(0), Decimal(0))
ONE_HALF = Decimal("0.5")
RISING = {"exp": Decimal.exp, "ln": Decimal.ln, "sqrt": Decimal.sqrt, "tanh": _tanh}

Blur = Callable[[str], Decimal]
"""How far the number behind a written one, such as ``1.350``, may be from it."""


def plain_number(text: str) -> str:
    r"""A printed number as plain text: ``4.567 \times 10^{-5}`` is 4.567e-5."""
    return re.sub(r" \\times 10\^\{(-?\d+)\}$", r"e\1", text)


def half_unit(text: str) -> Decimal:
    """Half a unit of the last written place."""
    return Decimal(5).scaleb(Decimal(text).as_tuple().exponent - 1)


def significant(text: str) -> int:
    """How many significant figures a number is written with."""
    return len(text.partition("e")[0].lstrip("-").replace(".", "").lstrip("0"))


def _sharp(_: str) -> Decimal:
    return Decimal(0)


# --- the two arithmetics -----------------------------------------------------------------------


def tex_value(text: str, blur: Blur = _sharp) -> Range:
    """What a line of 'numbers put in' gives."""
    with localcontext(prec=PRECISION):
        return _Tex(text, blur).whole()


def plain_value(text: str, blur: Blur = _sharp) -> Range:
    """What a text in the answer grammar gives."""
    with localcontext(prec=PRECISION):
        return _Plain(text, blur).whole()


def with_numbers(formula: str, values: Mapping[str, str]) -> str:
    """A plain formula over names of cells, with the numbers in brackets in their places."""
    return _NAME.sub(lambda name: f"({values[name[0]]})", formula)


_NAME = re.compile(
    r"""(?<![A-Za-z])(?:
        eta | error | E | s0 | do/ds | ds/dz | dL/d[osz](?![\da-z]) | (?:norm|paths)\(dL/dW[\dxsy]+\) | da\d+/dz\d+
        | dL/d(?:x|[adzWb]\d+|W[xsy]|b[sy]) | [xylL] | [zaedmSWb]\d+ | W[xsy] | b[sy] | [zso]
    )(?![A-Za-z])
    '?(?:\[\d+(?:,\d+)*\])?(?:<\d+>)?(?:@\d+)?""",
    re.VERBOSE,
)
"""What section 4 of the design calls a cell."""


class _Descent:
    """What both arithmetics share: sums of products of powers. A sign stands first or in brackets."""

    tokens: re.Pattern[str]
    times: str
    over: str | None = None

    def __init__(self, text: str, blur: Blur) -> None:
        self.text, self.blur = text, blur
        self.rest = list(self._split())

    def _split(self) -> Iterator[str]:
        place = 0
        while place < len(self.text.rstrip()):
            found = self.tokens.match(self.text, place)
            if not found:
                raise ValueError(f"cannot read {self.text[place:]!r} in {self.text!r}")
            place = found.end()
            yield found[1]

    def whole(self) -> Range:
        value = self.choice()
        if self.rest:
            raise ValueError(f"{' '.join(self.rest)!r} is left over in {self.text!r}")
        return value

    def next_is(self, *tokens: str) -> bool:
        return bool(self.rest) and self.rest[0] in tokens

    def take(self, *wanted: str) -> str:
        if not self.rest or (wanted and self.rest[0] not in wanted):
            raise ValueError(f"{' or '.join(wanted)} expected before {' '.join(self.rest)!r} in {self.text!r}")
        return self.rest.pop(0)

    def within(self, opening: str, closing: str) -> Range:
        self.take(opening)
        value = self.choice()
        self.take(closing)
        return value

    def choice(self) -> Range:
        return self.sum()

    def sum(self) -> Range:
        if self.next_is("-"):
            self.take()
            value = -self.product()
        else:
            value = self.product()
        while self.next_is("+", "-"):
            value = value + self.product() if self.take() == "+" else value - self.product()
        return value

    def product(self) -> Range:
        value = self.power()
        while self.next_is(self.times, self.over or self.times):
            value = value * self.power() if self.take() == self.times else value / self.power()
        return value

    def power(self) -> Range:
        raise NotImplementedError

    def number(self, token: str) -> Range:
        if not token[0].isdigit():
            raise ValueError(f"a number expected, not {token!r}, in {self.text!r}")
        text = plain_number(token)
        return Range.around(Decimal(text), self.blur(text))

    def function(self, name: str) -> Range:
        """A function and its brackets."""
        if name != "max":
            return self.within("(", ")").rising(RISING[name])
        self.take("(")
        value = self.sum()
        while self.next_is(","):
            self.take()
            value = value.at_least(self.sum())
        self.take(")")
        return value


class _Tex(_Descent):
    tokens = re.compile(
        r"""(?:\s|\\(?:left|[bB]igg?l)(?=\()|\\(?:right|[bB]igg?r)(?=\)))*
        (\d+(?:\.\d+)?(?:[ ]\\times[ ]10\^\{-?\d+\})? | \\text\{[ ]\w+[ ]\} | \\[a-zA-Z]+ | \^\{1/2\}
        | [-+/(){}^,e])""",
        re.VERBOSE,
    )
    times, over = r"\cdot", "/"

    def choice(self) -> Range:
        value = self.sum()
        if not self.next_is(r"\text{ if }"):
            return value
        self.take()
        tested = self.sum()
        self.take(r"\gt")
        tested = tested - self.sum()
        self.take(r"\text{ else }")
        return tested.if_positive(value, self.sum())

    def power(self) -> Range:
        value = self.atom()
        if self.next_is("^{1/2}"):
            self.take()
            return value.rising(Decimal.sqrt)
        if self.next_is("^"):
            self.take()
            self.take("{")
            exponent = Decimal(int(self.take()))
            self.take("}")
            return value.power(Range(exponent, exponent))
        return value

    def atom(self) -> Range:
        if self.next_is("(", "{"):
            return self.within("(", ")") if self.next_is("(") else self.within("{", "}")
        token = self.take()
        match token:
            case "e":
                self.take("^")
                return self.within("{", "}").rising(Decimal.exp)
            case r"\dfrac" | r"\frac":
                top = self.within("{", "}")
                return top / self.within("{", "}")
            case r"\sqrt":
                return self.within("{", "}").rising(Decimal.sqrt)
            case r"\ln" | r"\tanh" | r"\max":
                return self.function(token[1:])
        return self.number(token)


class _Plain(_Descent):
    tokens = re.compile(r"\s*(\d+(?:\.\d+)?(?:e-?\d+)?|[a-z]+|[-+*/^(),])")
    times, over = "*", "/"

    def power(self) -> Range:
        value = self.atom()
        if self.next_is("^"):
            self.take()
            return value.power(self.atom())
        return value

    def atom(self) -> Range:
        if self.next_is("("):
            return self.within("(", ")")
        token = self.take()
        if token == "e":
            self.take("^")
            return self.atom().rising(Decimal.exp)
        if token in RISING or token == "max":
            return self.function(token)
        return self.number(token)
