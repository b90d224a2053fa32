"""Which of a student's files is the notebook? The one with the assignment's cells and functions, whatever its name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from grading.config import Course
from grading.masters import notebook
from grading.reading.submission import UnreadableError, notebook_of

from .files import Entry, RefusedError
from .layouts import Owner

_DEFINITION = re.compile(r"^(?:(?:async )?def|class) (\w+)", re.MULTILINE)
_NO_TIME = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Candidate:
    """A file that may be the notebook; `fit` is the share of the assignment's names in it, None if it is unreadable."""

    entry: Entry
    owner: Owner
    data: bytes
    fit: float | None
    flag: str = ""

    @property
    def rank(self) -> tuple:
        """What decides between two: it can be read, it fits, it is later."""
        fit = -1.0 if self.fit is None else round(self.fit, 2)
        return (fit, self.owner.time or _NO_TIME, self.owner.order)


def choose(
    files: Iterable[tuple[Entry, Owner]], name: str, wanted: Mapping[str, set[str]]
) -> tuple[Candidate | None, list[str]]:
    """Return a student's notebook, or None, and what a person should look at. One file at a time is in memory.

    Parameters
    ----------
    wanted : names of cells and functions by assignment, see `names_of`
    """
    best: Candidate | None = None
    flags: list[str] = []
    notebooks = 0
    for entry, owner in files:
        try:
            candidate = _look(entry, owner, name, wanted)
        except RefusedError as error:
            flags.append(f"{entry.path} {error}.")
            continue
        if candidate is not None:
            notebooks += 1
            best = candidate if best is None or candidate.rank > best.rank else best
    if best is not None and best.flag:
        flags.append(best.flag)
    if best is not None and notebooks > 1:
        flags.append(f"There were {notebooks} notebooks; {best.entry.path} was taken.")
    return best, flags


def names_of(course: Course) -> dict[str, set[str]]:
    """Return the names by which each assignment is recognised: of its answer and test cells, and of its functions."""
    names = {}
    for name in course.names():
        nb = notebook.read(course.master(name))
        names[name] = set(notebook.tests(nb)) | set(notebook.answers(nb))
    return names


def _look(entry: Entry, owner: Owner, name: str, wanted: Mapping[str, set[str]]) -> Candidate | None:
    """Read a file and see which assignment it is; None for a file that is no notebook and need not be one."""
    called_so = entry.name.lower().endswith(".ipynb")
    if not entry.refused and not called_so and ".ipynb" not in entry.name and not entry.name.endswith(".json"):
        return None
    data = entry.read()
    try:
        found = _names_in(notebook_of(data))
    except UnreadableError as error:
        return Candidate(entry, owner, data, None, f"{entry.path}: {error}") if called_so else None
    fits = {other: len(found & theirs) / max(len(theirs), 1) for other, theirs in wanted.items()}
    if not called_so and not fits[name]:
        return None
    likely = max(fits, key=lambda other: (fits[other], other == name))
    if likely != name:
        return Candidate(entry, owner, data, fits[name], f"{entry.path} looks like the assignment {likely}.")
    unknown = "" if fits[name] else f"{entry.path} has none of the cells and functions of {name}."
    return Candidate(entry, owner, data, fits[name], unknown)


def _names_in(content: dict[str, Any]) -> set[str]:
    """Return the ids of a notebook's cells and the functions that its code defines, valid Python or not."""
    names: set[str] = set()
    for cell in content["cells"]:
        if not isinstance(cell, dict):
            continue
        metadata = cell.get("metadata")
        about = metadata.get("nbgrader") if isinstance(metadata, dict) else None
        ids = (cell.get("id"), about.get("grade_id") if isinstance(about, dict) else None)
        names |= {name for name in ids if isinstance(name, str)}
        source = cell.get("source")
        if isinstance(source, list):
            source = "".join(line for line in source if isinstance(line, str))
        if cell.get("cell_type") == "code" and isinstance(source, str):
            names |= set(_DEFINITION.findall(source))
    return names
