"""The objects behind numbers: made, asked for a method or an attribute, and never sent anywhere themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


class Objects:
    """Instances by number; the numbers are the asker's choice."""

    def __init__(self) -> None:
        self._held: dict[int, Any] = {}

    def __len__(self) -> int:
        return len(self._held)

    def __getitem__(self, number: int) -> Any:
        return self._held[number]

    def target(self, request: Mapping[str, Any], namespace: Mapping[str, Any]) -> Callable[..., Any] | None:
        """Return what a request calls; None if there is no such function or class.

        Looking a method up may run code of the class, and raise whatever that raises.
        """
        do, number, member = request["do"], request["instance"], request["member"]
        if do == "get":
            return lambda: getattr(self._held[number], member)
        if do == "set":
            return lambda value: setattr(self._held[number], member, value)
        if number and do == "call":
            return getattr(self._held[number], member)
        function = namespace.get(request["function"])
        if not callable(function):
            return None
        return function if do == "call" else lambda *args, **kwargs: self._make(number, function, args, kwargs)

    def outcome(self, request: Mapping[str, Any], result: Any) -> dict[str, Any]:
        """Return a result for the reply; an object that returns itself says so, and is not sent."""
        number = request["instance"]
        if number and request["do"] == "call" and result is self._held[number]:
            return {"result": None, "itself": True}
        return {"result": result}

    def _make(self, number: int, function: Callable[..., Any], args: tuple, kwargs: dict[str, Any]) -> None:
        self._held[number] = function(*args, **kwargs)
