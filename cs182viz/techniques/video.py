"""Moving pictures of any optimisation: whatever yields (step, image, loss) becomes an MP4 or a GIF."""

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from PIL import Image
from torch import Tensor

from cs182viz import imageops

_Frame = TypeVar("_Frame")
_QUALITY = 8  # of imageio's 0 to 10


class VideoError(RuntimeError):
    """A video could not be written; the message says what to do about it."""


def write_video(
    frames: Iterable[tuple[int, Tensor, float]],
    path: str | Path,
    *,
    fps: float = 20,
    size: tuple[int, int] | None = None,
) -> Path:
    """Write each image as a frame while it comes, so that a long video needs no more memory than a short one.

    Parameters
    ----------
    frames : yields (step, normalised picture (1, 3, H, W), loss), as every optimisation of this package does.
    path : ``.mp4`` (H.264, which every browser plays; needs imageio[ffmpeg]) or ``.gif`` (plays for ever).
    fps : frames a second; a GIF counts time in hundredths of a second, so at most 50 of them.
    size : (height, width) to which all frames are brought; the first frame's size unless told. An MP4 has even sides,
        so an odd one loses a pixel.

    Returns
    -------
    Path of the file. It is complete or, after an exception, what it was before.

    Raises
    ------
    ValueError
        An unknown ending, a speed that cannot be, or no frames.
    VideoError
        imageio or its ffmpeg is missing.
    """
    path = Path(path)
    writers = {".mp4": _write_mp4, ".gif": _write_gif}
    write = writers.get(path.suffix.lower())
    if write is None:
        raise ValueError(f"a video's name ends in {' or '.join(writers)}, got {path.name!r}")
    if not 0 < fps <= (50 if write is _write_gif else 240):
        raise ValueError(f"fps is above 0, at most 50 for a GIF and 240 for an MP4, got {fps}")
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.stem}.") as folder:
        part = Path(folder) / f"video{path.suffix.lower()}"
        write(_arrays(frames, size), part, fps)
        part.replace(path)
    return path


def _arrays(frames: Iterable[tuple[int, Tensor, float]], size: tuple[int, int] | None) -> Iterator[np.ndarray]:
    """Each frame as uint8 (H, W, 3), all of one size."""
    for _, picture, _ in frames:
        size = (picture.shape[-2], picture.shape[-1]) if size is None else size
        yield imageops.deprocess(imageops.resize(picture, size))


def _write_gif(arrays: Iterator[np.ndarray], path: Path, fps: float) -> None:
    """256 colours a frame, chosen for that frame."""
    images = (Image.fromarray(array).quantize(256, Image.Quantize.MEDIANCUT) for array in arrays)
    first = _first(images)
    hundredths = max(2, round(100 / fps))  # browsers slow down what claims to be faster
    first.save(path, save_all=True, append_images=images, duration=10 * hundredths, loop=0, disposal=1)


def _write_mp4(arrays: Iterator[np.ndarray], path: Path, fps: float) -> None:
    try:
        import imageio.v2 as imageio
        import imageio_ffmpeg  # noqa: F401, imageio asks for it too late for a clear sentence
    except ImportError as error:
        raise VideoError(
            f"an MP4 needs one more package: pip install 'imageio[ffmpeg]' ({error.name} is missing), "
            f"or give the file a name that ends in .gif"
        ) from error
    first = _first(arrays)
    options: dict[str, Any] = {"codec": "libx264", "quality": _QUALITY, "pixelformat": "yuv420p"}
    writer: Any  # an FFMPEG writer has append_data, the type that imageio declares does not
    with imageio.get_writer(path, format="FFMPEG", fps=fps, macro_block_size=1, **options) as writer:
        writer.append_data(_even(first))
        for array in arrays:
            writer.append_data(_even(array))


def _first(frames: Iterator[_Frame]) -> _Frame:
    for frame in frames:
        return frame
    raise ValueError("there are no frames to write: was this generator used before? Make a new one")


def _even(array: np.ndarray) -> np.ndarray:
    """Without its last row or column if their number is odd: H.264 shares colours between two by two pixels."""
    height, width = array.shape[:2]
    return np.ascontiguousarray(array[: height - height % 2, : width - width % 2])
