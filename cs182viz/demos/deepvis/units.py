"""What a unit of a network does, as pictures: its maps, its patches and what it looks for."""

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from matplotlib import colormaps
from PIL import Image
from torch import Tensor, nn

from cs182viz import imageops, layers
from cs182viz.images import Picture
from cs182viz.techniques.patches.crops import crops
from cs182viz.techniques.patches.search import Patch, search_patches
from cs182viz.techniques.visualize import Regularizer, visualize_unit

INFERNO = (colormaps["inferno"](np.arange(256))[:, :3] * 255).round().astype(np.uint8)  # (256, 3)
GAMMA = 0.6  # of the maps' brightness, so that a projector shows faint answers too
SHEET = 3  # patches in a row
AT_ONCE = 5  # pictures searched for patches between two frames
PER_PICTURE = 2  # squares cut out of each
NeuronGradient = Callable[[Tensor, nn.Module, str, int], Tensor]


@dataclass(frozen=True)
class Grid:
    """All activation maps of a layer in one picture: unit u is in row ``u // columns``, cells are `cell` pixels."""

    image: Image.Image
    columns: int
    cell: int


def grid_picture(maps: Tensor, side: int) -> Grid:
    """Lay out activation maps (C, h, w) in a square of at most `side` pixels, in `inferno` on one scale for the layer.

    The brightest colour stands for the activation that 3% of the units exceed somewhere, black for 0 and below.
    """
    count = len(maps)
    columns = int(np.ceil(np.sqrt(count)))
    cell = max(side // columns, 2)
    tile = cell - 1  # one pixel between two maps
    shrunk = imageops.resize(maps.clamp(min=0)[:, None].float(), (tile, tile))  # (C, 1, tile, tile)
    levels = (shrunk[:, 0] / brightest(maps)).clamp(0, 1) ** GAMMA
    rows = -(-count // columns)
    sheet = np.full((rows * columns, cell, cell), 40, np.uint8)  # the lines between the maps
    sheet[count:] = 0
    sheet[:count, :tile, :tile] = (levels * 255).round().byte().numpy()
    grid = sheet.reshape(rows, columns, cell, cell).swapaxes(1, 2).reshape(rows * cell, columns * cell)
    return Grid(_inferno(grid), columns, cell)


def brightest(maps: Tensor) -> float:
    """Activation that the brightest colour of `grid_picture` stands for."""
    most = maps.flatten(1).amax(dim=1).float().clamp(min=0)  # (C,)
    return max(float(most.quantile(0.97)), 1e-3 * float(most.max()), 1e-12)


def activation_over(picture: np.ndarray, activation: Tensor) -> Image.Image:
    """The picture (H, W, 3) in uint8, bright where a unit's map (h, w) is and dark elsewhere."""
    strength = activation.float().clamp(min=0)
    strength = imageops.resize(strength[None] / strength.max().clamp(min=1e-12), picture.shape[:2])[0]  # (H, W)
    light = 0.12 + 0.88 * strength.numpy()[..., None]
    return Image.fromarray((picture * light).round().astype(np.uint8))


def gradient_picture(gradient: Tensor) -> Image.Image:
    """A gradient (1, 3, H, W) as colours about middle grey; the largest 0.1% are cut off."""
    values = gradient[0].permute(1, 2, 0).float()  # (H, W, 3)
    top = np.quantile(values.abs().numpy(), 0.999)
    values = 0.5 + 0.5 * values / max(float(top), 1e-12)
    return Image.fromarray((values.clamp(0, 1) * 255).round().byte().numpy())


def patches_so_far(
    model: nn.Module, layer: str, pictures: Sequence[Picture]
) -> Iterator[tuple[float, dict[int, list[Patch]]]]:
    """Yield (share of the pictures searched, top patches of every unit so far), a few pictures at a time."""
    squares = crops(pictures, sizes=(1.0, 0.6), per_picture=PER_PICTURE)
    batch = AT_ONCE * PER_PICTURE
    for read, best in search_patches(model, layer, squares, k=SHEET**2, batch=batch):
        yield read / (PER_PICTURE * len(pictures)), best


def patch_sheet(patches: Sequence[Patch], side: int) -> Image.Image:
    """At most nine patches, the strongest first, in a square of `side` pixels."""
    sheet = Image.new("RGB", (side, side), "white")
    cell = (side + 4) // SHEET
    for number, patch in enumerate(patches[: SHEET**2]):
        top, left, bottom, right = patch.box
        place = (number % SHEET * cell, number // SHEET * cell)
        sheet.paste(patch.picture.resize((cell - 4, cell - 4), box=(left, top, right, bottom)), place)
    return sheet


def optimised_pictures(
    neuron_gradient: NeuronGradient,
    model: nn.Module,
    layer: str,
    unit: int,
    patches: Sequence[Patch],
    *,
    steps: int = 80,
) -> Iterator[tuple[int, Image.Image]]:
    """Yield (step, picture that excites the unit more and more), as large as what it sees in its `patches`.

    On an empty picture most units are silent, and have no gradient to follow. So it starts from the mean of the
    patches, as in Nguyen et al. 2016 (doi:10.48550/arXiv.1602.03616, section 3), and where that leaves the unit
    silent too, from the strongest patch, smoothed.
    """
    extent = max((max(p.box[2] - p.box[0], p.box[3] - p.box[1]) for p in patches), default=128)
    size = int(np.clip(1.15 * extent, 20, 168))
    mean, strongest = _starts(model, patches, size)
    answers = [_middle(model, layer, unit, start) for start in (mean, strongest)]
    frames = visualize_unit(
        woken(neuron_gradient) if max(answers) <= 0 else neuron_gradient,
        model,
        layer,
        unit,
        start=mean if answers[0] > 0 else strongest,
        sizes=(size,),
        steps=steps,
        step_size=0.06,
        jitter=size // 30,
        regularizers=[Regularizer(functools.partial(imageops.blur, sigma=0.4 + size / 400))],
    )
    for step, image, _ in frames:
        yield step, Image.fromarray(imageops.deprocess(image))


def _starts(model: nn.Module, patches: Sequence[Patch], size: int) -> tuple[Tensor, Tensor]:
    """Pictures (1, 3, size, size) to start from: mean of the patches, and the strongest one; grey without patches."""
    weight = next(model.parameters())
    boxes = [(left, top, right, bottom) for top, left, bottom, right in (patch.box for patch in patches)]
    cuts = [patch.picture.resize((size, size), box=box) for patch, box in zip(patches, boxes, strict=True)]
    pixels = torch.stack([imageops.preprocess(cut, size=None) for cut in cuts] or [torch.zeros(1, 3, size, size)])
    mean, strongest = imageops.blur(pixels.mean(dim=0), size / 30), imageops.blur(pixels[0], size / 80)
    return mean.to(weight), strongest.to(weight)


def _middle(model: nn.Module, layer: str, unit: int, image: Tensor) -> float:
    """What the unit in the middle of its map answers to an image."""
    with torch.no_grad():
        activation = layers.activations(model, image, layer)[layer]  # (1, C, h, w) or (1, C)
    return float(activation[(0, unit, *(side // 2 for side in activation.shape[2:]))])


def woken(neuron_gradient: NeuronGradient) -> NeuronGradient:
    """Let a silent unit be climbed: where its gradient is 0, ReLUs that give 0 pass on what would raise them."""

    @functools.wraps(neuron_gradient)
    def gradient(image: Tensor, model: nn.Module, layer: str, channel: int) -> Tensor:
        found = neuron_gradient(image, model, layer, channel)
        if found.any():
            return found
        with layers.relu_rule(model, lambda grad_output, x: grad_output * ((x > 0) | (grad_output > 0))):
            return neuron_gradient(image, model, layer, channel)

    return gradient


def _inferno(levels: np.ndarray) -> Image.Image:
    """Grey levels (H, W) as a picture with a palette, which is small and quick to encode."""
    image = Image.fromarray(levels)
    image.putpalette(INFERNO.tobytes())
    return image
