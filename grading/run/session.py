"""Grade the submissions of an assignment: look up what is known, have the rest examined, keep what comes back."""

from __future__ import annotations

import base64
import json
from collections.abc import Generator, Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from grading.config.secret import course_secret
from grading.config.settings import Settings, Times, load
from grading.masters.assignment import Assignment
from grading.reading import submission
from grading.sandbox.memory import give_back
from grading.verdicts.code_version import code_version
from grading.verdicts.store import Keys, Store, cells_hash
from grading.verdicts.verdict import Item, ItemState, State, Verdict

from . import schedule
from .pool import Pool
from .worker import MARGIN, examine

if TYPE_CHECKING:
    from collections.abc import Callable

    from distributed import Client

_NAMED = 5
_GIVE_BACK_AFTER = 20
"""Submissions after which freed memory is given back."""


@dataclass(frozen=True)
class Event:
    """A submission is done: its verdict, which items were examined for it just now, and how long that took."""

    verdict: Verdict
    examined: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True)
class Plan:
    """What is known of a submission and what is missing.

    Parameters
    ----------
    verdict : what can be said without examining anything
    keys, seeds : names of the results, and seeds, by test
    missing : the tests to examine; all results are there if it is empty and `read` is set
    read : what reading the submission said before, or None
    """

    verdict: Verdict
    data: bytes = field(default=b"", repr=False)
    reading: str = ""
    keys: dict[str, str] = field(default_factory=dict)
    seeds: dict[str, int] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    read: dict | None = None

    @property
    def complete(self) -> bool:
        return not self.keys or (self.read is not None and not self.missing)


class Session:
    """The grading of one assignment.

    Parameters
    ----------
    times : how long student code may take
    fresh : whether to examine everything anew, whatever is known
    settings : how student code is confined; by default what `solutions/grading.toml` says
    """

    def __init__(
        self,
        assignment: Assignment,
        *,
        times: Times | None = None,
        fresh: bool = False,
        settings: Settings | None = None,
    ) -> None:
        self.assignment = assignment
        self.course = assignment.course
        self.name = assignment.name
        self.times = times or Times()
        self.fresh = fresh
        self.bundle = assignment.bundle
        self._bundle = json.dumps(asdict(self.bundle))
        self.settings = settings or load(self.course.solutions)
        self.store = Store(self.course.work)
        rules = {"settings": self.settings.to_json(), "code": code_version()}
        self.keys = Keys(self.bundle, self.times, rules, secret=course_secret(self.course.work))

    def students(self) -> list[str]:
        """Return who handed something in, sorted."""
        return sorted(path.parent.name for path in (self.course.work / "submitted").glob(f"*/{self.name}"))

    def plan(self, student: str) -> Plan:
        """Say what is known of a student's submission, and what has to be examined."""
        path = self.assignment.submitted(student)
        if path.is_symlink() or not path.is_file():
            reason = f"There is no {path.name}. {_instead(path.parent)}".strip()
            return Plan(Verdict(student, self.name, State.MISSING, reason=reason))
        data = submission.read_file(path)
        try:
            content = cells_hash(submission.notebook_of(data))
        except submission.UnreadableError as error:
            return Plan(Verdict(student, self.name, State.UNREADABLE, self._zeros(str(error)), reason=str(error)))
        seeds = self.keys.seeds(student)
        keys = self.keys.items(content, seeds)
        reading = self.keys.reading(content)
        read = None if self.fresh else self.store.get(reading)
        known = {} if self.fresh else {test: self.store.get(key) for test, key in keys.items()}
        missing = tuple(test for test in keys if known.get(test) is None)
        items = tuple(_item(value) for value in known.values() if value is not None)
        verdict = Verdict(student, self.name, State.GRADED, items)
        plan = Plan(verdict, data, reading, keys, seeds, missing, read)
        return replace(plan, verdict=self._verdict(plan, read, items)) if plan.complete and read is not None else plan

    def grade(
        self,
        client: Client | Pool,
        students: Iterable[str] | None = None,
        *,
        idle: Callable[[], object] = lambda: None,
    ) -> Generator[Event]:
        """Yield each submission's verdict as soon as it is reached; it is on disk by then.

        A submission is read when a worker has room for it: the first ones are examined while the last ones are read.

        Parameters
        ----------
        idle : called whenever nothing has ended for a second
        """
        plans: dict[str, Plan] = {}

        def tasks() -> Iterator[schedule.Task | schedule.Outcome]:
            for student in self.students() if students is None else students:
                plan = self.plan(student)
                plans[student] = replace(plan, data=b"")  # so that no class is in memory
                if plan.complete:
                    yield schedule.Outcome(schedule.Task(student, ""), None)
                else:
                    yield schedule.Task(student, self._task(plan))

        limit = 3 * (self.times.submission + 2 * MARGIN)
        outcomes = schedule.run(client, examine, tasks(), seconds=limit, shared=self._bundle, idle=idle)
        for number, outcome in enumerate(outcomes, start=1):
            plan = plans.pop(outcome.task.name)
            if plan.complete:
                self.store.put_verdict(plan.verdict)
                yield Event(plan.verdict)
            else:
                yield self._keep(plan, outcome)
            if number % _GIVE_BACK_AFTER == 0:
                give_back()

    def _task(self, plan: Plan) -> str:
        seeds = {test: plan.seeds[test] for test in plan.missing}
        job = {"cells": [], "seeds": seeds, "times": asdict(self.times), "repeat": self.settings.repeat}
        content = {"version": code_version(), "settings": self.settings.to_json(), "job": job}
        return json.dumps(content | {"submission": base64.b64encode(submission.lean(plan.data)).decode()})

    def _keep(self, plan: Plan, outcome: schedule.Outcome) -> Event:
        """Write what an examiner said, item by item, and put the verdict together."""
        if outcome.answer is None:
            verdict = self._set_aside(plan, outcome.failure)
            self.store.put_verdict(verdict)
            return Event(verdict, (), outcome.seconds)
        answer = json.loads(outcome.answer)
        found = [_item(value) for value in answer.pop("items")]
        for item in found:
            self.store.put(plan.keys[item.grade_id], asdict(item))
        self.store.put(plan.reading, answer)
        verdict = self._verdict(plan, answer, (*plan.verdict.items, *found))
        self.store.put_verdict(verdict)
        return Event(verdict, plan.missing, outcome.seconds)

    def _verdict(self, plan: Plan, read: dict, items: tuple[Item, ...]) -> Verdict:
        items = self._in_order(items) if read["state"] != State.UNREADABLE else self._zeros(read["reason"])
        undecided = any(item.state == ItemState.REVIEW for item in items)
        state = State.REVIEW if undecided and read["state"] == State.GRADED else State(read["state"])
        student = plan.verdict.student
        return Verdict(student, self.name, state, items, tuple(read["flags"]), read["reason"])

    def _set_aside(self, plan: Plan, failure: str) -> Verdict:
        """The verdict on a submission that no examiner could finish: for a person, and tried again the next time."""
        reason = f"It could not be examined in {schedule.ATTEMPTS} attempts: {failure}."
        points = {test.grade_id: test.points for test in self.bundle.tests}
        open_items = [Item(test, 0.0, points[test], ItemState.REVIEW, reason) for test in plan.missing]
        items = self._in_order((*plan.verdict.items, *open_items))
        return Verdict(plan.verdict.student, self.name, State.REVIEW, items, reason=reason)

    def _zeros(self, reason: str) -> tuple[Item, ...]:
        return tuple(
            Item(test.grade_id, 0.0, test.points, ItemState.ZERO, reason, "unreadable") for test in self.bundle.tests
        )

    def _in_order(self, items: tuple[Item, ...]) -> tuple[Item, ...]:
        order = [test.grade_id for test in self.bundle.tests]
        return tuple(sorted(items, key=lambda item: order.index(item.grade_id)))


def _item(value: dict) -> Item:
    return Item(**{**value, "state": ItemState(value["state"])})


def _instead(folder: Path) -> str:
    """What lies in a folder that has no notebook of the expected name, in words."""
    names = sorted(path.name for path in folder.iterdir() if path.name != "timestamp.txt") if folder.is_dir() else []
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"What lies there: {', '.join(names[:_NAMED])}{more}." if names else ""
