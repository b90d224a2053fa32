"""Where a course's folders are: the one place that knows."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

COURSE_ID = "cs182"
CLONE = Path(__file__).resolve().parents[2]


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
