"""Yosinski's regularisers, Fourier spectra, MACO and a learned prior on the lecture's eight classes.

Score and probability of the class, and its mean probability on copies of the picture that are shifted, scaled, turned
and blurred, which no optimisation saw: what hangs on single pixels does not survive that. The same students' step
drives all four; time is that of one picture's worth of steps, beside the regularisers' in the same run.

    python benchmarks/priors.py [--device cpu] [--rounds 2]       rounds: seeds
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Iterator
from functools import partial

import torch
from pairs import options
from torch import Tensor, nn

from cs182viz import imageops
from cs182viz.techniques.priors import holds_up, paint_class
from cs182viz.techniques.visualize import LECTURE_CLASSES, Regularizer, visualize_class
from cs182viz.zoo import load_model

sys.path.append(sys.path.pop(0))  # this folder has a grading.py as well, and the package is meant
from grading.masters.solutions import load

STEPS, SIDE = 80, 208


def ways(model: nn.Module, targets: list[int], seed: int) -> dict[str, Iterator[tuple[int, Tensor, float]]]:
    """The four, as lectures/05_optimising_images has them."""
    step = load("class_visualization").class_visualization_update_step
    blur = Regularizer(partial(imageops.blur, sigma=0.7), every=2)
    growing = {"sizes": (96, 144, 208), "steps": 32, "learning_rate": 5.5, "jitter": 12}
    spectra = {"size": SIDE, "steps": STEPS, "seed": seed}
    return {
        "blur, jitter, growing": visualize_class(step, model, targets, regularizers=[blur], seed=seed, **growing),
        "Fourier": paint_class(step, model, targets, prior="fourier", **spectra),
        "MACO": paint_class(step, model, targets, prior="maco", **spectra),
        "learned": paint_class(step, model, targets, prior="learned", steps=STEPS, seed=seed),
    }


def figures(model: nn.Module, images: Tensor, targets: list[int]) -> tuple[float, float, float]:
    """Score, probability, and probability on changed copies: means over the pictures."""
    pick = (range(len(targets)), targets)
    with torch.no_grad():
        scores = model(imageops.resize(images, 224))
    return (
        float(scores[pick].mean()),
        float(scores.softmax(dim=1)[pick].mean()),
        float(holds_up(model, images, targets).mean()),
    )


def main() -> int:
    """Print a table; 1 if a prior holds up less well than the regularisers."""
    asked = options(__doc__.splitlines()[0], rounds=2)
    torch.set_num_threads(2)
    model, targets = load_model(device=asked.device), list(LECTURE_CLASSES.values())
    found: dict[str, list[tuple[float, ...]]] = {}
    for seed in range(20, 20 + asked.rounds):
        for name, frames in ways(model, targets, seed).items():
            started = time.perf_counter()
            *_, (_, images, _) = frames
            seconds = time.perf_counter() - started
            found.setdefault(name, []).append((*figures(model, images, targets), seconds))
    first = next(iter(found))
    print("| prior | score | probability | on changed copies | time |")
    print("|---|---|---|---|---|")
    for name, rows in found.items():
        score, chance, copies, _ = (statistics.mean(column) for column in zip(*rows, strict=True))
        pairs = zip(rows, found[first], strict=True)
        ratio = statistics.median(own[3] / plain[3] for own, plain in pairs)
        print(f"| {name} | {score:.0f} | {chance:.2f} | {copies:.2f} | {ratio:.1f} |")
    held = {name: statistics.mean(row[2] for row in rows) for name, rows in found.items()}
    return int(min(held.values()) < held[first])


if __name__ == "__main__":
    sys.exit(main())
