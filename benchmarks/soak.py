"""Two thousand generated submissions, right, wrong, hostile and broken, on two cores: what grows, and how fast it goes.

Watches the memory, processes, descriptors and scratch files of the grader while it works, and compares the end with the
beginning. The time of the main process, which is the serial part, and that of the workers give the projection to a
large course.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[0] = str(ROOT)  # beside this file stands one that is called like the package

import psutil  # noqa: E402

from grading.config import Course  # noqa: E402
from grading.config.settings import Times  # noqa: E402
from grading.gradebook.write import Writer, writer  # noqa: E402
from grading.masters import notebook  # noqa: E402
from grading.masters.assignment import Assignment  # noqa: E402
from grading.masters.release import generate  # noqa: E402
from grading.masters.solutions import misconceptions, versions  # noqa: E402
from grading.run.cluster import connected  # noqa: E402
from grading.run.session import Event, Plan, Session  # noqa: E402

NAME = "saliency"
CORES = 2
CLASS = 1500 * 6
GROWTH = 0.1
BODIES = {  # what hostile code does when it is called; the share of submissions that do, in a thousand
    "os._exit(1)": 20,
    "os.kill(os.getpid(), 11)": 20,
    "raise SystemExit": 20,
    "print('x' * 10**8)": 10,
    "return object()": 20,
    "open('/tmp/full', 'wb').write(bytes(10**9))": 10,
    "[subprocess.Popen(['sleep', '1000']) for _ in range(20)]": 10,
    "[os.fork() for _ in range(20)]": 10,
    "socket.create_connection(('192.0.2.1', 80), 1)": 10,
    "np.ones(10**11)": 10,
    "time.sleep(10**6)": 4,
}
BROKEN = {b"": 10, b"{": 10, b"\xff\xfe": 10, b"[]": 10, b'{"nbformat": 4, "cells": 7}': 10}
KINDS = {"right": 500, "wrong": 300, "hostile": sum(BODIES.values()), "broken": sum(BROKEN.values())}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--submissions", type=int, default=2000)
    count = options.parse_args().submissions
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        os.environ["TMPDIR"] = tempfile.tempdir = str(Path(folder) / "tmp")
        Path(tempfile.tempdir).mkdir()
        course = prepare(Path(folder) / "course", count)
        good = soak(course, count)
        shutil.rmtree(course.root)
    sys.exit(not good)


def prepare(root: Path, count: int) -> Course:
    """A course with its submissions handed in, no two of them alike."""
    shutil.copytree(ROOT / "solutions" / NAME, root / "solutions" / NAME)
    course = Course(root / "solutions", root / "assignments", root / "work")
    generate(course, NAME)
    released = notebook.read(course.released(NAME))
    right = notebook.answers(notebook.read(course.master(NAME)))
    good = versions(ROOT / "tests" / "solutions" / f"{NAME}_versions.py")
    bad = misconceptions(NAME, course=course)
    draw = random.Random(182)
    for number in range(count):
        path = course.step("submitted", f"student{number:04}", NAME) / f"{NAME}.ipynb"
        kind = draw.choices(
            ["right", "wrong", "hostile", "broken"], [500, 300, sum(BODIES.values()), sum(BROKEN.values())]
        )[0]
        if kind == "broken":
            path.parent.mkdir(parents=True)
            path.write_bytes(draw.choices(list(BROKEN), list(BROKEN.values()))[0])
            continue
        entry = draw.choice(good if kind == "right" else bad)
        answers = right | {entry.function: entry.source}
        if kind == "hostile":
            answers[entry.function] = hostile(entry.function, draw.choices(list(BODIES), list(BODIES.values()))[0])
        answers = {name: f"# written by student {number}\n{source}" for name, source in answers.items()}
        notebook.write(notebook.with_answers(released, answers), path)
    return course


def hostile(function: str, body: str) -> str:
    return f"import os, socket, subprocess, time\nimport numpy as np\n\ndef {function}(*args, **kwargs):\n    {body}"


class Timed(Session):
    """A session that adds up the seconds of its serial parts, and those that its workers needed."""

    serial = 0.0
    busy = 0.0

    def plan(self, student: str) -> Plan:
        start = time.monotonic()
        try:
            return super().plan(student)
        finally:
            self.serial += time.monotonic() - start

    def _keep(self, plan: Plan, outcome: object) -> Event:
        start = time.monotonic()
        try:
            return super()._keep(plan, outcome)
        finally:
            self.serial += time.monotonic() - start

    def enter(self, book: Writer, event: Event) -> None:
        start = time.monotonic()
        book.write(event.verdict)
        self.serial += time.monotonic() - start


def soak(course: Course, count: int) -> bool:
    """Grade them all; print what was seen; return whether nothing grew and nobody was left out."""
    session = Timed(course, NAME, times=Times(call=10, item=20))
    states, kinds = Counter(), Counter()
    samples: list[dict[str, float]] = []
    over = threading.Event()
    watch = threading.Thread(target=observe, args=[samples, over])
    start = time.monotonic()
    own = time.process_time()
    watch.start()
    with connected(CORES) as client, writer(Assignment(course, NAME)) as book:
        for done, event in enumerate(session.grade(client), start=1):
            session.enter(book, event)
            states[str(event.verdict.state)] += 1
            kinds.update(item.kind or "full" for item in event.verdict.items)
            if done % 50 == 0:
                print(f"  {done:5} of {count} after {time.monotonic() - start:6.0f} s", flush=True)
    seconds = time.monotonic() - start
    over.set()
    watch.join()
    print(f"{count} submissions in {seconds:.0f} s on {CORES} cores: {60 * count / seconds:.0f} a minute")
    print("states:", ", ".join(f"{state} {number}" for state, number in states.most_common()))
    print("items: ", ", ".join(f"{kind} {number}" for kind, number in kinds.most_common()))
    grown = growth(samples)
    project(seconds, session.serial, time.process_time() - own, count)
    return not grown and states.total() == count and states["missing"] == 0


def observe(samples: list[dict[str, float]], over: threading.Event) -> None:
    """Note every second what the grader holds."""
    me = psutil.Process()
    scratch = Path(tempfile.gettempdir())
    while not over.wait(1.0):
        try:
            zygotes = [p for p in psutil.process_iter(["cmdline"]) if is_mine(p.info["cmdline"] or [], str(scratch))]
            pids = {process.pid for process in zygotes}
            first = next(process for process in zygotes if process.ppid() not in pids)
            samples.append(
                {
                    "main's memory, MB": me.memory_full_info().uss / 2**20,
                    "main's descriptors": me.num_fds(),
                    "main's threads": me.num_threads(),
                    "zygote's memory, MB": first.memory_full_info().uss / 2**20,
                    "zygote's descriptors": first.num_fds(),
                    "processes below it": len(first.children(recursive=True)),
                    "scratch, files": sum(1 for _ in scratch.rglob("*")),
                }
            )
        except (psutil.Error, StopIteration, OSError):  # looked at while it was starting or ending
            continue


def is_mine(line: list[str], scratch: str) -> bool:
    return "grading.examine.warm_process" in line and any(word.startswith(scratch) for word in line)


def growth(samples: list[dict[str, float]]) -> list[str]:
    """Compare the last quarter with the second one (the first is for warming up); return what grew."""
    if len(samples) < 20:
        print("too short to say what grows")
        return []
    quarter = len(samples) // 4
    grown = []
    for name in samples[0]:
        early = statistics.median(sample[name] for sample in samples[quarter : 2 * quarter])
        late = statistics.median(sample[name] for sample in samples[-quarter:])
        more = late > early * (1 + GROWTH) + 2
        grown += [name] if more else []
        most = max(sample[name] for sample in samples)
        print(f"  {name:22} {early:8.1f} then {late:8.1f}   most {most:8.1f}{'  GREW' if more else ''}")
    return grown


def project(seconds: float, serial: float, own: float, count: int) -> None:
    """Print how long a course of 1,500 students with six notebooks takes: the longer of serial and parallel part."""
    parallel = CORES * seconds / count
    print(
        f"serial part {1000 * serial / count:.1f} ms a submission; the main process computed {1000 * own / count:.1f}"
    )
    for cores in (2, 16, 128):
        hours = CLASS * max(serial / count, parallel / cores) / 3600
        bound = "workers" if parallel / cores > serial / count else "the serial part"
        print(f"  {CLASS} submissions on {cores:3} cores: {hours:6.2f} h, bound by {bound}")


if __name__ == "__main__":
    main()
