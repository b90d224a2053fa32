"""Code coloured by one cell of a recurrent network that reads it (lecture section 0).

Karpathy, Johnson and Fei-Fei 2015 (arXiv:1506.02078): the cells that follow quotes, comments, an if's condition or the
depth of braces were found by a program (`techniques.cells.find_cells`); the others may be looked at too.
"""

from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from typing import Any

import ipywidgets as widgets
import traitlets
from PIL import Image

from cs182viz.demos.cells.picture import draw_text
from cs182viz.demos.page.base import Demo
from cs182viz.demos.page.controls import controls
from cs182viz.demos.page.surface import Surface
from cs182viz.techniques.cells import (
    EXAMPLE,
    Reader,
    Reading,
    colour_text,
    find_cells,
    guesses,
    load_found,
    load_reader,
    load_source,
)
from cs182viz.techniques.cells.labels import QUANTITIES, WORDS
from cs182viz.techniques.cells.shipped import SOURCES
from cs182viz.techniques.cells.text import check, decode

LONGEST = 20_000
"""Characters that the page takes: these are read in about two seconds."""
STYLE = f"<style>{Path(__file__).with_name('cells.css').read_text(encoding='utf-8')}</style>"
_GUESSES = 5


class Editor(Surface):
    """The text area, which refuses by itself what is too long to be sent."""

    _esm = Path(__file__).with_name("editor.js")
    longest = traitlets.Int(LONGEST).tag(sync=True)

    def remember(self, text: str) -> None:
        """Show a text to views that appear later; those that are there have it already, or something newer."""
        self._posted["show"] = ({"kind": "show", "text": text}, [])


class Cells(Demo):
    """Type or paste code, pick a cell, and watch what it remembers.

    Parameters
    ----------
    network : what reads; by default the one in the package.
    text : the code to begin with.
    keep : PNG in which the last settled picture is kept, "cells.png" for one in the user's cache.
    """

    def __init__(self, network: Reader | None = None, *, text: str = EXAMPLE, keep: str | Path | None = None) -> None:
        hint = "Type or paste code. Red: the cell is high after this character. Blue: it is low. White: about zero."
        super().__init__("Cells of an LSTM", hint, keep=keep)
        self._network = load_reader() if network is None else network
        own = network is None
        self._found = load_found() if own else find_cells(*(self._network.read(load_source(name)) for name in SOURCES))
        self._reading: Reading | None = None
        self._place = 0
        self._build()
        self._take(lambda: text)

    def _build(self) -> None:
        self._editor = Editor()
        self._editor.listen(self.guarded(self._receive))
        names = [(f"{WORDS[name]} (cell {one.cell})", one.cell) for name, one in self._found.items()]
        wide = {"style": {"description_width": "initial"}, "layout": {"width": "460px"}}
        self.which = widgets.Dropdown(options=[*names, ("any other", -1)], description="Cell that follows", **wide)
        self.number = widgets.BoundedIntText(
            value=self.which.value,
            max=self._network.cells - 1,
            description="Number of the cell",
            style={"description_width": "initial"},
            layout={"width": "260px"},
        )
        self.which.observe(self.guarded(self._choose), names="value")
        self.number.observe(self.guarded(lambda _: self._chosen()), names="value")
        self._about, self._coloured, self._guesses = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self._coloured.add_class("coloured")
        self._guesses.add_class("guesses")
        self.body.children = [
            widgets.HTML(STYLE),
            self._editor,
            controls(self.which, self.number),
            self._about,
            self._coloured,
            self._guesses,
        ]

    def _receive(self, content: dict[str, Any], buffers: Sequence[memoryview]) -> None:
        kind = content.get("kind")
        if kind == "text":
            self._take(lambda: content["text"], typed=True)
        elif kind == "file":
            name = content["name"]
            self._take(lambda: decode(bytes(buffers[0]), name), name)
        elif kind == "refused":
            self._take(lambda: _refuse(content["name"], content["length"]))
        elif kind == "caret":
            self._place = int(content["place"])
            self._show_guesses()

    def _take(self, source: Callable[[], str], name: str = "the text", *, typed: bool = False) -> None:
        """Read what `source` gives; if it cannot be read, what was there stays. Typing goes on meanwhile."""

        def job() -> Reading:
            return self._network.read(check(source(), name, longest=LONGEST))

        def took(reading: Reading) -> None:
            self._reading = reading
            self._editor.remember(reading.text)
            if not typed:
                self._place = 0
                self._editor.post("show", {"text": reading.text})
            self._paint()

        self.run(job, on_done=took, doing="Reading ...", done="Read to the end.")

    def _choose(self, change: dict[str, Any]) -> None:
        if change["new"] >= 0:
            self.number.value = change["new"]

    def _chosen(self) -> None:
        cell = self.number.value
        known = {one.cell for one in self._found.values()}
        if self.which.value != cell and not (self.which.value == -1 and cell not in known):
            self.which.value = cell if cell in known else -1
        if self._reading is not None:
            self.follow(lambda: None, lambda _: self._paint())

    def _paint(self) -> None:
        """Colour the text that was read by the cell that is chosen."""
        if self._reading is None:
            return
        cell = self.number.value
        self._coloured.value = colour_text(self._reading.text, self._reading.cells[:, cell].numpy())
        self._about.value = (
            f"<span>{escape(self._sentence(cell))}</span>"  # last: it speaks of the colours that are there by then
        )
        self._show_guesses()

    def _sentence(self, cell: int) -> str:
        found = next((one for one in self._found.values() if one.cell == cell), None)
        if found is None:
            return f"Cell {cell}: the program did not choose it for anything. See whether you find what it follows."
        measure = "correlation" if found.name in QUANTITIES else "AUC"
        return f"Cell {cell} follows {WORDS[found.name]}: {measure} {found.measure:.2f} on a file that it never saw."

    def _show_guesses(self) -> None:
        reading = self._reading
        if reading is None:
            return
        place = min(self._place, len(reading.text))
        if place == 0:
            self._guesses.value = "Put the caret behind a character to see what the network expects to come next."
            return
        ones = "".join(
            f'<span class="guess"><b>{escape(name)}</b> {share:.0%}</span>'
            for name, share in guesses(reading, place - 1, _GUESSES)
        )
        self._guesses.value = f"Expected at the caret: {ones}"

    def snapshot(self) -> Image.Image | None:
        """The beginning of the text, coloured."""
        if self._reading is None:
            return None
        cell = self.number.value
        return draw_text(self._reading.text, self._reading.cells[:, cell].numpy(), title=self._sentence(cell))


def _refuse(name: str, length: int) -> str:
    raise ValueError(
        f"{name} has {length:,} characters, and {LONGEST:,} are read here: take a part of it. The text of before is "
        "still there"
    )
