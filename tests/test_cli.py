"""The command line from outside: exit codes, the files that are there afterwards, and what is said where.

Most cases call the entry point in this process; whatever depends on the process itself (locale,
hash seed, full disks, closed streams) is run in one of its own.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import click
import pytest
from click.testing import CliRunner

from backproptable.cli import main, run
from backproptable.examples.example import load_preset, preset_titles
from backproptable.sheets.notation import notation_titles

WEIGHTS_NO_X = """
[net]
layers = [2, 1]
activations = ["sigmoid"]
loss = "half_sse"
[givens]
y = [1]
W1 = [[0.1], [0.2]]
b1 = [0.3]
"""


class Outcome(NamedTuple):
    code: int
    out: str
    err: str


Call = Callable[..., Outcome]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    return here


@pytest.fixture
def call(folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Call:  # noqa: ARG001
    """``backproptable ...``, in this process and in `folder`."""

    def called(*words: str) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["backproptable", *words])
        with pytest.raises(SystemExit) as left:
            run()
        out, err = capfd.readouterr()
        assert "Traceback" not in err
        return Outcome(int(str(left.value.code)), out, err)

    return called


def call_process(*words: str, folder: Path, code: str = "", **environment: str) -> Outcome:
    """``backproptable ...`` in a process of its own, after `code`."""
    program = f"{code}\nfrom backproptable.cli import run\nrun()"
    start = ["-c", program] if code else ["-m", "backproptable"]
    done = subprocess.run(
        [sys.executable, *start, *words],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Outcome(done.returncode, done.stdout, done.stderr)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below the folder, hidden ones too."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# --- the files ---------------------------------------------------------------------------------

FILES = {
    # arguments -> the files they make
    "nothing": ("", "output/handout.md output/handout.tex"),
    "a preset": ("2-2-2", "output/2-2-2.md output/2-2-2.tex"),
    "a file": ("mine.toml", "output/mine.md output/mine.tex"),
    "a file elsewhere": ("../my.net.toml", "output/my.net.md output/my.net.tex"),
    "a file of another name": ("mine.txt", "output/mine.md output/mine.tex"),
    "one format": ("2-2-2 --format json", "output/2-2-2.json"),
    "all formats": ("--format json,tex,md", "output/handout.json output/handout.tex output/handout.md"),
    "formats with spaces": ("--format 'md, json'", "output/handout.md output/handout.json"),
    "a format twice": ("--format md,md", "output/handout.md"),
    "a folder": ("2-2-2 --format md -o there", "there/2-2-2.md"),
    "a folder in folders": ("2-2-2 --format md --output there/is/none", "there/is/none/2-2-2.md"),
    "this folder": ("2-2-2 --format md -o .", "2-2-2.md"),
    "the blank view": ("2-2-2 --format md --view blank", "output/2-2-2.md"),
}


@pytest.mark.parametrize(("arguments", "files"), FILES.values(), ids=FILES)
def test_one_file_per_format_named_after_the_example(folder: Path, call: Call, arguments: str, files: str) -> None:
    for name in ("mine.toml", "mine.txt", "../my.net.toml"):
        (folder / name).write_text(WEIGHTS_NO_X, encoding="utf-8")
    before = contents(folder)
    outcome = call("handout", *shlex.split(arguments))
    assert outcome.code == 0
    assert outcome.out.split() == files.split()
    assert set(contents(folder)) - set(before) == set(files.split())


def test_a_handout_replaces_its_own_files_and_no_others(folder: Path, call: Call) -> None:
    output = folder / "output"
    output.mkdir()
    for name in ("handout.md", "handout.json", "mine.md", ".hidden"):
        (output / name).write_text("old", encoding="utf-8")
    call("handout", "--seed", "1")
    first = contents(output)
    assert first.pop("handout.md").startswith(b"# ")
    assert b"\\documentclass" in first.pop("handout.tex")
    assert first == {"handout.json": b"old", "mine.md": b"old", ".hidden": b"old"}
    call("handout", "--seed", "2")
    assert contents(output)["handout.md"] != contents(output)["handout.tex"]
    assert set(contents(output)) == {*first, "handout.md", "handout.tex"}


def test_files_are_readable_as_the_umask_says(folder: Path) -> None:
    """Temporary files are private; what a teacher puts on a course's disk should not be."""
    call_process("handout", "2-2-2", folder=folder, code="import os; os.umask(0o027)")
    assert {path.stat().st_mode & 0o777 for path in (folder / "output").iterdir()} == {0o640}


def test_line_ends_are_the_same_everywhere(folder: Path, call: Call) -> None:
    call("handout", "2-2-2", "--format", "md,tex,json")
    for content in contents(folder).values():
        assert b"\r" not in content
        assert content.endswith(b"\n")
        content.decode("utf-8")


# --- the seed ----------------------------------------------------------------------------------


def seed_of(outcome: Outcome) -> str:
    word, seed = outcome.err.split()
    assert word == "seed"
    return seed


@pytest.mark.parametrize("example", [[], ["no-bias"], ["batch-of-two"]], ids=str)
def test_the_printed_seed_gives_the_same_files_again(folder: Path, call: Call, example: list[str]) -> None:
    seed = seed_of(call("handout", *example))
    drawn = contents(folder)
    assert all(seed.encode() in content for content in drawn.values())
    again = call("handout", *example, "--seed", seed)
    assert seed_of(again) == seed
    assert contents(folder) == drawn


def test_without_a_seed_every_draw_is_another(folder: Path, call: Call) -> None:
    draws = set()
    for _ in range(4):
        call("handout", "--format", "json")
        draws.add((folder / "output/handout.json").read_bytes())
    assert len(draws) > 1


def test_where_all_numbers_are_given_there_is_no_seed(folder: Path, call: Call) -> None:
    assert call("handout", "2-2-2", "--format", "json").err == ""
    assert json.loads((folder / "output/2-2-2.json").read_bytes())["seed"] is None


def test_only_what_is_missing_is_drawn(folder: Path, call: Call) -> None:
    (folder / "mine.toml").write_text(WEIGHTS_NO_X, encoding="utf-8")
    first = call("handout", "mine.toml", "--format", "json")
    drawn = (folder / "output/mine.json").read_bytes()
    made = json.loads(drawn)
    assert {"y[1]": "1", "W1[1,1]": "0.1", "W1[2,1]": "0.2", "b1[1]": "0.3"}.items() <= made["givens"].items()
    assert {"x[1]", "x[2]"} < set(made["givens"])
    # A seed would draw the weights afresh too; so there is none, and the same inputs every time.
    assert (first.err, made["seed"]) == ("", None)
    call("handout", "mine.toml", "--format", "json")
    assert (folder / "output/mine.json").read_bytes() == drawn


@pytest.mark.parametrize("preset", ["2-2-2", "3-3-3-3", "one-hidden-layer"])
def test_a_seed_draws_the_weights_of_a_preset_afresh_and_keeps_its_data(folder: Path, call: Call, preset: str) -> None:
    drawn = []
    for seed in ("5", "6"):
        assert seed_of(call("handout", preset, "--seed", seed, "--format", "json")) == seed
        drawn.append(json.loads((folder / f"output/{preset}.json").read_bytes())["givens"])
    given = {name: str(number) for name, number in load_preset(preset).givens.items()}
    for name, text in given.items():
        texts = {numbers[name] for numbers in drawn}
        assert texts == {text} if name[0] in "xy" else len({*texts, text}) > 1, name


PLACES = {
    "one": {"PYTHONHASHSEED": "1", "LC_ALL": "C", "TZ": "Pacific/Auckland", "PYTHONUTF8": "0"},
    "another": {"PYTHONHASHSEED": "2", "LC_ALL": "C.UTF-8", "TZ": "UTC", "LANGUAGE": "de"},
}


@pytest.mark.parametrize("example", [[], ["2-2-2"]], ids=str)
def test_a_seed_gives_the_same_bytes_everywhere(tmp_path: Path, example: list[str]) -> None:
    made = []
    for place, environment in PLACES.items():
        folder = tmp_path / place
        folder.mkdir()
        words = ("handout", *example, "--seed", "7", "--format", "md,tex,json")
        assert call_process(*words, folder=folder, **environment).code == 0
        made.append(contents(folder))
    assert made[0] == made[1]
    assert len(made[0]) == 3


# --- options -----------------------------------------------------------------------------------

REFUSED = {
    # arguments -> what is said, all of it at once
    "handot": "No such command 'handot'. Did you mean 'handout'?",
    "handout --sead 3": "--sead Did you mean '--seed'?",
    "handout --formats md": "--formats Did you mean '--format'",
    "handout 2-2-2 3-3-3-3": "3-3-3-3",
    "handout 3-3-3": "'3-3-3' Did you mean '3-3-3-3'?",
    "handout nothing": "'nothing' 2-2-2 3-3-3-3 no-bias .toml",
    "handout no.toml": "no.toml: file: No such file",
    "handout there/is/none": "there/is/none: file: No such file",
    "handout .": "'.' Known:",
    "handout --seed x": "--seed 'x'",
    "handout --seed -1": "--seed -1",
    "handout --seed 1.5": "--seed '1.5'",
    "handout --figures four": "--figures 'four'",
    "handout --figures 1": "--figures: is 1. Write a number from 2",
    "handout --figures 99": "--figures: is 99.",
    "handout --format mdd": "--format: 'mdd' Did you mean 'md'?",
    "handout --format md,,tex": "--format: '' Known: md, tex, json.",
    "handout --view blnk": "--view: 'blnk' Did you mean 'blank'?",
    "handout --layout cels": "--layout: 'cels' Did you mean 'cells'?",
    "handout --carry papr": "--carry: 'papr' Did you mean 'paper'?",
    "handout --notation indexd": "--notation: 'indexd' Did you mean 'indexed'?",
    "handout 2-2-2 --format x,md,q --view y --layout z --carry u --notation v --figures 0": (
        "--format: 'x' --format: 'q' --view: 'y' --layout: 'z' --carry: 'u' --notation: 'v' --figures: is 0."
    ),
    "presets --all": "--all",
    "notations tex": "tex",
}


@pytest.mark.parametrize(("arguments", "said"), REFUSED.items(), ids=REFUSED)
def test_options_that_cannot_be_used(folder: Path, call: Call, arguments: str, said: str) -> None:
    outcome = call(*arguments.split())
    assert outcome.code == 2
    assert outcome.out == ""
    assert [piece for piece in said.split(" ") if piece not in outcome.err] == []
    assert list(folder.iterdir()) == []


def test_all_problems_of_a_file_are_said_a_line_each_and_nothing_is_written(folder: Path, call: Call) -> None:
    (folder / "mine.toml").write_text("[net]\nlyers = [2]\nupdates = -1\n[givens]\nx = [nan]", encoding="utf-8")
    outcome = call("handout", "mine.toml")
    assert (outcome.code, outcome.out) == (2, "")
    assert [line.partition(": is")[0] for line in outcome.err.splitlines()] == [
        "error: mine.toml: [net] lyers",
        "error: mine.toml: [net] updates",
        "error: mine.toml: [givens] x[1]",
    ]
    assert set(contents(folder)) == {"mine.toml"}


def test_the_longest_name_there_is(call: Call) -> None:
    """Longer than any file system allows, so that even asking for it is an error."""
    outcome = call("handout", "n" * 300)
    assert outcome.code == 2
    assert "n" * 300 in outcome.err


# --- numbers that cannot be worked -------------------------------------------------------------


def one_unit(activation: str, loss: str, weight: str, target: str) -> str:
    return (
        f'[net]\nlayers = [1, 1]\nactivations = ["{activation}"]\nloss = "{loss}"\nbias = "none"\n'
        f"[givens]\nx = [1]\ny = [{target}]\nW1 = [[{weight}]]\n"
    )


NO_NUMBERS = {
    # a file, further arguments -> what is said
    "ln 0": (
        one_unit("sigmoid", "binary_cross_entropy", "-800", "1"),
        "",
        "a1[1]: z1[1] = -800 Choose smaller weights",
    ),
    "ln (1 - 1)": (
        one_unit("sigmoid", "binary_cross_entropy", "50", "0"),
        "",
        "a1[1]: z1[1] = 50 Choose smaller weights",
    ),
    "ln 0 on paper": (
        one_unit("sigmoid", "binary_cross_entropy", "12", "0"),
        "",
        "l[1]: a1[1] = 1 At 4 figures more figures carry full precision",
    ),
    "ln 0 at fewer figures": (
        one_unit("sigmoid", "binary_cross_entropy", "6", "0"),
        "--figures 2",
        "l[1]: a1[1] = 1 At 2 figures more figures",
    ),
    "saturated sigmoid": (
        one_unit("sigmoid", "half_sse", "40", "0"),
        "",
        "a1[1]: saturated z1[1] = 40 Choose smaller weights",
    ),
    "saturated tanh": (one_unit("tanh", "sse", "-30", "0"), "", "a1[1]: saturated z1[1] = -30 Choose smaller"),
    "saturated softmax": (
        '[net]\nlayers = [1, 2]\nactivations = ["softmax"]\nbias = "none"\n'
        "[givens]\nx = [1]\ny = [1, 0]\nW1 = [[50, -50]]\n",
        "",
        "a1[1]: saturated z1[1] = 50 Choose smaller weights",
    ),
    "an exponential out of reach": (
        '[net]\nlayers = [1, 2]\nactivations = ["softmax"]\nbias = "none"\n'
        "[givens]\nx = [1]\ny = [1, 0]\nW1 = [[800, 1]]\n",
        "",
        "e1[1]: no value z1[1] = 800 Choose smaller weights",
    ),
    "no number may have so many digits": (
        one_unit("identity", "sse", "0.1234567890123456789012345", "0"),
        "",
        "W1[1,1]: more than 20 digits. fewer",
    ),
    "a net of more cells than a page holds": (
        '[net]\nlayers = [200, 200]\nactivations = ["tanh"]\nloss = "sse"',
        "",
        "layers [200, 200] more than fewer units",
    ),
}


@pytest.mark.parametrize(("text", "arguments", "said"), NO_NUMBERS.values(), ids=NO_NUMBERS)
def test_numbers_that_cannot_be_worked(folder: Path, call: Call, text: str, arguments: str, said: str) -> None:
    """Logarithms of 0 and units without a slope: the message names the cell and what to do."""
    (folder / "mine.toml").write_text(text, encoding="utf-8")
    outcome = call("handout", "mine.toml", *arguments.split())
    assert (outcome.code, outcome.out) == (2, "")
    assert [piece for piece in said.split(" ") if piece not in outcome.err] == []
    assert set(contents(folder)) == {"mine.toml"}


@pytest.mark.parametrize("case", ["ln 0 on paper", "saturated tanh", "no number may have so many digits"])
def test_numbers_that_cannot_be_worked_are_said_of_their_file(folder: Path, call: Call, case: str) -> None:
    (folder / "mine.toml").write_text(NO_NUMBERS[case][0], encoding="utf-8")
    assert call("handout", "mine.toml").err.startswith("error: mine.toml: ")


def test_a_layout_that_a_file_asks_for_is_said_of_that_file(folder: Path, call: Call) -> None:
    (folder / "mine.toml").write_text('[sheet]\nlayout = "cels"', encoding="utf-8")
    assert "mine.toml: [sheet] layout: " in call("handout", "mine.toml").err


NO_DRAW = {
    "one softmax unit has no gradient": (
        '[net]\nlayers = [2, 1]\nactivations = ["softmax"]',
        "the printed loss falls",
    ),
    "inputs of 0 reach no unit": (
        '[net]\nlayers = [2, 2]\nactivations = ["relu"]\nloss = "sse"\nbias = "none"\n[givens]\nx = [0, 0]',
        "no unit is saturated or at a corner, and none is dead but by choice",
    ),
}


@pytest.mark.parametrize(("text", "rule"), NO_DRAW.values(), ids=NO_DRAW)
def test_a_net_that_no_draw_is_good_for_names_the_rule(folder: Path, text: str, rule: str) -> None:
    """In a process of its own, where NumPy's warnings would show."""
    (folder / "mine.toml").write_text(text, encoding="utf-8")
    outcome = call_process("handout", "mine.toml", "--seed", "1", folder=folder)
    assert (outcome.code, outcome.out) == (2, "")
    (line,) = outcome.err.splitlines()
    assert f": {rule}. " in line
    assert "give the numbers in [givens]" in line
    assert set(contents(folder)) == {"mine.toml"}


# --- writing -----------------------------------------------------------------------------------

OLD = {"output/2-2-2.md": b"old", "output/2-2-2.tex": b"old too"}


def put(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)


@pytest.mark.parametrize("output", ["file", "file/below", "/dev/null/below", "o" * 300])
def test_folders_that_cannot_be(folder: Path, call: Call, output: str) -> None:
    put(folder, {"file": b"mine"})
    outcome = call("handout", "2-2-2", "-o", output)
    assert (outcome.code, outcome.out) == (3, "")
    assert outcome.err.startswith(f"error: {output}: could not be written (")
    assert contents(folder) == {"file": b"mine"}


def test_a_folder_that_nobody_may_write_to(folder: Path) -> None:
    """Root may write anywhere, so root becomes somebody else, but not before there is something to write."""
    locked = folder / "locked"
    locked.mkdir()
    locked.chmod(0o555)
    code = """
import os
from backproptable.basics import writing

def write_as_nobody(folder, texts, write=writing.write_files):
    if os.geteuid() == 0:
        os.seteuid(65534)
    return write(folder, texts)

writing.write_files = write_as_nobody
"""
    outcome = call_process("handout", "2-2-2", "-o", "locked", folder=folder, code=code)
    assert (outcome.code, outcome.out) == (3, "")
    assert outcome.err == "error: locked: could not be written (Permission denied). Nothing was changed.\n"
    assert contents(folder) == {}


def test_a_folder_where_a_file_should_be(folder: Path, call: Call) -> None:
    """The last of the files cannot be written: the first is not replaced either."""
    put(folder, {"output/2-2-2.md": b"old"})
    (folder / "output/2-2-2.tex").mkdir()
    outcome = call("handout", "2-2-2")
    assert (outcome.code, outcome.out) == (3, "")
    assert outcome.err == "error: output: could not be written (2-2-2.tex is a folder). Nothing was changed.\n"
    assert contents(folder) == {"output/2-2-2.md": b"old"}


@pytest.mark.parametrize("room", [0, 1, 4096, "all but the last"])
def test_a_full_disk_leaves_the_older_files_alone(folder: Path, room: int | str) -> None:
    """A limit on the size of files is how a process sees a full disk: the write itself fails, half-way."""
    words = ("handout", "2-2-2", "--format", "md,tex")
    if room == "all but the last":
        call_process(*words, folder=folder)
        small, large = sorted(map(len, contents(folder).values()))
        assert small < large
        room = (small + large) // 2
        if len(contents(folder)["output/2-2-2.md"]) == large:
            words = (*words[:-1], "tex,md")
    put(folder, OLD)
    code = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({room}, {room}))"
    outcome = call_process(*words, folder=folder, code=code, PYTHONDONTWRITEBYTECODE="1")
    assert (outcome.code, outcome.out) == (3, "")
    assert outcome.err == "error: output: could not be written (File too large). Nothing was changed.\n"
    assert contents(folder) == OLD


@pytest.mark.parametrize(
    "where",
    [
        "backproptable.examples.handout.make_handout",
        "os.fsync",
        "os.fdopen",
        "tempfile.mkstemp",
        "pathlib.Path.replace",
    ],
)
def test_an_interruption_leaves_the_older_files_alone(
    folder: Path, call: Call, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    put(folder, OLD)
    monkeypatch.setattr(where, interrupted)
    outcome = call("handout", "2-2-2")
    monkeypatch.undo()
    assert (outcome.code, outcome.out) == (3, "")
    assert "interrupted" in outcome.err
    assert contents(folder) == OLD


def test_a_disk_that_fails_between_two_files_says_so(folder: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each file is whole, the old or the new one; only that they belong together is lost."""
    replace = Path.replace

    def fails_second(path: Path, target: Path) -> Path:
        if target.suffix == ".tex":
            raise OSError(5, "Input/output error")
        return replace(path, target)

    put(folder, OLD)
    monkeypatch.setattr(Path, "replace", fails_second)
    outcome = call("handout", "2-2-2")
    assert (outcome.code, outcome.out) == (3, "")
    assert outcome.err == ("error: output: could not be written (Input/output error). 2-2-2.md had been written.\n")
    assert set(contents(folder)) == set(OLD)
    assert contents(folder)["output/2-2-2.tex"] == b"old too"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_list_that_cannot_be_printed() -> None:
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "backproptable", "presets"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 3
    assert len(done.stderr.splitlines()) == 1
    assert "No space left on device" in done.stderr


# --- help and lists ----------------------------------------------------------------------------


def test_help_of_the_whole() -> None:
    result = CliRunner().invoke(main, ["--help"])
    assert result.exit_code == 0
    shown = {name: f"\n  {name} " in result.output for name in main.commands}
    assert shown == {name: name != "gallery" for name in main.commands}, "the gallery is for maintainers"
    assert CliRunner().invoke(main, ["-h"]).output == result.output


def test_the_contract_of_commands_is_kept() -> None:
    assert {"handout", "presets", "notations"} <= set(main.commands)
    options = {option for parameter in main.commands["handout"].params for option in parameter.opts}
    contract = "--seed --format --view --layout --notation --figures --carry -o --output"
    assert set(contract.split()) <= options


@pytest.mark.parametrize("name", main.commands)
def test_help_of_every_command(name: str) -> None:
    command = main.commands[name]
    result = CliRunner().invoke(main, [name, "--help"])
    assert result.exit_code == 0
    assert command.help
    assert command.help.splitlines()[0] in " ".join(result.output.split())
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help or "|" in str(parameter.metavar), parameter.name


LISTS = {"check", "mistakes", "notations", "presets"}
"""The commands that write files only if they are asked to."""


@pytest.mark.parametrize("name", main.commands)
def test_every_command_that_writes_says_where(name: str) -> None:
    text = " ".join(CliRunner().invoke(main, [name, "--help"]).output.split())
    assert ("-o, --output DIR Folder for the results. [default: output]" in text) == (name not in LISTS)


def test_help_tells_the_default_formats() -> None:
    text = " ".join(CliRunner().invoke(main, ["handout", "--help"]).output.split())
    assert "[default: md,tex]" in text


def test_the_version(call: Call) -> None:
    outcome = call("--version")
    assert outcome.code == 0
    assert outcome.out.startswith("backproptable, version ")


@pytest.mark.parametrize(("command", "titles"), [("presets", preset_titles), ("notations", notation_titles)])
def test_lists_have_a_line_each(
    folder: Path, call: Call, command: str, titles: Callable[[], Mapping[str, str]]
) -> None:
    outcome = call(command)
    assert (outcome.code, outcome.err) == (0, "")
    listed = dict(line.split(maxsplit=1) for line in outcome.out.splitlines())
    assert listed == titles()
    assert len(listed) > 1
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("name", preset_titles())
def test_every_preset_that_is_listed_can_be_had(folder: Path, call: Call, name: str) -> None:
    assert call("handout", name, "--format", "md").code == 0
    assert set(contents(folder)) == {f"output/{name}.md"}


@pytest.mark.parametrize("name", notation_titles())
def test_every_notation_that_is_listed_can_be_had(folder: Path, call: Call, name: str) -> None:
    assert call("handout", "--seed", "1", "--notation", name).code == 0
    assert len(contents(folder)) == 2


# --- options and files -------------------------------------------------------------------------


def test_options_go_before_the_settings_of_a_file(folder: Path, call: Call) -> None:
    (folder / "mine.toml").write_text('[sheet]\nfigures = 3\nnotation = "numbered"\ncarry = "full"', encoding="utf-8")
    call("handout", "mine.toml", "--seed", "1")
    from_file = contents(folder / "output")
    call("handout", "mine.toml", *shlex.split("--seed 1 --figures 3 --notation numbered --carry full"))
    assert contents(folder / "output") == from_file
    for option in (["--figures", "5"], ["--notation", "indexed"], ["--carry", "paper"]):
        call("handout", "mine.toml", "--seed", "1", *option)
        assert contents(folder / "output")["mine.md"] != from_file["mine.md"], option


@pytest.mark.parametrize("kind", ["presets", "notations"])
def test_the_files_of_a_list_can_be_copied_as_a_start(folder: Path, call: Call, kind: str) -> None:
    listed = [line.split()[0] for line in call(kind, "-o", "mine").out.splitlines()]
    assert sorted(contents(folder)) == sorted(f"mine/{name}.toml" for name in listed)
    if kind == "presets":
        assert call("handout", "mine/2-2-2.toml").code == 0
    assert "mine" not in call(kind).out
