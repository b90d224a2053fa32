"""One self-contained HTML page about an assignment: grades, points by question, and the pictures that students made."""

from __future__ import annotations

import base64
import io
import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from PIL import Image

from .results import Result

BINS = 10
THUMBNAIL = (680, 520)  # width, height in pixels at most


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


@dataclass
class Picture:
    """A picture as the data URL of its thumbnail, and the students for whom it came out exactly so."""

    source: str = field(repr=False)
    students: list[str]


def write_report(path: str | Path, title: str, results: Sequence[Result]) -> None:
    """Write the report of an assignment.

    Raises
    ------
    ValueError
        If there are no results to report.
    """
    if not results:
        raise ValueError(f"There is nothing to report on {title}: no submission has been graded.")
    environment = Environment(
        loader=PackageLoader("grading"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"points": points, "people": people, "wrappable": wrappable}
    totals = [result.total for result in results]
    page = environment.get_template("report.html").render(
        title=title,
        results=results,
        questions=questions(results),
        histogram=histogram(totals, max_total(results)),
        mean=statistics.mean(totals),
        median=statistics.median(totals),
        max_total=max_total(results),
        failed=[result for result in results if result.failure],
        pictures=pictures(results),
    )
    Path(path).write_text(page, encoding="utf-8")


def points(value: float) -> str:
    """Return points without needless zeros: 30.0 as "30", 12.25 as "12.25"."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def wrappable(name: str) -> Markup:
    """Return a name as HTML in which a line may break after each underscore."""
    return escape(name).replace("_", Markup("_<wbr>"))


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


def pictures(results: Iterable[Result]) -> dict[str, list[Picture]]:
    """Return the pictures of each cell, in the notebook's order.

    Each different one comes once, with everyone who made it, the most frequent first.
    """
    cells: dict[str, dict[str, Picture]] = {}
    for result in results:
        for cell, png in result.pictures:
            different = cells.setdefault(cell, {})
            if png not in different:
                different[png] = Picture(thumbnail(png), [])
            if result.student not in different[png].students:
                different[png].students.append(result.student)
    return {cell: sorted(found.values(), key=lambda picture: -len(picture.students)) for cell, found in cells.items()}


def people(students: Sequence[str], most: int = 4) -> str:
    """Return names for a caption, the first few of many."""
    if len(students) <= most:
        return ", ".join(students)
    return f"{len(students)} students: {', '.join(students[: most - 1])} and {len(students) - most + 1} more"


def thumbnail(png: str) -> str:
    """Return a base64 PNG as the data URL of a small picture."""
    with Image.open(io.BytesIO(base64.b64decode(png))) as image:
        small = image.convert("RGBA")
    small.thumbnail(THUMBNAIL)
    ground = Image.new("RGB", small.size, "white")
    ground.paste(small, mask=small.getchannel("A"))
    data = io.BytesIO()
    ground.save(data, "WEBP", quality=82)
    return "data:image/webp;base64," + base64.b64encode(data.getvalue()).decode()
