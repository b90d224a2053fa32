"""Which mistake turns the right gradient into the wrong one? The sentences that `gradcheck` adds to its verdict."""

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

_TINY = np.finfo(np.float64).tiny


def likely_cause(got: Values, expected: Values, x: Values, wrong: NDArray[np.bool_]) -> str:
    """One sentence on what is probably wrong with the gradient ``got`` of a function at ``x``.

    All four arrays have one shape; ``wrong`` marks the elements that are off. A named mistake explains every element.
    """
    causes = (_zero, _imprecise, _factor, _reordered, _missing_term, _distorted, _part_by_part)
    named = next((sentence for cause in causes if (sentence := cause(got, expected, x))), None)
    return named or _pattern(got, expected, wrong)


def _close(a: Values, b: Values) -> bool:
    return bool(np.abs(a - b).max() <= 1e-4 * max(np.abs(a).max(), np.abs(b).max()))


def _zero(got: Values, expected: Values, x: Values) -> str | None:
    if not got.any():
        return "Every element is zero: is the result detached from the input, or never written?"
    if not expected.any():
        return "It should be zero everywhere: the function does not change with x here."
    return None


def _imprecise(got: Values, expected: Values, x: Values) -> str | None:
    if _close(got, expected):
        return "It is nearly right: computed in float32, or a small term is missing or too many (an epsilon, say)."
    return None


def _factor(got: Values, expected: Values, x: Values) -> str | None:
    k = float((got * expected).sum() / (expected**2).sum())
    if k == 0 or not _close(got, k * expected):
        return None
    if abs(k + 1) < 1e-3:
        return "The sign is flipped: it is minus the right gradient."
    first = len(np.atleast_1d(x))
    sizes = np.abs(expected)
    known = [
        (2.0, "There is a factor 2 too many"),
        (0.5, "A factor 2 is missing: it is 1/2 of what it should be"),
        (x.size, f"It is {x.size} times too large, the number of elements: a sum stands where a mean belongs"),
        (1 / x.size, f"It is {x.size} times too small, the number of elements: a mean stands where a sum belongs"),
        (first, f"It is {first} times too large, the length of the first axis: sum or mean?"),
        (1 / first, f"It is {first} times too small, the length of the first axis: sum or mean?"),
        (1 / np.linalg.norm(expected), "It is normalised: divided by its own L2 norm"),
        (1 / sizes.mean(), "It is normalised: divided by its own mean size"),
        (1 / sizes.max(), "It is normalised: divided by its own largest size"),
    ]
    otherwise = f"Every element is {abs(k):.6g} times what it should be: a constant factor is wrong"
    text = next((text for value, text in known if abs(abs(k) / value - 1) < 1e-3), otherwise)
    return text + (", and the sign is flipped." if k < 0 else ".")


def _reordered(got: Values, expected: Values, x: Values) -> str | None:
    for a, b in ((-1, -2), (0, 1)) if x.ndim >= 2 else ():
        turned = expected.swapaxes(a, b)
        if turned.shape == got.shape and _close(got, turned):
            return f"It is transposed: axes {a % x.ndim} and {b % x.ndim} are exchanged."
    if _close(np.sort(got, axis=None), np.sort(expected, axis=None)):
        return "The values are right but in another order: flipped, rolled or reshaped the wrong way round."
    return None


def _missing_term(got: Values, expected: Values, x: Values) -> str | None:
    rest = got - expected
    if x.size == 1:
        return None
    if _close(rest, np.full_like(rest, rest.mean())):
        return f"Every element is off by the same {rest.mean():.6g}: a term is missing, or there is one too many."
    k = float((rest * x).sum() / max((x**2).sum(), _TINY))
    if _close(rest, k * x):
        return f"It is off by {k:.6g} times x: the term of a squared norm (L2) is missing or has the wrong weight."
    return None


def _distorted(got: Values, expected: Values, x: Values) -> str | None:
    if _close(got, np.abs(expected)):
        return "It is the absolute value of the right gradient."
    if _close(got, expected**2):
        return "It is the square of the right gradient."
    return "It is only the sign of the right gradient." if _close(got, np.sign(expected)) else None


def _part_by_part(got: Values, expected: Values, x: Values) -> str | None:
    for axis, name in ((0, "first"), (x.ndim - 1, "last")):
        if x.ndim < 2 or x.shape[axis] == 1 or x.shape[axis] == x.size:
            continue
        others = tuple(i for i in range(x.ndim) if i != axis)
        squares = np.maximum((expected**2).sum(axis=others, keepdims=True), _TINY)
        if _close(got, (got * expected).sum(axis=others, keepdims=True) / squares * expected):
            return (
                f"Each part along the {name} axis is right up to a factor of its own: normalised, weighted or averaged "
                "one by one."
            )
    return None


def _pattern(got: Values, expected: Values, wrong: NDArray[np.bool_]) -> str:
    count = int(wrong.sum())
    if count <= wrong.size / 2:
        return f"Only {count} of {wrong.size} elements are wrong: what is special there (border, diagonal, a tie)?"
    if (np.sign(got) == np.sign(expected)).all():
        ratio = np.abs(got[expected != 0] / expected[expected != 0])
        return (
            f"Every sign is right, but the sizes are {ratio.min():.3g} to {ratio.max():.3g} times what they should be: "
            "a factor that differs from element to element (a normalisation, an inner derivative) is missing or wrong."
        )
    return f"{count} of {wrong.size} elements are wrong."
