"""Does a folder of photographs come as a stream, whatever lies in it?"""

import shutil

import numpy as np
import pytest
from PIL import Image

from cs182viz import images
from cs182viz.assets import data_path


@pytest.fixture
def photographs(tmp_path):
    """A folder with two pictures of the package, a portrait that lies on its side, and what else lies about."""
    below = tmp_path / "animals" / "cats"
    below.mkdir(parents=True)
    shutil.copy(data_path("pictures", "cat.jpg"), below / "tabby.JPG")
    shutil.copy(data_path("pictures", "bear.jpg"), tmp_path / "bear.jpg")
    portrait = np.zeros((20, 40, 3), np.uint8)
    portrait[:, :10] = 255  # bright on the left
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: turn by 90 degrees clockwise
    Image.fromarray(portrait).save(tmp_path / "turned.png", exif=exif)
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / "folder.png").mkdir()
    return tmp_path


def test_pictures_come_by_path_with_their_names(photographs):
    found = list(images.folder(photographs))
    assert [picture.name for picture in found] == ["animals/cats/tabby.JPG", "bear.jpg", "turned.png"]
    assert [picture.title for picture in found] == ["tabby", "bear", "turned"]
    assert {picture.label for picture in found} == {images.UNLABELLED}
    assert all(picture.image.mode == "RGB" for picture in found)
    assert found[1].image.tobytes() == images.load_image("bear").tobytes()
    turned = np.asarray(found[2].image)
    assert turned.shape == (40, 20, 3)
    assert turned[:10].min() == 255  # now bright at the top
    assert turned[10:].max() == 0


def test_large_pictures_are_scaled_down_and_small_ones_are_not_scaled_up(tmp_path):
    x, y = np.meshgrid(np.linspace(0, 255, 1200), np.linspace(0, 255, 900))
    smooth = np.stack([x, y, 255 - x], axis=2).astype(np.uint8)
    Image.fromarray(smooth).save(tmp_path / "large.jpg", quality=95)
    Image.fromarray(smooth[:30, :40]).save(tmp_path / "small.png")
    large, small = images.folder(tmp_path, shorter=90)
    assert large.image.size == (120, 90)
    assert small.image.size == (40, 30)
    expected = smooth[5::10, 5::10].astype(float)
    assert np.abs(np.asarray(large.image).astype(float) - expected).max() < 6


def test_a_damaged_file_is_left_out_with_a_warning(photographs):
    whole = (photographs / "bear.jpg").read_bytes()
    (photographs / "cut.jpg").write_bytes(whole[: len(whole) // 3])
    (photographs / "empty.gif").write_bytes(b"")
    (photographs / "text.png").write_text("no picture")
    with pytest.warns(UserWarning, match="is left out") as warned:
        found = list(images.folder(photographs))
    assert len(found) == 3
    assert [name for name in ("cut.jpg", "empty.gif", "text.png") if any(name in str(w.message) for w in warned)] == [
        "cut.jpg",
        "empty.gif",
        "text.png",
    ]


def test_nothing_is_opened_before_it_is_asked_for(photographs):
    stream = images.folder(photographs)
    next(stream)
    (photographs / "turned.png").unlink()
    with pytest.warns(UserWarning, match=r"turned\.png is left out"):
        assert [picture.name for picture in stream] == ["bear.jpg"]


def test_a_folder_that_is_none_or_holds_nothing_is_refused_at_once(tmp_path):
    with pytest.raises(ValueError, match="no folder"):
        images.folder(tmp_path / "nowhere")
    (tmp_path / "notes.txt").write_text("no picture")
    with pytest.raises(ValueError, match="no picture in"):
        images.folder(tmp_path)
