"""Are these gradients right? Central differences in float64, and a sentence on what is probably wrong if they are not.

numpy arrays and torch tensors are both welcome; functions under test receive the kind that they were given.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from cs182viz.autodiff import GradientError, value_and_grad
from cs182viz.diagnosis import likely_cause

__all__ = [
    "GradientError",
    "check_gradient",
    "directional_check",
    "numerical_gradient",
    "rel_error",
    "value_and_grad",
]

Array = TypeVar("Array", np.ndarray, torch.Tensor)
Values = NDArray[np.float64]


def numerical_gradient(f: Callable[[Array], Any], x: Array, *, h: float = 1e-5, batched: bool = False) -> Array:
    """Gradient of a scalar function by central differences, (f(x + s e_i) - f(x - s e_i)) / 2s.

    The step is s = h max(1, |x_i|). f is called twice for each element, with float64 copies of x; or, if ``batched``,
    once, with all 2n points on a first axis of their own, for as many numbers. The result has x's kind and shape, in
    float64.

    Raises
    ------
    GradientError
        f does not return one number a point, or answers in less than float64 where h is too small for that.
    """
    if batched:
        return _like(x, _all_at_once(f, x, h))
    values, evaluate = _prepare(f, x, h)
    gradient = np.zeros_like(values)
    for index in np.ndindex(values.shape):
        left, right, step = _around(evaluate, values, index, h)
        gradient[index] = (right - left) / step
    return _like(x, gradient)


def directional_check(
    f: Callable[[Array], Any],
    gradient: Array | Callable[[Array], Array],
    x: Array,
    *,
    directions: int = 5,
    h: float = 1e-5,
    generator: torch.Generator | None = None,
) -> float:
    """Worst relative error of a gradient's slopes along random unit directions: for inputs too big for every element.

    Compares <gradient, v> with (f(x + hv) - f(x - hv)) / 2h. The error is relative to the larger of both slopes' sizes
    together and the size that a random direction's slope has on average, ||gradient|| / sqrt(n). Right gradients of
    smooth functions stay below 1e-6, of ReLU networks below 1e-3; wrong ones come out between about 0.1 and 1.
    Directions come from ``generator``, or from torch's global one.
    """
    values, evaluate = _prepare(f, x, h)
    claimed = _claimed(gradient, x, values)
    if not np.isfinite(claimed).all():
        return float("inf")
    typical = np.linalg.norm(claimed) / max(np.sqrt(values.size), 1.0)
    worst = 0.0
    for _ in range(directions):
        v = torch.randn(values.shape, generator=generator, dtype=torch.float64).numpy()
        v /= np.linalg.norm(v)
        slope = (evaluate(values + h * v) - evaluate(values - h * v)) / (2 * h)
        worst = max(worst, rel_error(np.array((claimed * v).sum()), np.array(slope), floor=max(typical, 1e-12)))
    return worst


def rel_error(a: Array, b: Array, *, floor: float = 1e-8) -> float:
    """Largest |a - b| / max(|a| + |b|, floor) over all elements; infinite where either is not finite.

    Raises
    ------
    ValueError
        the shapes differ.
    """
    first, second = _values(a), _values(b)
    if first.shape != second.shape:
        raise ValueError(f"cannot compare shapes {first.shape} and {second.shape}; they have to be the same.")
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        return float("inf")
    return float(np.max(np.abs(first - second) / np.maximum(np.abs(first) + np.abs(second), floor), initial=0.0))


def check_gradient(
    f: Callable[[Array], Any],
    gradient: Array | Callable[[Array], Array],
    x: Array,
    *,
    tol: float = 1e-6,
    h: float = 1e-5,
) -> None:
    """Compare a gradient (an array, or a function of x) with central differences, element by element.

    An element passes if it is within ``tol`` relative to both values together (or to a thousandth of the largest
    element), beyond rounding noise. At a kink of f every slope between the left and the right one passes.

    Raises
    ------
    GradientError
        names the worst element, both values and the likely cause; at a kink or a jump, names that instead.
    """
    values, evaluate = _prepare(f, x, h)
    got = _claimed(gradient, x, values)
    if not np.isfinite(got).all():
        where = _at(np.argwhere(~np.isfinite(got))[0])
        raise GradientError(f"the gradient holds NaN or infinity, first at {where}: look for 0/0, log(0) or overflow.")
    expected, noise = _expected(f, x, h)
    size = np.maximum(np.abs(got) + np.abs(expected), 1e-3 * np.max(np.abs(expected), initial=0.0))
    relative = np.maximum(np.abs(got - expected) - noise, 0.0) / np.maximum(size, np.finfo(np.float64).tiny)
    wrong, unfair = relative > tol, ""
    for index in map(tuple, np.argwhere(wrong)):
        message = _kink(evaluate, values, index, h, claim=got[index], expected=expected[index], noise=noise)
        if message is not None:  # this element says nothing about the gradient
            wrong[index], got[index], expected[index] = False, 0.0, 0.0
            unfair = unfair or message
    if wrong.any():
        index = np.unravel_index(np.argmax(np.where(wrong, relative, -1.0)), wrong.shape)
        raise GradientError(
            f"the gradient is wrong at {_at(index)}: got {got[index]:.6g}, expected {expected[index]:.6g} "
            f"(central differences). {likely_cause(got, expected, values, wrong)}"
        )
    if unfair:
        raise GradientError(unfair)


def _expected(f: Callable, x: Array, h: float) -> tuple[Values, float]:
    """Central differences, all finite, and how far rounding may put them off."""
    values, evaluate = _prepare(f, x, h)
    middle = evaluate(values)
    if not np.isfinite(middle):
        raise GradientError(f"f is {middle} at this x, so it has no gradient there: choose another x.")
    expected = _values(numerical_gradient(f, x, h=h))
    if not np.isfinite(expected).all():
        where = _at(np.argwhere(~np.isfinite(expected))[0])
        raise GradientError(f"f is NaN or infinite near {where} of this x: choose another x.")
    # the terms of f are about as large as f itself and its linear part
    terms = abs(middle) + np.abs(expected * values).sum()
    return expected, 20 * np.finfo(np.float64).eps * terms / h + 1e-14


def _prepare(f: Callable, x: Array, h: float) -> tuple[Values, Callable[[Values], float]]:
    """x as float64 values, and f as a function from such values to a float."""

    def evaluate(values: Values) -> float:
        result = f(_like(x, values.copy()))  # a copy: f may write into it
        size = getattr(result, "numel", lambda: np.size(result))()
        if size != 1:
            raise GradientError(f"f returned {size} numbers, shape {tuple(np.shape(result))}; expected one number.")
        _fine_enough(result, h)
        return float(_values(result).reshape(()))

    return _values(x), evaluate


def _fine_enough(result: Any, h: float) -> None:
    """Refuse numbers in which a step of h is lost to rounding."""
    if str(getattr(result, "dtype", "float64")).endswith(("float32", "float16")) and h < 1e-4:
        raise GradientError(
            f"f answers in {result.dtype}, too coarse for steps of {h:g}: use a float64 model (.double())."
        )


def _all_at_once(f: Callable, x: Array, h: float) -> Values:
    """Central differences from one call with every point."""
    values = _values(x)
    steps = np.diag(h * np.maximum(1.0, np.abs(values)).ravel()).reshape(-1, *values.shape)
    left, right = values - steps, values + steps  # (n, *shape) each
    result = f(_like(x, np.concatenate([left, right])))
    if np.shape(result) != (2 * values.size,):
        raise GradientError(
            f"f returned shape {np.shape(result)} for {2 * values.size} points; expected one number each."
        )
    _fine_enough(result, h)
    below, above = _values(result).reshape(2, -1)
    return ((above - below) / (right - left).reshape(values.size, -1).sum(axis=1)).reshape(values.shape)


def _values(array: Any) -> Values:
    """Copy as float64 numpy."""
    if isinstance(array, torch.Tensor):
        array = array.detach().cpu().to(torch.float64).numpy()
    return np.array(array, dtype=np.float64)


def _like(x: Array, values: Values) -> Array:
    """Values in the kind of x: a tensor on its device, or a numpy array."""
    return torch.from_numpy(values).to(x.device) if isinstance(x, torch.Tensor) else values


def _claimed(gradient: Any, x: Array, values: Values) -> Values:
    """The gradient to be judged, once its shape is known to be right."""
    claimed = gradient(_like(x, values.copy())) if callable(gradient) else gradient
    if claimed is None:
        raise GradientError("the gradient is None: return it.")
    claimed = _values(claimed)
    if claimed.shape != values.shape:
        hint = " Is it transposed?" if claimed.shape == values.shape[::-1] else ""
        raise GradientError(f"the gradient has shape {claimed.shape}; expected the input's, {values.shape}.{hint}")
    return claimed


def _around(evaluate: Callable, values: Values, index: tuple, h: float) -> tuple[float, float, float]:
    """f left and right of x along one axis, and the exact distance of these two points."""
    moved = [values.copy(), values.copy()]
    step = h * max(1.0, abs(values[index]))
    moved[0][index] -= step
    moved[1][index] += step
    return evaluate(moved[0]), evaluate(moved[1]), moved[1][index] - moved[0][index]


def _kink(
    evaluate: Callable, values: Values, index: tuple, h: float, *, claim: float, expected: float, noise: float
) -> str | None:
    """None where f is smooth; "" at a kink whose slopes include the claim; else a sentence that names the kink.

    At a kink the two one-sided slopes stay apart as the step shrinks, and near one the central difference moves;
    where f is smooth the gap shrinks with the step and the central difference stays.
    """
    middle = evaluate(values)
    slopes = []
    for size in (h, h / 10):
        left, right, step = _around(evaluate, values, index, size)
        slopes.append(((middle - left) * 2 / step, (right - middle) * 2 / step))
    (wide_left, wide_right), (left, right) = slopes
    wide_gap, gap = abs(wide_right - wide_left), abs(right - left)
    moved = abs(wide_left + wide_right - left - right) / 2
    matters = 0.1 * abs(claim - expected) + 10 * noise
    if not ((gap > 0.5 * wide_gap and gap > matters) or moved > matters):
        return None
    if gap > 3 * wide_gap:
        return f"f jumps at x{_index(index)}, so it has no gradient there to compare with: choose another x."
    # of what the central difference moved, a hundredth is left where only its error of order step^2 moved it
    slack = 1e-4 * max(abs(left), abs(right)) + 0.02 * moved + 20 * noise
    if min(left, right) - slack <= claim <= max(left, right) + slack:
        return ""
    return (
        f"f has a kink at x{_index(index)} (slope {left:.4g} on its left, {right:.4g} on its right), so central "
        f"differences cannot judge the {claim:.4g} given there: choose another x."
    )


def _at(index: Any) -> str:
    return f"element {_index(index)}" if len(index) else "its only element"


def _index(index: Any) -> str:
    return str([int(i) for i in index]) if len(index) else ""
