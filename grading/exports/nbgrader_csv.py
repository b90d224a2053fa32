"""All grades as nbgrader exports them: one row a student and assignment."""

from __future__ import annotations

from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.plugins import CsvExportPlugin

from grading.config import COURSE_ID, Course


def export_csv(course: Course, path: Path) -> None:
    """Write all grades with nbgrader's own exporter."""
    with Gradebook(course.db_url, COURSE_ID) as gradebook:
        CsvExportPlugin(to=str(path)).export(gradebook)
