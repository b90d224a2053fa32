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

    @given(SMALL)
    @settings(max_examples=30, deadline=None)
    def test_batched_is_the_same_from_one_call(self, x):
        calls = []

        def f(points):
            calls.append(points.shape)
            return (points**3 + np.sin(points)).reshape(len(points), -1).sum(axis=1)

        found = gradcheck.numerical_gradient(f, x, batched=True)
        assert calls == [(2 * x.size, *x.shape)]
        assert found.shape == x.shape
        assert np.allclose(found, 3 * x**2 + np.cos(x), rtol=1e-7, atol=1e-7)

    def test_batched_takes_tensors_and_large_values(self):
        x = torch.tensor([[1e6, -3e7], [2.0, 0.5]])
        found = gradcheck.numerical_gradient(lambda x: x.abs().log().sum(dim=(1, 2)), x, batched=True)
        assert found.dtype == torch.float64
        assert torch.allclose(found, 1 / x.double(), rtol=1e-6, atol=0)

    def test_batched_f_has_to_return_one_number_a_point(self):
        with pytest.raises(gradcheck.GradientError, match=r"f returned shape \(\) for 48 points; expected one"):
            gradcheck.numerical_gradient(lambda x: (x**2).sum(), X, batched=True)
        with pytest.raises(gradcheck.GradientError, match=r"f answers in torch\.float32"):
            gradcheck.numerical_gradient(lambda x: x.float().sum(dim=(1, 2)), torch.tensor(X), batched=True)


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


class TestCheckGradient:
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
