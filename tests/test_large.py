"""Nets too large to print: their sheets, read back from finished files, and what is refused on the way there.

The numbers behind them are those of `test_shapes.py`. Here every line whose numbers are put in is worked out
again from the text (`support.arithmetic`), in every format and notation, and blank sheets give nothing away.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from test_markdown_survives import FORMULA, check_page

from backproptable.basics.errors import InputError
from backproptable.cli import main
from backproptable.courses.course_file import load_course
from backproptable.examples.example import Example, load_example, load_preset
from backproptable.examples.handout import Handout, make_handout
from backproptable.formulas.names import name_of
from backproptable.nets.derive import MOST_CELLS, derive_plan
from backproptable.nets.net import Net
from backproptable.nets.plan import Digits
from backproptable.numbers.entries import MOST_ENTRIES, chosen_entries
from backproptable.numbers.evaluate import CARRIES
from backproptable.numbers.matrix_numbers import MatrixSolution
from backproptable.numbers.shapes import MOST_TERMS, shapes_of
from backproptable.render.formats import VIEWS
from support.arithmetic import Blur, Range, half_unit, plain_value, significant, tex_value
from support.exactly import text_of, text_of_all_digits
from support.finished import KINDS, LARGE_PRESETS, NOTATIONS, Files, rotated, worked_out
from support.reader import Line, read_latex, read_markdown
from support.tools import batches, by_shape, faulty, objections

GOLDEN = Path(__file__).parent / "golden"
NETS = {
    "batch": Net(
        layers=(50, 40, 6),
        activations=("leaky_relu", "softmax"),
        loss="mse",
        samples=5,
        weights="to_from",
        bias="shared",
        update_biases=True,
    ),
    "one sample": Net(
        layers=(60, 50, 3, 2),
        activations=("tanh", "sigmoid", "sigmoid"),
        loss="binary_cross_entropy",
        output_delta="short",
        update_biases=True,
    ),
    "gradients": Net(layers=(300, 9), activations=("identity",), loss="sse", bias="none", updates=0, samples=2),
    "output": Net(layers=(300, 9), activations=("softmax",), loss="output", reduction="mean", samples=3),
}
NAMES = (*LARGE_PRESETS, *NETS, "middle")


def example(name: str) -> Example:
    if name in LARGE_PRESETS:
        return load_preset(name)
    if name == "middle":
        return load_example(GOLDEN / "middle.toml")
    return Example(name, NETS[name], {}, {}, {"layout": "matrices"})


class Finished(NamedTuple):
    files: Files
    solution: MatrixSolution
    seed: int | None


@cache
def solved(name: str, **numbers: Any) -> Handout:
    return worked_out(example(name), fresh_seed=4, **numbers)


@cache
def finished(name: str, **options: Any) -> Finished:
    made = solved(name, **{key: options.pop(key) for key in ("figures", "carry") if key in options})
    return Finished(Files(example(name), made, **options), made.solution, made.seed)


@pytest.mark.parametrize("name", ["middle", "batch"])
@pytest.mark.parametrize("view", VIEWS)
def test_what_is_looked_at_is_what_the_command_makes(name: str, view: str) -> None:
    options = {"view": view, "notation": NOTATIONS[1], "figures": 5, "carry": "full", "explain": "full"}
    made = make_handout(example(name), formats=KINDS, seed=None, fresh_seed=4, **options)
    assert dict(finished(name, **options).files) == made.files


def lines(made: Handout, kind: str) -> list[Line]:
    """The rows of all tables of cells, givens included."""
    [text] = [text for name, text in made.files.items() if name.endswith(kind)]
    return (read_markdown if kind == "md" else read_latex)(text).lines


# --- what stands on them -----------------------------------------------------------------------


def check_line(line: Line, solution: MatrixSolution, evaluate: Callable[[str, Blur], Range]) -> None:
    """The numbers put in give the value: exactly as printed on paper, within what rounding hides in full carry."""
    figures = solution.figures
    if solution.carry == "paper":
        stem = line.name.partition("[")[0]
        step = solution.shapes.matrices[stem].step
        written = text_of if step.cells[0].digits is Digits.FIGURES else text_of_all_digits
        assert line.value == written(evaluate(line.numbers, lambda _: Decimal(0)).only, figures), line
        return

    def blur(number: str) -> Decimal:
        return half_unit(number) if significant(number) == figures else Decimal(0)

    assert evaluate(line.numbers, blur).meets(Range.around(Decimal(line.value), blur(line.value.lstrip("-")))), line


@pytest.mark.parametrize("carry", CARRIES)
@pytest.mark.parametrize("name", NAMES)
def test_every_line_with_numbers_put_in_is_true(name: str, carry: str) -> None:
    notations = NOTATIONS[:: 1 if name == "middle" else 4]
    for number, notation in enumerate(notations):
        made = finished(name, notation=notation, carry=carry, figures=4 + number % 3)
        chosen = [name_of(address) for address in made.solution.chosen if address.family != "eta"]
        for kind in ("md", "tex"):
            found = lines(made, kind)
            assert [line.name for line in found] == chosen
            with_numbers = [line for line in found if line.numbers]
            assert len(with_numbers) > 4
            for line in with_numbers:
                check_line(line, made.solution, tex_value)


@pytest.mark.parametrize("carry", CARRIES)
@pytest.mark.parametrize("name", NAMES)
def test_the_json_file_is_true_too(name: str, carry: str) -> None:
    made = finished(name, carry=carry)
    content = json.loads(made.files[f"{name}.json"])
    solution, shapes = made.solution, made.solution.shapes
    assert list(content) == [*("net", "samples", "seed", "givens", "products", "lines", "multiplications", "entries")]
    assert content["seed"] == made.seed == 4
    assert [entry["name"] for entry in content["entries"]] == [name_of(address) for address in solution.chosen]
    for entry, address in zip(content["entries"], solution.chosen, strict=True):
        assert (entry["shown"], entry["value"]) == (solution.text(address), solution.value(address))
        if entry["substituted"] is not None:
            check_line(
                Line(entry["name"], entry["formula"], entry["substituted"], entry["shown"]), solution, plain_value
            )
        elif entry["step"] is not None:
            assert "sum(" in entry["formula"]
    assert content["products"] == [line for line in content["lines"] if line["left"]]
    for line, of_shapes in zip(content["lines"], shapes.lines, strict=True):
        assert line["multiplications"] == shapes.multiplications(of_shapes)
        if line["left"]:
            (rows, inner), (again, columns) = line["left"], line["right"]
            assert inner == again
            assert line["multiplications"] == line["times"] * rows * inner * columns
    totals = dict(content["multiplications"])
    assert totals.pop("all") == sum(totals.values()) == sum(line["multiplications"] for line in content["lines"])


def test_a_sum_of_few_terms_is_written_out_and_one_of_many_keeps_its_letter() -> None:
    for outputs in (MOST_TERMS, MOST_TERMS + 1):
        net = Net(layers=(300, outputs), activations=("softmax",), loss="cross_entropy")
        made = make_handout(Example("x", net, {}, {}, {"layout": "matrices"}), formats=KINDS, seed=1, fresh_seed=0)
        [row] = [line for line in lines(made, "md") if line.name == "S1"]
        is_open = outputs == MOST_TERMS
        assert bool(row.numbers) == is_open
        assert row.formula.count("varepsilon") == (outputs if is_open else 1)
        assert (r"\sum_ {k=1}^{9}" in row.formula) == (not is_open)


@pytest.mark.parametrize("kind", ["md", "tex"])
def test_products_stand_there_with_their_shapes(kind: str) -> None:
    text = finished("cat-or-not").files[f"cat-or-not.{kind}"]
    times, dot = ("×", "·") if kind == "md" else (r"\times", r"\cdot")
    assert r"Z^{(1)} = X \cdot W^{(1)} + b^{(1)}" in text
    assert f"(209 {times} 12288) {dot} (12288 {times} 20) = 209 {times} 20" in text
    assert f"(12288 {times} 209) {dot} (209 {times} 20) = 12288 {times} 20" in text
    assert text.count("51,363,840") == 6  # in the overview and in the step: two forward passes, one gradient
    assert "154,714,362" not in text
    assert "154,713,362" in text  # 3 x 51,363,840, and the rest


# --- blank, and what it must not give away -----------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_a_blank_sheet_has_the_formulas_and_no_values(name: str) -> None:
    blank, worked = finished(name, view="blank"), finished(name)
    asked = [
        name_of(one) for one in worked.solution.chosen if one.family not in ("x", "y", "W", "b", "eta") or one.primed
    ]
    for kind in ("md", "tex"):
        formulas = {line.name: line.formula for line in lines(worked, kind)}
        rows = {line.name: line for line in lines(blank, kind)}
        assert {line: rows[line].formula for line in asked} == {line: formulas[line] for line in asked}
        assert all((rows[line].numbers, rows[line].value) == ("", "") for line in asked)
        text, told = (
            blank.files[f"{name}.{kind}"],
            {worked.solution.text(address) for address in worked.solution.chosen},
        )
        given = {rows[line].value for line in rows} | constants(worked.solution)
        for number in told - given:
            plain = number.replace("e", r" \times 10^{") if "e" in number else number
            assert not re.search(rf"(?<![\d.]){re.escape(plain)}(?![\d.])", text), number
    content = json.loads(blank.files[f"{name}.json"])
    for entry in content["entries"]:
        assert (entry["shown"] is None) == (entry["value"] is None) == (entry["name"] in asked)
        assert entry["substituted"] is None


def constants(solution: MatrixSolution) -> set[str]:
    """Numbers that stand on every sheet: settings of the net, and small ones such as indices and exponents."""
    return {str(number) for number in range(10)} | {
        f"{solution.shapes.net.leaky_slope:f}",
        f"{solution.shapes.net.learning_rate:f}",
    }


# --- Markdown and LaTeX ------------------------------------------------------------------------

SHEETS = [
    *(("middle", notation, "worked") for notation in NOTATIONS),
    *((name, rotated(number), view) for number, name in enumerate(NAMES) for view in VIEWS),
]


@pytest.mark.parametrize(("name", "notation", "view"), SHEETS)
def test_formulas_and_tables_survive_the_parser_of_github(name: str, notation: str, view: str) -> None:
    text = finished(name, notation=notation, view=view, explain="full").files[f"{name}.md"]
    check_page(text)
    assert text.count("$") == 2 * len(FORMULA.findall(text))
    for formula in FORMULA.finditer(text):
        assert text[formula.start() - 1] in " \n"
        assert text[formula.end()] in " \n.,"


def test_katex_and_mathjax_know_every_formula() -> None:
    sheets = [finished(n, notation=notation, view=v, explain="full").files[f"{n}.md"] for n, notation, v in SHEETS]
    formulas = by_shape(formula for text in sheets for formula in FORMULA.findall(text))
    assert len(formulas) > 200
    assert objections(formulas.values()) == []


def latex(name: str, notation: str, view: str) -> str:
    return finished(name, notation=notation, view=view, explain="full").files[f"{name}.tex"]


@pytest.mark.parametrize("sheets", batches(sorted(SHEETS, key=itemgetter(2))))
def test_sheets_compile_and_keep_to_the_page(sheets: list[tuple[str, str, str]], tmp_path: Path) -> None:
    assert faulty({" ".join(sheet): latex(*sheet) for sheet in sheets}, tmp_path) == {}


@pytest.mark.parametrize("kind", KINDS)
def test_a_sheet_of_a_middle_size_kept_whole(kind: str, file_regression: Any) -> None:
    """After a wanted change: ``pytest tests/test_large.py --force-regen``, then read the difference."""
    text = finished("middle").files[f"middle.{kind}"]
    if kind == "json":  # exp and log may differ in the last place from one processor to the next
        text = re.sub(r"-?\d+\.\d{13,}(e-?\d+)?", lambda found: f"{float(found[0]):.11g}", text)
    file_regression.check(text, fullpath=GOLDEN / f"middle_worked.{kind}", encoding="utf-8", newline="\n")


# --- chosen entries ----------------------------------------------------------------------------


SMALL = shapes_of(Net(layers=(9, 4, 2), activations=("tanh", "softmax"), samples=3, bias="shared"))


def test_without_a_choice_the_first_of_every_matrix_is_shown() -> None:
    names = [name_of(address) for address in chosen_entries(SMALL, None)]
    assert [name.partition("[")[0] for name in names] == list(SMALL.matrices)
    assert {"x[1,1]", "z1[1,1]", "S2[1]", "da2/dz2[1,1,1]", "L", "b1", "eta", "W1'[1,1]", "norm(dL/dW2)"} <= set(names)


def test_names_as_people_write_them_in_any_order() -> None:
    names = ["L", " dL/dW1[9, 4] ", "W1\u2019[1,1]", "W1\u2032[2,1]", "z1[3,4]", "z1[2,4]", "z1[3,4]", "x [1,9]"]
    assert [name_of(address) for address in chosen_entries(SMALL, names)] == [
        *("x[1,9]", "z1[2,4]", "z1[3,4]", "L", "dL/dW1[9,4]", "W1'[1,1]", "W1'[2,1]")
    ]
    assert chosen_entries(SMALL, []) == ()


WRONG = {
    "z9[1,1]": "is in no matrix of this net. Known: x, y, W1, b1, W2, b2, eta, z1, a1",
    "z1[4,1]": "is not a number of z1. The numbers of z1 go up to z1[3,4].",
    "z1[0,1]": "is not a number of z1.",
    "z1[1]": "is not a number of z1. The numbers of z1 go up to z1[3,4].",
    "z1[1,1,1]": "is not a number of z1.",
    "z1": "is not a number of z1. The numbers",
    "z1[]": "is not a number of z1.",
    "z1[,]": "is not a number of z1.",
    "z1[1,]": "is not a number of z1.",
    "z1[1 1,1]": "is not a number of z1.",
    "z1[\u0661,1]": "is not the name of a number. Write a name such as z1[1] or dL/dW1[5,2].",
    f"z1[{'9' * 5000},1]": "is not a number of z1.",
    "L[1]": "is not a number of L. It is one number: L.",
    "b1[1]": "is not a number of b1. It is one number: b1.",
    "b1'": "is in no matrix of this net.",
    "z1[1,1]@2": "is not the name of a number.",
    "dL/dx[1,1]": "is in no matrix of this net.",
    "": "is not the name of a number.",
    "z1[1,1": "is not the name of a number.",
    "$(rm -rf)[1]": "is in no matrix of this net.",
    "\x1b[31m\n| x |": "is not the name of a number.",
}


def test_names_that_are_none_are_told_all_at_once() -> None:
    with pytest.raises(InputError) as refused:
        chosen_entries(SMALL, ["L", *WRONG])
    problems = refused.value.problems
    assert [problem.where for problem in problems] == [
        f"[sheet] entries[{number}]" for number in range(2, 2 + len(WRONG))
    ]
    for problem, said in zip(problems, WRONG.values(), strict=True):
        assert said in str(problem)
        assert len(str(problem)) < 1000
        assert str(problem).isprintable()
    with pytest.raises(InputError, match=f"has {MOST_ENTRIES + 1} names. Choose at most {MOST_ENTRIES}"):
        chosen_entries(SMALL, ["L"] * (MOST_ENTRIES + 1))


# --- files and options -------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "mine.toml"


LARGE = "layers = [300, 9]\nactivations = ['softmax']"


def handout(file: Path, text: str, **options: Any) -> Handout:
    file.write_text(text, encoding="utf-8")
    return make_handout(load_example(file), formats=["json"], seed=None, fresh_seed=1, **options)


def problems(file: Path, text: str, **options: Any) -> list[str]:
    with pytest.raises(InputError) as refused:
        handout(file, text, **options)
    assert refused.value.source == str(file)
    return [str(problem) for problem in refused.value.problems]


def test_other_layouts_stay_refused_and_name_the_way_out(file: Path) -> None:
    for layout in ("cells", "steps"):
        [said] = problems(file, f"[net]\n{LARGE}\n[sheet]\nlayout = '{layout}'")
        assert f"has more than {MOST_CELLS} numbers to print" in said
        assert 'A handout with layout = "matrices" works one update of such a net on shapes alone.' in said
    assert handout(file, f"[net]\n{LARGE}", layout="matrices").seed == 1


def test_a_net_that_can_be_printed_is_printed_in_this_layout_too(file: Path) -> None:
    """The last net whose cells are printed, and the first whose cells are not."""
    for inputs in range(1, 400):
        net = Net(layers=(inputs, 3), activations=("softmax",))
        if shapes_of(net).numbers > MOST_CELLS:
            break
    assert len(derive_plan(Net(layers=(inputs - 1, 3), activations=("softmax",))).cells) <= MOST_CELLS
    text = "[net]\nlayers = [{}, 3]\nactivations = ['softmax']\n[sheet]\nlayout = 'matrices'"
    assert not isinstance(handout(file, text.format(inputs - 1)).solution, MatrixSolution)
    assert isinstance(handout(file, text.format(inputs)).solution, MatrixSolution)


def test_entries_of_a_net_that_is_printed_whole(file: Path) -> None:
    said = "[sheet] entries: is not used: every number of this net is printed. Remove it."
    assert problems(file, "[sheet]\nentries = ['z1[1]']") == [said]
    assert problems(file, "[sheet]\nentries = ['z1[1]']\nlayout = 'matrices'") == [said]


def test_everything_that_is_wrong_is_said_at_once(file: Path) -> None:
    text = f"[net]\n{LARGE}\nupdates = 3\n[sheet]\nlayout = 'matrices'\nentries = ['z1[0]', 'L', 'q']"
    assert [said.partition(":")[0] for said in problems(file, text)] == [
        "[net] updates",
        "[sheet] entries[1]",
        "[sheet] entries[3]",
    ]


def test_numbers_too_many_even_for_shapes(file: Path) -> None:
    text = "[net]\nlayers = [1000000, 1000000]\nactivations = ['sigmoid']\nloss = 'sse'\n[sheet]\nlayout = 'matrices'"
    [said] = problems(file, text)
    assert "are worked out on shapes alone. Use fewer units or samples." in said


def test_given_numbers_are_used_as_they_are(file: Path) -> None:
    targets = ", ".join(["0.10"] * 299 + ["0.2"])
    text = (
        f"[net]\nlayers = [2, 300]\nactivations = ['sigmoid']\nloss = 'sse'\n[givens]\nx = [0.50, -1]\ny = [{targets}]"
    )
    made = handout(file, text + "\n[sheet]\nlayout = 'matrices'\nentries = ['x[1]', 'y[300]', 'W1[1,1]', 'a1[300]']")
    entries = {entry["name"]: entry for entry in json.loads(made.files["mine.json"])["entries"]}
    assert [entries[name]["shown"] for name in ("x[1]", "y[300]")] == ["0.50", "0.2"]
    assert made.seed == 1
    weights = [[f"{i % 7}.5" for i in range(300)], ["1"] * 300]
    written = "[" + ", ".join(f"[{', '.join(row)}]" for row in weights) + "]"
    made = handout(
        file, f"[net]\nbias = 'none'\n{text[6:]}\nW1 = {written}\n[sheet]\nlayout = 'matrices'\nentries = ['z1[5]']"
    )
    [entry] = json.loads(made.files["mine.json"])["entries"]
    assert (entry["substituted"], entry["shown"]) == ("0.50 * 4.5 + (-1) * 1", "1.250")
    assert made.seed is None


def test_a_course_of_such_a_net_stays_refused(file: Path) -> None:
    for text in (
        *(f"[net]\npreset = '{name}'" for name in LARGE_PRESETS),
        f"[net]\n{LARGE}\n[sheet]\nlayout = 'matrices'",
    ):
        file.write_text(text, encoding="utf-8")
        with pytest.raises(InputError, match=f"more than {MOST_CELLS} numbers to print"):
            load_course(file)
    file.write_text("[net]\nlayers = [2, 2]\nactivations = ['softmax']\n[sheet]\nentries = ['L']", encoding="utf-8")
    with pytest.raises(InputError, match=r"\[sheet\] entries: is not a known key"):
        load_course(file)


# --- samples to be drawn -----------------------------------------------------------------------


def test_samples_to_be_drawn_in_a_small_net_too(file: Path) -> None:
    made = handout(file, "[net]\nlayers = [2, 2]\nactivations = ['softmax']\n[draw]\nsamples = 3")
    assert made.solution.plan.net.samples == 3
    assert {"x[3,2]", "y[3,1]"} <= json.loads(made.files["mine.json"])["givens"].keys()
    again = handout(file, "[net]\nlayers = [2, 2]\nactivations = ['softmax']\n[draw]\nsamples = 1")
    assert again.solution.plan.net.samples == 1


def test_samples_beside_given_ones(file: Path) -> None:
    net = "[net]\nlayers = [1, 2]\nactivations = ['softmax']\n[draw]\nsamples = 2\n[givens]\n"
    assert handout(file, f"{net}x = [[0.5], [0.25]]").solution.plan.net.samples == 2
    assert handout(file, f"{net}y = [[1, 0], [0, 1]]").solution.plan.net.samples == 2
    remedy = "Remove it, or leave x and y out to have them drawn."
    assert problems(file, f"{net}x = [[0.5]]") == [f"[draw] samples: is 2, but x in [givens] has 1. {remedy}"]
    assert problems(file, f"{net}x = [0.5]") == [
        f"[draw] samples: is 2, but x in [givens] is one sample that is no batch. {remedy}"
    ]
    assert problems(file, f"{net}y = [[1, 0], [0, 1], [1, 0]]") == [
        f"[draw] samples: is 2, but y in [givens] has 3. {remedy}"
    ]


@pytest.mark.parametrize(
    ("samples", "said"),
    [("0", "Write a number from 1 on."), ("'2'", "Write a whole number."), ("2.5", "Write a whole number.")],
)
def test_samples_that_are_no_number_of_samples(file: Path, samples: str, said: str) -> None:
    assert problems(file, f"[draw]\nsamples = {samples}") == [
        f"[draw] samples: is {samples.replace(chr(39), chr(34))}. {said}"
    ]


def test_a_preset_lends_its_samples(file: Path) -> None:
    text = "[net]\npreset = 'cat-or-not'\nlayers = [300, 5, 2, 1]"
    assert handout(file, text).solution.shapes.net.samples == 209
    assert handout(file, f"{text}\n[draw]\nsamples = 7").solution.shapes.net.samples == 7
    given = f"x = {[0.5] * 300}"
    assert handout(file, f"{text}\n[givens]\n{given}").solution.shapes.net.samples is None


# --- the whole command -------------------------------------------------------------------------

_MEASURED = """
import re, sys
from pathlib import Path
from backproptable.cli import main
main(["handout", "cat-or-not", "--seed", "7", "-o", sys.argv[1]], standalone_mode=False)
print(re.search("VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells it of this process alone")
def test_the_largest_preset_needs_little_memory(tmp_path: Path) -> None:
    """12288-20-7-1 with 209 samples: 3.3 million numbers, in less than 500 MB.

    (`resource.getrusage` would count what the process that started it held, too.)
    """
    done = subprocess.run([sys.executable, "-c", _MEASURED, str(tmp_path)], capture_output=True, text=True, check=True)
    *paths, kilobytes = done.stdout.split()
    assert [Path(path).name for path in paths] == ["cat-or-not.md", "cat-or-not.tex"]
    assert int(kilobytes) < 500_000


def test_the_same_seed_gives_the_same_files(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        main(["handout", "digits", "--seed", "5", "-o", str(tmp_path / folder)], standalone_mode=False)
    for kind in ("md", "tex"):
        assert (tmp_path / "one" / f"digits.{kind}").read_text() == (tmp_path / "two" / f"digits.{kind}").read_text()
