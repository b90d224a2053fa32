"""Do the model's layers show what they compute, and does the model leave as it came?"""

import copy
import gc
import weakref

import captum.attr
import pytest
import torch
import torch.nn.functional as F
import torchvision
from torch import nn

from cs182viz import layers

RULES = {
    "backprop": lambda grad_output, x: grad_output * (x > 0),
    "deconvnet": lambda grad_output, x: grad_output * (grad_output > 0),
    "guided": lambda grad_output, x: grad_output * (x > 0) * (grad_output > 0),
}


class SmallNet(nn.Module):
    """ReLUs of every kind: two modules (one in place), functions and methods (in place and not)."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 4, 3)
        self.relu1 = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(4, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4)
        self.block = nn.Sequential(nn.Conv2d(4, 4, 1), nn.ReLU(), nn.Conv2d(4, 4, 1))
        self.fc = nn.Linear(4, 5)
        self.layer_names = {"first": "conv1", "norm": "norm", "logits": "fc"}

    def forward(self, x):
        x = self.relu1(self.conv1(x))
        x = F.relu(self.norm(self.conv2(x)), inplace=True)
        x = torch.relu(self.block(x))
        return self.fc(x.mean((2, 3)))


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


def gradient(model: nn.Module, x: torch.Tensor, target: int) -> torch.Tensor:
    x = x.detach().clone().requires_grad_()
    return torch.autograd.grad(model(x)[:, target].sum(), x)[0]


HOOK_DICTIONARIES = [name for name in vars(nn.Module()) if "hooks" in name]


def state(model: nn.Module) -> list:
    """Everything about a model that must survive a visit."""
    modules = [
        [path, id(module), type(module), module.training, getattr(module, "inplace", None), sorted(vars(module))]
        + [len(getattr(module, hooks)) for hooks in HOOK_DICTIONARIES]
        for path, module in model.named_modules(remove_duplicate=False)
    ]
    parameters = [
        (name, id(p), p.requires_grad, None if p.grad is None else p.grad.tolist())
        for name, p in model.named_parameters()
    ]
    return [modules, parameters, layers.weights_hash(model)]


@pytest.fixture
def net() -> SmallNet:
    torch.manual_seed(0)
    net = SmallNet().eval()
    net.conv1.weight.requires_grad_(False)
    net.fc.bias.grad = torch.ones(5)
    return net


@pytest.fixture
def x() -> torch.Tensor:
    return torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(1))


@pytest.fixture(scope="module")
def squeezenet() -> nn.Module:
    torch.manual_seed(0)
    return torchvision.models.squeezenet1_1(weights=None).eval()


@pytest.fixture(scope="module")
def picture() -> torch.Tensor:
    return torch.randn(1, 3, 96, 96, generator=torch.Generator().manual_seed(2))


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
