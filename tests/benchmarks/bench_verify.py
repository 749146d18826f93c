"""How long it takes to verify a class's sheets of the default 3-3-3-3 net, and how much memory.

    python tests/benchmarks/bench_verify.py [--students 1000]

The sheets are made by `backproptable assign`, filled in with the numbers of the keys, one in ten of them
with a mistake, and verified in one process, part after part: reading the Markdown files, judging them,
and the texts and files of all reports.
"""

from __future__ import annotations

import argparse
import csv
import re
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import numpy as np

from backproptable.basics.writing import write_files
from backproptable.commands.marking import class_reports
from backproptable.commands.verify import answered, verify_class
from backproptable.courses.manifest import Manifest
from backproptable.marking.key_folder import open_keys
from backproptable.numbers.evaluate import Calculator
from backproptable.numbers.numerals import Numerals
from backproptable.returned.files import find_files, read_returned

ROW = re.compile(r"^(\| `([^`]+)` \|.*\|) *[^|]*\|$", re.MULTILINE)
FIGURES = 4


def hand_in(folder: Path, students: int) -> None:
    """Sheets with their answers, in `folder / returned`."""
    with (folder / "roster.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["student_id", "first_name", "last_name", "batch"])
        writer.writerows([number, f"Ada{number}", "Lovelace", number % 7] for number in range(students))
    command = [sys.executable, "-m", "backproptable", "assign", str(folder / "roster.csv"), "-o", str(folder)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    keys = open_keys(folder / "keys")
    names = [cell.name for cell in keys.plan.cells]
    calculator, numerals = Calculator(keys.plan), Numerals(keys.plan, FIGURES, "paper")
    (folder / "returned").mkdir()
    for number, entry in enumerate(Manifest(folder / "keys").entries()):
        givens = list(entry["givens"].values())
        printed = calculator.paper(np.array([[float(text)] for text in givens]), FIGURES)
        texts = dict(zip(names, numerals.texts(givens, printed[:, 0].tolist()), strict=True))
        if number % 10 == 0:
            texts["dL/dz2[1]"] = texts["dL/da2[1]"]
        name = f"{entry['file']}.md"
        sheet = (folder / "assignments" / name).read_text(encoding="utf-8")
        filled = ROW.sub(lambda row, texts=texts: f"{row[1]} {texts.get(row[2], '')} |", sheet)
        (folder / "returned" / name).write_text(filled, encoding="utf-8")


def pack(returned: Path, path: Path) -> None:
    """The sheets as Moodle packs them."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for number, sheet in enumerate(sorted(returned.iterdir())):
            file.write(sheet, f"Ada Lovelace_{number}_assignsubmission_file/{sheet.name}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--students", type=int, default=1000)
    students = parser.parse_args().students
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        hand_in(folder, students)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        times = {}

        def timed(what: str, start: float) -> None:
            times[what] = 1000 * (time.perf_counter() - start) / students

        start = time.perf_counter()
        keys = open_keys(folder / "keys")
        timed("keys", start)
        start = time.perf_counter()
        files, _ = find_files([folder / "returned"])
        returned = [read_returned(path) for path in files]
        timed("reading", start)
        by_code = {entry["code"]: entry for entry in keys.entries.values()}
        sheets = [answered(each, by_code[each.code]) for each in returned]
        start = time.perf_counter()
        for first in range(0, students, 200):
            keys.marker.mark(sheets[first : first + 200])
        timed("judging", start)
        start = time.perf_counter()
        result = verify_class([folder / "returned"], keys)
        timed("reading and judging, as verify does", start)
        pack(folder / "returned", folder / "returned.zip")
        start = time.perf_counter()
        verify_class([folder / "returned.zip"], keys)
        timed("the same from a zip", start)
        start = time.perf_counter()
        reports = class_reports(keys, result.sheets)
        timed("texts of the reports", start)
        start = time.perf_counter()
        for below, texts in reports.items():
            write_files(folder / "out" / below, texts)
        timed("writing them", start)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        asked = len(keys.asked)
        right = sum(sheet.points == sheet.possible for sheet in result.sheets)
    print(f"{students:,} sheets of {asked} cells, {right:,} with all points; ms per sheet, in one process")
    for what, each in times.items():
        print(f"{what:<36} {each:>7.2f}")
    print(f"memory: {before:.0f} MB before, {memory:.0f} MB at most")


if __name__ == "__main__":
    main()
