"""A coloured text as a picture, for the kept one."""

from pathlib import Path

import matplotlib as mpl
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from cs182viz.demos.page.sketch import INK, write
from cs182viz.techniques.cells.colour import shade

ROWS, COLUMNS = 34, 96
_WIDE, _HIGH, _TOP, _LEFT = 12, 25, 52, 16


def draw_text(text: str, values: np.ndarray, *, title: str) -> Image.Image:
    """The first lines of a text (T,) with each character on the shade of its value in -1..1, a title above."""
    lines = text.splitlines(keepends=True)[:ROWS]
    size = (2 * _LEFT + COLUMNS * _WIDE, _TOP + len(lines) * _HIGH + _LEFT)
    canvas = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(canvas)
    font = ImageFont.truetype(Path(mpl.get_data_path(), "fonts", "ttf", "DejaVuSansMono.ttf"), 19)
    write(canvas, (_LEFT, 14), title, size=22, bold=True)
    start = 0
    for row, line in enumerate(lines):
        top, column = _TOP + row * _HIGH, 0
        for character, value in zip(line, values[start : start + len(line)], strict=True):
            if column < COLUMNS:
                left = _LEFT + column * _WIDE
                pen.rectangle((left, top, left + _WIDE - 1, top + _HIGH - 1), fill=shade(value))
                if character.isprintable():
                    pen.text((left, top + 1), character, fill=INK, font=font)
            column += 8 - column % 8 if character == "\t" else 1
        start += len(line)
    return canvas
