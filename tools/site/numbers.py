"""Numbers from PyTorch that the tests hold the page's own mathematics to. They are no part of the site."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from cs182viz import imageops, layers
from cs182viz.demos.deepvis.units import brightest
from cs182viz.images import Picture, digits
from cs182viz.techniques.backward import relu_gradient
from cs182viz.techniques.cells import EXAMPLE, guesses, load_reader
from cs182viz.techniques.embedding.affinities import affinities, check_points
from cs182viz.techniques.embedding.tsne import tsne_steps
from cs182viz.techniques.fast_style import Steady, load_stylizer
from cs182viz.techniques.occlusion.maps import occlusion_map, spread
from cs182viz.techniques.policy import breakout, load_agent, load_atlas
from cs182viz.zoo import Classifier
from tools.site.pictures import write_json

RULES = {
    "backprop": lambda arrived, x: arrived * (x > 0),
    "deconvnet": lambda arrived, x: arrived * (arrived > 0),
    "guided": lambda arrived, x: arrived * (x > 0) * (arrived > 0),
}
LOOKED_AT = ("conv1", "pool3", "fire9", "conv10", "logits")


def export(model: Classifier, photographs: Sequence[Picture], folder: Path) -> None:
    """Write inputs.bin, probabilities.bin, gradients and numbers.json."""
    x = model.preprocess(list(photographs))
    save(folder / "inputs.bin", x)
    with torch.no_grad():
        save(folder / "probabilities.bin", torch.cat([model(one).softmax(1) for one in x.split(8)]))
    about: dict[str, Any] = {"photographs": len(photographs), "gradients": _gradients(model, x[:1], folder)}
    about |= {"resizes": _resizes(), "pictures": _pictures(photographs[0], folder)}
    about["painting"] = _painting(x[:1], folder)
    about |= {"tsne": _tsne(), "cells": _cells(), "agent": _agent()}
    label = int(model(x[:1]).argmax())
    heat = occlusion_map(x[:1], label, model, patch=56, stride=32)
    fine = spread(heat, (224, 224), 56, 32).flatten()[::97]
    about["occlusion"] = {"label": label, "patch": 56, "stride": 32, "map": heat.reshape(-1).tolist()}
    about["occlusion"]["spread"] = fine.tolist()
    write_json(folder / "numbers.json", about)


def save(path: Path, values: Tensor) -> None:
    path.write_bytes(values.detach().contiguous().numpy().tobytes())


def _gradients(model: Classifier, x: Tensor, folder: Path) -> list[dict[str, object]]:
    """Of a strong unit of some layers, and of a silent one, by all rules."""
    found = []
    for layer in LOOKED_AT:
        activation = layers.activations(model, x, layer)[layer][0]  # (units, ...)
        strength = activation.reshape(len(activation), -1).amax(dim=1)
        units = (int(strength.argmax()), int(strength.argmin()))
        found += [_gradient(model, x, layer, unit, rule, folder) for unit in units for rule in RULES]
    return found


def _gradient(model: Classifier, x: Tensor, layer: str, unit: int, rule: str, folder: Path) -> dict[str, object]:
    name = f"gradient_{layer}_{unit}_{rule}.bin"
    save(folder / name, relu_gradient(RULES[rule], x, model, layer=layer, unit=unit))
    return {"layer": layer, "unit": unit, "rule": rule, "file": name}


def _painting(x: Tensor, folder: Path) -> dict[str, object]:
    """A photograph in two mixed styles, and the film of three frames that `Steady` makes of it."""
    network = load_stylizer()
    mix = 0.7 * network.mixture("wave") + 0.3 * network.mixture("the_scream")
    film = Steady(network)
    dark = imageops.normalize(0.8 * imageops.denormalize(x))
    with torch.no_grad():
        save(folder / "painting.bin", imageops.denormalize(network(x, mix)))
        steadied = [imageops.denormalize(film(frame, mix)) for frame in (x, x, dark)]
        save(folder / "dark.bin", dark)
        save(folder / "steadied.bin", torch.cat(steadied))
    return {"mix": mix.tolist()}


def _tsne(count: int = 200, perplexity: float = 12.0, steps: int = 12) -> dict[str, object]:
    """Some digits: their probabilities, and the first maps with their divergences."""
    X = check_points(digits()[0][:count])
    P = affinities(X, perplexity=perplexity).toarray()
    maps = list(tsne_steps(X, perplexity=perplexity, max_iter=steps, exaggerated_steps=6, threads=1))
    return {
        "X": X.reshape(-1).tolist(),
        "count": count,
        "perplexity": perplexity,
        "exaggerated": 6,
        "P": P.reshape(-1).tolist(),
        "maps": [Y.reshape(-1).tolist() for _, Y, _ in maps],
        "divergences": [kl for *_, kl in maps],
    }


def _cells() -> dict[str, object]:
    """What the reader of code keeps and expects in its example."""
    reading = load_reader().read(EXAMPLE)
    places = [0, 40, len(reading.text) - 1]
    return {
        "cells": {str(cell): reading.cells[:, cell].tolist() for cell in (8, 45, 125)},
        "places": places,
        "log_probabilities": [reading.log_probabilities[place].tolist() for place in places],
        "shown": [guesses(reading, place) for place in places],
    }


def _agent(games: int = 12, frames: int = 60) -> dict[str, object]:
    """States of some games one after the other, by a random hand, and what the agent thinks of them."""
    rng = np.random.default_rng(182)
    states = breakout.start(games, rng)
    film = []
    for _ in range(frames):
        actions = rng.integers(0, 3, len(states))
        after, rewards, over = breakout.step(states, actions)
        film.append(
            {
                "states": states.tolist(),
                "actions": actions.tolist(),
                "after": after.tolist(),
                "over": over.tolist(),
                "rewards": rewards.tolist(),
            }
        )
        states = after[~over]
        if not len(states):
            break
    hidden, worth = load_agent().look(load_atlas().states[:40])
    return {"film": film, "hidden": hidden.tolist(), "worth": worth.tolist()}


def _resizes() -> list[dict[str, object]]:
    """Small pictures resized by PyTorch, up and down."""
    generator = torch.Generator().manual_seed(182)
    found = []
    for sides, goal in (((7, 9), (3, 4)), ((5, 4), (11, 13)), ((12, 6), (5, 14)), ((3, 3), (3, 3))):
        x = torch.rand(1, 2, *sides, generator=generator)
        y = imageops.resize(x, goal)
        found.append({"from": sides, "to": goal, "x": x.reshape(-1).tolist(), "y": y.reshape(-1).tolist()})
    return found


def _pictures(photograph: Picture, folder: Path) -> dict[str, object]:
    """A photograph's pixels as the page would have them, the quantile of a layer, and a blur."""
    pixels = np.asarray(photograph.image.convert("RGBA"))
    (folder / "photograph.bin").write_bytes(pixels.tobytes())
    generator = torch.Generator().manual_seed(182)
    maps = torch.randn(40, 3, 3, generator=generator)
    flat = torch.rand(1, 3, 9, 9, generator=generator)
    return {
        "width": pixels.shape[1],
        "height": pixels.shape[0],
        "maps": maps.reshape(-1).tolist(),
        "brightest": brightest(maps),
        "sharp": flat.reshape(-1).tolist(),
        "blurred": imageops.blur(flat, 0.8).reshape(-1).tolist(),
    }
