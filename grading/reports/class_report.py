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
from grading.masters.assignment import bundle, released
from grading.masters.solutions import misconceptions
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
    course: Course, name: str, *, path: Path | None = None, title: str = "", late: Iterable[Late] = ()
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
    path = path or report_path(course, name)
    verdicts = list(Store(course.work).verdicts(name))
    results = graded_results(course, name, verdicts)
    if not results:
        raise CourseError(f"There is nothing to report on {name}: no submission has been graded.")
    write_report(path, title or name, results, view(course, name, verdicts, path.parent, late))
    return path


def graded_results(course: Course, name: str, verdicts: Iterable[Verdict]) -> list[Result]:
    """Return what the gradebook says of each student, with the reason where a submission could not be read."""
    failures = {verdict.student: verdict.reason for verdict in verdicts if verdict.state == State.UNREADABLE}
    return collect(course, name, failures)


def view(course: Course, name: str, verdicts: list[Verdict], folder: Path, late: Iterable[Late]) -> ClassView:
    """Return what the report shows beside grades; `folder` is where it will be."""
    master = notebook.read(course.master(name))
    names = list(notebook.answers(master))
    given = [notebook.answers(master), notebook.answers(released(name, course))]
    given += [
        {wrong.function: wrong.source} for wrong in misconceptions(name, course=course)
    ]  # all make these mistakes
    known = {cell.id for cell in released(name, course).cells}
    pages = {verdict.student: feedback_path(course, name, verdict.student) for verdict in verdicts}
    return class_view(
        verdicts,
        {test: notebook.tested_function(test, names) for test in notebook.tests(master)},
        drawn=lambda student: submitted_pictures(course, name, student, known),
        records=load_records(course, name),
        late=late,
        pairs=similar_pairs(_answers(course, name, pages), given),
        links={student: os.path.relpath(page, folder) for student, page in pages.items() if page.exists()},
    )


def _answers(course: Course, name: str, students: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return the source of each answer as the grader takes it from a submission, by student and function."""
    given = bundle(name, course)
    found = {}
    for student in students:
        path = course.step("submitted", student, name) / f"{name}.ipynb"
        if path.is_file():
            with path.open("rb") as file:
                handed_in = submission.read(file.read(submission.MAX_BYTES + 1), given)
            found[student] = {cell.defines[0]: cell.source for cell in handed_in.cells if cell.defines}
    return found
