"""Many pictures in one batch, driven by a step that was written for one (lecture 10, sections 3, 5 and 8).

A step that reads one number of one picture, ``model(image)[0, target_y]`` or one neuron of a layer, is shown a batch as
if it were one picture: that number becomes the sum over the batch of each picture's own number,

    S = sum_n s_{y_n}(x_n),    dS / dx_n = d s_{y_n}(x_n) / dx_n,

so that one forward and one backward pass give every picture the gradient that it has alone, whatever the others are.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from cs182viz import imageops, layers


@contextmanager
def as_one(model: nn.Module, layer: str, channels: Sequence[int]) -> Iterator[int]:
    """Merge a layer's activations of N pictures into those of one, and yield the channel that stands for all.

    While the block runs, (N, C, ...) leaves the layer as (1, C, ...), the sum over the pictures, where the yielded
    channel of picture n is its own ``channels[n]``. With one picture nothing is changed.
    """
    if len(channels) == 1:
        yield channels[0]
    else:
        with layers.replace(model, layer, lambda activation: _merge(activation, channels)):
            yield 0


class AsOne(nn.Module):
    """Scores (1, classes) of N pictures; column 0 is the sum of each picture's own target ``targets[n]``.

    Unlike `as_one` it also divides the gradient of each picture by its Euclidean length, so that a step that divides by
    the length of the whole gradient, sqrt(N), moves each picture as far as any other.

    Raises ValueError in the backward pass if a picture's gradient is 0.
    """

    def __init__(self, model: nn.Module, targets: Sequence[int]) -> None:
        super().__init__()
        self.model = model
        self.targets = list(targets)

    def forward(self, x: Tensor) -> Tensor:
        return _merge(self.model(_UnitGradients.apply(x)), self.targets)


class _UnitGradients(torch.autograd.Function):
    """Identity forward; backward, each picture's gradient divided by its Euclidean length."""

    @staticmethod
    def forward(x: Tensor) -> Tensor:
        return x.clone()

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple, output: Tensor) -> None:
        """Nothing to keep; with this method apart from `forward`, `torch.func.grad` takes the function too."""

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        length = gradient.flatten(1).norm(dim=1).reshape(-1, 1, 1, 1)
        if not length.all():
            silent = length.flatten().argmin()
            raise ValueError(f"the gradient of picture {silent} is 0, so it has no direction: start from another one")
        return gradient / length


def jitter_each(images: Tensor, shifts: Sequence[tuple[int, int]]) -> Tensor:
    """Roll each picture of (N, 3, H, W) by its own (dx, dy) of `shifts`."""
    if len(set(shifts)) == 1:
        return imageops.jitter(images, *shifts[0])
    rolled = [imageops.jitter(image, dx, dy) for image, (dx, dy) in zip(images, shifts, strict=True)]
    return torch.stack(rolled)


class Jitter:
    """Random shifts of up to `pixels`, for N pictures: picture n draws from its own generator, of seed ``seed + n``."""

    def __init__(self, pixels: int, count: int, *, seed: int) -> None:
        if pixels < 0:
            raise ValueError(f"jitter is a number of pixels, 0 or more, got {pixels}")
        self.pixels = pixels
        self._generators = [torch.Generator().manual_seed(seed + n) for n in range(count)]

    def draw(self) -> list[tuple[int, int]]:
        """(dx, dy) for each picture."""
        limits = (-self.pixels, self.pixels + 1)
        return [tuple(torch.randint(*limits, (2,), generator=g).tolist()) for g in self._generators]


def _merge(activation: Tensor, channels: Sequence[int]) -> Tensor:
    if len(activation) != len(channels):
        raise ValueError(
            f"the step ran the network on {len(activation)} pictures of a batch of {len(channels)}: "
            "let it take the whole tensor that it is given, or run one picture at a time"
        )
    own = [one.roll(-channel, dims=0) for one, channel in zip(activation, channels, strict=True)]  # N of (C, ...)
    return torch.stack(own).sum(dim=0, keepdim=True)  # (1, C, ...)
