"""What cannot be used is refused with exit code 2, in words that name place and remedy, and nothing is changed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from support.classes import (
    IMPOSSIBLE,
    NEURON,
    Outcome,
    called,
    contents,
    entries,
    rows,
    save_course,
    save_roster,
    stamps,
)

HEADER = "student_id,first_name,last_name,batch\n"


def assign(folder: Path, *words: object) -> Outcome:
    return called("assign", "roster.csv", "--course", "course.toml", "--processes", 1, *words, folder=folder)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course and a roster of five, nothing given to anybody yet. The secret that is made is always the same."""
    monkeypatch.setattr("backproptable.courses.secret.secrets.token_bytes", lambda size: bytes(range(size)))
    save_course(tmp_path)
    save_roster(tmp_path, rows(5))
    return tmp_path


@pytest.fixture
def given(folder: Path) -> Path:
    """The same after a run."""
    assert assign(folder).code == 0
    return folder


def refused(folder: Path, *words: object, says: str | list[str], code: int = 2) -> None:
    """The run ends with this code and these words, and no file is new, gone or changed."""
    before = stamps(folder)
    outcome = assign(folder, *words)
    assert (outcome.code, outcome.out) == (code, ""), outcome
    for line in [says] if isinstance(says, str) else says:
        assert line in outcome.err
    assert all(line.startswith("error: ") for line in outcome.err.splitlines())
    assert stamps(folder) == before


# --- rosters -----------------------------------------------------------------------------------

ROSTERS = {
    "empty": (b"", "roster.csv: file: is empty. Write a line with the columns' names"),
    "header only": (HEADER.encode(), "roster.csv: file: has no students. Write one line per student"),
    "no id": (b"first_name\nAda\n", "roster.csv: line 1: has no column student_id."),
    "id misspelt": (b"studentit,first_name\n1,Ada\n", 'Did you mean "studentit"?'),
    "no name": (b"student_id,email\n1,a@b.c\n", "line 1: has no column first_name or last_name."),
    "an id twice": (
        f"{HEADER}007,Ada,L,\n008,B,C,\n007,D,E,\n".encode(),
        "line 4: has the student_id '007' of line 2. Every student needs one",
    ),
    "an id in two cases": (f"{HEADER}s7,Ada,L,\nS7,D,E,\n".encode(), "line 3: has the student_id 'S7' of line 2."),
    "another encoding": (f"{HEADER}1,Zoë,L,\n".encode("latin-1"), "line 2: is not UTF-8 text. Save it as CSV UTF-8."),
    "a spreadsheet": (b"PK\x03\x04\x00\x00", "cannot be read as a workbook"),
    "an open quotation": (f'{HEADER}1,"Ada,L,\n'.encode(), "Look for a quotation mark that is not closed"),
}


@pytest.mark.parametrize(("content", "words"), ROSTERS.values(), ids=ROSTERS)
def test_a_roster_that_cannot_be_used(folder: Path, content: bytes, words: str) -> None:
    (folder / "roster.csv").write_bytes(content)
    refused(folder, says=words)
    refused(folder, "--preview", says=words)


def test_no_roster(folder: Path) -> None:
    (folder / "roster.csv").unlink()
    refused(folder, says="roster.csv: file: cannot be read (No such file or directory). Name a CSV file that is there.")


def test_a_column_that_the_roster_has_not(folder: Path) -> None:
    save_course(folder, f'[course]\nfile_name = "{{first_name}}_{{seminr}}.md"\n{NEURON}')
    save_roster(folder, [{**row, "seminar": "1"} for row in rows(2)])
    words = "course.toml: [course] file_name: {seminr} is not a column of the roster. Did you mean 'seminar'?"
    refused(folder, says=words)
    refused(folder, "--preview", says=words)


# --- options and course files ------------------------------------------------------------------


def test_both_files_are_told_at_once(folder: Path) -> None:
    save_course(folder, '[net]\nlayers = [2, 0]\nactivaton = "relu"\n[sheet]\nasked = "forwards"\n')
    (folder / "roster.csv").write_text("student_id\n1\n")
    refused(
        folder,
        says=["course.toml: [net] layers: ", "Did you mean 'activations'?", "Did you mean 'forward'?", "roster.csv: "],
    )


@pytest.mark.parametrize("word", ["pdf", "json", "", "md,,tex"])
def test_formats_that_are_not_known(folder: Path, word: str) -> None:
    refused(
        folder, "--format", word, says="is not a format of sheets or quizzes. Sheets can be: md, tex, csv; quizzes: "
    )
    refused(folder, "--format", word, "--preview", says="Sheets can be: md, tex, csv; quizzes: ")


@pytest.mark.parametrize("word", ["0", "-1", "two"])
def test_numbers_of_processes_that_make_no_sense(folder: Path, word: str) -> None:
    before = stamps(folder)
    outcome = assign(folder, "--processes", word)
    assert outcome.code == 2
    assert "--processes" in outcome.err
    assert stamps(folder) == before


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("heading.md.j2", "# {{ title }}\n((= assignment.titel =))", "heading.md.j2, line 2: "),
        ("instructions.md.j2", "((* if *))", "instructions.md.j2, line 1: "),
        ("page.md.j2", "((* for step in doc.sections[0].steps *))((= step.cells =))((* endfor *))", "page.md.j2, line"),
    ],
)
def test_own_templates_with_a_fault(folder: Path, name: str, text: str, words: str) -> None:
    (folder / "own/md").mkdir(parents=True)
    (folder / "own/md" / name).write_text(text)
    refused(folder, "--templates", "own", says=["templates in own: ", words])
    refused(folder, "--templates", "own", "--preview", says=["templates in own: ", words])


# --- rules that cannot be met ------------------------------------------------------------------


def mended(folder: Path, students: int = 5) -> None:
    """What was left by a refused run does not stand in the way of the next."""
    save_course(folder)
    outcome = assign(folder)
    assert (outcome.code, len(entries(folder / "output/keys"))) == (0, students), outcome


def test_rules_that_no_draw_keeps(folder: Path) -> None:
    save_course(folder, IMPOSSIBLE)
    words = (
        "course.toml: draw: 2000 draws gave no good sheet; the rule that failed most (100 %): the printed loss falls."
    )
    refused(folder, says=[f"error: {words}", "Use a smaller net or learning rate"])
    refused(folder, "--preview", says=words)
    mended(folder)


COARSE = f"""{NEURON}
[draw]
weights = {{ low = -1, high = 1, grid = 0.5 }}
biases = {{ low = -0.5, high = 0.5, grid = 0.5 }}
inputs = {{ low = 0.5, high = 1, grid = 0.5 }}
"""


def test_a_grid_too_coarse_for_the_class(folder: Path) -> None:
    """A target of 99 values and a few numbers: some of three hundred students meet."""
    save_roster(folder, rows(300))
    save_course(folder, COARSE.replace('"half_sse"', '"binary_cross_entropy"'))
    before = contents(folder)
    outcome = assign(folder)
    assert outcome.code == 2
    assert "course.toml: [draw]: students '00" in outcome.err
    assert "would get the same numbers: there are too few to draw from. Write a finer grid" in outcome.err
    assert set(contents(folder)) - set(before) == {"output/keys/secret"}
    mended(folder, 300)


def test_newcomers_for_whom_the_grid_is_too_coarse(folder: Path) -> None:
    """The first have their sheets: these stay, and nobody comes into the manifest."""
    coarse = COARSE.replace('"half_sse"', '"binary_cross_entropy"')
    save_course(folder, coarse)
    save_roster(folder, rows(2))
    assert assign(folder).code == 0
    save_roster(folder, rows(300))
    refused(folder, says="would get the same numbers")
    save_roster(folder, rows(2))
    assert assign(folder).code == 0


# --- courses of another plan than the manifest's -----------------------------------------------

OTHER = {
    "layers": (NEURON.replace("[2, 1]", "[3, 1]"), "[net] layers: is [3, 1] here and [2, 1] in the manifest."),
    "activations": (NEURON.replace("sigmoid", "tanh"), '[net] activations: is ["tanh"] here and ["sigmoid"]'),
    "learning_rate": (NEURON.replace("0.5", "0.25"), '[net] learning_rate: is "0.25" here and "0.5" in the manifest.'),
    "weights": (f'{NEURON}weights = "to_from"', '[net] weights: is "to_from" here and "from_to"'),
    "grid": (f"{NEURON}[draw]\nweights = {{ grid = 0.03 }}", '[draw] weights: is {"low": "-0.99"'),
    "samples": (f"{NEURON}[draw]\nsamples = 2", "[draw] samples: is 2 here and null in the manifest."),
    "figures": (f"{NEURON}[sheet]\nfigures = 3", "[sheet] figures: is 3 here and 4 in the manifest."),
    "carry": (f'{NEURON}[sheet]\ncarry = "full"', '[sheet] carry: is "full" here and "paper" in the manifest.'),
    "asked": (f'{NEURON}[sheet]\nasked = ["z1"]', '[sheet] asked: is ["z1"] here and "all" in the manifest.'),
    "assignment": (f'[course]\nassignment = "3"\n{NEURON}', '[course] assignment: is "3" here and "ASSIGNMENT2B" in'),
    "notation": (f'{NEURON}[sheet]\nnotation = "eip"', '[sheet] notation: is "eip" here and "indexed" in the manifest'),
}


@pytest.mark.parametrize(("course", "words"), OTHER.values(), ids=OTHER)
def test_settings_that_must_not_change(given: Path, course: str, words: str) -> None:
    save_course(given, course)
    for students in (5, 7):
        save_roster(given, rows(students))
        refused(
            given,
            says=[
                f"error: course.toml: {words}",
                "output/keys belongs to sheets that were made with other settings, and students have them. "
                "Use those settings, or another folder (-o) for a new class.",
            ],
        )


def test_all_differences_are_told_at_once(given: Path) -> None:
    save_course(given, NEURON.replace("0.5", "0.25") + "[sheet]\nfigures = 3\n")
    refused(given, says=["[net] learning_rate: ", "[sheet] figures: "])


FREE = {
    "title": '[course]\ntitle = "X"\n',
    "due": "[course]\ndue = 2030-01-01\n",
    "hand_in": '[course]\nhand_in = "X"\n',
    "instructions": '[course]\ninstructions = "X"\n',
    "file_name": '[course]\nfile_name = "{student_id}.md"\n',
    "points": "[points]\nwrong = -1\n",
    "layout": '[sheet]\nlayout = "steps"\n',
    "notation": '[sheet]\nnotation = "words"\n',
    "explain": '[sheet]\nexplain = "none"\n',
}


@pytest.mark.parametrize("table", FREE.values(), ids=FREE)
def test_settings_that_may_change(given: Path, table: str) -> None:
    before = stamps(given / "output")
    save_course(given, table + NEURON)
    save_roster(given, rows(6))
    assert assign(given).code == 0
    after = stamps(given / "output")
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"keys/manifest.json", "keys/manifest.jsonl"}
    assert len(after) == len(before) + 2


# --- damaged manifests -------------------------------------------------------------------------

Spoil = Callable[[str], str | bytes]


def head(**changes: object) -> Spoil:
    return lambda text: json.dumps({key: value for key, value in (json.loads(text) | changes).items() if value != ...})


HEADS: dict[str, tuple[Spoil, str]] = {
    "cut off": (lambda text: text[:300], "manifest.json: is damaged."),
    "empty": (lambda _: "", "manifest.json: is damaged."),
    "no text": (lambda _: b"\xff\x00", "manifest.json: is damaged."),
    "a list": (lambda _: "[]", "manifest.json: is damaged."),
    "without version": (head(version=...), "manifest.json: is damaged."),
    "without secret": (head(secret=...), "manifest.json: is damaged."),
    "without course": (head(course=...), "manifest.json: is damaged."),
    "without a table": (head(course={"net": {}}), "manifest.json: is damaged."),
    "without notation": (
        lambda text: text.replace('"notation": "indexed"', '"notation": null'),
        "manifest.json: is damaged.",
    ),
    "a text for a table": (
        head(course={"course": "", "net": "", "draw": "", "sheet": ""}),
        "manifest.json: is damaged",
    ),
    "newer": (
        head(version=2),
        "manifest.json: has version 2 and was written by a newer program than this one, which knows 1. "
        "Use the program that it was made with.",
    ),
    "older": (head(version=0), "manifest.json: has version 0 and was written by an older program than this one"),
    "newer, and otherwise": (
        head(version=3, course=..., secret=...),
        "manifest.json: has version 3 and was written by a newer",
    ),
}


@pytest.mark.parametrize(("spoil", "words"), HEADS.values(), ids=HEADS)
def test_a_manifest_that_cannot_be_used(given: Path, spoil: Spoil, words: str) -> None:
    spoiled(given / "output/keys/manifest.json", spoil)
    save_roster(given, rows(6))
    refused(given, says=f"error: output/keys: {words}")


def spoiled(path: Path, spoil: Spoil) -> None:
    content = spoil(path.read_text(encoding="utf-8"))
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def test_a_manifest_without_its_head(given: Path) -> None:
    (given / "output/keys/manifest.json").unlink()
    refused(given, says="output/keys: manifest.json: is missing. Put it back as it was, from a copy: it says who has")


def line(change: Callable[[dict[str, object]], object]) -> Spoil:
    """A change to the third line."""

    def spoil(text: str) -> str:
        lines = text.splitlines(keepends=True)
        entry = json.loads(lines[2])
        change(entry)
        return "".join([*lines[:2], json.dumps(entry) + "\n", *lines[3:]])

    return spoil


LINES: dict[str, tuple[Spoil, str]] = {
    "cut off": (lambda text: text[:-40], "manifest.jsonl, line 5: is damaged."),
    "no text": (lambda text: text.encode() + b"\xff\n", "manifest.jsonl: is damaged."),
    "an empty line": (lambda text: text.replace("\n", "\n\n", 1), "manifest.jsonl, line 2: is damaged."),
    "a number": (lambda text: text + "7\n", "manifest.jsonl, line 6: is damaged."),
    "a line twice": (lambda text: text + text.splitlines()[1] + "\n", "manifest.jsonl, line 6: is not as it was"),
    "no name": (line(lambda entry: entry.pop("name")), "manifest.jsonl, line 3: is damaged."),
    "no numbers": (line(lambda entry: entry.update(givens=[])), "manifest.jsonl, line 3: is damaged."),
    "a number less": (line(lambda entry: entry["givens"].popitem()), "manifest.jsonl, line 3: is not as it was"),
    "no hardness": (line(lambda entry: entry.pop("hardness")), "manifest.jsonl, line 3: is damaged."),
}


@pytest.mark.parametrize(("spoil", "words"), LINES.values(), ids=LINES)
def test_a_damaged_line(given: Path, spoil: Spoil, words: str) -> None:
    spoiled(given / "output/keys/manifest.jsonl", spoil)
    for students in (5, 6):
        save_roster(given, rows(students))
        refused(given, says=[f"error: output/keys: {words}", "Put it back as it was, from a copy"])


def test_a_last_line_without_its_end_is_whole(given: Path) -> None:
    """As editors leave it."""
    path = given / "output/keys/manifest.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    save_roster(given, rows(6))
    assert assign(given).code == 0
    assert path.read_bytes().startswith(whole)
    assert len(entries(given / "output/keys")) == 6


def test_a_manifest_that_is_a_folder(given: Path) -> None:
    path = given / "output/keys/manifest.jsonl"
    path.unlink()
    path.mkdir()
    refused(given, says="output/keys: manifest.jsonl: cannot be read (Is a directory).")


# --- the secret --------------------------------------------------------------------------------


def test_without_the_secret_there_are_no_newcomers(given: Path) -> None:
    (given / "output/keys/secret").unlink()
    save_roster(given, rows(7))
    refused(
        given,
        says="error: output/keys: secret: is lost, and newcomers in the roster (2) need it. The sheets that are there "
        "can still be verified. Put it back from a copy, or give newcomers an assignment of their own",
    )


SECRETS = {
    "another": ("ab" * 32, "output/keys: secret: is not the one this manifest was made with. Put back the one that"),
    "too short": ("ab" * 31, "output/keys/secret: secret: is not what was written there. Put the file back as it was."),
    "no number": ("my secret", "output/keys/secret: secret: is not what was written there."),
    "no text": ("Ä" * 32, "output/keys/secret: secret: is not what was written there."),
    "empty": ("", "output/keys: secret: is lost"),
}


@pytest.mark.parametrize(("secret", "words"), SECRETS.values(), ids=SECRETS)
def test_with_a_wrong_secret_there_are_no_newcomers(given: Path, secret: str, words: str) -> None:
    (given / "output/keys/secret").write_text(secret, encoding="utf-8")
    save_roster(given, rows(7))
    before = contents(given)
    outcome = assign(given)
    assert outcome.code == 2
    assert f"error: {words}" in outcome.err
    before.pop("output/keys/secret")
    assert before.items() <= contents(given).items()


@pytest.mark.parametrize("secret", [None, "ab" * 32, "my secret", ""])
def test_who_has_a_sheet_does_without_the_secret(given: Path, secret: str | None) -> None:
    before = contents(given / "output")
    path = given / "output/keys/secret"
    path.unlink()
    if secret is not None:
        path.write_text(secret)
    lost = [name for name in before if name.endswith(".md")][::2]
    for name in lost:
        (given / "output" / name).unlink()
    outcome = assign(given)
    assert outcome.code == 0
    assert f"0 drawn, 5 kept from before; {len(lost)} files written" in outcome.out
    after = contents(given / "output")
    assert {name: after[name] for name in before if name != "keys/secret"} == {
        name: content for name, content in before.items() if name != "keys/secret"
    }


# --- files of another class --------------------------------------------------------------------


def test_sheets_whose_keys_are_gone_are_not_taken_for_new_ones(given: Path) -> None:
    """New keys would not fit the sheets that students have."""
    (given / "output/keys").rename(given / "elsewhere")
    (first,) = [
        path
        for path in (given / "output/assignments").iterdir()
        if path.name.startswith(rows(1)[0]["first_name"].upper())
    ]
    refused(
        given,
        says=[
            f"error: {first.relative_to(given)} and 4 more: is there already, and nobody in the folder of keys has it.",
            "If the folder of keys is elsewhere, name it (--keys; now output/keys). Else move these files away",
        ],
    )
    before = stamps(given)
    assert assign(given, "--keys", "elsewhere").code == 0
    assert stamps(given) == before


def test_a_second_assignment_in_the_same_folder(given: Path) -> None:
    save_course(given, f'[course]\nassignment = "3"\n{NEURON}')
    refused(given, "--keys", "keys3", says="and nobody in the folder of keys has it")
    assert assign(given, "--keys", "keys3", "-o", "third").code == 0


def test_a_shorter_manifest_from_a_copy(given: Path) -> None:
    path = given / "output/keys/manifest.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:4]))
    refused(given, says="and nobody in the folder of keys has it")
