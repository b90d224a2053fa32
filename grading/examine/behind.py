"""The master's versions behind a student's calls: in a second examination, an error that stands elsewhere is not there.

They run here, asked over the channel by what stands for them in the sandbox. What a student's code sends them is
bounded like everything else that it sends: in size, in computing time, and in the memory that it may take here.
"""

from __future__ import annotations

import functools
import json
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from grading.masters.bundle import Bundle
from grading.sandbox.message_limits import WireError
from grading.sandbox.values import changed, named, snapshot, tensors
from grading.walls.bounds import at_most, at_most_more

SECONDS = 20.0
"""Of computing for all the questions of an item."""
MEMORY = 2**30
"""Bytes that one question may take."""
GRAPHS = 1000
"""Results whose gradient can still be asked for."""


class Behind:
    """The master's versions of some functions.

    Parameters
    ----------
    bundle, setup : the assignment, and the namespace with what its setup cells define
    names : the functions that are answered here; no other one can be asked

    Attributes
    ----------
    called : those of them that were asked, or called by the test itself, in the order of their first call
    """

    def __init__(self, bundle: Bundle, setup: dict[str, Any], names: tuple[str, ...]) -> None:
        self.names = names
        self.called: list[str] = []
        self._models: dict[str, Any] = {}
        self._graphs: dict[int, tuple[Tensor, list[Tensor]]] = {}
        namespace = dict(setup)
        for cell in bundle.answers:
            exec(compile(cell.source, f"<answer: {cell.id}>", "exec"), namespace)
        self._functions = {name: namespace[name] for name in names}
        self._left = SECONDS

    def functions(self) -> dict[str, Callable[..., Any]]:
        """The functions for the test's own calls, which count as calls as well."""
        return {name: self._counted(name) for name in self.names}

    def offer(self, value: Any) -> dict[str, Any] | None:
        """Name a model that the examiner sends, so that a question may name it in turn."""
        name = named(value)
        if name is not None:
            self._models[json.dumps(name, sort_keys=True)] = value
        return name

    def resolve(self, name: dict[str, Any]) -> Any:
        """The model that a question names; only those that were sent are there."""
        try:
            return self._models[json.dumps(name, sort_keys=True)]
        except (KeyError, TypeError) as error:
            raise WireError("the code asked with a network that it was not given") from error

    def answer(self, question: Any) -> dict[str, Any]:
        """Return the answer to a question from the sandbox, as plain values.

        Raises
        ------
        WireError
            If it is no question.
        """
        if not isinstance(question, dict):
            raise WireError("what the code asked is no question")
        late: dict[str, Any] = {"error": "TimeoutError", "message": "The calls took too long."}
        answer = late
        if self._left <= 0:
            return late
        started = time.process_time()
        with at_most(self._left), at_most_more(MEMORY):
            try:
                answer = self._backward(question) if "graph" in question else self._forward(question)
            except WireError:
                raise
            except Exception as error:  # whatever the master's version makes of such arguments is an answer too
                answer = {"error": type(error).__name__, "message": " ".join(str(error).split())[:500]}
        self._left = 0.0 if answer is late else self._left - (time.process_time() - started)
        return answer

    def _forward(self, question: dict[str, Any]) -> dict[str, Any]:
        name, args, kwargs = question.get("function"), question.get("args"), question.get("kwargs")
        tracked = question.get("tracked")
        if name not in self._functions or not isinstance(args, list) or not isinstance(kwargs, dict):
            raise WireError("the code asked a function that is not answered here")
        given = list(tensors([args, kwargs]))
        if not isinstance(tracked, list) or not all(type(i) is int and 0 <= i < len(given) for i in tracked):
            raise WireError("the code asked for gradients of what it did not send")
        self._note(name)
        leaves = [given[i].requires_grad_() for i in tracked]
        before = snapshot(args)
        result = self._functions[name](*args, **kwargs)
        edits = changed(args, before)
        graph = 0
        if isinstance(result, Tensor) and result.requires_grad and len(self._graphs) < GRAPHS:
            graph = len(self._graphs) + 1
            self._graphs[graph] = (result, leaves)
        return {"result": result, "changed": edits, "graph": graph}

    def _backward(self, question: dict[str, Any]) -> dict[str, Any]:
        graph, upstream = question.get("graph"), question.get("upstream")
        if type(graph) is not int or graph not in self._graphs or not isinstance(upstream, Tensor):
            raise WireError("the code asked for a gradient of what it did not get")
        result, leaves = self._graphs[graph]
        found = torch.autograd.grad(result, leaves, upstream, retain_graph=True, allow_unused=True)
        return {"gradients": list(found)}

    def _counted(self, name: str) -> Callable[..., Any]:
        @functools.wraps(self._functions[name])
        def call(*args: Any, **kwargs: Any) -> Any:
            self._note(name)
            return self._functions[name](*args, **kwargs)

        return call

    def _note(self, name: str) -> None:
        if name not in self.called:
            self.called.append(name)
