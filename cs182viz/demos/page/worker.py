"""One thread that works for a demonstration, so that the kernel stays free and the newest request is served first."""

import re
import threading
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

LINGER = 5.0  # seconds that the thread waits for another request before it ends
LONGEST = 400  # letters of a sentence that a page can show


@dataclass(eq=False)
class _Request:
    job: Callable[[], Any]
    on_frame: Callable[[Any], object]
    on_done: Callable[[Any], object]
    on_stop: Callable[[], object]
    on_error: Callable[[str], object]
    stopped: bool = False
    resting: bool = False


class Worker:
    """Runs one job at a time in a daemon thread; a new request takes the place of the one that waits.

    A *job* is a function without arguments. If it returns an iterator (a generator function does), what that yields
    are its frames, and between two frames the worker looks whether a newer request has come or `stop` was called; then
    the generator is closed, so that its ``finally`` blocks run. However fast requests follow one another, one that has
    begun gets to show its first frame or its result: a picture under a moving mouse does not freeze.

    Attributes
    ----------
    idle : set while there is nothing to do; ``worker.idle.wait(10)`` waits for it.
    error : the exception that ended the last job that failed, or None; ``raise worker.error`` shows its traceback.
    """

    def __init__(self) -> None:
        self.idle = threading.Event()
        self.idle.set()
        self.error: Exception | None = None
        self._change = threading.Condition()
        self._waiting: _Request | None = None
        self._running: _Request | None = None
        self._thread: threading.Thread | None = None
        self._closed = False

    def submit(
        self,
        job: Callable[[], Any],
        *,
        on_frame: Callable[[Any], object] = lambda frame: None,
        on_done: Callable[[Any], object] = lambda result: None,
        on_stop: Callable[[], object] = lambda: None,
        on_error: Callable[[str], object] = lambda sentence: None,
    ) -> None:
        """Ask for a job; returns at once. The callbacks run in the worker's thread.

        Parameters
        ----------
        job : what to do, see `Worker`.
        on_frame : gets each frame of a job that yields.
        on_done : gets the job's result (a generator's is what it returns) when it came to its end.
        on_stop : is called if `stop` ended the job; if a newer request ended it, nothing is called.
        on_error : gets one sentence if the job or one of the other callbacks raises an exception.

        Raises
        ------
        RuntimeError
            The worker is closed.
        """
        with self._change:
            if self._closed:
                raise RuntimeError("this demonstration is closed: run its cell again")
            self._waiting = _Request(job, on_frame, on_done, on_stop, on_error)
            self.idle.clear()
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name="cs182viz demonstration", daemon=True)
                self._thread.start()
            self._change.notify()

    def stop(self) -> None:
        """End the running job at its next frame and forget the waiting one; returns at once."""
        with self._change:
            for request in (self._running, self._waiting):
                if request is not None:
                    request.stopped = True

    def rest(self) -> None:
        """Let the running job, or the waiting one, show its next frame, and stop it then; returns at once."""
        with self._change:
            for request in (self._running, self._waiting):
                if request is not None:
                    request.resting = True

    def close(self) -> None:
        """Stop, and take no request any more."""
        self.stop()
        with self._change:
            self._closed = True
            self._change.notify()

    def _serve(self) -> None:
        while (request := self._next()) is not None:
            try:
                self._run(request)
            except Exception as error:
                self.error = error
                if not request.stopped:
                    self._report(request, sentence(error))

    def _next(self) -> _Request | None:
        """The waiting request, which is now the running one; None if it is time for the thread to end."""
        with self._change:
            self._running = None
            if self._waiting is None:
                self.idle.set()
                self._change.wait_for(lambda: self._waiting is not None or self._closed, timeout=LINGER)
            if self._waiting is None:
                self._thread = None
            self._running, self._waiting = self._waiting, None
            return self._running

    def _run(self, request: _Request) -> None:
        result = None if request.stopped else request.job()
        finished = True
        if isinstance(result, Iterator):
            finished, result = self._play(request, result)
        if request.stopped:
            request.on_stop()
        elif finished:
            request.on_done(result)

    def _play(self, request: _Request, frames: Iterator[Any]) -> tuple[bool, Any]:
        """Hand on frames to the end, or until something newer comes: (whether it came to its end, its result)."""
        try:
            while not request.stopped:
                try:
                    frame = next(frames)
                except StopIteration as end:
                    return True, end.value
                if not request.stopped:
                    request.on_frame(frame)
                request.stopped |= request.resting
                if self._waiting is not None:
                    return False, None
            return False, None
        finally:
            if hasattr(frames, "close"):
                frames.close()

    def _report(self, request: _Request, text: str) -> None:
        try:
            request.on_error(text)
        except Exception as error:  # nobody is left to tell, but the thread has to live on
            self.error = error


def sentence(error: BaseException) -> str:
    """What went wrong in one line of plain text: the message of an exception, without its traceback."""
    message = re.sub(r"\s+", " ", str(error)).strip()
    if isinstance(error, NotImplementedError):
        frames = traceback.extract_tb(error.__traceback__)
        name = frames[-1].name if frames else "a function"
        message = f"{name} is not written yet" + (f": {message}" if message else "")
    elif not isinstance(error, ValueError | OSError | AssertionError) or not message:
        message = f"{type(error).__name__}: {message}" if message else type(error).__name__
    message = message if len(message) <= LONGEST else message[: LONGEST - 3].rstrip() + "..."
    return message if message[-1] in ".!?" else f"{message}."
