"""What a player reads back from the files: as many frames, as fast, and the same pictures."""

import sys

import imageio.v2 as imageio
import numpy as np
import pytest
import torch
from PIL import Image, ImageSequence

from cs182viz import imageops
from cs182viz.techniques.video import VideoError, write_video

COLOURS = [(200, 30, 40), (30, 180, 60), (40, 60, 220), (240, 230, 20)]


def picture(colour, height=32, width=48):
    """One colour on the left and its opposite on the right."""
    x = torch.empty(1, 3, height, width)
    x[..., : width // 2] = torch.tensor(colour).reshape(1, 3, 1, 1) / 255
    x[..., width // 2 :] = 1 - torch.tensor(colour).reshape(1, 3, 1, 1) / 255
    return imageops.normalize(x)


def frames(count=4, **size):
    for step in range(count):
        yield step, picture(COLOURS[step % 4], **size), -float(step)


def read(path):
    if path.suffix == ".gif":
        with Image.open(path) as image:
            return [np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(image)]
    return list(imageio.mimread(path, memtest=False))


@pytest.mark.parametrize("ending", ["gif", "mp4", "GIF"])
def test_every_frame_is_there_in_its_colours(tmp_path, ending):
    path = write_video(frames(), tmp_path / "new folder" / f"dream.{ending}", fps=10)
    seen = read(path.rename(path.with_suffix(path.suffix.lower())))
    assert len(seen) == 4
    for array, colour in zip(seen, COLOURS, strict=True):
        assert array.shape == (32, 48, 3)
        np.testing.assert_allclose(array[4:-4, 4:20].mean((0, 1)), colour, atol=6)
        np.testing.assert_allclose(array[4:-4, 28:-4].mean((0, 1)), 255 - np.array(colour), atol=6)


def test_a_gif_plays_at_its_speed_and_for_ever(tmp_path):
    with Image.open(write_video(frames(), tmp_path / "dream.gif", fps=12.5)) as image:
        assert image.info["loop"] == 0
        for frame in ImageSequence.Iterator(image):
            assert frame.info["duration"] == 80


def test_an_mp4_plays_at_its_speed_in_a_format_that_browsers_know(tmp_path):
    path = write_video(frames(), tmp_path / "dream.mp4", fps=12.5)
    with imageio.get_reader(path) as reader:
        about = reader.get_meta_data()
    assert about["fps"] == pytest.approx(12.5)
    assert about["codec"] == "h264"
    assert about["pix_fmt"].startswith("yuv420p")


def test_frames_of_all_octaves_are_brought_to_one_size(tmp_path):
    def growing():
        for step, side in enumerate((16, 24, 33)):
            yield step, picture(COLOURS[step], height=side, width=side), 0.0

    assert {array.shape for array in read(write_video(growing(), tmp_path / "a.gif", size=(33, 33)))} == {(33, 33, 3)}
    assert {array.shape for array in read(write_video(growing(), tmp_path / "a.mp4", size=(33, 33)))} == {(32, 32, 3)}
    assert {array.shape for array in read(write_video(growing(), tmp_path / "first.gif"))} == {(16, 16, 3)}


@pytest.mark.parametrize("ending", ["gif", "mp4"])
def test_an_error_in_between_leaves_the_old_file_and_nothing_else(tmp_path, ending):
    def breaking():
        yield from frames(3)
        raise ArithmeticError("diverged")

    path = tmp_path / f"dream.{ending}"
    path.write_bytes(b"the old one")
    with pytest.raises(ArithmeticError):
        write_video(breaking(), path)
    assert path.read_bytes() == b"the old one"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("missing", ["imageio", "imageio.v2", "imageio_ffmpeg"])
def test_without_imageio_one_sentence_says_what_to_do_and_a_gif_still_works(tmp_path, monkeypatch, missing):
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(VideoError, match=r"pip install 'imageio\[ffmpeg\]'.*\.gif"):
        write_video(frames(), tmp_path / "dream.mp4")
    assert len(read(write_video(frames(), tmp_path / "dream.gif"))) == 4


@pytest.mark.parametrize(
    ("name", "options", "says"),
    [
        ("dream.avi", {}, r"\.mp4 or \.gif"),
        ("dream", {}, r"\.mp4 or \.gif"),
        ("dream.gif", {"fps": 60}, "at most 50"),
        ("dream.mp4", {"fps": 0}, "above 0"),
    ],
)
def test_bad_options_are_named(tmp_path, name, options, says):
    with pytest.raises(ValueError, match=says):
        write_video(frames(), tmp_path / name, **options)


@pytest.mark.parametrize("name", ["dream.gif", "dream.mp4"])
def test_no_frames_make_no_video(tmp_path, name):
    used = frames()
    list(used)
    with pytest.raises(ValueError, match="no frames"):
        write_video(used, tmp_path / name)
    assert not list(tmp_path.iterdir())
