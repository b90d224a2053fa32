"""Batches of crops from a folder or a zip file of pictures, in an order that a seed decides, and what is held out."""

import hashlib
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import torch
from PIL import Image, UnidentifiedImageError
from torch import Tensor

from cs182viz import imageops

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
_HELD_OUT = 10
"""One in so many files is never learned from."""


class Photographs:
    """The pictures of a folder (with all below it) or of a zip file.

    Parameters
    ----------
    place : the folder or the zip file.

    Raises
    ------
    ValueError
        There is no such place, or not enough pictures in it.
    """

    def __init__(self, place: Path) -> None:
        self._zip = zipfile.ZipFile(place) if place.is_file() and zipfile.is_zipfile(place) else None
        if self._zip is not None:
            names = self._zip.namelist()
        elif place.is_dir():
            names = [str(path.relative_to(place)) for path in place.rglob("*") if path.is_file()]
        else:
            raise ValueError(f"{place} is neither a folder nor a zip file: name one with pictures in it")
        self._place = place
        pictures = sorted(name for name in names if name.lower().endswith(SUFFIXES))
        self.held_out = [name for name in pictures if _is_held_out(name)]
        self.learned = [name for name in pictures if not _is_held_out(name)]
        if not self.learned or not self.held_out:
            raise ValueError(
                f"{place} has {len(pictures)} pictures ({', '.join(SUFFIXES)}): training needs some tens of them, a "
                "tenth of which are held out"
            )

    def open(self, name: str) -> Image.Image:
        """One picture, RGB.

        Raises
        ------
        ValueError
            The file is no picture, or damaged.
        """
        data = self._zip.read(name) if self._zip is not None else (self._place / name).read_bytes()
        try:
            return Image.open(io.BytesIO(data)).convert("RGB")
        except (UnidentifiedImageError, OSError) as error:
            raise ValueError(f"{name} in {self._place} cannot be read as a picture: {error}") from error

    def batches(self, size: int, count: int, *, seed: int, skip: int = 0) -> Iterator[Tensor]:
        """Normalised crops (count, 3, size, size), for ever.

        Each picture is scaled so that its shorter side has `size` to twice as many pixels, then cropped, and mirrored
        every other time. Batch number n depends on the seed and n alone: `skip` batches to go on from there.
        """
        number = skip
        while True:
            draw = torch.Generator().manual_seed(seed * 1_000_003 + number)
            chosen = torch.randint(len(self.learned), (count,), generator=draw).tolist()
            yield torch.cat([_crop(self.open(self.learned[i]), size, draw) for i in chosen])
            number += 1


def _is_held_out(name: str) -> bool:
    return int(hashlib.sha256(Path(name).name.encode()).hexdigest(), 16) % _HELD_OUT == 0


def _crop(picture: Image.Image, size: int, draw: torch.Generator) -> Tensor:
    zoom, across, down, mirrored = torch.rand(4, generator=draw).tolist()
    side = min(size * (1 + zoom), max(size, min(picture.size)))
    scale = side / min(picture.size)
    width, height = (max(size, round(scale * n)) for n in picture.size)
    left, top = int(across * (width - size + 1)), int(down * (height - size + 1))
    box = [left / scale, top / scale, (left + size) / scale, (top + size) / scale]
    box = [min(value, limit) for value, limit in zip(box, (*picture.size, *picture.size), strict=True)]
    cut = picture.resize((size, size), Image.Resampling.BILINEAR, box=tuple(box))
    x = imageops.preprocess(cut, size=None)
    return x.flip(3) if mirrored > 0.5 else x
