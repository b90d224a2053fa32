"""Files of the course beside student code: in a folder that it can read, seen from its own by links.

What keeps it from changing them stands around that folder: a disk that is read-only, Landlock, another owner.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

FOLDER = "/home/given"
"""Where they are in a private root."""


def write(files: Mapping[str, bytes], folder: str) -> None:
    """Write files, by their relative paths, into a folder of theirs; the walls say who may not write there."""
    root = Path(folder)
    root.mkdir(parents=True, exist_ok=True)
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
        (root / path).chmod(0o444)


def link(folder: str, home: str) -> None:
    """Let what is in the folder be found in the student's own, at the same relative place."""
    for entry in sorted(Path(folder).iterdir()):
        Path(home, entry.name).symlink_to(entry)


def megabytes(files: Mapping[str, bytes]) -> int:
    """How large a disk in memory has to be for them."""
    pages = sum(len(content) // 4096 + 2 for content in files.values())
    return 1 + pages * 4096 // 2**20
