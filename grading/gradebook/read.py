"""The results of an assignment: points from nbgrader's gradebook, words and pictures from the graded notebooks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from nbformat import NotebookNode
from nbgrader.api import Gradebook, SubmittedAssignment

from grading.config import COURSE_ID
from grading.masters import notebook
from grading.masters.assignment import Assignment


@dataclass(frozen=True)
class Score:
    """The points of one item.

    Parameters
    ----------
    points, max_points : what it got, out of how many
    error : why it lost some, in one sentence
    to_read : whether it is a written answer that a person has to read
    flagged : whether a person should look at what a test gave
    comment : what a person wrote about it
    """

    points: float
    max_points: float
    error: str = ""
    to_read: bool = False
    flagged: bool = False
    comment: str = ""


@dataclass(frozen=True)
class Result:
    """One student's assignment.

    Parameters
    ----------
    scores : by item
    pictures : (cell id, base64 PNG) of what was drawn
    failure : why it could not be graded
    penalty : points that lateness costs
    """

    student: str
    scores: Mapping[str, Score]
    pictures: list[tuple[str, str]] = field(repr=False)
    failure: str = ""
    penalty: float = 0.0

    @property
    def total(self) -> float:
        """The sum of the points, late penalties aside."""
        return sum(score.points for score in self.scores.values())


def collect(assignment: Assignment, failures: Mapping[str, str] | None = None) -> list[Result]:
    """Return the results of every student in the gradebook who handed in, by student.

    Parameters
    ----------
    failures : reasons by student for submissions that could not be graded
    """
    with Gradebook(assignment.course.db_url, COURSE_ID) as gradebook:
        submissions = gradebook.assignment_submissions(assignment.name)
        is_test = _items(assignment)
        results = [_result(assignment, submission, is_test, failures or {}) for submission in submissions]
    return sorted(results, key=lambda result: result.student)


def _items(assignment: Assignment) -> dict[str, bool]:
    """Return whether each item of an assignment is a test, in the order of its master."""
    return {
        notebook.grade_id(cell): notebook.is_test(cell)
        for cell in assignment.master.cells
        if notebook.is_test(cell) or notebook.is_manual(cell)
    }


def _result(
    assignment: Assignment, submission: SubmittedAssignment, is_test: Mapping[str, bool], failures: Mapping[str, str]
) -> Result:
    student = submission.student.id
    path = assignment.step("autograded", student) / f"{assignment.name}.ipynb"
    nb = notebook.read(path) if path.exists() else NotebookNode(cells=[])
    failure = failures.get(student, "" if path.exists() else "not graded yet")
    errors, order = _errors(nb), list(is_test)
    grades = [grade for part in submission.notebooks for grade in part.grades]
    comments = {
        comment.name: comment.manual_comment or "" for part in submission.notebooks for comment in part.comments
    }
    scores = {
        grade.name: Score(
            grade.score,
            grade.max_score,
            errors.get(grade.name, ""),
            bool(grade.needs_manual_grade) and not failure and not is_test[grade.name],
            bool(grade.needs_manual_grade) and not failure and is_test[grade.name],
            comments.get(grade.name, ""),
        )
        for grade in sorted(grades, key=lambda grade: order.index(grade.name))
    }
    return Result(student, scores, list(notebook.pictures(nb)), failure, submission.late_submission_penalty or 0.0)


def _errors(nb: NotebookNode) -> dict[str, str]:
    """Return what each failed test said, by grade_id."""
    errors = {}
    for cell in nb.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "error" and notebook.grade_id(cell):
                errors[notebook.grade_id(cell)] = notebook.sentence(output.ename, output.evalue)
    return errors
