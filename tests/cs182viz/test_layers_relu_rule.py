"""Do the backward rules give Captum's maps, for every way to write a ReLU?"""

import copy

import captum.attr
import pytest
import torch
import torch.nn.functional as F
import torchvision
from small_net import RULES, SmallNet, gradient, small_input, small_net, state
from torch import nn

from cs182viz import layers


class OneReLU(nn.Module):
    """Linear map, one ReLU written in the given way, linear map."""

    def __init__(self, relu) -> None:
        super().__init__()
        self.before, self.after, self.relu = nn.Linear(6, 6), nn.Linear(6, 3), relu

    def forward(self, x):
        return self.after(self.relu(self.before(x)))


def ignored_result(x):
    """In place, and the result of the call is thrown away."""
    torch.relu_(x)
    return x


def relu_of_half(x):
    """In place on a view."""
    x[:, :3].relu_()
    return x


def out_of_place(model: nn.Module) -> nn.Module:
    """Copy without in-place ReLUs, which Captum's backward hooks need."""
    model = copy.deepcopy(model)
    for module in model.modules():
        if isinstance(module, nn.ReLU):
            module.inplace = False
    return model


@pytest.fixture
def net() -> SmallNet:
    return small_net()


@pytest.fixture
def x() -> torch.Tensor:
    return small_input()


@pytest.fixture(scope="module")
def squeezenet() -> nn.Module:
    torch.manual_seed(0)
    return torchvision.models.squeezenet1_1(weights=None).eval()


@pytest.fixture(scope="module")
def picture() -> torch.Tensor:
    return torch.randn(1, 3, 96, 96, generator=torch.Generator().manual_seed(2))


class TestReluRule:
    CAPTUM = {  # noqa: RUF012
        "backprop": lambda model: captum.attr.Saliency(model),
        "deconvnet": lambda model: captum.attr.Deconvolution(model),
        "guided": lambda model: captum.attr.GuidedBackprop(model),
    }

    @staticmethod
    def attribute(method, x, target):
        kwargs = {"abs": False} if isinstance(method, captum.attr.Saliency) else {}
        return method.attribute(x.clone().requires_grad_(), target=target, **kwargs).detach()

    @pytest.mark.filterwarnings("ignore:Setting backward hooks on ReLU")
    @pytest.mark.parametrize("rule", RULES)
    def test_agrees_with_captum_on_squeezenet(self, squeezenet, picture, rule):
        expected = self.attribute(self.CAPTUM[rule](out_of_place(squeezenet)), picture, 7)
        with layers.relu_rule(squeezenet, RULES[rule]):
            found = gradient(squeezenet, picture, 7)
        assert expected.abs().max() > 0
        assert (found - expected).abs().max() <= 1e-5 * expected.abs().max()

    @pytest.mark.filterwarnings("ignore:Setting backward hooks on ReLU")
    @pytest.mark.parametrize("rule", RULES)
    def test_agrees_with_captum_on_a_small_network(self, x, rule):
        torch.manual_seed(3)
        model = nn.Sequential(nn.Conv2d(3, 5, 3), nn.ReLU(inplace=True), nn.Conv2d(5, 4, 3), nn.ReLU(), nn.Flatten(),
                              nn.Linear(64, 6))  # fmt: skip
        expected = self.attribute(self.CAPTUM[rule](out_of_place(model)), x, 4)
        with layers.relu_rule(model, RULES[rule]):
            found = gradient(model, x, 4)
        assert (found - expected).abs().max() <= 1e-5 * expected.abs().max()

    @pytest.mark.parametrize(
        "relu",
        [
            nn.ReLU(),
            nn.ReLU(inplace=True),
            F.relu,
            lambda x: F.relu(x, True),
            lambda x: F.relu(input=x, inplace=True),
            F.relu_,
            torch.relu,
            torch.relu_,
            lambda x: x.relu(),
            lambda x: x.relu_(),
            ignored_result,
        ],
    )
    def test_every_way_to_write_a_relu(self, relu):
        torch.manual_seed(0)
        model, x = OneReLU(relu), torch.randn(4, 6)
        before = model.before(x)
        upstream = model.after.weight[1].expand(4, 6)
        for rule in (*RULES.values(), lambda grad_output, x: grad_output * x):
            with layers.relu_rule(model, rule):
                assert torch.allclose(gradient(model, x, 1), rule(upstream, before) @ model.before.weight)

    def test_in_place_on_a_view(self):
        torch.manual_seed(0)
        model, x = OneReLU(relu_of_half), torch.randn(4, 6)
        with layers.relu_rule(model, RULES["deconvnet"]):
            found = gradient(model, x, 1)
        ruled = model.after.weight[1].clone()
        ruled[:3] = ruled[:3].clamp(min=0)
        assert torch.allclose(found, ruled.expand(4, 6) @ model.before.weight)

    @pytest.mark.parametrize(
        "build",
        [
            lambda: torchvision.models.resnet18(weights=None),
            lambda: torchvision.models.densenet121(weights=None),
            lambda: torchvision.models.googlenet(weights=None, init_weights=False),
        ],
        ids=["resnet18", "densenet121", "googlenet"],
    )
    def test_backprop_rule_is_backprop_on_other_networks(self, build):
        torch.manual_seed(0)
        model, x = build().eval(), torch.randn(1, 3, 64, 64)
        before, plain = state(model), gradient(model, x, 3)
        calls = []

        def rule(grad_output, x):
            calls.append(x.shape)
            return RULES["backprop"](grad_output, x)

        with layers.relu_rule(model, rule):
            found = gradient(model, x, 3)
        assert (found - plain).abs().max() <= 1e-5 * plain.abs().max()
        assert len(calls) >= 17
        with layers.relu_rule(model, RULES["guided"]):
            assert not torch.allclose(gradient(model, x, 3), plain)
        assert state(model) == before
        assert torch.equal(gradient(model, x, 3), plain)

    def test_forward_pass_is_the_same(self, net, x):
        with layers.relu_rule(net, RULES["guided"]):
            ruled = net(x)
        assert torch.equal(ruled, net(x))

    def test_only_in_the_named_layers(self):
        torch.manual_seed(0)
        model = nn.Sequential(nn.Linear(4, 4), nn.ReLU(inplace=True), nn.Linear(4, 4), nn.ReLU(inplace=True))
        x = torch.randn(3, 4)
        a = model[0](x)
        b = model[2](a.relu())
        with layers.relu_rule(model, lambda grad_output, x: grad_output * 10, layers="3"):
            found = gradient(model, x, 0)
        one = torch.zeros(3, 4)
        one[:, 0] = 10  # the rule at the last ReLU, plain backpropagation at the first
        expected = ((one @ model[2].weight) * (a > 0)) @ model[0].weight
        assert torch.allclose(found, expected)
        assert (b[:, 0] <= 0).any()  # so that the rule and plain backpropagation differ

    def test_a_part_of_the_model_and_another_model(self, net, x):
        other = copy.deepcopy(net)
        plain = gradient(net, x, 0)
        y = torch.tensor([-1.0, 2.0], requires_grad=True)
        with layers.relu_rule(net, lambda grad_output, x: torch.zeros_like(x)):
            assert torch.equal(gradient(other, x, 0), plain)
            assert torch.autograd.grad(F.relu(y).sum(), y)[0].tolist() == [0, 1]
            part = x.clone().requires_grad_()
            assert torch.autograd.grad(net.relu1(net.conv1(part)).sum(), part)[0].abs().max() == 0

    def test_inner_of_two_rules_holds(self, net, x):
        with layers.relu_rule(net, RULES["guided"]):
            expected = gradient(net, x, 0)
            with layers.relu_rule(net, RULES["deconvnet"]):
                inner = gradient(net, x, 0)
            assert torch.equal(gradient(net, x, 0), expected)
        with layers.relu_rule(net, RULES["deconvnet"]):
            assert torch.equal(gradient(net, x, 0), inner)

    def test_works_with_extractor_and_outlives_the_block(self, net, x):
        x.requires_grad_()
        with layers.relu_rule(net, RULES["deconvnet"]):
            norm = layers.extractor(net, "norm")(x)
        (found,) = torch.autograd.grad(norm.sum(), x)
        a = net.conv1(x).relu().detach().requires_grad_()
        (upstream,) = torch.autograd.grad(net.norm(net.conv2(a)).sum(), a)
        assert torch.allclose(found, torch.autograd.grad(net.conv1(x), x, upstream.clamp(min=0))[0], atol=1e-6)

    @pytest.mark.parametrize(("rule", "got"), [(lambda g, x: None, "NoneType"), (lambda g, x: g.sum(), r"\(\)")])
    def test_a_rule_that_returns_nonsense(self, net, x, rule, got):
        with layers.relu_rule(net, rule), pytest.raises(ValueError, match=f"the ReLU rule returned {got}"):
            gradient(net, x, 0)
