"""Are gradients through a student's function right, its input untouched, and its mistakes explained?"""

import pytest
import torch

from cs182viz import gradcheck


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


def test_keywords_are_handed_on_and_not_differentiated():
    def scaled(x, *, weights):
        return (weights * x).sum()

    weights = torch.tensor([1.0, -2.0, 3.0], dtype=torch.float64)
    value, gradient = gradcheck.value_and_grad(scaled, torch.ones(3, dtype=torch.float64), weights=weights)
    assert value == 2
    assert torch.equal(gradient, weights)
