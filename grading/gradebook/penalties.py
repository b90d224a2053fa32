"""Bring the late penalties in the gradebook in step with the table in `late.toml`."""

from __future__ import annotations

from dataclasses import dataclass

from nbgrader.api import Gradebook, MissingEntry

from grading.config import COURSE_ID, Course
from grading.config.lateness import Policy, load
from grading.intake.arrivals import load_records, submitted_at


@dataclass(frozen=True)
class Late:
    """A late submission: the points it loses, why, and whether only a person can tell how late it is."""

    student: str
    points: float
    reason: str
    unclear: bool = False


def apply_penalties(course: Course, name: str, policy: Policy | None = None) -> list[Late]:
    """Write every submission's late penalty into the gradebook anew, and return who was late, by student.

    What a person graded counts as earned, too, so this is done again after reading written answers. A submission that
    was only marked as late, at an unknown time, is left to a person.
    """
    policy = policy or load(course.work)
    records = load_records(course, name)
    late = []
    with Gradebook(course.db_url, COURSE_ID) as gradebook:
        try:
            submissions = gradebook.assignment_submissions(name)
        except MissingEntry:
            return []
        for submission in submissions:
            student = submission.student.id
            record = records.get(student)
            if record is not None and record.late and policy.due(name, student) is not None:
                late.append(
                    Late(student, submission.late_submission_penalty, "marked as late, nobody says how late", True)
                )
                continue
            penalty = policy.penalty(name, student, submission.score, submitted_at(course, name, student))
            for part in submission.notebooks:
                part.late_submission_penalty = penalty.points if part.name == name else 0.0
            if penalty.reason:
                late.append(Late(student, penalty.points, penalty.reason))
        gradebook.db.commit()
    return sorted(late, key=lambda entry: entry.student)
