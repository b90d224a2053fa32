"""How much of the original neighbourhoods a map keeps, in two numbers between 0 and 1."""

import numpy as np
from scipy.stats import mode
from sklearn.metrics import euclidean_distances
from sklearn.neighbors import NearestNeighbors

from cs182viz.canvas import to_numpy

_BLOCK = 256  # rows of distances held at once


def knn_accuracy(Y: np.ndarray, labels: np.ndarray, *, k: int = 10, sample: int = 5000, seed: int = 182) -> float:
    """Share of points whose label is the commonest among their k nearest others, each point itself left out.

    Y is (N, d), of the map or of the original space; `labels` has N entries of any kind. Among labels that are equally
    common the smallest counts. Beyond `sample` points a random `sample` of them is asked about their neighbours among
    all. ValueError unless 1 <= k < N.
    """
    Y, labels = to_numpy(Y), to_numpy(labels)
    if labels.shape != (len(Y),):
        raise ValueError(f"expected one label for each of {len(Y)} points, got shape {labels.shape}")
    _check_neighbours(k, len(Y) - 1)
    _, codes = np.unique(labels, return_inverse=True)
    rows = _sample(len(Y), sample, seed)
    votes = codes[_nearest(Y, rows, k)]  # (rows, k)
    return float((mode(votes, axis=1).mode == codes[rows]).mean())


def trustworthiness(X: np.ndarray, Y: np.ndarray, *, k: int = 12, sample: int = 2000, seed: int = 182) -> float:
    """1 if the k nearest neighbours on the map are neighbours in the original space; less, the farther they come from.

    T = 1 - 2 / (N k (2N - 3k - 1)) sum_i sum_{j in U_i} (r(i, j) - k), where U_i are i's neighbours on the map that are
    none in the original space and r is their rank there (Venna & Kaski 2001, doi:10.1007/3-540-44668-0_68). Beyond
    `sample` points i runs over a random `sample` of them, so that time and memory grow as N.

    Raises
    ------
    ValueError
        X and Y differ in length, or not 1 <= k < N / 2.
    """
    X, Y = to_numpy(X), to_numpy(Y)
    n = len(X)
    if len(Y) != n:
        raise ValueError(f"expected as many points in the map as in the original space, got {len(Y)} and {n}")
    _check_neighbours(k, (n - 1) // 2)
    rows = _sample(n, sample, seed)
    neighbours = _nearest(Y, rows, k)
    excess = 0
    for block in np.array_split(np.arange(len(rows)), -(-len(rows) // _BLOCK)):
        distances = euclidean_distances(X[rows[block]], X, squared=True)  # (B, N)
        distances[np.arange(len(block)), rows[block]] = np.inf
        for column in neighbours[block].T:
            nearer = distances < np.take_along_axis(distances, column[:, None], axis=1)
            excess += np.maximum(nearer.sum(axis=1) + 1 - k, 0).sum()
    return float(1 - 2 * excess / (len(rows) * k * (2 * n - 3 * k - 1)))


def _sample(n: int, most: int, seed: int) -> np.ndarray:
    return np.arange(n) if n <= most else np.random.default_rng(seed).choice(n, most, replace=False)


def _nearest(Y: np.ndarray, rows: np.ndarray, k: int) -> np.ndarray:
    """The k nearest others of some points: (rows, k)."""
    found = NearestNeighbors(n_neighbors=k + 1).fit(Y).kneighbors(Y[rows], return_distance=False)
    itself = found == rows[:, None]
    itself[~itself.any(axis=1), -1] = True  # hidden by others at the same place: any one of the k + 1 may go
    return found[~itself].reshape(len(rows), k)


def _check_neighbours(k: int, most: int) -> None:
    if not 1 <= k <= most:
        raise ValueError(f"k counts neighbours, here from 1 to {most}, got {k}")
