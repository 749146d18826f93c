"""Answers typed in from paper, cell by cell, each told at once; what was typed is kept and can be gone on with."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

from backproptable.basics.errors import InputError
from backproptable.courses.manifest import Entry
from backproptable.marking.key_folder import KeyFolder
from backproptable.marking.marked import MarkedCell
from backproptable.marking.marker import Answered
from backproptable.returned.files import Written, read_returned

__all__ = ["Asking"]


class Asking:
    """One student's sheet on paper, with what has been typed in of it so far."""

    def __init__(self, folder: KeyFolder, entry: Entry) -> None:
        self._folder, self._code = folder, str(entry["code"])
        self._sheet = Answered(str(entry["file"]), entry["givens"], {}, entry["student_id"], entry["name"])
        self._typed: dict[str, str] = {}

    def load(self, path: Path) -> None:
        """Take up what was typed before. Raises `InputError` where that cannot be read."""
        if not path.exists():
            return
        returned = read_returned(path)
        if not returned.readable:
            raise InputError(returned.remarks, str(path))
        self._typed = {
            name: written[-1].text for name, written in returned.answers.items() if name in self._folder.asked
        }

    @property
    def next(self) -> str | None:
        """The first cell that nothing has been typed for; None at the end."""
        return next((name for name in self._folder.asked if name not in self._typed), None)

    def answer(self, name: str, text: str) -> MarkedCell:
        """Take an answer and say what it is."""
        self._typed[name] = text
        answers = {cell: (Written(typed, None),) for cell, typed in self._typed.items()}
        (sheet,) = self._folder.marker.mark([replace(self._sheet, answers=answers)])
        return next(cell for cell in sheet.cells if cell.name == name)

    def take_back(self) -> None:
        """Forget the answer that was typed last."""
        if self._typed:
            self._typed.popitem()

    def as_csv(self) -> str:
        """What has been typed, as a file that can be verified like a returned one."""
        file = io.StringIO()
        csv.writer(file, lineterminator="\n").writerows(
            [("cell", "answer"), ("code", self._code), *self._typed.items()]
        )
        return file.getvalue()
