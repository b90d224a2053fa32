"""Run one step of nbgrader in this process, and say in one line why it failed if it did."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from nbgrader.converters import BaseConverter
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import capture_log
from traitlets.config import Config

from grading.config import Course, CourseError


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
