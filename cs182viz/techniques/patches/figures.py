"""Patches drawn as in R-CNN, figure 4: boxes and activations in white (lecture section 2, doi:10.1109/CVPR.2014.81)."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.patheffects import AbstractPathEffect, withStroke

from cs182viz.canvas import LABEL_SIZE, picture_axes
from cs182viz.techniques.patches.search import Patch


def patch_rows(
    patches: Mapping[int, Sequence[Patch]],
    *,
    names: Mapping[int, str] | None = None,
    title: str | None = None,
    caption: str | None = None,
) -> Figure:
    """Draw a row of pictures for each unit, its receptive field and its activation in white, as in R-CNN's figure 4.

    `patches` is what `top_patches` returns; `names` says what to write beside a unit's row in place of its number.
    """
    columns = max((len(row) for row in patches.values()), default=0)
    if columns == 0:
        raise ValueError("there is no patch to draw")
    shape = next(row[0].picture.size for row in patches.values() if row)[::-1]
    figure, axes = picture_axes(len(patches), columns, shape, titles=[""], title=title, caption=caption)
    for line, (unit, row) in zip(axes, patches.items(), strict=True):
        line[0].set_ylabel((names or {}).get(unit, f"unit {unit}"), fontsize=LABEL_SIZE)
        for ax, patch in zip(line, row, strict=False):
            draw_patch(ax, patch)
        for ax in line[max(1, len(row)) :]:
            ax.remove()
    return figure


def draw_patch(ax: Axes, patch: Patch) -> None:
    """Draw the picture, the box and the value of one patch; a thin dark edge keeps white readable on white."""
    edge: list[AbstractPathEffect] = [withStroke(linewidth=4, foreground="#00000099")]
    top, left, bottom, right = patch.box
    ax.imshow(np.asarray(patch.picture))
    box = Rectangle((left - 0.5, top - 0.5), right - left, bottom - top, fill=False, edgecolor="white", linewidth=2)
    box.set_path_effects(edge)
    ax.add_patch(box)
    style: dict[str, Any] = {"color": "white", "fontsize": LABEL_SIZE, "weight": "bold", "path_effects": edge}
    value = f"{patch.value:.1f}" if abs(patch.value) < 100 else f"{patch.value:.0f}"
    ax.text(0.04, 0.96, value, transform=ax.transAxes, ha="left", va="top", **style)
