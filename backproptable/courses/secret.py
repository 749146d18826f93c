"""The secret of a course: made once, kept with the keys, and readable by its owner only."""

from __future__ import annotations

import contextlib
import hmac
import os
import secrets
from hashlib import sha256
from pathlib import Path
from typing import Final

from backproptable.basics.errors import InputError, OutputError, Problem
from backproptable.courses.codes import make_code

__all__ = ["code_of", "fingerprint", "load_secret", "make_secret"]

_NAME: Final = "secret"
_BYTES: Final = 32


def load_secret(folder: Path) -> bytes | None:
    """The secret in the folder of keys; None where there is none. Raises `InputError` if it is damaged."""
    path = folder / _NAME
    try:
        text = path.read_text(encoding="ascii").strip()
        with contextlib.suppress(OSError):  # a memory stick may know no permissions
            path.chmod(0o600)
        secret = bytes.fromhex(text)
        if not text:  # what a power cut leaves of a file
            path.unlink()
            return None
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unusable(path, f"cannot be read ({error.strerror})") from None
    except ValueError:
        raise _unusable(path, "is not what was written there") from None
    if len(secret) != _BYTES:
        raise _unusable(path, "is not what was written there")
    return secret


def _unusable(path: Path, what: str) -> InputError:
    return InputError([Problem("secret", f"{what}.", "Put the file back as it was.")], str(path))


def make_secret(folder: Path) -> bytes:
    """A new secret, written into the folder. Raises `OutputError`, also where there is one already."""
    secret = secrets.token_bytes(_BYTES)
    path = folder / _NAME
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(secret.hex() + "\n")
                file.flush()
                os.fsync(file.fileno())
        except BaseException:  # half a secret would stand in the way of the next run
            path.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise OutputError(f"{path}: could not be written ({error.strerror or error}).") from None
    return secret


def fingerprint(secret: bytes) -> str:
    """What tells whether a secret is the same one, and nothing else about it."""
    return sha256(b"backproptable/fingerprint/" + secret).hexdigest()[:16]


def code_of(secret: bytes, assignment: str, student_id: str, attempt: int = 0) -> str:
    """The code of a student's sheet. `attempt` gives others, should one be somebody's already."""
    message = "\0".join(("backproptable/code", assignment, student_id, str(attempt)))
    return make_code(hmac.digest(secret, message.encode(), "sha256")[:9])
