"""A picture seen a little differently at each step: what is climbed then does not hang on single pixels.

Transformation robustness: Mordvintsev et al. 2015 by jitter; shift, scale and turn together in Olah, Mordvintsev and
Schubert 2017 (doi:10.23915/distill.00007); crops of many sizes in MACO (Fel et al. 2023, arXiv:2306.06805).
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class Views:
    """Random shifts, sections and turns.

    Parameters
    ----------
    shift : by up to this share of the picture's side, across and down.
    sections : the least and the greatest share of the picture's side that is seen.
    turn : by up to this many degrees.
    side : of what is seen, in pixels.

    Raises
    ------
    ValueError
        A share or an angle that cannot be.
    """

    shift: float = 0.1
    sections: tuple[float, float] = (0.5, 0.9)
    turn: float = 10.0
    side: int = 144

    def __post_init__(self) -> None:
        if not 0 <= self.shift <= 1 or not 0 <= self.turn <= 180:
            raise ValueError(f"shift is a share in 0..1 and turn 0 to 180 degrees, got {self.shift} and {self.turn}")
        if not 0 < self.sections[0] <= self.sections[1]:
            raise ValueError(f"sections are the least and the greatest share that is seen, got {self.sections}")
        if self.side < 1:
            raise ValueError(f"side is a number of pixels, 1 or more, got {self.side}")

    def draw(self, generators: list[torch.Generator]) -> Tensor:
        """One view for each generator: matrices (N, 2, 3) from places in what is seen to places in the picture."""
        return torch.stack([self._one(*torch.rand(4, generator=g).tolist()) for g in generators])

    def of(self, pictures: Tensor, places: Tensor) -> Tensor:
        """What is seen of pictures (N, 3, H, W): (N, 3, side, side), mirrored beyond the edges; gradients pass."""
        grid = F.affine_grid(places.to(pictures), [len(pictures), 3, self.side, self.side], align_corners=False)
        return F.grid_sample(pictures, grid, padding_mode="reflection", align_corners=False)

    def _one(self, across: float, down: float, section: float, turn: float) -> Tensor:
        least, greatest = self.sections
        share = least + (greatest - least) * section
        angle = math.radians(self.turn * (2 * turn - 1))
        x, y = (2 * self.shift * (2 * place - 1) for place in (across, down))  # a side is 2 long, from -1 to 1
        cosine, sine = share * math.cos(angle), share * math.sin(angle)
        return torch.tensor([[cosine, -sine, x], [sine, cosine, y]])
