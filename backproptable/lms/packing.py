"""Zips that this program writes: the same bytes for the same files, whenever and wherever they are packed."""

from __future__ import annotations

import io
import stat
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Final

from backproptable.basics.writing import whole_file

__all__ = ["packed", "write_zip"]

_TIME: Final = (1980, 1, 1, 0, 0, 0)
"""The first that a zip can hold."""
_MODE: Final = (stat.S_IFREG | 0o644) << 16
_UNIX: Final = 3


def packed(files: Iterable[tuple[str, bytes]]) -> bytes:
    """A zip of these files, by their paths in it, in their order."""
    data = io.BytesIO()
    _pack(data, files)
    return data.getvalue()


def write_zip(path: Path, files: Iterable[tuple[str, bytes]]) -> None:
    """Write such a zip: whole under its name, or not at all. One file at a time is in memory. Raises `OutputError`."""
    with whole_file(path) as file:
        _pack(file, files)


def _pack(file: IO[bytes], files: Iterable[tuple[str, bytes]]) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as opened:
        for name, data in files:
            info = zipfile.ZipInfo(name, _TIME)
            info.external_attr, info.create_system, info.compress_type = _MODE, _UNIX, zipfile.ZIP_DEFLATED
            opened.writestr(info, data)
