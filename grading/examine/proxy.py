"""The examiner's stand-in for a student's function: a call crosses to the sandbox, plain values come back."""

from __future__ import annotations

import builtins
import functools
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch
from torch.utils.weak import WeakTensorKeyDictionary

from cs182viz import gradcheck
from grading.sandbox.frames import is_table
from grading.sandbox.instances import Objects
from grading.sandbox.message_limits import WireError
from grading.sandbox.values import write_back

KEPT = 48
NUMBER = "_number_of_the_examiner"
Ask = Callable[[dict[str, Any]], dict[str, Any]]
_IDENTITIES = WeakTensorKeyDictionary()
_NUMBERS = itertools.count(1)


class StudentError(Exception):
    """The student's side gave no result; `kind` is one word for the report, the message is for the student."""

    kind = "error"

    def __init__(self, message: str, *, traceback: str = "") -> None:
        super().__init__(message)
        self.traceback = traceback


class NotWrittenError(StudentError):
    kind = "missing"


class RefusedError(StudentError):
    kind = "refused"


class TimeError(StudentError):
    kind = "time"


class MemoryBlowUpError(StudentError):
    kind = "memory"


class CrashError(StudentError):
    kind = "crash"


ERRORS = {error.kind: error for error in (StudentError, NotWrittenError, RefusedError, TimeError, MemoryBlowUpError)}


@dataclass(frozen=True)
class Call:
    """One call and what came of it, kept so that known mistakes can be tried on the same inputs.

    `error` is what the student's code raised, as "TypeError: ...", if it returned nothing, and `line` the line of it
    that did; `identities` say which arguments are the same tensor as in other calls. Of a class, `do` says whether an
    `instance` was made ("new"), a method of it called ("call"), or an attribute read or set ("get", "set").
    """

    function: str
    args: tuple
    kwargs: dict[str, Any]
    gradient: bool
    result: Any
    changed: dict[str, Any]
    error: str = ""
    identities: tuple[int, ...] = ()
    line: str = ""
    do: str = "call"
    instance: int = 0
    member: str = ""

    @property
    def what(self) -> str:
        """What was asked, for a person: a function, a class, a method or an attribute."""
        return f"{self.function}.{self.member}" if self.member else self.function


class Instance:
    """What stands for an instance of a student's class, which the examiner knows by a number."""


def number(instance: Instance | None) -> int:
    """Return the number of an instance; 0 for none."""
    return 0 if instance is None else vars(instance)[NUMBER]


def named_instance(value: Any) -> dict[str, Any] | None:
    """How a message names an instance that the sandbox holds; None for any other value."""
    return {"instance": number(value)} if isinstance(value, Instance) else None


def with_instances(value: Any, found: Callable[[int], Any]) -> Any:
    """Return a value in which what stands for an instance is replaced by what is found under its number."""
    if isinstance(value, Instance):
        return found(number(value))
    if type(value) in (list, tuple):
        return type(value)(with_instances(item, found) for item in value)
    if type(value) is dict:
        return {key: with_instances(item, found) for key, item in value.items()}
    return value


class Again:
    """Makes recorded calls once more, on copies of their arguments, but with one tensor where it was one tensor."""

    def __init__(self) -> None:
        self._met: dict[int, torch.Tensor] = {}
        self._objects = Objects()

    def make(self, call: Call, namespace: Mapping[str, Any]) -> tuple[Any, tuple]:
        """Make a call with these functions and classes; returns the result, and the arguments as they are afterwards.

        Instead of an instance, None is among them. Raises what the function raises, and KeyError for an instance that
        none of the calls before this one made.
        """
        request = {"do": call.do, "function": call.function, "instance": call.instance, "member": call.member}
        given = self.arguments(call)
        args, kwargs = with_instances((given, copied(call.kwargs)), self._objects.__getitem__)
        function = self._objects.target(request, namespace)
        assert function is not None, f"{call.function} is one of the master's functions"
        result = gradcheck.value_and_grad(function, *args, **kwargs) if call.gradient else function(*args, **kwargs)
        return self._objects.outcome(request, result)["result"], without_instances(given)

    def arguments(self, call: Call) -> tuple:
        """The arguments of a call, to be given once more."""
        return tuple(self._argument(*pair) for pair in zip(copied(call.args), call.identities, strict=True))

    def _argument(self, value: Any, identity: int) -> Any:
        known = self._met.get(identity)
        if known is not None and known.shape == value.shape and known.dtype == value.dtype:
            known.data.copy_(value)
            return known
        if identity:
            self._met[identity] = value
        return value


class Proxy:
    """Looks like the student's function to the master's cells.

    In-place edits of tensors and arrays among the arguments are written back, so that a test sees what it would see if
    the function had run here.
    """

    def __init__(self, name: str, ask: Ask, calls: list[Call]) -> None:
        self.__name__ = name
        self._over = functools.partial(cross, ask, calls, name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._over(args, kwargs)

    def value_and_grad(self, *args: Any, **kwargs: Any) -> tuple[Any, Any]:
        """Value and gradients, differentiated on the student's side; `gradcheck.value_and_grad` calls this."""
        return self._over(args, kwargs, gradient=True)


def cross(
    ask: Ask,
    calls: list[Call],
    function: str,
    args: tuple,
    kwargs: dict[str, Any],
    *,
    do: str = "call",
    instance: Instance | None = None,
    member: str = "",
    gradient: bool = False,
) -> Any:
    """Ask the student's side for one call, note it, and write its edits into the arguments; returns the result.

    What `do`, `instance` and `member` are stands at `Call`; of a class, `function` is its name.

    Raises
    ------
    StudentError
        If no result came, or one that is not in the expected form.
    """
    about: dict[str, Any] = {"do": do, "instance": number(instance), "member": member}
    known = identities(args)
    call = functools.partial(Call, function, copied(args), copied(kwargs), gradient)
    question = {"function": function, "gradient": gradient, "args": list(args), "kwargs": dict(kwargs)}
    reply = ask({**about, **question, "identities": list(known)})
    if "error" in reply:
        error = _as_error(reply)
        _keep(calls, call(None, {}, str(error), known, _last_line(error.traceback), **about))
        raise error
    changed = reply.get("changed")
    if not isinstance(changed, dict):
        raise RefusedError("the answer was not in the expected form")
    _keep(calls, call(reply.get("result"), changed, "", known, **about))
    try:
        write_back(args, changed)
    except WireError as error:
        raise RefusedError(str(error)) from error
    return instance if instance is not None and reply.get("itself") is True else reply.get("result")


def _keep(calls: list[Call], call: Call) -> None:
    """Keep the first calls and the latest: a test that differentiates numerically makes thousands."""
    del calls[KEPT - 1 :]
    calls.append(call)


def without_instances(value: Any) -> Any:
    """Return a value to be compared with another: instead of an instance None, what it is shows in what it does."""
    return with_instances(value, lambda _: None)


def identities(args: tuple) -> tuple[int, ...]:
    """For each argument a number that a tensor keeps from call to call, 0 for anything else.

    A function that is given the same tensor again meets what it left there, such as a gradient that was never cleared.
    """
    for arg in args:
        if isinstance(arg, torch.Tensor) and arg not in _IDENTITIES:
            _IDENTITIES[arg] = next(_NUMBERS)
    return tuple(_IDENTITIES[arg] if isinstance(arg, torch.Tensor) else 0 for arg in args)


def copied(value: Any) -> Any:
    """Copy of the arrays, tensors and frames in a value, which a later in-place edit does not reach."""
    if isinstance(value, torch.Tensor):
        return value.detach().clone()
    if isinstance(value, np.ndarray) or is_table(value):
        return value.copy()
    if isinstance(value, list | tuple):
        return type(value)(copied(item) for item in value)
    if isinstance(value, dict):
        return {key: copied(item) for key, item in value.items()}
    return value


def in_words(value: Any) -> str:
    """What a value is, for a person: its kind, and its shape or how many of what it holds."""
    if isinstance(value, torch.Tensor | np.ndarray):
        kind = "a tensor" if isinstance(value, torch.Tensor) else "an array"
        return f"{kind} of shape {tuple(value.shape)} and type {str(value.dtype).removeprefix('torch.')}"
    if is_table(value):
        return f"a {type(value).__name__} of shape {value.shape}"
    if isinstance(value, list | tuple | dict):
        held = [*value.values()] if isinstance(value, dict) else [*value]
        kinds = dict.fromkeys(type(item).__name__ for item in held)
        return (
            f"a {type(value).__name__} of {len(held)} ({', '.join(kinds)})"
            if held
            else f"an empty {type(value).__name__}"
        )
    return "None" if value is None else f"{value!r:.40} ({type(value).__name__})"


def _last_line(shown: str) -> str:
    """The line of code that a traceback ends with."""
    lines = [line.strip() for line in shown.splitlines() if line.startswith("    ")]
    return next((line for line in reversed(lines) if line.strip("~^ ")), "")


def _as_error(reply: dict[str, Any]) -> StudentError:
    """The exception that the test cell sees, of the built-in class too that a test may expect (`except ValueError`)."""
    kind, name, message, traceback = (str(reply.get(key) or "") for key in ("error", "type", "message", "traceback"))
    category: type[StudentError] = ERRORS.get(kind, StudentError)
    builtin = getattr(builtins, name, None)
    if category is StudentError and isinstance(builtin, type) and issubclass(builtin, Exception):
        category = cast("type[StudentError]", type(name, (StudentError, builtin), {}))
    return category(message[:2000], traceback=traceback[:8000])
