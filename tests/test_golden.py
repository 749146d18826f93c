"""Small finished sheets, kept whole, so that a teacher can read what a change does to them.

After a wanted change: ``pytest tests/test_golden.py --force-regen``, then read the difference.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from backproptable.examples.example import load_example, load_preset
from backproptable.examples.handout import make_handout

GOLDEN = Path(__file__).parent / "golden"
CASES = [
    # example, format, view, options
    ("one-neuron", "md", "worked", {}),
    ("one-neuron", "md", "blank", {}),
    ("one-neuron", "tex", "worked", {}),
    ("one-neuron", "json", "worked", {}),
    ("one-neuron", "md", "worked", {"carry": "full", "figures": 6}),
    ("chain-of-three", "md", "worked", {}),
    ("2-2-2", "md", "blank", {"notation": "in-out"}),
    ("2-2-2", "md", "blank", {"notation": "indexed"}),
    ("2-2-2", "md", "worked", {}),
]


def title(case):
    example, extension, view, options = case
    words = [example, view, *(f"{key}-{value}" for key, value in options.items())]
    return f"{'_'.join(words)}.{extension}"


@pytest.mark.parametrize("case", CASES, ids=title)
def test_golden(case, file_regression):
    example, extension, view, options = case
    own = GOLDEN / f"{example}.toml"
    loaded = load_example(own) if own.exists() else load_preset(example)
    made = make_handout(loaded, formats=[extension], seed=None, fresh_seed=0, view=view, **options)
    (text,) = made.files.values()
    if extension == "json":  # exp and log may differ in the last place from one processor to the next
        text = re.sub(r"-?\d+\.\d{13,}(e-?\d+)?", lambda found: f"{float(found[0]):.12g}", text)
    file_regression.check(text, fullpath=GOLDEN / title(case), encoding="utf-8", newline="\n")
