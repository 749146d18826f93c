"""Words in the Markdown of reports: our own, and those of strangers, which must stay text.

Both are left as they are where that is safe, so that a report is also readable in a plain editor.
"""

from __future__ import annotations

import re
from typing import Final

from backproptable.basics.plaintext import one_line, shortened
from backproptable.render.escape import markdown_text

__all__ = ["file_md", "own_md", "quoted", "written_md"]

_LONGEST: Final = 60
"""Characters of an answer that are quoted."""

_NUMBER: Final = re.compile(r"-?[0-9]*[.,]?[0-9]+(?:e-?[0-9]+)?", re.ASCII)
"""A number, which is nothing else in Markdown, either."""
_FILE: Final = re.compile(r"(?!.*www\.)[a-z0-9]+(?:[-_./][a-z0-9]+)*", re.ASCII | re.IGNORECASE)
"""Words with a single sign between them are neither emphasis nor a link."""
_MARKUP: Final = re.compile(r"[\\`*_<>|$&~]")


def quoted(text: str) -> str:
    """What somebody wrote, on one line and not too long. It is still a stranger's text."""
    return shortened(one_line(text), _LONGEST)


def written_md(text: str) -> str:
    """What somebody wrote into a cell, in Markdown."""
    text = quoted(text)
    return text if _NUMBER.fullmatch(text) else markdown_text(text)


def file_md(path: str) -> str:
    """The path of a returned file, in Markdown."""
    return path if _FILE.fullmatch(path) else markdown_text(path)


def own_md(text: str) -> str:
    """Our own words, inside a line of Markdown: brackets and hyphens are harmless there."""
    return _MARKUP.sub(lambda found: f"&#{ord(found[0])};", text)
