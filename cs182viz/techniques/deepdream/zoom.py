"""The endless zoom: dream, enlarge a little, dream again (lecture 10, section 6; Mordvintsev, Olah and Tyka 2015)."""

import math
from collections.abc import Iterator
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from cs182viz.techniques.deepdream.dream import Step, deepdream


def zoom(
    step: Step,
    image: Tensor,
    model: nn.Module,
    layer: str,
    *,
    frames: int | None = None,
    factor: float = 1.04,
    turn: float = 0.0,
    fade: float = 0.0,
    anchor: Tensor | None = None,
    seed: int = 182,
    **options: Any,
) -> Iterator[tuple[int, Tensor, float]]:
    """Fall into a picture: each frame is a dream on the frame before it, enlarged by `factor` about its centre.

    Parameters
    ----------
    image : one normalised picture (1, 3, H, W); all frames have its size.
    frames : how many; None goes on for ever.
    factor, turn : enlargement and rotation (degrees, counter-clockwise) from frame to frame.
    fade, anchor : share of `anchor`, by default `image`, that comes back in each frame; with a factor of 1 it keeps a
        long dream from growing without end.
    seed : of the first frame's jitter; the others count on from it.
    options : of `deepdream`, for each frame: fewer `steps` and `octaves` than a single dream wants.

    Yields
    ------
    (number of the frame, the frame, the loss of its last step).
    """
    anchor, number = (image if anchor is None else anchor).detach(), 0
    while frames is None or number < frames:
        for _, dream, loss in deepdream(step, image, model, layer, seed=seed + number, **options):
            image, last = dream, loss
        yield number, image, last
        image = enlarge(image, factor, turn=turn).lerp(anchor, fade)
        number += 1


def enlarge(x: Tensor, factor: float, *, turn: float = 0.0) -> Tensor:
    """Enlarge (N, C, H, W) about the centre, turned by `turn` degrees, and crop to its old size; bilinear.

    What would come from beyond the edge (with a factor below 1, or in the corners of a turn) is mirrored. Raises
    ValueError for a factor that is not positive.
    """
    if not 0 < factor < math.inf:
        raise ValueError(f"factor says how many times larger, above 0 (1.04 is 4% a frame), got {factor}")
    height, width = x.shape[-2:]
    cos, sin = math.cos(math.radians(turn)) / factor, math.sin(math.radians(turn)) / factor
    # where each new pixel lies in the old picture, in units in which a picture reaches from -1 to 1
    towards = x.new_tensor([[cos, -sin * height / width, 0], [sin * width / height, cos, 0]])  # (2, 3)
    grid = F.affine_grid(towards.expand(len(x), 2, 3), list(x.shape), align_corners=False)
    return F.grid_sample(x, grid, mode="bilinear", padding_mode="reflection", align_corners=False)
