"""What the main process itself does for a submission, and how far its workers can grow: examiners that answer at once.

First a class with examiners that take no time: all that is left is the coordinator's own work, printed by its parts,
and that of the process that writes notebooks and rows. Then simulated examiners of 0.85 seconds, 16, 64 and 128 of
them, which only wait: the share of linear growth.

    python benchmarks/coordinator.py [--students 1500] [--assignments 6] [--seconds 0.85]
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import functools
import json
import resource
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.pop(0)  # beside this file lies a grading.py, which is not the package

from grading.config import CLONE, Course
from grading.gradebook.apart import WriterApart
from grading.masters import notebook
from grading.masters.assignment import Assignment
from grading.masters.release import generate
from grading.run import grade as grading
from grading.run import session
from grading.run.grade import How, grade
from grading.run.session import Session
from grading.verdicts.store import Store

WORKERS = (16, 64, 128)
PARTS = {  # of them each is timed without those that it calls
    "planning (reading and hashing included)": (Session, "plan"),
    "sending": (Session, "_task"),
    "receiving": (Session, "_keep"),
    "results on disk": (Store, "put"),
    "verdicts on disk": (Store, "put_verdict"),
    "handing over to the gradebook's process": (WriterApart, "write"),
    "waiting for it at the end": (WriterApart, "flush"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--students", type=int, default=1500)
    parser.add_argument("--assignments", type=int, default=6, help="of the course's, at most")
    parser.add_argument("--seconds", type=float, default=0.85, help="that a simulated examiner takes")
    options = parser.parse_args()
    names = Course.from_environment().names()[: options.assignments]
    grading.check_master = lambda session: None  # its own tests take seconds, once a term
    with tempfile.TemporaryDirectory(prefix="bench-") as place:
        course = prepare(Path(place), names, options.students)
        alone(course, names, options.students * len(names))
        for workers in WORKERS:
            grown(course, names[0], options.students, workers, options.seconds)


def alone(course: Course, names: list[str], count: int) -> None:
    """The coordinator's own work for every submission of a course."""
    memory_before, children_before = memory(), children()
    with timed() as spent:
        seconds = sum(run(course, name, jobs=2, wait=0.0) for name in names)
    beside = children() - children_before
    print(f"{count:,} submissions, examiners that answer at once: {1e3 * seconds / count:.1f} ms each")
    for part, own in spent.items():
        print(f"  {part:42} {1e3 * own / count:6.2f} ms")
    print(f"  {'the rest':42} {1e3 * (seconds - sum(spent.values())) / count:6.2f} ms")
    print(f"  {'beside it: CPU of who writes the gradebook':42} {1e3 * beside / count:6.2f} ms")
    print(f"  memory: {memory_before:.0f} MB at the start, {memory():.0f} MB at its peak", flush=True)


def grown(course: Course, name: str, count: int, workers: int, wait: float) -> None:
    """How near simulated examiners come to linear growth."""
    for folder in ("results", "verdicts", "autograded"):
        shutil.rmtree(course.work / folder, ignore_errors=True)
    seconds = run(course, name, jobs=workers, wait=wait)
    linear = wait * count / workers
    share = 100 * linear / seconds
    print(f"{workers:4} workers of {wait} s, {count} submissions: {seconds:6.1f} s, {share:.0f}% of linear", flush=True)


def run(course: Course, name: str, *, jobs: int, wait: float) -> float:
    """Seconds to grade one assignment with simulated examiners."""
    assignment = Assignment(course, name)
    points = {test.grade_id: test.points for test in assignment.bundle.tests}
    session.examine = functools.partial(simulated, points, wait)
    started = time.perf_counter()
    for _ in grade(assignment, None, How(jobs=jobs)):
        pass
    return time.perf_counter() - started


def simulated(points: dict[str, float], wait: float, task: str, bundle: str) -> str:
    """An examiner that gives all points after a while."""
    seeds = json.loads(task)["job"]["seeds"]
    time.sleep(wait)
    items = [{"grade_id": test, "earned": points[test], "points": points[test], "state": "full"} for test in seeds]
    return json.dumps({"state": "graded", "flags": [], "reason": "", "items": items})


def prepare(root: Path, names: list[str], students: int) -> Course:
    """A course with as many submissions, no two alike."""
    own = Course.from_environment()
    course = dataclasses.replace(own, solutions=root / "solutions", assignments=root / "released", work=root / "work")
    shutil.copytree(CLONE / "solutions", course.solutions)
    for name in names:
        generate(course, name)
        right = notebook.answers(notebook.read(course.master(name)))
        nb = notebook.with_answers(notebook.read(course.released(name)), right)
        cell = next(cell for cell in nb.cells if notebook.is_answer(cell))
        source = cell.source
        for number in range(students):
            cell.source = f"{source}\n# {number}"
            path = course.step("submitted", f"student{number:04}", name) / f"{name}.ipynb"
            notebook.write(nb, path, valid=True)
    return course


@contextlib.contextmanager
def timed() -> Iterator[dict[str, float]]:
    """Seconds that each of the parts takes by itself, while the block runs."""
    spent: dict[str, float] = defaultdict(float)
    inside: list[float] = []
    originals = {part: getattr(*where) for part, where in PARTS.items()}

    def watched(part: str, function: Callable) -> Callable:
        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            started = time.perf_counter()
            inside.append(0.0)
            try:
                return function(*args, **kwargs)
            finally:
                whole, within = time.perf_counter() - started, inside.pop()
                spent[part] += whole - within
                if inside:
                    inside[-1] += whole

        return call

    for part, (owner, name) in PARTS.items():
        setattr(owner, name, watched(part, originals[part]))
    try:
        yield spent
    finally:
        for part, (owner, name) in PARTS.items():
            setattr(owner, name, originals[part])


def children() -> float:
    """Seconds of processor that ended processes of this one took so far: of those that write the gradebook."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def memory() -> float:
    """Largest resident memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
