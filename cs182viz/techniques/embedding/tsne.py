"""t-SNE as an iterator of maps that can be watched, steered and stopped (lecture 10, section 1).

Minimises C = KL(P || Q) = sum_ij p_ij log(p_ij / q_ij) over the points of the map by gradient descent with momentum and
gains, P exaggerated at first (van der Maaten & Hinton 2008, Visualizing data using t-SNE, JMLR 9, section 3.4).
"""

import importlib.util
import itertools
import warnings
from collections.abc import Generator
from typing import Literal

import numpy as np
import torch
from sklearn.decomposition import PCA

from cs182viz.techniques.embedding.affinities import EXACT_LIMIT, Neighbours, check_perplexity, check_points
from cs182viz.techniques.embedding.schedule import Controls, Schedule, positive

METHODS = ("auto", "exact", "barnes_hut", "fft")
_LONGEST_STEP = 5.0  # of a point, in units of the map: no setting may throw points out of sight


def tsne_steps(
    X: np.ndarray,
    *,
    perplexity: float = 30.0,
    learning_rate: float | Literal["auto"] = "auto",
    early_exaggeration: float = 12.0,
    exaggerated_steps: int = 250,
    max_iter: int | None = 1000,
    every: int = 1,
    init: Literal["pca", "random"] | np.ndarray = "pca",
    seed: int = 182,
    method: Literal["auto", "exact", "barnes_hut", "fft"] = "auto",
    threads: int | None = None,
    controls: Controls | None = None,
) -> Generator[tuple[int, np.ndarray, float]]:
    """Embed points in the plane, map by map.

    Parameters
    ----------
    X : points (N, d), an array or a tensor; standardise or project by PCA before, where it makes sense.
    max_iter : steps in all; None goes on until the iterator is closed.
    every : yield each so many steps only; the divergence is computed for maps that are yielded.
    init : "pca", "random", or the map (N, 2) to start from, taken as it is.
    method : "exact", all pairs; "fft", through a grid; "barnes_hut", scikit-learn's, which takes at least 250
        steps and shows its last map only; "auto" is exact up to 20,000 points and fft beyond. Where numba or openTSNE
        is missing, a warning says so and scikit-learn steps in.
    threads : None means as many as PyTorch uses.
    controls : parameters that the caller goes on changing; then `perplexity` and `learning_rate` are read there alone.

    Yields
    ------
    (steps taken, map (N, 2) float32 that is the caller's own, KL(P || Q) of this map without exaggeration); first the
    initial map.

    Raises
    ------
    ValueError
        Points that are not finite or fewer than 3, a perplexity that does not fit, or an unknown option: at once for
        what is wrong at the start, from the iterator for what `controls` come to hold.
    """
    points = check_points(X)
    controls = controls or Controls(perplexity=perplexity, learning_rate=learning_rate)
    check_perplexity(controls.perplexity, len(points))
    if method not in METHODS:
        raise ValueError(f"unknown method {method!r}: take one of {', '.join(METHODS)}")
    threads = torch.get_num_threads() if threads is None else threads
    if every < 1 or threads < 1 or (max_iter is not None and max_iter < 0):
        raise ValueError(f"expected every >= 1, threads >= 1 and max_iter >= 0, got {every}, {threads} and {max_iter}")
    schedule = Schedule(controls, len(points), positive("early exaggeration", early_exaggeration), exaggerated_steps)
    Y = starting_map(points, init, seed)
    chosen = _available(method, len(points))
    if chosen == "barnes_hut":
        return _barnes_hut(points, Y, schedule, max_iter=max_iter, seed=seed)
    neighbours = Neighbours(points, threads=threads, seed=seed)
    return _descend(neighbours, Y, schedule, chosen, max_iter=max_iter, every=every, threads=threads)


def starting_map(points: np.ndarray, init: str | np.ndarray, seed: int) -> np.ndarray:
    """The first map, (2, N) float32: by PCA or at random, 1e-4 wide, or the caller's."""
    rng = np.random.default_rng(seed)
    if isinstance(init, str):
        if init not in ("pca", "random"):
            raise ValueError(f"unknown init {init!r}: take 'pca', 'random' or an array of points (N, 2)")
        Y = rng.normal(scale=1e-4, size=(2, len(points)))
        if init == "pca" and points.any():
            first = PCA(n_components=min(2, points.shape[1]), random_state=seed).fit_transform(points).T
            # what is left of the noise, a hundredth, parts points that are there twice
            Y *= 0.01
            Y[: len(first)] += 1e-4 * first / max(first[0].std(), np.finfo(np.float32).tiny)
        return Y.astype(np.float32)
    given = np.asarray(init, dtype=np.float32)
    if given.shape != (len(points), 2) or not np.isfinite(given).all():
        raise ValueError(f"expected an initial map of finite numbers ({len(points)}, 2), got shape {given.shape}")
    return np.ascontiguousarray(given.T)


def _descend(
    neighbours: Neighbours,
    Y: np.ndarray,
    schedule: Schedule,
    method: str,
    *,
    max_iter: int | None,
    every: int,
    threads: int,
) -> Generator[tuple[int, np.ndarray, float]]:
    controls = schedule.controls
    velocity, gains = np.zeros_like(Y), np.ones_like(Y)
    perplexity = P = None
    with _gradient_of(method)(Y.shape[1], threads=threads) as gradient_at:
        for step in itertools.count():
            if controls.perplexity != perplexity:
                perplexity = controls.perplexity
                check_perplexity(perplexity, Y.shape[1])
                P = neighbours.joint(perplexity)
            exaggeration = schedule.exaggeration(step)  # what is changed while the caller looks is for the next step
            rate, momentum = schedule.learning_rate(step), schedule.momentum(step)
            gradient = gradient_at(Y, P, exaggeration)
            if step % every == 0 or step == max_iter:
                yield step, Y.T.copy(), gradient_at.divergence(Y, P)
            if step == max_iter:
                return
            against = (gradient > 0) != (velocity > 0)  # downhill and velocity agree: a longer step
            gains = np.maximum(np.where(against, gains + 0.2, gains * 0.8), 0.01).astype(np.float32)
            velocity = np.float32(momentum) * velocity - np.float32(rate) * gains * gradient
            velocity *= np.minimum(1, _LONGEST_STEP / np.maximum(np.hypot(*velocity), 1e-12))
            Y = Y + velocity
            Y -= Y.mean(axis=1, keepdims=True)


def _gradient_of(method: str) -> type:
    if method == "fft":
        from cs182viz.techniques.embedding.large import FourierGradient

        return FourierGradient
    from cs182viz.techniques.embedding.exact import ExactGradient

    return ExactGradient


def _barnes_hut(
    points: np.ndarray, Y: np.ndarray, schedule: Schedule, *, max_iter: int | None, seed: int
) -> Generator[tuple[int, np.ndarray, float]]:
    """Scikit-learn's Barnes-Hut (van der Maaten 2014): one map, the last."""
    from sklearn.manifold import TSNE

    controls, steps = schedule.controls, max(250, 1000 if max_iter is None else max_iter)
    tsne = TSNE(
        perplexity=controls.perplexity,
        learning_rate=controls.learning_rate,
        early_exaggeration=schedule.early_exaggeration,
        max_iter=steps,
        init=Y.T,
        random_state=seed,
    )
    result = tsne.fit_transform(points)
    yield tsne.n_iter_, result.astype(np.float32), float(tsne.kl_divergence_)


def _available(method: str, n: int) -> str:
    """The method to use, and a warning where it is not the one that one would expect."""
    wanted = ("exact" if n <= EXACT_LIMIT else "fft") if method == "auto" else method
    needed = {"exact": ["numba"], "fft": ["numba", "openTSNE"]}.get(wanted, [])
    package = next((name for name in needed if not importlib.util.find_spec(name)), None)
    if package is None:
        return wanted
    warnings.warn(
        f"{package} is not installed, so scikit-learn's slower Barnes-Hut t-SNE draws this map and shows only its last "
        f"state: pip install {package} for the fast one",
        stacklevel=3,
    )
    return "barnes_hut"
