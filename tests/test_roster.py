"""A class list is read as its teacher wrote it, or refused with every line that is wrong."""

from __future__ import annotations

import contextlib
import csv
import io
import pickle
import tracemalloc
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backproptable.basics.errors import InputError
from backproptable.rosters.reading import load_roster
from backproptable.rosters.student import LONGEST_NAME, Student, column_name
from support.hostile import ATTACKS, INVISIBLE, hostile_rows, write_roster
from support.people import PEOPLE

HEADER = "student_id,first_name,last_name,email,batch\n"


def roster(folder: Path, text: str | bytes, encoding: str = "utf-8") -> Path:
    path = folder / "roster.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return path


def objections(folder: Path, text: str | bytes) -> list[str]:
    """The problems of a roster that is refused."""
    path = roster(folder, text)
    with pytest.raises(InputError) as refusal:
        load_roster(path)
    assert refusal.value.source == str(path)
    assert all(problem.remedy for problem in refusal.value.problems)
    return [f"{problem.where}: {problem.what}" for problem in refusal.value.problems]


def named(first: str, last: str = "") -> str:
    return Student("1", {"student_id": "1", "first_name": first, "last_name": last}).name


# --- what is read ------------------------------------------------------------------------------


def test_a_roster_with_columns_of_its_own(tmp_path: Path) -> None:
    students = load_roster(roster(tmp_path, f"{HEADER[:-1]},Lab group\n007,Ada,Lovelace,a@b.c,A,3\nx-1,Plato,,,\n"))
    assert [student.student_id for student in students] == ["007", "x-1"]
    assert students[0].columns == {
        "student_id": "007",
        "first_name": "Ada",
        "last_name": "Lovelace",
        "email": "a@b.c",
        "batch": "A",
        "lab_group": "3",
    }
    ada, plato = students
    assert (ada.first_name, ada.last_name, ada.batch, ada.name) == ("Ada", "Lovelace", "A", "Ada Lovelace")
    assert (plato.last_name, plato.batch, plato.name, plato.columns["lab_group"]) == ("", "", "Plato", "")


def test_a_student_is_a_value(tmp_path: Path) -> None:
    (student,) = load_roster(roster(tmp_path, f"{HEADER}1,A,B,,\n"))
    same = Student("1", dict(student.columns))
    assert student == same
    assert hash(student) == hash(same)
    assert pickle.loads(pickle.dumps(student)) == student
    assert "'first_name': 'A'" in repr(student)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_encodings_separators_and_ends_of_lines(encoding: str, separator: str, line_end: str, tmp_path: Path) -> None:
    rows = [["Student ID", "First-Name", "LAST_NAME"], ["1", "Zoë", "O'Neill, Jr.; x"], ["2", "芳", "王"]]
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator=line_end).writerows(rows)
    students = load_roster(roster(tmp_path, text.getvalue(), encoding))
    assert [student.name for student in students] == ["Zoë O'Neill, Jr.; x", "芳 王"]


@pytest.mark.parametrize(
    "header", ["student_id", "Student ID", " student-id ", "STUDENT  Id", "student\u00a0id", "Student \u2010 ID"]
)
def test_headers_are_normalised(header: str) -> None:
    assert column_name(header) == "student_id"


def test_one_name_is_enough(tmp_path: Path) -> None:
    assert load_roster(roster(tmp_path, "last_name;student_id\nWang;1\n"))[0].name == "Wang"


def test_empty_lines_short_rows_and_empty_cells_behind_are_no_problem(tmp_path: Path) -> None:
    text = f"\n,,\n{HEADER[:-1]},,\n\n1,A\n   \n,,,,\n2,B,,,,,,\n"
    assert [student.name for student in load_roster(roster(tmp_path, text))] == ["A", "B"]


def test_cells_are_stripped_and_composed_and_else_as_written(tmp_path: Path) -> None:
    (student,) = load_roster(roster(tmp_path, f'{HEADER}" =1 ", Jose\u0301 ,"a\nb","  \u202ex",\n'))
    assert tuple(student.columns.values()) == ("=1", "José", "a\nb", "\u202ex", "")
    assert student.name == "José a b"


def test_the_people_of_this_world(tmp_path: Path) -> None:
    rows = [{"student_id": str(n), "first_name": first, "last_name": last} for n, (first, last) in enumerate(PEOPLE)]
    students = load_roster(write_roster(tmp_path / "people.csv", rows))
    expected = [unicodedata.normalize("NFC", f"{first} {last}".strip()) for first, last in PEOPLE]
    assert [student.name for student in students] == expected


# --- names as sheets show them -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "last", "shown"),
    [
        (" Ada\n", "\tLovelace ", "Ada Lovelace"),
        ("a\r\nb", "c\u2028d", "a b c d"),
        ("a\x00b\x07", "\u202ec\u2066", "ab c"),
        ("a \u200e b", "", "a b"),
        ("می\u200cنا", "", "می\u200cنا"),
        ("👩\u200d👧\u200d", "", "👩\u200d👧"),
        ("x\u00a0y", "", "x y"),
    ],
)
def test_names_are_one_line_of_what_can_be_seen(first: str, last: str, shown: str) -> None:
    assert named(first, last) == shown


def test_long_names_are_cut() -> None:
    assert named("x" * 60, "y" * 39) == f"{'x' * 60} {'y' * 39}"
    assert named("x" * 60, "y" * 40) == f"{'x' * 60} {'y' * 38}…"
    assert named("x" * 98, "yy") == f"{'x' * 98}…"


@settings(deadline=None)
@given(st.text(max_size=200) | st.sampled_from(ATTACKS), st.text(max_size=20) | st.sampled_from(INVISIBLE))
def test_no_name_can_break_a_line_or_turn_it_round(first: str, last: str) -> None:
    name = named(first, last)
    assert len(name) <= LONGEST_NAME
    assert name == name.strip()
    for character in name:
        assert character in " \u200c\u200d" or not character.isspace()
        assert character in "\u200c\u200d" or unicodedata.category(character) not in ("Cc", "Cf", "Cs")
        assert unicodedata.bidirectional(character) not in (
            "LRE",
            "RLE",
            "PDF",
            "LRO",
            "RLO",
            "LRI",
            "RLI",
            "FSI",
            "PDI",
        )
    assert named(name) == name


# --- what is refused ---------------------------------------------------------------------------


def test_every_line_that_is_wrong_is_named(tmp_path: Path) -> None:
    text = (
        f'{HEADER}1,"A\nB",,,\n'  # lines 2 and 3
        "2,Smith, John,x@y.z,A,1\n"
        ",NoId,,,\n"
        "\n"
        "7,,,x@y.z,\n"
        "\u200b,\u202e,,,\n"
        "ab,First,,,\nAB,Again,,,\nａｂ,Wide,,,\n"
    )
    assert objections(tmp_path, text) == [
        "line 4: has 6 cells, but there are 5 columns.",
        "line 5: has no student_id.",
        "line 7: has no name.",
        "line 8: has no student_id.",
        "line 8: has no name.",
        "line 10: has the student_id 'AB' of line 9.",
        "line 11: has the student_id 'ａｂ' of line 9.",
    ]


def test_ids_that_only_unicode_tells_apart_are_one(tmp_path: Path) -> None:
    assert objections(tmp_path, "student_id,first_name\né1,A\ne\u03011,B\nE\u03011,C\n") == [
        "line 3: has the student_id 'é1' of line 2.",
        "line 4: has the student_id 'É1' of line 2.",
    ]


def test_no_more_problems_than_one_reads_but_all_are_counted(tmp_path: Path) -> None:
    found = objections(tmp_path, HEADER + ",,x,,\n" * 332)
    assert found[:20] == [f"line {line}: has no student_id." for line in range(2, 22)]
    assert found[20:] == ["... and 312 more: not shown."]
    assert objections(tmp_path, HEADER + ",,x,,\n" * 20)[-1] == "line 21: has no student_id."


@pytest.mark.parametrize(
    ("text", "problem", "remedy"),
    [
        ("", "file: is empty.", "student_id"),
        ("\n\n \n", "file: is empty.", "student_id"),
        (HEADER, "file: has no students.", "one line per student"),
        ("1,Ada,Lovelace\n", "line 1: has no column student_id.", 'Columns: "1", "Ada", "Lovelace".'),
        ("\nstuddentid,first_name\n", "line 2: has no column student_id.", 'Did you mean "studdentid"?'),
        ("student_id,lastnam\n", "line 1: has no column first_name or last_name.", 'Did you mean "lastnam"?'),
        ("student_id|first_name\n", "line 1: has no column student_id.", "commas, all by semicolons, or all by tabs"),
        ("student_id;first_name,last_name\n", "line 1: has no column", "all by semicolons"),
        ("student_id,first_name,x,First Name\n", "line 1: columns 2 and 4 are both 'first_name'.", "Rename"),
        ("student_id,,first_name\n1,2,3\n", "line 1: column 2 has no name.", "Name it"),
        (f'{HEADER}1,"A,,,\n2,B,,,\n', "line 2: cannot be read as CSV", "quotation mark"),
        (f'{HEADER}1,"A" x,,,\n', "line 2: cannot be read as CSV", "quotation mark"),
        (f"{HEADER}1,{'x' * 140_000},,,\n", "line 2: cannot be read as CSV", "quotation mark"),
        ('"student_id,first_name\n1,A\n', "line 1: cannot be read as CSV", "quotation mark"),
        (f"{HEADER}1,A,,,\n2,B\0,,,\n", "line 3: holds a NUL character", "CSV UTF-8"),
        (f"{HEADER}1,Zoë,,,\n".encode("latin-1"), "line 2: is not UTF-8 text.", "CSV UTF-8"),
        (HEADER.encode("utf-16-le"), "line 1: holds a NUL", "CSV UTF-8"),
        (HEADER.encode("utf-32"), "line 1: holds a NUL", "CSV UTF-8"),
        (b"\xff\xfe" + HEADER.encode("utf-16-le") + b"\x00\xd8", "line 2: is not UTF-16 text.", "CSV UTF-8"),
        (b"PK\x03\x04\x14\x00\x06\x00", "file: cannot be read as a workbook", "CSV UTF-8"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "file: is a workbook of old Excel", ".xlsx"),
    ],
)
def test_files_that_are_no_roster(text: str | bytes, problem: str, remedy: str, tmp_path: Path) -> None:
    assert any(found.startswith(problem) for found in objections(tmp_path, text)), objections(tmp_path, text)
    with pytest.raises(InputError) as refusal:
        load_roster(tmp_path / "roster.csv")
    assert any(remedy in found.remedy for found in refusal.value.problems), refusal.value


def test_what_stands_before_an_open_quotation_mark_is_told_too(tmp_path: Path) -> None:
    found = objections(tmp_path, f'{HEADER},A,,,\n2,"B,,,\n')
    assert [line.partition(":")[0] for line in found] == ["line 2", "line 3"]


def test_what_is_not_a_file(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nothing.csv"):
        with pytest.raises(InputError, match=r"file: cannot be read \(.*Name a CSV file"):
            load_roster(path)


@settings(deadline=None)
@given(st.binary(max_size=300) | st.text(alphabet='student_id,fra;\t\n\r" ', max_size=200).map(str.encode))
def test_any_file_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    for start in (b"", HEADER.encode(), b"\xff\xfe"):
        path = roster(tmp_path_factory.getbasetemp(), start + content)
        with contextlib.suppress(InputError):
            assert load_roster(path)


CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)


@settings(deadline=None)
@given(st.lists(st.tuples(CELL, CELL, CELL), max_size=8), st.sampled_from(",;\t"))
def test_cells_come_back(
    tmp_path_factory: pytest.TempPathFactory, cells: list[tuple[str, str, str]], separator: str
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, quoting=csv.QUOTE_ALL)
    writer.writerow(["student_id", "first_name", "note", "batch"])
    writer.writerows((number, "A" + first, note, batch) for number, (first, note, batch) in enumerate(cells))
    path = roster(tmp_path_factory.getbasetemp(), text.getvalue())
    if not cells:
        with pytest.raises(InputError, match="no students"):
            load_roster(path)
        return
    found = [(student.first_name, student.columns["note"], student.batch) for student in load_roster(path)]
    assert found == [tuple(unicodedata.normalize("NFC", part.strip()) for part in ("A" + a, b, c)) for a, b, c in cells]


# --- whole classes -----------------------------------------------------------------------------


def test_hostile_entries_are_students_like_others(tmp_path: Path) -> None:
    rows = hostile_rows()
    students = load_roster(write_roster(tmp_path / "hostile.csv", rows))
    assert len(students) == len(rows) == 500
    assert rows == hostile_rows()
    for student, row in zip(students, rows, strict=True):
        assert student.columns == {name: unicodedata.normalize("NFC", cell.strip()) for name, cell in row.items()}
        assert student.name


def test_a_university_fits_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "big.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write(HEADER)
        file.writelines(
            f"S{n:07d},{PEOPLE[n % 300][0]},{PEOPLE[n % 299][1]}-{n},s{n:07d}@students.example.edu,{n % 12}\n"
            for n in range(20_000)
        )
    tracemalloc.start()
    try:
        students = load_roster(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(students) == 20_000
    assert peak < 16_000_000, "80 MB for a hundred thousand"
