"""DeepVis: what each unit of a network answers to, as in the toolbox of Yosinski et al. 2015 (lecture section 4).

"Understanding neural networks through deep visualization", doi:10.48550/arXiv.1506.06579.
"""

import functools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from cs182viz import imageops, layers
from cs182viz.demos.deepvis import units as up
from cs182viz.demos.deepvis.page import TILE, Page
from cs182viz.demos.page.base import REST, Demo, private_copy
from cs182viz.demos.page.chooser import Chooser
from cs182viz.demos.page.sketch import Bar
from cs182viz.images import Picture, load_images
from cs182viz.techniques.backward import relu_gradient
from cs182viz.techniques.patches.search import Patch
from cs182viz.zoo import Classifier

STEPS = 80  # of the optimisation
LIVE_STEPS = 2  # of the optimisation between two frames of the webcam


@dataclass(frozen=True)
class View:
    """What is asked for; `unit` None means the one that answers most, `live` that the webcam runs."""

    image: Image.Image
    layer: str
    unit: int | None
    rule: str
    live: bool = False


@dataclass(frozen=True)
class Seen:
    """What the network made of a picture: its input (1, 3, H, W), probabilities (classes,) and maps (C, h, w)."""

    image: Image.Image
    layer: str
    x: Tensor
    probabilities: Tensor
    maps: Tensor


class DeepVis(Demo):
    """Choose a picture, a layer and, by clicking its activation map, a unit: see what it answers to and looks for.

    Parameters
    ----------
    model : classifier of the zoo.
    relu_backward : ``(grad_output, x, rule) -> grad_input`` with rule "backprop", "deconvnet" or "guided".
    neuron_gradient : ``(image, model, layer, channel) -> gradient`` (1, 3, H, W) of the neuron in the map's middle.
    pictures : to choose from, and to search for top patches; by default those of the package.
    layer : the one shown first; by default the middle one.
    keep : file in which the last picture is kept: "deepvis.png" for one in the user's cache.
    """

    def __init__(
        self,
        model: Classifier,
        *,
        relu_backward: Callable[..., Tensor],
        neuron_gradient: up.NeuronGradient,
        pictures: Sequence[Picture] | None = None,
        layer: str | None = None,
        keep: str | Path | None = None,
    ) -> None:
        hint = "Choose a picture and a layer, then click one of the maps: what does this unit look for?"
        super().__init__("DeepVis", hint, keep=keep)
        self._model = private_copy(model)
        self._relu_backward, self._neuron_gradient = relu_backward, neuron_gradient
        self._pictures = load_images() if pictures is None else list(pictures)
        self._seen: Seen | None = None
        self._units: dict[str, int] = {}  # layer -> the unit that was looked at last
        self._patches: dict[str, dict[int, list[Patch]]] = {}  # layer -> unit -> patches
        self._optimised: dict[tuple[str, int], Image.Image] = {}
        self._study: tuple[tuple[str, int] | None, Iterator[float]] = (None, iter(()))
        names = layers.names(model)
        layer = names[len(names) // 2] if layer is None else layer
        layers.resolve(model, layer)
        self._view = View(self._pictures[0].image, layer, None, "guided")
        self._build(names)
        self._look()

    def stop(self) -> None:
        """End what runs, and the webcam; the pictures stay."""
        self._study = (self._study[0], iter(()))
        self._chooser.webcam_off()
        super().stop()

    def _build(self, names: Sequence[str]) -> None:
        self._chooser = Chooser(
            self._pictures,
            on_picture=self.guarded(lambda name, image: self._change(image=image)),
            on_error=self.show_error,
            on_webcam=self.guarded(self._switch_webcam),
        )
        self._page = Page(
            names,
            self._view.layer,
            on_layer=self.guarded(lambda layer: self._change(layer=layer)),
            on_unit=self.guarded(self._choose_unit),
            on_rule=self.guarded(lambda rule: self._change(rule=rule)),
        )
        self.body.children = [self._chooser, self._page.row]

    def _change(self, **news: Any) -> None:
        """Ask for another picture, layer, unit or rule."""
        layer = news.get("layer", self._view.layer)
        self._view = replace(self._view, **{"unit": self._units.get(layer), **news})
        self._look()

    def _choose_unit(self, unit: int) -> None:
        layer = self._view.layer
        self._units[layer] = unit
        if self._study[0] == (layer, unit):  # clicked once more: optimise it again
            self._optimised.pop((layer, unit), None)
            self._study = (None, iter(()))
        self._change(unit=unit)

    def _switch_webcam(self, on: bool) -> None:
        self._view = replace(self._view, live=on)
        if not on:
            self.run(lambda: None, doing="The webcam is off.", done="The webcam is off.")

    def _look(self) -> None:
        view = self._view
        if view.live:
            self._follow_webcam(view)
        else:
            self.run(lambda: self._work(view), doing=f"Looking into {view.layer} ...")

    def _follow_webcam(self, view: View) -> None:
        """Look into one frame and then ask for the next; the status line stays as it is, and Stop works."""

        def frame() -> Iterator[None]:
            if self._stop.disabled:
                self.show_running("The webcam is on.")
            return self._work(view)

        def failed(text: str) -> None:
            self.show_error(text)
            self._stop.disabled = False  # the webcam goes on
            self._chooser.next_frame()

        self.worker.submit(frame, on_done=lambda _: self._chooser.next_frame(), on_error=failed)

    def _work(self, view: View) -> Iterator[None]:
        """Everything that a view asks for, the quickest first; a newer view may take over wherever this yields."""
        seen, trouble = self._see(view), None
        unit = view.unit if view.unit is not None else self._strongest(seen)
        self._show_unit(seen, unit)
        yield
        try:
            self._show_gradient(seen, unit, view.rule)
        except Exception as error:  # in a student's function: the rest of the page does not need it
            self._page.show_tile("gradient", None)
            trouble = error
        yield
        if not view.live:
            for _ in range(REST):  # a slider that is still moving goes on first
                time.sleep(0.02)
                yield
        if self._study[0] != (view.layer, unit):
            self._study = ((view.layer, unit), self._studying(view.layer, unit))
        for step, share in enumerate(self._study[1], start=1):  # goes on where another picture interrupted it
            if view.live and step == LIVE_STEPS:
                break
            self.show_progress(share)
            yield
        if trouble is not None:
            raise trouble

    def _strongest(self, seen: Seen) -> int:
        return self._units.setdefault(seen.layer, int(seen.maps.flatten(1).amax(dim=1).argmax()))

    def _see(self, view: View) -> Seen:
        seen = self._seen
        if seen is not None and seen.image is view.image and seen.layer == view.layer:
            return seen
        same = seen is not None and seen.image is view.image
        x = seen.x if seen is not None and same else self._model.preprocess(view.image)
        with torch.no_grad(), layers.record(self._model, view.layer) as found:
            scores = self._model(x)
        maps = found[view.layer][0]  # (C, h, w) or (C,)
        maps = maps.reshape(*maps.shape, *[1] * (3 - maps.ndim))
        seen = self._seen = Seen(view.image, view.layer, x, scores.softmax(dim=1)[0], maps)
        if not same:
            self._page.show_picture(Image.fromarray(imageops.deprocess(x)), self._bars(seen))
        self._page.show_maps(maps)
        return seen

    def _bars(self, seen: Seen) -> list[Bar]:
        top = seen.probabilities.topk(min(5, len(seen.probabilities)))
        pairs = zip(top.values.tolist(), top.indices.tolist(), strict=True)
        return [Bar(self._model.class_name(index), value) for value, index in pairs]

    def _show_unit(self, seen: Seen, unit: int) -> None:
        self._page.show_unit(seen.layer, unit, float(seen.maps[unit].max()))
        self._page.show_tile("answers", up.activation_over(imageops.deprocess(seen.x), seen.maps[unit]))
        if self._study[0] != (seen.layer, unit):
            self._show_patches(unit, self._patches.get(seen.layer, {}))
            self._page.show_tile("optimised", self._optimised.get((seen.layer, unit)))

    def _show_gradient(self, seen: Seen, unit: int, rule: str) -> None:
        by_rule = functools.partial(self._relu_backward, rule=rule)
        gradient = relu_gradient(by_rule, seen.x, self._model, layer=seen.layer, unit=unit)
        self._page.show_tile("gradient", up.gradient_picture(gradient))

    def _show_patches(self, unit: int, patches: Mapping[int, list[Patch]]) -> None:
        self._page.show_tile("patches", up.patch_sheet(patches[unit], TILE) if unit in patches else None)

    def _studying(self, layer: str, unit: int) -> Iterator[float]:
        """Search the patches of the layer, then grow the picture that the unit looks for; yields the share done."""
        trouble = None
        try:
            yield from self._search(layer, unit)
        except ValueError as error:  # a layer whose receptive field cannot be followed has no patches
            trouble = error
        if (layer, unit) not in self._optimised:
            yield from self._optimise(layer, unit)
        if trouble is not None:
            raise trouble

    def _optimise(self, layer: str, unit: int) -> Iterator[float]:
        self.say(f"Optimising a picture for unit {unit} of {layer} ...")
        patches = self._patches.get(layer, {}).get(unit, [])
        frames = up.optimised_pictures(self._neuron_gradient, self._model, layer, unit, patches, steps=STEPS)
        for step, picture in frames:
            if step % 2:
                self._page.show_tile("optimised", picture)
                yield 0.3 + 0.7 * step / STEPS
        self._optimised[layer, unit] = picture

    def _search(self, layer: str, unit: int) -> Iterator[float]:
        if layer in self._patches:
            return
        self.say(f"Searching {len(self._pictures)} pictures for the top patches of {layer} ...")
        for share, patches in up.patches_so_far(self._model, layer, self._pictures):
            self._show_patches(unit, patches)
            yield 0.3 * share
        self._patches[layer] = patches

    def snapshot(self) -> Image.Image | None:
        """The page without its buttons."""
        return None if self._seen is None else self._page.drawing(self._seen.layer, self._units[self._seen.layer])
