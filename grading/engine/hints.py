"""Which known mistake is it? The catalogue's wrong versions, run on the calls that the student's answer was asked.

An entry is recognised where it gives what the student's function gave, results and arguments edited in place alike, and
the right answer does not. Only code of the course runs here; of the student's there are only the recorded values.
"""

from __future__ import annotations

import contextlib
import math
import re
import signal
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch

from cs182viz import gradcheck

from .job import Bundle, Wrong
from .proxy import Call, copied, named, write_back
from .seeding import seed_everything
from .wire import WireError, pack, unpack

TOLERANCE = 1e-4
CLOSER = 0.1
SECONDS = 10.0


class _TimeUpError(BaseException):
    """Not an Exception: an entry that catches everything does not catch this."""


def find(bundle: Bundle, setup: dict[str, Any], calls: list[Call], function: str, seed: int) -> Wrong | None:
    """Return the entry of the catalogue that an answer behaves like, or None.

    Parameters
    ----------
    setup : the namespace with what the master's setup cells define
    calls : the calls of the failed test, the one that failed it included
    function : whose entries are tried, in the catalogue's order
    seed : what the global random generators started from
    """
    entries = [wrong for wrong in bundle.catalogue if wrong.function == function]
    if not any(call.function == function for call in calls) or not entries:
        return None
    best: tuple[float, Wrong] | None = None
    with _at_most(SECONDS), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        bound = min(TOLERANCE, CLOSER * _distance(_namespace(bundle, setup), calls, seed, math.inf))
        for wrong in entries:
            distance = _distance(_namespace(bundle, setup, wrong), calls, seed, bound)
            if distance <= bound and (best is None or distance < best[0]):
                best = (distance, wrong)
            if best is not None and best[0] == 0:
                break
    return best[1] if best and best[0] < bound else None


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
    seed_everything(seed)
    for call in calls:
        largest = max(largest, difference(_recorded(call), _again(namespace[call.function], call)))
        if largest > enough:
            break
    return largest


def _recorded(call: Call) -> Any:
    if call.error:
        return _anonymous(call.error)
    after = copied(call.args)
    write_back(after, call.changed)
    return call.result, after


def _again(function: Callable, call: Call) -> Any:
    """What a function does on a recorded call, in the same form."""
    args, kwargs = copied(call.args), copied(call.kwargs)
    try:
        result = gradcheck.value_and_grad(function, *args) if call.gradient else function(*args, **kwargs)
        return unpack(pack(result, named=named)), args
    except WireError as error:
        return _anonymous(f"The result of {call.function} was refused: {error}.")
    except Exception as error:  # an entry may fail as the student's answer did
        return _anonymous(f"{type(error).__name__}: {' '.join(str(error).split())[:500]}")


def _anonymous(message: str) -> str:
    """An error without the numbers and names in it that differ between two ways of writing the same mistake."""
    return re.sub(r"'[^']*'|\d+", "_", message)


def difference(a: Any, b: Any) -> float:
    """Return the largest relative difference between two values, infinite where they are not of one form.

    Arrays are compared by the largest difference over the largest size of an entry; NaN equals NaN.
    """
    if a is b:
        return 0.0
    if isinstance(a, torch.Tensor) and isinstance(b, torch.Tensor):
        return _array_difference(a.detach().cpu().numpy(), b.detach().cpu().numpy())
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return _array_difference(a, b)
    if isinstance(a, float | int) and isinstance(b, float | int) and isinstance(a, bool) == isinstance(b, bool):
        return _array_difference(np.array(float(a)), np.array(float(b)))
    if isinstance(a, list | tuple) and type(a) is type(b) and len(a) == len(b):
        return max(map(difference, a, b), default=0.0)
    if isinstance(a, dict) and isinstance(b, dict) and a.keys() == b.keys():
        return max((difference(a[key], b[key]) for key in a), default=0.0)
    return 0.0 if type(a) is type(b) and isinstance(a, str | bool) and a == b else math.inf


def _array_difference(a: np.ndarray, b: np.ndarray) -> float:
    if a.shape != b.shape or a.dtype != b.dtype:
        return math.inf
    a, b = a.astype(np.float64), b.astype(np.float64)
    unusual = ~(np.isfinite(a) & np.isfinite(b))
    if not np.array_equal(a[unusual], b[unusual], equal_nan=True):
        return math.inf
    a, b = a[~unusual], b[~unusual]
    size = max(np.abs(a).max(initial=0.0), np.abs(b).max(initial=0.0))
    return float(np.abs(a - b).max(initial=0.0) / size) if size else 0.0


@contextlib.contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    """Leave the block when the time is up, wherever it is; for the main thread of a process of its own."""

    def stop(*_: Any) -> None:
        raise _TimeUpError

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        with contextlib.suppress(_TimeUpError):
            yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
