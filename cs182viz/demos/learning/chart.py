"""Curves that grow while a network learns, drawn by the page."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from cs182viz.canvas import LABEL_SIZE
from cs182viz.demos.page.surface import Surface

LONGEST = 400
"""Points of a curve at most; beyond, every other one goes."""


class Curves:
    """Rows of a step and K values, (R, 1 + K), the latest one last; long ones are thinned."""

    def __init__(self, count: int) -> None:
        self.rows = np.empty((0, 1 + count))

    def add(self, step: float, *values: float) -> None:
        """Put in a row; a value that is not a number is a gap."""
        if len(self.rows) >= LONGEST:
            self.rows = self.rows[::2]
        self.rows = np.vstack([self.rows, [step, *values]])


class Chart(Surface):
    """One chart of K curves over steps, from zero or the least value up.

    Parameters
    ----------
    label : what the values are, beside the axis.
    names, colours : of the curves; colours as "#rrggbb".
    across : what a step is.
    size : width and height in pixels.
    top : of the axis; by default the largest value.
    """

    _esm = Path(__file__).with_name("chart.js")

    def __init__(
        self,
        label: str,
        names: Sequence[str],
        colours: Sequence[str],
        *,
        across: str = "step",
        size: tuple[int, int] = (530, 300),
        top: float | None = None,
    ) -> None:
        super().__init__()
        self.label, self.names, self.colours, self.across, self.top = label, list(names), list(colours), across, top
        self._about: dict[str, Any] = {"label": label, "names": self.names, "colours": self.colours, "across": across}
        self._about |= {"width": size[0], "height": size[1], "top": top}
        self.post("curves", self._about, buffers=[b""])

    def show(self, curves: Curves) -> None:
        """Draw the curves as they are now."""
        self.post("curves", self._about, buffers=[curves.rows.astype("<f4").tobytes()])

    def picture(self, curves: Curves) -> Image.Image:
        """The same as a picture to be kept."""
        figure = Figure(figsize=(7, 4), layout="constrained", dpi=100)
        ax = figure.subplots()
        for name, colour, values in zip(self.names, self.colours, curves.rows.T[1:], strict=True):
            ax.plot(curves.rows[:, 0], values, color=colour, linewidth=2.5, label=name)
        ax.set_xlabel(self.across, fontsize=LABEL_SIZE)
        ax.set_ylabel(self.label, fontsize=LABEL_SIZE)
        ax.tick_params(labelsize=LABEL_SIZE)
        ax.spines[["top", "right"]].set_visible(False)
        if self.top is not None:
            ax.set_ylim(0, self.top)
        ax.legend(fontsize=LABEL_SIZE, frameon=False, loc="best")
        return as_image(figure)


def as_image(figure: Figure) -> Image.Image:
    """A figure's pixels."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
