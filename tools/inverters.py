"""Networks that invert codes, into the package: one file and one card for each layer; `tools/ship.py` calls this."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import torch

CLONE = Path(__file__).resolve().parent.parent
NAME = "inversion_network"
FOLDER = CLONE / "cs182viz" / "data" / "inversion"
SOURCE = CLONE / "cs182viz" / "techniques" / NAME / "shipped.py"
DOCUMENT = CLONE / "docs" / "training.md"
BEGIN, END = "<!-- figures of the inversion, written by tools/ship.py -->", "<!-- end of figures of the inversion -->"
HEAD = (
    "| code | steps, minutes | error, all photographs | three: network, search | times faster | first answer kept |\n"
    "|---|---|---|---|---|---|\n"
)
DATA_LICENCE = (
    "photographs of ImageNet's classes, which their owners hold: learned from for teaching and research, none ships"
)


def ship(weights: Path, card: dict) -> None:
    """Split what one training made by layer, measure each part, and write the figures where people read them."""
    from cs182viz.techniques.common.weights_file import load_weights, save_weights

    learned, _ = load_weights(weights)
    for layer in card["layers"]:
        own = {name: value for name, value in learned.items() if name.startswith(f"{layer}.")}
        about = {name: value for name, value in card.items() if name not in ("sha256", "loss")} | {"layers": [layer]}
        name = f"{layer}_gan" if "judge" in card["loss of"] else layer
        file = FOLDER / f"{name}.safetensors"
        sha256 = save_weights(file, own, about)
        text = SOURCE.read_text(encoding="utf-8")
        SOURCE.write_text(re.sub(rf'"{name}": "[0-9a-f]*"', f'"{name}": "{sha256}"', text), encoding="utf-8")
        about |= {"sha256": sha256, "data licence": DATA_LICENCE, "held out": _figures(file, layer)}
        file.with_suffix(".json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
    text = DOCUMENT.read_text(encoding="utf-8")
    figures = f"{BEGIN}\n\n{_table()}\n{END}"
    DOCUMENT.write_text(re.sub(f"{BEGIN}.*{END}", figures, text, flags=re.DOTALL), encoding="utf-8")


def _figures(file: Path, layer: str) -> dict[str, float]:
    import inversion_network as benchmark

    torch.set_num_threads(1)
    network, model = benchmark.load_inverter(layer, file), benchmark.load_model()
    found = benchmark.alone(network, model) | benchmark.beside(network, model)
    print(layer, found, file=sys.stderr)
    return found


def _table() -> str:
    """The figures of all cards, for people."""
    from cs182viz.techniques.inversion_network.shipped import SHA256

    rows = []
    for layer in SHA256:
        file = FOLDER / f"{layer}.json"
        card = json.loads(file.read_text(encoding="utf-8"))
        own = card["held out"]
        both = f"{own['normalised error, network']}, {own['normalised error, search']}"
        rows.append(
            f"| {layer} | {card['steps']:,}, {card['seconds'] / 60:.0f} | {own['normalised error']} | {both} "
            f"| {own['times faster']} | {own['first answer among five']:.0%} |"
        )
    return HEAD + "\n".join(rows) + "\n"
