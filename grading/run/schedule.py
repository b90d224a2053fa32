"""Send tasks to the workers, a few at a time, until each has an answer or has failed three times."""

from __future__ import annotations

import queue
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grading.config import CourseError
from grading.examine.shared_zygote import ZygoteError

from .pool import Pool, Promise
from .worker import FaultError, VersionError

if TYPE_CHECKING:
    from distributed import Client, Future

ATTEMPTS = 3
RECONNECT = 60.0
_PER_WORKER = 2
_LARGE = 2**20
_OF_THE_MACHINE = (FaultError, ZygoteError)


@dataclass(frozen=True)
class Task:
    """A name for people, and what the workers' function gets: both are text."""

    name: str
    content: str


@dataclass(frozen=True)
class Outcome:
    """What became of a task: an answer, or after three attempts the reason of the last failure."""

    task: Task
    answer: str | None
    failure: str = ""
    seconds: float = 0.0


class SchedulerLostError(CourseError):
    """The scheduler ended; what was finished is kept."""


@dataclass
class _Attempt:
    task: Task
    number: int
    future: Future | Promise
    since: float


def run(
    client: Client | Pool,
    work: Callable[..., str],
    tasks: Iterable[Task | Outcome],
    *,
    seconds: float,
    shared: str | None = None,
    idle: Callable[[], object] = lambda: None,
) -> Iterator[Outcome]:
    """Yield what becomes of each task, in the order in which they end.

    Tasks are drawn only when there is room for them, so that a thousand submissions are not in memory at once.

    Parameters
    ----------
    work : the workers' function of a task's content, and of `shared` if there is any
    tasks : what is to be done; an outcome among them needs no worker and is yielded at once
    seconds : after so long without an answer an attempt has failed
    shared : what every task needs; it goes to each worker once
    idle : called whenever nothing has ended for a second

    Raises
    ------
    CourseError
        If a worker says that no task can succeed, or the scheduler is gone.
    """
    yield from _Run(client, work, seconds, shared, idle).outcomes(iter(tasks))


class _Run:
    def __init__(
        self,
        client: Client | Pool,
        work: Callable[..., str],
        seconds: float,
        shared: str | None,
        idle: Callable[[], object],
    ) -> None:
        self.client = client
        self.work = work
        self.shared = shared
        self.sent: Future | None = None
        self.idle = idle
        self.seconds = seconds
        self.ended: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.under_way: dict[str, _Attempt] = {}
        self.room = 0
        self.looked = 0.0

    def given(self) -> list[str | Future]:
        """What every task gets beside its own: on a cluster a task, whose result each worker fetches once.

        With its worker lost, it is done again; with its scheduler, it has to be sent again.
        """
        if self.shared is None:
            return []
        if isinstance(self.client, Pool):
            return [self.shared]
        if self.sent is None or self.sent.status == "cancelled":
            self.sent = self.client.submit(str, self.shared, key=f"shared-{uuid.uuid4().hex}", pure=True)
        return [self.sent]

    def outcomes(self, tasks: Iterator[Task | Outcome]) -> Iterator[Outcome]:
        more = True
        try:
            while more or self.under_way:
                self.look()
                while more and len(self.under_way) < self.room:
                    task = next(tasks, None)
                    more = task is not None
                    if isinstance(task, Outcome):
                        yield task
                    elif task is not None:
                        self.submit(task, 1)
                yield from self.collect()
        finally:
            for attempt in self.under_way.values():
                attempt.future.cancel()

    def look(self) -> None:
        """See every few seconds how many workers there are, and which attempts take too long."""
        now = time.monotonic()
        if now - self.looked < 2:
            return
        self.looked = now
        self.wait_for_scheduler()
        try:
            self.room = _PER_WORKER * sum(self.client.nthreads().values())
        except OSError:  # the scheduler ended while it was asked
            self.looked = 0.0
        for key, attempt in list(self.under_way.items()):
            if now - attempt.since > self.seconds:
                attempt.future.cancel()
                self.ended.put(key)

    def submit(self, task: Task, number: int) -> None:
        key = f"examine-{uuid.uuid4().hex}"
        content: str | Future = task.content
        if len(task.content) > _LARGE and not isinstance(self.client, Pool):  # else it would be part of dask's graph
            content = self.client.scatter(content, hash=False)
        future = self.client.submit(self.work, content, *self.given(), key=key, pure=False)
        self.under_way[key] = _Attempt(task, number, future, time.monotonic())
        future.add_done_callback(lambda future: self.ended.put(future.key))

    def collect(self) -> Iterator[Outcome]:
        """Wait up to a second for an attempt to end; yield its outcome, or begin the next attempt."""
        try:
            attempt = self.under_way.pop(self.ended.get(timeout=1.0), None)
        except queue.Empty:
            self.idle()
            return
        if attempt is None:  # given up before it ended
            return
        seconds = time.monotonic() - attempt.since
        answer, failure, lost = None, "", False
        try:
            answer = self.answer(attempt)
            if answer is None:
                lost = attempt.future.status == "cancelled" and seconds <= self.seconds
                failure = self.failure(attempt)
        except OSError:  # the scheduler ended between the answer and its sending
            lost = True
        if answer is not None:
            yield Outcome(attempt.task, answer, seconds=seconds)
            return
        if attempt.number < ATTEMPTS or lost:  # lost with the scheduler: nobody's fault
            self.wait_for_scheduler()
            self.submit(attempt.task, attempt.number + (not lost))
        else:
            yield Outcome(attempt.task, None, failure, seconds)

    def answer(self, attempt: _Attempt) -> str | None:
        """The answer, or None where the attempt failed."""
        if attempt.future.status != "finished":
            return None
        try:
            return attempt.future.result(timeout=60)
        except Exception:
            # It was finished on a worker that has died since, was done again while this waited, and failed this time;
            # or the scheduler ended while this waited, which cancels all futures.
            if attempt.future.status not in ("error", "cancelled"):
                raise
            return None

    def failure(self, attempt: _Attempt) -> str:
        if attempt.future.status != "error":
            return "no worker answered in time"
        error = attempt.future.exception(timeout=60)
        last = attempt.number == ATTEMPTS
        if isinstance(error, VersionError) or (isinstance(error, _OF_THE_MACHINE) and last):
            raise CourseError(f"{error} What was finished is kept.") from error
        return " ".join(str(error).split())[:300]

    def wait_for_scheduler(self) -> None:
        deadline = time.monotonic() + RECONNECT
        while self.client.status != "running":
            if self.client.status == "closed" or time.monotonic() > deadline:
                raise SchedulerLostError(
                    "The scheduler is gone. What was finished is kept: start it, and give the same command again."
                )
            time.sleep(0.2)
