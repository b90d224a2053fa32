"""Occlusion beside Captum's: a 32x32 square at 625 places on SqueezeNet at 224x224, probabilities of one class.

Captum covers `perturbations_per_eval` pictures at a time: 1 unless told. Every setting of BATCHES is tried on a coarse
grid first, on the network as loaded and on one in channels_last layout, and the best of each runs in full. Beside them
stand all covered pictures through the network as they are, and the bare forward pass of as many pictures.

    python benchmarks/occlusion.py [--device cuda] [--rounds 3]
"""

from __future__ import annotations

import itertools
import sys
import time

import captum.attr
import torch
from pairs import compare, options
from torch import Tensor, nn

from cs182viz.images import load_images
from cs182viz.techniques.occlusion.maps import occlusion_map, positions, spread
from cs182viz.zoo import load_model

PATCH, STRIDE = 32, 8
BATCHES = {"cpu": (1, 2, 4, 8, 16, 32), "cuda": (16, 64, 128, 256, 512), "mps": (4, 16, 64, 128)}
AT_ONCE = {"cpu": 32, "cuda": 625, "mps": 64}
TOLERANCE = 1e-5


def captum_map(model: nn.Module, image: Tensor, label: int, *, batch: int, stride: int = STRIDE) -> Tensor:
    """Attribution of each pixel (H, W): how far the probability drops, in the mean over the squares that cover it."""
    occlusion = captum.attr.Occlusion(lambda x: model(x).softmax(dim=1))
    shape = {"sliding_window_shapes": (3, PATCH, PATCH), "strides": (3, stride, stride)}
    with torch.no_grad():
        return occlusion.attribute(image, target=label, perturbations_per_eval=batch, **shape)[0, 0]


def best_batch(model: nn.Module, image: Tensor, label: int) -> int:
    """The number of pictures at a time that takes Captum least, tried on 49 places, thrice each."""
    seconds = {}
    for batch in BATCHES[image.device.type] * 3:
        start = time.perf_counter()
        captum_map(model, image, label, batch=batch, stride=PATCH).cpu()
        seconds[batch] = min(seconds.get(batch, float("inf")), time.perf_counter() - start)
    return min(seconds, key=seconds.get)


def covered_pictures(image: Tensor) -> Tensor:
    """Every covered picture, (places, 3, H, W)."""
    rows, columns = (positions(side, PATCH, STRIDE) for side in image.shape[2:])
    pictures = image.repeat(len(rows) * len(columns), 1, 1, 1)
    for picture, (row, column) in zip(pictures, itertools.product(rows, columns), strict=True):
        picture[:, row : row + PATCH, column : column + PATCH] = 0
    return pictures


def forward(model: nn.Module, pictures: Tensor, label: int, batch: int) -> Tensor:
    """Probability of the class for each picture."""
    with torch.no_grad():
        return torch.cat([model(part).softmax(dim=1)[:, label] for part in pictures.split(batch)])


def main() -> int:
    """Print what each takes; 1 if the maps differ."""
    asked = options(__doc__.splitlines()[0], rounds=3)
    torch.set_num_threads(2)
    picture = load_images("squirrel")[0]
    model = load_model(device=asked.device)
    fast = load_model(device=asked.device).to(memory_format=torch.channels_last)
    image, label = model.preprocess(picture), picture.label
    fast_image = image.contiguous(memory_format=torch.channels_last)
    best, fast_best = best_batch(model, image, label), best_batch(fast, fast_image, label)
    contenders = {
        "ours": lambda: occlusion_map(image, label, model, patch=PATCH, stride=STRIDE),
        "Captum, default": lambda: captum_map(model, image, label, batch=1),
        f"Captum, {best} at a time": lambda: captum_map(model, image, label, batch=best),
        f"Captum, {fast_best} at a time, channels_last": lambda: captum_map(fast, fast_image, label, batch=fast_best),
    }
    bare, pieces = covered_pictures(image), AT_ONCE[asked.device.type]
    contenders["covered pictures, cut and run"] = lambda: forward(model, covered_pictures(image), label, pieces)
    contenders["bare forward pass of as many"] = lambda: forward(model, bare, label, pieces)
    result = compare(contenders, rounds=asked.rounds, warm_up=asked.device.type != "cpu")
    heat, *others = list(result.results.values())[:4]
    result.report(f"{heat.numel()} places of a {PATCH}x{PATCH} square on SqueezeNet at 224x224")
    with torch.no_grad():
        whole = model(image).softmax(dim=1)[0, label]
    drop = spread(whole - heat, image.shape[2:], PATCH, STRIDE)
    worst = max(float((drop - other).abs().max()) for other in others)
    print(f"  largest difference from Captum's maps {worst:.1e}, of drops up to {float(drop.max()):.2f}")
    return int(worst > TOLERANCE)


if __name__ == "__main__":
    sys.exit(main())
