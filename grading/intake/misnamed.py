"""A notebook that lies in a student's folder of `submitted/` under another name is taken where no doubt is left."""

from __future__ import annotations

from pathlib import Path

from grading.config import Course

from .archives import opened
from .arrivals import Collected, keep_records, replace
from .choose import choose, names_of
from .files import Entry, RefusedError
from .layouts import Owner


def take(course: Course, name: str) -> list[Collected]:
    """Copy the only notebook of an assignment in a student's folder to the name that nbgrader expects.

    No doubt is left where one file alone has cells or functions of the assignment, and of no other one. What was taken
    is recorded, so that a person sees it; the file itself stays where it is.
    """
    folders = [path for path in sorted((course.work / "submitted").glob(f"*/{name}")) if _lacks(path, f"{name}.ipynb")]
    wanted = names_of(course) if folders else {}
    taken = []
    for folder in folders:
        expected, student = folder / f"{name}.ipynb", folder.parent.name
        with opened(folder) as entries:
            fitting = [entry for entry in entries if _is_one(entry, name, wanted)]
            if len(fitting) == 1:
                replace(expected, fitting[0].read())
                flag = f"{fitting[0].path} was taken for {expected.name}."
                taken.append(Collected(student, "new", source=fitting[0].path, flags=(flag,)))
    if taken:
        keep_records(course, name, taken)
    return taken


def _lacks(folder: Path, notebook: str) -> bool:
    expected = folder / notebook
    return folder.is_dir() and not (folder.is_symlink() or expected.is_symlink() or expected.exists())


def _is_one(entry: Entry, name: str, wanted: dict[str, set[str]]) -> bool:
    try:
        found, flags = choose([(entry, Owner(""))], name, wanted)
    except RefusedError:
        return False
    return found is not None and bool(found.fit) and not flags
