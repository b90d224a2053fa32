"""The demonstration: release an assignment, grade a sample class of real submissions, and check every number."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from grading.config import Course, CourseError
from grading.config.settings import Times, load
from grading.exports.nbgrader_csv import export_csv
from grading.gradebook.read import Result
from grading.gradebook.stock import feedback
from grading.masters import notebook
from grading.masters.assignment import Assignment
from grading.masters.release import generate
from grading.reports.class_report import graded_results, write_class_report
from grading.reports.student_page import PAGE, write_feedback
from grading.run.grade import How, grade
from grading.run.session import Event
from grading.verdicts.verdict import Verdict
from grading.walls.isolation import Level, walls

from .sample_class import Sample, add_pictures, sample_class, write

MARKER = ".sample-class"


@dataclass(frozen=True)
class Demonstration:
    """A sample class that is ready to be graded: where, of which assignment, whose submissions, and how confined."""

    assignment: Assignment
    samples: list[Sample]
    level: Level
    how: How

    def grade(self) -> Generator[tuple[Sample, Event]]:
        """Grade every submission, and yield each as it ends."""
        by_student = {sample.student: sample for sample in self.samples}
        with contextlib.closing(grade(self.assignment, list(by_student), self.how)) as events:
            for event in events:
                yield by_student[event.verdict.student], event

    def report(self, verdicts: list[Verdict]) -> list[Result]:
        """Write grades.csv, the pages of feedback and report.html; return the gradebook's results, by student."""
        results = graded_results(self.assignment, verdicts)
        export_csv(self.course, self.grades)
        feedback(self.course, self.name)
        write_feedback(self.assignment, verdicts, results={result.student: result for result in results})
        write_class_report(self.assignment, path=self.page, title=f"{self.name}: the sample class")
        return results

    @property
    def course(self) -> Course:
        return self.assignment.course

    @property
    def name(self) -> str:
        return self.assignment.name

    @property
    def page(self) -> Path:
        return self.course.work / "report.html"

    @property
    def grades(self) -> Path:
        return self.course.work / "grades.csv"

    @property
    def feedback(self) -> str:
        return f"{self.course.work / 'feedback'}/<student>/{self.name}/{PAGE}"


def prepare(name: str, course: Course, *, workers: int = 2, cell_timeout: int = 20) -> Demonstration:
    """Release an assignment in `course.work`, made anew, and hand in the sample class.

    Student code is confined as far as this machine can; where it cannot at all, attacks that only walls stop stay out.

    Raises
    ------
    CourseError
        If the folder holds something else than an earlier demonstration.
    """
    level = walls(load(course.solutions)).level
    _fresh(course.work)
    generate(course, name)
    assignment = Assignment(course, name)
    samples = [sample for sample in sample_class(assignment) if level != Level.UNSAFE or not sample.walls]
    write(assignment, samples)
    add_pictures(assignment, samples, workers=workers)
    times = Times(cell=cell_timeout, call=cell_timeout, item=2 * cell_timeout)
    return Demonstration(assignment, samples, level, How(workers, level=level, times=times))


def as_expected(sample: Sample, verdict: Verdict, result: Result) -> bool:
    """Return whether the gradebook has the points that the sample was made for, and the verdict its state."""
    got = {test: result.scores[test].points for test in sample.expected if test in result.scores}
    same = sample.student == verdict.student == result.student
    return same and got == dict(sample.expected) and verdict.state == sample.state


def default_assignment(course: Course) -> str:
    """Return the assignment that the demonstration grades unless told otherwise: saliency, or the first one."""
    names = [name for name in course.names() if notebook.tests(notebook.read(course.master(name)))]
    if not names:
        raise CourseError(f"No master notebook in {course.solutions} has a graded test.")
    return "saliency" if "saliency" in names else names[0]


def _fresh(folder: Path) -> None:
    """Empty a folder that an earlier demonstration made; refuse any other that is not empty."""
    if folder.exists() and any(folder.iterdir()) and not (folder / MARKER).exists():
        raise CourseError(f"{folder} is not empty and no earlier demonstration made it: choose a new folder.")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / MARKER).write_text("This folder is made anew by `cs182-grade demo`.\n")
