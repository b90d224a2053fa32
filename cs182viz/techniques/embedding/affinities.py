"""Who is a neighbour of whom: t-SNE's joint probabilities over the nearest neighbours (lecture 10, section 1).

p_{j|i} is a Gaussian of the distance whose width gives each point the wanted perplexity, and from it
p_ij = (p_{j|i} + p_{i|j}) / 2N (van der Maaten & Hinton 2008). Beyond 3 x perplexity neighbours the Gaussian is as good
as 0, so only those are kept (van der Maaten 2014, Accelerating t-SNE using tree-based algorithms, section 4.1): memory
grows as N, not as N^2.
"""

from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, issparse
from sklearn.neighbors import NearestNeighbors

EXACT_LIMIT = 20_000  # points up to which neighbours are found by comparing all pairs, block by block
_TOLERANCE = 1e-5  # of the perplexity's logarithm


def affinities(X: np.ndarray, *, perplexity: float = 30.0) -> csr_matrix:
    """Joint probabilities p_ij of points (N, d): sparse (N, N), symmetric, the diagonal 0, all together 1.

    Raises
    ------
    ValueError
        See `check_points` and `check_perplexity`.
    """
    X = check_points(X)
    check_perplexity(perplexity, len(X))
    return Neighbours(X).joint(perplexity)


def check_points(X: Any) -> np.ndarray:
    """Float32 points (N, d) of any real array, sparse matrix or tensor, moved and scaled into -1..1.

    No affinity depends on either.

    ValueError unless there are 3 or more and all are finite.
    """
    if issparse(X):
        X = X.toarray()
    points = np.asarray(X.detach().cpu() if hasattr(X, "detach") else X)
    if points.ndim != 2 or points.shape[1] == 0 or points.dtype.kind not in "biuf":
        raise ValueError(
            f"expected points as numbers of shape (N, d), got {points.dtype} of shape {points.shape}: "
            "flatten each picture or code into one row, X.reshape(len(X), -1)"
        )
    if len(points) < 3:
        raise ValueError(f"expected at least 3 points to draw a map of, got {len(points)}")
    bad = ~np.isfinite(points).all(axis=1)
    if bad.any():
        raise ValueError(
            f"{bad.sum()} of {len(points)} points hold NaN or infinity, the first is row {bad.argmax()}: "
            "leave them out, X[np.isfinite(X).all(axis=1)]"
        )
    points = points - points.mean(axis=0, dtype=float)
    return (points / max(np.abs(points).max(), np.finfo(float).tiny)).astype(np.float32)


def check_perplexity(perplexity: float, n: int) -> None:
    """ValueError unless 1 < perplexity < n - 1: a point has n - 1 others to be a neighbour of."""
    if not 1 < perplexity < n - 1:
        raise ValueError(
            f"perplexity {perplexity:g} does not fit {n} points: it is the number of neighbours that a point counts as "
            f"near, more than 1 and less than {n - 1}; 5 to 50 is usual"
        )


class Neighbours:
    """The nearest neighbours of points, kept so that another perplexity costs no new search."""

    def __init__(self, X: np.ndarray, *, threads: int = 1, seed: int = 182) -> None:
        self.X, self.threads, self.seed = X, threads, seed
        self.columns = np.empty((len(X), 0), np.int32)  # (N, k), nearest first
        self.squares = np.empty((len(X), 0), np.float32)  # (N, k) squared distances

    def joint(self, perplexity: float) -> csr_matrix:
        """Joint probabilities at a perplexity, float32 in rows."""
        k = min(len(self.X) - 1, int(3 * perplexity + 1))
        if k > self.columns.shape[1]:
            self._search(k)
        p = conditional_probabilities(self.squares[:, :k], perplexity)  # (N, k)
        n = len(p)
        starts = np.arange(0, n * k + 1, k)
        P = csr_matrix((p.ravel(), self.columns[:, :k].ravel(), starts), shape=(n, n))
        P = ((P + P.T) / (2 * n)).tocsr()
        P.setdiag(0)  # an approximate search may count a point that is there twice as its own neighbour
        P.eliminate_zeros()
        P.data = (P.data / P.data.sum()).astype(np.float32)
        return P

    def _search(self, k: int) -> None:
        if len(self.X) <= EXACT_LIMIT:
            distances, columns = _by_comparing_all(self.X, k)
        else:
            distances, columns = _by_tree(self.X, k, threads=self.threads, seed=self.seed)
        self.columns = columns.astype(np.int32)
        self.squares = (distances**2).astype(np.float32)


def conditional_probabilities(squares: np.ndarray, perplexity: float, *, block: int = 4096) -> np.ndarray:
    """p_{j|i} over each point's k neighbours, (N, k), from squared distances in rising order: rows sum to 1.

    Each row's precision 1 / 2 sigma^2 is found by bisection, all rows of a block at once. A row of equal distances
    (a point that is there very often) keeps equal probabilities: no width gives it another perplexity.
    """
    parts = [_one_block(squares[i : i + block], np.log(perplexity)) for i in range(0, len(squares), block)]
    return np.concatenate(parts)


def _one_block(squares: np.ndarray, wanted: float) -> np.ndarray:
    gaps = squares - squares[:, :1].astype(float)  # the nearest at 0: one exponential of each row is exactly 1
    scale = gaps.mean(axis=1)
    scale[scale == 0] = 1
    gaps = gaps / scale[:, None]
    low, high = np.zeros(len(gaps)), np.full(len(gaps), np.inf)
    precision = np.ones(len(gaps))
    for _ in range(100):
        weights = np.exp(-precision[:, None] * gaps)  # (rows, k)
        total = weights.sum(axis=1)
        entropy = np.log(total) + precision * (gaps * weights).sum(axis=1) / total  # in nats
        wide = entropy > wanted  # too many neighbours: a higher precision
        if (np.abs(entropy - wanted) < _TOLERANCE).all():
            break
        low, high = np.where(wide, precision, low), np.where(wide, high, precision)
        precision = np.where(np.isinf(high), 2 * precision, (low + high) / 2)
    return (weights / total[:, None]).astype(np.float32)


def _by_comparing_all(X: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    return NearestNeighbors(n_neighbors=k, algorithm="brute").fit(X).kneighbors()


def _by_tree(X: np.ndarray, k: int, *, threads: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Approximate neighbours by openTSNE's choice of method; all pairs, slowly, where it is missing."""
    try:
        from openTSNE.affinity import get_knn_index
    except ImportError:
        return _by_comparing_all(X, k)
    columns, distances = get_knn_index(X, "annoy", k, "euclidean", n_jobs=threads, random_state=seed).build()
    return distances, columns
