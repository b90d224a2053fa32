"""Put weights that were trained into the package, with a card that says how good they are on what they never saw.

python tools/ship.py fast_style FOLDER        FOLDER is the --out of `cs182viz train fast_style`
python tools/ship.py captioner FOLDER
python tools/ship.py inversion_network FOLDER       a file for each layer that was trained there
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import shutil
import sys
from pathlib import Path

import inverters
import torch

CLONE = Path(__file__).resolve().parent.parent
sys.path.append(str(CLONE / "benchmarks"))  # last: it has a grading.py, which is not the package
DATA = CLONE / "cs182viz" / "data"
DOCUMENT = CLONE / "docs" / "training.md"
BEGIN, END = "<!-- figures, written by tools/ship.py -->", "<!-- end of figures -->"
TECHNIQUES = CLONE / "cs182viz" / "techniques"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=sorted([*HELD_OUT, inverters.NAME]))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--licence", default="of the weights: the package's own", help="what the card says of it")
    options = parser.parse_args()
    weights = options.folder / f"{options.name}.safetensors"
    card = json.loads(weights.with_suffix(".json").read_text(encoding="utf-8"))
    sha256 = hashlib.sha256(weights.read_bytes()).hexdigest()
    if card["sha256"] != sha256:
        sys.exit(f"{weights} is not the file that its card speaks of: let the training save once more")
    card["licence"] = options.licence
    if options.name == inverters.NAME:
        inverters.ship(weights, card)
        return
    card["held out"] = HELD_OUT[options.name](weights)
    shutil.copy(weights, DATA / weights.name)
    (DATA / f"{options.name}.json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    if options.name == "fast_style":
        text = DOCUMENT.read_text(encoding="utf-8")
        figures = f"{BEGIN}\n\n{table(card)}\n{END}"
        DOCUMENT.write_text(re.sub(f"{BEGIN}.*{END}", figures, text, flags=re.DOTALL), encoding="utf-8")
    source = TECHNIQUES / options.name / "shipped.py"
    text = source.read_text(encoding="utf-8")
    source.write_text(re.sub(r'SHA256 = "[0-9a-f]{64}"', f'SHA256 = "{sha256}"', text), encoding="utf-8")


def table(card: dict) -> str:
    """The card's figures, for people."""
    rows = [f"{card['steps']:,} steps in {card['seconds'] / 60:.0f} minutes ({card['machine']}).", ""]
    rows += [
        "| style | steps that one pass is worth, three photographs | times faster | flicker | steadied |",
        "|---|---|---|---|---|",
    ]
    for style, one in card["held out"].items():
        steps = ", ".join(map(str, one["steps"]))
        rows.append(f"| {style} | {steps} | {one['times faster']} | {one['flicker']} | {one['flicker, steadied']} |")
    return "\n".join(rows) + "\n"


def captioned(weights: Path) -> dict[str, float]:
    """The share of sentences that are right in all their parts, on scenes of a seed that no training draws."""
    from cs182viz.techniques import captioner
    from cs182viz.zoo import load_model

    network, model = captioner.load_captioner(weights), load_model()
    asked = {"scenes": captioner.held_out(500), "pairs never seen": captioner.held_out(200, unseen=True)}
    right = {name: captioner.right(network, model, scenes) for name, scenes in asked.items()}
    return {name: sum(answers) / len(answers) for name, answers in right.items()}


def painted(weights: Path) -> dict[str, dict]:
    """For each style what `benchmarks/fast_style.py` measures on photographs of the package."""
    import fast_style as benchmark

    torch.set_num_threads(2)
    network, model = benchmark.load_stylizer(weights), benchmark.load_model()
    own = benchmark.load("style_transfer")
    losses = {name: getattr(own, name) for name in benchmark.LOSSES}
    return {
        style: benchmark.figures(network, model, style, losses, benchmark.PHOTOGRAPHS[:3]) for style in network.styles
    }


HELD_OUT = {"captioner": captioned, "fast_style": painted}

if __name__ == "__main__":
    main()
