"""Where a course's folders are, and how nbgrader is configured for them: the one place that knows either."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from traitlets.config import Config

COURSE_ID = "cs182"
CLONE = Path(__file__).resolve().parents[2]
NEVER_RELEASED = [
    "misconceptions.py",
    "autotests.yml",
    "__pycache__",
    "*.pyc",
    ".ipynb_checkpoints",
    "feedback",
    ".DS_Store",
]


class CourseError(RuntimeError):
    """Something in the course's folders is missing or wrong; the message says what to do."""


@dataclass(frozen=True)
class Course:
    """The folders of one course: the masters, what students get, and the working folder with the gradebook.

    Parameters
    ----------
    solutions, assignments, work : Path
        Masters (`<name>/<name>.ipynb`), released notebooks, and everything that grading writes.
    database : str
        URL of the gradebook, such as "postgresql+psycopg://user@host/grades"; by default a file in `work`.
    """

    solutions: Path
    assignments: Path
    work: Path
    database: str = ""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Course:
        """Return the course named by CS182_SOLUTIONS, CS182_ASSIGNMENTS, CS182_COURSE and CS182_DATABASE.

        By default, this clone's.
        """
        solutions = Path(environment.get("CS182_SOLUTIONS", CLONE / "solutions")).absolute()
        assignments = Path(environment.get("CS182_ASSIGNMENTS", solutions.parent / "assignments")).absolute()
        work = Path(environment.get("CS182_COURSE", solutions.parent / "grading" / "course")).absolute()
        return cls(solutions, assignments, work, environment.get("CS182_DATABASE", ""))

    @property
    def root(self) -> Path:
        """The folder that nbgrader runs in and formgrader shows."""
        return self.solutions.parent

    @property
    def db_url(self) -> str:
        """nbgrader's gradebook; a writer of SQLite's waits up to a minute for another one."""
        return self.database or f"sqlite:///{self.work / 'gradebook.db'}?timeout=60"

    def names(self) -> list[str]:
        """Return the names of the assignments that have a master notebook, sorted."""
        if not self.solutions.is_dir():
            raise CourseError(
                f"There is no folder of solutions at {self.solutions}. The grader works in a clone of the course; "
                "elsewhere, set CS182_SOLUTIONS to the folder with the master notebooks."
            )
        return sorted(path.stem for path in self.solutions.glob("*/*.ipynb") if path.stem == path.parent.name)

    def master(self, name: str) -> Path:
        """Return the path of an assignment's master notebook."""
        if name not in self.names():
            known = ", ".join(self.names()) or "none"
            raise CourseError(f"There is no assignment {name!r} in {self.solutions}. Known: {known}.")
        return self.solutions / name / f"{name}.ipynb"

    def released(self, name: str) -> Path:
        """Return the path of the notebook that students get (it may not exist yet)."""
        return self.assignments / name / f"{name}.ipynb"

    def step(self, step: str, student: str, name: str) -> Path:
        """Return nbgrader's folder of one student's assignment; `step` is submitted, autograded or feedback."""
        return self.work / step / student / name


def nbgrader_config(course: Course, *, cell_timeout: int | None = None, gradebook: bool = True) -> Config:
    """Return nbgrader's configuration for a course.

    Parameters
    ----------
    cell_timeout : seconds that one cell of a submission may run; by default CS182_CELL_TIMEOUT, else 60
    gradebook : whether a release enters the assignment's cells in the gradebook
    """
    if cell_timeout is None:
        cell_timeout = int(os.environ.get("CS182_CELL_TIMEOUT", "60"))
    config = Config()
    _folders(config.CourseDirectory, course)
    config.GenerateAssignment.preprocessors = _release_steps(gradebook)
    config.GenerateAssignment.no_database = not gradebook
    config.Exchange.root = str(course.work / "exchange")
    # An endless loop is interrupted and costs its own cell; a kernel that floods its output is not waited for.
    config.Execute.timeout = cell_timeout
    config.Execute.interrupt_on_timeout = True
    config.Execute.iopub_timeout = 10
    config.Execute.raise_on_iopub_timeout = False
    config.Execute.startup_timeout = 120
    # nbgrader gives zero points to a test that writes to stderr. A warning or a progress bar is not a wrong answer.
    config.IgnorePattern.enabled = True
    config.IgnorePattern.pattern = r"[\s\S]*"
    return config


def _folders(section: Config, course: Course) -> None:
    section.course_id = COURSE_ID
    section.root = str(course.root)
    section.db_url = course.db_url
    section.ignore = NEVER_RELEASED
    section.source_directory = _step_directory(course, course.solutions)
    section.release_directory = _step_directory(course, course.assignments)
    for step in ("submitted", "autograded", "feedback", "solution", "source_with_tests"):
        section[f"{step}_directory"] = _step_directory(course, course.work / step)


def _step_directory(course: Course, path: Path) -> str:
    """Return a folder as nbgrader wants it: relative to the root where possible, usable in its patterns."""
    relative = str(path.relative_to(course.root) if path.is_relative_to(course.root) else path)
    if special := re.search(r"[][{}()*?+^$|\\]", relative):
        raise CourseError(f"nbgrader cannot work in {path}: its name contains {special[0]!r}. Choose another folder.")
    return relative


def _release_steps(gradebook: bool) -> list[str]:
    """Return nbgrader's own steps, with our stub for a solution and a tidy notebook at the end."""
    ours = {"ClearSolutions": "grading.masters.stub.NamedStub", "InstantiateTests": "grading.masters.stub.Autotests"}
    # As in nbgrader: hidden tests go after the gradebook has seen them, and the checksums are made again after that.
    names = [
        *("IncludeHeaderFooter", "InstantiateTests", "LockCells", "ClearSolutions", "ClearOutput", "CheckCellMetadata"),
        *("ComputeChecksums", "SaveCells", "ClearHiddenTests", "ClearMarkScheme", "ComputeChecksums"),
        "CheckCellMetadata",
    ]
    if not gradebook:
        names.remove("SaveCells")
    return [ours.get(name, f"nbgrader.preprocessors.{name}") for name in names] + ["grading.masters.stub.Tidy"]
