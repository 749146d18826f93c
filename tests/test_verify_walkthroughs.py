"""Worked examples that other people published, verified: what holds or follows is accepted, the rest flagged and named.

The files in ``tests/walkthroughs`` (see `test_walkthroughs`) say of each published number what is wrong with it. Here
each becomes an example file with ``[answers]``. Where our verdict is another than the file's, it stands in
`DIFFERENCES`, with the reason; a test keeps that list exact.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple

import pytest

from backproptable.commands.verify import verify_example
from backproptable.examples.example import load_example
from backproptable.marking.marked import MarkedCell, Verdict
from backproptable.marking.slips import SLIPS
from backproptable.mistakes.registry import MISTAKES

FOLDER = Path(__file__).parent / "walkthroughs"
NAMES = sorted(path.stem for path in FOLDER.iterdir())

FINE = (None, "rounding_carried", "inherited")
"""What the files call no mistake of the line itself."""
CODES: Final = {
    "updated_weights_used": {"updated_weights"},
    "diagonal_softmax": {"softmax_diagonal"},
    "missing_sum_terms": {"one_path"},
    "extra_factor": {"rate_twice", "diagonal_twice"},
    "decimal_shift": {"point_moved", "digit_dropped", "digit_doubled", "step_moved", "term_moved"},
    "digit_slip": {"digits_swapped", "digit_dropped", "digit_doubled", "digit_changed", "near_miss"},
    "wrong_input": None,
    "not_reproducible": None,
}
"""By the files' ``error_type``: our codes that say the same, None where the registry has none.

In a sum such as 0.3 + 0.0055, a point moved in one term adds or drops a zero: 0.30055.
"""

# Why our verdict is another.
GIVENS = "a program computed with more digits of the givens than it printed; with those printed it does not hold"
ZERO = "the program dropped a zero at the end, and as it is written the number is right"
WIDE = "worked another way, over numbers above it that have few digits or are not printed, it is what they can mean"
ABOVE = "the mistake was made in a number above that was not printed, so that it stands for the right one"
BELOW = "the same mistake stands in the line above already: from that it follows"
OTHER = "a registered mistake over numbers that are not printed gives it, too"
FACTOR = "the registry has no such factor there: the author's number cannot be worked out from those printed"

DIFFERENCES: dict[str, dict[str, str]] = {
    "batch-of-three": {
        **dict.fromkeys(["z1[1,2]", "z1[2,2]", "z2[1,1]"], GIVENS),
        # The learning rate was taken twice everywhere; in these two hidden digits make up for it.
        **dict.fromkeys(["W1'[1,3]", "W1'[3,3]"], GIVENS),
        # Flagged, but hidden digits keep us from naming it.
        **dict.fromkeys(["W1'[1,1]", "W1'[4,2]", "W2'[3,1]"], GIVENS),
        **dict.fromkeys(["W1'[4,3]", "b1'[2]"], ZERO),
    },
    "no-bias": dict.fromkeys(["dL/dz1[1]", "dL/dz1[2]"], ABOVE),
    "one-unit-per-layer": {"dL/dz2[1]": BELOW},
    "relu-sigmoid-softmax": {
        "da3/dz3[1,1]": WIDE,
        "dL/da3[2] again": FACTOR,
        **{f"dL/da2[{i}]": ABOVE for i in (1, 2, 3)},
    },
    "one-linear-neuron": {"dL/dW1[1,1] again": OTHER},
    "two-sigmoid-layers": {"L'": ABOVE},
}

LEFT_OUT = {
    "batch-of-three": 24,  # y - a, and gradients times the learning rate
    "relu-sigmoid-softmax": 9,  # single paths of dL/da2
    "three-steps-of-a-recurrent-net": 2,  # dL/dz times a weight: what goes back to the step before
    "two-sigmoid-layers": 6,  # the same, and the loss after 10000 updates
}
"""How many published numbers are no cells: products and differences of cells."""


class Published(NamedTuple):
    name: str
    written: str
    error_type: str | None
    repeat: bool

    @property
    def key(self) -> str:
        return self.name + " again" * self.repeat


def file_of(name: str) -> dict[str, Any]:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def published(file: dict[str, Any]) -> list[Published]:
    """The numbers that are cells, or a cell with the other sign."""
    found = []
    for entry in file["published"]:
        name, text = entry["name"], entry["as_printed"]
        if "left_out" in entry or " " in name:
            continue
        if name.startswith("-"):
            name, text = name[1:], text[1:] if text.startswith("-") else f"-{text}"
        found.append(Published(name, text, entry["error_type"], entry["repeat"]))
    return found


def verified(file: dict[str, Any], answers: dict[str, str]) -> dict[str, MarkedCell]:
    """The answers' verdicts, by way of an example file."""
    net = {key: value if key == "learning_rate" else json.dumps(value) for key, value in file["net"].items()}
    tables = {
        "net": net,
        "givens": {key: json.dumps(value) for key, value in file["givens"].items()},
        "answers": {json.dumps(name): json.dumps(text) for name, text in answers.items()},
    }
    lines = [
        line for table, keys in tables.items() for line in (f"[{table}]", *(f"{k} = {v}" for k, v in keys.items()))
    ]
    with TemporaryDirectory() as folder:
        path = Path(folder, "published.toml")
        path.write_text("\n".join(lines), encoding="utf-8")
        sheet, *_ = verify_example(load_example(path))
    return {cell.name: cell for cell in sheet.cells}


@cache
def marks(name: str) -> dict[Published, MarkedCell]:
    """What becomes of each number; a second print of a quantity is judged in the place of the first."""
    file = file_of(name)
    entries = published(file)
    firsts = {entry.name: entry.written for entry in entries if not entry.repeat}
    marked = verified(file, firsts)
    return {
        entry: verified(file, firsts | {entry.name: entry.written})[entry.name] if entry.repeat else marked[entry.name]
        for entry in entries
    }


def accepted(cell: MarkedCell) -> bool:
    return cell.verdict in (Verdict.RIGHT, Verdict.FOLLOWS)


def agrees(entry: Published, cell: MarkedCell) -> bool:
    """Whether our verdict is the file's: accepted or flagged, and named where the registry has a name."""
    if entry.error_type in FINE or accepted(cell):
        return accepted(cell) == (entry.error_type in FINE)
    codes = CODES[entry.error_type or ""]
    return codes is None or not codes.isdisjoint(cell.because)


@pytest.mark.parametrize("name", NAMES)
def test_verdicts_are_the_file_s_but_for_those_listed(name: str) -> None:
    assert {e.key for e, cell in marks(name).items() if not agrees(e, cell)} == set(DIFFERENCES.get(name, {}))


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_skipped(name: str) -> None:
    file = file_of(name)
    assert len(file["published"]) - len(marks(name)) == LEFT_OUT.get(name, 0)
    assert {cell.verdict for cell in marks(name).values()} <= set(Verdict) - {
        Verdict.BLANK,
        Verdict.UNREADABLE,
        Verdict.TOO_FEW_DIGITS,
    }


def test_every_error_type_and_code_is_known() -> None:
    types = {entry.error_type for name in NAMES for entry in marks(name)}
    assert types - set(FINE) <= set(CODES)
    known = {mistake.code for mistake in MISTAKES} | set(SLIPS)
    assert set().union(*(codes for codes in CODES.values() if codes)) <= known


def test_most_is_as_the_files_say() -> None:
    """Of the 260 numbers that are cells."""
    assert sum(len(marks(name)) for name in NAMES) == 260
    assert sum(map(len, DIFFERENCES.values())) == 20


def test_most_wrong_numbers_are_named() -> None:
    """Of 49 that are wrong in their own line 45 are flagged, and 40 of them have a name."""
    wrong = [cell for name in NAMES for entry, cell in marks(name).items() if entry.error_type not in FINE]
    flagged = [cell for cell in wrong if not accepted(cell)]
    assert (len(wrong), len(flagged)) == (49, 45)
    assert sum(bool(cell.because) for cell in flagged) == 40
    assert sum(cell.because == ("set_up",) for cell in flagged) <= 2


# --- the reasons -------------------------------------------------------------------------------

DIFFERING = [(name, key, reason) for name, keys in DIFFERENCES.items() for key, reason in keys.items()]


@pytest.mark.parametrize(("name", "key", "reason"), DIFFERING, ids=[f"{name} {key}" for name, key, _ in DIFFERING])
def test_each_difference_is_for_the_reason_given(name: str, key: str, reason: str) -> None:
    file = file_of(name)
    entry, cell = next((entry, cell) for entry, cell in marks(name).items() if entry.key == key)
    firsts = {each.name: each.written for each in marks(name) if not each.repeat}
    half = 5 * 10.0 ** -(len(entry.written.partition(".")[2]) + 1)

    def again(**changes: str) -> MarkedCell:
        answers = {each: text for each, text in (firsts | changes).items() if text}
        return verified(file, answers)[entry.name]

    if reason == GIVENS:  # four decimals are known of the givens: each may be off by 0.00005, and there are up to six
        assert not accepted(cell)
        if entry.error_type in FINE and "W" not in key:
            assert cell.low - half - 6 * 0.00005 <= float(entry.written) <= cell.high + half + 6 * 0.00005
    elif reason == ZERO:
        assert cell.verdict is Verdict.RIGHT
        assert not accepted(again(**{key: entry.written.ljust(len("0.0000"), "0")}))
    elif reason == WIDE:
        assert cell.verdict is Verdict.RIGHT
        assert not cell.low <= float(entry.written) <= cell.high  # by the printed formula it is not
    elif reason == ABOVE:
        assert not accepted(cell)
    elif reason == BELOW:
        assert cell.verdict is Verdict.FOLLOWS
        assert not accepted(again(**{"dL/da2[1]": ""}))
    elif reason == OTHER:
        assert cell.verdict is Verdict.MISTAKE
    else:
        assert reason == FACTOR
        assert cell.verdict is Verdict.WRONG


def test_what_was_not_printed_explains_what_is_flagged_below() -> None:
    """The author's dL/dz3 by the diagonal alone, written in: then it is named, and the gradients follow."""
    name = "relu-sigmoid-softmax"
    firsts = {entry.name: entry.written for entry in marks(name) if not entry.repeat}
    diagonal = {
        f"dL/dz3[{k}]": f"{float(firsts[f'dL/da3[{k}]']) * float(firsts[f'da3/dz3[{k},{k}]']):.5f}" for k in (1, 3)
    }
    marked = verified(file_of(name), firsts | diagonal)
    assert {marked[line].because for line in diagonal} == {("softmax_diagonal",)}
    assert all(accepted(marked[f"dL/dW3[{i},{j}]"]) for i in (1, 2, 3) for j in (1, 3))

    name = "no-bias"
    firsts = {entry.name: entry.written for entry in marks(name) if not entry.repeat}
    updated = float(firsts["W2'[1,1]"])
    over_updated = {"dL/da1[1]": f"{0.0406 * updated:.5f}"}
    marked = verified(file_of(name), firsts | over_updated)
    assert marked["dL/da1[1]"].because == ("updated_weights",)
    assert accepted(marked["dL/dz1[1]"])


def test_a_given_that_the_author_miscopied() -> None:
    """0.15 · 0.06 + 0.2 · 0.1 + 0.35 = 0.379: the slip is found in x[1], and what comes out of it follows."""
    answers = {"x[1]": "0.06", "x[2]": "0.10", "z1[1]": "0.379", "a1[1]": "0.593632"}
    marked = verified(file_of("two-sigmoid-layers"), answers)
    assert (marked["x[1]"].verdict, marked["x[1]"].because) == (Verdict.SLIP, ("miscopied",))
    assert [cell.verdict for cell in marked.values()][1:] == [Verdict.RIGHT, Verdict.FOLLOWS, Verdict.FOLLOWS]
