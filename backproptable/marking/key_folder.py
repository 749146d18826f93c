"""The keys of a class, read from their folder: everybody's numbers, and what marks their sheets."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from backproptable.basics.errors import InputError, Problem
from backproptable.courses.codes import read_code
from backproptable.courses.course import Points
from backproptable.courses.grade_settings import GradeSettings
from backproptable.courses.manifest import Entry, Manifest
from backproptable.courses.weights import weights_of
from backproptable.examples.recipe_files import recipe_from_keys
from backproptable.marking.marked import Verdict
from backproptable.marking.marker import Marker
from backproptable.marking.scoring import Policy
from backproptable.nets.derive import derive_plan
from backproptable.nets.net import Net
from backproptable.nets.plan import Plan
from backproptable.sheets.asked import set_task
from backproptable.sheets.notation import load_notation

__all__ = ["POINTS_OF", "KeyFolder", "open_keys"]

POINTS_OF: Final = {
    Verdict.RIGHT: "right",
    Verdict.FOLLOWS: "follows",
    Verdict.TOO_FEW_DIGITS: "too_few_digits",
    Verdict.MISTAKE: "wrong",
    Verdict.SLIP: "wrong",
    Verdict.WRONG: "wrong",
    Verdict.BLANK: "blank",
}
"""Which of a course's points each verdict earns. What cannot be read earns none until a person has looked."""


@dataclass(frozen=True, slots=True)
class KeyFolder:
    """A folder of keys: everybody's numbers, and what marks their sheets."""

    entries: dict[str, Entry]
    """Everybody in the manifest, by student id."""
    plan: Plan
    marker: Marker
    asked: tuple[str, ...]
    """The names of the asked cells."""
    title: str
    by_name: bool
    """Whether the summary of the class may name students."""
    grades: GradeSettings

    def entry(self, word: str) -> Entry:
        """Who has this code, student id or file name. Raises `InputError` if nobody has."""
        code = read_code(word)
        for entry in self.entries.values():
            if word in (entry["student_id"], entry["file"]) or code == entry["code"]:
                return entry
        remedy = "Write the code of the sheet, or the student's id."
        raise InputError([Problem(word, "is neither a code nor a student id of this class.", remedy)])


def open_keys(folder: Path, points: Points | None = None, grades: GradeSettings | None = None) -> KeyFolder:
    """The keys in a folder; `points` and `grades` replace those of the course. Raises `InputError` if unusable.

    All other settings are those the sheets were made with.
    """
    manifest = Manifest(folder)
    head = manifest.head()
    if head is None:
        problem = Problem("manifest.json", "is not there.", "Name the folder of keys that assign has made (--keys).")
        raise InputError([problem], str(folder))
    course = head["course"]
    keys = course["net"]
    samples = course["draw"]["samples"]
    if keys.get("kind") == "recipe":
        net: Net = recipe_from_keys(keys, samples)
    else:
        net = Net(**keys, samples=samples, forward_only="step" in keys["activations"])
    plan = derive_plan(net, input_gradient=course["sheet"]["input_gradient"])
    asked = course["sheet"]["asked"]
    task = set_task(plan, asked if isinstance(asked, str) else tuple(asked))
    counts = Points.of_keys(course["points"]) if points is None else points
    policy = Policy(
        plan,
        {verdict: getattr(counts, key) for verdict, key in POINTS_OF.items()},
        weights=weights_of(plan, counts.steps) if counts.steps else None,
        repeats=counts.mistake,
    )
    marker = Marker(
        plan,
        asked=task.asked,
        shown=task.shown,
        figures=course["sheet"]["figures"],
        carry=course["sheet"]["carry"],
        policy=policy,
        opposite=load_notation(course["sheet"]["notation"], plan.net).opposite,
    )
    names = tuple(cell.name for _, cell in plan.worked if cell.address in task.asked)
    entries = {entry["student_id"]: entry for entry in manifest.entries()}
    by_name = bool(course["course"].get("name_students", False))
    grades = grades or GradeSettings.of_keys(course.get("grades", {}))
    return KeyFolder(entries, plan, marker, names, course["course"]["title"], by_name, grades)
