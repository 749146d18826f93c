"""What is said of a class at the end, and that it is so."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from backproptable.commands.assign import Report, assign_class
from backproptable.commands.summary import next_steps, summary
from backproptable.mistakes.registry import MISTAKES
from support.classes import NEURON, called, entries, leave_secret, made_course, rows, save_course, save_roster, students
from support.reader import Line, read_markdown

GOLDEN = Path(__file__).parent / "golden"


def test_a_small_class_in_words(tmp_path: Path, file_regression) -> None:
    leave_secret(tmp_path / "output")
    text = ""
    for ids in (range(3), range(1, 5)):
        roster = save_roster(tmp_path, [rows(5)[number] for number in ids])
        outcome = called("assign", roster, "--course", save_course(tmp_path), folder=tmp_path)
        assert (outcome.code, outcome.err) == (0, "")
        text += f"{outcome.out}\n"
    file_regression.check(text, fullpath=GOLDEN / "class_summary.txt", encoding="utf-8", newline="\n")


def test_everything_it_can_say() -> None:
    first, second = MISTAKES[0], MISTAKES[1]
    report = Report(
        students=1200,
        drawn=1100,
        kept=100,
        gone=1,
        files=2200,
        asked=1,
        redraws=Counter({"the printed loss falls": 2, "no unit is saturated": 1234}),
        hardness={"dead_units": (0.0, 0.0, 0.0), "smallest_gradient": (1.234e-5, 0.1, 0.5)},
        not_told={first.code: 1, second.code: 1201},
        sheets=Path("a"),
        keys=Path("b"),
    )
    assert list(summary(report, verbose=True)) == [
        "1,201 sheets in a, keys in b",
        "1,100 drawn, 100 kept from before; 2,200 files written",
        "1 student of the manifest not in the roster: their sheets stay as they are",
        "each sheet asks for 1 number",
        "1,236 redraws, by the rule that was broken:",
        "  no unit is saturated: 1,234",
        "  the printed loss falls: 2",
        "how hard, from the easiest to the hardest sheet:",
        "  dead ReLU units: 0 on every sheet",
        "  smallest gradient of a weight: 1.234e-05 to 0.5, mostly about 0.1",
        "mistakes that can hide behind the right number in some cells (the manifest says which):",
        f"  {second.code} on 1,201 sheets: {second.title}",
        f"  {first.code} on 1 sheet: {first.title}",
    ]


def test_statistics_are_for_who_asks() -> None:
    report = Report(drawn=3, redraws=Counter({"x": 2}), hardness={"dead_units": (0.0, 0.0, 0.0)})
    assert not {"2 redraws", "how hard"} & {line.partition(",")[0] for line in summary(report)}
    assert "2 redraws, by the rule that was broken:" in list(summary(report, verbose=True))


@pytest.mark.parametrize(
    ("output", "keys", "words"),
    [
        ("output", "output/keys", "backproptable verify FOLDER_OR_ZIP"),
        ("class 1", "class 1/keys", "backproptable verify FOLDER_OR_ZIP -o 'class 1'"),
        ("class1", "/safe/keys", "backproptable verify FOLDER_OR_ZIP -o class1 --keys /safe/keys"),
    ],
)
def test_what_to_do_next_names_the_folders(output: str, keys: str, words: str) -> None:
    report = Report(sheets=Path(output) / "assignments", keys=Path(keys))
    lines = list(next_steps(report, Path(output), usual=output == "output"))
    assert lines[0] == "next:"
    assert lines[-1] == f"  when they come back: {words}"
    assert any(str(report.sheets) in line for line in lines)
    assert any(line.startswith(f"  keep {keys} to yourself") for line in lines)


# --- how hard sheets are, counted from the finished keys ---------------------------------------

DEAD = """
[net]
layers = [2, 3, 1]
activations = ["relu", "sigmoid"]
loss = "half_sse"
learning_rate = 0.5
[draw]
dead_units = 1
"""


def made(folder: Path, course: str) -> tuple[Report, list[tuple[dict[str, float], dict[str, Line]]]]:
    """The report on a class, and each student's hardness with the lines of the key."""
    output = folder / "output"
    leave_secret(output)
    report = assign_class(made_course(folder, course), students(12), output, processes=1)
    sheets = []
    for entry in entries(output / "keys").values():
        key = read_markdown((output / f"keys/{entry['file']}_KEY.md").read_text(encoding="utf-8"))
        sheets.append((entry["hardness"], {line.name: line for line in key.lines}))
    return report, sheets


@pytest.mark.parametrize("course", [NEURON, DEAD], ids=["a neuron", "a dead unit"])
def test_counts_are_those_of_the_keys(course: str, tmp_path: Path) -> None:
    report, sheets = made(tmp_path, course)
    for hardness, lines in sheets:
        values = {name: float(line.value) for name, line in lines.items()}
        gradients = [abs(value) for name, value in values.items() if name.startswith("dL/dW")]
        assert hardness["dead_units"] == ([values.get(f"a1[{unit}]") for unit in (1, 2, 3)].count(0))
        assert hardness["negative_numbers"] == sum(value < 0 for value in values.values())
        assert hardness["smallest_gradient"] == min(gradient for gradient in gradients if gradient)
    for code, (low, middle, high) in report.hardness.items():
        counts = sorted(hardness[code] for hardness, _ in sheets)
        assert (low, high) == (counts[0], counts[-1])
        assert middle == pytest.approx((counts[5] + counts[6]) / 2)


def test_multiplications_of_a_neuron(tmp_path: Path) -> None:
    """z: 2; da/dz = a (1 - a): 1; dL/dz: 1; dL/dW: 2; eta dL/dW: 2; z' = 2."""
    _, sheets = made(tmp_path, NEURON)
    assert {hardness["multiplications"] for hardness, _ in sheets} == {2 + 1 + 1 + 2 + 2 + 2}


def test_multiplications_by_zero_are_none(tmp_path: Path) -> None:
    """One of three hidden units is dead before and after: what it sends on and what it is blamed for is 0."""
    _, sheets = made(tmp_path, DEAD)
    forward = 6 + 2  # z1 of all three; a1 W2 of two
    backward = 1 + 1 + 2 + 3 + 2 + 4  # a (1 - a); dL/dz2; dL/dW2 of two; dL/da1 of all; dL/dz1 and dL/dW1 of two
    update = 2 + 4
    assert {hardness["multiplications"] for hardness, _ in sheets} == {forward + backward + update + forward}
    assert {hardness["dead_units"] for hardness, _ in sheets} == {1}
