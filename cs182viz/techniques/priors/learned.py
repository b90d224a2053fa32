"""Pictures as codes of a network that has learned what photographs are like (lecture 10, sections 3 and 5).

Nguyen, Dosovitskiy, Yosinski, Brox and Clune 2016, "Synthesizing the preferred inputs for neurons in neural networks
via deep generator networks" (arXiv:1605.09304): what is climbed is the code of a generator, each number of it held to
the range that it has for photographs. Here the generator is the network that inverts fire9 and learned against a judge.
"""

import torch
from torch import Tensor, nn

from cs182viz.techniques.inversion_network import CODES, SIDE, Inverter, load_inverter
from cs182viz.techniques.priors.views import Views

LAYER = "fire9"
"""Whose codes are climbed in: deep enough to hold whole objects, with places, so that a picture holds one of them."""
_REACH = 3.0
"""Standard deviations from the mean that a number of the code may go (the paper, section 2)."""
_START = 0.1


class GeneratedPicture(nn.Module):
    """Pictures by the codes that a generator paints them of; they begin near the mean code of photographs.

    Parameters
    ----------
    count : how many pictures.
    side : of them, which is the generator's, 112 pixels.
    seed : ``seed + n`` is that of the faint noise in which picture n begins.
    generator : an inverter of codes that have places; by default the one of fire9 that learned against a judge.

    Raises
    ------
    ValueError
        Another side is asked for, or the generator is of codes without places.
    """

    rate = 0.1
    """For Adam."""
    size = SIDE
    views = Views(shift=0.05, sections=(0.8, 1.1), turn=5.0, side=176)
    """The generator's pictures show one thing, in the middle: no section leaves much of it out."""

    def __init__(self, count: int, side: int = SIDE, *, seed: int = 182, generator: Inverter | None = None) -> None:
        super().__init__()
        if side != SIDE:
            raise ValueError(f"the generator paints pictures of {SIDE} pixels, and {side} were asked for")
        self.generator = load_inverter(LAYER, gan=True) if generator is None else generator
        self.generator.statistics()  # of codes without places there are none
        shape = CODES[self.generator.layer]
        noise = (torch.randn(shape, generator=torch.Generator().manual_seed(seed + n)) for n in range(count))
        self.place = nn.Parameter(_START * torch.stack(list(noise)))

    def code(self) -> Tensor:
        """The codes, (count, channels, height, width), each channel within three deviations of its mean, none < 0."""
        mean, deviation = (each[:, None, None] for each in self.generator.statistics())
        return (mean + _REACH * deviation * self.place.tanh()).clamp(min=0)

    def forward(self) -> Tensor:
        """The pictures, (count, 3, 112, 112)."""
        return self.generator(self.code())
