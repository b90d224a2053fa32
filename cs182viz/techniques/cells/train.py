"""Training of the network that reads code: the next character, all along the text."""

import hashlib
import math
from collections.abc import Iterator, Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cs182viz.techniques.cells.network import Reader
from cs182viz.techniques.cells.text import SYMBOLS
from cs182viz.techniques.common.learning import falling_rate, finite, move_moments

_STEADY = 2000
"""Steps after which the learning rate falls as one over the root of the step."""
_LENGTH = 1.0
"""Longest gradient of a step."""
_KEPT = ("network", "optimizer", "schedule")


class State:
    """What training has reached: all that is needed to go on as if it had never stopped.

    Attributes
    ----------
    network : the one that learns.
    memory : what it remembers of each of the streams that it reads, or None at the beginning of the text.
    step : how many steps were taken.
    """

    def __init__(self, *, seed: int = 182, learning_rate: float = 3e-3, cells: int = 256) -> None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.network = Reader(cells)
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=learning_rate)
        self.schedule = falling_rate(self.optimizer, _STEADY)
        self.memory: tuple[Tensor, Tensor] | None = None
        self.step = 0
        self.reads = ""

    def to(self, device: torch.device) -> "State":
        """Move everything to a device."""
        self.network.to(device)
        if self.memory is not None:
            self.memory = (self.memory[0].to(device), self.memory[1].to(device))
        move_moments(self.optimizer, device)
        return self

    def state_dict(self) -> dict[str, Any]:
        """Everything, as `torch.save` takes it."""
        parts = {name: getattr(self, name).state_dict() for name in _KEPT}
        return parts | {"memory": self.memory, "step": self.step, "reads": self.reads}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from there, at this state's learning rate.

        Raises
        ------
        ValueError
            The state belongs to another network.
        """
        rates = self.schedule.base_lrs
        try:
            for name in _KEPT:
                getattr(self, name).load_state_dict(state[name])
            self.memory, self.step, self.reads = state["memory"], int(state["step"]), str(state["reads"])
        except (KeyError, RuntimeError, ValueError) as error:
            raise ValueError(f"this checkpoint is of another network: {str(error).splitlines()[0]}") from None
        self.schedule.base_lrs = rates


def train(state: State, numbers: Tensor, *, batch: int = 32, length: int = 128) -> Iterator[tuple[int, State, float]]:
    """Yield (steps taken, state, bits a character of the piece that the latest step learned from), for ever.

    The text is cut into `batch` streams, which are read side by side, `length` characters a step; what the network
    remembers goes on from step to step, and gradients end at the piece's beginning. At the end
    of the streams all begin anew.

    Parameters
    ----------
    state : where to begin; it is changed.
    numbers : the whole text, (T,) int64, as `text.encode` gives it.

    Raises
    ------
    ValueError
        The text is too short, or is not the one that the state has learned from so far.
    FloatingPointError
        The loss is no longer a number; the state of the last checkpoint is the one to go on from.
    """
    pieces = (len(numbers) // batch - 1) // length
    if pieces < 1:
        raise ValueError(f"{batch * (length + 1):,} characters at least are needed to learn from, got {len(numbers):,}")
    reads = hashlib.sha256(numbers.numpy().tobytes() + f"{batch} {length}".encode()).hexdigest()
    if state.reads not in ("", reads):
        raise ValueError("this checkpoint learned from another text, or in other batches")
    state.reads = reads
    device = next(state.network.parameters()).device
    streams = numbers[: len(numbers) // batch * batch].view(batch, -1)  # (N, a stream's length)
    state.network.train()
    while True:
        start = state.step % pieces * length
        piece = streams[:, start : start + length + 1].to(device)
        number = finite(_learn(state, piece, state.memory if start else None), state.step)
        state.step += 1
        yield state.step, state, number / math.log(2)


def _learn(state: State, piece: Tensor, memory: tuple[Tensor, Tensor] | None) -> float:
    scores, (h, c) = state.network(piece[:, :-1], memory)
    loss = F.cross_entropy(scores.reshape(-1, SYMBOLS), piece[:, 1:].reshape(-1))
    state.optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(state.network.parameters(), _LENGTH)
    state.optimizer.step()
    state.schedule.step()
    state.memory = (h.detach(), c.detach())
    return float(loss.detach())
