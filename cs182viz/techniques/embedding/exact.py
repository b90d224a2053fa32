"""The exact gradient of t-SNE's cost, by compiled kernels on several threads; equal to the last bit on any number."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from cs182viz.techniques.embedding import kernels

CHUNKS = 16  # pieces of work, and so the most threads that help; always as many, so that sums round in one way
_WORTH_A_THREAD = 1000  # points; below, a second thread takes longer to wake than it saves


class ExactGradient:
    """``gradient(Y, P, exaggeration)`` for Y (2, N) float32; close it, or use it in a ``with`` block."""

    def __init__(self, n: int, *, threads: int = 1) -> None:
        self.threads = min(threads, CHUNKS) if n >= _WORTH_A_THREAD else 1
        self._pool = ThreadPoolExecutor(self.threads - 1) if self.threads > 1 else None
        self._repulsion = np.empty((CHUNKS, 2, n), np.float32)
        self._sums = np.empty(CHUNKS)
        self._attraction = np.empty((2, n), np.float32)
        rows = -(-n // CHUNKS)
        self._bounds = [min(chunk * rows, n) for chunk in range(CHUNKS + 1)]

    def __enter__(self) -> "ExactGradient":
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool:
            self._pool.shutdown()

    def __call__(self, Y: np.ndarray, P: csr_matrix, exaggeration: float = 1.0) -> np.ndarray:
        """4 sum_j (exaggeration p_ij - q_ij) (y_i - y_j) / (1 + |y_i - y_j|^2): (2, N) float32.

        Van der Maaten & Hinton 2008, equation 5.
        """
        self._share(self._forces, Y, P.indptr, P.indices, P.data)
        repulsion = self._repulsion.sum(axis=0)
        return 4 * (np.float32(exaggeration) * self._attraction - repulsion / np.float32(self._sums.sum()))

    def divergence(self, Y: np.ndarray, P: csr_matrix) -> float:
        """KL(P || Q) at the Y of the latest gradient: sum p log p + sum p log(1 + d^2) + log sum 1 / (1 + d^2)."""
        stretches = self._share(self._stretches, Y, P.indptr, P.indices, P.data)
        return float(_negative_entropy(P.data) + np.sum(np.concatenate(stretches)) + np.log(self._sums.sum()))

    def _share(self, work: Callable[..., Any], *arguments: np.ndarray) -> list[Any]:
        """Results of ``work(first chunk, last chunk, ...)`` from every thread, in order; the calling thread helps."""
        shares = [CHUNKS * i // self.threads for i in range(self.threads + 1)]
        others = [
            self._pool.submit(work, first, last, *arguments)
            for first, last in zip(shares[1:-1], shares[2:], strict=True)
        ]
        return [work(shares[0], shares[1], *arguments), *(other.result() for other in others)]

    def _forces(self, first: int, last: int, Y: np.ndarray, *P: np.ndarray) -> None:
        kernels.repel(Y, first, last, self._repulsion, self._sums)
        kernels.attract(Y, *P, self._bounds[first], self._bounds[last], self._attraction)

    def _stretches(self, first: int, last: int, Y: np.ndarray, *P: np.ndarray) -> list[float]:
        return [kernels.stretch(Y, *P, self._bounds[i], self._bounds[i + 1]) for i in range(first, last)]


def _negative_entropy(p: np.ndarray) -> float:
    p = p[p > 0].astype(float)
    return float((p * np.log(p)).sum())
