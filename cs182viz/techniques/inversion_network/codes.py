"""The codes of SqueezeNet that are turned back into pictures, always of pictures of 224 pixels."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cs182viz import layers

CODES = {"fire4": (256, 27, 27), "pool5": (256, 13, 13), "fire9": (512, 13, 13), "log_probabilities": (1000,)}
"""The shape of each code of a picture."""
SEEN = 224
"""Side of the pictures that the codes are of, in pixels."""


def encode(model: nn.Module, layer: str, pictures: Tensor) -> Tensor:
    """Codes (N, ...) of normalised pictures (N, 3, 224, 224); gradients pass.

    Log-probabilities are taken less their mean over the classes: what is left is what SqueezeNet says of one class
    against another.

    Raises
    ------
    ValueError
        There is no such code, or the pictures have another size.
    """
    check_layer(layer)
    if pictures.ndim != 4 or tuple(pictures.shape[1:]) != (3, SEEN, SEEN):
        raise ValueError(
            f"codes are of pictures (N, 3, {SEEN}, {SEEN}), got {tuple(pictures.shape)}: "
            f"use model.preprocess, or imageops.resize(pictures, {SEEN})"
        )
    if layer != "log_probabilities":
        return layers.activations(model, pictures, layer)[layer]
    logged = F.log_softmax(model(pictures).float(), dim=1)
    return logged - logged.mean(dim=1, keepdim=True)


def check_layer(layer: str) -> None:
    """Raise ValueError unless that is one of `CODES`."""
    if layer not in CODES:
        raise ValueError(f"codes are those of {', '.join(CODES)}; got {layer!r}")


def codes_of(model: nn.Module, layer: str, pictures: Tensor) -> Tensor:
    """The same without a graph, for pictures that nobody differentiates."""
    with torch.no_grad():
        return encode(model, layer, pictures)
