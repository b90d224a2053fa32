"""Do the numerical gradients agree with closed forms, and are wrong gradients told what is wrong with them?"""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from cs182viz import gradcheck

A = np.random.default_rng(0).standard_normal((6, 6))
X = np.random.default_rng(1).standard_normal((4, 6))
SMALL = arrays(np.float64, array_shapes(max_dims=3, max_side=4), elements=st.floats(-3, 3, width=16))


def quadratic(x):
    """x -> sum over rows of x A x^T, whose gradient is x (A + A^T)."""
    return (x @ A * x).sum()


def quadratic_gradient(x):
    return x @ (A + A.T)


class TestNumericalGradient:
    def test_quadratic(self):
        assert np.allclose(gradcheck.numerical_gradient(quadratic, X), quadratic_gradient(X), rtol=0, atol=1e-8)

    @given(SMALL)
    @settings(max_examples=30, deadline=None)
    def test_sum_of_cubes_and_sines(self, x):
        found = gradcheck.numerical_gradient(lambda x: (x**3 + np.sin(x)).sum(), x)
        assert found.shape == x.shape
        assert np.allclose(found, 3 * x**2 + np.cos(x), rtol=1e-7, atol=1e-7)

    def test_step_grows_with_large_inputs(self):
        x = np.array([1e6, -3e7, 2.0])
        found = gradcheck.numerical_gradient(lambda x: np.log(np.abs(x)).sum(), x)
        assert np.allclose(found, 1 / x, rtol=1e-6, atol=0)

    @pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
    def test_torch_in_torch_out(self, dtype):
        x = torch.tensor(X, dtype=dtype, requires_grad=True)
        seen = set()

        def f(x):
            seen.add((type(x), x.dtype, x.requires_grad))
            return (x**2).sum()

        found = gradcheck.numerical_gradient(f, x)
        assert seen == {(torch.Tensor, torch.float64, False)}
        assert found.dtype == torch.float64
        assert torch.allclose(found, 2 * x.detach().double(), atol=1e-8)
        assert x.grad is None

    def test_numpy_in_numpy_out(self):
        found = gradcheck.numerical_gradient(lambda x: float(x @ x), np.array([1.0, 2.0], dtype=np.float32))
        assert isinstance(found, np.ndarray)
        assert found.dtype == np.float64
        assert np.allclose(found, [2, 4], atol=1e-9)

    def test_scalar_input(self):
        found = gradcheck.numerical_gradient(lambda x: x**3, np.array(2.0))
        assert found.shape == ()
        assert abs(found - 12) < 1e-8

    def test_f_may_write_into_its_input(self):
        x = X.copy()

        def f(x):
            x *= 2
            return (x**2).sum()

        assert np.allclose(gradcheck.numerical_gradient(f, x), 8 * X, atol=1e-7)
        assert np.array_equal(x, X)

    def test_f_has_to_return_one_number(self):
        with pytest.raises(gradcheck.GradientError, match=r"f returned 24 numbers, shape \(4, 6\); expected one"):
            gradcheck.numerical_gradient(lambda x: x**2, X)

    def test_float32_drowns_in_rounding(self):
        with pytest.raises(gradcheck.GradientError, match=r"f answers in torch\.float32"):
            gradcheck.numerical_gradient(lambda x: (x.float() ** 2).sum(), torch.tensor(X))
        coarse = gradcheck.numerical_gradient(lambda x: (x.float() ** 2).sum(), torch.tensor(X), h=1e-2)
        assert torch.allclose(coarse, torch.tensor(2 * X), atol=1e-2)


class TestDirectionalCheck:
    def test_right_gradient(self):
        assert gradcheck.directional_check(quadratic, quadratic_gradient(X), X) < 1e-7
        assert gradcheck.directional_check(quadratic, quadratic_gradient, X) < 1e-7

    @pytest.mark.parametrize(
        "wrong",
        [
            lambda g: -g,
            lambda g: 2 * g,
            lambda g: g / 2,
            lambda g: 0 * g,
            lambda g: g[::-1],
            np.abs,
            lambda g: g * np.inf,
        ],
    )
    def test_wrong_gradients(self, wrong):
        generator = torch.Generator().manual_seed(0)
        wrong_gradient = wrong(quadratic_gradient(X))
        assert gradcheck.directional_check(quadratic, wrong_gradient, X, generator=generator) > 0.1

    def test_float64_network_on_a_whole_picture(self):
        torch.manual_seed(0)
        net = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 5), torch.nn.Tanh(), torch.nn.Conv2d(8, 2, 5)).double()
        x = torch.randn(1, 3, 48, 48, dtype=torch.float64)
        _, gradient = gradcheck.value_and_grad(lambda x: net(x)[:, 1].mean(), x)
        assert gradcheck.directional_check(lambda x: net(x)[:, 1].mean(), gradient, x) < 1e-5
        gradient[0, 1] = 0
        assert gradcheck.directional_check(lambda x: net(x)[:, 1].mean(), gradient, x) > 0.05

    def test_a_direction_of_no_slope_does_not_blow_up_rounding(self):
        x = np.zeros(2)
        assert gradcheck.directional_check(lambda x: 1e4 + x.sum(), np.ones(2), x, directions=2000) < 1e-6

    def test_directions_come_from_the_global_generator(self):
        wrong = quadratic_gradient(X) + np.eye(4, 6)
        torch.manual_seed(5)
        first = gradcheck.directional_check(quadratic, wrong, X)
        second = gradcheck.directional_check(quadratic, wrong, X)
        torch.manual_seed(5)
        assert gradcheck.directional_check(quadratic, wrong, X) == first != second

    def test_shape(self):
        with pytest.raises(gradcheck.GradientError, match=r"shape \(6, 4\); expected the input's, \(4, 6\)"):
            gradcheck.directional_check(quadratic, quadratic_gradient(X).T, X)


class TestRelError:
    def test_worked_example(self):
        assert gradcheck.rel_error(np.array([1.0, -2.0, 0.0]), np.array([1.0, -6.0, 0.0])) == 0.5

    @pytest.mark.parametrize(
        ("a", "b", "expected"), [(1.0, -1.0, 1.0), (0.0, 3.0, 1.0), (3.0, 1.0, 0.5), (0, 1e-9, 0.1)]
    )
    def test_scalars_and_floor(self, a, b, expected):
        assert gradcheck.rel_error(np.array(a), np.array(b)) == pytest.approx(expected)
        assert gradcheck.rel_error(torch.tensor(a, dtype=torch.float64), np.array(b)) == pytest.approx(expected)

    @given(SMALL)
    def test_zero_with_itself_and_symmetric(self, x):
        assert gradcheck.rel_error(x, x) == 0
        assert gradcheck.rel_error(x, x + 1) == gradcheck.rel_error(x + 1, x) <= 1

    def test_not_a_number_is_never_close(self):
        assert gradcheck.rel_error(np.array([np.nan]), np.array([np.nan])) == np.inf
        assert gradcheck.rel_error(np.array([np.inf]), np.array([np.inf])) == np.inf

    def test_shapes(self):
        with pytest.raises(ValueError, match=r"shapes \(2,\) and \(2, 1\)"):
            gradcheck.rel_error(np.zeros(2), np.zeros((2, 1)))


class TestValueAndGrad:
    def test_one_tensor(self):
        x = torch.tensor([1.0, 2.0, 3.0])
        value, gradient = gradcheck.value_and_grad(lambda x: (x**2).sum(), x)
        assert (value.item(), value.shape, value.requires_grad) == (14, (), False)
        assert gradient.tolist() == [2, 4, 6]

    def test_several_and_other_arguments(self):
        a, b, y = torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0]), torch.tensor([1, 0])
        value, gradients = gradcheck.value_and_grad(lambda w, a, y, b, name: w * (a[y] * b).sum(), 2.0, a, y, b, "name")
        assert value == 2 * (2 * 3 + 1 * 4)
        assert [g.tolist() for g in gradients] == [[8, 6], [4, 2]]

    def test_list_of_tensors_is_one_argument(self):
        features = [torch.ones(2), torch.ones(3), torch.tensor([1])]
        weights = torch.tensor([5.0])

        def loss(features, layers, weights):
            return weights[0] * sum((features[i] ** 2).sum() for i in layers)

        value, (of_features, of_weights) = gradcheck.value_and_grad(loss, features, [1], weights)
        assert value == 15
        assert of_features[0].tolist() == [0, 0]  # without influence
        assert of_features[1].tolist() == [10, 10, 10]
        assert of_features[2] is None
        assert of_weights.tolist() == [3]

    def test_caller_s_tensors_stay_as_they_are(self):
        weight = torch.tensor([2.0], requires_grad=True)
        x, y = torch.tensor([1.0, 2.0], requires_grad=True), torch.tensor([1.0, 1.0])
        x.grad = torch.tensor([7.0, 7.0])
        seen = []

        def f(x, y):
            seen.append((x, y))
            return (weight * x * y).sum()

        with torch.no_grad():
            _, gradients = gradcheck.value_and_grad(f, x, y)
        assert [g.tolist() for g in gradients] == [[2, 2], [2, 4]]
        assert x.grad.tolist() == [7, 7]
        assert (x.requires_grad, y.requires_grad, y.grad, weight.grad) == (True, False, None, None)
        assert seen[0][0] is not x
        assert seen[0][0].data_ptr() != x.data_ptr()

    def test_one_element_counts_as_a_scalar(self):
        value, gradient = gradcheck.value_and_grad(lambda x: (x**2).sum().reshape(1, 1), torch.tensor([3.0]))
        assert (value.shape, value.item(), gradient.tolist()) == ((), 9, [6])

    def test_asks_a_proxy(self):
        class Proxy:
            def value_and_grad(self, *args):
                return ("asked with", args)

        assert gradcheck.value_and_grad(Proxy(), 1, 2) == ("asked with", (1, 2))

    @pytest.mark.parametrize(
        ("f", "message"),
        [
            (lambda x: x**2, r"returned shape \(2,\); expected one number, a 0-dim tensor"),
            (lambda x: (x**2).sum().item(), "returned a float; return a 0-dim tensor"),
            (lambda x: None, "returned a NoneType"),
            (lambda x: (x.detach() ** 2).sum(), "does not depend on its input .* the graph is detached"),
            (lambda x: (x.data * torch.ones(2, requires_grad=True)).sum(), "the graph is detached"),
            (lambda x: torch.tensor(1.0), "the graph is detached"),
        ],
    )
    def test_functions_without_a_gradient(self, f, message):
        with pytest.raises(gradcheck.GradientError, match=message):
            gradcheck.value_and_grad(f, torch.ones(2))

    def test_nothing_to_differentiate_by(self):
        with pytest.raises(TypeError, match="no argument is a float tensor"):
            gradcheck.value_and_grad(lambda y: y.sum(), torch.tensor([1, 2]))


def offset(g):
    return g + 0.25


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


class TestCheckGradient:
    @pytest.mark.parametrize(("wrong", "cause"), WRONG.values(), ids=WRONG.keys())
    @pytest.mark.parametrize("kind", [np.asarray, torch.tensor])
    def test_names_the_cause(self, wrong, cause, kind):
        claim = wrong(quadratic_gradient(X))
        claim = claim if claim is None else kind(claim.copy())
        with pytest.raises(gradcheck.GradientError, match=cause):
            gradcheck.check_gradient(lambda x: quadratic(np.asarray(x)), claim, kind(X))

    def test_right_gradients_pass(self):
        gradcheck.check_gradient(quadratic, quadratic_gradient, X)
        gradcheck.check_gradient(quadratic, quadratic_gradient(X), X)
        gradcheck.check_gradient(lambda x: (x**2).sum(), lambda x: 2 * x, torch.tensor(X, dtype=torch.float32))

    @given(SMALL, st.floats(-1e3, 1e3), st.floats(0.01, 100))
    @settings(max_examples=60, deadline=None)
    def test_no_false_alarm_on_smooth_functions(self, x, shift, scale):
        gradcheck.check_gradient(
            lambda x: scale * np.exp(np.sin(x)).sum() + shift, lambda x: scale * np.exp(np.sin(x)) * np.cos(x), x
        )

    @pytest.mark.parametrize(
        ("f", "gradient", "x"),
        [
            (lambda x: (x**3).sum(), lambda x: 3 * x**2, np.zeros(3)),  # nothing but the error of the differences
            (lambda x: (x**3).sum(), lambda x: 3 * x**2, np.array([0.0, 1e-2])),
            (lambda x: 1e7 + np.sin(x).sum(), np.cos, X),  # rounding
            (lambda x: x[0], lambda x: np.array([1, 1e-11]), np.zeros(2)),  # rounding of the gradient itself
            (lambda x: 0 * x[0], lambda x: np.array([0, 1e-17]), np.zeros(2)),
            (lambda x: 1e-9 * np.exp(x).sum(), lambda x: 1e-9 * np.exp(x), X),
        ],
    )
    def test_no_false_alarm_where_differences_are_inexact(self, f, gradient, x):
        gradcheck.check_gradient(f, gradient, x)

    @pytest.mark.parametrize("scale", [1e-9, 1e-3, 1e6])
    def test_scale_does_not_hide_a_factor(self, scale):
        with pytest.raises(gradcheck.GradientError, match="factor 2 too many"):
            gradcheck.check_gradient(lambda x: scale * np.exp(x).sum(), lambda x: 2 * scale * np.exp(x), X)

    @given(SMALL, st.sampled_from([-1.0, 2.0, 0.5, 1.01]))
    @settings(max_examples=60, deadline=None)
    def test_no_wrong_factor_gets_through(self, x, factor):
        with pytest.raises(gradcheck.GradientError):
            gradcheck.check_gradient(lambda x: np.exp(x).sum(), lambda x: factor * np.exp(x), x)

    def test_worst_element_and_both_values(self):
        claim = 2 * X
        claim[3, 4] += 10
        claim[0, 0] += 1e-3
        message = rf"wrong at element \[3, 4\]: got {claim[3, 4]:.6g}, expected {2 * X[3, 4]:.6g} "
        with pytest.raises(gradcheck.GradientError, match=message):
            gradcheck.check_gradient(lambda x: (x**2).sum(), claim, X)

    def test_transposed_square_and_image_axes(self):
        x = np.random.default_rng(2).standard_normal((2, 5, 5))
        with pytest.raises(gradcheck.GradientError, match="transposed: axes 2 and 1"):
            gradcheck.check_gradient(lambda x: (x**2).sum(), 2 * x.swapaxes(1, 2), x)
        with pytest.raises(gradcheck.GradientError, match="transposed"):
            gradcheck.check_gradient(lambda x: (x**2).sum(), 2 * x[0].T, x[0])

    def test_should_be_zero(self):
        with pytest.raises(gradcheck.GradientError, match="should be zero everywhere"):
            gradcheck.check_gradient(lambda x: 3.0, X, X)

    def test_scalar_input(self):
        gradcheck.check_gradient(lambda x: x**3, np.array(12.0), np.array(2.0))
        with pytest.raises(gradcheck.GradientError, match=r"wrong at its only element: got -12, .*sign is flipped"):
            gradcheck.check_gradient(lambda x: x**3, np.array(-12.0), np.array(2.0))

    @pytest.mark.parametrize(
        ("x", "message"),
        [([1.0, 0.0], "f is -inf at this x"), ([1.0, 1e-7], r"f is NaN or infinite near element \[1\]")],
    )
    def test_f_without_a_value(self, x, message):
        with np.errstate(all="ignore"), pytest.raises(gradcheck.GradientError, match=message):
            gradcheck.check_gradient(lambda x: np.log(x).sum(), np.ones(2), np.array(x))

    def test_tolerance(self):
        claim = 2 * X * (1 + 1e-3)
        gradcheck.check_gradient(lambda x: (x**2).sum(), claim, X, tol=1e-2)
        with pytest.raises(gradcheck.GradientError):
            gradcheck.check_gradient(lambda x: (x**2).sum(), claim, X, tol=1e-4)


class TestNotSmooth:
    @pytest.mark.parametrize("slope", [-1.0, 0.0, 0.3, 1.0])
    def test_every_slope_between_both_sides_passes_at_a_kink(self, slope):
        x = np.array([2.0, 0.0, -1.0])
        gradcheck.check_gradient(lambda x: np.abs(x).sum(), np.array([1, slope, -1]), x)

    @pytest.mark.parametrize("position", [3e-7, -3e-7, 4e-6, -9.9e-6])
    def test_the_right_slope_passes_closer_to_a_kink_than_a_step(self, position):
        x = np.array([2.0, position, -1.0])
        gradcheck.check_gradient(lambda x: np.abs(x).sum(), np.sign, x)
        with pytest.raises(gradcheck.GradientError):
            gradcheck.check_gradient(lambda x: np.abs(x).sum(), np.array([1, -1.2 * np.sign(position), -1]), x)

    @pytest.mark.parametrize("slope", [-1.5, 2.0])
    def test_other_slopes_are_told_of_the_kink(self, slope):
        x = np.array([2.0, 0.0, -1.0])
        with pytest.raises(
            gradcheck.GradientError, match=r"f has a kink at x\[1\] \(slope -1 on its left, 1 on its right"
        ):
            gradcheck.check_gradient(lambda x: np.abs(x).sum(), np.array([1, slope, -1]), x)

    def test_relu_conventions_at_zero(self):
        x = torch.tensor([0.0, 1.0, -1.0, 0.0], dtype=torch.float64)
        for at_zero in (0.0, 0.5, 1.0):
            claim = torch.tensor([at_zero, 1.0, 0.0, at_zero])
            gradcheck.check_gradient(lambda x: x.relu().sum(), claim, x)

    def test_a_kink_does_not_hide_a_mistake_elsewhere(self):
        x = np.array([2.0, 0.0, -1.0, 3.0])
        with pytest.raises(gradcheck.GradientError, match=r"wrong at element \[\d\].*sign is flipped"):
            gradcheck.check_gradient(lambda x: np.abs(x).sum(), -np.sign(x) + (x == 0) * 0.5, x)

    def test_jump(self):
        with pytest.raises(gradcheck.GradientError, match=r"f jumps at x\[0\]"):
            gradcheck.check_gradient(lambda x: np.floor(x).sum(), np.zeros(2), np.array([1.0, 1.5]))

    def test_strong_curvature_is_not_a_kink(self):
        x = np.array([0.3, 0.7])
        with pytest.raises(gradcheck.GradientError, match="factor 2 too many"):
            gradcheck.check_gradient(lambda x: np.sin(200 * x).sum(), 400 * np.cos(200 * x), x, tol=1e-5)
