"""Receptive fields against what the networks do: impulse responses, gradients, and pixels painted over."""

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from small_net import small_net, state
from torch import nn
from torchvision import models

from cs182viz import layers
from cs182viz.techniques.patches.receptive import receptive_field
from cs182viz.zoo import load_model, tiny_network


class Branches(nn.Module):
    """A 1x1 and a dilated 3x3 convolution side by side, joined or added, as in Fire, Inception and ResNet."""

    def __init__(self, channels: int, *, add: bool, dilation: int = 1) -> None:
        super().__init__()
        self.narrow = nn.Conv2d(channels, channels, 1)
        self.wide = nn.Conv2d(channels, channels, 3, padding=dilation, dilation=dilation)
        self.add = add

    def forward(self, x):
        if self.add:
            return self.narrow(x) + self.wide(x)
        return torch.cat([self.narrow(x), torch.relu(self.wide(x))], dim=1)


@st.composite
def stacks(draw):
    """A random stack of convolutions, poolings and branches with positive weights, and a size that it takes."""
    stack, channels = [], 3
    numbers = st.integers
    for kind in draw(st.lists(st.sampled_from(["conv", "max", "average", "join", "add"]), min_size=1, max_size=4)):
        kernel = (draw(numbers(1, 3)), draw(numbers(1, 3)))
        stride = (draw(numbers(1, 3)), draw(numbers(1, 2)))
        fitting = tuple(draw(numbers(0, side // 2)) for side in kernel)
        if kind == "conv":
            groups, out = draw(st.sampled_from([1, channels])), 2 * channels
            padding, dilation = draw(numbers(0, 3)), draw(numbers(1, 2))
            stack.append(nn.Conv2d(channels, out, kernel, stride, padding, dilation, groups))
        elif kind == "max":
            dilation = draw(numbers(1, 2))
            stack.append(nn.MaxPool2d(kernel, stride, fitting, dilation, ceil_mode=draw(st.booleans())))
        elif kind == "average":
            stack.append(nn.AvgPool2d(kernel, stride, fitting, ceil_mode=draw(st.booleans())))
        else:
            stack.append(Branches(channels, add=kind == "add", dilation=draw(numbers(1, 2))))
        channels = {"conv": 2, "join": 2}.get(kind, 1) * channels
        stack.append(nn.ReLU(inplace=draw(st.booleans())))
    return positive(nn.Sequential(*stack)), (draw(numbers(7, 12)), draw(numbers(7, 12)))


def positive(net: nn.Module) -> nn.Module:
    """The network with positive weights and no biases: whatever light falls on a unit's field, the unit answers."""
    for name, parameter in net.named_parameters():
        nn.init.constant_(parameter, 0.0 if name.endswith("bias") else 0.1)
    return net.double().eval().requires_grad_(False)


def around(seen: torch.Tensor) -> tuple[int, int, int, int]:
    """Box (top, left, bottom, right) around the True pixels of (H, W)."""
    if not seen.any():
        return 0, 0, 0, 0
    rows, columns = seen.any(dim=1).nonzero(), seen.any(dim=0).nonzero()
    return int(rows.min()), int(columns.min()), int(rows.max()) + 1, int(columns.max()) + 1


@settings(max_examples=60, deadline=None, derandomize=True)
@given(stacks())
def test_a_unit_sees_the_pixels_whose_light_reaches_it(drawn):
    net, (height, width) = drawn
    light = torch.eye(height * width, dtype=torch.float64).reshape(-1, 1, height, width)  # one lit pixel a picture
    try:
        answers = net(light.expand(-1, 3, -1, -1)) > 0  # (pixels, C, rows, columns)
    except RuntimeError:  # this stack wants larger pictures
        assume(False)
    field = receptive_field(net, str(len(net) - 1), (height, width))
    assert field.shape == tuple(answers.shape[1:])
    for position in torch.cartesian_prod(*map(torch.arange, answers.shape[1:])).tolist():
        unit, row, col = position
        assert field.box(row, col, unit=unit) == around(answers[:, unit, row, col].reshape(height, width)), position
    row, col = answers.shape[2] // 2, 0
    assert field.box(row, col) == around(answers[:, :, row, col].any(dim=1).reshape(height, width))


def test_a_channel_sees_only_its_own_group():
    """Behind two branches, depthwise: half of the channels see 3x3 pixels, half 5x5."""
    net = nn.Sequential(Branches(3, add=False), nn.Conv2d(6, 6, 3, groups=6), nn.Conv2d(6, 2, 1, groups=2)).eval()
    depthwise, halves = receptive_field(net, "1", 9), receptive_field(net, "2", 9)
    assert [depthwise.box(3, 3, unit=unit) for unit in (0, 2, 3, 5)] == [(3, 3, 6, 6)] * 2 + [(2, 2, 7, 7)] * 2
    assert [halves.box(3, 3, unit=unit) for unit in (0, 1)] == [(3, 3, 6, 6), (2, 2, 7, 7)]
    assert depthwise.box(3, 3) == (2, 2, 7, 7)


def gradient_box(model, layer, shape, position, *, unit=slice(None), pictures=6):
    """Box around the pixels with a gradient at a unit, for random pictures, ReLUs that let all gradients through."""
    weight = next(model.parameters())
    x = torch.randn(pictures, 3, *shape, generator=torch.Generator().manual_seed(0)).to(weight).requires_grad_()
    with layers.relu_rule(model, lambda grad_output, x: grad_output):
        activation = layers.activations(model, x, layer)[layer]
        activation = activation[:, unit] if activation.ndim == 2 else activation[:, unit, position[0], position[1]]
        signs = torch.randn(activation.shape, generator=torch.Generator().manual_seed(1)).to(weight)
        gradient = torch.autograd.grad((activation * signs).sum(), x)[0]
    return around((gradient != 0).any(dim=0).any(dim=0))


@pytest.mark.parametrize(
    ("layer", "position", "unit"),
    [
        ("conv1", (0, 110), slice(None)),
        ("fire2", (27, 30), slice(0, 64)),  # expand1x1
        ("fire2", (27, 30), slice(64, 128)),  # expand3x3
        ("fire5", (26, 13), slice(None)),
        ("pool5", (6, 6), slice(None)),
        ("pool5", (0, 12), slice(None)),
        ("fire9", (6, 7), slice(0, 256)),
        ("fire9", (12, 0), slice(None)),
        ("logits", (0, 0), slice(None)),
    ],
)
def test_squeezenet_s_fields_are_the_gradients(layer, position, unit):
    model = load_model()
    field = receptive_field(model, layer)
    expected = gradient_box(model, layer, (224, 224), position, unit=unit)
    if unit == slice(None):
        assert field.box(*position) == expected
    else:
        assert field.box(*position, unit=unit.start) == field.box(*position, unit=unit.stop - 1) == expected


@pytest.mark.parametrize(
    ("name", "options", "layer", "position"),
    [
        ("alexnet", {}, "features.12", (0, 0)),
        ("resnet18", {}, "layer2.1", (3, 6)),
        ("googlenet", {"transform_input": True, "aux_logits": False, "init_weights": False}, "inception3b", (5, 2)),
        ("mobilenet_v2", {}, "features.4", (2, 3)),
        ("shufflenet_v2_x0_5", {}, "stage2.1", (1, 4)),
        ("densenet121", {}, "features.transition1", (3, 0)),
        ("mobilenet_v3_small", {}, "features.1", (5, 3)),
        ("mnasnet0_5", {}, "layers.8", (2, 7)),
        ("regnet_y_400mf", {}, "trunk_output.block1", (4, 4)),
        ("convnext_tiny", {}, "features.1.0", (6, 2)),
    ],
)
def test_other_networks_fields_are_the_gradients(name, options, layer, position):
    """Grouped and depthwise convolutions, shuffled, split and joined channels, ReLU6, poolings that round up."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = models.get_model(name, **options).eval().requires_grad_(False)
    shape = (72, 80)
    expected = gradient_box(model, layer, shape, position)
    assert receptive_field(model, layer, shape).box(*position) == expected


def test_paint_outside_the_box_changes_nothing_and_inside_it_does():
    model, row, col = load_model(), 9, 3
    field = receptive_field(model, "pool5")
    top, left, bottom, right = field.box(row, col)
    x = torch.randn(1, 3, 224, 224, generator=torch.Generator().manual_seed(2))
    outside = torch.randn(x.shape, generator=torch.Generator().manual_seed(3))
    outside[..., top:bottom, left:right] = x[..., top:bottom, left:right]
    inside = x.clone()
    inside[..., top:bottom, left:right] = 0
    with torch.no_grad():
        plain, other, changed = (
            layers.activations(model, z, "pool5")["pool5"][0, :, row, col] for z in (x, outside, inside)
        )
    torch.testing.assert_close(other, plain)
    assert not torch.allclose(changed, plain)


def test_a_layer_without_a_map_counts_as_one_position():
    model = tiny_network()
    field = receptive_field(model, "logits", (9, 10))
    assert field.shape == (10, 1, 1)
    assert field.box() == field.box(unit=4) == (0, 0, 9, 10)
    assert receptive_field(model, "pool2", 9).box() == (0, 0, 9, 9)


def test_the_extent_is_that_of_a_unit_in_the_middle():
    model = tiny_network()  # 3x3, pool 2x2, 3x3: 3, 4 and 4 + 2 * 2 pixels
    assert [receptive_field(model, name, (20, 31)).extent for name in ("conv1", "pool1", "conv2")] == [
        (3, 3),
        (4, 4),
        (8, 8),
    ]


class Whole(nn.Module):
    """Writes to tensors in place, as a whole."""

    def __init__(self) -> None:
        super().__init__()
        self.out = nn.Identity()

    def forward(self, x):
        moved = torch.zeros_like(x)
        moved.copy_(x.roll(1, dims=3))
        moved += x
        return self.out(moved)


def test_what_is_written_in_place_as_a_whole_is_followed():
    field = receptive_field(Whole().eval(), "out", (5, 6))
    assert [field.box(2, col) for col in (0, 1, 4)] == [(2, 0, 3, 6), (2, 0, 3, 2), (2, 3, 3, 5)]


def test_positions_and_units_that_are_not_there():
    field = receptive_field(tiny_network(), "pool1", 16)
    for wrong, message in (({"row": 8}, "no row 8"), ({"col": -1}, "no column -1"), ({"unit": 8}, "no unit 8")):
        with pytest.raises(ValueError, match=message):
            field.box(**wrong)


class Odd(nn.Module):
    """Layers of which nobody can say what they see."""

    def __init__(self) -> None:
        super().__init__()
        self.sorted, self.constant, self.tokens, self.end, self.written = (nn.Identity() for _ in range(5))

    def forward(self, x):
        a = self.sorted(x.flatten(2).sort(dim=2).values.reshape(x.shape))
        b = self.constant(torch.ones_like(x))
        self.tokens(x.flatten(2).transpose(1, 2))
        c = x[:, :, 0, 0] * 1
        c[:, 1:] += x[:, 1:, 1, 1]
        self.written(c)
        return self.end(a + b)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ("sorted", "aten.sort"),
        ("end", "aten.sort"),
        ("written", "written in place"),
        ("constant", "does not depend on the picture"),
        ("tokens", r"\(N, C, H, W\)"),
        ("nonsense", "has no layer 'nonsense'"),
    ],
)
def test_what_cannot_be_followed_is_refused(layer, message):
    with pytest.raises(ValueError, match=message):
        receptive_field(Odd().eval(), layer, 8)


def test_a_network_in_training_mode_is_refused():
    with pytest.raises(ValueError, match=r"model\.eval"):
        receptive_field(small_net().train(), "conv1", 8)


@pytest.mark.parametrize("layer", ["norm", "logits"])
def test_the_model_is_left_as_it_came(layer):
    net = small_net()
    before = state(net)
    receptive_field(net, layer, 8)
    with pytest.raises(RuntimeError):
        receptive_field(net, layer, 2)  # too small for its convolutions
    assert state(net) == before
