"""The work on a class can be done by other processes, which find out by themselves what they need."""

from __future__ import annotations

import multiprocessing
import pickle
from functools import partial
from pathlib import Path

import pytest

from backproptable.basics import workers
from backproptable.basics.errors import InputError, OutputError, Problem
from backproptable.basics.workers import cores
from backproptable.commands.assign import assign_class
from backproptable.courses.classroom import Classroom, Newcomer, draw_chunk, write_chunk
from backproptable.drawing.draw import student_key
from support.classes import IMPOSSIBLE, contents, leave_secret, made_course, students

NEWCOMERS = [
    Newcomer(student.student_id, student.name, dict(student.columns), f"S{number}", "01234-56789", key)
    for number, student in enumerate(students(6))
    for key in [student_key(b"secret", "1", student.student_id)]
]


def test_errors_come_whole_out_of_another_process() -> None:
    problems = [Problem("here", "is wrong.", "Mend it."), Problem("there", "too.")]
    copy = pickle.loads(pickle.dumps(InputError(problems, "a file")))
    assert (type(copy), copy.problems, copy.source) == (InputError, tuple(problems), "a file")
    assert str(copy) == "a file: here: is wrong. Mend it.\na file: there: too."
    failed = pickle.loads(pickle.dumps(OutputError("a file: could not be written.")))
    assert (type(failed), str(failed), failed.exit_code) == (OutputError, "a file: could not be written.", 3)


def test_a_copy_of_a_classroom_does_the_same_work(tmp_path: Path) -> None:
    classroom = Classroom(made_course(tmp_path), tmp_path / "a", tmp_path / "a", ("md", "tex"))
    classroom.make_forms()
    drawn = draw_chunk(classroom, NEWCOMERS)  # so that the original has worked out everything it can
    copy = pickle.loads(pickle.dumps(classroom))
    assert "drawing" in vars(classroom)
    assert "drawing" not in vars(copy)
    copy.sheets = copy.keys = tmp_path / "b"
    assert draw_chunk(copy, NEWCOMERS) == drawn
    for folder, each in (("a", classroom), ("b", copy)):
        (tmp_path / folder).mkdir()
        assert write_chunk(each, drawn.lines) == (6, 24)
        assert write_chunk(each, drawn.lines) == (6, 0)
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_every_way_to_start_processes(method: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pool = partial(workers.ProcessPoolExecutor, mp_context=multiprocessing.get_context(method))
    course = made_course(tmp_path)
    for name, processes in (("one", 1), ("two", 2)):
        leave_secret(tmp_path / name)
        monkeypatch.setattr(workers, "ProcessPoolExecutor", pool)
        assign_class(course, students(8), tmp_path / name, processes=processes)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    assert len(contents(tmp_path / "one")) == 8 * 2 + 3


def test_a_process_that_cannot_draw_says_why(tmp_path: Path) -> None:
    course = made_course(tmp_path, IMPOSSIBLE)
    classroom = Classroom(course, tmp_path, tmp_path)
    with workers.workers(classroom, 2) as run, pytest.raises(InputError, match="the printed loss falls") as refused:
        list(run(draw_chunk, iter(NEWCOMERS), 6))
    assert refused.value.source == course.source
    assert len(refused.value.problems) == 1


def test_a_process_that_cannot_write_says_where(tmp_path: Path) -> None:
    classroom = Classroom(made_course(tmp_path), tmp_path / "gone", tmp_path / "gone")
    classroom.make_forms()
    lines = draw_chunk(classroom, NEWCOMERS).lines
    with workers.workers(classroom, 2) as run, pytest.raises(OutputError, match=r"gone/S\d\.md: could not be written"):
        list(run(write_chunk, iter(lines), 6))


def test_results_come_in_the_order_of_the_items(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_CHUNK", 1)
    classroom = Classroom(made_course(tmp_path), tmp_path, tmp_path)
    with workers.workers(classroom, 2) as run:
        lines = [line for chunk in run(draw_chunk, iter(NEWCOMERS), 6) for line in chunk.lines]
    assert lines == draw_chunk(classroom, NEWCOMERS).lines


def test_there_is_a_core() -> None:
    assert cores() >= 1
