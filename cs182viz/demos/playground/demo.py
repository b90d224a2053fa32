"""A small network learns before one's eyes, under four optimisers at once.

Lecture, section 2: the live demonstrations that it links (ConvNetJS by Karpathy, TensorFlow Playground by Smilkov et
al. 2017, arXiv:1708.03788). The networks learn in `small_networks.train`, the page draws: `playground.js`.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets as widgets
import numpy as np
import traitlets
from PIL import Image

from cs182viz.demos.page.base import Demo
from cs182viz.demos.page.controls import again, controls
from cs182viz.demos.playground import problems as toy_data
from cs182viz.demos.playground import race
from cs182viz.demos.playground.networks import ACTIVATIONS, OPTIMIZERS, PENALTIES, Options, train
from cs182viz.demos.playground.race import View

NAMES = tuple(OPTIMIZERS)
STEPS = 4000  # of a race, and of its extension by "Go on"
FRAME, STEPS_A_FRAME = 1 / 15, 20  # seconds, and steps at most: slow enough to follow
CURVE = 400  # points of a loss curve at most; beyond, every other one goes
RATES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
STRENGTHS = (0.0, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03)


class Panels(anywidget.AnyWidget):
    """Four networks beside each other and their losses; all that is drawn comes by custom messages."""

    _esm = Path(__file__).with_name("playground.js")
    _css = Path(__file__).with_name("playground.css")
    names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    lines = traitlets.List(traitlets.Unicode()).tag(sync=True)
    colours = traitlets.List(traitlets.Unicode()).tag(sync=True)  # of class 0 and class 1
    extent = traitlets.Float(toy_data.EXTENT).tag(sync=True)


@dataclass
class Race:
    """One start and what came of it."""

    options: Options
    hidden: tuple[int, ...]
    trainer: Iterator[Any]
    goal: int
    view: View | None = None
    curves: np.ndarray = field(default_factory=lambda: np.empty((0, 1 + len(NAMES))))  # rows of step, losses

    @property
    def step(self) -> int:
        return 0 if self.view is None else self.view.step

    def add(self, view: View) -> None:
        """Take the latest view, and its losses into the curves."""
        self.view = view
        self.curves = np.vstack([self.curves, [view.step, *view.losses]])
        if len(self.curves) > CURVE:
            self.curves = self.curves[::2]


class Playground(Demo):
    """SGD, Adagrad, Adadelta and Adam teach the same small network, from the same start with the same batches.

    Parameters
    ----------
    data : a name of `toy_data.CLASSIFICATION` or `toy_data.REGRESSION` to begin with.
    hidden_layers, units : how many, and how many units in each.
    keep : PNG of the last settled race.

    Raises
    ------
    ValueError
        For another name, or numbers that the sliders do not have.
    """

    makes_room = True

    def __init__(
        self, data: str = "spiral", *, hidden_layers: int = 2, units: int = 8, keep: str | Path | None = None
    ) -> None:
        toy_data.load(data)  # refuses an unknown name with the list
        if not (0 <= hidden_layers <= 4 and 1 <= units <= 10):
            raise ValueError(f"expected 0 to 4 hidden layers of 1 to 10 units, got {hidden_layers} of {units}")
        super().__init__(
            "Playground",
            "One start, the same batches. Click for a blue point, with Shift an orange one; point at a unit to see it.",
            keep=keep,
        )
        colours = [race.ORANGE, race.BLUE]
        self.panels = Panels(names=list(NAMES), lines=list(race.LINES), colours=colours)
        self.panels.on_msg(self._answer)
        self.body.children = [self._controls(data, hidden_layers, units), self.panels]
        self._new_data()

    def restart(self) -> None:
        """Begin again with the same points from new, equal weights."""
        hidden = (self.units.value,) * self.hidden_layers.value
        trainer = train(self.options, hidden=hidden, activation=self.activation.value, seed=182)
        self.race = Race(self.options, hidden, trainer, goal=STEPS)
        self._start()

    def resume(self) -> None:
        """Go on from where the race is."""
        self.race.goal = self.race.step + STEPS
        self._start()

    def snapshot(self) -> Image.Image | None:
        """The race as one figure."""
        view = self.race.view
        return None if view is None else race.figure(view, NAMES, self.race.curves)

    def _controls(self, data: str, hidden_layers: int, units: int) -> widgets.HBox:
        style = {"description_width": "initial"}

        def made(kind: type[widgets.Widget], width: int, **options: Any) -> widgets.Widget:
            return kind(style=style, layout={"width": f"{width}px"}, **options)

        sets = [*toy_data.CLASSIFICATION, *toy_data.REGRESSION]
        self.data = made(widgets.Dropdown, 160, options=sets, value=data, description="Data")
        self.noise = made(widgets.FloatSlider, 240, value=0.1, max=0.6, step=0.05, description="Noise")
        self.hidden_layers = made(widgets.IntSlider, 290, value=hidden_layers, max=4, description="Hidden layers")
        self.units = made(widgets.IntSlider, 220, value=units, min=1, max=10, description="Units")
        self.activation = made(widgets.Dropdown, 200, options=list(ACTIVATIONS), description="Activation")
        self.learning_rate = made(widgets.SelectionSlider, 330, options=RATES, value=0.1, description="Learning rate")
        self.penalty = made(widgets.Dropdown, 210, options=list(PENALTIES), value="L2", description="Regularise")
        self.strength = made(widgets.SelectionSlider, 300, options=STRENGTHS, description="Strength")
        for name in ("data", "noise"):
            getattr(self, name).observe(lambda _: self._new_data(), names="value")
        for name in ("hidden_layers", "units", "activation"):
            getattr(self, name).observe(lambda _: self.restart(), names="value")
        for name in ("learning_rate", "penalty", "strength"):
            getattr(self, name).observe(self._steer, names="value")
        network = [self.data, self.noise, self.hidden_layers, self.units, self.activation]
        learning = [self.learning_rate, self.penalty, self.strength]
        return controls(*network, *learning, *again(self.guarded(self.restart), self.guarded(self.resume)))

    def _new_data(self) -> None:
        self.options = Options(
            toy_data.load(self.data.value, noise=self.noise.value),
            self.learning_rate.value,
            self.penalty.value,
            self.strength.value,
        )
        self.restart()

    def _steer(self, _: Any) -> None:
        self.options.learning_rate = self.learning_rate.value
        self.options.penalty, self.options.strength = self.penalty.value, self.strength.value
        if self.worker.idle.is_set():
            self.resume()

    def _start(self) -> None:
        current = self.race  # a later race must not be mixed up with what is still running
        self.run(
            lambda: _views(current),
            on_frame=lambda view: self._show(current, view),
            doing="Learning ...",
            done="At rest. Change something or go on.",
        )

    def _show(self, current: Race, view: View) -> None:
        current.add(view)
        self.say(f"Step {view.step} of {current.goal}")
        self._send(current, view)

    def _send(self, current: Race, view: View) -> None:
        message = {
            "kind": "frame",
            "step": view.step,
            "classifies": view.data.classifies,
            "titles": [race.summary(view, k) for k in range(len(NAMES))],
            "layers": list(current.hidden),
            "grid": race.GRID,
            "tile": race.TILE,
        }
        points = np.column_stack([view.data.X.numpy(), view.data.y.numpy()])
        output = np.round(255 * view.output).astype(np.uint8) if view.data.classifies else view.output.astype("<f4")
        units = np.round(127 * view.units).astype(np.int8)
        parts = [output, units, points.astype("<f4"), current.curves.astype("<f4")]
        self.panels.send(message, [part.tobytes() for part in parts])

    def _answer(self, _: Any, message: dict[str, Any], buffers: Any) -> None:
        if message.get("kind") == "hello" and self.race.view is not None:
            self._send(self.race, self.race.view)
        elif message.get("kind") == "point":
            self._add(message)

    def _add(self, message: dict[str, Any]) -> None:
        """A click: a point of class 1 or 0, or of the curve."""
        x, y = float(message["x"]), float(message["y"])
        place, value = ((x, y), float(message["class"])) if self.options.data.classifies else ((x,), y)
        try:
            self.options.data = toy_data.with_point(self.options.data, place, value)
        except ValueError as error:
            self.show_error(error)
            return
        if self.worker.idle.is_set():
            self.resume()


def _views(current: Race) -> Iterator[View]:
    """Views of the networks as they learn; the trainer outlives a stop, so that one can go on."""
    step = current.step
    while step < current.goal:
        begun = time.perf_counter()
        for _ in range(STEPS_A_FRAME):
            step, networks, _ = next(current.trainer)
            if step == current.goal or time.perf_counter() - begun > FRAME:
                break
        yield race.look(step, networks, current.options.data)
        time.sleep(max(0.0, FRAME - (time.perf_counter() - begun)))
