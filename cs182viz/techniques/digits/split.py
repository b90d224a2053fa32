"""Which of scikit-learn's digits are learned, and which are held out."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from cs182viz import images

HELD_OUT = 0.2
SIDE, CLASSES = 8, 10


@dataclass(frozen=True)
class Examples:
    """Pictures X (N, channels, side, side) and the numbers y (N,) of their classes, float32 and int64."""

    X: Tensor
    y: Tensor

    def __len__(self) -> int:
        return len(self.y)

    def draw(self, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """`count` of them by chance, none twice, as a batch X (count, channels, side, side), y (count,)."""
        rows = torch.randperm(len(self), generator=generator)[:count]
        return self.X[rows], self.y[rows]


def split(seed: int = 182) -> tuple[Examples, Examples]:
    """The digits to learn from, and a fifth of them that is held out, shuffled by `seed`.

    The 44 writers are in both parts: what is measured is a new digit of a known hand.
    """
    X, y = images.digits()
    order = np.random.default_rng(seed).permutation(len(y))
    pictures = torch.from_numpy(X[order].astype(np.float32)).view(-1, 1, SIDE, SIDE)
    numbers = torch.from_numpy(y[order].astype(np.int64))
    kept = round(len(y) * (1 - HELD_OUT))
    return Examples(pictures[:kept], numbers[:kept]), Examples(pictures[kept:], numbers[kept:])
