"""Programs that pip cannot install: pdflatex; KaTeX, MathJax and a player of QTI under Node.

Where one is missing the test is skipped; where CI is set it fails, with the remedy.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

__all__ = ["compiled", "faults", "objections", "played"]

DEBIAN = "texlive-latex-base texlive-latex-recommended texlive-fonts-recommended lmodern"
WEB = Path(__file__).parents[1] / "web"
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


def faults(log: str) -> list[str]:
    """Lines that stick out, what is referred to but not there, and letters that no font has."""
    too_wide = re.findall(r"^Overfull \\hbox \(([\d.]+)pt too wide\) (.*)$", log, re.MULTILINE)
    return [
        *(f"{points} pt too wide {where}" for points, where in too_wide if float(points) > MOST_OVERFULL),
        *re.findall(r"^.*undefined.*$", log, re.MULTILINE),
        *re.findall(r"^Missing character.*$", log, re.MULTILINE),
    ]


def objections(formulas: list[str]) -> list[dict[str, str]]:
    """What KaTeX and MathJax have against the formulas."""
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
