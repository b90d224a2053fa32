"""The trusted side: runs the master's own cells, with proxies where the student's functions belong, and decides.

The student's code is never here. A test that calls ``f(x)`` calls a proxy; what comes back is plain values, and the
assertions that follow run on them in this process.
"""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import io
import json
import os
import socket
import time
from pathlib import Path
from typing import Any

from grading.examine.job import Job
from grading.masters import beside
from grading.reading import submission
from grading.sandbox.channel import Channel
from grading.verdicts.verdict import Item, ItemState, State
from grading.walls.isolation import scratch_folder

from .client import SandboxFaultError
from .examination import Examination, execute
from .once import Once


def run(connection: socket.socket) -> None:
    """What a forked child becomes: it reads one job and the zygote's address, and replies with the items' verdicts.

    The job's cells are given, or taken from the bytes of a submission; then what reading them said comes along. Where
    the machine failed, the reply is ``{"fault": why}``.
    """
    with contextlib.suppress(OSError):
        Path("/proc/self/comm").write_text("cs182-examiner")  # for people: it looks like the zygote otherwise
    channel = Channel(connection)
    request = json.loads(channel.receive())
    try:
        reply = _reply(request)
    except SandboxFaultError as fault:
        reply = {"fault": str(fault)}
    channel.send(json.dumps(reply).encode())


def _reply(request: dict[str, Any]) -> dict[str, Any]:
    job = Job.from_json(request["job"])
    with beside.at_hand(job.bundle.files, Path(scratch_folder(os.getpid()))):
        return _verdicts(job, request)


def _verdicts(job: Job, request: dict[str, Any]) -> dict[str, Any]:
    if "submission" not in request:
        return {"items": [vars(item) for item in examine(job, zygote=request["zygote"])]}
    handed_in = submission.read(base64.b64decode(request["submission"]), job.bundle)
    about = {"state": handed_in.state, "flags": handed_in.flags, "reason": handed_in.reason}
    if handed_in.state == State.UNREADABLE:
        return {**about, "items": []}
    job = dataclasses.replace(job, cells=handed_in.cells)
    return {**about, "items": [vars(item) for item in examine(job, zygote=request["zygote"])]}


def examine(job: Job, *, zygote: str) -> list[Item]:
    """Return the verdict on each test of the job, in the notebook's order.

    Every item is examined first. Only then lost ones are examined again with the master's versions behind them, so that
    no answer that is given there can be of use to another item, and only then what stays lost is explained.

    Parameters
    ----------
    zygote : path of the socket of the process that forks sandboxes
    """
    deadline = time.monotonic() + job.times.submission - job.times.item
    tests = [test for test in job.bundle.tests if test.grade_id in job.seeds]
    setup = _namespace_of_setup(job)
    examination = Examination(job, zygote, setup)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            items = [examination.first(test) for test in tests]
            once = Once(job, zygote, setup)
            for i, test in enumerate(tests):
                if time.monotonic() < deadline:
                    items[i] = once.examine(items[i], test, _right(job, items))
            for i in sorted(range(len(items)), key=lambda i: items[i].seconds):
                if time.monotonic() < deadline:
                    items[i] = examination.again(items[i], tests[i])
    finally:
        examination.close()
    return items


def _right(job: Job, items: list[Item]) -> set[str]:
    """The functions that have earned all points of all their tests, an error elsewhere aside: none stands there."""
    full = {item.grade_id for item in items if item.state == ItemState.FULL}
    tests = job.bundle.tests
    return {test.function for test in tests} - {test.function for test in tests if test.grade_id not in full}


def _namespace_of_setup(job: Job) -> dict[str, Any]:
    namespace: dict[str, Any] = {"__name__": "__main__"}
    with contextlib.redirect_stdout(io.StringIO()):
        _set_up(job, namespace)
    return namespace


def _set_up(job: Job, namespace: dict[str, Any]) -> None:
    for cell in job.bundle.setup:
        try:
            execute(cell.source, namespace, cell.id)
        except Exception as error:
            raise SandboxFaultError(
                f"The setup cell {cell.id} of the master failed: {type(error).__name__}: {error}"
            ) from error
