"""Lay a student's page out as nbgrader's `release_feedback` hands pages out, so that students fetch ours.

nbgrader finds a page by the name of the notebook, and keeps it where nobody finds it without the secret that came with
the submission (`submission_secret.txt`, which `nbgrader submit` makes and `nbgrader collect` brings).
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterable
from pathlib import Path

from grading.config import Course
from grading.reports.student_page import feedback_path

SECRET, TIMESTAMP = "submission_secret.txt", "timestamp.txt"


def lay_out(course: Course, name: str, students: Iterable[str]) -> list[str]:
    """Prepare the pages of some students for `nbgrader release_feedback`.

    Returns
    -------
    list of str
        The students who cannot fetch theirs: what they handed in did not come through the exchange.
    """
    without = []
    for student in students:
        page, submitted = feedback_path(course, name, student), course.step("submitted", student, name)
        shutil.copyfile(page, page.with_name(f"{name}.html"))
        _keep(submitted / TIMESTAMP, page.with_name(TIMESTAMP), "")
        # nbgrader stops at the first page without one; a secret that nobody has leads nowhere
        if not _keep(submitted / SECRET, page.with_name(SECRET), secrets.token_urlsafe(32)):
            without.append(student)
    return without


def _keep(source: Path, target: Path, otherwise: str) -> bool:
    """Copy a file, or write something else where it is none; says whether it was copied."""
    there = source.is_file() and not source.is_symlink()
    if there:
        shutil.copyfile(source, target)
    else:
        target.write_text(otherwise, encoding="utf-8")
    return there
