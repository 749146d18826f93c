"""Zips as course systems pack them, and as nobody should."""

from __future__ import annotations

import io
import stat
import zipfile
from collections.abc import Mapping
from pathlib import Path

__all__ = ["LINK", "PIPE", "claiming", "packed", "save_zip", "with_flag", "without_utf8_flag"]

LINK, PIPE = stat.S_IFLNK | 0o777, stat.S_IFIFO | 0o644


def packed(files: Mapping[str, str | bytes], mode: int = 0, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip with these files, in their order; `mode` is what Unix says of each."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", method) as file:
        for name, content in files.items():
            info = zipfile.ZipInfo(name, (2030, 1, 31, 12, 0, 0))
            info.external_attr, info.compress_type = mode << 16, method
            file.writestr(info, content)
    return data.getvalue()


def save_zip(path: Path, files: Mapping[str, str | bytes], **how: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(packed(files, **how))
    return path


def with_flag(data: bytes, flag: int, *, on: bool = True) -> bytes:
    """The same zip, with a flag set or cleared in the headers of all its files."""
    changed = bytearray(data)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(mark)
        while at >= 0:
            flags = int.from_bytes(data[at + offset : at + offset + 2], "little")
            flags = flags | flag if on else flags & ~flag
            changed[at + offset : at + offset + 2] = flags.to_bytes(2, "little")
            at = data.find(mark, at + 1)
    return bytes(changed)


def without_utf8_flag(data: bytes) -> bytes:
    """As macOS and Canvas pack: names in UTF-8 that are not said to be."""
    return with_flag(data, 0x800, on=False)


def claiming(data: bytes, size: int) -> bytes:
    """The same zip of one file, which now claims that the file has `size` bytes unpacked."""
    changed = bytearray(data)
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = data.find(mark)
        changed[at + offset : at + offset + 4] = size.to_bytes(4, "little")
    return bytes(changed)
