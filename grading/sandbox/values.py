"""Values on both sides of the channel: how a model is named, the tensors in a value, and what was edited in place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import torch

from cs182viz.layers import Extractor
from cs182viz.zoo import Classifier

from .message_limits import WireError


def named(value: Any) -> dict[str, Any] | None:
    """How a message names what both sides hold: a zoo model by its recipe, an extractor by model and layer."""
    if isinstance(value, Classifier):
        return {"model": value.recipe}
    if isinstance(value, Extractor):
        return {"model": value.model.recipe, "layer": value.layer}
    return None


def tensors(value: Any) -> Iterator[torch.Tensor]:
    """The tensors in a value, in an order that is the same on both sides."""
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from tensors(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from tensors(item)


def snapshot(args: Iterable[Any]) -> dict[str, np.ndarray]:
    """Copies of the arrays among some arguments, by their place such as "0" or "2.1"."""
    return {place: _values(value).copy() for place, value in _arrays(args)}


def changed(args: Iterable[Any], before: dict[str, np.ndarray]) -> dict[str, Any]:
    """Arguments that are no longer what they were in a `snapshot`, by their place."""
    return {
        place: value
        for place, value in _arrays(args)
        if not np.array_equal(_values(value), before[place], equal_nan=before[place].dtype.kind == "f")
    }


def write_back(args: tuple, edits: dict[str, Any]) -> None:
    """Put edited arguments, by position (and by index within a list), into the caller's own tensors and arrays.

    Raises
    ------
    WireError
        If an edit fits none of the arguments.
    """
    for place, value in edits.items():
        target: Any = args
        try:
            for step in str(place).split("."):
                target = target[int(step)]
        except (ValueError, IndexError, TypeError, KeyError) as error:
            raise WireError("the answer changed an argument that was not given") from error
        if isinstance(target, torch.Tensor) and isinstance(value, torch.Tensor) and value.shape == target.shape:
            target.data.copy_(value)
        elif isinstance(target, np.ndarray) and isinstance(value, np.ndarray) and value.shape == target.shape:
            target[...] = value
        else:
            raise WireError("the function changed the shape or type of an argument in place")


def _arrays(values: Iterable[Any], prefix: str = "") -> list[tuple[str, Any]]:
    found = []
    for index, value in enumerate(values):
        if isinstance(value, np.ndarray | torch.Tensor):
            found.append((f"{prefix}{index}", value))
        elif isinstance(value, list | tuple):
            found.extend(_arrays(value, f"{prefix}{index}."))
    return found


def _values(value: Any) -> np.ndarray:
    return value.detach().cpu().numpy() if isinstance(value, torch.Tensor) else value
