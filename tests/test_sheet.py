"""A returned sheet is read whatever an editor has made of it, and nothing on it is lost in silence."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backproptable.formulas.written_names import cell_name
from backproptable.returned.answers import Unreadable, read_answer
from backproptable.returned.sheet import UNREAD_BLOCKS, Row, Sheet, read_sheet
from backproptable.sheets.marks import ASKED, CODE
from support.finished import finished_preset
from support.returned import ROWS, SHEET


def read(text: str) -> Sheet:
    return read_sheet(text.encode())


def answers(sheet: Sheet) -> dict[str, str]:
    assert len({row.name for row in sheet.rows}) == len(sheet.rows)
    return {row.name: row.text for row in sheet.rows}


def line_of(text: str, part: str) -> int:
    return next(number for number, line in enumerate(text.split("\n"), 1) if part in line)


def is_clear(row: Row) -> bool:
    return not isinstance(read_answer(row.text), Unreadable)


# --- an undamaged sheet ------------------------------------------------------------------------


def test_an_undamaged_sheet() -> None:
    sheet = read(SHEET)
    assert (sheet.code, sheet.asked, sheet.remarks) == ("01234-56789", 5, ())
    assert answers(sheet) == ROWS
    assert sheet.printed == (Row("a1[1]", "0.5933", line_of(SHEET, "a1[1]")),)
    assert [row.line for row in sheet.rows] == [line_of(SHEET, f"`{name}`") for name in ROWS]


@pytest.mark.parametrize("layout", ["cells", "matrices", "steps"])
@pytest.mark.parametrize("view", ["blank", "worked"])
@pytest.mark.parametrize("preset", ["2-2-2", "3-3-3-3", "batch-of-two"])
def test_whatever_we_write_can_be_read(preset: str, view: str, layout: str) -> None:
    """Every row of cells is found, and nothing on our own sheets looks like a lost answer."""
    text = finished_preset(preset, view=view, layout=layout).files[f"{preset}.md"]
    sheet = read(text)
    rows = sheet.rows + sheet.printed
    assert [problem for problem in sheet.remarks if problem.where not in (CODE, ASKED)] == []
    assert len(rows) == len(re.findall(r"^\| `[^|]*\|.*\|$", text, re.MULTILINE)) > 50
    assert all(map(is_clear, rows))


# --- damage that does no harm ------------------------------------------------------------------

TABLE = re.compile(r"^\|.*\n", re.MULTILINE)


def each_row(change: Callable[[str], str]) -> Callable[[str], str]:
    return lambda text: TABLE.sub(lambda line: change(line[0]), text)


def aligned(row: str) -> str:
    return (
        "|".join(f"{cell.strip():^30}" if "-" * 2 not in cell else f" {cell.strip()} " for cell in row.split("|"))
        + "\n"
    )


HARMLESS: dict[str, Callable[[str], str]] = {
    "nothing": lambda text: text,
    "aligned": each_row(lambda row: "|" + aligned(row.strip("|\n")).rstrip("\n") + "|\n"),
    "CRLF": lambda text: text.replace("\n", "\r\n"),
    "CR": lambda text: text.replace("\n", "\r"),
    "BOM": lambda text: "\ufeff" + text,
    "no last line feed": str.rstrip,
    "smart quotes": lambda text: text.replace("'", "’"),
    "primes": lambda text: text.replace("'", "′"),
    "prime after the indices": lambda text: text.replace("W1'[1,2]", "W1[1,2]'"),
    "no backticks": each_row(lambda row: row.replace("`", "")),
    "bold names": each_row(lambda row: row.replace("`", "**")),
    "escaped brackets": each_row(lambda row: row.replace("`", "").replace("[", r"\[").replace("]", r"\]")),
    "spaces in names": each_row(lambda row: row.replace("[1,2]", " [1, 2 ]").replace("dL/dW", "dL / dW")),
    "full-width brackets": each_row(lambda row: row.replace("[", "［").replace("]", "］")),
    "entities": each_row(lambda row: row.replace("'", "&#39;").replace("[", "&#91;")),
    "headings in bold": lambda text: text.replace("| answer |", "| **Answer** |").replace("| cell |", "| _CELL_ |"),
    "headings with a colon": lambda text: text.replace("| answer |", "| Answer: |"),
    "no outer bars": each_row(lambda row: row.strip("|\n ") + "\n" if "L` |" not in row else row),
    "no first bar": each_row(lambda row: row.removeprefix("| ")),
    "no last bar": each_row(lambda row: row.rstrip("|\n") + "\n"),
    "an empty column added": each_row(lambda row: row.rstrip("\n") + ("---|\n" if "--" in row else " |\n")),
    "rows in another order": lambda text: text.replace("| `L` |  |\n", "").replace(
        "| `W1'[1,2]`", "| `L` |  |\n| `W1'[1,2]`"
    ),
    "an empty row": lambda text: text.replace("| `L`", "|  |  |\n| `L`"),
    "in a list": lambda text: re.sub("(?m)^", "  ", text.replace("| cell", "- | cell")).replace("  - |", "- |"),
    "pasted with tabs": each_row(
        lambda row: "" if "---" in row else re.sub(r"\s*\|\s*", "\t", row.strip("|\n ")) + "\n"
    ),
    "indented": lambda text: re.sub("(?m)^", "  ", text),
    "an invisible space": each_row(lambda row: row.replace("`", "\u200b")),
    "no-break spaces": each_row(lambda row: row.replace("` |", "`\u00a0|")),
    "tables run together": lambda text: text.replace(
        "| 0.1*0.2 = 0.02 |\n\n```math\nz1[1] = 5\n```\n\n", "| 0.1*0.2 = 0.02 |\n"
    ),
    "all tables run together": lambda text: re.sub(r"(\|\n)[^|]*(\| cell)", r"\1\2", text),
    "the code in small letters": lambda text: text.replace("01234-56789", "`o1234 56789`"),
    "code and count as lines": lambda text: text.replace("| code | 01234-56789 |", "\n**Code:** 01234-56789\n").replace(
        "| numbers asked | 5 |", "- Numbers asked: 5"
    ),
    "an empty line in a table": lambda text: text.replace("| `z1[2]` |", "\n| `z1[2]` |"),
    "no separator": lambda text: text.replace(
        "| cell | formula | answer |\n|:--|:--|--:|\n", "| cell | formula | answer |\n"
    ),
    "a separator too short": lambda text: text.replace("|:--|:--|--:|\n| `z1", "|:--|:--|\n| `z1"),
    "a column of numbers in front": lambda text: text.replace(
        "| cell | answer |\n|:--|", "| # | cell | answer |\n|--|:--|"
    ).replace("| `W1'", "| 1 | `W1'"),
    "a column of remarks behind": lambda text: text.replace(
        "| cell | answer |\n|:--|", "| cell | answer | sure? |\n|--|:--|"
    ).replace("| 0.2 |", "| 0.2 | yes |"),
    "in a code block": lambda text: text.replace("| cell | answer |", "```\n| cell | answer |").replace(
        "```python", "```\n\n```python"
    ),
    "in a block marked as Markdown": lambda text: text.replace("| cell | answer |", "```md\n| cell | answer |").replace(
        "```python", "```\n\n```python"
    ),
    "indented as code": lambda text: text.replace("| cell | answer |", "    | cell | answer |").replace(
        "| `W1'", "    | `W1'"
    ),
    "a fence that is not closed": lambda text: "```\n" + text,
    "a fence of a program that is not closed": lambda text: text.replace("### 1.", "```python\n### 1."),
    "a fence around everything": lambda text: f"```markdown\n{text}```\n",
    "a matrix whose end is lost": lambda text: text.replace("z1[1] = 5\n```", "z1[1] = 5"),
    "rows run together": lambda text: text.replace("0.3775 |\n", "0.3775 | "),
    "rows run together without a space": lambda text: text.replace("0.3775 |\n", "0.3775 |"),
    "blank rows run together": lambda text: text.replace("0.2 |\n", "0.2 |").replace("`L` |  |\n", "`L` | |"),
    "a table in one line": lambda text: re.sub(r"\|\n(?=\| `|\|:)", "| ", text),
    "rows run together with one bar": lambda text: text.replace("0.3775 |\n| ", "0.3775 | "),
    "a heading under text": lambda text: text.replace("$\n\n| cell", "$| cell"),
    "a row under text": lambda text: text.replace("--:|\n| `z1", "--:|\nHere | `z1", 1),
    "line ends of Windows, twice": lambda text: text.replace("\n", "\r\r\n"),
    "empty lines after every line": lambda text: text.replace("\n", "\n\n"),
    "no-break spaces everywhere": lambda text: text.replace(" ", "\u00a0"),
    "eight spaces": lambda text: re.sub("(?m)^", " " * 8, text),
    "tabs in front": lambda text: re.sub("(?m)^", "\t", text),
    "dashes for hyphens": lambda text: text.replace("---", "\u2014").replace("--", "\u2013"),
    "bars as a viewer draws them": lambda text: text.replace("|", "\u2502"),
    "nested quotes": lambda text: re.sub("(?m)^", "> > ", text),
    "rows as a list": each_row(lambda row: f"- {row}"),
    "behind the bar": lambda text: text.replace("| 0.3775 |", "| | 0.3775").replace("| 0.2 |", "|  | 0.2 |"),
    "as wide gaps": each_row(lambda row: "" if "--" in row else re.sub(r" *\| *", "    ", row).strip() + "\n"),
    "text between": lambda text: text.replace("### 1.", "My answers, with e3 and L in mind.\n\n###"),
}


@pytest.mark.parametrize("kind", HARMLESS)
def test_harmless_damage(kind: str) -> None:
    damaged = HARMLESS[kind](SHEET)
    sheet = read(damaged)
    assert (sheet.code, sheet.asked, sheet.remarks) == ("01234-56789", 5, ())
    assert {name: text.replace("\u00a0", " ") for name, text in answers(sheet).items()} == ROWS
    lines = re.split("\r\r\n|\r\n|\r|\n", damaged)
    assert all("".join(row.text.split()) in "".join(lines[row.line - 1].split()) for row in sheet.rows)


def test_a_table_in_a_quote() -> None:
    sheet = read(re.sub("(?m)^(?=[|])", "> ", SHEET).replace("L` |  |\n> |", "L` |  |\n> |"))
    assert answers(sheet) == ROWS
    assert sheet.remarks == ()


def test_escaped_bars_belong_to_their_cell() -> None:
    sheet = read(SHEET.replace("$z_ {1}$", r"$\|z\|$"))
    assert answers(sheet) == ROWS


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_encodings(encoding: str) -> None:
    data = SHEET.replace("'", "′").encode(encoding)
    assert answers(read_sheet(data)) == ROWS


# --- damage that is told -----------------------------------------------------------------------

TOLD: dict[str, tuple[Callable[[str], str], set[str], str, str]] = {
    # what happened; the rows that are not there or not readable then; the line that is told, and how
    "a bare bar": (
        lambda text: text.replace("0.3775", "0.37 | 0.3775"),
        {"z1[1]"},
        "0.37 | 0.3775",
        "z1\\[1\\] has 4 cells where its table has 3",
    ),
    "a bare bar in the formula": (
        lambda text: text.replace("$z_ {1}$ |", "$|z|$ |"),
        {"z1[1]"},
        "$|z|$",
        "has 5 cells",
    ),
    "a bar and an equals sign": (
        lambda text: text.replace("0.3775 |", "0.37 | 2*3 = 0.3775"),
        {"z1[1]"},
        "2*3 = 0.3775",
        "has 4 cells",
    ),
    "a cell taken out": (
        lambda text: text.replace(" $z_ {1}$ |", ""),
        {"z1[1]"},
        "| `z1[1]` |",
        "has 2 cells where its table has 3",
    ),
    "wrapped working": (
        lambda text: text.replace("0.1*0.2 = 0.02 |", "0.1*0.2\n+ 0.3 = 0.32 |"),
        {"z1[2]"},
        "| 0.1*0.2",
        "go on in the next line",
    ),
    "wrapped formula": (
        lambda text: text.replace("| $z_ {2}$ | 0.1*0.2 = 0.02 |", "| $z_ {2}\n$ | 0.02 |"),
        {"z1[2]"},
        "$ | 0.02 |",
        "'\\$' is no name",
    ),
    "a name that is none": (
        lambda text: text.replace("`z1[1]`", "my z"),
        {"z1[1]"},
        "| my z |",
        "'my z' is no name of a cell",
    ),
    "a name in capitals": (
        lambda text: text.replace("`z1[1]`", "`Z1[1]`"),
        {"z1[1]"},
        "`Z1[1]`",
        "'`Z1\\[1\\]`' is no name of a cell",
    ),
    "another heading": (
        lambda text: text.replace("formula | answer |", "formula | solution |"),
        {"z1[1]", "z1[2]"},
        "| solution |",
        "headed 'solution'",
    ),
    "as HTML": (
        lambda text: text.replace("| `z1[2]` | $z_ {2}$ | 0.1*0.2 = 0.02 |", "\n<tr><td>z1[2]</td><td>0.02</td></tr>"),
        {"z1[2]"},
        "<tr>",
        "z1\\[2\\] and is outside",
    ),
    "as HTML in one line": (
        lambda text: text.replace(
            "| `z1[2]` | $z_ {2}$ | 0.1*0.2 = 0.02 |",
            "\n<table><tr><th>cell</th></tr><tr><td>z1[2]</td><td>0.02</td></tr></table>",
        ),
        {"z1[2]"},
        "<table>",
        "z1\\[2\\] and is outside",
    ),
    "a name without indices as HTML": (
        lambda text: text.replace("| `L` |  |\n", "").replace("### 1.", "<tr>\n<td>L</td>\n<td>0.5</td>\n</tr>\n\n###"),
        {"L"},
        "<td>L",
        "gives L and is outside",
    ),
    "pasted under another heading": (
        lambda text: text.replace("| `L` |  |\n", "").replace("### 1.", "a\tb\nL\tln(2) = 0.69\n\n###"),
        {"L"},
        "L\tln",
        "L stands in a table with another heading",
    ),
    "as text with tabs": (
        lambda text: text.replace("| `L` |  |\n", "").replace("### 1.", "a\tb\n**L** =\t0.5\n\n###"),
        {"L"},
        "**L** =",
        "gives L and is outside",
    ),
    "as text": (
        lambda text: text.replace("| `z1[2]` | $z_ {2}$ | 0.1*0.2 = 0.02 |", "\nz1[2] = 0.02"),
        {"z1[2]"},
        "z1[2] = 0.02",
        "outside",
    ),
    "a name without indices as text": (
        lambda text: text.replace("| `L` |  |\n", "").replace("### 1.", "- **L** = 0.4 + 0.1 = 0.5\n\n###"),
        {"L"},
        "**L** =",
        "gives L and is outside",
    ),
    "as text with semicolons": (
        lambda text: text.replace("| `L` |  |\n", "").replace("### 1.", "L;0.5\n\n###"),
        {"L"},
        "L;0.5",
        "outside",
    ),
    "pasted with a tab too many": (
        lambda text: text.replace("| `L` |  |\n", "").replace("### 1.", "L\t0.5\t0.6\n\n###"),
        {"L"},
        "L\t0.5",
        "has 3 cells where its table has 2",
    ),
}


@pytest.mark.parametrize("kind", TOLD)
def test_damage_that_is_told(kind: str) -> None:
    damage, lost, part, words = TOLD[kind]
    damaged = damage(SHEET)
    assert damaged != SHEET
    sheet = read(damaged)
    readable = {row.name: row.text for row in sheet.rows if is_clear(row)}
    assert readable == {name: text for name, text in ROWS.items() if name not in lost}, "nothing is guessed"
    told = {problem.where: problem for problem in sheet.remarks}
    where = f"line {line_of(damaged, part)}"
    assert where in told, told
    assert re.search(words, told[where].what), told[where]
    assert told[where].remedy


def test_doubled_rows_are_all_there() -> None:
    sheet = read(SHEET + "\n| cell | answer |\n|---|---|\n| L | 0.5 |\n| L | 0.6 |\n")
    assert [row.text for row in sheet.rows if row.name == "L"] == ["", "0.5", "0.6"]


def test_deleted_rows_are_not_there() -> None:
    sheet = read(SHEET.replace("| `L` |  |\n", ""))
    assert answers(sheet) == {name: text for name, text in ROWS.items() if name != "L"}


def test_an_answer_on_a_row_of_its_own_without_bars_is_told() -> None:
    """A table takes the lines below it, too: they become rows, and no answer."""
    sheet = read(SHEET.replace("| 4.567e-5 |\n", "| 4.567e-5 |\nI am not sure of this one\n"))
    assert answers(sheet) == ROWS
    assert [problem.what for problem in sheet.remarks] == [
        "'I am not sure of this one' is no name of a cell, so this row is not read."
    ]


STRAY = [
    "",
    "|---|---|",
    "| a |",
    "```",
    "> ",
    "- ",
    "z1[3]\t5",
    "> z1[3]\t5",
    "- z1[3] \t5",
    "**z1[3]** = \t5",
    "a\tb",
]


@given(st.lists(st.sampled_from([*SHEET.split("\n"), *STRAY]), max_size=40))
def test_no_line_with_a_name_at_its_start_is_passed_over(lines: list[str]) -> None:
    """Whatever order the lines of a sheet are in."""
    sheet = read("\n".join(lines))
    told = {problem.where for problem in sheet.remarks}
    known = {row.line for row in sheet.rows + sheet.printed}
    hidden = in_unread_blocks("\n".join(lines))
    for number, line in enumerate(lines, 1):
        first = re.split(r"[|\t=]", line.strip("|>- "))[0]
        if (cell_name(first) or "").endswith("]") and number not in hidden and "x[1]" not in line:
            assert number in known or f"line {number}" in told, line


def in_unread_blocks(text: str) -> set[int]:
    hidden, is_open = set(), False
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith("```"):
            is_open = line[3:] in UNREAD_BLOCKS
        elif is_open:
            is_open = "|" not in line
            hidden |= {number} if is_open else set()
    return hidden
