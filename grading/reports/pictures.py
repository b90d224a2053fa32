"""The pictures that students made: taken from what they handed in, few enough and small, drawn anew by Pillow."""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import itertools
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from PIL import Image, UnidentifiedImageError

from grading.config import Course
from grading.reading import submission

THUMBNAIL = (680, 520)
"""Width, height in pixels at most."""
MOST_PIXELS = 25_000_000
MOST_BYTES = 4 * 2**20
PER_STUDENT = 12
PER_CELL = 24
OTHER = "other cells"
_NO_PICTURE = (UnidentifiedImageError, Image.DecompressionBombError, binascii.Error, OSError, ValueError, SyntaxError)


@dataclass(frozen=True)
class Picture:
    """A picture as the data URL of its thumbnail, and the students for whom it came out exactly so."""

    source: str = field(repr=False)
    students: list[str]


def submitted_pictures(course: Course, name: str, student: str, known: Collection[str]) -> list[tuple[str, str]]:
    """Return (cell id, base64 PNG) of the pictures stored in a submission, as it was handed in.

    They were drawn on the student's machine: nobody ran anything to get them, and they prove nothing.

    Parameters
    ----------
    known : ids of the cells that were given out; pictures of all others count as one cell's
    """
    path = course.step("submitted", student, name) / f"{name}.ipynb"
    try:
        content = submission.notebook_of(submission.read_file(path))
    except (OSError, submission.UnreadableError):
        return []
    drawn = itertools.islice(_pngs(content), PER_STUDENT)
    return [(cell if cell in known else OTHER, png) for cell, png in drawn]


def pictures(students: Iterable[str], drawn: Callable[[str], Iterable[tuple[str, str]]]) -> dict[str, list[Picture]]:
    """Return the pictures of each cell, in the notebook's order.

    Each different one comes once, with everyone who made it, the most frequent first; rare ones are left out where
    there are very many, and so is what is no picture.

    Parameters
    ----------
    drawn : gives (cell id, base64 PNG) of a student's pictures; asked twice, so that not all are in memory at once
    """
    cells: dict[str, dict[bytes, list[str]]] = {}
    for student in students:
        for cell, key in dict.fromkeys((cell, _hash(png)) for cell, png in drawn(student)):
            cells.setdefault(cell, {}).setdefault(key, []).append(student)
    found = {}
    for cell, makers in cells.items():
        most_frequent = sorted(makers.items(), key=lambda entry: -len(entry[1]))[:PER_CELL]
        shown = [Picture(_source(drawn(people[0]), cell, key), people) for key, people in most_frequent]
        if shown := [picture for picture in shown if picture.source]:
            found[cell] = shown
    return found


def thumbnail(png: str) -> str:
    """Return a base64 PNG as the data URL of a small picture; empty if it is no picture, or a huge one."""
    if len(png) > MOST_BYTES:
        return ""
    try:
        with Image.open(io.BytesIO(base64.b64decode(png)), formats=["PNG"]) as image:
            if image.width * image.height > MOST_PIXELS:  # known before anything is decoded
                return ""
            small = image.convert("RGBA")
    except _NO_PICTURE:
        return ""
    small.thumbnail(THUMBNAIL)
    ground = Image.new("RGB", small.size, "white")
    ground.paste(small, mask=small.getchannel("A"))
    data = io.BytesIO()
    ground.save(data, "WEBP", quality=82)
    return "data:image/webp;base64," + base64.b64encode(data.getvalue()).decode()


def _pngs(content: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (cell id, base64 PNG); a submission may hold anything in place of anything."""
    for cell in content["cells"]:
        outputs = cell.get("outputs") if isinstance(cell, dict) else None
        for output in outputs if isinstance(outputs, list) else ():
            data = output.get("data") if isinstance(output, dict) else None
            png = data.get("image/png") if isinstance(data, dict) else None
            if isinstance(png, list) and all(isinstance(line, str) for line in png):
                png = "".join(png)
            if isinstance(png, str) and len(png) <= MOST_BYTES:
                yield str(cell.get("id")), png.replace("\n", "")


def _source(drawn: Iterable[tuple[str, str]], cell: str, key: bytes) -> str:
    return next((thumbnail(png) for place, png in drawn if (place, _hash(png)) == (cell, key)), "")


def _hash(png: str) -> bytes:
    return hashlib.sha256(png.encode()).digest()
