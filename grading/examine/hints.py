"""Which known mistake is it? The catalogue's wrong versions, run on the calls that the student's answer was asked.

An entry is recognised where it gives what the student's function gave, results and arguments edited in place alike, and
the right answer does not. Only code of the course runs here; of the student's there are only the recorded values.
"""

from __future__ import annotations

import contextlib
import inspect
import math
import re
import warnings
from collections.abc import Callable
from typing import Any

from cs182viz import gradcheck
from grading.masters.bundle import Bundle, Test, Wrong
from grading.sandbox.random_state import seed_everything
from grading.sandbox.values import named, write_back
from grading.sandbox.wire import WireError, pack, unpack
from grading.walls.bounds import at_most

from .compare import difference
from .proxy import KEPT, Again, Call, copied, identities

Ask = Callable[[list[Call]], list[Call]]
TOLERANCE = 1e-4
CLOSER = 0.1
SECONDS = 10.0
FEW_STEPS = 2


def find(test: Test, bundle: Bundle, setup: dict[str, Any], calls: list[Call], seed: int, ask: Ask) -> Wrong | None:
    """Return the entry of the catalogue that an answer behaves like, or None.

    A loop of many steps is asked first what a few of them give: an entry that differs there already is not run to the
    end. Where several fit the calls of a test that stopped at its first failure, the answer is asked all that the test
    asks of a right one; of entries that agree even then, the first in the catalogue is taken.

    Parameters
    ----------
    test : the failed test; the entries of its function are tried
    setup : the namespace with what the master's setup cells define
    calls : the calls of the test so far, the one that failed it included
    seed : what the global random generators started from
    ask : asks the student's function once more, from the same seed, and returns the calls with their results
    """
    entries = [wrong for wrong in bundle.catalogue if wrong.function == test.function]
    if not any(call.function == test.function for call in calls) or not entries:
        return None
    fitting: list[Wrong] = []
    with at_most(SECONDS), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if few := _few_steps(_namespace(bundle, setup), calls):
            entries = _alike(entries, bundle, setup, ask(few), seed)
        bound = min(TOLERANCE, CLOSER * _distance(_namespace(bundle, setup), calls, seed, math.inf))
        for wrong in entries:
            distance = _distance(_namespace(bundle, setup, wrong), calls, seed, bound)
            if distance <= bound and distance < math.inf and bound > 0:
                fitting.append(wrong)
        if len(fitting) > 1:
            more = ask(_questions(test, bundle, setup, seed))
            fitting = [
                w for w in fitting if _distance(_namespace(bundle, setup, w), more, seed, TOLERANCE) <= TOLERANCE
            ]
    return fitting[0] if fitting else None


def _few_steps(namespace: dict[str, Any], calls: list[Call]) -> list[Call]:
    """The calls that take more than a few steps, with a few, as questions; none where no call does."""
    questions = []
    for call in calls:
        try:
            bound = inspect.signature(namespace[call.function]).bind(*call.args, **call.kwargs)
        except TypeError:  # a test may call a function wrongly on purpose
            continue
        steps = bound.arguments.get("max_iter")
        if isinstance(steps, int) and steps > FEW_STEPS:
            bound.arguments["max_iter"] = FEW_STEPS
            known = (*call.identities, *[0] * len(bound.args))[: len(bound.args)]
            questions.append(Call(call.function, bound.args, bound.kwargs, call.gradient, None, {}, identities=known))
    return questions


def _alike(entries: list[Wrong], bundle: Bundle, setup: dict[str, Any], calls: list[Call], seed: int) -> list[Wrong]:
    """The entries that give what was recorded."""
    # where the right answer gives it too, the mistake shows later: then it is no measure of how near an entry must be
    bound = min(TOLERANCE, CLOSER * _distance(_namespace(bundle, setup), calls, seed, math.inf)) or TOLERANCE
    return [wrong for wrong in entries if _distance(_namespace(bundle, setup, wrong), calls, seed, bound) <= bound]


def _questions(test: Test, bundle: Bundle, setup: dict[str, Any], seed: int) -> list[Call]:
    """What a test asks of the function when the answers are right; without results."""
    asked: list[Call] = []
    namespace = _namespace(bundle, setup)
    namespace[test.function] = _Noting(test.function, namespace[test.function], asked)
    seed_everything(seed)
    with contextlib.suppress(Exception):  # the master passes its tests; should it not, there is less to ask
        exec(compile(test.source, f"<test: {test.grade_id}>", "exec"), namespace)
    return asked[:KEPT]


class _Noting:
    """A function that notes its calls."""

    def __init__(self, name: str, function: Callable, asked: list[Call]) -> None:
        self._name = name
        self._function = function
        self._asked = asked

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self._note(args, kwargs, False)
        return self._function(*args, **kwargs)

    def value_and_grad(self, *args: Any, **kwargs: Any) -> tuple[Any, Any]:
        self._note(args, kwargs, True)
        return gradcheck.value_and_grad(self._function, *args, **kwargs)

    def _note(self, args: tuple, kwargs: dict[str, Any], gradient: bool) -> None:
        call = Call(self._name, copied(args), copied(kwargs), gradient, None, {}, identities=identities(args))
        self._asked.append(call)


def _namespace(bundle: Bundle, setup: dict[str, Any], wrong: Wrong | None = None) -> dict[str, Any]:
    """The notebook's functions as they should be, but for one."""
    namespace = dict(setup)
    for cell in bundle.answers:
        exec(compile(cell.source, f"<answer: {cell.id}>", "exec"), namespace)
    if wrong is not None:
        exec(compile(wrong.source, f"<misconception: {wrong.name}>", "exec"), namespace)
    return namespace


def _distance(namespace: dict[str, Any], calls: list[Call], seed: int, enough: float) -> float:
    """Return the largest difference between what was recorded and what these functions do; stops beyond `enough`."""
    largest = 0.0
    again = Again()
    seed_everything(seed)
    for call in calls:
        now = _outcome(namespace[call.function], call, again.arguments(call))
        largest = max(largest, difference(_recorded(call), now))
        if largest > enough:
            break
    return largest


def _recorded(call: Call) -> Any:
    if call.error:
        return _anonymous(call.error)
    after = copied(call.args)
    write_back(after, call.changed)
    return call.result, after


def _outcome(function: Callable, call: Call, args: tuple) -> Any:
    """What a function does on a recorded call, in the same form."""
    kwargs = copied(call.kwargs)
    try:
        result = gradcheck.value_and_grad(function, *args, **kwargs) if call.gradient else function(*args, **kwargs)
        return unpack(pack(result, named=named)), copied(args)
    except WireError as error:
        return _anonymous(f"The result of {call.function} was refused: {error}.")
    except Exception as error:  # an entry may fail as the student's answer did
        return _anonymous(f"{type(error).__name__}: {' '.join(str(error).split())[:500]}")


def _anonymous(message: str) -> str:
    """An error without the numbers and names in it that differ between two ways of writing the same mistake."""
    return re.sub(r"'[^']*'|\d+", "_", message)
