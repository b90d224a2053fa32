"""Is a wrong gradient told the mistake that made it?"""

import numpy as np
import pytest
import torch

from cs182viz import gradcheck

A = np.random.default_rng(0).standard_normal((6, 6))
X = np.random.default_rng(1).standard_normal((4, 6))


def quadratic(x):
    """x -> sum over rows of x A x^T, whose gradient is x (A + A^T)."""
    return (x @ A * x).sum()


def quadratic_gradient(x):
    return x @ (A + A.T)


WRONG = {
    "sign": (lambda g: -g, "sign is flipped"),
    "double": (lambda g: 2 * g, "factor 2 too many"),
    "half": (lambda g: g / 2, "factor 2 is missing"),
    "minus half": (lambda g: -g / 2, "factor 2 is missing.*sign is flipped"),
    "third": (lambda g: g / 3, r"0\.333333 times .* constant factor"),
    "sum for mean": (lambda g: g * 24, "24 times too large, the number of elements"),
    "mean for sum": (lambda g: g / 24, "24 times too small, the number of elements"),
    "batch mean": (lambda g: g / 4, "4 times too small, the length of the first axis"),
    "unit length": (lambda g: g / np.linalg.norm(g), "divided by its own L2 norm"),
    "unit mean": (lambda g: g / np.abs(g).mean(), "divided by its own mean size"),
    "unit maximum": (lambda g: -g / np.abs(g).max(), "divided by its own largest size, and the sign is flipped"),
    "zero": (lambda g: 0 * g, "Every element is zero"),
    "offset": (lambda g: g + 0.25, "off by the same 0.25: a term is missing"),
    "regulariser": (lambda g: g - 0.5 * X, r"off by -0\.5 times x: the term of a squared norm \(L2\)"),
    "absolute": (np.abs, "absolute value"),
    "squared": (np.square, "square of"),
    "sign only": (np.sign, "only the sign"),
    "flipped": (lambda g: g[:, ::-1], "in another order"),
    "reshaped": (lambda g: g.T.reshape(g.shape), "in another order"),
    "rows normalised": (lambda g: g / np.linalg.norm(g, axis=1, keepdims=True), "along the first axis is right up to"),
    "columns weighted": (lambda g: g * np.arange(1, 7), "along the last axis is right up to a factor of its own"),
    "elements normalised": (lambda g: g / np.sqrt(np.abs(g)), "Every sign is right, but the sizes are"),
    "one element": (lambda g: g + np.eye(1, 24, 7).reshape(4, 6), "Only 1 of 24 elements"),
    "rounded": (lambda g: g * (1 + 1e-5), "nearly right"),
    "other": (lambda g: g**2 - 3 * g + np.sin(5 * g), "24 of 24 elements are wrong"),
    "not a number": (lambda g: np.where(g == g[1, 2], np.nan, g), r"NaN or infinity, first at element \[1, 2\]"),
    "infinite": (lambda g: g + np.where(g == g[0, 3], np.inf, 0), r"NaN or infinity, first at element \[0, 3\]"),
    "shape": (lambda g: g[0], r"shape \(6,\); expected the input's, \(4, 6\)\.$"),
    "transposed shape": (lambda g: g.T, r"shape \(6, 4\).* Is it transposed\?"),
    "forgotten": (lambda g: None, "gradient is None: return it"),
}


@pytest.mark.parametrize(("wrong", "cause"), WRONG.values(), ids=WRONG.keys())
@pytest.mark.parametrize("kind", [np.asarray, torch.tensor])
def test_names_the_cause(wrong, cause, kind):
    claim = wrong(quadratic_gradient(X))
    claim = claim if claim is None else kind(claim.copy())
    with pytest.raises(gradcheck.GradientError, match=cause):
        gradcheck.check_gradient(lambda x: quadratic(np.asarray(x)), claim, kind(X))


def test_transposed_square_and_image_axes():
    x = np.random.default_rng(2).standard_normal((2, 5, 5))
    with pytest.raises(gradcheck.GradientError, match="transposed: axes 2 and 1"):
        gradcheck.check_gradient(lambda x: (x**2).sum(), 2 * x.swapaxes(1, 2), x)
    with pytest.raises(gradcheck.GradientError, match="transposed"):
        gradcheck.check_gradient(lambda x: (x**2).sum(), 2 * x[0].T, x[0])


def test_should_be_zero():
    with pytest.raises(gradcheck.GradientError, match="should be zero everywhere"):
        gradcheck.check_gradient(lambda x: 3.0, X, X)
