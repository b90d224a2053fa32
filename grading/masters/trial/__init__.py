"""A fast trial of some answers against a master's tests, hidden ones included, without a Jupyter kernel.

For code that we trust: our own solutions, the catalogue of misconceptions, an instructor's draft. A student's work
runs in a kernel (`grading.gradebook.stock`), never here.

Each trial is forked from a process that has already imported torch and the course's package. It runs the master's
setup cells, its answer cells with the given sources in their place, and its tests, in the notebook's order.
Demonstrations are skipped: every code cell without the tag `setup` that is neither an answer nor a test.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import multiprocessing
import os
import random
import signal
import sys
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from types import FrameType
from typing import Any

from nbformat import NotebookNode

from grading.masters import beside, notebook
from grading.masters.bundle import File
from grading.masters.solutions import run as run_cell

_WARM = "grading.masters.trial.preload"
_COMMAND = "grading.cli"


@dataclass(frozen=True)
class Outcome:
    """What one test said: the points it gave, out of how many, and why not all of them in one sentence."""

    test: str
    points: float
    max_points: float
    error: str = ""

    @property
    def passed(self) -> bool:
        return not self.error


class OutOfTime(BaseException):
    """The cell ran too long. Not an Exception, so that `except Exception` in an answer does not swallow it."""


def trial(
    master: NotebookNode,
    answers: Mapping[str, str] | None = None,
    *,
    only: Collection[str] | None = None,
    seed: int = 0,
    time_limit: float = 30,
    files: Sequence[File] = (),
) -> dict[str, Outcome]:
    """Return the outcome of each test of the master, by grade_id, for the given answers (the master's where missing).

    Parameters
    ----------
    answers : mapping from a function's name to the source of its whole cell
    only : the tests to run, by grade_id; all of them by default
    seed : every test starts with the global random generators in a state drawn from it
    time_limit : seconds for each cell
    files : helper modules and data files that the cells find beside them

    Raises
    ------
    NotebookError
        If a setup cell fails, since then no verdict means anything.
    """
    nb = notebook.with_answers(master, answers or {})
    if only is not None:
        nb.cells = [cell for cell in nb.cells if not notebook.is_test(cell) or notebook.grade_id(cell) in only]
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(preloaded())
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(sender, json.dumps(nb), seed, time_limit, files), daemon=True)
    process.start()
    sender.close()
    try:
        said = dict(_messages(receiver, 4 * time_limit + 60))
    finally:
        kill_group(process)
        receiver.close()
    if "" in said:
        raise notebook.NotebookError(said[""])
    lost = "the trial was stopped: it did not end in time, or its process died"
    errors = {test: said.get(test, lost) for test in notebook.tests(nb)}
    return {
        test: Outcome(test, 0.0 if errors[test] else worth, worth, errors[test])
        for test, worth in notebook.tests(nb).items()
    }


def preloaded() -> list[str]:
    """Modules that the parent of the children imports before it forks.

    Where a command asks, also the command: multiprocessing has each child import the main module of who asks.
    """
    is_command = "grading.commands" in sys.modules
    return [_COMMAND, _WARM] if is_command else [_WARM]


def _messages(receiver: Connection, patience: float) -> Iterator[tuple[str, str]]:
    """Yield (test, error) as the child reports them, until it ends or patience does."""
    deadline = time.monotonic() + patience
    with contextlib.suppress(EOFError, ConnectionResetError):
        while receiver.poll(max(0.0, deadline - time.monotonic())):
            yield tuple(json.loads(receiver.recv_bytes()))


def kill_group(process: BaseProcess) -> None:
    """End a process that was started, and the group of its own in which it may have started more."""
    if process.pid is not None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.join()


def _child(sender: Connection, nb_json: str, seed: int, time_limit: float, files: Sequence[File]) -> None:
    os.setsid()
    signal.signal(signal.SIGALRM, _out_of_time)
    with beside.at_hand(files):
        _run(sender, nb_json, seed, time_limit)
    sender.close()
    os._exit(0)  # no clean-up that an answer may have hooked into


def _run(sender: Connection, nb_json: str, seed: int, time_limit: float) -> None:
    namespace: dict[str, Any] = {"__name__": "__main__"}
    broken: dict[str, str] = {}  # function -> why its cell failed
    for cell in notebook.nbformat.from_dict(json.loads(nb_json)).cells:
        if not (notebook.is_setup(cell) or notebook.is_answer(cell) or notebook.is_test(cell)):
            continue
        name = notebook.grade_id(cell)
        if notebook.is_test(cell):
            _seed(f"{seed}/{name}")
        error = _attempt(cell, namespace, time_limit, broken)
        if notebook.is_test(cell):
            sender.send_bytes(json.dumps([name, error]).encode())
        elif notebook.is_answer(cell) and error:
            broken[name] = error
        elif error:
            sender.send_bytes(json.dumps(["", f"setup cell {cell.get('id', '')!r} failed: {error}"]).encode())
            break


def _attempt(cell: NotebookNode, namespace: dict[str, Any], time_limit: float, broken: Mapping[str, str]) -> str:
    """Run one cell; return "" or one sentence on what went wrong."""
    silence = io.StringIO()
    signal.setitimer(signal.ITIMER_REAL, time_limit)
    try:
        with contextlib.redirect_stdout(silence), contextlib.redirect_stderr(silence):
            run_cell(notebook.plain_source(cell), namespace, f"<{cell.get('id', 'cell')}>")
    except NameError as error:
        return broken.get(error.name or "") or f"NameError: {error}"
    except OutOfTime:
        return f"time: the cell ran longer than {time_limit:g} s"
    except (Exception, SystemExit, KeyboardInterrupt) as error:
        return notebook.sentence(type(error).__name__, str(error))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return ""


def _out_of_time(signum: int, frame: FrameType | None) -> None:
    raise OutOfTime


def _seed(text: str) -> None:
    """Put the global generators of Python, NumPy and torch into a state that depends on `text` only."""
    import numpy as np
    import torch

    number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")
    random.seed(number)
    np.random.seed(number)  # noqa: NPY002  (the tests draw from the global generator)
    torch.manual_seed(number)
