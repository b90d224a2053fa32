"""What `plotting` draws on: pictures, maps and points checked, figures laid out, titles broken into lines.

The figures are plain `matplotlib.figure.Figure`s that pyplot knows nothing of, so none stays open.
"""

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image
from torch import Tensor

from cs182viz.images import Picture

TITLE_SIZE, LABEL_SIZE = 17, 14  # points


def as_pictures(images: Sequence[Any]) -> list[np.ndarray]:
    """Each of `images` by `as_picture`; ValueError if there is none, or if it is one picture outside a list."""
    if isinstance(images, Image.Image | Picture) or (getattr(images, "ndim", 4) < 4 and np.shape(images)[-1] == 3):
        raise ValueError("expected a list of pictures, got one picture: write [picture]")
    pictures = [as_picture(image) for image in images]
    if not pictures:
        raise ValueError("expected at least one picture, got none")
    return pictures


def as_picture(image: Any) -> np.ndarray:
    """A PIL image, `images.Picture`, array or tensor as floats in 0..1, (H, W, 3) or (H, W); else ValueError."""
    if isinstance(image, Picture):
        image = image.image
    if isinstance(image, Image.Image):
        image = image.convert("RGB")
    array = to_numpy(image)
    if array.size == 0 or (array.ndim != 2 and not (array.ndim == 3 and array.shape[2] == 3)):
        raise ValueError(
            f"a picture has shape (H, W, 3) or (H, W), got {array.shape}: "
            "for a network's tensor, imageops.deprocess(x) gives the picture"
        )
    if array.dtype == np.uint8:
        return array / 255
    if not (array.dtype.kind in "bf" and array.min() >= 0 and array.max() <= 1):
        raise ValueError(
            f"a picture has uint8 in 0..255 or floats in 0..1, got {array.dtype} from {array.min():.3g} to "
            f"{array.max():.3g}: imageops.deprocess(x) for a network's tensor, imageops.rescale(x) for any other"
        )
    return array.astype(float)


def as_map(values: Any) -> np.ndarray:
    """Finite numbers (H, W) as floats; ValueError if they are not."""
    array = to_numpy(values).astype(float)
    if array.ndim != 2 or array.size == 0:
        raise ValueError(f"a map has shape (H, W), got {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError("the map holds NaN or infinity")
    return array


def as_points(values: Any) -> np.ndarray:
    """Finite points (N, 2) as floats; ValueError if they are not."""
    points = to_numpy(values).astype(float)
    if points.ndim != 2 or points.shape[1] != 2 or len(points) == 0:
        raise ValueError(f"expected points of shape (N, 2), got {points.shape}")
    if not np.isfinite(points).all():
        raise ValueError("the points hold NaN or infinity: the embedding diverged, try a smaller learning rate")
    return points


def to_numpy(values: Any) -> np.ndarray:
    """An array of any tensor or array-like, free of its graph and its device."""
    return values.detach().cpu().numpy() if isinstance(values, Tensor) else np.asarray(values)


def picture_axes(
    rows: int, columns: int, shape: tuple[int, ...], *, titles: Sequence[str], title: str | None, caption: str | None
) -> tuple[Figure, np.ndarray]:
    """A figure and its (rows, columns) axes without ticks or frames for pictures of `shape`, titled row by row."""
    width = max(np.clip(13 / columns, 1, 4), 6 / columns)  # inches a picture
    wrapped = [_wrap(text, width, LABEL_SIZE) for text in titles]
    titled_rows = [wrapped[first : first + columns] for first in range(0, len(wrapped), columns)]
    height = rows * width * min(2, shape[0] / shape[1])
    height += sum(max(_height(text, LABEL_SIZE) for text in row) for row in titled_rows)
    for text, size in ((title, TITLE_SIZE), (caption, LABEL_SIZE)):
        height += _height(_wrap(text or "", width * columns, size), size)
    # A compressed layout leaves no gaps beside axes of a fixed aspect.
    figure = Figure(figsize=(width * columns, height), layout="compressed")
    axes = figure.subplots(rows, columns, squeeze=False)
    for ax in axes.flat:
        _strip(ax)
    for ax, text in zip(axes.flat, wrapped, strict=False):
        ax.set_title(text, fontsize=LABEL_SIZE)
    write_around(figure, title, caption)
    return figure, axes


def figure_of(ax: Axes) -> Figure:
    """Return the figure that an axes is in, also where it is in a part of it."""
    figure = ax.get_figure(root=True)
    if not isinstance(figure, Figure):
        raise ValueError("expected axes of a figure, got axes that were removed from theirs")
    return figure


def point_axes(ax: Axes | None, *, title: str | None, caption: str | None) -> Axes:
    """Square axes without ticks, `ax` or those of a new figure, with their title above and their caption below."""
    if ax is None:
        ax = Figure(figsize=(8, 8), layout="constrained").subplots()
    _strip(ax)
    ax.set_aspect("equal")
    inches = ax.get_position().width * figure_of(ax).get_figwidth()
    ax.set_title(_wrap(title or "", inches, TITLE_SIZE), fontsize=TITLE_SIZE)
    ax.set_xlabel(_wrap(caption or "", inches, LABEL_SIZE), fontsize=LABEL_SIZE)
    return ax


def write_around(figure: Figure, title: str | None, caption: str | None) -> None:
    """The title above the figure and the caption below it."""
    if title:
        figure.suptitle(_wrap(title, figure.get_figwidth(), TITLE_SIZE), fontsize=TITLE_SIZE)
    if caption:
        figure.supxlabel(_wrap(caption, figure.get_figwidth(), LABEL_SIZE), fontsize=LABEL_SIZE)


def _height(text: str, size: float) -> float:
    """Inches that a wrapped text takes, with the space around it."""
    return (text.count("\n") + 1.5) * 1.4 * size / 72 if text else 0


def _strip(ax: Axes) -> None:
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(False)


def _wrap(text: str, inches: float, size: float) -> str:
    """Break `text` into lines of at most `inches`: a letter is about 0.55 of its font's size wide."""
    return textwrap.fill(text, max(6, int(inches * 72 / (0.55 * size))))
