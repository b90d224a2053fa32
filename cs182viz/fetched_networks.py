"""Torchvision's classifiers and their weights, which are fetched; `cs182viz.zoo` makes models of them."""

import difflib
import re

import torch
from torch import Tensor, nn
from torchvision import models

from cs182viz.assets import AssetError, fetch


def weights_of(name: str) -> models.WeightsEnum:
    """Weights of the paper's own training where torchvision has several; raises ValueError for an unknown network."""
    known = models.list_models(module=models)
    if name not in known:
        near = difflib.get_close_matches(name, ["squeezenet", *known], n=5, cutoff=0.4) or ["squeezenet", "alexnet"]
        raise ValueError(f"the zoo has no network {name!r}; did you mean {', '.join(near)}?")
    choices = models.get_model_weights(name)
    return getattr(choices, "IMAGENET1K_V1", None) or next(iter(choices))


def untrained(name: str) -> nn.Module:
    """The network with random weights."""
    # what torchvision itself sets for the weights of these two; the others have no such options
    special = {"transform_input": True, "init_weights": False} if name in ("googlenet", "inception_v3") else {}
    return models.get_model(name, **special)


def fetched(url: str, *, progress: bool) -> dict[str, Tensor]:
    """State dictionary at torchvision's address, whose file name ends in the first digits of its hash.

    Raises
    ------
    AssetError
        The file could not be had, or is not what its name says.
    """
    filename = url.rsplit("/", 1)[1]
    path = fetch(url, filename, hash_in_name(filename), progress=progress)
    return torch.load(path, map_location="cpu", weights_only=True)  # nothing in the file gets to run


def hash_in_name(filename: str) -> str:
    """The hexadecimal digits that torchvision puts into its file names; raises AssetError where there are none."""
    found = re.search(r"-([0-9a-f]{8,})\.pth$", filename)
    if not found:
        raise AssetError(f"{filename} does not carry its hash in its name, so it could not be checked")
    return found[1]
