"""What the tests in the notebooks are written with: each check fails with one sentence a student can act on.

A check accepts tensors, arrays and plain numbers alike, never edits what it is given, and raises `AssertionError`.
"""

from typing import Any

import numpy as np
import torch


def to_array(value: Any, what: str) -> np.ndarray:
    """The value as a NumPy array of numbers or booleans, detached from any graph and copied to the CPU.

    Raises
    ------
    AssertionError
        If it is None, of a type that holds no numbers, or holds NaN or infinity.
    """
    assert value is not None, f"{what} is None: does the function end with a return statement?"
    if isinstance(value, torch.Tensor):
        value = value.detach().cpu().numpy()
    array = np.asarray(value)
    assert array.dtype.kind in "fiub", f"{what} should hold numbers, but it is of type {type(value).__name__}."
    assert np.isfinite(array).all(), f"{what} contains NaN or infinity."
    return array


def expect_shape(value: Any, shape: tuple[int, ...], what: str) -> np.ndarray:
    """Check the shape; returns the value as an array."""
    array = to_array(value, what)
    assert array.shape == tuple(shape), f"{what} should have shape {tuple(shape)}, but it has shape {array.shape}."
    return array


def expect_scalar(value: Any, what: str) -> float:
    """Check for a single number: a Python number, a 0-dim array, or an array with one element."""
    array = to_array(value, what)
    assert array.size == 1, f"{what} should be a single number, but it has shape {array.shape}."
    return float(array.reshape(()))


def expect_close(
    value: Any, expected: Any, what: str, *, rtol: float = 1e-6, hint: str = "", reveal: bool = False
) -> None:
    """Check shape and values against the expected ones.

    Parameters
    ----------
    value, expected : tensor, array or number of the same shape; a number also matches an array with one element
    what : how the sentence names the value, e.g. ``"your saliency map"``
    rtol : allowed difference as a fraction of the largest absolute expected entry
    hint : a sentence added to the message
    reveal : whether the message shows the two values at the worst entry; keep it off for hidden inputs
    """
    target = to_array(expected, "the expected value").astype(np.float64)
    if target.size == 1:
        array = np.asarray(expect_scalar(value, what)).reshape(target.shape)
    else:
        array = expect_shape(value, target.shape, what)
    difference = np.abs(array.astype(np.float64) - target)
    scale = max(float(np.abs(target).max(initial=0.0)), np.finfo(np.float64).tiny)
    if difference.max(initial=0.0) <= rtol * scale:
        return
    worst = np.unravel_index(int(difference.argmax()), difference.shape)
    place = f" at index {tuple(int(i) for i in worst)}" if target.size > 1 else ""
    if reveal:
        message = f"{what} is wrong{place}: expected {target[worst]:.6g}, got {float(array[worst]):.6g}."
    else:
        message = f"{what} is wrong{place}: off by {difference[worst] / scale:.2g} times the largest expected entry."
    raise AssertionError(f"{message} {hint}".rstrip())


def expect_equal(value: Any, expected: Any, what: str, *, hint: str = "") -> None:
    """Check shape and exact equality: for masks, labels and counts."""
    target = to_array(expected, "the expected value")
    array = expect_shape(value, target.shape, what)
    wrong = int((array != target).sum())
    assert wrong == 0, f"{what} is wrong in {wrong} of {target.size} places. {hint}".rstrip()


def expect_unchanged(before: Any, after: Any, what: str) -> None:
    """Check that a function left its argument as it was; `before` is a copy made ahead of the call."""
    same = np.array_equal(to_array(before, what), to_array(after, what))
    assert same, f"The function changed {what}, which belongs to the caller: work on a copy (`.clone()` or `.copy()`)."
