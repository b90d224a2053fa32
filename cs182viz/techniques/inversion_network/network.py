"""The network that turns a code of SqueezeNet back into a picture, in one pass (lecture 10, section 5).

Dosovitskiy and Brox 2016, "Inverting visual representations with convolutional networks" (arXiv:1506.02753): codes go
up through layers, each of twice the resolution, to a picture. Upsampling is a resize and a convolution, which leaves no
checkerboard (Odena et al. 2016, doi:10.23915/distill.00003).
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cs182viz import imageops
from cs182viz.devices import fastest_layout
from cs182viz.techniques.inversion_network.codes import CODES, check_layer

SIDE = 112
"""Of the pictures that come out, in pixels."""
_WIDTHS = {7: 96, 14: 96, 28: 64, 56: 32, SIDE: 16}
"""Channels at each resolution."""
_NARROW, _SEEDS = 96, 32
"""A code without places goes through so many numbers, to so many channels of 7 x 7."""


class Inverter(nn.Module):
    """Codes (N, ...) of one layer to pictures (N, 3, 112, 112), normalised.

    Parameters
    ----------
    layer : one of `CODES`.

    Raises
    ------
    ValueError
        There is no such code; or, when called, the codes have another shape.
    """

    def __init__(self, layer: str) -> None:
        super().__init__()
        check_layer(layer)
        self.layer = layer
        shape = CODES[layer]
        side = self.start = 7 if len(shape) == 1 else shape[1] + 1  # 14 and 28 double to 112, 13 and 27 do not
        width = _WIDTHS[side]
        if len(shape) == 1:
            self.entry: nn.Module = nn.Sequential(
                nn.Linear(shape[0], _NARROW),
                nn.Linear(_NARROW, _SEEDS * side**2),
                nn.Unflatten(1, (_SEEDS, side, side)),
            )
            self.first = _Convolution(_SEEDS, width)
        else:
            self.entry = _Normalisation(shape[0], learns=False)
            self.first = _Convolution(shape[0], width, reach=1)
        self.block = _Residual(width) if len(shape) > 1 else nn.Identity()
        self.upwards = nn.ModuleList()
        while side < SIDE:
            side *= 2
            self.upwards.append(_Convolution(width, _WIDTHS[side]))
            width = _WIDTHS[side]
        self.paint = nn.Conv2d(width, 3, 3, padding=1)

    def forward(self, code: Tensor) -> Tensor:
        """Pictures that may have had these codes."""
        expected = CODES[self.layer]
        if tuple(code.shape[1:]) != expected:
            raise ValueError(
                f"a code of {self.layer} has the shape (N, {', '.join(map(str, expected))}), got {tuple(code.shape)}: "
                f"encode(model, {self.layer!r}, pictures) makes it of pictures of 224 pixels"
            )
        y = self.entry(code)
        y = y.contiguous(memory_format=fastest_layout(y))
        if y.shape[-1] != self.start:
            y = F.interpolate(y, size=self.start, mode="bilinear", align_corners=False)
        y = self.block(self.first(y))
        for up in self.upwards:
            y = up(F.interpolate(y, scale_factor=2.0))
        return imageops.normalize(self.paint(y).float().sigmoid())

    def statistics(self) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation of each channel of the codes of the photographs that it learned from.

        Raises
        ------
        ValueError
            These are codes without places, of which it keeps none.
        """
        if not isinstance(self.entry, _Normalisation):
            raise ValueError(f"statistics are kept of codes with places, not of {self.layer}")
        return self.entry.mean, self.entry.variance.sqrt()


class _Normalisation(nn.Module):
    """Batch normalisation (Ioffe and Szegedy 2015, arXiv:1502.03167) whose state is all numbers that may be halved."""

    mean: Tensor
    variance: Tensor

    def __init__(self, channels: int, *, learns: bool = True) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("variance", torch.ones(channels))
        self.scale = nn.Parameter(torch.ones(channels)) if learns else None
        self.shift = nn.Parameter(torch.zeros(channels)) if learns else None

    def forward(self, x: Tensor) -> Tensor:
        return F.batch_norm(x, self.mean, self.variance, self.scale, self.shift, training=self.training, momentum=0.02)


class _Convolution(nn.Module):
    """Convolution, normalisation, leaky ReLU."""

    def __init__(self, inputs: int, outputs: int, *, reach: int = 3, rectify: bool = True) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(inputs, outputs, reach, padding=reach // 2, bias=False)
        self.normalisation = _Normalisation(outputs)
        self.rectify = rectify

    def forward(self, x: Tensor) -> Tensor:
        y = self.normalisation(self.convolution(x))
        return F.leaky_relu(y, 0.1) if self.rectify else y


class _Residual(nn.Module):
    """Two convolutions whose result is added to what came in (He et al. 2016, arXiv:1512.03385)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = _Convolution(width, width)
        self.second = _Convolution(width, width, rectify=False)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(self.first(x))
