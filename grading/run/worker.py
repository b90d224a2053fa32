"""What a dask worker does: hand a job to an examiner on its machine, and bring back what it says.

This module and what it imports load no torch: a worker is small, the weight is in the zygote that all of them share.
"""

from __future__ import annotations

import contextlib
import json
import socket
import time
from typing import Any

from grading.examine.shared_zygote import zygote
from grading.sandbox.channel import Channel, ChannelClosedError
from grading.sandbox.child import Child
from grading.sandbox.message_limits import WireError
from grading.verdicts.code_version import code_version
from grading.verdicts.verdict import State

MARGIN = 120.0
"""Seconds that the examiner may take on top of what the student's code may take."""


_ASKED: set[Child] = set()


class ExaminerError(RuntimeError):
    """No verdict came; a second attempt may bring one."""


class FaultError(RuntimeError):
    """The machine cannot run student code safely, or at all; the message says why."""


class VersionError(RuntimeError):
    """The worker's code is not the main process's; no attempt would help."""


def examine(task: str, bundle: str = "") -> str:
    """Return an examiner's answer to a task, both as JSON.

    Parameters
    ----------
    task : `{"version", "settings", "job", "submission"}`: the code version that must be here, the settings of the
        sandbox, a `Job` without cells, and the submitted bytes in base 64
    bundle : the job's bundle as JSON, if it is not in the task: it is the same for a whole class

    Raises
    ------
    ExaminerError
        If the examiner died, hung or answered nonsense.
    FaultError
        If the machine failed.
    VersionError
        If this worker's code differs from the main process's.
    """
    request = json.loads(task)
    if request["version"] != code_version():
        raise VersionError(
            f"A worker runs version {code_version()[:12]} of the grader and its libraries, the main process "
            f"{request['version'][:12]}: install the same on both."
        )
    try:
        return json.dumps(_ask(request, bundle))
    except (ChannelClosedError, ConnectionError, FileNotFoundError) as error:
        raise ExaminerError(f"the examiner ended without a verdict ({type(error).__name__})") from error
    except TimeoutError as error:
        raise ExaminerError("the examiner did not end in time") from error
    except (WireError, ValueError, KeyError, TypeError) as error:
        raise ExaminerError(f"the examiner's answer was nonsense ({type(error).__name__})") from error


def abandon() -> None:
    """Give up whatever this process is waiting for: its examiners end, and `examine` raises."""
    for child in list(_ASKED):
        with contextlib.suppress(OSError):  # just ended by itself
            child.socket.shutdown(socket.SHUT_RDWR)


def _ask(request: dict[str, Any], bundle: str) -> dict[str, Any]:
    path = zygote(json.dumps(request["settings"], sort_keys=True))
    deadline = time.monotonic() + request["job"]["times"]["submission"] + MARGIN
    child = Child(path, "examiner")
    _ASKED.add(child)
    try:
        channel = Channel(child.socket)
        message = {"job": request["job"], "submission": request["submission"], "zygote": path}
        text = json.dumps(message)
        if bundle:  # put in as the text that it is
            text = text.replace('{"job": {', f'{{"job": {{"bundle": {bundle}, ', 1)
        channel.send(text.encode(), seconds=MARGIN)
        answer = json.loads(channel.receive(seconds=deadline - time.monotonic()))
    finally:
        _ASKED.discard(child)
        child.close()
    if "fault" in answer:
        raise FaultError(str(answer["fault"]))
    asked = set(request["job"]["seeds"]) if answer["state"] != State.UNREADABLE else set()
    if {item["grade_id"] for item in answer["items"]} != asked:
        raise ValueError("not an answer to what was asked")
    return answer
