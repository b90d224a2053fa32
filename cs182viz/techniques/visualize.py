"""Drivers that grow a picture for a class or for one neuron (lecture 10, section 3).

The update is the caller's, a student's answer for one; here stands what goes around it: where to start, jitter, growing
sizes, regularisers and the valid range. Gradient ascent on a class score is from Simonyan, Vedaldi and Zisserman 2014
(doi:10.48550/arXiv.1312.6034, section 2), the regularisers are from Yosinski et al. 2015
(doi:10.48550/arXiv.1506.06579, section 3).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from cs182viz import imageops, layers

Frames = Iterator[tuple[int, Tensor, float]]


@dataclass(frozen=True)
class Regularizer:
    """An edit of the picture after every `every` updates: ``apply(image)``, or ``apply(image, gradient)``.

    `apply` takes and returns (1, 3, H, W). With `uses_gradient` it also gets the gradient of what is being climbed.
    """

    apply: Callable[..., Tensor]
    every: int = 1
    uses_gradient: bool = False

    def __post_init__(self) -> None:
        if self.every < 1:
            raise ValueError(f"a regulariser acts every 1, 2, 3, ... updates, got every={self.every}")


def starting_image(start: str | Tensor, size: int, *, seed: int = 182) -> Tensor:
    """Picture (1, 3, size, size) to start from: "zeros" (ImageNet's mean grey), "noise" (standard normal) or a tensor.

    A tensor is one normalised picture (1, 3, H, W), resized if need be. Raises ValueError for anything else.
    """
    if isinstance(start, Tensor):
        if start.ndim != 4 or start.shape[:2] != (1, 3):
            raise ValueError(f"expected one picture (1, 3, H, W) to start from, got shape {tuple(start.shape)}")
        return imageops.resize(start.detach(), (size, size)).clone()
    if start == "zeros":
        return torch.zeros(1, 3, size, size)
    if start == "noise":
        return torch.randn(1, 3, size, size, generator=torch.Generator().manual_seed(seed))
    raise ValueError(f'start from "zeros", "noise" or a tensor (1, 3, H, W), got {start!r}')


def visualize_class(
    step: Callable[[Tensor, nn.Module, int, float, float], object],
    model: nn.Module,
    target_y: int,
    *,
    l2_reg: float = 1e-3,
    learning_rate: float = 5.0,
    start: str | Tensor = "zeros",
    sizes: Sequence[int] = (224,),
    steps: int = 100,
    jitter: int = 16,
    regularizers: Sequence[Regularizer] = (),
    clip: bool = True,
    seed: int = 182,
) -> Frames:
    """Climb the score of class `target_y` by ``step(image, model, target_y, l2_reg, learning_rate)``, in place.

    Parameters
    ----------
    model : classifier of the zoo; its layer "logits" holds the scores.
    sizes : sides in pixels, `steps` updates at each; the picture is enlarged in between.
    jitter : before each update the picture is rolled by up to this many pixels, and back after it.
    clip : whether pixels are kept within what a picture can have.
    seed : of the jitter and of the noise to start from; the global generators are left alone.

    Yields
    ------
    (number of the update, picture (1, 3, H, W) after it, minus the score that it started from).
    """

    def gradient(image: Tensor) -> Tensor:
        image = image.clone().requires_grad_()
        return torch.autograd.grad(model(image)[0, target_y], image)[0]

    def update(image: Tensor) -> float:
        with layers.record(model, "logits") as seen:
            step(image, model, target_y, l2_reg, learning_rate)
        return -float(seen["logits"][0, target_y].detach())

    grown = starting_image(start, sizes[0], seed=seed)
    yield from _climb(update, gradient, grown, sizes, steps, jitter, regularizers, clip, seed)


def visualize_unit(
    neuron_gradient: Callable[[Tensor, nn.Module, str, int], Tensor],
    model: nn.Module,
    layer: str,
    channel: int,
    *,
    step_size: float = 0.05,
    start: str | Tensor = "noise",
    sizes: Sequence[int] = (224,),
    steps: int = 60,
    jitter: int = 2,
    regularizers: Sequence[Regularizer] = (),
    clip: bool = True,
    seed: int = 182,
) -> Frames:
    """Climb one neuron's activation: image + `step_size` * g / (mean of \\|g\\| where the neuron sees anything).

    ``neuron_gradient(image, model, layer, channel)`` gives g, (1, 3, H, W). The other options, and what is yielded, are
    as in `visualize_class`; the loss is minus the activation in the middle of the channel's map.

    Raises
    ------
    ValueError
        The neuron is silent on the starting picture: a ReLU that gives 0 has no gradient to follow.
    """

    def gradient(image: Tensor) -> Tensor:
        return neuron_gradient(image.detach().clone(), model, layer, channel).detach()

    def update(image: Tensor) -> float:
        with layers.record(model, layer) as seen:
            g = gradient(image)
        reached = g[g != 0]
        if len(reached):
            image.data += step_size * g / reached.abs().mean()
        return -_middle(seen[layer].detach(), channel)

    grown = starting_image(start, sizes[0], seed=seed)
    if not gradient(grown).any():
        raise ValueError(
            f"channel {channel} of {layer} is silent on this starting picture, so its gradient is 0: "
            "start from something else, such as another seed of noise, or choose another channel"
        )
    yield from _climb(update, gradient, grown, sizes, steps, jitter, regularizers, clip, seed)


def _climb(
    update: Callable[[Tensor], float],
    gradient: Callable[[Tensor], Tensor],
    image: Tensor,
    sizes: Sequence[int],
    steps: int,
    jitter: int,
    regularizers: Sequence[Regularizer],
    clip: bool,
    seed: int,
) -> Frames:
    generator = torch.Generator().manual_seed(seed)
    for number in range(steps * len(sizes)):
        size = sizes[number // steps]
        image = imageops.resize(image, (size, size))
        dx, dy = torch.randint(-jitter, jitter + 1, (2,), generator=generator).tolist()
        rolled = imageops.jitter(image, dx, dy)
        loss = update(rolled)
        image = imageops.jitter(rolled.detach(), -dx, -dy)
        for regularizer in regularizers:
            if (number + 1) % regularizer.every == 0:
                image = regularizer.apply(image, *([gradient(image)] if regularizer.uses_gradient else []))
        image = imageops.clamp_to_image(image) if clip else image
        yield number, image, loss


def _middle(activation: Tensor, channel: int) -> float:
    """Activation (1, C, h, w) in the middle of a channel's map, or (1, C) of the channel."""
    if activation.ndim == 4:
        return float(activation[0, channel, activation.shape[2] // 2, activation.shape[3] // 2])
    return float(activation[0, channel])
