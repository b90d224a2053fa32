"""Groups of points on a map, by density: an embedding alone is no clustering (lecture 10, section 1)."""

from typing import Any, Literal

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from sklearn.cluster import DBSCAN, HDBSCAN
from sklearn.neighbors import NearestNeighbors

from cs182viz.canvas import TITLE_SIZE, as_points, figure_of, point_axes


def cluster(
    Y: np.ndarray,
    method: Literal["hdbscan", "dbscan"] = "hdbscan",
    *,
    min_size: int | None = None,
    min_samples: int = 5,
    eps: float | None = None,
) -> np.ndarray:
    """Number the clusters of a map (N, 2) from 0, the largest first; -1 is for points that belong to none.

    Parameters
    ----------
    method : "dbscan" joins points that have `min_samples` within `eps` of them (Ester et al. 1996); "hdbscan" does so
        for all eps and keeps the clusters that last longest (Campello et al. 2013,
        doi:10.1007/978-3-642-37456-2_14).
    min_size : fewer points are no cluster; a fiftieth of all unless told, at least 5.
    eps : only for "dbscan"; unless told, `typical_gap`.

    Raises
    ------
    ValueError
        An unknown method, or points that are not finite (N, 2).
    """
    points = as_points(Y)
    min_size = max(5, len(points) // 50) if min_size is None else min_size
    if len(points) <= max(min_samples, min_size):
        return np.full(len(points), -1)
    if method == "dbscan":
        eps = typical_gap(points, min_samples) if eps is None else eps
        found = DBSCAN(eps=eps, min_samples=min_samples).fit_predict(points)
    elif method == "hdbscan":
        found = HDBSCAN(min_cluster_size=min_size, min_samples=min_samples, copy=True).fit_predict(points)
    else:
        raise ValueError(f"unknown method {method!r}: take 'dbscan' or 'hdbscan'")
    return _largest_first(found, min_size)


def cluster_scatter(
    Y: np.ndarray, clusters: np.ndarray, *, title: str, caption: str | None = None, ax: Axes | None = None
) -> Figure:
    """Draw the points of a map (N, 2) in their clusters' colours, each cluster's letter amid it, noise as grey crosses.

    Ten colours are used in turn: the letters tell the clusters apart. With `ax` the drawing goes there.
    """
    points, clusters = as_points(Y), np.asarray(clusters)
    if clusters.shape != (len(points),):
        raise ValueError(f"expected one cluster for each of {len(points)} points, got shape {clusters.shape}")
    ax = point_axes(ax, title=title, caption=caption)
    noise = points[clusters < 0]
    ax.scatter(noise[:, 0], noise[:, 1], s=30, marker="x", color="grey", linewidths=1)
    outline = [withStroke(linewidth=5, foreground="white")]
    style: dict[str, Any] = {
        "fontsize": 1.3 * TITLE_SIZE,
        "weight": "bold",
        "path_effects": outline,
    }
    for number in range(clusters.max(initial=-1) + 1):
        members, colour = points[clusters == number], colormaps["tab10"](number % 10)
        ax.scatter(members[:, 0], members[:, 1], s=14, color=colour, alpha=0.75, linewidths=0)
        x, y = np.median(members, axis=0)
        ax.text(x, y, _letter(number), color=colour, ha="center", va="center", **style)
    return figure_of(ax)


def _letter(number: int) -> str:
    """a ... z, aa, ab ... as in a spreadsheet."""
    return ("" if number < 26 else _letter(number // 26 - 1)) + chr(ord("a") + number % 26)


def typical_gap(Y: np.ndarray, neighbours: int = 5) -> float:
    """Twice the median distance to the 5th nearest point: t-SNE makes all regions about as dense, so one eps does."""
    distances, _ = NearestNeighbors(n_neighbors=neighbours).fit(Y).kneighbors()
    return float(max(2 * np.median(distances[:, -1]), np.finfo(np.float32).tiny))


def _largest_first(found: np.ndarray, min_size: int) -> np.ndarray:
    names, sizes = np.unique(found[found >= 0], return_counts=True)
    order = names[np.argsort(-sizes, kind="stable")][: (sizes >= min_size).sum()]
    numbers = np.full(names.max(initial=-1) + 2, -1)  # the last entry is that of -1
    numbers[order] = np.arange(len(order))
    return numbers[found]
