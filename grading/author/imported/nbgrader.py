"""Read a notebook of an nbgrader source folder, by its cells' metadata.

See https://nbgrader.readthedocs.io/en/stable/contributor_guide/metadata.html for what the flags mean.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from nbformat import NotebookNode

from .parts import Notes, Part, number

_AUTOTEST = re.compile(r"^\s*#+\s*(?:HASHED )?AUTOTEST\b", re.MULTILINE)


def read(nb: NotebookNode, notes: Notes) -> Iterator[Part]:
    """Yield the parts of a notebook; raw cells are left out."""
    for cell in nb.cells:
        about = cell.metadata.get("nbgrader", {})
        called, points = str(about.get("grade_id", "")), number(about.get("points")) or 0.0
        solution, grade = bool(about.get("solution")), bool(about.get("grade"))
        if about.get("task"):
            yield Part("task", cell.source, points, called)
        elif solution and grade:
            yield Part("written", _as_text(cell, called, notes), points, called)
        elif grade and cell.cell_type == "code":
            if _AUTOTEST.search(cell.source):
                notes.look.append(f"{called} has AUTOTEST lines: they need an autotests.yml beside the master.")
            yield Part("test", cell.source, points, called)
        elif solution and cell.cell_type == "code":
            yield Part("answer", cell.source, 0.0, called)
        elif cell.cell_type == "raw":
            notes.look.append(f"A raw cell was left out: {cell.source.strip()[:60]!r}.")
        else:
            yield Part("code" if cell.cell_type == "code" else "text", cell.source, 0.0, called)


def _as_text(cell: NotebookNode, called: str, notes: Notes) -> str:
    """The model answer to what a person grades, as text: code that a person reads is written there, too."""
    if cell.cell_type != "code":
        return cell.source
    notes.look.append(f"{called} was code that a person graded; it is a text cell now. Could a test grade it?")
    return f"```python\n{cell.source}\n```"
