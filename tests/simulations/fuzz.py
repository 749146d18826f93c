"""Throws a million odd answers, and thousands of odd files, at the readers: no exception, nothing slow.

    python tests/simulations/fuzz.py [--answers 1000000] [--files 2000]

An answer may take 50 ms at most; exits with 1 if one takes longer, or if anything is raised.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter

from backproptable.basics.errors import InputError
from backproptable.returned.answers import read_answer
from backproptable.returned.sheet import read_sheet

BITS = (
    *"0123456789.,+-*/^()=eE $`_<>|&;[]{}\\'\"%~?\t\n",
    *("exp", "ln", "sqrt", "tanh", "max", "log", "10^", "e^", "**", "\\times", "&minus;", "&#124;", "−", "×", "⁻⁵"),
    *("½", "NaN", "inf", "__import__('os')", "9**9**9", "0x1F", "1_000", "z1[1]", "≈", "(approx)", "\u202e", "٣"),
)
LINES = (
    *(
        "| cell | answer |",
        "|:--|--:|",
        "| `z1[1]` | 0.5 |",
        "| z1[1] | 0.5 | 1 |",
        "| | |",
        "z1[1]\t0.5",
        "```",
        "> | a |",
    ),
    *(
        "```",
        "> | a |",
        "<table>",
        "| code | 7KQ2M-XR9DD |",
        "| numbers asked | 9 |",
        "# a",
        "",
        "- | cell | answer |",
        "  |--|--|",
    ),
)
MOST = 0.05


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--answers", type=int, default=1_000_000)
    parser.add_argument("--files", type=int, default=2000)
    arguments = parser.parse_args()
    chance, kinds, slowest = random.Random(1), Counter(), (0.0, "")
    for _ in range(arguments.answers):
        text = "".join(chance.choice(BITS) for _ in range(chance.choice((1, 2, 4, 8, 16, 60, 300))))
        start = time.perf_counter()
        kinds[type(read_answer(text)).__name__] += 1
        slowest = max(slowest, (time.perf_counter() - start, text))
    print(f"{arguments.answers:,} answers: {dict(kinds)}; slowest {slowest[0] * 1000:.1f} ms: {slowest[1][:60]!r}")
    for _ in range(arguments.files):
        text = "\n".join(chance.choice(LINES) for _ in range(chance.randint(1, 60)))
        data = bytearray(text.encode())
        for _ in range(chance.randint(0, 4) if data else 0):
            data[chance.randrange(len(data))] = chance.randrange(256)
        try:
            read_sheet(bytes(data))
        except InputError:
            kinds["refused file"] += 1
    print(f"{arguments.files:,} files, {kinds['refused file']} of them refused")
    sys.exit(slowest[0] > MOST)


if __name__ == "__main__":
    main()
