"""Style without its colours: what a painting's strokes look like in a photograph's own palette.

Gatys, Bethge, Hertzmann and Shechtman 2016, "Preserving color in neural artistic style transfer"
(doi:10.48550/arXiv.1606.05897): either the painting's colours are matched to the photograph's before the transfer
(section 3), or only the luminance is transferred (section 4). Pictures are normalised tensors (1, 3, H, W).
"""

import torch
from torch import Tensor

from cs182viz.imageops import clamp_to_image, denormalize, normalize

_YIQ_LUMINANCE = (0.299, 0.587, 0.114)


def match_colours(style: Tensor, content: Tensor) -> Tensor:
    """Recolour `style` so that its pixels have the mean and the covariance of the pixels of `content`.

    x -> A (x - m_s) + m_c with A = S_c^(1/2) S_s^(-1/2), the symmetric roots of the covariances of RGB (section 3,
    "Image Analogies colour transfer", which the authors prefer to the Cholesky factors). A colour that the style hardly
    varies in (a grey texture, say) is left without variation. Values may leave the range of pictures.

    Returns
    -------
    Tensor of the shape of `style`.

    Raises
    ------
    ValueError
        One of them is not one picture.
    """
    (source, mean), (target, new_mean) = _colours(style), _colours(content)
    values, vectors = torch.linalg.eigh(torch.cov(source))
    there = values > 1e-6 * values.max().clamp(min=1e-6)
    inverse = torch.where(there, values.clamp(min=1e-12).rsqrt(), torch.zeros_like(values))
    whiten = vectors * inverse @ vectors.T  # (3, 3)
    values, vectors = torch.linalg.eigh(torch.cov(target))
    root = vectors * values.clamp(min=0).sqrt() @ vectors.T
    matched = root @ whiten @ (source - mean) + new_mean  # (3, HW)
    return normalize(matched.reshape(style.shape))


def luminance(x: Tensor) -> Tensor:
    """Grey picture of the same luminance, Y of YIQ: (N, 3, H, W) normalised, three equal channels of RGB."""
    weights = x.new_tensor(_YIQ_LUMINANCE).reshape(3, 1, 1)
    grey = (weights * denormalize(x)).sum(-3, keepdim=True)  # (N, 1, H, W)
    return normalize(grey.expand(x.shape))


def match_luminance(style: Tensor, content: Tensor) -> Tensor:
    """Grey picture of `style` whose luminance has the mean and standard deviation of that of `content` (section 4)."""
    (source, mean), (target, new_mean) = _colours(luminance(style)), _colours(luminance(content))
    scale = target.std(correction=0) / source.std(correction=0).clamp(min=1e-6)
    return normalize(((source - mean) * scale + new_mean).reshape(style.shape))


def recolour(x: Tensor, content: Tensor) -> Tensor:
    """Picture with the luminance of `x` and the colours (I and Q of YIQ) of `content`, cut off at a picture's range.

    In RGB that is content + (Y(x) - Y(content)), since luminance is the direction (1, 1, 1).
    """
    change = denormalize(luminance(x)) - denormalize(luminance(content))
    return clamp_to_image(normalize(denormalize(content) + change))


def _colours(picture: Tensor) -> tuple[Tensor, Tensor]:
    """RGB of each pixel, (3, HW), and their mean, (3, 1)."""
    if picture.ndim != 4 or picture.shape[:2] != (1, 3):
        raise ValueError(f"expected one picture (1, 3, H, W), got shape {tuple(picture.shape)}")
    pixels = denormalize(picture)[0].flatten(1)
    return pixels, pixels.mean(1, keepdim=True)
