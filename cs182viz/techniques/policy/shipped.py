"""The agent that ships, the states of its games, and where they lie on the map."""

import hashlib
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from cs182viz.assets import data_path
from cs182viz.techniques.common.weights_file import CheckpointError, load_network
from cs182viz.techniques.policy import breakout
from cs182viz.techniques.policy.network import QNetwork

FILE, STATES = "agent.safetensors", "agent_states.npz"
SHA256 = "96034775f3b48debc522fca8ba2b02ebec21a31a7121680a71ebb9ba5fb12d19"
STATES_SHA256 = "b7c431e47cd69b88004cfe6ab09ef30ec53d2f68cdb891c8c0f62dfc4a5b4d3d"


@dataclass(frozen=True)
class Atlas:
    """States of many games of an agent and their map.

    Attributes
    ----------
    states : (N, 65).
    games, frames : (N,), from which game and which frame of it each is.
    Y : the t-SNE map (N, 2) of the agent's last hidden activations.
    """

    states: np.ndarray
    games: np.ndarray
    frames: np.ndarray
    Y: np.ndarray


def load_agent(path: Path | None = None, *, device: str | torch.device = "cpu") -> QNetwork:
    """A trained agent, frozen: the one in the package, or the ``agent.safetensors`` of a training of one's own.

    Raises
    ------
    CheckpointError
        (a ValueError) the file is damaged, or holds something else.
    FileNotFoundError
        There is no such file.
    """
    file, sha256 = (data_path(FILE), SHA256) if path is None else (path, None)
    return load_network(file, sha256, lambda about: QNetwork(about["wide"], about["hidden"]), device=device)


def load_atlas(path: Path | None = None) -> Atlas:
    """The states that ship, or those of a file that `save_atlas` wrote.

    Raises
    ------
    CheckpointError
        (a ValueError) the file is damaged, or holds something else.
    """
    file, sha256 = (data_path(STATES), STATES_SHA256) if path is None else (path, None)
    data = file.read_bytes()
    if sha256 is not None and hashlib.sha256(data).hexdigest() != sha256:
        raise CheckpointError(f"{file.name} is damaged: install cs182viz again")
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as parts:
            bricks = np.unpackbits(parts["bricks"], axis=1, count=breakout.BRICKS).astype(np.int8)
            states = breakout.check(np.hstack([parts["ball"], bricks]))
            return Atlas(states, parts["games"], parts["frames"], parts["Y"].astype(np.float32))
    except (KeyError, ValueError, zipfile.BadZipFile, EOFError) as error:
        raise CheckpointError(f"{file} holds no states of Breakout: {str(error).splitlines()[0]}") from error


def save_atlas(path: Path, atlas: Atlas) -> str:
    """Write states in packed bits and the map in half precision; returns the file's SHA-256."""
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        ball=atlas.states[:, : breakout.FIRST],
        bricks=np.packbits(atlas.states[:, breakout.FIRST :].astype(np.uint8), axis=1),
        games=atlas.games.astype(np.uint8),
        frames=atlas.frames.astype(np.uint16),
        Y=atlas.Y.astype(np.float16),
    )
    path.write_bytes(buffer.getvalue())
    return hashlib.sha256(buffer.getvalue()).hexdigest()
