"""Each export of a course system, as a small invented file, is read without a hand put to it."""

from __future__ import annotations

import csv
import io
import unicodedata
import zipfile
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P

from backproptable.basics.errors import InputError
from backproptable.rosters import files
from backproptable.rosters.headings import FIELDS, find_columns, heading_key, split_name
from backproptable.rosters.reading import Roster, read_roster
from support.classes import NEURON, called, contents, entries, save_course
from support.hostile import hostile_rows, write_roster


class Export(NamedTuple):
    text: str
    students: list[tuple[str, str, str, str]]
    """Id, name as sheets show it, address, batch."""
    said: str


ADA = ("Ada", "Byron")
EXPORTS = {
    "Canvas gradebook": Export(
        "Student,ID,SIS User ID,SIS Login ID,Section,Table (991),Current Score,Final Score\n"
        ",,,,,Manual Posting,,\n"
        "    Points Possible,,,,,10.00,(read only),(read only)\n"
        '"Byron, Ada",4011,0071234,abyron,Nets 1,9,90,90\n'
        '"de la Cruz, Ana María",4012,0071235,acruz,"Nets 1 and Nets 2",,,\n'
        '"Student, Test",4099,,8f14e45fceea167a5a36dedd4bea2543,Nets 1,,,\n',
        [("0071234", "Ada Byron", "", "Nets 1"), ("0071235", "Ana María de la Cruz", "", "Nets 1 and Nets 2")],
        'roster: student_id from "SIS User ID", name from "Student", batch from "Section";'
        " 3 rows skipped: manual posting, points possible, test student",
    ),
    "Canvas gradebook of a school without SIS": Export(
        "Student,ID,SIS User ID,SIS Login ID,Section,Table (991)\n    Points Possible,,,,,10.00\n"
        '"Byron, Ada",4011,,abyron,Nets 1,9\n"Wang, Wei",4012,,wwang,Nets 1,\n"Student, Test",4099,,,Nets 1,\n',
        [("4011", "Ada Byron", "", "Nets 1"), ("4012", "Wei Wang", "", "Nets 1")],
        'roster: student_id from "ID", name from "Student", batch from "Section";'
        " 2 rows skipped: points possible, test student",
    ),
    "Canvas people": Export(
        "Name,Login ID,SIS ID,Section,Role,Last Activity,Total Activity\n"
        "Ada Byron,abyron,0071234,Nets 1,Student,Jan 3,01:00\n"
        "Prof Ess,pess,0000009,Nets 1,Teacher,Jan 3,09:00\n"
        "Tea Assis,tassis,0000010,Nets 1,TA,Jan 3,09:00\n",
        [("0071234", "Ada Byron", "", "Nets 1")],
        'roster: student_id from "SIS ID", name from "Name", batch from "Section"; 2 rows skipped: staff',
    ),
    "Moodle participants": Export(
        "\ufeffFirst name,Last name,ID number,Email address,Groups\nAda,Byron,0071234,ada@uni.example,Lab A\n",
        [("0071234", "Ada Byron", "ada@uni.example", "Lab A")],
        'roster: student_id from "ID number", first_name from "First name", last_name from "Last name",'
        ' email from "Email address", batch from "Groups"',
    ),
    "Moodle grades export": Export(
        "First name,Surname,ID number,Institution,Department,Email address,"
        "Assignment: Table (Real),Course total (Real)\n"
        "Ada,Byron,0071234,,,ada@uni.example,-,-\n",
        [("0071234", "Ada Byron", "ada@uni.example", "")],
        'roster: student_id from "ID number", first_name from "First name", last_name from "Surname",'
        ' email from "Email address"',
    ),
    "Moodle grading worksheet": Export(
        "Identifier,Full name,ID number,Email address,Status,Grade,Maximum Grade,Grade can be changed,"
        "Last modified (submission),Last modified (grade),Feedback comments\n"
        "Participant 123,Ada Byron,0071234,ada@uni.example,No submission,,100.00,Yes,-,-,\n",
        [("0071234", "Ada Byron", "ada@uni.example", "")],
        'roster: student_id from "ID number", name from "Full name", email from "Email address"',
    ),
    "Moodle grading worksheet of a site without numbers": Export(
        "Identifier,Full name,Email address,Status,Grade\nParticipant 123,Ada Byron,ada@uni.example,No submission,\n",
        [("ada@uni.example", "Ada Byron", "ada@uni.example", "")],
        'roster: student_id from "Email address", name from "Full name", email from "Email address"',
    ),
    "Google Classroom": Export(
        "Last Name,First Name,Email Address,Table by hand\n"
        "Date,,,2026-01-31\nPoints,,,100\nClass Average,,,81.5\nByron,Ada,ada@school.example,90\n",
        [("ada@school.example", "Ada Byron", "ada@school.example", "")],
        'roster: student_id from "Email Address", first_name from "First Name", last_name from "Last Name",'
        ' email from "Email Address"; 3 rows skipped: dates, points, class average',
    ),
    "Gradescope": Export(
        "First Name,Last Name,SID,Email,Role,Sections\nAda,Byron,0071234,ada@uni.example,Student,1\n"
        "Ina,Struct,,ina@uni.example,Instructor,\n",
        [("0071234", "Ada Byron", "ada@uni.example", "1")],
        'roster: student_id from "SID", first_name from "First Name", last_name from "Last Name",'
        ' email from "Email", batch from "Sections"; 1 row skipped: staff',
    ),
    "Blackboard": Export(
        '"Last Name","First Name","Username","Student ID","Last Access","Availability","Table [Total Pts: 10] |77"\n'
        '"Byron","Ada","abyron","0071234","2026-01-03 10:00:00","Yes","9"\n',
        [("0071234", "Ada Byron", "", "")],
        'roster: student_id from "Student ID", first_name from "First Name", last_name from "Last Name"',
    ),
    "PowerSchool": Export(
        "Hill School,,\nTeacher: Ess P.,,\nNets 1 - Period 3,,\n\nStudent_Number,LastFirst,Grade_Level\n"
        '71234,"Byron, Ada L",11\n71235,"King, Martin, Jr.",11\n',
        [("71234", "Ada L Byron", "", ""), ("71235", "Martin King, Jr.", "", "")],
        'roster: student_id from "Student_Number", name from "LastFirst";'
        " 3 rows skipped: what stands before the header",
    ),
    "Name, ID, Email": Export(
        "Name,ID,Email\nAda Byron,007,ada@uni.example\n",
        [("007", "Ada Byron", "ada@uni.example", "")],
        'roster: student_id from "ID", name from "Name", email from "Email"',
    ),
    "German": Export(
        "Nachname;Vorname;Matrikelnummer;E-Mail-Adresse;Gruppe\nGroß;Zoë;0071;z@uni.example;3\n",
        [("0071", "Zoë Groß", "z@uni.example", "3")],
        'roster: student_id from "Matrikelnummer", first_name from "Vorname", last_name from "Nachname",'
        ' email from "E-Mail-Adresse", batch from "Gruppe"',
    ),
    "German, Name beside Vorname": Export(
        "Name;Vorname;Matr.-Nr.\nGroß;Zoë;0071\n",
        [("0071", "Zoë Groß", "", "")],
        'roster: student_id from "Matr.-Nr.", first_name from "Vorname", last_name from "Name"',
    ),
    "French": Export(
        "Nom;Prénom;N° étudiant;Adresse de courriel;Groupe\nL'Écuyer;Noé;0071;n@uni.example;TD 2\n",
        [("0071", "Noé L'Écuyer", "n@uni.example", "TD 2")],
        'roster: student_id from "N° étudiant", first_name from "Prénom", last_name from "Nom",'
        ' email from "Adresse de courriel", batch from "Groupe"',
    ),
    "Spanish": Export(
        "Nombre;Apellido(s);Número de ID;Dirección de correo;Grupos\nAna María;de la Cruz;0071;a@uni.example;B\n",
        [("0071", "Ana María de la Cruz", "a@uni.example", "B")],
        'roster: student_id from "Número de ID", first_name from "Nombre", last_name from "Apellido(s)",'
        ' email from "Dirección de correo", batch from "Grupos"',
    ),
    "Portuguese": Export(
        "Nome completo;Matrícula;E-mail;Turma\nJoão da Silva;0071;j@uni.example;T1\n",
        [("0071", "João da Silva", "j@uni.example", "T1")],
        'roster: student_id from "Matrícula", name from "Nome completo", email from "E-mail", batch from "Turma"',
    ),
    "ours": Export(
        "student_id,first_name,last_name,email,batch\n007,Ada,Byron,a@uni.example,A\n",
        [("007", "Ada Byron", "a@uni.example", "A")],
        "roster: student_id, first_name, last_name, email, batch",
    ),
}


def as_csv(path: Path, text: str) -> Path:
    path = path / "list.csv"
    path.write_text(text, encoding="utf-8", newline="")
    return path


def as_xls_of_blackboard(path: Path, text: str) -> Path:
    """UTF-16 with tabs, and called after a workbook."""
    table, path = io.StringIO(), path / "list.xls"
    csv.writer(table, delimiter="\t").writerows(cells_of(text))
    path.write_text(table.getvalue(), encoding="utf-16", newline="")
    return path


def as_xlsx(path: Path, text: str) -> Path:
    book = openpyxl.Workbook()
    for row in cells_of(text):
        book.active.append(row)
    book.create_sheet("Notes").append(["nothing of a list"])
    book.save(path / "list.xlsx")
    return path / "list.xlsx"


def as_ods(path: Path, text: str) -> Path:
    document, table = OpenDocumentSpreadsheet(), Table(name="Sheet1")
    for row in cells_of(text):
        line = TableRow()
        for cell in row:
            written = TableCell(valuetype="string") if cell else TableCell()
            if cell:
                written.addElement(P(text=cell))
            line.addElement(written)
        table.addElement(line)
    document.spreadsheet.addElement(table)
    document.save(str(path / "list.ods"))
    return path / "list.ods"


def cells_of(text: str) -> list[list[str]]:
    separator = ";" if ";" in text.partition("\n")[0] else ","
    return list(csv.reader(io.StringIO(text.lstrip("\ufeff")), delimiter=separator))


def shown(roster: Roster) -> list[tuple[str, str, str, str]]:
    return [(s.student_id, s.name, s.columns.get("email", ""), s.batch) for s in roster.students]


def refused(path: Path, settings: dict[str, str] | None = None) -> str:
    with pytest.raises(InputError) as refusal:
        read_roster(path, settings or {})
    assert all(problem.remedy for problem in refusal.value.problems)
    return str(refusal.value)


@pytest.mark.parametrize("save", [as_csv, as_xls_of_blackboard, as_xlsx, as_ods])
@pytest.mark.parametrize("name", EXPORTS)
def test_every_export_is_read_as_it_is(name: str, save: Callable[[Path, str], Path], tmp_path: Path) -> None:
    export = EXPORTS[name]
    roster = read_roster(save(tmp_path, export.text))
    assert shown(roster) == export.students
    assert roster.said == export.said


def test_columns_of_the_export_stay(tmp_path: Path) -> None:
    ada = read_roster(as_csv(tmp_path, EXPORTS["Canvas gradebook"].text)).students[0]
    assert ada.columns == {
        "student": "Byron, Ada",
        "id": "4011",
        "sis_user_id": "0071234",
        "sis_login_id": "abyron",
        "section": "Nets 1",
        "table_(991)": "9",
        "current_score": "90",
        "final_score": "90",
        "student_id": "0071234",
        "first_name": "Ada",
        "last_name": "Byron",
        "batch": "Nets 1",
    }


def test_a_heading_stands_for_one_field_only() -> None:
    """But for halves of names, which French and Spanish lists tell by what stands beside them."""
    keys = [(field, heading_key(heading)) for field, headings in FIELDS.items() for heading in headings]
    by_key: dict[str, set[str]] = {}
    for field, key in keys:
        by_key.setdefault(key, set()).add(field)
    assert {key: fields for key, fields in by_key.items() if len(fields) > 1} == {}


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [
        ("Byron, Ada", "Ada", "Byron"),
        ("Ada Byron", "Ada Byron", ""),
        ("King, Martin, Jr.", "Martin", "King, Jr."),
        ("Martin King, Jr.", "Martin King, Jr.", ""),
        ("Plato,", "Plato", ""),
        (", Plato", "Plato", ""),
        (",", "", ""),
        ("李, 小龙", "小龙", "李"),
    ],
)
def test_names_are_split_at_commas_and_nowhere_else(written: str, first: str, last: str) -> None:
    assert split_name(written) == (first, last)


# --- settings ------------------------------------------------------------------------------------


def test_a_course_file_says_which_column_is_what(tmp_path: Path) -> None:
    path = as_csv(tmp_path, "Kennung,Rufname,Lab,Student ID\nx1,Ada,3,9\n")
    roster = read_roster(path, {"student_id": "Kennung", "batch": "lab", "first_name": "Rufname"})
    assert shown(roster) == [("x1", "Ada", "", "3")]
    assert roster.said == 'roster: student_id from "Kennung", first_name from "Rufname", batch from "Lab"'
    said = refused(path, {"student_id": "SIS User ID"})
    assert '[roster] student_id: "SIS User ID" is not a column of the roster.' in said
    assert 'Its columns: "Kennung", "Rufname", "Lab", "Student ID".' in said


def test_assign_takes_the_setting_and_says_what_it_took(tmp_path: Path) -> None:
    save_course(tmp_path, f'{NEURON}\n[roster]\nstudent_id = "SIS Login ID"\n')
    as_csv(tmp_path, EXPORTS["Canvas gradebook"].text)
    done = called("assign", "list.csv", "--course", "course.toml", "--preview", folder=tmp_path)
    assert (done.code, done.err.splitlines()[0]) == (
        0,
        'roster: student_id from "SIS Login ID", name from "Student", batch from "Section";'
        " 3 rows skipped: manual posting, points possible, test student",
    )


def test_nothing_is_said_of_a_list_in_which_nothing_was_decided(tmp_path: Path) -> None:
    save_course(tmp_path)
    as_csv(tmp_path, EXPORTS["ours"].text.replace("student_id", "Student ID"))
    done = called("assign", "list.csv", "--course", "course.toml", "--preview", folder=tmp_path)
    assert (done.code, "roster:" in done.err) == (0, False)


# --- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Student,Score\nAda,1\n", ["has no column student_id.", "[roster] student_id = ..."]),
        ("SIS User ID,Student,ID\n1,Ada,4\n,Bob,5\n", ["line 3: has no student_id.", '[roster] student_id = "ID"']),
        ("ID,Name,E-Mail,E.Mail\n1,A,a,b\n", ['columns 3 and 4 could both be email: "E-Mail".', "[roster] email ="]),
        (
            "ID,Name\n1.2E+07,A\n1.2E+07,B\n1.2E+07,C\n",
            ["column \"ID\" has '1.2E+07' for 3 students", "format that column as text"],
        ),
        ("Name,ID\nTotal,\n", ["line 2: has no student_id."]),
        ("Student,ID,Section\n    Points Possible,,\n", ["none of a student"]),
    ],
)
def test_what_is_refused_says_what_to_do(text: str, parts: Sequence[str], tmp_path: Path) -> None:
    said = refused(as_csv(tmp_path, text))
    assert all(part in said for part in parts), said


@pytest.mark.parametrize("field", FIELDS)
def test_a_hint_never_points_to_a_column_of_another_field(field: str) -> None:
    """`Student` was once proposed for student_id, and names became ids."""
    headings = [heading for other, known in FIELDS.items() if other != field for heading in known]
    for heading in headings:
        columns = find_columns([heading, "Score"], {})
        for needed in columns.missing:
            assert "Did you mean" not in columns.hint(needed), (heading, needed)


# --- workbooks -----------------------------------------------------------------------------------


def test_cells_of_workbooks_are_what_one_reads(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    rows = [["ID", "Name", "Born", "Score"], [12345, "A", date(2001, 2, 3), 1.5], ["007", "=1+1", None, True]]
    for row in rows:
        book.active.append(row)
    book.active["B3"].data_type = "s"
    book.save(tmp_path / "list.xlsx")
    first, second = read_roster(tmp_path / "list.xlsx").students
    assert (first.student_id, first.columns["born"], first.columns["score"]) == ("12345", "2001-02-03", "1.5")
    assert (second.student_id, second.name, second.columns["score"]) == ("007", "=1+1", "TRUE")


def test_ids_of_which_a_workbook_has_lost_digits_are_no_ids(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["ID", "Name"], [12345678901234567890, "A"], [12345678901234567890, "B"]):
        book.active.append(row)
    book.save(tmp_path / "list.xlsx")
    assert "for 2 students: a spreadsheet has rounded it" in refused(tmp_path / "list.xlsx")


def test_two_sheets_that_are_both_lists_are_refused(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for sheet in (book.active, book.create_sheet("Second")):
        for row in (["ID", "Name"], ["1", "A"]):
            sheet.append(row)
    book.save(tmp_path / "list.xlsx")
    assert "can be read with sheet 'Sheet' as well as sheet 'Second'" in refused(tmp_path / "list.xlsx")
    book["Second"].sheet_state = "hidden"
    book.save(tmp_path / "list.xlsx")
    assert len(read_roster(tmp_path / "list.xlsx").students) == 1


def test_bombs_and_what_is_no_workbook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = as_xlsx(tmp_path, EXPORTS["ours"].text)
    good = path.read_bytes()
    for cut in (4, 100, len(good) // 2, len(good) - 30):
        path.write_bytes(good[:cut])
        assert "cannot be read as a workbook" in refused(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("something.txt", "else")
    assert "cannot be read as a workbook" in refused(path)
    monkeypatch.setattr(files, "_MOST_UNPACKED", 10_000_000)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * 20_000_000)
    assert "no class list" in refused(path)
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(2001):
            archive.writestr(f"{number}.xml", "")
    assert "no class list" in refused(path)


def test_a_sheet_with_one_cell_far_away_is_refused(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active["A1"] = "ID"
    book.active["XFD1048576"] = "x"
    book.save(tmp_path / "list.xlsx")
    assert "has a sheet of 1048576 rows and 16384 columns: no class list." in refused(tmp_path / "list.xlsx")
    path = as_ods(tmp_path, "ID,Name\n1,A\n")
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    repeated = b'<table:table-row table:number-rows-repeated="900000">'
    rows = parts["content.xml"].rpartition(b"<table:table-row>")
    for wide, is_refused in ((b"", False), (b' table:number-columns-repeated="9000"', True)):
        last = rows[2].replace(b"<table:table-cell", b"<table:table-cell" + wide, 1)
        head = rows[0] + (repeated + b"<table:table-cell/></table:table-row>") + rows[1]
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in (parts | {"content.xml": head + last}).items():
                archive.writestr(name, content)
        if is_refused:
            assert "has a sheet of 900002 rows and 9001 columns" in refused(path)
        else:
            assert [student.name for student in read_roster(path).students] == ["A"]


def test_without_its_library_a_workbook_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "python_calamine", None)
    assert 'pip install "backproptable[sheets]"' in refused(as_xlsx(tmp_path, EXPORTS["ours"].text))


# --- addresses as ids, and hostile lists -----------------------------------------------------------


def test_an_address_as_id_does_not_disfigure_file_names(tmp_path: Path) -> None:
    save_course(tmp_path, f'[course]\nfile_name = "{{first_name}}.md"\n{NEURON}')
    as_csv(
        tmp_path,
        "Last Name,First Name,Email Address\nByron,Ada,ada.b@school.example\nKing,Ada,ada.k@school.example\n"
        "Lee,Bo,bo@school.example\nLi,Bo,bo@other.example\n",
    )
    done = called("assign", "list.csv", "--course", "course.toml", folder=tmp_path)
    assert done.code == 0, done.err
    stems = {entry["student_id"]: entry["file"] for entry in entries(tmp_path / "output/keys").values()}
    assert stems["ada.b@school.example"] == "ADA_ADA_B"
    assert stems["ada.k@school.example"] == "ADA_ADA_K"
    assert len(set(stems.values())) == 4
    assert not any("SCHOOL" in stem for stem in stems.values())


def test_hostile_entries_of_a_canvas_export_stay_inside(tmp_path: Path) -> None:
    rows = [
        {
            "Student": f"{row['last_name'] or 'x'}, {row['first_name'] or 'x'}".replace("\n", " "),
            "ID": str(number),
            "SIS User ID": row["student_id"],
            "Section": row.get("batch", ""),
        }
        for number, row in enumerate(hostile_rows())
    ]
    path = write_roster(tmp_path / "list.csv", rows)
    roster = read_roster(path)
    assert len(roster.students) + sum(roster.skipped.values()) == 500
    assert not roster.skipped
    assert [student.student_id for student in roster.students] == [
        student.columns["sis_user_id"] for student in roster.students
    ]
    save_course(tmp_path)
    before = set(contents(tmp_path))
    done = called("assign", "list.csv", "--course", "course.toml", "--format", "md,tex", folder=tmp_path)
    assert done.code == 0, done.err
    assert done.err.splitlines()[0].isprintable()
    new = set(contents(tmp_path)) - before
    assert all(name.startswith(("output/assignments/", "output/keys/")) for name in new)
    assert len([name for name in new if name.startswith("output/assignments/") and name.endswith(".md")]) == 500
    assert len(entries(tmp_path / "output/keys")) == 500
    assert called("assign", "list.csv", "--course", "course.toml", "--format", "md,tex", folder=tmp_path).code == 0
    assert len(entries(tmp_path / "output/keys")) == 500


CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(CELL, CELL), min_size=1, max_size=6), CELL)
def test_whatever_stands_in_an_export_is_read_as_text(
    tmp_path_factory: pytest.TempPathFactory, cells: list[tuple[str, str]], heading: str
) -> None:
    """No cell moves into another column, and what is said of the list stays on one line."""
    rows = [["Student", "ID", f"Lab {heading}"], *([f"x{name}", str(n), lab] for n, (name, lab) in enumerate(cells))]
    path = tmp_path_factory.getbasetemp() / "list.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows(rows)
    roster = read_roster(path, {"batch": rows[0][2]})
    assert [student.student_id for student in roster.students] == [str(n) for n in range(len(cells))]
    assert [student.batch for student in roster.students] == [
        unicodedata.normalize("NFC", lab.strip()) for _, lab in cells
    ]
    assert roster.said.splitlines() == [roster.said]
