"""The helper modules and data files of an assignment: which of its folder's files travel, and where cells find them."""

from __future__ import annotations

import base64
import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatch
from importlib.machinery import PathFinder
from pathlib import Path

from grading.masters.bundle import File
from grading.masters.notebook import NotebookError

NEVER_RELEASED = [
    "misconceptions.py",
    "right_versions.py",
    "equivalent_mutants.toml",
    "autotests.yml",
    "__pycache__",
    "*.pyc",
    ".ipynb_checkpoints",
    "feedback",
    ".DS_Store",
]
KINDS = (".py", ".csv", ".tsv", ".json", ".txt", ".npy", ".npz", ".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp")
MEGABYTES = 16
"""All files of an assignment together: they travel with each submission's examination."""
_MARKS = ("BEGIN SOLUTION", "BEGIN HIDDEN TESTS", "BEGIN MARK SCHEME")
_INSTALLED = ("site-packages", "dist-packages")


def read(master: Path, hidden: Iterable[str] = ()) -> tuple[File, ...]:
    """Return the files beside a master that its cells may import or read, by their path in its folder.

    Parameters
    ----------
    hidden : names of modules that a sandbox does not have

    Raises
    ------
    NotebookError
        If they are too large together, a helper has a name that is taken, or one holds what students must not see.
    """
    found = [path for path in _released(master) if path.suffix.lower() in KINDS]
    size = sum(path.stat().st_size for path in found)
    if size > MEGABYTES * 2**20:
        raise NotebookError(
            f"The files in {master.parent} have {size / 2**20:.0f} MB together, and {MEGABYTES} MB may travel with an "
            "assignment. Put larger data in a package that is installed where grading runs."
        )
    for path in found:
        if path.suffix == ".py":
            _check_helper(path, master.parent, tuple(hidden))
    return tuple(
        File(path.relative_to(master.parent).as_posix(), base64.b64encode(path.read_bytes()).decode()) for path in found
    )


def left_out(master: Path) -> list[str]:
    """Return the files beside a master that students get and a sandbox does not: those of other kinds."""
    released = [path for path in _released(master) if path.suffix.lower() not in KINDS]
    return [path.relative_to(master.parent).as_posix() for path in released if path != master]


def contents(files: Iterable[File]) -> dict[str, bytes]:
    """Return the bytes of each file, by its path."""
    return {file.path: base64.b64decode(file.content) for file in files}


@contextlib.contextmanager
def at_hand(files: Sequence[File], place: Path | None = None) -> Iterator[None]:
    """Let cells of ours find the files: in a folder that is the current one meanwhile, and from which modules come.

    Afterwards the folder is gone, and its modules are forgotten: another assignment may have some of these names.

    Parameters
    ----------
    place : a folder to make for it; one with a name of its own by default
    """
    if not files:
        yield
        return
    folder = place or Path(tempfile.mkdtemp(prefix="beside-"))
    folder.mkdir(mode=0o700, exist_ok=place is None)
    before, back = set(sys.modules), _current()
    try:
        for path, content in contents(files).items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
        os.chdir(folder)
        sys.path.insert(0, str(folder))
        yield
    finally:
        os.chdir(back)
        with contextlib.suppress(ValueError):
            sys.path.remove(str(folder))
        for name in set(sys.modules) - before:
            origin = getattr(sys.modules[name], "__file__", None)
            if origin and Path(origin).is_relative_to(folder):
                del sys.modules[name]
        shutil.rmtree(folder, ignore_errors=True)


def _current() -> str:
    """The current folder; the root where it was removed, as a long-lived process may find."""
    try:
        return str(Path.cwd())
    except FileNotFoundError:
        return "/"


def _released(master: Path) -> list[Path]:
    """What nbgrader hands out of a master's folder, hidden files aside."""
    found = []
    for path in sorted(master.parent.rglob("*")):
        parts = path.relative_to(master.parent).parts
        ignored = any(part.startswith(".") or any(fnmatch(part, name) for name in NEVER_RELEASED) for part in parts)
        if path.is_file() and not ignored:
            found.append(path)
    return found


def _check_helper(path: Path, folder: Path, hidden: tuple[str, ...]) -> None:
    text = path.read_text(encoding="utf-8", errors="replace")
    for mark in _MARKS:
        if mark in text:
            raise NotebookError(
                f"{path} has a line with {mark}, and helpers are handed out as they are: nothing is taken out of them."
            )
    name = path.relative_to(folder).parts[0].removesuffix(".py")
    if name in {module.partition(".")[0] for module in hidden}:
        raise NotebookError(f"{path}: graded code cannot import a module called {name}. Choose another name.")
    installed = [entry for entry in sys.path if Path(entry).name in _INSTALLED]
    if name in sys.stdlib_module_names or PathFinder.find_spec(name, installed) is not None:
        raise NotebookError(f"{path}: a module called {name} is installed already. Choose another name.")
