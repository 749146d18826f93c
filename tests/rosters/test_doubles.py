"""A list that a spreadsheet has changed never doubles a class."""

from __future__ import annotations

from pathlib import Path

import pytest

from backproptable.rosters.doubles import double_problems
from backproptable.rosters.ids import as_rounded, is_rounded, plain_id
from backproptable.rosters.student import Student
from support.classes import called, contents, entries, save_course, save_roster

Row = dict[str, str]

CLASS: list[Row] = [
    {"student_id": "0012345678", "first_name": "Ada", "last_name": "Byron", "email": "ada@uni.example"},
    {"student_id": "0012345679", "first_name": "Zoë", "last_name": "Groß", "email": "zoe@uni.example"},
    {"student_id": "0022345670", "first_name": "Wei", "last_name": "Wang", "email": "wei@uni.example"},
]


def made(rows: list[Row]) -> list[Student]:
    return [Student(row["student_id"], row) for row in rows]


def manifest(rows: list[Row]) -> list[dict[str, object]]:
    return [{"student_id": s.student_id, "name": s.name, "columns": dict(s.columns)} for s in made(rows)]


def problems(old: list[Row], new: list[Row]) -> list[str]:
    known = {row["student_id"].casefold() for row in old}
    roster = made(new)
    newcomers = [student for student in roster if student.student_id.casefold() not in known]
    return [f"{found.where}: {found.what}" for found in double_problems(roster, newcomers, manifest(old))]


def changed(number: int = 0, **cells: str) -> list[Row]:
    return [{**row, **cells} if place == number else row for place, row in enumerate(CLASS)]


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ({"student_id": "12345678"}, "ids that differ only as spreadsheets change numbers"),
        ({"student_id": "12345678", "first_name": "A.", "email": ""}, "ids that differ only as spreadsheets"),
        ({"student_id": "12345678.0"}, "ids that differ only as spreadsheets change numbers"),
        ({"student_id": "1.2E+07"}, "a spreadsheet has rounded the id"),
        ({"student_id": "1,23E+07", "email": ""}, "a spreadsheet has rounded the id"),
        ({"student_id": "1E7", "first_name": "A.", "email": ""}, "a spreadsheet has rounded the id"),
        ({"student_id": "x-77"}, "both have ada@uni.example"),
        ({"student_id": "x-77", "email": ""}, "the same name, and the old id is not in the roster any more"),
        ({"student_id": "ada@uni.example"}, "both have ada@uni.example"),
        ({"student_id": "ADA@uni.example", "first_name": "A.", "email": ""}, "both have ada@uni.example"),
        (
            {"student_id": "x-77", "first_name": "Byron", "last_name": "ÁDA", "email": ""},
            "the same name, and the old id",
        ),
    ],
)
def test_a_newcomer_who_is_no_newcomer(cells: Row, why: str) -> None:
    (found,) = problems(CLASS, changed(**cells))
    assert f'looks like "0012345678" Ada Byron, who has a sheet: {why}' in found
    assert found.startswith(f'"{cells["student_id"]}" ')


@pytest.mark.parametrize("old", ["12345678", "12345678.0", "1.2E+07", "1.23457E+07", "ada@uni.example", "x-77"])
def test_and_the_other_way_round(old: str) -> None:
    """The class was made of the changed list, and the list as it was comes afterwards."""
    (found,) = problems(changed(student_id=old), CLASS)
    assert f'"0012345678" Ada Byron: looks like "{old}" Ada Byron' in found


def test_another_column_of_ids() -> None:
    canvas = [{"student_id": "4011", "sis_user_id": "0071", "first_name": "Ada"}]
    (found,) = problems(canvas, [{"student_id": "0071", "id": "", "first_name": "A."}])
    assert "both have 0071" in found
    (found,) = problems([{"student_id": "0071", "first_name": "Ada"}], [{**canvas[0], "first_name": "A."}])
    assert "both have 0071" in found


def test_the_same_name_and_address_twice_in_one_list() -> None:
    (found,) = problems(CLASS, [*CLASS, {**CLASS[0], "student_id": "x-77"}])
    assert "the same name and address" in found


@pytest.mark.parametrize(
    "newcomer",
    [
        {"student_id": "0032345670", "first_name": "Ada", "last_name": "Byron", "email": "other@uni.example"},
        {"student_id": "12345678", "first_name": "Bo", "last_name": "Li", "email": "bo@uni.example"},
        {"student_id": "x-1", "first_name": "Bo", "last_name": "Li", "email": "ada@uni.example"},
    ],
)
def test_whoever_stands_beside_the_other_in_the_list_is_somebody_else(newcomer: Row) -> None:
    """A namesake, and a number that differs in zeros only, are new while both stand in the list."""
    assert problems(CLASS, [*CLASS, newcomer]) == []


def test_a_newcomer_is_a_newcomer() -> None:
    new = {"student_id": "0042345678", "first_name": "Bo", "last_name": "Li", "email": "bo@uni.example"}
    assert problems(CLASS, [new]) == []


def test_manifests_of_before_have_fewer_columns() -> None:
    old = [{"student_id": "007", "name": "Ada Byron"}, {"student_id": "8", "name": "Bo", "columns": None}]
    found = double_problems(made(changed(student_id="7")[:1]), made(changed(student_id="7")[:1]), old)
    assert len(found) == 1


def test_forms_of_ids() -> None:
    assert plain_id("007") == plain_id("7") == plain_id("7.0") == plain_id("7,00")
    assert plain_id("A7") != plain_id("a07")
    assert as_rounded("0012345678", 2) == as_rounded("1.2E+07", 2)
    assert as_rounded("12345678", 2) != as_rounded("1.2E+08", 2)
    assert not is_rounded("12E07x")
    assert not as_rounded("abc", 2)


@pytest.mark.parametrize("change", [lambda text: text.lstrip("0"), lambda text: f"{text[2]}.{text[3]}E+07"])
def test_a_run_with_a_changed_list_changes_nothing(change: object, tmp_path: Path) -> None:
    assert callable(change)
    save_course(tmp_path)
    words = ("assign", "roster.csv", "--course", "course.toml")
    save_roster(tmp_path, [CLASS[0], CLASS[2]])
    assert called(*words, folder=tmp_path).code == 0
    before = contents(tmp_path / "output")
    rows = [{**row, "student_id": change(row["student_id"])} for row in (CLASS[0], CLASS[2])]
    save_roster(tmp_path, rows)
    done = called(*words, folder=tmp_path)
    assert done.code == 2
    assert contents(tmp_path / "output") == before
    for row, old in zip(rows, (CLASS[0], CLASS[2]), strict=True):
        name = f"{row['first_name']} {row['last_name']}"
        assert f'"{row["student_id"]}" {name}: looks like "{old["student_id"]}" {name}, who has a sheet' in done.err
    assert "0 of 2 students of the roster are among the 2 who have a sheet." in done.err
    assert done.err.count("--newcomers") == 1
    done = called(*words, "--newcomers", folder=tmp_path)
    assert done.code == 0, done.err
    assert len(entries(tmp_path / "output/keys")) == 4


def test_of_thousands_no_more_are_told_than_one_reads() -> None:
    old = [{"student_id": f"00{n:08d}", "first_name": f"F{n}", "email": f"{n}@x.example"} for n in range(3000)]
    new = [{**row, "student_id": row["student_id"].lstrip("0") or "0"} for row in old]
    found = problems(old, new)
    assert len(found) == 21
    assert found[-1] == "... and 2980 more: not shown."


def test_what_many_share_tells_nobody() -> None:
    """An address of an office, a number of a row: another one may have them next."""
    old = [{**row, "email": "office@uni.example", "id": str(number)} for number, row in enumerate(CLASS)]
    new = {"student_id": "0042345678", "first_name": "Bo", "email": "office@uni.example", "id": "1"}
    assert problems(old, [new]) == []
    assert problems([{**row, "email": "n/a"} for row in CLASS[:1]], [{**new, "email": "n/a"}]) == []


def test_a_class_of_which_all_ids_were_rounded_to_one_is_told_by_name() -> None:
    old = [{"student_id": f"12{n:06d}", "first_name": f"F{n}"} for n in range(3000)]
    found = problems(old, [{"student_id": "1.2E+07", "first_name": "F2999"}])
    assert found == ['"1.2E+07" F2999: looks like "12002999" F2999, who has a sheet: a spreadsheet has rounded the id.']
