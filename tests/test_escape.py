"""Names of strangers are shown as they are by Markdown and TeX, and are never more than text."""

from __future__ import annotations

import re
import subprocess
import unicodedata
from html.parser import HTMLParser
from pathlib import Path

import pytest
from cmarkgfm import github_flavored_markdown_to_html
from cmarkgfm.cmark import Options
from hypothesis import given, settings
from hypothesis import strategies as st

from backproptable.render.escape import SETTABLE, markdown_text, settable, tex_text
from backproptable.render.templates import fill_template
from backproptable.rosters.student import Student
from support.hostile import ATTACKS, INVISIBLE, hostile_rows
from support.people import PEOPLE
from support.tools import compiled, faults

TEXT = st.one_of(
    st.text(max_size=60),
    st.text("aB1 .-_*`~[]()<>&#!|\\/:@'\"$^{}=+,%?;\n", max_size=30),
    st.lists(
        st.sampled_from([*ATTACKS, *INVISIBLE, "www.", "http://", "a@b.c", "- ", "1. ", " ", "\n", "x"]), max_size=3
    ).map("".join),
)


def shown(text: str) -> str:
    """The name as sheets have it: the escapes leave nothing out of it."""
    return Student("1", {"first_name": text}).name


ORDINARY = [f"{first} {last}".strip() for first, last in PEOPLE]
NAMES = sorted({shown(text) for text in [*ATTACKS, *ORDINARY]})
CLASS = sorted({shown(row["first_name"]) for row in hostile_rows()} - {""})


# --- Markdown ----------------------------------------------------------------------------------


class _Page(HTMLParser):
    """Elements and text of a page; comments are neither."""

    def __init__(self, markdown: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.cells: list[str] = []
        self.in_cell = False
        self.feed(github_flavored_markdown_to_html(markdown, Options.CMARK_OPT_UNSAFE))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert not attrs
        self.in_cell = tag in ("td", "th")
        if self.in_cell:
            self.cells.append("")

    def handle_endtag(self, tag: str) -> None:
        self.in_cell = self.in_cell and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        self.text += data
        if self.in_cell:
            self.cells[-1] += data


def assert_is_only_text(text: str) -> None:
    name = shown(text)
    escaped = markdown_text(name)
    paragraph = _Page(escaped)
    assert paragraph.text.rstrip("\n") == name
    assert paragraph.tags == (["p"] if name else [])
    table = _Page(f"| a | b |\n|---|---|\n| a | {escaped} |\n| c | d |\n")
    assert table.cells == ["a", "b", "a", name, "c", "d"]
    assert table.tags == [*("table", "thead", "tr", "th", "th", "tbody"), *("tr", "td", "td") * 2]
    inside = _Page(f"**Name:** {escaped}, *x*")
    assert inside.text.rstrip("\n") == f"Name: {name}, x"
    assert inside.tags == ["p", "strong", "em"]


@pytest.mark.parametrize("text", [*ATTACKS, *INVISIBLE], ids=lambda text: ascii(text[:20]))
def test_markdown_shows_the_text_and_nothing_else(text: str) -> None:
    assert_is_only_text(text[:400])


@settings(deadline=None)
@given(TEXT)
def test_markdown_shows_any_text_and_nothing_else(text: str) -> None:
    assert_is_only_text(text)


@pytest.mark.parametrize("name", ["Ada Lovelace", "Seán O'Neill", "Mary-Jane Smith, Jr.", "J. R. R. Tolkien", "芳 王"])
def test_ordinary_names_are_readable_in_the_source(name: str) -> None:
    assert markdown_text(name) == name


def test_people_are_readable_in_the_source() -> None:
    assert [name for name in ORDINARY if markdown_text(name) != unicodedata.normalize("NFC", name)] == []


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a|b", "a&#124;b"),
        ("www.x.y", "www&#46;x&#46;y"),
        ("1. x", "1&#46; x"),
        ("a@b.c", "a&#64;<!-- -->b&#46;c"),
        ("- a -b c-d", "&#45; a &#45;b c-d"),
        ("a\n\tb\x00c", "a b c"),
        ("  a  b ", "a b"),
        ("$x_1$", "&#36;x&#95;1&#36;"),
    ],
)
def test_what_is_escaped(text: str, escaped: str) -> None:
    assert markdown_text(text) == escaped


def test_formulas_beside_a_name_stay_the_only_ones() -> None:
    """Formulas are found in the source, or in what is shown of it: there are dollars in neither but ours."""
    assert not any("$" in markdown_text(text) for text in ATTACKS)


def test_templates_find_nothing_to_do_in_a_name() -> None:
    assert not re.search(r"\(\(|\{|\{%", "".join(map(markdown_text, ATTACKS)))


# --- TeX ---------------------------------------------------------------------------------------


def document(lines: list[str]) -> str:
    body = "\n\n".join(lines)
    return f"{fill_template('tex/preamble.tex.j2', {})}\\begin{{document}}\n{body}\n\\end{{document}}\n"


def printed(folder: Path) -> str:
    """The text of the page, where there is a program to read it."""
    try:
        run = subprocess.run(["pdftotext", "-layout", "sheet.pdf", "-"], cwd=folder, capture_output=True, check=True)
    except FileNotFoundError:
        pytest.skip("pdftotext is missing: on Debian, apt install poppler-utils")
    return run.stdout.decode()


ACCENTED = [
    character
    for code in (*range(0x180, 0x250), *range(0x1E00, 0x1F00))
    if settable(character := chr(code)) and character not in SETTABLE
]


def test_everything_that_is_settable_compiles(tmp_path: Path) -> None:
    characters = [*sorted(SETTABLE), *ACCENTED]
    lines = [tex_text(f"x{one}x") for one in characters] + [
        tex_text("".join(characters[n : n + 40])) for n in range(0, 800, 40)
    ]
    assert len(ACCENTED) > 200
    assert (
        faults(
            compiled(document([rf"\mbox{{{line}}} \textbf{{{line}}}" for line in lines[: len(characters)]]), tmp_path)
        )
        == []
    )
    assert (
        faults(
            compiled(
                document([*lines, *(rf"\begin{{tabular}}{{l}}a\\{line}\\\end{{tabular}}" for line in lines[:95])]),
                tmp_path,
            )
        )
        == []
    )


def test_hostile_text_compiles_and_does_nothing(tmp_path: Path) -> None:
    lines = [rf"\begin{{tabular}}{{l}}a\\{tex_text(text)}\\{tex_text(text)}\\\end{{tabular}}" for text in NAMES + CLASS]
    log = compiled(document([tex_text(text) for text in ATTACKS + ORDINARY]), tmp_path)
    assert "passwd" not in log
    assert not re.search("^Missing character", log, re.MULTILINE)
    compiled(document(lines), tmp_path)


def test_tex_prints_the_text_itself(tmp_path: Path) -> None:
    texts = ["50 % & #1 $x_1$ {a} ~b ^c", r"\input{/etc/passwd}", '<<a>> |b| "c" ,,d --', "[x] *y* z", "Łukasz Żubr"]
    filling = [tex_text("".join(sorted(SETTABLE))[:120])] * 3
    compiled(document([*map(tex_text, texts), *filling]), tmp_path)
    lines = [" ".join(line.split()) for line in printed(tmp_path).splitlines()]
    assert [text for text in texts if text not in lines] == [], lines


@pytest.mark.parametrize(
    ("text", "escaped", "is_settable"),
    [
        ("Zoë O'Neill", "Zoë O'Neill", True),
        ("Jose\u0301", "José", True),
        ("Nguyễn Việt", r"Nguy\~{ê}n Vi\d{\^{e}}t", True),
        ("Ṣi\u0323\u0301", r"\d{S}\d{\'{\i}}", True),
        ("a & b_c", r"a \& b\_c", True),
        ("a--b ''c'' <<", "a-{}-b '{}'c'{}' <{}<", True),
        ("\\\n{x}", r"\textbackslash{} \{x\}", True),
        ("e\u0304\u0301 o\u0304\u0301\u0323 Thủy", "? ? Th?y", False),
        ("Keali\u02bbi", r"Keali\textquoteleft{}i", True),
        ("王 小明", "? ??", False),
        ("शि", "?", False),
        ("Анна 😀", "???? ?", False),
        ("a" + "\u0301" * 300, "?", False),
        ("a\u200db\u202e", "ab", True),
        ("", "", True),
    ],
)
def test_tex(text: str, escaped: str, is_settable: bool) -> None:
    assert tex_text(text) == escaped
    assert settable(text) is is_settable


@settings(deadline=None)
@given(TEXT)
def test_tex_has_balanced_braces_and_no_stranger_s_commands(text: str) -> None:
    escaped = tex_text(text)
    bare = re.sub(r"\\[{}$&#%_]", "", escaped)
    depth = 0
    for character in bare:
        depth += (character == "{") - (character == "}")
        assert 0 <= depth <= 4
    assert depth == 0
    assert not set("$&#%_^~") & set(re.sub(r"\\[\^~]\{", "{", bare))
    words = "text(backslash|asciicircum|asciitilde|asciigrave|commabelow|quoteleft|quoteright)|[uHvdckrbij]"
    known = rf"\\(({words})(?![a-zA-Z])|[`'^~=.\"](?=\{{))"
    assert "\\" not in re.sub(known, "", bare)
    assert "\n" not in escaped
    if settable(text):
        assert escaped.count("?") == text.count("?")


def test_which_people_can_be_set() -> None:
    """Western names all can, and most of those that Latin letters are used for anywhere."""
    assert all(map(settable, ORDINARY[:40]))
    assert sum(map(settable, ORDINARY[40:80])) > 25
    assert not any(map(settable, ORDINARY[80:]))
