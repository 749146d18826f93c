"""Programs that pip cannot install: where they are missing the test is skipped, in CI it fails."""

from __future__ import annotations

import os
import shutil

import pytest

__all__ = ["need"]


def need(present: bool | str, what: str, remedy: str) -> None:
    """Go on if `present` (a fact, or a command on the path); else skip, or fail where CI is set."""
    if shutil.which(present) if isinstance(present, str) else present:
        return
    message = f"{what} is missing: {remedy}"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)
