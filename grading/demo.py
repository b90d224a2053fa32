"""The demonstration: release an assignment, grade a sample class of real submissions, and check every number."""

from __future__ import annotations

import shutil
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.plugins import CsvExportPlugin
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from . import notebook
from .autograde import Run, autograde, feedback
from .course import COURSE_ID, Course, CourseError
from .release import generate
from .report import points, write_report
from .results import Result, collect
from .sample_class import Sample, sample_class, write

MARKER = ".sample-class"


def demo(name: str, course: Course, *, console: Console, workers: int = 2, cell_timeout: int = 60) -> bool:
    """Run the whole pipeline on a sample class in `course.work`, made anew; return whether all points are as expected.

    Writes the released notebook, the submissions, grades.csv, nbgrader's feedback pages and report.html there.
    """
    folder = _fresh(course.work)
    generate(course, name)
    samples = sample_class(course, name)
    write(course, name, samples)
    console.print(
        f"{len(samples)} submissions of [b]{name}[/b], each in a Jupyter kernel of its own, {workers} at a time"
    )
    runs = _grade(course, name, samples, console, workers, cell_timeout)
    with console.status("Writing grades, feedback and the report"):
        results = collect(course, name, {run.student: run.failure for run in runs.values() if run.failure})
        export_csv(course, folder / "grades.csv")
        feedback(course, name)
        write_report(folder / "report.html", f"{name}: the sample class", results)
    wrong = {sample.student for sample, result in zip(samples, results, strict=True) if not as_expected(sample, result)}
    console.print(_table(samples, results, wrong))
    console.print(f"Report    {folder / 'report.html'}", soft_wrap=True)
    console.print(f"Grades    {folder / 'grades.csv'}", soft_wrap=True)
    console.print(f"Feedback  {folder / 'feedback'}/<student>/{name}/{name}.html", soft_wrap=True, markup=False)
    if wrong:
        console.print(f"[red]Not as expected:[/red] {', '.join(sorted(wrong))}")
    else:
        console.print(f"[green]All {len(samples)} submissions got exactly the points that they should.[/green]")
    return not wrong


def as_expected(sample: Sample, result: Result) -> bool:
    """Return whether every test gave the points that the sample was made for, and only a lost one was lost."""
    got = {test: result.scores[test].points for test in sample.expected if test in result.scores}
    return sample.student == result.student and got == dict(sample.expected) and bool(result.failure) == sample.lost


def export_csv(course: Course, path: Path) -> None:
    """Write all grades with nbgrader's own exporter."""
    with Gradebook(course.db_url, COURSE_ID) as gradebook:
        CsvExportPlugin(to=str(path)).export(gradebook)


def _fresh(folder: Path) -> Path:
    """Empty a folder that an earlier demonstration made; refuse any other that is not empty."""
    if folder.exists() and any(folder.iterdir()) and not (folder / MARKER).exists():
        raise CourseError(f"{folder} is not empty and no earlier demonstration made it: choose a new folder.")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / MARKER).write_text("This folder is made anew by `cs182-grade demo`.\n")
    return folder


def _grade(
    course: Course, name: str, samples: list[Sample], console: Console, workers: int, cell_timeout: int
) -> dict[str, Run]:
    """Grade the samples with a progress bar; return how each went, by student."""
    columns = [
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    ]
    what = {sample.student: sample.what for sample in samples}
    runs = {}
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("Grading", total=len(samples))
        for run in autograde(course, name, list(what), workers=workers, cell_timeout=cell_timeout):
            runs[run.student] = run
            verdict = "[yellow]lost[/yellow]" if run.failure else "graded"
            progress.console.print(f"  {run.student}  {verdict} in {run.seconds:3.0f} s  {escape(what[run.student])}")
            progress.advance(task)
    return runs


def _table(samples: list[Sample], results: list[Result], wrong: set[str]) -> Table:
    tests = list(samples[0].expected)
    written = [item for item in results[0].scores if item not in tests]
    note = "due: the points that the submission was made to get."
    if written:
        note += " Written questions wait for a person."
    table = Table(box=SIMPLE_HEAD, padding=0, title="The sample class", caption=note)
    table.add_column("student", no_wrap=True)
    for test in tests:
        table.add_column(test.removeprefix("test_").replace("_", "\n"), justify="right", no_wrap=True)
    for column in ("total", "due", ""):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("what is special about it")  # last, so that a narrow terminal cuts nothing else
    for sample, result in zip(samples, results, strict=True):
        lost = [f"[yellow]{escape(result.failure)}[/yellow]"] if result.failure else []
        table.add_row(
            sample.student,
            *(_cell(result, test) for test in tests),
            points(sum(result.scores[test].points for test in tests)),
            points(sum(sample.expected.values())),
            "[red]✗[/red]" if sample.student in wrong else "[green]✓[/green]",
            "\n".join([escape(sample.what), *lost]),
        )
    return table


def _cell(result: Result, test: str) -> str:
    score = result.scores[test]
    if result.failure:
        return "[yellow]-[/yellow]"
    return points(score.points) if score.points else "[red]0[/red]"


def default_assignment(course: Course) -> str:
    """Return the assignment that the demonstration grades unless told otherwise: saliency, or the first one."""
    names = [name for name in course.names() if notebook.tests(notebook.read(course.master(name)))]
    if not names:
        raise CourseError(f"No master notebook in {course.solutions} has a graded test.")
    return "saliency" if "saliency" in names else names[0]
