"""What is no text, what is too much of one, and cells against Markdown's own."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from backproptable.basics.errors import InputError
from backproptable.returned.answers import Answer, read_answer
from backproptable.returned.sheet import Row, Sheet, read_sheet
from backproptable.returned.tables import BAR, GAP, MAX_SIZE, TAB, is_rule, read_lines

SHEET = """| | |
|---|---|
| code | 01234-56789 |
| numbers asked | 4 |

| cell | answer |
|:--|--:|
| `z1[1]` | 0.3775 |
| `z1[2]` | 0.1*0.2 = 0.02 |
| `W1’[1,1]` | 0.2 |
"""


def read(text: str) -> Sheet:
    return read_sheet(text.encode())


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (SHEET.encode("utf-16-le"), "UTF-16 without its mark.* Save it as UTF-8"),
        ("’".encode("cp1252") + SHEET.encode(), "not UTF-8 text, or damaged .line 1.. Save it as UTF-8"),
        (SHEET.encode() + b"\n\xff", "line 12"),
        (SHEET.encode("utf-16")[:-1], "not UTF-8 text, or damaged"),
        (b"PK\x03\x04...", "Word, Excel or zip file.* Hand in the Markdown file"),
        (b"%PDF-1.7", "PDF"),
        (b"\x89PNG\r\n", "picture"),
        (bytes(range(256)), "line"),
        (b"a" * (MAX_SIZE + 1), "larger than 1,000 kB.* Hand in the sheet alone"),
    ],
)
def test_what_is_no_text_is_refused_with_a_remedy(data: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_sheet(data)


@pytest.mark.parametrize("text", ["", "\n", "Hello", "\ufeff"])
def test_a_text_without_a_table_is_a_sheet_without_rows(text: str) -> None:
    sheet = read(text)
    assert (sheet.code, sheet.asked, sheet.rows) == (None, None, ())
    assert len(sheet.remarks) == 2


HEADING = "| cell | answer |\n|---|---|\n"


@pytest.mark.parametrize(
    "text",
    [
        HEADING + "".join(f"| z1[{number}] | 0.{number} |\n" for number in range(1, 20_001)),
        ("|" + "a|" * 3000 + "\n|" + "-|" * 3000 + "\n" + ("|" + "1|" * 3000 + "\n") * 20),
        ("|" + "a|" * 3000 + "\n|" + "-|" * 3000 + "\n" + "a\n" * 100_000),
        ("| cell |" + "a|" * 3000 + "answer |\n|" + "-|" * 3002 + "\n" + ("| L |" + "1|" * 3000 + "\n") * 20),
        "[" * 50_000,
        "> " * 50_000,
        "- " * 50_000,
        "|" * 100_000,
        "`" * 100_000,
        "<" * 100_000,
        "<td" + "z1[" * 30_000,
        "z1[1]\t0.5\n" * 10_000,
        "L:\n" * 30_000,
        HEADING + "| " + "(" * 100_000 + " |\n",
        HEADING + "| " + "z" * 100_000 + " | 1 |\n",
        "| " + " " * 100_000 + "|\n",
    ],
)
def test_large_and_hostile_sheets_take_seconds_at_most(text: str) -> None:
    start = time.process_time()
    read(text)
    assert time.process_time() - start < 5


def test_a_large_table_is_read_whole() -> None:
    sheet = read(HEADING + "".join(f"| z1[{number}] | 0.{number} |\n" for number in range(1, 20_001)))
    assert len(sheet.rows) == 20_000
    assert sheet.rows[-1] == Row("z1[20000]", "0.20000", 20_002)


# --- cells -------------------------------------------------------------------------------------

MARKDOWN = MarkdownIt("commonmark").enable("table")
WIDTH = 3
PIECES = ["a", "1", "*", "`", r"\|", " ", "$", "_", "z1[1]", "&", "<"]
cells = st.lists(st.sampled_from(PIECES), max_size=6).map(lambda pieces: "".join(pieces).strip())
rows = (
    st.lists(cells, min_size=WIDTH, max_size=WIDTH)
    .filter(lambda row: row[0][:1] not in {"", "*", "`", "<"})
    .filter(lambda row: not set("".join(row)) <= set("_ "))  # which we take for a drawn line, and Markdown does not
)
frames = st.sampled_from(["{}", "| {} |", "| {}"])


@given(st.lists(rows, min_size=1, max_size=5), frames, st.sampled_from(["", "> ", "  "]))
def test_cells_are_those_of_markdown(rows: list[list[str]], frame: str, before: str) -> None:
    """Where a row has as many cells as its table."""
    lines = ["| a | b | c |", "|---|---|---|", *(frame.format(" | ".join(row)) for row in rows)]
    text = "\n".join(before + line for line in lines)
    tokens = MARKDOWN.parse(text)
    theirs = [token.content for token in tokens if token.type == "inline"]
    lines_of_ours = [line for line in read_lines(text) if not is_rule(line)]
    ours = [cell for line in lines_of_ours for cell in (*line.cells, "", "")[:WIDTH]]
    assert ours == theirs
    assert [line.number for line in lines_of_ours] == [1, *range(3, len(lines) + 1)]


def test_what_markdown_cuts_is_kept() -> None:
    assert read_lines("| a | b |\n|---|---|\n| 1 | 2 | 3 |\n")[2].cells == ("1", "2", "3")


def test_every_line_in_which_something_stands_is_there() -> None:
    lines = read_lines("# A\n\n| a |\n|---|\n \t\n\u200b\nz\t1\r\nx  y\f\n> - a\\|b\n")
    assert [(line.number, line.mark, line.cells) for line in lines] == [
        (1, "", ()),
        (3, BAR, ("a",)),
        (4, BAR, ("---",)),
        (7, TAB, ("z", "1")),
        (8, GAP, ("x", "y")),
        (10, "", ()),
    ]


# --- against Markdown -----------------------------------------------------------------------------

BITS = (
    *(
        "| cell | answer |",
        "|---|---|",
        "|:--|--:|",
        "| z1[1] | 0.71 |",
        "",
        "- item",
        "> | cell | answer |",
        "> |--|--|",
    ),
    *("> | z1[2] | 0.72 |", "    code", "```", "text", "cell | answer", "--|--", "z1[3] | 0.73", "# h", "***"),
    *(
        "  | z1[4] | 0.74 |",
        "- | cell | answer |",
        "  |---|---|",
        "  | z1[5] | 0.75 |",
        "|",
        "||",
        "| z1[6] |",
        "|---|",
    ),
    *5 * ("| cell | answer |\n|---|---|", "> | cell | answer |\n> |--|--|", "cell | answer\n--|--"),
    *("<div>", "\t| z1[7] | |", "| cell | value |", "| z1[8] | 0.78 | |", "| a | b |", "L | 0.79"),
)


def shown_by_markdown(text: str) -> list[tuple[str, str, int]]:
    """The rows with two cells, of which none is empty, in tables headed cell and answer: name, answer and line."""
    shown, tokens = [], MARKDOWN.parse(text)
    heading: list[str] = []
    for place, token in enumerate(tokens):
        if token.type == "tr_open":
            inner = [each.content for each in tokens[place : place + 7] if each.type == "inline"]
            if tokens[place - 1].type == "thead_open":
                heading = inner
            elif heading == ["cell", "answer"] and all(inner):
                shown.append((inner[0], inner[1], (token.map or [0])[0] + 1))
    return shown


def test_every_answer_that_markdown_shows_is_read_as_that_answer():
    chance, found = random.Random(1), 0
    for _ in range(2000):
        text = "\n".join(chance.choice(BITS) for _ in range(chance.randint(2, 14)))
        sheet = read(text)
        told = {problem.where for problem in sheet.remarks}
        for name, answer, line in shown_by_markdown(text):
            if isinstance(read_answer(answer), Answer):
                there = sheet.rows + sheet.printed  # a heading may stand in any row
                assert Row(name, answer, line) in there or f"line {line}" in told, text
                found += 1
    assert found > 300
