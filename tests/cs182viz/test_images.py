"""Are the pictures free, labelled truly, and do wrong names and files meet a clear sentence?"""

import csv

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.datasets import load_digits

from cs182viz import images, zoo
from cs182viz.assets import data_path

FREE = {"Public domain", "CC0-1.0", "CC-BY-2.0", "CC-BY-3.0", "Apache-2.0"}


@pytest.fixture(scope="module")
def table():
    with data_path("pictures", "pictures.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def pictures():
    return images.load_images()


def test_every_file_is_in_the_table_and_every_row_has_its_file(table):
    files = {path.stem for path in data_path("pictures").glob("*.jpg")}
    names = [row["name"] for row in table]
    assert files == set(names)
    assert len(names) == len(set(names))


def test_every_licence_is_one_that_asks_for_no_more_than_credit(table):
    assert {row["licence"] for row in table} <= FREE
    for row in table:
        assert row["title"], row["name"]
        assert row["author"], row["name"]
        assert row["source"].startswith("http"), row["name"]


def test_there_are_enough_pictures_of_both_kinds(pictures):
    assert len(pictures) >= 24
    animals = [picture for picture in pictures if picture.label < 398]  # ImageNet's animals are the classes 0..397
    assert len(animals) >= 10
    assert len(pictures) - len(animals) >= 10
    assert {"starry_night", "brick", "grass", "gravel"} <= set(images.style_names())


def test_pictures_are_rgb_and_of_one_size(pictures):
    for picture in pictures:
        assert picture.image.mode == "RGB", picture.name
        assert 200 <= min(picture.image.size) <= 300, picture.name


def test_what_ships_is_small():
    sizes = {path.relative_to(data_path()): path.stat().st_size for path in data_path().rglob("*") if path.is_file()}
    came = {path for path in sizes if path.parts[0] in ("pictures", "squeezenet1_1.safetensors")}
    assert sum(sizes[path] for path in came) < 5_000_000
    trained = sum(size for path, size in sizes.items() if path not in came)  # and the cards
    assert trained < 8_000_000


def test_class_names_are_those_of_the_labels(pictures):
    for picture in pictures:
        assert zoo.class_name(picture.label) == picture.class_name, picture.name


def test_squeezenet_recognises_the_pictures(pictures):
    model = zoo.load_model()
    labels = torch.tensor([picture.label for picture in pictures])
    with torch.no_grad():
        best = torch.cat([model(model.preprocess(picture)).topk(5).indices for picture in pictures])  # (N, 5)
    hits = best == labels[:, None]
    missed = [picture.name for picture, hit in zip(pictures, hits.any(1), strict=True) if not hit]
    assert not missed, f"not in the top 5: {missed}"
    assert hits[:, 0].float().mean() >= 0.8


def test_names_come_back_in_the_order_asked():
    names = ["squirrel", "cat", "squirrel"]
    assert [picture.name for picture in images.load_images(names)] == names
    (espresso,) = images.load_images("espresso")
    assert espresso.class_name == "espresso"


def test_an_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(ValueError, match=r"no picture 'sqirrel'.*Did you mean squirrel.*koala"):
        images.load_images(["sqirrel"])
    with pytest.raises(ValueError, match=r"no picture 'starry'.*starry_night"):
        images.load_image("starry")


def test_a_style_picture_has_no_label_and_says_what_to_call_instead():
    with pytest.raises(ValueError, match=r"load_image\('starry_night'\)"):
        images.load_images(["starry_night"])
    assert images.load_image("starry_night").mode == "RGB"


def test_any_picture_file_opens_upright_in_rgb(tmp_path):
    tall = Image.new("L", (6, 4), 200)
    exif = tall.getexif()
    exif[0x0112] = 6  # the camera was turned by 90 degrees
    tall.save(tmp_path / "turned.jpg", exif=exif)
    opened = images.load_image(tmp_path / "turned.jpg")
    assert opened.size == (4, 6)
    assert opened.mode == "RGB"


def test_a_file_that_is_no_picture_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("not a picture")
    with pytest.raises(ValueError, match=r"notes\.txt is not a picture"):
        images.load_image(tmp_path / "notes.txt")


def test_digits_are_sixteenths_in_the_unit_interval():
    X, y = images.digits()
    raw = load_digits()
    assert X.shape == (1797, 64)
    assert (X.min(), X.max()) == (0, 1)
    np.testing.assert_array_equal(X * 16, raw.data)
    np.testing.assert_array_equal(y, raw.target)


@pytest.fixture
def cs231n(tmp_path):
    """A file in the format of CS231n's: the names are a dictionary in a 0-dimensional object array, thus pickled."""
    rng = np.random.default_rng(0)
    X = rng.integers(0, 256, (5, 16, 12, 3), dtype=np.uint8)
    y = np.array([958, 85, 244, 182, 130])
    path = tmp_path / "imagenet_val_25.npz"
    np.savez(path, X=X, y=y, label_map=np.array({130: "flamingo"}, dtype=object))
    return path, X, y


def test_cs231n_file_is_read_whole_or_in_part(cs231n):
    path, X, y = cs231n
    read_X, read_y, names = images.load_imagenet_val(path)
    np.testing.assert_array_equal(read_X, X)
    np.testing.assert_array_equal(read_y, y)
    assert names[read_y[4]] == "flamingo"
    assert len(images.load_imagenet_val(str(path), num=2)[0]) == len(images.load_imagenet_val(path, 2)[1]) == 2


class Trap:
    """Unpickling one writes a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


def test_nothing_pickled_in_the_file_is_run(cs231n, tmp_path):
    path, X, y = cs231n
    sprung = tmp_path / "sprung"
    np.savez(path, X=X, y=y, label_map=np.array(Trap(sprung), dtype=object))
    images.load_imagenet_val(path)
    assert not sprung.exists()
    np.savez(path, X=np.array(Trap(sprung), dtype=object), y=y)
    with pytest.raises(ValueError, match="not CS231n's file"):
        images.load_imagenet_val(path)
    assert not sprung.exists()


@pytest.mark.parametrize(
    ("X", "y"),
    [
        (np.zeros((2, 8, 8, 3)), np.zeros(2, int)),
        (np.zeros((2, 8, 8), np.uint8), np.zeros(2, int)),
        (np.zeros((2, 8, 8, 3), np.uint8), np.zeros(3, int)),
        (np.zeros((2, 8, 8, 3), np.uint8), np.array([0, 1000])),
        (np.zeros((2, 8, 8, 3), np.uint8), np.array([0.0, 1.0])),
    ],
    ids=["float pictures", "no channels", "too many labels", "unknown label", "float labels"],
)
def test_a_file_of_another_format_is_refused(tmp_path, X, y):
    np.savez(tmp_path / "other.npz", X=X, y=y)
    with pytest.raises(ValueError, match=r"other\.npz"):
        images.load_imagenet_val(tmp_path / "other.npz")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", b"text"])
def test_a_broken_or_missing_file_is_refused(tmp_path, content):
    (tmp_path / "broken.npz").write_bytes(content)
    with pytest.raises(ValueError, match="not CS231n's file"):
        images.load_imagenet_val(tmp_path / "broken.npz")
    with pytest.raises(ValueError, match="cs231n"):
        images.load_imagenet_val(tmp_path / "missing.npz")


def test_a_file_that_was_cut_off_is_named(tmp_path):
    whole = data_path("pictures", "cat.jpg").read_bytes()
    path = tmp_path / "cut.jpg"
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=r"cut\.jpg cannot be read to its end"):
        images.load_image(path)


@pytest.mark.parametrize("scale", [1.0, 255.0])
def test_a_picture_of_floats_keeps_its_brightness(tmp_path, scale):
    values = np.linspace(0, scale, 12, dtype=np.float32).reshape(3, 4)
    path = tmp_path / "floats.tiff"
    Image.fromarray(values).save(path)
    shown = np.asarray(images.load_image(path))
    assert shown.shape == (3, 4, 3)
    assert np.abs(shown[..., 0] - values / scale * 255).max() <= 0.5


def test_floats_of_another_range_are_refused(tmp_path):
    path = tmp_path / "heights.tiff"
    Image.fromarray(np.full((2, 2), 4000, np.float32)).save(path)
    with pytest.raises(ValueError, match=r"heights\.tiff holds floats from 4e\+03"):
        images.load_image(path)
