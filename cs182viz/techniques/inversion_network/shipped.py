"""The networks that ship, one for each code, and those that a reader trained."""

from pathlib import Path
from typing import Any, cast

import torch
from torch import nn

from cs182viz.assets import data_path
from cs182viz.techniques.common.weights_file import CheckpointError, load_network
from cs182viz.techniques.inversion_network.codes import check_layer
from cs182viz.techniques.inversion_network.network import Inverter

FOLDER = "inversion"
SHA256 = {
    "fire4": "9e134b12599f98839b1d26583271bab30f4fd532db9fca301bc4d68031ad11db",
    "pool5": "b2b0af6d3f8d360bcd25da61d44f73f9bf55d3711b38e6ea5b7fc0b54f10a78e",
    "fire9": "fa8333eca8461cc7a9d8acb920d79a1225e74c39234d71b94d3d393187b09d23",
    "fire9_gan": "0b11543e9d3653b97fb62fc546f60d7088af735c01be09eefc3aad9949387fd9",
    "log_probabilities": "b411534e3b459432a2bc4fdc0bcc439c0da280928eb7dc57478aa4fab3e43ade",
    "log_probabilities_gan": "26a0068d0b225641842512ce7d12963d6e0b6401caa03fa2c49a77edf9625eb9",
}


def load_inverter(
    layer: str, path: Path | None = None, *, gan: bool = False, device: str | torch.device = "cpu"
) -> Inverter:
    """A trained network that turns codes of one layer into pictures, frozen.

    Parameters
    ----------
    layer : whose codes.
    gan : of those in the package, the one that learned against a judge; fire9 and the log-probabilities have one.
    path : the ``inversion_network.safetensors`` of a training of one's own; by default the one in the package.
    device : where to put it; ``"auto"`` takes what is there.

    Raises
    ------
    ValueError
        There is no such code, or none of its kind in the package.
    CheckpointError
        (a ValueError) the file is damaged, holds something else, or no network for this layer.
    FileNotFoundError
        There is no such file.
    """
    check_layer(layer)
    if path is None:
        name = f"{layer}_gan" if gan else layer
        if name not in SHA256:
            raise ValueError(f"no network that learned against a judge ships for {layer}: train one, docs/training.md")
        path, sha256 = data_path(FOLDER, f"{name}.safetensors"), SHA256[name]
    else:
        sha256 = None
    networks = load_network(path, sha256, _untrained, device=device)
    if layer not in networks:
        raise CheckpointError(f"{path} inverts {', '.join(networks)}, and {layer} was asked for")
    return cast("Inverter", networks[layer])


def _untrained(about: dict[str, Any]) -> nn.ModuleDict:
    return nn.ModuleDict({layer: Inverter(layer) for layer in about["layers"]})
