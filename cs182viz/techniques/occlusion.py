"""Occlusion: where a square covers the picture, and what that says about each pixel.

Lecture section 2; Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks", 2014, section 4.2
(doi:10.1007/978-3-319-10590-1_53).
"""

import torch
from torch import Tensor


def positions(extent: int, patch: int, stride: int) -> list[int]:
    """First pixels of the squares along one side: every `stride`, the last one moved back until it just fits.

    Raises
    ------
    ValueError
        If the square does not fit, or a size is not positive.
    """
    if patch < 1 or stride < 1 or patch > extent:
        raise ValueError(f"a square of {patch} pixels every {stride} does not fit into {extent} pixels")
    return [*range(0, extent - patch, stride), extent - patch]


def spread(heat: Tensor, size: tuple[int, int], patch: int, stride: int) -> Tensor:
    """Give each pixel the mean over all the squares that covered it.

    Parameters
    ----------
    heat : (rows, columns), one value a position of the square, as an occlusion map has them.
    size : (H, W) of the picture.

    Returns
    -------
    Tensor (H, W); a pixel that no square covered (a stride larger than the patch) is NaN.
    """
    rows, columns = positions(size[0], patch, stride), positions(size[1], patch, stride)
    if tuple(heat.shape) != (len(rows), len(columns)):
        raise ValueError(
            f"a map of shape {(len(rows), len(columns))} belongs to a picture of {size[0]}x{size[1]} with patch "
            f"{patch} and stride {stride}, got {tuple(heat.shape)}"
        )
    total, count = torch.zeros(size, dtype=heat.dtype), torch.zeros(size, dtype=heat.dtype)
    for i, top in enumerate(rows):
        for j, left in enumerate(columns):
            total[top : top + patch, left : left + patch] += heat[i, j]
            count[top : top + patch, left : left + patch] += 1
    return total / count
