"""The training of the agent that plays Breakout, as `cs182viz train agent` runs it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

from torch import Tensor

from cs182viz.devices import pick
from cs182viz.techniques.policy.learn import Recipe, State, train

NAME = "agent"


def add_options(parser: argparse.ArgumentParser) -> None:
    """What this training takes on the command line, beside what every training takes."""
    parser.add_argument("--games", type=int, default=32, help="games that are played at once (32)")
    parser.add_argument("--learning-rate", type=float, default=3e-4, help="of Adam (0.0003)")


class Training:
    """Everything that the command needs: a state, its steps, and what to ship of it.

    Raises
    ------
    ValueError
        An option cannot be; the message says which.
    """

    def __init__(self, options: argparse.Namespace) -> None:
        if options.games < 1:
            raise ValueError(f"--games is 1 or more, got {options.games}")
        if not 0 < options.learning_rate <= 1:
            raise ValueError(f"--learning-rate lies between 0 and 1, got {options.learning_rate:g}")
        self.device = pick(options.device)
        recipe = Recipe(games=options.games, learning_rate=options.learning_rate)
        self.state = State(recipe, seed=options.seed).to(self.device)

    def steps(self) -> Iterator[tuple[int, State, float]]:
        """Train on from where the state is."""
        return train(self.state.to(self.device))

    def weights(self) -> dict[str, Tensor]:
        """What to ship."""
        return dict(self.state.network.state_dict())

    def about(self) -> dict[str, Any]:
        """What a reader has to know of the weights."""
        network, recipe = self.state.network, self.state.recipe
        return {
            "network": NAME,
            "wide": network.wide,
            "hidden": network.hidden,
            "data": f"{self.state.step * recipe.games:,} frames of Breakout on a grid, played as the network learned",
            "mean return while learning": round(self.state.mean_return, 2) if self.state.returns else None,
        }
