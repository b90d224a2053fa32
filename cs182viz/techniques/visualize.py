"""Drivers that grow pictures for classes or for neurons (lecture 10, section 3).

The update is the caller's, a student's answer for one; here stands what goes around it: where to start, jitter, growing
sizes, regularisers and the valid range. Gradient ascent on a class score is from Simonyan, Vedaldi and Zisserman 2014
(doi:10.48550/arXiv.1312.6034, section 2), the regularisers are from Yosinski et al. 2015
(doi:10.48550/arXiv.1506.06579, section 3).

Many pictures grow side by side in one batch, for several classes or from several starts, by a step that was written for
one (`restarts.as_one`). They do not touch one another: picture n is what ``seed + n`` gives alone.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from cs182viz import imageops, layers
from cs182viz.techniques.common.restarts import Jitter, as_one, jitter_each

Frames = Iterator[tuple[int, Tensor, float]]

LECTURE_CLASSES = {  # by the lecture's names -> ImageNet's numbers
    "flamingo": 130,
    "pelican": 144,
    "hartebeest": 351,
    "billiard table": 736,
    "ground beetle": 302,
    "Indian cobra": 63,
    "station wagon": 436,
    "black swan": 100,
}


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
    target_y: int | Sequence[int],
    *,
    l2_reg: float = 1e-3,
    learning_rate: float = 5.0,
    start: str | Tensor = "zeros",
    restarts: int = 1,
    sizes: Sequence[int] = (224,),
    steps: int = 100,
    jitter: int = 16,
    seed: int = 182,
    **options: Any,
) -> Frames:
    """Climb the score of class `target_y` by ``step(image, model, target_y, l2_reg, learning_rate)``, in place.

    Parameters
    ----------
    model : classifier of the zoo; its layer "logits" holds the scores.
    target_y : one class, or several, each in a picture of its own.
    start : "zeros", "noise", a picture (1, 3, H, W) for all, or one for each, (N, 3, H, W).
    restarts : pictures of each class. In all there are N = classes x restarts, those of a class together.
    sizes, steps, jitter, seed, **options : as in `climb`; ``seed + n`` is also that of picture n's noise.

    Yields
    ------
    (number of the update, pictures (N, 3, H, W) after it, minus the score that they started from, averaged over N).

    Raises ValueError for options that do not fit together.
    """
    targets = one_a_picture(target_y, restarts, start)
    pick = (range(len(targets)), targets)

    def gradient(images: Tensor) -> Tensor:
        images = images.clone().requires_grad_()
        return torch.autograd.grad(model(images)[pick].sum(), images)[0]

    def update(images: Tensor) -> float:
        with layers.record(model, "logits") as seen, as_one(model, "logits", targets) as target:
            step(images, model, target, l2_reg, learning_rate)
        return -float(seen["logits"].detach()[pick].mean())

    grown = _starting_images(start, sizes[0], len(targets), model, seed)
    return climb(update, grown, gradient=gradient, sizes=sizes, steps=steps, jitter=jitter, seed=seed, **options)


def visualize_unit(
    neuron_gradient: Callable[[Tensor, nn.Module, str, int], Tensor],
    model: nn.Module,
    layer: str,
    channel: int | Sequence[int],
    *,
    step_size: float = 0.05,
    start: str | Tensor = "noise",
    restarts: int = 1,
    sizes: Sequence[int] = (224,),
    steps: int = 60,
    jitter: int = 2,
    seed: int = 182,
    **options: Any,
) -> Frames:
    """Climb one neuron's activation: image + `step_size` * g / (mean of \\|g\\| where the neuron sees anything).

    ``neuron_gradient(image, model, layer, channel)`` gives g, of the image's shape. `channel` is one or several, and
    the other options, and what is yielded, are as in `visualize_class`; the loss is minus the activation in the middle
    of the channel's map.

    Raises ValueError if a neuron is silent on its starting picture: a ReLU that gives 0 has no gradient to follow.
    """
    channels = one_a_picture(channel, restarts, start)

    def gradient(images: Tensor) -> Tensor:
        with as_one(model, layer, channels) as one:
            return neuron_gradient(images.detach().clone(), model, layer, one).detach()

    def update(images: Tensor) -> float:
        with layers.record(model, layer) as seen:
            g = gradient(images)  # (N, 3, H, W)
        images.data += step_size * g / _mean_where_reached(g)
        return -float(middle(seen[layer].detach(), channels).mean())

    grown = _starting_images(start, sizes[0], len(channels), model, seed)
    for own, g in zip(channels, gradient(grown), strict=True):
        if not g.any():
            raise ValueError(
                f"channel {own} of {layer} is silent on this starting picture, so its gradient is 0: "
                "start from something else, such as another seed of noise, or choose another channel"
            )
    return climb(update, grown, gradient=gradient, sizes=sizes, steps=steps, jitter=jitter, seed=seed, **options)


def climb(
    update: Callable[[Tensor], float],
    images: Tensor,
    *,
    gradient: Callable[[Tensor], Tensor] | None = None,
    sizes: Sequence[int],
    steps: int,
    jitter: int = 0,
    regularizers: Sequence[Regularizer] = (),
    clip: bool = True,
    seed: int = 182,
) -> Frames:
    """Drive any ``update(images) -> loss`` that edits pictures (N, 3, H, W) in place.

    Parameters
    ----------
    gradient : images -> gradient of what is climbed, (N, 3, H, W), for regularisers with `uses_gradient`.
    sizes : sides in pixels, `steps` updates at each; the pictures are enlarged in between.
    jitter : before each update a picture is rolled by up to this many pixels, and back after it.
    regularizers : applied in turn, to each picture on its own.
    clip : whether pixels are kept within what a picture can have.
    seed : ``seed + n`` is that of picture n's jitter; the global generators are left alone.

    Yields (number of the update, pictures after it, the update's loss).
    """
    shifts = Jitter(jitter, len(images), seed=seed)
    for number in range(steps * len(sizes)):
        size = sizes[number // steps]
        images = imageops.resize(images, (size, size))
        drawn = shifts.draw()
        rolled = jitter_each(images, drawn).contiguous()
        loss = update(rolled)
        images = jitter_each(rolled.detach(), [(-dx, -dy) for dx, dy in drawn])
        for regularizer in regularizers:
            if (number + 1) % regularizer.every == 0:
                images = _regularize(regularizer, images, gradient)
        images = imageops.clamp_to_image(images) if clip else images
        yield number, images, loss


def _regularize(regularizer: Regularizer, images: Tensor, gradient: Callable[[Tensor], Tensor] | None) -> Tensor:
    """Each picture on its own: what a regulariser takes away from one does not depend on the others."""
    if not regularizer.uses_gradient:
        return torch.cat([regularizer.apply(image) for image in images.split(1)])
    if gradient is None:
        raise ValueError("a regulariser asks for the gradient: give climb a function that computes it")
    pairs = zip(images.split(1), gradient(images).split(1), strict=True)
    return torch.cat([regularizer.apply(image, g) for image, g in pairs])


def one_a_picture(channel: int | Sequence[int], restarts: int, start: str | Tensor) -> list[int]:
    """The class or channel of each picture, from the numbers asked for, the restarts and the pictures to start from."""
    asked = torch.as_tensor(channel).flatten().tolist()
    if not asked or restarts < 1:
        raise ValueError(f"ask for at least one picture, got {len(asked)} classes or channels and restarts={restarts}")
    channels = [number for number in asked for _ in range(restarts)]
    given = len(start) if isinstance(start, Tensor) else 1
    if len(channels) == 1:
        return channels * given
    if given not in (1, len(channels)):
        raise ValueError(f"start from one picture for all or from one for each of {len(channels)}, got {given}")
    return channels


def _starting_images(start: str | Tensor, size: int, count: int, model: nn.Module, seed: int) -> Tensor:
    """(count, 3, size, size), of the model's type and on its device unless `start` is a tensor."""
    if isinstance(start, Tensor):
        pictures = start.split(1) if len(start) == count else [start] * count
        return torch.cat([starting_image(picture, size) for picture in pictures])
    images = torch.cat([starting_image(start, size, seed=seed + n) for n in range(count)])
    weight = next(model.parameters(), images)
    return images.to(weight.device, weight.dtype)


def _mean_where_reached(g: Tensor) -> Tensor:
    """(N, 1, 1, 1): each picture's mean of \\|g\\| over the entries that are not 0; 1 where all are."""
    reached = (g != 0).sum(dim=(1, 2, 3), keepdim=True)
    return torch.where(reached > 0, g.abs().sum(dim=(1, 2, 3), keepdim=True) / reached, 1)


def middle(activation: Tensor, channels: Sequence[int]) -> Tensor:
    """(N,): each picture's channel in the middle of its map, from (N, C, h, w), or its channel, from (N, C)."""
    place = [side // 2 for side in activation.shape[2:]]
    return torch.stack([one[(own, *place)] for one, own in zip(activation, channels, strict=True)])
