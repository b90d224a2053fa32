"""Bring submissions into nbgrader's layout, wherever they were handed in. Nothing that is sent stops it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC
from pathlib import Path

from grading.config import Course

from .archives import opened
from .arrivals import Collected, keep_records, replace, submitted_at
from .choose import Candidate, choose, names_of
from .files import Entry, Limits
from .layouts import Owner, owners
from .roster import Roster

NOBODY = "unknown"


def collect(
    source: str | Path,
    course: Course,
    name: str,
    *,
    roster: Roster | None = None,
    limits: Limits | None = None,
    dry_run: bool = False,
) -> list[Collected]:
    """Write `submitted/<student>/<name>/<name>.ipynb` and its timestamp for everybody found in `source`.

    Parameters
    ----------
    source : a folder, a zip or one notebook, see `layouts`
    roster : who the students are; without one they are called what the source calls them
    dry_run : whether to write nothing and only say what would happen

    Returns
    -------
    list of Collected
        One record a student, sorted; with a roster, also for students who handed in nothing.

    Raises
    ------
    CourseError
        If `source` is not there, or is no zip, or the course has no such assignment.
    """
    course.master(name)
    wanted = names_of(course)
    records = []
    with opened(Path(source), limits) as entries:
        for student, files in _by_student(entries, name, wanted, roster).items():
            found, flags = choose(files, name, wanted)
            if found is None and not flags and _no_submission(files):
                continue
            state = _state(course, name, student, found, flags)
            if found is not None and not dry_run and state in ("new", "changed"):
                _write(course, name, student, found)
            records.append(_record(student, state, found, files, flags, roster))
    for student in set(roster.students if roster else ()) - {record.student for record in records}:
        there = _path(course, name, student).exists()
        records.append(Collected(student, "kept" if there else "missing"))
    records.sort(key=lambda record: record.student)
    if not dry_run:
        keep_records(course, name, records)
    return records


def _by_student(
    entries: Sequence[Entry], name: str, wanted: Mapping[str, set[str]], roster: Roster | None
) -> dict[str, list[tuple[Entry, Owner]]]:
    found: dict[str, list[tuple[Entry, Owner]]] = defaultdict(list)
    for entry, owner in owners(entries, name, set(wanted) - {name}):
        student = roster.find(owner.keys) if roster else None
        found[student or owner.student or NOBODY].append((entry, owner))
    return found


def _no_submission(files: list[tuple[Entry, Owner]]) -> bool:
    """Whether these are files that belong to an export, or to nobody, and no notebook of anyone."""
    return all(
        not owner.keys or entry.name.startswith(("submission_metadata.", "timestamp.")) for entry, owner in files
    )


def _state(course: Course, name: str, student: str, found: Candidate | None, flags: list[str]) -> str:
    if found is None:
        return "refused" if flags else "missing"
    path = _path(course, name, student)
    if not path.exists():
        return "new"
    there = submitted_at(course, name, student)
    if path.stat().st_size == len(found.data) and path.read_bytes() == found.data:
        return "unchanged" if there == found.owner.time or found.owner.time is None else "changed"
    return "kept" if there and found.owner.time and found.owner.time < there else "changed"


def _record(
    student: str,
    state: str,
    found: Candidate | None,
    files: list[tuple[Entry, Owner]],
    flags: list[str],
    roster: Roster | None,
) -> Collected:
    keys = tuple(dict.fromkeys(key for _, owner in files for key in owner.keys if key))
    flags = list(flags)
    if not keys:
        flags.append("Nothing says whose this is: name the file after the student, and collect it again.")
    elif roster is not None and student not in roster.students:
        flags.append("The roster does not know this student, or several are called so.")
    if found is None:
        if not flags or state == "missing":
            names = ", ".join(sorted({entry.name for entry, _ in files})[:3])
            flags.append(f"There is no notebook among the files: {names}.")
        return Collected(student, state, flags=tuple(flags), keys=keys)
    if found.owner.late:
        flags.append("It is marked as late, but nothing says how late.")
    time = found.owner.time.astimezone(UTC).isoformat() if found.owner.time else ""
    return Collected(student, state, found.entry.path, time, found.owner.late, tuple(flags), keys)


def _write(course: Course, name: str, student: str, found: Candidate) -> None:
    path = _path(course, name, student)
    replace(path, found.data)
    stamp = path.with_name("timestamp.txt")
    if found.owner.time is not None:
        replace(stamp, f"{found.owner.time.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f} UTC\n".encode())
    else:
        stamp.unlink(missing_ok=True)


def _path(course: Course, name: str, student: str) -> Path:
    return course.step("submitted", student, name) / f"{name}.ipynb"
