"""Five ways to join inputs and outputs (lecture section 0; Karpathy 2015, "The unreasonable effectiveness of RNNs").

Each is a network, what it learns, and a loss. All of them learn by the same few lines, in seconds, from one seed.
"""

import functools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from cs182viz.devices import pick
from cs182viz.techniques.common.learning import finite
from cs182viz.techniques.digits import Examples, split
from cs182viz.techniques.recap import problems
from cs182viz.techniques.recap.networks import Adder, Pen, Picture, Rows, Translator

Loss = Callable[[nn.Module, Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Design:
    """One of the five.

    Attributes
    ----------
    name : as the lecture says it.
    says : what ours does, in a few words.
    inputs, outputs : of the five places in time that its drawing has, those with an input and with an output.
    build : makes the network.
    draw : (count, generator) -> a batch x, y.
    loss : (network, x, y) -> the mean loss.
    steps, rate : of Adam.
    """

    name: str
    says: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    build: Callable[[], nn.Module]
    draw: Callable[[int, torch.Generator], tuple[Tensor, Tensor]]
    loss: Loss
    steps: int
    rate: float = 0.01


def learn(
    design: Design, *, seed: int = 182, batch: int = 64, device: str | torch.device = "cpu"
) -> Iterator[tuple[int, nn.Module, float]]:
    """Yield (step, network, loss of its batch) after each step; the rate falls to zero along half a cosine.

    Raises
    ------
    FloatingPointError
        The loss is no longer a number.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = design.build().to(pick(device))
    place = next(network.parameters()).device
    optimizer = torch.optim.Adam(network.parameters(), lr=design.rate)
    generator = torch.Generator().manual_seed(seed)
    for step in range(1, design.steps + 1):
        optimizer.param_groups[0]["lr"] = design.rate * 0.5 * (1 + math.cos(math.pi * step / design.steps))
        x, y = design.draw(batch, generator)
        loss = design.loss(network, x.to(place), y.to(place))
        value = finite(loss.item(), step, advice="take a smaller rate")
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        yield step, network, value


def learned(design: Design, *, seed: int = 182, device: str | torch.device = "cpu") -> nn.Module:
    """The network after all of its steps, frozen."""
    *_, (_, network, _) = learn(design, seed=seed, device=device)
    return network.eval().requires_grad_(False)


def _picture(count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    return _known().draw(count, generator)


def _rows(count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    return problems.rows_of(_known(), count, generator)


@functools.cache
def _known() -> Examples:
    return split()[0]


def _classes(network: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    return functional.cross_entropy(network(x), y)


def _places(network: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    return functional.mse_loss(network(x, y[:, 1]), y[:, 0])


def _digits(network: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    return functional.cross_entropy(network(x, y).flatten(0, 1), y.flatten())


def _bits(network: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    return functional.binary_cross_entropy_with_logits(network(x), y)


_NAMED = [
    Design("one to one", "a picture, its digit", (2,), (2,), Picture, _picture, _classes, 300),
    Design(
        "one to many", "a shape's name, the way of a pen", (0,), (0, 1, 2, 3, 4), Pen, problems.draw_pens, _places, 1000
    ),
    Design("many to one", "a picture row by row, its digit", (0, 1, 2, 3, 4), (4,), Rows, _rows, _classes, 500),
    Design(
        "many to many, when all was read",
        "a number's words, its digits",
        (0, 1, 2),
        (2, 3, 4),
        Translator,
        problems.draw_numbers,
        _digits,
        700,
    ),
    Design(
        "many to many, one for each",
        "two numbers bit by bit, their sum",
        (0, 1, 2, 3, 4),
        (0, 1, 2, 3, 4),
        Adder,
        problems.draw_sums,
        _bits,
        500,
        0.03,
    ),
]
DESIGNS = {design.name: design for design in _NAMED}
"""The five by name."""
