"""The top patches of every unit of every layer, as places in the photographs."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from cs182viz import layers
from cs182viz.demos.deepvis.units import PER_PICTURE, SHEET
from cs182viz.images import Picture
from cs182viz.techniques.patches.crops import Crop, batches, crops
from cs182viz.techniques.patches.reach import NOTHING
from cs182viz.techniques.patches.receptive import receptive_field
from cs182viz.zoo import Classifier
from tools.site.pictures import write_json

BATCH = 8
PATCHES = SHEET**2
EDGES = np.array([-1, -1, 1, 1])[:, None, None]  # a reach is (-top, -left, bottom, right)


def export(model: Classifier, names: Sequence[str], photographs: Sequence[Picture], folder: Path) -> None:
    """Write units.json and, for each layer, patches_LAYER.bin.

    The file holds uint8 (units, 9, 5): the number of the crop, and top, left, bottom, right in its 224 pixels, the
    strongest first. units.json has the layers' names and numbers of units, and the crops: photograph, left, top, side.
    """
    squares = list(crops(photographs, sizes=(1.0, 0.6), per_picture=PER_PICTURE))
    values, places = _answers(model, names, squares)
    numbers = {picture.name: number for number, picture in enumerate(photographs)}
    owners = np.array([numbers[crop.picture.name] for crop in squares])
    for name in names:
        field = receptive_field(model, name)
        units = np.arange(values[name].shape[1])[:, None]
        leading = np.array([strongest(values[name][:, unit], owners) for unit in units[:, 0]])  # (units, 9)
        edges = field.reach.flatten(2).numpy()[:, units, places[name][leading, units]]  # (4, units, 9)
        boxes = np.moveaxis(np.where(edges == NOTHING, 0, edges * EDGES), 0, -1)
        table = np.concatenate([leading[..., None], boxes], axis=-1).astype(np.uint8)
        (folder / f"patches_{name}.bin").write_bytes(table.tobytes())
    about = [
        [int(owner), crop.box[1], crop.box[0], crop.box[2] - crop.box[0]]
        for owner, crop in zip(owners, squares, strict=True)
    ]
    units = {name: values[name].shape[1] for name in names}
    write_json(folder / "units.json", {"layers": units, "patches": PATCHES, "crops": about})


def strongest(values: np.ndarray, owners: np.ndarray) -> list[int]:
    """Numbers of the crops (N,) that lead, the best of each owner, in falling order; equal ones in theirs."""
    order = np.argsort(-values, kind="stable")
    _, first = np.unique(owners[order], return_index=True)
    return order[np.sort(first)][:PATCHES].tolist()


def _answers(
    model: Classifier, names: Sequence[str], squares: Sequence[Crop]
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Each unit's highest activation in each crop, (crops, units), and its place in the map, for every layer."""
    values: dict[str, list[np.ndarray]] = {name: [] for name in names}
    places: dict[str, list[np.ndarray]] = {name: [] for name in names}
    for some in batches(squares, BATCH):
        x = torch.cat([crop.tensor for crop in some])
        with torch.no_grad(), layers.record(model, names) as found:
            model(x)
        for name in names:
            best = found[name].flatten(2).max(dim=2) if found[name].ndim == 4 else found[name][..., None].max(dim=2)
            values[name].append(best.values.numpy())
            places[name].append(best.indices.numpy())
    return tuple({name: np.concatenate(parts) for name, parts in of.items()} for of in (values, places))  # type: ignore[return-value]
