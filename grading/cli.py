"""The command `cs182-grade`: each subcommand calls one function of this package."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from .course import Course, CourseError
from .demo import default_assignment
from .demo import demo as run_demo
from .notebook import NotebookError
from .release import release as run_release

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Release and grade the assignments of the course.")
console = Console(width=None if sys.stdout.isatty() else 110)  # a log is no narrow terminal

Names = Annotated[list[str] | None, typer.Argument(help="Assignments; all of them by default.")]


@contextmanager
def sentences() -> Iterator[None]:
    """Show errors that a person can act on as one sentence, without a traceback."""
    try:
        yield
    except (CourseError, NotebookError) as error:
        console.print(f"[red]error:[/red] {error}", highlight=False)
        raise typer.Exit(2) from error


@app.command()
def release(
    names: Names = None,
    check: Annotated[bool, typer.Option("--check", help="Change nothing; exit 1 if something would change.")] = False,
) -> None:
    """Regenerate assignments/ from solutions/."""
    with sentences():
        changed = run_release(Course.from_environment(), names, check=check)
    for path in changed:
        console.print(f"{'out of step' if check else 'written'}: {path}", soft_wrap=True)
    if not changed:
        console.print("assignments are in step with their masters")
    elif check:
        raise typer.Exit(1)


@app.command()
def demo(
    name: Annotated[str | None, typer.Argument(help="The assignment; saliency by default.")] = None,
    course: Annotated[Path | None, typer.Option(help="Where to work; <clone>/demo by default.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Submissions at a time.")] = 2,
    cell_timeout: Annotated[int, typer.Option(min=1, help="Seconds that a cell may run.")] = 40,
) -> None:
    """Grade a sample class, and check that every submission gets exactly the points that it should."""
    with sentences():
        masters = Course.from_environment()
        folder = (course or masters.root / "demo").absolute()
        aside = dataclasses.replace(masters, assignments=folder / "assignments", work=folder)
        good = run_demo(
            name or default_assignment(masters), aside, console=console, workers=workers, cell_timeout=cell_timeout
        )
    if not good:
        raise typer.Exit(1)
