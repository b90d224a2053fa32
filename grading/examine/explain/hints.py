"""Which known mistake is it? The catalogue's wrong versions, run on the calls that the student's answer was asked.

An entry is recognised where it gives what the student's function gave, results and arguments edited in place alike, and
the right answer does not. Only code of the course runs here; of the student's there are only the recorded values.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import itertools
import linecache
import math
import re
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from types import CodeType
from typing import Any

from cs182viz import gradcheck
from grading.examine.instances import Local, class_proxy, members
from grading.examine.proxy import KEPT, Again, Call, copied, identities, without_instances
from grading.masters.bundle import Bundle, Test, Wrong
from grading.sandbox.random_state import seed_everything
from grading.sandbox.values import named, write_back
from grading.sandbox.wire import WireError, pack, unpack
from grading.walls.bounds import at_most

from . import pairs
from .compare import difference

Ask = Callable[[list[Call]], list[Call]]
TOLERANCE = 1e-4
CLOSER = 0.1
SECONDS = 10.0
SECONDS_OF_PAIRS = 3.0
FEW_STEPS = 2
_WRONG = "<misconception>"


def find(
    test: Test, bundle: Bundle, setup: dict[str, Any], calls: list[Call], seed: int, ask: Ask, written: str = ""
) -> tuple[Wrong, ...]:
    """Return the entry of the catalogue that an answer behaves like, or the two that it makes at once; else nothing.

    A loop of many steps is asked first what a few of them give: an entry that differs there already is not run to the
    end. Where entries fit the calls of a test that stopped at its first failure, the answer is asked all that the test
    asks of a right one; of those that agree even then, the one whose words stand in the answer is taken, else the first
    in the catalogue. Of pairs, only what is beyond doubt is named: a wrong name is worse than none.

    Parameters
    ----------
    test : the failed test; the entries of its function are tried
    setup : the namespace with what the master's setup cells define
    calls : the calls of the test so far, the one that failed it included
    seed : what the global random generators started from
    ask : asks the student's function once more, from the same seed, and returns the calls with their results
    written : the student's source
    """
    entries = [wrong for wrong in bundle.catalogue if wrong.function == test.function]
    if not any(call.function == test.function for call in calls) or not entries:
        return ()
    found: list[Wrong] = []
    few: list[Call] = []
    bound = 0.0
    right = _namespace(bundle, setup)
    with at_most(SECONDS), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if few := _few_steps(right, calls):
            entries = _alike(entries, bundle, setup, ask(few), seed)
        bound = min(TOLERANCE, CLOSER * _distance(right, calls, seed, math.inf))
        fitting = [w for w in entries if bound > 0 and _fits(w.source, bundle, setup, calls, seed, bound)]
        if len(fitting) > 1 or (fitting and not few):  # the first inputs of a test are small: much agrees on them
            more = ask(_questions(test, bundle, setup, seed))
            fitting = [w for w in fitting if _fits(w.source, bundle, setup, more, seed, TOLERANCE)]
        found = sorted(fitting, key=lambda wrong: -_words_in(written, wrong, bundle))[:1]
    if not found and bound > 0 and not few:
        with at_most(SECONDS_OF_PAIRS), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = _pair(test, bundle, setup, calls, seed, bound, ask, written)
    return tuple(found)


def _pair(
    test: Test,
    bundle: Bundle,
    setup: dict[str, Any],
    calls: list[Call],
    seed: int,
    bound: float,
    ask: Ask,
    written: str,
) -> list[Wrong]:
    """The two mistakes that an answer makes at once, or the one of them that is beyond doubt."""
    if test.function in bundle.classes():
        return []
    entries = [wrong for wrong in bundle.catalogue if wrong.function == test.function]
    both = pairs.together(entries, bundle.right_texts(test.function))
    fitting = [each for each in both if _fits(each[2], bundle, setup, calls, seed, bound)]
    if not fitting:
        return []
    more = ask(_questions(test, bundle, setup, seed))
    fitting = [each for each in fitting if _fits(each[2], bundle, setup, more, seed, TOLERANCE)]
    scores = [_words_in(written, a, bundle) + _words_in(written, b, bundle) for a, b, _ in fitting]
    nearest = [each for each, score in zip(fitting, scores, strict=True) if score == max(scores)]
    return [wrong for wrong in entries if nearest and all(wrong in each[:2] for each in nearest)]


def _words_in(written: str, wrong: Wrong, bundle: Bundle) -> float:
    """How much of what tells an entry from the right texts, in its code or quoted in its hint, a student wrote."""
    quoted = " ".join(re.findall("`(.*?)`", wrong.hint))
    own = _words(f"{wrong.source}\n{quoted}") - _words("\n".join(bundle.right_texts(wrong.function)))
    return len(own & _words(written)) / max(1, len(own))


def _words(source: str) -> set[str]:
    """The words of a source, and every two that follow each other."""
    words = re.findall(r"[A-Za-z_]\w*", source)
    return {*words, *map(" ".join, itertools.pairwise(words))}


def _fits(source: str, bundle: Bundle, setup: dict[str, Any], calls: list[Call], seed: int, bound: float) -> bool:
    """Whether a wrong version gives what was recorded; the call that failed the test is compared first."""
    namespace = _namespace(bundle, setup, source)
    before = {identity for call in calls[:-1] for identity in call.identities}
    alone = len(calls) > 1 and not calls[-1].instance and not before & set(filter(None, calls[-1].identities))
    if alone and _distance(namespace, calls[-1:], seed, bound) > bound:
        return False
    return _distance(namespace, calls, seed, bound) <= bound


def explains(
    known: tuple[Wrong, ...], bundle: Bundle, setup: dict[str, Any], calls: list[Call], seed: int, ask: Ask
) -> bool:
    """Whether the one mistake that explained another test of a function explains this one, too."""
    if len(known) != 1:
        return False
    with at_most(SECONDS), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if few := _few_steps(_namespace(bundle, setup), calls):
            return bool(_alike(list(known), bundle, setup, ask(few), seed))
        return _fits(known[0].source, bundle, setup, calls, seed, TOLERANCE)
    return False


def in_words(known: tuple[Wrong, ...]) -> str:
    """The hints of what was found, for the student."""
    if len(known) == 1:
        return known[0].hint
    return "Two mistakes at once. " + " And: ".join(wrong.hint for wrong in known)


def right_version(function: str, bundle: Bundle, setup: dict[str, Any]) -> Callable[..., Any]:
    """The master's function, as a notebook of the master defines it."""
    return _namespace(bundle, setup)[function]


def _few_steps(namespace: dict[str, Any], calls: list[Call]) -> list[Call]:
    """The calls that take more than a few steps, with a few, as questions; none where no call does."""
    questions = []
    for call in (call for call in calls if not call.member and call.do == "call"):
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
    return [w for w in entries if _distance(_namespace(bundle, setup, w.source), calls, seed, bound) <= bound]


def _questions(test: Test, bundle: Bundle, setup: dict[str, Any], seed: int) -> list[Call]:
    """What a test asks of the function when the answers are right; without results."""
    asked: list[Call] = []
    namespace = _namespace(bundle, setup)
    for name, has in members(bundle).items():
        namespace[name] = class_proxy(name, has, Local(namespace[name]), asked)
    if test.function not in bundle.classes():
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


@functools.cache
def _compiled(source: str, filename: str) -> CodeType:
    return compile(source, filename, "exec")


def _namespace(bundle: Bundle, setup: dict[str, Any], wrong: str = "") -> dict[str, Any]:
    """The notebook's functions as they should be, but for what a wrong version defines."""
    namespace = dict(setup)
    for cell in bundle.answers:
        exec(_compiled(cell.source, f"<answer: {cell.id}>"), namespace)
    linecache.cache[_WRONG] = (len(wrong), None, wrong.splitlines(keepends=True), _WRONG)
    exec(_compiled(wrong, _WRONG), namespace)
    return namespace


def _distance(namespace: dict[str, Any], calls: list[Call], seed: int, enough: float) -> float:
    """Return the largest difference between what was recorded and what these functions do; stops beyond `enough`."""
    largest = 0.0
    again = Again()
    seed_everything(seed)
    for call in calls:
        was, now = _recorded(call), _outcome(namespace, call, again)
        if isinstance(was, _Failure) and isinstance(now, _Failure):
            largest = max(largest, 0.0 if was.is_like(now) else math.inf)
        else:
            largest = max(largest, difference(was, now))
        if largest > enough:
            break
    return largest


@dataclass(frozen=True)
class _Failure:
    """An error in place of a result, without the names in it that differ between two ways of writing one mistake.

    Parameters
    ----------
    message : what was raised; its numbers stay, since the same operation on other shapes is another mistake
    operations : what the line that raised it calls
    """

    message: str
    operations: frozenset[str]

    @classmethod
    def of(cls, message: str, line: str) -> _Failure:
        calls = re.findall(r"(\w+)\s*\(", line) + re.findall("@", line)
        return cls(re.sub(r"'[A-Za-z_][\w.]*'", "_", message), frozenset(calls))

    def is_like(self, other: _Failure) -> bool:
        """Whether both come from one operation: on the same shapes where they are named, else by what was called."""
        named = bool(re.search(r"\d", self.message)) or not (self.operations or other.operations)
        return self.message == other.message and (named or bool(self.operations & other.operations))


def _recorded(call: Call) -> Any:
    if call.error:
        return _Failure.of(call.error, call.line)
    after = copied(call.args)
    write_back(after, call.changed)
    return call.result, without_instances(after)


def _outcome(namespace: dict[str, Any], call: Call, again: Again) -> Any:
    """What these functions do on a recorded call, in the same form."""
    try:
        result, args = again.make(call, namespace)
        return unpack(pack(result, named=named)), copied(args)
    except WireError as error:
        return _Failure.of(f"The result of {call.what} was refused: {error}.", "")
    except Exception as error:  # an entry may fail as the student's answer did
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == _WRONG]
        return _Failure.of(
            f"{type(error).__name__}: {' '.join(str(error).split())[:500]}", (frames[-1].line or "") if frames else ""
        )
