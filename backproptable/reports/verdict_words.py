"""The words for what is said of a number: one table for feedback, class summary and terminal.

They are plain text without markup. Whoever puts them into Markdown escapes them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final, NamedTuple

from backproptable.basics.plaintext import one_line
from backproptable.marking.marked import REMARKS, MarkedCell, Verdict
from backproptable.marking.other_rate import OTHER_RATE
from backproptable.marking.setups import SET_UP
from backproptable.marking.slips import SLIPS
from backproptable.mistakes.registry import MISTAKES

__all__ = ["VERDICTS", "WORDS", "VerdictWords", "causes", "number", "totals", "why"]


class VerdictWords(NamedTuple):
    """How a verdict is written."""

    sign: str
    """Tells good from bad without any colour."""
    words: str
    one: str
    """Behind the count of one."""
    many: str


VERDICTS: Final = {
    Verdict.RIGHT: VerdictWords("✓", "right", "right", "right"),
    Verdict.FOLLOWS: VerdictWords("✓", "follows", "right because it follows", "right because they follow"),
    Verdict.TOO_FEW_DIGITS: VerdictWords("…", "too few digits", "with too few digits", "with too few digits"),
    Verdict.MISTAKE: VerdictWords("✗", "mistake", "typical mistake", "typical mistakes"),
    Verdict.SLIP: VerdictWords("✗", "slip", "slip", "slips"),
    Verdict.WRONG: VerdictWords("✗", "wrong", "otherwise wrong", "otherwise wrong"),
    Verdict.BLANK: VerdictWords("–", "blank", "blank", "blank"),
    Verdict.UNREADABLE: VerdictWords("?", "unreadable", "unreadable", "unreadable"),
}
"""In the order in which they are counted."""

_OF_REMARKS: Final = {
    "trivial": "only because a wrong number above it is 0 or makes it 0, so it earns nothing",
    "corrected": "a number above it is wrong; you went on with the right one",
    "cut": "the digits are cut off, not rounded",
    "doubled": "its name stands in several rows",
    "missing": "its row is not there",
    "constant": "the same number stands in most lines",
    "undefined": "a number above it leaves open what it can be",
}

WORDS: Final[Mapping[str, str]] = {
    **{mistake.code: mistake.title for mistake in MISTAKES},
    "miscopied": "not the number that the sheet gives",
    OTHER_RATE: "another learning rate than the given one, the same in several lines",
    SET_UP: "another formula than the right one gives this number",
    "unfinished": "the last operation of the line is not there",
    **SLIPS,
    **_OF_REMARKS,
}
"""The words of every code there is. One that is not there is said as it is."""


def causes(cell: MarkedCell) -> tuple[str, ...]:
    """The codes of what its number can come from."""
    return tuple(code for code in cell.because if code not in REMARKS)


def why(cell: MarkedCell) -> str:
    """Why the verdict is what it is; empty where there is nothing to say."""
    remarks = [WORDS.get(code, code) for code in cell.because if code in REMARKS]
    match cell.verdict:
        case Verdict.MISTAKE | Verdict.SLIP:
            reason = "; or: ".join(WORDS.get(code, code) for code in causes(cell))
        case Verdict.FOLLOWS:
            reason = "right for the numbers above it"
        case Verdict.WRONG if SET_UP in cell.because:
            reason = WORDS[SET_UP]
        case Verdict.WRONG:
            reason = "no typical mistake or slip gives this number"
        case Verdict.TOO_FEW_DIGITS:
            reason = "right as far as it goes, but more digits are asked for"
        case Verdict.UNREADABLE:
            reason = one_line(cell.reason)
        case _:
            reason = ""
    return "; ".join(filter(None, [reason, *remarks]))


def totals(cells: Iterable[MarkedCell]) -> str:
    """How many there are of each verdict; what follows for nothing counts by itself."""
    cells = list(cells)
    counts = Counter("trivial" if "trivial" in cell.because else cell.verdict.value for cell in cells)
    missing = sum("missing" in cell.because for cell in cells)
    told = []
    for verdict, words in VERDICTS.items():
        if count := counts[verdict.value]:
            rows = f" ({missing} without a row)" if verdict is Verdict.BLANK and missing else ""
            told.append(f"{count} {words.one if count == 1 else words.many}{rows}")
        if verdict is Verdict.FOLLOWS and counts["trivial"]:
            told.append(f"{counts['trivial']} for nothing")
    return ", ".join(told) or "no numbers"


def number(value: Decimal) -> str:
    """Points, without zeros that say nothing."""
    return f"{value.normalize() + 0:f}"  # + 0: there is no minus zero
