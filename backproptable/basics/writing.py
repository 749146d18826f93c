"""Files are written whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from backproptable.basics.errors import OutputError

__all__ = ["TEMPORARY", "clear_away", "whole_file", "write_files", "write_whole"]

_NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)
TEMPORARY = ".backproptable-"
"""How names begin under which files are written before they are whole."""


def write_files(folder: Path, texts: Mapping[str, str | bytes], *, private: bool = False) -> list[Path]:
    """Write the texts (in UTF-8), or bytes, into `folder` under their names, replacing older files of the same name.

    What is `private` can be read by its owner only, whatever other files of this user can.
    Every text is on the disk before the first old file is replaced. Raises `OutputError`; then
    nothing has changed but, at worst, a folder that was made (or some files are whole and new and
    the others whole and old, where the disk failed while replacing them: the error says which).
    """
    waiting: list[tuple[Path, Path]] = []
    done: list[Path] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            final = folder / name
            if final.is_dir():  # the one thing that a file does not replace, seen before any is replaced
                raise IsADirectoryError(errno.EISDIR, f"{name} is a folder")
            waiting.append((_written(folder, text, private=private), final))
        for temporary, final in waiting:
            done.append(temporary.replace(final))
    except OSError as error:
        changed = f"{', '.join(path.name for path in done)} had been written" if done else "Nothing was changed"
        raise OutputError(f"{folder}: could not be written ({error.strerror or error}). {changed}.") from None
    finally:
        for temporary, _ in waiting:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
    return done


def _written(folder: Path, text: str | bytes, *, private: bool) -> Path:
    """A temporary file beside its final place, complete and flushed; the system makes such files private."""
    handle, path = tempfile.mkstemp(prefix=TEMPORARY, dir=folder)
    temporary = Path(path)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode() if isinstance(text, str) else text)
            file.flush()
            os.fsync(file.fileno())
        if not private:
            with contextlib.suppress(OSError):  # a memory stick may know no permissions
                temporary.chmod(0o666 & ~_umask())
    except BaseException:  # an interruption, too, leaves nothing half-written
        temporary.unlink(missing_ok=True)
        raise
    return temporary


def write_whole(path: Path, text: str | bytes, *, private: bool = False) -> None:
    """Write one file of many: whole under its name, or not at all; `private` as in `write_files`.

    Raises `OutputError`.

    It may still be in the system's memory when this returns: whoever writes thousands of files makes
    sure otherwise that they can be written again.
    """
    temporary = f"{path.parent}/{TEMPORARY}{os.getpid()}"
    try:
        mode = 0o600 if private else 0o666
        with open(os.open(temporary, _NEW, mode), "wb") as file:  # noqa: PTH123 - on the hot path
            file.write(text.encode() if isinstance(text, str) else text)
        os.replace(temporary, path)  # noqa: PTH105
    except BaseException as error:  # an interruption, too, leaves nothing half-written
        with contextlib.suppress(OSError):
            os.unlink(temporary)  # noqa: PTH108
        if isinstance(error, OSError):
            raise OutputError(f"{path}: could not be written ({error.strerror or error}).") from None
        raise


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """A file to write into, which is there under its name once it is whole, or not at all.

    Its folder is made. Raises `OutputError`, also for what cannot be read on the way (any `OSError`).
    """
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=TEMPORARY, dir=path.parent)
        temporary = Path(name)
        with os.fdopen(handle, "w+b") as file:
            yield file
        with contextlib.suppress(OSError):  # a memory stick may know no permissions
            temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except OSError as error:
        raise OutputError(f"{path}: could not be written ({error.strerror or error}).") from None
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)


def clear_away(folder: Path) -> None:
    """Remove what an interrupted run has left half-written."""
    with contextlib.suppress(OSError):
        for path in folder.glob(f"{TEMPORARY}*"):
            path.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
