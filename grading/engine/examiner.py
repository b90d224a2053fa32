"""The trusted side: runs the master's own cells, with proxies where the student's functions belong, and decides.

The student's code is never here. A test that calls ``f(x)`` calls a proxy; what comes back is plain values, and the
assertions that follow run on them in this process.
"""

from __future__ import annotations

import contextlib
import io
import json
import linecache
import random
import socket
import time
from typing import Any

import numpy as np
import torch

from .channel import Channel
from .client import Sandbox
from .job import Job, Test
from .proxy import Call, Proxy, StudentError
from .verdict import Item, ItemState


def run(connection: socket.socket) -> None:
    """What a forked child becomes: it reads one job and the zygote's address, and replies with the items' verdicts."""
    channel = Channel(connection)
    request = json.loads(channel.receive())
    items = examine(Job.from_json(request["job"]), zygote=request["zygote"])
    channel.send(json.dumps([vars(item) for item in items]).encode())


def examine(job: Job, *, zygote: str) -> list[Item]:
    """Return the verdict on each test of the assignment.

    Parameters
    ----------
    zygote : path of the socket of the process that forks sandboxes
    """
    sandbox = Sandbox(zygote, job.cells, job.times)
    calls: list[Call] = []
    namespace: dict[str, Any] = {"__name__": "__main__"}
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            for cell in job.bundle.setup:
                execute(cell.source, namespace, cell.id)
            for cell in job.bundle.answers:
                namespace.update({name: Proxy(name, sandbox.ask, calls) for name in cell.defines})
            return [_item(test, job, sandbox, namespace, calls) for test in job.bundle.tests]
    finally:
        sandbox.close()


def execute(source: str, namespace: dict[str, Any], name: str) -> None:
    """Run a cell of ours in a namespace, with lines that a traceback can show."""
    filename = f"<examiner: {name}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    exec(compile(source, filename, "exec"), namespace)


def seed_everything(seed: int) -> None:
    """Start the global generators of Python, NumPy and torch, from which the tests draw their inputs."""
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002  (the tests draw from the global generator)
    torch.manual_seed(seed)


def _item(test: Test, job: Job, sandbox: Sandbox, namespace: dict[str, Any], calls: list[Call]) -> Item:
    """Run one test cell on fresh inputs."""
    started = time.monotonic()
    calls.clear()
    lost: dict[str, Any] = {}
    try:
        sandbox.begin_item(job.seeds[test.grade_id])
        seed_everything(job.seeds[test.grade_id])
        execute(test.source, namespace, test.grade_id)
    except StudentError as error:
        error = sandbox.failed.get(test.function, error) if error.kind == "missing" else error
        lost = {"kind": error.kind, "reason": str(error), "traceback": error.traceback}
    except AssertionError as error:
        lost = {"kind": "wrong", "reason": " ".join(str(error).split())}
    except Exception as error:  # a value that no test foresaw, such as a result that cannot be indexed
        lost = {"kind": "wrong", "reason": f"The result cannot be used: {type(error).__name__}: {error}"}
    finally:
        sandbox.end_item()
    seconds = round(time.monotonic() - started, 3)
    if lost:
        return Item(test.grade_id, 0.0, test.points, ItemState.ZERO, seconds=seconds, **lost)
    return Item(test.grade_id, test.points, test.points, ItemState.FULL, seconds=seconds)
