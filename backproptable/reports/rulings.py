"""How written numbers are read: examples, each ruled by the reader itself."""

from __future__ import annotations

from typing import Final

from backproptable.returned.answers import Answer, Blank, read_answer

__all__ = ["EXAMPLES", "render_rulings"]

EXAMPLES: Final = (
    "0.4226",
    ".4226",
    "0,4226",
    "-0.4226",
    "0.5",
    "0.50",
    "5e-2",
    "4.567*10^-5",
    "1,250",
    "1,234.5",
    "1 234",
    "100",
    "1",
    "0",
    "0.000",
    "1/3",
    "0.1*0.2 + 0.3 = 0.32",
    "e^(-0.5)",
    "**0.32**",
    "0.32 (approx)",
    "0.32 cm",
    "log(2)",
    "?",
)
"""One for each ruling that somebody could expect otherwise."""


def render_rulings() -> str:
    """A page of Markdown: what each example is read as, and what it can mean."""
    lines = [
        "# How written numbers are read",
        "",
        "A number means anything within half a unit of its last written place; nothing else decides whether it",
        "is right. One with fewer figures than the sheet asks for is first read as if zeros had been left out.",
        "",
        "| written | read as | can mean |",
        "|:--|--:|:--|",
        *(_row(example) for example in EXAMPLES),
    ]
    return "\n".join(lines) + "\n"


def _row(text: str) -> str:
    answer = read_answer(text)
    if isinstance(answer, Blank):
        return f"| `{text}` | | nothing was written |"
    if not isinstance(answer, Answer):
        return f"| `{text}` | | cannot be read: {answer.reason} |"
    low, high = answer.value - answer.half_unit, answer.value + answer.half_unit
    means = f"{_shown(low)} to {_shown(high)}" if answer.half_unit else "just that"
    return f"| `{text}` | {_shown(answer.value)} | {means} |"


def _shown(number: float) -> str:
    return f"{number:.10g}".replace("e-0", "e-")
