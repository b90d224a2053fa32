"""Rows of nbgrader's gradebook for many submissions at once: a few statements and one commit for all of them.

What nbgrader's own `add_submission` makes for one submission is made here for each: the student, the submission, its
notebook, and a grade or a comment for each cell of the assignment.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nbgrader.api import (
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    GradeCell,
    SolutionCell,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
    TaskCell,
)
from sqlalchemy import insert, select, update

_AT_ONCE = 500
"""Values in one statement: some databases take no more than a thousand."""


@dataclass(frozen=True)
class Entry:
    """What the gradebook is to say of a submission.

    Parameters
    ----------
    timestamp : when it was handed in (UTC), None if nothing says so
    scores : for each graded cell the automatic score (None where a person gives it), and whether a person should look
    comments : for each answer cell the automatic comment, or None
    """

    student: str
    timestamp: datetime | None
    scores: dict[str, tuple[float | None, bool]]
    comments: dict[str, str | None]


class Rows:
    """The rows of one assignment's submissions.

    Parameters
    ----------
    name : of the assignment and of its one notebook
    """

    def __init__(self, gradebook: Gradebook, name: str) -> None:
        self._db = gradebook.db
        part = gradebook.find_notebook(name, name)
        self._notebook, self._assignment = str(part.id), str(part.assignment_id)
        kinds = (GradeCell, SolutionCell, TaskCell)
        graded, answered, tasks = (
            list(self._db.scalars(select(kind.id).where(kind.notebook_id == part.id))) for kind in kinds
        )
        self._graded, self._commented = [*graded, *tasks], [*answered, *tasks]
        self._db.expunge_all()

    def enter(self, entries: Sequence[Entry]) -> set[str]:
        """Write entries, one a student; returns the students of whom an automatic score changed."""
        parts = self._parts(entries)
        changed = self._scores(entries, parts)
        self._comments(entries, parts)
        self._db.commit()
        self._db.expunge_all()  # or every submission of the class would stay in memory
        return changed

    def _parts(self, entries: Sequence[Entry]) -> dict[str, str]:
        """The id of each student's notebook; what is not there yet is made, and timestamps are brought up to date."""
        students = [entry.student for entry in entries]
        known = {row[0] for row in self._in(select(Student.id), Student.id, students)}
        self._add(Student, [{"id": name} for name in students if name not in known])
        found = select(SubmittedAssignment.student_id, SubmittedAssignment.id, SubmittedNotebook.id).join(
            SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id
        )
        found = found.where(SubmittedNotebook.notebook_id == self._notebook)
        there = {row[0]: row[1:] for row in self._in(found, SubmittedAssignment.student_id, students)}
        missing = [entry for entry in entries if entry.student not in there]
        ids = {entry.student: (_new_id(), _new_id()) for entry in missing}
        self._add(
            SubmittedAssignment,
            [
                {"id": ids[e.student][0], "assignment_id": self._assignment, "student_id": e.student} | _timestamp(e)
                for e in missing
            ],
        )
        self._add(
            SubmittedNotebook,
            [
                {"id": part, "assignment_id": submission, "notebook_id": self._notebook}
                for submission, part in ids.values()
            ],
        )
        for kind, cells in ((Grade, self._graded), (Comment, self._commented)):
            self._add(kind, [{"notebook_id": part, "cell_id": cell} for _, part in ids.values() for cell in cells])
        late = [{"id": there[e.student][0]} | _timestamp(e) for e in entries if e.student in there and e.timestamp]
        self._update(SubmittedAssignment, late)
        return {student: part for student, (_, part) in (there | ids).items()}

    def _scores(self, entries: Sequence[Entry], parts: dict[str, str]) -> set[str]:
        wanted = {parts[entry.student]: entry for entry in entries}
        rows = select(Grade.notebook_id, BaseCell.name, Grade.id, Grade.auto_score, Grade.manual_score).join(
            BaseCell, BaseCell.id == Grade.cell_id
        )
        changed, updates = set(), []
        for part, name, number, known, manual in self._in(rows, Grade.notebook_id, list(wanted)):
            if name not in wanted[part].scores:
                continue
            score, doubtful = wanted[part].scores[name]
            new: dict[str, Any] = {}
            if known != score:
                changed.add(wanted[part].student)
                new = {"auto_score": score}
            # a person is asked (again) only where the score changed, or where there is none to set
            if new or (score is None and manual is None):
                new["needs_manual_grade"] = doubtful or manual is not None
            if new:
                updates.append({"id": number, "auto_score": score} | new)
        self._update(Grade, updates)
        return changed

    def _comments(self, entries: Sequence[Entry], parts: dict[str, str]) -> None:
        wanted = {parts[entry.student]: entry for entry in entries}
        rows = select(Comment.notebook_id, BaseCell.name, Comment.id, Comment.auto_comment).join(
            BaseCell, BaseCell.id == Comment.cell_id
        )
        self._update(
            Comment,
            [
                {"id": number, "auto_comment": wanted[part].comments.get(name)}
                for part, name, number, known in self._in(rows, Comment.notebook_id, list(wanted))
                if known != wanted[part].comments.get(name)
            ],
        )

    def _in(self, statement: Any, column: Any, values: list[str]) -> Iterable[Any]:
        for start in range(0, len(values), _AT_ONCE):
            yield from self._db.execute(statement.where(column.in_(values[start : start + _AT_ONCE]))).all()

    def _add(self, kind: Any, rows: list[dict[str, Any]]) -> None:
        if rows:
            self._db.execute(insert(kind), rows)

    def _update(self, kind: Any, rows: list[dict[str, Any]]) -> None:
        for columns in {tuple(row) for row in rows}:  # those with the same columns go in one statement
            self._db.execute(update(kind), [row for row in rows if tuple(row) == columns])


def _new_id() -> str:
    return uuid.uuid4().hex


def _timestamp(entry: Entry) -> dict[str, Any]:
    return {"timestamp": entry.timestamp}
