"""One self-contained HTML page about an assignment: grades, points by question, and the pictures that students made."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from grading.gradebook.read import Result

from .findings import ClassView
from .html import points, write_page
from .pictures import pictures

BINS = 10


@dataclass(frozen=True)
class Question:
    """How the class did on one item: how many got full, part or no points, and what the tests said most often."""

    name: str
    max_points: float
    mean: float
    full: int
    part: int
    none: int
    to_read: int
    errors: list[tuple[str, int]]


def write_report(path: str | Path, title: str, results: Sequence[Result], view: ClassView | None = None) -> None:
    """Write the report of an assignment.

    Parameters
    ----------
    view : what the grader's verdicts say about the class; nothing of that is shown without it

    Raises
    ------
    ValueError
        If there are no results to report.
    """
    if not results:
        raise ValueError(f"There is nothing to report on {title}: no submission has been graded.")
    totals = [max(0.0, result.total - result.penalty) for result in results]
    drawn = {result.student: result.pictures for result in results}
    write_page(
        Path(path),
        "report.html",
        title=title,
        results=results,
        questions=questions(results),
        histogram=histogram(totals, max_total(results)),
        mean=statistics.mean(totals),
        median=statistics.median(totals),
        max_total=max_total(results),
        failed=[result for result in results if result.failure],
        late=any(result.penalty for result in results),
        pictures=pictures(drawn, view.drawn if view else drawn.__getitem__),
        view=view,
    )


def max_total(results: Sequence[Result]) -> float:
    """Return what a perfect submission gets."""
    return max(sum(score.max_points for score in result.scores.values()) for result in results)


def histogram(totals: Iterable[float], best: float) -> list[tuple[str, int]]:
    """Return (label, count) for ten equal bins of 0..best; the last one includes `best`."""
    counts = Counter(min(int(BINS * total / best), BINS - 1) if best else 0 for total in totals)
    edges = [points(best * i / BINS) for i in range(BINS + 1)]
    return [(f"{edges[i]} to {edges[i + 1]}", counts[i]) for i in range(BINS)]


def questions(results: Sequence[Result]) -> list[Question]:
    """Return how the class did on each item, in the notebook's order."""
    names = max((list(result.scores) for result in results), key=len)
    summaries = []
    for name in names:
        scores = [result.scores[name] for result in results if name in result.scores]
        best = scores[0].max_points
        full = sum(score.points >= best and not score.to_read for score in scores)
        none = sum(score.points == 0 and not score.to_read for score in scores)
        to_read = sum(score.to_read for score in scores)
        errors = Counter(score.error for score in scores if score.error)
        summaries.append(
            Question(
                name=name,
                max_points=best,
                mean=statistics.mean(score.points for score in scores),
                full=full,
                part=len(scores) - full - none - to_read,
                none=none,
                to_read=to_read,
                errors=errors.most_common(3),
            )
        )
    return summaries
