"""Bounds on what this process computes for somebody whom it need not trust: computing time, and memory."""

from __future__ import annotations

import contextlib
import resource
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_PAGE = resource.getpagesize()


class _TimeUpError(BaseException):
    """Not an Exception: code that catches everything does not catch this."""


@contextlib.contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Leave the block when it has computed for so long, wherever it is; for the main thread of a process of its own.

    Computing time, not the clock's: how busy the machine is shall not decide.
    """

    def stop(*_: Any) -> None:
        raise _TimeUpError

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        with contextlib.suppress(_TimeUpError):
            yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


@contextlib.contextmanager
def at_most_more(size: int) -> Iterator[None]:
    """Let this process get at most so many more bytes of memory within the block; beyond, allocations fail."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    now = int(Path("/proc/self/statm").read_text().split()[0]) * _PAGE
    most = now + size if hard == resource.RLIM_INFINITY else min(now + size, hard)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
