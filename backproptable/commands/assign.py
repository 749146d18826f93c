"""A class: a fresh sheet for every student of a roster, and a key for each."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import BrokenExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

from backproptable.basics.errors import InputError, OutputError, Problem, suggestion
from backproptable.basics.plaintext import comparable, shortened
from backproptable.basics.workers import Run, cores, workers
from backproptable.basics.writing import clear_away
from backproptable.courses.classroom import Classroom, Newcomer, draw_chunk, is_there, texts_of, write_chunk
from backproptable.courses.course import Course
from backproptable.courses.filenames import file_stems, rule_problems
from backproptable.courses.manifest import Known, Manifest
from backproptable.courses.secret import code_of, fingerprint, load_secret, make_secret
from backproptable.drawing.draw import student_key
from backproptable.drawing.hardness import HARDNESS
from backproptable.lms.handing_out import ZIP_FOLDERS, Parcel, by_batch, by_student, pack_chunk, write_mail
from backproptable.quizzes.exported import QUIZZES, Exported
from backproptable.quizzes.formats import QUIZ_FORMATS
from backproptable.quizzes.variants import is_variant
from backproptable.render.escape import settable
from backproptable.render.page import SHEET_FORMATS
from backproptable.rosters.doubles import double_problems
from backproptable.rosters.student import Student

__all__ = ["ASSIGN_FORMATS", "FOLDERS", "Preview", "Progress", "Report", "assign_class", "preview"]

FOLDERS: Final = {"sheets": "assignments", "keys": "keys"}
"""The folders below the output folder."""

ASSIGN_FORMATS: Final = (*SHEET_FORMATS, *QUIZ_FORMATS)
"""What a class can be given: sheets, and quizzes for course systems."""

_SMALL: Final = 400
"""Up to so many students, other processes would cost more than they save."""

_FINISH: Final = "Nothing is lost: run the same command again to finish."

Progress = Callable[[str, int], AbstractContextManager[Callable[[int], object]]]
"""Of a stage and the number of students in it, what is told how many more are done."""


def _no_progress(_stage: str, _total: int) -> AbstractContextManager[Callable[[int], object]]:
    return nullcontext(lambda _done: None)


@dataclass(slots=True)
class Report:
    """What has become of a class."""

    students: int = 0
    """In the roster."""
    drawn: int = 0
    """Students who got their numbers now."""
    kept: int = 0
    """Students of the roster who had them from before."""
    gone: int = 0
    """Students of the manifest who are not in the roster; they keep theirs."""
    files: int = 0
    """Files written now."""
    asked: int = 0
    """Numbers asked of each student."""
    redraws: Counter[str] = field(default_factory=Counter)
    """Draws that were sent back, by the words of the rule they broke."""
    hardness: dict[str, tuple[float, float, float]] = field(default_factory=dict)
    """Smallest, middle and largest of each of `hardness.HARDNESS`, over all sheets."""
    not_told: Counter[str] = field(default_factory=Counter)
    """Mistakes that some sheets cannot tell from the right number, with the number of those sheets."""
    not_tested: Counter[str] = field(default_factory=Counter)
    """Mistakes that change no asked number on some sheets, with the number of those sheets."""
    not_looked_at: int = 0
    """Sheets of which that is not known: programs of before did not look."""
    warnings: list[str] = field(default_factory=list)
    sheets: Path = Path()
    keys: Path = Path()
    zips: int = 0
    """Zips written."""
    zip_folder: Path | None = None
    mailed: int = 0
    """Students of the roster who are in the file for a mail merge; the others have no address."""
    mail: Path | None = None
    """That file; None where nobody has an address."""
    has_sheets: bool = True
    """Whether sheets were asked for, and not only quizzes."""
    quizzes: Exported | None = None
    quiz_folder: Path | None = None


class Preview(NamedTuple):
    """A sheet and its key, of nobody's numbers."""

    files: dict[str, str]
    """Text by file name."""
    not_tested: tuple[str, ...]
    """The mistakes that change no asked number on it."""
    quizzes: dict[str, bytes]
    """The same numbers as quizzes for course systems, with their answers, by file name."""


def assign_class(
    course: Course,
    students: Sequence[Student],
    output: Path,
    *,
    keys: Path | None = None,
    formats: Sequence[str] = ("md",),
    templates: Path | None = None,
    zip_by: str | None = None,
    processes: int | None = None,
    progress: Progress = _no_progress,
    newcomers_are_new: bool = False,
    pool: bool = False,
) -> Report:
    """Give every student a sheet, and the teacher a key for each.

    Newcomers who look like students that have a sheet stop the run, unless `newcomers_are_new`.

    Who has a sheet keeps it. What an interrupted run has not written is written now. `zip_by` (student or
    batch) also packs the sheets into zips; a file for a mail merge is written where addresses are known. Formats of
    quizzes are written for everybody in the manifest; `pool`: the students are `variants`. Raises
    `InputError` (before any sheet is written) for a course that is not the manifest's, files that are
    not the manifest's, a lost secret, numbers that come up twice and rules that no draw keeps;
    `OutputError` where writing fails.
    """
    sheets, quizzes = _check_formats(formats)
    _check_zip(zip_by, sheets)
    _check_columns(course, students)
    keys = keys or output / FOLDERS["keys"]
    classroom = Classroom(course, output / FOLDERS["sheets"], keys, sheets, templates)
    known = Manifest(keys).known(course)
    _check_pool(known, keys, pool=pool)
    newcomers = [student for student in students if comparable(student.student_id) not in known.stems]
    if newcomers and known.stems and not newcomers_are_new:
        _check_doubles(students, newcomers, Manifest(keys), known)
    stems, warnings = file_stems(course.file_name, newcomers, known.stems)
    _check_places(classroom, stems.values())
    classroom.make_forms()
    if newcomers:
        classroom.drawing  # noqa: B018 - worked out here, every process has it
    _make_folders(classroom)
    secret = _secret(Manifest(keys), newcomers)
    kept = len(students) - len(newcomers)
    report = Report(len(students), kept=kept, gone=len(known.stems) - kept, warnings=warnings, has_sheets=bool(sheets))
    stages = _Stages(classroom, known, progress, report)
    processes = processes or (cores() if len(students) > _SMALL else 1)
    try:
        with workers(classroom, processes) as run:
            if secret is not None:
                stages.draw(run, newcomers, stems, secret)
            stages.write(run)
            if zip_by is not None:
                stages.pack(run, students, stems, output, zip_by)
        if quizzes:
            from backproptable.quizzes.exporting import export_quizzes  # noqa: PLC0415 - for quizzes only

            report.quiz_folder = output / QUIZZES
            report.quizzes = export_quizzes(course, Manifest(keys), output, quizzes, pool=pool, processes=processes)
    except BrokenExecutor:
        what = "A process was ended from outside, perhaps because memory ran out (--processes 1 needs less)."
        raise OutputError(f"{what} {_FINISH}") from None
    if sheets:
        stages.mail(students, stems, output, zip_by)
    stages.look_back()
    return report


def preview(
    course: Course,
    students: Sequence[Student] = (),
    *,
    formats: Sequence[str] = ("md",),
    templates: Path | None = None,
    pool: bool = False,
) -> Preview:
    """One sheet and its key, of nobody's numbers, as the sheets of these students will look."""
    sheets, quizzes = _check_formats(formats)
    _check_columns(course, students)
    classroom = Classroom(course, Path(), Path(), sheets, templates)
    student = Student("SAMPLE", {"student_id": "SAMPLE", "first_name": "Sample", "last_name": "Student"})
    stems, _ = file_stems(course.file_name, [student], {})
    newcomer = _newcomer(course, student, stems[student.student_id], set(), b"a preview is nobody's sheet")
    classroom.make_forms()
    (line,) = draw_chunk(classroom, [newcomer]).lines
    files = {path.name: text for path, text in texts_of(classroom, line).items()}
    made = []
    if quizzes:
        from backproptable.quizzes.making import QuizMaker  # noqa: PLC0415 - for quizzes only

        made = QuizMaker(course).quizzes([line])
    written = {f"{name}.{QUIZ_FORMATS[name].ending}": QUIZ_FORMATS[name].write(made, pool=pool) for name in quizzes}
    return Preview(files, tuple(json.loads(line)["not_tested"]), written)


# --- before anything is written ------------------------------------------------------------------


def _check_formats(formats: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The formats of sheets and those of quizzes, each once."""
    known = f"Sheets can be: {', '.join(SHEET_FORMATS)}; quizzes: {', '.join(QUIZ_FORMATS)}."
    unknown = [name for name in formats or [""] if name not in ASSIGN_FORMATS]
    if unknown:
        what = "is not a format of sheets or quizzes."
        raise InputError([Problem("--format", f"{name!r} {what}", known) for name in unknown])
    return tuple(name for name in formats if name in SHEET_FORMATS), tuple(
        dict.fromkeys(name for name in formats if name in QUIZ_FORMATS)
    )


def _check_pool(known: Known, keys: Path, *, pool: bool) -> None:
    """A class and a pool do not share a folder: each would take the other for its own that is gone."""
    there, others = ("a class", "a pool") if pool else ("a pool", "a class")
    if any(is_variant(student_id) != pool for student_id in known.stems):
        what = f"belongs to {there}, and this is {others}."
        raise InputError([Problem(str(keys), what, "Use another folder (-o).")])


def _check_zip(zip_by: str | None, sheets: Sequence[str]) -> None:
    if zip_by is not None and not sheets:
        remedy = f"Add one of them to --format: {', '.join(SHEET_FORMATS)}."
        raise InputError([Problem("--zip", "packs sheets, and none are asked for.", remedy)])
    if zip_by is not None and zip_by not in ZIP_FOLDERS:
        raise InputError(
            [Problem("--zip", f"{zip_by!r} is not what zips are made for.", suggestion(zip_by, ZIP_FOLDERS))]
        )


def _check_columns(course: Course, students: Sequence[Student]) -> None:
    columns = list(students[0].columns) if students else None
    if problems := list(rule_problems(course.file_name, columns)):
        raise InputError(problems, course.source)


def _check_doubles(students: Sequence[Student], newcomers: Sequence[Student], manifest: Manifest, known: Known) -> None:
    if problems := double_problems(students, newcomers, manifest.entries()):
        here = sum(comparable(student.student_id) in known.stems for student in students)
        what = f"{here} of {len(students)} students of the roster are among the {len(known.stems)} who have a sheet."
        raise InputError([Problem("roster", what), *problems])


def _check_places(classroom: Classroom, stems: Iterable[str]) -> None:
    """A newcomer's file that is there already is another manifest's: kept, it would not fit its key."""
    taken = [path for stem in stems for path in classroom.paths(stem).values() if is_there(path)]
    if not taken:
        return
    remedy = f"If the folder of keys is elsewhere, name it (--keys; now {classroom.keys})."
    remedy += " Else move these files away, or use another folder (-o)."
    where = str(taken[0]) if len(taken) == 1 else f"{taken[0]} and {len(taken) - 1} more"
    raise InputError([Problem(where, "is there already, and nobody in the folder of keys has it.", remedy)])


def _make_folders(classroom: Classroom) -> None:
    for folder, mode in ((classroom.sheets, 0o777), (classroom.keys, 0o700)):
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=mode)
        except OSError as error:
            raise OutputError(f"{folder}: could not be made ({error.strerror or error}).") from None
        clear_away(folder)


def _secret(manifest: Manifest, newcomers: Sequence[Student]) -> bytes | None:
    """The secret of the class, made where there is nothing yet; None where nobody needs it."""
    if not newcomers:
        return None
    secret, head = load_secret(manifest.folder), manifest.head()
    if secret is None and head is None:
        return make_secret(manifest.folder)
    if secret is None:
        what = f"is lost, and newcomers in the roster ({len(newcomers)}) need it."
        what += " The sheets that are there can still be verified."
        remedy = "Put it back from a copy, or give newcomers an assignment of their own in another folder (-o)."
        raise InputError([Problem("secret", what, remedy)], str(manifest.folder))
    if head is not None and head["secret"] != fingerprint(secret):
        what, remedy = "is not the one this manifest was made with.", "Put back the one that belongs to it."
        raise InputError([Problem("secret", what, remedy)], str(manifest.folder))
    return secret


# --- the stages ----------------------------------------------------------------------------------


def _newcomer(course: Course, student: Student, stem: str, codes: set[str], secret: bytes) -> Newcomer:
    attempt = 0
    while (code := code_of(secret, course.assignment, student.student_id, attempt)) in codes:
        attempt += 1
    codes.add(code)
    key = student_key(secret, course.assignment, student.student_id)
    return Newcomer(student.student_id, student.name, dict(student.columns), stem, code, key)


def _too_coarse(course: Course, one: str, other: str) -> InputError:
    one, other = (repr(shortened(student, 40)) for student in (one, other))
    what = f"students {one} and {other} would get the same numbers: there are too few to draw from."
    remedy = "Write a finer grid or a wider range for weights, biases or inputs."
    return InputError([Problem("[draw]", what, remedy)], course.source)


@dataclass(frozen=True, slots=True)
class _Stages:
    """The work on one class, stage by stage; each adds to the report."""

    classroom: Classroom
    known: Known
    progress: Progress
    report: Report

    @property
    def manifest(self) -> Manifest:
        return Manifest(self.classroom.keys)

    def draw(self, run: Run, students: Sequence[Student], stems: Mapping[str, str], secret: bytes) -> None:
        """Draw for the newcomers and take them into the manifest: all of them, or nobody if anything is wrong."""
        course, known, report = self.classroom.course, self.known, self.report
        newcomers = (_newcomer(course, student, stems[student.student_id], known.codes, secret) for student in students)
        words = {rule.code: rule.words for rule in self.classroom.drawing.rules}
        places = iter(students)
        with self.manifest.adding() as add, self.progress("drawing", len(students)) as done:
            for chunk in run(draw_chunk, newcomers, len(students)):
                for line, digest in zip(chunk.lines, chunk.digests, strict=True):
                    student_id = next(places).student_id
                    if twin := known.numbers.get(digest):
                        raise _too_coarse(course, twin, student_id)
                    known.numbers[digest] = student_id
                    add(line)
                for code, count in chunk.failed.items():
                    report.redraws[words.get(code, "no unit is saturated or at a corner")] += count
                report.drawn += len(chunk.lines)
                done(len(chunk.lines))
            self.manifest.write_head(course, fingerprint(secret))

    def write(self, run: Run) -> None:
        """Write every sheet and key that is not there yet."""
        if not self.report.drawn:
            self.manifest.renew(self.classroom.course)
        total = self.report.kept + self.report.gone + self.report.drawn
        try:
            with self.progress("writing", total) as done:
                for written in run(write_chunk, self.manifest.lines(), total):
                    self.report.files += written.files
                    done(written.students)
        except OutputError as error:
            raise OutputError(f"{error} {_FINISH}") from None

    def pack(self, run: Run, students: Sequence[Student], stems: Mapping[str, str], output: Path, zip_by: str) -> None:
        """Pack everybody's sheets into zips: one for each student, or for each batch. `stems` are the newcomers'."""
        parcels: Iterable[Parcel] = by_student(output, chain(self.known.stems.values(), stems.values()))
        count = len(self.known.stems) + len(stems)
        if zip_by == "batch":
            batches = {comparable(student.student_id): student.batch for student in students}
            parcels = by_batch(output, self.manifest.entries(), batches)
            count = len(parcels)
        self.report.zip_folder = output / ZIP_FOLDERS[zip_by]
        clear_away(self.report.zip_folder)
        try:
            with self.progress("packing", count) as done:
                for written in run(pack_chunk, parcels, count):
                    self.report.zips += written
                    done(written)
        except OutputError as error:
            raise OutputError(f"{error} {_FINISH}") from None

    def mail(self, students: Iterable[Student], stems: Mapping[str, str], output: Path, zip_by: str | None) -> None:
        """Write what a mail merge needs, if anybody has an address. `stems` are the newcomers'."""
        path, zips, known = output / "mail.csv", output if zip_by == "student" else None, self.known.stems
        named = (
            (student, stems.get(student.student_id) or known[comparable(student.student_id)]) for student in students
        )
        self.report.mailed = write_mail(path, self.classroom, named, zips)
        self.report.mail = path if self.report.mailed else None

    def look_back(self) -> None:
        """What can be said of all sheets together."""
        classroom, report = self.classroom, self.report
        report.sheets, report.keys, report.asked = classroom.sheets, classroom.keys, len(classroom.task.asked)
        counts: dict[str, list[float]] = {code: [] for code in HARDNESS}
        unsettable = 0
        for entry in self.manifest.entries():
            for code, numbers in counts.items():
                if (number := entry["hardness"].get(code)) is not None:
                    numbers.append(number)
            report.not_told.update(entry["cannot_be_told"].keys())
            report.not_tested.update(entry.get("not_tested", ()))
            report.not_looked_at += "not_tested" not in entry
            unsettable += not settable(entry["name"])
        report.hardness = {
            code: (min(numbers), median(numbers), max(numbers)) for code, numbers in counts.items() if numbers
        }
        if unsettable and "tex" in classroom.formats:
            report.warnings.append(f"LaTeX cannot set the names of {unsettable} students: their .tex have the id only.")
        if classroom.keys.resolve().is_relative_to(classroom.sheets.resolve()):
            report.warnings.append(f"The keys lie in {classroom.sheets}, which students get: move them, or use --keys.")
