"""Batches to learn from: reproducible, from folders and zip files alike, without what is held out."""

import zipfile

import pytest
import torch
from PIL import Image

from cs182viz import imageops
from cs182viz.training.photographs import Photographs

COUNT = 60


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Pictures of one colour each, some of them in a folder below."""
    place = tmp_path_factory.mktemp("photographs")
    (place / "more").mkdir()
    for n in range(COUNT):
        path = place / ("more" if n % 3 else ".") / f"picture{n}.png"
        Image.new("RGB", (90 + n, 70), (4 * n, 255 - 4 * n, 128)).save(path)
    (place / "notes.txt").write_text("no picture")
    return place


def first_value(image):
    return imageops.preprocess(image, size=None)[0, 0, 0, 0].item()


def test_a_tenth_is_held_out_by_name_and_never_seen(folder):
    photographs = Photographs(folder)
    assert len(photographs.learned) + len(photographs.held_out) == COUNT
    assert 1 <= len(photographs.held_out) <= 15
    hidden = {
        imageops.preprocess(photographs.open(name), size=None)[0, 0, 0, 0].item() for name in photographs.held_out
    }
    batches = photographs.batches(32, 8, seed=1)
    seen = {value for _ in range(40) for value in next(batches)[:, 0, 0, 0].tolist()}
    assert len(seen) > COUNT / 2
    assert not hidden & seen


def test_batches_depend_on_the_seed_and_their_number_alone(folder):
    photographs = Photographs(folder)
    first = [next(batch) for batch in [photographs.batches(32, 4, seed=5)] for _ in range(3)]
    later = next(photographs.batches(32, 4, seed=5, skip=2))
    assert torch.equal(later, first[2])
    assert not torch.equal(first[0], first[1])
    assert not torch.equal(next(photographs.batches(32, 4, seed=6)), first[0])
    assert first[0].shape == (4, 3, 32, 32)


def test_a_zip_file_gives_the_same_as_its_folder(folder, tmp_path):
    with zipfile.ZipFile(tmp_path / "photographs.zip", "w") as archive:
        for path in folder.rglob("*"):
            archive.write(path, path.relative_to(folder))
    mine, theirs = (next(Photographs(place).batches(32, 4, seed=5)) for place in (folder, tmp_path / "photographs.zip"))
    assert torch.equal(mine, theirs)


def test_crops_are_taken_from_small_wide_and_high_pictures(tmp_path):
    """In a picture that is dark on one side and light on the other, rows of a crop rise, or fall if it is mirrored."""
    for n in range(40):
        ramp = Image.linear_gradient("L").rotate(90).resize((300, 80) if n % 2 else (60, 200))
        ramp.convert("RGB").save(tmp_path / f"{n}.png")
    batch = next(Photographs(tmp_path).batches(96, 16, seed=2))
    assert batch.shape == (16, 3, 96, 96)
    slopes = batch.diff(dim=3)
    falls, rises = (slopes <= 1e-6).flatten(1).all(1), (slopes >= -1e-6).flatten(1).all(1)
    assert (falls | rises).all()
    assert 2 <= int(falls.sum()) <= 14
    assert torch.allclose(batch.diff(dim=2), torch.zeros(()), atol=1e-4)


def test_places_without_pictures_are_refused_in_a_sentence(tmp_path):
    with pytest.raises(ValueError, match="neither a folder nor a zip file"):
        Photographs(tmp_path / "nowhere")
    with pytest.raises(ValueError, match=r"has 0 pictures \(\.jpg"):
        Photographs(tmp_path)
    (tmp_path / "broken.png").write_bytes(b"no picture")
    for n in range(30):
        Image.new("RGB", (20, 20)).save(tmp_path / f"{n}.png")
    with pytest.raises(ValueError, match=r"broken\.png .* cannot be read as a picture"):
        Photographs(tmp_path).open("broken.png")
