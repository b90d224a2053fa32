"""Train the network that paints in one pass, on the losses that a student wrote (Johnson et al. 2016, section 3.2).

The discriminator of these paintings is not trained: it is SqueezeNet as it came, read by the losses of style transfer.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from cs182viz import layers
from cs182viz.devices import fastest_layout
from cs182viz.techniques.common.learning import falling_rate, finite, move_moments
from cs182viz.techniques.fast_style.network import Stylizer
from cs182viz.techniques.style.transfer import Loss

SIDE = 256
"""Height of the pictures that the weights of the losses are meant for: content and total variation are sums."""
_LENGTH = 1.0
"""Of a step's gradient at most: losses are in the millions, and one strange batch should not count for more."""
_STEADY = 2000
"""Steps before the learning rate falls as one over the root of their number."""


@dataclass(frozen=True)
class Objective:
    """The losses of style transfer, and their weights for pictures 256 pixels high.

    Parameters
    ----------
    content_loss : (content_weight, current, original) -> loss.
    gram_matrix : features (1, C, H, W) -> (1, C, C).
    style_loss : (features of several layers, indices of those that count, their Gram targets, weights) -> loss.
    tv_loss : (img, tv_weight) -> loss.
    """

    content_loss: Loss
    gram_matrix: Callable[[Tensor], Tensor]
    style_loss: Loss
    tv_loss: Loss
    content_layer: str = "fire4"
    content_weight: float = 0.002
    style_layers: Sequence[str] = ("conv1", "fire2", "fire3", "fire4", "fire5", "fire6")
    style_weights: Sequence[float] = (10.0, 3.0, 1.0, 1.0, 1.0, 1.0)
    tv_weight: float = 20.0

    def targets(self, model: nn.Module, painting: Tensor) -> list[Tensor]:
        """Gram matrices of a painting (1, 3, H, W)."""
        with torch.no_grad():
            seen = layers.activations(model, painting, self.style_layers)
            return [self.gram_matrix(seen[name]).detach() for name in self.style_layers]

    def loss(self, model: nn.Module, painted: Tensor, original: Tensor, targets: Sequence[list[Tensor]]) -> Tensor:
        """Mean over pictures (N, 3, H, W) of the loss of each, with the Gram matrices of its style."""
        names = list(dict.fromkeys([*self.style_layers, self.content_layer]))
        with torch.no_grad():
            kept = layers.activations(model, original, self.content_layer)[self.content_layer]
        seen = layers.activations(model, painted, names)
        which = [names.index(name) for name in self.style_layers]
        area = SIDE**2 / painted[0, 0].numel()
        total = painted.new_zeros(())
        for n, own in enumerate(targets):
            features = [seen[name][n : n + 1] for name in names]
            total = total + self.style_loss(features, which, own, list(self.style_weights))
            current = seen[self.content_layer][n : n + 1]
            total = total + self.content_loss(area * self.content_weight, current, kept[n : n + 1])
            total = total + self.tv_loss(painted[n : n + 1], area * self.tv_weight)
        return total / len(targets)


class State:
    """What training has reached: all that is needed to go on as if it had never stopped.

    Attributes
    ----------
    network : the one that learns; `average` is the mean of its latest weights, and the one to use.
    step : how many steps were taken.
    """

    def __init__(self, styles: Sequence[str], *, seed: int = 182, learning_rate: float = 2e-3, **size: int) -> None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.network = Stylizer(styles, **size)
        self.average = torch.optim.swa_utils.AveragedModel(
            self.network, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.998)
        )
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=learning_rate)
        self.schedule = falling_rate(self.optimizer, _STEADY)
        self.generator = torch.Generator().manual_seed(seed)
        self.step = 0

    def to(self, device: torch.device) -> "State":
        """Move what learns to a device; random numbers are drawn on the CPU everywhere."""
        self.network.to(device)
        self.average.to(device)
        move_moments(self.optimizer, device)
        return self

    def state_dict(self) -> dict[str, Any]:
        """Everything, as `torch.save` takes it."""
        parts = {name: getattr(self, name).state_dict() for name in ("network", "average", "optimizer", "schedule")}
        return parts | {"generator": self.generator.get_state(), "step": self.step, "styles": list(self.network.styles)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from there, at this state's learning rate.

        Raises
        ------
        ValueError
            The state belongs to other styles or another network.
        """
        if list(state.get("styles", [])) != list(self.network.styles):
            raise ValueError(
                f"this checkpoint has the styles {', '.join(state.get('styles', [])) or '(none)'}, and training was "
                f"asked for {', '.join(self.network.styles)}"
            )
        rates = self.schedule.base_lrs
        try:
            for name in ("network", "average", "optimizer", "schedule"):
                getattr(self, name).load_state_dict(state[name])
            self.schedule.base_lrs = rates
        except (KeyError, RuntimeError, ValueError) as error:
            raise ValueError(f"this checkpoint is of another network: {str(error).splitlines()[0]}") from None
        self.generator.set_state(state["generator"])
        self.step = state["step"]


def train(
    state: State,
    objective: Objective,
    model: nn.Module,
    paintings: Sequence[Tensor],
    photographs: Iterator[Tensor],
) -> Iterator[tuple[int, State, float]]:
    """Yield (steps taken, state, mean loss of the batch that the latest step learned from), for ever.

    Parameters
    ----------
    state : where to begin; it is changed.
    model : a network of the zoo, which judges; it does not learn.
    paintings : one normalised picture (1, 3, H, W) for each style of the network.
    photographs : batches (N, 3, H, W), normalised. Each picture is painted in a style drawn from the state's generator.

    Raises
    ------
    FloatingPointError
        The loss is no longer a number; the state of the last checkpoint is the one to go on from.
    """
    device = next(state.network.parameters()).device
    targets = [objective.targets(model, painting.to(device)) for painting in paintings]
    state.network.train()
    for x in photographs:
        chosen = torch.randint(len(targets), (len(x),), generator=state.generator).tolist()
        mix = torch.eye(len(targets))[chosen].to(device)
        x = x.to(device)
        x = x.contiguous(memory_format=fastest_layout(x))
        loss = objective.loss(model, state.network(x, mix), x, [targets[style] for style in chosen])
        number = finite(float(loss.detach()), state.step)
        state.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(state.network.parameters(), _LENGTH)
        state.optimizer.step()
        state.schedule.step()
        state.average.update_parameters(state.network)
        state.step += 1
        yield state.step, state, number
