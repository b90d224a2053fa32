"""Fooling images' driver: pictures, or noise, that the network takes for whatever one likes (lecture 10, section 8).

Each step climbs the target's score, x <- x + eta g / ||g||_2; the step is the caller's, a student's `fooling_step` for
one. Here stands what goes around it: many pictures and targets in one batch, each of which stops on its own as soon as
the network is fooled. Szegedy et al. 2014, "Intriguing properties of neural networks" (doi:10.48550/arXiv.1312.6199);
from noise: Nguyen, Yosinski and Clune 2015 (doi:10.1109/CVPR.2015.7298640).
"""

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor, nn

from cs182viz.techniques.common.restarts import AsOne

FoolingStep = Callable[[Tensor, int, nn.Module, float], Tensor]


def fool(
    step: FoolingStep,
    X: Tensor,
    target_y: int | Sequence[int] | Tensor,
    model: nn.Module,
    *,
    learning_rate: float = 1.0,
    confidence: float = 0.0,
    max_iter: int = 100,
) -> Iterator[tuple[int, Tensor, float]]:
    """Fool the network by ``step(X, target_y, model, learning_rate)``, which returns the next picture.

    Parameters
    ----------
    step : moves a picture by the Euclidean distance `learning_rate`, dividing its gradient by the gradient's length.
    X : normalised pictures (N, 3, H, W), noise for example; left unchanged.
    target_y : a class for each picture, or one for all; a single picture is sent towards every one of several.
    confidence : a picture is done when its target wins with at least this probability; 0 asks only that it wins.

    Yields
    ------
    (step, pictures (N, 3, H, W), the largest other score minus the target's, averaged over them), from step 0, the
    start, until all are done or `max_iter` steps have been taken. Pictures that are done stay as they are.

    Raises ValueError for options that do not fit together, and when a picture has no direction to go.
    """
    images, targets = _pairs(X, target_y)
    for number in range(max_iter + 1):
        with torch.no_grad():
            scores = model(images)  # (N, classes)
        own = scores.gather(1, targets[:, None])
        others = scores.scatter(1, targets[:, None], -torch.inf).amax(dim=1, keepdim=True)
        sure = scores.softmax(dim=1).gather(1, targets[:, None])[:, 0] >= confidence  # (N,)
        todo = ((scores.argmax(dim=1) != targets) | ~sure).nonzero().flatten()
        yield number, images, float((others - own).mean())
        if not len(todo) or number == max_iter:
            return
        images = images.clone()
        images[todo] = _move(step, images[todo], targets[todo].tolist(), model, learning_rate)


def fooled(model: nn.Module, images: Tensor, target_y: int | Sequence[int] | Tensor) -> Tensor:
    """Whether each picture of (N, 3, H, W) counts as its target: bool (N,)."""
    images, targets = _pairs(images, target_y)
    with torch.no_grad():
        return model(images).argmax(dim=1) == targets


def _move(step: FoolingStep, images: Tensor, targets: list[int], model: nn.Module, learning_rate: float) -> Tensor:
    if len(targets) == 1:
        return step(images, targets[0], model, learning_rate).detach()
    # N gradients of length 1 have the length sqrt(N) together: so each picture goes as far as it would alone
    return step(images, 0, AsOne(model, targets), learning_rate * len(targets) ** 0.5).detach()


def _pairs(X: Tensor, target_y: int | Sequence[int] | Tensor) -> tuple[Tensor, Tensor]:
    """Pictures (N, 3, H, W) and their targets (N,), the one repeated if it is single."""
    if X.ndim != 4 or X.shape[1] != 3:
        raise ValueError(f"expected normalised pictures (N, 3, H, W), got shape {tuple(X.shape)}")
    targets = torch.as_tensor(target_y, device=X.device).flatten()
    count = max(len(X), len(targets))
    if not count or any(len(given) not in (1, count) for given in (X, targets)):
        raise ValueError(f"expected a target for each picture, or one of either, got {len(targets)} for {len(X)}")
    return X.detach().expand(count, -1, -1, -1).clone(), targets.expand(count)
