"""`cs182-grade demo`: grade a sample class in front of one's eyes."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from grading.demo.demonstration import Demonstration, as_expected, default_assignment, prepare
from grading.demo.sample_class import Sample
from grading.gradebook.read import Result
from grading.reports.html import points
from grading.run.interrupt import until_asked
from grading.verdicts.verdict import State, Verdict

from .common import command, console

_COLOURS = {State.GRADED: "green", State.REVIEW: "yellow"}


def demo(
    name: Annotated[str | None, typer.Argument(help="The assignment; saliency by default.")] = None,
    course: Annotated[Path | None, typer.Option(help="Where to work; <clone>/demo by default.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Submissions at a time.")] = 2,
    cell_timeout: Annotated[int, typer.Option(min=1, help="Seconds that a cell or a call may run.")] = 20,
) -> None:
    """Grade a sample class, hostile submissions included, and check that each gets the points that it should."""
    with command("Give the same command again.") as masters:
        folder = (course or masters.root / "demo").absolute()
        aside = dataclasses.replace(masters, assignments=folder / "assignments", work=folder, database="")
        with console.status("Releasing the assignment; the sample class draws its pictures and hands in"):
            demonstration = prepare(
                name or default_assignment(masters), aside, workers=workers, cell_timeout=cell_timeout
            )
        verdicts = _grade(demonstration, workers)
        with console.status("Writing grades, feedback and the report"):
            results = demonstration.report([verdicts[sample.student] for sample in demonstration.samples])
    _say(demonstration, verdicts, results)


def _grade(demonstration: Demonstration, workers: int) -> dict[str, Verdict]:
    """Grade the samples with a progress bar; return the verdicts by student."""
    total = len(demonstration.samples)
    console.print(
        f"{total} submissions of [b]{demonstration.name}[/b], {workers} at a time, each in a sandbox of its own"
    )
    console.print(f"isolation: [b]{demonstration.level}[/b]. {demonstration.level.means}", highlight=False)
    columns = [SpinnerColumn(), TextColumn("Grading"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()]
    verdicts = {}
    started = time.monotonic()
    with Progress(*columns, console=console) as progress, contextlib.closing(demonstration.grade()) as events:
        task = progress.add_task("", total=total)
        for sample, event in until_asked(events):
            verdict = verdicts[sample.student] = event.verdict
            state = f"[{_COLOURS.get(verdict.state, 'red')}]{verdict.state}[/]"
            progress.console.print(f"  {sample.student}  {state} in {event.seconds:4.1f} s  {escape(sample.what)}")
            progress.advance(task)
    seconds = time.monotonic() - started
    console.print(f"{total} submissions in {seconds:.0f} s: {seconds / total:.1f} s each", highlight=False)
    return verdicts


def _say(demonstration: Demonstration, verdicts: dict[str, Verdict], results: list[Result]) -> None:
    samples = demonstration.samples
    wrong = {
        sample.student
        for sample, result in zip(samples, results, strict=True)
        if not as_expected(sample, verdicts[sample.student], result)
    }
    console.print(_table(samples, verdicts, results, wrong))
    console.print(f"Report    {demonstration.page}", soft_wrap=True)
    console.print(f"Grades    {demonstration.grades}", soft_wrap=True)
    console.print(f"Feedback  {demonstration.feedback}", soft_wrap=True, markup=False)
    if wrong:
        console.print(f"[red]Not as expected:[/red] {', '.join(sorted(wrong))}")
        raise typer.Exit(1)
    console.print(f"[green]All {len(samples)} submissions got exactly the points that they should.[/green]")


def _table(samples: list[Sample], verdicts: dict[str, Verdict], results: list[Result], wrong: set[str]) -> Table:
    tests = list(samples[0].expected)
    note = "due: the points that the submission was made to get."
    if set(results[0].scores) - set(tests):
        note += " Written questions wait for a person."
    table = Table(box=SIMPLE_HEAD, padding=0, title="The sample class", caption=note)
    table.add_column("student", no_wrap=True)
    for test in tests:
        table.add_column(test.removeprefix("test_").replace("_", "\n"), justify="right", no_wrap=True)
    for column in ("total", "due", ""):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("what is special about it")  # last, so that a narrow terminal cuts nothing else
    for sample, result in zip(samples, results, strict=True):
        verdict = verdicts[sample.student]
        marked = "" if verdict.state == State.GRADED else f"\n[yellow]{escape(str(verdict.state))}[/yellow]"
        table.add_row(
            sample.student,
            *(_cell(result, test) for test in tests),
            points(sum(result.scores[test].points for test in tests)),
            points(sum(sample.expected.values())),
            "[red]✗[/red]" if sample.student in wrong else "[green]✓[/green]",
            escape(sample.what) + marked,
        )
    return table


def _cell(result: Result, test: str) -> str:
    score = result.scores[test]
    if result.failure:
        return "[yellow]-[/yellow]"
    return points(score.points) if score.points else "[red]0[/red]"
