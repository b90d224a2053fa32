"""What a master's tests give to functions, or get from them, that cannot cross to a sandbox."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from cs182viz import gradcheck
from grading.examine.instances import Local, class_proxy, members
from grading.examine.proxy import Instance
from grading.masters import beside
from grading.masters.bundle import Bundle, Test
from grading.sandbox.frames import is_table
from grading.sandbox.message_limits import WireError
from grading.sandbox.random_state import seed_everything
from grading.sandbox.values import named
from grading.sandbox.wire import pack, unpack


def cannot_cross(value: Any) -> str:
    """Return why a value cannot cross between examiner and sandbox, as half a sentence; empty if it can."""
    try:
        unpack(pack(value, named=named), resolve=lambda name: name)
    except WireError as error:
        return str(error)
    return ""


def obstacles(bundle: Bundle, *, seed: int = 1) -> list[str]:
    """Return a sentence for each thing in a master's tests that would fail for every submission, in the tests' order.

    The master's own cells run here, in this process, each function under watch; no student's code may be in the bundle.
    A test that fails by itself is noted by what crossed until then: the master's self-test says what is wrong with it.

    Parameters
    ----------
    seed : of the generators from which hidden tests draw

    Raises
    ------
    Exception
        Whatever a setup or answer cell of the master raises.
    """
    said: dict[str, None] = {}
    namespace: dict[str, Any] = {}
    with beside.at_hand(bundle.files):
        for cell in (*bundle.setup, *bundle.answers):
            exec(compile(cell.source, f"<master: {cell.id}>", "exec"), namespace)
        for test in bundle.tests:
            _watch(test, bundle, dict(namespace), seed, said)
    return list(said)


def _watch(test: Test, bundle: Bundle, namespace: dict[str, Any], seed: int, said: dict[str, None]) -> None:
    classes = members(bundle)
    ours = tuple(namespace[name] for name in classes)
    for name in (name for cell in bundle.answers for name in cell.defines if name not in classes):
        namespace[name] = _Watched(namespace[name], test.grade_id, said, ours)
    for name, has in classes.items():
        watch = _Watched(namespace[name], test.grade_id, said, ours)
        namespace[name] = class_proxy(name, has, Local(namespace[name], watch.watched), [])
    seed_everything(seed)
    try:
        exec(compile(test.source, f"<test: {test.grade_id}>", "exec"), namespace)
    except Exception:  # the self-test reports it, with its reason
        return


class _Watched:
    """Behaves as the master's function, and notes what of a call could not have crossed.

    Parameters
    ----------
    function : the function, or a class whose members are called through `watched`
    classes : those that students write; their instances stay where they are
    """

    def __init__(
        self, function: Callable[..., Any], test: str, said: dict[str, None], classes: tuple[type, ...]
    ) -> None:
        self.__name__ = function.__name__
        self._function = function
        self._classes = classes
        self._test = test
        self._said = said

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.watched(self.__name__, self._function, args, kwargs)

    def value_and_grad(self, *args: Any, **kwargs: Any) -> tuple[Any, Any]:
        """What `gradcheck.value_and_grad` asks for in place of differentiating here."""
        function = functools.partial(gradcheck.value_and_grad, self._function)
        return self.watched(self.__name__, function, args, kwargs)

    def watched(self, what: str, function: Callable[..., Any], args: tuple, kwargs: dict[str, Any]) -> Any:
        """Make a call of the function, or of a member of the class, and note what of it cannot cross."""
        names = list(inspect.signature(self._function).parameters) if what == self.__name__ else []
        given = {names[i] if i < len(names) else f"number {i + 1}": value for i, value in enumerate(args)} | kwargs
        for name, value in given.items():
            if isinstance(value, (Instance, *self._classes)):
                continue
            if callable(value) and named(value) is None:
                self._note(f"gives {what} a function or a class as `{name}`: give it values")
            elif why := cannot_cross(value):
                self._note(f"gives {what} something as `{name}` that cannot cross: {why}")
        before = {name: _without_numbers(value) for name, value in given.items()}
        result = function(*args, **kwargs)
        itself = isinstance(result, self._classes) and result is getattr(function, "__self__", None)
        if not itself and (why := cannot_cross(result)):
            self._note(f"gets from {what} what cannot cross: {why}")
        for name, value in given.items():
            if _without_numbers(value) != before[name]:
                self._note(
                    f"has {what} change the list, dictionary or frame `{name}` in place, which does not come back: "
                    "only the numbers in arrays and tensors do; return the new one"
                )
        return result

    def _note(self, words: str) -> None:
        self._said[f"{self._test} {words}."] = None


def _without_numbers(value: Any) -> Any:
    """A value in which each array is its shape: the rest of it does not come back from a call."""
    if isinstance(value, np.ndarray | torch.Tensor):
        return ("array", tuple(value.shape))
    if is_table(value):
        return b"" if cannot_cross(value) else pack(value)
    if isinstance(value, list | tuple):
        return [_without_numbers(item) for item in value]
    if isinstance(value, dict):
        return [(key, _without_numbers(item)) for key, item in value.items()]
    return value if isinstance(value, str | int | float | bool | None) else id(value)
