"""Files are written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from backproptable.errors import OutputError

__all__ = ["write_files"]


def write_files(folder: Path, texts: Mapping[str, str]) -> list[Path]:
    """Write the texts into `folder` under their names, replacing older files of the same name.

    Every text is on the disk before the first old file is replaced. Raises `OutputError`; then
    nothing has changed but, at worst, a folder that was made.
    """
    waiting: list[tuple[Path, Path]] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            waiting.append((_written(folder, name, text), folder / name))
        for temporary, final in waiting:
            temporary.replace(final)
    except OSError as error:
        raise OutputError(f"{folder}: could not be written ({error.strerror or error}). Nothing was changed.") from None
    finally:
        for temporary, _ in waiting:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
    return [final for _, final in waiting]


def _written(folder: Path, name: str, text: str) -> Path:
    """A temporary file beside its final place, complete and flushed."""
    handle, path = tempfile.mkstemp(prefix=f".{name}.", dir=folder)
    temporary = Path(path)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o666 & ~_umask())
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    return temporary


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
