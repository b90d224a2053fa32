"""Many versions of an assignment's answers, each through the real examiner, on some processes at a time.

Every version runs in a sandbox of its own, forked from the warm process that grading has; no kernel is started. It
meets what a submission meets: the same tests, the same proxies, the same rule that an error counts once.
"""

from __future__ import annotations

import atexit
import contextlib
import dataclasses
import io
import json
import multiprocessing
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any

from grading.config.settings import Times, load
from grading.examine import shared_zygote
from grading.examine.examination import Examination, execute
from grading.examine.job import Job
from grading.examine.once import Once
from grading.masters import beside
from grading.masters.assignment import Assignment
from grading.masters.bundle import Bundle, Cell, Test
from grading.verdicts.verdict import Item, ItemState

from .sentences import leaked, numbers, telling

BEGIN = "### BEGIN HIDDEN TESTS"
_MARK = "_the_hidden_part_begins_"
_LEAST = 2.0  # seconds for a call, however quick the master's is
_SLOWER = 4.0


@dataclass(frozen=True)
class Candidate:
    """What to examine: the master's answers with one function's cell replaced, and which tests to run.

    Parameters
    ----------
    function, source : the replaced answer; nothing is replaced where `function` is empty
    tests : the tests' grade_ids, in the order in which they run
    seed : of the random inputs of every test
    plainly : whether every test runs on this answer. Otherwise what decides nothing is left out: after a test of the
        function that is lost in its visible part the others about it, and tests of functions that call it once they are
        known to be right with the master's version behind them.
    """

    function: str
    source: str
    tests: tuple[str, ...]
    seed: int = 1
    plainly: bool = False


@dataclass(frozen=True)
class Found:
    """What one test said of a candidate.

    Parameters
    ----------
    item : the verdict
    hidden : whether a lost test was lost in its hidden part
    apart : whether the item has its points with the master's versions behind it in place of this one
    leaks : numbers of the master's in the sentence on a hidden test
    """

    item: Item
    hidden: bool = False
    apart: bool = False
    leaks: tuple[str, ...] = ()

    @property
    def kept(self) -> bool:
        """Whether the item has all of its points."""
        return self.item.state == ItemState.FULL


class Bench:
    """Examines candidates of one assignment; a context manager, which ends its processes.

    Parameters
    ----------
    jobs : processes at a time; one a core by default
    slowest : seconds of the slowest item of the master's; answers that take several times as long are stopped, as none
        of the right ones is. Without it, the examiner's own limits hold.
    """

    def __init__(self, assignment: Assignment, jobs: int | None = None, slowest: float | None = None) -> None:
        settings = json.dumps(dataclasses.replace(load(assignment.course.solutions), level="unsafe").to_json())
        self.bundle = assignment.bundle
        call = Times().call if slowest is None else max(_LEAST, _SLOWER * slowest)
        times = Times(call=call, item=min(Times().item, 2 * call))
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["grading.masters.trial.preload"])
        self._pool = ProcessPoolExecutor(
            jobs or os.cpu_count() or 1, context, _begin, (self.bundle, shared_zygote.zygote(settings), times)
        )

    def __enter__(self) -> Bench:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def examine(self, candidates: Iterable[Candidate]) -> Iterator[dict[str, Found]]:
        """Yield for each candidate, in order, what each of its tests said, by grade_id."""
        return self._pool.map(_examine, candidates)


_HERE: dict[str, Any] = {}
"""What a process of the pool holds: bundle, zygote, times, the setup's namespace, and what it has found out already."""


def _begin(bundle: Bundle, zygote: str, times: Times) -> None:
    bundle = dataclasses.replace(bundle, tests=tuple(_marked(test) for test in bundle.tests), catalogue=(), rights=())
    namespace: dict[str, Any] = {"__name__": "__main__"}
    stay = contextlib.ExitStack()  # as long as this process does
    stay.enter_context(beside.at_hand(bundle.files))
    atexit.register(stay.close)
    with contextlib.redirect_stdout(io.StringIO()):
        for cell in bundle.setup:
            execute(cell.source, namespace, cell.id)
    _HERE.update(bundle=bundle, zygote=zygote, times=times, setup=namespace, reached=[], numbers={}, apart={})
    namespace[_MARK] = _HERE["reached"].append


def _marked(test: Test) -> Test:
    """The test with a call where its hidden part begins, on that line, so that all others keep their numbers."""
    return dataclasses.replace(test, source=test.source.replace(BEGIN, f"{_MARK}(1)  {BEGIN}"))


def _examine(candidate: Candidate) -> dict[str, Found]:
    bundle: Bundle = _HERE["bundle"]
    answers = (
        Cell(cell.id, candidate.source, cell.defines) if cell.id == candidate.function else cell
        for cell in bundle.answers
    )
    seeds = dict.fromkeys(candidate.tests, candidate.seed)
    job = Job(bundle, (*bundle.setup, *answers), seeds, _HERE["times"], "none")
    examination = Examination(job, _HERE["zygote"], _HERE["setup"])
    tests = {test.grade_id: test for test in bundle.tests}
    found: dict[str, Found] = {}
    seen = False
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            for name in candidate.tests:
                test = tests[name]
                own = test.function == candidate.function
                if not (own and seen and not candidate.plainly):
                    found[name] = each = _one(examination, job, candidate, test)
                    seen = seen or (own and not (each.kept or each.hidden))
    finally:
        examination.close()
    return found


def _one(examination: Examination, job: Job, candidate: Candidate, test: Test) -> Found:
    """One test of a candidate, by the rule that an error counts once.

    Where a wrong function stands behind another one, that one is examined with the master's version behind it. This is
    the same examination for every wrong version of that function, so it is made once, and before any other: an item
    that keeps its points in it keeps them whatever the wrong version does.
    """
    if not candidate.function or test.function == candidate.function:
        return _found(examination, candidate, test)
    if candidate.plainly:
        first = _found(examination, candidate, test)
        return first if first.kept else _apart(job, candidate, test, first.item) or first
    known: dict[tuple[str, str], Found | None] = _HERE["apart"]
    about = (candidate.function, test.grade_id)
    if about not in known:
        lost = Item(test.grade_id, 0.0, test.points, ItemState.ZERO, kind="wrong")  # taken for lost, to see what helps
        known[about] = _apart(job, candidate, test, lost)
    return known[about] or _found(examination, candidate, test)


def _apart(job: Job, candidate: Candidate, test: Test, lost: Item) -> Found | None:
    """What an item that is lost earns with the master's version behind its function; None if it stays lost."""
    right = {name for cell in job.bundle.answers for name in cell.defines} - {candidate.function}
    again = Once(job, _HERE["zygote"], _HERE["setup"]).examine(lost, test, right)
    return None if again is lost else Found(again, apart=True)


def _found(examination: Examination, candidate: Candidate, test: Test) -> Found:
    _HERE["reached"].clear()
    item = examination.first(test)
    hidden = bool(_HERE["reached"])
    if item.state == ItemState.FULL or not hidden or not telling(item.reason):
        return Found(item, hidden and item.state != ItemState.FULL)
    secret = _masters_numbers(test, candidate.seed) - _results(examination)
    return Found(item, hidden, leaks=leaked(item.reason, secret))


def _results(examination: Examination) -> frozenset[float]:
    """The numbers in what came back from the calls of the last test, edits in place included."""
    return numbers(part for call in examination.calls for part in (call.result, call.changed))


def _masters_numbers(test: Test, seed: int) -> frozenset[float]:
    """The numbers in what the master's answers give on the inputs of a test."""
    known: dict[tuple[str, int], frozenset[float]] = _HERE["numbers"]
    if (test.grade_id, seed) not in known:
        bundle: Bundle = _HERE["bundle"]
        job = Job(bundle, (*bundle.setup, *bundle.answers), {test.grade_id: seed}, _HERE["times"], "none")
        examination = Examination(job, _HERE["zygote"], _HERE["setup"])
        try:
            examination.run(test)
            known[test.grade_id, seed] = _results(examination)
        finally:
            examination.close()
    return known[test.grade_id, seed]
