"""Gradients for maps of tens of thousands of points to millions: repulsion through a grid, in linear time and memory.

Each point lays its unit of charge on the 4 x 4 nodes around it, the grid is convolved with the kernels by Fourier
transforms, and each point reads its force off the same nodes: the idea of Linderman et al. 2019, Fast
interpolation-based t-SNE, doi:10.1038/s41592-018-0308-4. There the nodes are three in each box; here they are evenly
spaced, and each point takes the nearest four a side, so that the cubic between them stays small near its middle. The
forces have kernels of their own, so one transform of one field of charges serves them all, and the kernels'
transforms are kept while the spacing stays the same.
"""

import math

import numpy as np
from scipy import fft
from scipy.sparse import csr_matrix

from cs182viz.techniques.embedding import kernels
from cs182viz.techniques.embedding.exact import Shared

SPACING = 1 / 3
"""Between two nodes at most; the kernels change over a length of 1."""
LEAST = 120
"""Nodes along the longer side of a map, at least: a map that has just begun is much smaller than 1."""
_MARGIN = 2  # nodes beyond the outermost points, for the four that surround each
_GROWTH = 1.05  # sizes and spacings come in steps, so that a map that grows slowly keeps its kernels


class FourierGradient(Shared):
    """``gradient(Y, P, exaggeration)`` as `exact.ExactGradient`, approximated on a grid."""

    def __init__(self, n: int, *, threads: int = 1) -> None:
        super().__init__(n, threads=threads)
        self._fields = np.empty((3, n), np.float32)
        self._known: tuple[float, tuple[int, int]] | None = None
        self._transforms = np.empty((3, 0, 0), np.complex64)

    def __call__(self, Y: np.ndarray, P: csr_matrix, exaggeration: float = 1.0) -> np.ndarray:
        """The gradient at Y (2, N): (2, N) float32."""
        spacing, shape = _grid(np.ptp(Y, axis=1))
        places = (Y - Y.min(axis=1, keepdims=True)) / np.float32(spacing) + np.float32(_MARGIN)
        charges = np.zeros(shape, np.float32)
        kernels.spread(places, charges)
        potentials = self._convolve(charges, spacing)
        self._share(self._read, Y, places, potentials, P.indptr, P.indices, P.data)
        self.normaliser = float(self._fields[0].sum(dtype=float)) - kernels.own(places, _near(spacing))
        repulsion = self._fields[1:] / np.float32(self.normaliser)
        return 4 * (np.float32(exaggeration) * self._attraction - repulsion)

    def _convolve(self, charges: np.ndarray, spacing: float) -> np.ndarray:
        """The charges' potentials under `kernels_at`'s three kernels, (3, *charges.shape)."""
        size = tuple(fft.next_fast_len(2 * side - 1, real=True) for side in charges.shape)
        if self._known != (spacing, size):
            self._known = (spacing, size)
            self._transforms = fft.rfft2(kernels_at(spacing, size), workers=self.threads)
        transform = fft.rfft2(charges, s=size, workers=self.threads)
        potentials = fft.irfft2(transform * self._transforms, s=size, workers=self.threads, overwrite_x=True)
        return potentials[:, : charges.shape[0], : charges.shape[1]]

    def _read(
        self, first: int, last: int, Y: np.ndarray, places: np.ndarray, potentials: np.ndarray, *P: np.ndarray
    ) -> None:
        top, end = self._bounds[first], self._bounds[last]
        kernels.gather(places, potentials, top, end, self._fields)
        kernels.attract(Y, *P, top, end, self._attraction)


def kernels_at(spacing: float, size: tuple[int, int]) -> np.ndarray:
    """w = 1 / (1 + d^2) and w^2 (dx, dy) at the differences d of two nodes: (3, *size) float32, as a circle has them.

    The entry [i, j] belongs to the difference (i, j) in nodes; the second half of each axis to the negative ones.
    """
    x, y = (np.fft.fftfreq(side, 1 / (side * spacing)).astype(np.float32) for side in size)
    w = 1 / (1 + x[:, None] ** 2 + y[None, :] ** 2)
    return np.stack([w, w * w * x[:, None], w * w * y[None, :]])


def _near(spacing: float) -> np.ndarray:
    """w at the differences of 0 to 3 nodes a side, times the ways in which two nodes can lie so: (4, 4) float32."""
    squares = (spacing * np.arange(4)) ** 2
    ways = np.array([1, 2, 2, 2])
    return (np.outer(ways, ways) / (1 + squares[:, None] + squares)).astype(np.float32)


def _grid(extent: np.ndarray) -> tuple[float, tuple[int, int]]:
    """The spacing of the nodes and their number on each axis, for a map of a given extent."""
    longest = max(float(extent.max()), 1e-12)
    steps = math.ceil(math.log(longest / (LEAST * SPACING), _GROWTH))
    spacing = SPACING * _GROWTH ** min(steps, 0)
    rows, columns = (_round_up(float(side) / spacing) + 2 * _MARGIN for side in extent)
    return spacing, (rows, columns)


def _round_up(nodes: float) -> int:
    """A number of nodes from a coarse ladder, no less than what is asked for."""
    return math.ceil(_GROWTH ** math.ceil(math.log(max(nodes, 1.0), _GROWTH)))
