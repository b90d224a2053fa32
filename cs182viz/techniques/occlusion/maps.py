"""Occlusion: the probability of a class as a function of where a square covers the picture.

Lecture section 2; Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks", 2014, section 4.2
(doi:10.1007/978-3-319-10590-1_53).
"""

import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from cs182viz.devices import on_host
from cs182viz.techniques.occlusion.incremental import Incremental, NotFollowedError
from cs182viz.techniques.occlusion.windows import Kept, Places, Windows

PLACES_ON_CPU = 36
PICTURES_ON_GPU = 256
"""Whole covered pictures at a time, for a network that cannot be followed and whose maps are not known."""
BYTES_ON_GPU = 2**31
"""Where a device does not say what it has left."""
MAPS_AT_ONCE = 6
"""While a layer runs: its input and output, what was cut out of both maps, and the indices, at most a map each."""


def occlusion_map(
    image: Tensor,
    label: int,
    model: Callable[[Tensor], Tensor],
    *,
    patch: int = 32,
    stride: int = 8,
    fill: float | Tensor = 0.0,
    batch: int | None = None,
) -> Tensor:
    """Probability of the class `label` with a square at each of the `positions`, (rows, columns).

    Of each feature map only the window that the square can reach is computed again (`incremental`); a network that
    cannot be followed so sees every covered picture. The map is the same.

    Parameters
    ----------
    image : one preprocessed picture (1, C, H, W); it is left unchanged.
    label : number of the class.
    model : maps (N, C, H, W) to scores (N, classes).
    patch, stride : side of the square and step between its positions, in pixels.
    fill : what covers the picture: a number, one for each channel (C,), or a whole square (C, patch, patch).
    batch : places at a time; unless told, as many as are fastest (CPU) or as fit (GPU).

    Raises
    ------
    ValueError
        If `image` is not one picture, the square does not fit, or the model has no such class.
    """
    if image.ndim != 4 or len(image) != 1:
        raise ValueError(f"expected one picture (1, C, H, W) to cover, got shape {tuple(image.shape)}")
    if batch is not None and batch < 1:
        raise ValueError(f"expected at least one picture in a batch, got {batch}")
    rows, columns = (np.array(positions(size, patch, stride)) for size in image.shape[2:])
    square = _square(fill, image, patch)
    try:
        network = Incremental(model, image) if isinstance(model, nn.Module) else _Recomputed(model, image)
    except NotFollowedError:
        network = _Recomputed(model, image)
    if not 0 <= label < network.scores.shape[1]:
        raise ValueError(f"there is no class {label}: the model gives {network.scores.shape[1]} scores")

    def probabilities(block: tuple[Places, Places]) -> Tensor:
        i, j = block
        return network(square.expand(len(i), -1, -1, -1), rows[i], columns[j]).softmax(dim=1)[:, label]

    blocks = list(_alike(len(rows), len(columns), batch or _fitting(network, image)))
    side_by_side = isinstance(network, Incremental) and on_host(image)
    heat = image.new_zeros(len(rows), len(columns))
    for (i, j), values in zip(blocks, (_map_in_threads if side_by_side else map)(probabilities, blocks), strict=True):
        heat[i, j] = values
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
        self.model, self.kept = model, Kept(image)
        with torch.no_grad():
            self.scores = model(image)  # (1, classes), of the picture as it is

    def __call__(self, patches: Tensor, rows: Places, columns: Places) -> Tensor:
        """Scores (N, classes) of N pictures, each with one of `patches` (N, C, h, w) at its row and column."""
        covered = Windows(patches, rows, columns, self.kept).whole()
        with torch.no_grad():
            return self.model(covered.contiguous())


def _fitting(network: Incremental | _Recomputed, image: Tensor) -> int:
    """How many places at a time: a few that stay in a CPU's cache; on a GPU all whose windows fit, for few launches."""
    if on_host(image):
        return PLACES_ON_CPU
    if not isinstance(network, Incremental):
        return PICTURES_ON_GPU
    free = torch.cuda.mem_get_info(image.device)[0] // 2 if image.is_cuda else BYTES_ON_GPU
    return max(1, free // (MAPS_AT_ONCE * network.largest))


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


def _alike(rows: int, columns: int, batch: int) -> Iterator[tuple[Places, Places]]:
    """All entries (i, j) of a map, at most `batch` at a time: those as far from the border, their windows are alike."""
    side = math.isqrt(batch)
    for i in _chunks(rows, side):
        for j in _chunks(columns, batch // side):
            yield np.repeat(i, len(j)), np.tile(j, len(i))


def _chunks(count: int, size: int) -> list[Places]:
    index = np.arange(count)
    order = np.argsort(np.minimum(index, count - 1 - index), kind="stable")
    return [order[start : start + size] for start in range(0, count, size)]


def _map_in_threads(function: Callable[[Any], Tensor], arguments: list[Any]) -> Iterator[Tensor]:
    """As `map`, in as many threads as PyTorch may use, each of which leaves PyTorch one.

    Many small layers one after the other keep two threads busy in this way, and by halves only when they share each.
    """
    threads = torch.get_num_threads()
    pool = ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,))
    try:
        with pool:
            yield from pool.map(function, arguments)
    finally:
        torch.set_num_threads(threads)
