"""On which device to compute, and what is fast there."""

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
