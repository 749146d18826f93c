"""A student's sheet and its key, kept whole, so that a teacher can read what a change does to them.

After a wanted change: ``pytest tests/test_golden_class.py --force-regen``, then read the difference.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from backproptable.commands.assign import assign_class
from support.classes import leave_secret, made_course, students

GOLDEN = Path(__file__).parent / "golden"
COURSE = """
[course]
title = "Backpropagation, assignment 2B"
due = 2030-01-31 12:00:00
hand_in = "Upload this file to the [course page](https://example.org/2b)."
instructions = "Work alone. A pocket calculator will do."
[net]
layers = [2, 2, 1]
activations = ["sigmoid", "sigmoid"]
loss = "half_sse"
learning_rate = 0.5
[sheet]
asked = "one_path"
"""


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("class")
    leave_secret(folder)
    assign_class(made_course(folder, COURSE), students(1), folder, processes=1)
    return folder


@pytest.mark.parametrize(
    ("file", "golden"), [("assignments/*.md", "class_sheet.md"), ("keys/*_KEY.md", "class_key.md")]
)
def test_golden(file: str, golden: str, output: Path, file_regression) -> None:
    (path,) = output.glob(file)
    text = path.read_bytes().decode("utf-8")
    file_regression.check(text, fullpath=GOLDEN / golden, encoding="utf-8", newline="\n")
