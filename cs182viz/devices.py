"""On which device to compute, and what is fast there."""

from typing import Any

import torch
from torch import Tensor

HOSTS = ("cpu",)
"""Types of devices whose memory Python reads without waiting, and on which a small operation costs little."""


def pick(device: str | torch.device = "auto") -> torch.device:
    """The device of that name; ``"auto"`` is the first of CUDA, MPS and CPU that is there.

    Raises
    ------
    ValueError
        There is no such device here.
    """
    if device == "auto":
        there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
        return torch.device(next(name for name, found in there.items() if found))
    try:
        found = torch.device(device)
        torch.empty(0, device=found)
    except (RuntimeError, AssertionError, NotImplementedError) as error:  # AssertionError: built without CUDA
        said = str(error).splitlines()[0]
        raise ValueError(f'there is no device {str(device)!r} here: choose "auto", "cpu", ... ({said})') from None
    return found


def on_host(tensor: Tensor) -> bool:
    """Whether Python can look into a tensor, or cut it up, without waiting for an accelerator."""
    return tensor.device.type in HOSTS


def fastest_layout(tensor: Tensor) -> torch.memory_format:
    """In which float32 convolutions are fastest: channels last on a CPU, first on a GPU (measured on an H200)."""
    return torch.channels_last if on_host(tensor) else torch.contiguous_format


def laid_out(x: Tensor, layout: torch.memory_format) -> Tensor:
    """The same maps (N, C, H, W) in a memory format; the gradient comes back in the format that x has.

    So a network can compute in the layout that is fast, and whoever asked for a gradient finds it as he gave the
    picture: ``.view`` works on the one as on the other.
    """
    there = x.is_contiguous() if layout == torch.contiguous_format else layout_of(x) == layout
    return x if there else _LaidOut.apply(x, layout, layout_of(x))


def layout_of(x: Tensor) -> torch.memory_format:
    """The memory format of maps (N, C, H, W); of what is neither the one nor the other, contiguous.

    Read off the strides: `Tensor.is_contiguous` answers for no other format where many gradients are batched in one.
    """
    last = x.ndim == 4 and x.stride(1) == 1 and not x.is_contiguous()
    return torch.channels_last if last else torch.contiguous_format


class _LaidOut(torch.autograd.Function):
    """Identity in another memory format, and back."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor, layout: torch.memory_format, _back: torch.memory_format) -> Tensor:
        return _in_format(x, layout)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple, output: Tensor) -> None:
        _, ctx.layout, ctx.back = inputs

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        return _in_format(gradient, ctx.back), None, None

    @staticmethod
    def jvp(ctx: Any, tangent: Tensor, *_: None) -> Tensor:
        return _in_format(tangent, ctx.layout)


def _in_format(x: Tensor, layout: torch.memory_format) -> Tensor:
    if layout == torch.contiguous_format:
        return x.contiguous()
    return x.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2)  # which batched gradients can do, too
