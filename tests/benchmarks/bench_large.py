"""How long the sheet of a net too large to print takes, in time and memory: 12288-20-7-1 and 209 samples.

    python tests/benchmarks/bench_large.py [--preset cat-or-not] [--repeat 5]

Each run is one whole process of `backproptable handout`, from starting Python to the written files: its wall
time, the processor time booked for it, and the most memory it held. As a floor, the same three large
products (forward, gradient, forward again) with NumPy alone, in a process that imports nothing else.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time

FLOOR = """
import numpy as np
x, w, d = np.full((209, 12288), 0.5), np.full((12288, 20), 0.001), np.full((209, 20), 0.001)
for _ in range(2):
    x @ w
x.T @ d
"""


def run(command: list[str]) -> tuple[float, float, float]:
    """Wall time, processor time and memory of one process, in seconds and megabytes."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    _, errors = process.communicate()
    wall = time.perf_counter() - start
    if process.returncode:
        raise SystemExit(errors.decode())
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, processor, after.ru_maxrss / 1000  # of the largest child so far


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", default="cat-or-not")
    parser.add_argument("--repeat", type=int, default=5, help="runs; the fastest is shown")
    arguments = parser.parse_args()
    print(f"{len(os.sched_getaffinity(0))} cores; the fastest of {arguments.repeat} runs")
    print("                    wall s    cpu s memory MB")
    with tempfile.TemporaryDirectory() as folder:
        command = ["-m", "backproptable", "handout", arguments.preset, "--seed", "7", "-o", folder]
        for title, what in (("NumPy alone", ["-c", FLOOR]), (f"handout {arguments.preset}", command)):
            wall, processor, memory = zip(*(run([sys.executable, *what]) for _ in range(arguments.repeat)), strict=True)
            print(f"{title:<18} {min(wall):>7.2f} {min(processor):>8.2f} {max(memory):>9.0f}")


if __name__ == "__main__":
    main()
