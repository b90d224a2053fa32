"""DeepDream's driver: a picture in which the network sees more of what it sees already (lecture 10, section 6).

One step climbs 1/2 ||a||^2, the activations a of a layer fed back as their own gradient, or any other function of a
(`climb`, `guided`); the step is the caller's. Here stand the octaves, the jitter and the valid range, as in
Mordvintsev, Olah and Tyka 2015 ("Inceptionism: going deeper into neural networks", Google Research blog).
"""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from cs182viz import imageops, layers

Step = Callable[[Tensor, nn.Module, str, float], Tensor]  # (image, model, layer, step_size) -> the next image
Objective = Callable[[Tensor], Tensor]  # a layer's activation -> one number, the larger the better
_PRODUCTS = 1 << 22  # dot products held at once


def half_square(activation: Tensor) -> Tensor:
    """1/2 ||a||^2: more of whatever is there."""
    return 0.5 * activation.square().sum()


def deepdream(
    step: Step,
    image: Tensor,
    model: nn.Module,
    layer: str,
    *,
    objective: Objective = half_square,
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
    image : one normalised picture (1, 3, H, W); it is left unchanged. With ``torch.channels_last`` convolutions are
        up to twice as fast, and the layout is kept.
    layer : any layer of the model, by name.
    objective : what `step` climbs; it is only reported.
    step_size : how far the mean pixel moves in a step, in units of a normalised picture.
    steps : updates at each size.
    jitter : before each step the picture is rolled by up to this many pixels, and back after it; 0 turns it off.
    clip : whether pixels are kept within what a picture can have.
    seed : of the jitter; the global generator is left alone.

    Yields
    ------
    (number of the step, picture after it at its octave's size, minus the objective that it started from).

    Raises
    ------
    ValueError
        If `image` is not one picture, or the smallest octave has no pixels left.
    """
    if image.ndim != 4 or image.shape[:2] != (1, 3):
        raise ValueError(f"expected one picture (1, 3, H, W) to dream on, got shape {tuple(image.shape)}")
    if octaves < 1 or steps < 1 or scale < 1:
        raise ValueError(f"expected octaves, steps and a scale of at least 1, got {octaves}, {steps} and {scale}")
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
            yield number, dream, -float(objective(seen[layer].detach()))
        detail = dream - base


def climb(objective: Objective) -> Step:
    """Step up any function of a layer's activation: + step_size * g / mean|g|, g its gradient at the picture.

    The step raises ValueError if the objective is not one number or does not depend on the activation.
    """

    def step(image: Tensor, model: nn.Module, layer: str, step_size: float) -> Tensor:
        leaf = image.detach().clone().requires_grad_()
        value = objective(layers.activations(model, leaf, layer)[layer])
        if not isinstance(value, Tensor) or value.numel() != 1 or not value.requires_grad:
            raise ValueError("an objective returns one number that depends on the activation, such as a[:, 7].sum()")
        (gradient,) = torch.autograd.grad(value.sum(), leaf)
        return image + step_size * _unit(gradient)

    return step


def guided(guide: Tensor) -> Objective:
    """Objective for dreaming of a second picture: at each position, the largest dot product with the guide's features.

    sum_i max_j <a_i, g_j>, i a position of the dream and j one of the guide. Its gradient at position i is the g_j
    that is most like a_i, as in the guided dreams of Mordvintsev, Olah and Tyka's notebook of 2015.

    Parameters
    ----------
    guide : the guide's activation (1, C, h, w) at the layer that is dreamt at; h and w are the guide's own.

    The objective raises ValueError for an activation with another number of channels.
    """
    if guide.ndim != 4 or guide.shape[0] != 1:
        raise ValueError(f"a guide is one picture's activation (1, C, h, w), got shape {tuple(guide.shape)}")
    features = guide.detach()[0].flatten(1)  # (C, hw)

    def objective(activation: Tensor) -> Tensor:
        if activation.ndim != 4 or activation.shape[:2] != (1, len(features)):
            raise ValueError(
                f"the guide has {len(features)} channels and the dream's activation is {tuple(activation.shape)}: "
                f"take both at one layer"
            )
        positions = activation[0].flatten(1).T  # (HW, C)
        with torch.no_grad():
            blocks = positions.split(max(1, _PRODUCTS // features.shape[1]))
            nearest = torch.cat([(block @ features).argmax(1) for block in blocks])  # (HW,)
        return (positions * features.T[nearest]).sum()

    return objective


def natural(step: Step, image: Tensor, *, sigmas: tuple[float, ...] = (0.0, 1.0)) -> Step:
    """Same step in softer strokes and in a photograph's own colours: no glare of magenta and green.

    A step's change is multiplied by the square root of the colours' covariance in `image`, since colours that never
    occur apart there should not come apart, and its copies blurred by `sigmas` pixels are added, each at the same
    strength, which lifts the low frequencies. Both ideas stand in Olah, Mordvintsev and Schubert 2017, "Feature
    visualization" (doi:10.23915/distill.00007), as preconditioning of the gradient. The mean pixel moves as far as
    before.
    """
    colours = image.detach()[0].flatten(1)  # (3, HW)
    values, vectors = torch.linalg.eigh(torch.cov(colours))
    root = vectors * values.clamp(min=0).sqrt() @ vectors.T  # (3, 3), symmetric
    if not root.any():
        root = torch.eye(3, dtype=root.dtype, device=root.device)  # a picture of one colour says nothing of colours

    def softer(image: Tensor, model: nn.Module, layer: str, step_size: float) -> Tensor:
        change = step(image.clone(), model, layer, step_size).detach() - image
        mixed = torch.nn.functional.conv2d(change, root[:, :, None, None])
        strokes = sum((_unit(imageops.blur(mixed, sigma)) for sigma in sigmas), torch.zeros(()))
        return image + change.abs().mean() * _unit(strokes)

    return softer


def _unit(change: Tensor) -> Tensor:
    """A change by which the mean entry moves by 1; zero where there is none."""
    return change / change.abs().mean().clamp(min=torch.finfo(change.dtype).tiny)


def _octave_size(image: Tensor, shrink: float) -> tuple[int, int]:
    height, width = (round(side / shrink) for side in image.shape[-2:])
    if min(height, width) < 1:
        raise ValueError(f"a picture {tuple(image.shape[-2:])} has no pixels left at 1/{shrink:.3g} of its size")
    return height, width
