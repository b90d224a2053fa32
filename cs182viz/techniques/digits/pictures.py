"""Weights, activations and drawn digits as small pictures."""

import numpy as np
from torch import Tensor

from cs182viz.techniques.digits.split import SIDE

INK = 0.2
"""Darkness from which a pixel of a drawing counts as drawn."""
_BLOCK = 4


def weight_tiles(weights: Tensor) -> np.ndarray:
    """Weights (units, channels, h, w) as tiles, uint8: a row for each unit, grey is 0, white the largest of the layer.

    Three channels are colours: then each unit is one tile, (H, W, 3), in at most 4 columns.
    """
    values = weights.detach().cpu().numpy()
    levels = np.round(127.5 + 127.5 * values / max(float(np.abs(values).max()), 1e-12)).astype(np.uint8)
    if levels.shape[1] == 3:
        return _tiled(levels.transpose(0, 2, 3, 1), columns=4)
    if levels.shape[1] == 1:
        return _tiled(levels[:, 0, :, :, None], columns=4)[..., 0]
    return _tiled(levels.reshape(-1, *levels.shape[2:], 1), columns=levels.shape[1])[..., 0]


def activation_tiles(maps: Tensor, *, columns: int = 4) -> np.ndarray:
    """Activations (units, h, w) of at least 0 as tiles, uint8; white is the largest."""
    values = maps.detach().cpu().numpy()
    levels = np.round(255 * values / max(float(values.max()), 1e-12)).clip(0, 255).astype(np.uint8)
    return _tiled(levels[..., None], columns=columns)[..., 0]


def as_digit(drawing: np.ndarray) -> np.ndarray:
    """A drawing (H, W) of ink in 0..1 as one of the data set's digits, float32 (8, 8) in 0..1.

    As those were made: the digit fills a bitmap of 32 x 32 pixels, and each of 8 x 8 numbers is the share of 4 x 4 of
    them that is ink.

    Raises
    ------
    ValueError
        Nothing is drawn.
    """
    ink = np.asarray(drawing, float) > INK
    if ink.ndim != 2 or not ink.any():
        raise ValueError("nothing is drawn yet: draw a digit with the mouse, or choose one by its number")
    rows, columns = (np.flatnonzero(ink.any(axis=axis)) for axis in (1, 0))
    ink = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    side = max(ink.shape)
    square = np.zeros((side, side), bool)
    top, left = ((side - length) // 2 for length in ink.shape)
    square[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    pixels = SIDE * _BLOCK
    at = ((np.arange(pixels * 4) + 0.5) * side / (pixels * 4)).astype(int)  # four samples a pixel on each axis
    bitmap = square[np.ix_(at, at)].reshape(pixels, 4, pixels, 4).mean(axis=(1, 3)) >= 0.5
    return bitmap.reshape(SIDE, _BLOCK, SIDE, _BLOCK).mean(axis=(1, 3), dtype=np.float32)


def _tiled(tiles: np.ndarray, *, columns: int) -> np.ndarray:
    """Tiles (N, h, w, c) row by row with a black line between them."""
    count, height, width, channels = tiles.shape
    rows = -(-count // columns)
    sheet = np.zeros((rows * (height + 1) - 1, columns * (width + 1) - 1, channels), np.uint8)
    for i, tile in enumerate(tiles):
        top, left = i // columns * (height + 1), i % columns * (width + 1)
        sheet[top : top + height, left : left + width] = tile
    return sheet
