"""`cs182-grade new`, `import` and `check`: for who writes an assignment."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from grading.author.imported import bring
from grading.author.skeleton import new as write_skeleton
from grading.masters.assignment import Assignment

from .common import Jobs, Name, command, console

NewName = Annotated[str, typer.Argument(help="The new assignment, such as k_means.", show_default=False)]
Plain = Annotated[int, typer.Option(min=0, max=20, help="Add so many plain questions: a stub and a test each.")]
Written = Annotated[bool, typer.Option("--written", help="Add a question that a person grades.")]
Source = Annotated[
    Path, typer.Argument(help="A notebook, an assignment's folder, or nbgrader's source folder.", exists=True)
]
To = Annotated[Path | None, typer.Option("--to", help="Where to write the page; in the course's folder by default.")]


def new(name: NewName, plain: Plain = 0, written: Written = False) -> None:
    """Write a small assignment that works as it is, to be written over: master, known mistakes, right versions.

    Its one question has an idea, a formula, a stub, visible and hidden tests, and a picture. What is there stays.
    """
    with command() as course:
        paths = write_skeleton(course, name, plain=plain, written=written)
    for path in paths:
        console.print(f"written: {path}", soft_wrap=True, highlight=False)
    console.print(f"Next: write it over, then `cs182-grade check {name}`.")


def import_(path: Source) -> None:
    """Take over assignments written for nbgrader or otter: masters of this course, and a list of what to look at.

    Nothing of them is run, and no master that is there is touched. Exits with 0 also where there is much to look at.
    """
    with command() as course:
        brought = bring(course, path)
    for one in brought:
        title = f"[b]{one.name}[/b], from {one.came_as}: {escape(str(one.master))}"
        console.print(title, soft_wrap=True, highlight=False)
        said = [f"taken over: {words}" for words in one.notes.taken] + [
            f"to look at: {words}" for words in one.notes.look
        ]
        for sentence in said:
            console.print(f"  {escape(sentence)}", soft_wrap=True, highlight=False)
        console.print(f"Next: `cs182-grade check {one.name}`.")


def check(name: Name, jobs: Jobs = None, to: To = None) -> None:
    """Say what an assignment's tests notice, and what they let pass; write it as a page, too.

    The master has to earn its points, right versions keep theirs, each known mistake loses its own item and no other.
    So do mutants: the master's answers with one small edit each. Exits with 1 if something has to be put right.
    """
    from grading.author.mirror import look  # imports torch, for which no other command should wait
    from grading.author.page import in_words, write_mirror

    with command() as course:
        assignment = Assignment(course, name)
        with console.status("") as status:
            mirror = look(assignment, jobs=jobs, say=lambda what: status.update(f"{name}: {what} ..."))
        page = to or course.work / f"check-{name}.html"
        write_mirror(mirror, page)
    for line in in_words(mirror):
        console.print(escape(line), soft_wrap=True, highlight=False)
    console.print(f"written: {page}", soft_wrap=True, highlight=False)
    if not mirror.well:
        console.print(
            f"[red]To put right: {len(mirror.faults)}; mutants that live: {len(mirror.survivors)}.[/red]",
            soft_wrap=True,
        )
        raise typer.Exit(1)
    console.print("[green]The tests notice every mistake and every mutant, and lose no right answer.[/green]")
