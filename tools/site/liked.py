"""The pictures that units like, grown beforehand as DeepVis grows them: `python -m tools.site.liked`.

They take longer than a build of the site may, so the sheets are kept with its sources, in site/src/liked. What a unit's
picture starts from are its top patches, which `python -m tools.site site/public/data` has written.
"""

import argparse
import functools
import json
import time
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from cs182viz import imageops, layers, zoo
from cs182viz.images import load_images
from cs182viz.techniques.visualize import Regularizer, middle, visualize_unit
from cs182viz.zoo import Classifier
from tools.site.pictures import write_json

SOURCES = Path(__file__).parents[2] / "site"
LAYERS = ("conv1", "pool1", "fire2", "fire3", "pool3", "fire4", "pool5")
CELL = 56  # pixels of a picture's side on its sheet
QUALITY = 55
STEPS, STEP = 40, 0.06
AT_ONCE = 32
SEEN = 224  # pixels of a crop that a box is counted in
LARGEST = 168  # side that a picture grows at


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("layers", nargs="*", default=LAYERS, help=f"by default {' '.join(LAYERS)}")
    parser.add_argument("--data", type=Path, default=SOURCES / "public" / "data")
    parser.add_argument("--to", type=Path, default=SOURCES / "src" / "liked")
    options = parser.parse_args()
    torch.set_num_threads(1)
    model = zoo.load_model()
    patches = Patches(options.data)
    options.to.mkdir(parents=True, exist_ok=True)
    for layer in options.layers:
        begun = time.process_time()
        sheet = sheet_of(model, layer, patches)
        path = options.to / f"{layer}.webp"
        sheet.save(path, quality=QUALITY, method=6)
        print(
            f"{layer}: {path.stat().st_size:,} bytes, {time.process_time() - begun:.0f} s of processor time", flush=True
        )
    write_json(
        options.to / "liked.json",
        {"cell": CELL, "layers": [name for name in patches.units if (options.to / f"{name}.webp").exists()]},
    )


class Patches:
    """The top patches of all units, from the files that `tools.site.units` wrote."""

    def __init__(self, data: Path) -> None:
        self._data = data
        about = json.loads((data / "units.json").read_text(encoding="utf-8"))
        self.units: dict[str, int] = about["layers"]
        self._crops, self._count = about["crops"], about["patches"]
        self._pictures = [picture.image.convert("RGB") for picture in load_images()]

    def boxes(self, layer: str) -> np.ndarray:
        """uint8 (units, patches, 5): crop, top, left, bottom, right."""
        return np.fromfile(self._data / f"patches_{layer}.bin", np.uint8).reshape(-1, self._count, 5)

    def mean(self, boxes: np.ndarray, side: int) -> Tensor:
        """Mean of one unit's patches (patches, 5) as a normalised picture (1, 3, side, side)."""
        return torch.stack([self._cut(box.tolist(), side) for box in boxes]).mean(dim=0)

    def _cut(self, box: list[int], side: int) -> Tensor:
        crop, *edges = box
        owner, left, top, size = self._crops[crop]
        top_, left_, bottom_, right_ = (edge * size / SEEN for edge in edges)
        place = (left + left_, top + top_, left + right_, top + bottom_)
        return imageops.preprocess(self._pictures[owner].resize((side, side), box=place), size=None)


def sheet_of(model: Classifier, layer: str, patches: Patches) -> Image.Image:
    """The pictures of all units of a layer, unit u in row ``u // columns``, ``columns`` the square root rounded up."""
    boxes = patches.boxes(layer)
    columns = int(np.ceil(np.sqrt(len(boxes))))
    sheet = Image.new("RGB", (columns * CELL, -(-len(boxes) // columns) * CELL), "grey")
    for units, side in groups(boxes):
        starts = torch.cat([patches.mean(boxes[unit], side) for unit in units])
        for place in _silent(model, layer, units, starts):  # on the mean, which may be grey; not on the strongest
            starts[place] = patches.mean(boxes[units[place]][:1], side)[0]
        for unit, picture in zip(units, grown(model, layer, units, starts), strict=True):
            small = Image.fromarray(imageops.deprocess(picture[None])).resize((CELL, CELL), Image.Resampling.LANCZOS)
            sheet.paste(small, (unit % columns * CELL, unit // columns * CELL))
    return sheet


def groups(boxes: np.ndarray) -> Iterator[tuple[list[int], int]]:
    """Units (at most `AT_ONCE`) whose pictures are of one size, and that side: 1.15 times what a unit sees."""
    extents = (boxes[..., 3:].astype(int) - boxes[..., 1:3]).max(axis=(1, 2))
    sides = np.minimum(np.round(1.15 * extents), LARGEST).astype(int).clip(min=extents.min() + 1)
    for side in np.unique(sides).tolist():
        units = np.flatnonzero(sides == side).tolist()
        yield from ((units[i : i + AT_ONCE], side) for i in range(0, len(units), AT_ONCE))


def grown(model: Classifier, layer: str, units: Sequence[int], starts: Tensor) -> Tensor:
    """Pictures (N, 3, side, side) that have grown towards what N units of a layer like."""
    side = starts.shape[-1]
    frames = visualize_unit(
        neuron_gradient,
        model,
        layer,
        units,
        start=starts,
        sizes=(side,),
        steps=STEPS,
        step_size=STEP,
        jitter=side // 30,
        regularizers=[Regularizer(functools.partial(imageops.blur, sigma=0.4 + side / 400))],
        channels_last=True,
    )
    [(_, pictures, _)] = deque(frames, maxlen=1)
    return pictures


def _silent(model: Classifier, layer: str, units: Sequence[int], starts: Tensor) -> list[int]:
    """Places of the starts on which their unit does not answer."""
    with torch.no_grad():
        answers = middle(layers.activations(model, starts, layer)[layer], units)
    return (answers <= 0).nonzero()[:, 0].tolist()


def neuron_gradient(images: Tensor, model: nn.Module, layer: str, channel: int) -> Tensor:
    """Gradient of a unit in the middle of its map; of a silent one, what would raise it, as `demos.deepvis` does."""
    found = _gradient(images, model, layer, channel)
    silent = ~found.flatten(1).any(dim=1)
    if silent.any():
        with layers.relu_rule(model, lambda grad_output, x: grad_output * ((x > 0) | (grad_output > 0))):
            found[silent] = _gradient(images, model, layer, channel)[silent]
    return found


def _gradient(images: Tensor, model: nn.Module, layer: str, channel: int) -> Tensor:
    images = images.detach().clone().requires_grad_()
    activation = layers.activations(model, images, layer)[layer]
    return torch.autograd.grad(middle(activation, [channel]).sum(), images)[0]


if __name__ == "__main__":
    main()
