"""Text sheets: a plan laid out and put through the templates once, with slots for all that differs.

What differs from sheet to sheet are the numbers and, on the sheets of a class, whose it is: a `Form`
is filled with a text for each cell of the plan, followed by those of `STUDENT_FIELDS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from backproptable.basics.errors import InputError, Problem
from backproptable.nets.plan import Plan
from backproptable.nets.recipes.recipe import Recipe
from backproptable.numbers.evaluate import Solution
from backproptable.render.document import VALUE, lay_out
from backproptable.render.epochs import BAR, lay_out_epochs
from backproptable.render.escape import markdown_text, tex_text
from backproptable.render.form import Form, slot
from backproptable.render.listing import RAW, listing
from backproptable.render.listing_in_time import listing_in_time
from backproptable.render.listing_of_recipes import listing_of_recipe
from backproptable.render.printers import Place
from backproptable.render.questions import has_questions, lay_out_questions
from backproptable.render.spreadsheet import csv_form
from backproptable.render.steps import lay_out_steps
from backproptable.render.templates import fill_template
from backproptable.sheets.asked import Task
from backproptable.sheets.marks import MARKS
from backproptable.sheets.notation import load_notation
from backproptable.sheets.style import Style, style_problems

__all__ = ["NUMBER_STYLES", "SHEET_FORMATS", "STUDENT_FIELDS", "TEXT_FORMATS", "Assignment", "make_form"]

STUDENT_FIELDS: Final = ("student", "student_id", "code")
"""What a sheet of a class says of its student, in the order of the texts that fill it."""
_TEXT: Final = "text"
"""The slot style of words that strangers have written: nothing in them may be taken for markup."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """What a teacher writes over the sheets of a class: Markdown, all but the instructions on one line."""

    title: str
    due: str = ""
    hand_in: str = ""
    """Where, and how."""
    instructions: str = ""
    is_key: bool = False


def make_form(
    plan: Plan,
    *,
    format: str,  # noqa: A002 - the word users know
    task: Task,
    style: Style,
    figures: int,
    carry: str,
    seed: int | None = None,
    note: str = "",
    diverged: Problem | None = None,
    assignment: Assignment | None = None,
    equal: Solution | None = None,
) -> Form:
    """The sheet of `plan` with slots for the givens and for the numbers that the task shows.

    With `equal` (see `questions.equal_weights`) its numbers follow those of the sheet in the list of
    texts; the bars of epochs come last. The closing program stands on worked examples only, as do a `note`
    and the word about a run that has `diverged`. Raises `InputError` for faults in a teacher's own templates.
    """
    if problems := list(style_problems(style, plan.net)):
        raise InputError(problems)
    if format == "csv":
        return csv_form(plan, task, len(plan.cells) + STUDENT_FIELDS.index("code"))
    notation = load_notation(style.notation, plan.net)
    document = lay_out(plan, notation, task, matrices=style.layout == "matrices")
    example = document.worked and assignment is None
    others = len(STUDENT_FIELDS) if assignment else len(plan.cells) if equal else 0
    if document.worked:
        document = replace(document, epochs=lay_out_epochs(plan, notation, len(plan.cells) + others))
    if example and style.explain == "full" and has_questions(plan.net):
        document = replace(document, questions=lay_out_questions(plan, notation, style=VALUE, equal=equal))
    context = {
        "doc": document,
        "layout": style.layout,
        "shapes": None,
        "steps": lay_out_steps(plan, notation, document) if style.layout == "steps" else None,
        "explain": style.explain,
        "figures": figures,
        "carry": carry,
        "seed": seed,
        "listing": _program(plan, figures, carry) if example and not diverged else "",
        "note": _WORDS[format](note),
        "diverged": diverged,
        "assignment": None if assignment is None else _as_text(assignment, plan, format),
        "marks": MARKS,
    }
    return Form(fill_template(f"{format}/page.{format}.j2", context, style.templates), NUMBER_STYLES[format])


def _program(plan: Plan, figures: int, carry: str) -> str:
    if isinstance(plan.net, Recipe):
        return listing_of_recipe(plan, plan.net, figures, carry)
    return (listing_in_time if plan.net.is_recurrent else listing)(plan, figures, carry)


def _as_text(assignment: Assignment, plan: Plan, format: str) -> dict[str, Any]:  # noqa: A002
    """The assignment as templates print it: what a teacher wrote, and slots for what differs."""
    written = {name: _WORDS[format](getattr(assignment, name)) for name in ("title", "due", "hand_in", "instructions")}
    fields = {name: slot(len(plan.cells) + place, _TEXT) for place, name in enumerate(STUDENT_FIELDS)}
    return {**written, "is_key": assignment.is_key, **fields}


def _tex_paragraphs(markdown: str) -> str:
    from backproptable.render.prose import paragraphs  # noqa: PLC0415 - for .tex of a class only

    return "\n\n".join(map(tex_text, paragraphs(markdown)))


_WORDS: Final[Mapping[str, Callable[[str], str]]] = {"md": str.strip, "tex": _tex_paragraphs}
"""How the words of the teacher are written, who may write Markdown."""


# --- numbers in slots --------------------------------------------------------------------------


def _tex_number(text: str) -> str:
    if "e" not in text:  # most numbers of a class
        return text
    mantissa, _, exponent = text.partition("e")
    return rf"{mantissa} \times 10^{{{exponent}}}"


def _tex_value(text: str) -> str:
    return f"${_tex_number(text)}$"


def _bracketed(text: str) -> str:
    return f"({_tex_number(text)})" if text.startswith("-") else _tex_number(text)


def _base(text: str) -> str:
    return f"({_tex_number(text)})" if text.startswith("-") or "e" in text else text


def _bar(length: str) -> str:
    return "█" * int(length)


def _tex_bar(length: str) -> str:
    return rf"\rule{{{length}mm}}{{1.4ex}}"


_IN_FORMULAS: Final[dict[str, Callable[[str], str]]] = {
    Place.OPEN: _tex_number,
    Place.TIGHT: _bracketed,
    Place.BASE: _base,
    RAW: str,
}
NUMBER_STYLES: Final[Mapping[str, Mapping[str, Callable[[str], str]]]] = {
    "md": {**_IN_FORMULAS, VALUE: str, _TEXT: markdown_text, BAR: _bar},  # a value as a student would type it
    "tex": {**_IN_FORMULAS, VALUE: _tex_value, _TEXT: tex_text, BAR: _tex_bar},
}
"""How each kind of slot is written."""

TEXT_FORMATS: Final = tuple(NUMBER_STYLES)
SHEET_FORMATS: Final = (*TEXT_FORMATS, "csv")
"""What the sheets of a class can be."""
