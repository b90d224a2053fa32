"""The webcam in a painter's hand: Johnson's network in one pass for each frame (lecture section 7).

"Run a webcam demo in real time": each frame is painted on its own, at once, by `techniques.fast_style`.
"""

import collections
import io
import itertools
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import ipywidgets as widgets
import torch
from PIL import Image, ImageOps

from cs182viz import imageops
from cs182viz.assets import cache_dir
from cs182viz.demos.page.base import Demo, encoded, write_atomically
from cs182viz.demos.page.chooser import Chooser
from cs182viz.demos.page.controls import button, controls
from cs182viz.devices import fastest_layout
from cs182viz.images import Picture, load_images
from cs182viz.techniques.fast_style import Steady, Stylizer, load_stylizer

SIDE = 256  # pixels of a picture's shorter side while the webcam runs
STILL = 384  # of a still picture's
SHOWN = 512  # pixels of the page
BESIDE = 3  # one in so many frames of the webcam is shown beside its painting, with their number a second
QUALITY = 90  # of the JPEG that goes to the page
WEBCAM_ON = "The webcam is on."
_SECONDS = 2.0  # over which frames are counted


class FastStyle(Demo):
    """Paint the webcam, a file or a photograph in one of some styles, or in two of them mixed.

    Parameters
    ----------
    network : what paints; by default the one in the package.
    pictures : to choose from; by default those of the package.
    keep : PNG in which the last settled painting is kept, "fast_style.png" for one in the user's cache.
    """

    def __init__(
        self,
        network: Stylizer | None = None,
        *,
        pictures: Sequence[Picture] | None = None,
        keep: str | Path | None = None,
    ) -> None:
        hint = "Choose a picture or the webcam, and a hand to paint it with. Each frame takes one pass of a network."
        super().__init__("Fast neural style", hint, keep=keep)
        self._network = load_stylizer() if network is None else network
        self._network = self._network.to(memory_format=fastest_layout(next(self._network.parameters())))
        self._film = Steady(self._network)
        self._pictures = load_images() if pictures is None else list(pictures)
        self._image = self._pictures[0].image
        self._painted: Image.Image | None = None
        self._live = False
        self._times: collections.deque[float] = collections.deque(maxlen=120)
        self._frames = itertools.count()
        self._saved, self._speaking = "", threading.Lock()  # a sentence of the last photograph
        self._build()
        self._paint_still()

    @property
    def frames_a_second(self) -> float:
        """How many frames of the webcam were painted and shown a second, over the last two."""
        now = time.monotonic()
        return sum(now - then < _SECONDS for then in list(self._times)) / _SECONDS

    def say(self, text: str) -> None:
        """Write into the status line, after what is said of a photograph until the user does the next thing."""
        with self._speaking:
            super().say(f"{self._saved} {text}".strip())

    def stop(self) -> None:
        """End what runs, and the webcam; the painting stays."""
        self._saved = ""
        self._chooser.webcam_off()
        super().stop()

    def save_photograph(self) -> Path:
        """Keep the painting that is shown as a file of its own in the user's cache; returns where.

        Raises
        ------
        ValueError
            Nothing is painted yet.
        """
        if self._painted is None:
            raise ValueError("nothing is painted yet: choose a picture first")
        folder = cache_dir() / "pictures"
        names = (folder / f"photograph-{number}.png" for number in itertools.count(1))
        path = next(path for path in names if not path.exists())
        write_atomically(path, encoded(self._painted))
        return path

    def snapshot(self) -> Image.Image | None:
        """The picture and its painting, side by side."""
        if self._painted is None:
            return None
        original = ImageOps.fit(self._image, self._painted.size)
        both = Image.new("RGB", (2 * original.width, original.height))
        both.paste(original, (0, 0))
        both.paste(self._painted, (original.width, 0))
        return both

    def _build(self) -> None:
        self._chooser = Chooser(
            self._pictures,
            on_picture=self.guarded(self._take),
            on_error=self._refuse,
            on_webcam=self.guarded(self._switch_webcam),
        )
        names = [(style.replace("_", " "), style) for style in self._network.styles]
        wide = {"style": {"description_width": "initial"}, "layout": {"width": "285px"}}
        self.style = widgets.Dropdown(options=names, description="Style", **wide)
        self.other = widgets.Dropdown(options=names, value=names[-1][1], description="Mixed with", **wide)
        self.share = widgets.FloatSlider(
            value=0.0,
            max=1.0,
            step=0.05,
            description="Share of it",
            readout_format=".0%",
            continuous_update=True,
            **wide,
        )
        for control in (self.style, self.other, self.share):
            control.observe(self.guarded(lambda _: self._repaint()), names="value")
        save = button("Take a photograph", "camera", self.guarded(self._photograph))
        self._original, self._shown = (
            widgets.Image(format="jpeg", layout={"width": f"{SHOWN}px", "max_width": "48%"}) for _ in range(2)
        )
        self.rate = widgets.HTML()
        self.rate.add_class("rate")
        self.body.children = [
            self._chooser,
            controls(self.style, self.other, self.share, save),
            widgets.HBox([self._original, self._shown], layout={"grid_gap": "22px", "padding": "6px 0"}),
            self.rate,
        ]

    def _photograph(self) -> None:
        with self._speaking:
            self._saved = f"Saved as {self.save_photograph()}."
        self.say("")

    def _take(self, name: str, image: Image.Image) -> None:
        self._image = image
        if not self._live:
            self._saved = ""
            self._paint_still()
            return
        self._chooser.next_frame()  # it is on its way while this one is painted
        self.worker.submit(self._paint_frame, on_error=self.show_error)

    def _refuse(self, text: str) -> None:
        self._saved = ""
        self.show_error(text)

    def _repaint(self) -> None:
        self._saved = ""
        if not self._live:  # the next frame comes in the new style by itself
            self._paint_still()

    def _switch_webcam(self, on: bool) -> None:
        self._live, self._saved = on, ""
        self._times.clear()
        self._film.forget()
        if on:
            self.show_running(WEBCAM_ON)
        else:
            self.rate.value = ""
            self.run(lambda: None, done="The webcam is off.")

    def _paint_still(self) -> None:
        image = self._image

        def job() -> Image.Image:
            started = time.perf_counter()
            painted = self._paint(image, STILL, self._network)
            self.rate.value = f"One pass: {1e3 * (time.perf_counter() - started):.0f} milliseconds."
            return painted

        self.run(job, on_done=lambda painted: self._show(image, painted), doing="Painting ...")

    def _paint_frame(self) -> Iterator[None]:
        """Paint the newest frame; what came meanwhile and was not painted is forgotten."""
        if self._stop.disabled:  # a still picture was painted to its end after the webcam had started
            self.show_running(WEBCAM_ON)
        image = self._image
        painted = self._paint(image, SIDE, self._film)
        beside = next(self._frames) % BESIDE == 0
        self._times.append(time.monotonic())
        self._show(image if beside else None, painted)
        if beside:
            self.rate.value = f"{self.frames_a_second:.1f} frames a second, each in one pass."
        yield

    def _paint(self, image: Image.Image, side: int, paint: Stylizer | Steady) -> Image.Image:
        weight = next(self._network.parameters())
        x = imageops.preprocess(image, size=None)
        x = imageops.resize(x, side) if min(x.shape[2:]) != side else x
        x = x.to(device=weight.device, dtype=weight.dtype)
        share = self.share.value
        mix = (1 - share) * self._network.mixture(self.style.value) + share * self._network.mixture(self.other.value)
        with torch.inference_mode():
            painted = paint(x.contiguous(memory_format=fastest_layout(x)), mix.to(x))
        return Image.fromarray(imageops.deprocess(painted))

    def _show(self, image: Image.Image | None, painted: Image.Image) -> None:
        self._painted = painted
        if image is not None:
            self._original.value = _jpeg(ImageOps.fit(image, painted.size))
        self._shown.value = _jpeg(painted)


def _jpeg(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=QUALITY)
    return buffer.getvalue()
