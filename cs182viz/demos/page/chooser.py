"""Choose a picture: from a strip of thumbnails, from a file, or from the webcam."""

import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps, UnidentifiedImageError

from cs182viz.demos.page.base import encoded
from cs182viz.demos.page.surface import Surface
from cs182viz.images import Picture

THUMBNAIL = 112  # pixels; the page shows them at half of it, sharp on any screen
LARGEST = 100_000_000  # pixels of an upload that we are willing to decode


class Chooser(Surface):
    """A strip of thumbnails, an Upload button and, with `webcam`, one that starts the camera.

    Parameters
    ----------
    pictures : labelled photographs, of which the first is the one chosen at the start.
    on_picture : gets ``(name, RGB picture)`` when another one is chosen, and for each frame of the webcam.
    on_error : gets one sentence when a file is no picture, or when there is no camera.
    on_webcam : gets True when the webcam starts and False when it ends.

    The webcam sends one frame and waits until `next_frame` asks for another, however long the computation takes.
    """

    _esm = Path(__file__).with_name("chooser.js")

    def __init__(
        self,
        pictures: Sequence[Picture],
        *,
        on_picture: Callable[[str, Image.Image], object],
        on_error: Callable[[str], object],
        on_webcam: Callable[[bool], object] | None = None,
    ) -> None:
        super().__init__()
        self._pictures = list(pictures)
        self._on_picture, self._on_error, self._on_webcam = on_picture, on_error, on_webcam
        self.listen(self._hear)
        names = [f"{picture.name.replace('_', ' ')} ({picture.class_name})" for picture in self._pictures]
        content = {"names": names, "side": THUMBNAIL, "webcam": on_webcam is not None}
        self.post("strip", content, buffers=[encoded(_strip(self._pictures))])
        self._marked, self._frame = 0, 0
        self.post("chosen", {"index": 0})

    def next_frame(self) -> None:
        """Ask the webcam for the frame after the one that came last."""
        self.send({"kind": "next", "number": self._frame})

    def webcam_off(self) -> None:
        """Turn the webcam off."""
        self.send({"kind": "off"})

    def _hear(self, content: dict[str, Any], buffers: Sequence[memoryview]) -> None:
        kind = content["kind"]
        if kind == "choose":
            picture = self._pictures[content["index"]]
            self._mark(content["index"])
            self._on_picture(picture.name, picture.image)
        elif kind == "webcam" and self._on_webcam is not None:
            self._on_webcam(bool(content["on"]))
        elif kind == "trouble":
            self._on_error(str(content["text"]))
        elif kind in ("upload", "frame"):
            self._frame = content.get("number", self._frame)
            self._take(content["name"], bytes(buffers[0]))

    def _mark(self, index: int) -> None:
        if index != self._marked:  # a webcam's frames mark nothing one after the other
            self._marked = index
            self.post("chosen", {"index": index})

    def _take(self, name: str, data: bytes) -> None:
        try:
            image = read_picture(name, data)
        except ValueError as error:
            self._on_error(str(error))
            return
        self._mark(-1)
        self._on_picture(name, image)


def read_picture(name: str, data: bytes) -> Image.Image:
    """RGB picture of a file's bytes, upright; ValueError with a sentence if that cannot be had."""
    try:
        image = Image.open(io.BytesIO(data))
        if image.width * image.height > LARGEST:
            raise Image.DecompressionBombError
        return ImageOps.exif_transpose(image).convert("RGB")
    except UnidentifiedImageError as error:
        raise ValueError(f"{name} is not a picture: choose a JPEG, a PNG or a WebP file") from error
    except Image.DecompressionBombError as error:
        raise ValueError(f"{name} has more than {LARGEST // 10**6} million pixels: make it smaller first") from error
    except (OSError, SyntaxError) as error:
        raise ValueError(f"{name} is damaged and cannot be read: choose another file") from error


def _strip(pictures: Sequence[Picture]) -> Image.Image:
    """All thumbnails side by side, centre crops."""
    strip = Image.new("RGB", (THUMBNAIL * len(pictures), THUMBNAIL))
    for number, picture in enumerate(pictures):
        strip.paste(ImageOps.fit(picture.image, (THUMBNAIL, THUMBNAIL)), (number * THUMBNAIL, 0))
    return strip
