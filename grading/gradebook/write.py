"""Write verdicts into nbgrader's own gradebook, so that formgrader, feedback and export go on from there.

One writer at a time. What a person entered (manual scores, comments, penalties, extra credit) is never touched.
"""

from __future__ import annotations

import contextlib
import dataclasses
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbgrader.api import Gradebook, MissingEntry
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

from .autograded import HandedIn, graded_notebook
from .rows import Entry, Rows

TOGETHER = 50
SECONDS = 1.0
"""Verdicts that go into the gradebook with one commit, and how long the first of them waits for others."""


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


def enter_cells(assignment: Assignment) -> None:
    """Let nbgrader enter the master's cells in the gradebook, unless they are there; the released notebook is left."""
    if _in_step(assignment):
        return
    with tempfile.TemporaryDirectory(prefix="release-") as scratch:
        generate(dataclasses.replace(assignment.course, assignments=Path(scratch)), assignment.name)


@contextlib.contextmanager
def writer(assignment: Assignment) -> Iterator[Writer]:
    """Open the gradebook for the verdicts of one assignment; its cells are entered or brought in step first."""
    enter_cells(assignment)
    with _opened(assignment.course) as gradebook:
        writing = Writer(assignment, gradebook)
        try:
            yield writing
        finally:
            writing.flush()


class Writer:
    """Writes the verdicts of one assignment, some at a time; see `writer`."""

    def __init__(self, assignment: Assignment, gradebook: Gradebook) -> None:
        self._assignment = assignment
        self._rows = Rows(gradebook, assignment.name)
        self._released = assignment.released
        self._folders = CourseDirectory(config=nbgrader_config(assignment.course))
        self._waiting: dict[str, Entry] = {}
        self._since = 0.0

    def write(self, verdict: Verdict) -> None:
        """Write the notebook that nbgrader shows, and enter the verdict: at once, or with those that follow soon.

        A submission that is missing is not entered: nbgrader counts it as missing, too.
        """
        if verdict.state == State.MISSING:
            return
        content = _content(self._assignment.submitted(verdict.student))
        handed_in = HandedIn(content)
        nb = graded_notebook(self._released, handed_in, verdict)
        path = self._assignment.step("autograded", verdict.student) / f"{self._assignment.name}.ipynb"
        notebook.write(nb, path, valid=True)
        self._since = self._since if self._waiting else time.monotonic()
        self._waiting[verdict.student] = self._entry(verdict, handed_in, readable=content is not None)
        if len(self._waiting) >= TOGETHER or time.monotonic() - self._since > SECONDS:
            self.flush()

    def flush(self) -> set[str]:
        """Enter what waits; returns the students of whom a score changed."""
        entries, self._waiting = list(self._waiting.values()), {}
        return self._rows.enter(entries) if entries else set()

    def _entry(self, verdict: Verdict, handed_in: HandedIn, *, readable: bool) -> Entry:
        stamp = self._folders.get_existing_timestamp(str(self._assignment.step("submitted", verdict.student)))
        items = {item.grade_id: item for item in verdict.items}
        scores: dict[str, tuple[float | None, bool]] = {}
        comments: dict[str, str | None] = {}
        for cell in self._released.cells:
            name = notebook.grade_id(cell)
            if name in items:
                # a flag concerns the whole submission: its first item carries it
                doubtful = items[name].state == ItemState.REVIEW or (verdict.flags and items[name] == verdict.items[0])
                scores[name] = (items[name].earned, bool(doubtful))
            elif notebook.is_test(cell) or notebook.is_manual(cell):
                silent = not (readable and _answered(cell, handed_in))
                scores[name] = (0.0, False) if silent else (None, True)
            if (notebook.is_answer(cell) or notebook.is_manual(cell)) and not cell.metadata.nbgrader.get("task"):
                comments[name] = None if _answered(cell, handed_in) else "No response."
        return Entry(verdict.student, stamp, scores, comments)


def _answered(cell: NotebookNode, handed_in: HandedIn) -> bool:
    return handed_in.response(cell).strip() != cell.source.strip()


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
