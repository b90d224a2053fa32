"""What lateness costs: a small table in the course's folder, and a pure function from it and two times to points.

`late.toml` beside the gradebook; every key may be left out:

    timezone = "America/Los_Angeles"    # of times without an offset; UTC by default
    grace_minutes = 15                  # so late is on time
    percent_per_day = 10                # of the points earned, for each started day
    most_percent = 50                   # never more than this ...
    closes_after_days = 7               # ... until nothing is accepted any more; 0: never

    [assignment.saliency]
    due = 2026-10-12T23:59:00           # without a due time nothing is late
    percent_per_day = 20                # any of the keys above, for this assignment alone

    [[extension]]
    student = "ada"
    assignment = "saliency"             # or without it: all of them
    due = 2026-10-15T23:59:00           # or days = 3
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from .folders import CourseError

NAME = "late.toml"
TEMPLATE = """\
# What lateness costs. Every line that starts with # is as if it were not there; remove the # to set something.
# timezone = "America/Los_Angeles"    # of times without an offset; UTC by default
# grace_minutes = 15
# percent_per_day = 10                # of the points earned, for each started day
# most_percent = 50
# closes_after_days = 7               # 0: never

# [assignment.saliency]
# due = 2026-10-12T23:59:00

# [[extension]]
# student = "ada"
# assignment = "saliency"             # or without it: all of them
# due = 2026-10-15T23:59:00           # or days = 3
"""


@dataclass(frozen=True)
class Rule:
    """What holds for one assignment; see the module's text for the units."""

    due: datetime | None = None
    grace_minutes: float = 0.0
    percent_per_day: float = 0.0
    most_percent: float = 100.0
    closes_after_days: float = 0.0


@dataclass(frozen=True)
class Extension:
    """More time for a student: until `due`, or `days` more; for one assignment, or all of them if it is empty."""

    student: str
    assignment: str = ""
    due: datetime | None = None
    days: float = 0.0


@dataclass(frozen=True)
class Policy:
    """The whole table: the rule for assignments without one of their own, rules by assignment, and extensions."""

    usual: Rule = field(default_factory=Rule)
    rules: Mapping[str, Rule] = field(default_factory=dict)
    extensions: tuple[Extension, ...] = ()

    def due(self, assignment: str, student: str) -> datetime | None:
        """Return when a student's work is due, the most generous extension included."""
        due = self.rules.get(assignment, self.usual).due
        if due is None:
            return None
        granted = [
            extension.due or due + timedelta(days=extension.days)
            for extension in self.extensions
            if extension.student == student and extension.assignment in ("", assignment)
        ]
        return max([due, *granted])

    def penalty(self, assignment: str, student: str, earned: float, handed_in: datetime | None) -> Penalty:
        """Return what lateness takes off `earned` points; nothing if it is not known when the work was handed in."""
        rule, due = self.rules.get(assignment, self.usual), self.due(assignment, student)
        if due is None or handed_in is None or handed_in <= due + timedelta(minutes=rule.grace_minutes):
            return Penalty(0.0)
        late = handed_in - due
        days = math.ceil(late / timedelta(days=1))
        if rule.closes_after_days and late > timedelta(days=rule.closes_after_days):
            return Penalty(
                earned, days, f"{_days(days)} late: nothing is accepted after {rule.closes_after_days:g} days"
            )
        percent = min(days * rule.percent_per_day, rule.most_percent)
        return Penalty(earned * percent / 100, days, f"{_days(days)} late: {percent:g}% of {earned:g} points")


@dataclass(frozen=True)
class Penalty:
    """Points to take off, the started days of lateness, and the reason in words."""

    points: float
    days: int = 0
    reason: str = ""


def load(folder: Path) -> Policy:
    """Return the policy in a course's folder; without the file, nothing is late.

    Raises
    ------
    CourseError
        If the file is not what the module's text says; the message names the key.
    """
    path = folder / NAME
    if not path.exists():
        return Policy()
    try:
        return from_table(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, CourseError) as error:
        raise CourseError(f"{path}: {error}") from error


def from_table(table: Mapping[str, Any]) -> Policy:
    """Return the policy that a parsed table stands for."""
    table = dict(table)
    zone = _zone(table.pop("timezone", "UTC"))
    assignments, extensions = table.pop("assignment", {}), table.pop("extension", [])
    usual = _fill(Rule(), table, zone, "")
    rules = {name: _fill(usual, values, zone, f"[assignment.{name}]: ") for name, values in assignments.items()}
    granted = tuple(_fill(Extension(""), values, zone, "[[extension]]: ") for values in extensions)
    for extension in granted:
        if not extension.student or (extension.due is None and extension.days <= 0):
            raise CourseError("[[extension]]: each one needs a student, and due or days.")
    return Policy(usual, rules, granted)


def _fill(default: Any, values: Mapping[str, Any], zone: tzinfo, where: str) -> Any:
    known = {entry.name: getattr(default, entry.name) for entry in fields(default)}
    for key, value in values.items():
        if key not in known:
            raise CourseError(f"{where}there is no key {key!r}. Known: {', '.join(known)}.")
        if key == "due" and not isinstance(value, datetime):
            raise CourseError(f"{where}due should be a time like 2026-10-12T23:59:00, without quotes, not {value!r}.")
        if isinstance(known[key], float) and (
            isinstance(value, bool) or not isinstance(value, int | float) or value < 0
        ):
            raise CourseError(f"{where}{key} should be a number, 0 or more, not {value!r}.")
    due = values.get("due", known.get("due"))
    if due is not None and due.tzinfo is None:
        due = due.replace(tzinfo=zone)
    return replace(default, **{**values, "due": due})


def _zone(name: str) -> tzinfo:
    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (KeyError, ValueError, OSError, TypeError) as error:
        raise CourseError(f'there is no time zone {name!r}; one is called like "America/Los_Angeles".') from error


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"
