"""`cs182-grade init`, `release` and `doctor`: the course's folders, the notebooks, this machine."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from grading.config import Course, CourseError
from grading.config.lateness import NAME, TEMPLATE
from grading.config.secret import course_secret
from grading.config.settings import load
from grading.doctor.checkup import examine
from grading.gradebook.write import effective_url
from grading.masters.release import release as run_release

from .common import command, console

Names = Annotated[list[str] | None, typer.Argument(help="Assignments; all of them by default.")]
Check = Annotated[bool, typer.Option("--check", help="Change nothing; exit 1 if something would change.")]
Wheel = Annotated[
    str | None,
    typer.Option(
        help="Address (https) of the package's wheel, written into the notebooks' first cell for students who lack it; "
        'it stays until another is given, or "".',
        show_default=False,
    ),
]
Empty = Annotated[
    Path | None,
    typer.Option(help="Make a course of your own in this folder, with none of our assignments.", show_default=False),
]


def init(empty: Empty = None) -> None:
    """Make the course's working folder: the secret, the gradebook, and a table of due dates to fill in.

    Nothing that is there is changed. Keep the folder private, and back it up: the secret decides everybody's inputs.
    """
    with command() as course:
        if empty is not None:
            course = empty_course(empty)
        course.work.mkdir(parents=True, exist_ok=True)
        course_secret(course.work)
        policy = course.work / NAME
        if not policy.exists():
            policy.write_text(TEMPLATE, encoding="utf-8")
        known = ", ".join(course.names()) or "no assignment yet"
        console.print(f"solutions  {course.solutions} ({known})", soft_wrap=True, highlight=False)
        console.print(f"released   {course.assignments}", soft_wrap=True, highlight=False)
        console.print(f"course     {course.work}", soft_wrap=True, highlight=False)
        console.print(f"gradebook  {effective_url(course)}", soft_wrap=True, highlight=False)
        console.print(f"lateness   {policy}", soft_wrap=True, highlight=False)
    if empty is not None:
        console.print("Every command works on this course after")
        for name, path in (
            ("SOLUTIONS", course.solutions),
            ("ASSIGNMENTS", course.assignments),
            ("COURSE", course.work),
        ):
            console.print(f"  export CS182_{name}={shlex.quote(str(path))}", soft_wrap=True, highlight=False)
    console.print("Next: `cs182-grade doctor` says how well this machine confines student code.")


def empty_course(folder: Path) -> Course:
    """Make the folder of a course with no assignment in it; one that is there, with assignments or not, stays as it is.

    Raises
    ------
    CourseError
        If the folder is none, or holds something else than a course.
    """
    folder = folder.expanduser().absolute()
    if folder.exists() and not folder.is_dir():
        raise CourseError(f"{folder} is a file. Name a new folder for the course.")
    if folder.exists() and any(folder.iterdir()) and not (folder / "solutions").is_dir():
        raise CourseError(f"{folder} holds something else than a course. Name a new or an empty folder.")
    (folder / "solutions").mkdir(parents=True, exist_ok=True)
    return Course.from_environment({"CS182_SOLUTIONS": str(folder / "solutions")})


def release(names: Names = None, check: Check = False, wheel: Wheel = None) -> None:
    """Regenerate assignments/ from solutions/."""
    with command() as course:
        changed = run_release(course, names, check=check, wheel=wheel)
    for path in changed:
        console.print(f"{'out of step' if check else 'written'}: {path}", soft_wrap=True)
    if not changed:
        console.print("assignments are in step with their masters")
    elif check:
        raise typer.Exit(1)


def doctor() -> None:
    """Try to break out of the sandbox on this machine, and say what holds and what to install or change.

    Exits with 1 if the machine gives less than the course asks for (`level` in solutions/grading.toml).
    """
    with command() as course:
        report = examine(load(course.solutions))
    console.print(f"[b]{report.level}[/b]: {report.level.means}", highlight=False)
    console.print(f"required: {report.required}; Python {sys.version.split()[0]}, user {os.getuid()}", highlight=False)
    for layer in report.layers:
        mark = "[green]present[/green]" if layer.present else f"[yellow]absent[/yellow]. {layer.advice}"
        console.print(f"  {layer.name:11} {mark}", highlight=False)
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for attempt in report.attempts:
        held = (
            "[green]held[/green]"
            if attempt.held
            else "[red]BROKEN[/red]"
            if attempt.promised
            else "[yellow]open[/yellow]"
        )
        table.add_row(f"  {held}", attempt.name, attempt.outcome[:60])
    console.print(table)
    if report.fault:
        console.print(f"[red]{report.fault}[/red]", highlight=False)
    if not report.well:
        raise typer.Exit(1)
    console.print("[green]All that this level promises held.[/green]")
