"""Workers that are threads of this process: they wait for examiners, which are processes of their own.

They speak as much of dask's `Client` and `Future` as `schedule` needs, so that a batch goes the same way here and on a
cluster. No port is open: student code finds nothing that it could connect to.
"""

from __future__ import annotations

import concurrent.futures
from collections.abc import Callable
from typing import Any

from .worker import abandon


class Pool:
    """Some threads.

    Parameters
    ----------
    jobs : how many
    """

    status = "running"

    def __init__(self, jobs: int) -> None:
        self._jobs = jobs
        self._threads = concurrent.futures.ThreadPoolExecutor(jobs, thread_name_prefix="worker")
        self._under_way: set[concurrent.futures.Future] = set()

    def nthreads(self) -> dict[str, int]:
        """The threads of each worker."""
        return {"here": self._jobs}

    def submit(self, work: Callable[..., Any], *args: Any, key: str, pure: bool) -> Promise:
        """Have `work(*args)` done; `pure` is for a cluster."""
        future = self._threads.submit(work, *args)
        self._under_way.add(future)
        future.add_done_callback(self._under_way.discard)
        return Promise(key, future)

    def close(self) -> None:
        """Give up what is under way and end the threads: after Ctrl-C, nobody waits for an endless loop to end."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        while concurrent.futures.wait(list(self._under_way), timeout=0.05).not_done:
            abandon()


class Promise:
    """What is done for a key, or will be."""

    def __init__(self, key: str, future: concurrent.futures.Future) -> None:
        self.key = key
        self._future = future

    @property
    def status(self) -> str:
        """One of dask's words: "pending", "finished", "error" or "cancelled"."""
        if self._future.cancelled():
            return "cancelled"
        if not self._future.done():
            return "pending"
        return "error" if self._future.exception() else "finished"

    def result(self, timeout: float | None = None) -> Any:
        """What came of it."""
        return self._future.result(timeout)

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Why nothing came of it."""
        return self._future.exception(timeout)

    def cancel(self) -> None:
        """Do not begin, if it has not begun."""
        self._future.cancel()

    def add_done_callback(self, call: Callable[[Promise], object]) -> None:
        """Call a function with this promise once it is done."""
        self._future.add_done_callback(lambda _: call(self))
