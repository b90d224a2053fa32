"""Rebuild ``cs182viz/data/pictures`` from freely licensed packages, as ``pictures.csv`` there says.

    python tools/collect_pictures.py [FOLDER]

Needs a Debian machine with ``apt-get`` and ``dpkg-deb``, and pip; nothing gets installed. The table names, for each
picture, the package and the file in it (`origin`), the part of it that is kept (`crop`, as fractions left, top, right,
bottom) and, for cut-outs on transparency, the two colours of the soft background put behind them (`background`). All
pictures become JPEGs whose shorter side is 300 pixels, or less where the original is smaller. The licences were read in
the packages: in their copyright files, in GCompris's README beside the pictures of each activity, in the docstrings of
``skimage.data`` and, for the stamps, in Tux Paint's CHANGES and CONTRIBUTORS (most stamps are GPL and not taken).
"""

import argparse
import csv
import io
import struct
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

FOLDER = Path(__file__).parents[1] / "cs182viz/data/pictures"
SIDE = 300
QUALITY = 88
WHEELS = {"scikit-image": "0.25.2"}
DEBIAN = {
    "gcompris-qt-data": "3.1-2",
    "lomiri-wallpapers-16.04": "20.04.0-2",
    "opencv-doc": "4.6.0+dfsg-12",
    "tuxpaint-stamps-default": "2022.06.04-1",
}
# where the paths of the table begin inside each Debian package
ROOTS = {
    "gcompris-qt-data": "usr/share/gcompris-qt/rcc",
    "lomiri-wallpapers-16.04": "usr/share/backgrounds",
    "opencv-doc": "usr/share/doc/opencv-doc",
    "tuxpaint-stamps-default": "usr/share/tuxpaint/stamps",
}
_DIRECTORY, _ZLIB, _ZSTD = 2, 1, 4  # flags of a node in Qt's resource format


def fetch(package: str, folder: Path) -> Path:
    """Download and unpack one package; returns the folder in which the paths of the table begin."""
    root = folder / f"{package}.files"
    if root.exists():
        return root / ROOTS.get(package, "")
    if package in WHEELS:
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:", "-d", str(folder)]
        subprocess.run([*command, f"{package}=={WHEELS[package]}"], check=True)
        zipfile.ZipFile(next(folder.glob(f"{package.replace('-', '_')}*.whl"))).extractall(root)
        return root
    subprocess.run(["apt-get", "download", "-q", f"{package}={DEBIAN[package]}"], cwd=folder, check=True)
    subprocess.run(["dpkg-deb", "-x", str(next(folder.glob(f"{package}_*.deb"))), str(root)], check=True)
    return root / ROOTS[package]


def resources(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield (path, content) of every file in a Qt resource file (.rcc), the format of Qt's own ``rcc`` tool."""
    data = path.read_bytes()
    _, version, tree, contents, names = struct.unpack(">4s4I", data[:20])
    node_size = 14 if version == 1 else 22

    def walk(index: int, parent: str) -> Iterator[tuple[str, bytes]]:
        node = tree + index * node_size
        name_at, flags = struct.unpack_from(">IH", data, node)
        length = struct.unpack_from(">H", data, names + name_at)[0] if index else 0
        start = names + name_at + 6  # after the length and a hash
        name = f"{parent}/{data[start : start + 2 * length].decode('utf-16-be')}" if index else ""
        if flags & _DIRECTORY:
            count, first = struct.unpack_from(">II", data, node + 6)
            for child in range(first, first + count):
                yield from walk(child, name)
            return
        at = contents + struct.unpack_from(">I", data, node + 10)[0]
        content = data[at + 4 : at + 4 + struct.unpack_from(">I", data, at)[0]]
        if flags & _ZSTD:
            raise ValueError(f"{path.name}: {name} is compressed with zstd, which this script does not read")
        yield name, zlib.decompress(content[4:]) if flags & _ZLIB else content

    yield from walk(0, "")


def read(origin: str, folder: Path) -> Image.Image:
    """Open the original of one row of the table."""
    package, path = origin.split(":", 1)
    root = fetch(package, folder)
    if package != "gcompris-qt-data":
        return Image.open(root / path)
    activity, inner = path.split("/", 1)
    for name, content in resources(root / f"{activity}.rcc"):
        if name.endswith(f"/{activity}/resource/{inner}"):
            return Image.open(io.BytesIO(content))
    raise FileNotFoundError(f"{activity}.rcc holds no {inner}")


def on_background(cutout: Image.Image, colours: str) -> Image.Image:
    """Put a cut-out on a soft vertical gradient, with a margin of a sixth around it."""
    cutout = cutout.convert("RGBA")
    side = round(max(cutout.size) * 4 / 3)
    top, bottom = (Image.new("RGB", (side, side), colour) for colour in colours.split())
    ramp = Image.linear_gradient("L").resize((side, side), Image.Resampling.BICUBIC)
    canvas = Image.composite(bottom, top, ramp)
    canvas.paste(cutout, ((side - cutout.width) // 2, (side - cutout.height) // 2), cutout)
    return canvas


def prepare(image: Image.Image, *, crop: str, background: str) -> Image.Image:
    """Apply what the table asks for; returns an RGB picture with a shorter side of `SIDE` or less."""
    if background:
        image = on_background(image, background)
    image = image.convert("RGB")
    if crop:
        left, top, right, bottom = (float(value) for value in crop.split())
        image = image.crop(
            (
                round(left * image.width),
                round(top * image.height),
                round(right * image.width),
                round(bottom * image.height),
            )
        )
    scale = SIDE / min(image.size)
    if scale < 1 or background:  # a small cut-out is enlarged, so that its edges stay soft
        image = image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.LANCZOS)
    return image


def main() -> None:
    """Write every picture of the table and say how big they are together."""
    parser = argparse.ArgumentParser(description="Rebuild the pictures from the packages that they come from.")
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    table = csv.DictReader((FOLDER / "pictures.csv").read_text(encoding="utf-8").splitlines())
    total = 0
    with tempfile.TemporaryDirectory() as downloads:
        for row in table:
            if not row["origin"]:  # in no package: the file in the folder is the original
                continue
            image = prepare(read(row["origin"], Path(downloads)), crop=row["crop"], background=row["background"])
            target = folder / f"{row['name']}.jpg"
            image.save(target, quality=QUALITY, optimize=True)
            total += target.stat().st_size
            print(f"{target.name:24} {image.width}x{image.height} {target.stat().st_size:7,} bytes")
    print(f"{total:,} bytes together")


if __name__ == "__main__":
    main()
