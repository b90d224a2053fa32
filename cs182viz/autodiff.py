"""Value and gradients of a scalar function by autograd, on copies, with a sentence where there is none to be had."""

from collections.abc import Callable, Sequence
from typing import Any

import torch


class GradientError(AssertionError):
    """A gradient is wrong or cannot be had; the message says where, by how much and probably why."""


def value_and_grad(fn: Callable[..., Any], *args: Any, **kwargs: Any) -> tuple[torch.Tensor, Any]:
    """Value of a scalar function (0-dim tensor) and its gradients for every float tensor among `args`.

    With one such argument its gradient stands alone, with several they form a tuple. A list or tuple of tensors counts
    as one argument and gets a list of gradients, None for what is not a float tensor; a tensor without influence gets
    zeros. fn works on copies: the caller's tensors, their ``.grad`` and ``requires_grad`` stay as they are. An fn that
    has a method ``value_and_grad`` (one that runs in another process, say) is asked for it instead. What goes by
    keyword is handed on as it is.

    Raises
    ------
    GradientError
        fn does not return one number as a tensor, or its result does not depend on the arguments.
    TypeError
        no argument is a float tensor.
    """
    if hasattr(fn, "value_and_grad"):
        return fn.value_and_grad(*args, **kwargs)
    leaves: list[torch.Tensor] = []
    copies = [_tracked(arg, leaves) for arg in args]
    if not leaves:
        raise TypeError("no argument is a float tensor; there is nothing to differentiate by.")
    name = getattr(fn, "__name__", "the function")
    with torch.enable_grad():
        value = fn(*copies, **kwargs)
        if not isinstance(value, torch.Tensor):
            raise GradientError(f"{name} returned a {type(value).__name__}; return a 0-dim tensor, without .item().")
        if value.numel() != 1:
            raise GradientError(f"{name} returned shape {tuple(value.shape)}; expected one number, a 0-dim tensor.")
        found: Sequence[torch.Tensor | None] = [None] * len(leaves)
        if value.requires_grad:
            found = torch.autograd.grad(value.reshape(()), leaves, allow_unused=True)
    if all(g is None for g in found):
        raise GradientError(
            f"the result of {name} does not depend on its input as far as autograd can see: the graph is detached. "
            "Look for .detach(), .data, .item(), .numpy(), torch.no_grad() or a new torch.tensor(...) on the way."
        )
    gradients = {id(leaf): torch.zeros_like(leaf) if g is None else g for leaf, g in zip(leaves, found, strict=True)}
    parts = [_gathered(copy, gradients) for copy in copies if _tracked_any(copy, gradients)]
    return value.detach().reshape(()), parts[0] if len(parts) == 1 else tuple(parts)


def _tracked(arg: Any, leaves: list[torch.Tensor]) -> Any:
    """Copy of an argument whose float tensors are leaves that want a gradient; the leaves are collected."""
    if isinstance(arg, list | tuple):
        parts = [_tracked(part, leaves) for part in arg]
        return parts if isinstance(arg, list) else tuple(parts)
    if not isinstance(arg, torch.Tensor) or not arg.is_floating_point():
        return arg
    leaves.append(arg.detach().clone().requires_grad_())
    return leaves[-1]


def _tracked_any(arg: Any, gradients: dict[int, torch.Tensor]) -> bool:
    return any(_tracked_any(part, gradients) for part in arg) if isinstance(arg, list | tuple) else id(arg) in gradients


def _gathered(arg: Any, gradients: dict[int, torch.Tensor]) -> Any:
    """Gradients in the form of the argument."""
    return [_gathered(part, gradients) for part in arg] if isinstance(arg, list | tuple) else gradients.get(id(arg))
