"""Questions as HTML, which every course system shows: the same layout for all, each with its own mathematics."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from backproptable.basics.plaintext import one_line
from backproptable.quizzes.question import Blank, Grid, Question, Quiz, Worked

__all__ = ["Html", "html_in_xml", "markup_free", "xml_text"]

_BRACES: Final = str.maketrans(
    {"{": "&#123;", "}": "&#125;", "[": "&#91;", "]": "&#93;", "\\": "&#92;", "$": "&#36;", "@": "&#64;"}
)
"""What systems put things in place of, or take for the beginning of mathematics."""


_NOT_IN_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_text(text: str) -> str:
    """The text as it stands between tags of XML, or in an attribute; what XML cannot hold is left out."""
    return html.escape(_NOT_IN_XML.sub("", text))


def html_in_xml(markup: str) -> str:
    """HTML as it stands between tags of XML, so that a person can read it there."""
    kept = _NOT_IN_XML.sub("", markup).replace("]]>", "]]]]><![CDATA[>")
    return f"<![CDATA[{kept}]]>"


def markup_free(text: str) -> str:
    """Words of a teacher or of a roster, so that no course system takes anything in them for more than words."""
    return html.escape(_NOT_IN_XML.sub("", one_line(text))).translate(_BRACES)


@dataclass(frozen=True, slots=True)
class Html:
    """Lays out questions for one system."""

    math: Callable[[str], str]
    """TeX as the system takes it, as HTML."""
    table: str = '<table border="1">'
    """How a table begins."""

    def introduction(self, quiz: Quiz) -> str:
        """What stands before all questions: what to do, the net, and every number that is given."""
        due = (f"<p>Due: {markup_free(quiz.due)}</p>",) if quiz.due else ()
        facts = "".join(f"<li>{markup_free(name)}: {markup_free(fact)}</li>" for name, fact in quiz.facts)
        rate = f"<li>learning rate: {quiz.eta}</li>" if quiz.eta is not None else ""
        return "\n".join(
            (
                *due,
                *(f"<p>{markup_free(paragraph)}</p>" for paragraph in quiz.instructions),
                f"<p>{markup_free(quiz.task)}</p>",
                f"<ul>{facts}{rate}</ul>",
                *map(self.grid, quiz.givens),
            )
        )

    def grid(self, grid: Grid) -> str:
        """A table of numbers that are given."""
        head = self._cells("th", (markup_free(grid.heading), *map(markup_free, grid.columns)))
        rows = (self._cells("td", (markup_free(label), *numbers)) for label, numbers in grid.rows)
        return self._table(head, rows)

    def before(self, question: Question, *, givens: bool = True) -> Iterator[str]:
        """What stands before the lines of a question: its rules, and where its numbers come from.

        `givens`: also the tables of what is given, for where they do not stand on the same page.
        """
        for rule in question.rules:
            yield f"<p>{self.math(rule)}</p>"
        if question.uses:
            yield f"<p>It goes on from {', '.join(map(markup_free, question.uses))}.</p>"
        if givens:
            yield from map(self.grid, question.givens)

    def lines(self, lines: Iterable[Worked | Blank], answer: Callable[[Blank], str]) -> str:
        """The lines as a table; `answer` is what stands where a number is asked for, as HTML."""
        rows = [self._cells("td", self._line(line, answer)) for line in lines]
        return self._table(self._cells("th", ("", "formula", "number")), rows) if rows else ""

    def _line(self, line: Worked | Blank, answer: Callable[[Blank], str]) -> tuple[str, ...]:
        if isinstance(line, Blank):
            return markup_free(line.name), self.math(f"{line.symbol} = {line.formula}"), answer(line)
        sides = [line.symbol, line.formula, *([line.numbers] if line.numbers else ())]
        return markup_free(line.name), self.math(" = ".join(sides)), line.value

    def solution(self, question: Question) -> str:
        """The lines that were asked for with the numbers put in, for after the answer."""
        rows = [
            self._cells("td", (markup_free(blank.name), self.math(f"{blank.symbol} = {blank.numbers}"), blank.answer))
            for blank in question.blanks
        ]
        return self._table(self._cells("th", ("", "numbers put in", "right number")), rows) if rows else ""

    @staticmethod
    def _cells(tag: str, cells: Iterable[str]) -> str:
        return "<tr>" + "".join(f"<{tag}>{cell}</{tag}>" for cell in cells) + "</tr>"

    def _table(self, head: str, rows: Iterable[str]) -> str:
        return "\n".join((self.table, f"<thead>{head}</thead>", "<tbody>", *rows, "</tbody>", "</table>"))
