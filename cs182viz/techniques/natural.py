"""A small network on natural pictures, all of its weights side by side (lecture section 2).

ConvNetJS (Karpathy 2014) shows it on CIFAR-10 (Krizhevsky 2009): only the first layer can be read. Where CIFAR-10
cannot be had, `patches` cuts photographs of the package into squares; the network says from which one each is.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor
from torch.nn import functional
from torchvision.datasets import CIFAR10

from cs182viz import images
from cs182viz.assets import AssetError
from cs182viz.canvas import LABEL_SIZE, write_around
from cs182viz.devices import pick
from cs182viz.techniques.common.learning import finite
from cs182viz.techniques.digits import ConvNet, Examples, weight_tiles

SIDE, SEEN = 24, 64
"""Pixels of a patch's side, and of the square of a photograph that it shows."""
SMALL = 0.1
"""What the first layer's random weights are multiplied by at the start: what one sees of them later was learned."""
PHOTOGRAPHS = (
    "bison",
    "brandenburg_gate",
    "broccoli",
    "cliff_dwelling",
    "clownfish",
    "dandelions",
    "fighter_jet",
    "macaw",
    "panda",
    "screwdriver",
)


def patches(names: Sequence[str] = PHOTOGRAPHS, *, count: int = 600, seed: int = 182) -> tuple[Examples, Examples]:
    """Squares of photographs (N, 3, 24, 24) with their photograph's number, to learn, and others held out.

    What is held out is cut from the right part of each photograph, a quarter or more, from which nothing is learned.
    Each colour has mean 0 and deviation 1 over what is learned.

    Parameters
    ----------
    count : squares of each photograph that are learned; a quarter as many are held out.

    Raises
    ------
    ValueError
        A name is unknown (see `images.load_image`).
    """
    rng = np.random.default_rng(seed)
    learned, held_out = [], []
    for name in names:
        image = np.asarray(images.load_image(name))
        edge = min(round(0.75 * image.shape[1]), image.shape[1] - SEEN)
        learned.append(_squares(image[:, :edge], count, rng))
        held_out.append(_squares(image[:, edge:], count // 4, rng))
    return _standard(_joined(learned), _joined(held_out))


def cifar10(root: str | Path, *, download: bool = True) -> tuple[Examples, Examples]:
    """CIFAR-10 by torchvision: 50,000 pictures (N, 3, 32, 32) of ten classes to learn, 10,000 held out.

    Raises
    ------
    AssetError
        It is not in `root`, and cannot be fetched or `download` is off; says what to do without a network.
    """
    try:
        found = [CIFAR10(str(root), train=train, download=download) for train in (True, False)]
    except (OSError, RuntimeError) as error:  # of the network, of the disk; of what is not there or damaged
        reason = f"could not be fetched: {error}" if download else "download is off"
        raise AssetError(
            f"CIFAR-10 is not in {Path(root).absolute()}, and {reason}. To work offline, download {CIFAR10.url} on "
            "another machine and put it there as it is, or cut photographs of the package with natural.patches()."
        ) from error
    learned, held_out = (Examples(_levels(one.data), torch.tensor(one.targets)) for one in found)
    return _standard(learned, held_out)


def learn(
    data: Examples,
    *,
    steps: int = 600,
    batch: int = 32,
    rate: float = 0.01,
    decay: float = 0.003,
    seed: int = 182,
    device: str | torch.device = "cpu",
) -> Iterator[tuple[int, ConvNet, float]]:
    """Yield (step, network, loss of the batch): SGD with momentum, and a decay that wipes out what no picture asks for.

    Raises
    ------
    FloatingPointError
        The loss is no longer a number.
    """
    classes = int(data.y.max()) + 1
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = ConvNet(data.X.shape[-1], 3, classes, widths=(24, 16), kernel=7).to(pick(device))
    with torch.no_grad():
        network.first.weight.mul_(SMALL)
    place = network.first.weight.device
    optimizer = torch.optim.SGD(network.parameters(), lr=rate, momentum=0.9, weight_decay=decay)
    generator = torch.Generator().manual_seed(seed)
    for step in range(1, steps + 1):
        optimizer.param_groups[0]["lr"] = rate * (1 - step / (steps + 1))
        x, y = (part.to(place) for part in data.draw(batch, generator))
        loss = functional.cross_entropy(network(x), y)
        value = finite(loss.item(), step, advice="take a smaller rate")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield step, network, value


def show_layers(network: ConvNet, *, title: str, caption: str | None = None) -> Figure:
    """The weights of the three layers side by side: colours for the first, grey for the others, a row for each unit."""
    figure = Figure(figsize=(15, 6), layout="compressed")
    names = ("layer 1: a square for each unit", "layer 2: a row for each unit", "layer 3: a row for each class")
    for ax, weights, name in zip(figure.subplots(1, 3), network.weights(), names, strict=True):
        ax.imshow(weight_tiles(weights), cmap="Greys_r", vmin=0, vmax=255, interpolation="nearest")
        ax.set_axis_off()
        ax.set_title(name, fontsize=LABEL_SIZE)
    write_around(figure, title, caption)
    return figure


def _squares(image: np.ndarray, count: int, rng: np.random.Generator) -> Tensor:
    """Random squares of SEEN pixels, shrunk to SIDE: (count, 3, SIDE, SIDE) in 0..1."""
    tops = rng.integers(0, image.shape[0] - SEEN + 1, count)
    lefts = rng.integers(0, image.shape[1] - SEEN + 1, count)
    cut = np.stack([image[top : top + SEEN, left : left + SEEN] for top, left in zip(tops, lefts, strict=True)])
    return functional.interpolate(_levels(cut), (SIDE, SIDE), mode="bilinear", antialias=True)


def _levels(pictures: np.ndarray) -> Tensor:
    return torch.from_numpy(pictures.astype(np.float32) / 255).permute(0, 3, 1, 2).contiguous()


def _joined(parts: Sequence[Tensor]) -> Examples:
    numbers = torch.arange(len(parts)).repeat_interleave(len(parts[0]))
    return Examples(torch.cat(list(parts)), numbers)


def _standard(learned: Examples, held_out: Examples) -> tuple[Examples, Examples]:
    mean = learned.X.mean(dim=(0, 2, 3), keepdim=True)
    deviation = learned.X.std(dim=(0, 2, 3), keepdim=True)
    first, second = (Examples((part.X - mean) / deviation, part.y) for part in (learned, held_out))
    return first, second
