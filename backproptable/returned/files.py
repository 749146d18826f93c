"""Returned files, as teachers have them on their disks: found, read, and matched with their students.

Nothing a file contains is executed, and nothing in it stops the others: what cannot be read comes
back with remarks for a person. What could be read in two ways is not guessed: an answer that is not
clear comes back as its whole row, which no reader of answers takes for a number, and a file that
could be two students' is nobody's.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import Any, Final, NamedTuple, NoReturn

from backproptable.basics.errors import InputError, Problem
from backproptable.basics.plaintext import comparable, one_line, shortened
from backproptable.courses.codes import read_code
from backproptable.formulas.written_names import cell_name
from backproptable.returned.sheet import read_sheet
from backproptable.returned.tables import MAX_SIZE, NO_FILE, is_device, read_bytes, read_text
from backproptable.returned.zips import ZIP, Member, look_into
from backproptable.sheets.marks import ASKED, CODE, GIVEN, LINE, WORKED

__all__ = ["Returned", "Written", "find_files", "match", "read_returned"]


@dataclass(frozen=True, slots=True)
class Written:
    """One answer as it stood."""

    text: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Returned:
    """What was found in one file."""

    path: Path
    """Where it is; of a file in a zip, that of the zip and then the path within."""
    code: str | None
    """As `make_code` writes it, if the file says one, and one only, that can be read."""
    stem: str
    """The file's name without its ending: whose it is where there is no code."""
    answers: Mapping[str, tuple[Written, ...]]
    """By the ASCII name of the cell; several where the file has it several times. A cell whose row is not there is
    not among them; one whose row is blank is, with an empty text."""
    remarks: tuple[Problem, ...]
    """What was passed over or cannot be read."""
    readable: bool = True
    """Whether anything could be read at all."""


# --- finding -----------------------------------------------------------------------------------

_SILENT: Final = re.compile(r"\.|(?:__MACOSX|Thumbs\.db|desktop\.ini)\Z", re.IGNORECASE)
"""What systems leave in folders."""
_OURS: Final = re.compile(
    r".*_(?:FEEDBACK|KEY)\.(?:md|tex|csv)|report\.json|grades(?:-moodle|-canvas)?\.csv|feedback-(?:moodle|canvas)\.zip"
    r"|mail(?:-feedback)?\.csv|class\.(?:md|svg)|changes\.txt|manifest\.jsonl?",
    re.DOTALL,
)
"""What this program writes, and students do not."""
_MOST_KINDS: Final = 10


def find_files(paths: Sequence[Path]) -> tuple[list[Path | Member], list[Problem]]:
    """The files to read, each once, and remarks on what is passed over.

    Files are taken as they are named. Folders and zips are searched through and through, as course systems
    pack them, in the order of the names in them; links that lead out of folders are not followed. A file in
    a zip is a `Member`, which `lms.zips.contents` reads. Raises `InputError`, naming all of them, for paths
    that are not there, or neither file nor folder.
    """
    if problems := [Problem(_shown(path), what, "Name files or folders.") for path in paths if (what := _fault(path))]:
        raise InputError(problems)
    search = _Search()
    for path in paths:
        if not path.is_dir():
            search.take(path)
            continue
        # A link to a file of the same folder comes last, so that the file keeps its own name.
        for file in sorted(_files_below(path, search.remarks), key=lambda file: (file.is_symlink(), file.parts)):
            if file.suffix.lower() in (*_READERS, ZIP):
                search.take(file)
            else:
                search.other[file.suffix.lower() or "without an ending"] += 1
    return list(chain.from_iterable(search.found.values())), [*search.remarks, *_passed_over(search.other)]


class _Search:
    """What has been found so far."""

    def __init__(self) -> None:
        self.found: dict[Path, list[Path | Member]] = {}
        """By the file on the disk: itself, or what is in the zip."""
        self.other: Counter[str] = Counter()
        self.remarks: list[Problem] = []

    def take(self, file: Path) -> None:
        """Take a file or what is in a zip, unless it has been taken."""
        place = file.resolve()
        if place in self.found:
            return
        self.found[place] = [file]
        if file.suffix.lower() == ZIP:
            members, remarks, other = look_into(file, _is_read, _is_silent)
            self.found[place] = [*members]
            self.remarks += remarks
            self.other += other
            if not (members or remarks or other):
                self.remarks.append(Problem(_shown(file), "has no files in it.", "Look at it."))


def _is_read(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in _READERS


def _is_silent(name: str) -> bool:
    return bool(_SILENT.match(name) or _OURS.fullmatch(name))


def _fault(path: Path) -> str:
    """What is wrong with a path that was named."""
    try:
        return "is not there." if not path.exists() else NO_FILE if is_device(path) else ""
    except OSError:  # a name that is too long, a folder that may not be entered
        return "is not there."


def _passed_over(kinds: Counter[str]) -> Iterator[Problem]:
    """One remark for all files of other kinds: a class that handed in pictures has hundreds of them."""
    if not kinds:
        return
    shown = [f"{count} {shortened(one_line(kind), 20)}" for kind, count in kinds.most_common(_MOST_KINDS)]
    if len(kinds) > _MOST_KINDS:
        shown.append(f"{sum(kinds.values()) - sum(count for _, count in kinds.most_common(_MOST_KINDS))} others")
    were = "was" if kinds.total() == 1 else "were"
    yield Problem("files", f"{', '.join(shown)} {were} passed over.", f"Sheets are read from {_ENDINGS}.")


def _files_below(folder: Path, remarks: list[Problem]) -> Iterator[Path]:
    root = folder.resolve()

    def unseen(error: OSError) -> None:
        where = _shown(Path(os.fsdecode(error.filename or folder)))
        remarks.append(Problem(where, f"cannot be looked into ({error.strerror or error}).", "What is in it is lost."))

    for place, folders, files in os.walk(folder, onerror=unseen):  # which does not follow links to folders
        folders[:] = sorted(name for name in folders if not _SILENT.match(name))
        for name in [*folders, *sorted(files)]:
            path = Path(place, name)
            if _is_silent(name) or (not path.is_symlink() and path.is_dir()):
                continue
            if path.is_symlink() and not _leads_into(path, root):
                remarks.append(Problem(_shown(path), "is a link that leads out of the folder.", "It was not followed."))
            elif path.is_file():
                yield path
            elif not path.is_dir():  # a pipe would keep everybody waiting
                remarks.append(Problem(_shown(path), "is no file.", "It was passed over."))


def _leads_into(link: Path, root: Path) -> bool:
    try:
        return link.resolve().is_relative_to(root)
    except (OSError, RuntimeError):  # a link to itself
        return False


def _shown(path: Path) -> str:
    """A path as it can be printed: names need not be text."""
    return one_line(str(path))


# --- reading -----------------------------------------------------------------------------------

_MOST_LINES: Final = 20_000
"""Of a file: the largest sheets have some 2,000, and a file of nothing but line ends would take seconds."""
_MOST_REMARKS: Final = 200
"""A sheet whose tables are lost has a remark for each of its numbers, and nobody reads more."""


class _Content(NamedTuple):
    """What a reader has found, whatever the file is called."""

    code: str | None
    answers: Iterable[tuple[str, Written]]
    remarks: Iterable[Problem]


def read_returned(path: Path, content: bytes | InputError | None = None) -> Returned:
    """What stands in a file, whatever it is: in `content`, or why that cannot be read, where it is no file of its own.

    Raises nothing: what cannot be read has remarks.
    """
    try:
        if isinstance(content, InputError):
            raise content
        data = read_bytes(path) if content is None else content
        if len(data) > MAX_SIZE:
            _refuse("file", f"is larger than {MAX_SIZE // 10**6} MB.", "No sheet is that large.")
        if max(data.count(b"\n"), data.count(b"\r")) > _MOST_LINES:
            _refuse("file", f"has more than {_MOST_LINES:,} lines.", "No sheet is that long.")
        if not data.strip():
            _refuse("file", "is empty.", "Ask for it again.")
        read = _READERS.get(path.suffix.lower(), _read_markdown)(data)
    except InputError as error:
        return Returned(path, None, path.stem, {}, error.problems, readable=False)
    except OSError as error:
        problem = Problem("file", f"cannot be read ({error.strerror or error}).", "Look at it.")
        return Returned(path, None, path.stem, {}, (problem,), readable=False)
    answers: dict[str, list[Written]] = {}
    for name, written in read.answers:
        answers.setdefault(name, []).append(written)
    gathered = {name: tuple(several) for name, several in answers.items()}
    return Returned(path, read.code, path.stem, gathered, tuple(_capped([*read.remarks])))


def _refuse(where: str, what: str, remedy: str) -> NoReturn:
    raise InputError([Problem(where, what, remedy)])


def _capped(remarks: list[Problem]) -> list[Problem]:
    more = len(remarks) - _MOST_REMARKS
    return remarks if more <= 0 else [*remarks[:_MOST_REMARKS], Problem("file", f"has {more:,} more such remarks.")]


def _read_markdown(data: bytes) -> _Content:
    sheet = read_sheet(data)
    return _Content(sheet.code, ((row.name, Written(row.text, row.line)) for row in sheet.rows), sheet.remarks)


class _Named:
    """Answers by names that people wrote, among them perhaps the sheet's code."""

    def __init__(self) -> None:
        self.codes: list[str] = []
        self.answers: list[tuple[str, Written]] = []
        self.remarks: list[Problem] = []

    def take(self, name: str, written: Written, fault: str = "") -> None:
        """Take an answer or the code; `fault` is why an answer is not clear."""
        where = f"line {written.line}" if written.line else "answers"
        if name.strip().casefold() == CODE:
            self.codes.append(written.text)
        elif (cell := cell_name(name)) is None:
            what = f"{shortened(one_line(name), 40)!r} is no name of a cell."
            self.remarks.append(Problem(where, what, "It was passed over."))
        else:
            self.answers.append((cell, written))
            if fault:
                self.remarks.append(Problem(where, f"{cell} {fault}, so its answer is not clear.", "Look at it."))

    def content(self) -> _Content:
        codes = sorted({code for text in self.codes if (code := read_code(text))})
        remarks = []
        if len(codes) > 1:
            what = f"{' and '.join(codes[:3])} are codes of different sheets."
            remarks.append(Problem(CODE, what, "Look whose sheet it is."))
        elif not codes and any(text.strip() for text in self.codes):
            wrong = shortened(one_line(next(filter(str.strip, self.codes))), 40)
            what = f"{wrong!r} is no code: a character is wrong or missing."
            remarks.append(Problem(CODE, what, "Look it up on the sheet."))
        return _Content(codes[0] if len(codes) == 1 else None, self.answers, [*remarks, *self.remarks])


# --- tables of values --------------------------------------------------------------------------

_CELL_HEADS: Final = ("cell", "name")
_ANSWER_HEADS: Final = ("answer", "value", "written")
_TOLD_SEPARATOR: Final = re.compile(r'\A"?sep=[,;\t]"?\n', re.IGNORECASE)
"""What Excel writes in front and reads again."""


class _CsvRow(NamedTuple):
    line: int
    cells: list[str]


class _CsvHead(NamedTuple):
    """The columns that are read, and how many there are."""

    cell: int
    answer: int
    width: int


def _read_csv(data: bytes) -> _Content:
    text = _TOLD_SEPARATOR.sub("\n", read_text(data))  # the line stays, so that lines are counted right
    named = _Named()
    for separator in ",;\t":
        rows = _csv_rows(text, separator, named.remarks)
        first = next(rows, None)
        if first and (head := _csv_head(first, named.remarks)):
            break
        named.remarks.clear()
    else:
        _refuse("file", "does not begin with a line of headings, cell and answer among them.", "Write: cell,answer")
    for row in rows:
        _take_row(named, row, head)
    return named.content()


def _csv_rows(text: str, separator: str, remarks: list[Problem]) -> Iterator[_CsvRow]:
    """The rows in which something stands, with the line in which each begins.

    Strict: else a quotation mark that is not closed would make all the rest one answer.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader, None)
        except csv.Error as error:
            remedy = "Look for a quotation mark that is not closed; write one inside a cell twice."
            remarks.append(Problem(f"line {line}", f"cannot be read as CSV ({error}), nor can what follows.", remedy))
            return
        if row is None:
            return
        cells = [cell.strip() for cell in row]
        if any(cells):
            yield _CsvRow(line, cells)


def _csv_head(row: _CsvRow, remarks: list[Problem]) -> _CsvHead | None:
    """Where the columns stand; None where this is no line of headings."""
    words = [cell.casefold() for cell in row.cells]
    while not words[-1]:
        words.pop()
    cell, answer = (next((name for name in names if name in words), "") for names in (_CELL_HEADS, _ANSWER_HEADS))
    if not cell or not answer:
        return None
    where = f"line {row.line}"
    for name in (cell, answer):
        if words.count(name) > 1:
            _refuse(where, f"{words.count(name)} columns are headed {name!r}.", "Leave the one that counts.")
    if others := [shortened(one_line(word), 20) for word in words if word not in (cell, answer, LINE)]:
        what = f"the columns headed {', '.join(map(repr, others[:5]))} are not read."
        remarks.append(Problem(where, what, f"Answers are read from the column {answer!r}."))
    return _CsvHead(words.index(cell), words.index(answer), len(words))


def _take_row(named: _Named, row: _CsvRow, head: _CsvHead) -> None:
    line, cells = row
    name = cells[head.cell] if len(cells) > head.cell else ""
    end = head.cell + 1
    while "[" in name and "]" not in name and end < min(len(cells), head.cell + 5):  # W1[1,2] without quotation marks
        name, end = f"{name},{cells[end]}", end + 1
    cells = [*cells[: head.cell], name, *cells[end:]]
    if any(cells[head.width :]):  # 0,3775 between commas, perhaps
        whole = Written(f"| {' | '.join(cells)} |", line)
        named.take(name, whole, f"has {len(cells)} cells where there are {head.width} columns")
    else:
        text = cells[head.answer] if len(cells) > head.answer else ""
        if text.casefold() not in (WORKED, GIVEN) and name.casefold() != ASKED:  # what nobody is asked for
            named.take(name, Written(text, line))


# --- objects -----------------------------------------------------------------------------------


class _Object(list[tuple[str, Any]]):
    """A JSON object with all its names, also those that it has twice."""


def _read_json(data: bytes) -> _Content:
    text = read_text(data)
    try:
        content = json.loads(
            text, object_pairs_hook=_Object, parse_float=_as_written, parse_int=_as_written, parse_constant=_as_written
        )
    except RecursionError:
        raise InputError([Problem("file", "is nested too deeply.", "No sheet is like that.")]) from None
    except json.JSONDecodeError as error:
        raise InputError([Problem(f"line {error.lineno}", f"is no JSON ({error.msg}).", "Look at it.")]) from None
    if not isinstance(content, _Object):
        _refuse("file", "is no JSON object.", 'Write {"code": "...", "answers": {"z1[1]": "0.5"}}.')
    named = _Named()
    for name, value in content:
        if name == "answers" and isinstance(value, _Object):
            for inner_name, inner in value:
                _take_value(named, inner_name, inner)
        elif name.strip().casefold() != CODE or value is not None:
            _take_value(named, name, value)
    return named.content()


def _as_written(digits: str) -> str:
    """A number keeps its digits: 0.50 says more than 0.5."""
    return digits


def _take_value(named: _Named, name: str, value: Any) -> None:
    if value is None:
        named.take(_whole(name), Written(""))
    elif isinstance(value, str):
        named.take(_whole(name), Written(_whole(value)))
    elif isinstance(value, bool):
        named.take(_whole(name), Written(json.dumps(value)))
    else:  # which may be nested deeply, and is not looked into
        kind = "an object" if isinstance(value, _Object) else "a list"
        named.take(_whole(name), Written(f"({kind})"), f"is given {kind}")


def _whole(text: str) -> str:
    """The text without halves of characters, which JSON can say and no file can hold."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


_READERS: Final[dict[str, Callable[[bytes], _Content]]] = {
    ".md": _read_markdown,
    ".markdown": _read_markdown,
    ".txt": _read_markdown,
    ".csv": _read_csv,
    ".json": _read_json,
}
"""By the ending of the file's name."""
_ENDINGS: Final = ", ".join(_READERS)


# --- matching ----------------------------------------------------------------------------------

_AGAIN: Final = re.compile(r"(?: ?\([0-9]{1,3}\)|-[0-9]{1,3}|\.md)\Z")
"""What a second download, a second try or an editor puts behind a name."""
_PACKED: Final = re.compile(r".+_[0-9]+_[0-9]+_|.*_assignsubmission_(?:file|onlinetext)_", re.DOTALL)
"""What Canvas and Moodle put before a name."""


def match(
    returned: Sequence[Returned], codes: Mapping[str, str], stems: Mapping[str, str]
) -> list[tuple[Returned, str | None, tuple[Problem, ...]]]:
    """Whose each file is, with what a person has to know: by its code, or else by the name of the file.

    `codes` are the students' ids by code, `stems` their file names (without ending) by id.
    """
    by_stem: dict[str, set[str]] = {}
    for student, stem in stems.items():
        by_stem.setdefault(comparable(stem), set()).add(student)
    return [(file, *_owner(file, codes, by_stem)) for file in returned]


def _owner(
    file: Returned, codes: Mapping[str, str], by_stem: Mapping[str, set[str]]
) -> tuple[str | None, tuple[Problem, ...]]:
    if file.code is not None:
        if (student := codes.get(file.code)) is not None:
            return student, ()
        what = f"{file.code} is a code of another assignment or class."
        return None, (Problem(CODE, what, "Look whose sheet it is."),)
    fitting = _fitting(comparable(file.stem), by_stem)
    if len(fitting) == 1:
        (student,) = fitting
        what = f"cannot be read; by the file's name the sheet is that of {one_line(student)}."
        return student, (Problem(CODE, what, "Look whether it is."),)
    whose = "several students" if fitting else "nobody"
    return None, (Problem(CODE, f"cannot be read, and the file's name fits {whose}.", "Look whose sheet it is."),)


def _fitting(name: str, by_stem: Mapping[str, set[str]]) -> set[str]:
    """The students whom a file's name fits best: whole, behind what a course system puts first, or behind anything.

    ANNE_MARIE is not MARIE, whose name it ends in; ANNE-1 is doubtful if there are both ANNE and ANNE-1.
    """
    whole, packed, behind = set[str](), set[str](), set[str]()
    for form in _forms(name):
        whole |= by_stem.get(form, set())
        for found in re.finditer("_", form):
            before, rest = form[: found.end()], form[found.end() :]
            if rest in by_stem:
                (packed if _PACKED.fullmatch(before) else behind).update(by_stem[rest])
    return whole or packed or behind


def _forms(name: str) -> Iterator[str]:
    """The name, and what is left of it without each thing that was put behind it."""
    yield name
    while found := _AGAIN.search(name):
        name = name[: found.start()]
        yield name
