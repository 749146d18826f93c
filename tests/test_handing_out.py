"""Sheets on their way out: zips for students or batches, whole, the same again, without keys; and who is written to."""

from __future__ import annotations

import csv
import tracemalloc
from pathlib import Path

import pytest

from backproptable.basics.errors import InputError, OutputError
from backproptable.commands.assign import assign_class
from backproptable.courses.classroom import Classroom
from backproptable.lms.addresses import address_of
from backproptable.lms.handing_out import by_batch, pack_chunk
from backproptable.lms.packing import write_zip
from backproptable.rosters.student import Student
from support.classes import (
    NEURON,
    called,
    contents,
    leave_secret,
    made_course,
    process,
    rows,
    save_course,
    save_roster,
    stamps,
    students,
)
from support.hostile import hostile_rows
from support.lms import unzipped


def assign(folder: Path, roster: Path, *more: object) -> str:
    outcome = called("assign", roster, "--course", save_course(folder), *more, folder=folder)
    assert outcome.code == 0, outcome.err
    return outcome.out


def zipped(folder: Path, name: str) -> dict[str, dict[str, bytes]]:
    """The files in each zip of that folder, by its name."""
    return {path.name: unzipped(path.read_bytes()) for path in sorted((folder / "output" / name).iterdir())}


def sheets(folder: Path) -> dict[str, bytes]:
    return contents(folder / "output" / "assignments")


# --- zips ----------------------------------------------------------------------------------------


def test_one_zip_for_each_student(tmp_path: Path) -> None:
    said = assign(tmp_path, save_roster(tmp_path, rows(6)), "--zip", "student")
    found = zipped(tmp_path, "zips")
    assert {Path(name).stem: [*files] for name, files in found.items()} == {
        Path(name).stem: [name] for name in sheets(tmp_path)
    }
    assert {name: text for files in found.values() for name, text in files.items()} == sheets(tmp_path)
    assert "6 zips in output/zips" in said.splitlines()


def test_one_zip_for_each_batch_with_all_formats(tmp_path: Path) -> None:
    assign(tmp_path, save_roster(tmp_path, rows(6)), "--zip", "batch", "--format", "md,tex")
    found = zipped(tmp_path, "batches")
    assert [*found] == ["BATCH_A.zip", "BATCH_B.zip"]
    assert len(found["BATCH_A.zip"]) == len(found["BATCH_B.zip"]) == 6
    assert found["BATCH_A.zip"] | found["BATCH_B.zip"] == sheets(tmp_path)


def test_there_is_nothing_of_the_keys_in_them(tmp_path: Path) -> None:
    """Not even where teachers keep keys among the sheets, and zips hold what the sheets are at that time."""
    for zip_by in ("student", "batch"):
        assign(tmp_path, save_roster(tmp_path, rows(4)), "--zip", zip_by, "--keys", "output/assignments")
    found = zipped(tmp_path, "zips") | zipped(tmp_path, "batches")
    names = {name for files in found.values() for name in files}
    assert len(names) == 4
    assert not [name for name in names if "KEY" in name or "manifest" in name or "secret" in name]


@pytest.mark.parametrize("zip_by", ["student", "batch"])
def test_a_rerun_gives_the_same_bytes_and_newcomers_are_added(zip_by: str, tmp_path: Path) -> None:
    leave_secret(tmp_path / "output")
    first = save_roster(tmp_path, rows(4))
    assign(tmp_path, first, "--zip", zip_by)
    before = contents(tmp_path / "output")
    assign(tmp_path, first, "--zip", zip_by)
    assert contents(tmp_path / "output") == before
    said = assign(tmp_path, save_roster(tmp_path, rows(6)[3:]), "--zip", zip_by)  # three are not in this roster
    folder = "zips" if zip_by == "student" else "batches"
    found = [name for files in zipped(tmp_path, folder).values() for name in files]
    assert sorted(found) == sorted(sheets(tmp_path))
    assert len(found) == 6
    assert "3 students of the manifest not in the roster" in said

    other = tmp_path / "other"  # the order of the roster is nothing to them, nor when they are written
    other.mkdir()
    leave_secret(other / "output")
    assign(other, save_roster(other, rows(6)[::-1]), "--zip", zip_by)
    assert contents(other / "output" / folder) == contents(tmp_path / "output" / folder)


def test_names_of_batches_are_safe_and_no_batch_is_lost(tmp_path: Path) -> None:
    names = ["../../x", "a", "A ", "A/1", "A_1", "", "CON", "日本", "x" * 300, "X", "\u202e"]
    roster = [row | {"batch": name} for row, name in zip(rows(11), names, strict=True)]
    assign(tmp_path, save_roster(tmp_path, roster), "--zip", "batch")
    found = zipped(tmp_path, "batches")
    assert sorted(name for files in found.values() for name in files) == sorted(sheets(tmp_path))
    assert {len(name.encode()) <= 255 for name in found} == {True}
    assert {"BATCH_X.zip", "BATCH_A.zip", "BATCH_A_1.zip", "BATCH_CON.zip", "BATCH_日本.zip"} < set(found)
    assert len(found["BATCH_A.zip"]) == len(found["BATCH_A_1.zip"]) == 2
    assert {path.name for path in tmp_path.iterdir()} == {"output", "roster.csv", "course.toml"}


def test_a_class_without_batches_has_one_zip(tmp_path: Path) -> None:
    roster = [{name: text for name, text in row.items() if name != "batch"} for row in rows(3)]
    assign(tmp_path, save_roster(tmp_path, roster), "--zip", "batch")
    assert [*zipped(tmp_path, "batches")] == ["SHEETS.zip"]


def test_a_batch_that_changed_is_that_of_the_roster() -> None:
    entries = [{"student_id": f"S{number}", "file": f"F{number}", "columns": {"batch": "A"}} for number in range(3)]
    (first, second) = by_batch(Path("o"), entries, {"s1": "B", "s0": "A"})
    assert (first.path, first.stems) == (Path("o/batches/BATCH_A.zip"), ("F0", "F2"))
    assert (second.path, second.stems) == (Path("o/batches/BATCH_B.zip"), ("F1",))


def test_hostile_students_have_one_zip_each(tmp_path: Path) -> None:
    people = [Student(row["student_id"], row) for row in hostile_rows()]
    report = assign_class(made_course(tmp_path), people, tmp_path / "output", zip_by="student", processes=1)
    assert report.zips == 500
    found = zipped(tmp_path, "zips")
    assert {name: text for files in found.values() for name, text in files.items()} == sheets(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"output", "made.toml"}


def test_a_zip_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "zips" / "a.zip"
    write_zip(path, [("a.md", b"old")])
    with pytest.raises(OutputError, match=r"a\.zip: could not be written"):
        write_zip(path, ((name, (tmp_path / name).read_bytes()) for name in ("nothing.md",)))
    assert contents(tmp_path) == {"zips/a.zip": path.read_bytes()}
    assert unzipped(path.read_bytes()) == {"a.md": b"old"}


def test_a_run_that_is_killed_while_packing_is_finished_by_the_next(tmp_path: Path) -> None:
    roster, course = save_roster(tmp_path, rows(5)), save_course(tmp_path)
    code = """
import os, signal, zipfile
writestr = zipfile.ZipFile.writestr
def once(self, info, data, count=[0]):
    count[0] += 1
    writestr(self, info, data)
    if count[0] == 3:
        os.kill(os.getpid(), signal.SIGKILL)
zipfile.ZipFile.writestr = once
"""
    words = ("assign", roster, "--course", course, "--zip", "student")
    assert process(*words, folder=tmp_path, code=code).code < 0
    killed = stamps(tmp_path / "output" / "assignments")
    assert called(*words, folder=tmp_path).code == 0
    assert len(zipped(tmp_path, "zips")) == 5
    assert stamps(tmp_path / "output" / "assignments") == killed


def test_several_processes_pack_the_same(tmp_path: Path) -> None:
    for name, processes in (("one", 1), ("two", 2)):
        leave_secret(tmp_path / name)
        for zip_by in ("student", "batch"):
            course = made_course(tmp_path)
            assign_class(course, students(40), tmp_path / name, zip_by=zip_by, processes=processes)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_other_words_are_refused(tmp_path: Path) -> None:
    outcome = called("assign", save_roster(tmp_path, rows(1)), "--zip", "class", folder=tmp_path)
    assert outcome.code == 2
    assert "student" in outcome.err
    with pytest.raises(InputError, match="'class' is not what zips are made for"):
        assign_class(made_course(tmp_path), students(1), tmp_path, zip_by="class")
    assert not (tmp_path / "output").exists()


def test_one_sheet_at_a_time_is_in_memory(tmp_path: Path) -> None:
    classroom = Classroom(made_course(tmp_path), tmp_path, tmp_path / "keys")
    entries = [{"student_id": str(number), "file": f"F{number}", "columns": {}} for number in range(40)]
    for entry in entries:
        (tmp_path / f"{entry['file']}.md").write_bytes(bytes(range(256)) * 2000)
    tracemalloc.start()
    assert pack_chunk(classroom, by_batch(tmp_path, entries, {})) == 1
    assert tracemalloc.get_traced_memory()[1] < 4_000_000  # of 20 MB
    tracemalloc.stop()
    assert len(unzipped((tmp_path / "batches" / "SHEETS.zip").read_bytes())) == 40


# --- letters -------------------------------------------------------------------------------------


def letters(folder: Path) -> list[dict[str, str]]:
    path = folder / "output" / "mail.csv"
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_who_has_an_address_is_written_to(tmp_path: Path) -> None:
    addresses = ["a@example.org", "", "c@example.org", "no address"]
    roster = [row | {"email": address} for row, address in zip(rows(4), addresses, strict=True)]
    said = assign(tmp_path, save_roster(tmp_path, roster))
    assert "output/mail.csv: 2 students with address and file, for a mail merge; 2 students of the roster" in said
    found = letters(tmp_path)
    assert [(row["student"], row["address"]) for row in found] == [
        (roster[0]["student_id"], "a@example.org"),
        (roster[2]["student_id"], "c@example.org"),
    ]
    for row in found:
        path = Path(row["file"])
        assert path.is_absolute()
        assert row["student"] in path.read_text(encoding="utf-8")
        assert row["name"] in path.read_text(encoding="utf-8")


def test_other_formats_have_columns_of_their_own_and_a_zip_goes_instead(tmp_path: Path) -> None:
    roster = save_roster(tmp_path, [row | {"email": "a@example.org"} for row in rows(2)])
    assign(tmp_path, roster, "--format", "md,tex")
    assert [Path(row["file"]).suffix + Path(row["file_tex"]).suffix for row in letters(tmp_path)] == [".md.tex"] * 2
    assign(tmp_path, roster, "--format", "md,tex", "--zip", "student")
    for row in letters(tmp_path):
        assert [*row] == ["student", "name", "address", "file"]
        assert len(unzipped(Path(row["file"]).read_bytes())) == 2


def test_without_addresses_there_is_no_such_file(tmp_path: Path) -> None:
    assert "mail" not in assign(tmp_path, save_roster(tmp_path, rows(2)))
    assert not (tmp_path / "output" / "mail.csv").exists()


def test_hostile_students_stay_text_in_it(tmp_path: Path) -> None:
    people = [Student(row["student_id"], row | {"email": "x@example.org"}) for row in hostile_rows()]
    assign_class(made_course(tmp_path, NEURON), people, tmp_path / "output", processes=1)
    found = letters(tmp_path)
    assert len(found) == 500
    for row in found:
        assert Path(row["file"]).is_file()
        for cell in row.values():
            assert cell.lstrip("-+").replace(".", "").isdigit() or not cell.startswith(("=", "+", "-", "@", "\t", "\r"))


@pytest.mark.parametrize(
    ("columns", "address"),
    [
        ({"email": " a.b+c@example.org "}, "a.b+c@example.org"),
        ({"email_address": "müller@beispiel.de", "username": "x"}, "müller@beispiel.de"),
        ({"email": "", "sis_login_id": "a@b.org"}, "a@b.org"),
        ({"student_id": "a@b.org"}, "a@b.org"),
        *(
            ({"email": text}, "")
            for text in (
                *("a@b.org, c@d.org", "Ann <a@b.org>", "a@b", "=1+1@b.org", "a@b.org\nBcc: c@d.org", "@b.org"),
                *("a;b@c.org", "a@b.org;c@d.org", "-a@b.org", "x" * 250 + "@b.org", "a b@c.org", "a@b..."),
                *("a@b.org#1", "a@b.org/../c", "a@-b.org", "a@b.o", "a@127.0.0.1", "a@b_c.org."),
            )
        ),
    ],
)
def test_what_is_an_address(columns: dict[str, str], address: str) -> None:
    assert address_of(columns) == address
