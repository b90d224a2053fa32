"""Does the model leave as it came, after a normal exit and after an exception?"""

import pytest
import torch
from small_net import RULES, SmallNet, gradient, small_input, small_net, state
from torch import nn

from cs182viz import layers


@pytest.fixture
def net() -> SmallNet:
    return small_net()


@pytest.fixture
def x() -> torch.Tensor:
    return small_input()


def use_record(model, x):
    with layers.record(model, ["first", "relu1", "block.1"]):
        model(x).sum()


def use_nested_records(model, x):
    with layers.record(model, "relu1"), layers.record(model, ["relu1", "block"]):
        model(x)


def use_replace(model, x):
    with layers.replace(model, "norm", lambda a: a * 2):
        model(x)


def use_relu_rule(model, x):
    with layers.relu_rule(model, RULES["guided"]):
        gradient(model, x, 0)


def use_scoped_relu_rule(model, x):
    with layers.relu_rule(model, RULES["guided"], layers=["block", "relu1"]):
        gradient(model, x, 0)


VISITS = {
    "record": use_record,
    "nested records": use_nested_records,
    "activations": lambda model, x: layers.activations(model, x, ["block", "first"]),
    "extractor": lambda model, x: layers.extractor(model, "norm")(x),
    "replace": use_replace,
    "relu_rule": use_relu_rule,
    "scoped relu_rule": use_scoped_relu_rule,
}


@pytest.mark.parametrize("visit", VISITS.values(), ids=VISITS.keys())
@pytest.mark.parametrize("training", [False, True])
def test_model_is_unchanged_afterwards(net, x, visit, training):
    net.train(training)
    net.norm.eval()  # in training mode it would count batches, as it should
    before, plain = state(net), gradient(net, x, 1)
    visit(net, x)
    assert state(net) == before
    assert torch.equal(gradient(net, x, 1), plain)


@pytest.mark.parametrize("visit", VISITS.values(), ids=VISITS.keys())
def test_model_is_unchanged_after_an_exception_in_the_forward_pass(net, x, visit):
    before, plain = state(net), gradient(net, x, 1)
    with pytest.raises(RuntimeError):
        visit(net, x[:, :2])  # two channels where conv1 wants three
    assert state(net) == before
    assert torch.equal(gradient(net, x, 1), plain)


@pytest.mark.parametrize(
    "block",
    [
        lambda net: layers.record(net, ["first", "block"]),
        lambda net: layers.replace(net, "first", torch.neg),
        lambda net: layers.relu_rule(net, RULES["guided"]),
        lambda net: layers.relu_rule(net, RULES["guided"], layers="block"),
    ],
    ids=["record", "replace", "relu_rule", "scoped relu_rule"],
)
def test_model_is_unchanged_after_an_exception_in_the_block(net, x, block):
    before, plain = state(net), gradient(net, x, 1)
    with pytest.raises(ZeroDivisionError), block(net):
        _ = net(x), 1 / 0
    assert state(net) == before
    assert torch.equal(gradient(net, x, 1), plain)


@pytest.mark.parametrize(
    "visit", [layers.record, lambda net, names: layers.relu_rule(net, RULES["guided"], layers=names)]
)
def test_no_hook_is_left_when_a_later_layer_is_unknown(net, visit):
    before = state(net)
    with pytest.raises(layers.UnknownLayerError), visit(net, ["first", "nonsense"]):
        pass
    assert state(net) == before


def test_an_exception_inside_a_layer_leaves_the_scope_of_the_rule(net, x):
    wrong = nn.Conv2d(7, 4, 1)
    with layers.relu_rule(net, lambda grad_output, x: torch.zeros_like(x), layers="block"):
        right, net.block[2] = net.block[2], wrong
        with pytest.raises(RuntimeError):
            net(x)
        net.block[2] = right
        # if "block" still counted as running, relu1 would be under the rule and its own gradient would vanish too
        y = torch.randn(3, requires_grad=True)
        assert torch.equal(torch.autograd.grad(net.relu1(y * 1).sum(), y)[0], (y > 0).float())
