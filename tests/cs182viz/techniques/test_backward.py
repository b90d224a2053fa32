"""Does the signal of any unit arrive at the pixels as Captum's methods say, under every rule?"""

import copy

import captum.attr
import pytest
import torch
from small_net import SmallNet, small_input, small_net, state
from torch import nn

from cs182viz import layers
from cs182viz.images import load_images
from cs182viz.techniques.backward import relu_gradient
from cs182viz.zoo import load_model, tiny_network
from grading.masters.solutions import load

PEERS = {
    "backprop": captum.attr.Saliency,
    "deconvnet": captum.attr.Deconvolution,
    "guided": captum.attr.GuidedBackprop,
}


@pytest.fixture(scope="module")
def rules():
    """The students' rules, and PyTorch's own backpropagation."""
    relu_backward = load("saliency").relu_backward
    return {rule: lambda R, x, rule=rule: relu_backward(R, x, rule) for rule in PEERS} | {"none": None}


@pytest.fixture(scope="module")
def squeezenet():
    return load_model()


@pytest.fixture(scope="module")
def photos(squeezenet):
    return squeezenet.preprocess(load_images(["macaw", "espresso", "bear"]))[:, :, 40:140, 60:150]


def captum_map(rule, network, x, target):
    """On a copy without in-place ReLUs, which Captum's backward hooks need."""
    network = copy.deepcopy(network)
    for module in network.modules():
        if isinstance(module, nn.ReLU):
            module.inplace = False
    peer = PEERS["backprop" if rule == "none" else rule](network)
    options = {"abs": False} if isinstance(peer, captum.attr.Saliency) else {}
    return peer.attribute(x.clone().requires_grad_(), target=target, **options).detach()


def assert_close(result, expected):
    assert expected.abs().max() > 1e-3
    assert (result - expected).abs().max() < 1e-5 * max(1, float(expected.abs().max()))


@pytest.mark.parametrize("rule", [*PEERS, "none"])
@pytest.mark.filterwarnings("ignore:Setting")
class TestAgainstCaptum:
    @pytest.mark.parametrize("batch", [2, 8])
    def test_class_scores_of_squeezenet(self, rules, squeezenet, photos, rule, batch):
        labels = torch.tensor([88, 967, 294])
        result = relu_gradient(rules[rule], photos, squeezenet, unit=labels, batch=batch)
        assert result.shape == photos.shape
        assert_close(result, captum_map(rule, squeezenet, photos, labels))

    @pytest.mark.parametrize(("layer", "last"), [("conv1", 2), ("pool3", 6), ("fire4", 7), ("fire9", 13)])
    def test_any_unit_of_any_layer_of_squeezenet(self, rules, squeezenet, photos, rule, layer, last):
        network = squeezenet.net.features[:last]
        with torch.no_grad():
            unit, row, column = divmod_all(int(network(photos[:1])[0].argmax()), network(photos[:1])[0].shape)
        result = relu_gradient(rules[rule], photos, squeezenet, layer=layer, unit=unit, position=(row, column))
        assert_close(result, captum_map(rule, network, photos, (unit, row, column)))


def divmod_all(index, shape):
    return tuple(int(part) for part in torch.unravel_index(torch.tensor(index), shape))


@pytest.mark.parametrize("rule", ["guided", "none"])
def test_without_a_position_it_is_the_most_active_one_of_each_picture(rules, squeezenet, photos, rule):
    with torch.no_grad():
        maps = squeezenet.net.features[:8](photos)[:, 17]  # fire5
    result = relu_gradient(rules[rule], photos, squeezenet, layer="fire5", unit=17)
    for n, one in enumerate(maps):
        position = divmod_all(int(one.argmax()), one.shape)
        alone = relu_gradient(rules[rule], photos[n : n + 1], squeezenet, layer="fire5", unit=17, position=position)
        assert_close(result[n : n + 1], alone)


def test_any_function_is_a_rule_and_gets_what_the_relu_got():
    network = nn.Sequential(nn.Conv2d(1, 1, 1, bias=False), nn.ReLU(), nn.Flatten()).double()
    nn.init.constant_(network[0].weight, 2.0)
    x = torch.tensor([[[[-1.0, 3.0]]]], dtype=torch.float64)
    result = relu_gradient(lambda R, x: 10 * R + x, x, network, layer="2", unit=1)
    assert torch.equal(result, torch.tensor([[[[2 * -2.0, 2 * (10 + 6.0)]]]], dtype=torch.float64))


@pytest.mark.parametrize("fails", [False, True])
def test_model_and_pictures_are_left_as_they_came(rules, fails):
    net, x = small_net(), small_input()
    before, copied = state(net), x.clone()

    def rule(R, x):
        if fails:
            raise ArithmeticError("the rule fails")
        return rules["guided"](R, x)

    if fails:
        with pytest.raises(ArithmeticError):
            relu_gradient(rule, x, net, unit=1)
    else:
        relu_gradient(rule, x, net, unit=1)
    assert state(net) == before
    assert torch.equal(x, copied)
    assert x.grad is None
    assert not x.requires_grad


def test_works_where_gradients_are_switched_off(rules):
    net, x = small_net(), small_input()
    with torch.no_grad():
        off = relu_gradient(rules["deconvnet"], x, net, unit=2)
    assert torch.equal(off, relu_gradient(rules["deconvnet"], x, net, unit=2))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"unit": 5}, r"layer 'logits' has the units 0 to 4, got \[5, 5\]"),
        ({"unit": torch.tensor([0, -1])}, "has the units 0 to 4"),
        ({"unit": 1.5}, "has the units 0 to 4"),
        ({"unit": 0, "position": (0, 0)}, "have no positions"),
        ({"layer": "norm", "unit": 0, "position": (6, 0)}, r"are 6x6; there is no position \(6, 0\)"),
        ({"layer": "nrm", "unit": 0}, "has no layer 'nrm'"),
        ({"unit": torch.tensor([0, 1, 2])}, "one unit for all pictures or one for each of 2"),
    ],
)
def test_bad_input(rules, options, message):
    with pytest.raises(ValueError, match=message):
        relu_gradient(rules["backprop"], small_input(), SmallNet().eval(), **options)


@pytest.fixture
def noise():
    generator = torch.Generator().manual_seed(0)
    return torch.randn(1, 3, 16, 16, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize(("layer", "unit"), [("conv1", 2), ("relu2", 5), ("logits", 1)])
def test_the_gradient_belongs_to_the_strongest_position(tiny, noise, layer, unit):
    found = relu_gradient(lambda R, x: R * (x > 0), noise, tiny, layer=layer, unit=unit)
    step = 1e-6

    def strongest(picture):
        return float(layers.activations(tiny, picture, layer)[layer][0, unit].max())

    generator = torch.Generator().manual_seed(1)
    for _ in range(3):
        direction = torch.randn(noise.shape, generator=generator, dtype=torch.float64)
        slope = (strongest(noise + step * direction) - strongest(noise - step * direction)) / (2 * step)
        assert float((found * direction).sum()) == pytest.approx(slope, rel=1e-4, abs=1e-6)


def test_the_rule_is_the_one_that_was_handed_in(tiny, noise):
    blocked = relu_gradient(lambda R, x: 0 * R, noise, tiny, layer="relu2", unit=5)
    assert not blocked.any()
    before = tiny_network(seed=3)
    assert layers.weights_hash(tiny) == layers.weights_hash(before)
    assert all(not module._forward_hooks and not module._forward_pre_hooks for module in tiny.modules())


def test_within_inference_mode_the_error_says_what_to_do():
    model = tiny_network(1)
    with torch.inference_mode(), pytest.raises(RuntimeError, match=r"use torch\.no_grad"):
        relu_gradient(None, torch.zeros(1, 3, 16, 16, dtype=torch.float64), model, layer=layers.names(model)[0], unit=0)
