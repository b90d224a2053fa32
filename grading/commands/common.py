"""What the commands share: the console, the course, options, and errors in one sentence."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from sqlalchemy.exc import SAWarning

from grading.config import Course, CourseError
from grading.examine.shared_zygote import ZygoteError
from grading.masters.nbgrader_steps import tools_on_path
from grading.masters.notebook import NotebookError
from grading.run.cluster import Tls
from grading.run.interrupt import listening

console = Console(width=None if sys.stdout.isatty() else 110)  # a log is no narrow terminal

Name = Annotated[str, typer.Argument(help="The assignment, such as saliency.", show_default=False)]
Students = Annotated[
    list[str] | None,
    typer.Option("--student", help="Only this student; may be given several times.", show_default=False),
]
Jobs = Annotated[int | None, typer.Option(min=1, help="Workers on this machine; one a core by default.")]
Scheduler = Annotated[str, typer.Option(help="A dask scheduler elsewhere: tls://host:port.", show_default=False)]
Certificates = Annotated[
    Path | None, typer.Option(help="Folder with ca.pem, cert.pem and key.pem for the scheduler.", show_default=False)
]
Unsafe = Annotated[
    bool,
    typer.Option("--allow-unsafe", help="Run student code even where it cannot be confined: it could do all you can."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")]


@contextmanager
def command(resume: str = "") -> Iterator[Course]:
    """Give the course; show errors that a person can act on as one sentence, and say how to go on after Ctrl-C."""
    tools_on_path()
    warnings.filterwarnings("ignore", category=SAWarning)  # nbgrader's own; nothing that anybody here could change
    try:
        with listening():
            yield Course.from_environment()
    except (CourseError, NotebookError, ZygoteError) as error:
        console.print(f"[red]error:[/red] {escape(str(error))}", highlight=False)
        raise typer.Exit(2) from error
    except KeyboardInterrupt as interrupt:
        console.print(f"\nStopped. {resume}".rstrip(), highlight=False)
        raise typer.Exit(130) from interrupt


def certificates(folder: Path | None) -> Tls | None:
    """Return the certificates in a folder."""
    if folder is None:
        return None
    files = [folder / name for name in ("ca.pem", "cert.pem", "key.pem")]
    if lacking := [str(file) for file in files if not file.is_file()]:
        raise CourseError(f"There is no {lacking[0]}. The folder of certificates holds ca.pem, cert.pem and key.pem.")
    return Tls(*files)


def known_students(course: Course, name: str, wanted: list[str] | None) -> list[str] | None:
    """Return the students to work on; None for all.

    Raises
    ------
    CourseError
        If one of them handed nothing in.
    """
    for student in wanted or ():
        if not course.step("submitted", student, name).is_dir():
            raise CourseError(
                f"{student} handed in nothing for {name}: there is no {course.step('submitted', student, name)}."
            )
    return wanted or None
