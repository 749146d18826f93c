"""What is written from marked sheets. The sheets are made by hand here, so every verdict is there.

After a wanted change of a text: ``pytest tests/test_reports.py --force-regen``, then read the difference.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from cmarkgfm import github_flavored_markdown_to_html
from cmarkgfm.cmark import Options

from backproptable.basics.errors import Problem
from backproptable.basics.plaintext import one_line, shortened
from backproptable.examples.example import load_example, load_preset
from backproptable.marking.class_counts import cause_counts, got, step_counts
from backproptable.marking.in_common import FEWEST, in_common
from backproptable.marking.marked import REMARKS, MarkedCell, MarkedSheet, Verdict
from backproptable.marking.scoring import Policy
from backproptable.marking.slips import SLIPS
from backproptable.mistakes.registry import MISTAKES
from backproptable.nets.derive import derive_plan
from backproptable.nets.plan import Part, Plan
from backproptable.reports.class_picture import PART_WORDS, class_svg, percent
from backproptable.reports.class_summary import class_md
from backproptable.reports.feedback import cell_line, feedback_md, terminal_lines
from backproptable.reports.reports import grades_csv, report_json
from backproptable.reports.verdict_words import VERDICTS, WORDS, number, why
from support.hostile import ATTACKS, INVISIBLE, hostile_rows

GOLDEN = Path(__file__).parent / "golden"
PLAN = derive_plan(load_example(GOLDEN / "one-neuron.toml").net)
NAMES = [cell.name for _, cell in PLAN.worked]
TITLE = "Homework 3: one neuron"

POINTS = {
    Verdict.RIGHT: "1",
    Verdict.FOLLOWS: "1",
    Verdict.TOO_FEW_DIGITS: "0.5",
}


def cell(name, verdict=Verdict.RIGHT, written="0.1234", expected="0.1234", because=(), reason="", line=...):
    place = 40 + 2 * NAMES.index(name) if line is ... else line
    return MarkedCell(name, written, place, verdict, expected, 0.12335, 0.12345, because, reason)


def sheet(student="s1", *, name="", file="", remarks=(), columns=None, **wrong):
    """A sheet of right numbers, but for the cells that are handed over by name (or `cells`)."""
    cells = {each.name: each for each in wrong.get("cells", ())}
    marked = tuple(cells.get(name) or cell(name) for name in NAMES)
    points = sum(
        (Decimal(POINTS.get(each.verdict, "0")) for each in marked if "trivial" not in each.because), Decimal()
    )
    return MarkedSheet(
        file or f"returned/{student}.md",
        student,
        name or f"Student {student}",
        columns or {},
        marked,
        Decimal(points),
        Decimal(len(marked)),
        remarks,
    )


POLICY = Policy(PLAN, {verdict: Decimal(POINTS.get(verdict, "0")) for verdict in Verdict})

V = Verdict
EVERY_VERDICT = sheet(
    name="Ada Lovelace",
    file="returned/ADA_BATCH_B1_ASSIGNMENT2B.md",
    cells=[
        cell("z1[1]", V.MISTAKE, "0.1", "0", ("bias_forgotten",)),
        cell("a1[1]", V.FOLLOWS, "0.5250", "0.5250"),
        cell("l[1]", V.FOLLOWS, "0", "0", ("trivial",)),
        cell("L", V.BLANK, "", "0.1128"),
        cell("dL/da1[1]", V.MISTAKE, "0.475", "-0.4750", ("error_sign", "factor_two")),
        cell("da1/dz1[1]", V.SLIP, "0.2449", "0.2494", ("digits_swapped",)),
        cell("dL/dz1[1]", V.WRONG, "0.0815", "0.1163"),
        cell("dL/dW1[1,1]", V.TOO_FEW_DIGITS, "0.04", "0.04075"),
        cell("dL/dW1[2,1]", V.UNREADABLE, "0.1|2 or 0.2", "-0.1223", reason="two numbers stand there: leave one"),
        cell("dL/db1[1]", V.RIGHT, "0.0814", "0.08150", ("cut",)),
        cell("W1'[1,1]", V.BLANK, "", "0.7796", ("missing",), line=None),
        cell("b1'[1]", V.MISTAKE, "-0.1815", "-0.1408", ("bias_forgotten",)),
        cell("L'", V.FOLLOWS, "4.567e-5", "4.567e-5", ("doubled",)),
    ],
    remarks=(Problem("line 7", "'zz[1]' is no name of a cell, so this row is not read.", "Names are like z1[1]."),),
)
ALL_RIGHT = sheet("s2", name="Bo Ek")


def entry(student, hardness=None, **columns):
    hardness = hardness or {"dead_units": 0, "negative_numbers": 5, "smallest_gradient": 0.04, "multiplications": 17}
    columns = {"student_id": student, "first_name": student.upper(), "batch": "B1"} | columns
    return {"student_id": student, "name": student.upper(), "columns": columns, "file": student, "hardness": hardness}


def of_class():
    shared = [
        cell("a1[1]", V.WRONG, "0.6225", "0.5250"),
        cell("dL/dz1[1]", V.WRONG, "0.0815", "0.1163"),
        cell("W1'[2,1]", V.SLIP, "-0.3150", "0.3150", ("point_moved",)),
        cell("W1'[1,1]", V.WRONG, "0", "0.7796"),
    ]
    with_zeros = [*shared[:2], cell("W1'[2,1]", V.WRONG, "-0.315", "0.3100")]
    forgot = [cell("z1[1]", V.MISTAKE, "0.1", "0", ("bias_forgotten",)), cell("a1[1]", V.FOLLOWS)]
    either = [cell("dL/da1[1]", V.MISTAKE, "0.475", "-0.4750", ("error_sign", "factor_two"))]
    nobody = MarkedSheet(
        "returned/IMG_1.md", None, "", {}, (), Decimal(), Decimal(), (Problem("code", "is not there.", "Ask."),)
    )
    sheets = [
        EVERY_VERDICT,
        ALL_RIGHT,
        sheet("s3", cells=shared),
        sheet("s4", cells=with_zeros),
        sheet("s5", cells=[*forgot, *either]),
        sheet("s6", cells=forgot),
        sheet("s7", file="returned/a.md"),
        sheet("s7", file="returned/b.md", cells=forgot),
        nobody,
    ]
    entries = [
        entry(f"s{place}", {"dead_units": 0, "negative_numbers": 4 + place % 3, "multiplications": 12 + place})
        for place in range(1, 10)
    ]
    return sheets, entries


SHEETS, ENTRIES = of_class()


def golden(file_regression, text, name):
    file_regression.check(text, fullpath=GOLDEN / name, encoding="utf-8", newline="\n")


def test_every_verdict_is_on_the_sheet_made_by_hand():
    assert {each.verdict for each in EVERY_VERDICT.cells} == set(Verdict) == set(VERDICTS)


# --- texts a teacher could read ------------------------------------------------------------------


def test_feedback(file_regression):
    golden(file_regression, feedback_md(EVERY_VERDICT, PLAN, title=TITLE), "marked_feedback.md")


def test_feedback_of_a_sheet_with_nothing_wrong():
    text = feedback_md(ALL_RIGHT, PLAN, title=TITLE)
    assert "**All 18 numbers are worked out correctly. Well done!**" in text
    assert "Where to look" not in text
    assert "Look at these" not in text
    assert "Still to look" not in text


def test_feedback_of_a_sheet_that_could_not_be_read():
    text = feedback_md(SHEETS[-1], PLAN, title=TITLE)
    assert "No number could be read" in text
    assert "All numbers" not in text


def test_class_summary(file_regression):
    text, _ = class_md(SHEETS, ENTRIES, PLAN, title=TITLE, policy=POLICY)
    golden(file_regression, text, "marked_class.md")


def test_class_picture(file_regression):
    _, picture = class_md(SHEETS, ENTRIES, PLAN, title=TITLE, policy=POLICY)
    golden(file_regression, picture, "marked_class.svg")


def test_grades(file_regression):
    text = grades_csv(SHEETS, ENTRIES)
    assert text.count("\r\n") == text.count("\n") == 1 + len(ENTRIES)
    assert text.startswith("\ufeffstudent_id,")
    golden(file_regression, text.replace("\r\n", "\n"), "marked_grades.csv")


def test_terminal(file_regression):
    lines = terminal_lines(EVERY_VERDICT) + terminal_lines(ALL_RIGHT)
    assert {style for style, _ in lines} == {"good", "bad", "plain", "dim"}
    golden(file_regression, "".join(f"{style:6}|{text}\n" for style, text in lines), "marked_terminal.txt")


def test_a_line_for_any_number():
    assert cell_line(cell("L")) == ("good", "line 46, L: ✓ right: 0.1234 written")
    assert cell_line(cell("L", V.BLANK, "", line=None)) == ("dim", "L: – blank")
    assert cell_line(cell("L", V.FOLLOWS, "0", because=("trivial",)))[0] == "dim"
    assert cell_line(cell("L", V.WRONG))[0] == "bad"


# --- what they say -------------------------------------------------------------------------------


def test_the_first_wrong_line_is_named_with_what_was_expected_and_why():
    text = feedback_md(EVERY_VERDICT, PLAN, title=TITLE)
    first = text[text.index("## Where to look first") : text.index("## Look at these")]
    assert "`z1[1]` (line 40): you wrote 0.1, and it should be **0**." in first
    assert "`= x[1] · W1[1,1] + x[2] · W1[2,1] + b1[1] = 0`" in first
    assert "the bias is left out of a weighted sum" in first
    assert "The same happened again" in first
    assert "- `b1'[1]` (line" in first
    assert "it follows from them: `a1[1]`, `L'`." in first


def test_unexplained_numbers_are_not_said_to_be_the_same_thing_again():
    odd = sheet(cells=[cell(name, V.WRONG, "7.1", "0.2") for name in NAMES[:3]])
    text = feedback_md(odd, PLAN, title=TITLE)
    assert "happened again" not in text
    assert "go through this line again" in text
    others = text[text.index("**Wrong**: no typical mistake") : text.index("## All numbers")]
    assert re.findall(r"^- `(.*?)`", others, re.MULTILINE) == ["a1[1]", "l[1]"]


def test_what_is_expected_may_be_unknown():
    odd = sheet(cells=[cell("z1[1]", V.WRONG, "7.1", "")])
    text = feedback_md(odd, PLAN, title=TITLE)
    assert "you wrote 7.1.  \n" in text
    assert "****" not in text
    assert "expected" not in str(terminal_lines(odd))


def test_equally_fitting_mistakes_are_all_said():
    ambiguous = next(each for each in EVERY_VERDICT.cells if len(each.because) == 2)
    assert why(ambiguous) == "y - a where a - y belongs; or: 1/2 left out, or a 2 too many or too few"


def test_blank_lines_do_not_give_the_number_away():
    cells = [cell(name, V.BLANK, "", "0.9876") for name in NAMES]
    assert "0.9876" not in feedback_md(sheet(cells=cells), PLAN, title=TITLE)


def test_what_was_passed_over_is_said_to_the_teacher_only():
    said = feedback_md(EVERY_VERDICT, PLAN, title=TITLE)
    assert "Your teacher looks at it" in said
    assert "zz" not in said
    assert "zz[1]" in class_md(SHEETS, ENTRIES, PLAN, title=TITLE, policy=POLICY)[0]
    assert any("zz[1]" in text for _, text in terminal_lines(EVERY_VERDICT))


def test_a_given_that_was_copied_wrongly_has_a_part_of_its_own():
    given = MarkedCell("x[1]", "0.7", 3, V.SLIP, "0.5", 0.5, 0.5, ("miscopied",))
    copied = MarkedSheet("one.toml", None, "", {}, (given, *ALL_RIGHT.cells), Decimal(18), Decimal(19))
    text = feedback_md(copied, PLAN, title=TITLE)
    assert "| Given | 0 of 1 | ✗ `x[1]` |" in text
    assert "not the number that the sheet gives" in text
    assert sum(count.asked for count in step_counts([copied], PLAN)) == 18
    assert report_json([copied])


def test_codes_without_words_are_said_as_they_are():
    odd = sheet(cells=[cell("z1[1]", V.SLIP, "1", "0", ("new_code",))])
    for text in (feedback_md(odd, PLAN, title=TITLE), str(terminal_lines(odd))):
        assert "new_code" in text or "new&#95;code" in text


def test_every_mistake_has_its_words():
    codes = [*(mistake.code for mistake in MISTAKES), *SLIPS, *REMARKS]
    assert len(set(codes)) == len(codes)
    assert WORDS.keys() >= set(codes)


def all_right(plan: Plan) -> MarkedSheet:
    names = [cell.name for _, cell in plan.worked]
    cells = tuple(MarkedCell(name, "1", 1, V.RIGHT, "1", 1.0, 1.0) for name in names)
    return MarkedSheet("a.md", "s1", "", {}, cells, Decimal(1), Decimal(1))


def test_several_updates_have_parts_of_their_own():
    plan = derive_plan(replace(load_preset("2-2-2").net, updates=2))
    marked = all_right(plan)
    text = feedback_md(marked, plan, title=TITLE)
    parts = ["forward pass", "loss", "backward pass", "update"]
    headings = [f"Update {update}: {part}" for update in (1, 2) for part in parts]
    rows = text[text.index("## All numbers") :]
    assert re.findall(r"^\| ([^|]+?) \| \d+ of", rows, re.MULTILINE) == [*headings, "After the update"]
    summary, picture = class_md([marked], ENTRIES, plan, title=TITLE, policy=POLICY)
    assert "| `z1@2` | forward pass, update 2 |" in summary
    assert ">after the update</text>" in picture
    assert set(PART_WORDS) == {step.part for step in plan.steps} | {Part.EPOCH}


def test_updates_of_an_online_run_say_their_sample_and_epochs_have_a_part_of_their_own():
    plan = derive_plan(replace(load_preset("street-lights").net, epochs=2, samples=2, updates=1))
    marked = all_right(plan)
    parts = ["forward pass", "loss", "backward pass", "update"]
    headings = []
    for update, (epoch, sample) in enumerate(((1, 1), (1, 2), (2, 1), (2, 2)), start=1):
        headings += [f"Update {update} (epoch {epoch}, sample {sample}): {part}" for part in parts]
        headings += [f"Epoch {epoch}: its error"] if sample == 2 else []
    text = feedback_md(marked, plan, title=TITLE)
    rows = text[text.index("## All numbers") :]
    assert re.findall(r"^\| ([^|]+?) \| \d+ of", rows, re.MULTILINE) == [*headings, "After the update"]
    summary, picture = class_md([marked], ENTRIES, plan, title=TITLE, policy=POLICY)
    assert "| `z1@2` | forward pass, update 2 |" in summary
    assert "| `E[2]` | epoch 2 |" in summary
    assert ">epoch 1</text>" in picture


@pytest.mark.parametrize(
    ("points", "text"), [("1", "1"), ("0.50", "0.5"), ("100", "100"), ("-0", "0"), ("0E+3", "0"), ("-1.5", "-1.5")]
)
def test_points_are_plain_numbers(points, text):
    assert number(Decimal(points)) == text


@pytest.mark.parametrize(("share", "text"), [(0, "0 %"), (1, "100 %"), (0.999, "99 %"), (0.001, "1 %"), (0.5, "50 %")])
def test_all_and_nothing_are_only_said_of_all_and_nothing(share, text):
    assert percent(share) == text


# --- JSON ----------------------------------------------------------------------------------------


def test_the_report_has_exactly_the_keys_of_the_contract():
    report = json.loads(report_json(SHEETS))
    assert list(report) == ["version", "sheets"]
    assert report["version"] == 1
    assert len(report["sheets"]) == len(SHEETS)
    for found, marked in zip(report["sheets"], SHEETS, strict=True):
        assert list(found) == ["sheet", "student", "score", "first_error", "cells"]
        assert len(found["cells"]) == len(marked.cells)
        for each in found["cells"]:
            assert list(each) == ["name", "written", "line", "verdict", "expected", "low", "high", "because"]


def test_the_report_says_what_was_marked():
    every, right, *_, nobody = json.loads(report_json(SHEETS))["sheets"]
    assert (every["student"], every["score"], every["first_error"]) == ("s1", 8.5, "z1[1]")
    assert (right["score"], right["first_error"]) == (18, None)
    assert (nobody["student"], nobody["score"], nobody["cells"]) == (None, 0, [])
    ambiguous = every["cells"][NAMES.index("dL/da1[1]")]
    assert ambiguous["because"] == ["error_sign", "factor_two"]
    assert (ambiguous["written"], ambiguous["expected"], ambiguous["verdict"]) == ("0.475", "-0.4750", "mistake")
    assert every["cells"][NAMES.index("W1'[1,1]")]["line"] is None


def test_ranges_without_an_end_are_null():
    wide = MarkedCell("L", "9", 1, V.WRONG, "", -math.inf, math.nan)
    report = json.loads(report_json([MarkedSheet("a", None, "", {}, (wide,), Decimal(), Decimal(1))]))
    (found,) = report["sheets"][0]["cells"]
    assert (found["low"], found["high"]) == (None, None)


def test_an_empty_folder_is_an_empty_report():
    assert json.loads(report_json([])) == {"version": 1, "sheets": []}


# --- CSV -----------------------------------------------------------------------------------------


def table(text):
    """As a spreadsheet reads it."""
    assert text.startswith("\ufeff")
    header, *rows = csv.reader(io.StringIO(text[1:], newline=""))
    return header, [dict(zip(header, row, strict=True)) for row in rows]


def test_everybody_has_a_row_and_nothing_is_guessed():
    header, rows = table(grades_csv(SHEETS, ENTRIES))
    assert header[:3] == ["student_id", "first_name", "batch"]
    assert header[3:] == [
        *("score", "possible", "percent"),
        *("right", "follows", "too_few_digits", "mistake", "slip", "wrong", "blank", "unreadable"),
        *("first_error", "needs_a_person", "file"),
    ]
    assert [row["student_id"] for row in rows] == [each["student_id"] for each in ENTRIES]
    by_id = {row["student_id"]: row for row in rows}
    assert (by_id["s1"]["score"], by_id["s1"]["possible"], by_id["s1"]["percent"]) == ("8.5", "18", "47.2")
    assert by_id["s1"]["needs_a_person"] == "yes"
    assert (by_id["s2"]["percent"], by_id["s2"]["needs_a_person"]) == ("100.0", "no")
    several = by_id["s7"]
    assert (several["score"], several["needs_a_person"]) == ("", "yes")
    assert several["file"] == "returned/a.md; returned/b.md"
    assert set(list(by_id["s9"].values())[3:]) == {"", "no"}


def test_a_sheet_of_which_nothing_was_read_has_no_score():
    empty = MarkedSheet("a.md", "s1", "A", {}, (), Decimal(), Decimal(), (Problem("file", "is binary."),))
    _, (row,) = table(grades_csv([empty], ENTRIES[:1]))
    assert (row["score"], row["right"], row["needs_a_person"], row["file"]) == ("", "", "yes", "a.md")


def test_columns_of_the_roster_keep_apart_from_ours():
    entries = [entry("s1", score="old", file="x"), entry("s2", email="a@b.c", roster_score="older")]
    header, rows = table(grades_csv([ALL_RIGHT], entries))
    assert len(set(header)) == len(header)
    assert (rows[0]["roster_score"], rows[0]["roster_file"], rows[0]["score"]) == ("old", "x", "")
    assert (rows[1]["roster_roster_score"], rows[1]["email"], rows[1]["score"]) == ("older", "a@b.c", "18")


@pytest.mark.parametrize(
    "text", ["-1", "+1", "-0.5", "-1,5", "1e5", "-2e-3", "007", "+49123456", "Ann", "a-b", "x=1", ""]
)
def test_numbers_and_names_stay_as_they_are(text):
    _, (row,) = table(grades_csv([], [entry("s1", note=text)]))
    assert row["note"] == text


@pytest.mark.parametrize(
    "text",
    [
        *("=1+1", "+a", "-a", "@a", "\tx", "\rx", "\n1", " =1", "\t=1", "\xa0=1", "\u200b=1", "\ufeff@a", '"=1"'),
        *("-1+cmd|' /C calc'!A0", "- 1", "--1", "-", "+", "1-1;=1", "a\n=1", "a;\t=1", "＝1", "-1-1", "-1e"),
    ],
)
def test_what_could_start_a_formula_is_defused(text):
    """In each cell of a line, wherever the separator is a semicolon, and after every end of a line."""
    _, (row,) = table(grades_csv([], [entry("s1", note=text)]))
    assert row["note"] != text
    assert row["note"].replace("'", "") == text.replace("'", "")
    assert not starts_formula(row["note"])


def starts_formula(text):
    if re.fullmatch(r"[-+]?\d+([.,]\d+)?([eE][-+]?\d+)?", text):
        return False
    parts = re.split(r"[;\t\r\n]", text)
    return text[:1] in ("\t", "\r", "\n") or any(
        part.strip(' "\xa0\u200b\ufeff')[:1] in tuple("=+-@＝") for part in parts
    )


def test_hostile_rosters_are_defused_and_whole():
    entries = [entry(row["student_id"], **row) for row in hostile_rows()]
    sheets = [sheet(row["student_id"], file=row["note"]) for row in hostile_rows()]
    _, rows = table(grades_csv(sheets, entries))
    assert len(rows) == 500
    for row, was in zip(rows, hostile_rows(), strict=True):
        for key, text in was.items():
            assert row[key].replace("'", "") == text.replace("'", "")
            assert not starts_formula(row[key])
        assert not starts_formula(row["file"])
        assert row["score"] == "18"


def test_files_whose_names_are_no_text_can_still_be_written():
    odd = sheet("s1", file="a\udc80b.md")
    assert json.loads(report_json([odd]).encode())["sheets"][0]["sheet"] == "a\udc80b.md"
    grades_csv([odd], ENTRIES).encode()
    feedback_md(odd, PLAN, title=TITLE).encode()
    for text in class_md([odd], ENTRIES, PLAN, title="\udc80", policy=POLICY):
        text.encode()
    assert "".join(text for _, text in terminal_lines(odd)).encode()


# --- Markdown ------------------------------------------------------------------------------------


class Page(HTMLParser):
    """The elements of a page, and the text of each cell of its tables."""

    def __init__(self, markdown):
        super().__init__()
        self.elements, self.cells, self.text, self.in_cell = [], [], "", False
        self.feed(github_flavored_markdown_to_html(markdown, Options.CMARK_OPT_UNSAFE))
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.in_cell = tag in ("td", "th") or (self.in_cell and tag == "code")
        if tag in ("td", "th"):
            self.cells.append("")

    def handle_endtag(self, tag):
        self.in_cell = self.in_cell and tag == "code"

    def handle_data(self, data):
        self.text += data
        if self.in_cell:
            self.cells[-1] += data


def test_what_is_flagged_survives_the_parser_of_github():
    page = Page(feedback_md(EVERY_VERDICT, PLAN, title=TITLE))
    for each in EVERY_VERDICT.cells:
        if each.verdict in (V.MISTAKE, V.SLIP, V.WRONG, V.TOO_FEW_DIGITS):
            assert (
                f"{each.name} (line {each.line}): you wrote {each.written}, and it should be {each.expected}."
                in page.text
            )
        elif each.verdict is V.UNREADABLE:
            assert f"{each.name} (line {each.line}): {each.written} ({each.reason})" in page.text


def test_the_table_of_all_numbers_adds_up():
    page = Page(feedback_md(EVERY_VERDICT, PLAN, title=TITLE))
    table = page.cells[page.cells.index("correct") :]
    of_steps = [tuple(map(int, text.split(" of "))) for text in table if re.fullmatch("[0-9]+ of [0-9]+", text)]
    assert [sum(column) for column in zip(*of_steps, strict=True)] == [sum(map(got, EVERY_VERDICT.cells)), len(NAMES)]
    not_correct = {each.name for each in EVERY_VERDICT.cells if not got(each)}
    listed = [name for text in page.cells for name in text.split(", ") if name[:2] in ("✗ ", "… ", "✓ ", "– ", "? ")]
    assert {name[2:] for name in listed} == not_correct
    assert len(listed) == len(not_correct)


def test_the_counts_of_the_first_line_add_up():
    text = feedback_md(EVERY_VERDICT, PLAN, title=TITLE)
    (line,) = re.findall(r"^\*\*.*", text, re.MULTILINE)[:1]
    correct, asked, rest = (int(found) for found in re.search(r"(\d+) of (\d+) .*other (\d+):", line).groups())
    assert correct + rest == asked == len(NAMES)
    before, after = (re.sub(r"\([^)]*\)", "", part) for part in re.split(r"The other \d+:", line))
    assert sum(map(int, re.findall(r"(\d+) (?!of|numbers)", before.split(":")[1]))) == correct
    assert sum(map(int, re.findall(r"(\d+) ", after))) == rest


def attacked(attack):
    cells = [
        cell("z1[1]", V.WRONG, attack, "1"),
        cell("a1[1]", V.UNREADABLE, attack, "1", reason=attack),
        cell("L", V.MISTAKE, attack, "1", ("bias_forgotten",)),
    ]
    remarks = (Problem("line 1", attack, attack),)
    return sheet(f"s{attack}", name=attack, file=f"f{attack}".replace("/", ""), cells=cells, remarks=remarks)


@pytest.mark.parametrize("attack", [*ATTACKS, *INVISIBLE, "__import__('os').system('x')", "9**9**9**9", "1" * 10_000])
def test_what_strangers_write_stays_text(attack):
    usual, found = (feedback_md(attacked(text), PLAN, title=TITLE) for text in ("plain", attack))
    page = Page(found)
    expected = Counter(str(element) for element in Page(usual).elements)
    seen = Counter(str(element) for element in page.elements)
    if one_line(attack):
        assert seen == expected
    shown = shortened(one_line(attack), 60)
    assert page.text.count(shown) >= 3 or not shown


def test_a_hostile_class_is_listed_and_nothing_more():
    attacks = [attack for attack in dict.fromkeys(ATTACKS) if one_line(attack)]
    usual, found = (
        class_md(
            [attacked(text) for text in texts],
            [entry(f"s{text}") for text in texts],
            PLAN,
            title=texts[0],
            policy=POLICY,
        )
        for texts in ([f"plain{number}" for number in range(len(attacks))], attacks)
    )
    pages = [Page(text) for text, _ in (usual, found)]
    usual_tags, tags = (Counter(tag for tag, _ in page.elements) for page in pages)
    assert tags == usual_tags
    assert {tag for tag, _ in pages[1].elements} <= {
        *("h1", "h2", "p", "img", "table", "thead", "tbody", "tr", "th", "td", "code", "ul", "li", "strong")
    }
    assert ElementTree.fromstring(found[1]).tag.endswith("svg")


@pytest.mark.parametrize("attack", ["\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "a\rb", "\u202eabc", "a\x9bm"])
def test_a_terminal_is_told_nothing_but_text(attack):
    lines = terminal_lines(attacked(attack))
    assert all(text.isprintable() for _, text in lines)


# --- the class -----------------------------------------------------------------------------------


def test_steps_are_counted_over_the_sheets_that_count():
    counts = {count.step.name: count for count in step_counts([EVERY_VERDICT, ALL_RIGHT], PLAN)}
    assert list(counts) == [step.name for step in PLAN.steps]
    assert [getattr(counts["a1"], key) for key in ("asked", "right", "follows", "share")] == [2, 1, 1, 1.0]
    assert counts["l"].share == 0.5, "what follows from a 0 only is not got"
    assert sum(map(got, EVERY_VERDICT.cells)) == 8


def test_mistakes_are_counted_apart_where_several_fit():
    counts = {count.code: count for count in cause_counts(SHEETS, {code: 0 for code in WORDS if code not in REMARKS})}
    assert (counts["bias_forgotten"].alone, counts["bias_forgotten"].sheets) == (5, 4)
    assert (counts["error_sign"].alone, counts["error_sign"].among) == (0, 2)
    assert "trivial" not in counts


def test_students_outside_the_manifest_and_with_two_sheets_are_not_counted():
    text, picture = class_md(SHEETS, ENTRIES[1:], PLAN, title=TITLE, policy=POLICY)
    assert "this student is not in the manifest" in text
    assert "| counted below | 5 |" in text
    assert "| returned nothing | 2 |" in text
    assert "5 sheets" in picture


def test_a_class_that_returned_nothing():
    text, picture = class_md([], ENTRIES, PLAN, title=TITLE, policy=POLICY)
    assert "| returned nothing | 9 |" in text
    assert "No sheet could be counted yet." in text
    assert "class.svg" not in text
    assert "No sheet has been marked yet." in picture
    ElementTree.fromstring(picture)


def test_the_picture_says_in_words_what_it_shows():
    counts = step_counts(SHEETS[:6], PLAN)
    picture = class_svg(counts, title="A & B <c>", sheets=6)
    root = ElementTree.fromstring(picture)
    space = "{http://www.w3.org/2000/svg}"
    words = root.findtext(f"{space}desc")
    assert root.findtext(f"{space}title") == "A & B <c>: how many got each step"
    for count in counts:
        assert f"{count.step.name} {percent(count.share)}" in words
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)|<script|@import|href", picture)


# --- wrong numbers in common ---------------------------------------------------------------------


def wrong(student, *numbers, verdict=V.WRONG):
    return sheet(student, cells=[cell(name, verdict, text) for name, text in zip(NAMES, numbers, strict=False)])


def test_three_equal_wrong_numbers_in_the_same_cells_are_listed():
    first, second = wrong("a", "0.1250", "0.33", "-2.5e-3", "7.7"), wrong("b", ".125", "0,33", "-0.0025", "7.8")
    (found,) = in_common([first, ALL_RIGHT, second])
    assert found.students == ("a", "b")
    assert found.numbers == tuple(zip(NAMES, ("0.125", "0.33", "-0.0025"), strict=False))
    assert len(found.numbers) == FEWEST


@pytest.mark.parametrize(
    ("one", "other", "verdict"),
    [
        (("0.12", "0.33"), ("0.12", "0.33"), V.WRONG),
        (("0.12", "0.33", "0.44"), ("0.33", "0.44", "0.12"), V.WRONG),
        (("0", "0.0", "0.00", "0.000"), ("0", "0.0", "0.00", "0.000"), V.WRONG),
        (("5", "5", "5", "0.5"), ("5", "5", "5", "0.5"), V.WRONG),
        (("?", "", "x", "a lot"), ("?", "", "x", "a lot"), V.UNREADABLE),
        (("0.12", "0.33", "0.44"), ("0.12", "0.33", "0.44"), V.FOLLOWS),
    ],
)
def test_what_says_nothing_is_not_listed(one, other, verdict):
    assert in_common([wrong("a", *one, verdict=verdict), wrong("b", *other, verdict=verdict)]) == []


def test_who_shares_what_is_said_exactly():
    numbers = [f"0.1{number}" for number in range(11, 17)]
    groups = in_common(
        [wrong("a", *numbers), wrong("b", *numbers), wrong("c", *numbers[:3]), wrong("d", "9.9", *numbers[1:2])]
    )
    found = [(group.students, [name for name, _ in group.numbers]) for group in groups]
    assert found == [(("a", "b"), NAMES[3:6]), (("a", "b", "c"), NAMES[:3])]


def test_a_whole_class_with_the_same_wrong_numbers_is_one_group():
    numbers = [f"0.1{number}" for number in range(11, 28)]
    sheets = [wrong(f"s{place}", *numbers) for place in range(1000)]
    (found,) = in_common(sheets)
    assert len(found.students) == 1000
    assert len(found.numbers) == len(numbers)
