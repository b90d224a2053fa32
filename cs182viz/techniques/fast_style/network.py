"""The network that paints a picture in one pass, in several styles.

Johnson, Alahi and Fei-Fei 2016 (arXiv:1603.08155): residual blocks at a quarter of the resolution, trained on losses
of style transfer. Pixels are folded into channels on the way in, upsampling is a resize and a convolution, which
leaves no checkerboard (Odena et al. 2016, doi:10.23915/distill.00003), and each style has its own scales and shifts
after instance normalisation (Ulyanov et al. 2016, arXiv:1607.08022; Dumoulin et al. 2016, arXiv:1610.07629), so that
styles mix.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cs182viz import imageops

FOLD = 4
"""Sides of a picture are padded to multiples of this."""
_SMALLEST = 16


class Stylizer(nn.Module):
    """Pictures (N, 3, H, W) and how much of each style they get (N, styles) to paintings (N, 3, H, W).

    Pictures are normalised, here and there.

    Parameters
    ----------
    styles : names of the styles.
    width : channels at a quarter of the resolution.
    blocks : residual blocks there.
    """

    def __init__(self, styles: Sequence[str], *, width: int = 48, blocks: int = 3) -> None:
        super().__init__()
        self.styles = tuple(styles)
        self.width = width
        count = len(self.styles)
        self.stem = _Convolution(3 * FOLD**2, width, count)
        self.blocks = nn.ModuleList(_Residual(width, count) for _ in range(blocks))
        self.to_half = _Convolution(width, width // 2, count)
        self.to_full = _Convolution(width // 2, width // 4, count)
        self.paint = nn.Conv2d(width // 4, 3, 3)
        nn.init.normal_(self.paint.weight, std=0.03)

    def forward(self, x: Tensor, mix: Tensor) -> Tensor:
        """Paint pictures; `mix` is (N, styles), or (styles,) for all of them."""
        height, width = x.shape[2:]
        if min(height, width) < _SMALLEST:
            raise ValueError(f"a picture to paint needs {_SMALLEST} pixels a side at least, got {height}x{width}")
        mix = mix.expand(len(x), len(self.styles))
        padded = F.pad(x, (0, -width % FOLD, 0, -height % FOLD), mode="replicate")
        y = self.stem(F.pixel_unshuffle(padded, FOLD), mix)
        for block in self.blocks:
            y = block(y, mix)
        y = self.to_half(F.interpolate(y, scale_factor=2.0), mix)
        y = self.to_full(F.interpolate(y, scale_factor=2.0), mix)
        ink = self.paint(F.pad(y, (1, 1, 1, 1), mode="reflect"))
        return imageops.normalize(ink.sigmoid())[:, :, :height, :width]

    def mixture(self, *names: str) -> Tensor:
        """Equal parts of some styles, (styles,).

        Raises
        ------
        ValueError
            There is no such style, or none was named.
        """
        unknown = [name for name in names if name not in self.styles]
        if unknown or not names:
            raise ValueError(
                f"name one or more of the styles {', '.join(self.styles)}; got {', '.join(names) or 'none'}"
            )
        mix = torch.zeros(len(self.styles))
        for name in names:
            mix[self.styles.index(name)] += 1 / len(names)
        return mix


class _Convolution(nn.Module):
    """3x3 convolution with reflected borders, instance normalisation with scale and shift of the style, ReLU."""

    def __init__(self, inputs: int, outputs: int, styles: int, *, rectify: bool = True) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(inputs, outputs, 3, bias=False)
        self.scale = nn.Parameter(torch.ones(styles, outputs))
        self.shift = nn.Parameter(torch.zeros(styles, outputs))
        self.rectify = rectify

    def forward(self, x: Tensor, mix: Tensor) -> Tensor:
        y = self.convolution(F.pad(x, (1, 1, 1, 1), mode="reflect"))
        mean = y.mean((2, 3), keepdim=True)
        variance = ((y * y).mean((2, 3), keepdim=True) - mean * mean).clamp(min=0)  # a fifth of `var_mean`'s time
        scale = (mix @ self.scale)[:, :, None, None] * (variance + 1e-5).rsqrt()
        y = torch.addcmul((mix @ self.shift)[:, :, None, None] - mean * scale, y, scale)
        return y.relu() if self.rectify else y


class _Residual(nn.Module):
    """Two convolutions whose result is added to what came in (He et al. 2016, arXiv:1512.03385)."""

    def __init__(self, width: int, styles: int) -> None:
        super().__init__()
        self.first = _Convolution(width, width, styles)
        self.second = _Convolution(width, width, styles, rectify=False)

    def forward(self, x: Tensor, mix: Tensor) -> Tensor:
        return x + self.second(self.first(x, mix), mix)
