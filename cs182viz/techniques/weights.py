"""The weights of a convolution as pictures: the first layer in colour, higher ones in grey (lecture section 2).

A first layer's filter has red, green and blue weights and is a small picture of what it looks for. Higher up a filter
has one map for each channel below, which nobody has a picture of: ConvNetJS draws them in grey, and so does this.
"""

import math
from collections.abc import Iterable, Sequence

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from torch import Tensor, nn

from cs182viz import layers
from cs182viz.canvas import LABEL_SIZE, figure_of, write_around

GAP = 1  # white dots around a tile
WIDTH = 11  # of a figure, in inches


def filters(model: nn.Module, layer: str) -> Tensor:
    """Weights (units, channels, height, width) of the convolution behind a layer's name, in a copy.

    ``conv1``, which names the activation after the ReLU, stands for the convolution before it. The weights of a
    fully connected layer are (units, inputs, 1, 1).

    Raises
    ------
    UnknownLayerError
        (a ValueError) no such layer.
    ValueError
        The layer has no weights of its own, or is a block of several convolutions; the message says what to ask for.
    """
    module = layers.resolve(model, layer)
    inside = {name: part for name, part in model.named_modules() if _has_filters(part)}
    blocks = [name for name, part in inside.items() if any(part is other for other in module.modules())]
    if len(blocks) > 1:
        some = ", ".join(blocks[:5])
        raise ValueError(f"{layer!r} is made of {len(blocks)} layers with weights; ask for one, such as {some}")
    found = inside[blocks[0]] if blocks else _before(model, module)
    if found is None:
        raise ValueError(f"{layer!r} has no weights of its own: ask for the convolution or the layer before it")
    weight = found.get_parameter("weight").detach().clone()
    return weight if weight.ndim == 4 else weight[:, :, None, None]


def as_colours(weight: Tensor) -> np.ndarray:
    """Filters (units, 3, h, w) as pictures (units, h, w, 3) in 0..1, each stretched as far as it goes around grey.

    0.5 + w / (2 max |w|): a weight of 0 is mid-grey, and what is brighter excites the unit.
    """
    if weight.ndim != 4 or weight.shape[1] != 3:
        raise ValueError(f"only filters (units, 3, h, w) have colours, got {tuple(weight.shape)}")
    return _around_grey(weight).permute(0, 2, 3, 1).cpu().numpy()


def as_greys(weight: Tensor) -> np.ndarray:
    """Filters (units, channels, h, w) as grey maps of that shape in 0..1, each unit's stretched together as above.

    So the maps of one unit can be compared: a channel that it hardly uses is flat grey.
    """
    if weight.ndim != 4:
        raise ValueError(f"filters have shape (units, channels, h, w), got {tuple(weight.shape)}")
    return _around_grey(weight).cpu().numpy()


def weights_figure(
    model: nn.Module,
    layer: str,
    *,
    units: Iterable[int] | None = None,
    channels: Iterable[int] | None = None,
    title: str | None = None,
    caption: str | None = None,
) -> Figure:
    """Draw a layer's filters: those on three channels as tiles in RGB, others as grey maps, a row for each unit.

    Parameters
    ----------
    units : which filters, in this order; None means all of a first layer, and the first 12 of a higher one.
    channels : which of a higher layer's input channels make the columns; None means the first 24.

    Raises
    ------
    ValueError
        As `filters`, or the layer has no such unit or channel.
    """
    weight = filters(model, layer)
    if weight.shape[1] == 3:
        chosen = _chosen(units, len(weight), "unit", len(weight))
        return _tiles(as_colours(weight[chosen]), chosen, title, caption)
    chosen = _chosen(units, len(weight), "unit", 12)
    inputs = _chosen(channels, weight.shape[1], "channel", 24)
    return _maps(as_greys(weight)[np.ix_(chosen, inputs)], chosen, inputs, title, caption)


def _has_filters(module: nn.Module) -> bool:
    return isinstance(module, nn.Conv2d | nn.Linear)


def _before(model: nn.Module, module: nn.Module) -> nn.Module | None:
    """The layer with weights just before an activation or a normalisation, where a Sequential tells the order."""
    for parent in model.modules():
        members = list(parent) if isinstance(parent, nn.Sequential) else []
        places = [place for place, member in enumerate(members) if member is module]
        for member in reversed(members[: places[0] + 1] if places else []):
            if _has_filters(member):
                return member
            if "Pool" in type(member).__name__ or any(True for _ in member.children()):
                return None
    return None


def _around_grey(weight: Tensor) -> Tensor:
    greatest = weight.abs().amax(dim=(1, 2, 3), keepdim=True)
    return 0.5 + weight / (2 * torch.where(greatest > 0, greatest, torch.ones_like(greatest)))


def _chosen(wanted: Iterable[int] | None, count: int, what: str, most: int) -> list[int]:
    chosen = list(range(min(count, most))) if wanted is None else [int(number) for number in wanted]
    if not chosen or not all(0 <= number < count for number in chosen):
        raise ValueError(f"the layer has {what}s 0 to {count - 1}, got {chosen}")
    return chosen


def _tiles(pictures: np.ndarray, units: Sequence[int], title: str | None, caption: str | None) -> Figure:
    """Tiles (units, h, w, 3) in rows twice as long as there are rows, each row led by the number of its first unit."""
    columns = min(len(pictures), math.ceil(math.sqrt(2 * len(pictures))))
    rows = math.ceil(len(pictures) / columns)
    white = np.ones((rows * columns - len(pictures), *pictures.shape[1:]))
    tiles = np.concatenate([pictures, white]).reshape(rows, columns, *pictures.shape[1:])
    ax = _draw(tiles, title, caption)
    _number(ax.yaxis, list(units)[::columns], _drawn(ax).shape[0])
    ax.set_ylabel("unit", fontsize=LABEL_SIZE)
    return figure_of(ax)


def _drawn(ax: Axes) -> np.ndarray:
    """The pixels of the picture in the axes."""
    return np.asarray(ax.images[0].get_array())


def _maps(
    maps: np.ndarray, units: Sequence[int], channels: Sequence[int], title: str | None, caption: str | None
) -> Figure:
    """Grey maps (units, channels, h, w): a row a unit, a column a channel."""
    ax = _draw(np.repeat(maps[..., None], 3, axis=-1), title, caption)
    height, width = _drawn(ax).shape[:2]
    _number(ax.yaxis, units, height)
    _number(ax.xaxis, channels, width)
    ax.set_ylabel("unit", fontsize=LABEL_SIZE)
    ax.set_xlabel("channel below", fontsize=LABEL_SIZE)
    return figure_of(ax)


def _draw(tiles: np.ndarray, title: str | None, caption: str | None) -> Axes:
    """Draw tiles (rows, columns, h, w, 3) as squares of about 24 dots with white lines between them."""
    rows, columns, h, w = tiles.shape[:4]
    scale = max(1, round(24 / max(h, w)))
    large = tiles.repeat(scale, axis=2).repeat(scale, axis=3)
    framed = np.pad(large, ((0, 0), (0, 0), (GAP, GAP), (GAP, GAP), (0, 0)), constant_values=1)
    mosaic = framed.swapaxes(1, 2).reshape(rows * framed.shape[2], columns * framed.shape[3], 3)
    words = 0.6 * bool(title) + 0.8 * bool(caption) + 0.8  # inches, with the numbers below
    figure = Figure(figsize=(WIDTH, words + (WIDTH - 1) * mosaic.shape[0] / mosaic.shape[1]), layout="compressed")
    write_around(figure, title, caption)
    ax = figure.subplots()
    ax.imshow(mosaic, interpolation="nearest")
    ax.spines[:].set_visible(False)
    ax.set(xticks=[], yticks=[])
    return ax


def _number(axis: Axis, numbers: Sequence[int], length: int) -> None:
    """Write the numbers beside their tiles, every second or third one where they would touch."""
    every = math.ceil(len(numbers) / 12)
    places = (np.arange(len(numbers)) + 0.5) * length / len(numbers) - 0.5
    axis.set_ticks(places[::every], labels=[str(number) for number in numbers[::every]])
    axis.set_tick_params(length=0, labelsize=LABEL_SIZE)
