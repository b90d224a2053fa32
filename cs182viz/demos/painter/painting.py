"""A small network that paints a picture: it learns the colour at each place from the place's two coordinates.

Lecture, section 2 (ConvNetJS's image painting). Fed with the bare coordinates x in -1..1 such a network learns coarse
shapes only; fed with waves of them,

    phi(x) = (cos 2 pi B x, sin 2 pi B x),    B (M, 2) drawn from N(0, detail^2),

it learns as fine a detail as the waves are short (Tancik et al. 2020, "Fourier features", arXiv:2006.10739).
"""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from cs182viz.demos.playground.networks import Mover, Networks, layers, start

WAVES = 64  # M above


@dataclass
class Brush:
    """What may change while the network paints."""

    learning_rate: float = 0.005


@dataclass(frozen=True)
class Painter:
    """A network (one of one) and the waves B (M, 2) that its inputs pass through, or None for bare coordinates."""

    networks: Networks
    waves: Tensor | None


def coordinates(height: int, width: int) -> Tensor:
    """The centres of a picture's pixels, row by row: (height * width, 2) of x and y, its longer side from -1 to 1."""
    longer = max(height, width)
    y, x = ((2 * torch.arange(side) + 1 - side) / longer for side in (height, width))
    return torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1).reshape(-1, 2)


def features(X: Tensor, waves: Tensor | None) -> Tensor:
    """phi(x) of the module's docstring: (N, 2) -> (N, 2M); without waves X itself."""
    if waves is None:
        return X
    phase = 2 * math.pi * X @ waves.T  # (N, M)
    return torch.cat([phase.cos(), phase.sin()], dim=1)


@torch.no_grad()
def render(painter: Painter, height: int, width: int) -> Tensor:
    """The painting (height, width, 3) in 0..1, at any size: a network of coordinates has no pixels of its own."""
    inputs = features(coordinates(height, width), painter.waves)
    return layers(painter.networks, inputs)[-1][0].clamp(0, 1).reshape(height, width, 3)


def paint(
    picture: Tensor,
    brush: Brush,
    *,
    hidden: Sequence[int] = (64, 64, 64),
    activation: str = "relu",
    detail: float = 0.0,
    batch: int = 1024,
    seed: int = 0,
) -> Iterator[tuple[int, Painter, float]]:
    """Let a network learn the colours of `picture` (H, W, 3) in 0..1 by Adam on the squared error, for ever.

    Yields (step, painter, loss): always the same painter, after the step, and the batch's mean squared error before it.
    `detail` is the standard deviation of the waves' frequencies, in waves over half the picture; 0 means none.

    Raises
    ------
    ValueError
        If `picture` has another shape or other values, for negative `detail`, or an unknown activation.
    """
    if picture.ndim != 3 or picture.shape[2] != 3 or not (picture.min() >= 0 and picture.max() <= 1):
        raise ValueError(f"expected a picture (H, W, 3) with values in 0..1, got shape {tuple(picture.shape)}")
    if not detail >= 0:
        raise ValueError(f"detail should be 0 or more, got {detail}")
    generator = torch.Generator().manual_seed(seed)
    waves = detail * torch.randn(WAVES, 2, generator=generator) if detail else None
    colours = picture.reshape(-1, 3).float()  # (H * W, 3)
    inputs = features(coordinates(*picture.shape[:2]), waves)
    networks = start((inputs.shape[1], *hidden, 3), 1, activation=activation, seed=seed)
    mover = Mover("Adam", networks.flat[0])
    for step in itertools.count(1):
        rows = torch.randint(len(colours), (batch,), generator=generator)
        loss = (layers(networks, inputs[rows])[-1][0] - colours[rows]).square().mean()
        parts = torch.autograd.grad(loss, networks.parameters)
        mover.move(torch.cat([part.flatten() for part in parts]), brush.learning_rate)
        yield step, Painter(networks, waves), loss.item()
