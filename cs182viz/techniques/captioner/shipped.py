"""The captioner that ships, and those that a reader trained."""

from pathlib import Path

import torch

from cs182viz.assets import data_path
from cs182viz.techniques.captioner.network import Captioner
from cs182viz.techniques.common.weights_file import load_network

FILE = "captioner.safetensors"
SHA256 = "2ea6ad39dfea53c618bb5b93520f39c0d20dfb2bf7874f9c8d78ccd9260774a2"


def load_captioner(path: Path | None = None, *, device: str | torch.device = "cpu") -> Captioner:
    """A trained captioner, frozen.

    Parameters
    ----------
    path : the ``captioner.safetensors`` of a training of one's own; by default the one in the package.
    device : where to put it; ``"auto"`` takes what is there.

    Raises
    ------
    CheckpointError
        (a ValueError) the file is damaged, or holds something else.
    FileNotFoundError
        There is no such file.
    """
    file, sha256 = (data_path(FILE), SHA256) if path is None else (path, None)
    return load_network(file, sha256, lambda about: Captioner(about["words"]), device=device)
