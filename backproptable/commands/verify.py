"""Verifying: returned sheets against the manifest, and example files with answers in them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final, NamedTuple

from backproptable.basics.errors import InputError, Problem, suggestion
from backproptable.basics.workers import chunks, cores, workers
from backproptable.courses.manifest import Entry
from backproptable.examples.example import Example
from backproptable.formulas.written_names import names_of_recipes
from backproptable.lms.grade_files import users_of
from backproptable.lms.handed_in import handed_in
from backproptable.marking.copies import without_copies
from backproptable.marking.key_folder import KeyFolder
from backproptable.marking.marked import MarkedSheet, Verdict
from backproptable.marking.marker import Answered, Marker
from backproptable.marking.scoring import Policy
from backproptable.marking.strangers import with_strangers
from backproptable.nets.derive import derive_plan
from backproptable.nets.plan import Plan
from backproptable.returned.files import Returned, Written, find_files, match, read_returned
from backproptable.returned.zips import Member, Unpacking
from backproptable.sheets.notation import DEFAULT_NOTATION, load_notation

__all__ = ["ClassResult", "answered", "verify_class", "verify_example"]

_FEW: Final = 100
"""Up to so many files, other processes would cost more than they save."""
_TOGETHER: Final = 200
"""Sheets that are judged at once."""


@dataclass(frozen=True, slots=True)
class ClassResult:
    """The marked sheets of a class."""

    sheets: list[MarkedSheet]
    remarks: list[Problem]
    """Files that were passed over."""


def verify_class(paths: Sequence[Path], keys: KeyFolder) -> ClassResult:
    """Mark the returned files. Raises `InputError` for paths that are not there."""
    files, remarks = find_files(paths)
    names = {student: entry["file"] for student, entry in keys.entries.items()}
    codes = {entry["code"]: student for student, entry in keys.entries.items()}
    with closing(Unpacking()) as unpacking:
        desk = _Desk(unpacking, keys.plan.net.is_recipe)
        with workers(desk, cores() if len(files) > _FEW else 1) as run:
            found = [one for chunk in run(_read, files, len(files)) for one in chunk]
    matched = match(found, codes, names)
    users = users_of(list(keys.entries.values()))
    owned = [
        (returned, student, (*more, *_misnamed(returned, student, names), *_of_another(returned, student, users)))
        for returned, student, more in matched
        if student is not None
    ]
    mine, copies = without_copies(owned)
    sheets = [
        sheet
        for chunk in chunks(mine, _TOGETHER)
        for sheet in keys.marker.mark([answered(file, keys.entries[student], more) for file, student, more in chunk])
    ]
    sheets = with_strangers(sheets, keys.entries.values(), keys.marker)
    sheets += [_of_nobody(returned, more) for returned, student, more in matched if student is None]
    return ClassResult(sheets, [*remarks, *copies])


def _misnamed(returned: Returned, student: str, names: Mapping[str, str]) -> Iterator[Problem]:
    """A sheet whose code is one student's and whose file is named for another."""
    stem = returned.path.stem.casefold()
    for other, name in names.items():
        if other != student and name.casefold() == stem:
            yield Problem(
                "code", f"is not that of student {other!r}, whose name the file has.", "Look whose work it is."
            )


def _of_another(returned: Returned, student: str, users: Mapping[tuple[str, str], str]) -> Iterator[Problem]:
    """A sheet whose code is one student's, and which another one handed in to the course system."""
    found = handed_in(str(returned.path))
    if found is not None and (other := users.get((found.system, found.user), student)) != student:
        what = f"is not that of student {other!r}, who handed the file in (number {found.user} in its name)."
        yield Problem("code", what, "Look whose work it is.")


class _Desk(NamedTuple):
    """What everybody needs who reads returned files."""

    unpacking: Unpacking
    of_a_recipe: bool


def _read(desk: _Desk, files: Sequence[Path | Member]) -> list[Returned]:
    with names_of_recipes(desk.of_a_recipe):
        return [
            read_returned(file.path, desk.unpacking.content(file)) if isinstance(file, Member) else read_returned(file)
            for file in files
        ]


def answered(returned: Returned, entry: Entry, more: Iterable[Problem] = ()) -> Answered:
    """What has been returned, with what the manifest knows of its student."""
    return Answered(
        sheet=str(returned.path),
        givens=entry["givens"],
        answers=returned.answers,
        student=entry["student_id"],
        name=entry["name"],
        columns=entry["columns"],
        remarks=(*returned.remarks, *more),
    )


def _of_nobody(returned: Returned, more: Iterable[Problem]) -> MarkedSheet:
    remarks = (*returned.remarks, *more)
    return MarkedSheet(str(returned.path), None, "", {}, (), Decimal(0), Decimal(0), remarks)


def verify_example(example: Example) -> tuple[MarkedSheet, Plan, Collection[str]]:
    """Mark the answers in an example file; with its plan, and the families whose sign its notation turns round.

    Raises `InputError` where it gives too little to work with.
    """
    asks_for_it = any(name.startswith("dL/dx") for name in example.answers)
    plan = derive_plan(example.net, input_gradient=asks_for_it or example.sheet.get("input_gradient", False))
    problems = [
        Problem(f"[answers] {name}", "is no cell of this net.", suggestion(name, plan.by_name))
        for name in example.answers
        if name not in plan.by_name
    ]
    problems += [
        Problem(f"[givens] {cell.name}", "is missing.", "Verifying needs all numbers that were given.")
        for cell in plan.givens
        if cell.name not in example.givens and cell.address.family != "eta"
    ]
    if not example.answers:
        problems.append(Problem("[answers]", "is empty.", "Write the numbers to verify, by the names of their cells."))
    if problems:
        raise InputError(problems, example.source)
    worth = {verdict: Decimal(verdict in (Verdict.RIGHT, Verdict.FOLLOWS)) for verdict in Verdict}
    marker = Marker(
        plan,
        asked=frozenset(plan.by_name[name].address for name in example.answers),
        figures=example.sheet.get("figures"),
        opposite=load_notation(example.sheet.get("notation", DEFAULT_NOTATION), plan.net).opposite,
        carry=example.sheet.get("carry", "paper"),
        policy=Policy(plan, worth),
    )
    givens = {name: str(number) for name, number in example.givens.items()}
    givens["eta"] = str(example.net.learning_rate)
    answers = {name: (Written(text, None),) for name, text in example.answers.items()}
    (sheet,) = marker.mark([Answered(example.source, givens, answers)])
    return sheet, plan, marker.opposite
