"""States as pictures, film strips, the map in the colours of what one asks of it, and the graph of its clusters."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from cs182viz.canvas import LABEL_SIZE, as_points, figure_of, point_axes
from cs182viz.techniques.policy import breakout

_GROUND, _PADDLE, _TRAIL = (24, 28, 36), (240, 240, 240), (110, 104, 60)
_BALL = (255, 215, 64)
_BRICKS = np.array([colormaps["cool"](i / 4)[:3] for i in range(breakout.WALL)])


def draw_state(state: np.ndarray, cell: int = 12) -> np.ndarray:
    """A state (65,) as a picture, uint8 (14 * cell, 12 * cell, 3): bricks, paddle, the ball and a shadow where it was.

    Raises
    ------
    ValueError
        It is no state of the game.
    """
    paddle, ball, trail, bricks = breakout.planes(breakout.check(np.asarray(state)[None]))[0].astype(bool)
    picture = np.empty((breakout.ROWS, breakout.COLUMNS, 3), np.uint8)
    picture[:] = _GROUND
    for row in range(breakout.WALL):
        picture[breakout.TOP + row][bricks[breakout.TOP + row]] = (255 * _BRICKS[row]).round()
    for where, colour in ((trail & ~bricks, _TRAIL), (paddle, _PADDLE), (ball, _BALL)):
        picture[where] = colour
    large = picture.repeat(cell, axis=0).repeat(cell, axis=1)
    if cell >= 6:  # joints between the cells
        large[::cell] = large[::cell] // 2
        large[:, ::cell] = large[:, ::cell] // 2
    return large


def film_strip(states: np.ndarray, cell: int = 8) -> np.ndarray:
    """States (N, 65) beside one another, uint8 (14 * cell, ..., 3)."""
    gap = np.full((breakout.ROWS * cell, cell, 3), 255, np.uint8)
    parts = [part for state in states for part in (draw_state(state, cell), gap)]
    return np.concatenate(parts[:-1], axis=1)


def draw_map(
    Y: np.ndarray, values: np.ndarray, *, title: str, names: Sequence[str] | None = None, ax: Axes | None = None
) -> Figure:
    """The map (N, 2) in the colours of a number for each point, or of a kind for each, which `names` names.

    Raises
    ------
    ValueError
        There is not one value for each point.
    """
    points, values = as_points(Y), np.asarray(values)
    if values.shape != (len(points),):
        raise ValueError(f"expected one value for each of {len(points)} points, got shape {values.shape}")
    ax = point_axes(ax, title=title, caption=None)
    style: dict[str, Any] = {"s": 5, "linewidths": 0, "alpha": 0.7}
    if names is None:
        low, high = np.percentile(values, [1, 99])
        drawn = ax.scatter(points[:, 0], points[:, 1], c=values, cmap="viridis", norm=Normalize(low, high), **style)
        ax.figure.colorbar(drawn, ax=ax, shrink=0.7, format="%.3g").ax.tick_params(labelsize=LABEL_SIZE)
    else:
        for kind, name in enumerate(names):
            own = points[values == kind]
            ax.scatter(own[:, 0], own[:, 1], color=colormaps["tab10"](kind), label=name, **style)
        ax.legend(markerscale=4, fontsize=LABEL_SIZE, loc="best")
    return figure_of(ax)


def transition_graph(
    Y: np.ndarray, clusters: np.ndarray, table: np.ndarray, *, title: str, bugs: Sequence[int] = (), least: float = 0.05
) -> Figure:
    """Clusters at the middle of their points on the map, joined by arrows as wide as a transition is frequent.

    Parameters
    ----------
    table : see `transitions`.
    bugs : clusters that are drawn in orange.
    least : transitions below this share of a cluster's frames are left out.
    """
    points = as_points(Y)
    ax = point_axes(None, title=title, caption=None)
    ax.scatter(points[:, 0], points[:, 1], s=3, color="0.85", linewidths=0)
    centres = {int(i): np.median(points[clusters == i], axis=0) for i in np.unique(clusters)}
    for i, j in zip(*np.nonzero(table >= least), strict=True):
        if i != j and int(i) in centres and int(j) in centres:
            arrow: dict[str, Any] = {"arrowstyle": "-|>", "lw": 0.8 + 5 * table[i, j], "color": "0.35", "alpha": 0.7}
            arrow |= {"connectionstyle": "arc3,rad=0.15", "shrinkA": 11, "shrinkB": 11, "mutation_scale": 13}
            ax.annotate("", centres[int(j)], centres[int(i)], arrowprops=arrow)
    outline = [withStroke(linewidth=3, foreground="white")]
    for i, (x, y) in centres.items():
        ax.scatter(x, y, s=330, color="tab:orange" if i in bugs else "tab:blue", alpha=0.9, zorder=3)
        ax.text(x, y, str(i), ha="center", va="center", fontsize=LABEL_SIZE, path_effects=outline, zorder=4)
    return figure_of(ax)
