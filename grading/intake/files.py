"""A file that was handed in: where it lies, how large it is, and how to read it within its limit."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

MEGABYTE = 2**20
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError)


@dataclass(frozen=True)
class Limits:
    """The most that is read: bytes of a file, bytes of a zip inside, files in an archive, and how far it may expand."""

    file: int = 200 * MEGABYTE
    inner: int = 100 * MEGABYTE
    files: int = 100_000
    inner_files: int = 1_000
    ratio: int = 200


class RefusedError(ValueError):
    """A file that is not read; the message says why, to a person."""


@dataclass(frozen=True)
class Entry:
    """A file: its path from the top with `/`, its size in bytes, when it was changed, and how to read it.

    `refused` says why it cannot be read, or is empty.
    """

    path: str
    size: int
    modified: datetime | None
    _read: Callable[[int], bytes] = field(repr=False, compare=False)
    limit: int = Limits.file
    refused: str = ""

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    def read(self) -> bytes:
        """Return the content.

        Raises
        ------
        RefusedError
            If it is larger than it may be, or damaged.
        """
        if self.refused:
            raise RefusedError(self.refused)
        try:
            data = self._read(self.limit + 1)
        except BROKEN as error:
            raise RefusedError(f"is damaged ({type(error).__name__})") from error
        if len(data) > self.limit:
            raise RefusedError(too_large(len(data), self.limit))
        return data


def too_large(size: int, limit: int) -> str:
    return f"has {size / MEGABYTE:.0f} MB; at most {limit // MEGABYTE} MB are read"
