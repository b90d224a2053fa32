"""The training of the network that reads code, as `cs182viz train cells` runs it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from torch import Tensor

from cs182viz.devices import pick
from cs182viz.techniques.cells.text import encode
from cs182viz.techniques.cells.train import State, train
from cs182viz.training.sources import Sources

NAME = "cells"


def add_options(parser: argparse.ArgumentParser) -> None:
    """What this training takes on the command line, beside what every training takes."""
    parser.add_argument("--code", type=Path, required=True, help="folder of C files to learn from")
    parser.add_argument("--cells", type=int, default=256, help="cells of the network (256)")
    parser.add_argument("--length", type=int, default=128, help="characters that a gradient goes back (128)")
    parser.add_argument("--batch", type=int, default=32, help="places of the text that are read side by side (32)")
    parser.add_argument(
        "--learning-rate", type=float, default=3e-3, help="of Adam; after 2,000 steps it falls as one over their root"
    )


class Training:
    """Everything that the command needs: a state, its steps, and what to ship of it.

    Raises
    ------
    ValueError
        The code cannot be had, or an option makes no sense; the message says which and why.
    """

    def __init__(self, options: argparse.Namespace) -> None:
        self.device = pick(options.device)
        if min(options.cells, options.length, options.batch) < 1:
            raise ValueError("--cells, --length and --batch are 1 or more")
        if not 0 < options.learning_rate <= 1:
            raise ValueError(f"--learning-rate lies between 0 and 1, got {options.learning_rate:g}")
        self.sources = Sources(options.code)
        self.numbers = encode(self.sources.to_learn(options.seed))
        self.state = State(seed=options.seed, learning_rate=options.learning_rate, cells=options.cells)
        self.options = options

    def steps(self) -> Iterator[tuple[int, State, float]]:
        """Train on from where the state is."""
        self.state.to(self.device)
        return train(self.state, self.numbers, batch=self.options.batch, length=self.options.length)

    def weights(self) -> dict[str, Tensor]:
        """What to ship."""
        return dict(self.state.network.state_dict())

    def about(self) -> dict[str, Any]:
        """What a reader has to know of the weights."""
        return {
            "network": NAME,
            "cells": self.options.cells,
            "width": self.state.network.width,
            "data": f"{len(self.sources.learned)} files of C, {len(self.numbers):,} characters",
            "held out files": [path.as_posix() for path in self.sources.held_out],
            "length": self.options.length,
            "batch": self.options.batch,
        }
