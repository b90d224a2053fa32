"""Are sums without the zeros the sums that the convolution and the ReLU give?"""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from cs182viz.techniques.occlusion import rectified
from cs182viz.techniques.occlusion.incremental import Incremental


def sparse_maps(count, channels, density, generator):
    x = torch.randn(count, channels, 5, 7, generator=generator)
    return x * (torch.rand(x.shape, generator=generator) < density)


@pytest.mark.parametrize("density", [0.0, 0.05, 1.0])
@pytest.mark.parametrize("channels", [1, 6, 33])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("numba", [True, False])
def test_sums_equal_convolution_and_relu_in_double_precision(monkeypatch, density, channels, bias, numba):
    if numba:
        pytest.importorskip("numba")
    else:
        monkeypatch.setattr(rectified, "compiled", None)
    generator = torch.Generator().manual_seed(channels)
    x = sparse_maps(3, channels, density, generator).contiguous(memory_format=torch.channels_last)
    weight = torch.randn(11, channels, 1, 1, generator=generator)
    bias = torch.randn(11, generator=generator) if bias else None
    expected = F.conv2d(x.double(), weight.double(), None if bias is None else bias.double()).relu().sum((2, 3))
    copy = x.clone()
    result = rectified.rectified_sums(x, weight, bias)
    assert result.dtype == torch.float32
    assert torch.allclose(result.double(), expected, rtol=1e-5, atol=1e-5)
    assert torch.equal(x, copy)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_head_after_a_relu_adds_to_what_was_kept(dtype):
    torch.manual_seed(0)
    head = [nn.Conv2d(16, 9, 1), nn.ReLU(inplace=True), nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten()]
    network = nn.Sequential(nn.Conv2d(3, 16, 3), nn.ReLU(), *head).to(dtype).eval().requires_grad_(False)
    nn.init.constant_(network[0].bias, -0.8)  # few entries are not zero
    image = torch.randn(1, 3, 12, 13, dtype=dtype)
    patches = torch.randn(2, 3, 4, 5, dtype=dtype)
    result = Incremental(network, image)(patches, [0, 6], [8, 2])
    for scores, patch, row, column in zip(result, patches, [0, 6], [8, 2], strict=True):
        changed = image.clone()
        changed[0, :, row : row + 4, column : column + 5] = patch
        assert not torch.allclose(network(changed), network(image), rtol=1e-3)
        assert torch.allclose(scores, network(changed)[0], rtol=1e-5, atol=1e-6)
