"""Finished LaTeX compiles with the TeX packages of plain Debian, and keeps to the page."""

from __future__ import annotations

import os
import re
import subprocess
from functools import cache
from itertools import product
from pathlib import Path

import pytest

from backproptable.derive import derive_plan
from backproptable.draw import draw_givens
from backproptable.evaluate import solve
from backproptable.net import Net
from backproptable.render.formats import VIEWS
from support.finished import NOTATIONS, PRESETS, finished_preset, finished_text, rotated
from support.tools import need

DEBIAN = "texlive-latex-base texlive-latex-recommended texlive-fonts-recommended lmodern"

PACKAGES = {
    *("amsmath", "array", "fontenc", "geometry", "inputenc", "longtable", "textcomp"),  # texlive-latex-base
    "booktabs",  # texlive-latex-recommended
    "lmodern",
}

MOST_OVERFULL = 5.0
"""Points by which a line may stick out: not to be seen in a column's margin."""

NETS = {
    "batch": Net(layers=(2, 3, 2), activations=("tanh", "softmax"), samples=3, reduction="mean", weights="to_from"),
    "wide": Net(layers=(8, 8, 2), activations=("leaky_relu", "sigmoid"), loss="binary_cross_entropy", bias="shared"),
    "three updates": Net(layers=(2, 2, 1), activations=("sigmoid", "identity"), loss="mse", updates=3),
    "four weight layers": Net(layers=(2, 2, 2, 2, 2), activations=("tanh", "tanh", "tanh", "softmax"), updates=0),
    "long names": Net(layers=(1, 3), activations=("softmax",), samples=2, updates=2),
    "long root": Net(layers=(3, 1), activations=("sigmoid",), loss="half_sse", updates=0),
}

SHEETS = {
    *((name, rotated(number), view) for number, (name, view) in enumerate(product((*PRESETS, *NETS), VIEWS))),
    *product(["3-3-3-3", "four weight layers"], NOTATIONS, ["worked"]),
}
"""All presets and nets; and in every notation those with the longest rules."""


@cache
def latex(name: str, notation: str, view: str) -> str:
    """A finished document of a preset, or of a net with numbers drawn for it, with all that it can have to say."""
    if name in PRESETS:
        return finished_preset(name, notation=notation, view=view, explain="full").files[f"{name}.tex"]
    plan = derive_plan(NETS[name])
    return finished_text(solve(plan, draw_givens(plan, seed=1)), "tex", view=view, notation=notation, explain="full")


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


@pytest.mark.parametrize(("name", "notation", "view"), sorted(SHEETS))
def test_a_sheet_compiles_and_keeps_to_the_page(name: str, notation: str, view: str, tmp_path: Path) -> None:
    assert faults(compiled(latex(name, notation, view), tmp_path)) == []


@pytest.mark.parametrize(("name", "notation", "view"), sorted(SHEETS))
def test_only_packages_of_plain_debian_are_used(name: str, notation: str, view: str) -> None:
    document = latex(name, notation, view)
    used = re.findall(r"\\(?:usepackage|RequirePackage)(?:\[[^]]*\])?\{([^}]*)\}", document)
    assert used
    assert {package for packages in used for package in packages.split(",")} <= PACKAGES
    assert re.findall(r"\\documentclass(?:\[[^]]*\])?\{([^}]*)\}", document) == ["article"]


FAULTY = {
    "too wide": (r"\hbox to \linewidth{\hskip\linewidth\hskip6pt}", "6.0 pt too wide"),
    "reference": (r"See \ref{nowhere}.", "undefined"),
    "letter": ("\\font\\bare=cmsy10 {\\bare\\char200}", "Missing character"),
}


def test_faults_of_a_document_are_found(tmp_path: Path) -> None:
    body = "\n\n".join(fault for fault, _ in FAULTY.values())
    document = rf"\documentclass{{article}}\begin{{document}}\parindent=0pt {body}\end{{document}}"
    found = faults(compiled(document, tmp_path))
    for _, words in FAULTY.values():
        assert any(words in fault for fault in found), found


def test_a_document_that_does_not_compile_is_found(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="Undefined control sequence"):
        compiled(r"\documentclass{article}\begin{document}$\foo$\end{document}", tmp_path)
