"""Small fully connected networks that learn while one watches, several equal ones at a time.

Lecture, section 2 (the live demonstrations that it links: ConvNetJS, TensorFlow Playground). To race optimisers, K
networks start with the same weights and see the same batches. Layer l of all of them is one batched product,

    h_l = f(h_{l-1} W_l + b_l),    W_l (K, in, out), b_l (K, 1, out),

so K networks cost little more than one, and each has an optimiser of its own from `torch.optim`: plain SGD; Adagrad
(Duchi, Hazan, Singer 2011); Adadelta (Zeiler 2012, arXiv:1212.5701); Adam (Kingma, Ba 2015, arXiv:1412.6980).
"""

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from cs182viz.demos.playground.problems import Data

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "tanh": torch.tanh,
    "relu": torch.relu,
    "sigmoid": torch.sigmoid,
    "linear": lambda x: x,
}
OPTIMIZERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "SGD": torch.optim.SGD,
    "Adagrad": torch.optim.Adagrad,
    "Adadelta": torch.optim.Adadelta,
    "Adam": torch.optim.Adam,
}
PENALTIES: dict[str, Callable[[Tensor], Tensor]] = {"L1": torch.abs, "L2": torch.square}


@dataclass(frozen=True)
class Networks:
    """K networks of one shape: weights[l] (K, in, out) and biases[l] (K, 1, out), which are parts of `flat` (K, D)."""

    flat: Tensor
    weights: list[Tensor]
    biases: list[Tensor]
    activation: str

    @property
    def parameters(self) -> list[Tensor]:
        """In the order of `flat`."""
        return [*self.weights, *self.biases]


@dataclass
class Options:
    """What may change while a network learns; read anew at every step.

    Adadelta scales its steps by itself and takes no learning rate, so that `learning_rate` holds for the others. To
    the loss `strength` times the sum of all weights' (not the biases') absolute values (L1) or squares (L2) is added.
    """

    data: Data
    learning_rate: float = 0.03
    penalty: str = "L2"
    strength: float = 0.0


def start(sizes: Sequence[int], copies: int, *, activation: str = "tanh", seed: int = 0) -> Networks:
    """Draw `copies` equal networks with layers of `sizes` units, inputs first: weights N(0, gain^2/inputs), biases 0.

    Raises
    ------
    ValueError
        For an unknown activation, or sizes that are not positive.
    """
    if activation not in ACTIVATIONS:
        raise ValueError(f"there is no activation {activation!r}: take one of {', '.join(ACTIVATIONS)}")
    if len(sizes) < 2 or min(sizes) < 1 or copies < 1:
        raise ValueError(
            f"expected positive numbers of units and copies, got layers {tuple(sizes)} and {copies} copies"
        )
    shapes = [*itertools.pairwise(sizes), *((1, outputs) for outputs in sizes[1:])]
    flat = torch.zeros(copies, sum(map(math.prod, shapes)))
    parts = flat.split(list(map(math.prod, shapes)), dim=1)
    views = [part.unflatten(1, shape) for part, shape in zip(parts, shapes, strict=True)]
    weights, biases = views[: len(sizes) - 1], views[len(sizes) - 1 :]
    generator = torch.Generator().manual_seed(seed)
    kind: Any = activation  # torch lists the names that it takes as types
    for weight, inputs in zip(weights, sizes, strict=False):
        spread = torch.nn.init.calculate_gain(kind) / math.sqrt(inputs)
        weight.copy_(spread * torch.randn(weight.shape[1:], generator=generator))
    for view in views:
        view.requires_grad_()
    return Networks(flat, weights, biases, activation)


def layers(networks: Networks, X: Tensor) -> list[Tensor]:
    """Activations (K, N, units) of each hidden layer at the inputs X (N, in), and last the output (K, N, out)."""
    bend = ACTIVATIONS[networks.activation]
    signal = X.expand(len(networks.weights[0]), *X.shape)  # (K, N, in)
    found = []
    for weight, bias in zip(networks.weights, networks.biases, strict=True):
        signal = torch.baddbmm(bias, signal, weight)  # (K, N, out)
        found.append(signal)
        signal = found[-1] = bend(signal) if weight is not networks.weights[-1] else signal
    return found


def losses(networks: Networks, data: Data) -> Tensor:
    """Each network's mean loss (K,): cross-entropy of the logistic output for classes, else the squared error."""
    output = layers(networks, data.X)[-1][..., 0]  # (K, N)
    measure = functional.binary_cross_entropy_with_logits if data.classifies else functional.mse_loss
    return measure(output, data.y.expand_as(output), reduction="none").mean(dim=1)


@torch.no_grad()
def accuracies(networks: Networks, data: Data) -> Tensor:
    """The share (K,) of points that each network puts on the right side."""
    return ((layers(networks, data.X)[-1][..., 0] > 0) == (data.y > 0.5)).float().mean(dim=1)


def train(
    options: Options,
    *,
    hidden: Sequence[int] = (8, 8),
    activation: str = "tanh",
    optimizers: Sequence[str] = tuple(OPTIMIZERS),
    batch: int = 32,
    seed: int = 0,
) -> Iterator[tuple[int, Networks, Tensor]]:
    """Let one network for each of `optimizers` learn `options.data` from the same start and the same batches, for ever.

    Yields (step, networks, losses (K,)): always the same networks, after the step, and the batch's losses before it. A
    network whose loss is no longer finite moves no more and leaves the others alone.

    Raises
    ------
    ValueError
        For unknown optimisers, activations or penalties, or an empty batch.
    """
    unknown = [name for name in optimizers if name not in OPTIMIZERS]
    if unknown or not optimizers or batch < 1:
        raise ValueError(
            f"expected some of {', '.join(OPTIMIZERS)} and a batch of 1 or more, got {list(optimizers)}, {batch}"
        )
    sizes = (options.data.X.shape[1], *hidden, 1)
    networks = start(sizes, len(optimizers), activation=activation, seed=seed)
    movers = [Mover(name, flat) for name, flat in zip(optimizers, networks.flat, strict=True)]
    generator = torch.Generator().manual_seed(seed)
    for step in itertools.count(1):
        data = options.data
        rows = torch.randperm(len(data.X), generator=generator)[:batch]
        found = losses(networks, Data(data.X[rows], data.y[rows]))
        parts = torch.autograd.grad((found + penalty(networks, options)).sum(), networks.parameters)
        gradients = torch.cat([part.flatten(1) for part in parts], dim=1)  # (K, D)
        for mover, gradient, value in zip(movers, gradients, found.tolist(), strict=True):
            if math.isfinite(value):
                mover.move(gradient, options.learning_rate)
        yield step, networks, found.detach()


def penalty(networks: Networks, options: Options) -> Tensor:
    """What regularisation adds to each network's loss (K,); ValueError for an unknown kind."""
    if options.penalty not in PENALTIES:
        raise ValueError(f"there is no penalty {options.penalty!r}: take one of {', '.join(PENALTIES)}")
    size = PENALTIES[options.penalty]
    sizes = (size(weight).sum(dim=(1, 2)) for weight in networks.weights)
    return options.strength * sum(sizes, torch.zeros(()))


class Mover:
    """An optimiser for one network of K; it moves the shared parameters in place, so nothing is copied."""

    def __init__(self, name: str, flat: Tensor) -> None:
        self.flat = flat
        self.takes_rate = name != "Adadelta"
        self.optimizer = OPTIMIZERS[name]([flat], lr=1.0)  # 1 is Adadelta as it was published

    def move(self, gradient: Tensor, learning_rate: float) -> None:
        self.flat.grad = gradient
        if self.takes_rate:
            self.optimizer.param_groups[0]["lr"] = learning_rate
        self.optimizer.step()
