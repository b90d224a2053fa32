"""A network that inverts codes, beside the search of Mahendran and Vedaldi on the same codes.

Normalised error (Dosovitskiy and Brox 2016, section 4.1: the distance to the photograph over that of two photographs),
distance of the code, whether SqueezeNet's first answer to the photograph is among its first five to what was found, and
how many times longer the search takes than one pass. On photographs of the package, which no network learned from.

    python benchmarks/inversion_network.py [--device cpu] [--rounds 3]       rounds: photographs for the search
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

import torch
from pairs import options
from torch import Tensor, nn

from cs182viz.images import load_images
from cs182viz.techniques.inversion import invert, noise
from cs182viz.techniques.inversion_network import (
    CODES,
    Inverter,
    code_errors,
    encode,
    load_inverter,
    mean_distance,
    normalised_errors,
    still_named,
)
from cs182viz.zoo import load_model

sys.path.append(sys.path.pop(0))  # this folder has a grading.py as well, and the package is meant
from grading.masters.solutions import load

SEARCHED = ("red_panda", "castle", "espresso")
STEPS = 60
SETTINGS = {  # weight of the total variation, learning rate, jitter, as lectures/07_inversion has them
    "fire4": (2e-5, 0.3, 0),
    "pool5": (1e-4, 0.2, 0),
    "fire9": (4e-4, 0.2, 0),
    "log_probabilities": (3e-4, 0.1, 8),
}


def search(model: nn.Module, layer: str, photograph: Tensor, *, steps: int = STEPS) -> Tensor:
    """What the optimisation finds for the code of a photograph (1, 3, 224, 224), from noise."""
    lambda_tv, rate, jitter = SETTINGS[layer]
    target = encode(model, layer, photograph).detach()
    start = noise(1, *photograph.shape[2:]).to(photograph).contiguous(memory_format=torch.channels_last)
    options = {"lambda_alpha": 1e-8, "lambda_tv": lambda_tv, "learning_rate": rate, "jitter": jitter}
    loss = load("inversion").inversion_loss
    *_, (_, found, _) = invert(loss, lambda x: encode(model, layer, x), target, start, max_iter=steps, **options)
    return found


def one_pass(network: Inverter, code: Tensor) -> float:
    """Seconds that a picture takes, the median of nine."""
    seconds = []
    with torch.inference_mode():
        for _ in range(9):
            started = time.perf_counter()
            network(code)
            seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def photographs(model: nn.Module) -> Tensor:
    """All labelled ones of the package, (N, 3, 224, 224)."""
    return torch.cat([model.preprocess(picture) for picture in load_images()])


def alone(network: Inverter, model: nn.Module) -> dict[str, float]:
    """What the network reaches on all photographs: what the card of the weights says, and a test measures again."""
    x = photographs(model)
    with torch.no_grad():
        found = torch.cat([network(encode(model, network.layer, part)) for part in x.split(8)])
    named = {top: still_named(model, found, x, top=top).float().mean() for top in (1, 5)}
    return {
        "normalised error": round(float(normalised_errors(found, x, mean_distance(x)).mean()), 3),
        "code error": round(float(code_errors(model, network.layer, found, x).mean()), 3),
        "first answer kept": round(float(named[1]), 2),
        "first answer among five": round(float(named[5]), 2),
    }


def beside(network: Inverter, model: nn.Module, names: tuple[str, ...] = SEARCHED) -> dict[str, float]:
    """Network and search on the same codes, means over some photographs."""
    unit, layer = mean_distance(photographs(model)), network.layer
    errors: dict[str, list[float]] = {"network": [], "search": []}
    factors = []
    for picture in load_images(names):
        x = model.preprocess(picture)
        started = time.perf_counter()
        searched = search(model, layer, x)
        code = encode(model, layer, x)
        factors.append((time.perf_counter() - started) / one_pass(network, code))
        for name, found in (("network", network(code)), ("search", searched)):
            errors[name].append(float(normalised_errors(found, x, unit)))
    means = {f"normalised error, {name}": round(statistics.mean(own), 3) for name, own in errors.items()}
    return means | {"steps of the search": STEPS, "times faster": round(statistics.median(factors))}


def main(path: Path | None = None) -> int:
    """Print a table; 1 if a network is worse than the search or less than a hundred times faster."""
    asked = options(__doc__.splitlines()[0], rounds=len(SEARCHED))
    torch.set_num_threads(2)
    model = load_model(device=asked.device)
    print("| code | error | error of the search | times faster | code's error | own class in the top 5 |")
    print("|---|---|---|---|---|---|", flush=True)
    worse = 0
    for layer in CODES:
        network = load_inverter(layer, path, device=asked.device)
        both, own = beside(network, model, SEARCHED[: asked.rounds]), alone(network, model)
        ours, theirs = both["normalised error, network"], both["normalised error, search"]
        print(
            f"| {layer} | {ours} | {theirs} | {both['times faster']} | {own['code error']} "
            f"| {own['first answer among five']:.0%} |",
            flush=True,
        )
        worse += ours >= theirs or both["times faster"] < 100
    return int(worse > 0)


if __name__ == "__main__":
    sys.exit(main())
