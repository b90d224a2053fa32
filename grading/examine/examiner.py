"""The trusted side: runs the master's own cells, with proxies where the student's functions belong, and decides.

The student's code is never here. A test that calls ``f(x)`` calls a proxy; what comes back is plain values, and the
assertions that follow run on them in this process.
"""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import functools
import io
import json
import linecache
import socket
import time
from pathlib import Path
from typing import Any

from grading.examine.job import Job
from grading.masters.bundle import Test
from grading.reading import submission
from grading.sandbox.channel import Channel
from grading.sandbox.random_state import seed_everything
from grading.verdicts.plain_words import in_plain_words
from grading.verdicts.verdict import Item, ItemState, State

from . import hints, shapes
from .behind import Behind
from .client import Sandbox, SandboxFaultError
from .proxy import Again, Call, Proxy, StudentError, copied, in_words

_EXPLAINABLE = ("wrong", "error", "refused")
_OF_THE_ANSWER = (*_EXPLAINABLE, "missing", "time", "memory", "crash")


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


def _reply(request: dict[str, Any]) -> Any:
    job = Job.from_json(request["job"])
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

    Parameters
    ----------
    zygote : path of the socket of the process that forks sandboxes
    """
    started = time.monotonic()
    sandbox = Sandbox(zygote, job.cells, job.times)
    calls: list[Call] = []
    setup = _namespace_of_setup(job)
    namespace = dict(setup)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            for cell in job.bundle.answers:
                namespace.update({name: Proxy(name, sandbox.ask, calls) for name in cell.defines})
            tests = [test for test in job.bundle.tests if test.grade_id in job.seeds]
            items: list[Item] = []
            for test in tests:
                items.append(_item(test, job, sandbox, namespace, calls))
                if not set(job.bundle.behind(test.function)) - _right(job, items):
                    items[-1] = _again(items[-1], test, job, sandbox, namespace, calls)
            # not before all items have been examined: no answer that is given here can be of use to another one
            deadline = started + job.times.submission
            right = _right(job, items)
            for i, test in enumerate(tests):
                suspects = tuple(name for name in job.bundle.behind(test.function) if name not in right)
                if suspects and time.monotonic() + job.times.item < deadline:
                    items[i] = _once(items[i], test, job, zygote, setup, suspects)
                    if items[i].kind != "apart":
                        items[i] = _again(items[i], test, job, sandbox, namespace, calls)
    finally:
        sandbox.close()
    return items


def _right(job: Job, items: list[Item]) -> set[str]:
    """The functions that have earned all points of all their tests: no error stands there."""
    full = {item.grade_id for item in items if item.state == ItemState.FULL}
    tests = job.bundle.tests
    return {test.function for test in tests} - {test.function for test in tests if test.grade_id not in full}


def _once(item: Item, test: Test, job: Job, zygote: str, setup: dict[str, Any], suspects: tuple[str, ...]) -> Item:
    """An error counts once: examine a lost item again with the master's versions behind what its function calls.

    Each attempt has a sandbox of its own, so that what the student's code learns in one is lost with it. Points are
    earned where the function is right then, and did call what was replaced; what is right anyway is not replaced.
    """
    if item.state != ItemState.ZERO or item.kind not in _OF_THE_ANSWER:
        return item
    called = _right_with(suspects, test, job, zygote, setup)
    if not called:
        return item
    apart = called if len(suspects) == 1 else _errors_elsewhere(suspects, test, job, zygote, setup) or called
    reason = f"Right, apart from {' and '.join(apart)}: that error counts where it stands."
    return Item(item.grade_id, item.points, item.points, ItemState.FULL, reason, "apart", seconds=item.seconds)


def _errors_elsewhere(names: tuple[str, ...], test: Test, job: Job, zygote: str, setup: dict[str, Any]) -> list[str]:
    """Which functions behind an item spoil it: those that mend it when replaced alone, else all that spoil the rest."""
    alone = [name for name in names if _right_with((name,), test, job, zygote, setup)]
    if alone:  # one that calls the wrong one mends the item, too: the error stands as deep as possible
        return [name for name in alone if not set(job.bundle.behind(name)) & set(alone)]
    others = {name: tuple(other for other in names if other != name) for name in names}
    return [name for name in names if not _right_with(others[name], test, job, zygote, setup)]


def _right_with(names: tuple[str, ...], test: Test, job: Job, zygote: str, setup: dict[str, Any]) -> list[str]:
    """Which of these functions were called while the master's versions stood there; none if the item is lost."""
    if not names:
        return []
    behind = Behind(job.bundle, setup, names)
    sandbox = Sandbox(zygote, job.cells, job.times, behind)
    calls: list[Call] = []
    namespace = dict(setup)
    for cell in job.bundle.answers:
        namespace.update({name: Proxy(name, sandbox.ask, calls) for name in cell.defines})
    namespace |= behind.functions()
    try:
        lost = _run(test, job.seeds[test.grade_id], sandbox, namespace, calls)
    finally:
        sandbox.close()
    return [] if lost else behind.called


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


def execute(source: str, namespace: dict[str, Any], name: str) -> None:
    """Run a cell of ours in a namespace, with lines that a traceback can show."""
    filename = f"<examiner: {name}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    exec(compile(source, filename, "exec"), namespace)


def _item(test: Test, job: Job, sandbox: Sandbox, namespace: dict[str, Any], calls: list[Call]) -> Item:
    """Examine one item."""
    started = time.monotonic()
    lost = _run(test, job.seeds[test.grade_id], sandbox, namespace, calls)
    return _verdict(test, lost, time.monotonic() - started)


def _again(item: Item, test: Test, job: Job, sandbox: Sandbox, namespace: dict[str, Any], calls: list[Call]) -> Item:
    """Examine an item once more on the same inputs, since an answer must agree with itself, and explain what is lost.

    Nothing can be earned here.
    """
    explainable = item.kind in _EXPLAINABLE
    if item.state == ItemState.REVIEW or not (explainable or job.repeat == "all"):
        return item
    started = time.monotonic()
    seed = job.seeds[test.grade_id]
    lost = _run(test, seed, sandbox, namespace, calls)
    if job.repeat != "none" and lost.get("kind", "") != item.kind:
        first, second = (reason or "everything was right." for reason in (item.reason, lost.get("reason", "")))
        said = f"The answer does not agree with itself on the same inputs. First: {first} Then: {second}"
        lost = {"kind": "unsteady", "reason": said}
    elif explainable:
        ask = functools.partial(_ask, seed, sandbox, namespace, calls)
        lost = {"kind": item.kind, "reason": item.reason, "traceback": item.traceback}
        lost |= _explanation(test, job, namespace, list(calls), ask, item)
    return _verdict(test, lost, item.seconds + time.monotonic() - started)


def _explanation(
    test: Test, job: Job, namespace: dict[str, Any], calls: list[Call], ask: hints.Ask, item: Item
) -> dict[str, str]:
    """The mistakes of the catalogue that an answer makes; else, for a crash, on which shapes it depends."""
    written = "\n".join(cell.source for cell in job.cells if test.function in cell.defines)
    known = hints.find(test, job.bundle, namespace, calls, job.seeds[test.grade_id], ask, written)
    if known:
        return {"misconception": " + ".join(wrong.name for wrong in known), "hint": hints.in_words(known)}
    if item.kind == "error" and calls and calls[-1].error:
        right = hints.right_version(calls[-1].function, job.bundle, namespace)
        return {"reason": f"{item.reason} {shapes.explain(calls[-1], right, ask)}".strip()}
    return {}


def _verdict(test: Test, lost: dict[str, str], seconds: float) -> Item:
    state = ItemState.FULL
    if lost:
        state = ItemState.REVIEW if lost["kind"] in ("fault", "unsteady") else ItemState.ZERO
    earned = test.points if state is ItemState.FULL else 0.0
    return Item(test.grade_id, earned, test.points, state, seconds=round(seconds, 3), **lost)


def _run(test: Test, seed: int, sandbox: Sandbox, namespace: dict[str, Any], calls: list[Call]) -> dict[str, str]:
    """Run a test cell in a namespace of its own; returns nothing, or kind and reason of what went wrong."""
    calls.clear()
    try:
        sandbox.begin_item(seed)
        seed_everything(seed)
        execute(test.source, dict(namespace), test.grade_id)
    except SandboxFaultError:
        raise
    except StudentError as error:
        return _in_words(error, sandbox.failed.get(test.function))
    except AssertionError as error:
        return {"kind": "wrong", "reason": " ".join(str(error).split())}
    except Exception as error:  # a value that no test foresaw, such as a result that cannot be indexed
        if not calls:
            return {"kind": "fault", "reason": f"The test failed before it asked anything: {type(error).__name__}."}
        came = f"{calls[-1].function} gave {in_words(calls[-1].result)}"
        return {"kind": "wrong", "reason": f"The result cannot be used: {came}. ({type(error).__name__}: {error})"}
    finally:
        sandbox.end_item()
    return {}


def _in_words(error: StudentError, cell: StudentError | None) -> dict[str, str]:
    """Kind and reason of a call that gave nothing; `cell` is what failed earlier in the cell of the function."""
    if cell and error.kind == "missing" and str(error).endswith("is not defined."):
        error = cell
    said = [str(error)]
    if cell and str(error).startswith("NameError"):
        said.append(f"In its cell this had failed before: {cell}")
    elif error.kind == "error":
        said.append(in_plain_words(str(error)))
    return {"kind": error.kind, "reason": " ".join(filter(None, said)), "traceback": error.traceback}


def _ask(
    seed: int, sandbox: Sandbox, namespace: dict[str, Any], calls: list[Call], questions: list[Call]
) -> list[Call]:
    """Ask the student's function some questions, from the same seed; returns the calls with what came of them."""
    calls.clear()
    try:
        sandbox.begin_item(seed)
        again = Again()
        for call in questions:
            proxy, args = namespace[call.function], again.arguments(call)
            with contextlib.suppress(StudentError):
                (proxy.value_and_grad if call.gradient else proxy)(*args, **copied(call.kwargs))
        sandbox.end_item()
    except BaseException:  # the time for hints may end while an answer is on its way
        sandbox.close()
        raise
    return list(calls)
