"""Class lists as course systems, spreadsheets and people give them: each is read, and it is said what was read.

All people are invented. The columns are those of the systems' own exports.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import openpyxl
import pytest
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P

from backproptable.errors import InputError
from backproptable.rosters.headings import FIELDS, HEADINGS, folded, map_columns
from backproptable.rosters.reading import Roster, read_roster
from support.hostile import ATTACKS

ADA, BO, ZOE = ("Ada", "Lindqvist"), ("Bo", "Ng"), ("Zoë", "O'Neill")


def written(folder: Path, text: str, name: str = "list.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def told(roster: Roster) -> list[tuple[str, str, str]]:
    """Id, first and last name of everybody."""
    return [(student.student_id, student.first_name, student.last_name) for student in roster.students]


EXPORTS = {
    "Canvas gradebook": (
        "Student,ID,SIS User ID,SIS Login ID,Section,HW 1 (481516),HW 2 (2342),Final Score\n"
        ",,,,,Manual Posting,,(read only)\n"
        "    Points Possible,,,,,10,12,(read only)\n"
        '"Lindqvist, Ada",71,0012345,ada1,Lab A,9,,90\n'
        '"Ng, Bo",72,0012346,bo2,Lab B,,,\n'
        '"O\'Neill, Zoë",73,0012347,zoe3,Lab A,8,7,70\n'
        '"Student, Test",99,,f00dcafe,Lab A,,,\n',
        [("0012345", *ADA), ("0012346", *BO), ("0012347", *ZOE)],
        'roster: student_id from "SIS User ID", batch from "Section", name from "Student"; '
        "3 rows that are no students: manual posting, points possible, test student",
    ),
    "Canvas gradebook without SIS ids": (
        "Student,ID,SIS User ID,SIS Login ID,Section,HW 1 (481516)\n"
        "    Points Possible,,,,,10\n"
        '"Lindqvist, Ada",71,,ada1,Lab A,9\n"Ng, Bo",72,,bo2,Lab B,\n',
        [("71", *ADA), ("72", *BO)],
        'roster: student_id from "ID", batch from "Section", name from "Student"; '
        "1 row that is no student: points possible",
    ),
    "Canvas people": (
        "Name,Login ID,SIS ID,Section,Role,Last Activity,Total Activity\n"
        "Ada Lindqvist,ada1,0012345,Lab A,Student,,\nBo Ng,bo2,0012346,Lab B,Student,,\n"
        "Ruth Ek,ruth,1,Lab A,Teacher,,\nIan Oz,ian,2,Lab A,TA,,\n",
        [("0012345", "Ada Lindqvist", ""), ("0012346", "Bo Ng", "")],
        'roster: student_id from "SIS ID", batch from "Section"; '
        "2 rows that are no students: teachers and assistants (2)",
    ),
    "Moodle participants": (
        '"First name","Last name","Email address","Groups"\n'
        "Ada,Lindqvist,ada@uni.example,Lab A\nBo,Ng,bo@uni.example,\n",
        [("ada@uni.example", *ADA), ("bo@uni.example", *BO)],
        'roster: student_id from "Email address", email from "Email address", batch from "Groups"',
    ),
    "Moodle grades": (
        '"First name",Surname,"ID number",Institution,Department,"Email address","Assignment: HW 1 (Real)",'
        '"Course total (Real)"\n'
        "Ada,Lindqvist,0012345,,,ada@uni.example,-,-\nBo,Ng,0012346,,,bo@uni.example,9.00,9.00\n",
        [("0012345", *ADA), ("0012346", *BO)],
        'student_id from "ID number"',
    ),
    "Moodle grading worksheet": (
        'Identifier,"Full name","ID number","Email address",Status,Grade,"Maximum Grade","Grade can be changed",'
        '"Last modified (grade)","Feedback comments"\n'
        "Participant 501,Ada Lindqvist,0012345,ada@uni.example,No submission,,10.00,Yes,-,\n"
        "Participant 502,Bo Ng,0012346,bo@uni.example,No submission,,10.00,Yes,-,\n",
        [("0012345", "Ada Lindqvist", ""), ("0012346", "Bo Ng", "")],
        'student_id from "ID number"',
    ),
    "Google Classroom": (
        "Last Name,First Name,Email Address,Homework 1\n"
        ",,Date,2026-03-01\n,,Points,100\n"
        "Lindqvist,Ada,ada@school.example,90\nNg,Bo,bo@school.example,\n,,Class Average,90\n",
        [("ada@school.example", *ADA), ("bo@school.example", *BO)],
        "3 rows that are no students: dates, points possible, class average",
    ),
    "Gradescope": (
        "First Name,Last Name,SID,Email,Sections,Role\n"
        "Ada,Lindqvist,0012345,ada@uni.example,A,Student\nRuth,Ek,1,ruth@uni.example,A,Instructor\n",
        [("0012345", *ADA)],
        'student_id from "SID"',
    ),
    "Blackboard": (
        '"Last Name"\t"First Name"\t"Username"\t"Student ID"\t"Last Access"\t"Availability"\n'
        '"Lindqvist"\t"Ada"\t"ada1"\t"0012345"\t""\t"Yes"\n',
        [("0012345", *ADA)],
        "",
    ),
    "PowerSchool": (
        "Teacher: Ek\nCourse: Mathematics 3(A)\n\nLastFirst,Student_Number,Grade_Level,Home_Room\n"
        '"Lindqvist, Ada",12345,11,7\nNg Bo,12346,11,7\n',
        [("12345", *ADA), ("12346", *BO)],
        'roster: student_id from "Student_Number", name from "LastFirst"; 2 rows above the headings',
    ),
    "Name, ID, Email": (
        "Name,ID,Email\nAda Lindqvist,a1,ada@x.example\n",
        [("a1", "Ada Lindqvist", "")],
        'roster: student_id from "ID"',
    ),
    "German": (
        "Matrikel-Nr.;Nachname;Vorname;E-Mail-Adresse;Gruppe\n0012345;Lindqvist;Ada;ada@uni.example;A\n",
        [("0012345", *ADA)],
        'first_name from "Vorname"',
    ),
    "French": (
        "Nom;Prénom;N° étudiant;Adresse e-mail\nLindqvist;Ada;0012345;ada@uni.example\n",
        [("0012345", *ADA)],
        'last_name from "Nom"',
    ),
    "Spanish": (
        "Nombre,Apellido(s),Número de ID,Dirección de correo\nAda,Lindqvist,0012345,ada@uni.example\n",
        [("0012345", *ADA)],
        'first_name from "Nombre"',
    ),
    "Portuguese": (
        "Nome,Sobrenome,Matrícula,Endereço de e-mail\nAda,Lindqvist,0012345,ada@uni.example\n",
        [("0012345", *ADA)],
        'last_name from "Sobrenome"',
    ),
    "Portuguese, whole names": (
        "Nome completo;Número de aluno;Turma\nAda Lindqvist;0012345;B\n",
        [("0012345", "Ada Lindqvist", "")],
        'batch from "Turma"',
    ),
}


@pytest.mark.parametrize("kind", EXPORTS)
def test_an_export_is_read_as_it_is(kind: str, tmp_path: Path) -> None:
    text, expected, said = EXPORTS[kind]
    roster = read_roster(written(tmp_path, text))
    assert told(roster) == expected
    assert all(student.name for student in roster.students)
    assert said in " ".join(roster.remarks)
    assert len(roster.remarks) <= 1


@pytest.mark.parametrize("kind", EXPORTS)
def test_every_column_of_an_export_is_kept(kind: str, tmp_path: Path) -> None:
    roster = read_roster(written(tmp_path, EXPORTS[kind][0]))
    columns = roster.students[0].columns
    assert set(columns) >= {"student_id", "first_name", "last_name"} - ({"last_name"} - set(columns))
    if "Canvas gradebook" in kind:
        assert (columns["id"], columns["section"], columns["sis_login_id"]) == ("71", "Lab A", "ada1")
        assert columns["student"] == "Lindqvist, Ada"
    if kind == "Moodle grading worksheet":
        assert columns["identifier"] == "Participant 501"
        assert columns["email"] == columns["email_address"] == "ada@uni.example"


def test_a_list_that_is_called_as_the_program_calls_it_is_not_talked_about(tmp_path: Path) -> None:
    roster = read_roster(written(tmp_path, "student_id,first_name,last_name,email,batch\n1,Ada,L,a@b.c,A\n"))
    assert roster.remarks == ()
    assert list(roster.students[0].columns) == ["student_id", "first_name", "last_name", "email", "batch"]


# --- workbooks ---------------------------------------------------------------------------------

ROWS = [["Name", "Matrikelnummer", "Gruppe"], ["Lindqvist, Ada", "0012345", "A"], ["Ng, Bo", 12346, "B"]]


def excel(folder: Path) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in ROWS:
        sheet.append(row)
    book.save(folder / "list.xlsx")
    return folder / "list.xlsx"


def libre_office(folder: Path) -> Path:
    document = OpenDocumentSpreadsheet()
    table = Table(name="List")
    for row in ROWS:
        line = TableRow()
        for cell in row:
            kind = {"valuetype": "float", "value": cell} if isinstance(cell, int) else {"valuetype": "string"}
            box = TableCell(**kind)
            box.addElement(P(text=str(cell)))
            line.addElement(box)
        table.addElement(line)
    document.spreadsheet.addElement(table)
    document.save(str(folder / "list.ods"))
    return folder / "list.ods"


@pytest.mark.parametrize("make", [excel, libre_office])
def test_a_workbook_is_read_as_it_is(make, tmp_path: Path) -> None:
    roster = read_roster(make(tmp_path))
    assert told(roster) == [("0012345", *ADA), ("12346", *BO)]
    assert [student.batch for student in roster.students] == ["A", "B"]


@pytest.mark.parametrize("name", ["list.xlsx", "list.ods"])
@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no zip", b"student_id,first_name\n1,A\n"])
def test_what_is_no_workbook_is_refused(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=r"cannot be read as a workbook.*Save it as"):
        read_roster(tmp_path / name)


def test_a_workbook_that_would_fill_the_memory_is_not_unpacked(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as book:
        for number in range(4):
            book.writestr(f"xl/{number}.xml", b"\0" * 100_000_000)
    (tmp_path / "bomb.xlsx").write_bytes(packed.getvalue())
    with pytest.raises(InputError, match="is a workbook of 400 MB"):
        read_roster(tmp_path / "bomb.xlsx")


# --- choices -----------------------------------------------------------------------------------


def test_a_course_can_say_which_column_is_which(tmp_path: Path) -> None:
    path = written(tmp_path, "Student,ID,SIS User ID,Crew\nAda Lindqvist,71,0012345,Red\n")
    roster = read_roster(path, {"student_id": "ID", "batch": "crew"})
    assert (roster.students[0].student_id, roster.students[0].batch) == ("71", "Red")
    with pytest.raises(InputError, match=r"\[roster\] batch: the roster has no column 'Crow'. Did you mean 'Crew'"):
        read_roster(path, {"batch": "Crow"})


def test_the_hint_never_points_to_a_column_of_something_else(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refusal:
        read_roster(written(tmp_path, "Student,Section\nAda,A\n"))
    (problem,) = refusal.value.problems
    assert "no column student_id" in problem.what
    assert "Student" not in problem.remedy
    assert "[roster] student_id" in problem.remedy


def test_an_id_that_a_spreadsheet_has_shortened_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refusal:
        read_roster(written(tmp_path, 'Name,ID\nAda,1.2E+07\nBo,"1,2E+07"\nZoe,12E7x\n'))
    assert [problem.where for problem in refusal.value.problems] == ["line 2", "line 3"]
    assert all("format the column as text" in problem.remedy for problem in refusal.value.problems)


def test_the_table_of_headings_has_no_heading_twice() -> None:
    """A heading that could be two things is decided by the one place that says so, not by the order of a table."""
    seen: dict[str, str] = {}
    for field in FIELDS:
        for heading in HEADINGS[field]:
            assert seen.setdefault(folded(heading), field) == field, heading
    for field in FIELDS:
        for heading in HEADINGS[field]:
            mapped = map_columns([heading.upper(), "x"])
            found = {**mapped.columns, **({"student_id": mapped.ids[0]} if mapped.ids else {})}
            assert 0 in found.values(), heading


# --- hostile entries ---------------------------------------------------------------------------


def test_hostile_entries_of_an_export_are_students_like_others(tmp_path: Path) -> None:
    cells = [text.replace('"', '""').replace("\0", "") for text in ATTACKS]
    text = "Student,ID,Section\n" + "".join(f'"{cell}x","n{n}","{cell}"\n' for n, cell in enumerate(cells))
    path = tmp_path / "hostile.csv"
    path.write_bytes(text.encode("utf-8", "ignore"))
    roster = read_roster(path)
    assert len(roster.students) == len(cells)
    assert [student.student_id for student in roster.students] == [f"n{n}" for n in range(len(cells))]
