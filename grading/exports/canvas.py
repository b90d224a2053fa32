"""Fill the column of an assignment in a gradebook exported from Canvas, and leave everything else as it is.

Canvas imports what it exported: columns `Student`, `ID`, `SIS User ID`, `SIS Login ID`, `Section`, then one called
`Title (number)` for each assignment; below the header perhaps a row that says "Manual Posting", and a row that begins
with "    Points Possible". Who is excused (EX) or has no such assignment (N/A) stays so.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from grading.config import CourseError
from grading.intake.roster import plain
from grading.reports.html import points

_WHO = ("SIS Login ID", "SIS User ID", "Integration ID", "ID", "Student")
_TITLE = re.compile(r"(?P<title>.*?)\s*\((?P<number>\d+)\)")


@dataclass(frozen=True)
class Filled:
    """A gradebook for Canvas, and what did not fit.

    Parameters
    ----------
    text : the CSV
    column : the header of the column that was filled
    unknown : graded students without a row
    empty : people in Canvas without a grade, by name
    """

    text: str
    column: str
    unknown: tuple[str, ...]
    empty: tuple[str, ...]


def fill(
    template: str,
    grades: Mapping[str, float],
    name: str,
    *,
    best: float,
    keys: Mapping[str, Iterable[str]] | None = None,
) -> Filled:
    """Return the template with the grades in the assignment's column.

    Parameters
    ----------
    template : text of a gradebook exported from Canvas, with commas or semicolons
    grades : points by student
    name : the assignment: the column's title, its number, or both as the header has them
    best : the most points; Canvas must have the same
    keys : other names that a student goes by, see `roster`

    Raises
    ------
    CourseError
        If the template is no gradebook of Canvas, the column is not there or not clear, or its points differ.
    """
    text = template.removeprefix("\ufeff")
    separator = ";" if text.partition("\n")[0].count(";") > text.partition("\n")[0].count(",") else ","
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    if not rows or "ID" not in rows[0] or not any(title in rows[0] for title in ("Student", "LastName")):
        raise CourseError("This is no gradebook from Canvas: its first row should have the columns Student and ID.")
    header = rows[0]
    column = _column(header, name)
    people = [row for row in rows[1:] if len(row) > header.index("ID") and row[header.index("ID")].strip()]
    _check_points(rows[1:], people, column, header[column], best)
    owner = _owners(header, people, grades, keys or {})
    for number, student in owner.items():
        if people[number][column].strip().upper() not in ("EX", "N/A"):
            people[number][column] = points(grades[student])
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=separator, lineterminator=_line_end(template)).writerows(rows)
    return Filled(
        ("\ufeff" if template.startswith("\ufeff") else "") + out.getvalue(),
        header[column],
        tuple(sorted(set(grades) - set(owner.values()))),
        tuple(row[0] for number, row in enumerate(people) if number not in owner),
    )


def _column(header: list[str], name: str) -> int:
    """Return the number of the assignment's column: by header, number, or title; a longer title only if it is clear."""
    titles = {place: found for place, title in enumerate(header) if (found := _TITLE.fullmatch(title.strip()))}
    exact = [place for place, found in titles.items() if name in (header[place], found["number"])]
    same = exact or [place for place, found in titles.items() if plain(found["title"]) == plain(name)]
    fitting = same or [place for place, found in titles.items() if plain(name) in plain(found["title"])]
    if len(fitting) != 1:
        known = ", ".join(header[place] for place in (fitting or titles)) or "none"
        what = "is not clear" if fitting else "is not there"
        raise CourseError(f"The column of {name} {what}: give its title or number. Columns: {known}.")
    return fitting[0]


def _check_points(rows: list[list[str]], people: list[list[str]], column: int, title: str, best: float) -> None:
    possible = next(
        (row[column] for row in rows if row and row[0].strip() == "Points Possible" and row not in people), ""
    )
    try:
        differs = possible.strip() and abs(float(possible.replace(",", ".")) - best) > 0.005
    except ValueError:
        differs = True
    if differs:
        raise CourseError(
            f"In Canvas, {title} has {possible.strip()} points, here {points(best)}: set the same in Canvas and export "
            "its gradebook again."
        )


def _owners(
    header: list[str], people: list[list[str]], grades: Iterable[str], keys: Mapping[str, Iterable[str]]
) -> dict[int, str]:
    """Return the student that each row belongs to; a name that fits several people fits none."""
    index: dict[str, set[int]] = {}
    for number, row in enumerate(people):
        for title in _WHO:
            if title in header and header.index(title) < len(row) and (cell := plain(row[header.index(title)])):
                for key in {cell, f"canvas{cell}"} if title == "ID" else {cell}:
                    index.setdefault(key, set()).add(number)
    owners: dict[int, str] = {}
    for student in grades:
        for key in (student, *keys.get(student, ())):
            found = index.get(plain(key), set())
            if len(found) == 1:
                owners.setdefault(next(iter(found)), student)
                break
    return owners


def _line_end(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"
