"""How DeepVis looks: a picture and what it is taken for, the maps of a layer, four pictures of one unit."""

import io
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path

import ipywidgets as widgets
from PIL import Image
from torch import Tensor

from cs182viz.demos.deepvis import units as up
from cs182viz.demos.page.base import encoded
from cs182viz.demos.page.controls import parts
from cs182viz.demos.page.sketch import Bar, draw_bars, write
from cs182viz.demos.page.surface import Surface

GRID, TILE, PICTURE = 480, 190, 190  # pixels on the page: all side by side in a notebook on a projector
RULES = {"guided backprop": "guided", "deconvnet": "deconvnet", "backprop": "backprop"}


class UnitGrid(Surface):
    """All activation maps of a layer in one picture; tells which one is clicked."""

    _esm = Path(__file__).with_name("grid.js")


class Page:
    """The widgets of DeepVis, `row`, and what they show.

    Parameters
    ----------
    names, layer : the layers to choose from, and the one chosen first.
    on_layer, on_unit, on_rule : get what the reader chooses.
    """

    def __init__(
        self,
        names: Sequence[str],
        layer: str,
        *,
        on_layer: Callable[[str], object],
        on_unit: Callable[[int], object],
        on_rule: Callable[[str], object],
    ) -> None:
        self.picture, self._beliefs = _image(PICTURE), widgets.HTML()
        self.layer = widgets.SelectionSlider(
            options=names, value=layer, description="Layer", layout={"width": f"{GRID}px"}
        )
        self.layer.observe(lambda change: on_layer(change["new"]), names="value")
        self._grid = UnitGrid()
        self._grid.listen(lambda content, _: on_unit(int(content["unit"])))
        self.rule = widgets.Dropdown(options=RULES, value="guided", layout={"width": f"{TILE - 8}px"})
        self.rule.observe(lambda change: on_rule(change["new"]), names="value")
        self.unit = widgets.HTML(layout={"height": "42px"})
        self.tiles = {name: _image(TILE) for name in ("answers", "gradient", "patches", "optimised")}
        self._maps: Image.Image | None = None
        self._bars: Sequence[Bar] = ()
        self.row = self._lay_out()

    def show_picture(self, picture: Image.Image, bars: Sequence[Bar]) -> None:
        """Show what the network sees, and the classes that it takes it for."""
        self._bars = bars
        self.picture.value = encoded(picture)
        self._beliefs.value = "".join(map(_belief, bars))

    def show_maps(self, maps: Tensor) -> None:
        """Show the activation maps (C, h, w) of all units."""
        grid = up.grid_picture(maps, GRID)
        self._maps = grid.image
        content = {"columns": grid.columns, "cell": grid.cell, "count": len(maps)}
        self._grid.post("maps", content, buffers=[encoded(grid.image)])

    def show_unit(self, layer: str, unit: int, answer: float) -> None:
        """Say which unit is looked at, and how strongly it answers."""
        self._grid.post("unit", {"unit": unit})
        words = f"up to {answer:.3g} here" if answer > 0 else "silent here"
        self.unit.value = f"<h3>{escape(layer)}, unit {unit}: {words}</h3>"

    def show_tile(self, name: str, picture: Image.Image | None) -> None:
        """Show one of the four pictures of the unit, or None: nothing yet."""
        self.tiles[name].value = encoded(_blank() if picture is None else picture, side=TILE)

    def drawing(self, layer: str, unit: int) -> Image.Image:
        """The page without its buttons, as one picture."""
        canvas = Image.new("RGB", (PICTURE + GRID + 2 * TILE + 90, GRID + 70), "white")
        left, middle, right = 10, PICTURE + 40, PICTURE + GRID + 66
        write(canvas, (left, 10), "picture", bold=True)
        canvas.paste(_decoded(self.picture), (left, 50))
        draw_bars(canvas, (left, PICTURE + 62), self._bars[:4], width=PICTURE, row=54)
        write(canvas, (middle, 10), f"the units of {layer}", bold=True)
        if self._maps is not None:
            canvas.paste(self._maps.convert("RGB"), (middle, 50))
        names = (f"unit {unit} answers", self.rule.label, "top patches", "optimised")
        for number, (name, tile) in enumerate(zip(names, self.tiles.values(), strict=True)):
            x, y = right + number % 2 * (TILE + 14), number // 2 * (TILE + 54)
            write(canvas, (x, y + 10), name, bold=True)
            canvas.paste(_decoded(tile), (x, y + 50))
        return canvas

    def _lay_out(self) -> widgets.HBox:
        for name, tile in {"picture": self.picture, "unit": self.unit, **self.tiles}.items():
            tile.add_class(f"shows-{name}")
        headings = [_heading("where it answers"), self.rule, _heading("top patches"), _heading("optimised")]
        cells = [widgets.VBox(pair) for pair in zip(headings, self.tiles.values(), strict=True)]
        tiles = widgets.GridBox(cells, layout={"grid_template_columns": f"{TILE}px {TILE}px", "grid_gap": "6px 14px"})
        columns = [[self.picture, self._beliefs], [self.layer, self._grid], [self.unit, tiles]]
        row = parts(*map(widgets.VBox, columns))
        row.add_class("deepvis")
        return row


def _image(side: int) -> widgets.Image:
    return widgets.Image(value=encoded(_blank()), layout={"width": f"{side}px", "height": f"{side}px"})


def _blank() -> Image.Image:
    return Image.new("RGB", (TILE, TILE), (238, 238, 238))


def _decoded(image: widgets.Image) -> Image.Image:
    side = int(image.layout.width.removesuffix("px"))
    return Image.open(io.BytesIO(image.value)).convert("RGB").resize((side, side))


def _heading(text: str) -> widgets.HTML:
    return widgets.HTML(f"<h3>{escape(text)}</h3>", layout={"height": "38px"})


def _belief(bar: Bar) -> str:
    share = f"{bar.now:.0%}"
    return (
        f'<div class="belief"><span>{escape(bar.name)}</span><span>{share}</span>'
        f'<div class="track"><div class="now" style="width: {100 * bar.now:.1f}%"></div></div></div>'
    )
