"""A picture of how many got each step: a bar per step, as SVG.

It has its own ground and its own colours for light and dark pages, hatching beside colour, and every
bar's number in words, so that it can be read on any page, printed, and aloud.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final
from xml.sax.saxutils import escape

from backproptable.basics.plaintext import one_line, shortened
from backproptable.marking.class_counts import StepCount
from backproptable.nets.plan import Part

__all__ = ["PART_WORDS", "alternative", "class_svg", "part_in_words", "percent"]

PART_WORDS: Final = {
    Part.FORWARD: "forward pass",
    Part.LOSS: "loss",
    Part.BACKWARD: "backward pass",
    Part.UPDATE: "update",
    Part.EPOCH: "epoch",
    Part.AFTER: "after the update",
}

_ROW, _GAP, _TOP, _SIDE = 22, 26, 76, 20
"""Heights of a bar with its room, of a part's heading, of what stands above all; the margin."""
_BAR, _LETTER, _NUMBERS = 300, 7.4, 56
"""The full bar, the width of a letter of its name, and the room for its number."""
_LEAST_LABEL: Final = 90.0
_LONGEST_TITLE: Final = 60

_STYLE: Final = """\
    text { font: 13px system-ui, sans-serif; fill: #1f2328 }
    .title { font-size: 15px; font-weight: 600 }
    .name { font-family: ui-monospace, monospace; font-size: 12px }
    .part { fill: #59636e }
    .ground { fill: #ffffff; stroke: #d1d9e0 }
    .track { fill: #eaeef2 }
    .right { fill: #0969da }
    .follows { fill: #b6d7ff }
    .hatch { stroke: #0969da; stroke-width: 2 }
    @media (prefers-color-scheme: dark) {
      text { fill: #f0f6fc }
      .part { fill: #9da7b3 }
      .ground { fill: #0d1117; stroke: #3d444d }
      .track { fill: #262c36 }
      .right { fill: #58a6ff }
      .follows { fill: #16345c }
      .hatch { stroke: #58a6ff }
    }
"""


def class_svg(counts: Sequence[StepCount], *, title: str, sheets: int) -> str:
    """The picture of a class whose marked sheets have been counted."""
    label = max([_LEAST_LABEL, *(len(count.step.name) * _LETTER + 12 for count in counts)])
    parts = [(part, list(steps)) for part, steps in groupby(counts, key=_part)]
    width = round(2 * _SIDE + label + _BAR + _NUMBERS)
    height = _TOP + len(parts) * _GAP + len(counts) * _ROW + _SIDE
    heading = _text(shortened(one_line(title), _LONGEST_TITLE))
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        ' role="img" aria-labelledby="title words">',
        f'  <title id="title">{heading}: how many got each step</title>',
        f'  <desc id="words">{_text(alternative(counts, sheets))}</desc>',
        f"  <style>\n{_STYLE}  </style>",
        '  <defs><pattern id="hatched" width="6" height="6" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><rect class="follows" width="6" height="6"/>'
        '<line class="hatch" x1="1" y1="0" x2="1" y2="6"/></pattern></defs>',
        f'  <rect class="ground" x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="8"/>',
        f'  <text class="title" x="{_SIDE}" y="30">{heading}</text>',
        *_legend(sheets),
        *_bars(parts, _SIDE + label),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def alternative(counts: Sequence[StepCount], sheets: int) -> str:
    """The picture in words."""
    if not counts:
        return "No sheet has been marked yet."
    bars = ", ".join(f"{count.step.name} {percent(count.share)}" for count in counts)
    return f"Part of the numbers of each step that are right or follow, over {_sheets(sheets)}: {bars}."


def percent(share: float) -> str:
    """A share in whole percent; all and nothing are said only where it is all or nothing."""
    whole = int(100 * share + 0.5)
    return f"{min(max(whole, 1), 99) if 0 < share < 1 else whole} %"


def _part(count: StepCount) -> tuple[Part, int]:
    return count.step.part, count.step.round


def part_in_words(part: Part, number: int, *, several: bool) -> str:
    """What a part is called; `several` updates have numbers, as epochs have."""
    if part is Part.EPOCH:
        return f"{PART_WORDS[part]} {number}"
    return f"{PART_WORDS[part]}, update {number}" if several and part is not Part.AFTER else PART_WORDS[part]


def _legend(sheets: int) -> Iterator[str]:
    y = 46
    yield f'  <rect class="right" x="{_SIDE}" y="{y}" width="14" height="12"/>'
    yield f'  <text x="{_SIDE + 20}" y="{y + 11}">right</text>'
    yield f'  <rect fill="url(#hatched)" x="{_SIDE + 66}" y="{y}" width="14" height="12"/>'
    yield f'  <text x="{_SIDE + 86}" y="{y + 11}">follows from own numbers</text>'
    yield f'  <text class="part" x="{_SIDE + 270}" y="{y + 11}">{_sheets(sheets)}</text>'


def _bars(parts: Sequence[tuple[tuple[Part, int], Sequence[StepCount]]], left: float) -> Iterator[str]:
    y = _TOP
    several = any(update > 1 for (part, update), _ in parts if part is not Part.EPOCH)
    for (part, update), counts in parts:
        words = part_in_words(part, update, several=several)
        yield f'  <text class="part" x="{_SIDE}" y="{y + 18}">{words}</text>'
        y += _GAP
        for count in counts:
            yield from _bar(count, left, y)
            y += _ROW


def _bar(count: StepCount, left: float, y: int) -> Iterator[str]:
    right, follows = (_BAR * part / count.asked for part in (count.right, count.follows))
    yield f'  <text class="name" x="{_SIDE}" y="{y + 13}">{_text(count.step.name)}</text>'
    yield f'  <rect class="track" x="{left:.1f}" y="{y + 2}" width="{_BAR}" height="14"/>'
    if right:
        yield f'  <rect class="right" x="{left:.1f}" y="{y + 2}" width="{right:.1f}" height="14"/>'
    if follows:
        yield f'  <rect fill="url(#hatched)" x="{left + right:.1f}" y="{y + 2}" width="{follows:.1f}" height="14"/>'
    place = f'x="{left + _BAR + _NUMBERS:.1f}" y="{y + 13}" text-anchor="end"'
    yield f"  <text {place}>{percent(count.share)}</text>"


def _sheets(count: int) -> str:
    return f"{count} sheet{'' if count == 1 else 's'}"


def _text(text: str) -> str:
    return escape(one_line(text))
