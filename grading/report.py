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
THUMBNAIL = (420, 320)  # width, height in pixels at most


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
    """A picture that one cell drew, and the students for whom it came out exactly so."""

    cell: str
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
    environment.filters |= {"points": points, "wrappable": wrappable}
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
        pictures=by_cell(pictures(results)),
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


def pictures(results: Iterable[Result]) -> list[Picture]:
    """Return each different picture of each cell once, with everyone who made it, the most frequent first."""
    found: dict[tuple[str, str], Picture] = {}
    for result in results:
        for cell, png in result.pictures:
            picture = found.setdefault((cell, png), Picture(cell, "", []))
            if result.student not in picture.students:
                picture.students.append(result.student)
    for (_, png), picture in found.items():
        picture.source = thumbnail(png)
    return sorted(found.values(), key=lambda picture: -len(picture.students))


def by_cell(found: Iterable[Picture]) -> dict[str, list[Picture]]:
    """Return the pictures grouped by the cell that drew them, in the order in which cells first appear."""
    groups: dict[str, list[Picture]] = {}
    for picture in found:
        groups.setdefault(picture.cell, []).append(picture)
    return groups


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
