"""Style and dream: a picture that evolves while the sliders move (lecture, sections 6 and 7)."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import ipywidgets as widgets
import torch
from PIL import Image
from torch import Tensor

from cs182viz import imageops, layers
from cs182viz.demos.dream.controls import DREAM, Controls, Wish
from cs182viz.demos.page.base import Demo, encoded, private_copy, write_atomically
from cs182viz.demos.page.chooser import Chooser
from cs182viz.demos.page.controls import again, button, controls, parts
from cs182viz.demos.page.sketch import write
from cs182viz.devices import fastest_layout
from cs182viz.images import Picture, load_image, load_images
from cs182viz.techniques.deepdream.dream import Objective, Step, climb, guided, half_square, natural
from cs182viz.techniques.deepdream.zoom import zoom
from cs182viz.techniques.style.transfer import coarse_to_fine
from cs182viz.zoo import Classifier

WIDE, HIGH = 640, 480  # pixels that the picture may take on the page
FRAMES = 200  # of a dream, which would never end
STEPS = (50, 35, 35)  # of a painting, from coarse to fine
COARSE, MIDDLE = 0.45, 0.7  # of the last size
FADE = 0.1  # of a dream without zoom, or it would fill the picture


class StyleAndDream(Demo):
    """Dream on a picture, or paint it in the style of two others; every control acts on the picture as it is.

    Parameters
    ----------
    model : classifier of the zoo.
    deepdream_step : ``(image, model, layer, step_size) -> image``, a step up 1/2 ||a||^2.
    content_loss, gram_matrix, style_loss, tv_loss : as `techniques.style.style_transfer` takes them.
    pictures : to choose from, the first at the start; by default those of the package.
    mode : "Dream" or "Style", the one shown first.
    recipe : more options of `style_transfer`, such as the layers to paint with in another network than SqueezeNet.
    size : shorter side of what is computed; 224 is live on two cores.
    saved : folder into which Save writes.
    keep : file in which the last picture is kept: "dream.png" for one in the user's cache.

    Raises
    ------
    ValueError
        There is no such mode.
    """

    makes_room = True

    def __init__(
        self,
        model: Classifier,
        *,
        deepdream_step: Step,
        content_loss: Callable[..., Tensor],
        gram_matrix: Callable[..., Tensor],
        style_loss: Callable[..., Tensor],
        tv_loss: Callable[..., Tensor],
        pictures: Sequence[Picture] | None = None,
        mode: str = DREAM,
        recipe: Mapping[str, Any] | None = None,
        size: int = 224,
        saved: str | Path = "saved",
        keep: str | Path | None = None,
    ) -> None:
        hint = "Move any slider while the picture evolves. How deep does the network dream, and in whose hand?"
        super().__init__("Style and dream", hint, keep=keep)
        self._model = private_copy(model)
        self._step = deepdream_step
        losses = {"content_loss": content_loss, "gram_matrix": gram_matrix}
        self._painting = {**losses, "style_loss": style_loss, "tv_loss": tv_loss, **(recipe or {})}
        self._size, self._saved = size, Path(saved)
        pictures = _castle_first(load_images()) if pictures is None else list(pictures)
        self._build(pictures, mode)
        self._choose(pictures[0].name, pictures[0].image)

    def _build(self, pictures: Sequence[Picture], mode: str) -> None:
        chooser = Chooser(pictures, on_picture=self.guarded(self._choose), on_error=self.show_error)
        self._controls = Controls(
            _map_layers(self._model, self._size),
            guides=[picture.name for picture in pictures],
            mode=mode,
            on_change=self.guarded(self._go),
            on_mode=self.guarded(self._switch),
        )
        self._guides = {picture.name: picture.image for picture in pictures}
        self._shown = widgets.Image(layout={"object_fit": "fill"})
        self._shown.add_class("shows-evolving")
        save = button("Save", "save", self.guarded(self._save), tooltip="Write this picture into a file")
        buttons = controls(*again(self.guarded(self._start_again), self.guarded(self._go)), save)
        right = widgets.VBox([self._controls.widget, buttons], layout={"grid_gap": "12px"})
        self.body.children = [chooser, parts(self._shown, right)]

    def _choose(self, name: str, image: Image.Image) -> None:
        """Take another photograph."""
        self._name = name
        self._photo = imageops.resize(imageops.preprocess(image, size=None), self._size)
        height, width = self._photo.shape[-2:]
        scale = min(WIDE / width, HIGH / height)
        self._shown.layout.width, self._shown.layout.height = f"{width * scale:.0f}px", f"{height * scale:.0f}px"
        self._start_again()

    def _start_again(self) -> None:
        self._base = self._picture = self._photo
        self._shown.value = encoded(imageops.deprocess(self._photo))
        self._go()

    def _switch(self) -> None:
        """Go on in the other mode with what has become of the picture."""
        self._base = imageops.resize(self._picture, tuple(self._photo.shape[-2:]))
        self._go()

    def _go(self) -> None:
        wish, base, start = self._controls.wish(), self._base, self._picture
        work, total = (self._dream, FRAMES) if wish.mode == DREAM else (self._paint, sum(STEPS) + len(STEPS))
        self._wish = wish
        self.run(
            lambda: work(wish, base, start),
            on_frame=self._show,
            doing=f"{wish.words} ...",
            done=f"{wish.words}: done. Change something or go on.",
            total=total,
        )

    def _dream(self, wish: Wish, base: Tensor, start: Tensor) -> Iterator[Tensor]:
        base, start = (x.contiguous(memory_format=fastest_layout(x)) for x in (base, _as_large(start, base)))
        step: Step = self._step
        objective: Objective = half_square
        if wish.guide is not None:
            picture = imageops.resize(imageops.preprocess(self._guides[wish.guide], size=None), self._size)
            with torch.no_grad():
                objective = guided(layers.activations(self._model, picture, wish.layer)[wish.layer])
            step = climb(objective)
        frames = zoom(
            natural(step, base) if wish.natural else step,
            start,
            self._model,
            wish.layer,
            objective=objective,
            anchor=base,
            frames=FRAMES,
            factor=1 + wish.zoom / 100,
            fade=0.0 if wish.zoom else FADE,
            step_size=wish.stroke,
            steps=2,
            octaves=3,
            jitter=16,
        )
        for _, picture, _ in frames:
            yield picture

    def _paint(self, wish: Wish, base: Tensor, start: Tensor) -> Iterator[Tensor]:
        paintings = [imageops.preprocess(load_image(name), size=None) for name in wish.paintings]
        frames = coarse_to_fine(
            self._model,
            base,
            paintings,
            **self._painting,
            start=start,
            style_mix=(1 - wish.mix, wish.mix),
            content_weight=wish.likeness,
            tv_weight=wish.smoothness,
            colours=wish.colours,
            sizes=[round(share * self._size) for share in (COARSE, MIDDLE, 1)],
            max_iter=STEPS,
        )
        for _, picture, _ in frames:
            yield picture

    def _show(self, picture: Tensor) -> None:
        self._picture = picture
        self._shown.value = encoded(imageops.deprocess(picture))

    def _save(self) -> None:
        """Write the picture into the first file of its kind that is not there yet."""
        name = re.sub(r"[^\w-]", "_", Path(self._name).stem) or "picture"
        number = 1
        while (path := self._saved / f"{name}-{self._wish.mode.lower()}-{number}.png").exists():
            number += 1
        write_atomically(path, encoded(imageops.deprocess(self._picture)))
        self.say(f"Saved as {path}.")

    def snapshot(self) -> Image.Image:
        """The photograph and what has become of it, side by side."""
        height = 360
        pair = [Image.fromarray(imageops.deprocess(x)) for x in (self._photo, self._picture)]
        width = round(height * self._photo.shape[-1] / self._photo.shape[-2])
        canvas = Image.new("RGB", (2 * width + 30, height + 50), "white")
        for number, (picture, text) in enumerate(zip(pair, ("photograph", self._wish.words), strict=True)):
            left = 10 + number * (width + 10)
            write(canvas, (left, 10), text, bold=True)
            canvas.paste(picture.resize((width, height), Image.Resampling.LANCZOS), (left, 40))
        return canvas


def _as_large(x: Tensor, like: Tensor) -> Tensor:
    return imageops.resize(x, tuple(like.shape[-2:]))


def _castle_first(pictures: list[Picture]) -> list[Picture]:
    """A castle under a wide sky leaves much room for dreams."""
    return sorted(pictures, key=lambda picture: picture.name != "castle")


def _map_layers(model: Classifier, size: int) -> list[str]:
    """Layers whose activation is a map, in which a dream has somewhere to go."""
    names = layers.names(model)
    with torch.no_grad():
        seen = layers.activations(model, torch.zeros(1, 3, size, size), names)
    return [name for name in names if seen[name].ndim == 4 and min(seen[name].shape[2:]) > 1]
