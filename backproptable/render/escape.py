"""Text that strangers wrote, where only text may stand: in a paragraph or a table cell of Markdown, of TeX, of CSV.

A name is not ours: it may be anybody's attempt at a link, a formula, an included file. Each language
gets it so that nothing but the text is seen, and ordinary names stay readable in the source.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from backproptable.basics.plaintext import one_line

__all__ = ["SETTABLE", "defused", "markdown_text", "settable", "tex_text"]


def _line(text: str) -> str:
    """On one line. Control characters part words here; in a name they have already been left out."""
    return one_line(re.sub(r"[\x00-\x1f\x7f-\x9f]", " ", text))


# --- Markdown ----------------------------------------------------------------------------------

_ACTIVE: Final = re.compile(
    r"(?<![^\W_])-|-(?![^\W_])"  # a hyphen that is not inside a word: a list, a rule
    r"|(?<=[Ww]{3})\.|(?<![^\W_])\.|\.(?![\d ]|$)|\.(?=\d)(?<!\d\.)"  # a full stop inside a word: a web address
    r"|(?<=^\d{1})[.)]|(?<=^\d{2})[.)]|(?<=^\d{3})[.)]|(?<=^\d{4})[.)]"  # behind a number in front: a list
    r"|:(?! |$)|^:"  # a colon inside a word: an address, a smiley
    r"|\((?=\()"  # two brackets: a template
    r"|[!-$&*+/<-@\\^-`{-~]"
    r"|\[(?!\d{1,3}(?:,\d{1,3}){0,3}\](?![(\[:]))|(?<!\d)\]|\](?=[(\[:])"  # brackets, but for indices: links, marks
)
"""What Markdown may take for more than text: ASCII punctuation, but for that of ordinary names and titles."""


def markdown_text(text: str) -> str:
    """The text as GitHub's Markdown shows it and as nothing else; white space is one space.

    Numeric references are never markup, with one exception: GitHub looks for e-mail addresses after
    it has replaced them. An empty comment behind an at sign parts what would be one.
    """
    return _ACTIVE.sub(_reference, _line(text))


def _reference(match: re.Match[str]) -> str:
    reference = f"&#{ord(match[0])};"
    return f"{reference}<!-- -->" if match[0] == "@" else reference


# --- TeX ---------------------------------------------------------------------------------------


def _range(first: int, last: int) -> str:
    return "".join(map(chr, range(first, last + 1)))


SETTABLE: Final = frozenset(
    _range(0x20, 0x7E)
    + _range(0xA1, 0xAC)
    + _range(0xAE, 0xFF)  # Latin-1, without the soft hyphen
    + "".join(set(_range(0x100, 0x17E)) - set("ĦħĸĿŀŉŦŧ"))  # Latin Extended-A
    + "ẞ\u02bb\u02bc"
    + _range(0x2010, 0x2015)  # hyphens and dashes
    + "‘’‚“”„†‡•…‰‹›€"
)
"""Characters that pdflatex has with T1, textcomp and UTF-8, found by trying them all."""

_ACCENTS: Final = {
    "\u0300": r"\`",
    "\u0301": r"\'",
    "\u0302": r"\^",
    "\u0303": r"\~",
    "\u0304": r"\=",
    "\u0306": r"\u",
    "\u0307": r"\.",
    "\u0308": r"\"",
    "\u030a": r"\r",
    "\u030b": r"\H",
    "\u030c": r"\v",
    "\u0323": r"\d",
    "\u0326": r"\textcommabelow",
    "\u0327": r"\c",
    "\u0328": r"\k",
    "\u0331": r"\b",
}
"""Marks that TeX sets on any letter: one above and one below, and two above where `_GLYPHS` help."""

_GLYPHS: Final = frozenset("ÀÁÂÃÄÅÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜÝàáâãäåèéêëìíîïñòóôõöùúûüýÿĂĆČĞŃŇŐŔŘŚŠŰŮŹŽŻăćčğńňőŕřśšűůźžż")
"""Letters with a mark above that T1 fonts have as one: TeX puts a second mark beside any other."""

_ABOVE: Final = 230
"""Unicode's class of the marks that stand above a letter, and replace the dot of an i."""
_DOTLESS: Final = {"i": r"\i", "j": r"\j"}

_ESCAPES: Final = {
    **{character: f"\\{character}" for character in "{}$&#%_"},
    "\\": r"\textbackslash{}",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "`": r"\textasciigrave{}",
    "[": "{[}",  # behind a line's end in a table it would begin an option
    "]": "{]}",
    "*": "{*}",
    "\u02bb": r"\textquoteleft{}",  # Hawaiian and Uzbek letters, which look like this
    "\u02bc": r"\textquoteright{}",
}

_LIGATURE: Final = re.compile(r"([-',<>])(?=\1)")
"""T1 fonts make a dash, quotation marks or guillemets of two of these."""


def settable(text: str) -> bool:
    """Whether pdflatex can set all of the text: `tex_text` replaces nothing in it."""
    return all(_tex(letter) is not None for letter in _letters(text))


def tex_text(text: str) -> str:
    """The text as a paragraph of TeX shows it; ``?`` for each letter that pdflatex cannot set.

    White space is one space, a letter is one with the marks on it, and zero-width joiners, which say
    how scripts are written that TeX does not have, are left out.
    """
    return _LIGATURE.sub(r"\1{}", "".join(_tex(letter) or "?" for letter in _letters(text)))


def _letters(text: str) -> Iterator[str]:
    """The characters of the text, each with the marks that stand on it."""
    letter = ""
    for character in _line(text).translate(_NO_JOINERS):
        if letter and unicodedata.category(character)[0] == "M":
            letter += character
            continue
        if letter:
            yield letter
        letter = character
    if letter:
        yield letter


_NO_JOINERS: Final = dict.fromkeys(map(ord, "\u200c\u200d"))


def _tex(letter: str) -> str | None:
    if letter in SETTABLE:
        return _ESCAPES.get(letter, letter)
    base, *marks = list(unicodedata.normalize("NFD", letter))
    if not (base.isascii() and base.isalpha() and _ACCENTS.keys() >= set(marks)):
        return None
    above = [mark for mark in marks if unicodedata.combining(mark) == _ABOVE]
    below = [mark for mark in marks if mark not in above]
    if len(above) == 2:
        base = unicodedata.normalize("NFC", base + above.pop(0))
        if base not in _GLYPHS:
            return None
    if len(above) > 1 or len(below) > 1:
        return None
    if above:
        base = _DOTLESS.get(base, base)
    for mark in above + below:  # what stands below is put under anything; a mark above needs a bare letter
        base = f"{_ACCENTS[mark]}{{{base}}}"
    return base


# --- CSV -----------------------------------------------------------------------------------------

_NUMBER: Final = re.compile(r"[-+]?[0-9]+(?:[.,][0-9]+)?(?:[eE][-+]?[0-9]+)?")
_STARTS_FORMULA: Final = re.compile(
    r"""(?P<before> ^ | [;\t\r\n])  # where a cell begins, in whatever way the line is cut into cells
    (?P<blank> (?: [^\S\t\r\n] | [\x00-\x08\x0e-\x1f\x7f-\x9f\xad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"])*)
    (?P<formula> [-=+@＝＋－＠])""",
    re.VERBOSE,
)
"""Spreadsheets pass over blanks before a formula, and in some countries read full-width signs as the plain ones.

Where numbers have a decimal comma, cells end at a semicolon, and quotation marks do not always help.
"""


def defused(text: str) -> str:
    """A cell that no spreadsheet takes for a formula: text that might be one stands behind an apostrophe."""
    if _NUMBER.fullmatch(text):
        return text
    text = _STARTS_FORMULA.sub(r"\g<before>'\g<blank>\g<formula>", text)
    return f"'{text}" if text[:1] in ("\t", "\r", "\n") else text
