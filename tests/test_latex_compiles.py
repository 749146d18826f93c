"""Finished LaTeX compiles with the TeX packages of plain Debian, and keeps to the page."""

from __future__ import annotations

import re
from functools import cache
from itertools import product
from operator import itemgetter
from pathlib import Path

import pytest

from backproptable.drawing.draw import draw_givens
from backproptable.nets.derive import derive_plan
from backproptable.nets.net import Net
from backproptable.numbers.evaluate import solve
from backproptable.render.formats import VIEWS
from support.finished import NOTATIONS, PRESETS, finished_preset, finished_text, rotated
from support.tools import END, batches, compiled, faults, faulty

PACKAGES = {
    *("amsmath", "array", "fontenc", "geometry", "inputenc", "longtable", "textcomp"),  # texlive-latex-base
    "booktabs",  # texlive-latex-recommended
    "lmodern",
}

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


@pytest.mark.parametrize("sheets", batches(sorted(SHEETS, key=itemgetter(2, 0, 1))))
def test_sheets_compile_and_keep_to_the_page(sheets: list[tuple[str, str, str]], tmp_path: Path) -> None:
    assert faulty({" ".join(sheet): latex(*sheet) for sheet in sheets}, tmp_path) == {}


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


def test_faults_are_told_of_the_document_that_has_them(tmp_path: Path) -> None:
    good = latex("3-3-3-3", NOTATIONS[0], "worked")
    assert r"\clearpage" not in good
    bad = {name: good.replace(END, f"\n\n{fault}\n{END}") for name, (fault, _) in FAULTY.items()}
    found = faulty({"first": good, **bad, "last": good}, tmp_path)
    assert found.keys() == FAULTY.keys()
    for name, (_, words) in FAULTY.items():
        assert any(words in fault for fault in found[name]), found


def test_a_document_that_does_not_compile_is_found(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="Undefined control sequence"):
        compiled(r"\documentclass{article}\begin{document}$\foo$\end{document}", tmp_path)
    good = latex("3-3-3-3", NOTATIONS[0], "worked")
    with pytest.raises(AssertionError, match="Undefined control sequence"):
        faulty({"first": good, "second": good.replace(END, rf"$\foo$ {END}"), "last": good}, tmp_path)
