"""`cs182-grade gradescope`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from grading.exports.gradescope import VISIBILITIES, pack
from grading.masters.assignment import Assignment
from grading.walls.isolation import Level

from .common import Name, command, console

To = Annotated[Path, typer.Option("--to", help="The zip to write.")]
Visibility = Annotated[str, typer.Option(help=f"When students see results: {', '.join(VISIBILITIES)}.")]
Unsafe = Annotated[
    bool, typer.Option("--allow-unsafe", help="Grade there even if the container cannot confine student code.")
]


def gradescope(
    name: Name, to: To = Path("autograder.zip"), visibility: Visibility = "visible", allow_unsafe: Unsafe = False
) -> None:
    """Pack the grader of an assignment for Gradescope: upload the zip under Configure Autograder.

    It asks for the level "restricted" there, see docs/instructor.md, and refuses to grade below. It draws inputs from a
    secret of its own, and grades tests only: written answers are read in Gradescope.
    """
    with command() as course:
        level = Level.UNSAFE if allow_unsafe else Level.RESTRICTED
        path = pack(Assignment(course, name), to.absolute(), visibility=visibility, level=level.value)
    console.print(f"written: {path} ({path.stat().st_size / 2**20:.0f} MB)", soft_wrap=True, highlight=False)
