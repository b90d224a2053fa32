"""From the bytes that a student handed in to the cells to run: sources only, matched by grade_id or by name.

Nothing else of a submission counts: no metadata beyond the ids, no outputs, and none of its tests. What looks odd is
flagged for a person; it costs no points by itself.
"""

from __future__ import annotations

import json
import mmap
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grading.masters.bundle import Bundle, Cell
from grading.verdicts.verdict import State

from . import plan
from .outputs import without_outputs

MAX_BYTES = 20 * 2**20
SMALL = 2**20
MAX_CELLS = 1000
MAX_SOURCE = 200_000
_TOO_LONG = (
    f"raise ValueError('This cell has {{}} characters, and cells up to {MAX_SOURCE} are run: take the data out.')"
)


@dataclass(frozen=True)
class Submission:
    """What is to be run of a submission.

    Parameters
    ----------
    cells : the cells, in order; those that should define graded functions say which
    flags : what a person should look at, in words
    state : GRADED, or REVIEW if there are flags, or UNREADABLE
    reason : why a submission is unreadable
    """

    cells: tuple[Cell, ...]
    flags: tuple[str, ...]
    state: State
    reason: str = ""


class UnreadableError(ValueError):
    """The bytes are no notebook; the message says why."""


def read(data: bytes, bundle: Bundle) -> Submission:
    """Return what to run of a submitted notebook. Never raises: bytes that are no notebook are an answer too."""
    try:
        cells, flags = _cells(notebook_of(data))
    except UnreadableError as error:
        return Submission((), (), State.UNREADABLE, str(error))
    chosen, more = plan.choose(cells, bundle)
    flags += more
    return Submission(tuple(chosen), tuple(flags), State.REVIEW if flags else State.GRADED)


def read_file(path: Path) -> bytes:
    """Return a submitted file as it is; of a large one what is left without its outputs, up to just above the limit."""
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_size <= MAX_BYTES:
            return file.read(MAX_BYTES + 1)
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            return without_outputs(mapped, MAX_BYTES)


def lean(data: bytes) -> bytes:
    """Return a submission as it goes to a worker: where it is large, without the outputs, which nobody reads there."""
    return data if len(data) <= SMALL else without_outputs(data, MAX_BYTES)


def notebook_of(data: bytes) -> dict[str, Any]:
    """Return the notebook in the current format.

    Raises
    ------
    UnreadableError
        If it is too large, not UTF-8, not JSON or no notebook.
    """
    if len(data) > MAX_BYTES:
        left = without_outputs(data, MAX_BYTES)
        if len(left) > MAX_BYTES:
            raise UnreadableError(
                f"The file has {len(data) / 2**20:.0f} MB; at most {MAX_BYTES // 2**20} MB beside its outputs are read."
            )
        data = left
    if not data.strip():
        raise UnreadableError("The file is empty.")
    try:
        content = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise UnreadableError("The file is not text in UTF-8.") from error
    except (ValueError, RecursionError) as error:
        raise UnreadableError("The file is not JSON, so it is no notebook; it may be cut off.") from error
    if not isinstance(content, dict) or not isinstance(content.get("nbformat"), int):
        raise UnreadableError("The file is JSON, but no notebook.")
    if content["nbformat"] < 4:
        content = _converted(content)
    if not isinstance(content.get("cells"), list):
        raise UnreadableError("The notebook has no cells.")
    return content


def _converted(content: dict[str, Any]) -> dict[str, Any]:
    """Return a notebook of an old format in the current one."""
    import nbformat  # takes longer than to examine a submission, and hardly any needs it

    try:
        return nbformat.convert(nbformat.reader.reads(json.dumps(content)), 4)
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError, nbformat.ValidationError) as error:
        raise UnreadableError(f"The notebook's old format {content['nbformat']} cannot be converted.") from error


def _cells(content: dict[str, Any]) -> tuple[list[plan.Submitted], list[str]]:
    """Return kind, ids and source of each cell, and of nothing else; a cell without these is left out."""
    flags = []
    cells = []
    for number, cell in enumerate(content["cells"][:MAX_CELLS], start=1):
        source = _source(cell)
        if source is None:
            flags.append(f"Cell {number} has no source in the form of a notebook's and was left out.")
        else:
            if len(source) > MAX_SOURCE:
                flags.append(f"Cell {number} has {len(source)} characters and was left out.")
                source = _TOO_LONG.format(len(source))
            grade_id = _at(cell, "metadata", "nbgrader", "grade_id")
            cells.append(plan.Submitted(str(cell.get("cell_type")), source, _text(grade_id), _text(cell.get("id"))))
    if len(content["cells"]) > MAX_CELLS:
        flags.append(f"The notebook has {len(content['cells'])} cells; the first {MAX_CELLS} were read.")
    return cells, flags


def _source(cell: Any) -> str | None:
    source = cell.get("source") if isinstance(cell, dict) else None
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    # what UTF-8 cannot hold (half a surrogate pair) could not be sent on either
    return source.encode("utf-8", "replace").decode() if isinstance(source, str) else None


def _at(value: Any, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _text(value: Any) -> str:
    return value if isinstance(value, str) and len(value) < 200 else ""
