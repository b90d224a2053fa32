"""Occlude: drag a grey square over a picture and watch the class probabilities (lecture section 2).

Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks", 2014, section 4.2
(doi:10.1007/978-3-319-10590-1_53).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import ipywidgets as widgets
import numpy as np
import torch
from matplotlib import colormaps
from PIL import Image, ImageDraw
from torch import Tensor

from cs182viz import imageops
from cs182viz.demos.page.base import Demo, encoded, private_copy
from cs182viz.demos.page.chooser import Chooser
from cs182viz.demos.page.controls import controls
from cs182viz.demos.page.sketch import Bar, draw_bars, draw_legend, write
from cs182viz.demos.page.surface import Surface
from cs182viz.images import Picture, load_images
from cs182viz.techniques.occlusion.maps import occlusion_map, spread
from cs182viz.zoo import Classifier

GREY = tuple(round(255 * value) for value in imageops.IMAGENET_MEAN)  # what a normalised 0 looks like
SIDE = 448  # pixels of the picture on the page
STRIDES = (32, 16, 8)  # of the whole map, a coarse one first


class Canvas(Surface):
    """The picture with its square, and the bars beside it; tells where the square is dragged."""

    _esm = Path(__file__).with_name("occlude.js")


@dataclass(frozen=True)
class Scene:
    """What is to be seen: a picture and a square of `patch` pixels whose first pixel is (top, left)."""

    name: str
    image: Image.Image
    top: int
    left: int
    patch: int


@dataclass(frozen=True)
class Bare:
    """What the network says to the picture without a square: `x` (1, 3, H, W) and its probabilities (classes,)."""

    image: Image.Image
    x: Tensor
    probabilities: Tensor


class Occlude(Demo):
    """Drag a grey square over a picture; the bars show what the network believes then.

    Parameters
    ----------
    model : classifier of the zoo.
    pictures : to choose from, the first at the start; by default those of the package.
    keep : file in which the last picture is kept: "occlude.png" for one in the user's cache.
    """

    def __init__(
        self, model: Classifier, pictures: Sequence[Picture] | None = None, *, keep: str | Path | None = None
    ) -> None:
        hint = "Drag the grey square. What does the network need to see?"
        super().__init__("Occlusion", hint, keep=keep)
        pictures = load_images() if pictures is None else list(pictures)
        self._model = private_copy(model)
        self._bare: Bare | None = None  # of the picture that was last computed
        self._bars: list[Bar] = []
        self._heat: Image.Image | None = None
        place = (model.size - model.size // 4) // 2
        self._scene = Scene(pictures[0].name, pictures[0].image, place, place, model.size // 4)
        self._build(pictures)
        self._look()

    def _build(self, pictures: Sequence[Picture]) -> None:
        size = self._model.size
        chooser = Chooser(
            pictures,
            on_picture=self.guarded(lambda name, image: self._change(name=name, image=image)),
            on_error=self.show_error,
        )
        self._canvas = Canvas()
        self._canvas.listen(self.guarded(self._hear))
        self._patch = widgets.IntSlider(
            self._scene.patch, 8, size // 2, step=2, description="Square", layout={"width": "340px"}
        )
        self._patch.observe(self.guarded(lambda change: self._change(patch=change["new"])), names="value")
        self._map = widgets.ToggleButton(description="Whole map", tooltip="Every place of the square", icon="th")
        self._map.observe(self.guarded(lambda change: self._show_map()), names="value")
        self.body.children = [chooser, self._canvas, controls(self._patch, self._map)]

    def _hear(self, content: dict[str, Any], _buffers: Sequence[memoryview]) -> None:
        self._change(top=int(content["top"]), left=int(content["left"]))

    def _change(self, **news: Any) -> None:
        """Have another picture, or another place or size of the square, and look again."""
        if "image" in news or "patch" in news:
            self._map.value = False
        scene = replace(self._scene, **news)
        room = self._model.size - scene.patch
        self._scene = replace(scene, top=min(max(scene.top, 0), room), left=min(max(scene.left, 0), room))
        self._look()

    def _look(self) -> None:
        scene = self._scene
        self.follow(lambda: self._probabilities(scene), lambda bars: self._show(scene, bars))

    def _probabilities(self, scene: Scene) -> list[Bar]:
        """The five classes of the bare picture, and the one that leads now if it is none of them."""
        bare = self._look_at(scene.image)
        x = bare.x.clone()
        x[:, :, scene.top : scene.top + scene.patch, scene.left : scene.left + scene.patch] = 0  # the mean colour
        with torch.no_grad():
            now = self._model(x).softmax(dim=1)[0]
        shown = bare.probabilities.topk(min(5, len(now))).indices.tolist()
        leader = int(now.argmax())
        shown += [leader] * (leader not in shown)
        return [Bar(self._model.class_name(i), float(now[i]), float(bare.probabilities[i])) for i in shown]

    def _look_at(self, image: Image.Image) -> Bare:
        if self._bare is None or self._bare.image is not image:
            x = self._model.preprocess(image)
            with torch.no_grad():
                self._bare = Bare(image, x, self._model(x).softmax(dim=1)[0])
            self._canvas.post("picture", {"size": self._model.size}, buffers=[encoded(imageops.deprocess(x))])
        return self._bare

    def _show(self, scene: Scene, bars: list[Bar]) -> None:
        self._bars = bars
        self._canvas.post("square", {"top": scene.top, "left": scene.left, "patch": scene.patch})
        self._canvas.post("bars", {"bars": [vars(bar) for bar in bars]})

    def _show_map(self) -> None:
        """Lay the map of all places over the picture, or take it away."""
        self._heat = None
        self._canvas.post("heat")
        if self._map.value:
            scene = self._scene
            self.run(
                lambda: self._maps(scene),
                on_frame=self._lay_over,
                doing="Covering every place in turn ...",
                done="Bright: with the square here, the network loses its first class.",
            )

    def _maps(self, scene: Scene) -> Iterator[Image.Image]:
        """What the square costs the first class, bright where most, over the whole picture, ever finer."""
        bare = self._look_at(scene.image)
        label = int(bare.probabilities.argmax())
        for done, stride in enumerate(STRIDES, start=1):
            heat = occlusion_map(bare.x, label, self._model, patch=scene.patch, stride=stride)
            cost = 1 - imageops.rescale(spread(heat, (bare.x.shape[2], bare.x.shape[3]), scene.patch, stride))  # (H, W)
            colours = colormaps["inferno"](cost.numpy())  # (H, W, 4)
            colours[..., 3] = 0.15 + 0.7 * cost.numpy()  # the picture shows through where nothing is lost
            self.show_progress(done / len(STRIDES))
            yield Image.fromarray((colours * 255).round().astype(np.uint8))

    def _lay_over(self, heat: Image.Image) -> None:
        if self._map.value:
            self._heat = heat
            self._canvas.post("heat", buffers=[encoded(heat)])

    def snapshot(self) -> Image.Image | None:
        """The picture with its square and the bars, as on the page."""
        if self._bare is None or not self._bars:
            return None
        scene, scale = self._scene, SIDE / self._model.size
        picture = Image.fromarray(imageops.deprocess(self._bare.x)).resize((SIDE, SIDE), Image.Resampling.LANCZOS)
        if self._heat is not None:
            heat = self._heat.resize((SIDE, SIDE))
            picture = Image.composite(heat.convert("RGB"), picture.convert("L").convert("RGB"), heat.getchannel("A"))
        corners = [scene.left, scene.top, scene.left + scene.patch, scene.top + scene.patch]
        square = [round(value * scale) for value in corners]
        ImageDraw.Draw(picture).rectangle(square, fill=None if self._heat else GREY, outline="white", width=2)
        canvas = Image.new("RGB", (SIDE + 560, SIDE + 20), "white")
        canvas.paste(picture, (10, 10))
        write(canvas, (SIDE + 50, 10), "What the network believes", bold=True, size=22)
        draw_bars(canvas, (SIDE + 50, 56), self._bars, width=480)
        draw_legend(canvas, (SIDE + 50, 62 + 58 * len(self._bars)), "without the square")
        return canvas
