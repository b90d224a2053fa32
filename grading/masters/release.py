"""Make the notebooks that students get from the masters, and tell whether those in `assignments/` are in step.

nbgrader does the work, in a scratch folder; then only files that differ are written. The gradebook is left alone.
"""

from __future__ import annotations

import dataclasses
import filecmp
import json
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from nbgrader.converters import GenerateAssignment

from grading.config import Course

from . import notebook
from .nbgrader_steps import nbgrader_config, run_step
from .package_cell import check_address, name_wheel, wheel_of
from .points import settle


def release(
    course: Course, names: Iterable[str] | None = None, *, check: bool = False, wheel: str | None = None
) -> list[Path]:
    """Regenerate assignments from their masters, with the points of the course's table.

    Parameters
    ----------
    names : the assignments; all of them by default
    check : whether to leave the files as they are and only look
    wheel : where the package's wheel can be fetched, for the notebooks' first cell; "" takes an address out, and by
        default the one that a released notebook names stays

    Returns
    -------
    list of Path
        The files that were (or, with `check`, would be) written or removed: those of `course.assignments`, and masters
        whose points differ from those of `points.csv`.

    Raises
    ------
    CourseError
        If `wheel` is no address of a wheel.
    """
    check_address(wheel or "")
    names = course.names() if names is None else list(names)
    changed = settle(course, names, write=not check)
    with tempfile.TemporaryDirectory(prefix="release-") as scratch:
        work = Path(scratch)
        aside = dataclasses.replace(course, assignments=work / "assignments", work=work / "course")
        for name in names:
            generate(aside, name, gradebook=False)
            _name_wheel(aside.released(name), _wheel(course, name) if wheel is None else wheel)
            changed += _bring_in_step(aside.assignments / name, course.assignments / name, write=not check)
    return changed


def generate(course: Course, name: str, *, gradebook: bool = True) -> None:
    """Run `nbgrader generate_assignment`: write the released notebook, and enter its cells in the gradebook.

    Raises
    ------
    NotebookError
        If the master breaks a convention of the course.
    CourseError
        If nbgrader refuses the master, with its reason.
    """
    master = course.master(name)
    _check_ids(master)
    notebook.check_master(notebook.read(master))
    run_step(GenerateAssignment, course, name, nbgrader_config(course, gradebook=gradebook))


def _wheel(course: Course, name: str) -> str:
    """The address that the released notebook names, if it is there."""
    path = course.released(name)
    return wheel_of(notebook.read(path)) if path.exists() else ""


def _name_wheel(path: Path, address: str) -> None:
    if address:
        nb = notebook.read(path)
        name_wheel(nb, address)
        notebook.write(nb, path)


def _check_ids(master: Path) -> None:
    """Check that every cell has an id in the file; nbformat would make up a new one at each reading."""
    for number, cell in enumerate(json.loads(master.read_text(encoding="utf-8"))["cells"], start=1):
        if not cell.get("id"):
            raise notebook.NotebookError(
                f"{master}: cell {number} has no id. Give it a stable one, and set nbformat_minor to 5."
            )


def _bring_in_step(new: Path, old: Path, *, write: bool) -> list[Path]:
    """Return the files of `old` that differ from `new`; with `write`, make them equal."""
    names = {path.relative_to(folder) for folder in (new, old) for path in folder.rglob("*") if path.is_file()}
    names = {name for name in names if ".ipynb_checkpoints" not in name.parts}
    changed = []
    for name in sorted(names):
        source, target = new / name, old / name
        if target.exists() and source.exists() and filecmp.cmp(source, target, shallow=False):
            continue
        changed.append(target)
        if write and source.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
        elif write:
            target.unlink()
    return changed
