"""The codes of SqueezeNet that are turned back into pictures, always of pictures of 224 pixels."""

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn

from cs182viz import layers

LOGARITHMS, _LOGITS = "log_probabilities", "logits"
CODES = {"fire4": (256, 27, 27), "pool5": (256, 13, 13), "fire9": (512, 13, 13), LOGARITHMS: (1000,)}
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
    return encode_all(model, [layer], pictures)[layer]


def encode_all(model: nn.Module, names: Sequence[str], pictures: Tensor) -> dict[str, Tensor]:
    """Several codes of the same pictures, in one pass; otherwise as `encode`."""
    for name in names:
        check_layer(name)
    if pictures.ndim != 4 or tuple(pictures.shape[1:]) != (3, SEEN, SEEN):
        raise ValueError(
            f"codes are of pictures (N, 3, {SEEN}, {SEEN}), got {tuple(pictures.shape)}: "
            f"use model.preprocess, or imageops.resize(pictures, {SEEN})"
        )
    found = layers.activations(model, pictures, [_LOGITS if name == LOGARITHMS else name for name in names])
    if _LOGITS in found:
        logged = F.log_softmax(found.pop(_LOGITS).float(), dim=1)
        found[LOGARITHMS] = logged - logged.mean(dim=1, keepdim=True)
    return {name: found[name] for name in names}


def check_layer(layer: str) -> None:
    """Raise ValueError unless that is one of `CODES`."""
    if layer not in CODES:
        raise ValueError(f"codes are those of {', '.join(CODES)}; got {layer!r}")
