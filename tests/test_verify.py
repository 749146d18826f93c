"""`verify` as a teacher uses it: a class that comes back, an example file, answers typed in from paper."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from backproptable.cli import main

COURSE = """
[net]
layers = [2, 2, 1]
activations = ["tanh", "sigmoid"]
loss = "half_sse"
learning_rate = 0.5
"""
ROSTER = """student_id,first_name,last_name,batch
1,Ada,Lovelace,1
2,Łukasz,Wójcik,1
3,=cmd(),<b>Bo</b>,2
4,Siobhán,O'Neill,2
"""
EXAMPLE = """
[net]
preset = "2-2-2"

[answers]
"z1[1]" = "0.3775"
"a1[1]" = "0.593269992"
"""


def run(*arguments: str, typed: str | None = None, code: int | None = 0) -> Result:
    result = CliRunner().invoke(main, list(arguments), input=typed, standalone_mode=False)
    if code == 0 and result.exception:
        raise result.exception
    return result


def filled(sheet: str, key: str, change: dict[str, str]) -> str:
    """A sheet filled in from its key, but for some answers."""
    values = dict(re.findall(r"^\| `([^`]+)` .*\| (\S+) \|$", key, re.MULTILINE)) | change
    return re.sub(
        r"^(\| `([^`]+)` .*\|) _{16} \|$", lambda row: f"{row[1]} {values[row[2]]} |", sheet, flags=re.MULTILINE
    )


class Returned:
    """A class whose sheets can be filled in and returned."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "course.toml").write_text(COURSE, encoding="utf-8")
        (folder / "roster.csv").write_text(ROSTER, encoding="utf-8")
        run("assign", str(folder / "roster.csv"), "--course", str(folder / "course.toml"), "-o", str(folder / "out"))
        lines = (folder / "out/keys/manifest.jsonl").read_text(encoding="utf-8").splitlines()
        self.entries = {entry["student_id"]: entry for entry in map(json.loads, lines)}
        (folder / "returned").mkdir()

    def key(self, student: str) -> str:
        return (self.folder / f"out/keys/{self.entries[student]['file']}_KEY.md").read_text(encoding="utf-8")

    def value(self, student: str, cell: str) -> str:
        return re.search(rf"^\| `{re.escape(cell)}` .*\| (\S+) \|$", self.key(student), re.MULTILINE)[1]

    def hand_in(self, student: str, **change: str) -> Path:
        sheet = (self.folder / f"out/assignments/{self.entries[student]['file']}.md").read_text(encoding="utf-8")
        path = self.folder / "returned" / f"{self.entries[student]['file']}.md"
        path.write_text(filled(sheet, self.key(student), change.get("cells", {})), encoding="utf-8")
        return path

    def verify(self, *more: str) -> Result:
        where = [] if more and not more[0].startswith("-") else [str(self.folder / "returned")]
        return run("verify", *where, *more, "-o", str(self.folder / "out"))

    def ask(self, code: str, typed: str) -> Result:
        return run("verify", "--ask", code, "-o", str(self.folder / "out"), typed=typed, code=None)

    def report(self) -> dict:
        return json.loads((self.folder / "out/report.json").read_text(encoding="utf-8"))

    def grades(self) -> dict[str, dict[str, str]]:
        with (self.folder / "out/grades.csv").open(encoding="utf-8-sig", newline="") as file:
            return {row["student_id"]: row for row in csv.DictReader(file)}


@pytest.fixture
def school(tmp_path):
    return Returned(tmp_path)


def test_a_class_comes_back(school):
    school.hand_in("1")
    sign = school.value("2", "z2[1]")
    school.hand_in("2", cells={"z2[1]": sign.removeprefix("-") if sign.startswith("-") else f"-{sign}"})
    school.hand_in("3", cells={"L": "about a half", "dL/dz2[1]": ""})
    result = school.verify()
    assert result.return_value == 1
    by_student = {sheet["student"]: sheet for sheet in school.report()["sheets"]}
    assert {cell["verdict"] for cell in by_student["1"]["cells"]} == {"right"}
    assert by_student["2"]["first_error"] == "z2[1]"
    assert {cell["name"]: cell["verdict"] for cell in by_student["3"]["cells"]}["L"] == "unreadable"
    grades = school.grades()
    assert list(grades) == ["1", "2", "3", "4"]
    assert grades["4"]["score"] in ("", "0")
    assert grades["1"]["score"] == grades["1"]["possible"]
    assert grades["3"]["first_name"].startswith("'=")
    feedback = {path.name for path in (school.folder / "out/feedback").iterdir()}
    assert feedback == {f"{school.entries[student]['file']}_FEEDBACK.md" for student in "123"}
    assert "<b>" not in (school.folder / "out/class.md").read_text(encoding="utf-8")
    assert "3 sheets marked" in result.output


def test_files_of_one_name_in_several_folders_each_have_their_feedback(school):
    """As Moodle packs them: a folder for each student, and in it whatever the file was called."""
    for student in "12":
        path = school.hand_in(student)
        folder = school.folder / f"returned/Somebody_{student}_assignsubmission_file_"
        folder.mkdir()
        path.rename(folder / "sheet.md")
    school.verify()
    feedback = {path.name for path in (school.folder / "out/feedback").iterdir()}
    assert feedback == {f"{school.entries[student]['file']}_FEEDBACK.md" for student in "12"}


def test_a_perfect_class_exits_with_0(school):
    for student in "1234":
        school.hand_in(student)
    result = school.verify()
    assert result.return_value in (None, 0)
    assert {row["first_error"] for row in school.grades().values()} == {""}


def test_one_sheet_is_told_on_the_terminal(school):
    path = school.hand_in("2", cells={"a1[1]": "7"})
    result = school.verify(str(path))
    assert "a1[1]" in result.output
    assert "7" in result.output


def test_csv_and_json_by_cell_name(school):
    values = {name: school.value("1", name) for name in ("z1[1]", "z1[2]", "a1[1]")}
    code = school.entries["1"]["code"]
    rows = "".join(f'"{name}";{value}\n' for name, value in values.items())
    (school.folder / "returned/typed.csv").write_text(f"cell;answer\ncode;{code}\n{rows}", encoding="utf-8")
    other = {"code": school.entries["2"]["code"], "answers": {"z1[1]": school.value("2", "z1[1]"), "L": None}}
    (school.folder / "returned/typed.json").write_text(json.dumps(other), encoding="utf-8")
    school.verify()
    by_student = {sheet["student"]: sheet["cells"] for sheet in school.report()["sheets"]}
    right = {cell["name"] for cell in by_student["1"] if cell["verdict"] == "right"}
    assert right == set(values)
    assert [cell["name"] for cell in by_student["2"] if cell["verdict"] == "right"] == ["z1[1]"]


def test_points_of_another_policy_and_what_has_changed(school):
    wrong = {"z1[1]": "9"}
    school.hand_in("1", cells=wrong)
    school.verify()
    before = school.report()["sheets"][0]["score"]
    assert not (school.folder / "out/changes.txt").exists()
    policy = school.folder / "policy.toml"
    policy.write_text(f"{COURSE}[points]\nright = 2\nfollows = 1\nwrong = -1\n", encoding="utf-8")
    result = school.verify("--course", str(policy))
    after = school.report()["sheets"][0]["score"]
    cells = school.report()["sheets"][0]["cells"]
    count = {verdict: sum(cell["verdict"] == verdict for cell in cells) for verdict in ("right", "follows")}
    assert after == 2 * count["right"] + count["follows"] - 1
    changed = (school.folder / "out/changes.txt").read_text(encoding="utf-8")
    assert f"{before:g} points before, {after:g} now" in changed
    assert "changes.txt" in result.output


def test_a_sheet_of_another_class_goes_to_a_person(school, tmp_path):
    path = school.hand_in("1")
    path.write_text(path.read_text(encoding="utf-8").replace(school.entries["1"]["code"], "7KQ2M-XR9DD"), "utf-8")
    result = school.verify()
    assert result.return_value == 1
    (sheet,) = school.report()["sheets"]
    assert (sheet["student"], sheet["cells"]) == (None, [])
    assert "another assignment" in (tmp_path / "out/class.md").read_text(encoding="utf-8")
    assert school.grades()["1"]["score"] in ("", "0")


def test_a_sheet_worked_on_somebody_else_s_numbers_goes_to_a_person(school):
    names = ["z1[1]", "z1[2]", "a1[1]", "a1[2]", "z2[1]", "a2[1]"]
    school.hand_in("1", cells={name: school.value("2", name) for name in names})
    school.hand_in("2")
    school.verify()
    text = (school.folder / "out/class.md").read_text(encoding="utf-8")
    assert "fit the sheet of student" in text
    assert school.grades()["1"]["needs_a_person"] == "yes"
    assert school.grades()["2"]["needs_a_person"] == "no"
    feedback = school.folder / f"out/feedback/{school.entries['1']['file']}_FEEDBACK.md"
    assert "student" not in re.sub(r"\| student.*", "", feedback.read_text(encoding="utf-8"))


@pytest.mark.parametrize("notation", ["eip", "words"])
def test_signs_of_the_sheet_s_notation(tmp_path, notation, monkeypatch):
    """In eip the derivatives stand with the opposite sign, on the sheet and in what is expected."""
    monkeypatch.setitem(globals(), "COURSE", f'{COURSE}[sheet]\nnotation = "{notation}"\n')
    school = Returned(tmp_path)
    school.hand_in("1")
    sign = school.value("2", "dL/dz2[1]")
    school.hand_in("2", cells={"dL/dz2[1]": sign.removeprefix("-") if sign.startswith("-") else f"-{sign}"})
    school.verify()
    by_student = {sheet["student"]: sheet for sheet in school.report()["sheets"]}
    assert {cell["verdict"] for cell in by_student["1"]["cells"]} == {"right"}
    cell = next(cell for cell in by_student["2"]["cells"] if cell["name"] == "dL/dz2[1]")
    assert cell["expected"] == sign
    assert cell["low"] <= cell["high"] == pytest.approx(float(sign), rel=1e-3)
    assert cell["verdict"] in ("mistake", "slip")


def test_trouble_with_one_file_never_stops_the_others(school):
    school.hand_in("1")
    folder = school.folder / "returned"
    (folder / "binary.md").write_bytes(bytes(range(256)) * 20)
    (folder / "large.md").write_bytes(b"x" * 3_000_000)
    (folder / "deep.json").write_text("[" * 100_000, encoding="utf-8")
    (folder / "picture.jpg").write_bytes(b"\xff\xd8")
    (folder / "link.md").symlink_to("/etc/hostname")
    result = school.verify()
    assert result.return_value == 1
    assert school.grades()["1"]["score"] == school.grades()["1"]["possible"]
    assert "leads out of the folder" in result.output
    assert ".jpg" in result.output


def test_an_example_file(tmp_path):
    path = tmp_path / "example.toml"
    path.write_text(EXAMPLE, encoding="utf-8")
    result = run("verify", str(path), "-o", str(tmp_path))
    assert result.return_value in (None, 0)
    path.write_text(EXAMPLE.replace("0.3775", "0.4775"), encoding="utf-8")
    result = run("verify", str(path), "-o", str(tmp_path))
    assert result.return_value == 1
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert report["sheets"][0]["first_error"] == "z1[1]"


def test_targets_beside_the_loss_that_is_the_output_are_passed_over_with_a_remark(tmp_path):
    """In a file of answers only: a published example may give them, and nothing is worked out from them."""
    path = tmp_path / "example.toml"
    net = '[net]\nlayers = [1, 1]\nactivations = ["identity"]\nloss = "output"\nbias = "none"\n'
    givens = "[givens]\nx = [2]\ny = [1]\nW1 = [[0.5]]\n"
    path.write_text(f'{net}{givens}[answers]\n"z1[1]" = "1.0"\n', encoding="utf-8")
    result = run("verify", str(path), "-o", str(tmp_path))
    assert result.return_value in (None, 0)
    assert "[givens] y: is not used" in result.output
    path.write_text(f"{net}{givens}", encoding="utf-8")
    result = run("handout", str(path), "-o", str(tmp_path), code=None)
    assert "y" in str(result.exception)


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ('"z1[9]" = "1"', "z1[9]: is no cell of this net."),
        ("", "[answers]: is empty."),
    ],
)
def test_answers_that_cannot_be_verified(tmp_path, answers, words):
    path = tmp_path / "example.toml"
    path.write_text(f'[net]\npreset = "2-2-2"\n[answers]\n{answers}\n', encoding="utf-8")
    result = run("verify", str(path), "-o", str(tmp_path), code=None)
    assert words in str(result.exception)
    assert not (tmp_path / "report.json").exists()


def test_keys_that_are_not_there(tmp_path):
    (tmp_path / "a.md").write_text("x", encoding="utf-8")
    result = run("verify", str(tmp_path / "a.md"), "-o", str(tmp_path), code=None)
    assert "manifest.json" in str(result.exception)
    assert "--keys" in str(result.exception)


# --- from paper -----------------------------------------------------------------------------------


def test_answers_are_typed_in_told_at_once_and_gone_on_with(school):
    first, second = school.value("4", "z1[1]"), school.value("4", "z1[2]")
    code = school.entries["4"]["code"]
    result = school.ask(code, f"{first}\n99\n")
    assert result.output.count("✓") >= 1
    assert "99 written" in result.output
    assert not (school.folder / "out/report.json").exists()
    again = school.ask(code, f"<\n{second}\n")
    assert "z1[1]:" not in again.output.split("Ctrl-D stops.")[1].split("\n")[1]
    (typed,) = (school.folder / "out/typed").iterdir()
    rows = dict(csv.reader(typed.read_text(encoding="utf-8").splitlines()))
    assert rows == {"cell": "answer", "code": code, "z1[1]": first, "z1[2]": second}
    school.verify(str(typed))
    (sheet,) = school.report()["sheets"]
    assert sheet["student"] == "4"
    assert [cell["verdict"] for cell in sheet["cells"]][:2] == ["right", "right"]


def test_an_unknown_code_is_refused(school):
    result = school.ask("nobody", "")
    assert "neither a code nor a student id" in str(result.exception)


# --- slips ----------------------------------------------------------------------------------------


def test_a_line_that_stops_one_operation_early_is_a_slip(tmp_path):
    """L is 1.21 + 0.3025; who writes 1.21 has left out the second term."""
    path = tmp_path / "example.toml"
    net = 'layers = [1, 2]\nactivations = ["identity"]\nloss = "sse"\nbias = "none"\n'
    givens = "x = [1.5]\ny = [2, 1]\nW1 = [[0.6, 0.3]]\n"
    answers = {"z1[1]": "0.9", "z1[2]": "0.45", "l[1]": "1.21", "l[2]": "0.3025", "L": "1.21"}
    lines = "".join(f'"{name}" = "{value}"\n' for name, value in answers.items())
    path.write_text(f"[net]\n{net}[givens]\n{givens}[answers]\n{lines}", encoding="utf-8")
    run("verify", str(path), "-o", str(tmp_path))
    cells = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["sheets"][0]["cells"]
    assert {cell["name"]: cell["verdict"] for cell in cells if cell["verdict"] != "right"} == {"L": "slip"}
    assert next(cell for cell in cells if cell["name"] == "L")["because"][0] == "unfinished"


SMALL = COURSE.strip().removeprefix("[net]\n")
IN_TIME = 'kind = "recurrent"\nlayers = [1, 2, 1]\nactivations = ["sigmoid"]\n'
KINDS = {
    "recurrent": 'kind = "recurrent"\nlayers = [2, 2, 1]\nsteps = 3\npaths = true',
    "recurrent, every step": f'{IN_TIME}steps = 2\nloss_at = "every"',
    "online": f"{SMALL}\nonline = true\nepochs = 2\nsquared_error = true\n[draw]\nsamples = 2",
    "dropout": f"{SMALL}\nkeep = 0.5",
    "threshold": 'layers = [3, 2]\nactivations = ["step"]\nthreshold = 0.5',
}
"""Lines of [net], and what may follow it."""


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("notation", ["indexed", "eip"])
def test_sheets_of_every_kind_come_back(tmp_path, kind, notation, monkeypatch):
    """Whole files, there and back: what the key says is right, in the notation with the other sign, too."""
    monkeypatch.setitem(globals(), "COURSE", f'[net]\n{KINDS[kind]}\n[sheet]\nnotation = "{notation}"\n')
    school = Returned(tmp_path)
    school.hand_in("1")
    school.verify()
    (sheet,) = (sheet for sheet in school.report()["sheets"] if sheet["student"] == "1")
    assert {cell["verdict"] for cell in sheet["cells"]} == {"right"}
    assert (sheet["first_error"], sheet["score"]) == (None, len(sheet["cells"]))


def test_a_gradient_that_stops_after_one_step_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(globals(), "COURSE", '[net]\nkind = "recurrent"\nlayers = [2, 2, 1]\nsteps = 3\n')
    school = Returned(tmp_path)
    school.hand_in("1", cells={"dL/dWx[1,1]": school.value("1", "dL/dWx[1,1]<3>")})
    school.verify()
    (sheet,) = (sheet for sheet in school.report()["sheets"] if sheet["student"] == "1")
    assert sheet["first_error"] == "dL/dWx[1,1]"
    (cell,) = (cell for cell in sheet["cells"] if cell["name"] == "dL/dWx[1,1]")
    assert (cell["verdict"], cell["because"]) == ("mistake", ["time_stopped"])
    others = {cell["verdict"] for cell in sheet["cells"] if cell["name"] != "dL/dWx[1,1]"}
    assert others <= {"right", "follows"}
    feedback = school.folder / f"out/feedback/{school.entries['1']['file']}_FEEDBACK.md"
    assert "not carried back beyond one step" in feedback.read_text(encoding="utf-8")


def test_a_manifest_of_an_earlier_build_is_read_as_what_held_then(tmp_path):
    school = Returned(tmp_path)
    path = tmp_path / "out/keys/manifest.json"
    head = json.loads(path.read_text(encoding="utf-8"))
    later = ("kind", "threshold", "steps", "loss_at", "online", "epochs", "keep", "mask", "squared_error", "paths")
    for key in later:
        del head["course"]["net"][key]
    path.write_text(json.dumps(head), encoding="utf-8")
    again = run(
        "assign", str(tmp_path / "roster.csv"), "--course", str(tmp_path / "course.toml"), "-o", f"{tmp_path}/out"
    )
    assert "0 drawn, 4 kept from before" in again.output
    school.hand_in("1")
    school.verify()
    (sheet,) = (sheet for sheet in school.report()["sheets"] if sheet["student"] == "1")
    assert {cell["verdict"] for cell in sheet["cells"]} == {"right"}
