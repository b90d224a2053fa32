"""One pass of the network that paints, beside the optimisation that it stands for: Johnson et al. 2016, section 4.1.

For photographs that no network of ours learned from: after how many steps of `style_transfer` the optimisation has a
smaller loss than one pass, and how much longer those steps take. And how much neighbouring frames flicker while a
window moves over a photograph by one pixel a frame: what changes in the painting, against what changes in the picture.

    python benchmarks/fast_style.py [--device cpu] [--rounds 3]       rounds: photographs
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import torch
from pairs import options
from torch import Tensor, nn

from cs182viz import imageops
from cs182viz.devices import fastest_layout
from cs182viz.images import load_image
from cs182viz.techniques.fast_style import Objective, Steady, Stylizer, flicker, load_stylizer, steps_worth
from cs182viz.zoo import load_model

sys.path.append(sys.path.pop(0))  # this folder has a grading.py as well, and the package is meant
from grading.masters.solutions import load

LOSSES = ("content_loss", "gram_matrix", "style_loss", "tv_loss")
PHOTOGRAPHS = ("castle", "macaw", "espresso", "panda", "brandenburg_gate")
SIDE, MOST, WANTED = 256, 120, 50


def one_pass(network: Stylizer, x: Tensor, style: str) -> float:
    """Seconds that a painting takes, the median of nine."""
    mix = network.mixture(style).to(x)
    x = x.contiguous(memory_format=fastest_layout(x))
    seconds = []
    with torch.inference_mode():
        for _ in range(9):
            started = time.perf_counter()
            network(x, mix)
            seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def main(path: Path | None = None) -> int:
    """Print a table; 1 if a style is worth fewer than 50 steps."""
    asked = options(__doc__.splitlines()[0], rounds=3)
    torch.set_num_threads(2)
    network, model = load_stylizer(path, device=asked.device), load_model(device=asked.device)
    network = network.to(memory_format=fastest_layout(next(network.parameters())))
    own = load("style_transfer")
    losses = {name: getattr(own, name) for name in LOSSES}
    print("| style | steps that one pass is worth | times faster | flicker | steadied |")
    print("|---|---|---|---|---|", flush=True)
    few = 0
    for style in network.styles:
        found = figures(network, model, style, losses, PHOTOGRAPHS[: asked.rounds])
        steps = ", ".join(f"{n}{'+' * (n == MOST)}" for n in found["steps"])
        rest = [found[name] for name in ("times faster", "flicker", "flicker, steadied")]
        rest = [found[name] for name in ("times faster", "flicker", "flicker, steadied")]
        print(f"| {style} | {steps} | {' | '.join(map(str, rest))} |", flush=True)
        few += statistics.median(found["steps"]) < WANTED
    return int(few > 0)


def figures(network: Stylizer, model: nn.Module, style: str, losses: dict, photographs: Sequence[str]) -> dict:
    """What the table and the card of the weights say of one style."""
    device = next(model.parameters()).device
    painting = imageops.preprocess(load_image(style), size=SIDE).to(device)
    mix = network.mixture(style)
    steps, factors, shaking, steadied = [], [], [], []
    for name in photographs:
        content = imageops.preprocess(load_image(name), size=SIDE).to(device)
        started = time.perf_counter()
        steps.append(steps_worth(network, model, content, painting, style, Objective(**losses), most=MOST))
        factors.append((time.perf_counter() - started) / one_pass(network, content, style))
        whole = imageops.preprocess(load_image(name), size=SIDE + 40).to(device)
        shaking.append(flicker(network, mix, whole))
        steadied.append(flicker(Steady(network), mix, whole))
    return {
        "steps": steps,
        "times faster": round(statistics.median(factors)),
        "flicker": round(statistics.mean(shaking), 2),
        "flicker, steadied": round(statistics.mean(steadied), 2),
    }


if __name__ == "__main__":
    sys.exit(main())
