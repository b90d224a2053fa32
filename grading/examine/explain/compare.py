"""How far two results are from each other, whatever plain values they are made of."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch

from grading.sandbox.frames import flattened, is_table


def difference(a: Any, b: Any) -> float:
    """Return the largest relative difference between two values, infinite where they are not of one form.

    Arrays are compared by the largest difference over the largest size of an entry; NaN equals NaN.
    """
    if a is b:
        return 0.0
    if isinstance(a, torch.Tensor) and isinstance(b, torch.Tensor):
        return _array_difference(a.detach().cpu().numpy(), b.detach().cpu().numpy())
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return _array_difference(a, b)
    if is_table(a) and is_table(b):
        return difference(flattened(a), flattened(b))
    if isinstance(a, float | int) and isinstance(b, float | int) and isinstance(a, bool) == isinstance(b, bool):
        return _array_difference(np.array(float(a)), np.array(float(b)))
    if isinstance(a, list | tuple) and type(a) is type(b) and len(a) == len(b):
        return max(map(difference, a, b), default=0.0)
    if isinstance(a, dict) and isinstance(b, dict) and a.keys() == b.keys():
        return max((difference(a[key], b[key]) for key in a), default=0.0)
    return 0.0 if type(a) is type(b) and isinstance(a, str | bool) and a == b else math.inf


def _array_difference(a: np.ndarray, b: np.ndarray) -> float:
    if a.shape != b.shape or a.dtype != b.dtype:
        return math.inf
    a, b = a.astype(np.float64), b.astype(np.float64)
    unusual = ~(np.isfinite(a) & np.isfinite(b))
    if not np.array_equal(a[unusual], b[unusual], equal_nan=True):
        return math.inf
    a, b = a[~unusual], b[~unusual]
    size = max(np.abs(a).max(initial=0.0), np.abs(b).max(initial=0.0))
    return float(np.abs(a - b).max(initial=0.0) / size) if size else 0.0
