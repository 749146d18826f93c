"""Programs that pip cannot install: pdflatex; KaTeX, MathJax and a player of QTI under Node.

Where one is missing the test is skipped; where CI is set it fails, with the remedy.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import pytest

__all__ = ["batches", "by_shape", "compiled", "faults", "faulty", "objections", "played"]

DEBIAN = "texlive-latex-base texlive-latex-recommended texlive-fonts-recommended lmodern"
WEB = Path(__file__).parents[1] / "web"
BEGIN, END = r"\begin{document}", r"\end{document}"
BETWEEN = "--- another document"
T = TypeVar("T")
MOST_OVERFULL = 5.0
"""Points by which a line may stick out: not to be seen in a column's margin."""


def need(present: bool | str, what: str, remedy: str) -> None:
    """Go on if `present` (a fact, or a command on the path)."""
    if shutil.which(present) if isinstance(present, str) else present:
        return
    message = f"{what} is missing: {remedy}"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


def compiled(document: str, folder: Path) -> str:
    """What pdflatex has to say about it."""
    need("pdflatex", "pdflatex", f"on Debian, apt install --no-install-recommends {DEBIAN}")
    (folder / "sheet.tex").write_text(document, encoding="utf-8")
    run = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "sheet.tex"],
        cwd=folder,
        env=os.environ | {"max_print_line": "1000"},
        capture_output=True,
        check=False,
        timeout=60,
    )
    log = (folder / "sheet.log").read_text(encoding="utf-8", errors="replace")
    assert run.returncode == 0, "\n".join(line for line in log.splitlines() if line.startswith(("!", "l.")))
    assert (folder / "sheet.pdf").stat().st_size > 10_000
    return log


def faulty(documents: Mapping[str, str], folder: Path) -> dict[str, list[str]]:
    """The documents that have faults, by name, with what they are.

    Those with one preamble are set one after the other, each in a group of its own: starting pdflatex takes longer
    than setting a sheet. Where that does not compile, each is tried by itself.
    """
    alike: dict[str, dict[str, str]] = {}
    for name, document in documents.items():
        preamble, _, body = document.partition(BEGIN)
        alike.setdefault(preamble, {})[name] = body.partition(END)[0]
    found = {}
    for number, (preamble, bodies) in enumerate(alike.items()):
        place = folder / str(number)
        place.mkdir()
        parts = [rf"\typeout{{{BETWEEN}}}\begingroup {body}\clearpage\endgroup" for body in bodies.values()]
        try:
            log = compiled(f"{preamble}{BEGIN}{''.join(parts)}\\typeout{{{BETWEEN}}}{END}", place)
        except AssertionError:
            for name in bodies:
                compiled(documents[name], place)
            raise
        _, *logs, _ = log.split(BETWEEN)
        found |= {name: faults(log) for name, log in zip(bodies, logs, strict=True)}
    return {name: of_one for name, of_one in found.items() if of_one}


def batches(things: Iterable[T], most: int = 10) -> list[list[T]]:
    """The things in their order, some at a time: for tests that look at several at once."""
    left = list(things)
    return [left[start : start + most] for start in range(0, len(left), most)]


def faults(log: str) -> list[str]:
    """Lines that stick out, what is referred to but not there, and letters that no font has."""
    too_wide = re.findall(r"^Overfull \\hbox \(([\d.]+)pt too wide\) (.*)$", log, re.MULTILINE)
    return [
        *(f"{points} pt too wide {where}" for points, where in too_wide if float(points) > MOST_OVERFULL),
        *re.findall(r"^.*undefined.*$", log, re.MULTILINE),
        *re.findall(r"^Missing character.*$", log, re.MULTILINE),
    ]


def by_shape(formulas: Iterable[str]) -> dict[str, str]:
    """One formula for each that differs from all others in more than its numbers and letters.

    No engine looks at those: only at commands, at names of environments, and at what stands between.
    """
    return {_LETTERS_AND_NUMBERS.sub(_alike, formula): formula for formula in formulas}


_LETTERS_AND_NUMBERS = re.compile(r"(\\(?:begin|end)\{[a-z*]+\}|\\[A-Za-z]+)|[A-Za-z]+|\d+(?:\.\d+)?")


def _alike(found: re.Match[str]) -> str:
    return found[1] or ("1" if found[0][0].isdigit() else "x")


def objections(in_line: Iterable[str], displayed: Iterable[str] = ()) -> list[dict[str, str]]:
    """What KaTeX and MathJax have against the formulas, where each stands."""
    formulas = [*((formula, False) for formula in in_line), *((formula, True) for formula in displayed)]
    return _by_node("check.mjs", formulas, "KaTeX or MathJax")


def played(cases: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What Citolab's player of QTI gives for items with responses: see `tests/web/qti.mjs`."""
    return _by_node("qti.mjs", cases, "the player of QTI")


def _by_node(program: str, given: list[Any], what: str) -> list[Any]:
    need("node", "Node.js", "install Node.js 18 or newer")
    need((WEB / "node_modules").is_dir(), what, "npm ci --prefix tests/web")
    run = subprocess.run(
        ["node", WEB / program],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)
