"""Rebuild the pictures of the gallery: run the solved notebooks and the lecture's, keep the cells tagged `gallery`.

    python tools/gallery.py [NOTEBOOK ...]

Writes docs/gallery/<notebook>-<cell>.jpg, small enough to keep in the repository.
"""

import base64
import io
import shutil
import sys
import tempfile
from pathlib import Path

from nbclient import NotebookClient
from PIL import Image
from tqdm import tqdm

from grading.config import CLONE, Course
from grading.masters import notebook

GALLERY = CLONE / "docs" / "gallery"
LECTURES = CLONE / "lectures"
WIDTH = 1000
QUALITY = 82


def notebooks() -> dict[str, Path]:
    """All notebooks by name: the masters, then the lecture's."""
    course = Course.from_environment()
    masters = {name: course.master(name) for name in course.names()}
    return masters | {path.stem: path for path in sorted(LECTURES.glob("*.ipynb"))}


def pictures(path: Path) -> dict[str, Image.Image]:
    """Run a notebook in a copy of its folder; returns the last picture of each cell tagged `gallery`, by cell id."""
    nb = notebook.read(path)
    with tempfile.TemporaryDirectory() as place:
        folder = shutil.copytree(path.parent, Path(place) / path.parent.name)
        NotebookClient(nb, timeout=600, resources={"metadata": {"path": str(folder)}}).execute()
    found = {}
    for cell_id, png in notebook.pictures(nb):
        found[cell_id] = Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB")
    tagged = {cell.id for cell in nb.cells if "gallery" in cell.metadata.get("tags", [])}
    if missing := tagged - found.keys():
        raise SystemExit(f"{path.name}: no picture came out of {', '.join(sorted(missing))}")
    return {cell_id: image for cell_id, image in found.items() if cell_id in tagged}


def main(names: list[str]) -> None:
    """Rebuild the pictures of the named notebooks, of all without a name."""
    known = notebooks()
    if unknown := set(names) - known.keys():
        raise SystemExit(f"no notebook is called {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    GALLERY.mkdir(parents=True, exist_ok=True)
    for name in tqdm(names or list(known), desc="notebooks"):
        for cell_id, image in pictures(known[name]).items():
            image.thumbnail((WIDTH, 4 * WIDTH))
            image.save(GALLERY / f"{name}-{cell_id}.jpg", quality=QUALITY, optimize=True)


if __name__ == "__main__":
    main(sys.argv[1:])
