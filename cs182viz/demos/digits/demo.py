"""A convolutional network learns digits before one's eyes, by four optimisers at once.

Lecture, section 2: ConvNetJS (Karpathy 2014), its digits with weights, activations and predictions, and its comparison
of SGD, Adagrad and Adadelta. The networks learn in `techniques.digits.race`.
"""

import time
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

import ipywidgets as widgets
import numpy as np
import torch
from PIL import Image
from torch import Tensor

from cs182viz.demos.digits.pad import Pad
from cs182viz.demos.digits.seen import bars, ink, predictions
from cs182viz.demos.learning import Chart, Curves, Shown, Slices
from cs182viz.demos.page.base import Demo, encoded
from cs182viz.demos.page.controls import again, controls, parts
from cs182viz.demos.page.sketch import write
from cs182viz.demos.playground.race import LINES
from cs182viz.techniques.digits import (
    OPTIMIZERS,
    ConvNet,
    Rates,
    accuracy,
    activation_tiles,
    as_digit,
    race,
    split,
    weight_tiles,
)

NAMES = tuple(OPTIMIZERS)
FRAME, CHECK = 1 / 15, 0.5  # seconds between two pictures, and between two looks at all that is held out
ASKED = 12  # held-out digits whose predictions are shown
FACTORS = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
STYLE = f"<style>{Path(__file__).with_name('digits.css').read_text(encoding='utf-8')}</style>"
_WIDE: dict[str, Any] = {"style": {"description_width": "initial"}}
_SIDE = 280  # pixels of the pictures of weights


class Digits(Demo):
    """SGD, Adagrad, Adadelta and Adam teach equal convolutional networks; choose whose weights and answers are shown.

    Parameters
    ----------
    keep : PNG in which the last settled picture is kept, "digits.png" for one in the user's cache.
    """

    makes_room = True

    def __init__(self, *, keep: str | Path | None = None) -> None:
        hint = (
            "One start, the same batches, four optimisers. Draw a digit, and see what the chosen network makes of it."
        )
        super().__init__("Digits", hint, keep=keep)
        self.learned, self.held_out = split()
        self.rates = Rates()
        self._build()
        self._digit = self.held_out.X[:1]
        self._begin()
        self.resume()

    def restart(self) -> None:
        """Begin again with new, equal networks."""

        def job() -> Iterator[None]:
            self._begin()  # in the worker's thread, where the old ones learn: they have ended by then
            return self._learn()

        self.run(job, on_frame=self._show, doing="Learning ...")

    def resume(self) -> None:
        """Go on from where it was stopped."""
        self.run(self._learn, on_frame=self._show, doing="Learning ...")

    @property
    def network(self) -> ConvNet:
        """The one that is looked at."""
        return self.networks[NAMES.index(self.optimizer.value)]  # type: ignore[return-value]

    def snapshot(self) -> Image.Image | None:
        """Both charts and the weights of the three layers."""
        charts = [chart.picture(curves) for chart, curves in ((self._loss, self.losses), (self._right, self.right))]
        canvas = Image.new("RGB", (1420, 860), "white")
        write(canvas, (20, 14), f"Step {self.step}: {self._sentence()}", size=22)
        for number, chart in enumerate(charts):
            canvas.paste(chart, (10 + 700 * number, 50))
        for number, weights in enumerate(self.network.weights()):
            tiles = Image.fromarray(weight_tiles(weights)).convert("RGB")
            scale = 330 / max(tiles.size)
            size = (round(tiles.width * scale), round(tiles.height * scale))
            write(canvas, (30 + 460 * number, 466), f"weights of layer {number + 1}", size=20)
            canvas.paste(tiles.resize(size, Image.Resampling.NEAREST), (30 + 460 * number, 500))
        return canvas

    def _build(self) -> None:
        self.optimizer = widgets.Dropdown(
            options=NAMES, value="Adam", description="Optimiser", layout={"width": "230px"}, **_WIDE
        )
        self.factor = widgets.SelectionSlider(
            options=[(f"{one:g} times", one) for one in FACTORS],
            value=1.0,
            description="Rates",
            layout={"width": "340px"},
            **_WIDE,
        )
        self.optimizer.observe(self.guarded(lambda _: self._look()), names="value")
        self.factor.observe(self.guarded(self._steer), names="value")
        self._loss = Chart("loss", NAMES, LINES)
        self._right = Chart("held out and right", NAMES, LINES, top=1.0)
        self._weights = [Shown(f"Weights of layer {layer}") for layer in (1, 2, 3)]
        self._maps = [Shown(f"Activations of layer {layer}") for layer in (1, 2)]
        self._bars, self._predicted = widgets.HTML(), widgets.HTML()
        buttons = again(self.guarded(self.restart), self.guarded(self.resume))
        self.body.children = [
            widgets.HTML(STYLE),
            controls(self.optimizer, self.factor, *buttons),
            parts(self._loss, self._right),
            parts(self._asked(), *map(_titled, self._maps), widgets.VBox([_head("It says"), self._bars])),
            parts(*map(_titled, self._weights)),
            _head("Held-out digits and what it takes them for"),
            self._predicted,
        ]

    def _asked(self) -> widgets.VBox:
        self.pad = Pad(self._drawn)
        self.number = widgets.BoundedIntText(
            0, 0, len(self.held_out) - 1, description="or held-out digit", layout={"width": "224px"}, **_WIDE
        )
        self.number.observe(self.guarded(self._choose), names="value")
        self._small, self._note = Shown("The digit as the network gets it"), widgets.HTML()
        self._note.layout.max_width = "340px"
        drawn = widgets.HBox([self.pad, self._small], layout={"grid_gap": "14px"})
        return widgets.VBox([_head("Draw a digit"), drawn, self.number, self._note])

    def _drawn(self, drawing: np.ndarray) -> None:
        try:
            self._digit = torch.from_numpy(as_digit(drawing))[None, None]
        except ValueError as error:
            self._note.value = f'<span class="error">{escape(str(error))}.</span>'
            return
        self._note.value = ""
        self._look()

    def _choose(self, change: dict[str, Any]) -> None:
        self._digit, self._note.value = self.held_out.X[change["new"]][None], ""
        self._look()

    def _steer(self, change: dict[str, Any]) -> None:
        self.rates.factor = change["new"]

    def _begin(self) -> None:
        self._racers = race(self.learned, ConvNet, rates=self.rates)
        self.step, self.networks, losses = next(self._racers)
        self.losses, self.right = Curves(len(NAMES)), Curves(len(NAMES))
        self._smooth = np.array(losses)
        self._check()

    def _learn(self) -> Iterator[None]:
        """Frames, in each of which they learn or are tested; the networks outlive a stop, so that one can go on."""
        slices, checked = Slices(FRAME), time.perf_counter()

        def step() -> None:
            self.step, _, losses = next(self._racers)
            self._smooth = 0.9 * self._smooth + 0.1 * np.array(losses)

        while True:
            slices.fill(step)
            yield
            if time.perf_counter() - checked > CHECK:  # takes as long as a step does: not both in one frame
                self._check()
                checked = time.perf_counter()
                yield

    def _check(self) -> None:
        self.right.add(self.step, *(accuracy(network, self.held_out) for network in self.networks))
        self._right.show(self.right)

    def _show(self, _: Any) -> None:
        self.losses.add(self.step, *self._smooth)
        self._loss.show(self.losses)
        self.say(f"Step {self.step}: {self._sentence()}")
        self._look()

    def _sentence(self) -> str:
        parts = (f"{name} {share:.1%}" for name, share in zip(NAMES, self.right.rows[-1, 1:], strict=True))
        return "held out and right: " + ", ".join(parts)

    @torch.no_grad()
    def _look(self) -> None:
        """Show the chosen network: its weights, what it makes of the digit, and of some that are held out."""
        network = self.network
        for picture, weights in zip(self._weights, network.weights(), strict=True):
            picture.show(encoded(weight_tiles(weights), side=_SIDE, crisp=True))
        seen = network.layers(self._digit)
        for picture, layer in zip(self._maps, ("first", "second"), strict=True):
            picture.show(encoded(activation_tiles(seen[layer][0]), side=224, crisp=True))
        self._small.show(encoded(ink(self._digit[0, 0].numpy()), side=96, crisp=True))
        self._bars.value = bars(_shares(seen["scores"])[0].tolist())
        some, labels = self.held_out.X[:ASKED], self.held_out.y[:ASKED].tolist()
        self._predicted.value = predictions(some[:, 0].numpy(), labels, _shares(network(some)))


def _shares(scores: Tensor) -> np.ndarray:
    """Probabilities (N, 10) of scores; of a network that diverged nothing is known, so all alike."""
    return scores.nan_to_num(0.0, 0.0, 0.0).softmax(dim=1).numpy()


def _titled(picture: Shown) -> widgets.VBox:
    return widgets.VBox([_head(picture.name), picture])


def _head(text: str) -> widgets.HTML:
    return widgets.HTML(f"<h3>{text}</h3>")
