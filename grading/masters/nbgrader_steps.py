"""How nbgrader is configured for a course, and one of its steps run in this process, with one line if it fails."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import nbgrader.api
from alembic.script import ScriptDirectory
from nbgrader.converters import BaseConverter
from nbgrader.coursedir import CourseDirectory
from nbgrader.dbutil import ALEMBIC_DIR
from nbgrader.utils import capture_log
from traitlets.config import Config

from grading.config import COURSE_ID, Course, CourseError

from .beside.files import NEVER_RELEASED


def _gradebook_version() -> str:
    """The version of nbgrader's tables, which it writes into a new gradebook."""
    return ScriptDirectory(ALEMBIC_DIR).get_heads()[0]


# nbgrader would ask a process of its own, which takes four seconds to say so.
nbgrader.api.get_alembic_version = _gradebook_version


class StepError(CourseError):
    """One of nbgrader's steps failed; `reason` is the last error in its log."""

    def __init__(self, step: str, of: str, reason: str) -> None:
        super().__init__(f"nbgrader's {step} failed for {of}: {reason}")
        self.reason = reason


def run_step(step: type[BaseConverter], course: Course, name: str, config: Config, *, student: str = "*") -> None:
    """Run one of nbgrader's steps anew, quietly; its log becomes the reason if it fails.

    Parameters
    ----------
    step : `GenerateAssignment`, `Autograde` or `GenerateFeedback`
    student : whose submission; everybody's by default

    Raises
    ------
    StepError
        With the name of the step, the assignment, and the last error in nbgrader's log.
    """
    tools_on_path()
    course.work.mkdir(parents=True, exist_ok=True)
    folders = CourseDirectory(config=config, assignment_id=name, student_id=student)
    converter = step(coursedir=folders, config=config, force=True)
    result = capture_log(converter)
    if not result["success"]:
        of = f"{name}, {student}" if student != "*" else name
        raise StepError(step.__name__, of, _reason(result))


def tools_on_path() -> None:
    """Let nbgrader find its tools beside this Python, also where the environment is not activated."""
    folder = str(Path(sys.executable).parent)
    if folder not in os.environ.get("PATH", "").split(os.pathsep):
        os.environ["PATH"] = folder + os.pathsep + os.environ.get("PATH", "")


def _reason(result: dict) -> str:
    """Return the line of nbgrader's log that says what happened: the exception below the first traceback."""
    lines = [line.strip() for line in (result.get("log") or result.get("error", "")).splitlines()]
    for line in lines:
        kind, separator, text = line.partition(": ")
        if separator and kind.split(".")[-1].endswith(("Error", "Exception")) and " " not in kind:
            return f"{kind.split('.')[-1]}: {text}"
    return next((line for line in reversed(lines) if line), "no reason given")


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
    config.Exporter.optimistic_validation = True  # once at the end, not after each of a dozen steps
    config.Exchange.root = os.environ.get("CS182_EXCHANGE", str(course.work / "exchange"))
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
