"""Pictures that come from a page: files of every kind, the strip, the webcam's turns."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from cs182viz.demos.page.chooser import Chooser, read_picture
from cs182viz.images import load_images


def data_of(image, kind="PNG", **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


@pytest.fixture
def heard():
    return []


@pytest.fixture
def chooser(heard):
    chooser = Chooser(
        load_images(["cat", "panda"]),
        on_picture=lambda name, image: heard.append((name, image)),
        on_error=lambda text: heard.append(("error", text)),
        on_webcam=lambda on: heard.append(("webcam", on)),
    )
    chooser.sent = []
    chooser.send = lambda content, buffers=None: chooser.sent.append(content)
    yield chooser
    chooser.close()


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "P", "1", "I;16", "CMYK"])
def test_pictures_of_any_mode_become_rgb(mode):
    image = Image.new("RGB", (6, 4), (255, 255, 255)).convert(mode if mode != "I;16" else "I").convert(mode)
    read = read_picture("it", data_of(image, "TIFF"))
    assert read.mode == "RGB"
    assert read.size == (6, 4)


def test_a_photograph_taken_sideways_is_turned_upright():
    image = Image.new("RGB", (6, 4))
    exif = Image.Exif()
    exif[0x0112] = 6
    assert read_picture("it", data_of(image, "JPEG", exif=exif)).size == (4, 6)


def huge_png():
    """A picture of 40,000 x 40,000 pixels, in a file of a hundred bytes."""

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 40_000, 40_000, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is not a picture"),
        (b"<svg></svg>", "is not a picture"),
        (data_of(load_images("cat")[0].image)[:5000], "is damaged"),
        (data_of(load_images("cat")[0].image, "JPEG")[:5000], "is damaged"),
        (huge_png(), "make it smaller"),
    ],
)
def test_a_file_that_is_no_picture_gets_a_sentence(data, says, chooser, heard):
    with pytest.raises(ValueError, match=f"^holiday.png .*({says})"):
        read_picture("holiday.png", data)
    chooser._receive(chooser, {"kind": "upload", "name": "holiday.png"}, [memoryview(data)])
    assert [kind for kind, _ in heard] == ["error"]


def test_choosing_gives_the_picture_and_marks_it(chooser, heard):
    chooser._receive(chooser, {"kind": "choose", "index": 1}, [])
    name, image = heard[0]
    assert name == "panda"
    assert image.mode == "RGB"
    assert chooser.sent == [{"kind": "chosen", "index": 1}]


def test_a_view_that_comes_later_gets_the_strip_and_what_is_chosen(chooser):
    chooser._receive(chooser, {"kind": "choose", "index": 1}, [])
    chooser.sent.clear()
    chooser._receive(chooser, {"kind": "ready"}, [])
    assert [message["kind"] for message in chooser.sent] == ["strip", "chosen"]
    assert chooser.sent[0]["names"] == ["cat (tabby)", "panda (giant panda)"]
    assert chooser.sent[1]["index"] == 1


def test_the_webcam_is_asked_for_the_frame_after_the_one_that_came(chooser, heard):
    frame = data_of(Image.fromarray(np.full((8, 8, 3), 90, np.uint8)), "JPEG")
    chooser._receive(chooser, {"kind": "webcam", "on": True}, [])
    for number in (1, 2):
        chooser._receive(chooser, {"kind": "frame", "name": "webcam", "number": number}, [memoryview(frame)])
    chooser.next_frame()
    assert heard[0] == ("webcam", True)
    assert [name for name, _ in heard[1:]] == ["webcam", "webcam"]
    assert chooser.sent == [{"kind": "chosen", "index": -1}, {"kind": "next", "number": 2}]
