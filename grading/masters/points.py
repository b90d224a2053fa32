"""What each item is worth: one table for all assignments, `solutions/points.csv`, that an instructor changes.

Without the table, the points are those that the masters' cells hold; with it, `release` writes them there.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable
from pathlib import Path

from grading.config import Course, CourseError

from . import notebook

_COLUMNS = ["assignment", "item", "part", "points", "what"]


def table(solutions: Path) -> dict[str, dict[str, float]]:
    """Return the points of each item, by assignment; empty without a table.

    Raises
    ------
    CourseError
        If a line is not in order, with its number and what is expected.
    """
    path = solutions / "points.csv"
    if not path.exists():
        return {}
    found: dict[str, dict[str, float]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        if reader.fieldnames != _COLUMNS:
            raise CourseError(f"{path}: the first line should be {','.join(_COLUMNS)}.")
        for row in reader:
            items = found.setdefault(row["assignment"], {})
            if row["item"] in items:
                raise CourseError(f"{path}, line {reader.line_num}: {row['item']} has a line already.")
            items[row["item"]] = _points(row["points"], f"{path}, line {reader.line_num}")
    return found


def settle(course: Course, names: Iterable[str], *, write: bool = True) -> list[Path]:
    """Write the table's points into the masters; return those that changed (or, without `write`, would).

    Raises
    ------
    CourseError
        If the table is not in order, or does not name exactly the items of an assignment that it names.
    """
    wanted = table(course.solutions)
    different = [name for name in names if name in wanted and _settle(course.master(name), wanted[name], write)]
    return [course.master(name) for name in different]


def _settle(master: Path, wanted: dict[str, float], write: bool) -> bool:
    nb = notebook.read(master)
    cells = [cell for cell in nb.cells if notebook.is_test(cell) or notebook.is_manual(cell)]
    graded = {notebook.grade_id(cell): cell.metadata.nbgrader for cell in cells}
    for item in sorted(graded.keys() ^ wanted.keys()):
        where = "the notebook, and not in points.csv" if item in graded else "points.csv, and not in the notebook"
        raise CourseError(f"{master}: the item {item} is in {where}. Each graded cell has one line there.")
    different = [item for item, about in graded.items() if about.points != wanted[item]]
    for item in different:
        graded[item].points = int(wanted[item]) if wanted[item].is_integer() else wanted[item]
    if different and write:
        notebook.write(nb, master)
    return bool(different)


def _points(text: str | None, where: str) -> float:
    try:
        points = float(text or "")
    except ValueError:
        points = math.nan
    if not 0 <= points < math.inf:
        raise CourseError(f"{where}: points are a number that is not negative, not {text!r}.")
    return points
