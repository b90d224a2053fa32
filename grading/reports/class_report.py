"""Put the class's report together: verdicts, gradebook, how submissions arrived, similar answers, pictures."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from grading.config import Course, CourseError
from grading.gradebook.penalties import Late
from grading.gradebook.read import Result, collect
from grading.intake.arrivals import load_records
from grading.masters import notebook
from grading.masters.assignment import Assignment
from grading.reading import submission
from grading.verdicts.store import Store
from grading.verdicts.verdict import State, Verdict

from .class_page import write_report
from .findings import ClassView, class_view
from .pictures import submitted_pictures
from .similarity import similar_pairs
from .student_page import feedback_path


def report_path(course: Course, name: str) -> Path:
    """Return where an assignment's report is."""
    return course.work / f"report-{name}.html"


def write_class_report(
    assignment: Assignment, *, path: Path | None = None, title: str = "", late: Iterable[Late] = ()
) -> Path:
    """Write the report of an assignment that was graded, and return its path.

    Parameters
    ----------
    late : late submissions, see `penalties.apply_penalties`

    Raises
    ------
    CourseError
        If nothing of the assignment has been graded.
    """
    course, name = assignment.course, assignment.name
    path = path or report_path(course, name)
    verdicts = list(Store(course.work).verdicts(name))
    results = graded_results(assignment, verdicts)
    if not results:
        raise CourseError(f"There is nothing to report on {name}: no submission has been graded.")
    write_report(path, title or name, results, view(assignment, verdicts, path.parent, late))
    return path


def graded_results(assignment: Assignment, verdicts: Iterable[Verdict]) -> list[Result]:
    """Return what the gradebook says of each student, with the reason where a submission could not be read."""
    failures = {verdict.student: verdict.reason for verdict in verdicts if verdict.state == State.UNREADABLE}
    return collect(assignment, failures)


def view(assignment: Assignment, verdicts: list[Verdict], folder: Path, late: Iterable[Late]) -> ClassView:
    """Return what the report shows beside grades; `folder` is where it will be."""
    course, name = assignment.course, assignment.name
    given = [assignment.answers, notebook.answers(assignment.released)]
    given += [{wrong.function: wrong.source} for wrong in assignment.misconceptions]  # all make these mistakes
    known = {cell.id for cell in assignment.released.cells}
    pages = {verdict.student: feedback_path(course, name, verdict.student) for verdict in verdicts}
    return class_view(
        verdicts,
        assignment.functions,
        drawn=lambda student: submitted_pictures(course, name, student, known),
        records=load_records(course, name),
        late=late,
        pairs=similar_pairs(_answers(assignment, pages), given),
        links={student: os.path.relpath(page, folder) for student, page in pages.items() if page.exists()},
    )


def _answers(assignment: Assignment, students: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return the source of each answer as the grader takes it from a submission, by student and function."""
    found = {}
    for student in students:
        path = assignment.submitted(student)
        if path.is_file():
            handed_in = submission.read(submission.read_file(path), assignment.bundle)
            found[student] = {cell.defines[0]: cell.source for cell in handed_in.cells if cell.defines}
    return found
