"""Does a network that is run on the changed windows alone give what it gives for the whole picture?"""

import operator
import threading

import pytest
import torch
import torch.nn.functional as F
import torchvision
from small_net import SmallNet, small_input
from torch import nn

from cs182viz import devices, layers
from cs182viz.techniques.occlusion.incremental import Incremental, NotFollowedError

CORNERS = [(0, 0), (0, 9), (5, 4), (11, 13), (3, 0), (11, 8)]


@pytest.fixture(autouse=True, params=["one by one", "all at once"])
def _way_of_cutting(request, monkeypatch):
    """A CPU cuts windows one by one, a GPU all at once; both ways run on either."""
    if request.param == "all at once":
        monkeypatch.setattr(devices, "HOSTS", ())


def stack(*steps, channels=4):
    """A stack of steps with weights from a fixed seed, between a convolution and a head that reads every position."""
    torch.manual_seed(0)
    steps = [nn.Conv2d(3, channels, 3, padding=1), *(step() for step in steps), nn.Flatten(), nn.LazyLinear(5)]
    network = nn.Sequential(*steps).double().eval()
    network(torch.zeros(1, 3, 18, 20, dtype=torch.float64))
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.running_mean)
            nn.init.uniform_(module.running_var, 0.5, 2)
    return network.requires_grad_(False)


def full_passes(network, image, patches, corners):
    results = []
    for patch, (row, column) in zip(patches, corners, strict=True):
        changed = image.clone()
        changed[0, :, row : row + patch.shape[1], column : column + patch.shape[2]] = patch
        results.append(network(changed))
    return torch.cat(results)


def assert_equal_to_full_passes(network, size=(18, 20), patch=(7, 7), corners=CORNERS):
    """On windows alone the network gives what full passes give, to 1e-8 of what the patches change."""
    generator = torch.Generator().manual_seed(1)
    image = torch.randn(1, 3, *size, dtype=torch.float64, generator=generator)
    patches = torch.randn(len(corners), 3, *patch, dtype=torch.float64, generator=generator)
    copies = image.clone(), patches.clone()
    incremental = Incremental(network, image)
    result = incremental(patches, *torch.tensor(corners).T)
    expected = full_passes(network, image, patches, corners)
    effect = (expected - network(image)).abs().amax()
    assert effect > 1e-6 * expected.abs().amax()
    assert (result - expected).abs().amax() < 1e-8 * effect
    assert torch.equal(image, copies[0])
    assert torch.equal(patches, copies[1])


SLIDING = [
    lambda: nn.Conv2d(4, 4, 3),
    lambda: nn.Conv2d(4, 4, (5, 2), stride=(2, 3), padding=(1, 2)),
    lambda: nn.Conv2d(4, 4, 3, padding=4, dilation=3),
    lambda: nn.Conv2d(4, 4, 2, stride=4),
    lambda: nn.Conv2d(4, 8, 3, groups=4, bias=False),
    lambda: nn.Conv2d(4, 4, 3, padding="same"),
    lambda: nn.Conv2d(4, 4, 3, padding=1, padding_mode="reflect"),
    lambda: nn.MaxPool2d(3, 2, ceil_mode=True),
    lambda: nn.MaxPool2d(3, 2, padding=1),
    lambda: nn.MaxPool2d(2, 3, dilation=2, ceil_mode=True),
    lambda: nn.AvgPool2d(3, 2, padding=1, ceil_mode=True),
    lambda: nn.AvgPool2d(2),
    lambda: nn.AvgPool2d(3, 2, padding=1),
    lambda: nn.AvgPool2d(3, 1, padding=1, count_include_pad=False),
    lambda: nn.AvgPool2d((2, 3), 2, padding=(0, 1), divisor_override=5),
]


@pytest.mark.parametrize("number", range(len(SLIDING)))
@pytest.mark.parametrize("then", [nn.Identity, nn.ReLU, lambda: nn.MaxPool2d(2, 2), lambda: nn.AdaptiveAvgPool2d(1)])
def test_each_layer_that_slides_over_the_map(number, then):
    assert_equal_to_full_passes(stack(SLIDING[number], lambda: nn.ReLU(inplace=True), then))


@pytest.mark.parametrize(
    "step",
    [
        lambda: nn.BatchNorm2d(4),
        nn.SiLU,
        nn.ReLU6,
        lambda: nn.Hardtanh(-0.5, 0.7),
        nn.Hardswish,
        nn.Dropout,
        lambda: nn.GroupNorm(2, 4),
        lambda: nn.AdaptiveAvgPool2d(3),
        lambda: nn.Upsample(scale_factor=2),
        lambda: nn.Softmax(dim=1),
    ],
)
def test_other_layers_whether_they_act_on_one_position_or_on_all(step):
    assert_equal_to_full_passes(stack(step, lambda: nn.Conv2d(4, 4, 3, padding=1), nn.ReLU))


@pytest.mark.parametrize(("size", "patch"), [((18, 20), (1, 1)), ((18, 20), (18, 20)), ((18, 20), (3, 16))])
def test_patches_of_every_size(size, patch):
    corners = sorted({(r, c) for r in (0, (size[0] - patch[0])) for c in (0, (size[1] - patch[1]) // 2)})
    steps = [lambda: nn.MaxPool2d(3, 2), lambda: nn.Conv2d(4, 4, 3, padding=1), nn.ReLU]
    if len(corners) == 1:
        corners = corners * 2  # two patches at the one place
    assert_equal_to_full_passes(stack(*steps), size, patch, corners)


class Branches(nn.Module):
    """Branches of unlike reach that are added, joined, scaled and read by several others."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(2)
        self.wide, self.narrow = nn.Conv2d(3, 4, 5, padding=2), nn.Conv2d(3, 4, 1)
        self.after, self.head = nn.Conv2d(8, 4, 3, stride=2), nn.LazyLinear(3)

    def forward(self, x):
        wide, narrow = self.wide(x).relu(), F.relu(self.narrow(x))
        both = torch.cat([narrow, wide + narrow], dim=1)
        averaged = F.avg_pool2d(both, 3, 1, 1)
        both = torch.cat([both * 0.5 + 1, averaged], 1)[:, 4:12]
        y = self.after(operator.iadd(both.clone(), both))
        return self.head(y.view(y.size(0), -1))


def test_branches():
    network = Branches().double().eval()
    network(torch.zeros(1, 3, 18, 20, dtype=torch.float64))
    assert_equal_to_full_passes(network.requires_grad_(False))


@pytest.mark.parametrize(
    ("name", "size"),
    [
        *(("squeezenet1_0", 75), ("resnet18", 64), ("densenet121", 40), ("googlenet", 48), ("alexnet", 80)),
        *(("mobilenet_v2", 48), ("mobilenet_v3_small", 48), ("mnasnet0_5", 48), ("shufflenet_v2_x0_5", 48)),
        *(("efficientnet_b0", 48), ("regnet_y_400mf", 48), ("convnext_tiny", 48)),
    ],
)
def test_networks_of_every_family(name, size):
    torch.manual_seed(3)
    options = {"init_weights": False, "aux_logits": False} if name == "googlenet" else {}
    network = torchvision.models.get_model(name, weights=None, **options).eval().double().requires_grad_(False)
    assert_equal_to_full_passes(
        network, (size, size + 7), (9, 8), [(0, 0), (20, 11), (size - 9, size - 1), (size - 12, 3)]
    )


@pytest.mark.parametrize(
    ("step", "followed"),
    [
        (nn.ReLU6, True),
        (lambda: nn.Hardtanh(-0.5, 0.7), True),
        (lambda: nn.AvgPool2d(3, 2, padding=1), True),
        (lambda: nn.AvgPool2d(2, divisor_override=3), True),
        (lambda: nn.AvgPool2d(3, 2, padding=1, count_include_pad=False), False),
        (lambda: nn.AvgPool2d(3, 2, ceil_mode=True), False),
        (lambda: nn.Softmax(dim=1), False),
    ],
)
def test_it_is_told_which_steps_windows_pass(step, followed):
    network = stack(step, nn.ReLU)
    assert Incremental(network, torch.randn(1, 3, 18, 20, dtype=torch.float64)).followed == [True, followed, True]


def test_squeezenet_s_windows_grow_as_receptive_fields_say():
    """A 32x32 square reaches 17 rows of conv1's output, 111 of them, by hand: (r - 2) / 2 <= o <= (r + 31) / 2."""
    from cs182viz.techniques.occlusion import incremental

    network = torchvision.models.squeezenet1_1(weights=None).eval().requires_grad_(False)
    image = torch.zeros(1, 3, 224, 224)
    seen = []

    def watch(layer, windows, kept, **options):
        result = original(layer, windows, kept, **options)
        seen.append((result.rows.tolist(), result.columns.tolist(), tuple(result.values.shape[2:])))
        return result

    original, incremental.slide = incremental.slide, watch
    try:
        Incremental(network, image)(torch.ones(1, 3, 32, 32), torch.tensor([96]), torch.tensor([0]))
    finally:
        incremental.slide = original
    assert seen[0] == ([47], [0], (17, 16))  # conv1: rows 47..63, columns 0..15
    assert seen[1] == ([23], [0], (9, 8))  # pool1: rows 23..31, columns 0..7
    assert seen[3][2] == (9, 8)  # fire2's 1x1 reaches no further, its 3x3 one further on each side
    assert seen[4] == ([22], [0], (11, 9))


class Gated(nn.Module):
    """Adds one value a channel to a whole map, as squeeze-and-excitation multiplies it."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(4)
        self.conv, self.shrink = nn.Conv2d(3, 4, 3, padding=1), nn.MaxPool2d((18, 20))
        self.head = nn.Linear(4 * 18 * 20, 3)

    def forward(self, x):
        maps = self.conv(x)
        return self.head(torch.flatten(torch.relu(maps + self.shrink(maps)), 1))


def test_a_broadcast_sum():
    assert_equal_to_full_passes(Gated().double().eval().requires_grad_(False))


def test_what_was_seen_is_a_copy():
    network = stack(nn.ReLU)
    image = torch.randn(1, 3, 18, 20, dtype=torch.float64).contiguous(memory_format=torch.channels_last)
    patch = torch.zeros(1, 3, 4, 4, dtype=torch.float64)
    incremental = Incremental(network, image)
    before = incremental(patch, [2], [3])
    image.zero_()
    assert torch.equal(incremental(patch, [2], [3]), before)


class Reads(nn.Module):
    """Writes in place into what it reads later."""

    def __init__(self, *inplace, **named):
        super().__init__()
        self.conv, self.inplace, self.named = nn.Conv2d(3, 4, 3), inplace, named

    def forward(self, x):
        y = self.conv(x)
        return (F.relu(y, *self.inplace, **self.named) + y).mean((2, 3))


class Decides(nn.Module):
    def forward(self, x):
        return x.mean((2, 3)) if x.sum() > 0 else x.amax((2, 3))


@pytest.mark.parametrize(
    ("network", "message"),
    [(Reads(True), "in place"), (Reads(inplace=True), "in place"), (Decides(), "cannot be traced")],
)
def test_what_cannot_be_followed_says_so(network, message):
    with pytest.raises(NotFollowedError, match=message):
        Incremental(network.eval(), torch.randn(1, 3, 9, 9))


def test_networks_that_train_and_networks_under_hooks_are_not_followed():
    network = SmallNet()
    x = small_input()
    with pytest.raises(NotFollowedError, match="eval"):
        Incremental(network.train(), x[:1])
    network.eval()
    with layers.record(network, "conv1"), pytest.raises(NotFollowedError, match="hook"):
        Incremental(network, x[:1])


def test_the_network_is_left_as_it_came():
    network = SmallNet().eval()
    x = small_input()[:1]
    state = layers.weights_hash(network), [p.requires_grad for p in network.parameters()]
    training = [module.training for module in network.modules()]
    incremental = Incremental(network, x)
    with pytest.raises(ValueError, match="3 channels"):
        incremental(torch.zeros(1, 5, 2, 2, dtype=x.dtype), torch.tensor([0]), torch.tensor([0]))
    incremental(x[:, :, :3, :3], torch.tensor([1]), torch.tensor([0]))
    assert (layers.weights_hash(network), [p.requires_grad for p in network.parameters()]) == state
    assert [module.training for module in network.modules()] == training
    assert all(p.grad is None for p in network.parameters())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())


def test_another_thread_runs_its_network_while_one_is_followed():
    class Waiting(nn.Module):
        """In its forward pass another thread runs a network, this one's parameters included."""

        def __init__(self):
            super().__init__()
            self.inner = nn.Conv2d(3, 4, 1)

        def forward(self, x):
            outcome = []
            other = threading.Thread(target=lambda: outcome.append(self.inner(torch.ones(1, 3, 2, 2))))
            other.start()
            other.join()
            assert isinstance(outcome[0], torch.Tensor)
            return self.inner(x).mean(dim=(2, 3))

    with torch.no_grad():
        network = Waiting().eval()
        image = torch.rand(1, 3, 16, 16)
        covered = image.clone()
        covered[..., 2:6, 3:7] = 0
        scores = Incremental(network, image)(torch.zeros(1, 3, 4, 4), [2], [3])
        assert torch.allclose(scores, network(covered), atol=1e-6)
