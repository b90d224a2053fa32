"""Figures that can be read from the back of a lecture hall.

Every function returns a `matplotlib.figure.Figure` that pyplot knows nothing of: as the last value of a notebook's
cell it shows once, and no figure stays open behind it. Nothing here calls `show`.

A *picture* is a PIL image (or an `images.Picture`), an array or a tensor: (H, W, 3) or grey (H, W), uint8 in 0..255,
float in 0..1, or bool. What a network takes is none: `imageops.deprocess` turns it into one. A *map* is an array or a
tensor (H, W) of any finite numbers. `title` says what to see, `caption` is the sentence under the figure, and
whatever has another shape or other values is refused with a ValueError.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patheffects import withStroke
from PIL import Image
from torch import Tensor

from cs182viz.canvas import (
    LABEL_SIZE,
    TITLE_SIZE,
    as_map,
    as_picture,
    as_pictures,
    as_points,
    figure_of,
    picture_axes,
    point_axes,
    to_numpy,
    write_around,
)

TAB10 = colormaps["tab10"]
_EXTREME = 0.002  # the share of a map's entries that may lie beyond the end of its colours

Picture = Any  # what the module's docstring says
Map = np.ndarray | Tensor


def image_grid(
    images: Sequence[Picture],
    *,
    titles: Sequence[str] | None = None,
    columns: int | None = None,
    title: str | None = None,
    caption: str | None = None,
) -> Figure:
    """Show pictures row by row, `columns` (at most 5 unless told) in a row, each under its own title if it has one."""
    pictures = as_pictures(images)
    titles = _titles(titles, len(pictures))
    columns = min(columns or 5, len(pictures))
    rows = -(-len(pictures) // columns)
    figure, axes = picture_axes(rows, columns, pictures[0].shape, titles=titles, title=title, caption=caption)
    for ax in axes.flat[len(pictures) :]:
        ax.remove()
    for ax, picture in zip(axes.flat, pictures, strict=False):
        _show_picture(ax, picture)
    return figure


def saliency_grid(
    images: Sequence[Picture],
    maps: Sequence[Map] | Mapping[str, Sequence[Map]],
    *,
    titles: Sequence[str] | None = None,
    signed: bool = False,
    title: str | None = None,
    caption: str | None = None,
) -> Figure:
    """Show pictures and below each its map, or several rows of maps, each row named by its key in `maps`.

    Each map is drawn in `inferno` from its own least value to the one that only 0.2% of its entries exceed, since a few
    extreme pixels would leave all others dark; `signed` maps are drawn in `RdBu_r` with white at zero, cut likewise.
    """
    pictures = as_pictures(images)
    named_rows = maps if isinstance(maps, Mapping) else {"": maps}
    rows = {name: [as_map(one) for one in row] for name, row in named_rows.items()}
    for name, row in rows.items():
        if len(row) != len(pictures):
            raise ValueError(f"expected one map for each of {len(pictures)} pictures, got {len(row)} {name}".rstrip())
    titles = _titles(titles, len(pictures))
    figure, axes = picture_axes(
        1 + len(rows), len(pictures), pictures[0].shape, titles=titles, title=title, caption=caption
    )
    for ax, picture in zip(axes[0], pictures, strict=True):
        _show_picture(ax, picture)
    for line, (name, row) in zip(axes[1:], rows.items(), strict=True):
        for ax, values in zip(line, row, strict=True):
            _show_map(ax, values, signed=signed)
        line[0].set_ylabel(name, fontsize=LABEL_SIZE)
    return figure


def maps_beside(
    image: Picture,
    maps: Mapping[str, Map],
    *,
    signed: bool = False,
    title: str | None = None,
    caption: str | None = None,
) -> Figure:
    """Show one picture and beside it several maps of it, each under its name; colours as in `saliency_grid`."""
    picture = as_picture(image)
    titles = ["picture", *maps]
    figure, axes = picture_axes(1, len(titles), picture.shape, titles=titles, title=title, caption=caption)
    _show_picture(axes[0, 0], picture)
    for ax, values in zip(axes[0, 1:], maps.values(), strict=True):
        _show_map(ax, as_map(values), signed=signed)
    return figure


def overlay(
    image: Picture,
    map: Map,
    *,
    alpha: float = 0.5,
    signed: bool = False,
    label: str | None = None,
    title: str | None = None,
    caption: str | None = None,
) -> Figure:
    """Lay a map over its picture, stretched to the picture's size, so that one sees what it points at.

    The picture is drawn in light grey, that colour and darkness may belong to the map alone. A `label`
    adds a colour bar that it names.
    """
    picture = as_picture(image)
    grey = picture if picture.ndim == 2 else picture @ np.array([0.299, 0.587, 0.114])  # luma, ITU-R BT.601
    figure, axes = picture_axes(1, 1, picture.shape, titles=[""], title=title, caption=caption)
    ax = axes[0, 0]
    _show_picture(ax, 0.3 + 0.7 * grey)
    height, width = grey.shape
    drawn = _show_map(ax, as_map(map), signed=signed, alpha=alpha, extent=(-0.5, width - 0.5, height - 0.5, -0.5))
    if label:
        bar = figure.colorbar(drawn, ax=ax, shrink=0.9)
        bar.set_label(label, fontsize=LABEL_SIZE)
        bar.ax.tick_params(labelsize=LABEL_SIZE)
    return figure


def comparison(
    before: Picture,
    after: Picture,
    *,
    magnify: float | None = None,
    titles: tuple[str, str] = ("before", "after"),
    title: str | None = None,
    caption: str | None = None,
) -> Figure:
    """Show a picture before and after, and (after - before) * `magnify`, values in 0..1, in `RdBu_r` from -1 to 1.

    Of a pixel's three channels the difference shows the one that changed most. Without `magnify`, the largest of 1, 2,
    5, 10, 20, ... 5000 is taken that cuts nothing off; the difference's title names it.
    """
    old, new = as_picture(before), as_picture(after)
    if old.shape != new.shape:
        raise ValueError(f"before and after must have the same shape, got {old.shape} and {new.shape}")
    change = new - old
    if change.ndim == 3:
        most = np.abs(change).argmax(axis=2, keepdims=True)
        change = np.take_along_axis(change, most, axis=2)[..., 0]  # (H, W)
    magnify = _round_magnification(np.abs(change).max()) if magnify is None else magnify
    texts = [*titles, "difference" if magnify == 1 else f"difference x {magnify:g}"]
    figure, axes = picture_axes(1, 3, old.shape, titles=texts, title=title, caption=caption)
    for ax, picture in zip(axes[0], (old, new), strict=False):
        _show_picture(ax, picture)
    axes[0, 2].imshow(change * magnify, cmap="RdBu_r", vmin=-1, vmax=1)
    return figure


def curve(
    series: Sequence[float] | Mapping[str, Sequence[float]],
    *,
    xlabel: str = "step",
    ylabel: str = "loss",
    logarithmic: bool = False,
    title: str | None = None,
    caption: str | None = None,
) -> Figure:
    """Draw one value a step, or several named series with a legend; `logarithmic` concerns the vertical axis."""
    named = series if isinstance(series, Mapping) else {"": series}
    if len(named) > TAB10.N:
        raise ValueError(f"at most {TAB10.N} curves can be told apart, got {len(named)}")
    figure = Figure(figsize=(9, 6), layout="constrained")
    write_around(figure, title, caption)
    ax = figure.subplots()
    for i, (name, values) in enumerate(named.items()):
        ax.plot(np.asarray(values, dtype=float), color=TAB10(i), linewidth=2.5, label=name)
    ax.set_xlabel(xlabel, fontsize=LABEL_SIZE)
    ax.set_ylabel(ylabel, fontsize=LABEL_SIZE)
    ax.tick_params(labelsize=LABEL_SIZE)
    ax.grid(alpha=0.3)
    ax.spines[["top", "right"]].set_visible(False)
    if logarithmic:
        ax.set_yscale("log")
    if isinstance(series, Mapping):
        ax.legend(fontsize=LABEL_SIZE, frameon=False)
    return figure


def embedding_scatter(
    Y: np.ndarray | Tensor,
    labels: Sequence[Any] | np.ndarray | Tensor,
    *,
    title: str,
    caption: str | None = None,
    names: Mapping[Any, str] | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Draw points (N, 2) in the colours of their classes, and each class's label amid its points.

    `labels` has N entries of at most ten kinds; `names` says what to write for them. With `ax` the drawing goes there.
    """
    points, kinds = as_points(Y), to_numpy(labels)
    if kinds.shape != (len(points),):
        raise ValueError(f"expected one label for each of {len(points)} points, got shape {kinds.shape}")
    classes = np.unique(kinds)
    if len(classes) > TAB10.N:
        raise ValueError(f"at most {TAB10.N} colours can be told apart, got {len(classes)} classes: draw fewer of them")
    ax = point_axes(ax, title=title, caption=caption)
    for i, kind in enumerate(classes):
        ax.scatter(points[kinds == kind, 0], points[kinds == kind, 1], s=14, color=TAB10(i), alpha=0.75, linewidths=0)
    for i, kind in enumerate(classes):
        text = str(kind if names is None else names[kind])
        outline = [withStroke(linewidth=5, foreground="white")]
        x, y = np.median(points[kinds == kind], axis=0)
        style: dict[str, Any] = {
            "fontsize": 1.3 * TITLE_SIZE,
            "weight": "bold",
            "path_effects": outline,
        }
        ax.text(x, y, text, color=TAB10(i), ha="center", va="center", **style)
    return figure_of(ax)


def thumbnail_scatter(
    Y: np.ndarray | Tensor,
    images: Sequence[Picture],
    *,
    thumbnail: int = 40,
    pixels: int = 1000,
    title: str | None = None,
    caption: str | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Draw each picture at its point of (N, 2), `thumbnail` pixels wide on a square of `pixels`, later ones on top."""
    points, pictures = as_points(Y), as_pictures(images)
    if len(points) != len(pictures):
        raise ValueError(f"expected one picture for each of {len(points)} points, got {len(pictures)}")
    low, span = points.min(axis=0), np.ptp(points, axis=0)
    unit = (points - low) / np.where(span > 0, span, 1)  # (N, 2) in 0..1
    corners = (unit * [1, -1] + [0, 1]) * (pixels - thumbnail)  # y points up, rows count down
    canvas = Image.new("RGB", (pixels, pixels), "white")
    for corner, picture in zip(corners.round().astype(int), pictures, strict=True):
        small = Image.fromarray((picture * 255).round().astype(np.uint8)).convert("RGB")
        canvas.paste(small.resize((thumbnail, thumbnail), Image.Resampling.LANCZOS), tuple(corner.tolist()))
    ax = point_axes(ax, title=title, caption=caption)
    _show_picture(ax, np.asarray(canvas))
    return figure_of(ax)


def _titles(titles: Sequence[str] | None, count: int) -> Sequence[str]:
    if titles is None:
        return [""] * count
    if len(titles) != count:
        raise ValueError(f"expected one title for each of {count} pictures, got {len(titles)}")
    return titles


def _round_magnification(greatest: float) -> float:
    """The largest of 1, 2, 5, 10, 20, ... that keeps `greatest` within 1."""
    if greatest == 0:
        return 1
    return max(step * 10**power for power in range(4) for step in (1, 2, 5) if step * 10**power * greatest <= 1)


def _show_picture(ax: Axes, picture: np.ndarray) -> None:
    ax.imshow(picture, cmap="gray", vmin=0, vmax=1)


def _show_map(ax: Axes, values: np.ndarray, *, signed: bool, **options: Any) -> AxesImage:
    greatest = np.quantile(np.abs(values) if signed else values, 1 - _EXTREME)
    limits = (-greatest, greatest) if signed else (values.min(), greatest)
    return ax.imshow(values, cmap="RdBu_r" if signed else "inferno", vmin=limits[0], vmax=limits[1], **options)
