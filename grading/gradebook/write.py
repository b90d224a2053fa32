"""Write verdicts into nbgrader's own gradebook, so that formgrader, feedback and export go on from there.

One writer at a time. What a person entered (manual scores, comments, penalties, extra credit) is never touched.
"""

from __future__ import annotations

import contextlib
import dataclasses
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbgrader.api import Grade, Gradebook, MissingEntry, SubmittedNotebook
from nbgrader.coursedir import CourseDirectory
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from grading.config import COURSE_ID, Course, CourseError
from grading.masters import notebook
from grading.masters.assignment import Assignment
from grading.masters.nbgrader_steps import nbgrader_config
from grading.masters.release import generate
from grading.reading import submission
from grading.verdicts.verdict import ItemState, State, Verdict

from .autograded import graded_notebook, response


def effective_url(course: Course) -> str:
    """Return the gradebook's address and server for people, after connecting to it; passwords are not shown.

    Raises
    ------
    CourseError
        If nbgrader's configuration names another gradebook, or this one cannot be opened.
    """
    directory = CourseDirectory(config=nbgrader_config(course))
    if directory.db_url != course.db_url:
        raise CourseError(f"nbgrader would write to {directory.db_url}, not to {course.db_url}.")
    shown = make_url(course.db_url).render_as_string(hide_password=True)
    try:
        with _opened(course) as gradebook:
            version = "select sqlite_version()" if shown.startswith("sqlite") else "select version()"
            server = str(gradebook.db.execute(text(version)).scalar()).split(" on ")[0]
    except SQLAlchemyError as error:
        raise CourseError(f"The gradebook at {shown} cannot be opened: {str(error).splitlines()[0]}") from error
    return f"{shown} ({'SQLite ' if shown.startswith('sqlite') else ''}{server})"


@contextlib.contextmanager
def writer(assignment: Assignment) -> Iterator[Writer]:
    """Open the gradebook for the verdicts of one assignment; its cells are entered or brought in step first."""
    if not _in_step(assignment):
        _enter(assignment)
    with _opened(assignment.course) as gradebook:
        yield Writer(assignment, gradebook)


class Writer:
    """Writes the verdicts of one assignment; see `writer`."""

    def __init__(self, assignment: Assignment, gradebook: Gradebook) -> None:
        self._assignment = assignment
        self._name = assignment.name
        self._gradebook = gradebook
        self._released = assignment.released
        self._folders = CourseDirectory(config=nbgrader_config(assignment.course))

    def write(self, verdict: Verdict) -> bool:
        """Enter a verdict, and write the notebook that nbgrader shows; returns whether any score changed.

        A submission that is missing is not entered: nbgrader counts it as missing, too.
        """
        if verdict.state == State.MISSING:
            return False
        folder = self._assignment.step("submitted", verdict.student)
        content = _content(self._assignment.submitted(verdict.student))
        changed = self._enter(verdict, content, folder)
        nb = graded_notebook(self._released, content, verdict)
        notebook.write(nb, self._assignment.step("autograded", verdict.student) / f"{self._name}.ipynb")
        return changed

    def _enter(self, verdict: Verdict, content: dict[str, Any] | None, folder: Path) -> bool:
        gradebook = self._gradebook
        gradebook.update_or_create_student(verdict.student)
        timestamp = self._folders.get_existing_timestamp(str(folder))
        about = {"timestamp": timestamp} if timestamp else {}
        with gradebook.db.no_autoflush:
            entry = gradebook.update_or_create_submission(self._name, verdict.student, **about)
        part = next(part for part in entry.notebooks if part.name == self._name)
        changed = self._scores(part, verdict, content)
        self._comments(part, content)
        gradebook.db.commit()
        gradebook.db.expunge_all()  # or every submission of the class would stay in memory
        return changed

    def _scores(self, part: SubmittedNotebook, verdict: Verdict, content: dict[str, Any] | None) -> bool:
        items = {item.grade_id: item for item in verdict.items}
        cells = {notebook.grade_id(cell): cell for cell in self._released.cells}
        changed = False
        for grade in part.grades:
            cell = cells.get(grade.name)
            if grade.name in items:
                item = items[grade.name]
                # a flag concerns the whole submission: its first item carries it
                doubtful = item.state == ItemState.REVIEW or (verdict.flags and item == verdict.items[0])
                changed |= _score(grade, item.earned, bool(doubtful))
            elif cell is not None and content is not None and not _answered(cell, content):
                changed |= _score(grade, 0.0, False)
            else:
                changed |= _score(grade, None if content is not None else 0.0, content is not None)
        return changed

    def _comments(self, part: SubmittedNotebook, content: dict[str, Any] | None) -> None:
        cells = {notebook.grade_id(cell): cell for cell in self._released.cells}
        for comment in part.comments:
            cell = cells.get(comment.name)
            silent = cell is not None and not cell.metadata.nbgrader.get("task") and not _answered(cell, content)
            comment.auto_comment = "No response." if silent else None


def _score(grade: Grade, score: float | None, doubtful: bool) -> bool:
    """Set an automatic score; a person is asked (again) only where it changed, or where there is none to set."""
    changed = grade.auto_score != score
    grade.auto_score = score
    if changed or (score is None and grade.manual_score is None):
        grade.needs_manual_grade = doubtful or grade.manual_score is not None
    return changed


def _answered(cell: NotebookNode, content: dict[str, Any] | None) -> bool:
    return response(cell, content).strip() != cell.source.strip()


def _content(path: Path) -> dict[str, Any] | None:
    try:
        return submission.notebook_of(submission.read_file(path))
    except (submission.UnreadableError, OSError):
        return None


@contextlib.contextmanager
def _opened(course: Course) -> Iterator[Gradebook]:
    course.work.mkdir(parents=True, exist_ok=True)
    with Gradebook(course.db_url, COURSE_ID) as gradebook:
        yield gradebook


def _in_step(assignment: Assignment) -> bool:
    """Whether the gradebook has the assignment with the items and points of its master."""
    wanted = assignment.tests | assignment.questions
    with _opened(assignment.course) as gradebook:
        try:
            part = gradebook.find_notebook(assignment.name, assignment.name)
        except MissingEntry:
            return False
        return {cell.name: cell.max_score for cell in (*part.grade_cells, *part.task_cells)} == wanted


def _enter(assignment: Assignment) -> None:
    """Let nbgrader enter the master's cells in the gradebook; the released notebook is left as it is."""
    with tempfile.TemporaryDirectory(prefix="release-") as scratch:
        generate(dataclasses.replace(assignment.course, assignments=Path(scratch)), assignment.name)
