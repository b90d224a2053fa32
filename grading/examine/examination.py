"""The examination of one submission: each test on the student's functions, again, and what explains a lost one."""

from __future__ import annotations

import contextlib
import functools
import linecache
import time
from typing import Any

from grading.examine.job import Job
from grading.masters.bundle import Test, Wrong
from grading.sandbox.random_state import seed_everything
from grading.verdicts.plain_words import in_plain_words
from grading.verdicts.verdict import Item, ItemState

from .behind import Behind
from .client import Sandbox, SandboxFaultError
from .explain import hints, shapes
from .instances import class_proxy, members
from .proxy import Again, Call, CrashError, Proxy, StudentError, in_words

_EXPLAINABLE = ("wrong", "error", "refused")


class Examination:
    """A sandbox with a student's cells, and the namespace in which the master's tests call what is in it.

    Parameters
    ----------
    zygote : path of the socket of the process that forks sandboxes
    setup : the namespace with what the master's setup cells define
    behind : functions that are the master's, for the test and for the student's own calls
    """

    def __init__(self, job: Job, zygote: str, setup: dict[str, Any], behind: Behind | None = None) -> None:
        self._job = job
        self._sandbox = Sandbox(zygote, job.cells, job.times, behind, job.bundle.files)
        self._calls: list[Call] = []
        self._namespace = dict(setup)
        for name in (name for cell in job.bundle.answers for name in cell.defines):
            self._namespace[name] = Proxy(name, self._sandbox.ask, self._calls)
        for name, has in members(job.bundle).items():
            self._namespace[name] = class_proxy(name, has, self._sandbox.ask, self._calls)
        if behind:
            self._namespace |= behind.functions()
        self._known: dict[str, tuple[Wrong, ...]] = {}
        """What explained a test, by function."""

    @property
    def calls(self) -> list[Call]:
        """The calls of the test that ran last: the first ones and the latest."""
        return list(self._calls)

    def close(self) -> None:
        """End the student's process."""
        self._sandbox.close()

    def first(self, test: Test) -> Item:
        """Examine one item."""
        started = time.monotonic()
        lost = self.run(test)
        return _verdict(test, lost, time.monotonic() - started)

    def again(self, item: Item, test: Test) -> Item:
        """Examine an item once more on the same inputs, and explain what is lost; nothing can be earned here.

        An answer must agree with itself: where it does not, a person looks at it.
        """
        repeat = self._job.repeat
        explainable = item.kind in _EXPLAINABLE
        if item.state == ItemState.REVIEW or item.kind == "apart" or not (explainable or repeat == "all"):
            return item
        started = time.monotonic()
        lost = self.run(test)
        if repeat != "none" and lost.get("kind", "") != item.kind:
            first, second = (reason or "everything was right." for reason in (item.reason, lost.get("reason", "")))
            said = f"The answer does not agree with itself on the same inputs. First: {first} Then: {second}"
            lost = {"kind": "unsteady", "reason": said}
        elif explainable:
            lost = {"kind": item.kind, "reason": item.reason, "traceback": item.traceback}
            with contextlib.suppress(StudentError):  # it did not live through the questions: then nothing is named
                lost |= self._explanation(item, test)
        return _verdict(test, lost, item.seconds + time.monotonic() - started)

    def _explanation(self, item: Item, test: Test) -> dict[str, str]:
        """The mistakes of the catalogue that an answer makes; else, for a crash, on which shapes it depends."""
        bundle, seed, calls = self._job.bundle, self._job.seeds[test.grade_id], list(self._calls)
        ask = functools.partial(self._ask, seed)
        written = "\n".join(cell.source for cell in self._job.cells if test.function in cell.defines)
        found = self._known.get(test.function, ())
        if not hints.explains(found, bundle, self._namespace, calls, seed, ask):
            found = hints.find(test, bundle, self._namespace, calls, seed, ask, written)
        if found:
            self._known[test.function] = found
            return {"misconception": " + ".join(wrong.name for wrong in found), "hint": hints.in_words(found)}
        if item.kind == "error" and calls and calls[-1].error and not calls[-1].instance:
            right = hints.right_version(calls[-1].function, bundle, self._namespace)
            return {"reason": _sentences(item.reason, shapes.explain(calls[-1], right, ask))}
        return {}

    def run(self, test: Test) -> dict[str, str]:
        """Run a test cell in a namespace of its own; returns nothing, or kind and reason of what went wrong."""
        seed = self._job.seeds[test.grade_id]
        self._calls.clear()
        try:
            self._sandbox.begin_item(seed)
            seed_everything(seed)
            execute(test.source, dict(self._namespace), test.grade_id)
        except SandboxFaultError:
            raise
        except StudentError as error:
            return _in_words(error, self._sandbox.failed.get(test.function))
        except AssertionError as error:
            return {"kind": "wrong", "reason": " ".join(str(error).split())}
        except Exception as error:  # a value that no test foresaw, such as a result that cannot be indexed
            if not self._calls:
                return {"kind": "fault", "reason": f"The test failed before it asked anything: {type(error).__name__}."}
            came = f"{self._calls[-1].what} gave {in_words(self._calls[-1].result)}"
            return {"kind": "wrong", "reason": f"The result cannot be used: {came}. ({type(error).__name__}: {error})"}
        finally:
            self._sandbox.end_item()
        return {}

    def _ask(self, seed: int, questions: list[Call]) -> list[Call]:
        """Ask the student's function some questions, from the same seed; returns the calls with what came of them.

        Raises
        ------
        StudentError
            If not every question was answered: what is missing must not count as agreement.
        """
        self._calls.clear()
        try:
            self._sandbox.begin_item(seed)
            again = Again()
            for call in questions:
                with contextlib.suppress(StudentError):
                    again.make(call, self._namespace)
            self._sandbox.end_item()
            if len(self._calls) < len(questions):
                raise CrashError("The code did not answer all that it was asked.")
        except KeyError:  # it is asked of an instance that could not be made
            self._sandbox.end_item()
            raise CrashError("The code did not answer all that it was asked.") from None
        except BaseException:  # the time for hints may end while an answer is on its way
            self._sandbox.close()
            raise
        return list(self._calls)


def _verdict(test: Test, lost: dict[str, str], seconds: float) -> Item:
    state = ItemState.FULL
    if lost:
        state = ItemState.REVIEW if lost["kind"] in ("fault", "unsteady") else ItemState.ZERO
    earned = test.points if state is ItemState.FULL else 0.0
    return Item(test.grade_id, earned, test.points, state, seconds=round(seconds, 3), **lost)


def _in_words(error: StudentError, cell: StudentError | None) -> dict[str, str]:
    """Kind and reason of a call that gave nothing; `cell` is what failed earlier in the cell of the function."""
    if cell and error.kind == "missing" and str(error).endswith("is not defined."):
        error = cell
    said = [str(error)]
    if cell and str(error).startswith("NameError"):
        said.append(f"In its cell this had failed before: {cell}")
    elif error.kind == "error":
        said.append(in_plain_words(str(error)))
    return {"kind": error.kind, "reason": _sentences(*said), "traceback": error.traceback}


def _sentences(*said: str) -> str:
    """Some sentences, each with an end: an error's message often has none."""
    first, *rest = filter(None, said)
    return " ".join([first if not rest or first.endswith((".", "!", "?")) else f"{first}.", *rest])


def execute(source: str, namespace: dict[str, Any], name: str) -> None:
    """Run a cell of ours in a namespace, with lines that a traceback can show."""
    filename = f"<examiner: {name}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    exec(compile(source, filename, "exec"), namespace)
