"""Cut an object out of its picture, given a few pixels that surely belong to it and a few that surely do not.

The labels L minimise, exactly, by a minimum cut, the energy of Boykov & Jolly 2001 (doi:10.1109/ICCV.2001.937505,
section 2)::

    E(L) = sum_p -log p(c_p | L_p)  +  smoothness * sum_{neighbours p, q: L_p != L_q} w_pq
    w_pq = exp(-|c_p - c_q|^2 / (2 sigma^2)) / dist(p, q)

with c_p the colour of pixel p. With saliency above its 95% quantile as foreground seeds and below its 30% quantile as
background seeds it is the segmentation of Simonyan et al. 2014 (doi:10.48550/arXiv.1312.6034, section 3.2). Seeds hold,
so a speckled saliency map gives a speckled mask: blur the map first (sigma about 5 pixels at 224 x 224).
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, maximum_flow
from sklearn.mixture import GaussianMixture
from torch import Tensor

Values = NDArray[np.float64]
Mask = NDArray[np.bool_]

OUTLIERS = 0.01  # share of pixels whose colour may be anything, so that no single pixel has an unbounded cost
SAMPLE = 2000  # seed pixels enough to fit a colour model
RESOLUTION = 2**20  # the largest capacity as an integer; neighbours' sums still fit into 32 bits


def segment(
    image: Any,
    foreground_seeds: ArrayLike,
    background_seeds: ArrayLike,
    *,
    smoothness: float = 10.0,
    sigma: float | None = None,
    components: int = 5,
    connectivity: int = 4,
) -> Mask:
    """Foreground mask (H, W) of minimal energy in which every seed keeps its label.

    Parameters
    ----------
    image
        (H, W, 3) or (H, W): uint8, floats in 0..1, or a PIL image.
    foreground_seeds, background_seeds
        Boolean masks (H, W), neither empty, without a pixel in common.
    smoothness
        Price of a boundary of length one where neighbours have one colour; 0 judges each pixel alone.
    sigma
        Colour difference, in 0..1, at which the price has dropped to 0.61; None takes the root mean square
        difference of neighbours in this picture.
    components
        Gaussians in the mixture that models the colours of each seed set.
    connectivity
        4 or 8 neighbours.

    Raises
    ------
    ValueError
        wrong shapes, types or ranges, empty or overlapping seeds; the message says which.
    """
    pixels = _pixels(image)
    shape = pixels.shape[:2]
    foreground, background = (
        _seeds(foreground_seeds, shape, "foreground"),
        _seeds(background_seeds, shape, "background"),
    )
    if (foreground & background).any():
        count = int((foreground & background).sum())
        raise ValueError(f"{count} pixels are seeds of both kinds; let the two masks have no pixel in common.")
    if smoothness < 0 or (sigma is not None and sigma <= 0):
        raise ValueError(f"smoothness {smoothness} has to be at least 0 and sigma {sigma} above 0.")
    foreground_cost = np.where(background, np.inf, colour_cost(pixels, foreground, components=components))
    background_cost = np.where(foreground, np.inf, colour_cost(pixels, background, components=components))
    edges, weights = contrast_edges(pixels, sigma=sigma, connectivity=connectivity)
    return min_cut(foreground_cost, background_cost, edges, smoothness * weights)


def segment_saliency(
    image: Any,
    saliency: Tensor,
    seeds: Callable[[Tensor, float, float], tuple[ArrayLike, ArrayLike]],
    *,
    foreground: float = 0.95,
    background: float = 0.3,
    box: tuple[int, int, int, int] | None = None,
    **options: Any,
) -> Mask:
    """Foreground mask (H, W) from a saliency map and, if there is one, a box around the object.

    Parameters
    ----------
    saliency : (H, W), large on the object.
    seeds : ``seeds(saliency, foreground, background)`` gives the masks of object and background seeds, as students
        write it: above the one quantile and below the other.
    box : (top, left, bottom, right) in pixels; whatever lies outside ``[top:bottom, left:right]`` is background, so
        that only what is salient in the box counts.
    options : of `segment`.

    Raises
    ------
    ValueError
        The map is not of the picture's size, the box is not within it, or the seeds are none or contradict each other.
    """
    shape = _pixels(image).shape[:2]
    if tuple(saliency.shape) != shape:
        raise ValueError(f"the saliency map has shape {tuple(saliency.shape)}; expected the image's, {shape}.")
    top, left, bottom, right = box or (0, 0, *shape)
    if not (0 <= top < bottom <= shape[0] and 0 <= left < right <= shape[1]):
        raise ValueError(f"the box {box} does not lie within a picture of {shape[0]}x{shape[1]} pixels.")
    inside = np.s_[top:bottom, left:right]
    object_seeds, background_seeds = np.zeros(shape, bool), np.ones(shape, bool)
    object_seeds[inside], background_seeds[inside] = map(
        torch.as_tensor, seeds(saliency[inside], foreground, background)
    )
    return segment(image, object_seeds, background_seeds, **options)


def colour_cost(image: Any, seeds: ArrayLike, *, components: int = 5) -> Values:
    """Cost -log p(colour) of each pixel, (H, W), under a mixture of Gaussians fitted to the seeds' colours.

    A hundredth of the probability is spread evenly over all colours; the mixture is fitted to at most 2,000 seeds.
    """
    pixels = _pixels(image)
    colours = pixels[_seeds(seeds, pixels.shape[:2], "given")]
    if len(colours) > SAMPLE:
        colours = np.random.default_rng(0).choice(colours, SAMPLE, replace=False)
    components = min(components, len(np.unique(colours, axis=0)))
    if len(colours) == 1:
        colours = np.repeat(colours, 2, axis=0)  # the least that scikit-learn fits
    mixture = GaussianMixture(components, reg_covar=1e-4, tol=1e-2, random_state=0).fit(colours)
    density = np.exp(mixture.score_samples(pixels.reshape(-1, pixels.shape[-1])))
    return -np.log((1 - OUTLIERS) * density + OUTLIERS).reshape(pixels.shape[:2])


def contrast_edges(
    image: Any, *, sigma: float | None = None, connectivity: int = 4
) -> tuple[NDArray[np.int64], Values]:
    """Pairs of neighbouring pixels, (E, 2) indices into the flattened image, and the weight of each pair, (E,)."""
    if connectivity not in (4, 8):
        raise ValueError(f"connectivity is {connectivity}; choose 4 or 8 neighbours.")
    pixels = _pixels(image)
    index = np.arange(pixels.shape[0] * pixels.shape[1]).reshape(pixels.shape[:2])
    pairs = [(index[:, :-1], index[:, 1:]), (index[:-1], index[1:])]
    if connectivity == 8:
        pairs += [(index[:-1, :-1], index[1:, 1:]), (index[:-1, 1:], index[1:, :-1])]
    edges = np.concatenate([np.stack([p.ravel(), q.ravel()], axis=1) for p, q in pairs])  # (E, 2)
    distance = np.repeat([1, 1, np.sqrt(2), np.sqrt(2)][: len(pairs)], [p.size for p, _ in pairs])
    colours = pixels.reshape(index.size, -1)
    squares = ((colours[edges[:, 0]] - colours[edges[:, 1]]) ** 2).sum(axis=1)
    variance = sigma**2 if sigma is not None else squares.mean() if squares.any() else 1.0
    return edges, np.exp(-squares / (2 * variance)) / distance


def min_cut(foreground_cost: Values, background_cost: Values, edges: NDArray[np.int64], weights: Values) -> Mask:
    """Labels (H, W) of minimal energy: the costs of their pixels plus the weights of the edges whose ends differ.

    An infinite cost forbids the label. Costs and weights are rounded to a millionth of the largest of them. Of several
    minimal labellings it is the one with the smallest foreground.
    """
    gain = (background_cost - foreground_cost).ravel()  # what it costs more to call a pixel background
    sure = np.isinf(gain)
    largest = max(np.abs(gain[~sure]).max(initial=0.0), weights.max(initial=0.0)) or 1.0
    links = np.rint(weights / largest * RESOLUTION).astype(np.int32)
    terminal = np.rint(np.where(sure, 0.0, gain) / largest * RESOLUTION).astype(np.int32)
    around = np.bincount(edges.ravel(), np.repeat(links, 2), minlength=gain.size)
    terminal[sure] = (np.sign(gain) * (1 + around))[sure]  # dearer than cutting off the pixel's neighbours
    source, sink = gain.size, gain.size + 1
    to_pixel, to_sink = np.flatnonzero(terminal > 0), np.flatnonzero(terminal < 0)
    # in 32 bits, the only indices that the maximum_flow of some versions of SciPy takes
    tails = np.concatenate([edges[:, 0], edges[:, 1], np.full(to_pixel.size, source), to_sink], dtype=np.int32)
    heads = np.concatenate([edges[:, 1], edges[:, 0], to_pixel, np.full(to_sink.size, sink)], dtype=np.int32)
    capacities = np.concatenate([links, links, terminal[to_pixel], -terminal[to_sink]])
    graph = csr_array((capacities, (tails, heads)), shape=(gain.size + 2, gain.size + 2))
    residual = graph - maximum_flow(graph, source, sink).flow
    reached = np.zeros(gain.size + 2, dtype=bool)
    reached[breadth_first_order(residual, source, return_predecessors=False)] = True
    return reached[: gain.size].reshape(foreground_cost.shape)


def _pixels(image: Any) -> Values:
    """The image as (H, W, C) floats in 0..1."""
    array = np.asarray(image)
    if array.ndim == 2:
        array = array[..., None]
    if array.ndim != 3 or array.shape[-1] not in (1, 3):
        raise ValueError(f"the image has shape {array.shape}; expected (H, W, 3) or (H, W).")
    if array.dtype == np.uint8:
        return array / 255.0
    if not np.issubdtype(array.dtype, np.floating) or not (array.min() >= 0 and array.max() <= 1):
        raise ValueError("the image has to be uint8, or floats in 0..1; deprocess() a network's input first.")
    return array.astype(np.float64)


def _seeds(seeds: ArrayLike, shape: tuple[int, ...], kind: str) -> Mask:
    mask = np.asarray(seeds)
    if mask.shape != shape:
        raise ValueError(f"the {kind} seeds have shape {mask.shape}; expected the image's, {shape}.")
    if not np.isin(mask, (0, 1)).all():
        raise ValueError(f"the {kind} seeds have to be a mask of True and False.")
    if not mask.any():
        raise ValueError(f"there are no {kind} seeds; mark at least one pixel (choose a milder quantile).")
    return mask.astype(bool)
