"""Five hundred entries of a roster that try to be more than text, for every language they end up in.

All of them are rows that a roster may have: they have an id of their own and something visible for a
name. What comes of them has to be a class of five hundred sheets, and nothing else.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

__all__ = ["ATTACKS", "INVISIBLE", "hostile_rows", "write_roster"]

ATTACKS = [
    # paths and the file system
    *("../../x", "..\\..\\x", "/etc/passwd", "C:\\Windows", "~root", ".", "..", "...", ".htaccess", "-rf", "--help"),
    *(
        "CON",
        "con",
        "prn",
        "AUX",
        "nul",
        "COM1",
        "com0",
        "COM¹",
        "LPT9",
        "lpt³",
        "CONIN$",
        "CONOUT$",
        "CLOCK$",
        "ＣＯＮ",
    ),
    *("a/b", "a:b", "a*b?", 'a"b', "a|b", "<a>", "name.md", "name.md.", "name ", "nul.md", "%00", "%2e%2e%2f", "$HOME"),
    # templates and Python
    *("{{7*7}}", "((= 7*7 =))", "((* include 'x' *))", "((# #))", "{% for %}", "{first_name}", "{0.__class__}", "%s%n"),
    *("{first_name.__class__}", "${7*7}", "#{7*7}", "__import__('os')", "`id`", "$(id)", "; rm -rf /", "&& true"),
    # TeX
    *(
        "\\input{/etc/passwd}",
        "\\write18{id}",
        "\\end{document}",
        "\\",
        "\\\\",
        "a & b",
        "50 % off",
        "x_1^2",
        "#1",
        "^^M",
    ),
    *("{", "}", "}{", "$", "$$", "$x$", "$$\\frac{1}{2}$$", "``quoted''", "<<>>", "---", "!`?`", "[x]", "*x", "~~~"),
    # Markdown and HTML
    *("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<!--", "-->", "<b>", "&lt;", "&#60;", "&amp;amp;"),
    *(
        "*a*",
        "**a**",
        "_a_",
        "__a__",
        "~~a~~",
        "`a`",
        "```",
        "[a](javascript:alert(1))",
        "![a](b)",
        "[^1]",
        "[ ] a",
        "[a]: b",
    ),
    *(
        "# a",
        "> a",
        "- a",
        "+ a",
        "1. a",
        "1) a",
        "|",
        "||",
        "a | b | c",
        "|---|",
        "\\|",
        "===",
        "- - -",
        "    code",
        "\tcode",
    ),
    *(
        "http://example.org",
        "www.example.org",
        "a@example.org",
        "mailto:a@example.org",
        "xmpp:a@b.c/d",
        "@octocat",
        "#42",
    ),
    *(
        ":smile:",
        "<http://a.b>",
        "ftp://a.b/c",
        "www.",
        "a.b",
        "A. B.",
        "Dr.Who",
        "Jr.",
        "it's",
        "\\*a\\*",
        "a  \nb",
        "a\\\nb",
    ),
    # spreadsheets
    *("=cmd()", "=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("http://a")', "\t=1", "a,b", "a;b", 'a""b', '"', "'"),
    # lines and invisible characters
    *(
        "a\nb",
        "a\r\nb",
        "a\rb",
        "a\n\n# b",
        "a\tb",
        "a\x0bb",
        "a\x0cb",
        "a\x1fb",
        "a\x7fb",
        "a\x85b",
        "a\u2028b",
        "a\u2029b",
    ),
    *(
        "a\u202eb",
        "\u202eabc\u202c",
        "\u2066a\u2069",
        "a\u200eb",
        "a\u061cb",
        "a\ufeffb",
        "a\u200bb",
        "a\u00adb",
        "a\u200db",
    ),
    # much of it
    *("A" * 5000, "é" * 5000, "x" * 99 + "\u0301", "😀" * 500, "a" + "\u0301" * 300, "_" * 200, "a " * 300, "王" * 120),
    # the same name in different dress
    *(
        "José",
        "Jose\u0301",
        "JOSE\u0301",
        "josé",
        "Straße",
        "STRASSE",
        "straße",
        "ﬁona",
        "Fiona",
        "ｆｉｏｎａ",
        "İ",
        "i\u0307",
        "ı",
        "I",
    ),
    *("Ω", "Ω", "K", "K", "ſ", "s", "ǅ", "ß", "ẞ", "№", "½", "①", "𝒜", "A", "ά", "ᾳ", "ŉ"),
    # emoji and their parts
    *(
        "😀",
        "👩‍👩‍👧",
        "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
        "👍🏽",
        "🇩🇪",
        "❤️",
        "\U000e0041a",
        "\ue000",
        "\U0010ffff",
        "a\ufffe",
        "\u3164a",
        "а",
        "Αlice",
    ),
    # figures that are not a name
    *("0", "007", "1e5", "-0", "NaN", "None", "null", "true", "undefined", "٣", "²"),
]
"""Each may stand wherever a roster has text."""

INVISIBLE = ["\u200e", "\u202e\u202c", "\u200b", "\ufeff", "\x01", "\u200d", "\u00ad", "\u2066\u2069"]
"""Text of which nothing can be seen: no name, but it may stand beside one."""


def hostile_rows() -> list[dict[str, str]]:
    """Five hundred rows; the same at every call."""
    every = [*ATTACKS, *INVISIBLE]
    rows = []
    for number in range(500):
        first = ATTACKS[number % len(ATTACKS)]
        last = every[(number * 7 + number // len(ATTACKS)) % len(every)] if number % 3 else ""
        if number % 5 == 4:
            first, last = last, first
        batch = every[(number * 11) % len(every)] if number % 4 == 1 else ("", "A", "B1", "ä")[number % 4]
        identity = f"{every[(number * 13) % len(every)]}#{number}" if number % 6 == 5 else f"s{number}"
        rows.append(
            {"student_id": identity, "first_name": first, "last_name": last, "batch": batch, "note": first[::-1]}
        )
    return rows


def write_roster(path: Path, rows: Iterable[Mapping[str, str]]) -> Path:
    """The rows as a CSV file, every cell in quotation marks: not all writers quote a lone carriage return."""
    rows = list(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n", quoting=csv.QUOTE_ALL)
        writer.writeheader()
        writer.writerows(rows)
    return path
