"""The examiner's stand-in for a student's class: instances are numbers, their methods are calls that cross.

What can be asked of an instance stands in the master's class. The examiner chooses the numbers, and sends a name of a
method or an attribute with plain values; plain values come back, or an error. Nothing of the student's class is here.
"""

from __future__ import annotations

import functools
import itertools
from typing import Any

from grading.examine.proxy import NUMBER, Ask, Call, Instance, cross

from .members import Members

_NUMBERS = itertools.count(1)


def class_proxy(name: str, members: Members, ask: Ask, calls: list[Call]) -> type[Instance]:
    """Return a class whose instances stand for instances of the student's class of that name.

    Parameters
    ----------
    members : what can be asked of an instance
    ask, calls : as for a function's proxy
    """
    over = functools.partial(cross, ask, calls, name)
    body: dict[str, Any] = {method: _Method(over, method) for method in members.methods}
    body |= {attribute: _Attribute(over, attribute) for attribute in members.attributes}
    return type(name, (_Made,), {**body, "_over": staticmethod(over), "__module__": "__main__"})


class _Made(Instance):
    """An instance: made by crossing, with a number of its own."""

    _over: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        object.__setattr__(self, NUMBER, next(_NUMBERS))
        self._over(args, kwargs, do="new", instance=self)

    def __setattr__(self, name: str, value: Any) -> None:
        if not isinstance(vars(type(self)).get(name), _Attribute):
            raise AttributeError(f"{type(self).__name__} has no attribute {name} in the master's class.")
        object.__setattr__(self, name, value)


class _Attribute:
    """Read and set where the instance is: what comes back is a copy."""

    def __init__(self, over: Any, name: str) -> None:
        self._over = over
        self._name = name

    def __get__(self, instance: Instance | None, owner: type) -> Any:
        _of_an_instance(instance, owner, self._name)
        return self._over((), {}, do="get", instance=instance, member=self._name)

    def __set__(self, instance: Instance, value: Any) -> None:
        self._over((value,), {}, do="set", instance=instance, member=self._name)


class _Method:
    """What a class holds for a method; from an instance it is taken as something to call."""

    def __init__(self, over: Any, name: str) -> None:
        self._over = over
        self._name = name

    def __get__(self, instance: Instance | None, owner: type) -> _Bound:
        _of_an_instance(instance, owner, self._name)
        return _Bound(self._over, instance, self._name)


class _Bound:
    """A method of one instance, to call or to differentiate."""

    def __init__(self, over: Any, instance: Instance | None, name: str) -> None:
        self.__name__ = name
        self._ask = functools.partial(over, instance=instance, member=name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask(args, kwargs)

    def value_and_grad(self, *args: Any, **kwargs: Any) -> tuple[Any, Any]:
        """Value and gradients, differentiated on the student's side; `gradcheck.value_and_grad` calls this."""
        return self._ask(args, kwargs, gradient=True)


def _of_an_instance(instance: Instance | None, owner: type, name: str) -> None:
    if instance is None:
        raise AttributeError(f"{owner.__name__}.{name} can be asked of an instance alone: make one first.")
