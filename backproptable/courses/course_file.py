"""Course files: read, checked, and made a `Course`.

A course gives no numbers: every student's are drawn. So a preset in ``[net]`` lends the description of
its net only, and the number of its samples where it is a batch.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from backproptable.basics.errors import InputError, Problem, suggestion
from backproptable.courses.course import GRIDS, Course, Points
from backproptable.courses.course_keys import COURSE_KEYS, CourseFile
from backproptable.courses.filenames import DEFAULT_FILE_NAME, rule_problems
from backproptable.courses.grade_settings import GradeSettings
from backproptable.courses.weights import WEIGHED_PARTS, weights_of
from backproptable.examples.givens import samples_of, steps_of
from backproptable.examples.reading import NetReading, file_content, with_known_keys
from backproptable.examples.recipe_files import RECIPE_TABLES, is_recipe, recipe_in
from backproptable.nets.derive import derive_plan
from backproptable.nets.net import Net
from backproptable.nets.plan import Plan
from backproptable.numbers.grids import DEFAULT_GRIDS, Grid, Grids, dead_unit_problems
from backproptable.sheets.asked import ASKED, asked_problems, set_task
from backproptable.sheets.style import Style, style_problems

__all__ = ["load_course"]


def load_course(path: Path) -> Course:
    """The course in a TOML file. Raises `InputError` with all its problems."""
    try:
        return _Reading(file_content(path)).course(str(path))
    except InputError as error:
        raise error.at(str(path)) from None


class _Reading:
    """One file on its way to a `Course`, collecting what is wrong with it."""

    def __init__(self, content: dict[str, Any]) -> None:
        self.recipe: dict[str, Any] = {table: content[table] for table in RECIPE_TABLES if table in content}
        if is_recipe(content):
            content = {table: keys for table, keys in content.items() if table not in RECIPE_TABLES}
        else:
            self.recipe = {}
        self.file, self.problems, self.refused = with_known_keys(CourseFile, content, COURSE_KEYS)
        self.shared = NetReading(self.file.net, self.file.sheet, self.refused, self.problems)

    def course(self, source: str) -> Course:
        own = self.file.course.model_dump(exclude_none=True)
        self.problems += rule_problems(own.get("file_name", DEFAULT_FILE_NAME), None)
        sheet = self.shared.sheet()
        sheet.pop("entries", None)  # of a preset; a class works all cells
        asked = sheet.get("asked", "all")
        sheet["asked"] = asked if isinstance(asked, str) else tuple(dict.fromkeys(asked))
        net = self._net()
        if sheet.get("input_gradient") and net.forward_only:
            what = "is true, but sheets with the activation step are a forward pass: dL/dx is of the way back."
            self.problems.append(Problem("[sheet] input_gradient", what, "Leave it out."))
        if any(_is_input_gradient(name) for name in sheet["asked"] if not isinstance(asked, str)):
            sheet["input_gradient"] = True
        grids = self._grids(net)
        plan = self._plan(net, input_gradient=sheet.get("input_gradient", False))
        self.problems += self._of_what_is_asked(plan, sheet["asked"])
        self.problems += self._of_weights(plan, sheet["asked"])
        if plan is not None:
            style = Style(**{key: word for key, word in sheet.items() if key in ("layout", "notation")})
            self.problems += style_problems(style, net, "[sheet] ")
        if self.problems or plan is None:
            raise InputError(map(_of_a_course, self.problems))
        points = Points(**self.file.points.model_dump(exclude_none=True))
        roster = self.file.roster.model_dump(exclude_none=True)
        grades = GradeSettings(**self.file.grades.model_dump(exclude_none=True))
        besides: dict[str, Any] = {"points": points, "roster": roster, "grades": grades}
        return Course(**own, plan=plan, grids=grids, **sheet, **besides, source=source)

    def _net(self) -> Net:
        if self.recipe:
            return self._recipe()
        samples, keys = self.file.draw.samples, self.shared.net_keys()
        if keys.get("kind") == "recurrent":
            keys.setdefault("steps", steps_of(self.shared.base.givens))
        elif samples is None:
            samples = samples_of(self.shared.base.givens) or self.shared.base.draw.samples
        # Nothing can be learned through a step function: such sheets are a forward pass only.
        return self.shared.net({**keys, "samples": samples, "forward_only": "step" in keys.get("activations", ())})

    def _recipe(self) -> Net:
        try:
            return recipe_in(self.recipe, self.file.draw.samples)
        except InputError as error:
            self.problems += error.problems
            self.shared.doubtful.add("kind")
            return Net()

    def _plan(self, net: Net, *, input_gradient: bool) -> Plan | None:
        """The plan of the net that the file means; None where that is not known."""
        if self.shared.doubtful:
            return None
        try:
            return derive_plan(net, input_gradient=input_gradient)
        except InputError as error:
            self.problems += error.problems
            return None

    def _grids(self, net: Net) -> Grids:
        """What numbers are drawn from. A grid with a key that is refused is not looked at any further."""
        draw = self.file.draw
        grids = {}
        for name in GRIDS:
            given = getattr(draw, name).model_dump(exclude_none=True)
            grids[name] = Grid(**asdict(getattr(DEFAULT_GRIDS, name)) | given)
            if all(keys[:2] != ("draw", name) for keys in self.refused):
                self.problems += grids[name].problems(f"[draw] {name}")
        if self.shared.doubtful.isdisjoint(("layers", "activations")):
            self.problems += dead_unit_problems(net, draw.dead_units)
        return Grids(**grids, dead_units=draw.dead_units)

    def _of_what_is_asked(self, plan: Plan | None, asked: str | tuple[str, ...]) -> Iterator[Problem]:
        if plan is not None:
            yield from asked_problems(plan, asked)
        elif isinstance(asked, str) and asked not in ASKED:
            yield Problem("[sheet] asked", f'is "{asked}".', suggestion(asked, ASKED))

    def _of_weights(self, plan: Plan | None, asked: str | tuple[str, ...]) -> Iterator[Problem]:
        """Steps and parts that are weighed and not there; weights under which nothing that is asked counts."""
        weights = self.file.points.steps or {}
        if plan is None or not weights:
            return
        known = (*WEIGHED_PARTS, *(step.name for step in plan.steps))
        unknown = [name for name in weights if name not in known]
        for name in unknown:
            yield Problem("[points.steps]", f'"{name}" is not a step of this net.', suggestion(name, known))
        if unknown or next(asked_problems(plan, asked), None) is not None:
            return
        of_cells = weights_of(plan, weights)
        task = set_task(plan, asked)
        if not any(of_cells[cell.name] for _, cell in plan.worked if cell.address in task.asked):
            what = "weighs everything that is asked with 0."
            yield Problem("[points.steps]", what, "Give at least one step that is asked a weight above 0.")


def _is_input_gradient(step: str) -> bool:
    return step == "dL/dx" or step.startswith("dL/dx@")


def _of_a_course(problem: Problem) -> Problem:
    """The problem with a remedy for those whose numbers are drawn: a course has no [givens]."""
    match problem.where:
        case "givens":
            return Problem("givens", "is for example files.", _ALL_DRAWN)
        case "answers":
            what = "is for example files: the answers of a class come back on its sheets."
            return Problem("answers", what, "Remove it.")
    if "[givens]" not in problem.remedy:
        return problem
    remedy = "Choose another activation." if problem.where == "[net] activations" else _ALL_DRAWN
    return problem._replace(remedy=remedy)


_ALL_DRAWN: Final = "Remove it: every student's numbers are drawn, and [draw] says from what."
