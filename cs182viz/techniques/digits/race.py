"""Optimisers that race: equal networks learn from the same batches, each by a rule of its own.

Plain SGD; Adagrad (Duchi, Hazan, Singer 2011); Adadelta (Zeiler 2012, arXiv:1212.5701); Adam (Kingma, Ba 2015,
arXiv:1412.6980).
"""

import copy
import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from cs182viz.devices import pick
from cs182viz.techniques.digits.split import Examples

OPTIMIZERS: dict[str, tuple[Callable[..., torch.optim.Optimizer], float]] = {
    "SGD": (torch.optim.SGD, 0.1),
    "Adagrad": (torch.optim.Adagrad, 0.02),
    "Adadelta": (torch.optim.Adadelta, 1.0),
    "Adam": (torch.optim.Adam, 0.004),
}
"""Each with a rate that suits it here."""


@dataclass
class Rates:
    """What may change while networks learn: all rates are multiplied by `factor`."""

    factor: float = 1.0


def race(
    data: Examples,
    build: Callable[[], nn.Module],
    *,
    rates: Rates | None = None,
    optimizers: Sequence[str] = tuple(OPTIMIZERS),
    batch: int = 32,
    seed: int = 182,
    device: str | torch.device = "cpu",
) -> Iterator[tuple[int, list[nn.Module], list[float]]]:
    """Yield (step, networks, their losses on the batch), for ever: the same networks, after the step.

    A network whose loss is no longer finite moves no more and leaves the others alone.

    Parameters
    ----------
    data : what is learned.
    build : makes a network; one is made, and copied.

    Raises
    ------
    ValueError
        For unknown optimisers, or an empty batch.
    """
    unknown = [name for name in optimizers if name not in OPTIMIZERS]
    if unknown or not optimizers or batch < 1:
        raise ValueError(
            f"expected some of {', '.join(OPTIMIZERS)} and a batch of 1 or more, got {list(optimizers)}, {batch}"
        )
    rates = rates or Rates()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        first = build().to(pick(device))
    networks = [first, *(copy.deepcopy(first) for _ in optimizers[1:])]
    movers = [OPTIMIZERS[name][0](one.parameters(), lr=1.0) for name, one in zip(optimizers, networks, strict=True)]
    place = next(first.parameters()).device
    generator = torch.Generator().manual_seed(seed)
    for step in itertools.count(1):
        x, y = (part.to(place) for part in data.draw(batch, generator))
        losses = []
        for name, network, mover in zip(optimizers, networks, movers, strict=True):
            mover.param_groups[0]["lr"] = rates.factor * OPTIMIZERS[name][1]
            losses.append(_move(network, mover, x, y))
        yield step, networks, losses


def _move(network: nn.Module, mover: torch.optim.Optimizer, x: Tensor, y: Tensor) -> float:
    """One step of one network; returns its loss before it."""
    loss = functional.cross_entropy(network(x), y)
    value = loss.item()
    if math.isfinite(value):
        mover.zero_grad()
        loss.backward()
        mover.step()
    return value


@torch.no_grad()
def accuracy(network: nn.Module, data: Examples) -> float:
    """The share of pictures whose class has the highest score."""
    return float((network(data.X).argmax(dim=1) == data.y).float().mean())
