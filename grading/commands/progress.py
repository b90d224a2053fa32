"""The progress of grading: how many, how fast, how long still, and how many stand where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

from grading.run.session import Event


def followed(events: Iterable[Event], total: int, console: Console) -> Iterator[Event]:
    """Yield the events while a bar shows them."""
    counts: Counter[str] = Counter()
    columns = [
        SpinnerColumn(),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[states]}"),
    ]
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=total, rate="", states="")
        for event in events:
            counts[str(event.verdict.state)] += 1
            speed = progress.tasks[0].speed
            progress.update(task, advance=1, rate=f"{60 * speed:.0f}/min" if speed else "", states=states(counts))
            yield event


def states(counts: Counter[str]) -> str:
    """Return counts by state in words."""
    return ", ".join(f"{count} {state}" for state, count in counts.most_common())
