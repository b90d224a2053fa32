"""The network that ships, and those that a reader trained."""

from pathlib import Path

import torch

from cs182viz.assets import data_path
from cs182viz.techniques.common.weights_file import load_network
from cs182viz.techniques.fast_style.network import Stylizer

FILE = "fast_style.safetensors"
SHA256 = "f0f7b93b71a8b0dd129dec7b8d3307ea88be49920c38c8708bb02139e55c1366"


def load_stylizer(path: Path | None = None, *, device: str | torch.device = "cpu") -> Stylizer:
    """A trained network that paints in one pass, frozen.

    Parameters
    ----------
    path : the ``fast_style.safetensors`` of a training of one's own; by default the one in the package.
    device : where to put it; ``"auto"`` takes what is there.

    Raises
    ------
    CheckpointError
        (a ValueError) the file is damaged, or holds something else.
    FileNotFoundError
        There is no such file.
    """
    file, sha256 = (data_path(FILE), SHA256) if path is None else (path, None)
    return load_network(
        file,
        sha256,
        lambda about: Stylizer(about["styles"], width=about["width"], blocks=about["blocks"]),
        device=device,
    )
