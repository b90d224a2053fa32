"""Grade an assignment: workers, verdicts on disk, the gradebook. What is known is not examined again."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass

from grading.config.settings import Times, load
from grading.examine.self_test import self_test
from grading.examine.shared_zygote import zygote
from grading.gradebook.apart import writer_apart
from grading.intake.misnamed import take
from grading.masters.assignment import Assignment
from grading.verdicts.code_version import code_version
from grading.verdicts.verdict import State, Verdict
from grading.walls.isolation import Level

from .cluster import Tls, connected
from .session import Event, Session


@dataclass(frozen=True)
class How:
    """How to grade.

    Parameters
    ----------
    jobs : workers on this machine; by default one a core
    scheduler, tls : a dask scheduler elsewhere instead, "tls://host:port", and the certificates for it
    fresh : whether to examine everything anew, whatever is known
    level : the least isolation; by default what the course asks for
    times : how long student code may take
    """

    jobs: int | None = None
    scheduler: str = ""
    tls: Tls | None = None
    fresh: bool = False
    level: Level | None = None
    times: Times = dataclasses.field(default_factory=Times)


@dataclass(frozen=True)
class Outlook:
    """What grading would do: submissions that are known already, that are to be examined, and that cannot be read."""

    known: int
    to_examine: int
    items: int
    unreadable: int

    def __str__(self) -> str:
        return (
            f"{self.to_examine} submissions would be examined ({self.items} items), {self.known} are known already, "
            f"{self.unreadable} are missing or cannot be read."
        )


def session(assignment: Assignment, how: How) -> Session:
    """Return the session that grades an assignment so."""
    settings = load(assignment.course.solutions)
    if how.level is not None:
        settings = dataclasses.replace(settings, level=how.level.value)
    return Session(assignment, times=how.times, fresh=how.fresh, settings=settings)


def outlook(assignment: Assignment, students: Iterable[str] | None, how: How) -> Outlook:
    """Return what grading would do, without doing it."""
    grading = session(assignment, how)
    plans = [grading.plan(student) for student in (grading.students() if students is None else students)]
    waiting = [plan for plan in plans if not plan.complete]
    bad = sum(plan.verdict.state in (State.UNREADABLE, State.MISSING) for plan in plans)
    items = sum(len(plan.missing) for plan in waiting)
    return Outlook(len(plans) - len(waiting) - bad, len(waiting), items, bad)


def grade(assignment: Assignment, students: Iterable[str] | None, how: How) -> Generator[Event]:
    """Yield each submission's verdict as it is reached; it is on disk by then, and in the gradebook a second later.

    Raises
    ------
    CourseError
        If the master does not pass its own tests, the workers cannot run, or the gradebook cannot be opened.
    """
    take(assignment.course, assignment.name)
    grading = session(assignment, how)
    students = grading.students() if students is None else list(students)
    waiting = any(not grading.plan(student).complete for student in students)
    if waiting and not how.scheduler:
        check_master(grading)
    with writer_apart(assignment) as gradebook, contextlib.ExitStack() as stack:
        events: Iterator[Event]
        if waiting:
            client = stack.enter_context(connected(how.jobs, scheduler=how.scheduler, tls=how.tls))
            # ended before its workers are, also when Ctrl-C comes while a verdict is being written
            events = stack.enter_context(contextlib.closing(grading.grade(client, students, idle=gradebook.flush)))
        else:  # no workers are needed to look things up
            events = _known(grading, students)
        for event in events:
            gradebook.write(event.verdict)
            yield event


def check_master(grading: Session) -> None:
    """Let the master pass its own tests first, once for each version of it.

    Raises
    ------
    NotebookError
        If it does not.
    """
    settings = grading.settings.to_json()
    about = [dataclasses.asdict(grading.bundle), settings, code_version()]
    key = hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()
    if grading.store.get(key) is None:
        self_test(grading.bundle, zygote=zygote(json.dumps(settings, sort_keys=True)), times=grading.times)
        grading.store.put(key, {"passed": True})


def set_aside(verdict: Verdict) -> bool:
    """Whether no examiner could finish this submission: a fault of the machines, not of the student."""
    return verdict.state == State.REVIEW and bool(verdict.reason)


def _known(grading: Session, students: Iterable[str]) -> Iterator[Event]:
    for student in students:
        verdict = grading.plan(student).verdict
        grading.store.put_verdict(verdict)
        yield Event(verdict)
