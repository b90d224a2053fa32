"""`cs182-grade collect`."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from grading.intake.collect import collect as run_collect
from grading.intake.roster import Roster

from .common import DryRun, Name, command, console

Source = Annotated[Path, typer.Argument(help="A zip from Canvas, Gradescope or Moodle, a folder, or a notebook.")]
ClassList = Annotated[
    Path | None,
    typer.Option(
        help="CSV with the column `student`, and `name`, `email`, `canvas_id` ..., or a gradebook from Canvas."
    ),
]


def collect(name: Name, source: Source, roster: ClassList = None, dry_run: DryRun = False) -> None:
    """Bring submissions into the course's folder, from wherever they were handed in.

    Notebooks are recognised by their content, whatever they are called; the latest counts. Nothing in an archive can
    stop this or write anywhere else. Collecting twice changes nothing.
    """
    with command("Give the same command again.") as course:
        people = Roster.load(roster) if roster else None
        records = run_collect(source, course, name, roster=people, dry_run=dry_run)
    for record in records:
        for flag in record.flags:
            console.print(
                f"  [yellow]{escape(record.student)}[/yellow]: {escape(flag)}", highlight=False, soft_wrap=True
            )
    counts = Counter(record.state for record in records)
    said = ", ".join(f"{count} {state}" for state, count in counts.most_common()) or "nothing"
    console.print(f"{'would find' if dry_run else 'found'} {said}")
