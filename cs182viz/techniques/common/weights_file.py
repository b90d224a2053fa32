"""Files of a training: written whole or not at all, so that a full disk or Ctrl-C costs nothing that was there."""

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

from cs182viz.devices import pick

Network = TypeVar("Network", bound=nn.Module)


class CheckpointError(ValueError):
    """A file is no checkpoint, a damaged one, or one of something else."""


def write(path: Path, save: Callable[[Path], object]) -> None:
    """Let `save` write a draft beside `path`, then put it in its place.

    Raises
    ------
    OSError
        There is no room, say; what was at `path` before is still there.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        save(draft)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def save_state(path: Path, state: Mapping[str, Any]) -> None:
    """Keep everything that training goes on from."""
    write(path, lambda draft: torch.save(dict(state), draft))


def load_state(path: Path) -> dict[str, Any]:
    """What `save_state` kept; nothing in the file gets to run.

    Raises
    ------
    CheckpointError
        It is no such file.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise
    except Exception as error:  # whatever torch makes of such bytes
        raise CheckpointError(f"{path} is no checkpoint, or a damaged one: {str(error).splitlines()[0]}") from error
    if not isinstance(state, dict):
        raise CheckpointError(f"{path} is no checkpoint: it holds a {type(state).__name__}")
    return state


def save_weights(path: Path, weights: Mapping[str, Tensor], about: Mapping[str, Any]) -> str:
    """Write weights in half precision, with what a reader has to know of them; returns the file's SHA-256.

    A number beyond what half precision holds, such as the variance of a wide normalisation, becomes the largest one.
    """
    most = torch.finfo(torch.float16).max
    half = {name: tensor.detach().cpu().clamp(-most, most).half().contiguous() for name, tensor in weights.items()}
    data = safetensors.torch.save(half, metadata={"about": json.dumps(about)})
    write(path, lambda draft: draft.write_bytes(data))
    return hashlib.sha256(data).hexdigest()


def load_weights(path: Path, sha256: str | None = None) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Weights in single precision, and what was said of them.

    Parameters
    ----------
    sha256 : of the file, if it is known.

    Raises
    ------
    CheckpointError
        It is no such file, or a damaged one.
    """
    data = path.read_bytes()
    if sha256 is not None and hashlib.sha256(data).hexdigest() != sha256:
        raise CheckpointError(f"{path.name} is damaged: install cs182viz again")
    try:
        weights = safetensors.torch.load(data)
        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
        about = json.loads(header["__metadata__"]["about"])
    except (safetensors.SafetensorError, KeyError, ValueError) as error:
        raise CheckpointError(f"{path} holds no weights of this package: {str(error).splitlines()[0]}") from error
    return {name: tensor.float() for name, tensor in weights.items()}, about


def load_network(
    path: Path, sha256: str | None, build: Callable[[dict[str, Any]], Network], *, device: str | torch.device = "cpu"
) -> Network:
    """A trained network from its file, frozen, on a device.

    Parameters
    ----------
    sha256 : of the file, if it is known.
    build : what was said of the weights -> the network that they are for, before it has them.
    device : where to put it; ``"auto"`` takes what is there.

    Raises
    ------
    CheckpointError
        The file is damaged, or its weights are for another network.
    """
    weights, about = load_weights(path, sha256)
    try:
        network = build(about)
        network.load_state_dict(weights)
    except (KeyError, TypeError, RuntimeError) as error:
        raise CheckpointError(f"{path} is of another network or version: {str(error).splitlines()[0]}") from error
    return network.eval().requires_grad_(False).to(pick(device))
