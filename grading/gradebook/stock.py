"""Grade submissions with stock nbgrader: each runs in a Jupyter kernel of its own, a few of them at a time."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass

from nbgrader.converters import Autograde, GenerateFeedback

from grading.config import Course
from grading.masters.nbgrader_steps import StepError, nbgrader_config, run_step


@dataclass(frozen=True)
class Run:
    """How the grading of one submission went; `failure` says why it could not be graded at all, or is empty."""

    student: str
    seconds: float
    failure: str = ""


def submitted(course: Course, name: str) -> list[str]:
    """Return the students who handed in an assignment, sorted."""
    return sorted(path.parent.name for path in (course.work / "submitted").glob(f"*/{name}"))


def autograde(
    course: Course, name: str, students: Iterable[str], *, workers: int = 2, cell_timeout: int | None = None
) -> Iterator[Run]:
    """Grade each student's submission anew and yield how it went, in the order in which they end.

    No submission stops another one: a failure is a result. The gradebook must know the assignment
    (`grading.masters.release.generate`).

    Parameters
    ----------
    workers : submissions at a time; nbgrader's SQLite gradebook lets writers wait for each other
    cell_timeout : seconds for each cell, see `nbgrader_config`
    """
    # Workers are spawned, not forked: nbgrader changes the working directory and runs an event loop.
    context = multiprocessing.get_context("spawn")
    log = str(course.work / "autograde.log")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_prepare, initargs=(log,)) as pool:
        runs = [pool.submit(_grade, course, name, student, cell_timeout) for student in students]
        for run in as_completed(runs):
            yield run.result()


def feedback(course: Course, name: str) -> None:
    """Write nbgrader's feedback pages for every graded submission."""
    run_step(GenerateFeedback, course, name, nbgrader_config(course))


def _prepare(log: str) -> None:
    """Set up a worker: one thread a kernel, so that kernels do not fight for the cores, and its noise in a file."""
    for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[variable] = "1"
    os.environ.pop("MPLBACKEND", None)  # a kernel that draws elsewhere hands in no pictures
    noise = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):  # kernels inherit both
        os.dup2(noise, stream)


def _grade(course: Course, name: str, student: str, cell_timeout: int | None) -> Run:
    start = time.monotonic()
    failure = ""
    try:
        run_step(Autograde, course, name, nbgrader_config(course, cell_timeout=cell_timeout), student=student)
    except StepError as error:
        failure = error.reason
    return Run(student, time.monotonic() - start, failure)
