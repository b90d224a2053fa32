"""Small drawings for the kept pictures: text, bars and tiles, in the time of a mouse's movement."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
from PIL import Image, ImageDraw, ImageFont

INK, PALE, BLUE, ORANGE = "#222222", "#e3e7ec", "#1f77b4", "#ff7f0e"  # the last two open tab10


@dataclass(frozen=True)
class Bar:
    """A class, its probability now, and the one that it is compared with."""

    name: str
    now: float
    before: float | None = None


def write(
    canvas: Image.Image,
    place: tuple[float, float],
    text: str,
    *,
    size: int = 20,
    bold: bool = False,
    anchor: str = "la",
) -> None:
    """Write one line at `place`, in Pillow's anchors ("la": left, top)."""
    ImageDraw.Draw(canvas).text(place, text, fill=INK, font=font(size, bold), anchor=anchor)


def draw_bars(canvas: Image.Image, place: tuple[int, int], bars: Sequence[Bar], *, width: int, row: int = 58) -> None:
    """Draw probabilities as horizontal bars below one another; a mark shows what each is compared with."""
    pen = ImageDraw.Draw(canvas)
    left, top = place
    for number, bar in enumerate(bars):
        y = top + number * row
        write(canvas, (left, y), bar.name)
        write(canvas, (left + width, y), f"{bar.now:.0%}", bold=True, anchor="ra")
        pen.rounded_rectangle((left, y + 28, left + width, y + 46), 5, fill=PALE)
        pen.rounded_rectangle((left, y + 28, left + max(bar.now * width, 2), y + 46), 5, fill=BLUE)
        if bar.before is not None:
            x = left + bar.before * width
            pen.line((x, y + 24, x, y + 50), fill=ORANGE, width=4)


def draw_legend(canvas: Image.Image, place: tuple[int, int], text: str) -> None:
    """Say what the marks of `draw_bars` stand for."""
    left, top = place
    ImageDraw.Draw(canvas).line((left + 2, top, left + 2, top + 24), fill=ORANGE, width=4)
    write(canvas, (left + 14, top + 2), text, size=18)


@functools.cache
def font(size: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    """The font that comes with matplotlib, so that it is there on every machine."""
    file = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(Path(mpl.get_data_path(), "fonts", "ttf", file), size)
