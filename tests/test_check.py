"""What a student is told about a filled-in sheet before handing it in."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from backproptable.basics.errors import InputError
from backproptable.marking.check import CheckReport, Doubled, check_sheet, report_on
from backproptable.returned.sheet import read_sheet
from backproptable.returned.tables import MAX_SIZE
from support.finished import finished_preset

SHEET = """| | |
|---|---|
| code | 01234-56789 |
| numbers asked | 4 |

| cell | answer |
|:--|--:|
| `z1[1]` | 0.3775 |
| `z1[2]` | 0.1*0.2 = 0.02 |
| `L` |  |
| `norm(dL/dW1)` | 4.567e-5 |
"""


def check(text: str) -> CheckReport:
    return report_on(read_sheet(text.encode()), "mine.md")


def told(text: str) -> str:
    return "\n".join(check(text).lines())


def test_a_sheet_that_can_be_handed_in() -> None:
    report = check(SHEET)
    assert report.clean
    assert (report.code, report.asked, report.found, report.missing) == ("01234-56789", 4, 4, 0)
    assert report.read == ("z1[1]", "z1[2]", "norm(dL/dW1)")
    assert report.blank == ("L",)
    assert report.unreadable == report.doubled == report.faults == report.remarks == ()
    assert report.lines() == (
        "mine.md: 3 of 4 numbers can be read.",
        "  code: 01234-56789",
        "  Blank (1): L",
        "  This can be handed in; 1 number is still blank.",
    )


@pytest.mark.parametrize(
    ("blank", "words"),
    [
        (0, "This can be handed in."),
        (1, "This can be handed in; 1 number is still blank."),
        (2, "This can be handed in; 2 numbers are still blank."),
        (4, "Nothing is filled in yet: 4 numbers are blank. Write each between the last two bars of its line."),
    ],
)
def test_how_many_are_blank(blank: int, words: str) -> None:
    rows = "".join(f"| `z1[{number}]` | {'' if number <= blank else 0.5} |\n" for number in range(1, 5))
    report = check(SHEET[: SHEET.index("| `z1[1]`")] + rows)
    assert report.clean
    assert report.lines()[-1] == f"  {words}"


def test_answers_behind_their_cells_are_told_with_their_lines() -> None:
    report = check(SHEET.replace("| 0.3775 |", "|  | 0.3775").replace("| 4.567e-5 |", "| | 4.567e-5 |"))
    assert report.clean
    assert report.displaced == (8, 11)
    assert "(write between the last two bars): lines 8, 11" in "\n".join(report.lines())


def test_everything_at_once() -> None:
    report = check(
        SHEET.replace("0.3775", "0,5 cm")
        .replace("asked | 4", "asked | 9")
        .replace("01234-56789", "01234-56788")
        .replace("| `L` |  |", "| `z1[2]` | 0.02 |\n| loss | 0.5 |\n| `l[1]` | 0.5 | 0.6 |\n| `L` | ? |")
        + "\nl[2] = 0.5\n"
    )
    assert not report.clean
    assert report.lines() == (
        "mine.md: 1 of 9 numbers can be read.",
        "  code: '01234-56788' in line 3 is no code: a character is wrong or missing."
        " Copy the line again from the sheet as you got it.",
        "  Not readable:",
        "    line 8, z1[1]: 'cm' is not part of a number: write the number alone, without unit, name or remark",
        "    line 12, l[1]: the row of l[1] has 3 cells where its table has 2, so its answer is not clear."
        " Write each row into one line, and no bar | inside a cell.",
        "  In several rows (keep one of them):",
        "    z1[2]: lines 9, 10",
        "  Missing: 4 rows of the sheet are not there.",
        "  Blank (1): L",
        "  Passed over:",
        "    line 11: 'loss' is no name of a cell, so this row is not read."
        " Names are written as the sheet has them, like z1[1].",
        "    line 16: this line gives l[2] and is outside a table. Put it into its row of the sheet's table,"
        " under the heading '| cell | ... | answer |'.",
        "  Please mend this before you hand it in.",
    )


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("0.3775", "0.37 75", "line 8, z1[1]: '0.37' and '75' stand side by side"),
        ("| `L` |  |\n", "", "Missing: 1 row of the sheet is not there."),
        ("asked | 4", "asked | 3", "Too many: 1 row more than the sheet asks for."),
        ("| `L` |  |\n", "| `L` |  |\n| `L` | 1 |\n", "L: lines 10, 11"),
        ("| code | 01234-56789 |\n", "", "code: the line '| code | ... |' of the sheet is not there."),
        ("| numbers asked | 4 |\n", "", "numbers asked: the line '| numbers asked | ... |' of the sheet is not there."),
    ],
)
def test_each_of_these_spoils_a_sheet(old: str, new: str, words: str) -> None:
    damaged = SHEET.replace(old, new)
    assert not check(damaged).clean
    assert words in told(damaged)
    assert "Please mend this" in told(damaged)


def test_blanks_and_passed_over_lines_do_not_spoil_it() -> None:
    text = SHEET.replace("0.3775", "") + "| my own note | for me |\n"
    assert check(text).clean
    assert "line 12: 'my own note' is no name of a cell" in told(text)


def test_every_asked_number_is_counted_once() -> None:
    report = check(SHEET + "| z1[1] | 5 |\n| z1[1] | cm |\n| l[1] | cm |\n")
    assert report.doubled == (Doubled("z1[1]", (8, 12, 13)),)
    assert len(report.read) + len(report.blank) + len(report.unreadable) + len(report.doubled) == report.found == 5


def test_many_faults_of_a_kind_are_cut() -> None:
    rows = "".join(f"| l[{number}] | cm |\n| z1[{number}] | |\n| a1[{number}] | 1 |\n" for number in range(2, 102))
    text = told(SHEET + rows + rows.replace("l[", "y[").replace("z1[", "z2["))
    assert "    ... and 150 more\n" in text
    assert "    ... and 51 more\n" in text
    assert "Blank (200): L, z1[3]" in text
    assert text.count("\n") < 120


def test_our_own_blank_sheets_lose_nothing() -> None:
    text = finished_preset("2-2-2", view="blank").files["2-2-2.md"].replace(" value |", " answer |")
    report = check(text.replace("| | |\n|---|---|", "| code | 01234-56789 |\n|---|---|\n| numbers asked | 54 |"))
    assert report.clean
    assert (len(report.blank), report.read, report.remarks) == (54, (), ())


# --- files -------------------------------------------------------------------------------------


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "mine.md"
    path.write_text(SHEET, encoding="utf-16")
    report = check_sheet(path)
    assert report.clean
    assert report.lines()[0] == f"{path}: 3 of 4 numbers can be read."


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be read .No such file or directory.. Name a Markdown file that is there"),
        (b"\x00\x01", "is no text"),
        (b"a" * (3 * MAX_SIZE), "larger than"),
    ],
)
def test_files_that_cannot_be_read(tmp_path: Path, content: bytes | None, words: str) -> None:
    path = tmp_path / "mine.md"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=words) as refused:
        check_sheet(path)
    assert str(refused.value).startswith(f"{path}: file: ")


def test_a_pipe_keeps_nobody_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.md")
    for path in (tmp_path / "pipe.md", Path("/dev/zero")):
        with pytest.raises(InputError, match="is no file, but a pipe"):
            check_sheet(path)


def test_a_folder_is_no_sheet(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Is a directory"):
        check_sheet(tmp_path)
