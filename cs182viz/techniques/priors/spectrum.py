"""Pictures as spectra of decorrelated colours, and two ways to climb in them (lecture 10, section 3).

Neighbouring pixels and the three colours of photographs go together, so gradient ascent on pixels has bad coordinates.
Better ones: the Fourier transform of colours that are uncorrelated in photographs, each frequency scaled as photographs
have it, about 1/f (Olah, Mordvintsev and Schubert 2017, doi:10.23915/distill.00007, section "Preconditioning"). MACO
goes further and keeps the magnitudes that photographs have on average: only the phases move (Fel et al. 2023,
arXiv:2306.06805, section 3). What is whitened are logits of the values in 0..1, so that every spectrum is a picture.
"""

import functools

import torch
from torch import Tensor, nn

from cs182viz import imageops
from cs182viz.images import load_images
from cs182viz.techniques.priors.views import Views

_DARKEST = 0.02
"""Values of photographs are taken from there to one less it: 0 and 1 have no logits."""
_STATISTICS = 64
"""Side of the pictures whose colours are counted."""


def picture_of(spectrum: Tensor, side: int) -> Tensor:
    """Normalised pictures (N, 3, side, side) of spectra (N, 3, side, side // 2 + 1), complex; gradients pass."""
    mean, basis = (part.to(spectrum.device) for part in colour_statistics())
    planes = torch.fft.irfft2(spectrum, s=(side, side), norm="ortho")  # (N, 3, side, side), decorrelated
    logits = torch.einsum("cd,ndhw->nchw", basis.to(planes.dtype), planes) + mean.to(planes.dtype)[:, None, None]
    return imageops.normalize(logits.sigmoid())


def spectrum_of(pictures: Tensor) -> Tensor:
    """Spectra of normalised square pictures: the way back, but for values near 0 and 1.

    Raises
    ------
    ValueError
        The pictures are not square.
    """
    if pictures.ndim != 4 or pictures.shape[2] != pictures.shape[3]:
        raise ValueError(f"spectra are of square pictures (N, 3, side, side), got {tuple(pictures.shape)}")
    mean, basis = (part.to(pictures) for part in colour_statistics())
    centred = _logits(pictures) - mean[:, None, None]
    planes = torch.einsum("dc,nchw->ndhw", torch.linalg.inv(basis), centred)
    return torch.fft.rfft2(planes, norm="ortho")


@functools.cache
def colour_statistics() -> tuple[Tensor, Tensor]:
    """Mean (3,) and basis B (3, 3) of the logits of the package's photographs: B B^T is their covariance."""
    pixels = _logits(_photographs(_STATISTICS)).double().movedim(1, 0).flatten(1)  # (3, all pixels)
    values, vectors = torch.linalg.eigh(torch.cov(pixels))
    return pixels.mean(dim=1).float(), (vectors * values.sqrt()).float()


@functools.cache
def typical_magnitude(side: int) -> Tensor:
    """Mean magnitude of the spectra of the package's photographs, (3, side, side // 2 + 1).

    The constant, at frequency 0, is left at 0: pictures then have the mean colour of photographs.
    """
    magnitude = spectrum_of(_photographs(side)).abs().mean(dim=0)
    magnitude[:, 0, 0] = 0
    return magnitude


class FourierPicture(nn.Module):
    """Pictures by their spectra, each frequency divided by its height, so that one rate suits them all.

    Parameters
    ----------
    count, side : how many pictures, and their side in pixels.
    seed : ``seed + n`` is that of the faint noise in which picture n begins.
    """

    rate = 0.01
    """For Adam."""
    size, views = 224, Views()
    scale: Tensor

    def __init__(self, count: int, side: int, *, seed: int = 182) -> None:
        super().__init__()
        self.side = side
        self.spectrum = nn.Parameter(torch.view_as_real(0.01 * _noise(count, side, seed)))
        self.register_buffer("scale", 1 / frequencies(side).clamp(min=1 / side))

    def forward(self) -> Tensor:
        """The pictures, (count, 3, side, side)."""
        return picture_of(torch.view_as_complex(self.spectrum) * self.scale, self.side)


class FixedMagnitude(nn.Module):
    """Pictures with the magnitudes of photographs, of which only the phases move (MACO); otherwise as above."""

    rate = 0.2
    size, views = 224, Views()
    magnitude: Tensor

    def __init__(self, count: int, side: int, *, seed: int = 182) -> None:
        super().__init__()
        self.side = side
        self.phase = nn.Parameter(_noise(count, side, seed).angle())
        self.register_buffer("magnitude", typical_magnitude(side))

    def forward(self) -> Tensor:
        """The pictures, (count, 3, side, side)."""
        return picture_of(torch.polar(self.magnitude.expand_as(self.phase), self._odd(self.phase)), self.side)

    def _odd(self, phase: Tensor) -> Tensor:
        """Phases with phi(-k) = -phi(k), as real pictures have them: the other half of two columns stands in them."""
        return torch.cat([_made_odd(column) if own else column for column, own in self._columns(phase)], dim=3)

    def _columns(self, phase: Tensor) -> list[tuple[Tensor, bool]]:
        """The column of frequency 0, those that stand for two, and for an even side that of the highest."""
        last = phase.shape[3] - (self.side % 2 == 0)
        return [(phase[..., :1], True), (phase[..., 1:last], False), (phase[..., last:], True)]


def frequencies(side: int) -> Tensor:
    """Cycles a pixel of each entry of a spectrum, (side, side // 2 + 1)."""
    return torch.hypot(torch.fft.fftfreq(side)[:, None], torch.fft.rfftfreq(side)[None, :])


def _made_odd(column: Tensor) -> Tensor:
    mirrored = column.flip(2).roll(1, dims=2)  # k -> -k
    return (column - mirrored) / 2


def _noise(count: int, side: int, seed: int) -> Tensor:
    generators = (torch.Generator().manual_seed(seed + n) for n in range(count))
    shape = (3, side, side // 2 + 1)
    return torch.stack([torch.randn(shape, generator=g, dtype=torch.complex64) for g in generators])


def _photographs(side: int) -> Tensor:
    return torch.cat([imageops.preprocess(picture.image, size=side) for picture in load_images()])


def _logits(pictures: Tensor) -> Tensor:
    return imageops.denormalize(pictures).clamp(_DARKEST, 1 - _DARKEST).logit()
