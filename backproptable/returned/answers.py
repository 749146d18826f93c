r"""One written answer: what number it is, how exactly it was written, and the working before it.

Around the number people put emphasis, backticks, dollars, ``=`` or ``≈``, a tick behind it, ``ca.``,
``(rounded)``; that is taken off, by tables of words and signs in which there are no digits. Working
may stand before the answer, ``0.1*0.2 + 0.3 = 0.32``: the last side counts. What cannot be read comes
back with words for the student, as a value: it is no error of the program.

Rulings that a reader could expect otherwise:

- ``1,250`` is 1.250, with four figures: one comma between digits is a decimal comma;
- a zero is exact and has no figures, however it is written; a bare ``1`` is exact too (a ReLU slope
  or a target), any other number is known to half a unit of its last written place;
- zeros at the end of a whole number count: ``100`` has three figures, ``1e2`` has one;
- ``4.567 × 10^-5`` is a plain number like ``4.567e-5``; ``10^-5`` alone is an expression;
- an expression without a result, ``1/(1+e^(-0.6))``, is its value. It has no digits of its own:
  `decimal` and `figures` are None, by which those who judge it know it from an exact number;
- ``4.567 × 10-5`` (a raised exponent that was lost in copying) is refused, and so are ``0·5``, where
  the dot may be a decimal one, ``--5`` and ``+-5``;
- ``-0.5 -0.5`` is refused: a sign with a space before it and none behind belongs to the number that
  follows, so that two numbers stand there. ``0.5-0.5`` and ``0.5 - 0.5`` are differences. That is so
  only among plain numbers: where something else is worked out, ``0.1*0.2 -0.3``, or a result follows,
  ``0.5 -0.2 = 0.3``, it can only be meant as arithmetic.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from backproptable.formulas.arithmetic import MAX_LENGTH, Refusal, calculate, in_ascii, spelled

__all__ = ["Answer", "Blank", "Reading", "Unreadable", "read_answer"]


@dataclass(frozen=True, slots=True)
class Answer:
    """A number that was read."""

    written: str
    """The text as it stood in the cell."""
    value: float
    decimal: Decimal | None = None
    """The number with the digits that were written; None for an expression such as 1/3, and only there."""
    figures: int | None = None
    """How many significant figures were written: 0 for a zero, None for an expression."""
    half_unit: float = 0.0
    """Half a unit of the last written place; 0 for what is exact (zeros, a bare 1), and for expressions, which have
    no last place."""
    working: tuple[float, ...] = ()
    """The values of the sides before the last ``=``, in order."""
    unread: tuple[str, ...] = ()
    """Sides before the last ``=`` that are no arithmetic, such as the cell's symbol."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Something was written, and it is not clear what number it is."""

    written: str
    reason: str
    """What cannot be read and what to write instead, for the student."""


@dataclass(frozen=True, slots=True)
class Blank:
    """Nothing was written, or a sign for nothing."""

    written: str


Reading = Answer | Unreadable | Blank

_SIMPLE: Final = re.compile(r"-?[0-9]{1,20}\.[0-9]{1,20}(?:e-?[0-9]{1,2})?")
"""What nearly every answer is; the rest of this module is for all others, and would read it just so."""
_NOTHING: Final = re.compile(r"[?_.…\s‐‑‒–—―−-]*|n\.?/?a\.?", re.IGNORECASE)


def read_answer(text: str) -> Reading:
    """What the text of an answer cell says."""
    bare = text.strip()
    if _SIMPLE.fullmatch(bare):
        return _answer(text, *_of_digits(bare))
    if len(bare) > MAX_LENGTH:
        return _unreadable(text, spelled(bare))
    if _NOTHING.fullmatch(bare):
        return Blank(text)
    typed = _as_typed(bare)
    if "~~" in typed:
        return Unreadable(text, "it is crossed out: leave one number, or leave the cell empty")
    if _MIDDLE_DOT.search(bare):
        return Unreadable(text, "a dot stands in the middle: write 0.5 for a decimal point, * for times")
    inner = _undressed(typed)
    return Blank(text) if _NOTHING.fullmatch(inner) else _read_sides(text, _EQUALS.split(inner))


_EQUALS: Final = re.compile("[=≈≅≃]")


def _read_sides(written: str, sides: list[str]) -> Answer | Unreadable:
    """The last side is the answer, those before it are its working."""
    *before, last = map(_undressed, sides)
    before = [side for side in before if side]
    if _NOTHING.fullmatch(last):
        return Unreadable(written, "the result is missing after the last '=': write it there")
    sides = [*before, last]
    if any("." in side for side in sides) and any("," in side and "max" not in side.lower() for side in sides):
        return Unreadable(written, "commas and points are mixed: use one of them for all decimals, such as 1234.5")
    answer = _read_side(written, last)
    if isinstance(answer, Unreadable):
        return answer
    value, decimal = answer
    worked = [(side, calculate(side)) for side in before]
    working = tuple(value for _, value in worked if not isinstance(value, Refusal))
    unread = tuple(side for side, value in worked if isinstance(value, Refusal))
    return _answer(written, value, decimal, working, unread)


def _answer(
    written: str,
    value: float,
    decimal: Decimal | None,
    working: tuple[float, ...] = (),
    unread: tuple[str, ...] = (),
) -> Answer:
    if decimal is None:
        return Answer(written, value, None, None, 0.0, working, unread)
    exact = _is_exact(decimal)
    half_unit = 0.0 if exact else float(Decimal(5).scaleb(int(decimal.as_tuple().exponent) - 1))
    return Answer(written, value, decimal, _figures(decimal), half_unit, working, unread)


def _of_digits(text: str) -> tuple[float, Decimal]:
    decimal = Decimal(text)
    return float(decimal) + 0.0, decimal if decimal else decimal.copy_abs()


# --- what stands around a number ------------------------------------------------------------------

_BREAK: Final = re.compile(r"<br */?>", re.IGNORECASE)
_TEX_SPACE: Final = re.compile(r"\\[,;:! ]")
_ESCAPED: Final = re.compile(r"\\([!-/:-@\[-`{-~])")
_TEX_BRACKETS: Final = re.compile(r"\\[(\[]((?:[^\\]|\\[^()\[\]])*)\\[)\]]")
_PAIRS: Final = ("$$", "$", "***", "**", "*", "___", "__", "_", "```", "``", "`")
_MIDDLE_DOT: Final = re.compile(r"(?:^|[=≈])[\s*_`$]*[-+−–]?[0-9]+[·⋅∙][0-9]+[\s*_`$]*$")
_TICKS: Final = "✓✔√☑✅\ufe0f"
"""Signs behind an answer that its writer has gone over it."""
_ABOUT: Final = r"(?:approx(?:\.|imately)?|ca\.?|circa)"
_ASIDES: Final = (
    *("approx", "approximately", "ca", "circa", "about", "ungefähr", "etwa", "estimated", "geschätzt"),
    *("rounded", "gerundet", "auf", "off", "up", "down", "truncated", "abgeschnitten", "exact", "exactly", "exakt"),
    *("genau", "checked", "geprüft", "done", "fertig", "result", "ergebnis", "final", "ok", "okay", "sure", "sicher"),
)
"""Of these, one or two words in brackets may stand behind an answer. None says anything about its value."""
_ASIDE: Final = rf"(?:{'|'.join(sorted(_ASIDES, key=len, reverse=True))})\.?"
_BEFORE: Final = re.compile(rf"{_ABOUT}(?=[\s=≈+-])", re.IGNORECASE)
_BEHIND: Final = re.compile(rf"\(\s*{_ASIDE}(?:[\s,]+{_ASIDE})?\s*\)$|(?<=[0-9\s.)]){_ABOUT}$", re.IGNORECASE)


def _as_typed(text: str) -> str:
    r"""The text without what HTML, TeX and Markdown need for single signs: ``&minus;``, ``<br>``, ``\*``."""
    text = _BREAK.sub(" ", html.unescape(text)).strip()
    if found := _TEX_BRACKETS.fullmatch(text):
        text = found[1].strip()
    text = _TEX_SPACE.sub(" ", text.replace(r"\approx", "≈"))  # before the next: 1\,234 is no 1,234
    return in_ascii(_ESCAPED.sub(r"\1", text)).strip()


def _undressed(text: str) -> str:
    """The text without emphasis, backticks, dollars and signs for "about" around all of it."""
    while True:
        before = text
        text = text.strip().lstrip("=≈≅≃~").rstrip("≈≅≃~")
        text = _without_asides(text.strip())
        for pair in _PAIRS:
            inside = text[len(pair) : -len(pair)]
            if inside and text.startswith(pair) and text.endswith(pair) and pair not in inside:
                text = inside
                break
        if text == before:
            return text


def _without_asides(text: str) -> str:
    """The text without a word or sign before or behind it that is no part of the number; all of it if that is all."""
    bare = _BEHIND.sub("", text.rstrip(_TICKS).rstrip())
    bare = _BEFORE.sub("", bare, count=1) if _BEFORE.match(bare) else bare
    return bare.strip() or text


# --- the number itself ----------------------------------------------------------------------------

_NUMBER: Final = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)"
_PLAIN: Final = re.compile(
    rf"""(?P<open>\()? [ ]* (?P<sign>[-+]?) [ ]* (?P<digits>{_NUMBER})
    (?: [eE](?P<exponent>[-+]?[0-9]+)
      | [ ]*\*[ ]*10[ ]*(?:\^|\*\*)[ ]*(?P<bracket>[({{])?[ ]*(?P<power>[-+]?[ ]*[0-9]+)[ ]*(?(bracket)[)}}])
    )? [ ]* (?(open)\))""",
    re.VERBOSE,
)
_LOST_EXPONENT: Final = re.compile(rf"[-+]? *{_NUMBER} *\* *10 *[-+] *[0-9]+")
_TWO_SIGNS: Final = re.compile("[-+] *[-+]")
_ANY_NUMBER: Final = rf"{_NUMBER}(?:[eE][-+]?[0-9]+)?"
_SUM: Final = re.compile(rf"[-+]? *{_ANY_NUMBER}(?: *[-+] *{_ANY_NUMBER})+")
_SIGN_OF_THE_NEXT: Final = re.compile(r"[0-9.] +[-+][0-9.]")


def _read_side(written: str, text: str) -> tuple[float, Decimal | None] | Unreadable:
    """The value of the last side, and its digits where it is a plain number."""
    plain = spelled(text)
    if isinstance(plain, Refusal):
        return _unreadable(written, plain)
    if reason := _ambiguity(plain):
        return Unreadable(written, reason)
    value = calculate(plain)
    if isinstance(value, Refusal):
        return _unreadable(written, value)
    number = _PLAIN.fullmatch(plain)
    if not number:
        return value, None
    exponent = (number["exponent"] or number["power"] or "0").replace(" ", "")
    return _of_digits(f"{number['sign']}{number['digits']}e{exponent}")


def _ambiguity(plain: str) -> str:
    """What makes an answer doubtful though it is arithmetic: it could have been meant otherwise."""
    if _LOST_EXPONENT.fullmatch(plain):
        return "after 10 stands no ^: write powers of ten like 4.567e-5 or 4.567*10^-5"
    if _TWO_SIGNS.match(plain):
        return "it begins with two signs: write one"
    if _SUM.fullmatch(plain) and _SIGN_OF_THE_NEXT.search(plain):
        return "two numbers stand there: leave one, or write a sum with a space on both sides of its sign"
    return ""


def _figures(decimal: Decimal) -> int:
    return len(decimal.as_tuple().digits) if decimal else 0


def _is_exact(decimal: Decimal) -> bool:
    return decimal == 0 or (decimal == 1 and decimal.as_tuple().exponent == 0)


def _unreadable(written: str, refusal: str | Refusal) -> Unreadable:
    return Unreadable(written, refusal.reason if isinstance(refusal, Refusal) else refusal)
