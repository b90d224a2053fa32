"""A field to draw a digit in."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cs182viz.demos.page.surface import Surface

SIDE = 64
"""Pixels of a drawing as it is sent."""


class Pad(Surface):
    """A square in which one draws with the mouse, a finger or the arrow keys.

    Parameters
    ----------
    on_drawing : gets the ink (64, 64) in 0..1 after each stroke, and when the drawing was wiped away.
    """

    _esm = Path(__file__).with_name("pad.js")

    def __init__(self, on_drawing: Callable[[np.ndarray], object]) -> None:
        super().__init__()
        self._on_drawing = on_drawing
        self.listen(self._hear)

    def _hear(self, content: dict[str, Any], buffers: Sequence[memoryview]) -> None:
        if content.get("kind") != "drawing":
            return
        levels = np.frombuffer(buffers[0], np.uint8)
        if levels.size != SIDE * SIDE:
            raise ValueError(f"a drawing has {SIDE} x {SIDE} pixels, got {levels.size}")
        self._on_drawing(levels.reshape(SIDE, SIDE) / 255)
