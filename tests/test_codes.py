"""Codes of sheets: how they are written, read back, and what their checksum finds."""

from __future__ import annotations

import random
import re

import pytest

from backproptable.courses.codes import make_code, read_code
from backproptable.returned.sheet import Sheet, read_sheet
from backproptable.sheets.marks import ASKED, CODE


def test_codes() -> None:
    draw = random.Random(1)
    for _ in range(50):
        code = make_code([draw.randrange(32) for _ in range(9)])
        assert re.fullmatch("[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}", code)
        assert read_code(code) == read_code(code.lower().replace("-", " ")) == code
        assert read_code(code.replace("0", "O").replace("1", "l")) == code
        assert read_code(f" **`{code[:5]}–{code[6:]}`** ") == code


def test_a_code_finds_every_single_slip_and_every_two_that_changed_places() -> None:
    draw = random.Random(2)
    letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    for _ in range(20):
        code = make_code(draw.randbytes(9)).replace("-", "")
        for place in range(10):
            wrong = [code[:place] + letter + code[place + 1 :] for letter in letters if letter != code[place]]
            assert [read_code(each) for each in wrong] == [None] * 31
            for other in range(place):
                swapped = list(code)
                swapped[place], swapped[other] = code[other], code[place]
                assert "".join(swapped) == code or read_code("".join(swapped)) is None


@pytest.mark.parametrize("text", ["", "01234", "01234-5678U", "01234-567890", "0123456789٣", "hello"])
def test_what_is_no_code(text: str) -> None:
    assert read_code(text) is None


def test_a_code_is_made_of_nine_numbers() -> None:
    with pytest.raises(ValueError, match="9 numbers, not 8"):
        make_code(range(8))


# --- on a sheet --------------------------------------------------------------------------------

SHEET = """| | |
|---|---|
| code | 01234-56789 |
| numbers asked | 5 |

## A sheet
"""


def read(text: str) -> Sheet:
    return read_sheet(text.encode())


def about(sheet: Sheet, where: str) -> str:
    return " ".join(problem.what for problem in sheet.remarks if problem.where == where)


@pytest.mark.parametrize(
    ("old", "new", "where", "words"),
    [
        ("| code | 01234-56789 |\n", "", CODE, "is not there"),
        ("01234-56789", "01234-56788", CODE, "'01234-56788' in line 3 is no code"),
        ("01234-56789", "", CODE, "'' in line 3 is no code"),
        ("## A sheet", "Code 01234-56789\n\nCode: HJKMN-PQRS8\n", CODE, "01234-56789 and HJKMN-PQRS8 are codes"),
        ("| numbers asked | 5 |\n", "", ASKED, "is not there"),
        ("| numbers asked | 5 |", "| numbers asked | all |", ASKED, "'ALL' in line 4 is no whole number"),
        ("## A sheet", "Numbers asked: 6", ASKED, "5 and 6"),
    ],
)
def test_code_and_count_are_told_when_they_are_wrong(old: str, new: str, where: str, words: str) -> None:
    sheet = read(SHEET.replace(old, new, 1))
    assert words in about(sheet, where)
    assert (sheet.code if where == CODE else sheet.asked) is None


def test_the_same_code_twice_is_one_code() -> None:
    assert read(SHEET + "\nCode: 01234 56789\n").code == "01234-56789"
