"""Put a trained reader of code into the package, with a card that says what its cells and predictions are worth.

python tools/cells/ship.py FOLDER CODE        FOLDER is the --out of `cs182viz train cells`, CODE its --code

The 5-gram model that it is compared with learns from the same files; all figures are of files that neither saw.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import shutil
import sys
from pathlib import Path

import torch

from cs182viz.techniques import cells
from cs182viz.techniques.cells.labels import QUANTITIES, WORDS
from cs182viz.techniques.cells.shipped import SOURCES
from cs182viz.techniques.cells.text import encode
from cs182viz.training.sources import Sources

CLONE = Path(__file__).resolve().parents[2]
DATA = CLONE / "cs182viz" / "data" / "cells"
DOCUMENT = CLONE / "docs" / "training.md"
BEGIN, END = "<!-- figures, written by tools/cells/ship.py -->", "<!-- end of the figures of cells -->"
CODE = CLONE / "cs182viz" / "techniques" / "cells" / "shipped.py"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("code", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    weights = options.folder / "cells.safetensors"
    card = json.loads(weights.with_suffix(".json").read_text(encoding="utf-8"))
    sha256 = hashlib.sha256(weights.read_bytes()).hexdigest()
    if card["sha256"] != sha256:
        sys.exit(f"{weights} is not the file that its card speaks of: let the training save once more")
    sources = json.loads((options.code / "SOURCES.json").read_text(encoding="utf-8"))
    card |= {
        "licence": "of the weights: the package's own",
        "sources": sources,
        "held out": figures(weights, Sources(options.code)),
    }
    shutil.copy(weights, DATA / weights.name)
    (DATA / "cells.json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    replace(DOCUMENT, f"{BEGIN}.*{END}", f"{BEGIN}\n\n{table(card)}\n{END}")
    replace(CODE, r'SHA256 = "[0-9a-f]{64}"', f'SHA256 = "{sha256}"')


def figures(weights: Path, sources: Sources) -> dict[str, dict]:
    """Bits a character of the network and of a 5-gram model, and the cells with their scores."""
    network = cells.load_reader(weights)
    ngram = cells.NGram(encode(sources.text(sources.learned)).numpy())
    readings = [network.read(cells.load_source(name)) for name in SOURCES]
    bits = {
        name: {
            "LSTM": round(float(reading.bits.mean()), 3),
            "5-gram": round(float(ngram.bits(encode(reading.text).numpy()).mean()), 3),
        }
        for name, reading in zip(SOURCES, readings, strict=True)
    }
    found = cells.find_cells(*readings)
    return {
        "bits a character": bits,
        "cells": {
            name: {"cell": one.cell, "score": round(one.score, 3), "held_out": round(one.held_out, 3)}
            for name, one in found.items()
        },
    }


def table(card: dict) -> str:
    """The card's figures, for people."""
    held_out = card["held out"]
    rows = [f"{card['steps']:,} steps in {card['seconds'] / 60:.0f} minutes ({card['machine']}).", ""]
    rows += ["| bits a character | the LSTM | a 5-gram model |", "|---|---|---|"]
    rows += [f"| `{name}` | {one['LSTM']} | {one['5-gram']} |" for name, one in held_out["bits a character"].items()]
    rows += ["", f"| what it follows | cell | on `{SOURCES[1]}` |", "|---|---|---|"]
    for name, one in held_out["cells"].items():
        measure = cells.Found(name, **one).measure
        rows.append(f"| {WORDS[name]} | {one['cell']} | {'r' if name in QUANTITIES else 'AUC'} {measure:.3f} |")
    return "\n".join(rows) + "\n"


def replace(path: Path, pattern: str, text: str) -> None:
    path.write_text(
        re.sub(pattern, lambda _: text, path.read_text(encoding="utf-8"), flags=re.DOTALL), encoding="utf-8"
    )


if __name__ == "__main__":
    main()
