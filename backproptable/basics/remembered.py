"""Texts that are written once and kept: the sheets of a class share most of theirs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Generic, TypeVar

__all__ = ["Remembered"]

_MOST: Final = 5_000
"""More are not kept at a time, so that memory does not grow with the class."""

Key = TypeVar("Key")


class Remembered(dict[Key, str], Generic[Key]):
    """What `write` makes of each key."""

    def __init__(self, write: Callable[[Key], str]) -> None:
        super().__init__()
        self._write = write

    def __reduce__(self) -> tuple[type[Remembered[Key]], tuple[Callable[[Key], str]]]:
        return Remembered, (self._write,)  # what is remembered stays behind

    def __missing__(self, key: Key) -> str:
        if len(self) >= _MOST:
            self.clear()
        text = self[key] = self._write(key)
        return text
