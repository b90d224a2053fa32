"""The writer of the gradebook in a process of its own: who decides on submissions waits for no notebook and no row.

The process is a fork of this one, made before any thread begins. Verdicts go to it some at a time, and it ends with
this one, whatever ends this one: what it had not written yet is on disk, and the next run enters it.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from grading.config import CourseError
from grading.masters.assignment import Assignment
from grading.verdicts.verdict import Verdict
from grading.walls.syscalls import PR_SET_PDEATHSIG, prctl

from .write import SECONDS, TOGETHER, Writer, enter_cells, writer

AHEAD = 2
"""Batches that may wait for the writer: with more of them this process waits, so that a class is not in memory."""

_opened = contextlib.ExitStack()
_writer: Writer


@contextlib.contextmanager
def writer_apart(assignment: Assignment) -> Iterator[WriterApart]:
    """Open the gradebook as `write.writer` does, in another process.

    Raises
    ------
    CourseError
        If the process ends before its work does.
    """
    enter_cells(assignment)  # here, where what is wrong with the gradebook or the master can be said at once
    fork = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(1, fork, initializer=_begin, initargs=(assignment,)) as process:
        writing = WriterApart(process)
        try:
            yield writing
        finally:
            writing.flush()


class WriterApart:
    """Hands verdicts to the writer, some at a time; see `writer_apart`."""

    def __init__(self, process: ProcessPoolExecutor) -> None:
        self._process = process
        self._waiting: list[Verdict] = []
        self._since = 0.0
        self._under_way: deque[Future[None]] = deque()
        self._send([])  # the process begins with its first batch: before there are threads

    def write(self, verdict: Verdict) -> None:
        """Have a verdict entered: within a second, with those that follow soon."""
        self._since = self._since if self._waiting else time.monotonic()
        self._waiting.append(verdict)
        if len(self._waiting) >= TOGETHER or time.monotonic() - self._since > SECONDS:
            self._send(self._waiting)
            self._waiting = []
            while len(self._under_way) > AHEAD or (self._under_way and self._under_way[0].done()):
                self._entered()

    def flush(self) -> None:
        """Wait until all that was given is entered."""
        waiting, self._waiting = self._waiting, []
        if waiting:
            self._send(waiting)
        while self._under_way:
            self._entered()

    def _send(self, verdicts: Sequence[Verdict]) -> None:
        with _end_in_words():
            self._under_way.append(self._process.submit(_enter, verdicts))

    def _entered(self) -> None:
        with _end_in_words():
            self._under_way.popleft().result()


@contextlib.contextmanager
def _end_in_words() -> Iterator[None]:
    try:
        yield
    except BrokenProcessPool as error:
        raise CourseError(
            "The process that writes the gradebook was ended, perhaps for want of memory. The verdicts are kept: give "
            "the same command again."
        ) from error


def _begin(assignment: Assignment) -> None:
    """In the process of its own: nothing but this one ends it, and Ctrl-C is for this one."""
    global _writer
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    _writer = _opened.enter_context(writer(assignment))


def _enter(verdicts: Sequence[Verdict]) -> None:
    for verdict in verdicts:
        _writer.write(verdict)
    _writer.flush()
