"""t-SNE that one can watch and steer: the map moves while it optimises, the pointer shows the picture behind a point.

Lecture, section 1 (van der Maaten & Hinton 2008, JMLR 9). The optimisation is `techniques.embedding.tsne_steps`, the
page draws: `tsne_live.js`.
"""

import itertools
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import anywidget
import ipywidgets as widgets
import numpy as np
import traitlets
from matplotlib.colors import to_hex
from PIL import Image

from cs182viz import plotting
from cs182viz.canvas import to_numpy
from cs182viz.demos.page.base import Demo
from cs182viz.demos.page.controls import again, controls, parts
from cs182viz.demos.page.sprites import make_sheet, scatter
from cs182viz.techniques.embedding import Controls, tsne_steps

EXAGGERATED, STEPS, MORE = 250, 1000, 400  # steps: exaggerated at first, in all, and after a slider was moved
PACE = 100  # steps a second at most: faster, a small map would be done before anybody looks
FRAME = 1 / 15  # seconds between two frames; the page moves the points in between
OTHER = "#888888"


class Map(anywidget.AnyWidget):
    """The moving map; frames are custom messages, everything that stays is a trait."""

    _esm = Path(__file__).with_name("tsne_live.js")
    _css = Path(__file__).with_name("tsne_live.css")
    kinds = traitlets.Bytes().tag(sync=True)  # each point's class, uint8 (N,)
    names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    colours = traitlets.List(traitlets.Unicode()).tag(sync=True)
    sprite = traitlets.Bytes().tag(sync=True)  # WebP, or empty
    cell = traitlets.Int(1).tag(sync=True)
    columns = traitlets.Int(1).tag(sync=True)
    show = traitlets.Unicode("points").tag(sync=True)


class TSNELive(Demo):
    """Watch t-SNE embed points, and change perplexity, exaggeration and learning rate on the way.

    Parameters
    ----------
    X : points (N, d).
    pictures_or_labels : N pictures (see `cs182viz.plotting`) or N labels, numbers or names; the ten most frequent
        labels get a colour each.
    labels : the labels, where the argument before it holds pictures.
    keep : PNG of the last settled map.

    Raises
    ------
    ValueError
        If the number of pictures or labels is not N, or see `tsne_steps`.

    Examples
    --------
    >>> X, y = digits()  # doctest: +SKIP
    >>> TSNELive(X, X.reshape(-1, 8, 8), labels=y)  # doctest: +SKIP
    """

    makes_room = True

    def __init__(
        self,
        X: Any,
        pictures_or_labels: Sequence[Any] | None = None,
        *,
        labels: Sequence[Any] | None = None,
        keep: str | Path | None = None,
    ) -> None:
        self.X = to_numpy(X)
        self.pictures, self.labels = _sorted_out(pictures_or_labels, labels, len(self.X))
        self.controls = Controls(perplexity=float(min(30, max(2, (len(self.X) - 1) // 3))), exaggeration=12.0)
        self.Y: np.ndarray | None = None
        self.kl, self.count, self._goal, self._live = float("nan"), 0, 0, False
        self._lock = threading.Lock()
        tsne_steps(self.X, controls=self.controls, max_iter=0)  # refuses at once what it would refuse later
        super().__init__(
            "t-SNE, live",
            "Move the sliders while it runs; point at the map to see what lies there, or at a name to see its class.",
            keep=keep,
        )
        self.map = self._drawn_map()
        self.map.on_msg(self._answer)
        self.body.children = [parts(self.map, self._panel())]
        self.restart()

    def restart(self) -> None:
        """Begin again from the first two principal components, with the usual schedule."""
        self._scheduled: dict[str, float] = {}
        self._schedule(12.0)
        self.Y, self.count = None, 0
        self._start(STEPS)

    def resume(self) -> None:
        """Go on from where the map is."""
        self._start(self.count + MORE)

    def snapshot(self) -> Image.Image | None:
        """The map as the page shows it."""
        if self.Y is None:
            return None
        kinds, _, colours = self._classes
        inks = [colours[kind] for kind in kinds]
        thumbnails = self._sheet if self.map.show == "pictures" else None
        return scatter(self._unit(self.Y), 800, inks=inks, sheet=thumbnails)

    def _drawn_map(self) -> Map:
        self._classes = kinds, names, colours = _classes(self.labels, len(self.X))
        drawn = Map(kinds=kinds.tobytes(), names=names, colours=colours)
        if self.pictures is not None:
            inks = [colours[kind] for kind in kinds] if names else None
            self._sheet = make_sheet(self.pictures, inks=inks)
            drawn.set_trait("cell", self._sheet.cell)
            drawn.set_trait("columns", self._sheet.columns)
            drawn.set_trait("sprite", self._sheet.encoded())
            drawn.set_trait("show", "pictures")
        return drawn

    def _panel(self) -> widgets.VBox:
        most = max(3, min(100, (len(self.X) - 2) // 2))
        style, wide = {"description_width": "initial"}, {"width": "330px"}
        self.perplexity = widgets.IntSlider(self.controls.perplexity, 2, most, style=style, layout=wide)
        self.exaggeration = widgets.FloatSlider(12, min=1, max=32, step=0.5, readout_format=".1f", layout=wide)
        self.learning_rate = widgets.FloatLogSlider(100, min=0, max=4, step=0.05, readout_format=".0f", layout=wide)
        for name in ("perplexity", "exaggeration", "learning_rate"):
            getattr(self, name).observe(self._steer, names="value")
            getattr(self, name).add_class(name)
        show = widgets.ToggleButtons(options=["pictures", "points"], style={"button_width": "120px"})
        show.observe(lambda change: self.map.set_trait("show", change["new"]), names="value")
        named = [
            ("Perplexity: neighbours that count", self.perplexity),
            ("Exaggeration: pulls groups together", self.exaggeration),
            ("Learning rate", self.learning_rate),
        ]
        lines = [part for text, slider in named for part in (widgets.HTML(f"<h3>{text}</h3>"), slider)]
        shown = [show] if self.pictures is not None else []
        self.numbers = widgets.HTML()
        self.numbers.add_class("numbers")
        return widgets.VBox(
            [*lines, *shown, controls(*again(self.guarded(self.restart), self.guarded(self.resume))), self.numbers]
        )

    def _schedule(self, exaggeration: float) -> None:
        """Move the sliders that nobody has moved yet to what belongs to this stage (Belkina et al. 2019)."""
        rate = max(len(self.X) / (4 * exaggeration), 50.0)
        for name, value in (("exaggeration", exaggeration), ("learning_rate", rate)):
            slider = getattr(self, name)
            if not self._scheduled or slider.value == self._scheduled[name]:
                slider.value = value
        self._scheduled = {name: getattr(self, name).value for name in ("exaggeration", "learning_rate")}

    def _steer(self, change: dict[str, Any]) -> None:
        for name in ("perplexity", "exaggeration", "learning_rate"):
            setattr(self.controls, name, float(getattr(self, name).value))
        with self._lock:
            self._goal = max(self._goal, self.count + MORE)
            sleeping = self.count > 0 and not self._live
        if sleeping:
            self.resume()

    def _start(self, goal: int) -> None:
        with self._lock:
            self._goal, self._live = goal, True
        done = "At rest. Move a slider or go on."
        self.run(self._optimise, on_frame=self._show, doing="Looking for every point's neighbours ...", done=done)

    def _optimise(self) -> Iterator[tuple[int, np.ndarray, float]]:
        """Frames (step, map, KL), at most as fast as one can watch."""
        first, begun, last = self.count, time.perf_counter(), 0.0
        start: Literal["pca"] | np.ndarray = "pca" if self.Y is None else self.Y
        steps = tsne_steps(
            self.X, init=start, controls=self.controls, exaggerated_steps=max(0, EXAGGERATED - first), max_iter=None
        )
        try:
            for step, Y, kl in steps:
                if first + step == EXAGGERATED - 1:  # for the next step
                    self._schedule(1.0)
                time.sleep(max(0.0, step / PACE - (time.perf_counter() - begun)))
                with self._lock:
                    self.count = first + step
                    ends = self.count >= self._goal
                    self._live = not ends
                if ends or time.perf_counter() - last >= FRAME:
                    last = time.perf_counter()
                    yield self.count, Y, kl
                if ends:
                    return
        finally:
            self._live = False
            steps.close()

    def _show(self, frame: tuple[int, np.ndarray, float]) -> None:
        step, self.Y, self.kl = frame
        self._send()
        self.numbers.value = f"<h3>Step {step} of {self._goal}</h3><h3>KL divergence {self.kl:.3f}</h3>"
        pulled = (self.controls.exaggeration or 1) > 1
        self.say("Groups form: similarities are exaggerated." if pulled else "Groups unfold.")

    def _send(self) -> None:
        if self.Y is None:
            return
        self.map.send({"kind": "frame", "step": self.count}, [self._unit(self.Y).astype("<f2").tobytes()])

    def _unit(self, Y: np.ndarray) -> np.ndarray:
        """The map (N, 2) moved and scaled, both axes alike, to fill -1..1."""
        low, high = Y.min(axis=0), Y.max(axis=0)
        return (Y - (low + high) / 2) / max(float((high - low).max()) / 2, 1e-30)

    def _answer(self, _: Any, message: dict[str, Any], buffers: Any) -> None:
        """A page has opened: it gets the map as it is."""
        if message.get("kind") == "hello":
            self._send()


def _sorted_out(
    pictures_or_labels: Sequence[Any] | None, labels: Sequence[Any] | None, count: int
) -> tuple[Sequence[Any] | None, np.ndarray | None]:
    """(pictures or None, labels (N,) or None)."""
    pictures = pictures_or_labels
    if pictures is not None and labels is None and np.ndim(pictures[0]) == 0 and not hasattr(pictures[0], "image"):
        pictures, labels = None, pictures
    kinds = None if labels is None else to_numpy(labels)
    for name, values in (("picture", pictures), ("label", kinds)):
        if values is not None and len(values) != count:
            raise ValueError(f"expected one {name} for each of {count} points, got {len(values)}")
    return pictures, kinds


def _classes(labels: np.ndarray | None, count: int) -> tuple[np.ndarray, list[str], list[str]]:
    """Each point's class (N,) uint8, the classes' names and colours; without labels one class without a name."""
    colours = [to_hex(plotting.TAB10(i)) for i in range(10)]
    if labels is None:
        return np.zeros(count, np.uint8), [], colours[:1]
    texts = [str(label) for label in labels.tolist()]
    order = list(dict.fromkeys(map(str, np.unique(labels).tolist())))
    often = {name for name, _ in Counter(texts).most_common(10)}
    names = [name for name in order if name in often]
    if len(order) > 10:
        names, colours = [*names, "others"], [*colours, OTHER]
    number = dict(zip(names, itertools.count(), strict=False))
    kinds = np.array([number.get(text, 10) for text in texts], np.uint8)
    return kinds, names, colours[: len(names)]
