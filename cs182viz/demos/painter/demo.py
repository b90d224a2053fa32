"""A small network paints a picture from coordinates while one watches, as ConvNetJS's does.

Lecture, section 2 (live demonstrations); the network learns in `painting.paint`.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ipywidgets as widgets
import numpy as np
import torch
from PIL import Image

from cs182viz import images
from cs182viz.canvas import as_picture
from cs182viz.demos.page.base import Demo, encoded
from cs182viz.demos.page.controls import again, controls
from cs182viz.demos.painter import painting
from cs182viz.demos.painter.painting import Brush, paint, render
from cs182viz.demos.playground.networks import ACTIVATIONS

LEARN, SHOW = 128, 540  # longer side in pixels of what the network sees, and of what the page shows
STEPS = 1500
FRAME = 1 / 8  # seconds between two frames
RATES = (0.0003, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05)


class Painter(Demo):
    """Watch a network learn a picture's colours from the places' coordinates; bare, or as waves of some detail.

    Parameters
    ----------
    picture : name of a picture in the package, or a picture (see `cs182viz.plotting`).
    keep : PNG of the last settled painting beside its model.

    Raises
    ------
    ValueError
        If it is no picture, or there is none of that name.
    """

    makes_room = True

    def __init__(self, picture: Any = "cat", *, keep: str | Path | None = None) -> None:
        self._given = None if isinstance(picture, str) else _small(as_picture(picture))
        if isinstance(picture, str):
            images.load_image(picture)  # refuses an unknown name with the list
        super().__init__(
            "Painter",
            "A network is told a place and answers with a colour. Bare coordinates give a blur; waves bring detail.",
            keep=keep,
        )
        self.brush = Brush()
        self.step, self.error = 0, float("nan")
        self.painting: np.ndarray | None = None
        self.model_shown, self.painting_shown = widgets.Image(), widgets.Image()
        self.painting_shown.add_class("painting")
        self.numbers = widgets.HTML()
        pictures = [self._titled("The model", self.model_shown), self._titled("The network", self.painting_shown)]
        self.body.children = [
            self._controls(picture if isinstance(picture, str) else "given"),
            widgets.HBox(pictures, layout={"grid_gap": "22px"}),
            self.numbers,
        ]
        self.restart()

    def restart(self) -> None:
        """Begin again with new weights."""
        model = _small(as_picture(images.load_image(self.picture.value))) if self._given is None else self._given
        self.model = model
        self.model_shown.value = encoded(_levels(model), side=SHOW)
        colours = torch.from_numpy(model).float()
        hidden = (self.units.value,) * self.hidden_layers.value
        painter = paint(
            colours, self.brush, hidden=hidden, activation=self.activation.value, detail=self.detail.value, seed=182
        )
        size = sum(outer * inner + inner for outer, inner in zip((self._inputs(), *hidden), (*hidden, 3), strict=True))
        self._about = f"{size:,} weights paint {model.shape[0] * model.shape[1]:,} pixels"
        self._painter, self.step = painter, 0
        self.resume()

    def resume(self) -> None:
        """Go on painting."""
        painter, goal = self._painter, self.step + STEPS
        self.run(
            lambda: self._paint(painter, goal),
            on_frame=self._show,
            doing="Painting ...",
            done="At rest. Change something or go on.",
        )

    def snapshot(self) -> Image.Image | None:
        """The model and its painting beside each other."""
        if self.painting is None:
            return None
        shape = _size(self.model.shape, SHOW)
        return Image.fromarray(_levels(np.hstack([_enlarged(one, shape) for one in (self.model, self.painting / 255)])))

    def _inputs(self) -> int:
        return 2 * painting.WAVES if self.detail.value else 2

    def _titled(self, title: str, shown: widgets.Image) -> widgets.VBox:
        return widgets.VBox([widgets.HTML(f"<h3>{title}</h3>"), shown])

    def _controls(self, name: str) -> widgets.HBox:
        style = {"description_width": "initial"}

        def made(kind: type[widgets.Widget], width: int, **options: Any) -> widgets.Widget:
            return kind(style=style, layout={"width": f"{width}px"}, **options)

        names = [*images.picture_names(), *images.style_names()] if self._given is None else [name]
        self.picture = made(widgets.Dropdown, 260, options=names, value=name, description="Picture")
        self.detail = made(widgets.FloatSlider, 330, value=2, max=6, step=0.5, description="Detail of the waves")
        self.hidden_layers = made(widgets.IntSlider, 290, value=3, min=1, max=5, description="Hidden layers")
        self.units = made(widgets.IntSlider, 270, value=64, min=8, max=96, step=8, description="Units")
        self.activation = made(widgets.Dropdown, 210, options=list(ACTIVATIONS), value="relu", description="Activation")
        rates = [(f"{rate:g}", rate) for rate in RATES]
        self.learning_rate = made(
            widgets.SelectionSlider, 330, options=rates, value=self.brush.learning_rate, description="Learning rate"
        )
        for control in (self.picture, self.detail, self.hidden_layers, self.units, self.activation):
            control.observe(lambda _: self.restart(), names="value")
        self.learning_rate.observe(self._steer, names="value")
        moved = [self.picture, self.detail, self.learning_rate, self.hidden_layers, self.units, self.activation]
        return controls(*moved, *again(self.guarded(self.restart), self.guarded(self.resume)))

    def _steer(self, change: dict[str, Any]) -> None:
        self.brush.learning_rate = change["new"]
        if self.worker.idle.is_set():
            self.resume()

    def _paint(self, steps: Iterator[Any], goal: int) -> Iterator[tuple[int, np.ndarray, float]]:
        """Frames (step, painting uint8 (H, W, 3), mean squared error); `steps` outlives a stop."""
        height, width = _size(self.model.shape, SHOW // 2)
        step = 0
        while step < goal:
            begun = time.perf_counter()
            while time.perf_counter() - begun < FRAME and step < goal:
                step, painter, loss = next(steps)
            yield step, _levels(render(painter, height, width).numpy()), loss

    def _show(self, frame: tuple[int, np.ndarray, float]) -> None:
        self.step, self.painting, self.error = frame
        self.painting_shown.value = encoded(self.painting, side=SHOW)
        off = 255 * self.error**0.5
        self.numbers.value = f"<h3>Step {self.step}. {self._about}; a colour is off by {off:.0f} of 255.</h3>"


def _size(shape: tuple[int, ...], side: int) -> tuple[int, int]:
    """Height and width at which the longer side is `side` pixels."""
    scale = side / max(shape[:2])
    return max(1, round(shape[0] * scale)), max(1, round(shape[1] * scale))


def _small(picture: np.ndarray) -> np.ndarray:
    """The picture, floats (H, W, 3), at the size that the network learns."""
    coloured = picture if picture.ndim == 3 else np.stack([picture] * 3, axis=2)
    return _enlarged(coloured, (*_size(coloured.shape, LEARN), 3))


def _enlarged(picture: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    resized = Image.fromarray(_levels(picture)).resize((shape[1], shape[0]), Image.Resampling.LANCZOS)
    return np.asarray(resized) / 255


def _levels(picture: np.ndarray) -> np.ndarray:
    return (255 * picture).round().astype(np.uint8)
