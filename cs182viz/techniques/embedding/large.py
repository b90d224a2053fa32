"""Gradients for maps of tens of thousands of points and more: by Fourier transform from openTSNE, in linear memory.

Linderman et al. 2019, Fast interpolation-based t-SNE, doi:10.1038/s41592-018-0308-4.
"""

import numpy as np
from scipy.sparse import csr_matrix


class FourierGradient:
    """``gradient(Y, P, exaggeration)`` as `exact.ExactGradient`, approximated on a grid; needs openTSNE."""

    def __init__(self, n: int, *, threads: int = 1) -> None:
        from openTSNE.tsne import kl_divergence_fft

        self._evaluate, self.threads = kl_divergence_fft, threads
        self._double: tuple[csr_matrix, csr_matrix] | None = None

    def __enter__(self) -> "FourierGradient":
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to close."""

    def __call__(self, Y: np.ndarray, P: csr_matrix, exaggeration: float = 1.0) -> np.ndarray:
        """The gradient at Y (2, N): (2, N) float32."""
        gradient, _ = self._both(Y, P, exaggeration, with_error=False)
        return gradient

    def divergence(self, Y: np.ndarray, P: csr_matrix) -> float:
        """KL(P || Q)."""
        return self._both(Y, P, 1.0, with_error=True)[1]

    def _both(self, Y: np.ndarray, P: csr_matrix, exaggeration: float, *, with_error: bool) -> tuple[np.ndarray, float]:
        if self._double is None or self._double[0] is not P:
            self._double = (P, P.astype(float))
        stronger = self._double[1]
        if exaggeration != 1:
            stronger = csr_matrix((stronger.data * exaggeration, P.indices, P.indptr), shape=P.shape)
        kl, gradient = self._evaluate(
            np.ascontiguousarray(Y.T, dtype=float),
            stronger,
            dof=1,
            fft_params={"n_interpolation_points": 3, "min_num_intervals": 50, "ints_in_interval": 1},
            should_eval_error=with_error,
            n_jobs=self.threads,
        )
        return (4 * gradient.T).astype(np.float32), float(kl)  # openTSNE leaves the factor 4 to the learning rate
