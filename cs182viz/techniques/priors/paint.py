"""Pictures for classes and units that a prior holds to what pictures are like; the step remains the caller's.

A student's step says where a picture should go, pixel by pixel. That direction is handed back, as the gradient, through
the random view in which the step saw the picture and through the picture's coordinates (`spectrum`, `learned`), which
Adam moves.
"""

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor, nn

from cs182viz import imageops, layers
from cs182viz.devices import fastest_layout
from cs182viz.techniques.common.restarts import as_one
from cs182viz.techniques.priors.learned import GeneratedPicture
from cs182viz.techniques.priors.spectrum import FixedMagnitude, FourierPicture
from cs182viz.techniques.priors.views import Views
from cs182viz.techniques.visualize import middle, one_a_picture

Uphill = Callable[[Tensor], tuple[Tensor, float]]
"""Pictures (N, 3, h, w) to the direction in which each should go, of the same shape, and the loss."""
Coordinates = FourierPicture | FixedMagnitude | GeneratedPicture
PRIORS: dict[str, type[Coordinates]] = {
    "fourier": FourierPicture,
    "maco": FixedMagnitude,
    "learned": GeneratedPicture,
}


def paint_class(
    step: Callable[[Tensor, nn.Module, int, float, float], object],
    model: nn.Module,
    target_y: int | Sequence[int],
    *,
    prior: str = "fourier",
    l2_reg: float = 0.0,
    restarts: int = 1,
    **options: object,
) -> Iterator[tuple[int, Tensor, float]]:
    """Climb the score of class `target_y` by ``step(image, model, target_y, l2_reg, learning_rate)``, in place.

    Parameters
    ----------
    model : classifier of the zoo; its layer "logits" holds the scores.
    target_y : one class, or several, each in a picture of its own.
    prior : "fourier" (decorrelated colours and frequencies), "maco" (and the magnitudes of photographs) or "learned"
        (codes of a generator that was trained on photographs).
    restarts : pictures of each class. In all there are N = classes x restarts, those of a class together.
    **options : `size`, `steps`, `learning_rate`, `views`, `seed` as in `paint`.

    Yields
    ------
    (number of the update, pictures (N, 3, size, size) after it, minus the score that was seen before it, averaged).

    Raises ValueError for options that do not fit together.
    """
    targets = one_a_picture(target_y, restarts, "noise")
    pick = (range(len(targets)), targets)

    def uphill(images: Tensor) -> tuple[Tensor, float]:
        moved = images.clone()
        with layers.record(model, "logits") as seen, as_one(model, "logits", targets) as target:
            step(moved, model, target, l2_reg, 1.0)
        return moved.detach() - images, -float(seen["logits"].detach()[pick].mean())

    return paint(uphill, model, len(targets), prior=prior, **options)  # type: ignore[arg-type]


def paint_unit(
    neuron_gradient: Callable[[Tensor, nn.Module, str, int], Tensor],
    model: nn.Module,
    layer: str,
    channel: int | Sequence[int],
    *,
    prior: str = "fourier",
    restarts: int = 1,
    **options: object,
) -> Iterator[tuple[int, Tensor, float]]:
    """Climb one neuron by ``neuron_gradient(image, model, layer, channel)``; otherwise as `paint_class`.

    The loss is minus the activation in the middle of the channel's map.
    """
    channels = one_a_picture(channel, restarts, "noise")

    def uphill(images: Tensor) -> tuple[Tensor, float]:
        with layers.record(model, layer) as seen, as_one(model, layer, channels) as one:
            gradient = neuron_gradient(images.clone(), model, layer, one).detach()
        return gradient, -float(middle(seen[layer].detach(), channels).mean())

    return paint(uphill, model, len(channels), prior=prior, **options)  # type: ignore[arg-type]


def paint(
    uphill: Uphill,
    model: nn.Module,
    count: int,
    *,
    prior: str = "fourier",
    size: int | None = None,
    steps: int = 100,
    learning_rate: float | None = None,
    views: Views | None = None,
    seed: int = 182,
) -> Iterator[tuple[int, Tensor, float]]:
    """Drive any ``uphill(images) -> (direction, loss)`` by Adam on a prior's coordinates.

    Parameters
    ----------
    model : on whose device the pictures are painted.
    count, size : how many pictures, and their side in pixels; by default 224, or 112 by a learned prior, which can
        paint no others.
    learning_rate : of Adam; by default what suits the prior.
    views : what is seen of the pictures at each step; by default what suits the prior.
    seed : ``seed + n`` is that of picture n, its start and its views; the global generators are left alone.

    Raises
    ------
    ValueError
        Options that cannot be.
    """
    if prior not in PRIORS:
        raise ValueError(f"the priors are {', '.join(PRIORS)}; got {prior!r}")
    kind = PRIORS[prior]
    size = kind.size if size is None else size
    if size < 16 or steps < 1:
        raise ValueError(f"size is 16 pixels or more and steps 1 or more, got {size} and {steps}")
    layers.check_gradients()
    device = next(model.parameters()).device
    coordinates = kind(count, size, seed=seed).to(device)
    adam = torch.optim.Adam(coordinates.parameters(), lr=learning_rate or coordinates.rate)
    generators = [torch.Generator().manual_seed(seed + n) for n in range(count)]
    return _paint(uphill, coordinates, adam, views or kind.views, generators, steps)


def _paint(
    uphill: Uphill,
    coordinates: Coordinates,
    adam: torch.optim.Optimizer,
    views: Views,
    generators: list[torch.Generator],
    steps: int,
) -> Iterator[tuple[int, Tensor, float]]:
    for number in range(steps):
        seen = views.of(coordinates(), views.draw(generators))
        direction, loss = uphill(seen.detach().contiguous(memory_format=fastest_layout(seen)))
        adam.zero_grad()
        seen.backward(-direction)
        adam.step()
        with torch.no_grad():
            yield number, imageops.clamp_to_image(coordinates()), loss
