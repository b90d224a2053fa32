"""What a call that failed was given, and on which of its shapes that depends."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch

from grading.examine.proxy import Call, copied

Array = np.ndarray | torch.Tensor
_OF_SHAPES = ("RuntimeError", "ValueError", "IndexError", "TypeError", "AssertionError")


def explain(call: Call, right: Callable[..., Any], ask: Callable[[list[Call]], list[Call]]) -> str:
    """Return sentences on the shapes of a call that failed, empty if it was given no arrays.

    Parameters
    ----------
    call : the failed call
    right : the master's version, which must take the other shapes that are tried
    ask : asks the student's function once more
    """
    names = list(inspect.signature(right).parameters)
    given = [
        f"{name} of shape {tuple(value.shape)}"
        for name, value in [*zip(names, call.args, strict=False), *call.kwargs.items()]
        if isinstance(value, Array)
    ]
    if not given or not call.error.startswith(_OF_SHAPES):
        return ""
    said = f"This call had {' and '.join(given)}."
    for args, difference in _others(call.args):
        other = Call(call.function, args, copied(call.kwargs), call.gradient, None, {}, identities=(0,) * len(args))
        try:
            right(*copied(args), **copied(call.kwargs))
        except Exception:
            continue
        answers = ask([other])
        if answers and not answers[-1].error:
            return f"{said} {difference}"
    return said


def _others(args: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], str]]:
    """The same arguments with one thing about their shapes changed, and what it means if they are taken."""
    arrays = [value for value in args if isinstance(value, Array) and value.ndim]
    if not arrays:
        return
    first = arrays[0].shape[0]
    along = [i for i, value in enumerate(args) if isinstance(value, Array) and value.ndim and value.shape[0] == first]
    if first > 1:
        yield (
            _with(args, along, lambda value: value[:1]),
            f"Your code runs when the first axis has length 1, and here it has {first}: some line is for one alone.",
        )
    else:
        yield (
            _with(args, along, lambda value: _twice(value)),
            "Your code runs when the first axis has length 2, and here it has 1: some line drops an axis of length 1.",
        )
    height, width = arrays[0].shape[-2:] if arrays[0].ndim > 2 else (0, 0)
    if height != width:
        side = min(height, width)
        maps = [i for i, value in enumerate(args) if isinstance(value, Array) and value.shape[-2:] == (height, width)]
        yield (
            _with(args, maps, lambda value: value[..., :side, :side]),
            f"Your code runs when height and width are equal, and here they are {height} and {width}: "
            "some line takes one for the other.",
        )


def _with(args: tuple[Any, ...], places: list[int], change: Callable[[Array], Array]) -> tuple[Any, ...]:
    return tuple(copied(change(value)) if i in places else copied(value) for i, value in enumerate(args))


def _twice(value: Array) -> Array:
    return torch.cat([value, value]) if isinstance(value, torch.Tensor) else np.concatenate([value, value])
