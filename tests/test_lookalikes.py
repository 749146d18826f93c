"""A list that was changed by a spreadsheet never doubles a class."""

from __future__ import annotations

from pathlib import Path

import pytest

from backproptable.rosters.lookalikes import lookalikes
from backproptable.rosters.student import Student
from support.classes import called, contents, entries, save_course, stamps


def student(student_id: str, first: str = "Ada", last: str = "Lindqvist", email: str = "") -> Student:
    return Student(student_id, {"student_id": student_id, "first_name": first, "last_name": last, "email": email})


def entry(student_id: str, name: str = "Ada Lindqvist", email: str = "") -> dict[str, object]:
    return {"student_id": student_id, "name": name, "columns": {"email": email}}


@pytest.mark.parametrize(
    ("new", "old", "why"),
    [
        (student("12345", "X", "Y"), entry("0012345"), "the same number"),
        (student("0012345", "X", "Y"), entry("12345"), "the same number"),
        (student("12345.0", "X", "Y"), entry("0012345"), "the same number"),
        (student("12345,0", "X", "Y"), entry("0012345"), "the same number"),
        (student("12,345", "X", "Y"), entry("12345"), "the same number"),
        (student("1.2345E+04", "X", "Y"), entry("12345"), "the same number"),
        (student("n7", "X", "Y", "ada@x.example"), entry("12345", email="ADA@x.example"), "the same address"),
        (student("ada@x.example", "X", "Y"), entry("12345", email="ada@x.example"), "the same address"),
        (student("n7", "X", "Y", "ada@x.example"), entry("ada@x.example"), "the same address"),
        (student("n7"), entry("12345"), "the same name"),
        (student("n7", "lindqvist", "ADA"), entry("12345"), "the same name"),
        (student("n7", "Lindqvist, Ada", ""), entry("12345"), "the same name"),
    ],
)
def test_a_newcomer_looks_like_somebody_who_is_gone(new: Student, old: dict[str, object], why: str) -> None:
    (found,) = lookalikes([new], [old], [new.student_id.casefold()])
    assert (found.newcomer, found.student_id, found.why) == (new, old["student_id"], why)


@pytest.mark.parametrize(
    ("new", "old"),
    [
        (student("12345", "X", "Y"), entry("12346")),
        (student("s12345", "X", "Y"), entry("0012345")),
        (student("1.5", "X", "Y"), entry("15")),
        (student("a", "X", "Y", ""), entry("b", email="")),
        (student("n7", "Ada", "Lindqvist-Ek"), entry("12345")),
    ],
)
def test_others_do_not(new: Student, old: dict[str, object]) -> None:
    assert not [*lookalikes([new], [old], [new.student_id.casefold()])]


def test_who_is_still_in_the_list_is_nobodys_double() -> None:
    """Two Ada Lindqvists can be in one class."""
    assert not [*lookalikes([student("n7")], [entry("12345")], ["n7", "12345"])]


def assign(folder: Path, roster: str, *words: object):
    (folder / "roster.csv").write_text(roster, encoding="utf-8")
    return called("assign", "roster.csv", "--course", "course.toml", "--processes", 1, *words, folder=folder)


HEADER = "student_id,first_name,last_name\n"


def test_a_class_whose_ids_lost_their_zeros_gets_no_second_sheets(tmp_path: Path) -> None:
    save_course(tmp_path)
    people = [("Ada", "L"), ("Bo", "N"), *(("P", f"Q{n}") for n in range(12))]
    right = HEADER + "".join(f"{n:05d},{first},{last}\n" for n, (first, last) in enumerate(people, 1))
    wrong = HEADER + "".join(f"{n},{first},{last}\n" for n, (first, last) in enumerate(people, 1))
    assert assign(tmp_path, right).code == 0
    before = contents(tmp_path / "output")
    outcome = assign(tmp_path, wrong)
    assert outcome.code == 2
    assert (
        "student_id '1', Ada L: looks like '00001', Ada L, who has a sheet and is not in the roster: the same number."
        in (outcome.err)
    )
    assert "and 4 more" in outcome.err
    assert "14 would get a second sheet; nothing was changed." in outcome.err
    assert "--newcomers" in outcome.err
    assert contents(tmp_path / "output") == before
    assert assign(tmp_path, right).code == 0
    assert contents(tmp_path / "output") == before


def test_who_is_really_new_is_taken(tmp_path: Path) -> None:
    save_course(tmp_path)
    assert assign(tmp_path, f"{HEADER}1,Ada,L\n2,Bo,N\n").code == 0
    assert assign(tmp_path, f"{HEADER}1,Ada,L\n9,Bo,N\n").code == 2
    before = stamps(tmp_path)
    assert assign(tmp_path, f"{HEADER}1,Ada,L\n2,Bo,N\n9,Bo,N\n").code == 0, "the other Bo is still there"
    assert stamps(tmp_path) != before
    assert assign(tmp_path, f"{HEADER}1,Ada,L\n11,Bo,N\n", "--newcomers").code == 0
    assert [*entries(tmp_path / "output" / "keys")] == ["1", "2", "9", "11"]
