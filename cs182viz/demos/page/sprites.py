"""Thumbnails of many pictures in one picture, which a page cuts them out of again."""

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from cs182viz.canvas import as_pictures

INK_SIDE = 32  # grey pictures up to this size are drawings such as digits: ink on paper


@dataclass(frozen=True)
class Sheet:
    """Squares of `cell` pixels, `columns` in a row, in one RGBA image."""

    image: Image.Image
    cell: int
    columns: int

    def encoded(self) -> bytes:
        """As WebP: transparent, and a tenth of a PNG's size."""
        buffer = io.BytesIO()
        self.image.save(buffer, "WEBP", quality=85, method=1)
        return buffer.getvalue()

    def square(self, i: int) -> Image.Image:
        """Thumbnail i."""
        left, top = i % self.columns * self.cell, i // self.columns * self.cell
        return self.image.crop((left, top, left + self.cell, top + self.cell))


def make_sheet(pictures: Sequence[Any], *, inks: Sequence[str] | None = None) -> Sheet:
    """All pictures row by row as squares on one transparent sheet.

    What a picture is, see `cs182viz.plotting`. Photographs are cut to their middle square. Small grey pictures (digits)
    are drawn as ink on nothing, the brighter the more ink, in the colour that `inks` names for each ("#rrggbb").
    """
    prepared = as_pictures(pictures)
    cell = 64 if len(prepared) <= 1000 else 32 if len(prepared) <= 10_000 else 16
    columns = math.ceil(math.sqrt(len(prepared)))
    whole = Image.new("RGBA", (columns * cell, math.ceil(len(prepared) / columns) * cell))
    for i, picture in enumerate(prepared):
        small = _thumbnail(picture, cell, inks[i] if inks else "#222222")
        whole.paste(small, (i % columns * cell, i // columns * cell))
    return Sheet(whole, cell, columns)


def scatter(points: np.ndarray, size: int, *, inks: Sequence[str], sheet: Sheet | None = None) -> Image.Image:
    """Points (N, 2) in -1..1, y upwards, on a white square of `size` pixels: dots, or the thumbnails of `sheet`."""
    canvas = Image.new("RGB", (size, size), "white")
    pen = ImageDraw.Draw(canvas)
    spread = math.sqrt(len(points))
    side = round(min(46, max(12, 700 / spread)) if sheet else min(6, max(1.5, 150 / spread)))
    places = size / 2 + (size / 2 - 34) * points * [1, -1]
    for i, (x, y) in enumerate(places.tolist()):
        if sheet is None:
            pen.ellipse((x - side, y - side, x + side, y + side), fill=inks[i])
        else:
            small = sheet.square(i).resize((side, side), Image.Resampling.BILINEAR)
            canvas.paste(small, (round(x - side / 2), round(y - side / 2)), small)
    return canvas


def _thumbnail(picture: np.ndarray, cell: int, ink: str) -> Image.Image:
    """One picture of floats in 0..1 as RGBA, `cell` pixels wide and high."""
    height, width = picture.shape[:2]
    levels = (255 * picture).round().astype(np.uint8)
    if picture.ndim == 2 and max(height, width) <= INK_SIDE:
        drawing = Image.new("RGBA", (cell, cell), ink)
        drawing.putalpha(Image.fromarray(levels).resize((cell, cell), Image.Resampling.BICUBIC))
        return drawing
    side = min(height, width)
    left, top = (width - side) // 2, (height - side) // 2
    box = (left, top, left + side, top + side)
    return Image.fromarray(levels).convert("RGBA").resize((cell, cell), Image.Resampling.LANCZOS, box=box)
