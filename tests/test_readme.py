"""What the README shows is what happens."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from backproptable.basics.shipped import shipped_texts
from backproptable.cli import main
from backproptable.examples.example import load_preset
from backproptable.examples.handout import make_handout
from backproptable.nets.draft import MOST_CELLS
from backproptable.sheets.notation import notation_titles
from backproptable.sheets.style import LAYOUTS

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
MEASURED = (Path(__file__).parent / "MEASURED.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.M | re.S)


def test_the_line_that_is_shown_first_stands_in_a_handout():
    (line,) = re.findall(r"^\| `z1\[1\]` .*$", README, re.M)
    made = make_handout(load_preset("3-3-3-3"), formats=["md"], seed=None, fresh_seed=0, notation="indexed")
    assert line in made.files["3-3-3-3.md"].splitlines()


def commands() -> list[str]:
    (use,) = [block for block in blocks("sh") if block.startswith("backproptable handout  ")]
    return [line.partition("#")[0].strip() for line in use.splitlines()]


@pytest.mark.parametrize("command", commands())
def test_every_command_does_what_it_says(command, tmp_path):
    (tmp_path / "my.toml").write_text(blocks("toml")[0], encoding="utf-8")
    _, *arguments = shlex.split(command)
    done = subprocess.run(
        [sys.executable, "-m", "backproptable", *arguments], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    for name in done.stdout.splitlines() if arguments[0] in ("handout", "activations") else ():
        assert (tmp_path / name).stat().st_size > 1000


def test_every_command_of_the_program_is_named():
    assert [name for name in main.commands if f"backproptable {name}" not in README and name != "gallery"] == []


def test_the_library_example_prints_a_sheet():
    (code,) = blocks("python")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("# Backpropagation, number by number: a 2-2-1 net")


def test_numbers_in_the_text_are_those_of_the_program():
    words = {3: "Three", 9: "nine"}
    assert f"{words[len(LAYOUTS)]} layouts" in README
    assert f"{words[len(notation_titles())]} notations" in README
    assert f"{MOST_CELLS:,} numbers" in re.sub(r"\s+", " ", README)


def test_every_figure_has_a_command_that_is_there():
    """The page of measurements names programs by their paths."""
    named = set(re.findall(r"tests/(?:simulations|benchmarks)/\w+\.py", MEASURED))
    assert len(named) >= 7
    assert [path for path in named if not (Path(__file__).parents[1] / path).is_file()] == []
    assert "(tests/MEASURED.md)" in README


def test_a_recipe_of_the_readme_is_worked(tmp_path):
    (recipe,) = [block for block in blocks("toml") if "[recipe]" in block]
    (tmp_path / "own.toml").write_text(recipe, encoding="utf-8")
    command = [sys.executable, "-m", "backproptable", "handout", "own.toml", "--seed", "1"]
    subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "r = h + x" in (tmp_path / "output/own.md").read_text(encoding="utf-8")


def test_shipped_recipes_are_named():
    assert [name for name in shipped_texts("recipes") if name not in README] == []
