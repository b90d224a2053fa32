"""DeepDream's driver: a picture in which the network sees more of what it sees already (lecture 10, section 6).

One step climbs 1/2 ||a||^2, the activations a of a layer fed back as their own gradient; the step is the caller's. Here
stand the octaves, the jitter and the valid range, as in Mordvintsev, Olah and Tyka 2015 ("Inceptionism: going deeper
into neural networks", Google Research blog).
"""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from cs182viz import imageops, layers


def deepdream(
    step: Callable[[Tensor, nn.Module, str, float], Tensor],
    image: Tensor,
    model: nn.Module,
    layer: str,
    *,
    step_size: float = 0.03,
    steps: int = 10,
    octaves: int = 4,
    scale: float = 1.4,
    jitter: int = 32,
    clip: bool = True,
    seed: int = 182,
) -> Iterator[tuple[int, Tensor, float]]:
    """Dream on a picture with ``step(image, model, layer, step_size)``, which returns the next picture.

    The picture is dreamt on at `octaves` sizes, each `scale` times the one before and the last its own: what has been
    added at one size is enlarged and added to the original at the next.

    Parameters
    ----------
    image : one normalised picture (1, 3, H, W); it is left unchanged.
    layer : any layer of the model, by name.
    step_size : how far the mean pixel moves in a step, in units of a normalised picture.
    steps : updates at each size.
    jitter : before each step the picture is rolled by up to this many pixels, and back after it; 0 turns it off.
    clip : whether pixels are kept within what a picture can have.
    seed : of the jitter; the global generator is left alone.

    Yields
    ------
    (number of the step, picture after it at its octave's size, minus the objective 1/2 ||a||^2 that it started from).

    Raises
    ------
    ValueError
        If `image` is not one picture, or the smallest octave has no pixels left.
    """
    if image.ndim != 4 or image.shape[:2] != (1, 3):
        raise ValueError(f"expected one picture (1, 3, H, W) to dream on, got shape {tuple(image.shape)}")
    if octaves < 1 or scale < 1:
        raise ValueError(f"expected at least one octave and a scale of at least 1, got {octaves} and {scale}")
    generator = torch.Generator().manual_seed(seed)
    original = image.detach()
    detail = torch.zeros_like(original)
    for octave in range(octaves):
        size = _octave_size(original, scale ** (octaves - 1 - octave))
        base = imageops.resize(original, size)
        dream = base + imageops.resize(detail, size)
        for number in range(octave * steps, (octave + 1) * steps):
            dx, dy = torch.randint(-jitter, jitter + 1, (2,), generator=generator).tolist()
            with layers.record(model, layer) as seen:
                rolled = step(imageops.jitter(dream, dx, dy), model, layer, step_size)
            dream = imageops.jitter(rolled.detach(), -dx, -dy)
            dream = imageops.clamp_to_image(dream) if clip else dream
            yield number, dream, -0.5 * float(seen[layer].detach().square().sum())
        detail = dream - base


def _octave_size(image: Tensor, shrink: float) -> tuple[int, int]:
    height, width = (round(side / shrink) for side in image.shape[-2:])
    if min(height, width) < 1:
        raise ValueError(f"a picture {tuple(image.shape[-2:])} has no pixels left at 1/{shrink:.3g} of its size")
    return height, width
