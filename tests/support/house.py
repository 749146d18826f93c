"""The rooms of the house, one above the other: the design, with which the imports in the source are compared."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import backproptable

PACKAGE = Path(backproptable.__file__).parent

ROOMS = {
    # a module imports from the rooms above its own, and in its own from the lines above
    "basics": (
        "errors plaintext remembered shipped workers",
        "writing",
    ),
    "formulas": (
        "arithmetic digits names",
        "formula written_names",
    ),
    "nets": (
        "derived net recipes.letters recipes.syntax",
        "plan recipes.arrays recipes.grammar recipes.written_out",
        "calculus draft recipes.updates worked",
        "by_sympy forward paths recipes.mixing",
        "backward partials recipes.entrywise",
        "recipes.explained recipes.unroll recurrent way_back",
        "recipes.recipe",
        "recipes.chains recipes.derive recipes.symbols",
        "derive",
    ),
    "numbers": (
        "grids numerals shapes",
        "entries evaluate matrix_givens",
        "matrix_numbers ranges sheet_numbers",
    ),
    "mistakes": (
        "wrong_formulas",
        "wrong_algebra wrong_backward wrong_functions wrong_in_recipes wrong_masks",
        "wrong_in_time",
        "registry",
    ),
    "drawing": (
        "confusion hardness untested",
        "rules",
        "candidates",
        "draw",
    ),
    "sheets": (
        "asked marks notation",
        "style",
    ),
    "render": (
        "array_code compiled escape form matrices printers prose signs",
        "epochs listing questions quoting spreadsheet templates worked_lines",
        "activations document listing_in_time listing_of_recipes",
        "steps",
        "page",
        "formats shapes",
    ),
    "examples": (
        "keys",
        "givens reading",
        "recipe_files recipe_givens",
        "example",
        "handout",
    ),
    "rosters": (
        "extent ids student",
        "files headings",
        "doubles exports",
        "reading",
    ),
    "courses": (
        "codes filenames grade_settings weights",
        "course course_keys secret",
        "course_file manifest",
        "classroom",
    ),
    "returned": (
        "answers tables",
        "headings zips",
        "sheet",
        "files",
    ),
    "marking": (
        "as_written chance check copies marked papers slips trivial unfinished",
        "changes class_counts in_common scoring setups step_formulas",
        "one_reading",
        "judge",
        "other_rate through_blanks",
        "explanations",
        "marker",
        "key_folder strangers",
    ),
    "reports": (
        "class_picture rulings verdict_words",
        "class_summary feedback reports",
    ),
    "lms": (
        "addresses packing",
        "handed_in handing_out",
        "grade_files",
        "giving_back",
    ),
    "quizzes": (
        "exported question tolerances variants",
        "html limits making",
        "canvas moodle qti21",
        "formats",
        "exporting",
    ),
    "commands": (
        "asking assign verify",
        "gallery marking summary",
    ),
}
OUTSIDE = ("__init__", "__main__", "cli")
"""What people start with: the package itself, which knows nothing, and the command line, which knows all."""
PLACE = {
    "__init__": (-1, 0),
    **{
        f"{room}.{module}": (floor, number)
        for floor, (room, lines) in enumerate(ROOMS.items())
        for number, line in enumerate(("__init__", *lines))
        for module in line.split()
    },
    "nets.recipes.__init__": (0, 0),
    "cli": (len(ROOMS), 0),
    "__main__": (len(ROOMS), 1),
}
"""The floor of each module's room, and its line in it."""


@cache
def sources() -> dict[str, ast.Module]:
    """Every module of the package, by its name below `backproptable`."""
    return {
        ".".join(path.relative_to(PACKAGE).with_suffix("").parts): ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(PACKAGE.rglob("*.py"))
    }
