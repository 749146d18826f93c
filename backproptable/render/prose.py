"""A teacher's Markdown for a page that is no Markdown: its words, without its markup."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

__all__ = ["paragraphs"]


def paragraphs(markdown: str) -> list[str]:
    """The paragraphs (list items, headings) as plain words; the address of a link stands behind its words."""
    tokens = MarkdownIt("commonmark", {"html": False}).parse(markdown)
    texts = [
        token.content if token.type in ("fence", "code_block") else "".join(_words(token.children or ()))
        for token in tokens
    ]
    return [paragraph for text in texts if (paragraph := " ".join(text.split()))]


def _words(tokens: Sequence[Token]) -> Iterator[str]:
    address = ""
    for token in tokens:
        match token.type:
            case "link_open":
                address = str(token.attrGet("href") or "")
            case "link_close":
                yield f" ({address})" if address else ""
            case "softbreak" | "hardbreak":
                yield " "
            case _:
                yield token.content
