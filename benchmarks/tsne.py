"""t-SNE beside scikit-learn's and openTSNE's at their defaults, in time and in the divergence that each reaches.

Ours takes 1,000 steps, as scikit-learn does; openTSNE's default is 750, so up to 5,000 points it is also run with
1,000. The divergence is computed in one way for all: exactly over all pairs in float64, with the affinities that
openTSNE finds (perplexity 30). Each starts as it does by default. The points are scikit-learn's digits, turned, shifted
and noised, on 50 principal components.

    python benchmarks/tsne.py            1,000, 2,000, 5,000 and 10,000 points, about four minutes
    python benchmarks/tsne.py --large    100,000 points beside openTSNE, half an hour
    python benchmarks/tsne.py --million  1,000,000 points of ours alone, with their peak memory

Ends with exit code 1 if a peer's divergence is lower than ours.
"""

import argparse
import functools
import resource
import sys
import time

import numpy as np
import openTSNE
import torch
from openTSNE.affinity import PerplexityBasedNN
from pairs import compare
from scipy.ndimage import affine_transform
from scipy.spatial.distance import cdist
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE

from cs182viz.images import digits
from cs182viz.techniques.embedding import knn_accuracy, tsne_steps

ROUNDS = {1_000: 3, 2_000: 3, 5_000: 1, 10_000: 1}
THREADS = torch.get_num_threads()


def warped_digits(n: int, seed: int = 182) -> tuple[np.ndarray, np.ndarray]:
    """Points float32 (n, 50) and the digits 0..9 that they show."""
    rng = np.random.default_rng(seed)
    X, y = digits()
    chosen = rng.integers(len(X), size=n)
    warped = np.empty((n, 8, 8))
    for row, which in enumerate(chosen):
        angle, shift = rng.normal(scale=0.15), rng.normal(scale=0.4, size=2)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        offset = 3.5 - turn @ [3.5, 3.5] + shift
        warped[row] = affine_transform(X[which].reshape(8, 8), turn, offset, order=1)
    warped += rng.normal(scale=0.05, size=warped.shape)
    points = PCA(50, random_state=seed).fit_transform(warped.reshape(n, 64))
    return points.astype(np.float32), y[chosen]


def ours(X: np.ndarray, **options: int) -> np.ndarray:
    for _, Y, _ in tsne_steps(X, max_iter=1000, every=1000, threads=THREADS, **options):
        last = Y
    return last


def scikit_learn(X: np.ndarray) -> np.ndarray:
    return TSNE(n_jobs=THREADS, random_state=182).fit_transform(X)


def open_tsne(X: np.ndarray, n_iter: int = 500) -> np.ndarray:
    """`n_iter` steps after 250 exaggerated ones; by default it would use one thread."""
    return np.asarray(openTSNE.TSNE(n_iter=n_iter, n_jobs=THREADS, random_state=182).fit(X))


def divergence(X: np.ndarray, Y: np.ndarray, block: int = 1000) -> float:
    """KL(P || Q) of a map Y (N, 2), in float64 over all pairs."""
    P = PerplexityBasedNN(X, perplexity=30, method="exact", n_jobs=THREADS).P.tocoo()
    Y = Y.astype(float)
    total = sum((1 / (1 + cdist(Y[i : i + block], Y, "sqeuclidean"))).sum() for i in range(0, len(Y), block)) - len(Y)
    kept = P.data > 0
    p = P.data[kept] / P.data.sum()
    squares = ((Y[P.row[kept]] - Y[P.col[kept]]) ** 2).sum(axis=1)
    return float((p * (np.log(p) + np.log1p(squares) + np.log(total))).sum())


def compare_size(n: int) -> bool:
    """Whether no peer ends with a lower divergence."""
    X, y = warped_digits(n)
    contenders = {
        "ours, 1,000 steps": functools.partial(ours, X),
        "scikit-learn, default (1,000)": functools.partial(scikit_learn, X),
        "openTSNE, default (750)": functools.partial(open_tsne, X),
    }
    if n <= 5_000:
        contenders["openTSNE, 1,000"] = functools.partial(open_tsne, X, n_iter=750)
    result = compare(contenders, rounds=ROUNDS[n], warm_up=False)
    result.report(f"t-SNE of {n:,} points")
    reached = {name: divergence(X, Y) for name, Y in result.results.items()}
    for name, Y in result.results.items():
        print(f"  {name:34} KL {reached[name]:.4f}   k-NN accuracy {knn_accuracy(Y, y):.1%}", flush=True)
    return min(reached.values()) == next(iter(reached.values()))


def large(n: int = 100_000) -> bool:
    """Ours once, with its memory, then openTSNE with its steps and with ours; whether none ends with a lower KL."""
    X, y = warped_digits(n)
    contenders = {
        "ours, 1,000 steps": functools.partial(alone, X, y),
        "openTSNE, default (750)": functools.partial(open_tsne, X),
        "openTSNE, 1,000": functools.partial(open_tsne, X, n_iter=750),
    }
    result = compare(contenders, rounds=1, warm_up=False)
    result.report(f"t-SNE of {n:,} points")
    reached = {name: divergence(X, Y) for name, Y in result.results.items()}
    for name, Y in result.results.items():
        print(f"  {name:34} KL {reached[name]:.4f}   k-NN accuracy {knn_accuracy(Y, y):.1%}", flush=True)
    return min(reached.values()) == next(iter(reached.values()))


def alone(X: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Our map, with its time, the memory that it took, and how many neighbours' votes are right."""
    n, before, start = len(X), peak(), time.perf_counter()
    Y = ours(X)
    seconds, after = time.perf_counter() - start, peak()
    print(
        f"t-SNE of {n:,} points: {seconds:.0f} s, {THREADS} threads, memory {before:.2f} GB before and {after:.2f} GB"
    )
    print(f"  at the peak ({(after - before) * 2**20 / n:.1f} kB a point); a table of all pairs would take", end=" ")
    print(f"{4 * n * n / 2**30:.0f} GB. k-NN accuracy {knn_accuracy(Y, y):.1%}", flush=True)
    return Y


def peak() -> float:
    """Largest resident memory of this process so far, in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--large", action="store_true", help="100,000 points, beside openTSNE")
    parser.add_argument("--million", action="store_true", help="1,000,000 points, ours alone")
    parser.add_argument("sizes", nargs="*", type=int, default=list(ROUNDS), help="some of 1000 2000 5000 10000")
    arguments = parser.parse_args()
    if arguments.million:
        alone(*warped_digits(1_000_000))
        return 0
    if arguments.large:
        return 0 if large() else 1
    start = time.perf_counter()
    ours(warped_digits(1000)[0][:300])
    print(f"first call, with compiling or loading the kernels: {time.perf_counter() - start:.1f} s")
    return 0 if all([compare_size(n) for n in arguments.sizes]) else 1


if __name__ == "__main__":
    sys.exit(main())
