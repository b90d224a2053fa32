"""Train a network that inverts codes to sharp pictures: image, features, adversary ("ours-GAN"; lecture 10, section 5).

Dosovitskiy and Brox 2016, "Generating images with perceptual similarity metrics based on deep networks"
(arXiv:1602.02644), equations 1 to 4. With x the photograph, G the network, C a layer of SqueezeNet and D the judge:

    L_image = ||G(code) - x||^2    L_feature = ||C(G(code)) - C(x)||^2    L_adversary = -log D(G(code), code)

and D learns -log D(x, code) - log(1 - D(G(code), code)). Squared error alone gives the mean of all pictures with that
code, a blur; the judge asks for one that could be a photograph. The paper compares in one layer of AlexNet; here it is
the mean over two codes of SqueezeNet, pool5 and the code that the picture is made of.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim.lr_scheduler import LambdaLR

from cs182viz import imageops
from cs182viz.devices import fastest_layout
from cs182viz.techniques.common.learning import finite, move_moments
from cs182viz.techniques.inversion_network.codes import CODES, SEEN, encode_all
from cs182viz.techniques.inversion_network.network import SIDE
from cs182viz.techniques.inversion_network.train import State, codes_of

COMPARED = "pool5"
"""The code that a picture should share with the photograph, beside the one it is made of."""
IMAGE, FEATURE, ADVERSARY = 1.0, 1.0, 0.05
"""Weights of mean squared error, relative error of the features, and adversary."""
_AHEAD = 0.1
"""The judge waits while its loss is less than this share of its opponent's (the paper, section 3.4)."""


class Judge(nn.Module):
    """How much a picture (N, 3, 112, 112) looks like a photograph with this code: logits (N,), > 0 for photographs.

    Parameters
    ----------
    layer : whose codes come with the pictures.
    """

    def __init__(self, layer: str) -> None:
        super().__init__()
        widths = (3, 32, 64, 128, 128)
        self.look = nn.Sequential()
        for inputs, outputs in itertools.pairwise(widths):
            self.look.extend([nn.Conv2d(inputs, outputs, 3, stride=2, padding=1), nn.LeakyReLU(0.2)])
        self.read = nn.Sequential(nn.Linear(CODES[layer][0], 64), nn.LeakyReLU(0.2), nn.Linear(64, 64))
        self.decide = nn.Sequential(nn.Linear(128 + 64, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1))

    def forward(self, pictures: Tensor, code: Tensor) -> Tensor:
        """Logits (N,)."""
        seen = self.look(pictures).mean(dim=(2, 3))  # (N, 128)
        told = code if code.ndim == 2 else code.mean(dim=(2, 3))  # (N, channels)
        told = F.layer_norm(told, told.shape[1:])
        return self.decide(torch.cat([seen, self.read(told)], dim=1))[:, 0].float()


class GanState(State):
    """What the training against a judge has reached; otherwise as `State`."""

    parts = (*State.parts, "judges", "judging")

    def __init__(self, layers: Sequence[str], *, seed: int = 182, learning_rate: float = 3e-4) -> None:
        super().__init__(layers, seed=seed, learning_rate=learning_rate)
        self.judges = nn.ModuleDict()
        for layer in layers:
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(seed)
                self.judges[layer] = Judge(layer)
        self.optimizer = torch.optim.Adam(self.networks.parameters(), lr=learning_rate, betas=(0.9, 0.999))
        self.schedule = LambdaLR(self.optimizer, lambda step: 1.0)  # a judge is no fixed aim
        self.judging = torch.optim.Adam(self.judges.parameters(), lr=learning_rate)

    def to(self, device: torch.device) -> "GanState":
        """Move what learns to a device."""
        super().to(device)
        self.judges.to(device)
        move_moments(self.judging, device)
        return self


def train_against_judge(
    state: GanState, model: nn.Module, photographs: Iterator[Tensor], *, halve: bool = False
) -> Iterator[tuple[int, GanState, float]]:
    """Yield (steps taken, state, loss of the networks) for ever; parameters as in `train`.

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
        codes = codes_of(model, [*dict.fromkeys([COMPARED, *state.layers])], x, halve=halve)
        number = 0.0
        for optimizer in (state.optimizer, state.judging):
            optimizer.zero_grad()
        for layer, network in state.networks.items():
            judge, code = state.judges[layer], codes[layer]
            with torch.autocast(device.type, dtype=torch.bfloat16, enabled=halve):
                painted = network(code)
                fooled = F.softplus(-judge(painted, code)).mean()  # -log D
                features = feature_error(model, painted, {name: codes[name] for name in (COMPARED, layer)})
            loss = IMAGE * F.mse_loss(painted, wanted) + FEATURE * features + ADVERSARY * fooled
            loss.backward()
            number += finite(float(loss.detach()), state.step)
            _judge(judge, wanted, painted.detach(), code, float(fooled.detach()), halve=halve)
        state.optimizer.step()
        state.judging.step()
        state.average.update_parameters(state.networks)
        state.step += 1
        yield state.step, state, number


def feature_error(model: nn.Module, painted: Tensor, wanted: Mapping[str, Tensor]) -> Tensor:
    """||C(painted) - C(x)||^2 / ||C(x)||^2 over the batch, the mean over the codes C that are wanted."""
    seen = imageops.resize(painted, SEEN)
    seen = seen.contiguous(memory_format=fastest_layout(seen))
    reached = encode_all(model, list(wanted), seen)
    errors = [
        (reached[name].float() - code.float()).square().sum() / code.float().square().sum()
        for name, code in wanted.items()
    ]
    return torch.stack(errors).mean()


def judge_loss(judge: nn.Module, real: Tensor, painted: Tensor, code: Tensor) -> Tensor:
    """-log D(real, code) - log(1 - D(painted, code)), the mean over the batch."""
    return (F.softplus(-judge(real, code)) + F.softplus(judge(painted, code))).mean()


def _judge(judge: nn.Module, real: Tensor, painted: Tensor, code: Tensor, fooled: float, *, halve: bool) -> None:
    """Put the judge's gradient in place, or none while it is far ahead."""
    for parameter in judge.parameters():  # what the network's own loss left there
        parameter.grad = None
    with torch.autocast(real.device.type, dtype=torch.bfloat16, enabled=halve):
        loss = judge_loss(judge, real, painted, code)
    if float(loss.detach()) > _AHEAD * fooled:
        loss.backward()
