"""`cs182-grade autograde` and `regrade`."""

from __future__ import annotations

import contextlib
from collections import Counter
from pathlib import Path

import typer
from rich.markup import escape

from grading.config.settings import load
from grading.gradebook.penalties import apply_penalties
from grading.gradebook.write import effective_url
from grading.intake.arrivals import absent
from grading.masters.assignment import Assignment
from grading.run.grade import How, grade, outlook, session, set_aside
from grading.run.interrupt import until_asked
from grading.walls.isolation import Level

from .common import (
    Certificates,
    DryRun,
    Jobs,
    Name,
    Scheduler,
    Students,
    Unsafe,
    certificates,
    command,
    console,
    known_students,
)
from .progress import followed, states

GO_ON = "What is finished is kept: give the same command again, and it goes on with the rest."


def autograde(
    name: Name,
    student: Students = None,
    jobs: Jobs = None,
    scheduler: Scheduler = "",
    certs: Certificates = None,
    allow_unsafe: Unsafe = False,
    dry_run: DryRun = False,
) -> None:
    """Grade what was collected: examine what is new or changed, and enter all of it in the gradebook.

    Each item is examined once for each version of the answer and of its test. Exits with 3 if machines failed so that
    submissions were set aside; grades never change the exit code.
    """
    _run(name, student, jobs, scheduler, certs, allow_unsafe, dry_run, fresh=False)


def regrade(
    name: Name,
    student: Students = None,
    jobs: Jobs = None,
    scheduler: Scheduler = "",
    certs: Certificates = None,
    allow_unsafe: Unsafe = False,
    dry_run: DryRun = False,
) -> None:
    """Examine everything anew, whatever is known: for everybody, or for some students.

    A changed test needs no regrade: `autograde` sees what changed. What a person entered by hand stays.
    """
    _run(name, student, jobs, scheduler, certs, allow_unsafe, dry_run, fresh=True)


def _run(
    name: str,
    student: list[str] | None,
    jobs: int | None,
    scheduler: str,
    certs: Path | None,
    allow_unsafe: bool,
    dry_run: bool,
    *,
    fresh: bool,
) -> None:
    with command(GO_ON) as course:
        how = How(jobs, scheduler, certificates(certs), fresh=fresh, level=Level.UNSAFE if allow_unsafe else None)
        assignment = Assignment(course, name)
        students = known_students(course, name, student)
        if dry_run:
            console.print(str(outlook(assignment, students, how)))
            return
        console.print(f"gradebook  {effective_url(course)}", highlight=False, soft_wrap=True)
        console.print(f"isolation  at least {'unsafe' if allow_unsafe else load(course.solutions).level}")
        total = len(students or session(assignment, how).students())
        if not total:
            console.print(f"Nothing was handed in for {name}: collect submissions first.")
            return
        counts: Counter[str] = Counter()
        examined, lost = 0, []
        with contextlib.closing(grade(assignment, students, how)) as events:
            for event in followed(until_asked(events), total, console):
                counts[str(event.verdict.state)] += 1
                examined += len(event.examined)
                if set_aside(event.verdict):
                    lost.append(event.verdict.student)
        late, away = apply_penalties(course, name), absent(course, name)
    console.print(f"{total} submissions: {states(counts)}. {examined} items were examined now, the rest was known.")
    if late:
        console.print(f"{len(late)} late, see the report.")
    if away:
        console.print(f"{len(away)} handed in nothing that can be read, see the report.")
    if lost:
        console.print(
            f"[red]Set aside, since machines failed:[/red] {escape(', '.join(lost[:20]))}. Give the command again."
        )
        raise typer.Exit(3)
