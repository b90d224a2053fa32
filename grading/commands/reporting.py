"""`cs182-grade report` and `feedback`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from grading.config import CourseError
from grading.exports.exchange import lay_out
from grading.gradebook.penalties import apply_penalties
from grading.gradebook.stock import feedback as stock_feedback
from grading.intake.arrivals import absent
from grading.masters.assignment import Assignment
from grading.reports.class_report import graded_results, write_class_report
from grading.reports.student_page import write_feedback
from grading.verdicts.store import Store

from .common import Name, Students, command, console, known_students

To = Annotated[Path | None, typer.Option("--to", help="Where to write it; in the course's folder by default.")]
Stock = Annotated[bool, typer.Option("--nbgrader", help="Also write nbgrader's own pages, with the whole notebook.")]

Exchange = Annotated[
    bool, typer.Option("--exchange", help="Lay the pages out for `nbgrader release_feedback`: students fetch them.")
]


def report(name: Name, to: To = None) -> None:
    """Write one page on the class: grades, commonest mistakes, what to review, similar answers, pictures.

    Late penalties are recomputed first. The page needs no other file, but its links lead to the feedback beside it.
    """
    with command() as course:
        late = apply_penalties(course, name)
        path = write_class_report(Assignment(course, name), path=to, late=late)
    console.print(f"written: {path}", soft_wrap=True, highlight=False)


def feedback(name: Name, student: Students = None, nbgrader: Stock = False, exchange: Exchange = False) -> None:
    """Write a page for each student: points, what was tested, what came out, and the hint that fits.

    Late penalties are recomputed first. No page shows test code or an expected value of a hidden test.
    """
    with command() as course:
        if nbgrader and exchange:
            raise CourseError("The exchange holds one page for each notebook: give --nbgrader or --exchange, not both.")
        assignment = Assignment(course, name)
        wanted = known_students(course, name, student)
        verdicts = [*Store(course.work).verdicts(name), *absent(course, name)]
        verdicts = [verdict for verdict in verdicts if not wanted or verdict.student in wanted]
        if not verdicts:
            raise CourseError(f"Nothing of {name} has been graded: run `cs182-grade autograde {name}` first.")
        late = {entry.student: entry.reason for entry in apply_penalties(course, name)}
        if nbgrader:
            stock_feedback(course, name)
        results = {result.student: result for result in graded_results(assignment, verdicts)}
        paths = write_feedback(assignment, verdicts, results=results, late=late)
        apart = lay_out(course, name, [verdict.student for verdict in verdicts]) if exchange else []
    console.print(
        f"written: {len(paths)} pages, {paths[0]}{' ...' if paths[1:] else ''}", soft_wrap=True, highlight=False
    )
    if apart:
        console.print(f"Not from the exchange, so these cannot fetch theirs: {', '.join(apart)}.", highlight=False)
    if exchange:
        console.print(f"Next: `nbgrader release_feedback {name}`.")
