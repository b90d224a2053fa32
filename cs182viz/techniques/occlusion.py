"""Occlusion: the probability of a class as a function of where a square covers the picture.

Lecture section 2; Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks", 2014, section 4.2
(doi:10.1007/978-3-319-10590-1_53).
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from cs182viz.techniques.incremental import Incremental, NotFollowedError


def occlusion_map(
    image: Tensor,
    label: int,
    model: Callable[[Tensor], Tensor],
    *,
    patch: int = 32,
    stride: int = 8,
    fill: float | Tensor = 0.0,
    batch: int = 24,
) -> Tensor:
    """Probability of the class `label` with a square at each of the `positions`, (rows, columns).

    Of each feature map only the window that the square can reach is computed again (`incremental`); a network that
    cannot be followed so sees every covered picture, `batch` at a time. The map is the same.

    Parameters
    ----------
    image : one preprocessed picture (1, C, H, W); it is left unchanged.
    label : number of the class.
    model : maps (N, C, H, W) to scores (N, classes).
    patch, stride : side of the square and step between its positions, in pixels.
    fill : what covers the picture: a number, one for each channel (C,), or a whole square (C, patch, patch).

    Raises
    ------
    ValueError
        If `image` is not one picture, the square does not fit, or the model has no such class.
    """
    if image.ndim != 4 or len(image) != 1:
        raise ValueError(f"expected one picture (1, C, H, W) to cover, got shape {tuple(image.shape)}")
    if batch < 1:
        raise ValueError(f"expected at least one picture in a batch, got {batch}")
    rows, columns = (positions(size, patch, stride) for size in image.shape[2:])
    square = _square(fill, image, patch)
    try:
        network = Incremental(model, image) if isinstance(model, nn.Module) else _Recomputed(model, image)
    except NotFollowedError:
        network = _Recomputed(model, image)
    heat = image.new_zeros(len(rows), len(columns))
    for places in _alike(len(rows), len(columns)).split(batch):  # (N, 2) indices into the map
        i, j = places.T
        corners = torch.tensor(rows)[i], torch.tensor(columns)[j]
        scores = network(square.expand(len(places), -1, -1, -1), *corners)
        if not 0 <= label < scores.shape[1]:
            raise ValueError(f"there is no class {label}: the model gives {scores.shape[1]} scores")
        heat[i, j] = scores.softmax(dim=1)[:, label]
    return heat


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


class _Recomputed:
    """A network that cannot be followed: every covered picture goes through all of it."""

    def __init__(self, model: Callable[[Tensor], Tensor], image: Tensor) -> None:
        self.model, self.image = model, image

    def __call__(self, patches: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
        """Scores (N, classes) of N pictures, each with one of `patches` (N, C, h, w) at its row and column."""
        height, width = patches.shape[2:]
        covered = self.image.repeat(len(patches), 1, 1, 1)
        for picture, patch, row, column in zip(covered, patches, rows.tolist(), columns.tolist(), strict=True):
            picture[:, row : row + height, column : column + width] = patch
        with torch.no_grad():
            return self.model(covered)


def _square(fill: float | Tensor, image: Tensor, patch: int) -> Tensor:
    """What covers the picture, (C, patch, patch)."""
    value = torch.as_tensor(fill, dtype=image.dtype, device=image.device)
    if value.ndim == 1:
        value = value[:, None, None]
    shape = (image.shape[1], patch, patch)
    try:
        return value.expand(shape)
    except RuntimeError:
        raise ValueError(f"expected a fill of one number, {shape[:1]} or {shape}, got {tuple(value.shape)}") from None


def _alike(rows: int, columns: int) -> Tensor:
    """All entries (i, j) of a map, those as far from the border beside each other: their windows are of one size."""
    i, j = torch.arange(rows), torch.arange(columns)
    distance = torch.cartesian_prod(torch.minimum(i, rows - 1 - i), torch.minimum(j, columns - 1 - j))
    return torch.cartesian_prod(i, j)[(distance[:, 0] * columns + distance[:, 1]).argsort(stable=True)]
