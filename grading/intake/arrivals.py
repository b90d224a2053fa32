"""How each submission arrived: when, from where, and what a person should look at."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from nbgrader.utils import parse_utc

from grading.config import Course
from grading.verdicts.verdict import State, Verdict


@dataclass(frozen=True)
class Collected:
    """What was found of one student.

    Parameters
    ----------
    state : "new", "changed", "unchanged", "kept" (what is there is later), "refused" (nothing can be read) or "missing"
    source : the path of the notebook in what was collected
    time : when it was handed in (ISO 8601, UTC), empty if nothing says so
    late : whether the source marks it as late without saying when it came
    flags : what a person should look at, in words
    keys : what the source calls the student
    """

    student: str
    state: str
    source: str = ""
    time: str = ""
    late: bool = False
    flags: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()


def load_records(course: Course, name: str) -> dict[str, Collected]:
    """Return how each student's submission arrived, by student; empty if nothing was collected."""
    path = _path(course, name)
    if not path.exists():
        return {}
    values = json.loads(path.read_text(encoding="utf-8"))
    records = [Collected(**{**value, "flags": tuple(value["flags"]), "keys": tuple(value["keys"])}) for value in values]
    return {record.student: record for record in records}


def absent(course: Course, name: str) -> list[Verdict]:
    """Return a verdict on everybody who is known to have handed in nothing that can be read, and why."""
    gone = [record for record in load_records(course, name).values() if record.state in ("missing", "refused")]
    gone = [record for record in gone if not course.step("submitted", record.student, name).exists()]
    return [Verdict(record.student, name, State.MISSING, reason=" ".join(record.flags)) for record in gone]


def submitted_at(course: Course, name: str, student: str) -> datetime | None:
    """Return when a submission was handed in, from its timestamp.txt; None without one, or if it makes no sense."""
    path = course.step("submitted", student, name) / "timestamp.txt"
    try:
        return parse_utc(path.read_text(encoding="utf-8").strip()).replace(tzinfo=UTC)
    except (OSError, ValueError, OverflowError):
        return None


def keep_records(course: Course, name: str, records: Iterable[Collected]) -> None:
    """Add to what earlier collections said; a student who is missing here may have come another way."""
    known = load_records(course, name)
    for record in records:
        if record.state not in ("missing", "kept") or record.student not in known:
            known[record.student] = record
    values = [asdict(known[student]) for student in sorted(known)]
    replace(_path(course, name), json.dumps(values, indent=1).encode())


def _path(course: Course, name: str) -> Path:
    return course.work / "collected" / f"{name}.json"


def replace(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_bytes(content)
    draft.replace(path)
