"""Sums over all positions of what a 1x1 convolution and a ReLU give: SqueezeNet's last layer, without its zeros.

What such a layer gets has itself come through a ReLU, and most of it is zero: of SqueezeNet's fire9 about 93%. Where
numba is installed only the rest is multiplied, position by position, which takes less than half the time of the
convolution, and no map of a thousand classes is ever written down.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

compiled: Callable[..., Callable[..., Any]] | None
try:
    from cs182viz.techniques.common.compiled import compiled
except ImportError:  # numba is an extra of the package; the convolution gives the same
    compiled = None

SPARSE = 0.2  # share of entries that are not zero up to which skipping the others pays


def rectified_sums(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """``relu(conv2d(x, weight, bias)).sum((2, 3))``, (N, K), for x (N, C, h, w) and weight (K, C, 1, 1)."""
    plain = x.device.type == "cpu" and x.dtype == torch.float32 and not x.requires_grad
    if compiled is None or not plain or x[0].count_nonzero() > SPARSE * x[0].numel():
        return F.conv2d(x, weight, bias).relu_().sum((2, 3))
    pixels = x.permute(0, 2, 3, 1).flatten(1, 2).contiguous().numpy()  # (N, h * w, C)
    columns = weight.detach()[:, :, 0, 0].T.contiguous().numpy()  # (C, K)
    start = np.zeros(len(weight), np.float32) if bias is None else bias.detach().numpy()
    sums = np.empty((len(x), len(weight)), np.float32)
    _sum_rectified(pixels, columns, start, sums)
    return torch.from_numpy(sums)


def _sum_rectified(pixels: np.ndarray, columns: np.ndarray, start: np.ndarray, sums: np.ndarray) -> None:
    """Add up max(0, start + pixel @ columns) over the pixels (P, C) of each of N maps, into sums (N, K)."""
    count, channels = pixels.shape[1:]
    active = np.zeros(channels + 4, np.int64)  # channels that are not zero, four at a time
    values = np.zeros(channels + 4, np.float32)
    scores = np.empty_like(start)
    for n in range(len(pixels)):
        sums[n] = 0
        for p in range(count):
            found = 0
            for c in range(channels):
                active[found], values[found] = c, pixels[n, p, c]
                found += pixels[n, p, c] != 0
            values[found : found + 3] = 0
            scores[:] = start
            for i in range(0, found, 4):
                a, b, c, d = active[i : i + 4]
                for k in range(len(scores)):
                    low = values[i] * columns[a, k] + values[i + 1] * columns[b, k]
                    scores[k] += low + (values[i + 2] * columns[c, k] + values[i + 3] * columns[d, k])
            for k in range(len(scores)):
                sums[n, k] += max(scores[k], np.float32(0))


if compiled:
    _sum_rectified = compiled(_sum_rectified, fastmath={"contract", "reassoc", "nsz"})
