"""A picture that changes many times a second, with a name for those who cannot see it."""

from pathlib import Path

from cs182viz.demos.page.surface import Surface


class Shown(Surface):
    """An image on the page; `show` changes it.

    Parameters
    ----------
    name : what it shows.
    width, height : on the page, in pixels; by default those of the image.
    """

    _esm = Path(__file__).with_name("shown.js")

    def __init__(self, name: str, *, width: int | None = None, height: int | None = None) -> None:
        super().__init__()
        self.name, self.value = name, b""
        self._about = {"name": name, "width": width, "height": height}

    def show(self, png: bytes) -> None:
        """Show another picture, in square pixels where it is enlarged."""
        self.value = png
        self.post("picture", self._about, buffers=[png])
