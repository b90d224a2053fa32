"""Multifaceted feature visualization: one picture for each kind of thing that excites a neuron (lecture, section 4).

Optimising a picture for a neuron mixes all that the neuron answers to. Nguyen, Yosinski and Clune 2016 (algorithm 1,
doi:10.48550/arXiv.1602.03616) change where the optimisation starts, and nothing else:

    pictures that excite the neuron most -> their codes in a late layer -> PCA (50) -> t-SNE (2) -> k-means
    -> for each cluster, the mean of the 15 pictures nearest to its centroid -> start from there

`highest` finds the pictures, `find_facets` the means, and `visualize.visualize_class` or `visualize_unit` grows all of
them in one batch: ``visualize_class(step, model, target_y, start=facets.starts)``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from torch import Tensor, nn

from cs182viz import layers
from cs182viz.techniques.patches.crops import batches


@dataclass(frozen=True)
class Highest:
    """The pictures that excite a neuron most, the best first.

    Attributes
    ----------
    pictures : as they came, M of them.
    values : the neuron's activation for each, float (M,).
    codes : activation of a late layer for each, averaged over its positions, (M, D).
    """

    pictures: list[Any]
    values: Tensor
    codes: Tensor


@dataclass(frozen=True)
class Facets:
    """Groups of pictures that excite one neuron, the largest first.

    Attributes
    ----------
    points : where t-SNE puts each picture, float (M, 2).
    labels : the facet of each picture, int (M,) in 0..K-1.
    nearest : for each facet, indices of the pictures nearest to its centroid, the nearest first.
    starts : for each facet, the mean of those pictures, normalised, (K, 3, H, W).
    """

    points: np.ndarray
    labels: np.ndarray
    nearest: list[np.ndarray]
    starts: Tensor


def highest(
    model: nn.Module,
    layer: str,
    channel: int,
    pictures: Iterable[Any],
    *,
    count: int = 200,
    code_layer: str = "fire9",
    batch: int = 32,
) -> Highest:
    """Of any stream of pictures, the `count` that excite a neuron most, with their codes.

    Parameters
    ----------
    layer, channel : the neuron; "logits" and a class, or any layer, where a channel's map counts with its maximum.
    pictures : normalised tensors (1, 3, H, W) of one size, or things that have such a ``.tensor``, like `crops.Crop`.
        They are read once, `batch` at a time, and only the best are kept.
    code_layer : whose activation describes a picture; the paper takes AlexNet's fc7.

    Raises
    ------
    ValueError
        There are no pictures, or the layer has no such channel.
    """
    best: list[tuple[float, int, Any, Tensor]] = []
    for number, group in enumerate(batches(pictures, batch)):
        x = torch.cat([as_tensor(picture) for picture in group])
        x = x.to(next(model.parameters(), x).device)
        with torch.no_grad():
            seen = layers.activations(model, x, [layer, code_layer])
        if not 0 <= channel < seen[layer].shape[1]:
            raise ValueError(f"{layer} has the channels 0 to {seen[layer].shape[1] - 1}, got {channel}")
        values = seen[layer][:, channel].flatten(1).amax(dim=1) if seen[layer].ndim > 2 else seen[layer][:, channel]
        codes = seen[code_layer].flatten(2).mean(dim=2) if seen[code_layer].ndim > 2 else seen[code_layer]
        rows = zip(values.tolist(), range(number * batch, number * batch + len(group)), group, codes.cpu(), strict=True)
        best = sorted([*best, *rows], key=lambda row: (-row[0], row[1]))[:count]
    if not best:
        raise ValueError("there are no pictures to choose from")
    highest, _, kept, vectors = zip(*best, strict=True)
    return Highest(list(kept), torch.tensor(highest), torch.stack(vectors))


def find_facets(
    found: Highest,
    *,
    facets: int = 4,
    nearest: int = 15,
    components: int = 50,
    perplexity: float = 30.0,
    seed: int = 182,
) -> Facets:
    """Group pictures by their codes, and average those nearest to the middle of each group.

    Parameters
    ----------
    facets : how many groups (K); the paper takes 10 of 1,300 pictures.
    nearest : pictures that are averaged for each facet, fewer where the facet is smaller.
    components, perplexity : of the PCA before t-SNE, and of t-SNE; both are lowered for few pictures.

    Raises ValueError if there are fewer pictures than facets, or fewer than two.
    """
    count = len(found.pictures)
    if count < 2:
        raise ValueError(f"there is nothing to group in {count} picture: ask `highest` for more")
    if not 1 <= facets <= count or nearest < 1:
        raise ValueError(f"expected 1 to {count} facets of at least one picture, got {facets=} and {nearest=}")
    codes = found.codes.double().numpy()
    codes = PCA(min(components, *codes.shape), random_state=seed).fit_transform(codes)  # (M, <= 50)
    points = _embed(codes, min(perplexity, (count - 1) / 3), seed)  # (M, 2)
    groups = KMeans(facets, n_init=10, random_state=seed).fit(points)
    order = np.argsort(-np.bincount(groups.labels_, minlength=facets), kind="stable")  # the largest first
    distances = np.linalg.norm(points - groups.cluster_centers_[groups.labels_], axis=1)  # (M,)
    members = [np.flatnonzero(groups.labels_ == group) for group in order]
    closest = [own[np.argsort(distances[own], kind="stable")][:nearest] for own in members]
    starts = [torch.cat([as_tensor(found.pictures[i]) for i in own]).mean(dim=0) for own in closest]
    return Facets(points, np.argsort(order)[groups.labels_], closest, torch.stack(starts))


def as_tensor(picture: Any) -> Tensor:
    """Normalised tensor (1, 3, H, W) of a picture: itself, or its ``.tensor``."""
    x = getattr(picture, "tensor", picture)
    if not isinstance(x, Tensor) or x.ndim != 4 or x.shape[:2] != (1, 3):
        got = tuple(x.shape) if isinstance(x, Tensor) else type(picture).__name__
        raise ValueError(f"a picture is a tensor (1, 3, H, W) or has one as .tensor, such as crops.Crop; got {got}")
    return x


def _embed(codes: np.ndarray, perplexity: float, seed: int) -> np.ndarray:
    """(M, 2) by t-SNE; too few points for it stay where PCA put them."""
    if len(codes) < 4:
        return codes[:, :2]
    return TSNE(perplexity=perplexity, init="pca", random_state=seed).fit_transform(codes).astype(float)
