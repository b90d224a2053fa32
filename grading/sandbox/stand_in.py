"""What stands in a sandbox for a function that the examiner answers: each call crosses and comes back, gradient too."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from .values import tensors, write_back

Ask = Callable[[dict[str, Any]], dict[str, Any]]


class StandIn:
    """Looks like a function of the notebook; `ask` sends a question to the examiner and returns its answer."""

    def __init__(self, name: str, ask: Ask) -> None:
        self.__name__ = name
        self._ask = ask

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        given = list(tensors([args, kwargs]))
        tracked = [i for i, tensor in enumerate(given) if tensor.requires_grad and torch.is_grad_enabled()]
        answer = _checked(
            self._ask({"function": self.__name__, "args": list(args), "kwargs": kwargs, "tracked": tracked})
        )
        write_back(args, answer["changed"])
        result, graph = answer["result"], answer["graph"]
        if not graph:
            return result
        return _Crossing.apply(self._ask, graph, result, *(given[i] for i in tracked))


class _Crossing(torch.autograd.Function):
    """The result as it came; backward asks the examiner, which kept the graph."""

    @staticmethod
    def forward(ctx: Any, ask: Ask, graph: int, result: Tensor, *leaves: Tensor) -> Tensor:
        ctx.ask, ctx.graph = ask, graph
        return result.clone()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *upstream: Tensor) -> tuple[Any, ...]:
        answer = _checked(ctx.ask({"graph": ctx.graph, "upstream": upstream[0].contiguous()}))
        return None, None, None, *answer["gradients"]


def _checked(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer, or the exception that the function raised, of its built-in class."""
    if "error" not in answer:
        return answer
    kind = getattr(builtins, answer["error"], RuntimeError)
    raise (kind if isinstance(kind, type) and issubclass(kind, Exception) else RuntimeError)(answer["message"])
