"""The text of a recipe, read by a grammar of its own: never evaluated, and all its faults told at once.

::

    recipe     = { line | "for" letter "in" "1" ".." last ":" and indented lines }
    line       = name "=" expression            # "#" begins a remark
    expression = term { ("+" | "-") term }
    term       = sign { ("*" | "/" | "@" | nothing) sign }     # nothing and @: the product of matrices
    sign       = "-" sign | power
    power      = place { "^" ("T" | whole number) }
    place      = atom [ "[" index { "," index } "]" ]          # index: 3, t, t-1 or :
    atom       = number | name | function "(" arguments ")" | "(" expression ")"
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from backproptable.basics.errors import Problem, suggestion
from backproptable.nets.recipes.syntax import (
    Add,
    Apply,
    At,
    Block,
    Divide,
    Expression,
    Index,
    Line,
    MatMul,
    Name,
    Negative,
    Number,
    OneIndex,
    Option,
    Raised,
    Script,
    Times,
    Transposed,
)

__all__ = ["Reading", "read_recipe"]

_MOST_CHARACTERS: Final = 20_000
"""A recipe is a page of text at most."""
_DEEPEST: Final = 60
"""Brackets inside brackets; beyond, nobody follows them."""
_MOST_EXPONENT: Final = 9

_TOKEN: Final = re.compile(
    r"(?P<number>(?:\d+(?:\.(?!\.)\d*)?|\.\d+)(?:[eE][+-]?\d+)?)"
    r"|(?P<name>[A-Za-z][A-Za-z0-9_]*)"
    r"|(?P<sign>\.\.|[-+*/@^()\[\],:=])"
    r"|(?P<space>\s+)"
    r"|(?P<other>.)"
)
_WHOLE: Final = re.compile(r"[0-9]{1,6}")
_FOR: Final = re.compile(r"for\b")


class _Token(NamedTuple):
    kind: str
    """number, name, sign, or end."""
    text: str
    at: At
    spaced: bool
    """Whether a space stands before it."""


class _Fault(Exception):  # noqa: N818 - never leaves this module
    def __init__(self, at: At, what: str, remedy: str = "") -> None:
        super().__init__(what)
        self.at, self.what, self.remedy = at, what, remedy


class Reading(NamedTuple):
    """What was read of a recipe's text."""

    script: Script
    """The lines that can be read."""
    problems: tuple[Problem, ...]
    """Of those that cannot, each with its place."""
    lost: frozenset[str]
    """The names that these would have bound."""


def read_recipe(
    text: str,
    *,
    given: Collection[str],
    functions: Collection[str],
    numbers: Mapping[str, int] = MappingProxyType({}),
    where: str = "[recipe]",
) -> Reading:
    """The tree of a recipe whose given arrays, and numbers such as ``T``, have these names."""
    if len(text) > _MOST_CHARACTERS:
        problem = Problem(where, f"has {len(text)} characters.", f"Write {_MOST_CHARACTERS} at most.")
        return Reading(Script(()), (problem,), frozenset())
    reader = _Reader(set(given), frozenset(functions), numbers)
    parts = tuple(reader.parts(text))
    problems = tuple(Problem(f"{where} {fault.at}", fault.what, fault.remedy) for fault in reader.faults)
    if not parts and not problems:
        problems = (Problem(where, "has no line.", "Write one line for each array: z = x W + b."),)
    script = Script(parts)
    return Reading(script, problems, frozenset(reader.known - {*given, *(line.name for line in script.lines)}))


class _Reader:
    """Lines, and blocks of lines; a line that cannot be read is told and binds its name all the same."""

    def __init__(self, known: set[str], functions: frozenset[str], numbers: Mapping[str, int]) -> None:
        self.known, self.functions, self.numbers = known, functions, numbers
        self.faults: list[_Fault] = []

    def parts(self, text: str) -> Iterator[Line | Block]:
        rows = [
            (number, row.partition("#")[0].rstrip().expandtabs(4)) for number, row in enumerate(text.split("\n"), 1)
        ]
        rows = [(number, row) for number, row in rows if row.strip()]
        outer = min((_indent(row) for _, row in rows), default=0)
        place = 0
        while place < len(rows):
            number, row = rows[place]
            place += 1
            inner = []
            while _FOR.match(row.strip()) and place < len(rows) and _indent(rows[place][1]) > _indent(row):
                inner.append(rows[place])
                place += 1
            try:
                if _indent(row) > outer:
                    at = At(number, outer + 1)
                    raise _Fault(at, "is indented, and no 'for' stands above it.", "Write it under the others.")
                if _FOR.match(row.strip()):
                    yield self._block(number, row, inner)
                else:
                    yield self._line(number, row)
            except _Fault as fault:
                self.faults.append(fault)

    def _block(self, number: int, row: str, inner: list[tuple[int, str]]) -> Block:
        at = At(number, _indent(row) + 1)
        tokens = _tokens(number, row)
        shape = [(token.kind, token.text) for token in tokens[:-1]]
        match shape:
            case [
                ("name", "for"),
                ("name", letter),
                ("name", "in"),
                ("number", "1"),
                ("sign", ".."),
                ("name" | "number", last),
                ("sign", ":"),
            ] if len(letter) == 1 and letter not in self.known:
                pass
            case _:
                letter, last = "t", "1"
                what = "cannot be read as the head of time steps."
                remedy = "Write 'for t in 1..T:' with a letter that no array has, and a number or a name in place of T."
                self.faults.append(_Fault(at, what, remedy))
        if not inner:
            raise _Fault(at, "has no lines under it.", "Indent the lines that are worked in every step.")
        lines = []
        self.known.update(name for one in inner if (name := _bound_name(one[1])))  # h[t-1] may stand above h
        for one in inner:
            try:
                lines.append(self._line(*one, letter=letter))
            except _Fault as fault:
                self.faults.append(fault)
        return Block(letter, int(last) if last.isdigit() else last, tuple(lines), at)

    def _line(self, number: int, row: str, letter: str = "") -> Line:
        tokens = _tokens(number, row)
        name = tokens[0]
        if name.kind == "name":
            self.known.add(name.text)
        if name.kind != "name" or tokens[1].text != "=":
            raise _Fault(name.at, "is no line of a recipe.", "Write 'name = expression'.")
        if name.text in self.functions:
            raise _Fault(name.at, f"{name.text} is a function.", "Give the array another name.")
        if name.text == "eta":
            raise _Fault(name.at, "eta is the learning rate.", "Give the array another name.")
        expression = _Expressions(tokens[2:], self.known, self.functions, self.numbers, letter).whole()
        return Line(name.text, expression, name.at, row.strip())


def _indent(row: str) -> int:
    return len(row) - len(row.lstrip())


def _bound_name(row: str) -> str:
    name, equals, _ = row.strip().partition("=")
    return name.strip() if equals and name.strip().isidentifier() else ""


def _tokens(number: int, row: str) -> list[_Token]:
    tokens, spaced = [], False
    for found in _TOKEN.finditer(row):
        at = At(number, found.start() + 1)
        if found.lastgroup == "space":
            spaced = True
            continue
        if found.lastgroup == "other":
            raise _Fault(
                at, f"{found[0]!r} has no meaning here.", "Use letters, digits, + - * / @ ^ ( ) [ ] , : and =."
            )
        tokens.append(_Token(str(found.lastgroup), found[0], at, spaced))
        spaced = False
    tokens.append(_Token("end", "", At(number, len(row) + 1), spaced=True))
    return tokens


_PRODUCTS: Final[dict[str, Callable[[Expression, Expression, At], Expression]]] = {
    "*": Times,
    "/": Divide,
    "@": MatMul,
}


class _Expressions:
    """One line's expression, by recursive descent."""

    def __init__(
        self,
        tokens: list[_Token],
        known: Collection[str],
        functions: frozenset[str],
        numbers: Mapping[str, int],
        letter: str,
    ) -> None:
        self.tokens, self.known, self.functions, self.numbers, self.letter = tokens, known, functions, numbers, letter
        self.place = self.depth = 0

    @property
    def now(self) -> _Token:
        return self.tokens[self.place]

    def take(self, *texts: str) -> _Token | None:
        """The next token, if it is one of these signs."""
        token = self.now
        if token.kind != "sign" or token.text not in texts:
            return None
        self.place += 1
        return token

    def need(self, text: str, after: str) -> None:
        if not self.take(text):
            raise _Fault(self.now.at, f"{text!r} is missing after {after}.", "")

    def whole(self) -> Expression:
        expression = self.expression()
        if self.now.kind != "end":
            raise _Fault(self.now.at, f"{self.now.text!r} does not fit here.", "")
        return expression

    def expression(self) -> Expression:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise _Fault(self.now.at, "has too many brackets in one another.", "Give a part a line of its own.")
        left = self.term()
        while sign := self.take("+", "-"):
            left = Add(left, self.term(), sign.text == "-", sign.at)
        self.depth -= 1
        return left

    def term(self) -> Expression:
        left = self.signed()
        while True:
            at = self.now.at
            if sign := self.take("*", "/", "@"):
                right = self.signed()
                left = _PRODUCTS[sign.text](left, right, at)
            elif self.now.kind in ("name", "number") or self.now.text == "(":
                left = MatMul(left, self.power(), at)
            else:
                return left

    def signed(self) -> Expression:
        if sign := self.take("-"):
            self.depth += 1
            if self.depth > _DEEPEST:
                raise _Fault(sign.at, "has too many signs.", "Write one.")
            arg = self.signed()
            self.depth -= 1
            return Negative(arg, sign.at)
        return self.power()

    def power(self) -> Expression:
        base = self.indexed()
        while sign := self.take("^"):
            token = self.now
            self.place += 1
            if (token.kind, token.text) == ("name", "T"):
                base = Transposed(base, sign.at)
            elif _WHOLE.fullmatch(token.text) and 0 < int(token.text) <= _MOST_EXPONENT:
                base = Raised(base, int(token.text), sign.at)
            else:
                remedy = f"Write a whole number from 1 to {_MOST_EXPONENT}, or T for the transposed matrix."
                raise _Fault(token.at, f"{token.text or 'nothing'!r} is no exponent.", remedy)
        return base

    def indexed(self) -> Expression:
        base = self.atom()
        bracket = self.now
        if not self.take("["):
            return base
        if not isinstance(base, Name):
            raise _Fault(bracket.at, "only an array can have an index.", "Give this part a line of its own first.")
        places = [self.index()]
        while self.take(","):
            places.append(self.index())
        self.need("]", "the index")
        return Index(base, tuple(places), bracket.at)

    def index(self) -> OneIndex:
        token = self.now
        self.place += 1
        if token.text == ":":
            return OneIndex(everything=True)
        if _WHOLE.fullmatch(token.text):
            return OneIndex(number=int(token.text))
        if token.text in self.numbers:
            return OneIndex(number=self.numbers[token.text])
        if token.kind == "name" and token.text == self.letter:
            sign = self.take("-")
            if not sign:
                return OneIndex(self.letter)
            number = self.now
            self.place += 1
            if number.text == "1":
                return OneIndex(self.letter, -1)
            raise _Fault(number.at, "only the step before can be read.", f"Write {self.letter}-1.")
        step = f", {self.letter} or {self.letter}-1" if self.letter else ""
        raise _Fault(
            token.at, f"{token.text or 'nothing'!r} is no index.", f"Write a number from 1 on{step}, or a colon."
        )

    def atom(self) -> Expression:
        token = self.now
        self.place += 1
        if token.kind == "number":
            return Number(token.text, token.at)
        if token.kind == "name":
            following = self.now
            is_call = following.text == "(" and (
                token.text in self.functions or (not following.spaced and token.text not in self.known)
            )
            return self.call(token) if is_call else self.array(token)
        if token.text == "(":
            inner = self.expression()
            self.need(")", "the expression in brackets")
            return inner
        what = "the line ends where a number or an array should stand." if token.kind == "end" else ""
        raise _Fault(token.at, what or f"{token.text!r} stands where a number or an array should.", "")

    def array(self, token: _Token) -> Name:
        if token.text in self.known:
            return Name(token.text, token.at)
        if token.text in self.functions:
            raise _Fault(token.at, f"{token.text} is a function.", f"Write {token.text}( and what it is of.")
        remedy = suggestion(token.text, sorted(self.known)) + " What is given stands in shapes."
        raise _Fault(token.at, f"{token.text} is not there yet.", remedy)

    def call(self, name: _Token) -> Apply:
        if name.text not in self.functions:
            raise _Fault(name.at, f"{name.text} is no function.", suggestion(name.text, sorted(self.functions)))
        self.need("(", name.text)
        args: list[Expression] = []
        options: list[tuple[str, Option]] = []
        rows: tuple[int, ...] = ()
        while True:
            following = self.tokens[min(self.place + 1, len(self.tokens) - 1)]
            if self.now.kind == "name" and following.text == "=":
                options.append(self.option())
            elif self.now.text == "[":
                rows = self.list_of_rows()
            else:
                args.append(self.expression())
            if not self.take(","):
                break
        self.need(")", f"the arguments of {name.text}")
        return Apply(name.text, tuple(args), tuple(options), name.at, rows)

    def list_of_rows(self) -> tuple[int, ...]:
        self.need("[", "the comma")
        rows = []
        while True:
            token = self.now
            self.place += 1
            if not _WHOLE.fullmatch(token.text):
                raise _Fault(token.at, f"{token.text or 'nothing'!r} is no row.", "Write whole numbers from 1 on.")
            rows.append(int(token.text))
            if not self.take(","):
                break
        self.need("]", "the rows")
        return tuple(rows)

    def option(self) -> tuple[str, Option]:
        key = self.now.text
        self.place += 2
        token = self.now
        self.place += 1
        if token.text in ("true", "false"):
            return key, token.text == "true"
        if token.kind == "number":
            return key, int(token.text) if _WHOLE.fullmatch(token.text) else token.text
        raise _Fault(token.at, f"{key} is {token.text or 'nothing'!r}.", "Write a number, true or false.")
