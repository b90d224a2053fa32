"""Windows of feature maps: where something may have changed, and how it moves through the layers of a network.

Several windows go through a layer in one batch. They have one size there, that of the largest; a window that would
leave its map is moved back into it, so that it holds what has not changed as well, computed afresh.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from cs182viz.devices import on_host
from cs182viz.techniques.occlusion.rectified import rectified_sums

Places = NDArray[np.int64]  # (N,) rows or columns of a map


class Kept:
    """A feature map of the image before any change: its pixels (H, W, C), in the layout that cuts read fastest."""

    def __init__(self, feature_map: Tensor) -> None:
        self.size = (feature_map.shape[2], feature_map.shape[3])
        if on_host(feature_map):
            self.pixels = feature_map[0].permute(1, 2, 0).contiguous()
        else:
            self.pixels = feature_map[0].contiguous().permute(1, 2, 0)


@dataclass(frozen=True)
class Windows:
    """What may have changed of N copies of one feature map: windows of one size, each within the map."""

    values: Tensor  # (N, C, h, w)
    rows: Places  # first row of each window in the map
    columns: Places
    kept: Kept  # the map before the change

    @property
    def size(self) -> tuple[int, int]:
        return self.values.shape[2], self.values.shape[3]

    def crop(self, rows: Places, columns: Places, size: tuple[int, int], *, beyond: float = 0.0) -> Tensor:
        """Cut windows (N, C, *size) out of the changed maps; where they leave the map they hold `beyond`."""
        if self.size == size and (rows == self.rows).all() and (columns == self.columns).all():
            return self.values
        inside = min(rows.min(), columns.min()) >= 0 and (rows + size[0]).max() <= self.kept.size[0]
        inside = inside and (columns + size[1]).max() <= self.kept.size[1]
        cut = self._sliced if on_host(self.values) else self._gathered
        return cut(rows, columns, size, None if inside else beyond)

    def _sliced(self, rows: Places, columns: Places, size: tuple[int, int], beyond: float | None) -> Tensor:
        """Cut the windows one by one: on a CPU that costs least."""
        shape = (len(self.values), *size, self.values.shape[1])
        result = self.values.new_empty(shape) if beyond is None else self.values.new_full(shape, beyond)
        windows = self.values.permute(0, 2, 3, 1)
        targets, kept, windows = (_array(tensor) for tensor in (result, self.kept.pixels, windows))
        around = _shared(rows, columns, size, np.zeros_like(rows), np.zeros_like(columns), self.kept.size)
        own = _shared(rows, columns, size, self.rows, self.columns, self.size)
        for target, window, (there, here), (place, part) in zip(targets, windows, around, own, strict=True):
            target[there] = kept[here]
            target[place] = window[part]
        return result.permute(0, 3, 1, 2)

    def _gathered(self, rows: Places, columns: Places, size: tuple[int, int], beyond: float | None) -> Tensor:
        """Cut all windows by one indexed read of the map and one of the windows: few kernels, however many places."""
        device, count, channels = self.values.device, *self.values.shape[:2]
        spans = [
            _indices(first, extent, own, own_extent, whole)
            for first, extent, own, own_extent, whole in zip(
                (rows, columns), size, (self.rows, self.columns), self.size, self.kept.size, strict=True
            )
        ]
        packed = torch.from_numpy(np.concatenate(spans, axis=2)).to(device, non_blocking=True)  # (4, N, h + w)
        (y, own_y, y_in_map, y_in_own), (x, own_x, x_in_map, x_in_own) = packed.split(size, dim=2)
        around = (y[:, :, None] * self.kept.size[1] + x[:, None]).view(count, 1, -1).expand(-1, channels, -1)
        own = (own_y[:, :, None] * self.size[1] + own_x[:, None]).view(count, 1, -1).expand(-1, channels, -1)
        result = self.kept.pixels.permute(2, 0, 1).flatten(1).expand(count, -1, -1).gather(2, around)
        result = result.view(count, channels, *size)
        windows = self.values.flatten(2).gather(2, own).view(count, channels, *size)
        result = torch.where((y_in_own[:, :, None] * x_in_own[:, None] > 0)[:, None], windows, result)
        if beyond is not None:
            result = result.masked_fill((y_in_map[:, :, None] * x_in_map[:, None] == 0)[:, None], beyond)
        return result

    def whole(self) -> Tensor:
        """Put the changed maps together, (N, C, H, W)."""
        start = np.zeros_like(self.rows)
        return self.crop(start, start, self.kept.size)


def slide(layer: nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d, windows: Windows, kept: Kept, *, beyond: float) -> Windows:
    """A convolution, maximum or mean over the windows and as much of their surroundings as its kernel needs."""
    kernel, stride, padding = map(_pair, (layer.kernel_size, layer.stride, layer.padding))
    dilation = (1, 1) if isinstance(layer, nn.AvgPool2d) else _pair(layer.dilation)
    firsts, extents, starts, needed = [], [], [], []
    for axis, first in enumerate((windows.rows, windows.columns)):
        reach, step, before = (kernel[axis] - 1) * dilation[axis], stride[axis], padding[axis]
        lowest = -((reach - before - first) // step)  # rounded up
        highest = (first + windows.size[axis] - 1 + before) // step
        first, extent = _fit(lowest, highest, kept.size[axis])
        firsts.append(first)
        extents.append(extent)
        starts.append(first * step - before)
        needed.append((extent - 1) * step + reach + 1)
    if tuple(extents) == kept.size:
        return Windows(layer(windows.whole()), firsts[0], firsts[1], kept)
    values = windows.crop(starts[0], starts[1], (needed[0], needed[1]), beyond=beyond)
    if isinstance(layer, nn.Conv2d):
        values = F.conv2d(values, layer.weight, layer.bias, stride, 0, dilation, layer.groups)
    elif isinstance(layer, nn.AvgPool2d):
        values = F.avg_pool2d(values, kernel, stride, divisor_override=layer.divisor_override)
    else:
        values = F.max_pool2d(values, kernel, stride, 0, dilation)
    return Windows(values, firsts[0], firsts[1], kept)


def _pair(option: Any) -> tuple[int, int]:
    """An option of a layer for both axes; padding in words never gets here, since such layers are not followed."""
    first, second = (option, option) if isinstance(option, int) else option
    return first, second


def join(combine: Callable[[list[Tensor]], Tensor], inputs: list[Windows], kept: Kept) -> Windows:
    """Several maps made one, over windows that hold those of all."""
    rows, height = _union([(one.rows, one.size[0]) for one in inputs], kept.size[0])
    columns, width = _union([(one.columns, one.size[1]) for one in inputs], kept.size[1])
    return Windows(combine([one.crop(rows, columns, (height, width)) for one in inputs]), rows, columns, kept)


def average(windows: Windows) -> Tensor:
    """Mean over each whole map, (N, C, 1, 1), of which only the windows are summed up anew."""
    return _mean(windows, windows.values.sum((2, 3)), windows.kept)


def rectified_average(layer: nn.Conv2d, windows: Windows, kept: Kept) -> Tensor:
    """Mean over the whole of each rectified map that a 1x1 convolution of the windows gives, (N, C, 1, 1)."""
    return _mean(windows, rectified_sums(windows.values, layer.weight, layer.bias), kept)


def _mean(windows: Windows, sums: Tensor, kept: Kept) -> Tensor:
    """Mean of maps, given their sums (N, C) over the windows, and for the rest what was kept."""
    axes = zip((windows.rows, windows.columns), windows.size, kept.size, strict=True)
    y, x = ((first[:, None] <= np.arange(n)) & (np.arange(n) < first[:, None] + extent) for first, extent, n in axes)
    outside = torch.from_numpy(~(y[:, :, None] & x[:, None])).to(sums)  # (N, H, W)
    total = outside.flatten(1) @ kept.pixels.flatten(0, 1) + sums
    return (total / outside[0].numel())[:, :, None, None]


def _union(spans: list[tuple[Places, int]], size: int) -> tuple[Places, int]:
    return _fit(np.min([first for first, _ in spans], 0), np.max([first + n - 1 for first, n in spans], 0), size)


def _fit(lowest: Places, highest: Places, size: int) -> tuple[Places, int]:
    """First entries of windows from `lowest` to `highest`, all of one extent, each moved back into 0..size - 1."""
    lowest, highest = np.maximum(lowest, 0), np.minimum(highest, size - 1)
    extent = max(1, int((highest - lowest).max()) + 1)
    return np.minimum(lowest, size - extent), extent


def _shared(
    rows: Places, columns: Places, size: tuple[int, int], other_rows: Places, other_columns: Places, other: tuple
) -> Iterable[tuple[tuple[slice, slice], tuple[slice, slice]]]:
    """What windows share with other windows, one pair after the other: as slices of the one and of the other."""
    spans = []
    for first, extent, other_first, other_extent in zip(
        (rows, columns), size, (other_rows, other_columns), other, strict=True
    ):
        low = np.maximum(first, other_first)
        high = np.maximum(low, np.minimum(first + extent, other_first + other_extent))
        spans.append([part.tolist() for part in (low - first, high - first, low - other_first, high - other_first)])
    for a, b, c, d, e, f, g, h in zip(*spans[0], *spans[1], strict=True):
        yield (slice(a, b), slice(e, f)), (slice(c, d), slice(g, h))


def _indices(first: Places, extent: int, own_first: Places, own_extent: int, whole: int) -> Places:
    """Along one axis, for windows over a map that holds other windows, one each (4, N, extent).

    The entry of the map, the entry of the other window, and whether (1 or 0) there is such an entry in either.
    """
    place = first[:, None] + np.arange(extent)
    own = place - own_first[:, None]
    exists = (place >= 0) & (place < whole), (own >= 0) & (own < own_extent)
    return np.stack([place.clip(0, whole - 1), own.clip(0, own_extent - 1), *exists]).astype(np.int64)


def _array(tensor: Tensor) -> Any:
    """The same memory for NumPy, whose slices cost less, where NumPy knows device and type."""
    return tensor.numpy() if tensor.device.type == "cpu" and tensor.dtype in (torch.float32, torch.float64) else tensor
