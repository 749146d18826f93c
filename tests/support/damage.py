"""What happens to a filled-in sheet on its way back: edits that are drawn, and where they have left each answer."""

from __future__ import annotations

import random
import re
import textwrap
from collections.abc import Callable, Mapping
from typing import Final

from support.finished import finished_preset

__all__ = ["EDITS", "damaged", "filled_in"]

Lines = list[str]
Edit = Callable[[random.Random, Lines], Lines]

_ROW: Final = re.compile(r"^\| `([^`]+)` \|(.*\|)? _{16} \|$", re.MULTILINE)
_IS_ROW: Final = re.compile(r"[\s>+*-]*\|.*\|\s*$")


def filled_in(preset: str, layout: str) -> tuple[str, dict[str, str]]:
    """A sheet with all its numbers written in, no two of them alike, and the numbers by the names of their cells."""
    text = finished_preset(preset, view="blank", layout=layout).files[f"{preset}.md"].replace(" value |", " answer |")
    text = text.replace("| | |\n|---|---|\n", "| | |\n|---|---|\n| code | 01234-56789 |\n| numbers asked | 9 |\n", 1)
    answers: dict[str, str] = {}

    def fill(row: re.Match[str]) -> str:
        answers[row[1]] = f"0.{7001 + 3 * len(answers)}"
        return f"| `{row[1]}` |{row[2] or ''} {answers[row[1]]} |"

    return _ROW.sub(fill, text), answers


# --- edits ----------------------------------------------------------------------------------------


def _place(chance: random.Random, lines: Lines, wanted: Callable[[str], bool] = lambda _: True) -> int | None:
    places = [place for place, line in enumerate(lines) if wanted(line)]
    return chance.choice(places) if places else None


def _is_row(line: str) -> bool:
    return bool(_IS_ROW.match(line))


def _is_answer(line: str) -> bool:
    return bool(re.search(r"0\.7[0-9]{3}", line))


def _near_rows(chance: random.Random, lines: Lines) -> int:
    """A place where something stands that counts."""
    place = _place(chance, lines, _is_row)
    return chance.randrange(len(lines)) if place is None else max(0, place - chance.randint(0, 1))


def _stretch(chance: random.Random, lines: Lines) -> tuple[int, int]:
    start = _near_rows(chance, lines)
    return start, min(len(lines), start + chance.choice((1, 2, 4, 9, 40, len(lines))))


def _of_lines(change: Callable[[random.Random, Lines, int], Lines]) -> Edit:
    """An edit of the lines from a drawn place on, which gives the new ones from there on."""

    def edit(chance: random.Random, lines: Lines) -> Lines:
        place = _near_rows(chance, lines)
        return lines[:place] + change(chance, lines, place)

    return edit


def _of_each(change: Callable[[str], str], wanted: Callable[[str], bool] = lambda _: True) -> Edit:
    """The same change of every line in a stretch."""

    def edit(chance: random.Random, lines: Lines) -> Lines:
        start, end = _stretch(chance, lines)
        return [change(line) if start <= place < end and wanted(line) else line for place, line in enumerate(lines)]

    return edit


def _of_one(change: Callable[[random.Random, str], str], wanted: Callable[[str], bool] = _is_row) -> Edit:
    def edit(chance: random.Random, lines: Lines) -> Lines:
        place = _place(chance, lines, wanted)
        return lines if place is None else [*lines[:place], change(chance, lines[place]), *lines[place + 1 :]]

    return edit


def _one_bar(chance: random.Random, line: str, new: str) -> str:
    found = chance.choice([*re.finditer(r"\|", line)])
    return line[: found.start()] + new + line[found.end() :]


def _split(chance: random.Random, lines: Lines, place: int) -> Lines:
    line = lines[place]
    cut = chance.randint(0, len(line))
    return [line[:cut], line[cut:], *lines[place + 1 :]]


def _join(chance: random.Random, lines: Lines, place: int) -> Lines:
    count = chance.choice((2, 2, 2, 3, 6))
    return [chance.choice(("", " ", "\u00a0", "\v")).join(lines[place : place + count]), *lines[place + count :]]


def _swap(chance: random.Random, lines: Lines) -> Lines:
    first, second = _near_rows(chance, lines), _near_rows(chance, lines)
    lines = [*lines]
    lines[first], lines[second] = lines[second], lines[first]
    return lines


def _fence(chance: random.Random, lines: Lines, place: int) -> Lines:
    end = place + chance.choice((1, 5, 50, len(lines)))
    mark = chance.choice(("```", "~~~", "````", "```python", "```math", "```md", "> ```"))
    return [mark, *lines[place:end], *([chance.choice(("```", "~~~"))] if end < len(lines) else []), *lines[end:]]


def _as_html(line: str) -> str:
    cells = "".join(f"<td>{cell.strip()}</td>" for cell in line.strip().strip("|").split("|"))
    return f"<tr>{cells}</tr>"


def _parted(sign: str) -> Callable[[str], str]:
    return lambda line: re.sub(r"\s*\|\s*", sign, line.strip().strip("|").strip())


def _column(chance: random.Random, lines: Lines) -> Lines:
    """A column more, in a stretch of rows."""
    heading, cell = chance.choice((("sure?", "yes"), ("#", "3"), ("", ""), ("note", "")))
    in_front = chance.random() < 0.5

    def widened(line: str) -> str:
        new = "---" if "--" in line else heading if "cell" in line else cell
        return f"| {new} {line}" if in_front else f"{line} {new} |"

    return _of_each(widened, _is_row)(chance, lines)


def _wrapped(line: str) -> str:
    """What an editor does that keeps lines short."""
    return "\n".join(textwrap.wrap(line, 40, break_long_words=False, break_on_hyphens=False))


def _noise(chance: random.Random, line: str) -> str:
    """Signs that slipped in outside the numbers."""
    place = chance.randrange(len(line) + 1)
    if re.search(r"[0-9.]", line[max(0, place - 1) : place + 1]):
        return line
    return (
        line[:place]
        + chance.choice(("|", "\\", "`", "*", "\t", "   ", "<br>", "~", "\u00a0|", "[", "&nbsp;"))
        + line[place:]
    )


def _behind(line: str) -> str:
    return re.sub(r"(0\.7[0-9]{3}) *\|\s*$", r"| \1", line)


EDITS: Final[Mapping[str, Edit]] = {
    "lines dropped": _of_lines(lambda chance, lines, place: lines[place + chance.choice((1, 1, 2, 5)) :]),
    "a line doubled": _of_lines(lambda _, lines, place: [lines[place], *lines[place:]]),
    "lines joined": _of_lines(_join),
    "a line split": _of_lines(_split),
    "lines changed places": _swap,
    "a fence": _of_lines(_fence),
    "a fence at the top": lambda chance, lines: [chance.choice(("```", "```python", "~~~")), *lines],
    "text between": _of_lines(lambda chance, lines, place: [*chance.choice(_TEXTS), *lines[place:]]),
    "spaces in front": lambda chance, lines: _of_each(lambda line: " " * (2 + len(lines) % 7) + line)(chance, lines),
    "tabs in front": _of_each(lambda line: f"\t{line}"),
    "in a quote": _of_each(lambda line: f"> {line}"),
    "in two quotes": _of_each(lambda line: f"> > {line}"),
    "in a list": _of_each(lambda line: f"- {line}"),
    "in a numbered list": _of_each(lambda line: f"1. {line}"),
    "empty lines": _of_each(lambda line: f"{line}\n"),
    "Windows' line ends": _of_each(lambda line: f"{line}\r"),
    "Windows' line ends, twice": _of_each(lambda line: f"{line}\r\r"),
    "spaces at the end": _of_each(lambda line: f"{line}  "),
    "no-break spaces": _of_each(lambda line: line.replace(" ", "\u00a0")),
    "invisible spaces": _of_each(lambda line: f"\u200b{line}"),
    "dashes for hyphens": _of_each(lambda line: line.replace("---", "\u2014").replace("--", "\u2013")),
    "no hyphens": _of_each(lambda line: line.replace("-", ""), lambda line: "--" in line),
    "no separator": _of_each(lambda _: "", lambda line: "--" in line and _is_row(line)),
    "a bar less": _of_one(lambda chance, line: _one_bar(chance, line, " ")),
    "a bar more": _of_one(lambda chance, line: _one_bar(chance, line, "| |")),
    "bars inside": _of_one(lambda chance, line: _one_bar(chance, line, "| a |")),
    "no outer bars": _of_each(lambda line: line.strip().strip("|"), _is_row),
    "no last bar": _of_each(lambda line: line.rstrip().removesuffix("|"), _is_row),
    "drawn bars": _of_each(lambda line: line.replace("|", "\u2502")),
    "an answer behind its bar": _of_one(lambda _, line: _behind(line), _is_answer),
    "answers behind their bars": _of_each(_behind),
    "answers behind both bars": _of_each(lambda line: re.sub(r" (0\.7[0-9]{3}) \|$", r" | | \1", line)),
    "a column more": _column,
    "as HTML": _of_each(_as_html, _is_row),
    "as tabs": _of_each(_parted("\t"), _is_row),
    "as wide gaps": _of_each(_parted("     "), _is_row),
    "as semicolons": _of_each(_parted(";"), _is_row),
    "as columns of a drawn grid": _of_each(
        lambda line: re.sub(r"\|[:-]+(?=\|)", "+---", line) if "--" in line else line
    ),
    "wrapped": _of_each(_wrapped),
    "all in one line": lambda _, lines: [" ".join(lines)],
    "a stretch in one line": _of_lines(
        lambda _, lines, place: [" ".join(lines[place : place + 25]), *lines[place + 25 :]]
    ),
    "a sign slipped in": _of_one(_noise),
    "headings lost": _of_each(lambda _: "", lambda line: "cell" in line),
    "another heading": _of_one(
        lambda chance, line: line.replace("answer", chance.choice(("value", "my answer", "**Answer**", "result"))),
        lambda line: "answer |" in line,
    ),
}
_TEXTS: Final = (
    ["I am not sure of this one."],
    ["", "A remark | with a bar", ""],
    ["### My part"],
    ["", "See *below*.", ""],
)


def damaged(text: str, seed: int, kinds: list[str]) -> str:
    """The text after drawn edits of these kinds, one after the other."""
    chance, lines = random.Random(f"{seed} {kinds}"), text.split("\n")
    for kind in kinds:
        lines = "\n".join(EDITS[kind](chance, lines)).split("\n")
    return "\n".join(lines)
