"""Rebuild the pictures of the README's gallery: run the solved notebooks and keep the cells tagged `gallery`.

    python tools/gallery.py [NOTEBOOK ...]

Writes docs/gallery/<notebook>-<cell>.jpg, small enough to keep in the repository.
"""

import base64
import io
import sys
from pathlib import Path

from nbclient import NotebookClient
from PIL import Image
from tqdm import tqdm

from grading import notebook
from grading.course import CLONE, Course

GALLERY = CLONE / "docs" / "gallery"
WIDTH = 1000
QUALITY = 82


def pictures(path: Path) -> dict[str, Image.Image]:
    """Run a notebook; returns the last picture of each cell tagged `gallery`, by cell id."""
    nb = notebook.read(path)
    NotebookClient(nb, timeout=600, resources={"metadata": {"path": str(path.parent)}}).execute()
    found = {}
    for cell_id, png in notebook.pictures(nb):
        found[cell_id] = Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB")
    tagged = {cell.id for cell in nb.cells if "gallery" in cell.metadata.get("tags", [])}
    if missing := tagged - found.keys():
        raise SystemExit(f"{path.name}: no picture came out of {', '.join(sorted(missing))}")
    return {cell_id: image for cell_id, image in found.items() if cell_id in tagged}


def main(names: list[str]) -> None:
    """Rebuild the pictures of the named assignments, of all without a name."""
    course = Course.from_environment()
    GALLERY.mkdir(parents=True, exist_ok=True)
    for name in tqdm(names or course.names(), desc="notebooks"):
        for cell_id, image in pictures(course.master(name)).items():
            image.thumbnail((WIDTH, 4 * WIDTH))
            image.save(GALLERY / f"{name}-{cell_id}.jpg", quality=QUALITY, optimize=True)


if __name__ == "__main__":
    main(sys.argv[1:])
