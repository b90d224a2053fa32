"""Train networks that invert codes, on the squared error alone ("ours-simple"; lecture 10, section 5):

    W* = argmin_W  sum_i || x_i - f(Phi(x_i), W) ||^2

Dosovitskiy and Brox 2016 (arXiv:1506.02753), equation 3. What is minimised is the mean over pixels, which is the same.
Networks of several layers learn side by side from one pass of SqueezeNet. They have nothing in common, so each learns
as it would alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cs182viz import imageops
from cs182viz.devices import fastest_layout
from cs182viz.techniques.common.learning import falling_rate, finite, move_moments
from cs182viz.techniques.inversion_network.codes import encode_all
from cs182viz.techniques.inversion_network.network import SIDE, Inverter

_REMEMBERED = 0.998
"""Of the mean of the weights, from step to step."""
_STEADY = 3000
"""Steps before the learning rate falls as one over the root of their number."""


class State:
    """What training has reached: all that is needed to go on as if it had never stopped.

    Attributes
    ----------
    networks : those that learn, by layer; `average` has the means of their latest weights, the ones to use.
    step : how many steps were taken.
    """

    parts: tuple[str, ...] = ("networks", "average", "optimizer", "schedule")

    def __init__(self, layers: Sequence[str], *, seed: int = 182, learning_rate: float = 2e-3) -> None:
        if not layers:
            raise ValueError("name at least one layer whose codes are inverted")
        self.networks = nn.ModuleDict()
        for layer in layers:
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(seed)
                self.networks[layer] = Inverter(layer)
        self.average = torch.optim.swa_utils.AveragedModel(self.networks, avg_fn=_follow, use_buffers=True)
        self.optimizer = torch.optim.Adam(self.networks.parameters(), lr=learning_rate)
        self.schedule = falling_rate(self.optimizer, _STEADY)
        self.step = 0

    @property
    def layers(self) -> list[str]:
        """Whose codes are inverted."""
        return list(self.networks)

    def begin_with(self, networks: Mapping[str, Inverter]) -> None:
        """Take the weights of networks that have learned, by layer."""
        for layer, network in self.networks.items():
            network.load_state_dict(networks[layer].state_dict())

    def to(self, device: torch.device) -> "State":
        """Move what learns to a device."""
        self.networks.to(device)
        self.average.to(device)
        move_moments(self.optimizer, device)
        return self

    def state_dict(self) -> dict[str, Any]:
        """Everything, as `torch.save` takes it."""
        parts = {name: getattr(self, name).state_dict() for name in self.parts}
        return parts | {"step": self.step, "layers": self.layers}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from there, at this state's learning rate.

        Raises
        ------
        ValueError
            The state belongs to other layers or another network.
        """
        if list(state.get("layers", [])) != self.layers:
            raise ValueError(
                f"this checkpoint inverts {', '.join(state.get('layers', [])) or 'nothing'}, and training was asked "
                f"for {', '.join(self.layers)}"
            )
        rates = self.schedule.base_lrs
        try:
            for name in self.parts:
                getattr(self, name).load_state_dict(state[name])
            self.schedule.base_lrs = rates
            self.step = state["step"]
        except (KeyError, RuntimeError, ValueError) as error:
            raise ValueError(f"this checkpoint is of another network: {str(error).splitlines()[0]}") from None


def _follow(mean: Tensor, latest: Tensor, count: Tensor | int) -> Tensor:
    """The mean of the latest weights, of few of them in the beginning, when the first ones should be forgotten soon."""
    return mean.lerp(latest, max(1 - _REMEMBERED, 9 / (10 + int(count))))


def train(
    state: State, model: nn.Module, photographs: Iterator[Tensor], *, halve: bool = False
) -> Iterator[tuple[int, State, float]]:
    """Yield (steps taken, state, loss of the batch that the latest step learned from), for ever.

    The loss is the mean squared error, summed over the layers.

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
    device = next(state.networks.parameters()).device
    state.networks.train()
    for x in photographs:
        x = x.to(device)
        wanted = imageops.resize(x, SIDE)
        number = 0.0
        state.optimizer.zero_grad()
        codes = codes_of(model, state.layers, x, halve=halve)
        for layer, network in state.networks.items():
            with torch.autocast(device.type, dtype=torch.bfloat16, enabled=halve):
                painted = network(codes[layer])
            loss = F.mse_loss(painted, wanted)
            loss.backward()
            number += finite(float(loss.detach()), state.step)
        state.optimizer.step()
        state.schedule.step()
        state.average.update_parameters(state.networks)
        state.step += 1
        yield state.step, state, number


def codes_of(model: nn.Module, layers: Sequence[str], x: Tensor, *, halve: bool) -> dict[str, Tensor]:
    """Codes of a batch, without a graph."""
    x = x.contiguous(memory_format=fastest_layout(x))
    with torch.no_grad(), torch.autocast(x.device.type, dtype=torch.bfloat16, enabled=halve):
        return encode_all(model, layers, x)
