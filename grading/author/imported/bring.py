"""Find the assignments below a path, and write each as a master among those of a course."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from grading.config import Course, CourseError
from grading.masters import beside, notebook

from . import nbgrader, otter
from .master import master
from .parts import Notes


@dataclass(frozen=True)
class Brought:
    """An assignment that was taken over: its master, the format that it came in, and the notes."""

    name: str
    master: Path
    came_as: str
    notes: Notes


def bring(course: Course, path: Path) -> list[Brought]:
    """Write the assignments of another grader as masters of a course.

    Parameters
    ----------
    path : a notebook, the folder of an assignment, or a folder of such (nbgrader's `source`, or what holds it)

    Raises
    ------
    CourseError
        If there is nothing to read, it is in no format that is known, or a master of that name is there already.
    """
    found = list(_notebooks(path))
    if not found:
        raise CourseError(
            f"There is no notebook in {path}: name a notebook, an assignment's folder, or nbgrader's source."
        )
    for name, source in found:
        if twin := next((other for same, other in found if same == name and other != source), None):
            raise CourseError(f"{source} and {twin} would both be called {name}: rename one, or import them singly.")
        if (course.solutions / name).exists():
            raise CourseError(
                f"{course.solutions / name} exists already: move it, or name a single notebook to import."
            )
    return [_bring(course, name, source) for name, source in found]


def _notebooks(path: Path) -> Iterator[tuple[str, Path]]:
    """Each notebook with the name of its assignment here: that of its folder, where it is alone there."""
    if path.is_file():
        yield _name(path.stem), path
        return
    here = [each for each in sorted(path.glob("*.ipynb")) if each.stem not in ("header", "footer")]
    for each in here:
        yield _name(path.name if len(here) == 1 else f"{path.name}_{each.stem}"), each
    if not here:
        root = path / "source" if (path / "source").is_dir() else path
        for folder in sorted(each for each in root.glob("*") if each.is_dir() and not each.name.startswith(".")):
            if any(folder.glob("*.ipynb")):
                yield from _notebooks(folder)


def _name(text: str) -> str:
    name = re.sub(r"\W+", "_", text).strip("_").lower()
    return name if name.isidentifier() else f"assignment_{name}"


def _bring(course: Course, name: str, source: Path) -> Brought:
    nb = notebook.read(source)
    notes = Notes()
    if otter.is_otter(nb):
        came_as, parts = "otter", list(otter.read(nb, notes))
    elif any("nbgrader" in cell.metadata for cell in nb.cells):
        came_as, parts = "nbgrader", list(nbgrader.read(nb, notes))
    else:
        raise CourseError(f"{source} is no assignment of nbgrader's (no cell has its metadata) and none of otter's.")
    made = master(parts, notes)
    notebook.check_master(made)
    target = course.solutions / name / f"{name}.ipynb"
    notebook.write(made, target)
    _copy_files(source, target, otter.files_of(nb) if came_as == "otter" else None, notes)
    return Brought(name, target, came_as, notes)


def _copy_files(source: Path, target: Path, wanted: list[str] | None, notes: Notes) -> None:
    """Copy what lies beside a notebook: all of it, or what its configuration names."""
    folder = source.parent
    every = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix != ".ipynb"]
    chosen = every if wanted is None else [folder / path for path in wanted]
    for path in chosen:
        if not path.is_file() or not path.resolve().is_relative_to(folder.resolve()):
            notes.look.append(f"{path.name} is named by the notebook, and is no file in its folder.")
            continue
        place = target.parent / path.relative_to(folder)
        if not any(part.startswith((".", "__pycache__")) for part in path.relative_to(folder).parts):
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, place)
            notes.taken.append(f"{path.relative_to(folder)} lies beside the master.")
    for other in beside.left_out(target):
        notes.look.append(f"{other} does not reach the sandbox: see what lies beside a master in docs/courses.md.")
