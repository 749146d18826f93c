"""Sheets to fill in with a spreadsheet: what is on them, and that they come back whatever saved them."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from support.classes import called
from support.reader import read_markdown

COURSE = '[sheet]\nasked = "evening"\n[draw]\ndead_units = 1\n'
ROSTER = "student_id,first_name\n1,=cmd|' /C calc'!A0\n2,Zoë\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("class")
    (made / "course.toml").write_text(COURSE, encoding="utf-8")
    (made / "roster.csv").write_text(ROSTER, encoding="utf-8")
    words = ("assign", "roster.csv", "--course", "course.toml", "--format", "md,csv", "--processes", 1)
    assert called(*words, folder=made).code == 0
    return made


def sheet(folder: Path) -> Path:
    (path,) = (folder / "output/assignments").glob("ZO*.csv")
    return path


def rows(text: str) -> list[list[str]]:
    told, *lines = text.splitlines()
    assert told == "sep=,"
    return list(csv.reader(lines))


def values(folder: Path) -> dict[str, str]:
    key = (folder / "output/keys" / f"{sheet(folder).stem}_KEY.md").read_text(encoding="utf-8")
    return {line.name: line.value for line in read_markdown(key).lines}


def test_no_cell_can_be_taken_for_a_number_a_date_or_a_formula(folder: Path) -> None:
    for path in [*(folder / "output/assignments").glob("*.csv"), *(folder / "output/keys").glob("*.csv")]:
        text = path.read_bytes().decode("ascii")
        for row in rows(text)[3:]:
            assert len(row) == 3
            for cell in row:
                assert not cell or cell[0].isalpha()
                assert "cmd" not in cell


def test_it_asks_for_the_same_numbers_and_gives_none_away(folder: Path) -> None:
    path = sheet(folder)
    other = read_markdown(path.with_suffix(".md").read_text(encoding="utf-8"))
    asked = {
        row[0] for table in other.tables if table.head[-1] == "answer" for row in table.rows if row[-1] != "worked"
    }
    found = rows(path.read_text(encoding="ascii"))
    assert {row[0] for row in found if not row[2]} == asked
    right = values(folder)
    worked = {row[0]: row[1].rpartition(" = ")[2] for row in found if row[2] == "worked"}
    assert worked == {name: right[name] for name in worked}
    assert worked
    public = {*worked.values(), *(row[1].rpartition(" = ")[2] for row in found if row[2] == "given")}
    secret = {right[name] for name in asked} - public
    assert not secret & set(re.findall(r"-?\d+\.\d{3,}", path.read_text(encoding="ascii")))
    in_key = rows((folder / "output/keys" / f"{path.stem}_KEY.csv").read_text(encoding="ascii"))
    assert {row[0]: row[1].rpartition(" = ")[2] for row in in_key if row[2] == "worked"} == right


def saved(cells: list[list[str]], separator: str, *, end: str = "\r\n", quote: int = csv.QUOTE_MINIMAL) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator=end, quoting=quote).writerows(cells)
    return text.getvalue()


SAVED: dict[str, Callable[[list[list[str]]], bytes]] = {
    "Excel, US": lambda cells: saved(cells, ",").encode("utf-8-sig"),
    "Excel, German": lambda cells: saved(
        [[*row[:2], row[2].replace(".", ",") if row[2][:1] in "-0123456789" else row[2]] for row in cells], ";"
    ).encode("utf-8-sig"),
    "Excel, old CSV": lambda cells: saved(cells, ";").encode("cp1252"),
    "LibreOffice, all quoted": lambda cells: saved(cells, ",", end="\n", quote=csv.QUOTE_ALL).encode(),
    "Unicode text": lambda cells: saved(cells, "\t").encode("utf-16"),
    "Google Sheets": lambda cells: saved(cells, ",").encode(),
    "trailing separators": lambda cells: saved([[*row, "", ""] for row in cells], ",").encode(),
    "the line of the separator kept": lambda cells: b"sep=,\r\n" + saved(cells, ",").encode(),
    "an empty line at the end": lambda cells: saved([*cells, ["", "", ""]], ";").encode(),
}


@pytest.mark.parametrize("program", SAVED)
def test_it_comes_back_whatever_saved_it(program: str, folder: Path, tmp_path: Path) -> None:
    right = values(folder)
    cells = [[name, line, answer or right.get(name, "")] for name, line, answer in rows(sheet(folder).read_text())]
    path = tmp_path / "zoe.csv"
    path.write_bytes(SAVED[program](cells))
    checked = called("check", path, folder=tmp_path)
    assert (checked.code, checked.err) == (0, "")
    assert "46 of 46 numbers can be read." in checked.out
    done = called("verify", path, "--keys", folder / "output/keys", folder=tmp_path)
    assert done.code == 0, done.out
    (report,) = json.loads((tmp_path / "output/report.json").read_text(encoding="utf-8"))["sheets"]
    assert len(report["cells"]) == 46
    assert {cell["verdict"] for cell in report["cells"]} == {"right"}


def test_what_is_wrong_with_it_is_told(folder: Path, tmp_path: Path) -> None:
    cells = rows(sheet(folder).read_text())
    asked = [row for row in cells if not row[2]]
    asked[0][2], asked[1][2] = "0.5x", "1.2"
    path = tmp_path / "zoe.csv"
    path.write_text(saved([*cells, asked[1]], ","), encoding="utf-8")
    checked = called("check", path, folder=tmp_path)
    assert checked.code == 1
    assert asked[0][0] in checked.out
    assert "stands" in checked.out or "several" in checked.out
    path.write_text(saved([row for row in cells if row[0] != "code"], ","), encoding="utf-8")
    assert "Put the line of the code back." in called("check", path, folder=tmp_path).out
