"""What is no text, what is too much of one, and cells against Markdown's own."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from backproptable import tables
from backproptable.errors import InputError
from backproptable.sheet import Row, Sheet, read_sheet
from backproptable.tables import MAX_SIZE, read_page

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
rows = st.lists(cells, min_size=WIDTH, max_size=WIDTH).filter(lambda row: row[0][:1] not in {"", "*", "`", "<"})
frames = st.sampled_from(["{}", "| {} |", "| {}"])


@given(st.lists(rows, min_size=1, max_size=5), frames, st.sampled_from(["", "> ", "  "]))
def test_cells_are_those_of_markdown(rows: list[list[str]], frame: str, before: str) -> None:
    """Where a row has as many cells as its table."""
    lines = ["| a | b | c |", "|---|---|---|", *(frame.format(" | ".join(row)) for row in rows)]
    text = "\n".join(before + line for line in lines)
    tokens = MARKDOWN.parse(text)
    theirs = [token.content for token in tokens if token.type == "inline"]
    (table,) = read_page(text).tables
    ours = [cell for line in table.lines for cell in (*line.cells, "", "")[:WIDTH]]
    assert ours == theirs
    assert [line.number for line in table.lines] == [1, *range(3, len(lines) + 1)]


def test_what_markdown_cuts_is_kept() -> None:
    (table,) = read_page("| a | b |\n|---|---|\n| 1 | 2 | 3 |\n").tables
    assert table.lines[1].cells == ("1", "2", "3")


def test_every_line_stands_somewhere() -> None:
    page = read_page("# A\n\n| a |\n|---|\n| 1 |\n\nz\t1\n\n```python\nx\n```\n\n```\ny\n```\n")
    assert [[line.number for line in table.lines] for table in page.tables] == [[3, 5], [7]]
    assert [table.is_pasted for table in page.tables] == [False, True]
    assert [line.number for line in page.loose] == [1, 13, 14, 15]


# --- the extent of tables -------------------------------------------------------------------------

BITS = (
    *("| a | b |", "|---|---|", "|:--|--:|", "| 1 | 2 |", "", "- item", "> | a | b |", "> |--|--|", "> | 1 | 2 |"),
    *("    code", "```", "text", "a | b", "--|--", "1 | 2", "# h", "***", "  | x | y |", "- | a | b |"),
    *("  |---|---|", "  | 3 | 4 |", "|", "||", "| a |", "|---|", "<div>", "\t| q |"),
)


def test_tables_begin_and_end_where_markdown_it_itself_sees_them():
    standard = MarkdownIt("commonmark").enable("table")
    standard.core.ruler.enableOnly(["normalize", "block"])

    def extents(parser: MarkdownIt, text: str) -> list[tuple[str, list[int]]]:
        return [(token.type, token.map) for token in parser.parse(text) if token.type in ("table_open", "fence")]

    chance, found = random.Random(1), 0
    for _ in range(4000):
        text = "\n".join(chance.choice(BITS) for _ in range(chance.randint(1, 14)))
        expected = extents(standard, text)
        assert extents(tables._PARSER, text) == expected, text
        found += len(expected)
    assert found > 1000
