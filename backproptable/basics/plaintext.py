"""Text that strangers wrote, such as names: on one line, without what nobody can see, and compared as people do."""

from __future__ import annotations

import unicodedata
from typing import Final

__all__ = ["comparable", "composed", "one_line", "shortened"]

_JOINERS: Final = "\u200c\u200d"
"""Zero-width characters that belong to the spelling: Persian and Indian names need them, and so do emoji."""

_UNSEEN: Final = ("Cc", "Cf", "Cs")
"""Controls, formats (those that turn the direction of writing among them) and halves of surrogate pairs."""


def composed(text: str) -> str:
    """Unicode's composed form (NFC), in which the same name has the same characters."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def one_line(text: str) -> str:
    """The text on one line: white space is one space, characters that cannot be seen are left out.

    A mark that turns the direction of writing would turn what stands after the name, too.
    """
    if not text.isprintable():
        text = "".join(" " if character.isspace() else character for character in text if _is_seen(character))
    return composed(" ".join(text.split())).strip(f" {_JOINERS}")


def _is_seen(character: str) -> bool:
    is_kept = character.isspace() or character in _JOINERS
    return is_kept or unicodedata.category(character) not in _UNSEEN


def shortened(text: str, most: int) -> str:
    """At most `most` characters, the last of them an ellipsis where something was cut off."""
    if len(text) <= most:
        return text
    return f"{text[: most - 1].rstrip(f' {_JOINERS}')}…"


def comparable(text: str) -> str:
    """The same for texts that are equal but for upper and lower case, or the way Unicode spells them.

    Unicode's compatibility caseless matching: full-width, superscript and decomposed forms are equal
    to the plain ones. No file system that ignores case tells two texts apart that differ in this.
    """
    if text.isascii():
        return text.casefold()
    once = unicodedata.normalize("NFKC", unicodedata.normalize("NFD", text).casefold())
    return unicodedata.normalize("NFKC", once.casefold())
