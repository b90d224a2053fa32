"""How near does a picture come to the one whose code it was made of?

The normalised error is that of Dosovitskiy and Brox 2016 (arXiv:1506.02753, section 4.1): the Euclidean distance to the
picture, divided by how far two pictures are apart on average. 0 is the picture itself; another picture altogether gets
about 1, a flat grey about 0.7.
"""

import torch
from torch import Tensor, nn

from cs182viz import imageops
from cs182viz.techniques.inversion_network.codes import SEEN, encode
from cs182viz.techniques.inversion_network.network import SIDE


def mean_distance(pictures: Tensor) -> float:
    """Euclidean distance of two different pictures of (N, 3, H, W) on average, at 112 pixels and colours in 0..1.

    Raises
    ------
    ValueError
        There are fewer than two.
    """
    if len(pictures) < 2:
        raise ValueError(f"two pictures at least have a distance, got {len(pictures)}")
    return float(torch.pdist(_colours(pictures)).mean())


def normalised_errors(found: Tensor, pictures: Tensor, unit: float) -> Tensor:
    """Distance of each found picture to its own, in units of `mean_distance`: (N,), from (N, 3, H, W) of any sizes."""
    return (_colours(found) - _colours(pictures)).norm(dim=1) / unit


def code_errors(model: nn.Module, layer: str, found: Tensor, pictures: Tensor) -> Tensor:
    """How far each found picture's code is from the wanted one, ||Phi(found) - Phi(x)||^2 / ||Phi(x)||^2: (N,)."""
    with torch.no_grad():
        wanted = encode(model, layer, _as_seen(pictures)).flatten(1)
        reached = encode(model, layer, _as_seen(found)).flatten(1)
    return (reached - wanted).square().sum(dim=1) / wanted.square().sum(dim=1)


def still_named(model: nn.Module, found: Tensor, pictures: Tensor, *, top: int = 5) -> Tensor:
    """Whether the network's first answer to each picture is among its first `top` to what was found: bool (N,)."""
    with torch.no_grad():
        own = model(_as_seen(pictures)).argmax(dim=1, keepdim=True)
        return (model(_as_seen(found)).topk(top, dim=1).indices == own).any(dim=1)


def _colours(pictures: Tensor) -> Tensor:
    return imageops.denormalize(imageops.resize(pictures, (SIDE, SIDE))).flatten(1)


def _as_seen(pictures: Tensor) -> Tensor:
    return imageops.resize(pictures, (SEEN, SEEN))
