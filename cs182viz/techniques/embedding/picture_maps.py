"""Pictures on a map: in a grid without overlap, each as near to its place as the others allow.

After A. Karpathy's t-SNE visualization of CNN codes (cnnembed, 2014); who gets which cell is solved here exactly.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from PIL import Image
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from cs182viz.canvas import Picture, as_picture, as_points, point_axes

MOST_CELLS = 4096  # an assignment takes the cube of the cells in time and the square in memory, and eyes tire sooner


def grid_cells(Y: np.ndarray, *, columns: int | None = None, rows: int | None = None) -> np.ndarray:
    """The cell (row, column) that each point of a map (N, 2) gets in a grid, row 0 on top: (N, 2) int.

    No two points share a cell, and the sum of the squared distances from the points, scaled into the unit square, to
    their cells is the least possible. In a grid of fewer cells than points the points that would lie farthest off are
    left out: their cell is (-1, -1). Unless told, the grid is a square just large enough.

    Raises
    ------
    ValueError
        Points that are not finite (N, 2), or a grid of more than 4096 cells or points: embed a sample of them.
    """
    points = as_points(Y)
    columns, rows = _grid_shape(len(points), columns, rows)
    if max(rows * columns, len(points)) > MOST_CELLS:
        raise ValueError(f"{len(points)} points in {rows} x {columns} cells: take at most {MOST_CELLS}, or a sample")
    low, span = points.min(axis=0), np.ptp(points, axis=0)
    unit = (points - low) / np.where(span > 0, span, 1)  # (N, 2) in 0..1
    row, column = np.divmod(np.arange(rows * columns), columns)
    centres = np.stack([(column + 0.5) / columns, 1 - (row + 0.5) / rows], axis=1)  # y points up, rows count down
    chosen, cells = linear_sum_assignment(cdist(unit, centres, "sqeuclidean"))
    places = np.full((len(points), 2), -1)
    places[chosen] = np.stack([row[cells], column[cells]], axis=1)
    return places


def thumbnail_grid(
    Y: np.ndarray,
    images: Sequence[Picture],
    *,
    columns: int | None = None,
    rows: int | None = None,
    tile: int = 40,
    title: str | None = None,
    caption: str | None = None,
) -> Figure:
    """Draw each picture in its cell of `grid_cells`, `tile` pixels wide; pictures that get no cell are left out."""
    points = as_points(Y)
    if len(images) != len(points):
        raise ValueError(f"expected one picture for each of {len(points)} points, got {len(images)}")
    columns, rows = _grid_shape(len(points), columns, rows)
    canvas = Image.new("RGB", (columns * tile, rows * tile), "white")
    for (row, column), image in zip(grid_cells(points, columns=columns, rows=rows).tolist(), images, strict=True):
        if row >= 0:
            canvas.paste(_thumbnail(image, tile), (column * tile, row * tile))
    figure = Figure(figsize=(12, 12 * rows / columns + 0.8), layout="constrained")
    ax = point_axes(figure.subplots(), title=title, caption=caption)
    ax.imshow(np.asarray(canvas), interpolation="nearest")
    return figure


def _grid_shape(n: int, columns: int | None, rows: int | None) -> tuple[int, int]:
    if any(side is not None and side < 1 for side in (columns, rows)):
        raise ValueError(f"a grid has at least one row and one column, got {rows} and {columns}")
    if columns is None:
        columns = int(np.ceil(np.sqrt(n))) if rows is None else -(-n // rows)
    return columns, -(-n // columns) if rows is None else rows


def _thumbnail(image: Picture, side: int) -> Image.Image:
    """The middle square of a picture, `side` pixels wide."""
    whole = Image.fromarray((as_picture(image) * 255).round().astype(np.uint8)).convert("RGB")
    width, height = whole.size
    edge = min(width, height)
    left, top = (width - edge) // 2, (height - edge) // 2
    return whole.resize((side, side), Image.Resampling.LANCZOS, box=(left, top, left + edge, top + edge))
