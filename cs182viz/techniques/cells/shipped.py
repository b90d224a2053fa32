"""The network that ships, the files it has never seen, and networks that a reader trained."""

from pathlib import Path

import torch

from cs182viz.assets import data_path
from cs182viz.devices import pick
from cs182viz.techniques.cells.network import Reader
from cs182viz.techniques.cells.text import decode
from cs182viz.techniques.common.weights_file import CheckpointError, load_weights

FILE = "cells/cells.safetensors"
SHA256 = "8da228eb058e3591f07ba1e5c7adbce96d9cb304e76467f19b3ada07c8dd214a"
SOURCES = ("completion.c", "dbpage.c")
"""Two files of SQLite, in the public domain, that the network has never seen: to search cells in, and to score them."""


def load_reader(path: Path | None = None, *, device: str | torch.device = "cpu") -> Reader:
    """A trained network that reads C, frozen.

    Parameters
    ----------
    path : the ``cells.safetensors`` of a training of one's own; by default the one in the package.
    device : where to put it; ``"auto"`` takes what is there.

    Raises
    ------
    CheckpointError
        (a ValueError) the file is damaged, or holds something else.
    FileNotFoundError
        There is no such file.
    """
    file, sha256 = (data_path(FILE), SHA256) if path is None else (path, None)
    weights, about = load_weights(file, sha256)
    try:
        network = Reader(about["cells"], about["width"])
        network.load_state_dict(weights)
    except (KeyError, TypeError, RuntimeError) as error:
        raise CheckpointError(f"{file} is of another network or version: {str(error).splitlines()[0]}") from error
    return network.eval().requires_grad_(False).to(pick(device))


def load_source(name: str = SOURCES[1]) -> str:
    """One of the files in `SOURCES`.

    Raises
    ------
    ValueError
        There is no such file.
    """
    if name not in SOURCES:
        raise ValueError(f"there is no source {name!r}; there are {', '.join(SOURCES)}")
    return decode(data_path(f"cells/{name}").read_bytes(), name)
