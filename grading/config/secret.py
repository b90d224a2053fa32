"""The course's secret, from which every submission's random inputs are derived; only the instructor can read it."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from pathlib import Path

from .folders import CourseError

NAME = "secret"
LENGTH = 32


def course_secret(folder: Path) -> bytes:
    """Return the 32 secret bytes of the course in `folder`; the first call makes them.

    Raises
    ------
    CourseError
        If the file can be read by others, or is not what was written.
    """
    path = folder / NAME
    if not path.exists():
        _make(path)
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise CourseError(f"{path} can be read by others, who could compute everybody's test inputs: chmod 600 {path}")
    content = path.read_bytes()
    if len(content) != LENGTH:
        raise CourseError(
            f"{path} has {len(content)} bytes instead of {LENGTH}. Restore it from a backup; with a new one, every "
            "submission is examined again on other inputs."
        )
    return content


def _make(path: Path) -> None:
    """Write the secret whole or not at all, and never over another one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{NAME}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(secrets.token_bytes(LENGTH))
        file.flush()
        os.fsync(file.fileno())
    with contextlib.suppress(FileExistsError):  # another process was first: its secret is the course's
        os.link(draft, path)
    draft.unlink()
