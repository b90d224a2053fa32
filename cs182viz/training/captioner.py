"""The training of the captioner, as `cs182viz train captioner` runs it."""

import argparse
from collections.abc import Iterator
from typing import Any

from torch import Tensor

from cs182viz.devices import pick
from cs182viz.techniques.captioner.train import BATCH, FIRST, State, train
from cs182viz.zoo import load_model

NAME = "captioner"


def add_options(parser: argparse.ArgumentParser) -> None:
    """What this training takes on the command line, beside what every training takes."""
    parser.add_argument("--scenes", type=int, default=8000, help="different scenes to draw, 25 kB each (8000)")
    parser.add_argument("--learning-rate", type=float, default=2e-3, help="of Adam (0.002)")


class Training:
    """Everything that the command needs: a state, its steps, and what to ship of it.

    Raises
    ------
    ValueError
        An option is out of its range.
    """

    def __init__(self, options: argparse.Namespace) -> None:
        self.device = pick(options.device)
        if options.scenes < FIRST:
            raise ValueError(f"--scenes is {FIRST} or more, got {options.scenes}")
        if not 0 < options.learning_rate <= 1:
            raise ValueError(f"--learning-rate lies between 0 and 1, got {options.learning_rate:g}")
        self.state = State(seed=options.seed, learning_rate=options.learning_rate).to(self.device)
        self.options = options

    def steps(self) -> Iterator[tuple[int, State, float]]:
        """Train on from where the state is."""
        return train(self.state.to(self.device), load_model(device=self.device), scenes=self.options.scenes)

    def weights(self) -> dict[str, Tensor]:
        """What to ship: the averaged weights."""
        return dict(self.state.average.module.state_dict())

    def about(self) -> dict[str, Any]:
        """What a reader has to know of the weights."""
        return {
            "network": NAME,
            "words": list(self.state.network.words),
            "data": f"{self.options.scenes} scenes drawn by cs182viz.techniques.captioner.scenes",
            "batch": BATCH,
        }
