"""From points to a map, its clusters and what they are worth, in one call."""

import time
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from sklearn.decomposition import PCA
from tqdm.auto import tqdm

from cs182viz.techniques.embedding.affinities import check_points
from cs182viz.techniques.embedding.clusters import cluster
from cs182viz.techniques.embedding.quality import knn_accuracy, trustworthiness
from cs182viz.techniques.embedding.tsne import tsne_steps


@dataclass(frozen=True, repr=False)
class Embedding:
    """A map of N points and what was measured of it; printed, it is a sentence or two, and to NumPy it is the map.

    Attributes
    ----------
    Y : the map (N, 2) float32.
    method : "t-SNE" or "PCA".
    seconds : how long the map took.
    trustworthiness : see `quality.trustworthiness`.
    kl : KL(P || Q) of a t-SNE map, else None.
    accuracy, original_accuracy : `quality.knn_accuracy` of the map and of the points themselves; None without labels.
    clusters : cluster numbers (N,), -1 for none of them; None unless asked for.
    """

    Y: np.ndarray
    method: str
    seconds: float
    trustworthiness: float
    kl: float | None = None
    accuracy: float | None = None
    original_accuracy: float | None = None
    clusters: np.ndarray | None = None

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.Y, dtype=dtype, copy=copy)

    def __repr__(self) -> str:
        lines = [f"{self.method} of {len(self.Y):,} points in {self.seconds:.1f} s"]
        if self.kl is not None:
            lines[0] += f", KL divergence {self.kl:.3f}"
        if self.accuracy is not None:
            lines.append(
                f"k-NN accuracy {self.accuracy:.1%} on the map, {self.original_accuracy:.1%} in the original space"
            )
        lines.append(f"trustworthiness {self.trustworthiness:.3f}")
        if self.clusters is not None:
            count, outside = self.clusters.max(initial=-1) + 1, (self.clusters < 0).mean()
            lines.append(f"{count} clusters; {outside:.1%} of the points belong to none")
        return "\n".join(lines)


def embed(
    X: np.ndarray,
    method: Literal["tsne", "pca"] = "tsne",
    *,
    labels: np.ndarray | None = None,
    clusters: Literal["hdbscan", "dbscan"] | None = None,
    components: int | None = 50,
    neighbours: int = 10,
    seed: int = 182,
    progress: bool = True,
    **options: Any,
) -> Embedding:
    """Draw a map of points (N, d) and measure it.

    Parameters
    ----------
    labels : N classes, for the k-NN accuracy; the map itself never sees them.
    clusters : also look for clusters on the map.
    components : for t-SNE, points of more dimensions are first projected onto so many principal components, as van der
        Maaten & Hinton (2008, section 4.2) do; None leaves them as they are.
    neighbours : k of the k-NN accuracy and of the trustworthiness.
    options : for t-SNE, those of `tsne_steps`: perplexity, max_iter, init, threads, ...

    Raises
    ------
    ValueError
        See `tsne_steps`; or an unknown method.
    """
    points = check_points(X)
    if method not in ("tsne", "pca"):
        raise ValueError(f"unknown method {method!r}: take 'tsne' or 'pca'")
    if method == "pca" and options:
        raise ValueError(f"PCA has no option {', '.join(options)}")
    if labels is not None and len(labels) != len(points):
        raise ValueError(f"expected one label for each of {len(points)} points, got {len(labels)}")
    start = time.perf_counter()
    if method == "tsne":
        few = points if components is None else _principal(points, components, seed)
        Y, kl = _tsne(few, seed=seed, progress=progress, **options)
    else:
        Y, kl = _principal(points, 2, seed), None
        Y = np.pad(Y, ((0, 0), (0, 2 - Y.shape[1])))  # points on a line stay on one
    seconds = time.perf_counter() - start
    k = min(neighbours, (len(points) - 1) // 2)
    return Embedding(
        Y=Y,
        method="t-SNE" if method == "tsne" else "PCA",
        seconds=seconds,
        trustworthiness=trustworthiness(points, Y, k=k, seed=seed),
        kl=kl,
        accuracy=None if labels is None else knn_accuracy(Y, labels, k=k),
        original_accuracy=None if labels is None else knn_accuracy(points, labels, k=k),
        clusters=None if clusters is None else cluster(Y, clusters),
    )


def _tsne(points: np.ndarray, *, progress: bool, **options: Any) -> tuple[np.ndarray, float]:
    options = {"max_iter": 1000, "every": 20} | options
    with tqdm(total=options["max_iter"], desc="t-SNE", unit="step", disable=not progress) as bar:
        for latest in tsne_steps(points, **options):
            step, _, kl = latest
            bar.update(step - bar.n)
            bar.set_postfix_str(f"KL {kl:.3f}", refresh=False)
    _, Y, kl = latest
    return Y, kl


def _principal(points: np.ndarray, components: int, seed: int) -> np.ndarray:
    """Coordinates along the first principal components, as many as there are: (N, <= components)."""
    count = min(components, *points.shape)
    return PCA(n_components=count, random_state=seed).fit_transform(points).astype(np.float32)
