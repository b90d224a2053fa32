"""Patches that activate a unit most, over any stream of pictures (lecture section 2).

After Girshick, Donahue, Darrell and Malik, "Rich Feature Hierarchies for Accurate Object Detection and Semantic
Segmentation" (R-CNN), 2014, section 3.1 and figure 4 (doi:10.1109/CVPR.2014.81): the unit is treated as a detector of
its own; the pictures that it scores highest are shown, with its receptive field and its activation drawn in white.
"""

from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from PIL import Image
from torch import Tensor, nn

from cs182viz import imageops, layers
from cs182viz.devices import fastest_layout
from cs182viz.techniques.patches.crops import Crop, batches
from cs182viz.techniques.patches.receptive import Box, Field, receptive_field

_DIFFERENT = "a network sees all pictures at one size here, got {sizes}: give all crops the same `size`"


@dataclass(frozen=True)
class Patch:
    """Where a unit answered strongly.

    Attributes
    ----------
    value : the activation.
    picture : what the network saw, in RGB, of the size that it takes.
    position : (row, column) in the layer's map.
    box : (top, left, bottom, right), the unit's receptive field there, in pixels of `picture`.
    name : of the picture that it was taken from.
    """

    value: float
    picture: Image.Image
    position: tuple[int, int]
    box: Box
    name: str

    @property
    def image(self) -> Image.Image:
        """The pixels of the receptive field alone."""
        top, left, bottom, right = self.box
        return self.picture.crop((left, top, right, bottom))


def top_patches(
    model: nn.Module,
    layer: str,
    pictures: Iterable[Any],
    *,
    units: int | Iterable[int] | None = None,
    k: int = 9,
    batch: int = 16,
    distinct: bool = True,
) -> dict[int, list[Patch]]:
    """Find the `k` pictures in which each unit of a layer is most active, and where, the most active first.

    Of each picture counts the place of the highest activation. Pictures are read one batch at a time and only those
    that lead are kept: memory does not grow with their number. Equal activations go by the order of the pictures,
    and within one from top left to bottom right.

    Parameters
    ----------
    pictures : any iterable of `Crop`, `images.Picture`, PIL images or RGB arrays, thousands of them from a generator;
        wrap it in ``tqdm`` to see progress.
    units : channels to look at; None means all of the layer.
    distinct : whether the crops of one picture (those whose pictures bear the same name) count as one, of which the
        best is taken; otherwise a unit's favourite picture fills the list with slightly shifted crops of itself.

    Returns
    -------
    For each unit at most `k` patches; fewer if there are fewer pictures.

    Raises
    ------
    ValueError
        There is no picture, no such layer or unit, or the layer's receptive field cannot be followed.
    """
    search = search_patches(model, layer, pictures, units=units, k=k, batch=batch, distinct=distinct)
    [(_, found)] = deque(search, maxlen=1)
    return found


def search_patches(
    model: nn.Module,
    layer: str,
    pictures: Iterable[Any],
    *,
    units: int | Iterable[int] | None = None,
    k: int = 9,
    batch: int = 16,
    distinct: bool = True,
) -> Iterator[tuple[int, dict[int, list[Patch]]]]:
    """Do as `top_patches`, and yield after each batch how many pictures were read and the best patches among them."""
    if k < 1 or batch < 1:
        raise ValueError(f"expected k and batch of at least 1, got {k=} and {batch=}")
    layers.resolve(model, layer)  # an unknown layer is refused before the first picture is read
    search, read = None, 0
    for items in batches(pictures, batch):
        x = _together([_as_input(model, item) for item in items])  # (n, 3, H, W)
        if search is None:
            field = receptive_field(model, layer, (x.shape[-2], x.shape[-1]))
            search = _Search(field, _checked(units, field.shape[0], layer), k)
        with torch.no_grad():
            activation = layers.activations(model, x, layer)[layer]
        names = [_name(item, number) for number, item in enumerate(items, start=read)]
        search.look(x, activation, names, keys=names if distinct else range(read, read + len(items)))
        read += len(items)
        yield read, search.found()
    if search is None:
        raise ValueError("there is no picture to look at: the stream is empty or was read to its end before")


class _Search:
    """The best patches so far of the units of one layer."""

    def __init__(self, field: Field, units: list[int], k: int) -> None:
        self.field = field
        self.units = units
        self.rankings = [_Ranking(k) for _ in units]
        self.bars = torch.full((len(units),), -torch.inf, dtype=torch.float64)  # what the next picture has to exceed

    def look(self, x: Tensor, activation: Tensor, names: Sequence[str], keys: Sequence[Any]) -> None:
        """Enter pictures x (n, 3, H, W) with their activation (n, C, rows, columns) or (n, C)."""
        if tuple(x.shape[-2:]) != self.field.size:
            raise ValueError(_DIFFERENT.format(sizes=f"{self.field.size} and {tuple(x.shape[-2:])}"))
        maps = activation[:, self.units].reshape(len(x), len(self.units), -1)  # (n, units, rows * columns)
        values, places = maps.max(dim=2)  # of equal ones the first
        if not torch.isfinite(values).all():
            raise ValueError("the layer gives NaN or infinity for one of the pictures")
        values, places = values.double().cpu(), places.cpu()
        for i, (name, key) in enumerate(zip(names, keys, strict=True)):
            ahead = (values[i] > self.bars).nonzero()[:, 0].tolist()
            if not ahead:
                continue
            picture = Image.fromarray(imageops.deprocess(x[i]))
            for u in ahead:
                position = divmod(int(places[i, u]), self.field.shape[2])
                box = self.field.box(*position, unit=self.units[u])
                patch = Patch(float(values[i, u]), picture, position, box, name)
                self.bars[u] = self.rankings[u].enter(patch, key)

    def found(self) -> dict[int, list[Patch]]:
        return {unit: list(ranking.patches) for unit, ranking in zip(self.units, self.rankings, strict=True)}


class _Ranking:
    """At most k patches in falling order of their values, at most one for each key."""

    def __init__(self, k: int) -> None:
        self.k = k
        self.patches: list[Patch] = []
        self.keys: list[Any] = []

    def enter(self, patch: Patch, key: Any) -> float:
        """Put `patch` in its place unless a better one bears its key; returns the value that a newcomer has to beat.

        Whoever dropped out was no better than the last one now, which only ever rises: if its key comes back with a
        higher value, nothing has been lost.
        """
        if key in self.keys:
            old = self.keys.index(key)
            if self.patches[old].value >= patch.value:
                return self._bar()
            del self.patches[old], self.keys[old]
        place = bisect_right(self.patches, -patch.value, key=lambda other: -other.value)
        self.patches.insert(place, patch)
        self.keys.insert(place, key)
        del self.patches[self.k :], self.keys[self.k :]
        return self._bar()

    def _bar(self) -> float:
        return self.patches[-1].value if len(self.patches) == self.k else float("-inf")


def _as_input(model: nn.Module, item: Any) -> Tensor:
    """What the model takes, (1, 3, H, W)."""
    if not isinstance(item, Crop) and hasattr(model, "preprocess"):
        return model.preprocess(item)  # type: ignore[operator]
    x = item.tensor if isinstance(item, Crop) else imageops.preprocess(getattr(item, "image", item))
    weight = next(model.parameters(), x)
    return x.to(device=weight.device, dtype=weight.dtype)


def _together(inputs: list[Tensor]) -> Tensor:
    sizes = {tuple(x.shape[-2:]) for x in inputs}
    if len(sizes) > 1:
        raise ValueError(_DIFFERENT.format(sizes=" and ".join(map(str, sorted(sizes)))))
    together = torch.cat(inputs)
    return together.contiguous(memory_format=fastest_layout(together))  # about half the time on a CPU


def _name(item: Any, number: int) -> str:
    source = item.picture if isinstance(item, Crop) else item
    return getattr(source, "name", f"picture {number}")


def _checked(units: int | Iterable[int] | None, channels: int, layer: str) -> list[int]:
    if units is None:
        return list(range(channels))
    wanted = [units] if isinstance(units, int) else list(dict.fromkeys(int(unit) for unit in units))
    unknown = [unit for unit in wanted if not 0 <= unit < channels]
    if unknown or not wanted:
        got = f"there is no {', '.join(map(str, unknown))}" if unknown else "none was asked for"
        raise ValueError(f"units of {layer} go from 0 to {channels - 1}: {got}")
    return wanted
