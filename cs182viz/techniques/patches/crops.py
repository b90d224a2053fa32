"""Thousands of views from a few dozen photographs: squares of several sizes, cut at random places."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from cs182viz import imageops
from cs182viz.images import Picture


@dataclass(frozen=True)
class Crop:
    """A square of a picture. `box` is (top, left, bottom, right) in its pixels; a network sees `size` x `size`.

    The pixels are cut out when they are asked for: a list of thousands of crops takes no room.
    """

    picture: Picture
    box: tuple[int, int, int, int]
    size: int = 224

    @property
    def image(self) -> Image.Image:
        """The square in the picture's own resolution."""
        top, left, bottom, right = self.box
        return self.picture.image.crop((left, top, right, bottom))

    @property
    def tensor(self) -> Tensor:
        """What a network takes: normalised, float32, (1, 3, size, size)."""
        return imageops.preprocess(self.image, size=self.size)


def crops(
    pictures: Iterable[Picture],
    *,
    sizes: Sequence[float] = (1.0, 0.7, 0.5),
    per_picture: int = 12,
    size: int = 224,
    seed: int = 182,
) -> Iterator[Crop]:
    """Cut `per_picture` squares out of each picture at random places, taking the `sizes` in turn.

    Parameters
    ----------
    pictures : any iterable, read one at a time; `images.load_images()` or `images.folder(path)`.
    sizes : sides of the squares as shares of the picture's shorter side, each in 0..1 without 0.
    size : side in pixels to which a square is scaled for the network.
    seed : of the places; the global generators are left alone.

    Raises
    ------
    ValueError
        There is no size, one is out of its range, or `per_picture` or `size` is less than 1.
    """
    if not sizes or not all(0 < share <= 1 for share in sizes):
        raise ValueError(f"sizes are shares of the shorter side, more than 0 and at most 1, got {tuple(sizes)}")
    if per_picture < 1 or size < 1:
        raise ValueError(f"expected at least one crop of at least one pixel, got {per_picture=} and {size=}")
    return _cut(pictures, tuple(sizes), per_picture, size, torch.Generator().manual_seed(seed))


def batches(stream: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """Lists of `size` things of a stream, the last one maybe shorter, read one list at a time."""
    rest = iter(stream)
    while batch := list(islice(rest, size)):
        yield batch


def _cut(
    pictures: Iterable[Picture], sizes: tuple[float, ...], per_picture: int, size: int, generator: torch.Generator
) -> Iterator[Crop]:
    for picture in pictures:
        width, height = picture.image.size
        for number in range(per_picture):
            side = max(1, round(sizes[number % len(sizes)] * min(width, height)))
            top, left = (int(torch.randint(room - side + 1, (), generator=generator)) for room in (height, width))
            yield Crop(picture, (top, left, top + side, left + side), size)
