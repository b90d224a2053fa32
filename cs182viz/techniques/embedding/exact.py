"""The exact gradient of t-SNE's cost, by compiled kernels on several threads; equal to the last bit on any number."""

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self

import numpy as np
from scipy.sparse import csr_matrix

from cs182viz.techniques.embedding import kernels

CHUNKS = 16  # pieces of work, and so the most threads that help; always as many, so that sums round in one way
_WORTH_A_THREAD = 1000  # points; below, a second thread takes longer to wake than it saves


class Shared:
    """What a gradient on several threads has: its pieces of work, the attraction, the divergence.

    A subclass is called with (Y, P, exaggeration) and leaves sum_ij 1 / (1 + |y_i - y_j|^2) in `normaliser`.
    """

    normaliser = 1.0

    def __init__(self, n: int, *, threads: int = 1) -> None:
        self.threads = min(threads, CHUNKS) if n >= _WORTH_A_THREAD else 1
        self._pool = ThreadPoolExecutor(self.threads - 1) if self.threads > 1 else None
        self._attraction = np.empty((2, n), np.float32)
        rows = -(-n // CHUNKS)
        self._bounds = [min(chunk * rows, n) for chunk in range(CHUNKS + 1)]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool:
            self._pool.shutdown()

    def divergence(self, Y: np.ndarray, P: csr_matrix) -> float:
        """KL(P || Q) at the Y of the latest gradient: sum p log p + sum p log(1 + d^2) + log sum 1 / (1 + d^2)."""
        stretched = np.empty_like(P.data)
        attraction = sum(self._share(self._stretch, Y, P.indptr, P.indices, P.data, stretched))
        p = P.data[P.data > 0]
        return float((np.log(p) * p).sum(dtype=float) + attraction + np.log(self.normaliser))

    def _share(self, work: Callable[..., Any], *arguments: np.ndarray) -> list[Any]:
        """Results of ``work(first chunk, last chunk, ...)`` from every thread, in order; the calling thread helps."""
        shares = [CHUNKS * i // self.threads for i in range(self.threads + 1)]
        others = (
            [self._pool.submit(work, *ends, *arguments) for ends in itertools.pairwise(shares[1:])]
            if self._pool
            else []
        )
        return [work(shares[0], shares[1], *arguments), *(other.result() for other in others)]

    def _stretch(
        self, first: int, last: int, Y: np.ndarray, starts: np.ndarray, columns: np.ndarray, *both: np.ndarray
    ) -> float:
        """Sum of p log(1 + d^2) over these chunks' pairs; the logarithm is NumPy's, which takes many at once."""
        top, end = self._bounds[first], self._bounds[last]
        p, stretched = (entries[starts[top] : starts[end]] for entries in both)
        kernels.distances(Y, starts, columns, top, end, both[1])
        return float((np.log(stretched, out=stretched) * p).sum(dtype=float))


class ExactGradient(Shared):
    """``gradient(Y, P, exaggeration)`` for Y (2, N) float32; close it, or use it in a ``with`` block."""

    def __init__(self, n: int, *, threads: int = 1) -> None:
        super().__init__(n, threads=threads)
        self._repulsion = np.empty((CHUNKS, 2, n), np.float32)
        self._sums = np.empty(CHUNKS)

    def __call__(self, Y: np.ndarray, P: csr_matrix, exaggeration: float = 1.0) -> np.ndarray:
        """4 sum_j (exaggeration p_ij - q_ij) (y_i - y_j) / (1 + |y_i - y_j|^2): (2, N) float32.

        Van der Maaten & Hinton 2008, equation 5.
        """
        self._share(self._forces, Y, P.indptr, P.indices, P.data)
        self.normaliser = float(self._sums.sum())
        repulsion = self._repulsion.sum(axis=0)
        return 4 * (np.float32(exaggeration) * self._attraction - repulsion / np.float32(self.normaliser))

    def _forces(self, first: int, last: int, Y: np.ndarray, *P: np.ndarray) -> None:
        kernels.repel(Y, first, last, self._repulsion, self._sums)
        kernels.attract(Y, *P, self._bounds[first], self._bounds[last], self._attraction)
