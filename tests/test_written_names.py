"""Names of cells as people write them, and as editors leave them."""

from __future__ import annotations

import re

import pytest

from backproptable.formulas.written_names import cell_name, line_name
from support.finished import finished_preset


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("z1[1]", "z1[1]"),
        ("`z1[1]`", "z1[1]"),
        ("**z1[1]**", "z1[1]"),
        ("_z1[1]_", "z1[1]"),
        (r"z1\[1\]", "z1[1]"),
        ("$z1[1]$", "z1[1]"),
        (" z1 [ 1 ] ", "z1[1]"),
        ("W1'[1,2]@2", "W1'[1,2]@2"),
        ("W1’[1, 2]", "W1'[1,2]"),
        ("W1′[1,2]", "W1'[1,2]"),
        ("W1´[1,2]", "W1'[1,2]"),
        ("W1[1,2]’", "W1'[1,2]"),
        ("W1`[1,2]", None),
        ("dL/dW1[1,2]", "dL/dW1[1,2]"),
        ("dL/dW12[10,2]@3", "dL/dW12[10,2]@3"),
        ("dL / db1", "dL/db1"),
        ("dL/dx[1]", "dL/dx[1]"),
        ("da3/dz3[1,2]", "da3/dz3[1,2]"),
        ("da3/dz3[2,1,2]", "da3/dz3[2,1,2]"),
        ("norm(dL/dW1)", "norm(dL/dW1)"),
        ("norm( dL/dW1 )@2", "norm(dL/dW1)@2"),
        ("b1", "b1"),
        ("b1'", "b1'"),
        ("S3'", "S3'"),
        ("S3[2]", "S3[2]"),
        ("L@2", "L@2"),
        ("eta", "eta"),
        ("x[1]", "x[1]"),
        ("Wx[1,2]", "Wx[1,2]"),
        ("Ws'[1,2]@2", "Ws'[1,2]@2"),
        ("bs", "bs"),
        ("by[1]", "by[1]"),
        ("s0[1]", "s0[1]"),
        ("z[2,1]", "z[2,1]"),
        ("s’[2, 1]", "s'[2,1]"),
        ("o[3,1]@2", "o[3,1]@2"),
        ("dL/do[3,1]", "dL/do[3,1]"),
        ("dL/dz[3,1]", "dL/dz[3,1]"),
        ("ds/dz[3,1]", "ds/dz[3,1]"),
        ("do/ds[3,1,2,1]", "do/ds[3,1,2,1]"),
        ("dL/dWs[1,2]<3>", "dL/dWs[1,2]<3>"),
        ("dL/dWs[1,2] < 3 >@2", "dL/dWs[1,2]<3>@2"),
        (r"dL/dWs\[1,2\]\<3\>", "dL/dWs[1,2]<3>"),
        ("dL/dWs[1,2]&lt;3&gt;", "dL/dWs[1,2]<3>"),
        ("norm(dL/dWs)", "norm(dL/dWs)"),
        ("paths(dL/dW1)[1,2]", "paths(dL/dW1)[1,2]"),
        ("paths(dL/dWx)[1,2]", "paths(dL/dWx)[1,2]"),
        ("m1[2]", "m1[2]"),
        ("d1[2,1]@3", "d1[2,1]@3"),
        ("dL/dd1[2]", "dL/dd1[2]"),
        ("error[1]", "error[1]"),
        ("E[2]", "E[2]"),
        ("z[1,1]<2>", None),
        ("Wq[1,2]", None),
        ("s", None),
        ("o", None),
        ("E", None),
        ("x", None),
        ("W1", None),
        ("z1", None),
        ("Z1[1]", None),
        ("z1(1)", None),
        ("z1[0]", None),
        ("z1[1]x", None),
        ("L[1]", None),
        ("", None),
        ("answer", None),
        ("0.5", None),
        ("z1[1] z1[2]", None),
        ("z1[" + "1" * 500 + "]", None),
    ],
)
def test_names(text: str, name: str | None) -> None:
    assert cell_name(text) == name


@pytest.mark.parametrize("preset", ["3-3-3-3", "batch-of-two"])
def test_every_name_of_ours_is_a_name(preset: str) -> None:
    names = re.findall(r"^\| `([^`]*)` \|", finished_preset(preset).files[f"{preset}.md"], re.MULTILINE)
    assert len(names) > 50
    assert [cell_name(name) for name in names] == names
    assert [cell_name(name.replace("[", r"\[").replace("'", "’")) for name in names] == names


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("z1[1] is hard", "z1[1]"),
        ("> - **z1[1]**: 0.5", "z1[1]"),
        ("$z1[1]$ = 0.5", "z1[1]"),
        ("dL/db1 = 0.5", "dL/db1"),
        ("norm(dL/dW1)  0.5", "norm(dL/dW1)"),
        ("3. L: 0.5", "L"),
        ("b1", "b1"),
        ("| S3 | ", "S3"),
        ("L = ln(2) = 0.69.", "L"),
        ("L is the loss of 2 outputs", None),
        ("Let z1[1] be 0.5", None),
        ("b1 = b1 - rate * gradient", None),
        ("$L = l_ {1} + l_ {2}$", None),
        ("eta, the learning rate", None),
        ("the loss L = 0.5", None),
        ("", None),
    ],
)
def test_lines_that_give_a_number(line: str, name: str | None) -> None:
    assert line_name(line) == name
