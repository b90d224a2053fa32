"""Do named layers show what the model computes there, whatever happens downstream?"""

import copy
import gc
import weakref

import pytest
import torch
import torchvision
from small_net import SmallNet, gradient, small_input, small_net
from torch import nn

from cs182viz import layers


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


class TestNames:
    def test_people_s_names_and_module_paths(self, net):
        assert layers.resolve(net, "first") is net.conv1
        assert layers.resolve(net, "block.1") is net.block[1]
        assert layers.names(net) == ["first", "norm", "logits"]

    def test_module_paths_where_a_model_has_no_names_of_its_own(self, squeezenet):
        found = layers.names(squeezenet)
        assert {"features", "features.12.expand3x3", "classifier.1"} <= set(found)
        assert "" not in found

    def test_a_shared_module_is_found_under_each_of_its_names(self):
        relu = nn.ReLU()
        model = nn.Sequential(relu, nn.Linear(2, 2), relu)
        assert layers.resolve(model, "2") is relu

    @pytest.mark.parametrize(("wrong", "near"), [("frist", "first"), ("block_1", "block.1"), ("zzz", "logits")])
    def test_unknown_name_is_told_its_neighbours(self, net, wrong, near):
        with pytest.raises(ValueError, match=rf"SmallNet has no layer '{wrong}'.*\b{near}\b"):
            layers.resolve(net, wrong)

    def test_the_whole_model_is_not_a_layer(self, net):
        with pytest.raises(layers.UnknownLayerError):
            layers.resolve(net, "")

    def test_no_name_at_all(self, net, x):
        with pytest.raises(ValueError, match="no layer was named"):
            layers.activations(net, x, [])


class TestRecord:
    @pytest.mark.parametrize("k", [1, 2, 4, 13])
    def test_equals_a_hand_written_partial_pass(self, squeezenet, picture, k):
        with torch.no_grad(), layers.record(squeezenet, f"features.{k - 1}") as acts:
            squeezenet(picture)
        assert torch.equal(acts[f"features.{k - 1}"], squeezenet.features[:k](picture))

    def test_before_an_in_place_relu(self, net, x):
        with layers.record(net, ["first", "relu1", "norm"]) as acts:
            out = net(x)
        assert torch.equal(acts["first"], net.conv1(x))  # nn.ReLU(inplace=True) follows
        assert torch.equal(acts["relu1"], net.conv1(x).relu())
        assert torch.equal(acts["norm"], net.norm(net.conv2(net.conv1(x).relu())))  # F.relu(..., inplace=True) follows
        assert acts["norm"].min() < 0 < acts["norm"].max()
        assert torch.equal(out, net(x))

    def test_gradients_flow_to_the_input_and_from_the_output(self, net, x):
        x.requires_grad_()
        with layers.record(net, ["first", "norm"]) as acts:
            out = net(x)
        (to_input,) = torch.autograd.grad(acts["first"].sum(), x, retain_graph=True)
        assert torch.allclose(to_input, torch.autograd.grad(net.conv1(x).sum(), x)[0])
        (from_output,) = torch.autograd.grad(out[:, 2].sum(), acts["norm"])
        norm = acts["norm"].detach().clone().requires_grad_()
        rest = net.fc(torch.relu(net.block(norm.relu())).mean((2, 3)))
        assert torch.allclose(from_output, torch.autograd.grad(rest[:, 2].sum(), norm)[0])

    def test_nested_and_overlapping_blocks(self, net, x):
        with layers.record(net, ["block", "block.2"]) as outer, layers.record(net, "block") as inner:
            net(x)
        expected = net.block(net.norm(net.conv2(net.conv1(x).relu())).relu())
        for found in (outer["block"], outer["block.2"], inner["block"]):
            assert torch.equal(found, expected)

    def test_later_passes_overwrite(self, net, x):
        with layers.record(net, "first") as acts:
            net(x)
            net(-x)
        assert torch.equal(acts["first"], net.conv1(-x))

    def test_functional_in_place_residual_sum(self):
        torch.manual_seed(0)
        resnet = torchvision.models.resnet18(weights=None).eval()
        x = torch.randn(1, 3, 64, 64)
        with torch.no_grad(), layers.record(resnet, ["bn1", "layer1.0", "layer1.1.bn2"]) as acts:
            resnet(x)
            stem = resnet.bn1(resnet.conv1(x))
            block = resnet.layer1[0](resnet.maxpool(stem.relu()))
            second = resnet.layer1[1]
            inner = second.bn2(second.conv2(second.bn1(second.conv1(block)).relu()))
        assert torch.equal(acts["bn1"], stem)
        assert torch.equal(acts["layer1.0"], block)
        assert torch.equal(acts["layer1.1.bn2"], inner)  # `out += identity` follows

    def test_a_layer_that_returns_a_tuple(self):
        model = nn.Sequential(nn.LSTM(4, 3))
        with pytest.raises(TypeError, match=r"layer '0' returns a tuple"), layers.record(model, "0"):
            model(torch.zeros(2, 1, 4))


class TestActivations:
    def test_equals_recording(self, net, x):
        wanted = ["block", "first", "norm"]
        with layers.record(net, wanted) as recorded:
            net(x)
        found = layers.activations(net, x, wanted)
        assert list(found) == wanted
        assert all(torch.equal(found[name], recorded[name]) for name in wanted)

    def test_stops_after_the_last_layer(self, net, x):
        ran = []
        handles = [net.get_submodule(name).register_forward_hook(lambda *_, name=name: ran.append(name))
                   for name in ("conv1", "conv2", "block", "fc")]  # fmt: skip
        layers.activations(net, x, ["first", "norm"])
        for handle in handles:
            handle.remove()
        assert ran == ["conv1", "conv2"]

    def test_stopping_one_pass_inside_another_stops_only_that_one(self, net, x):
        """A model whose forward extracts from another model that shares the layers being watched."""

        class Outer(nn.Module):
            def __init__(self):
                super().__init__()
                self.net = net

            def forward(self, x):
                features = layers.activations(self.net, x, "block")["block"]
                return self.net(x) + features.mean()

        found = layers.activations(Outer(), x, ["net.conv1", "net.fc"])
        assert torch.equal(found["net.fc"], net(x))
        # here it is the outer pass that ends while the inner one is running
        assert torch.equal(layers.activations(Outer(), x, "net.conv1")["net.conv1"], net.conv1(x))

    def test_a_layer_that_does_not_run(self):
        googlenet = torchvision.models.googlenet(weights=None, init_weights=False).eval()
        with pytest.raises(RuntimeError, match=r"GoogLeNet did not run aux1"):
            layers.activations(googlenet, torch.zeros(1, 3, 64, 64), ["conv1", "aux1"])

    def test_activations_are_freed_without_the_garbage_collector(self, net, x):
        gc.collect()
        gc.disable()
        try:
            alive = weakref.ref(layers.activations(net, x, "first")["first"])
            assert alive() is None
        finally:
            gc.enable()

    def test_module_used_twice_counts_at_its_first_run(self):
        relu = nn.ReLU()
        model = nn.Sequential(relu, nn.Linear(3, 3), relu, nn.Linear(3, 3))
        x = torch.randn(2, 3)
        assert torch.equal(layers.activations(model, x, "0")["0"], x.relu())
        assert torch.equal(layers.activations(model, x, ["0", "3"])["0"], x.relu())


class TestExtractor:
    def test_is_the_activation(self, net, x):
        extract = layers.extractor(net, "norm")
        assert torch.equal(extract(x), layers.activations(net, x, "norm")["norm"])
        assert torch.equal(extract(-x), layers.activations(net, -x, "norm")["norm"])

    def test_gradient_is_exact(self, x):
        torch.manual_seed(0)
        net = SmallNet().eval().double()
        assert torch.autograd.gradcheck(layers.extractor(net, "block"), x[:1, :, :5, :5].double().requires_grad_())

    def test_names_model_and_layer(self, net):
        assert repr(layers.extractor(net, "first")) == "Extractor(SmallNet, 'first')"
        net.name = "mine"
        assert repr(layers.extractor(net, "first")) == "Extractor(mine, 'first')"

    def test_is_frozen_and_refuses_unknown_layers_at_once(self, net):
        with pytest.raises(AttributeError):
            layers.extractor(net, "first").layer = "norm"
        with pytest.raises(layers.UnknownLayerError):
            layers.extractor(net, "nothing")


class TestReplace:
    def test_network_goes_on_with_the_new_activation(self, net, x):
        with layers.replace(net, "norm", lambda a: a.flip(1)):
            out = net(x)
        norm = net.norm(net.conv2(net.conv1(x).relu())).flip(1)
        assert torch.allclose(out, net.fc(net.block(norm.relu()).relu().mean((2, 3))))

    def test_editing_in_place_spares_what_was_recorded(self, net, x):
        def without_channel_2(a):
            a[:, 2] = 0
            return a

        record, swap = layers.record, layers.replace(net, "first", without_channel_2)
        with record(net, "first") as before, swap, record(net, "first") as after:
            out = net(x.requires_grad_())
        assert torch.equal(before["first"], net.conv1(x))
        assert after["first"][:, 2].abs().max() == 0
        assert torch.autograd.grad(out.sum(), before["first"])[0][:, 2].abs().max() == 0

    def test_editing_in_place_what_autograd_has_saved(self, net, x):
        with layers.replace(net, "block.1", lambda a: a.mul_(2)):
            found = gradient(net, x, 0)
        with layers.replace(net, "block.1", lambda a: a * 2):
            assert torch.allclose(found, gradient(net, x, 0))

    def test_a_tensor_from_elsewhere_keeps_its_values_and_gets_a_gradient(self, net, x):
        fixed = torch.randn(2, 4, 6, 6, requires_grad=True)
        values = fixed.detach().clone()
        with layers.replace(net, "first", lambda a: fixed):
            out = net(x)
        assert torch.equal(fixed.detach(), values)  # an in-place ReLU follows
        assert torch.autograd.grad(out.sum(), fixed)[0].abs().max() > 0

    def test_forgotten_return(self, net, x):
        message = "fn returned NoneType for layer 'first'"
        with layers.replace(net, "first", lambda a: None), pytest.raises(TypeError, match=message):
            net(x)


class TestWeightsHash:
    def test_sees_every_parameter_and_buffer(self, net):
        seen = {layers.weights_hash(net)}
        for tensor in [*net.parameters(), *net.buffers()]:
            tensor.data.view(-1)[0] += 1
            seen.add(layers.weights_hash(net))
        assert len(seen) == 1 + len([*net.parameters(), *net.buffers()])

    def test_same_for_a_copy_and_other_for_another_type_or_shape(self, net):
        assert layers.weights_hash(copy.deepcopy(net)) == layers.weights_hash(net)
        zero = lambda *shape, dtype=torch.float32: nn.ParameterDict({"w": torch.zeros(*shape, dtype=dtype)})  # noqa: E731
        hashes = [zero(2, 3), zero(3, 2), zero(2, 3, dtype=torch.bfloat16), zero(2, 3, dtype=torch.float16)]
        assert len({layers.weights_hash(module) for module in hashes}) == 4


def test_a_compiled_model_goes_by_the_same_names():
    model = nn.Sequential(nn.Conv2d(3, 4, 1), nn.ReLU())
    compiled = torch.compile(model, backend="eager")
    assert layers.resolve(compiled, "0") is model[0]
    assert layers.resolve(compiled, "_orig_mod.1") is model[1]
