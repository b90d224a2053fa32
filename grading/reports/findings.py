"""What the verdicts say about the class as a whole: common mistakes, trouble, what a person should look at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from grading.gradebook.penalties import Late
from grading.intake.arrivals import Collected
from grading.verdicts.verdict import Item, ItemState, State, Verdict

from .similarity import Pair

COMMONEST = 10
SLOW = 20.0
"""Seconds from which on an item is listed as slow."""
_TROUBLE = ("time", "memory", "crash")


@dataclass(frozen=True)
class Common:
    """A mistake of the catalogue, and who made it."""

    function: str
    name: str
    hint: str
    students: list[str]


@dataclass(frozen=True)
class Trouble:
    """An item that took long, or ended its process."""

    student: str
    item: Item


@dataclass(frozen=True)
class ToReview:
    """A submission that a person should look at, and why."""

    student: str
    reasons: list[str]


@dataclass(frozen=True)
class ClassView:
    """What the report shows beside grades.

    Parameters
    ----------
    common : the commonest mistakes; distinct : how many different ones there were
    trouble : slow and crashed items, the worst first
    queue : submissions to review
    absent : who handed in nothing that could be graded, and why
    pairs : similar answers
    drawn : gives the pictures of a student as (cell id, base64 PNG)
    links : address of a student's feedback, relative to the report; without an entry there is none
    """

    common: list[Common]
    distinct: int
    trouble: list[Trouble]
    queue: list[ToReview]
    absent: list[ToReview]
    pairs: Sequence[Pair]
    drawn: Callable[[str], Iterable[tuple[str, str]]]
    links: Mapping[str, str] = field(default_factory=dict)


def class_view(
    verdicts: Sequence[Verdict],
    functions: Mapping[str, str],
    *,
    drawn: Callable[[str], Iterable[tuple[str, str]]],
    records: Mapping[str, Collected] | None = None,
    late: Iterable[Late] = (),
    pairs: Sequence[Pair] = (),
    links: Mapping[str, str] | None = None,
) -> ClassView:
    """Return the view of a class.

    Parameters
    ----------
    functions : the function that each test is about
    records : how submissions arrived; who is known to have sent nothing is listed
    """
    records = records or {}
    mistakes = common(verdicts, functions)
    return ClassView(
        common=mistakes[:COMMONEST],
        distinct=len(mistakes),
        trouble=trouble(verdicts),
        queue=queue(verdicts, records, late),
        absent=absent(verdicts, records),
        pairs=pairs,
        drawn=drawn,
        links=links or {},
    )


def common(verdicts: Iterable[Verdict], functions: Mapping[str, str]) -> list[Common]:
    """Return all recognised mistakes, the commonest first; a student counts once for each."""
    found: dict[tuple[str, str], Common] = {}
    for verdict in verdicts:
        for item in verdict.items:
            function = functions.get(item.grade_id, item.grade_id)
            if item.misconception:
                entry = found.setdefault(
                    (function, item.misconception), Common(function, item.misconception, item.hint, [])
                )
                if verdict.student not in entry.students:
                    entry.students.append(verdict.student)
    return sorted(found.values(), key=lambda entry: (-len(entry.students), entry.function, entry.name))


def trouble(verdicts: Iterable[Verdict]) -> list[Trouble]:
    """Return items that crashed, ran out of time or memory, or were slow, the longest first."""
    found = [
        Trouble(verdict.student, item)
        for verdict in verdicts
        for item in verdict.items
        if item.kind in _TROUBLE or item.seconds >= SLOW
    ]
    return sorted(found, key=lambda entry: (-entry.item.seconds, entry.student))


def queue(verdicts: Iterable[Verdict], records: Mapping[str, Collected], late: Iterable[Late]) -> list[ToReview]:
    """Return what a person should look at, with every reason once."""
    unclear = {entry.student: entry.reason for entry in late if entry.unclear}
    found = []
    for verdict in verdicts:
        record = records.get(verdict.student)
        reasons = [verdict.reason] if verdict.state == State.REVIEW else []
        reasons += verdict.flags
        reasons += [f"{item.grade_id}: {item.reason}" for item in verdict.items if item.state == ItemState.REVIEW]
        reasons += record.flags if record else ()
        reasons += [f"Lateness: {unclear[verdict.student]}."] if verdict.student in unclear else []
        if reasons := list(dict.fromkeys(reason for reason in reasons if reason)):
            found.append(ToReview(verdict.student, reasons))
    return found


def absent(verdicts: Iterable[Verdict], records: Mapping[str, Collected]) -> list[ToReview]:
    """Return who handed in nothing that could be read, and what is known about why."""
    found: dict[str, list[str]] = {}
    for student, record in records.items():
        if record.state in ("missing", "refused"):
            found[student] = list(record.flags) or ["Nothing was handed in."]
    for verdict in verdicts:
        found.pop(verdict.student, None)
        if verdict.state in (State.MISSING, State.UNREADABLE):
            arrived = records.get(verdict.student)
            found[verdict.student] = [verdict.reason, *(arrived.flags if arrived else ())]
    return [ToReview(student, list(dict.fromkeys(found[student]))) for student in sorted(found)]
