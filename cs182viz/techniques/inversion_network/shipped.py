"""The networks that ship, one for each code, and those that a reader trained."""

from pathlib import Path
from typing import Any

import torch
from torch import nn

from cs182viz.assets import data_path
from cs182viz.techniques.common.weights_file import CheckpointError, load_network
from cs182viz.techniques.inversion_network.codes import check_layer
from cs182viz.techniques.inversion_network.network import Inverter

FOLDER = "inversion"
SHA256 = {
    "fire4": "0000000000000000000000000000000000000000000000000000000000000000",
    "pool5": "0000000000000000000000000000000000000000000000000000000000000000",
    "fire9": "0000000000000000000000000000000000000000000000000000000000000000",
    "log_probabilities": "0000000000000000000000000000000000000000000000000000000000000000",
}


def load_inverter(layer: str, path: Path | None = None, *, device: str | torch.device = "cpu") -> Inverter:
    """A trained network that turns codes of one layer into pictures, frozen.

    Parameters
    ----------
    layer : whose codes.
    path : the ``inversion_network.safetensors`` of a training of one's own; by default the one in the package.
    device : where to put it; ``"auto"`` takes what is there.

    Raises
    ------
    ValueError
        There is no such code.
    CheckpointError
        (a ValueError) the file is damaged, holds something else, or no network for this layer.
    FileNotFoundError
        There is no such file.
    """
    check_layer(layer)
    if path is None:
        path, sha256 = data_path(FOLDER, f"{layer}.safetensors"), SHA256[layer]
    else:
        sha256 = None
    networks = load_network(path, sha256, _untrained, device=device)
    if layer not in networks:
        raise CheckpointError(f"{path} inverts {', '.join(networks)}, and {layer} was asked for")
    return networks[layer]


def _untrained(about: dict[str, Any]) -> nn.ModuleDict:
    return nn.ModuleDict({layer: Inverter(layer) for layer in about["layers"]})
