"""The training of a network that inverts codes, as `cs182viz train inversion_network` runs it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from cs182viz.devices import pick
from cs182viz.techniques.inversion_network.codes import CODES, SEEN
from cs182viz.techniques.inversion_network.gan import GanState, train_against_judge
from cs182viz.techniques.inversion_network.shipped import load_inverter
from cs182viz.techniques.inversion_network.train import State, train
from cs182viz.training.photographs import Photographs
from cs182viz.zoo import load_model

NAME = "inversion_network"


def add_options(parser: argparse.ArgumentParser) -> None:
    """What this training takes on the command line, beside what every training takes."""
    parser.add_argument(
        "--layers", nargs="+", default=list(CODES), help=f"whose codes are inverted, of {', '.join(CODES)} (all)"
    )
    parser.add_argument(
        "--pictures", type=Path, nargs="+", required=True, help="folders or zip files of photographs to learn from"
    )
    parser.add_argument(
        "--learning-rate",
        type=float,
        help="of Adam: 0.002, which after 3,000 steps falls as one over their root; with --gan 0.0003, steady",
    )
    parser.add_argument("--gan", action="store_true", help="sharp pictures: image, feature and adversarial loss")
    parser.add_argument(
        "--begin-with", type=Path, help="weights to begin with, an inversion_network.safetensors; else random ones"
    )
    parser.add_argument("--batch", type=int, default=2, help="pictures of each folder in a step (2)")
    parser.add_argument("--bfloat16", action="store_true", help="multiply in bfloat16: faster on processors that can")


class Training:
    """Everything that the command needs: a state, its steps, and what to ship of it.

    Raises
    ------
    ValueError
        Pictures or a layer cannot be had; the message says which and why.
    """

    def __init__(self, options: argparse.Namespace) -> None:
        self.device = pick(options.device)
        if options.batch < 1:
            raise ValueError(f"--batch is 1 or more, got {options.batch}")
        usual = 3e-4 if options.gan else 2e-3
        rate = usual if options.learning_rate is None else options.learning_rate
        if not 0 < rate <= 1:
            raise ValueError(f"--learning-rate lies between 0 and 1, got {rate:g}")
        self.photographs = [Photographs(place) for place in options.pictures]
        kind = GanState if options.gan else State
        self.state: State = kind(options.layers, seed=options.seed, learning_rate=rate)
        if options.begin_with is not None:
            self.state.begin_with({layer: load_inverter(layer, options.begin_with) for layer in options.layers})
        self.state.to(self.device)
        self.options = options

    def steps(self) -> Iterator[tuple[int, State, float]]:
        """Train on from where the state is."""
        model = load_model(device=self.device)
        self.state.to(self.device)
        if isinstance(self.state, GanState):
            return train_against_judge(self.state, model, self._batches(), halve=self.options.bfloat16)
        return train(self.state, model, self._batches(), halve=self.options.bfloat16)

    def weights(self) -> dict[str, Tensor]:
        """What to ship: the averaged weights."""
        return dict(self.state.average.module.state_dict())

    def about(self) -> dict[str, Any]:
        """What a reader has to know of the weights."""
        learned = " and ".join(f"{len(place.learned):,}" for place in self.photographs)
        held_out = " and ".join(f"{len(place.held_out):,}" for place in self.photographs)
        return {
            "network": NAME,
            "layers": self.state.layers,
            "loss of": "image, features and a judge" if self.options.gan else "squared error",
            "data": f"{learned} pictures; {held_out} were held out",
            "batch": self.options.batch * len(self.photographs),
        }

    def _batches(self) -> Iterator[Tensor]:
        """(N, 3, 224, 224), as many pictures from each place."""
        options = {"seed": self.options.seed, "skip": self.state.step}
        streams = [place.batches(SEEN, self.options.batch, **options) for place in self.photographs]
        while True:
            yield torch.cat([next(stream) for stream in streams])
