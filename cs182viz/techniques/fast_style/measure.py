"""How good is a network that paints in one pass? The paper's own measure, and how steady it is from frame to frame."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor, nn

from cs182viz import imageops
from cs182viz.techniques.fast_style.network import Stylizer
from cs182viz.techniques.fast_style.train import SIDE, Objective
from cs182viz.techniques.style.transfer import style_transfer


def steps_worth(
    network: Stylizer,
    model: nn.Module,
    content: Tensor,
    painting: Tensor,
    style: str,
    objective: Objective,
    *,
    most: int = 120,
) -> int:
    """Steps of `style_transfer` after which it has a smaller loss than one pass (Johnson et al. 2016, section 4.1).

    Parameters
    ----------
    content : normalised photograph (1, 3, H, W) that the network did not learn from.
    painting : the style's, (1, 3, H, W).
    most : steps that the optimisation is given, along which its rate falls; the result if it is never ahead.
    """
    area = content[0, 0].numel() / SIDE**2  # content and total variation are sums
    fair = replace(objective, content_weight=objective.content_weight * area, tv_weight=objective.tv_weight * area)
    with torch.no_grad():
        painted = network(content, network.mixture(style).to(content))
        reached = float(fair.loss(model, painted, content, [fair.targets(model, painting)]))
    for step, _, loss in style_transfer(model, content, painting, max_iter=most, **vars(objective)):
        if loss < reached:
            return step
    return most


def flicker(
    paint: Callable[[Tensor, Tensor], Tensor], mix: Tensor, photograph: Tensor, *, frames: int = 8, side: int = SIDE
) -> float:
    """How much more a painting changes from frame to frame than the picture does; 1 is as steady.

    A window of `side` pixels moves over the photograph (1, 3, H, W) by one pixel a frame, and all of the change is
    counted, where things move and where they do not: the mean of absolute differences in 0..1.

    Parameters
    ----------
    paint : (frame, mix) -> painting: a `Stylizer`, or one made `Steady`.

    Raises
    ------
    ValueError
        The photograph is too small for that.
    """
    height, width = photograph.shape[2:]
    if height < side or width < side + frames:
        raise ValueError(f"a photograph of {side} x {side + frames} pixels at least is needed, got {height} x {width}")
    top = (height - side) // 2
    moving = [photograph[:, :, top : top + side, n : n + side] for n in range(frames)]
    mix = mix.to(photograph)
    with torch.no_grad():
        painted = [imageops.denormalize(paint(frame, mix)) for frame in moving]
    return _change(painted) / _change([imageops.denormalize(frame) for frame in moving])


def _change(pictures: list[Tensor]) -> float:
    return sum(float((b - a).abs().mean()) for a, b in itertools.pairwise(pictures))
