"""The pages' own mathematics and their engine against PyTorch, in Node; and what the export promises."""

import filecmp
import json
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from cs182viz import imageops, images, layers, zoo
from cs182viz.demos.deepvis.units import PER_PICTURE
from cs182viz.techniques.patches.crops import crops
from cs182viz.techniques.patches.search import top_patches
from cs182viz.techniques.visualize import middle

pytest.importorskip("onnx", reason="the site's networks are written with onnx: pip install onnx")
from tools.site import liked, squeezenet
from tools.site.graph import Weights

CLONE = Path(__file__).resolve().parents[2]
MEGABYTE = 10**6


def test_the_pages_mathematics_is_that_of_the_package(built):
    done = subprocess.run(
        ["node", "test.mjs", str(built.numbers)], cwd=built.sources, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "# fail 0" in done.stdout
    assert "# skipped 0" in done.stdout


def test_the_network_is_small_and_written_the_same_each_time(built, tmp_path):
    names = squeezenet.export(zoo.load_model(), tmp_path)
    files = ["squeezenet.bin", "squeezenet.onnx", *(f"gradient_{name}.onnx" for name in names)]
    _, different, missing = filecmp.cmpfiles(tmp_path, built.pages / "data", files, shallow=False)
    assert not different
    assert not missing
    size = sum((tmp_path / name).stat().st_size for name in files[:2])
    assert size <= 2.6 * MEGABYTE
    assert all((tmp_path / name).stat().st_size < 20_000 for name in files[2:])


@pytest.mark.parametrize("layer", ["pool1", "fire5"])
def test_top_patches_are_those_that_a_search_finds(built, layer):
    data = built.pages / "data"
    about = json.loads((data / "units.json").read_text())
    table = np.fromfile(data / f"patches_{layer}.bin", np.uint8).reshape(-1, about["patches"], 5)
    squares = list(crops(images.load_images(), sizes=(1.0, 0.6), per_picture=PER_PICTURE))
    units = (0, 17, 63)
    found = top_patches(zoo.load_model(), layer, squares, units=units, k=about["patches"])
    names = images.picture_names()
    for unit in units:
        ours = [(names[about["crops"][crop][0]], *box) for crop, *box in table[unit].tolist()]
        assert ours == [(patch.name, *patch.box) for patch in found[unit]]


def test_there_is_a_picture_of_every_unit_of_the_layers_that_have_a_sheet(built):
    units = json.loads((built.pages / "data" / "units.json").read_text())["layers"]
    about = json.loads((CLONE / "site" / "src" / "liked" / "liked.json").read_text())
    sheets = {path.stem for path in (built.pages / "liked").glob("*.webp")}
    assert sheets == set(about["layers"]) <= set(units)
    for layer in sheets:
        columns = int(np.ceil(np.sqrt(units[layer])))
        size = Image.open(built.pages / "liked" / f"{layer}.webp").size
        assert size == (columns * about["cell"], -(-units[layer] // columns) * about["cell"])
    assert sum(path.stat().st_size for path in (built.pages / "liked").iterdir()) < MEGABYTE


@pytest.mark.parametrize("layer", ["fire2", "pool5"])
def test_units_like_their_pictures_better_than_what_these_grew_from(built, layer):
    model, patches = zoo.load_model(), liked.Patches(built.pages / "data")
    boxes = patches.boxes(layer)
    sheet = Image.open(built.pages / "liked" / f"{layer}.webp").convert("RGB")
    columns = sheet.width // liked.CELL
    better = []
    for units, side in liked.groups(boxes):
        for unit in units[::8]:
            left, top = unit % columns * liked.CELL, unit // columns * liked.CELL
            cut = sheet.crop((left, top, left + liked.CELL, top + liked.CELL)).resize((side, side))
            both = torch.cat([imageops.preprocess(cut, size=None), patches.mean(boxes[unit], side)])
            answer, before = middle(layers.activations(model, both, layer)[layer], [unit, unit]).tolist()
            better.append(answer > before)
    assert np.mean(better) > 0.9


def test_a_lossy_weight_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"third would lose digits in float16"):
        Weights("some.bin").add("third", torch.tensor([1 / 3]))


def test_without_an_export_the_build_says_what_to_run(built, tmp_path):
    for name in ("build.mjs", "package.json"):
        (tmp_path / name).write_bytes((built.sources / name).read_bytes())
    (tmp_path / "node_modules").symlink_to(built.sources / "node_modules")
    done = subprocess.run(["node", "build.mjs"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "run `make site`" in done.stderr


def test_the_makefile_says_what_is_missing_without_node(tmp_path):
    done = subprocess.run(
        ["make", "-s", "site-node"], cwd=CLONE, env={"PATH": f"{tmp_path}"}, executable="/usr/bin/make",
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "Node" in done.stdout + done.stderr


def test_every_action_that_publishes_is_pinned_to_a_commit():
    used = re.findall(r"uses: (\S+)", (CLONE / "docs" / "github-pages.yml").read_text(encoding="utf-8"))
    assert len(used) >= 4
    assert all(re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40}", one) for one in used)
