"""An autoencoder of digits learns, and the plane of its codes changes while one watches.

Lecture, section 2: ConvNetJS (Karpathy 2014). Each digit becomes two numbers, and these become a digit again; what the
decoder draws everywhere in the plane is one picture. The network learns in `techniques.digits.train`.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import ipywidgets as widgets
import numpy as np
import torch
from matplotlib.colors import to_hex
from PIL import Image

from cs182viz import plotting
from cs182viz.demos.learning import Chart, Curves, Shown, Slices
from cs182viz.demos.page.base import Demo, encoded
from cs182viz.demos.page.controls import again, controls, parts
from cs182viz.demos.page.sketch import BLUE, ORANGE, write
from cs182viz.demos.page.surface import Surface
from cs182viz.techniques.digits import split, train
from cs182viz.techniques.digits.autoencoder import REACH

FRAME = 1 / 15  # seconds between two pictures
TILES = 20  # digits along a side of the plane
SHOWN = 8  # digits beside what becomes of them
COLOURS = [to_hex(plotting.TAB10(digit)) for digit in range(10)]
WAYS = ("both", "pictures", "points")
STYLE = f"<style>{Path(__file__).with_name('autoencoder.css').read_text(encoding='utf-8')}</style>"


class Plane(Surface):
    """The plane on the page; the pointer sends places in it."""

    _esm = Path(__file__).with_name("plane.js")


class Autoencoder(Demo):
    """Watch digits find their places in a plane; point at it to see what lies there.

    Parameters
    ----------
    keep : PNG in which the last settled picture is kept, "autoencoder.png" for one in the user's cache.
    """

    makes_room = True

    def __init__(self, *, keep: str | Path | None = None) -> None:
        hint = (
            "Every digit becomes two numbers, a place in the plane, and these become a digit again. Point at a place."
        )
        super().__init__("Autoencoder", hint, keep=keep)
        self.learned, self.held_out = split()
        self.place = (0.0, 0.0)
        self._build()
        self._begin()
        self.resume()

    def restart(self) -> None:
        """Begin again with a new network."""

        def job() -> Iterator[None]:
            self._begin()  # in the worker's thread, where the old one learns: it has ended by then
            return self._learn()

        self.run(job, on_frame=self._show, doing="Learning ...")

    def resume(self) -> None:
        """Go on from where it was stopped."""
        self.run(self._learn, on_frame=self._show, doing="Learning ...")

    def snapshot(self) -> Image.Image | None:
        """The plane, with the codes of digits that are held out."""
        plane = Image.fromarray(self._plane()).resize((640, 640), Image.Resampling.BICUBIC).convert("RGB")
        canvas = Image.new("RGB", (1380, 720), "white")
        write(canvas, (20, 16), f"The plane of codes after {self.step:,} steps", size=24)
        canvas.paste(plane, (20, 60))
        canvas.paste(self._chart.picture(self.losses), (670, 200))
        return canvas

    def _build(self) -> None:
        self.way = widgets.Dropdown(
            options=WAYS, description="Show", layout={"width": "200px"}, style={"description_width": "initial"}
        )
        self.way.observe(self.guarded(lambda _: self._send()), names="value")
        self.plane = Plane()
        self.plane.listen(self.guarded(self._point))
        self._chart = Chart("mean squared error", ["learned", "held out"], [BLUE, ORANGE])
        self._decoded, self._where, self._pairs = (
            Shown("The digit there"),
            widgets.HTML(),
            Shown("Digits and back"),
        )
        names = "".join(
            f'<span><i style="background:{colour}"></i>{digit}</span>' for digit, colour in enumerate(COLOURS)
        )
        legend = widgets.HTML(f'<div class="kinds">{names}</div>')
        beside = widgets.VBox(
            [
                self._where,
                self._decoded,
                widgets.HTML("<h3>Held-out digits, and what becomes of them</h3>"),
                self._pairs,
                self._chart,
            ]
        )
        buttons = again(self.guarded(self.restart), self.guarded(self.resume))
        row = parts(widgets.VBox([self.plane, legend]), beside)
        self.body.children = [widgets.HTML(STYLE), controls(self.way, *buttons), row]

    def _begin(self) -> None:
        self._trainer = train(self.learned)
        self.step, self.network, loss = next(self._trainer)
        self.losses, self._smooth = Curves(2), loss
        self._show(None)

    def _learn(self) -> Iterator[None]:
        """Frames; the network outlives a stop, so that one can go on."""
        slices = Slices(FRAME)

        def step() -> None:
            self.step, self.network, loss = next(self._trainer)
            self._smooth = 0.98 * self._smooth + 0.02 * loss

        while True:
            slices.fill(step)
            yield

    @torch.no_grad()
    def _show(self, _: Any) -> None:
        held_out = self.held_out.X
        self._codes = self.network.encoder(held_out)
        lost = float((self.network.decode(self._codes) - held_out).square().mean())
        self.losses.add(self.step, self._smooth, lost)
        self._chart.show(self.losses)
        self.say(f"Step {self.step}: error {lost:.4f} on digits that are held out")
        self._send()
        self._decode()

    def _send(self) -> None:
        codes = (self._codes / REACH).numpy().astype("<f4")
        parts = [self._plane().tobytes(), codes.tobytes(), self.held_out.y.numpy().astype(np.uint8).tobytes()]
        about = {"side": TILES * 8, "step": self.step, "colours": COLOURS, "show": self.way.value}
        self.plane.post("plane", about, buffers=parts)

    def _plane(self) -> np.ndarray:
        return _ink(self.network.plane(TILES).numpy())

    def _point(self, content: dict[str, Any], _: Sequence[memoryview]) -> None:
        if content.get("kind") == "at":
            self.place = (float(content["x"]), float(content["y"]))
            self._decode()

    @torch.no_grad()
    def _decode(self) -> None:
        """The digit at the place that is pointed at, and some digits beside their copies."""
        x, y = (REACH * value for value in self.place)
        digit = self.network.decode(torch.tensor([[x, y]]))[0, 0]
        self._decoded.show(encoded(_ink(digit.numpy()), side=168, crisp=True))
        self._where.value = f"<h3>At ({x:.2f}, {y:.2f})</h3>"
        some = self.held_out.X[:SHOWN]
        pairs = torch.cat([some[:, 0], self.network(some)[:, 0]], dim=1)  # (SHOWN, 16, 8)
        self._pairs.show(encoded(_ink(torch.cat(list(pairs), dim=1).numpy()), side=512, crisp=True))


def _ink(picture: np.ndarray) -> np.ndarray:
    return np.round(255 * (1 - picture)).astype(np.uint8)
