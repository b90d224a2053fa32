"""Numbers from PyTorch that the tests hold the page's own mathematics to. They are no part of the site."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from cs182viz import imageops, layers
from cs182viz.demos.deepvis.units import brightest
from cs182viz.images import Picture
from cs182viz.techniques.backward import relu_gradient
from cs182viz.techniques.occlusion.maps import occlusion_map, spread
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
