"""Train a network that inverts codes, on the squared error alone ("ours-simple"; lecture 10, section 5):

    W* = argmin_W  sum_i || x_i - f(Phi(x_i), W) ||^2

Dosovitskiy and Brox 2016 (arXiv:1506.02753), equation 3. What is minimised is the mean over pixels, which is the same.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cs182viz import imageops
from cs182viz.devices import fastest_layout
from cs182viz.techniques.common.learning import falling_rate, move_moments
from cs182viz.techniques.inversion_network.codes import codes_of
from cs182viz.techniques.inversion_network.network import SIDE, Inverter

_STEADY = 3000
"""Steps before the learning rate falls as one over the root of their number."""


class State:
    """What training has reached: all that is needed to go on as if it had never stopped.

    Attributes
    ----------
    network : the one that learns; `average` is the mean of its latest weights, and the one to use.
    step : how many steps were taken.
    """

    def __init__(self, layer: str, *, seed: int = 182, learning_rate: float = 2e-3) -> None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.network = Inverter(layer)
        self.average = torch.optim.swa_utils.AveragedModel(
            self.network, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.998), use_buffers=True
        )
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=learning_rate)
        self.schedule = falling_rate(self.optimizer, _STEADY)
        self.step = 0

    def to(self, device: torch.device) -> "State":
        """Move what learns to a device."""
        self.network.to(device)
        self.average.to(device)
        move_moments(self.optimizer, device)
        return self

    def state_dict(self) -> dict[str, Any]:
        """Everything, as `torch.save` takes it."""
        parts = {name: getattr(self, name).state_dict() for name in ("network", "average", "optimizer", "schedule")}
        return parts | {"step": self.step, "layer": self.network.layer}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from there, at this state's learning rate.

        Raises
        ------
        ValueError
            The state belongs to another layer or another network.
        """
        if state.get("layer") != self.network.layer:
            raise ValueError(
                f"this checkpoint inverts {state.get('layer', 'nothing')}, and training was asked for "
                f"{self.network.layer}"
            )
        rates = self.schedule.base_lrs
        try:
            for name in ("network", "average", "optimizer", "schedule"):
                getattr(self, name).load_state_dict(state[name])
            self.schedule.base_lrs = rates
            self.step = state["step"]
        except (KeyError, RuntimeError, ValueError) as error:
            raise ValueError(f"this checkpoint is of another network: {str(error).splitlines()[0]}") from None


def train(
    state: State, model: nn.Module, photographs: Iterator[Tensor], *, halve: bool = False
) -> Iterator[tuple[int, State, float]]:
    """Yield (steps taken, state, mean squared error of the batch that the latest step learned from), for ever.

    Parameters
    ----------
    state : where to begin; it is changed.
    model : the network of the zoo whose codes are inverted; it does not learn.
    photographs : batches (N, 3, 224, 224), normalised.
    halve : multiply in bfloat16, which is several times faster where the processor has it.

    Raises
    ------
    FloatingPointError
        The loss is no longer a number; the state of the last checkpoint is the one to go on from.
    """
    for x in photographs:
        state.network.train()
        x, code = seen(state, model, x, halve=halve)
        with torch.autocast(x.device.type, dtype=torch.bfloat16, enabled=halve):
            painted = state.network(code)
        loss = F.mse_loss(painted, imageops.resize(x, SIDE))
        number = checked(loss, state.step)
        state.optimizer.zero_grad()
        loss.backward()
        state.optimizer.step()
        state.schedule.step()
        state.average.update_parameters(state.network)
        state.step += 1
        yield state.step, state, number


def seen(state: Any, model: nn.Module, x: Tensor, *, halve: bool) -> tuple[Tensor, Tensor]:
    """A batch where the network of the state is, and its codes."""
    x = x.to(next(state.network.parameters()).device)
    x = x.contiguous(memory_format=fastest_layout(x))
    with torch.autocast(x.device.type, dtype=torch.bfloat16, enabled=halve):
        return x, codes_of(model, state.network.layer, x)


def checked(loss: Tensor, step: int) -> float:
    """The loss as a number; raises FloatingPointError if it is none."""
    number = float(loss.detach())
    if not math.isfinite(number):
        raise FloatingPointError(f"the loss is no longer a number at step {step}: try another seed")
    return number
