"""What a shell offers for the beginning of a word, and that offering it loads nothing heavy."""

from __future__ import annotations

import subprocess
import sys

import pytest
from click.shell_completion import ShellComplete

from backproptable.basics.shipped import shipped_titles
from backproptable.cli import main
from backproptable.render.page import TEXT_FORMATS
from backproptable.sheets.notation import notation_titles
from backproptable.sheets.style import EXPLAIN, LAYOUTS


def offered(*words: str) -> list[str]:
    """What is offered after these words for the last of them."""
    completion = ShellComplete(main, {}, "backproptable", "_BACKPROPTABLE_COMPLETE")
    return [item.value for item in completion.get_completions(list(words[:-1]), words[-1])]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("handout", "--layout", ""), [*LAYOUTS]),
        (("handout", "--explain", ""), [*EXPLAIN]),
        (("handout", "--notation", ""), [*notation_titles()]),
        (("handout", "--notation", "in"), [name for name in notation_titles() if name.startswith("in")]),
        (("handout", "--view", "b"), ["blank"]),
        (("handout", "--carry", ""), ["paper", "full"]),
        (("handout", "--format", ""), [*TEXT_FORMATS, "json"]),
        (("handout", "--format", "md,t"), ["md,tex"]),
        (("assign", "--format", "tex,"), [f"tex,{name}" for name in ("md", "csv", "moodle", "qti21", "canvas")]),
        (("assign", "--zip", ""), ["student", "batch"]),
    ],
)
def test_words_are_offered(words: tuple[str, ...], expected: list[str]) -> None:
    assert offered(*words) == expected


def test_presets_are_offered_beside_files() -> None:
    assert offered("handout", "") == [*shipped_titles("presets"), *shipped_titles("recipes"), ""]
    assert offered("handout", "2-") == ["2-2-2", "2-"]


def test_commands_for_maintainers_are_not() -> None:
    assert "gallery" not in offered("")
    assert {"assign", "verify", "check"} <= set(offered(""))


def test_nothing_heavy_is_loaded_for_it() -> None:
    code = (
        "import sys; from click.shell_completion import ShellComplete; from backproptable.cli import main\n"
        "done = ShellComplete(main, {}, 'b', 'B')\n"
        "for words in (['handout'], ['handout', '--notation'], ['handout', '--format'], ['assign', '--zip']):\n"
        "    assert done.get_completions(words, '')\n"
        "print(*(name for name in ('numpy', 'sympy', 'pydantic', 'jinja2') if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
