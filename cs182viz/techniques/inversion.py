"""Inversion: from a code back to pictures that have it (Mahendran and Vedaldi 2015; lecture 10, section 5).

Given a code Phi_0, the activation of some layer for a picture that nobody shows us, look for pictures x with that code:

    minimise over x   ||Phi(x) - Phi_0||^2 / ||Phi_0||^2 + R(x)

from noise, by gradient descent with momentum as in the paper or by Adam. The loss, with its prior R, is an argument, so
that anybody's own version drives the loop. doi:10.1109/CVPR.2015.7299155.
"""

import math
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from cs182viz import imageops
from cs182viz.techniques.common.restarts import Jitter, jitter_each

Extract = Callable[[Tensor], Tensor]
OPTIMIZERS = {"adam": 0.2, "sgd": 200.0}  # with learning rates that suit normalised pictures of about 128 x 128


def noise(restarts: int, height: int, width: int, *, scale: float = 0.1, seed: int = 182) -> Tensor:
    """Faint normal noise about ImageNet's mean colour, (restarts, 3, height, width), always the same for one seed."""
    generator = torch.Generator().manual_seed(seed)
    return scale * torch.randn(restarts, 3, height, width, generator=generator)


def invert(
    loss: Callable[..., Tensor],
    extract: Extract,
    target: Tensor,
    start: Tensor,
    *,
    lambda_alpha: float = 0.0,
    lambda_tv: float = 0.0,
    optimizer: str = "adam",
    learning_rate: float | None = None,
    momentum: float = 0.9,
    max_iter: int = 200,
    jitter: int = 0,
    clip: bool = False,
    seed: int = 182,
) -> Iterator[tuple[int, Tensor, float]]:
    """Yield (step, pictures, loss of those pictures) from step 0, the start, to `max_iter`.

    Parameters
    ----------
    loss : (img, target, extract, *, lambda_alpha, lambda_tv) -> one number. It sums over the pictures of a batch, so
        that they do not influence one another.
    extract : `layers.Extractor`, or any function from pictures to codes.
    target : the code to be had, (1, ...).
    start : normalised pictures (N, 3, H, W), `noise` for example: N reconstructions of the one code, side by side.
    optimizer : "adam", or "sgd" with `momentum`; the learning rate falls along a cosine to a hundredth.
    jitter : at each step the network sees a picture rolled by up to this many pixels, which helps with codes that have
        no places left. The loss yielded is that of the rolled pictures.
    clip : whether pixels are kept within what a picture can have.
    seed : ``seed + n`` is that of picture n's jitter; the global generators are left alone.

    Raises
    ------
    ValueError
        Options that do not fit together, a loss that is not one number or does not depend on the pictures.
    FloatingPointError
        The loss left the range of numbers; the message says what to try.
    """
    if target.shape[:1] != (1,):
        raise ValueError(f"target is one code with a batch dimension, (1, ...), got shape {tuple(target.shape)}")
    target = target.detach()
    x = start.detach().clone().requires_grad_()  # (N, 3, H, W)
    stepper = _optimizer(optimizer, x, learning_rate, momentum)
    rate = stepper.param_groups[0]["lr"]
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(stepper, max(max_iter, 1), eta_min=rate / 100)
    shifts = Jitter(jitter, len(x), seed=seed)
    for step in range(max_iter + 1):
        stepper.zero_grad()
        value = loss(x, target, _shifted(extract, shifts), lambda_alpha=lambda_alpha, lambda_tv=lambda_tv)
        yield step, x.detach().clone(), _checked(value)
        if step < max_iter:
            value.backward()
            stepper.step()
            cosine.step()
            if clip:
                x.data = imageops.clamp_to_image(x.data)


def code_distances(extract: Extract, images: Tensor, target: Tensor) -> Tensor:
    """How far each picture's code is from the wanted one: ||Phi(x_n) - Phi_0||^2 / ||Phi_0||^2, (N,).

    0 is the same picture to the network, 1 is what a code of zeros would get.
    """
    with torch.no_grad():
        gap = (extract(images) - target).flatten(1).square().sum(dim=1)
    return gap / target.square().sum()


def _shifted(extract: Extract, shifts: Jitter) -> Extract:
    """The same code, of pictures that are rolled first."""
    if not shifts.pixels:
        return extract
    drawn = shifts.draw()
    return lambda images: extract(jitter_each(images, drawn))


def _optimizer(name: str, x: Tensor, learning_rate: float | None, momentum: float) -> torch.optim.Optimizer:
    if name not in OPTIMIZERS:
        raise ValueError(f"optimizer is one of {', '.join(OPTIMIZERS)}, got {name!r}")
    rate = OPTIMIZERS[name] if learning_rate is None else learning_rate
    return torch.optim.Adam([x], lr=rate) if name == "adam" else torch.optim.SGD([x], lr=rate, momentum=momentum)


def _checked(value: Tensor) -> float:
    """The loss as a number, read once: reading makes an accelerator finish."""
    if not isinstance(value, Tensor) or value.numel() != 1:
        raise ValueError(f"the loss should be one number in a tensor, got {getattr(value, 'shape', type(value))}")
    if not value.requires_grad:
        raise ValueError("the loss does not depend on the pictures: return tensors, without .item() or .detach()")
    number = float(value.detach())
    if not math.isfinite(number):
        raise FloatingPointError("the loss is no longer a finite number: try a smaller learning rate or lambda_alpha")
    return number
