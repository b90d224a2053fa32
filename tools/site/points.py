"""Points for the t-SNE that moves, the network that reads code, and the agent with the map of its states."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from cs182viz import layers
from cs182viz.assets import data_path
from cs182viz.demos.agent.game import GAMES, search, words
from cs182viz.images import Picture, digits
from cs182viz.quiz import Quiz
from cs182viz.techniques import cells, policy
from cs182viz.techniques.cells.labels import QUANTITIES, WORDS
from cs182viz.techniques.cells.shipped import FILE as CELLS_FILE
from cs182viz.techniques.cells.text import ALPHABET
from cs182viz.techniques.embedding.tsne import check_points, starting_map
from cs182viz.techniques.policy import breakout
from cs182viz.techniques.policy.shipped import FILE as AGENT_FILE
from cs182viz.zoo import Classifier
from tools.site.pictures import write_json

LAYER = "fire9"  # whose averages are the photographs' codes
LONGEST = 20_000  # characters that the page reads


def export_points(model: Classifier, photographs: Sequence[Picture], folder: Path) -> None:
    """Write digits.bin and photographs.bin, float32 (N, d); *_start.bin, the first maps (N, 2); points.json."""
    X, y = digits()
    with torch.no_grad():
        maps = layers.activations(model, model.preprocess(list(photographs)), LAYER)[LAYER]
    sets = {"digits": X, "photographs": maps.mean((2, 3)).numpy()}
    about: dict[str, object] = {"labels": y.tolist(), "layer": LAYER}
    for name, points in sets.items():
        points = check_points(points)
        points.tofile(folder / f"{name}.bin")
        starting_map(points, "pca", 182).T.astype(np.float32).tofile(folder / f"{name}_start.bin")
        about[name] = {"count": len(points), "size": points.shape[1]}
    (folder / "digits_pixels.bin").write_bytes((16 * X).astype(np.uint8).tobytes())
    write_json(folder / "points.json", about)


def export_quiz(quiz: Quiz, folder: Path) -> None:
    """Write quiz.json: question, choices, reasons and the right letter."""
    about = {"question": quiz.question, "choices": quiz.choices, "reasons": quiz.reasons, "correct": quiz.correct}
    write_json(folder / "quiz.json", about)


def export_cells(folder: Path) -> None:
    """Write cells.safetensors as shipped, and cells.json: alphabet, example, and the cells that were found."""
    shutil.copyfile(data_path(CELLS_FILE), folder / "cells.safetensors")
    found = [
        {
            "name": WORDS[name],
            "cell": one.cell,
            "measure": one.measure,
            "kind": "correlation" if name in QUANTITIES else "AUC",
        }
        for name, one in cells.load_found().items()
    ]
    about = {"alphabet": ALPHABET, "example": cells.EXAMPLE, "longest": LONGEST, "found": found}
    write_json(folder / "cells.json", about)


def export_agent(folder: Path) -> None:
    """Write agent.safetensors as shipped, states.bin uint8 (N, 13), map.bin float32 (N, 2) and frames.bin uint16 (N,).

    A state's first five numbers are those of `breakout`, the directions with 1 added; then come its bricks, packed.
    """
    shutil.copyfile(data_path(AGENT_FILE), folder / "agent.safetensors")
    atlas = policy.load_atlas()
    _packed(atlas.states).tofile(folder / "states.bin")
    low, high = atlas.Y.min(axis=0), atlas.Y.max(axis=0)
    unit = (atlas.Y - (low + high) / 2) / ((high - low).max() / 2)
    unit.astype(np.float32).tofile(folder / "map.bin")
    atlas.frames.astype(np.uint16).tofile(folder / "frames.bin")


def export_bugs(folder: Path) -> None:
    """Write bugs.json, the agent's policy bugs and where their longest stays go round; clusters.bin, uint8 (N,).

    A bug has its words, a state as in states.bin, and the clusters in which it stays; clusters.bin has that of each
    state of the map.
    """
    network = policy.load_agent()
    hidden = network.look(policy.load_atlas().states)[0]
    bugs, states = search(network, hidden)
    policy.grouping(hidden).predict(hidden).astype(np.uint8).tofile(folder / "clusters.bin")
    listed = [
        {"words": words(bug), "state": _packed(state[None])[0].tolist(), "clusters": bug.clusters}
        for bug, state in zip(bugs, states, strict=True)
    ]
    write_json(folder / "bugs.json", {"games": GAMES, "bugs": listed})


def _packed(states: np.ndarray) -> np.ndarray:
    """States (N, 65) as uint8 (N, 13)."""
    ball = states[:, : breakout.FIRST] + np.array([0, 0, 0, 1, 1], np.int8)
    bricks = np.packbits(states[:, breakout.FIRST :].astype(np.uint8), axis=1)
    return np.hstack([ball.astype(np.uint8), bricks])
