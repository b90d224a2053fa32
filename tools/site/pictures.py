"""The photographs, a strip of their thumbnails, the classes' names, and the palettes of the figures."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np

from cs182viz.assets import data_path
from cs182viz.demos.page.sprites import make_sheet
from cs182viz.images import Picture
from cs182viz.techniques.cells.colour import LEVELS, shade
from cs182viz.zoo import Classifier


def export(model: Classifier, photographs: Sequence[Picture], folder: Path) -> None:
    """Write pictures/NAME.jpg, strip.webp, pictures.json, classes.json and palettes.json."""
    (folder / "pictures").mkdir(exist_ok=True)
    for picture in photographs:
        shutil.copyfile(data_path("pictures", f"{picture.name}.jpg"), folder / "pictures" / f"{picture.name}.jpg")
    sheet = make_sheet(photographs)
    (folder / "strip.webp").write_bytes(sheet.encoded())
    about = [
        {"name": one.name, "label": one.label, "title": one.title, "author": one.author, "licence": one.licence}
        for one in photographs
    ]
    write_json(folder / "pictures.json", {"cell": sheet.cell, "columns": sheet.columns, "pictures": about})
    write_json(folder / "classes.json", model.classes)
    write_json(folder / "palettes.json", _palettes())


def write_json(path: Path, content: Any) -> None:
    """Write JSON without spaces."""
    path.write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")


def _palettes() -> dict[str, list[str]]:
    """Colours as "#rrggbb": 256 of each map, the ten of the classes, and the cells' shades from -1 to 1."""
    maps = {name: mpl.colormaps[name](np.arange(256)) for name in ("inferno", "viridis")}
    named = {name: [mpl.colors.to_hex(colour) for colour in colours] for name, colours in maps.items()}
    named["tab10"] = [mpl.colors.to_hex(mpl.colormaps["tab10"](i)) for i in range(10)]
    named["shades"] = [shade(level / LEVELS) for level in range(-LEVELS, LEVELS + 1)]
    return named
