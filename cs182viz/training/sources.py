"""Source files to learn from, in an order that a seed decides, and what is held out."""

import hashlib
import random
from pathlib import Path

from cs182viz.techniques.cells.text import decode

SUFFIXES = (".c", ".h")
_HELD_OUT = 10
"""One in so many files is never learned from."""


class Sources:
    """The C files of a folder, with all below it.

    Parameters
    ----------
    folder : where they are.

    Raises
    ------
    ValueError
        There is no such folder, not enough files in it, or one of them is no text.
    """

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise ValueError(f"{folder} is no folder: name one with C files in it (tools/cells/collect.py makes one)")
        files = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.suffix in SUFFIXES)
        self.held_out = [path for path in files if _is_held_out(path)]
        self.learned = [path for path in files if not _is_held_out(path)]
        if not self.learned or not self.held_out:
            raise ValueError(
                f"{folder} has {len(files)} files ({', '.join(SUFFIXES)}): training needs some tens of them, a tenth "
                "of which are held out"
            )
        self._folder = folder

    def text(self, files: list[Path]) -> str:
        """Some files, one after another."""
        return "\n".join(decode((self._folder / path).read_bytes(), str(path)) for path in files)

    def to_learn(self, seed: int) -> str:
        """All that may be learned from, the files in an order drawn from the seed."""
        return self.text(random.Random(seed).sample(self.learned, len(self.learned)))


def _is_held_out(path: Path) -> bool:
    return int(hashlib.sha256(path.name.encode()).hexdigest(), 16) % _HELD_OUT == 0
