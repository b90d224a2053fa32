"""Forty submissions of `saliency`, graded by this grader and by stock nbgrader, each from nothing, on two cores.

Twenty different ones, right and wrong, twice. Prints the wall clock of both, whether the points agree, the memory that
one more worker takes for itself, and what it costs to grade again after one test changed.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[0] = str(ROOT)  # this file is called like the package that it measures

import psutil  # noqa: E402
from nbgrader.api import Gradebook  # noqa: E402

from grading.config import CLONE, COURSE_ID, Course  # noqa: E402
from grading.masters import notebook  # noqa: E402
from grading.masters.release import generate  # noqa: E402
from grading.masters.solutions import misconceptions, versions  # noqa: E402

NAME = "saliency"
CHANGED = "test_relu_backward"
CORES = 2

OURS = """
import sys, time
from pathlib import Path
from grading.config import Course
from grading.gradebook.apart import writer_apart
from grading.masters.assignment import Assignment
from grading.run.cluster import connected
from grading.run.session import Session

assignment = Assignment(Course(*map(Path, sys.argv[1:4])), "saliency")
items = 0
with writer_apart(assignment) as book, connected(int(sys.argv[4])) as client:
    for event in Session(assignment).grade(client):
        book.write(event.verdict)
        items += len(event.examined)
print(items)
"""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--different", type=int, default=20, help="different submissions; each is there twice")
    count = options.parse_args().different
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        ours, stock = (prepare(Path(folder) / who, count) for who in ("ours", "stock"))
        students = 2 * count
        first = run_ours(ours)
        print(f"this grader     {first.seconds:7.1f} s   {first.seconds / students:6.2f} s a submission")
        peer = run_stock(stock)
        print(f"stock nbgrader  {peer:7.1f} s   {peer / students:6.2f} s a submission")
        print(f"ratio           {peer / first.seconds:7.1f}     on {CORES} cores, {students} submissions, from nothing")
        different = compare(ours, stock)
        print(f"points          {'the same everywhere' if not different else f'different: {different}'}")
        print(f"memory          {first.private / CORES / 2**20:7.0f} MB private for one more worker, at the peak")
        change(ours)
        again = run_ours(ours)
        print(f"one test changed{again.seconds:7.1f} s   {again.items} items examined again of {first.items}")
    sys.exit(bool(different))


def prepare(root: Path, count: int) -> Course:
    """A course of its own, with the assignment in its gradebook and the submissions handed in."""
    shutil.copytree(ROOT / "solutions" / NAME, root / "solutions" / NAME)
    course = Course(root / "solutions", root / "assignments", root / "work")
    generate(course, NAME)
    released = notebook.read(course.released(NAME))
    for number, answers in enumerate(2 * different_answers(course, count)):
        nb = notebook.with_answers(released, answers)
        notebook.write(nb, course.step("submitted", f"student{number:03}", NAME) / f"{NAME}.ipynb")
    return course


def different_answers(course: Course, count: int) -> list[dict[str, str]]:
    """Answers of all kinds: one half right, each written differently, the other half with one mistake each."""
    right = notebook.answers(notebook.read(course.master(NAME)))
    good = versions(ROOT / "tests" / "solutions" / f"{NAME}_versions.py")
    bad = misconceptions(NAME, course=course)
    chosen = [right, *(right | {entry.function: entry.source} for entry in spread(good, count // 2 - 1))]
    return chosen + [right | {entry.function: entry.source} for entry in spread(bad, count - len(chosen))]


def spread(entries: list, count: int) -> list:
    """Some of the entries, from all over the list."""
    return [entries[i * len(entries) // count] for i in range(count)]


class Run:
    """One run of our grader from nothing: seconds, items examined, and the peak of what its processes hold alone."""

    def __init__(self, command: list[str], temporary: Path) -> None:
        temporary.mkdir()
        self.private = 0
        self._temporary = str(temporary)
        start = time.monotonic()
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env=os.environ | {"TMPDIR": str(temporary)}
        )
        watch = threading.Thread(target=self._watch, args=[process])
        watch.start()
        output, _ = process.communicate()
        self.seconds = time.monotonic() - start
        watch.join()
        if process.returncode:
            sys.exit("The run failed.")
        self.items = int(output.split()[-1])
        for zygote in self._zygotes():
            zygote.kill()

    def _watch(self, process: subprocess.Popen) -> None:
        while process.poll() is None:
            with contextlib.suppress(psutil.NoSuchProcess):  # it ended while it was looked at
                family = [child for zygote in self._zygotes() for child in zygote.children(recursive=True)]
                self.private = max(self.private, sum(private_bytes(child.pid) for child in family))
            time.sleep(1.0)

    def _zygotes(self) -> list[psutil.Process]:
        found = [p for p in psutil.process_iter(["cmdline"]) if _is_zygote(p.info["cmdline"] or [], self._temporary)]
        pids = {process.pid for process in found}
        return [process for process in found if process.is_running() and process.ppid() not in pids]


def _is_zygote(line: list[str], temporary: str) -> bool:
    return "grading.examine.warm_process" in line and any(word.startswith(temporary) for word in line)


def private_bytes(pid: int) -> int:
    """Memory that a process shares with no other one."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(1024 * int(line.split()[1]) for line in lines if line.startswith("Private_"))


def run_ours(course: Course) -> Run:
    folders = [str(path) for path in (course.solutions, course.assignments, course.work)]
    temporary = Path(tempfile.mkdtemp(dir=course.root)) / "tmp"
    return Run([sys.executable, "-c", OURS, *folders, str(CORES)], temporary)


def run_stock(course: Course) -> float:
    """Seconds that `nbgrader autograde` takes."""
    folders = {"SOLUTIONS": course.solutions, "ASSIGNMENTS": course.assignments, "COURSE": course.work}
    environment = os.environ | {f"CS182_{key}": str(path) for key, path in folders.items()}
    command = [sys.executable, "-m", "nbgrader", "autograde", NAME]
    start = time.monotonic()
    subprocess.run(command, cwd=CLONE, env=environment, check=True, capture_output=True)
    return time.monotonic() - start


def compare(ours: Course, stock: Course) -> list[str]:
    """Where the points differ, in words."""
    points = []
    for course in (ours, stock):
        with Gradebook(course.db_url, COURSE_ID) as book:
            points.append(
                {
                    (entry.student.id, grade.name): grade.auto_score
                    for entry in book.assignment_submissions(NAME)
                    for part in entry.notebooks
                    for grade in part.grades
                }
            )
    return [
        f"{key}: {points[0].get(key)} and {points[1].get(key)}"
        for key in points[1]
        if points[0].get(key) != points[1][key]
    ]


def change(course: Course) -> None:
    """Change one test of the master."""
    nb = notebook.read(course.master(NAME))
    next(cell for cell in nb.cells if notebook.grade_id(cell) == CHANGED).source += "\n# looked at again"
    notebook.write(nb, course.master(NAME))


if __name__ == "__main__":
    main()
