"""Which module may know which: a house with rooms, one above the other, and no stairs down.

The table (`support.house`) is the design. It is compared with the imports that stand in the source, those inside
functions and those for type checkers included: an import that is hidden is still a dependency.
"""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import import_module, metadata
from pathlib import Path
from types import ModuleType

import pytest

import backproptable
from support.house import OUTSIDE, PACKAGE, PLACE, ROOMS, sources

OWNERS = {
    # who may import what is not Python's own
    "numpy": {
        "marking.as_written",
        "drawing.candidates",
        "marking.chance",
        "courses.classroom",
        "drawing.confusion",
        "formulas.digits",
        "drawing.draw",
        "numbers.evaluate",
        "marking.explanations",
        "drawing.hardness",
        "marking.judge",
        "marking.marker",
        "numbers.matrix_givens",
        "numbers.matrix_numbers",
        "marking.one_reading",
        "marking.other_rate",
        "marking.papers",
        "quizzes.making",
        "quizzes.tolerances",
        "numbers.ranges",
        "nets.recipes.arrays",
        "nets.recipes.derive",
        "nets.recipes.mixing",
        "nets.recipes.unroll",
        "drawing.rules",
        "marking.setups",
        "numbers.sheet_numbers",
        "marking.step_formulas",
        "marking.strangers",
        "marking.through_blanks",
        "drawing.untested",
    },
    "sympy": {"nets.by_sympy"},
    "jinja2": {"render.compiled", "render.templates"},
    "pydantic": {"courses.course_keys", "examples.keys", "examples.reading", "examples.recipe_files"},
    "pydantic_core": {"examples.keys"},
    "click": {"cli"},
    "latex2mathml": {"quizzes.qti21"},
    "markdown_it": {"render.prose"},
    "python_calamine": {"rosters.files"},
}

PUBLIC = """
    BackproptableError Calculator Cell Example InputError Net OutputError Plan Problem Solution Step Style
    __version__ derive_plan draw_givens load_example load_preset render_sheet solve
"""


def imported(module: str) -> Iterator[str]:
    """The full names of what a module imports: ``sympy``, ``backproptable.nets.net.Net``."""
    tree = sources()[module]
    hidden = _for_type_checkers(tree) if module == "__init__" else set()
    for node in ast.walk(tree):
        if node in hidden:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: write imports out in full"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _for_type_checkers(tree: ast.Module) -> set[ast.AST]:
    """What stands under ``if TYPE_CHECKING``: in `__init__` it only repeats what is imported on demand."""
    blocks = [node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    return {inner for block in blocks for inner in ast.walk(block)}


def own_modules(module: str) -> set[str]:
    """The modules of the package that a module imports, or imports something from."""
    found = set()
    for name in imported(module):
        package, _, rest = name.partition(".")
        if package == "backproptable":
            parts = rest.split(".")
            candidates = [".".join(parts[:end]) for end in (len(parts), len(parts) - 1)]
            found.add(next((name for name in candidates if name in sources()), "__init__"))
    return found


# --- directions --------------------------------------------------------------------------------


def test_every_module_has_a_room() -> None:
    """Whoever adds a module decides where it stands."""
    assert set(sources()) == set(PLACE)
    named = [name for lines in ROOMS.values() for line in lines for name in line.split()]
    assert len(named) + len(ROOMS) + len(OUTSIDE) + 1 == len(PLACE), "a module stands in the table twice"


def test_every_folder_is_a_room_and_says_what_it_is_for() -> None:
    folders = {path.name for path in PACKAGE.iterdir() if any(path.glob("*.py"))}
    assert folders == set(ROOMS)
    for room in ROOMS:
        assert (ast.get_docstring(sources()[f"{room}.__init__"]) or "").endswith("."), room
        assert len(sources()[f"{room}.__init__"].body) == 1, f"{room}: a room has no code of its own"


def stairs_down(module: str, others: set[str]) -> set[str]:
    return {other for other in others if PLACE[other] >= PLACE[module]}


@pytest.mark.parametrize("module", sorted(sources()))
def test_a_module_imports_only_from_above(module: str) -> None:
    assert stairs_down(module, own_modules(module)) == set()


def test_stairs_down_are_found() -> None:
    """Else the test above could pass on anything."""
    assert stairs_down("formulas.digits", {"basics.errors", "marking.judge"}) == {"marking.judge"}
    assert stairs_down("numbers.evaluate", {"numbers.numerals", "numbers.ranges"}) == {"numbers.ranges"}
    assert stairs_down("lms.packing", {"lms.addresses", "cli"}) == {"lms.addresses", "cli"}
    everything = [own_modules(module) for module in sources()]
    assert sum(map(len, everything)) > len(everything), "imports are found at all"


def test_the_package_itself_is_imported_for_its_version_only() -> None:
    """Its other names are imported on demand, and would be a way round the rooms."""
    every = [(module, *name.split(".")) for module in sources() for name in imported(module)]
    from_the_package = [found for found in every if found[1:2] == ("backproptable",) and len(found) == 3]
    assert {(module, name) for module, _, name in from_the_package} == {
        ("cli", "__version__"),
        ("courses.manifest", "__version__"),
    }


def test_only_their_owners_import_libraries() -> None:
    found: dict[str, set[str]] = {}
    for module in sources():
        for name in imported(module):
            library = name.partition(".")[0]
            if library not in (*sys.stdlib_module_names, "backproptable"):
                found.setdefault(library, set()).add(module)
    assert found == OWNERS


def test_the_libraries_are_those_that_are_installed_with_the_package() -> None:
    project = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    required = {requirement.partition(">=")[0] for requirement in (*project["dependencies"], *extras["sheets"])}
    assert {name.removesuffix("-py").replace("-", "_") for name in required} == set(OWNERS) - {
        "pydantic_core"  # it comes with pydantic
    }


TALKING = {"print", "input", "exit", "quit", "breakpoint", "SystemExit", "echo", "secho", "stdout", "stderr", "_exit"}


@pytest.mark.parametrize("module", [module for module in sources() if module != "cli"])
def test_only_the_command_line_prints_and_exits(module: str) -> None:
    names = {node.id for node in ast.walk(sources()[module]) if isinstance(node, ast.Name)}
    attributes = {node.attr for node in ast.walk(sources()[module]) if isinstance(node, ast.Attribute)}
    assert (names | attributes) & TALKING == set()


# --- what is not imported until it is needed ---------------------------------------------------


def run_python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


ON_DEMAND = ("latex2mathml", "python_calamine")
"""Imported by a function when it is called, not with its module."""
HEAVY = [library for library in OWNERS if library not in ("click", *ON_DEMAND)]


@pytest.mark.parametrize(
    "start",
    [
        "import backproptable",
        "import backproptable; backproptable.__version__; dir(backproptable)",
        "import backproptable.cli",
        *(
            f"import sys; sys.argv = ['backproptable', *{words!r}]; from backproptable.cli import main\n"
            "try: main()\nexcept SystemExit as left: assert not left.code"
            for words in (["--help"], ["--version"], ["handout", "--help"], ["presets", "--help"])
        ),
    ],
)
def test_nothing_heavy_is_imported_before_it_is_needed(start: str) -> None:
    """Importing SymPy takes longer than everything that ``--help`` does."""
    loaded = run_python(f"{start}\nimport sys\nprint('|', *sys.modules)").partition("|")[2].split()
    assert "backproptable" in loaded
    assert sorted({*HEAVY, *ON_DEMAND} & set(loaded)) == []


def test_one_can_tell_when_they_are_imported() -> None:
    """Else the test above would pass on a spelling mistake."""
    modules = ", ".join(f"backproptable.{name}" for name in ("commands.gallery", "render.prose", "nets.by_sympy"))
    loaded = run_python(f"import {modules}, sys\nprint(*sys.modules)").split()
    assert set(HEAVY) <= set(loaded)


def test_a_fresh_draw_needs_no_reader_of_files() -> None:
    code = "import backproptable.examples.handout, sys\nfrom backproptable.nets.derive import derive_plan\n"
    code += "from backproptable.nets.net import Net\nderive_plan(Net())\nprint(*sys.modules)"
    loaded = run_python(code).split()
    assert "numpy" in loaded
    assert "pydantic" not in loaded
    assert "sympy" not in loaded, "the derivatives of nets with layers are kept"


def test_a_class_without_a_course_file_needs_none_either(tmp_path: Path) -> None:
    """Both take longer to load than fifty students to write for."""
    (tmp_path / "roster.csv").write_text("student_id,first_name\n7,Ada\n", encoding="utf-8")
    words = ["backproptable", "assign", str(tmp_path / "roster.csv"), "-o", str(tmp_path / "made")]
    code = f"import sys; sys.argv = {words!r}\nfrom backproptable.cli import main\n"
    code += "try: main()\nexcept SystemExit as left: assert not left.code\nprint('|', *sys.modules)"
    loaded = run_python(code).rpartition("|")[2].split()
    assert list((tmp_path / "made" / "assignments").glob("*.md"))
    assert "backproptable.commands.assign" in loaded
    assert {"pydantic", "sympy"} & set(loaded) == set()


# --- the public API ----------------------------------------------------------------------------


def test_the_public_names() -> None:
    assert sorted(backproptable.__all__) == sorted(PUBLIC.split())
    assert len(set(backproptable.__all__)) == len(backproptable.__all__)


@pytest.mark.parametrize("before", ["", "import backproptable.examples.handout", "from backproptable.cli import main"])
def test_public_names_are_what_they_are_whatever_was_imported_before(before: str) -> None:
    """A module of the same name must not stand in the way: `derive` is a function, not a file."""
    code = f"""
{before}
import types, backproptable
for name in backproptable.__all__:
    space = {{}}
    exec(f"from backproptable import {{name}}", space)
    again = getattr(backproptable, name)
    if isinstance(space[name], types.ModuleType) or space[name] is not again:
        print(name)
"""
    assert run_python(code).split() == []


def test_everything_can_be_imported_at_once() -> None:
    names = run_python("from backproptable import *\nprint(*(name for name in dir() if callable(globals()[name])))")
    assert set(PUBLIC.split()) - {"__version__"} <= set(names.split())


def homes() -> dict[str, str]:
    """Where `__init__` tells type checkers that each public name lives."""
    return {
        alias.name: str(node.module)
        for node in _for_type_checkers(sources()["__init__"])
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def test_type_checkers_see_the_same_names() -> None:
    assert set(homes()) == set(backproptable.__all__) - {"__version__"}


@pytest.mark.parametrize(("name", "home"), sorted(homes().items()))
def test_public_names_come_from_where_they_are_said_to_and_say_what_they_are(name: str, home: str) -> None:
    thing = getattr(import_module(home), name)
    assert not isinstance(thing, ModuleType)
    assert name in import_module(home).__all__
    assert thing.__doc__
    assert not thing.__doc__.startswith(f"{name}("), "a dataclass's own line is no docstring"


def test_modules_say_what_they_are_and_what_they_offer() -> None:
    for module, tree in sources().items():
        assert ast.get_docstring(tree), module
        if not module.endswith("__"):
            assert import_module(f"backproptable.{module}").__all__, module


def test_what_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        backproptable.nonsense  # noqa: B018


def test_the_version_is_the_projects() -> None:
    project = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert backproptable.__version__ == project["version"] == metadata.version("backproptable")


def test_the_package_is_typed() -> None:
    assert (PACKAGE / "py.typed").is_file()
