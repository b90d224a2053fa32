"""Classes of ours behind the same stand-ins, in this process: they see what a test asks of them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from cs182viz import gradcheck
from grading.examine.proxy import with_instances
from grading.sandbox.instances import Objects

Through = Callable[[str, Callable[..., Any], tuple, dict[str, Any]], Any]


def _plainly(what: str, function: Callable[..., Any], args: tuple, kwargs: dict[str, Any]) -> Any:
    return function(*args, **kwargs)


class Local:
    """Answers as a sandbox does, for a class that is here; an error is raised as it is.

    Parameters
    ----------
    found : the class
    through : makes each call, given what is called in words, the function, and its arguments
    """

    def __init__(self, found: type, through: Through = _plainly) -> None:
        self._namespace = {found.__name__: found}
        self._through = through
        self._objects = Objects()

    def __call__(self, request: dict[str, Any]) -> dict[str, Any]:
        given = (tuple(request["args"]), request["kwargs"])
        args, kwargs = with_instances(given, self._objects.__getitem__)
        function = self._objects.target(request, self._namespace)
        assert function is not None, "a class of the master's is always there"
        if request["gradient"]:
            function = functools.partial(gradcheck.value_and_grad, function)
        what = ".".join(filter(None, (request["function"], request["member"])))
        return {"changed": {}, **self._objects.outcome(request, self._through(what, function, args, kwargs))}
