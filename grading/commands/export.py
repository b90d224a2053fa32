"""`cs182-grade export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from grading.config import Course, CourseError
from grading.exports.canvas import fill
from grading.exports.nbgrader_csv import export_csv
from grading.gradebook.penalties import apply_penalties
from grading.gradebook.read import collect
from grading.intake.arrivals import load_records
from grading.intake.roster import Roster
from grading.masters.assignment import Assignment

from .common import command, console

Name = Annotated[str | None, typer.Argument(help="The assignment; needed for Canvas.", show_default=False)]
To = Annotated[Path, typer.Option("--to", help="The file to write.")]
Canvas = Annotated[
    Path | None, typer.Option(help="A gradebook exported from Canvas, whose column is filled.", show_default=False)
]
Column = Annotated[
    str,
    typer.Option(help="Title or number of the column in Canvas; the assignment's name by default.", show_default=False),
]
ClassList = Annotated[Path | None, typer.Option(help="The roster that was used to collect.", show_default=False)]


def export(
    name: Name = None,
    to: To = Path("grades.csv"),
    canvas: Canvas = None,
    column: Column = "",
    roster: ClassList = None,
) -> None:
    """Write all grades as nbgrader's CSV, or those of one assignment into a gradebook exported from Canvas.

    Late penalties are recomputed first. In Canvas, import the written file: only that column has changed.
    """
    with command() as course:
        for each in [name] if name else course.names():
            apply_penalties(course, each)
        if canvas is None:
            export_csv(course, to)
        elif name is None:
            raise CourseError("Say which assignment: `cs182-grade export saliency --canvas gradebook.csv`.")
        else:
            _fill(course, name, canvas, to, column or name, Roster.load(roster) if roster else None)
    console.print(f"written: {to}", soft_wrap=True, highlight=False, markup=False)


def _fill(course: Course, name: str, template: Path, to: Path, column: str, roster: Roster | None) -> None:
    results = collect(Assignment(course, name))
    if not results:
        raise CourseError(f"Nothing of {name} has been graded.")
    grades = {result.student: max(0.0, result.total - result.penalty) for result in results}
    best = max(sum(score.max_points for score in result.scores.values()) for result in results)
    keys = {student: list(record.keys) for student, record in load_records(course, name).items()}
    if roster:
        keys = {student: [*keys.get(student, ()), *sorted(roster.keys(student))] for student in grades}
    with template.open(encoding="utf-8", newline="") as file:
        filled = fill(file.read(), grades, column, best=best, keys=keys)
    with to.open("w", encoding="utf-8", newline="") as file:
        file.write(filled.text)
    console.print(f"filled: {filled.column}", highlight=False, markup=False)
    for what, people in (("graded, but not in Canvas", filled.unknown), ("in Canvas without a grade", filled.empty)):
        if people:
            console.print(f"[yellow]{len(people)} {what}:[/yellow] {escape(', '.join(people[:20]))}", highlight=False)
