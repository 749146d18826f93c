"""How fast a first handout, `--help` and the evaluation of many sheets are.

    pytest -o addopts= --benchmark-only tests/benchmarks/bench_handout.py

Commands are timed as whole processes, by the processor time the operating system books for them
(`process_seconds` in the extra columns); the evaluation is timed in this process, and as a ratio to
the plainest NumPy work on a table of the same size.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path
from statistics import median

import numpy as np
import pytest

from backproptable import Calculator, Net, derive_plan, draw_givens

SETS = 10_000


def process_seconds(arguments: list[str], folder: Path) -> float:
    """User and system time of one `backproptable` process."""

    def booked() -> float:
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    before = booked()
    command = [sys.executable, "-m", "backproptable", *arguments]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, env=os.environ)
    return booked() - before


@pytest.mark.parametrize("arguments", [["handout"], ["--help"]], ids=" ".join)
def test_command(benchmark, tmp_path, arguments):
    seconds: list[float] = []
    benchmark.pedantic(lambda: seconds.append(process_seconds(arguments, tmp_path)), rounds=10, warmup_rounds=1)
    benchmark.extra_info["process_seconds"] = round(median(seconds), 3)
    print(f"\n{' '.join(arguments)}: median {median(seconds):.3f} s of process time")


@pytest.fixture(scope="module")
def calculator():
    return Calculator(derive_plan(Net()))


@pytest.fixture(scope="module")
def columns(calculator):
    givens = [list(draw_givens(calculator.plan, seed).values()) for seed in range(20)]
    return np.tile(np.array(givens, dtype=float).T, (1, SETS // 20))


def test_exact_values_of_many_sets(benchmark, calculator, columns):
    assert benchmark(calculator.exact, columns).shape == (194, SETS)


def test_printed_values_of_many_sets(benchmark, calculator, columns):
    assert benchmark(calculator.paper, columns, 4).shape == (194, SETS)


def test_floor_one_product_per_cell(benchmark, calculator, columns):
    """What NumPy takes to multiply as many numbers once: the unit of the two above."""
    table = calculator.table(columns)
    benchmark(lambda: table * table)
