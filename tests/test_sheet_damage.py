"""Whatever happens to a filled-in sheet: each answer that still stands in it is read, or its loss is told."""

from __future__ import annotations

import random
import re

import pytest

from backproptable.returned.answers import Answer, Blank, read_answer
from backproptable.returned.sheet import Sheet, read_sheet
from support.damage import EDITS, damaged, filled_in

SHEETS = {layout: filled_in("2-2-2", layout) for layout in ("cells", "matrices", "steps")}
DRAWN = 12


def not_told(text: str, answers: dict[str, str]) -> list[str]:
    """The cells whose answer stands in the text, and is neither read nor told: not by its name, nor by its line."""
    sheet = read_sheet(text.encode())
    lines = re.split(r"\r*\n|[\r\v]", text)
    told = {problem.where for problem in sheet.remarks}
    missing = {row.name for row in sheet.printed} - {row.name for row in sheet.rows}  # for who marks it to tell
    lost = []
    for name, answer in answers.items():
        if answer not in text or name in missing or is_read(sheet, name, answer):
            continue
        near = {f"line {number}" for number, line in enumerate(lines, 1) if answer in line or f"`{name}`" in line}
        if not (near & told or any(f" {name} " in f" {problem.what}" for problem in sheet.remarks)):
            lost.append(name)
    return lost


def is_read(sheet: Sheet, name: str, answer: str) -> bool:
    """Whether a cell has its own number, or something that nobody takes for a number."""
    found = [read_answer(row.text) for row in sheet.rows if row.name == name]
    filled = [each for each in found if not isinstance(each, Blank)]
    assert all(each.value == float(answer) for each in filled if isinstance(each, Answer)), f"{name} is read wrong"
    return bool(filled)


def test_the_sheets_are_filled_in() -> None:
    for text, answers in SHEETS.values():
        assert len(answers) > 50
        assert not_told(text, answers) == []
        assert len(read_sheet(text.encode()).rows) == len(answers)


@pytest.mark.parametrize("kind", EDITS)
def test_no_answer_is_lost_in_silence(kind: str) -> None:
    for seed in range(DRAWN):
        text, answers = SHEETS[("cells", "matrices", "steps")[seed % 3]]
        after = damaged(text, seed, [kind])
        assert not_told(after, answers) == [], after


def test_no_answer_is_lost_to_several_edits() -> None:
    chance = random.Random(11)
    for seed in range(150):
        text, answers = SHEETS[("cells", "matrices", "steps")[seed % 3]]
        kinds = chance.sample(list(EDITS), chance.choice((2, 3)))
        after = damaged(text, seed, kinds)
        assert not_told(after, answers) == [], (kinds, after)
