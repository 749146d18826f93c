"""How long a class takes, in time and memory, for the default 3-3-3-3 net or another.

    python tests/benchmarks/bench_assign.py [--students 1000 10000 100000]
    python tests/benchmarks/bench_assign.py --net 'kind = "recurrent"' 'steps = 3'

Each class is one whole process of `backproptable assign`, from reading the roster to the last key: its
wall time, the processor time booked for it and its children, and the most memory that all of them
held together (the proportional share, so that what processes share is counted once). As a floor the
same bytes are formatted (each file from its template with the numbers put in) and written plainly, in
one process in the same run.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

NUMBER = re.compile(r"-?\d+\.\d+(?:e-?\d+)?")


def write_roster(path: Path, students: int) -> None:
    rows = (f"{number},Ada{number},Lovelace,{number % 7},ada{number}@example.org" for number in range(students))
    path.write_text("\n".join(["student_id,first_name,last_name,batch,email", *rows]) + "\n", encoding="utf-8")


def booked() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def memory_of(process: int) -> int:
    """What a process and its children hold together, in bytes. 0 once they are gone."""
    total, waiting = 0, [process]
    while waiting:
        number = waiting.pop()
        try:
            rollup = Path(f"/proc/{number}/smaps_rollup").read_text(encoding="ascii")
            total += 1024 * int(re.search(r"^Pss:\s+(\d+)", rollup, re.MULTILINE)[1])
            for children in Path(f"/proc/{number}/task").glob("*/children"):
                waiting += map(int, children.read_text(encoding="ascii").split())
        except (OSError, TypeError):
            continue
    return total


def run(roster: Path, course: Path | None, output: Path, processes: int | None) -> tuple[float, float, float]:
    """Wall time, processor time and memory of one class."""
    command = [sys.executable, "-m", "backproptable", "assign", str(roster), "-o", str(output)]
    command += [] if course is None else ["--course", str(course)]
    command += [] if processes is None else ["--processes", str(processes)]
    before, start = booked(), time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    most = 0

    def watch() -> None:
        nonlocal most
        while process.poll() is None:
            most = max(most, memory_of(process.pid))
            time.sleep(0.05)

    watcher = threading.Thread(target=watch)
    watcher.start()
    _, errors = process.communicate()
    wall = time.perf_counter() - start
    watcher.join()
    if process.returncode:
        raise SystemExit(errors.decode())
    return wall, booked() - before, most / 1e6


def floor(output: Path, copy: Path) -> float:
    """Processor time to format and write the same bytes plainly."""
    texts = [path.read_text(encoding="utf-8") for folder in ("assignments", "keys") for path in _pages(output / folder)]
    pages = [(NUMBER.sub("%s", text.replace("%", "%%")), tuple(NUMBER.findall(text))) for text in texts]
    copy.mkdir()
    start = time.process_time()
    for place, (template, numbers) in enumerate(pages):
        with (copy / f"{place}.md").open("w", encoding="utf-8") as file:
            file.write(template % numbers)
    return time.process_time() - start


def _pages(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.md"))[:1000]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--students", type=int, nargs="+", default=[1000, 10_000])
    parser.add_argument("--repeat", type=int, default=3, help="runs of each class; the fastest is shown")
    parser.add_argument("--net", nargs="*", default=[], metavar="LINE", help="lines of [net] in the course file")
    arguments = parser.parse_args()
    print(f"{len(os.sched_getaffinity(0))} cores; per student, of the fastest of {arguments.repeat} runs")
    print(" students processes  wall ms   cpu ms floor ms cpu/floor memory MB")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        course = folder / "course.toml" if arguments.net else None
        if course is not None:
            course.write_text("\n".join(["[net]", *arguments.net]) + "\n", encoding="utf-8")
        for students in arguments.students:
            write_roster(folder / "roster.csv", students)
            for processes in (1, None):
                results = []
                for _ in range(arguments.repeat if students < 50_000 else 1):
                    shutil.rmtree(folder / "out", ignore_errors=True)
                    results.append(run(folder / "roster.csv", course, folder / "out", processes))
                wall, cpu = (min(column) * 1000 / students for column in list(zip(*results, strict=True))[:2])
                memory = max(memory for _, _, memory in results)
                shutil.rmtree(folder / "copy", ignore_errors=True)
                least = floor(folder / "out", folder / "copy") * 1000 / min(students, 1000)
                print(
                    f"{students:>9,} {processes or 'all':>9} {wall:>8.2f} {cpu:>8.2f} "
                    f"{least:>8.2f} {cpu / least:>9.1f} {memory:>9.0f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
