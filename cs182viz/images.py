"""Pictures to look at networks with: those that ship in the package, the digits, CS231n's ImageNet sample, your own.

Every picture in the package is free: `Picture.licence` and `Picture.source` say how and from where, and
``data/pictures/pictures.csv`` is the whole table.
"""

import csv
import difflib
import functools
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from cs182viz.assets import data_path
from cs182viz.classes import IMAGENET_CLASSES


@dataclass(frozen=True)
class Picture:
    """A photograph with its ImageNet label; `image` is a PIL image in RGB, about 300 pixels on its shorter side.

    Those from a folder have no label: theirs is `UNLABELLED`, and what nobody knows of them is empty.
    """

    name: str
    image: Image.Image
    label: int
    class_name: str
    title: str
    author: str
    licence: str
    source: str


UNLABELLED = -1
PHOTOGRAPHS = {".avif", ".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}


def load_images(names: str | Iterable[str] | None = None) -> list[Picture]:
    """Labelled photographs by name, in the order asked, or all of them; ValueError for a name without a label."""
    names = picture_names() if names is None else [names] if isinstance(names, str) else list(names)
    return [_labelled(name) for name in names]


def picture_names() -> list[str]:
    """Names of the labelled photographs."""
    return [name for name, row in _table().items() if row["use"] == "photo"]


def style_names() -> list[str]:
    """Names of the paintings and textures to take a style from, for `load_image`."""
    return [name for name, row in _table().items() if row["use"] == "style"]


def load_image(path_or_name: str | Path) -> Image.Image:
    """One picture in RGB: of the package by its name (labelled or not), or any picture file by its path.

    Raises
    ------
    ValueError
        It is neither a name, whose list the message gives, nor a file, or the file is no picture.
    """
    if str(path_or_name) in _table():
        return _open(data_path("pictures", f"{path_or_name}.jpg"))
    path = Path(path_or_name).expanduser()
    if not path.is_file():
        raise ValueError(_unknown(str(path_or_name), list(_table())))
    try:
        return _open(path)
    except UnidentifiedImageError as error:
        raise ValueError(f"{path} is not a picture that Pillow can read") from error
    except (OSError, SyntaxError) as error:
        raise ValueError(
            f"{path} cannot be read to its end ({error}): it may have been cut off while copying"
        ) from error


def folder(path: str | Path, *, shorter: int = 300) -> Iterator[Picture]:
    """Stream the pictures in a folder and the folders below it in the order of their paths, one in memory at a time.

    A picture's name is its path below `path`. Whatever is larger is scaled down to `shorter` pixels on its shorter
    side. A file that Pillow cannot read is left out with a warning: one of thousands should not end a long run.

    Raises
    ------
    ValueError
        There is no such folder, or no file in it is named like a picture.
    """
    root = Path(path).expanduser()
    if not root.is_dir():
        raise ValueError(f"there is no folder {path}")
    files = sorted(file for file in root.rglob("*") if file.suffix.lower() in PHOTOGRAPHS and file.is_file())
    if not files:
        raise ValueError(f"there is no picture in {path}: none of its files ends in {', '.join(sorted(PHOTOGRAPHS))}")
    return _stream(root, files, shorter)


def digits() -> tuple[np.ndarray, np.ndarray]:
    """Scikit-learn's handwritten digits: X float64 (1797, 64), 8x8 pixels in 0..1, and y int (1797,) in 0..9."""
    from sklearn.datasets import load_digits  # a second to import, which pictures can do without

    X, y = load_digits(return_X_y=True)
    return X / 16, y


def load_imagenet_val(path: str | Path, num: int | None = None) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Read ``imagenet_val_25.npz`` of Stanford's CS231n: 25 validation pictures of ImageNet.

    Returns X uint8 (N, H, W, 3), y int64 (N,) and the names of all classes: ``class_names[y[0]]`` is the first one's.
    With `num`, only the first `num` pictures. The file also holds names as a pickled dictionary; loading a pickle can
    run any code, so it stays unread and the names are our own.

    Raises
    ------
    ValueError
        There is no such file, or it is not in this format.
    """
    if not Path(path).is_file():
        raise ValueError(
            f"there is no file {path}: get imagenet_val_25.npz from CS231n's assignment 3 "
            f"(http://cs231n.stanford.edu/imagenet_val_25.npz) and give its path"
        )
    try:
        with np.load(path, allow_pickle=False) as file:
            X, y = file["X"], file["y"]
    except (KeyError, ValueError, TypeError, AttributeError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} is not CS231n's file: it should hold the arrays X and y ({error})") from error
    if X.dtype != np.uint8 or X.ndim != 4 or X.shape[-1] != 3 or y.shape != X.shape[:1]:
        raise ValueError(
            f"{path} is not CS231n's file: X should be uint8 (N, H, W, 3) and y (N,), "
            f"got {X.dtype} {X.shape} and {y.shape}"
        )
    if y.dtype.kind not in "iu" or (y.size and not 0 <= y.min() <= y.max() < len(IMAGENET_CLASSES)):
        raise ValueError(f"{path} holds labels that are not classes of ImageNet, numbers from 0 to 999")
    return X[:num], y[:num].astype(np.int64), IMAGENET_CLASSES


@functools.cache
def _table() -> dict[str, dict[str, str]]:
    """The rows of pictures.csv by name."""
    with data_path("pictures", "pictures.csv").open(encoding="utf-8", newline="") as file:
        return {row["name"]: row for row in csv.DictReader(file)}


def _labelled(name: str) -> Picture:
    row = _table().get(name)
    if row is None:
        raise ValueError(_unknown(name, picture_names()))
    if row["use"] != "photo":
        raise ValueError(f"{name!r} has no ImageNet label; load_image({name!r}) gives the picture alone")
    return Picture(
        name=name,
        image=load_image(name),
        label=int(row["label"]),
        class_name=row["class_name"],
        title=row["title"],
        author=row["author"],
        licence=row["licence"],
        source=row["source"],
    )


def _stream(root: Path, files: list[Path], shorter: int) -> Iterator[Picture]:
    unknown = dict.fromkeys(("class_name", "author", "licence"), "")
    for file in files:
        try:
            image = _shrunk(file, shorter)
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
            warnings.warn(f"{file} is left out: Pillow cannot read it ({error})", stacklevel=2)
            continue
        name = file.relative_to(root).as_posix()
        yield Picture(name=name, image=image, label=UNLABELLED, title=file.stem, source=str(file), **unknown)


def _shrunk(path: Path, shorter: int) -> Image.Image:
    """A picture in RGB whose shorter side has at most `shorter` pixels."""
    with Image.open(path) as image:
        image.draft("RGB", (2 * shorter, 2 * shorter))  # a large JPEG is decoded at a fraction of its size
        picture = _in_rgb(image, path)
    scale = shorter / min(picture.size)
    if scale >= 1:
        return picture
    return picture.resize([round(side * scale) for side in picture.size], Image.Resampling.LANCZOS)


def _open(path: Path) -> Image.Image:
    with Image.open(path) as image:
        return _in_rgb(image, path)


def _in_rgb(image: Image.Image, path: Path) -> Image.Image:
    """The picture upright, in RGB; floats in 0..1, which Pillow would take for nearly black, are scaled to 0..255."""
    upright = ImageOps.exif_transpose(image)
    if upright.mode == "F":
        values = np.asarray(upright)
        if not (np.isfinite(values).all() and values.min() >= 0 and values.max() <= 255):
            raise ValueError(
                f"{path} holds floats from {values.min():.3g} to {values.max():.3g}: expected 0..1 or 0..255"
            )
        scale = 255 if values.max() <= 1 else 1
        upright = Image.fromarray((values * scale).round().astype(np.uint8))
    return upright.convert("RGB")


def _unknown(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=3)
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    return f"there is no picture {name!r}.{hint} The package has: {', '.join(known)}."
